"""Windows events, Defender and auditd on real samples: every record accounted for, events checked by hand."""

from __future__ import annotations

import collections
import importlib.util
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.leaf import leaf_name, sources
from glasshouse.records import Event, SourceCount
from glasshouse.watch import read
from glasshouse.watch.cut import CUTTERS
from glasshouse.watch.parse import Layout
from glasshouse.watch.sieve import patterns, scanner
from shared_data import LOGS, needs_logs

ASKED = ("crt.sh", "Crt.SH", "www.example.com")
OURS = ("auditd", "defender", "defender-csv", "windows-event")


def parsed(name: str) -> tuple[int, list[tuple[int, Event]], dict[int, str]]:
    """Records read, events with their position, and the reasons of records that could not be read."""
    (item,) = read.inputs([str(LOGS / name)])
    source, _sure = read.detect(item)
    assert source is not None
    assert leaf_name(source) in OURS
    layout, number, events, bad = Layout(), 0, [], {}
    for record in read.records(item, source, None, SourceCount()):
        number += 1
        try:
            events += [(record.position, event) for event in source.read(record.data, layout)]
        except Malformed as reason:
            bad[record.position] = str(reason)
    return number, events, bad


def kinds(events: list[tuple[int, Event]]) -> dict[str, int]:
    return dict(collections.Counter(event.via for _, event in events))


def expected(name: str) -> list[dict[str, Any]]:
    return [json.loads(line)["expected"] for line in (LOGS / name).read_text().splitlines()]


def bare(path: str | None) -> str | None:
    return path.replace("\\\\", "\\") if path else path


@needs_logs
@pytest.mark.parametrize(
    ("name", "records", "events"),
    [
        ("windows/evtx/PanacheSysmon_vs_AtomicRedTeam01.evtx", 565, {"process": 511, "flow": 4}),
        ("windows/evtx/panache_sysmon_vs_EDRTestingScript.evtx", 122, {"process": 96, "flow": 8}),
        ("windows/evtx/DE_sysmon-3-rdp-tun.evtx", 73, {"process": 13, "flow": 13}),
        ("windows/evtx/Sysmon_UACME_64.evtx", 530, {"process": 3, "dns": 1}),
        ("windows/otrf_cmstp_bypassuac.json.gz", 1166, {"process": 10, "dns": 205, "flow": 2}),
        ("windows/otrf_bitsadmin_download.json.gz", 424, {"process": 4, "dns": 3, "flow": 5}),
        ("windows/otrf_rubeus_ptt.json.gz", 1179, {"process": 6, "dns": 1, "flow": 1}),
        ("windows/otrf_sharpview.json.gz", 267, {"process": 2, "dns": 3, "flow": 1}),
        ("windows/sekoia_windows_events.log", 111, {"process": 11, "dns": 1, "flow": 2}),
        ("linux/sysmon_linux_curl.xml", 1, {"process": 1}),
        ("edr/sekoia_defender_advanced_hunting.log", 77, {"process": 5, "flow": 1, "tls": 2}),
        ("linux/plaso_audit_enriched.log", 29, {"process": 7}),
    ],
)
def test_every_record_is_read(name: str, records: int, events: dict[str, int]) -> None:
    number, got, bad = parsed(name)
    assert (number, kinds(got), bad) == (records, events, {})


@needs_logs
def test_winlogbeat_has_one_record_without_any_time() -> None:
    number, got, bad = parsed("windows/sekoia_winlogbeat.log")
    assert (number, kinds(got), bad) == (56, {"process": 4, "dns": 6}, {54: "no time"})


@needs_logs
def test_evtx_connection_has_no_name_although_the_log_shows_a_reverse_name() -> None:
    _, got, _ = parsed("windows/evtx/PanacheSysmon_vs_AtomicRedTeam01.evtx")
    flows = [event for _, event in got if event.via == "flow"]
    first = flows[0]
    assert first.server_ip == "172.217.17.132"  # the record says ams15s30-in-f4.1e100.net
    assert all(event.name is None for event in flows)
    assert (first.time, first.server_port, first.user) == (1563547820871000, 80, "MSEDGEWIN10\\IEUser")
    assert first.ip == "10.0.2.15"


