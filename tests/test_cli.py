"""The command line as a user meets it: exit codes, streams, messages; never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BURST = "".join(
    f"{1_789_549_200 + step}.500     90 10.20.1.7 TCP_TUNNEL/200 4000 CONNECT crt.sh:443 u-017 "
    "HIER_DIRECT/192.0.2.9 -\n"
    for step in range(60)
)


def run(*words: str, home: Path, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [sys.executable, "-m", "glasshouse", *words],
        input=stdin,
        capture_output=True,
        timeout=120,
        env={**os.environ, "GLASSHOUSE_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "100"},
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"\x1b" not in done.stdout
    return done


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(BURST)
    return path


def test_help_names_every_command(tmp_path: Path) -> None:
    said = run("--help", home=tmp_path).stdout.decode()
    for command in ("hunt", "lookups", "events", "explain", "rules", "opendbs", "doctor", "demo"):
        assert command in said


def test_hunt_prints_alerts_on_stdout_and_nothing_else(log: Path, tmp_path: Path) -> None:
    done = run("hunt", str(log), "-f", "jsonl", home=tmp_path)
    assert done.returncode == 0
    assert done.stderr == b""
    (alert,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert alert["actor"]["ip"] == "10.20.1.7"
    assert alert["databases"] == ["crtsh"]
    assert sum(row["points"] for row in alert["points"]) == alert["score"]


def test_standard_input_is_read(log: Path, tmp_path: Path) -> None:
    from_file = run("lookups", str(log), "-f", "jsonl", home=tmp_path).stdout
    from_stdin = run("lookups", "-", "-f", "jsonl", home=tmp_path, stdin=log.read_bytes()).stdout
    assert from_file.replace(str(log).encode(), b"-") == from_stdin
    assert len(from_file.splitlines()) == 60


@pytest.mark.parametrize("form", ["table", "jsonl", "csv", "markdown", "html", "ocsf"])
def test_every_format_goes_to_a_file_and_never_over_one(form: str, log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("hunt", str(log), "-f", form, "-o", str(out), home=tmp_path).returncode == 0
    before = out.read_bytes()
    assert before
    again = run("hunt", str(log), "-f", form, "-o", str(out), home=tmp_path)
    assert again.returncode == 2
    assert b"--force" in again.stderr
    assert out.read_bytes() == before
    assert run("hunt", str(log), "-f", form, "-o", str(out), "--force", home=tmp_path).returncode == 0


def test_fail_on_is_the_only_way_to_exit_1(log: Path, tmp_path: Path) -> None:
    assert run("hunt", str(log), home=tmp_path).returncode == 0
    assert run("hunt", str(log), "--fail-on", "medium", home=tmp_path).returncode == 1
    assert run("hunt", str(log), "--fail-on", "critical", home=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("hunt", "/nowhere/at/all"), 5, "check the path"),
        (("hunt", "{log}", "--since", "yesterdayish"), 2, "write"),
        (("hunt", "{log}", "--fail-on", "awful"), 2, "one of"),
        (("hunt", "{log}", "--source", "sqiud"), 2, "one of"),
        (("hunt", "{log}", "-f", "tabel"), 2, "table"),
        (("hunt", "{log}", "--tz", "Mars/Olympus"), 2, "IANA"),
        (("hunt", "{log}", "--rules", "/nowhere/rules"), 2, "no such folder"),
        (("hunt", "{log}", "-o", "/nowhere/out.html"), 5, "check the folder"),
        (("explain", "GH-0", "--home", "{tmp}/none"), 2, "--in"),
        (("frobnicate",), 2, ""),
    ],
)
def test_mistakes_get_their_code_and_a_next_step(
    words: tuple[str, ...], code: int, hint: str, log: Path, tmp_path: Path
) -> None:
    said = [word.replace("{log}", str(log)).replace("{tmp}", str(tmp_path)) for word in words]
    done = run(*said, home=tmp_path)
    assert done.returncode == code, done.stderr
    assert hint in done.stderr.decode()
    assert done.stdout == b""


def test_a_broken_record_is_named_and_the_rest_is_read(log: Path, tmp_path: Path) -> None:
    lines = BURST.splitlines(keepends=True)
    log.write_text("".join([*lines[:30], "1789549230.1 crt.sh \x1b[2J broken\n", *lines[30:]]))
    done = run("hunt", str(log), "-f", "jsonl", "--stats", home=tmp_path)
    assert done.returncode == 4
    assert f"{log}:31: not a Squid access line" in done.stderr.decode()
    counts = json.loads(done.stderr.splitlines()[-1])
    assert counts["sources"]["squid"]["quarantined"] == 1
    assert counts["sources"]["squid"]["lookups"] == 60
    assert json.loads(done.stdout.splitlines()[0])["lookups"] == 60


def test_events_shows_every_record_and_no_key(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    secret = "k" * 31 + "9"
    path.write_text(
        "1789549200.5 90 10.20.1.7 TCP_MISS/200 4000 GET "
        f"http://api.shodan.io/shodan/host/203.0.113.7?key={secret} u HIER_DIRECT/192.0.2.9 text/html\n"
        "1789549201.5 90 10.20.1.7 TCP_MISS/200 4000 GET http://www.example.com/ u HIER_DIRECT/192.0.2.9 -\n"
    )
    done = run("events", str(path), "--source", "squid", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    listed = run("lookups", str(path), "--source", "squid", "-f", "jsonl", home=tmp_path)
    assert secret.encode() not in done.stdout + done.stderr + listed.stdout + listed.stderr
    (lookup,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert lookup["targets"] == [{"type": "ip", "value": "203.0.113.7", "about_us": None}]
    assert lookup["key_fingerprint"].startswith("hmac-sha256:")
    assert (tmp_path / "fingerprint.key").stat().st_mode & 0o777 == 0o600


def test_explain_tells_why_an_alert_fired_and_why_a_rule_did_not(log: Path, tmp_path: Path) -> None:
    alert = json.loads(run("hunt", str(log), "-f", "jsonl", home=tmp_path).stdout.splitlines()[0])
    said = run("explain", alert["id"], home=tmp_path)
    assert said.returncode == 0, said.stderr
    for row in alert["points"]:
        assert row["reason"] in said.stdout.decode()
    lookup = json.loads(run("lookups", str(log), "-f", "jsonl", home=tmp_path).stdout.splitlines()[0])
    rules = run("rules", "list", "-f", "jsonl", home=tmp_path).stdout.splitlines()
    for rule in rules[:3]:
        done = run("explain", lookup["record_sha256"][:12], json.loads(rule)["rule"], home=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_doctor_is_well(tmp_path: Path) -> None:
    done = run("doctor", home=tmp_path)
    assert done.returncode == 0, done.stdout
    assert b"FAIL" not in done.stdout


def test_a_reader_that_stops_early_is_no_error(log: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m glasshouse events {log} | head -1",
        shell=True,
        capture_output=True,
        timeout=60,
        env={**os.environ, "GLASSHOUSE_HOME": str(tmp_path)},
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_lookups_left_out_as_a_proxys_own_are_told(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "access.log").write_text(BURST)
    begin = "16-Sep-2026 09:00:"
    asked = "(crt.sh): query: crt.sh IN A + (10.20.0.53)"
    lines = [f"{begin}{step:02d}.400 client @0x7f 10.20.0.80#{5000 + step} {asked}\n" for step in range(40)]
    (logs / "query.log").write_text("".join(lines))
    done = run("lookups", str(logs), "-f", "jsonl", "--stats", "--tz", "UTC", home=tmp_path)
    assert len(done.stdout.splitlines()) == 60, done.stderr
    assert b"counted once: 40 lookups" in done.stderr
    assert json.loads(done.stderr.splitlines()[-1])["relayed"] == 40


def test_a_time_span_that_holds_nothing_is_a_mistake(log: Path, tmp_path: Path) -> None:
    done = run("hunt", str(log), "--since", "2026-09-18", "--until", "2026-09-17", home=tmp_path)
    assert done.returncode == 2
    assert b"nothing lies between" in done.stderr
