"""What servers say is kept, and stays when they cannot be asked; ``know`` tells what is known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glasshouse.cli.main import app
from glasshouse.errors import ReadError, UsageError
from glasshouse.flow_ours import knowledge
from glasshouse.know.fetch import axfr
from glasshouse.know.gather import answers, keep, recognised
from glasshouse.known import FACTS, Asset, Machine
from glasshouse.records import Trouble
from glasshouse.settings import Know, Server, load
from shared_data import LOGS, needs_logs
from test_fetch_axfr import server  # noqa: F401 -- a real name server
from test_loaders import EXAMPLES

INVENTORY = "domains: [example.net]\nnetworks: [192.0.2.0/24]\n"
LEASES = "ip,host,since,until\n192.0.2.7,ws-1,2026-03-01T00:00Z,2026-03-02T00:00Z\n"


def run(*words: str):
    done = CliRunner().invoke(app, [*words])
    assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit)
    return done


@pytest.fixture
def home(tmp_path):
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "inventory.yml").write_text(INVENTORY)
    (tmp_path / "facts" / "leases.csv").write_text(LEASES)
    (tmp_path / "glasshouse.toml").write_text(f'[know]\npaths = ["{tmp_path}/facts"]\n')
    return tmp_path


def test_check_counts_what_each_file_gives(home):
    done = run("know", "check", "--home", str(home))
    assert done.exit_code == 0
    assert "inventory.yml: 2 assets" in done.stdout
    assert "leases.csv: 1 tenancies" in done.stdout


def test_check_tells_what_cannot_be_read(home):
    (home / "facts" / "notes.bin").write_bytes(b"\x00\x01")
    done = run("know", "check", "--home", str(home))
    assert done.exit_code == 4
    assert "format not recognised" in done.stderr


def test_who_had_an_address(home):
    at = run("know", "who", "192.0.2.7", "--at", "2026-03-01T12:00Z", "--home", str(home))
    assert "ws-1" in at.stdout
    assert run("know", "who", "192.0.2.7", "--at", "2026-03-05", "--home", str(home)).exit_code == 1


def test_a_changed_file_is_read_again(home):
    settings = load(home)
    first = knowledge(settings)
    assert knowledge(settings) is first
    (home / "facts" / "inventory.yml").write_text(INVENTORY + "asns: [64500]\n")
    assert knowledge(settings).fingerprint != first.fingerprint


def test_answers_of_a_real_server_are_kept(home, server, monkeypatch):  # noqa: F811
    said = (home / "glasshouse.toml").read_text()
    port = server["port"]
    fetch = f'[[know.fetch]]\nkind = "axfr"\nserver = "127.0.0.1"\nport = "{port}"\nzones = "example.com"\n'
    (home / "glasshouse.toml").write_text(said + fetch)
    assert "never asked" in run("know", "check", "--home", str(home)).stderr
    done = run("know", "fetch", "--home", str(home))
    assert (done.exit_code, "kept" in done.stdout) == (0, True), done.output
    checked = run("know", "check", "--home", str(home))
    assert checked.exit_code == 0
    assert "axfr 127.0.0.1:" in checked.stdout
    kept = next((home / "know").glob("axfr-*.jsonl"))
    assert kept.stat().st_mode & 0o777 == 0o600
    before = kept.read_bytes()
    monkeypatch.setattr(axfr, "fetch", refused)
    failed = run("know", "fetch", "--home", str(home))
    assert (failed.exit_code, kept.read_bytes()) == (5, before)
    assert "the last answer stays" in failed.stdout


def refused(options):
    raise ReadError("cannot be asked", next_step="check it")
    yield


def test_every_kind_of_fact_comes_back_as_it_was(tmp_path):
    from glasshouse.know.gather import recognised
    from glasshouse.records import Trouble

    facts = []
    for file in sorted(EXAMPLES.glob("*/*")):
        if not file.name.endswith(".expected.jsonl"):
            data = file.read_bytes()
            facts += list(recognised(data[:65536], file.name).read(data, file.name))
    facts = [one for one in facts if not isinstance(one, Trouble)]
    assert {type(one) for one in facts} == set(FACTS.values())
    know = Know(kept=str(tmp_path))
    path = keep(know, Server(kind="ldap", options={"url": "ldaps://x"}), facts)
    assert path == answers(know, Server(kind="ldap", options={"url": "ldaps://x"}))
    assert list(recognised(path.read_bytes()[:65536], path.name).read(path.read_bytes(), path.name)) == facts


def test_a_secret_is_not_in_the_name_of_the_file(tmp_path):
    one = Server(kind="ldap", options={"url": "ldaps://x", "password": "hunter2"})
    know = Know(kept=str(tmp_path))
    path = keep(know, one, [Asset(type="domain", value="example.com")])
    assert "hunter2" not in path.read_text() + str(path)
    assert isinstance(path, Path)


@needs_logs
@pytest.mark.parametrize(
    ("name", "kind", "least"),
    [
        ("misp_event_existing.json", "Indicator", 50),
        ("misp_event_57c4445b.json", "Indicator", 1),
        ("stix2_apt1.json", "Indicator", 20),
        ("servicenow_change_request.json", "Change", 1),
    ],
)
def test_real_exports_are_recognised_and_read(name, kind, least):
    file = LOGS / "context" / name
    leaf = recognised(file.read_bytes()[:65536], name)
    found = [type(one).__name__ for one in leaf.read(file.read_bytes(), name)]
    assert found.count(kind) >= least


@needs_logs
def test_a_real_export_of_configuration_items_is_recognised():
    file = LOGS / "context" / "servicenow_cmdb_ci.json"
    leaf = recognised(file.read_bytes()[:65536], file.name)
    found = list(leaf.read(file.read_bytes(), file.name))
    assert found
    assert all(isinstance(one, (Machine, Asset, Trouble)) for one in found)


BROKEN = {
    "cut off": (b'{"response": [{"Event": {"Attribute": [', "misp.json"),
    "empty": (b"", "misp.json"),
    "of no format": (b"\x00\x01\x02", "misp.json"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_cannot_be_read_is_never_taken_for_nothing_found(home, how):
    (home / "facts" / "intel.txt").write_text("# feed: ours\nbad[.]example\n")
    assert not knowledge(load(home)).incomplete
    data, name = BROKEN[how]
    (home / "facts" / name).write_bytes(data)
    known = knowledge(load(home))
    assert "indicators" in known.has
    assert "indicators" in known.incomplete
    assert any(name in one.where for one in known.troubles)


def test_a_server_never_asked_is_missing_knowledge(home):
    said = (home / "glasshouse.toml").read_text()
    fetch = '[[know.fetch]]\nkind = "ldap"\nurl = "ldaps://127.0.0.1"\n'
    (home / "glasshouse.toml").write_text(said + fetch)
    assert {"people", "machines"} <= knowledge(load(home)).incomplete


def test_a_pipe_is_not_waited_for(home):
    os.mkfifo(home / "pipe")
    (home / "glasshouse.toml").write_text(f'[know]\npaths = ["{home}/pipe", "~nobody-of-this-name/x"]\n')
    done = run("know", "check", "--home", str(home))
    assert done.exit_code == 4
    assert done.stderr.count("no such file") == 2


def test_who_had_an_address_is_not_shown_where_names_are_covered(home):
    said = (home / "glasshouse.toml").read_text()
    (home / "glasshouse.toml").write_text(said + "[privacy]\npseudonymise = true\n")
    done = CliRunner().invoke(app, ["know", "who", "192.0.2.7", "--home", str(home)])
    assert "ws-1" not in done.output
    assert isinstance(done.exception, UsageError)
