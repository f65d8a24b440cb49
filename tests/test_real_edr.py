"""CrowdStrike on real samples; osquery, Sysmon for Linux and Elastic Endpoint on what each may get wrong."""

from __future__ import annotations

import collections
import json
from ipaddress import ip_address
from pathlib import Path

import pytest

from glasshouse.config import Options
from glasshouse.errors import Malformed
from glasshouse.flow import find
from glasshouse.leaf import source
from glasshouse.records import Event
from glasshouse.watch import read
from glasshouse.watch.parse import Layout, iso
from shared_data import LOGS, needs_logs
from test_real_flow import expected, parsed

CROWDSTRIKE = "edr/sekoia_crowdstrike_telemetry"
SYSTEM = '<System><Provider Name="Linux-Sysmon"/><EventID>1</EventID><Computer>build7</Computer></System>'


def events(name: str, record: str) -> list[Event]:
    return list(source(name).read(record.encode(), Layout()))


@needs_logs
def test_every_crowdstrike_record_is_read() -> None:
    leaf, number, got, bad = parsed(f"{CROWDSTRIKE}.log")
    assert (leaf, number, bad) == ("crowdstrike", 44, {})
    assert collections.Counter(event.via for _, event in got) == {"process": 8, "flow": 4, "dns": 2}


@needs_logs
def test_crowdstrike_agrees_with_ecs() -> None:
    wanted = expected(f"{CROWDSTRIKE}.expected-ecs.ndjson")
    for position, event in parsed(f"{CROWDSTRIKE}.log")[2]:
        ecs = wanted[position - 1]
        assert event.time == iso(ecs["@timestamp"], Layout())[0]
        if event.via == "process":
            assert event.command_line == ecs["process"]["command_line"]
            assert event.process == ecs["process"].get("executable")
        if event.via == "dns":
            assert event.name == ecs["dns"]["question"]["name"]
            assert event.query_type == ecs["dns"]["question"]["type"]
        if event.via == "flow":
            assert ip_address(event.server_ip or "") == ip_address(ecs["destination"]["ip"])
            assert event.server_port == ecs["destination"].get("nat", {}).get("port")


@needs_logs
def test_what_a_phone_asked_for_is_known_by_name() -> None:
    flows = [event for _, event in parsed(f"{CROWDSTRIKE}.log")[2] if event.via == "flow" and event.name]
    assert [event.name for event in flows] == [
        "chat.cdn.whatsapp.net",
        "outlook.office365.com",
        "test.region.database.app",
    ]
    assert [event.ip for event in flows] == [None, "1.2.3.4", "1111:2222:3333:4444:5555:6666:7777:8888"]
    assert flows[0].url is None
    assert flows[1].url == "https://outlook.office365.com/Microsoft-Server-ActiveSync"


@needs_logs
def test_other_real_logs_are_none_of_these() -> None:
    ours = [source(name) for name in ("crowdstrike", "osquery", "sysmon-linux")]
    for path in sorted(LOGS.rglob("*.log")):
        if "crowdstrike" not in path.name:
            head = path.read_bytes()[: read.HEAD]
            assert [one.detect(head) for one in ours] == [0, 0, 0], path


def test_a_crowdstrike_process_and_its_questions_share_a_link() -> None:
    sensor = {"aid": "0" * 31 + "1", "timestamp": "1795211700000"}
    start = {"event_simpleName": "ProcessRollup2", "TargetProcessId": "77", "CommandLine": "x"} | sensor
    asked = {"event_simpleName": "DnsRequest", "ContextProcessId": "77", "DomainName": "crt.sh"} | sensor
    other = asked | {"aid": "0" * 31 + "2"}
    links = [events("crowdstrike", json.dumps(one))[0].link for one in (start, asked, other)]
    assert links[0] == links[1] != links[2]


@needs_logs
def test_sysmon_for_linux_reads_the_same_in_syslog_as_in_a_file() -> None:
    body = (LOGS / "linux/sysmon_linux_curl.xml").read_text()
    line = "Jun 19 13:16:36 gitlab sysmon: " + "".join(part.strip() for part in body.splitlines())
    (bare,) = events("windows-event", body)
    (wrapped,) = events("sysmon-linux", line)
    (journal,) = events("sysmon-linux", json.dumps({"MESSAGE": line, "_HOSTNAME": "gitlab"}))
    for field in ("time", "user", "host", "process", "command_line", "link"):
        assert getattr(bare, field) == getattr(wrapped, field) == getattr(journal, field)
    assert wrapped.command_line == "curl --version"


