"""Real gateway and firewall logs record by record; quoting, escapes and dates of their formats."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.leaf import leaf_name, sources
from glasshouse.records import Event, SourceCount, Tally
from glasshouse.watch import read
from glasshouse.watch.link import complete
from glasshouse.watch.once import once
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_cef import cef
from glasshouse.watch.parse_gateway import host_in, path_of, plain_user
from glasshouse.watch.parse_keyvalue import pairs, when
from glasshouse.watch.sift import sift
from shared_data import LOGS, needs_logs
from test_sieve import sifter, writer
from test_sources import EXAMPLES

FORTIGATE, PANOS, ZIA = "ngfw/sekoia_fortigate", "ngfw/sekoia_paloalto_ngfw", "swg/sekoia_zscaler_zia"
OURS = ("cef", "fortinet", "leef", "netskope", "paloalto", "zscaler")


@cache
def whole(name: str) -> tuple[str, dict[int, Event], Counter[str]]:
    """The leaf of a file, its events by line, and why lines could not be read."""
    (item,) = read.inputs([str(LOGS / f"{name}.log")])
    source, _sure = read.detect(item)
    assert source is not None
    events, bad, layout = {}, Counter[str](), Layout(today=item.today)
    for record in read.records(item, source, None, SourceCount()):
        try:
            for event in source.read(record.data, layout):
                events[record.position] = event
        except Malformed as problem:
            bad[str(problem)] += 1
    return leaf_name(source), events, bad


def surest(line: bytes) -> str | None:
    """The format that one line alone is taken for."""
    sure, name = max((source.detect(line), name) for name, source in sources().items())
    return name if sure else None


def micro(said: str) -> int:
    moment = datetime.fromisoformat(said).astimezone(UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


@needs_logs
@pytest.mark.parametrize(
    ("name", "leaf", "kinds"),
    [
        (FORTIGATE, "fortinet", {"http": 19, "tls": 3, "dns": 4, "flow": 24}),
        (PANOS, "paloalto", {"http": 2, "tls": 6, "dns": 3, "flow": 12}),
        (ZIA, "zscaler", {"http": 2, "tls": 1, "dns": 1, "flow": 1}),
    ],
)
def test_every_record_of_a_file_is_read(name: str, leaf: str, kinds: dict[str, int]) -> None:
    got, events, bad = whole(name)
    assert got == leaf
    assert not bad
    assert Counter(event.via for event in events.values()) == kinds


@needs_logs
@pytest.mark.parametrize("name", [FORTIGATE, PANOS, ZIA])
def test_lines_one_by_one_give_the_same_as_the_file(name: str) -> None:
    """CEF lines stand between others in these files: the leaf of CEF reads them just as the vendor's does."""
    _leaf, events, _bad = whole(name)
    taken: Counter[str | None] = Counter()
    for number, line in enumerate((LOGS / f"{name}.log").read_bytes().splitlines(), 1):
        leaf = surest(line)
        taken[leaf] += 1
        if leaf is not None:
            found = list(sources()[leaf].read(line, Layout()))
            expected = [events[number]] if number in events else []
            assert found == expected, number
    assert set(taken) <= {"cef", "fortinet", "paloalto", "zscaler", None}
    assert taken[None] <= 1


@needs_logs
@pytest.mark.parametrize("name", [FORTIGATE, PANOS, ZIA])
def test_time_client_and_name_are_those_of_the_published_reading(name: str) -> None:
    """The published reading tells when a connection's record was written, ours when the connection began."""
    _leaf, events, _bad = whole(name)
    wanted = (LOGS / f"{name}.expected-ecs.ndjson").read_text().splitlines()
    compared = Counter[str]()
    for number, event in events.items():
        ecs = json.loads(wanted[number - 1])["expected"]
        said = [micro(at) for at in (ecs.get("@timestamp"), ecs.get("event", {}).get("start")) if at]
        if (name, number) == (PANOS, 37):
            continue  # read there as if the local time were UTC, though the record tells the zone
        if event.time is not None and said:
            ours = (event.time, event.time + (event.duration or 0))
            # a connection's record is written around its end; of others some tell whole seconds there
            apart = 60_000_000 if event.via == "flow" else 1_000_000
            assert any(abs(own - their) < apart for own in ours for their in said), number
            compared["time"] += 1
        if "ip" in ecs.get("source", {}):
            assert event.ip == ecs["source"]["ip"], number
            compared["ip"] += 1
        asked = ecs.get("dns", {}).get("question", {}).get("name") or ecs.get("url", {}).get("domain")
        if asked and event.via != "flow":
            assert asked in (event.name, host_in(event.url)), number
            compared["name"] += 1
    assert compared["ip"] >= len(events) - 7
    assert compared["name"]


