"""The resolver sources line by line: dates of all countries, and what a writer writes is read again."""

from __future__ import annotations

import contextlib
import importlib.util
import random
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.leaf import source
from glasshouse.records import Event
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_dns import address, query_type
from glasshouse.watch.sieve import patterns, scanner

OURS = ("bind", "unbound", "dnsmasq", "powerdns", "windows-dns")
WRITERS = Path(__file__).parent / "writers"
FILE_DATE = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OTHER_WAY = "day and month may be the other way round"
BY_FILE = "order of day and month taken from the file's date"


def writer(leaf: str) -> ModuleType:
    name = leaf.replace("-", "_")
    spec = importlib.util.spec_from_file_location(f"dns_writer_{name}", WRITERS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {leaf: writer(leaf) for leaf in OURS}
LABEL = st.from_regex(r"[a-zA-Z0-9_]([a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?", fullmatch=True)
NAME = st.lists(LABEL, min_size=2, max_size=6).map(".".join)


@pytest.mark.parametrize("leaf", OURS)
@given(
    name=NAME, seed=st.integers(0, 2**32), second=st.integers(0, 2 * 366 * 86400), last=st.integers(1, 254)
)
def test_what_is_written_is_read_again(leaf: str, name: str, seed: int, second: int, last: int) -> None:
    time_us = 1_700_000_000_000_000 + second * 1_000_000
    module = MODULES[leaf]
    record = module.write(name, f"192.0.2.{last}", time_us, random.Random(seed))
    written = datetime.fromtimestamp(time_us / 1_000_000, UTC)
    layout = Layout(today=written)
    for line in getattr(module, "HEADER", b"").splitlines():
        assert list(source(leaf).read(line, layout)) == []
    (event,) = source(leaf).read(record, layout)
    assert (event.name or "").rstrip(".") == name
    assert event.ip == f"192.0.2.{last}"
    if leaf != "windows-dns":
        assert event.time == time_us
    assert source(leaf).detect(record) >= 85


@pytest.mark.parametrize("leaf", OURS)
@given(name=NAME, seed=st.integers(0, 2**32))
def test_the_sieve_finds_every_spelling_of_a_name(leaf: str, name: str, seed: int) -> None:
    module = MODULES[leaf]
    record = module.write(name.upper(), "192.0.2.1", 1_790_000_000_000_000, random.Random(seed))
    assert scanner(patterns([name.lower()], source(leaf).SPELLINGS, ()))(record)


@pytest.mark.parametrize("leaf", OURS)
@given(junk=st.binary(max_size=300), seed=st.integers(0, 2**32), data=st.data())
def test_broken_records_are_told_not_crashed_on(
    leaf: str, junk: bytes, seed: int, data: st.DataObject
) -> None:
    record = MODULES[leaf].write("crt.sh", "192.0.2.1", 1_790_000_000_000_000, random.Random(seed))
    at = data.draw(st.integers(0, len(record)))
    for hostile in (junk, record[:at] + junk + record[at:], record[:at]):
        source(leaf).detect(hostile)
        try:
            for event in source(leaf).read(hostile, Layout(today=FILE_DATE)):
                assert event.via == "dns"
        except Malformed as reason:
            assert str(reason)


def packet(stamp: str, layout: Layout | None = None) -> Event:
    said = "UDP Rcv 192.0.2.34 0a1b   Q [0001   D   NOERROR] A      (2)crt(2)sh(0)"
    line = f"{stamp} 0E1C PACKET  0000017DEDFE28D0 {said}"
    (event,) = source("windows-dns").read(line.encode(), layout or Layout(today=FILE_DATE, zone_given=True))
    return event


@pytest.mark.parametrize(
    ("stamp", "meant", "doubt"),
    [
        ("4/21/2026 7:52:03 AM", "2026-04-21T07:52:03", None),
        ("4/21/2026 12:00:00 AM", "2026-04-21T00:00:00", None),
        ("4/21/2026 12:00:00 PM", "2026-04-21T12:00:00", None),
        ("22/12/2025 21:46:04", "2025-12-22T21:46:04", None),
        ("5/5/2026 21:46:04", "2026-05-05T21:46:04", None),
        ("3.4.2026 7:05:09", "2026-04-03T07:05:09", None),
        ("03.04.2026 07.05.09", "2026-04-03T07:05:09", None),
        ("2026. 04. 03. 7:05:09", "2026-04-03T07:05:09", None),
        ("2026/4/3 7:05:09", "2026-04-03T07:05:09", None),
        ("2026/4/3 下午 07:05:09", "2026-04-03T19:05:09", None),
        ("2026-04-03 오전 12:05:09", "2026-04-03T00:05:09", None),
        ("20260403 07:05:09", "2026-04-03T07:05:09", None),
        ("3-4-2026 07:05:09", "2026-04-03T07:05:09", OTHER_WAY),
        ("3/4/26 07:05:09", "2026-04-03T07:05:09", OTHER_WAY),
        ("3/4/2026 7:05:09 AM", "2026-03-04T07:05:09", OTHER_WAY),
        ("3/04/2026 7:05:09 PM", "2026-04-03T19:05:09", OTHER_WAY),
        ("3/4/2026 7:05:09 μ.μ.", "2026-04-03T19:05:09", OTHER_WAY),
        ("3/4/2026 7:05:09 ??", "2026-04-03T07:05:09", OTHER_WAY + "; mark of the half day not understood"),
        ("03/04/2026 07:05:09", "2026-04-03T07:05:09", OTHER_WAY),
        ("11/12/2026 07:05:09", "2026-11-12T07:05:09", BY_FILE),
        ("12/11/2026 7:05:09 PM", "2026-11-12T19:05:09", BY_FILE),
    ],
)
def test_windows_dates_of_all_countries(stamp: str, meant: str, doubt: str | None) -> None:
    event = packet(stamp)
    assert event.time is not None
    assert datetime.fromtimestamp(event.time / 1_000_000, UTC).isoformat() == f"{meant}+00:00"
    assert event.doubt == doubt


@pytest.mark.parametrize(
    ("first", "meant"),
    [
        ("DNS Server log file creation at 4/21/2026 7:52:03 AM UTC", "2026-03-04"),
        ("Log file wrap at 21/04/2026 07:52:03", "2026-04-03"),
        ("21/04/2026 07:52:03 0E1C EVENT   started", None),
        (
            "21/04/2026 07:52:03 0E1C PACKET  0000017DEDFE28D0 UDP Snd 192.0.2.9 0a1b R Q [8081] A (0)",
            "2026-04-03",
        ),
        (
            "4/21/2026 7:52:03 AM 0E1C PACKET  0000017DEDFE28D0 UDP Snd 192.0.2.9 0a1b R Q [8081] A (0)",
            "2026-03-04",
        ),
    ],
)
def test_the_top_of_the_file_tells_the_order_of_dates(first: str, meant: str | None) -> None:
    layout = Layout(today=FILE_DATE, zone_given=True)
    assert list(source("windows-dns").read(first.encode(), layout)) == []
    event = packet("3/4/2026 07:05:09", layout)
    assert event.time is not None
    if meant is None:
        assert event.doubt == OTHER_WAY
    else:
        assert event.doubt is None
        assert datetime.fromtimestamp(event.time / 1_000_000, UTC).date().isoformat() == meant


def test_a_later_packet_does_not_change_how_dates_are_read() -> None:
    """With the sieve only some packets are read: what is read of one must not hang on another."""
    layout = Layout(today=FILE_DATE, zone_given=True)
    before = packet("3/4/2026 07:05:09", layout)
    packet("4/21/2026 07:05:09", layout)
    assert packet("3/4/2026 07:05:09", layout) == before


@pytest.mark.parametrize("leaf", OURS)
@pytest.mark.parametrize(
    "unit",
    [
        "a",
        " ",
        "a ",
        "(3)a",
        " client 1#1",
        "): ",
        ": query: a",
        'k="',
        '\\"',
        " query[A] a from 1",
        "[1:1] info: ",
    ],
)
def test_a_hostile_line_of_half_a_megabyte_takes_no_time(leaf: str, unit: str) -> None:
    plain = MODULES[leaf].write("crt.sh", "192.0.2.1", 1_790_000_000_000_000, random.Random(1)).rstrip()
    flood = unit.encode() * (500_000 // len(unit))
    began = time.process_time()
    for at in (0, len(plain) // 2, plain.find(b"crt") + 1, len(plain)):
        source(leaf).detect((plain[:at] + flood)[: 64 << 10])
        with contextlib.suppress(Malformed):
            list(source(leaf).read(plain[:at] + flood + plain[at:], Layout(today=FILE_DATE)))
    assert time.process_time() - began < 2.0


def test_a_given_zone_moves_local_times_and_leaves_no_doubt() -> None:
    zone = timezone(timedelta(hours=2))
    line = b"20-Nov-2026 08:14:05.301 client 192.0.2.21#51877: query: crt.sh IN A +"
    (event,) = source("bind").read(line, Layout(zone=zone, zone_given=True))
    assert (event.time, event.doubt) == (1_795_155_245_301_000, None)


def test_a_line_without_time_says_so() -> None:
    (event,) = source("bind").read(b"client 192.0.2.21#51877: query: crt.sh IN A +", Layout())
    assert (event.time, event.doubt, event.ident) == (None, "the log writes no time", None)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("A", "A"), ("65", "HTTPS"), ("type=65", "HTTPS"), ("TYPE257", "CAA"), ("TYPE9999", "TYPE9999")],
)
def test_record_types_have_one_name(said: str, meant: str) -> None:
    assert query_type(said) == meant


@pytest.mark.parametrize(
    ("remote", "meant"),
    [
        ("192.0.2.1:53", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]:53", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_port_is_taken_off_an_address(remote: str, meant: str) -> None:
    assert address(remote) == meant
