"""A hostile log through every command and format: nothing that steers a terminal comes out."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from glasshouse.cli.main import main

FORMATS = ("table", "jsonl", "csv", "markdown", "html", "ocsf")
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2066\u200b\x7f\x00\u2028"
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
FOLDER = "lo\x1b[31mgs\u202e\nforged: line"
START = 1_789_549_200
SQUID = (
    "{time} 90 10.20.1.7 TCP_MISS/200 4000 GET http://crt.sh/?q={bad}%25.example.com&Identity={number} "
    "u{bad} HIER_DIRECT/192.0.2.9 text/html\n"
)


def squid() -> str:
    bad = ESCAPES.replace("\u2028", "")
    lines = [SQUID.format(time=f"{START + n}.500", number=n, bad=bad) for n in range(60)]
    return "".join([*lines, f"broken crt.sh {bad}\n"])


def sysmon() -> str:
    rows = []
    for n in range(60):
        data = {
            "UtcTime": f"2026-09-16 08:{n:02}:00.000",
            "ProcessGuid": "{5b2f1c0a-7d31-6740-0001-000000001f00}",
            "ProcessId": str(n + 4),
            "Image": f"C:\\{ESCAPES}\\subfinder.exe",
            "CommandLine": f"subfinder -d {ESCAPES}.example.com -d example.com",
            "User": f"EXAMPLE\\{ESCAPES}",
        }
        event = {"EventID": 1, "SourceName": "Microsoft-Windows-Sysmon", "Hostname": f"ws{ESCAPES}", **data}
        rows.append(json.dumps(event) + "\n")
    return "".join([*rows, '{"EventID": "subfinder \x1b[2J", "SourceName": "Microsoft-Windows-Sysmon"}\n'])


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / f"a{ESCAPES.replace(chr(0), '')}.log").write_text(squid())
    (folder / "sysmon\udcff\udc9b.json").write_text(sysmon())
    (folder / "other\x1b[2J.txt").write_text("buy \x1b[2J milk\n")
    (folder / "link\x1b[2J").symlink_to("nowhere")
    return folder


class Ran:
    """What one run of the command line left."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    monkeypatch.setenv("GLASSHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")

    def act(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["glasshouse", *words])
        code = 0
        try:
            main()
        except SystemExit as done:
            code = int(done.code or 0)
        said = capfd.readouterr()
        for stream in (said.out, said.err):
            found = FORBIDDEN.search(stream.replace("\r\n", "\n"))
            assert not found, stream[max(0, found.start() - 80) : found.end() + 20].encode()
        assert "Traceback" not in said.err
        return Ran(code, said.out, said.err)

    return act


@pytest.mark.parametrize("form", FORMATS)
def test_hunt_shows_nothing_that_steers_a_terminal(form: str, logs: Path, run, tmp_path: Path) -> None:
    ran = run("hunt", str(logs), "-f", form, "--stats")
    assert ran.code == 4
    assert "owned" in ran.out and "example.com" in ran.out
    assert "not a Squid access line" in ran.err and "a link that leads nowhere" in ran.err
    assert "\nforged" not in ran.out + ran.err
    if form == "csv":
        assert not re.search(r'(?:^|,)"?[=+@\t-](?!\d)', ran.out, re.MULTILINE)
    if form == "html":
        assert "<script" not in ran.out.replace("<script type=", "")


@pytest.mark.parametrize("form", ["table", "jsonl", "csv"])
def test_lookups_show_nothing_that_steers_a_terminal(form: str, logs: Path, run) -> None:
    ran = run("lookups", str(logs), "-f", form, "--own", "example.com")
    assert ran.code == 4
    assert len(ran.out.splitlines()) > 100