@needs_logs
def test_fortigate_spot_checks() -> None:
    _leaf, events, _bad = whole(FORTIGATE)
    warned = events[35]
    assert (warned.name, warned.url, warned.bytes_out) == ("example.com", "http://example.com/", 270)
    assert warned.time == micro("2024-07-08T08:59:48.081127Z")
    proxied = events[92]
    assert (proxied.via, proxied.user, proxied.proxied) == ("tls", "user1", True)
    reset = events[6]  # found in the answer: the record's "source" is the server
    assert (reset.ip, reset.server_port, reset.url) == ("10.1.100.11", 80, "/virus/eicar.com")
    connect = events[41]
    assert (connect.name, connect.method, connect.url) == ("example.com:8001", "CONNECT", None)
    open_still = events[85]  # two minutes of a session that is hours old
    assert (open_still.bytes_out, open_still.duration, open_still.user) == (156, 120_000_000, "john.doe")
    assert events[27].ident == events[3].ident  # one question, told by two formats
    assert events[68].user == "example.com\\jdoe"
    assert 26 not in events  # a DHCP lease with a hostname
    assert 2 in events and events[2].user_agent == "curl/7.47.0"


@needs_logs
def test_panos_spot_checks() -> None:
    _leaf, events, _bad = whole(PANOS)
    page = events[91]
    assert page.url == "www.sekoia.io:443/catalog/integrations?query=this"
    assert (page.name, page.method, page.user) == ("www.sekoia.io", "GET", None)
    assert page.user_agent == "Mozilla/4.0 (compatible; ms-office; MSOffice 16)"
    assert page.time == micro("2024-03-12T15:02:32.650+01:00")
    closed = events[97]
    assert closed.time == micro("2024-01-03T13:15:14+01:00") and closed.doubt is None
    assert (closed.bytes_out, closed.bytes_in, closed.packets_out) == (758, 5015, 7)
    assert events[8].user == "domain\\pusername"
    assert events[38].name == "static.files.example.org"  # the server name asked for, not the certificate's
    assert events[42].name is None  # names of answers are not names asked for
    assert (events[94].bytes_out, events[94].bytes_in) == (6852, 5651)
    assert not {7, 20, 48, 78, 92, 93} & set(events)  # files, logins, attacks: the column holds no URL


@needs_logs
def test_zscaler_spot_checks() -> None:
    _leaf, events, _bad = whole(ZIA)
    assert set(events) == {5, 6, 7, 8, 9}
    assert (events[9].method, events[9].status, events[9].bytes_out) == ("GET", 200, 948)
    assert events[9].user_agent is not None and events[9].user_agent.startswith(
        "Mozilla/5.0 (Windows NT 10.0;"
    )
    assert (events[7].via, events[7].name, events[7].host) == ("tls", "a.et.nytimes.com", None)
    assert (events[5].name, events[5].query_type, events[5].host) == ("test.example.org", "AAAA", "hostname")
    assert (events[6].server_port, events[6].bytes_out, events[6].duration) == (443, 5894, 340_000_000)


@needs_logs
@pytest.mark.parametrize(
    "name", ["swg", "ngfw", "squid", "dns", "flow", "edr", "linux", "windows", "suricata"]
)
def test_other_logs_are_not_taken_for_ours(name: str) -> None:
    ours = {FORTIGATE, PANOS, ZIA}
    for path in sorted((LOGS / name).glob("*.log")):
        if f"{name}/{path.stem}" in ours:
            continue
        head = path.read_bytes()[: read.HEAD]
        scores = {leaf: sources()[leaf].detect(head) for leaf in OURS}
        assert not any(scores.values()), (path.name, scores)


