"""Register, audit, contain, notify, tune and settings as a user meets them on the command line."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

import triaged_home as home_of
from glasshouse import flow_triage
from glasshouse.catalogue import load as catalogue
from glasshouse.cli.main import app
from glasshouse.errors import GlasshouseError
from glasshouse.report.settings_page import first_file
from glasshouse.settings import load

RUN = CliRunner()


def run(home, *words, code=0):
    """The command's standard output; every expected failure must be one of ours."""
    done = RUN.invoke(app, [*words, "--home", str(home)])
    if isinstance(done.exception, GlasshouseError):
        assert done.exception.exit_code == code, done.exception
        return str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done.output


@pytest.fixture
def home(tmp_path):
    return home_of.copied(tmp_path)


ENTRY = (
    "register", "add", "--purpose", "certificate watch", "--owner", "ciso", "--who", "account=U-017",
    "--database", "crtsh", "--target", "*", "--until", "2027-02-01", "--reason", "asked for", "--by", "ana",
)  # fmt: skip


# -- register


def test_an_entry_is_added_shown_listed_and_ended(home):
    assert "R-1 added" in run(home, *ENTRY, "--per-day", "70", "--ticket", "T-1")
    shown = run(home, "register", "show", "r-1")
    for words in (
        "certificate watch",
        "ciso, T-1",
        "u-017",
        "crtsh",
        "70 requests a day",
        "add by ana: asked for",
    ):
        assert words in shown
    row = json.loads(run(home, "register", "list", "-f", "jsonl").splitlines()[0])
    assert (row["id"], row["state"], row["accounts"], row["made_here"]) == ("R-1", "active", ["u-017"], True)
    assert "R-1 ended by ben" in run(home, "register", "end", "R-1", "--reason", "left", "--by", "ben")
    assert "R-1" not in run(home, "register", "list")
    assert "R-1  ended" in run(home, "register", "list", "--all")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--until", "2031-01-01"), "days"),
        (("--until", "2020-01-01"), "valid_until is not after"),
        (("--database", "shodn"), "no open database is called shodn"),
        (("--who", "jdoe"), "does not say who"),
        (("--category", "fun"), "category 'fun'"),
        (("--reason", ""), "reason"),
        (("--from", "2026-01-01", "--until", "2026-12-31"), "valid for longer than"),
    ],
)
def test_a_wrong_entry_is_refused_whole(home, words, said):
    assert said in run(home, *ENTRY, *words, code=2)
    assert run(home, "register", "list", "--all").startswith("0 entries")


def test_entries_of_a_file_come_all_or_none(home, tmp_path):
    good = (
        "uses:\n- {id: U-1, purpose: p, approved_by: ciso, accounts: [a], databases: [crtsh], targets: ['*'],"
        " valid_from: 2026-11-01, valid_until: 2027-02-01}\n"
    )
    file = tmp_path / "more.yml"
    file.write_text(good + good.replace("uses:\n", "").replace("U-1", "U-2").replace("crtsh", "shodn"))
    assert "shodn" in run(home, "register", "add", "--file", str(file), "--reason", "r", code=2)
    assert run(home, "register", "list").startswith("0 entries")
    file.write_text(good)
    assert "U-1 added" in run(home, "register", "add", "--file", str(file), "--reason", "r")
    file.write_text(good.replace("approved_by: ciso, ", ""))
    assert "approved_by" in run(home, "register", "add", "--file", str(file), "--reason", "r", code=2)


def shown_in(page, language):
    text = (Path(__file__).parent.parent / "docs" / page).read_text(encoding="utf-8")
    return re.search(f"```{language}\n(.*?)```", text, re.DOTALL)[1]


def test_the_entry_in_the_documents_is_one(home, tmp_path):
    (tmp_path / "uses.yml").write_text(shown_in("register.md", "yaml"))
    said = run(home, "register", "add", "--file", str(tmp_path / "uses.yml"), "--reason", "as documented")
    assert "CT-WATCH added: until 2027-04-16" in said


def test_the_channel_in_the_documents_is_one(tmp_path, monkeypatch):
    (tmp_path / "glasshouse.toml").write_text(shown_in("notify.md", "toml"))
    monkeypatch.setenv("HOOK_KEY", "NOTAREALKEY")
    assert "0 problems" in run(tmp_path, "settings", "check")


def file_entry(home, text):
    (home / "register.yml").write_text(text)
    home_of.with_settings(home, f'[know]\npaths = ["{home}/register.yml"]\n')


FILE = (
    "uses:\n- {id: F-1, purpose: watch, approved_by: ciso, accounts: [u-017], databases: [crtsh],"
    " targets: ['*'], valid_from: 2026-11-01, valid_until: 2027-02-01}\n"
)


