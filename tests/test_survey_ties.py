"""Snapshots in; out, the names and addresses that tie to us, by which chain and how strongly."""

from __future__ import annotations

import pytest

import survey_samples as samples
from glasshouse.asking import Subject
from glasshouse.known import Asset
from glasshouse.observed import Certificate, Contact, DnsRecord, Observation, Range, Registration, Service
from glasshouse.settings import Policy
from glasshouse.survey.ties import STRENGTHS, ties
from glasshouse.survey.world import World

ASSETS = [
    Asset(type="domain", value="example.test"),
    Asset(type="cidr", value="192.0.2.0/24"),
    Asset(type="organisation", value="Example Ltd."),
    Asset(type="asn", value="AS64500"),
]
US = Contact(role="registrant", organisation="EXAMPLE, Ltd")


def seen(fact, collector="crtsh"):
    return Observation(
        collector=collector,
        database=collector,
        subject=Subject("domain", "example.test"),
        time=1,
        raw_sha256="0" * 64,
        ask=1,
        fact=fact,
    )


def found(*facts, disowned=(), policy=None, assets=ASSETS):
    world = World([seen(one) for one in facts], 1, assets, samples.owned(assets), policy or Policy())
    return ties(world, frozenset(disowned))


def record(name, type_, data, live=True):
    return DnsRecord(name=name, type=type_, data=data, live=live)


TIED = {
    "certificate": (
        Certificate(serial="a1", issuer="CN=R", names=("www.example.test", "www.other.org", "x.other.org")),
        ("domain", "other.org", 40, "Certificate a1 names www.example.test, which is ours, and other.org."),
    ),
    "certificate of our organisation": (
        Certificate(serial="a1", issuer="CN=R", names=("www.other.org",), organisation="Example ltd"),
        ("domain", "other.org", 50, "Certificate a1 for other.org was given to Example ltd."),
    ),
    "our name server": (
        record("other.org", "NS", "ns1.example.test"),
        ("domain", "other.org", 50, "ns1.example.test, which is ours, is a name server of other.org."),
    ),
    "our name server, at the registry": (
        Registration(object="domain", name="other.org", name_servers=("ns1.example.test",)),
        ("domain", "other.org", 50, "ns1.example.test, which is ours, is a name server of other.org."),
    ),
    "our organisation holds a domain": (
        Registration(object="domain", name="other.org", contacts=(US,)),
        ("domain", "other.org", 50, "The registry says that EXAMPLE, Ltd holds other.org."),
    ),
    "our organisation holds a block": (
        Registration(object="network", name="198.51.100.0/24", contacts=(US,)),
        ("cidr", "198.51.100.0/24", 50, "The registry says that EXAMPLE, Ltd holds 198.51.100.0/24."),
    ),
    "our organisation holds an AS": (
        Registration(object="asn", name="AS64501", contacts=(US,)),
        ("asn", "AS64501", 50, "The registry says that EXAMPLE, Ltd holds AS64501."),
    ),
    "an alias": (
        record("shop.example.test", "CNAME", "shop.other.org"),
        (
            "hostname",
            "shop.other.org",
            30,
            "shop.example.test, which is ours, is an alias of shop.other.org.",
        ),
    ),
    "an alias that was": (
        record("shop.example.test", "CNAME", "shop.other.org", live=False),
        (
            "hostname",
            "shop.other.org",
            15,
            "shop.example.test, which is ours, is an alias of shop.other.org.",
        ),
    ),
    "an address": (
        record("www.example.test", "A", "203.0.113.9"),
        ("ip", "203.0.113.9", 30, "www.example.test, which is ours, leads to 203.0.113.9."),
    ),
    "an address that was": (
        record("www.example.test", "AAAA", "2001:db8::9", live=False),
        ("ip", "2001:db8::9", 10, "www.example.test, which is ours, led to 2001:db8::9."),
    ),
    "a name that leads to us": (
        record("app.other.org", "A", "192.0.2.9"),
        ("hostname", "app.other.org", 50, "app.other.org leads to 192.0.2.9, which is ours."),
    ),
    "a reverse name": (
        record("9.2.0.192.in-addr.arpa", "PTR", "app.other.org"),
        ("hostname", "app.other.org", 30, "The reverse name of 192.0.2.9, which is ours, is app.other.org."),
    ),
    "a database's host name": (
        Service(ip="192.0.2.9", port=443, hostnames=("app.other.org", "www.example.test")),
        (
            "hostname",
            "app.other.org",
            15,
            "A database gives 192.0.2.9, which is ours, the name app.other.org.",
        ),
    ),
    "a certificate that we serve": (
        Service(ip="192.0.2.9", port=443, certificate_names=("app.other.org", "www.example.test")),
        (
            "domain",
            "other.org",
            40,
            "192.0.2.9, which is ours, serves a certificate for other.org on port 443.",
        ),
    ),
}


@pytest.mark.parametrize("case", TIED)
def test_it_ties(case):
    fact, expected = TIED[case]
    (one,) = found(fact)
    assert (one.type, one.value, one.strength, *one.chain) == expected
    assert one.evidence == (seen(fact),)
    assert one.state == "candidate"


