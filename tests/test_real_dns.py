"""Real resolver logs: what their makers' sensors counted and other people's parsers read, we read too."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glasshouse.errors import Malformed
from glasshouse.leaf import leaf_name, source
from glasshouse.records import Event, SourceCount
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_dns import query_type
from glasshouse.watch.read import detect, inputs, records
from shared_data import LOGS, needs_logs

pytestmark = needs_logs
DNS = LOGS / "dns"
LAB = {
    "lab_bind-9.20.26_localtime.log": ("bind", 605, "21:54:57.839", "21:55:39.935"),
    "lab_bind-9.20.26_iso8601-utc.log": ("bind", 605, "21:54:57.839", "21:55:39.935"),
    "lab_unbound-1.22.0.log": ("unbound", 1228, "21:56:35", "21:57:17"),
    "lab_dnsmasq-2.91.log": ("dnsmasq", 1734, "21:57:36", "21:58:16"),
    "lab_pdns-recursor-5.2.13.log": ("powerdns", 1037, "21:58:35.817", "21:59:15.428"),
}
OURS = ("bind", "unbound", "dnsmasq", "powerdns", "windows-dns")
OWN_FILES = (
    *LAB,
    "sekoia_bind.log",
    "sekoia_infoblox_ddi.log",
    "sekoia_unbound.log",
    "windns_debug_usiem.log",
)


def read_all(name: str) -> tuple[str, int, list[tuple[int, Event]]]:
    """Leaf, number of records, and each Event with its line; a malformed record fails the test."""
    (item,) = inputs([str(DNS / name)])
    found, _sure = detect(item)
    assert found is not None
    layout = Layout(today=datetime(2026, 11, 21, tzinfo=UTC))
    count, got = SourceCount(), []
    for record in records(item, found, None, count):
        got += [(record.position, event) for event in found.read(record.data, layout)]
    return leaf_name(found), count.records, got


def micro(clock: str) -> int:
    moment = datetime.fromisoformat(f"2026-11-20T{clock}+00:00")
    return round(moment.timestamp() * 1_000_000)


@pytest.mark.parametrize("name", LAB)
def test_a_lab_log_is_read_whole(name: str) -> None:
    leaf, lines, first, last = LAB[name]
    read_as, count, events = read_all(name)
    assert (read_as, count) == (leaf, lines)
    assert len(events) == 605  # 584 questions from clients, 21 from the proxy: counted in the packets
    times = [event.time for _line, event in events]
    assert (times[0], times[-1]) == (micro(first), micro(last))
    assert all(event.via == "dns" and event.name and event.query_type for _line, event in events)


@pytest.mark.parametrize("name", LAB)
def test_the_lab_clients_asked_what_the_lab_says(name: str) -> None:
    _leaf, _count, numbered = read_all(name)
    asked = Counter(
        (event.ip, (event.name or "").rstrip(".").lower(), event.query_type) for _line, event in numbered
    )
    assert asked["10.44.1.11", "api.shodan.io", "A"] == 1
    assert asked["10.44.1.11", "api.shodan.io", "AAAA"] == 1
    assert asked["10.44.1.12", "crt.sh", "A"] == asked["10.44.1.12", "crt.sh", "AAAA"] == 50
    whois = [
        count
        for (ip, asked_name, _kind), count in asked.items()
        if ip == "10.44.1.13" and "whois" in asked_name
    ]
    assert sum(whois) == 100
    assert asked["10.44.1.15", "www.shodan.io", "A"] == 1
    assert sum(count for (ip, _name, _kind), count in asked.items() if ip == "10.44.0.1") == 21
    assert sum(count for (ip, _name, _kind), count in asked.items() if ip == "10.44.1.17") == 80
    assert not [name for ip, name, _kind in asked if ip == "10.44.1.14" and name]  # behind the proxy


def test_both_bind_styles_tell_the_same_questions_once() -> None:
    local, utc = (
        read_all("lab_bind-9.20.26_localtime.log")[2],
        read_all("lab_bind-9.20.26_iso8601-utc.log")[2],
    )
    assert [event.ident for _line, event in local] == [event.ident for _line, event in utc]
    assert [dataclasses.replace(event, doubt=None) for _line, event in local] == [
        event for _line, event in utc
    ]
    assert {event.doubt for _line, event in local} == {"local time without zone, read as UTC"}
    assert len({event.ident for _line, event in local}) == 605


@pytest.mark.parametrize("name", ["sekoia_bind.log", "sekoia_infoblox_ddi.log", "sekoia_unbound.log"])
def test_questions_are_those_that_others_read(name: str) -> None:
    _leaf, count, events = read_all(name)
    told = (DNS / name.replace(".log", ".expected-ecs.ndjson")).read_text().splitlines()
    assert count == len(told)
    ours = {line: (event.name, event.query_type, event.ip) for line, event in events}
    theirs = {}
    for line, said in enumerate(told, start=1):
        expected = json.loads(said)["expected"]
        question = expected.get("dns", {}).get("question")
        raw = (DNS / name).read_text().splitlines()[line - 1]
        if question and _is_a_question(name, raw):
            asked = question["name"] + ("." if "unbound" in name else "")
            theirs[line] = (asked, query_type(question["type"]), expected["source"]["ip"])
    assert ours == theirs
    assert len(ours) >= 7


def _is_a_question(name: str, raw: str) -> bool:
    """Other parsers also call answers, failures, policy hits and replies questions; we do not."""
    if "unbound" in name:
        return "reply: " not in raw and "transparent " not in raw and "generate keytag" not in raw
    return ": query: " in raw


def test_windows_debug_lines_of_four_styles() -> None:
    leaf, count, events = read_all("windns_debug_usiem.log")
    assert (leaf, count) == ("windows-dns", 9)
    read = [(line, event.ip, event.name, event.query_type) for line, event in events]
    assert read == [
        (2, "10.161.60.71", "somecomputer.domain.com", "A"),
        (6, "10.20.0.6", "login.live.com", "A"),
    ]
    times = [datetime.fromtimestamp((event.time or 0) / 1_000_000, UTC) for _line, event in events]
    assert times == [
        datetime(2013, 6, 5, 10, 0, 32, tzinfo=UTC),  # the first line, 4/21/2017, tells the order
        datetime(2021, 12, 22, 21, 46, 4, tzinfo=UTC),
    ]


def other_files() -> list[Path]:
    found = LOGS.rglob("*") if LOGS.is_dir() else ()
    return sorted(path for path in found if path.is_file() and path.name not in OWN_FILES)


def test_no_other_log_is_taken_for_a_resolver_log() -> None:
    wrong = []
    for path in other_files():
        if path.suffix in (".gz", ".evtx"):
            continue
        head = path.read_bytes()[: 64 << 10]
        wrong += [(path.name, leaf) for leaf in OURS if source(leaf).detect(head) > 0]
    assert wrong == []


@pytest.mark.parametrize("name", OWN_FILES)
def test_only_one_of_ours_claims_a_resolver_log(name: str) -> None:
    head = (DNS / name).read_bytes()[: 64 << 10]
    assert sum(source(leaf).detect(head) > 0 for leaf in OURS) == 1


@pytest.mark.parametrize("leaf", OURS)
def test_lines_of_other_logs_never_break_a_source(leaf: str) -> None:
    for name in OWN_FILES:
        layout = Layout(today=datetime(2026, 11, 21, tzinfo=UTC))
        for line in (DNS / name).read_bytes().splitlines()[:200]:
            for length in (len(line), len(line) // 2, len(line) - 3):
                try:
                    list(source(leaf).read(line[:length], layout))
                except Malformed as reason:
                    assert str(reason)