def test_an_entry_of_a_file_is_listed_and_not_ended_here(home):
    file_entry(home, FILE)
    assert "F-1  active" in run(home, "register", "list")
    assert "stands in a file" in run(home, "register", "end", "F-1", "--reason", "r", code=2)
    assert "no entry 'F-9'" in run(home, "register", "show", "F-9", code=2)


def test_a_register_file_that_changes_is_told_in_the_trail_once(home):
    file_entry(home, FILE)

    def told():
        flow_triage.triage(home_of.options(home))
        lines = run(home, "audit", "list", "--about", "register.yml", "-f", "jsonl").splitlines()
        return [json.loads(json.loads(line)["details"]) for line in lines]

    first = told()
    assert len(first) == 1
    assert first[0]["before"] is None
    assert told() == first
    file_entry(home, FILE.replace("ciso", "cio"))
    second = told()
    assert second[1]["before"] == first[0]["now"] != second[1]["now"]
    (home / "register.yml").unlink()
    third = told()
    assert (third[2]["before"], third[2]["now"]) == (second[1]["now"], None)


def test_unused_entries_are_those_that_cover_no_alert(home, monkeypatch):
    file_entry(home, FILE + FILE.replace("uses:\n", "").replace("F-1", "F-2").replace("u-017", "u-099"))
    monkeypatch.setattr(flow_triage, "now", lambda: (home_of.BEGIN + 90_000) * 1_000_000)
    found = run(home, "register", "unused", "--days", "2")
    assert "F-2" in found
    assert "F-1" not in found
    assert run(home, "register", "unused", "--days", "90").startswith("0 entries")  # too young to tell


def test_check_tells_what_is_wrong_and_what_ends_soon(home, monkeypatch):
    file_entry(home, FILE)
    assert "1 entries taken, 0 problems" in run(home, "register", "check")
    monkeypatch.setattr(flow_triage, "now", lambda: 1_801_000_000_000_000)  # 2027-01-26
    assert "ends soon: F-1" in run(home, "register", "check")
    file_entry(home, FILE.replace("valid_until: 2027-02-01", "valid_until: 2028-02-01"))
    assert "wrong: register.yml:2" in run(home, "register", "check", code=3)


# -- audit


def test_a_whole_trail_is_whole_and_an_edit_is_found_where_it_is(home, tmp_path):
    head = tmp_path / "head.json"
    run(home, "audit", "head", "-o", str(head))
    assert run(home, "audit", "verify", "--head", str(head)).startswith("whole: ")
    run(home, "audit", "head", "-o", str(head), code=2)
    db = sqlite3.connect(home / "decisions.db")
    db.execute("DROP TRIGGER audit_no_update")
    db.execute("UPDATE audit SET details = replace(details, 'l1-review', 'watch') WHERE seq = 3")
    db.commit()
    db.close()
    said = run(home, "audit", "verify", code=1)
    assert "edited: entry 3" in said
    assert "NOT WHOLE" in said


def test_a_trail_cut_short_is_found_against_the_head(home, tmp_path):
    head = tmp_path / "head.json"
    run(home, "audit", "head", "-o", str(head))
    (home / "audit.head").unlink()
    db = sqlite3.connect(home / "decisions.db")
    db.execute("DROP TRIGGER audit_no_delete")
    db.execute("DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
    db.commit()
    db.close()
    said = run(home, "audit", "verify", code=1)  # without a head only what the entry was about tells
    assert "inserted: C-4 is in no entry" in said and "truncated" not in said
    assert "truncated" in run(home, "audit", "verify", "--head", str(head), code=1)


def test_an_export_is_checked_without_a_home(home, tmp_path):
    pack, key = tmp_path / "trail.zip", tmp_path / "audit.pub"
    run(home, "audit", "export", str(pack), "--by", "ana")
    shutil.copy(home / "audit.pub", key)
    away = tmp_path / "elsewhere"
    assert run(away, "audit", "verify", str(pack), "--key", str(key)).startswith("whole: ")
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)
    assert "NOT WHOLE" in run(away, "audit", "verify", str(pack), "--key", str(key), code=1)
    assert not away.exists()
    assert '"actor":"ana"' in run(home, "audit", "list", "--last", "1", "-f", "jsonl")