LOOSE = {
    "all ours": Certificate(serial="1", issuer="CN=R", names=("example.test", "*.example.test")),
    "none ours": Certificate(serial="1", issuer="CN=R", names=("a.other.org", "b.else.org")),
    "another organisation": Certificate(
        serial="1", issuer="CN=R", names=("a.other.org",), organisation="Example Holding Ltd"
    ),
    "a provider's name": Certificate(
        serial="1", issuer="CN=R", names=("www.example.test", "d111.cloudfront.net")
    ),
    "a suffix": Certificate(serial="1", issuer="CN=R", names=("www.example.test", "org")),
    "an address in a certificate": Certificate(
        serial="1", issuer="CN=R", names=("www.example.test", "203.0.113.4")
    ),
    "a foreign name server": record("other.org", "NS", "ns1.example.net"),
    "a foreign name server of ours": record("example.test", "NS", "ns1.example.net"),
    "a mail server of ours": record("example.test", "MX", "10 mx.example.net"),
    "a foreign registrant": Registration(
        object="domain", name="other.org", contacts=(Contact(role="registrant", organisation="Example"),)
    ),
    "another role": Registration(
        object="domain", name="other.org", contacts=(Contact(role="technical", organisation="Example Ltd"),)
    ),
    "our own block": Registration(object="network", name="192.0.2.0/24", contacts=(US,)),
    "our own AS": Registration(object="asn", name="AS64500", contacts=(US,)),
    "an alias among ours": record("a.example.test", "CNAME", "b.example.test"),
    "an alias to a provider": record("a.example.test", "CNAME", "d111.cloudfront.net"),
    "an alias of others": record("a.other.org", "CNAME", "b.else.org"),
    "an address of ours": record("a.example.test", "A", "192.0.2.1"),
    "an inner address": record("a.example.test", "A", "10.0.0.1"),
    "a provider's name for us": record("d111.cloudfront.net", "A", "192.0.2.9"),
    "a reverse name that only numbers": record("9.2.0.192.in-addr.arpa", "PTR", "host-192-0-2-9.isp.org"),
    "a reverse name of ours": record("9.2.0.192.in-addr.arpa", "PTR", "www.example.test"),
    "a reverse name of others": record("9.113.0.203.in-addr.arpa", "PTR", "app.other.org"),
    "no reverse name": record("x.in-addr.arpa", "PTR", "app.other.org"),
    "a service of others": Service(
        ip="203.0.113.9", port=443, hostnames=("app.other.org",), certificate_names=("x.org",)
    ),
}


@pytest.mark.parametrize("case", LOOSE)
def test_it_does_not_tie(case):
    assert found(LOOSE[case]) == []


def test_wide_certificates_say_little():
    names = ("www.example.test", *(f"a{n}.org" for n in range(20)))
    some = found(Certificate(serial="1", issuer="CN=R", names=names))
    assert {one.strength for one in some} == {STRENGTHS["wide certificate"]} == {10}
    assert len(some) == 20
    narrow = found(Certificate(serial="1", issuer="CN=R", names=names), policy=Policy(wide_names=30))
    assert {one.strength for one in narrow} == {40}


def test_ways_add_up_but_the_same_way_counts_once():
    certificates = [
        Certificate(serial=f"{n}", issuer="CN=R", names=("example.test", "other.org")) for n in range(9)
    ]
    server = record("other.org", "NS", "ns1.example.test")
    (one,) = found(*certificates, server)
    assert one.strength == 90
    assert one.chain[0] == "ns1.example.test, which is ours, is a name server of other.org."
    assert len(one.chain) == len(one.evidence) == 4
    (full,) = found(*certificates, server, TIED["our organisation holds a domain"][0])
    assert full.strength == 100


def test_a_tie_of_a_tie_is_none():
    first = Certificate(serial="1", issuer="CN=R", names=("example.test", "other.org"))
    second = Certificate(serial="2", issuer="CN=R", names=("other.org", "third.org"))
    address, back = record("other.org", "A", "203.0.113.7"), record("fourth.org", "A", "203.0.113.7")
    assert [one.value for one in found(first, second, address, back)] == ["other.org"]


def test_what_was_adopted_is_no_candidate_and_ties_further():
    first = Certificate(serial="1", issuer="CN=R", names=("example.test", "other.org"))
    second = Certificate(serial="2", issuer="CN=R", names=("other.org", "third.org"))
    some = found(first, second, assets=[*ASSETS, Asset(type="domain", value="other.org")])
    assert [one.value for one in some] == ["third.org"]


def test_what_was_disowned_says_so_with_the_names_below():
    certificate = Certificate(serial="1", issuer="CN=R", names=("example.test", "other.org", "kept.org"))
    alias = record("a.example.test", "CNAME", "a.other.org")
    states = {one.value: one.state for one in found(certificate, alias, disowned=["other.org"])}
    assert states == {"other.org": "disowned", "a.other.org": "disowned", "kept.org": "candidate"}


@pytest.mark.parametrize(("role", "strengths"), [("cdn", []), ("waf", []), ("scanner", []), ("cloud", [20])])
def test_addresses_of_providers(role, strengths):
    held = Range(cidr="203.0.113.0/24", provider="example", role=role)
    assert [one.strength for one in found(record("www.example.test", "A", "203.0.113.9"), held)] == strengths
    assert found(record("www.example.test", "A", "203.0.113.9", live=False), held) == []


def test_the_strongest_comes_first():
    some = found(*(fact for fact, _ in TIED.values()))
    assert [one.strength for one in some] == sorted((one.strength for one in some), reverse=True)
    assert all(0 < one.strength <= 100 and one.chain and one.evidence for one in some)