@needs_logs
def test_sysmon_utc_time_wins_over_local_times_written_as_utc() -> None:
    _, got, _ = parsed("windows/otrf_cmstp_bypassuac.json.gz")
    github = min((event for _, event in got if event.name == "github.com"), key=lambda event: event.time or 0)
    assert github.time == 1603346061349000  # UtcTime 2020-10-22 05:54:21.349; TimeCreated says 01:54:23Z
    assert github.host == "WORKSTATION5"
    assert sum("9701" in (event.doubt or "") for _, event in got) == 199


@needs_logs
def test_nxlog_local_time_gets_its_zone_from_the_time_of_arrival() -> None:
    _, got, _ = parsed("windows/otrf_rubeus_ptt.json.gz")
    sysmon = [event for _, event in got if event.via == "process" and event.doubt is None]
    security = [event for _, event in got if event.via == "process" and event.doubt]
    assert len(sysmon) == len(security) == 3
    for event in security:
        assert any(
            event.process == other.process and abs((event.time or 0) - (other.time or 0)) < 2_000_000
            for other in sysmon
        )
    assert {event.host for event in security} <= {
        "WORKSTATION5.theshire.local",
        "WORKSTATION6.theshire.local",
    }


@needs_logs
@pytest.mark.parametrize("name", ["sekoia_windows_events", "sekoia_winlogbeat"])
def test_windows_events_agree_with_ecs(name: str) -> None:
    wanted = expected(f"windows/{name}.expected-ecs.ndjson")
    _, got, _ = parsed(f"windows/{name}.log")
    for position, event in got:
        ecs = wanted[position - 1]
        assert bare(event.process) == bare(ecs["process"]["executable"])
        said = bare(event.command_line)
        wanted_line = bare(ecs["process"].get("command_line"))
        assert (said or "").replace('"', "") == (wanted_line or "").replace('"', "")  # ECS drops outer quotes
        if event.via == "dns":
            assert event.name == ecs["dns"]["question"]["name"]
        if event.via == "flow":
            assert (event.ip, event.server_ip) == (ecs["source"]["ip"], ecs["destination"]["ip"])
            assert event.server_port == ecs["destination"]["port"]
        host = ecs.get("host", {}).get("name") or event.host or ""  # one record names it only as HOSTNAME
        assert (event.host or "").split(".")[0].lower() == host.split(".")[0].lower()


@needs_logs
def test_defender_agrees_with_ecs() -> None:
    wanted = expected("edr/sekoia_defender_advanced_hunting.expected-ecs.ndjson")
    _, got, _ = parsed("edr/sekoia_defender_advanced_hunting.log")
    assert [position for position, _ in got] == [
        20,
        23,
        43,
        44,
        48,
        49,
        50,
        75,
    ]  # 42 is inbound, 22 and 70 are too
    for position, event in got:
        ecs = wanted[position - 1]
        if event.via == "process":
            assert event.command_line == ecs["process"]["command_line"]
        else:
            assert (event.ip, event.server_ip) == (ecs["source"]["ip"], ecs["destination"]["ip"])
            assert event.server_port == ecs["destination"]["port"]
    by_position = dict(got)
    assert by_position[43].name == "www.example.org"
    assert by_position[44].name == "example.com"  # RemoteUrl is https://example.com/
    assert by_position[43].time == 1672841132314862


@needs_logs
def test_auditd_decodes_hex_arguments_and_links_the_account() -> None:
    _, got, _ = parsed("linux/plaso_audit_enriched.log")
    commands = {event.command_line: event for _, event in got if event.command_line}
    assert set(commands) == {
        "true",
        "id",
        "/bin/sh -c 'grep -c . /etc/hostname'",
        "/usr/bin/cat '/tmp/my report.txt'",
    }
    cat = commands["/usr/bin/cat '/tmp/my report.txt'"]
    assert (cat.time, cat.link) == (1783416217830000, "1783416217.830:735")
    (whose,) = [event for _, event in got if event.link == cat.link and event.user]
    assert (whose.user, whose.process) == ("root", "/usr/bin/cat")


