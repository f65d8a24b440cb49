"""Real Zeek, Suricata, proxy, ECS and OCSF logs: every record accounted for, chosen ones checked by hand."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from glasshouse.errors import Malformed, ReadError
from glasshouse.leaf import leaf_name
from glasshouse.records import Event, SourceCount
from glasshouse.watch import read
from glasshouse.watch.parse import Layout
from shared_data import LOGS, needs_logs

pytestmark = needs_logs


@dataclass
class Reading:
    """What one file gave: its leaf, events by position, reasons of what could not be read."""

    leaf: str
    events: list[tuple[int, Event]] = field(default_factory=list)
    bad: Counter[str] = field(default_factory=Counter)

    @property
    def kinds(self) -> dict[str, int]:
        return dict(Counter(event.via for _position, event in self.events))

    def at(self, position: int) -> Event:
        (found,) = [event for here, event in self.events if here == position]
        return found


@cache
def reading(name: str) -> Reading:
    (item,) = read.inputs([str(LOGS / name)])
    source, _sure = read.detect(item)
    assert source is not None, f"no format recognises {name}"
    got, layout = Reading(leaf_name(source)), Layout(today=item.today)
    for record in read.records(item, source, None, SourceCount()):
        assert record.reason is None
        try:
            got.events += [(record.position, event) for event in source.read(record.data, layout)]
        except Malformed as problem:
            got.bad[str(problem)] += 1
    return got


def micro(said: str) -> int:
    moment = datetime.fromisoformat(said).astimezone(UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


COUNTS: list[tuple[str, str, dict[str, int]]] = [
    ("zeek/wrccdc2018/tsv/dns.log.gz", "zeek", {"dns": 53615}),
    ("zeek/wrccdc2018/json/dns.json.gz", "zeek", {"dns": 53615}),
    ("zeek/wrccdc2018/tsv/ssl.log.gz", "zeek", {"tls": 49474}),
    ("zeek/wrccdc2018/tsv/x509.log.gz", "zeek", {}),
    ("zeek/wrccdc2018/json/x509.json.gz", "zeek", {}),
    ("zeek/zat/tsv/conn.log", "zeek", {"flow": 360}),
    ("zeek/zat/tsv/dns.log", "zeek", {"dns": 54}),
    ("zeek/zat/tsv/http.log", "zeek", {"http": 150}),
    ("zeek/zat/tsv/ssl.log", "zeek", {"tls": 37}),
    ("zeek/zat/tsv/tor_ssl.log", "zeek", {"tls": 733}),
    ("zeek/zat/tsv/dhcp.log", "zeek", {}),
    ("zeek/zat/tsv/http_empty.log", "zeek", {}),
    ("zeek/zat/tsv/conn_date_issue.log", "zeek", {"flow": 3}),
    ("zeek/zat/json/conn.log", "zeek", {"flow": 50}),
    ("zeek/zat/json/dns.log", "zeek", {"dns": 50}),
    ("zeek/zat/json/http.log", "zeek", {"http": 28}),
    ("zeek/zat/json/ssl.log", "zeek", {"tls": 50}),
    ("zeek/zat/json/x509.log", "zeek", {}),
    ("zeek/slips_test9/conn.log", "zeek", {"flow": 576}),
    ("zeek/slips_test9/dns.log", "zeek", {"dns": 239}),
    ("zeek/slips_test9/http.log", "zeek", {"http": 516}),
    ("zeek/slips_test9/ssl.log", "zeek", {"tls": 205}),
    ("zeek/slips_test18/conn.log.labeled", "zeek", {"flow": 766}),
    ("zeek/slips_test18/dns.log.labeled", "zeek", {"dns": 22}),
    ("zeek/otrf_apt29_day1/NASHUA_conn.log", "zeek", {"flow": 479}),
    ("zeek/otrf_apt29_day1/NASHUA_dns.log", "zeek", {"dns": 21}),
    ("zeek/otrf_apt29_day1/NASHUA_ssl.log", "zeek", {"tls": 376}),
    ("zeek/otrf_apt29_day1/SCRANTON_http.log", "zeek", {"http": 62}),
    ("zeek/elastic_dns-json.log", "zeek", {"dns": 3}),
    ("zeek/elastic_http-json.log", "zeek", {"http": 2}),
    ("zeek/elastic_ssl-json.log", "zeek", {"tls": 2}),
    ("zeek/panther_dns.ndjson", "zeek", {"dns": 1}),
    ("suricata/lab_7.0.10_eve.json.gz", "suricata", {"dns": 1168, "tls": 253, "http": 54, "flow": 687}),
    ("suricata/slips_test6_eve.json.gz", "suricata", {"dns": 680, "tls": 1, "http": 56, "flow": 3512}),
    ("squid/lab_squid-6.13_native.log", "squid", {"http": 54}),
    ("squid/lab_squid-6.13_custom-corp.log", "squid", {"http": 54}),
    ("squid/lab_squid-6.13_common.log", "access-log", {"http": 54}),
    ("squid/lab_squid-6.13_combined.log", "access-log", {"http": 54}),
    ("squid/sekoia_squid.log", "squid", {"http": 15}),
    ("swg/plaso_w3c_iis10.log", "w3c", {"http": 1}),
    ("swg/plaso_w3c_iis_without_date.log", "w3c", {"http": 11}),
    ("swg/sekoia_broadcom_cloud_swg_elff.log", "w3c", {"http": 4}),
    ("swg/sekoia_broadcom_edge_swg.log", "w3c", {"http": 2}),
    ("swg/sekoia_cisco_wsa.log", "squid", {"http": 6}),
    ("ecs/elastic_apache_test-access-basic.log", "access-log", {"http": 7}),
    ("ecs/elastic_apache_test-access-ubuntu.log", "access-log", {"http": 9}),
    ("ocsf/aws_route53.ocsf.json", "ocsf", {"dns": 1}),
    ("ocsf/aws_vpcflowlog.ocsf.json", "ocsf", {"flow": 1}),
    ("ocsf/win_4688.ocsf.json", "ocsf", {"process": 1}),
    ("linux/sekoia_auditbeat.log", "ecs", {"process": 1, "flow": 2}),
]


@pytest.mark.parametrize(("name", "leaf", "kinds"), COUNTS, ids=[name for name, _leaf, _kinds in COUNTS])
def test_every_record_is_read(name: str, leaf: str, kinds: dict[str, int]) -> None:
    got = reading(name)
    assert (got.leaf, got.kinds, dict(got.bad)) == (leaf, kinds, {})


@pytest.mark.parametrize(
    ("name", "count"),
    [("basic_dns.log", 34), ("header-names_http.log", 14), ("field-extension-complex_conn.log", 34)],
)
def test_masked_times_are_counted_as_broken(name: str, count: int) -> None:
    assert reading(f"zeek/btest/{name}").bad == {"time is not seconds since 1970": count}


def test_a_corrupt_archive_is_one_clear_error() -> None:
    with pytest.raises(ReadError, match="cannot be read"):
        reading("zeek/zat/tsv/http.log.corrupt.gz")


def test_both_spellings_of_one_capture_give_the_same_events() -> None:
    tsv, keyed = (reading(f"zeek/wrccdc2018/{kind}") for kind in ("tsv/dns.log.gz", "json/dns.json.gz"))
    assert [event for _position, event in tsv.events] == [event for _position, event in keyed.events]
    assert (
        len({event.ident for _position, event in tsv.events}) == 24_600
    )  # a mirrored port: most are written twice


def test_zeek_records_checked_by_hand() -> None:
    first = reading("zeek/wrccdc2018/tsv/dns.log.gz").at(9)
    assert (first.name, first.query_type, first.ip) == ("ise.wrccdc.org", "A", "10.47.1.100")
    assert (first.server_ip, first.server_port, first.time) == ("10.0.0.100", 53, 1_521_911_720_865_716)
    relative = reading("zeek/slips_test9/http.log").at(1)
    assert (relative.time, relative.name, relative.url, relative.bytes_in) == (
        29_868_252,
        "112.255.161.10",
        "/bin.sh",
        593,
    )
    underscored = reading("zeek/otrf_apt29_day1/NASHUA_conn.log").at(1)
    assert (underscored.ip, underscored.server_port, underscored.bytes_out) == ("10.0.1.6", 53, 67)
    assert (underscored.bytes_in, underscored.packets_out, underscored.duration) == (83, 1, 1528)


def test_an_answer_nobody_asked_for_has_no_name() -> None:
    asked, answered = (reading("zeek/elastic_dns-json.log").at(position) for position in (2, 3))
    assert asked.name == "_googlecast._tcp.local"
    assert answered.name is None
    names = [event.name or "" for _position, event in reading("zeek/wrccdc2018/tsv/dns.log.gz").events]
    assert not any(name.endswith((".census.shodan.io", ".bufferover.run")) for name in names)


def lab_clients(name: str, via: str) -> Counter[tuple[str | None, str | None]]:
    found = Counter()
    for _position, event in reading(name).events:
        if event.via == via:
            found[event.ip, (event.name or "").removesuffix(":443")] += 1
    return found


def test_suricata_sees_what_the_lab_did() -> None:
    name = "suricata/lab_7.0.10_eve.json.gz"
    hellos = lab_clients(name, "tls")
    assert hellos["10.44.1.11", "api.shodan.io"] == 1
    assert hellos["10.44.1.12", "crt.sh"] == 50
    assert sum(count for (ip, _name), count in hellos.items() if ip == "10.44.1.14") == 48
    dns = [event for _position, event in reading(name).events if event.via == "dns"]
    assert len({event.ident for event in dns}) == 584
    assert all(event.server_ip == "10.44.0.53" and event.server_port == 53 for event in dns)
    whois = [event for _position, event in reading(name).events if event.server_port == 43]
    assert len(whois) == 100  # a flow and a netflow record for each of the 50 connections
    assert len({event.ident for event in whois}) == 50
    assert {event.ip for event in whois} == {"10.44.1.13"}


def test_the_forty_calls_in_one_connection_show_in_its_flow() -> None:
    events = [event for _position, event in reading("suricata/lab_7.0.10_eve.json.gz").events]
    (hello,) = [event for event in events if event.via == "tls" and event.ip == "10.44.1.11"]
    (flow,) = [event for event in events if event.via == "flow" and event.link == hello.link]
    assert (flow.bytes_out, flow.bytes_in, flow.packets_out) == (18979, 24228, 127)
    assert flow.duration == 39_855_794
    assert flow.time == micro("2026-11-20T21:54:58.905743+00:00")


LAB_SQUID = ("native", "common", "combined", "custom-corp")


@pytest.mark.parametrize("form", LAB_SQUID)
def test_squid_formats_agree_on_the_same_requests(form: str) -> None:
    native = [event for _position, event in reading("squid/lab_squid-6.13_native.log").events]
    other = [event for _position, event in reading(f"squid/lab_squid-6.13_{form}.log").events]
    said = [
        (event.ip, event.user, event.name, event.method, event.status, event.bytes_in) for event in native
    ]
    assert [
        (event.ip, event.user, event.name, event.method, event.status, event.bytes_in) for event in other
    ] == said
    assert all(event.proxied and event.url is None for event in other)
    assert Counter((ip, user, status) for ip, user, _name, _method, status, _bytes in said) == {
        ("10.44.1.14", "jdoe", 200): 48,
        ("10.44.1.16", None, 200): 3,
        ("10.44.1.17", None, 407): 3,
    }
    for exact, whole in zip(
        native, other, strict=True
    ):  # these lines tell the second in which the request ended
        ended = (exact.time or 0) + (exact.duration or 0)
        assert (whole.time or 0) + (whole.duration or 0) in (ended, ended // 1_000_000 * 1_000_000)


def test_squid_gives_the_user_agent_where_its_format_has_one() -> None:
    for form in ("combined", "custom-corp"):
        agents = {
            event.ip: event.user_agent
            for _position, event in reading(f"squid/lab_squid-6.13_{form}.log").events
        }
        assert agents["10.44.1.14"] is None  # python-requests sends none in a CONNECT
        assert str(agents["10.44.1.16"]).endswith("Firefox/128.0")
        assert agents["10.44.1.17"] == "curl/8.14.1"


def expected(name: str) -> list[dict[str, Any]]:
    path = LOGS / name.replace(".log", ".expected-ecs.ndjson")
    return [json.loads(line)["expected"] for line in Path(path).read_text().splitlines()]


def domain(event: Event) -> str | None:
    return None if event.name is None else event.name.rpartition(":")[0] or event.name


@pytest.mark.parametrize(
    "name",
    [
        "squid/sekoia_squid.log",
        "swg/sekoia_broadcom_cloud_swg_elff.log",
        "swg/sekoia_broadcom_edge_swg.log",
        "swg/sekoia_cisco_wsa.log",
    ],
)
def test_proxy_lines_say_what_others_read_in_them(name: str) -> None:
    wanted = expected(name)
    got = reading(name).events
    assert len(got) == len(wanted)
    for (position, event), line in zip(got, wanted, strict=True):
        said = line.get("url", {}).get("domain") or line.get("destination", {}).get("domain")
        if said:
            assert domain(event) == said, position
        client = line.get("source") or line["client"]
        assert event.ip == client["ip"], position
        account = line.get("user") or client.get("user")
        assert account is None or event.user == account["name"], position
        status = line.get("http", {}).get("response", {}).get("status_code")
        assert (event.status or 0) == (status or 0), position
        if "@timestamp" in line:
            ended = (event.time or 0) + (event.duration or 0)
            assert abs(ended - micro(line["@timestamp"])) < 1_000_000, position


def test_suricata_lines_say_what_others_read_in_them() -> None:
    wanted = expected("suricata/sekoia_suricata.log")
    for position, event in reading("suricata/sekoia_suricata.log").events:
        line = wanted[position - 1]
        if event.via == "dns":
            question = line["dns"].get("question") or line["dns"]["answers"][0]
            assert event.name == question["name"]
            assert {event.ip, event.server_ip} == {line["source"]["ip"], line["destination"]["ip"]}
        else:
            assert ip_address(str(event.ip)) == ip_address(line["source"]["ip"])
            assert event.bytes_out == line["source"]["bytes"]


@pytest.mark.parametrize(
    "name",
    [
        "swg/plaso_w3c_iis10.log",
        "swg/plaso_w3c_iis_without_date.log",
        "ecs/elastic_apache_test-access-basic.log",
        "ecs/elastic_apache_test-access-ubuntu.log",
    ],
)
def test_requests_to_a_web_server_ask_for_nothing(name: str) -> None:
    assert all(event.name is None and not event.proxied for _position, event in reading(name).events)


def test_a_row_without_date_takes_that_of_the_header() -> None:
    first = reading("swg/plaso_w3c_iis_without_date.log").at(5)
    assert first.time == micro("2013-07-30T00:00:00+00:00")
    assert first.doubt == "date taken from the #Date header"


def test_ocsf_records_checked_by_hand() -> None:
    ((_, question),) = reading("ocsf/aws_route53.ocsf.json").events
    assert question.name == "ip-127-0-0-62.alert.firewall.canary."
    assert (question.ip, question.time) == ("10.200.21.100", micro("2022-10-13T21:02:36+00:00"))
    ((_, start),) = reading("ocsf/win_4688.ocsf.json").events
    assert (start.user, start.process) == ("Administrator", "C:\\Windows\\System32\\reg.exe")
    assert str(start.command_line).startswith("reg  save HKLM\\system")
