"""Rows of Defender in, what the published Sentinel rule makes of them out: terms, counts, faults."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.proof.detectors import sentinel
from glasshouse.proof.detectors.sentinel import HOUR, Row, has, hits, names, runs, wanted

START = 1_772_442_000_000_000 // HOUR * HOUR
MINUTE = 60_000_000


def row(minute: float = 1, url: str = "crt.sh", **said: object) -> Row:
    values = {
        "time": START + round(minute * MINUTE), "url": url, "ip_type": "Public", "port": 443,
        "process": "curl.exe", "device": "ws-1", "account": "u-1", "domain": "EXAMPLE", **said,
    }  # fmt: skip
    return Row(**values)


def scores(rows: list[Row]) -> list[int]:
    return [hit.score for hit in hits(rows)]


# What the terms mean.


@pytest.mark.parametrize(
    ("value", "term", "found"),
    [
        ("shodan.io", "shodan.io", True),
        ("https://API.Shodan.io/dns/domain/example.com", "shodan.io", True),  # whatever the case
        ("notshodan.io", "shodan.io", False),  # a letter is joined to its beginning
        ("shodan.iot.test", "shodan.io", False),
        ("shodan.io.attacker.test", "shodan.io", True),  # the end of the name is not anchored
        ("shodan.io:443", "shodan.io", True),
        ("crt.shop", "crt.sh", False),
        ("my-crt.sh", "crt.sh", True),  # a dash ends a term
        ("notshodan.io, shodan.io", "shodan.io", True),  # the second place counts
        ("curl https://x.test/api/v1", "/api/", True),
        ("python tool.py --keyfile x", "--key", False),
        ("python tool.py --key x", "--key", True),
        ("curl -H 'API-Key: x'", "-H 'API", True),
        ("curl -H 'APIKEY: x'", "-H 'API", False),
        ("?myapikey=1", "apikey", False),
        ("?api_key=1", "api_key", True),
        ("?key=1", "apikey", False),
        ("", "crt.sh", False),
    ],
)
def test_has_means_whole_terms(value: str, term: str, found: bool) -> None:
    assert has(value, term) is found


@given(st.text("aZ1.-/ ", max_size=12), st.sampled_from(sentinel.DOMAINS), st.text("aZ1.-/ ", max_size=12))
def test_has_finds_a_term_exactly_where_nothing_is_joined_to_it(before: str, term: str, after: str) -> None:
    free = not (before[-1:].isalnum() or after[:1].isalnum())
    assert has(before + term + after, term) is free


def test_and_binds_closer_than_or() -> None:
    # The conditions on address and port do not hold for the first branch ...
    assert names(row(url="api.shodan.io", ip_type="Private", port=8080))
    # ... and the second adds only what holds one of three texts somewhere.
    assert names(row(url="concrt.shop"))
    assert not names(row(url="concrt.shop", ip_type="Private"))
    assert not names(row(url="concrt.shop", port=8443))
    assert not names(row(url="notfofa.info"))


def test_no_address_type_is_not_private() -> None:
    assert names(row(url="concrt.shop", ip_type=""))


@pytest.mark.parametrize("process", ["CURL.EXE", "Python.exe", "cmd.exe", "pwsh.exe"])
def test_programs_whatever_their_case(process: str) -> None:
    assert runs(row(process=process))


def test_the_other_action_counts_and_no_third() -> None:
    assert wanted(row(action="HttpConnectionInspected"))
    assert not wanted(row(action="SslConnectionInspected"))  # where the name of a TLS connection stands
    assert not wanted(row(action="ConnectionRequest"))


# Counts, windows, scores.


@pytest.mark.parametrize(
    ("count", "urls", "score"),
    [
        (4, 1, None),
        (5, 1, 40),
        (19, 1, 40),
        (20, 1, 60),
        (2, 2, 40),
        (3, 3, 70),
        (4, 4, 70),
        (5, 5, 90),
        (40, 2, 60),
    ],
)
def test_thresholds_and_scores(count: int, urls: int, score: int | None) -> None:
    some = [row(1 + number, f"crt.sh/{number % urls}") for number in range(count)]
    assert scores(some) == ([score] if score else [])


def test_a_run_sees_what_is_later_than_an_hour_ago() -> None:
    [hit] = hits([row(60) for _ in range(5)])
    assert hit.run == START + HOUR  # at that moment, not an hour later
    [hit] = hits([row(0) for _ in range(5)])
    assert hit.run == START


def test_runs_may_stand_off_the_full_hour() -> None:
    some = [row(minute) for minute in (50, 55, 58, 65, 69)]
    assert not list(hits(some))
    assert [hit.run for hit in hits(some, offset=10 * MINUTE)] == [START + 70 * MINUTE]


def test_groups_are_of_one_device_and_account() -> None:
    assert not scores([row(device=f"ws-{number}") for number in range(5)])
    assert not scores([row(account=f"u-{number}") for number in range(5)])
    assert not scores([row(domain=f"D{number}") for number in range(5)])


@given(st.permutations([row(minute, f"crt.sh/{minute % 3}") for minute in range(1, 130, 7)]))
def test_order_of_arrival_does_not_matter(some: list[Row]) -> None:
    assert list(hits(some)) == list(hits(sorted(some, key=lambda one: one.time)))


# The faults, one by one.


def test_fault_a_burst_across_the_full_hour_is_not_seen() -> None:
    assert not scores([row(minute) for minute in (57, 58, 59, 59.5)] + [row(60 + n) for n in (1, 2, 3, 4)])


def test_fault_slow_and_low_is_never_seen() -> None:
    week = [row(60 * hour + 15 * quarter + 1) for hour in range(168) for quarter in range(4)]
    assert len(week) == 672
    assert not scores(week)


def test_fault_the_alert_repeats_every_hour() -> None:
    assert scores([row(10 * number) for number in range(1, 48)]) == [40] * 8


def test_fault_one_connection_with_many_requests_counts_as_one() -> None:
    assert not scores([row()])  # 10,000 requests on one keep-alive connection are one row


def test_fault_distinct_urls_are_counted_not_databases() -> None:
    assert scores([row(n) for n in range(1, 6)]) == [40]
    assert scores([row(n, f"https://crt.sh/?q={n}.example.com") for n in range(1, 6)]) == [90]


def test_fault_one_name_in_two_spellings_is_two_domains() -> None:
    assert scores([row(1, "crt.sh"), row(2, "CRT.SH")]) == [40]


def test_fault_three_names_of_one_database_weigh_more_than_ten_thousand_connections() -> None:
    assert scores([row(n / 200) for n in range(1, 10_001)]) == [60]
    assert scores([row(1, "shodan.io"), row(2, "api.shodan.io"), row(3, "www.shodan.io")]) == [70]


def test_fault_look_alikes_raise_an_alert() -> None:
    assert scores([row(n, "concrt.shop") for n in range(1, 6)]) == [40]
    assert scores([row(n, "shodan.io.attacker.test") for n in range(1, 6)]) == [40]


@pytest.mark.parametrize("process", ["curl", "python3.12", "subfinder.exe", "amass", "chrome.exe"])
def test_fault_other_programs_do_not_count(process: str) -> None:
    assert not scores([row(n, "api.shodan.io", process=process) for n in range(1, 31)])


def test_fault_a_key_on_the_command_line_of_anything_counts() -> None:
    said = "some-backup --key /etc/backup.key https://crt.sh"
    assert scores([row(n, process="backup", command_line=said) for n in range(1, 6)]) == [40]


def test_fault_dead_and_unrelated_names_weigh_the_same() -> None:
    assert scores([row(1, "spyse.com"), row(2, "hunter.io")]) == [40]


def test_fault_databases_it_does_not_know_are_not_seen() -> None:
    for name in ("whois.arin.net", "api.merklemap.com", "leakix.net"):
        assert not scores([row(n, name) for n in range(1, 31)])


def test_fault_names_without_a_name_are_not_seen() -> None:
    assert not scores([row(n, "", port=43) for n in range(1, 501)])  # WHOIS on port 43 has no RemoteUrl


def test_fault_authorised_use_raises_the_same_alert() -> None:
    recon, soc = (list(hits([row(n, account=who) for n in range(1, 6)])) for who in ("u-1", "svc-soar"))
    assert recon[0].score == soc[0].score == 40


def test_alarms_say_what_they_are_about() -> None:
    told = {"crt.sh": frozenset({"crtsh"})}
    rows = [row(n, url) for n, url in enumerate(("crt.sh", "crt.sh", "concrt.shop"), 1)]
    [alarm] = sentinel.alarms(rows, lambda url: told.get(url, frozenset()))
    assert alarm.databases == {"crtsh"}
    assert alarm.unmatched == ("concrt.shop",)
    assert alarm.names == {"user u-1", "host ws-1"}
    assert (alarm.first, alarm.last, alarm.fired) == (START + MINUTE, START + 3 * MINUTE, START + HOUR)