@needs_logs
def test_no_other_sample_is_taken_for_ours() -> None:
    wrong = []
    for path in sorted(LOGS.rglob("*")):
        if not path.is_file() or ".expected" in path.name or path.name.endswith((".pcap.gz", ".md")):
            continue
        (item,) = read.inputs([str(path)])
        found, _sure = read.detect(item)
        taken = found is not None and leaf_name(found) in OURS
        mine = path.parent.name in ("windows", "evtx") or path.name in (
            "sysmon_linux_curl.xml",
            "sekoia_defender_advanced_hunting.log",
            "plaso_audit_enriched.log",
        )
        if taken != mine:
            wrong.append(path.name)
    assert wrong == []


def writer(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(
        f"writer_{name}", Path(__file__).parent / "writers" / f"{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 30))
def test_the_sieve_loses_no_event_of_the_xml_shape(seed: int, size: int) -> None:
    rng, module, source = random.Random(seed), writer("windows_event"), sources()["windows-event"]
    body = b"".join(
        module.write_xml(rng.choice(ASKED), "192.0.2.1", 1_790_000_000_000_000 + n, rng) for n in range(size)
    )
    cutter = CUTTERS["xml"]

    def wanted(spans: Any) -> list[Event]:
        every = [event for start, end in spans for event in source.read(body[start:end], Layout())]
        return [
            event
            for event in every
            if "crt.sh" in f"{event.name} {event.command_line}".lower() or event.server_port in (43, 4321)
        ]

    scan = scanner(patterns(["crt.sh"], source.SPELLINGS, source.NEEDLES))
    assert wanted(cutter.around(body, scan(body))) == wanted(cutter.every(body))


HOSTILE = (
    b'<!DOCTYPE x [<!ENTITY a "b">]><Event><System><EventID>22</EventID></System></Event>',
    b"<Event><System><EventID>22</EventID></System><EventData><Data Name='QueryName'>cr",
    b"<Event><System><EventID>x</EventID></System></Event>",
    b'{"EventID": 22, "Channel": "Microsoft-Windows-Sysmon/Operational", "EventData": "<!DOCTYPE a><a/>"}',
    b'{"EventID": 1, "SourceName": "Linux-Sysmon", "UtcTime": "2026-13-40 99:00", "Image": "x"}',
    b'{"winlog": {"event_id": "22", "event_data": {"QueryName": "crt.sh"}, "provider_name": "sysmon"}}',
)


@pytest.mark.parametrize("record", HOSTILE)
def test_hostile_windows_records_are_refused_with_a_reason(record: bytes) -> None:
    with pytest.raises(Malformed):
        list(sources()["windows-event"].read(record, Layout()))


KEYS = (
    *("EventID", "winlog", "Event", "EventData", "UtcTime", "ActionType", "AdditionalFields", "properties"),
    *("records", "System", "Channel", "RemoteUrl", "Timestamp", "event_data", "user", "Image", "QueryName"),
)
INNER = ("event_id", "System", "EventID", "#text", "Data", "Image", "name", "provider_name", "direction")
WORDS = (
    "1",
    "22",
    "4688",
    "<a",
    "{",
    "sysmon",
    "ProcessCreated",
    "ConnectionSuccess",
    "://@:443/",
    "2026-11-20T10:00:00Z",
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.sampled_from((1, 3, 22, 4688, -1)), st.floats(), st.sampled_from(WORDS)
)
VALUES = st.recursive(
    LEAVES,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(st.sampled_from(INNER), below)),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES).map(lambda found: json.dumps(found).encode())


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(OURS), record=st.one_of(st.binary(max_size=200), OBJECTS, OBJECTS))
def test_only_malformed_is_raised_for_any_record(name: str, record: bytes) -> None:
    layout = Layout(fields=("Timestamp", "ActionType", "RemoteUrl"))
    try:
        for event in sources()[name].read(record, layout):
            assert isinstance(event.time, int)
    except Malformed as reason:
        assert str(reason)
