"""Real samples of cloud and appliance DNS logs: every record is read, and says what a human reads in it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from glasshouse.leaf import leaf_name
from glasshouse.records import Event, SourceCount, Tally
from glasshouse.watch.parse import Layout
from glasshouse.watch.read import detect, inputs, records
from glasshouse.watch.sift import read_one
from shared_data import LOGS, needs_logs

pytestmark = needs_logs
# file: leaf, records, events
SAMPLES = {
    "dns/adguard_querylog.json": ("adguard", 1, 1),
    "dns/elastic_coredns.log": ("coredns", 2, 2),
    "dns/sekoia_cloudflare_dns_logs.log": ("cloudflare", 4, 4),
    "dns/sekoia_cloudflare_gateway_dns.log": ("cloudflare", 2, 2),
    "swg/sekoia_cloudflare_gateway_http.log": ("cloudflare", 12, 4),  # nine are logins; a session has two
    "dns/sekoia_umbrella_dns.log": ("umbrella", 7, 7),
    "swg/sekoia_umbrella_proxy.log": ("umbrella", 3, 3),
    "dns/sekoia_infoblox_ddi.log": ("infoblox", 30, 16),  # the others are DHCP, and one failure
    "ocsf/aws_route53.raw": ("route53", 1, 1),
}


def read_all(name: str) -> tuple[str, SourceCount, list[Event]]:
    """Leaf, what was counted, and the Events of a sample."""
    (item,) = inputs([str(LOGS / name)])
    found, _sure = detect(item)
    assert found is not None
    layout, count, tally = Layout(today=datetime(2026, 11, 21, tzinfo=UTC)), SourceCount(), Tally()
    every = records(item, found, None, count)
    got = [event for record in every for event in read_one(record, found, layout, "", count, tally)]
    return leaf_name(found), count, got


def stamp(text: str) -> int:
    """Microseconds of an ISO time in UTC with six decimals."""
    whole, _, fraction = text.partition(".")
    seconds = int(datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp())
    return seconds * 1_000_000 + int((fraction + "000000")[:6])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_whole(name: str) -> None:
    leaf, count, events = read_all(name)
    assert (leaf, count.records, len(events)) == SAMPLES[name]
    assert (count.parsed, count.quarantined) == (count.records, 0)


def test_adguard_writes_the_zone_and_nanoseconds() -> None:
    _leaf, _count, (event,) = read_all("dns/adguard_querylog.json")
    assert (event.name, event.query_type, event.ip) == ("an.yandex.ru", "A", "127.0.0.1")
    assert event.time == stamp("2020-11-25T15:55:56.519796")
    assert event.duration == 837  # 837,429 ns


def test_coredns_names_end_in_a_dot_and_clients_may_stand_in_brackets() -> None:
    _leaf, _count, (first, second) = read_all("dns/elastic_coredns.log")
    assert (first.name, first.ip, first.query_type) == ("httpbin.org.cluster.local.", "172.17.0.4", "A")
    assert first.time == stamp("2019-03-06T08:55:28.903")
    assert (second.name, second.ip) == ("www.yahoo.com.", "::1")
    assert second.time == stamp("2019-03-19T05:13:36.289")  # seven hours behind
    assert (first.duration, second.duration) == (102, 20948)


def test_cloudflare_counts_record_types_and_nanoseconds() -> None:
    _leaf, _count, events = read_all("dns/sekoia_cloudflare_dns_logs.log")
    assert [event.query_type for event in events] == ["A", "NS", "AAAA", "TYPE65353"]
    assert {event.time for event in events} == {stamp("2022-07-07T22:42:06.004")}


def test_cloudflare_sessions_show_their_server_name_and_user() -> None:
    _leaf, _count, events = read_all("swg/sekoia_cloudflare_gateway_http.log")
    assert [event.via for event in events] == ["http", "http", "tls", "flow"]
    assert events[1].name == "www.facebook.com" and events[1].user_agent == "curl/7.81.0"
    assert (events[2].name, events[2].server_ip, events[2].server_port) == (
        "1234.something.com",
        "1.2.3.4",
        443,
    )
    assert all(event.proxied for event in events)


def test_umbrella_tells_people_from_machines_and_networks() -> None:
    _leaf, _count, events = read_all("dns/sekoia_umbrella_dns.log")
    assert [event.user for event in events[:5]] == [None, "client", None, None, None]
    assert [event.host for event in events[:5]] == [None, "FRBCORP", None, None, "CD111"]
    assert events[5].host == "WIN11-SNG01-Example"
    assert (events[5].ip, events[0].ip) == ("10.10.1.100", "1.1.1.1")
    assert [event.query_type for event in events[:3]] == ["A", "A", None]


def test_umbrella_web_rows_keep_quotes_inside_quotes() -> None:
    _leaf, _count, events = read_all("swg/sekoia_umbrella_proxy.log")
    assert [event.name for event in events] == ["discordapp.com", None, "test.com"]
    assert events[1].url is not None and events[1].url.startswith('url{"RequestID":"fp-afd.azurefd.us"')
    assert (events[2].method, events[2].status, events[2].bytes_in) == ("GET", 200, 121083)
    assert events[2].user == "test.user@test.com"
    assert events[2].time == stamp("2025-01-09T12:41:41")


def test_infoblox_answers_name_nobody() -> None:
    _leaf, _count, events = read_all("dns/sekoia_infoblox_ddi.log")
    names = {event.name for event in events}
    assert {"docs.sekoia.io", "test.io", "www.bing.com", "PD2LORA2.enim.l2"} <= names
    assert not any("trafficmanager.net." in str(name) or "akadns" in str(name) for name in names)
    bing = next(event for event in events if event.name == "www.bing.com")
    assert (bing.ip, bing.time) == ("1.2.3.4", stamp("2024-11-28T15:26:27.359"))
    assert sum(1 for event in events if event.server_ip == "192.168.100.102") == 8


def test_route53_is_read_as_its_vendor_maps_it() -> None:
    _leaf, _count, (event,) = read_all("ocsf/aws_route53.raw")
    assert event.name == "ip-127-0-0-62.alert.firewall.canary."
    assert (event.ip, event.query_type) == ("10.200.21.100", "A")
    assert event.time == stamp("2022-10-13T21:02:36")
