"""Envelopes: a log that comes wrapped gives the events it gives bare, loses nothing, and keeps its place."""

from __future__ import annotations

import dataclasses
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envelope_writers import WRAPS
from glasshouse.config import Options
from glasshouse.contracts import Source
from glasshouse.errors import Malformed
from glasshouse.flow import normalised, watch
from glasshouse.leaf import envelopes, leaf_name, source, sources
from glasshouse.records import Event, SourceCount, Tally
from glasshouse.watch import read
from glasshouse.watch.cut import CUTTERS
from glasshouse.watch.link import complete
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_syslog import unwrapped
from glasshouse.watch.sieve import scanner
from glasshouse.watch.sift import events, layout_for, read_one, sift
from glasshouse.watch.wrapped import Wrapped, loose
from test_sieve import ASKED, NAMES, OTHERS, mixed_case, sifter, writer
from test_sources import plain

EXAMPLES = Path(__file__).parent / "examples" / "envelopes"
CASES = sorted(
    path
    for path in EXAMPLES.rglob("*")
    if path.is_file() and path.parent.name != "parquet" and not path.name.endswith(".expected.jsonl")
)
BY_LINES = ("bsd", "bsd_file", "rfc5424", "iso_file", "octets", "cri", "stamped", "splunk_of_syslog")
FEW = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


def opened(path: Path) -> tuple[read.Input, Source]:
    (item,) = read.inputs([str(path)])
    found, _sure = read.detect(item)
    assert found is not None, f"no format recognises {path.name}"
    return item, found


def outcome(path: Path) -> Iterator[dict[str, Any]]:
    """What a file gives, in order: events, quarantined records, and at last the accounts of its sources."""
    item, found = opened(path)
    tally = Tally()
    layout = layout_for(
        dataclasses.replace(item, today=item.today.replace(year=2026, month=12, day=31)), None
    )
    count = tally.of(leaf_name(found))
    for record in read.records(item, found, None, count):
        troubles = len(tally.troubles)
        yield from (plain(event) for event in read_one(record, found, layout, "", count, tally))
        for problem in tally.troubles[troubles:]:
            yield {"quarantined": {"position": problem.position, "reason": problem.reason}}
    yield {"accounts": {name: accounts(each) for name, each in sorted(tally.sources.items())}}


def accounts(count: SourceCount) -> dict[str, int]:
    other = count.records - count.parsed - count.quarantined
    assert other >= 0
    said = {"parsed": count.parsed, "quarantined": count.quarantined, "other": other}
    return {"records": count.records, **{name: number for name, number in said.items() if number}}


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_is_taken_out_of_its_envelope(path: Path) -> None:
    _item, found = opened(path)
    assert isinstance(found, Wrapped)
    assert leaf_name(found.envelope) == path.parent.name  # type: ignore[arg-type]
    expected = path.with_name(path.name.split(".")[0] + ".expected.jsonl")
    got = list(outcome(path))
    if os.environ.get("REWRITE"):
        expected.write_text("".join(json.dumps(one) + "\n" for one in got))
    assert got == [json.loads(line) for line in expected.read_text().splitlines()]


@pytest.mark.parametrize("name", envelopes())
def test_an_envelope_keeps_its_contract(name: str) -> None:
    envelope = envelopes()[name]
    assert envelope.detect(b"") == 0
    assert envelope.detect(b"\x00\xff" * 100) == 0
    assert envelope.CUT in ("lines", "csv", "json", "frames", "parquet")
    for record in (b"", b"\n", b"{", b'"', b"[[[", b"\x00\xff" * 50, b"{}" * 40, b'{"log":7}', b"<999>1 - -"):
        try:
            list(envelope.unwrap(record, Layout()))
        except Malformed as reason:
            assert len(str(reason)) < 200