@pytest.mark.parametrize("name", OURS)
def test_what_the_writers_write_is_read_whole(name: str) -> None:
    module: ModuleType = writer(name)
    rng, layout, source = random.Random(7), Layout(), sources()[name]
    for line in getattr(module, "HEADER", b"").splitlines(keepends=True):
        assert not list(source.read(line, layout))
    names = Counter[str | None]()
    for number in range(200):
        record = module.write("api.shodan.io", "192.0.2.7", 1_790_000_000_000_000 + number, rng)
        (event,) = source.read(record, layout)
        assert event.time is not None and abs(event.time - 1_790_000_000_000_000) <= 4_000_000
        assert event.ip == "192.0.2.7"
        names[event.name and event.name.rstrip(".")] += 1
    assert set(names) <= {"api.shodan.io", None} and names["api.shodan.io"] > 90


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(OURS),
    st.lists(
        st.sampled_from(
            [
                *("CEF:0|", "a|", "|", "LEEF:2.0|", "^|", "x5E|", "=", "\\", '"', '""', " ", "\t", ","),
                *("type=utm", "hostname=a.b", "date=2026-11-20", "time=10:00:00", "dpt=43", "src=192.0.2.1"),
                *("1,2026/11/20 10:00:00,1,THREAT,url,", "{", "}", '{"LogType":"THREAT"}', '{"event":[]}'),
                *("url=", "#Fields: a", "vendor=Zscaler", "eventtime=99999999999999999999", "rt=0"),
                *("start=Feb 30 2026 10:00:00", "\u00e4", "\x00"),
            ]
        ),
        max_size=40,
    ),
)  # fmt: skip
def test_no_line_breaks_a_source(name: str, parts: list[str]) -> None:
    line = "".join(parts).encode()
    source = sources()[name]
    assert 0 <= source.detect(line) <= 100
    try:
        for event in source.read(line, Layout()):
            assert isinstance(event, Event)
    except Malformed as problem:
        assert str(problem)


TEXT = st.text(st.characters(codec="ascii", exclude_characters="\r\n\x00", min_codepoint=32), max_size=30)


@given(TEXT, TEXT, TEXT)
def test_cef_escapes_come_out_again(product: str, note: str, url: str) -> None:
    def escaped(said: str, mark: str) -> str:
        return said.replace("\\", "\\\\").replace(mark, f"\\{mark}")

    line = (
        f"<9>x CEF:0|A|{escaped(product, '|')}|1|2|3|4|msg={escaped(note, '=')} request={escaped(url, '=')}"
    )
    got = cef(line)
    assert got.product == product
    assert (got.extension["msg"], got.extension["request"]) == (note.strip(), url.strip())


@given(st.lists(st.sampled_from(["alice", "a b", "C:\\x\\", "EXAMPLE\\bob", "x,y", "k=v", ""]), max_size=5))
def test_quoted_pairs_come_out_again(values: list[str]) -> None:
    for separator in (" ", ","):
        line = separator.join(f'key{number}="{value}"' for number, value in enumerate(values))
        assert pairs(line) == {f"key{number}": value for number, value in enumerate(values)}


def test_pairs_of_every_kind() -> None:
    line = 'a=1 b="x \\"y\\" z" c=""u v"" d="" e=News and Media,f=plain\tg=last one'
    assert pairs(line) == {
        **{"a": "1", "b": 'x "y" z', "c": "u v", "d": "", "e": "News and Media"},
        **{"f": "plain", "g": "last one"},
    }