def test_the_trail_is_listed_by_subject_and_end(home):
    every = run(home, "audit", "list", "-f", "jsonl").splitlines()
    assert run(home, "audit", "list", "--last", "2", "-f", "jsonl").splitlines() == every[-2:]
    about = [
        json.loads(line) for line in run(home, "audit", "list", "--about", "C-1", "-f", "jsonl").splitlines()
    ]
    assert {one["subject"] for one in about} == {"C-1"}
    assert run(home, "audit", "list", "--about", "C-1", "--last", "1").count("\n") == 1


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_a_request_for_a_stamp_is_one_openssl_reads(home, tmp_path):
    assert "where to write" in run(home, "audit", "stamp", code=2)
    run(home, "audit", "stamp", "-o", str(tmp_path / "head.tsq"))
    newest = json.loads(run(home, "audit", "list", "--last", "1", "-f", "jsonl"))["hash"]
    text = subprocess.run(
        ["openssl", "ts", "-query", "-in", str(tmp_path / "head.tsq"), "-text"],
        capture_output=True, check=True, timeout=30,
    ).stdout.decode()  # fmt: skip
    digits = "".join(
        line[11:60].replace("-", "").replace(" ", "") for line in text.splitlines() if " - " in line[:12]
    )
    assert newest in digits
    (tmp_path / "reply.tsr").write_bytes(b"\x30\x00")
    assert "not the reply" in run(home, "audit", "stamp", str(tmp_path / "reply.tsr"), code=2)


# -- contain


def test_artefacts_are_private_new_and_told_in_the_trail(home, tmp_path):
    alert, out = home_of.of(home, "u-018")[0].alert.id, tmp_path / "out"
    said = run(home, "contain", alert, "-o", str(out))
    assert "Nothing was executed" in said
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in out.iterdir()} == {0o600}
    text = (out / "squid-block.conf").read_text()
    assert "dstdomain -n .api.shodan.io" in text
    assert "dstdomain -n .shodan.io\n" not in text  # asked for was the API
    assert "blog.shodan.io" not in text
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    (out / "block.rpz").unlink()
    assert "already exists" in run(home, "contain", alert, "-o", str(out), code=2)
    assert not (out / "block.rpz").exists()  # all or none
    run(home, "contain", alert, "-o", str(out), "--force")
    assert {file.name for file in out.iterdir()} == set(before)
    lines = run(home, "audit", "list", "--about", alert, "-f", "jsonl").splitlines()
    acts = [json.loads(line) for line in lines]
    assert [one["act"] for one in acts] == ["decide", "contain", "contain"]
    assert set(json.loads(acts[1]["details"])["files"]) == set(before)


def test_one_artefact_can_be_asked_for(home, tmp_path):
    alert = home_of.of(home, "u-018")[0].alert.id
    run(home, "contain", alert, "-o", str(tmp_path / "one"), "--only", "squid-acl")
    assert [file.name for file in (tmp_path / "one").iterdir()] == ["squid-block.conf"]
    assert "no artefact named" in run(home, "contain", alert, "--only", "magic", code=2)


def test_no_plan_names_a_host_that_serves_other_things():
    """Whatever database was asked, its plan blocks only names of core entries that are known by name."""
    from dataclasses import replace

    from glasshouse.config import Options
    from glasshouse.flow_contain import plan
    from office_samples import triaged

    every = catalogue().databases
    for name, entry in every.items():
        one = triaged()
        made = plan(Options(), replace(one, alert=replace(one.alert, databases=(name,))), None, 0)
        if entry.scope != "core" or entry.match == "path":
            assert (made.names, made.exact) == ((), ()), name
        assert not set(made.names) & set(entry.ignore), name


# -- tune


def test_tune_shows_first_and_changes_only_when_told(home):
    alert = home_of.of(home, "u-017")[0].alert.id
    said = run(home, "tune", alert)
    assert "it would have covered 2 of 4 alerts, 0 of them escalated" in said
    assert "Nothing was changed" in said
    assert "without --until" in run(home, "tune", alert, "--apply", "--owner", "o", "--reason", "r", code=2)
    assert run(home, "register", "list", "--all").startswith("0 entries")
    words = ("--owner", "ciso", "--reason", "watch", "--until", "2027-02-01", "--category", "pipeline")
    assert "R-1 holds" in run(home, "tune", alert[:8], "--apply", *words)
    assert "R-1 ended" in run(home, "tune", "undo", "R-1", "--reason", "wrong")
    assert "takes one alert" in run(home, "tune", alert, alert, code=2)
    assert "--rules" in run(home, "tune", alert, "--filter", code=2) + "--rules"


def test_tune_tells_which_it_would_cover_that_were_escalated(home):
    said = run(home, "tune", home_of.of(home, "u-019")[0].alert.id)
    assert "1 of 4 alerts, 1 of them escalated" in said
    assert "escalated: GH-" in said


def test_where_names_are_tokens_tune_and_register_show_tokens(home):
    alert = home_of.of(home, "u-017")[0].alert.id
    run(home, *ENTRY)
    home_of.with_settings(home, "[privacy]\npseudonymise = true\n")
    said = run(home, "tune", alert) + run(home, "register", "list") + run(home, "register", "show", "R-1")
    assert "u-017" not in said + run(home, "register", "list", "-f", "jsonl")
    assert "10.20.1.7" not in said
    assert said.count("user-") >= 4