def bare_and_records(name: str, seed: int, size: int) -> tuple[bytes, list[bytes]]:
    """A log of one format, and its records without their line ends."""
    rng, module = random.Random(seed), writer(name)
    made = [
        module.write(
            mixed_case(rng.choice(ASKED if rng.random() < 0.4 else OTHERS), rng),
            f"192.0.2.{rng.randrange(1, 255)}",
            1_790_000_000_000_000 + number * 1_000_003,
            rng,
        )
        for number in range(size)
    ]
    data = getattr(module, "HEADER", b"") + b"".join(made) + getattr(module, "FOOTER", b"")
    cutter = CUTTERS["csv" if sources()[name.replace("_", "-")].CUT == "csv" else "lines"]
    spans = [data[start:end].rstrip(b"\r\n") for start, end in cutter.every(data)]
    return data, [span for span in spans if span.strip()]


def comparable(found: list[Event], bare: list[Event]) -> list[dict[str, Any]]:
    """Events without what the envelope may add: times and doubts where there was none, a process's host."""
    return [
        {
            name: said
            for name, said in plain(event).items()
            if name not in ("doubt", "host", "ident") and not (name == "time" and other.time is None)
        }
        for event, other in zip(found, bare, strict=True)
    ]


def all_events(path: Path, found: Source) -> list[Event]:
    (item,) = read.inputs([str(path)])
    return [event for _record, event in events(item, found, None, Tally())]


@pytest.mark.parametrize("name", NAMES)
def test_a_wrapped_log_gives_the_events_of_the_bare_log(name: str, tmp_path: Path) -> None:
    data, records = bare_and_records(name, 7, 30)
    (tmp_path / "bare").write_bytes(b"".join(record + b"\n" for record in records))
    bare = all_events(tmp_path / "bare", sources()[name.replace("_", "-")])
    assert bare
    for wrap, make in WRAPS.items():
        if wrap in BY_LINES and any(b"\n" in record for record in records):
            continue
        path = tmp_path / wrap
        path.write_bytes(make(records, name))
        _item, found = opened(path)
        got = all_events(path, found)
        assert len(got) == len(bare), wrap
        assert comparable(got, bare) == comparable(bare, bare), wrap
        assert leaf_name(found) == name.replace("_", "-"), wrap
    assert data


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(seed=st.integers(0, 2**32), wrap=st.sampled_from(sorted(WRAPS)), size=st.integers(8, 50))
def test_the_sieve_loses_nothing_in_an_envelope(
    name: str, seed: int, wrap: str, size: int, tmp_path_factory: Any
) -> None:
    _data, records = bare_and_records(name, seed, size)
    if wrap in BY_LINES:
        records = [record for record in records if b"\n" not in record]
    path = tmp_path_factory.mktemp("wrapped") / "log"
    path.write_bytes(WRAPS[wrap](records, name))
    (item,) = read.inputs([str(path)])
    found, _sure = read.detect(item)
    if found is None:
        return  # a handful of records that show nothing
    tallies = Tally(), Tally()
    sieved = list(sift(item, found, sifter(), tallies[0], sieve=True))
    assert sieved == list(sift(item, found, sifter(), tallies[1], sieve=False))
    for tally in tallies:
        for count in tally.sources.values():
            assert 0 <= count.parsed + count.quarantined <= count.records
    assert (
        total(tallies[0])
        == total(tallies[1])
        == (len(list(whole_records(item, found))), size_of(item, found))
    )


def whole_records(item: read.Input, found: Source) -> Iterator[read.Record]:
    return read.records(item, found, None, None)


def size_of(item: read.Input, found: Source) -> int:
    count = SourceCount()
    list(read.records(item, found, None, count))
    return count.bytes


def total(tally: Tally) -> tuple[int, int]:
    every = tally.sources.values()
    return sum(count.records for count in every), sum(count.bytes for count in every)


@given(st.sampled_from(["\\b", ""]), st.integers(1, 3), st.sampled_from(['"', '""', '\\"', '\\\\\\"']))
def test_a_loosened_pattern_is_found_however_its_quotes_are_written(
    edge: str, blanks: int, quote: str
) -> None:
    scan = scanner([loose(rf'{edge}dest_port"\s*:\s*"?(43|4321)\b'.encode())])
    assert scan(f"x{quote}dest_port{quote}:{' ' * blanks}43,".encode())
    assert scan(f"\\tdest_port{quote}:{quote}4321{quote}".encode())
    assert not scan(f"dest_port{quote}:443".encode())


