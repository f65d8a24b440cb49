"""Names beside ours, contacts and hostile facts in; likeness, persons and calm checks of DNS out."""

from __future__ import annotations

import time
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import survey_samples as samples
from glasshouse.asking import Subject
from glasshouse.findings import Judged, Shift
from glasshouse.known import Asset
from glasshouse.leaf import checks
from glasshouse.observed import Contact, DnsRecord, Observation, Registration, Resolution
from glasshouse.survey import lists, words
from glasshouse.survey.checks import dnssec_broken
from glasshouse.survey.lookalike import like, likeness
from glasshouse.survey.world import World

OURS = frozenset({"glasshouse.test", "brand.co.uk", "abc.test", "two-words.test"})


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("glasshouse.example", "glasshouse.test"),
        ("g1asshouse.test", "glasshouse.test"),
        ("glasshause.test", "glasshouse.test"),
        ("glashouse.test", "glasshouse.test"),
        ("glasssshouse.test", None),
        ("glassshouse.test", "glasshouse.test"),
        ("glsashouse.test", "glasshouse.test"),
        ("glsasohuse.test", None),
        ("glass-house.test", "glasshouse.test"),
        ("glasshouse-login.test", "glasshouse.test"),
        ("securebrand.test", "brand.co.uk"),
        ("branded.test", None),
        ("bran.test", None),
        ("login.glasshouse.test.evil.example", "glasshouse.test"),
        ("brand.co.uk.evil.example", "brand.co.uk"),
        ("glasshouse-test.example", "glasshouse.test"),
        ("twowords.test", "two-words.test"),
        ("abd.test", None),
        ("abc.example", "abc.test"),
        ("www.glasshouse.test", None),
        ("*.glasshouse.test", None),
        ("brand.uk", "brand.co.uk"),
        ("co.uk", None),
        ("", None),
        ("xn--.test", None),
        ("xn--99999999999.test", None),
        ("glaßhouse".encode("idna").decode() + ".example", "glasshouse.test"),
        ("xn--" + "glаsshouse".encode("punycode").decode() + ".test", "glasshouse.test"),  # Cyrillic a
        ("xn--" + "glásshouse".encode("punycode").decode() + ".test", "glasshouse.test"),
    ],
)
def test_what_looks_like_ours(name, ours):
    found = likeness(name, OURS)
    assert (found.ours if found else None) == ours
    assert like(name, OURS) == (str(found) if found else None)


def test_likeness_says_how():
    assert like("glasshuose.test", ["glasshouse.test"]) == "one letter away from glasshouse.test"
    assert like("glasshouse.example", ["glasshouse.test"]) == "another top level for glasshouse.test"


@given(st.text(max_size=60), st.sets(st.text(max_size=20), max_size=4))
def test_likeness_never_fails(name, ours):
    assert likeness(name, ours) is None or isinstance(like(name, ours), str)


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=6, max_size=12), st.data())
def test_every_single_edit_is_found(label, data):
    at = data.draw(st.integers(0, len(label) - 1))
    other = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    edits = {
        label[:at] + label[at + 1 :],
        label[:at] + other + label[at:],
        label[:at] + other + label[at + 1 :],
    }
    if at:
        edits.add(label[: at - 1] + label[at] + label[at - 1] + label[at + 1 :])
    for edit in edits - {label}:
        assert like(f"{edit}.test", [f"{label}.test"]), edit


def test_many_domains_of_ours_cost_no_more():
    ours = frozenset(f"company{number:05}.test" for number in range(20_000))
    like("warm-up.test", ours)
    start = time.process_time()
    for number in range(2_000):
        like(f"www.unrelated{number}.example", ours)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("contact", "person"),
    [
        (Contact(role="registrant", name="Jane Roe", email="jane.roe@example.com"), True),
        (
            Contact(role="registrant", name="Jane Roe", organisation="Example Ltd", email="j@example.com"),
            True,
        ),
        (Contact(role="registrant", name="Jane Roe", kind="individual"), True),
        (Contact(role="registrant", name="Jane Roe", email="hostmaster@example.com"), False),
        (Contact(role="registrant", name="Host Master", email="host.master@example.com"), False),
        (
            Contact(role="registrant", name="Example Ltd", organisation="EXAMPLE LTD", kind="individual"),
            False,
        ),
        (Contact(role="registrant", name="Jane Roe", kind="org"), False),
        (Contact(role="registrant", name="REDACTED FOR PRIVACY", organisation="Example"), False),
        (Contact(role="registrant", email="example.shop@gmail.com"), True),
        (Contact(role="registrant"), False),
    ],
)
def test_a_person_is_told_from_a_role(contact, person):
    assert words.is_person(contact) is person


def test_a_finding_about_a_person_does_not_name_her():
    world = samples.world({"assets": [{"type": "domain", "value": "example.test"}]})
    jane = Contact(
        role="administrative", name="Jane Roe", email="jane.roe@example.com", phone="+1.5555550100"
    )
    item = _seen(Registration(object="domain", name="example.test", contacts=(jane,)))
    (hit,) = checks()["personal-data"].check(item, world)
    assert not any(said in hit.says.lower() for said in ("jane", "roe", "5550100"))


def test_lists_are_told_apart_by_what_shows():
    entries = lists.entries("takeover_services")
    assert {one["shows"] for one in entries} == {"nxdomain", "page"}
    assert all(one.get("phrase") for one in entries if one["shows"] == "page")
    assert len({one["suffix"] for one in entries}) == len(entries)