@pytest.mark.parametrize("cut", range(40, 560, 7))
def test_a_sysmon_line_cut_anywhere_is_read_or_malformed_but_never_wrong(cut: int) -> None:
    values = {"UtcTime": "2026-11-20 21:55:00.001", "Image": "/usr/bin/curl"}
    values |= {"CommandLine": "curl https://crt.sh/?q=example.com&amp;output=json", "User": "deploy"}
    data = "".join(f'<Data Name="{name}">{value}</Data>' for name, value in values.items())
    line = f"Nov 20 21:55:00 build7 sysmon: <Event>{SYSTEM}<EventData>{data}</EventData></Event>"
    whole = "curl https://crt.sh/?q=example.com&output=json"
    try:
        got = events("sysmon-linux", line[:cut])
    except Malformed as reason:
        assert "cut off" in str(reason)
        return
    for event in got:
        assert whole.startswith(event.command_line or "")
        assert event.process == "/usr/bin/curl"
        assert event.doubt is None if cut >= len(line) else "cut off" in str(event.doubt)
        if event.command_line != whole and event.command_line:
            assert event.doubt == "the command line was cut off"


def test_sysmon_with_a_document_type_is_refused() -> None:
    line = f'Nov 20 21:55:00 b sysmon: <Event>{SYSTEM}<!DOCTYPE x [<!ENTITY y "z">]></Event>'
    with pytest.raises(Malformed):
        events("sysmon-linux", line)


def test_osquery_rows_taken_away_are_no_events() -> None:
    row = {"path": "/usr/bin/curl", "cmdline": "curl https://crt.sh/", "pid": "1"}
    record = {"name": "q", "hostIdentifier": "h", "unixTime": 1795211700, "columns": row}
    assert len(events("osquery", json.dumps(record | {"action": "added"}))) == 1
    assert events("osquery", json.dumps(record | {"action": "removed"})) == []


@pytest.mark.parametrize(
    ("more", "starts"),
    [
        ({}, 1),
        ({"event_type": "exec"}, 1),
        ({"event_type": "fork"}, 0),
        ({"type": "ProcessStop"}, 0),
        ({"syscall": "execve", "exit_code": "0"}, 1),
        ({"syscall": "execve", "exit_code": "-2"}, 0),
    ],
)
def test_osquery_ends_forks_and_failures_are_no_starts(more: dict[str, str], starts: int) -> None:
    row = {"path": "/usr/bin/curl", "cmdline": "curl https://crt.sh/", "pid": "1"} | more
    record = {"name": "q", "hostIdentifier": "h", "unixTime": 1795211700, "columns": row, "action": "added"}
    assert len(events("osquery", json.dumps(record))) == starts


@pytest.mark.parametrize(
    ("action", "system", "asked"),
    [
        ("lookup_requested", "windows", 1),
        ("lookup_result", "windows", 0),
        ("lookup_result", "linux", 1),
        ("lookup_result", "macos", 1),
    ],
)
def test_elastic_endpoint_tells_each_question_once(action: str, system: str, asked: int) -> None:
    record = {
        "@timestamp": "2026-11-20T21:55:00Z",
        "ecs": {"version": "8.10.0"},
        "event": {"action": action, "category": ["network"], "module": "endpoint"},
        "host": {"name": "h", "os": {"type": system}},
        "dns": {"question": {"name": "crt.sh"}},
    }
    assert len(events("ecs", json.dumps(record))) == asked


def test_other_programs_of_the_same_syslog_are_no_events() -> None:
    assert events("sysmon-linux", "Nov 20 21:55:03 build7 systemd[1]: Started example.service.") == []
    assert events("sysmon-linux", "Nov 20 21:55:03 build7 app: <Event><System>crt.sh</System></Event>") == []


def test_a_crowdstrike_question_learns_its_account_from_the_start_of_its_process() -> None:
    """Its link is process and sensor, which stand apart in a record."""
    log = Path(__file__).parent / "examples" / "sources" / "crowdstrike" / "fdr.ndjson"
    found, _tally, _catalogue = find([str(log)], Options())
    (question,) = [one for one in found if one.via == "dns" and one.database == "crtsh"]
    assert question.actor.user == "jdoe"
    assert str(question.actor.process).endswith("curl.exe")
