"""Writers of the corpus: what is written is read back as it was meant, whatever stands in it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from glasshouse.leaf import source, writers
from glasshouse.proof import seen
from glasshouse.proof.clock import digest, iso, midnight, stream, weekday
from glasshouse.proof.rows import row
from glasshouse.proof.shelf import Shelf
from glasshouse.records import Event
from glasshouse.watch.cut import CUTTERS
from glasshouse.watch.parse import Layout

READERS = {
    "auditd": "auditd",
    "defender-network": "defender-csv",
    "defender-process": "defender-csv",
    "squid": "squid",
    "sysmon-connection": "windows-event",
    "sysmon-dns": "windows-event",
    "sysmon-process": "windows-event",
    "unbound": "unbound",
    "zeek-conn": "zeek",
    "zeek-http": "zeek",
    "zeek-ssl": "zeek",
}
TIMES = st.integers(1_500_000_000_000_000, 2_500_000_000_000_000)
LABEL = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
NAMES = st.builds(lambda one, other: f"{one}.{other}.test", LABEL, LABEL)
ADDRESSES = st.integers(1, 254).map(lambda number: f"192.0.2.{number}")
PORTS = st.integers(1, 65535)
SIZES = st.integers(1_000, 10**10)
WORDS = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)
PLAIN = st.from_regex(r"[A-Za-z0-9_./:=-]{1,30}", fullmatch=True)
USERS = st.from_regex(r"u-[a-z0-9]{1,12}", fullmatch=True)


def read_back(writer: str, fact: seen.Fact) -> list[Event]:
    """The events of one written record, through the header of its file."""
    leaf, reader = writers()[writer], source(READERS[writer])
    layout = Layout(ZoneInfo("UTC"))
    data = (leaf.HEADER + leaf.line(fact)).encode()
    found: list[Event] = []
    for record in cut(data, reader.CUT):
        found.extend(reader.read(record, layout))
    return found


def cut(data: bytes, how: str) -> list[bytes]:
    if how == "csv":
        head, _, rest = data.partition(b"\r\n")
        return [head, rest]
    return [line for line in data.split(b"\n") if line]


def test_every_writer_has_a_reader() -> None:
    assert set(READERS) == set(writers())
    assert set(CUTTERS) >= {"lines", "csv"}


@given(TIMES, ADDRESSES, NAMES, st.sampled_from(("A", "AAAA", "TXT", "PTR")))
def test_unbound(time: int, ip: str, name: str, qtype: str) -> None:
    (event,) = read_back("unbound", seen.Question(time, ip, name, qtype))
    assert (event.time, event.ip) == (time // 1_000_000 * 1_000_000, ip)
    assert ((event.name or "").rstrip("."), event.query_type) == (name, qtype)


@given(TIMES, ADDRESSES, NAMES, PORTS, SIZES, SIZES, st.integers(0, 10**11))
def test_zeek(time: int, ip: str, name: str, port: int, out: int, into: int, took: int) -> None:
    wire = seen.Wire(time, "Cabcdefghij", ip, 50_000, "198.51.100.7", port, out, into, 9, 8, took, name=name)
    (flow,) = read_back("zeek-conn", wire)
    assert (flow.time, flow.ip, flow.server_port) == (time, ip, port)
    assert (flow.bytes_out, flow.bytes_in, flow.packets_out, flow.duration) == (out, into, 9, took)
    (hello,) = read_back("zeek-ssl", wire)
    assert (hello.name, hello.ip, hello.link) == (name, ip, flow.link)
    fetch = seen.Fetch(time, wire, 1, "GET", name, "/a?b=c", "curl/8.9.1", 200, 77)
    (request,) = read_back("zeek-http", fetch)
    assert (request.name, request.url, request.user_agent) == (name, "/a?b=c", "curl/8.9.1")
    assert (request.ip, request.bytes_in, request.time) == (ip, 77, time)


@given(TIMES, st.integers(0, 10**6), ADDRESSES, USERS, NAMES, SIZES, PLAIN)
def test_squid(time: int, took: int, ip: str, user: str, name: str, size: int, agent: str) -> None:
    tunnel = seen.Relay(
        time, took, ip, user, "CONNECT", f"{name}:443", "TCP_TUNNEL/200", size, "HIER_DIRECT/192.0.2.1", agent
    )
    (event,) = read_back("squid", tunnel)
    assert event.time == time // 1000 * 1000 - took * 1000
    assert (event.ip, event.user, event.name, event.bytes_in) == (ip, user, f"{name}:443", size)
    opened = seen.Relay(
        time,
        took,
        ip,
        user,
        "GET",
        f"https://{name}/x?q=1",
        "TCP_MISS/200",
        size,
        "HIER_DIRECT/-",
        "Mozilla/5.0",
    )
    (event,) = read_back("squid", opened)
    assert (event.url, event.user_agent) == (f"https://{name}/x?q=1", "Mozilla/5.0")


def program(image: str, command: str, user: str, born: int) -> seen.Program:
    return seen.Program(image, command, r"C:\Windows\explorer.exe", "explorer.exe", 4711, born, user)


@given(TIMES, WORDS, USERS)
def test_programs_on_windows(time: int, command: str, user: str) -> None:
    run = program(r"C:\Tools\curl.exe", f"curl.exe {command}", user, time)
    fact = seen.Started(time, "ws-001.corp.example.com", run, 7)
    (event,) = read_back("defender-process", fact)
    assert (event.time, event.host, event.user) == (time, "ws-001.corp.example.com", f"example\\{user}")
    assert (event.process, event.command_line) == (run.image, run.command.strip())
    (event,) = read_back("sysmon-process", fact)
    assert (event.time, event.host) == (time // 1000 * 1000, "ws-001.corp.example.com")
    assert (event.user, event.command_line) == (f"EXAMPLE\\{user}", run.command.strip())


@given(TIMES, st.lists(PLAIN, min_size=1, max_size=6), USERS)
def test_programs_on_linux(time: int, words: list[str], user: str) -> None:
    run = seen.Program("/usr/bin/curl", " ".join(words), "/usr/bin/bash", "-bash", 4711, time, user)
    events = read_back("auditd", seen.Started(time, "srv-app01", run, 7))
    assert {event.time for event in events} == {time // 1000 * 1000}
    assert {event.link for event in events} == {events[0].link}
    assert [event.user for event in events if event.user] == [user]
    assert [event.command_line for event in events if event.command_line] == [" ".join(words)]
    assert [event.process for event in events if event.process] == ["/usr/bin/curl"]


@given(TIMES, NAMES, ADDRESSES, USERS, st.sampled_from((43, 80, 443, 3128, 5432)))
def test_connections_on_windows(time: int, name: str, ip: str, user: str, port: int) -> None:
    run = program(r"C:\Tools\curl.exe", "curl.exe", user, time)
    fact = seen.Joined(time, "ws-001", run, ip, 50_000, "198.51.100.7", port, name, 7)
    (event,) = read_back("defender-network", fact)
    assert (event.time, event.name, event.ip, event.server_port) == (time, name, ip, port)
    (event,) = read_back("sysmon-connection", fact)
    assert (event.name, event.server_port, event.server_ip) == (None, port, "198.51.100.7")
    (event,) = read_back("sysmon-dns", seen.Resolved(time, "ws-001", run, name, 7))
    assert (event.name, event.via, event.host) == (name, "dns", "ws-001")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=1, max_size=5))
def test_rows_are_csv(values: list[str]) -> None:
    import csv
    import io

    found = next(csv.reader(io.StringIO(row(*values), newline="")))
    assert found == [*values] or values == [""]


def test_the_clock() -> None:
    assert iso(midnight("2026-03-02") + 1_234_567, 7) == "2026-03-02T00:00:01.2345670Z"
    assert weekday(midnight("2026-03-02")) == 0
    assert stream("7", "a").random() == stream("7", "a").random() != stream("8", "a").random()
    assert digest("a", 5) == "ca978"


def test_a_shelf_sorts_days_and_counts_records(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    shelf = Shelf(folder)
    shelf.begin("a.log", "resolver", "# head\n")
    shelf.put("a.log", 86_400_000_001, "later\n")
    shelf.put("a.log", 5, "second\n")
    shelf.put("a.log", 2, "first\n")
    shelf.finish_before(86_400_000_000)
    (log,) = shelf.close()
    assert (folder / "a.log").read_text() == "# head\nfirst\nsecond\nlater\n"
    assert (log.records, log.kind) == (3, "resolver")