MINE = [name for name, leaf in checks().items() if leaf.TECHNIQUE in ("T1596.001", "T1596.002")]
NAMES = (
    "example.test",
    "a.example.test",
    "*.example.test",
    "_dmarc.example.test",
    "example.org",
    ".",
    "",
    "x",
)
TYPES = ("A", "CNAME", "NS", "MX", "TXT", "CAA", "DS", "DNSKEY", "NSEC", "SOA", "AXFR", "SRV")
DATA = (
    "", ".", "x", "192.0.2.1", "example.test", "10 example.test", "0 issue", '0 issue ";"', "1 2 3",
    "257 3 13 ====", "65536 300 13 AAAA", "999999999999 3 13 AAAA", "v=DMARC1;;;=;p", "v=spf1",
    "\x00\u202e", "a b c d e f",
)  # fmt: skip


def _seen(fact):
    return Observation(
        collector="dns",
        database="dns",
        subject=Subject("domain", "x"),
        time=1,
        raw_sha256="",
        ask=1,
        fact=fact,
    )


def _hostile():
    for name, kind, data in product(NAMES, TYPES, DATA):
        address = kind not in ("A", "AAAA") or data == "192.0.2.1"
        if address:
            yield DnsRecord(name=name, type=kind, data=data, live=len(data) % 3 > 0)
    for name, kind, rcode in product(NAMES, TYPES, ("NOERROR", "NXDOMAIN", "SERVFAIL", "TIMEOUT", "RCODE99")):
        yield Resolution(name=name, type=kind, rcode=rcode, server="" if rcode == "NXDOMAIN" else "ns.test")
    odd = Contact(role="registrant", name=" ", email="@", organisation="\x00", phone="")
    for name, kind in product(
        (*NAMES, "192.0.2.0/24", "::/0", "AS1"), ("domain", "network", "asn", "entity")
    ):
        yield Registration(object=kind, name=name, expires=1, contacts=(odd,), statuses=("", "ok"))


@pytest.mark.parametrize("name", MINE)
def test_hostile_facts_break_no_check(name):
    leaf = checks()[name]
    facts = list(_hostile())
    seen = [_seen(one) for one in facts]
    assets = [Asset(type="domain", value=value) for value in ("example.test", "", ".")]
    shifts = [
        Shift(kind="changed", fact_kind=one.kind, key=one.fact.key, collector="dns", database="dns",
              before=one, after=other) for one, other in pairwise(seen)
    ]  # fmt: skip
    changes = [Judged(shift=one, verdict="unmanaged") for one in shifts]
    owned = samples.owned(assets[:1])
    world = World(seen, samples.NOW, assets, owned, changes=changes)
    items = {"asset": assets, "change": changes, "tie": []}.get(
        leaf.ON, [one for one in seen if one.kind == leaf.ON]
    )
    hits = [hit for item in items for hit in leaf.check(item, world)]
    assert all(hit.says and hit.key for hit in hits)


@settings(max_examples=25)
@given(st.permutations(range(6)))
def test_the_order_of_facts_does_not_matter(order):
    facts = [
        {
            "kind": "record",
            "name": "old.example.test",
            "type": "CNAME",
            "data": "a.example.net",
            "live": True,
        },
        {"kind": "resolution", "name": "old.example.test", "type": "A", "rcode": "NXDOMAIN"},
        {
            "kind": "resolution",
            "name": "example.test",
            "type": "SOA",
            "rcode": "REFUSED",
            "server": "ns2.test",
        },
        {
            "kind": "resolution",
            "name": "example.test",
            "type": "SOA",
            "rcode": "NOERROR",
            "server": "ns1.test",
        },
        {"kind": "resolution", "name": "example.test", "type": "CAA", "rcode": "NOERROR"},
        {"kind": "resolution", "name": "example.test", "type": "DS", "rcode": "NOERROR"},
    ]
    world = samples.world(
        {"assets": [{"type": "domain", "value": "example.test"}], "facts": [facts[at] for at in order]}
    )
    keys = {
        (name, hit.key, hit.level)
        for name in ("dangling-cname", "lame-delegation", "caa-missing", "dnssec-missing")
        for item in world.seen
        if item.kind == checks()[name].ON
        for hit in checks()[name].check(item, world)
    }
    assert keys == {
        ("dangling-cname", "old.example.test CNAME a.example.net", None),
        ("lame-delegation", "example.test NS ns2.test", None),
        ("caa-missing", "example.test CAA", None),
        ("dnssec-missing", "example.test DS", None),
    }


def test_a_key_and_its_ds_record_fit():
    """The example of RFC 4034 section 5.4, and the same with one digit of the digest changed."""
    key = (
        "256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAph"
        "XdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=="
    )
    for digest, broken in (("2BB183AF5F22588179A53B0A98631FAD1A292118", 0), ("3" * 40, 1)):
        said = {"name": "example.com", "live": True, "kind": "record"}
        name = "dskey.example.com"
        facts = [
            {**said, "name": name, "type": "DNSKEY", "data": key},
            {**said, "name": name, "type": "DS", "data": f"60485 5 1 {digest}"},
        ]
        world = samples.world({"assets": [], "facts": facts})
        ds, dnskey = (world.records(name, kind)[0].fact for kind in ("DS", "DNSKEY"))
        assert dnssec_broken._fits(ds, dnskey) is not bool(broken)