@pytest.mark.parametrize("sign", [b"\t", b"\\t", b"\\\\t", b"#011", b"|"])
def test_a_loosened_pattern_is_found_however_its_tabs_are_written(sign: bytes) -> None:
    scan = scanner([loose(rb"[\t,;| ](43|4321|5432)[\t,;| ]")])
    assert scan(b"tcp" + sign + b"43" + sign + b"x")
    assert scan(b"tcp" + sign + b'43"}')
    assert scanner([loose(rb"(?m)^#fields")])(b'{"log":"#fields\\tts"}')


# --- what the issue is about: a collector's file ---------------------------------------------------------


def collector(path: Path, times: int = 1) -> None:
    lines = []
    for n in range(times):
        clock = f"Nov 20 {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}"
        lines += [
            f"<134>{clock} proxy1 squid[8]: {1795132800 + n}.120 35 192.0.2.41 TCP_TUNNEL/200 5120 CONNECT "
            "api.shodan.io:443 jdoe HIER_DIRECT/198.51.100.20 -",
            f"<30>{clock} ns1 named[10]: client @0x7f3a 192.0.2.42#40112 (crt.sh): query: crt.sh IN A +",
            f"<30>{clock} gw dnsmasq[77]: query[A] internetdb.shodan.io from 192.0.2.43",
            f"<86>{clock} gw sshd[4410]: Accepted publickey for backup from 192.0.2.9 port 51822 ssh2",
        ]
    path.write_text("\n".join(lines) + "\n")


def test_several_formats_in_one_file_are_each_read_by_their_own_source(tmp_path: Path) -> None:
    collector(tmp_path / "messages", 50)
    item, found = opened(tmp_path / "messages")
    tally = Tally()
    got = list(sift(item, found, sifter(), tally))
    assert {lookup.source for lookup in got} == {"squid", "bind", "dnsmasq"}
    assert {name: count.lookups for name, count in tally.sources.items()} == dict.fromkeys(
        ("squid", "bind", "dnsmasq"), 50
    )
    parsed = list(sift(item, found, sifter(), tally := Tally(), sieve=False))
    assert parsed == got
    others = sum(count.records - count.parsed - count.quarantined for count in tally.sources.values())
    assert (sum(count.records for count in tally.sources.values()), others) == (200, 50)


def test_a_program_that_is_heard_first_far_down_the_file_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    sshd = "<86>Nov 20 09:14:04 gw sshd[4410]: Accepted publickey for backup from 192.0.2.9 port 51822 ssh2\n"
    squid = "<134>Nov 20 09:14:0{} proxy1 squid[8]: 1795132800.120 35 192.0.2.41 TCP_TUNNEL/200 5 CONNECT " \
        "www.example.com:443 jdoe HIER_DIRECT/198.51.100.20 -\n"  # fmt: skip
    late = (
        "<30>Nov 20 09:15:00 ns1 named[10]: client @0x7f3a 192.0.2.42#40112 (crt.sh): query: crt.sh IN A +\n"
    )
    path.write_text(squid.format(1) * 20 + sshd * 2000 + late)
    item, found = opened(path)
    assert [(x.source, x.database) for x in sift(item, found, sifter(), Tally())] == [("bind", "crtsh")]