@pytest.mark.parametrize(
    ("said", "zone", "expected", "doubtful"),
    [
        ("1795211697", None, "2026-11-20T21:54:57Z", False),
        ("1795211697123", None, "2026-11-20T21:54:57.123Z", False),
        ("1795211697123456", None, "2026-11-20T21:54:57.123456Z", False),
        ("1795211697123456789", None, "2026-11-20T21:54:57.123456Z", False),
        ("Nov 20 2026 21:54:57", None, "2026-11-20T21:54:57Z", True),
        ("Nov 20 2026 22:54:57.5 +0100", None, "2026-11-20T21:54:57.5Z", False),
        ("Nov 20 2026 22:54:57", "UTC+1", "2026-11-20T21:54:57Z", False),
        ("Nov 20 2026 21:54:57 GMT", None, "2026-11-20T21:54:57Z", False),
        ("Nov 20 2026 21:54:57 CEST", None, "2026-11-20T21:54:57Z", True),
        ("Fri Nov 20 21:54:57 2026", None, "2026-11-20T21:54:57Z", True),
        ("20-Nov-2026 21:54:57", "UTC", "2026-11-20T21:54:57Z", False),
        ("2026/11/20 21:54:57", None, "2026-11-20T21:54:57Z", True),
        ("2026-11-20T22:54:57.25+01:00", None, "2026-11-20T21:54:57.25Z", False),
        ("11/20/26 21:54", None, "2026-11-20T21:54:00Z", True),
    ],
)
def test_dates_of_every_style(said: str, zone: str | None, expected: str, doubtful: bool) -> None:
    moment, doubt = when(said, Layout(), zone)
    assert moment == micro(expected)
    assert bool(doubt) is doubtful


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://a.example.com:8443/x?y", "a.example.com", "/x?y"),
        ("a.example.com:443/x", "a.example.com", "/x"),
        ("a.example.com", "a.example.com", ""),
        ("/x?u=https://b.example.com/", None, "/x?u=https://b.example.com/"),
        ("[2001:db8::1]:443/", "[2001:db8::1]", "/"),
        ("alice@a.example.com/?q=b.example.com", "a.example.com", "/?q=b.example.com"),
        ("", None, ""),
    ],
)
def test_hosts_and_paths_of_urls_without_scheme(url: str, host: str | None, path: str) -> None:
    assert (host_in(url), path_of(url)) == (host, path)


def test_accounts() -> None:
    assert plain_user("EXAMPLE\\\\\\\\bob") == "EXAMPLE\\bob"
    assert plain_user("alice,CN=alice,OU=staff") == "alice"


def one(name: str, line: str) -> dict[str, Any]:
    (event,) = sources()[name].read(line.encode(), Layout())
    return {"via": event.via, "name": event.name, "ip": event.ip}


def test_leef_separators() -> None:
    for mark, separator in (
        ("^|", "^"),
        ("x5E|", "^"),
        ("0x7c|", "|"),
        ("|", "\t"),
        ("", "\t"),
        ("x09|", "\t"),
    ):
        body = separator.join(("devTime=1795211697", "src=192.0.2.1", "url=http://a.example.com/b"))
        line = f"LEEF:2.0|V|P|1|web|{mark}{body}"
        assert one("leef", line) == {"via": "http", "name": "a.example.com", "ip": "192.0.2.1"}, mark


@pytest.mark.parametrize(
    ("name", "case"), [("paloalto", "strata"), ("zscaler", "cloud-nss"), ("netskope", "events")]
)
def test_json_behind_a_syslog_header_reads_as_without(name: str, case: str) -> None:
    source = sources()[name]
    for line in (EXAMPLES / name / f"{case}.json").read_bytes().splitlines()[:3]:
        for header in (
            b"<14>Nov 20 21:55:01 edge1 app: ",
            b"<134>1 2026-11-20T21:55:04.000Z edge1 app - - - ",
        ):
            assert source.detect(header + line) == source.detect(line) > 0
            assert list(source.read(header + line, Layout())) == list(source.read(line, Layout()))


def test_a_zscaler_export_with_a_header_line() -> None:
    layout, source = Layout(), sources()["zscaler"]
    assert not list(source.read(b'"Time","User","URL","Action","Client IP"\n', layout))
    (event,) = source.read(
        b'"Fri Nov 20 21:54:57 2026","alice","crt.sh/?q=a,b","Allowed","192.0.2.1"\n', layout
    )
    assert (event.name, event.url, event.user, event.ip) == ("crt.sh", "crt.sh/?q=a,b", "alice", "192.0.2.1")


@pytest.mark.parametrize(("name", "case"), [("fortinet", "utm.log"), ("paloalto", "syslog.log")])
def test_the_record_of_a_connection_tells_how_much_was_asked_in_it(name: str, case: str) -> None:
    """The name stands in one record, bytes and packets in another; twins of one request count once."""
    (item,) = read.inputs([str(EXAMPLES / name / case)])
    source = sources()[name]
    found = once(sift(item, source, sifter(), Tally()))
    whole_lookups = complete(found, [(item, source)], sifter())
    (shodan,) = [one for one in whole_lookups if one.database == "shodan"]
    assert (shodan.via, shodan.bytes_out, shodan.packets_out) == ("tls", 17_710, 84)
    assert shodan.requests.estimate == 37
    assert [one.view for one in whole_lookups if one.database == "crtsh"] == ["http"]
    assert len([one for one in whole_lookups if one.database == "securitytrails"]) == 1