# -- notify and settings


def test_notices_are_listed_and_a_missing_channel_is_told(home):
    assert "no channel is set" in run(home, "notify", "test", code=2)
    assert run(home, "notify", "list") == "0 wait, 0 given up\n"
    assert "say which" in run(home, "notify", "retry", code=2)


LITERAL = (
    '[[notify]]\nkind = "webhook"\nurl = "https://hooks.example.com/T0KEN-NOTAREALKEY"\nkey = "${env:HOOK}"\n'
    '[[notify]]\nkind = "pigeon"\nleg = "left-NOTAREALKEY"\n'
    '[[know.fetch]]\nkind = "ldap"\npassword = "hunter2-NOTAREALKEY"\nurl = "ldaps://dc.example.com"\n'
    '[office]\nurl = "postgresql+psycopg://me:sesame-NOTAREALKEY@db.example.com/x?password=s2-NOTAREALKEY"\n'
)


def test_secrets_are_never_shown(tmp_path):
    (tmp_path / "glasshouse.toml").write_text(LITERAL)
    said = run(tmp_path, "settings", "show", "--sources")
    assert "NOTAREALKEY" not in said
    assert 'key = "${env:HOOK}"' in said
    assert said.count("(set, not shown)") == 3
    assert "db.example.com" in said


def test_what_is_shown_is_what_holds_and_where_it_was_set(tmp_path, monkeypatch):
    file = tmp_path / "glasshouse.toml"
    file.write_text("own = ['example.org']\n[triage]\nrise = 4.0\n")
    monkeypatch.setenv("GLASSHOUSE__RETENTION__LOOKUPS_DAYS", "30")
    said = run(tmp_path, "settings", "show", "--sources")
    assert f"triage.rise = 4.0  # {file}\n" in said
    assert "retention.lookups_days = 30  # GLASSHOUSE__RETENTION__LOOKUPS_DAYS\n" in said
    assert "triage.overuse = 10.0  # default\n" in said
    (tmp_path / "again.toml").write_text(run(tmp_path, "settings", "show"))
    monkeypatch.delenv("GLASSHOUSE__RETENTION__LOOKUPS_DAYS")
    again = load(tmp_path, tmp_path / "again.toml", {})
    assert (again.own, again.triage.rise, again.retention.lookups_days) == (("example.org",), 4.0, 30)


def test_the_first_file_says_every_key_with_its_default(tmp_path):
    bare, file = load(tmp_path, environment={}), tmp_path / "glasshouse.toml"
    run(tmp_path, "settings", "init")
    assert load(tmp_path, environment={}) == bare
    text = file.read_text().partition("# --- know.fetch")[0]
    lines = [line.removeprefix("# ") if " = " in line else line for line in text.splitlines()]
    said = tomllib.loads("\n".join(line for line in lines if not line.startswith("# ")))
    assert set(said) == {"own", "know", "triage", "privacy", "retention", "office", "survey"}
    file.write_text("\n".join(lines))
    assert load(tmp_path, environment={}) == bare
    assert "already exists" in run(tmp_path, "settings", "init", code=2)
    run(tmp_path, "settings", "init", "--force")
    assert file.read_text() == first_file()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[[notify]]\nkind = "pigeon"\n', "pigeon"),
        ('[[notify]]\nkind = "webhook"\nurl = "https://example.com"\ndecisions = ["panic"]\n', "panic"),
        ('[[notify]]\nkind = "webhook"\nurl = "${env:NO_SUCH_VARIABLE}"\n', "NO_SUCH_VARIABLE"),
        ('[know]\npaths = ["/no/such/folder"]\n', "/no/such/folder"),
        ('[[know.fetch]]\nkind = "oracle"\n', "oracle"),
        ('[[know.fetch]]\nkind = "ldap"\ncolour = "red"\n', "no option colour"),
        ("[retention]\naudit_days = 0\n", "audit_days"),
        ("[triage]\nrise = 'much'\n", "triage.rise is a number"),
        ("[triage]\nrice = 2\n", "no setting named triage.rice"),
    ],
)
def test_check_finds_what_is_wrong(tmp_path, text, wrong):
    (tmp_path / "glasshouse.toml").write_text(text)
    assert wrong in run(tmp_path, "settings", "check", code=3)


def test_check_is_content_with_nothing_and_with_all_right(tmp_path):
    assert "all defaults" in run(tmp_path, "settings", "check")
    (tmp_path / "glasshouse.toml").write_text(
        '[[notify]]\nkind = "webhook"\nurl = "https://example.com/in"\n'
    )
    assert "0 problems" in run(tmp_path, "settings", "check")