def test_events_and_explain_show_nothing_that_steers_a_terminal(logs: Path, run) -> None:
    ran = run("events", str(logs), "--quarantine", str(logs / "kept\x1b[2J"))
    assert ran.code == 4
    assert all(json.loads(line)["file"] for line in ran.out.splitlines())
    assert "quarantined: 2 records: " in ran.err
    (logs / "kept\x1b[2J").rename(logs.parent / "kept")
    alerts = [json.loads(line) for line in run("hunt", str(logs), "-f", "jsonl").out.splitlines()]
    assert alerts
    for alert in alerts:
        assert run("explain", alert["id"]).out
    (lookup, *_others) = [
        json.loads(line) for line in run("lookups", str(logs), "-f", "jsonl").out.splitlines()
    ]
    assert run("explain", lookup["record_sha256"], alerts[0]["rules"][0], "--in", str(logs)).out


@pytest.mark.parametrize(
    "words",
    [
        ("hunt", "/no\x1b[2J\u202ewhere"),
        ("hunt", "{logs}", "--source", "squ\x1b[2Jid"),
        ("hunt", "{logs}", "--tz", "Mars\x1b[2J"),
        ("hunt", "{logs}", "--tz", "nobody\x9b=UTC"),
        ("hunt", "{logs}", "--max-unpacked", "\x1b[2J"),
        ("hunt", "{logs}", "-f", "\x1b[2J"),
        ("hunt", "{logs}", "--since", "\x1b[2J"),
        ("hunt", "{logs}", "--quarantine-raw"),
        ("lookups", "{logs}", "--own", "\x1b[2J,=1+1,\u202e"),
        ("explain", "GH-\x1b[2J", "--in", "{logs}"),
        ("explain", "\x1b[2J", "rule\x1b[2J", "--in", "{logs}"),
        ("hunt", "{logs}", "--rules", "/no\x1b[2Jwhere"),
    ],
)
def test_mistakes_are_answered_harmlessly(words: tuple[str, ...], logs: Path, run) -> None:
    ran = run(*[word.replace("{logs}", str(logs)) for word in words])
    assert ran.code in (2, 3, 4, 5) or words[0] == "lookups"
    assert ran.err


def test_lookups_tell_their_doubts(tmp_path: Path, run) -> None:
    log = tmp_path / "query.log"
    log.write_text(
        "20-Jul-2026 12:00:00.000 queries: info: client @0x7f 192.0.2.7#4000 (crt.sh): "
        "query: crt.sh IN A +E(0)K (192.0.2.53)\n"
    )
    said = run("lookups", str(log)).err
    assert "doubt: 1 lookup: local time without zone, read as UTC" in said
    assert "--tz" in said
    assert run("lookups", str(log), "--tz", "squid=UTC", "--tz", "bind=Europe/Berlin").err == ""
    moved = run("lookups", str(log), "--tz", "Europe/Berlin", "-f", "jsonl").out
    assert json.loads(moved)["time"] == "2026-07-20T10:00:00.000000Z"


def test_explain_asks_again_with_the_zones_of_the_hunt(tmp_path: Path, run) -> None:
    log = tmp_path / "query.log"
    row = (
        "20-Jul-2026 12:{n:02}:00.000 queries: info: client @0x7f 192.0.2.7#4000 ({d}): "
        "query: {d} IN A + (192.0.2.53)\n"
    )
    names = ("crt.sh", "api.shodan.io", "api.securitytrails.com", "api.hackertarget.com", "search.censys.io")
    log.write_text("".join(row.format(n=n, d=names[n % 5]) for n in range(60)))
    hunted = run("hunt", str(log), "--tz", "bind=Asia/Tokyo", "-f", "jsonl").out.splitlines()
    assert hunted
    assert run("explain", json.loads(hunted[0])["id"]).code == 0


def test_help_names_the_options_of_hostile_input(run) -> None:
    for command in ("hunt", "lookups", "events"):
        said = run(command, "--help").out
        for option in ("--quarantine", "--quarantine-raw", "--max-unpacked", "--tz"):
            assert option in said
