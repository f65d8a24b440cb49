"""The whole way on the command line, from logs to a closed case and a checked trail, on both databases."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import office_samples as samples
from glasshouse.cli.main import app
from glasshouse.errors import GlasshouseError

DEMO = Path(__file__).resolve().parent.parent / "src" / "glasshouse" / "demo"
PEOPLE = "account,department,privileged,service,disabled\nu-461w,Finance,no,no,yes\nu-7b7w,Sales,no,no,no\n"


def run(home: Path, *words: str, code: int | None = 0) -> str:
    done = CliRunner().invoke(app, [*words, "--home", str(home)])
    known = isinstance(done.exception, GlasshouseError)  # main() makes one line of it
    if code is not None:
        assert (done.exception.exit_code if known else done.exit_code) == code, done.output
    assert known or not done.exception or isinstance(done.exception, SystemExit)
    return done.stdout + done.stderr + (str(done.exception) if known else "")


@pytest.fixture(params=samples.KINDS)
def home(request, tmp_path):
    url = samples.settings(request.param).office.url
    (tmp_path / "facts").mkdir()
    (tmp_path / "facts" / "people.csv").write_text(PEOPLE)
    (tmp_path / "facts" / "inventory.yml").write_text("domains: [example.com, example.net]\n")
    said = f'[know]\npaths = ["{tmp_path}/facts"]\n' + (f'[office]\nurl = "{url}"\n' if url else "")
    (tmp_path / "glasshouse.toml").write_text(said)
    run(tmp_path, "ingest", str(DEMO / "sysmon.jsonl.zst"))
    run(tmp_path, "detect")
    return tmp_path


def test_from_logs_to_a_closed_case(home):
    run(home, "triage", "-q")
    lines = [json.loads(line) for line in run(home, "triage", "-q", "-f", "jsonl").splitlines()]
    worst = next(line for line in lines if line["decision"]["name"] == "contain")
    case = worst["case"]
    assert worst["verdict"]["account_state"]["value"] == "disabled"
    assert case in run(home, "cases")
    assert "disabled account" in run(home, "case", "show", case)
    run(home, "case", "assign", case, "ana", "--by", "lead")
    run(home, "case", "comment", case, "asked the owner", "--by", "ana")
    refused = run(home, "case", "close", case, "--by", "ana", code=2)
    assert "classification" in refused
    run(home, "case", "close", case, "--as", "true-positive", "--code", "insider", "--by", "ana")
    assert "closed as true-positive: insider" in run(home, "case", "show", case)
    run(home, "triage", "--full", "-q")
    assert case not in run(home, "cases")
    assert "whole" in run(home, "audit", "verify")


def test_no_password_in_any_output(home):
    said = (home / "glasshouse.toml").read_text()
    shown = run(home, "settings", "show", code=None) + run(home, "settings", "check", code=None)
    assert "not:so" not in shown
    assert "not%3Aso" not in shown
    broken = said.replace("127.0.0.1:", "127.0.0.1:1") if "postgresql" in said else said
    (home / "glasshouse.toml").write_text(broken)
    told = run(home, "cases", code=None)
    assert "Traceback" not in told
    assert "not%3Aso" not in told


@pytest.mark.parametrize("home", ["sqlite"], indirect=True)
def test_a_trail_put_back_is_found_and_not_signed_over(home):
    run(home, "triage", "-q")
    shutil.copy(home / "decisions.db", home / "old.db")
    run(home, "case", "comment", "C-1", "what must not be lost", "--by", "ana")
    for side in ("-wal", "-shm"):
        (home / f"decisions.db{side}").unlink(missing_ok=True)
    shutil.copy(home / "old.db", home / "decisions.db")
    run(home, "audit", "verify", code=1)
    assert "does not hold entry" in run(home, "case", "comment", "C-1", "another", "--by", "eve", code=5)
    run(home, "audit", "verify", code=1)


def test_the_hunting_queries_find_the_lake(home):
    import duckdb

    run(home, "triage", "-q")
    alert = json.loads(run(home, "triage", "-q", "-f", "jsonl").splitlines()[0])["alert"]["id"]
    run(home, "contain", alert, "-o", str(home / "kit"))
    text = (home / "kit" / "hunt.sql").read_text()
    assert duckdb.connect().execute(text).fetchall() is not None
