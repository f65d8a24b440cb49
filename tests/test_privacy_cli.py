"""A home with names in; proof that no command shows one when they are to be tokens, out."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import triaged_home as home_of
from glasshouse.cli.main import app
from glasshouse.errors import GlasshouseError
from glasshouse.pseudonyms import TOKEN, key_of, keys, quarter_of, shred
from glasshouse.report.privacy_page import forgotten, render
from glasshouse.settings import Channel, Privacy, Settings

RUN = CliRunner()
ROOT = Path(__file__).resolve().parent.parent
NAMES = re.compile(r"u-01[789]|10\.20\.1\.[789]", re.IGNORECASE)
HIDDEN = '[privacy]\npseudonymise = true\nofficer = "dpo"\n[[notify]]\nkind = "webhook"\nurl = "http://127.0.0.1:9/"\n'
DAY = 86_400_000_000


def run(home: Path, *words: str) -> str:
    """All a command says; refusals are part of it."""
    done = RUN.invoke(app, [*words, "--home", str(home)])
    if isinstance(done.exception, GlasshouseError):
        return str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output


@pytest.fixture
def home(tmp_path):
    made = home_of.copied(tmp_path)
    home_of.with_settings(made, HIDDEN)
    return made


def commands(home: Path) -> list[tuple[str, ...]]:
    log = str(home / "access.log")
    alerts = [one.alert.id for user in ("u-017", "u-019") for one in home_of.of(home, user)]
    forms = ("table", "jsonl", "csv", "markdown", "html", "ocsf")
    return [
        *(("hunt", log, "-f", form) for form in forms),
        *(("alerts", "list", "-f", form) for form in forms),
        *(("lookups", "-f", form) for form in ("table", "jsonl", "csv", "markdown")),
        ("lookups", log), ("events", log), ("lookups", "--actor", "u-017"), ("explain", alerts[0]),
        ("explain", f"{log}:1", "scripted_burst", "--in", log),
        *(("alerts", "show", name) for name in alerts),
        *(("case", "show", name, "--full") for name in alerts),
        ("cases", "--all"), ("triage", "--full"), ("triage", "-f", "jsonl"), ("audit", "list"), ("doctor",),
        ("notify", "list"), ("contain", alerts[-1], "-o", str(home / "out")), ("tune", alerts[0]),
        ("privacy", "report"), ("privacy", "report", "u-017"), ("privacy", "purge", "--dry-run"),
        ("unmask", "list"), ("lake", "files"), ("lake", "check"), ("detect",),
    ]  # fmt: skip


def test_the_names_would_be_found(tmp_path):
    home = home_of.copied(tmp_path)
    shown = [words for words in commands(home) if NAMES.search(run(home, *words))]
    assert {words[0] for words in shown} >= {"hunt", "alerts", "lookups", "events", "case", "cases", "triage"}


def test_no_command_names_anybody(home):
    told = {words: run(home, *words) for words in commands(home)}
    named = {words: found[0] for words, text in told.items() if (found := NAMES.search(text))}
    assert named == {}
    assert TOKEN.search(told["cases", "--all"])
    files = [file for file in (home / "out").iterdir() if NAMES.search(file.read_text())]
    assert files == []
    assert "Tokens stand for people" in (home / "out" / "isolation-request.txt").read_text()


def test_no_notice_and_no_exported_trail_names_anybody(home):
    for file in home.glob("decisions.db*"):
        file.unlink()  # so that every decision is new
    (home / "audit.head").unlink(missing_ok=True)
    assert re.search(r"notices: [1-9]", run(home, "triage"))
    with sqlite3.connect(home / "decisions.db") as db:
        bodies = [body for (body,) in db.execute("SELECT body FROM outbox")]
    assert bodies
    assert not [body for body in bodies if NAMES.search(body)]
    run(home, "audit", "export", str(home / "trail.zip"))
    with zipfile.ZipFile(io.BytesIO((home / "trail.zip").read_bytes())) as made:
        said = b"".join(made.read(name) for name in made.namelist()).decode("utf-8", "replace")
    assert "decide" in said
    assert not NAMES.search(said)
    assert not NAMES.search(run(home, "notify", "list"))


def test_a_token_is_the_same_everywhere_and_finds_its_lookups(home):
    token = next(TOKEN.finditer(run(home, "lookups", "-f", "jsonl").splitlines()[0]))[0]
    rows = [json.loads(row) for row in run(home, "lookups", "-f", "jsonl", "--actor", token).splitlines()]
    assert rows
    assert all(token in row["actor"].values() for row in rows)
    assert token in run(home, "hunt", str(home / "access.log"), "-f", "jsonl")


def test_who_may_see_a_name_gets_a_request_with_it(home):
    case = home_of.of(home, "u-019")[0].alert
    shown = run(home, "case", "show", case.id)
    number = re.search(r"C-\d+", shown)[0]
    user, host = re.search(r"user-\w{8}", shown)[0], re.search(r"addr-\w{8}", shown)[0]
    for number_of, token in enumerate((user, host), 1):
        run(home, "unmask", "request", token, "--case", number, "--reason", "call", "--by", "ana")
        assert "you asked" in run(home, "unmask", "approve", f"U-{number_of}", "--by", "EXAMPLE\\ANA")
        run(home, "unmask", "approve", f"U-{number_of}", "--by", "ben")
    assert "u-019" in run(home, "unmask", "show", user, "--case", number, "--by", "ana")
    run(home, "contain", case.id, "-o", str(home / "out"), "--by", "ana")
    said = (home / "out" / "isolation-request.txt").read_text()
    assert "u-019" in said
    assert "10.20.1.9" in said
    assert "Tokens stand" not in said
    run(home, "contain", case.id, "-o", str(home / "other"), "--by", "ben")
    assert not NAMES.search((home / "other" / "isolation-request.txt").read_text())
    assert "2 unmask-approve" in run(home, "privacy", "report")


def test_protected_people_are_covered_although_names_are_shown(tmp_path):
    home = home_of.copied(tmp_path)
    (home / "people.csv").write_text("account,department\nu-017,Works Council\nu-018,Sales\nu-019,Sales\n")
    said = f'[know]\npaths = ["{home}/people.csv"]\n[privacy]\nprotected = ["works council"]\n'
    home_of.with_settings(home, said)
    for words in (("hunt", str(home / "access.log")), ("alerts", "list"), ("lookups",), ("cases", "--all")):
        text = run(home, *words)
        assert not re.search(r"u-017|10\.20\.1\.7", text, re.IGNORECASE), words
        assert re.search(r"u-018|10\.20\.1\.8", text, re.IGNORECASE), words


def test_cases_about_protected_people_are_given_to_the_officer(tmp_path):
    home = home_of.copied(tmp_path)
    for file in (*home.glob("decisions.db*"), *home.glob("audit.head")):
        file.unlink()
    (home / "people.csv").write_text("account,department\nu-017,Works Council\nu-018,Sales\nu-019,Sales\n")
    said = '[privacy]\nprotected = ["works council"]\nofficer = "dpo"\n'
    home_of.with_settings(home, f'[know]\npaths = ["{home}/people.csv"]\n{said}')
    run(home, "triage")
    mine = [one.alert.id for one in home_of.of(home, "u-017")]
    assert all("with  dpo" in run(home, "case", "show", name) for name in mine)
    assert "with  nobody" in run(home, "case", "show", home_of.of(home, "u-019")[0].alert.id)


def test_keys_are_private_one_a_quarter_and_can_be_destroyed(tmp_path):
    assert quarter_of(0) == "1970-Q1"
    assert quarter_of(1_795_165_200_000_000) == "2026-Q4"
    first, second = key_of(tmp_path, "2026-Q3"), key_of(tmp_path, "2026-Q4")
    assert first != second
    assert key_of(tmp_path, "2026-Q3") == first
    assert {oct(file.stat().st_mode & 0o777) for file in (tmp_path / "pseudonyms").iterdir()} == {"0o600"}
    assert shred(tmp_path, "2026-Q4") == ["2026-Q3"]
    assert list(keys(tmp_path)) == ["2026-Q4"]
    (tmp_path / "pseudonyms" / "2026-Q4.key").write_bytes(b"short")
    with pytest.raises(GlasshouseError, match="not a key"):
        key_of(tmp_path, "2026-Q4")


# -- the page


def test_the_page_in_the_documents_is_that_of_the_defaults():
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    assert page == render(Settings()), "glasshouse privacy page -o docs/privacy.md --force"


def test_the_page_tells_of_every_field_and_of_the_settings(home, tmp_path):
    assert forgotten() == []
    privacy = Privacy(pseudonymise=True, officer="dpo", protected=("a|b",), unmask_hours=5)
    said = render(Settings(privacy=privacy, notify=(Channel(kind="mail"),)))
    for words in (
        "are shown as tokens",
        "`dpo` is told",
        "for 5 hours",
        r"`a\|b`",
        "* `mail`: `escalate-t2`",
    ):
        assert words in " ".join(said.split())
    assert "are shown as tokens" in run(home, "privacy", "page")
