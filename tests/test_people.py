"""Who is who: merged facts, who had an address when, and lookups folded by the machine behind the address."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.know.parse_leases import Ended, duid_hardware, fold
from glasshouse.know.people import Directory
from glasshouse.known import FACTS, Machine, Person, Tenancy
from glasshouse.leaf import loaders
from glasshouse.records import Actor, Lookup, Trouble
from glasshouse.watch.actors import keys

EXAMPLES = Path(__file__).parent / "examples" / "loaders"
IP = "192.0.2.10"
MAC = "00:00:5e:00:53:01"
OTHER_MAC = "00:00:5e:00:53:02"


def lookup(at=50, **actor):
    return Lookup(
        time=at,
        source="zeek",
        file="f",
        position=1,
        record_sha256="",
        via="dns",
        view="dns/A",
        actor=Actor(**actor),
        database="shodan",
    )


def lease(since, until=None, **more):
    return Tenancy(ip=more.pop("ip", IP), since=since, until=until, **more)


def told(directory, at=50, **actor):
    actor = directory.resolve(lookup(at, **actor)).actor
    return actor.user, actor.host, actor.ip, actor.device


# People and machines


def test_people_of_several_origins_become_one():
    directory = Directory(
        [
            Person(account="u-1", role="analyst", disabled=False, groups=("soc",), origin="a.csv:1"),
            Person(
                account="u-1", department="Security", disabled=True, groups=("vpn", "soc"), origin="b.csv:7"
            ),
            Person(account="u-1", role="ignored", privileged=True, disabled=False, origin="a.csv:1"),
        ]
    )
    assert directory.person("EXAMPLE\\U-1") == Person(
        account="u-1",
        role="analyst",
        department="Security",
        privileged=True,
        disabled=True,
        groups=("soc", "vpn"),
        origin="a.csv:1, b.csv:7",
    )
    assert directory.person("u-1@example.com") is directory.person("u-1")
    assert directory.person("u-2") is None
    assert directory.person("") is None


def test_no_said_anywhere_stays_unknown():
    directory = Directory([Person(account="u-1"), Person(account="u-1")])
    person = directory.person("u-1")
    assert (person.disabled, person.privileged, person.service) == (None, None, None)
    assert Directory([Person(account="u", disabled=False), Person(account="u")]).person("u").disabled is False


def test_machines_of_several_origins_become_one():
    directory = Directory(
        machines=[
            Machine(host="ws-1", criticality="low", managed=False, origin="a:1"),
            Machine(
                host="ws-1", criticality="critical", kind="server", owner="u-1", managed=True, origin="b:1"
            ),
        ]
    )
    found = directory.machine("WS-1.example.com.")
    assert found == Machine(
        host="ws-1", owner="u-1", kind="server", criticality="critical", managed=False, origin="a:1, b:1"
    )
    assert directory.machine("ws-2") is None


# Who had an address when


def test_half_open_gaps_and_open_ends():
    directory = Directory(tenancies=[lease(10, 20, host="a"), lease(30, host="b"), lease(40, 45, host="c")])
    answers = {
        at: getattr(directory.tenancy(IP, at), "host", None) for at in (9, 10, 19, 20, 30, 39, 40, 44, 45)
    }
    assert answers == {9: None, 10: "a", 19: "a", 20: None, 30: "b", 39: "b", 40: "c", 44: "c", 45: None}
    assert directory.tenancy("192.0.2.11", 10) is None
    assert directory.tenancy("no address", 10) is None


def test_of_overlapping_ones_the_last_begun_holds_and_the_longer_comes_back():
    directory = Directory(tenancies=[lease(0, 100, host="a"), lease(10, 20, host="b")])
    assert [directory.tenancy(IP, at).host for at in (5, 15, 20, 99)] == ["a", "b", "a", "a"]


def test_addresses_in_other_spellings():
    directory = Directory(tenancies=[lease(0, ip="2001:db8::a", host="six"), lease(0, host="four")])
    assert directory.tenancy("2001:0DB8:0::A", 1).host == "six"
    assert directory.tenancy("2001:db8::a%eth0", 1).host == "six"
    assert directory.tenancy("::ffff:192.0.2.10", 1).host == "four"


TENANCIES = st.lists(
    st.builds(
        lease,
        st.integers(0, 30),
        st.none() | st.integers(0, 40),
        ip=st.sampled_from(["192.0.2.1", "192.0.2.2"]),
        host=st.none() | st.sampled_from(["ws-1", "ws-2"]),
        account=st.none() | st.sampled_from(["u-1", "u-2"]),
        hardware=st.none() | st.sampled_from([MAC, OTHER_MAC]),
        origin=st.sampled_from(["", "a:1", "b:2"]),
    ),
    max_size=9,
)


def holding(tenancies, ip, at):
    """The plain reading of the rule, one by one."""
    begins = sorted({one.since for one in tenancies if one.ip == ip})
    for one in tenancies:
        after = [begin for begin in begins if begin > one.since]
        end = one.until if one.until is not None else (after[0] if after else at + 1)
        if one.ip == ip and one.since <= at < end:
            yield one


@given(TENANCIES, st.integers(0, 45))
def test_tenancy_equals_a_linear_search(tenancies, at):
    directory = Directory(tenancies=tenancies)
    for ip in ("192.0.2.1", "192.0.2.2"):
        hold = list(holding(tenancies, ip, at))
        found = directory.tenancy(ip, at)
        if hold:
            assert found in hold
            assert found.since == max(one.since for one in hold)
        else:
            assert found is None
        assert sorted(map(repr, directory.tenancies_of(ip, at, at))) == sorted(map(repr, hold))
    assert directory.tenancy("192.0.2.1", at) == Directory(tenancies=tenancies[::-1]).tenancy("192.0.2.1", at)


@given(TENANCIES, st.integers(0, 45), st.integers(0, 45))
def test_tenancies_between_are_those_that_hold_any_time_in_it(tenancies, one, other):
    low, high = sorted((one, other))
    expected = [
        tenancy
        for tenancy in tenancies
        if any(tenancy in holding(tenancies, tenancy.ip, at) for at in range(low, high + 1))
    ]
    directory = Directory(tenancies=tenancies)
    found = [*directory.tenancies_of("192.0.2.1", low, high), *directory.tenancies_of("192.0.2.2", low, high)]
    assert sorted(map(repr, found)) == sorted(map(repr, expected))


# Lookups


ACTORS = st.builds(
    Actor,
    user=st.none() | st.sampled_from(["u-1", "EXAMPLE\\u-9"]),
    host=st.none() | st.sampled_from(["WS-1.example.com", "ws-2", "192.0.2.1", ""]),
    ip=st.none() | st.sampled_from(["192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "127.0.0.1", "?"]),
    process=st.none() | st.just("curl"),
)


@given(TENANCIES, ACTORS, st.integers(0, 45))
def test_resolving_twice_is_resolving_once_and_loses_nothing(tenancies, actor, at):
    directory = Directory(tenancies=tenancies)
    before = replace(lookup(at), actor=actor)
    once = directory.resolve(before)
    twice = directory.resolve(once)
    assert (twice, twice.actor.device) == (once, once.actor.device)
    assert replace(once, actor=actor) == before
    for name in ("user", "host", "ip", "process"):
        said = getattr(actor, name)
        assert not said or getattr(once.actor, name) == said


def test_address_becomes_machine_and_account():
    directory = Directory(tenancies=[lease(0, 100, host="ws-1", account="u-1", hardware=MAC)])
    assert told(directory, ip=IP) == ("u-1", "ws-1", IP, "ws-1")
    assert told(directory, ip=IP, user="svc") == ("svc", "ws-1", IP, "ws-1")
    assert told(directory, 100, ip=IP) == (None, None, IP, None)
    assert told(directory, ip="198.51.100.1") == (None, None, "198.51.100.1", None)
    assert told(directory, host="ws-7") == (None, "ws-7", None, None)


def test_what_the_log_says_stays_where_the_lease_says_otherwise():
    directory = Directory(tenancies=[lease(0, 100, host="ws-1", account="u-1")])
    assert told(directory, ip=IP, host="WS-9.example.com") == (None, "WS-9.example.com", IP, "ws-9")
    assert told(directory, ip=IP, host="WS-1.example.com") == ("u-1", "WS-1.example.com", IP, "ws-1")
    assert told(directory, ip=IP, host=IP) == ("u-1", IP, IP, "ws-1")


def test_in_a_gap_the_machine_of_the_log_counts_because_the_address_changes_hands():
    directory = Directory(tenancies=[lease(0, 10, host="ws-1")])
    assert told(directory, ip=IP, host="WS-9") == (None, "WS-9", IP, "ws-9")


def test_a_lease_without_name_takes_the_name_its_adapter_has_elsewhere():
    named = lease(0, 10, host="ws-1", hardware=MAC)
    unnamed = lease(20, 99, ip="192.0.2.20", hardware=MAC)
    assert told(Directory(tenancies=[named, unnamed]), ip="192.0.2.20") == (
        None,
        "ws-1",
        "192.0.2.20",
        "ws-1",
    )
    dock = lease(11, 12, host="ws-2", hardware=MAC)
    assert told(Directory(tenancies=[named, unnamed, dock]), ip="192.0.2.20")[1:] == (None, "192.0.2.20", MAC)


def test_a_login_within_a_lease_gives_the_account_even_after_the_lease_was_renewed():
    first, renewed = lease(0, 30, host="ws-1"), lease(30, 90, host="ws-1")
    login = lease(10, 60, host="ws-1", account="u-1")
    directory = Directory(tenancies=[first, renewed, login])
    assert [told(directory, at, ip=IP)[0] for at in (5, 15, 45, 65)] == [None, "u-1", "u-1", None]


def test_a_login_at_the_machine_before_is_not_of_the_machine_now():
    login = lease(0, 90, account="u-1")
    directory = Directory(tenancies=[login, lease(10, 60, host="ws-2")])
    assert told(directory, ip=IP) == (None, "ws-2", IP, "ws-2")
    assert told(directory, 5, ip=IP) == ("u-1", None, IP, f"u-1@{IP}")
    other = lease(20, 90, host="ws-3", account="u-3")
    assert told(Directory(tenancies=[other, lease(30, 90, host="ws-2")]), ip=IP)[:2] == (None, "ws-2")


def three_views(at, host):
    return [lookup(at, host=f"{host.upper()}.example.com"), lookup(at, ip=IP), lookup(at, ip=IP, user="u-1")]


def test_three_views_of_one_machine_are_one_actor_and_two_machines_of_one_address_are_two():
    directory = Directory(tenancies=[lease(0, 40, host="ws-1"), lease(40, 90, host="ws-2")])
    views = [directory.resolve(one) for one in (*three_views(20, "ws-1"), *three_views(60, "ws-2"))]
    assert keys(views) == ["ws-1"] * 3 + ["ws-2"] * 3


def test_machines_without_name_and_accounts_without_machine_stay_apart():
    tenancies = [
        lease(0, 10, hardware=MAC),
        lease(10, 20, hardware=OTHER_MAC),
        lease(20, 30, account="u-1"),
        lease(30, 40, account="u-2"),
    ]
    directory = Directory(tenancies=tenancies)
    views = [directory.resolve(lookup(at, ip=IP)) for at in (1, 9, 11, 21, 31)]
    assert keys(views) == [MAC, MAC, OTHER_MAC, f"u-1@{IP}", f"u-2@{IP}"]


def test_one_machine_at_two_addresses_is_one_actor():
    directory = Directory(
        tenancies=[lease(0, host="ws-1"), lease(0, ip="2001:db8::1", host="ws-1")],
    )
    assert keys([directory.resolve(lookup(ip=ip)) for ip in (IP, "2001:db8::1")]) == ["ws-1", "ws-1"]


def test_many_tenancies_are_indexed_and_asked_fast():
    tenancies = [
        Tenancy(ip=f"10.0.{n % 40}.{n % 250}", since=n * 10, until=n * 10 + 9_000, host=f"ws-{n % 9973}")
        for n in range(100_000)
    ]
    began = time.process_time()
    directory = Directory(tenancies=tenancies)
    assert directory.tenancy("10.0.7.7", 7 * 10 + 5).host == "ws-7"
    for n in range(0, 100_000, 10):
        assert directory.resolve(lookup(n * 10 + 1, ip=f"10.0.{n % 40}.{n % 250}")).actor.device
    assert time.process_time() - began < 5  # some 0.5 s; a linear search would take minutes


# Files, damaged

LEAVES = ("people-csv", "people-json", "machines-csv", "tenancies-csv", "isc-leases", "kea-leases")
LEAVES += ("dnsmasq-leases", "zeek-dhcp", "windows-dhcp")
FILES = [
    file for leaf in LEAVES for file in sorted((EXAMPLES / leaf).glob("*")) if "expected" not in file.name
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@given(
    cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    put=st.sampled_from(
        [b"", b"\0", b'"', b"{", b"}", b"9" * 400, b"\xff", b"\n", b"\\", b",,,", b"1e999", b";"]
    ),
)
def test_damaged_files_give_facts_and_troubles_or_malformed(file, cuts, put):
    data = file.read_bytes()
    first, last = sorted(round(cut * len(data)) for cut in cuts)
    loader = loaders()[file.parent.name]
    try:
        facts = list(loader.read(data[:first] + put + data[last:], file.name))
    except Malformed:
        return
    for one in facts:
        assert isinstance(one, Trouble | FACTS[loader.GIVES[0]])
        if isinstance(one, Tenancy):
            assert one.since >= 0
            assert one.until is None or one.until > one.since


# Lease journals


def journal(*said):
    return [(one.host, one.since, one.until) for one in fold(said)]


def test_renewals_lengthen_and_another_machine_ends_a_stay():
    assert journal(
        lease(0, 10, host="a", hardware=MAC),
        lease(5, 15, hardware=MAC),
        lease(12, 30, host="b", hardware=OTHER_MAC),
    ) == [("a", 0, 12), ("b", 12, 30)]


def test_what_is_said_later_of_a_stay_supersedes_its_end():
    assert journal(lease(0, 10, host="a", hardware=MAC), lease(0, 4, hardware=MAC)) == [("a", 0, 4)]
    assert journal(lease(0, 10, host="a", hardware=MAC), Ended(IP, 3, MAC)) == [("a", 0, 3)]
    assert journal(lease(0, host="a", hardware=MAC), Ended(IP, 3, OTHER_MAC)) == [("a", 0, None)]
    assert journal(lease(0, 10, host="a"), Ended(IP, 30)) == [("a", 0, 10)]


def test_two_stays_with_a_gap_are_two():
    assert journal(lease(0, 10, host="a"), lease(20, 30, host="a")) == [("a", 0, 10), ("a", 20, 30)]


@pytest.mark.parametrize(
    ("duid", "hardware"),
    [
        ("00:01:00:01:2c:9a:1b:00:00:00:5e:00:53:01", MAC),  # link-layer and time
        ("0003000100005e005301", MAC),  # link-layer
        ("00:02:00:00:ab:11:00:00:5e:00:53:01", None),  # by the maker
        ("00:04:" + ":".join(["aa"] * 16), None),  # UUID
        ("00:03:00:20:00:00:5e:00:53:01", None),  # InfiniBand
        ("", None),
    ],
)
def test_hardware_in_a_duid(duid, hardware):
    assert duid_hardware(duid) == hardware