def test_a_source_that_takes_syslog_off_by_itself_still_does(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_text(
        "".join(
            f"<30>Nov 20 09:14:0{n} ns1 named[10]: client @0x7f3a 192.0.2.42#4011{n} (crt.sh): "
            "query: crt.sh IN A +\n"
            for n in range(8)
        )
    )
    assert opened(path)[1] is source("bind")


def test_a_named_source_is_taken_from_its_envelope(tmp_path: Path) -> None:
    collector(tmp_path / "messages", 5)
    (item,) = read.inputs([str(tmp_path / "messages")])
    for name, lookups in (("squid", 5), ("dnsmasq", 5), ("zeek", 0)):
        found, _sure = read.detect(item, source(name))
        assert found is not None
        assert leaf_name(found) == name
        assert {x.source for x in sift(item, found, sifter(), Tally())} == ({name} if lookups else set())
    report = watch([str(tmp_path / "messages")], Options(source="bind", home=tmp_path))
    assert (report.lookups_total, list(report.tally.sources)) == (1, ["bind"])  # one question, asked again


def test_positions_and_hashes_are_those_of_the_outer_record(tmp_path: Path) -> None:
    import hashlib

    collector(tmp_path / "messages", 2)
    item, found = opened(tmp_path / "messages")
    lines = (tmp_path / "messages").read_bytes().splitlines()
    for lookup in sift(item, found, sifter(), Tally()):
        assert lookup.record_sha256 == hashlib.sha256(lines[lookup.position - 1]).hexdigest()


def test_the_envelope_gives_its_time_only_where_the_record_has_none(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(
        '{"log":"dnsmasq: query[A] crt.sh from 192.0.2.7\\n","stream":"x","time":"2026-11-20T09:14:02.5Z"}\n'
    )
    (event,) = all_events(path, opened(path)[1])
    assert (event.time, event.doubt) == (
        1795166042500000, "time taken from the envelope: Docker json-file (also Kubernetes with Docker)",
    )  # fmt: skip
    path.write_text(
        '{"log":"Nov 20 08:00:00 gw dnsmasq: query[A] crt.sh from 192.0.2.7\\n","stream":"x",'
        '"time":"2026-11-20T09:14:02Z"}\n'
    )
    (event,) = all_events(path, opened(path)[1])
    assert event.time == 1795161600000000


def test_the_sender_is_the_host_of_a_process_only(tmp_path: Path) -> None:
    found = {
        event.via: event
        for event in all_events(EXAMPLES / "syslog/rfc5424.log", opened(EXAMPLES / "syslog/rfc5424.log")[1])
    }
    assert found["process"].host == "ws7.example.com"
    assert found["http"].host is None


def test_records_of_one_connection_complete_each_other_in_an_envelope(tmp_path: Path) -> None:
    """Zeek's flow gives the sizes, SYSCALL tells who ran it."""
    ends = '"id.orig_h":"192.0.2.41","id.orig_p":50100,"id.resp_h":"198.51.100.9","id.resp_p":443'
    url, serial = "https://api.shodan.io/shodan/host/203.0.113.5", "msg=audit(1795166044.100:901):"
    said = {
        "zeek": f'{{"_path":"ssl","ts":1795166042.0,"uid":"CAbc1",{ends},"server_name":"crt.sh"}}',
        "Zeek": f'{{"_path":"conn","ts":1795166042.0,"uid":"CAbc1",{ends},"duration":9.5,"orig_bytes":7000,'
        '"resp_bytes":9000,"conn_state":"SF","orig_pkts":60,"resp_pkts":50}',
        "auditd": f"type=SYSCALL {serial} arch=c000003e syscall=59 success=yes pid=77 auid=1000 uid=1000 "
        'comm="curl" exe="/usr/bin/curl" UID="jdoe" AUID="jdoe"',
        "Auditd": f'type=EXECVE {serial} argc=2 a0="curl" a1="{url}"',
    }
    lines = [f"<134>1 2026-11-20T09:14:02Z gw1 {name.lower()} 1 - - {line}" for name, line in said.items()]
    (tmp_path / "messages").write_text("\n".join(lines * 3) + "\n")
    item, found = opened(tmp_path / "messages")
    lookups = complete(list(sift(item, found, sifter(), Tally())), [(item, found)], sifter())
    assert {(x.source, x.bytes_out, x.actor.user) for x in lookups} == {
        ("zeek", 7000, None), ("auditd", None, "jdoe"),
    }  # fmt: skip


# --- headers ---------------------------------------------------------------------------------------------

MESSAGE = b"1795132800.120 35 192.0.2.41 TCP_TUNNEL/200 5 CONNECT crt.sh:443 - HIER_NONE/- -"
HEADERS = {
    b"<134>Nov 20 09:14:02 gw squid[8]: ": ("squid", "gw"),
    b"<134>Nov  2 09:14:02 gw squid: ": ("squid", "gw"),
    b"Nov 20 09:14:02 squid[8]: ": ("squid", None),
    b"Nov 20 2026 09:14:02 gw squid: ": ("squid", "gw"),
    b"Nov 20 09:14:02.123 2001:db8::1 (squid-1)[8]: ": ("(squid-1)", "2001:db8::1"),
    b"<134>1 2026-11-20T09:14:02Z gw squid 8 - - ": ("squid", "gw"),
    b'<134>1 2026-11-20T09:14:02.1+01:00 gw squid 8 ID [a@1 b="c \\] \\" d"][e@1] \xef\xbb\xbf': (
        "squid",
        "gw",
    ),
    b"<134>1 - - - - - - ": ("-", None),
    b"77 <134>1 2026-11-20T09:14:02Z gw squid 8 - - ": ("squid", "gw"),
    b"2026-11-20T09:14:02.123456+01:00 gw squid[8]: ": ("squid", "gw"),
    b"2026-11-20T09:14:02+0100 gw squid[8]: ": ("squid", "gw"),
    b"<134>2026-11-20T09:14:02Z gw squid[8]: ": ("squid", "gw"),
    b"<134>Nov 20 09:14:02 gw ": ("", "gw"),
    b"<134>": ("", None),
    b"": ("", None),
}


@pytest.mark.parametrize("header", HEADERS, ids=lambda header: header.decode("latin-1") or "none")
def test_syslog_headers_are_taken_off(header: bytes) -> None:
    inner = unwrapped(header + MESSAGE, Layout())
    assert (inner.data, inner.program, inner.host) == (MESSAGE, *HEADERS[header])


@pytest.mark.parametrize("message", [b"CEF:0|a|b|c|1|n|3|src=192.0.2.1", b"LEEF:1.0|a|b|1|x|src=192.0.2.1"])
def test_what_security_products_send_without_a_tag_is_left_whole(message: bytes) -> None:
    assert unwrapped(b"<134>Nov 20 09:14:02 fw1 " + message, Layout()).data == message


def test_tabs_that_rsyslog_escaped_come_back() -> None:
    assert unwrapped(b"<134>Nov 20 09:14:02 gw zeek: a#011b", Layout()).data == b"a\tb"


# --- growing files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", ["bsd", "docker", "splunk_csv", "rfc5424", "journal"])
def test_a_growing_wrapped_log_is_ingested_as_if_it_were_read_at_once(wrap: str, tmp_path: Path) -> None:
    from glasshouse.flow_lake import ingest
    from glasshouse.lake import facts, store

    _data, records = bare_and_records("zeek", 3, 60)
    data = WRAPS[wrap](records, "zeek")
    path, found = tmp_path / "log", []
    path.write_bytes(data)
    at_once = {(x.position, x.record_sha256) for x in _looked(path)}
    for part in (len(data) // 3, len(data) // 2, len(data) * 3 // 4, len(data)):
        path.write_bytes(data[:part])
        ingest([str(path)], Options(home=tmp_path / "home"), final=part == len(data))
    with store.opened(tmp_path / "home") as lake:
        found = [(stored.lookup.position, stored.lookup.record_sha256) for stored in facts.load(lake)]
    assert set(found) == at_once
    assert len(found) == len(at_once) > 5


def _looked(path: Path) -> Iterator[Any]:
    item, found = opened(path)
    return sift(item, found, sifter(), Tally())


def test_events_are_shown_from_every_example() -> None:
    tally = Tally()
    shown = list(normalised([str(EXAMPLES / "splunk-json")], Options(), tally))
    assert {event.name for _file, _position, event in shown} >= {
        "api.shodan.io:443",
        "crt.sh",
        "search.censys.io",
    }
