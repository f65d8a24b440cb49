"""Pairs of snapshots in; out, that their difference is exactly what leads from one to the other."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.asking import Subject
from glasshouse.observed import VOLATILE, Certificate, DnsRecord, Observation, Registration, Service
from glasshouse.survey.diff import apply, diff, differing, place

EXAMPLE = Subject("domain", "example.test")
A, B = 1_000, 2_000
few = st.integers(0, 2)
names = st.sampled_from(["a.example.test", "b.example.test", "c.example.test"])
facts = st.one_of(
    st.builds(
        DnsRecord,
        name=names,
        type=st.sampled_from(["A", "MX"]),
        data=st.sampled_from(["192.0.2.1", "192.0.2.2"]),
        live=st.booleans(),
        ttl=few,
        first_seen=few,
        last_seen=few,
        count=few,
    ),
    st.builds(
        Certificate,
        serial=st.sampled_from(["1", "2"]),
        issuer=st.sampled_from(["CN=R1", "CN=R2"]),
        names=st.lists(names, max_size=2).map(tuple),
        logged=few,
        sha256=st.sampled_from([None, "aa"]),
        revoked=st.sampled_from([None, True, False]),
    ),
    st.builds(
        Service,
        ip=st.sampled_from(["192.0.2.1", "2001:db8::1"]),
        port=st.sampled_from([22, 443]),
        version=st.sampled_from([None, "1", "2"]),
        banner=st.sampled_from([None, "x"]),
        last_seen=few,
    ),
    st.builds(
        Registration,
        object=st.just("domain"),
        name=names,
        expires=few,
        changed=few,
        name_servers=st.lists(names, max_size=2).map(tuple),
    ),
)


@st.composite
def snapshots(draw, time):
    """A snapshot: each place once, in order."""
    seen = {}
    for fact in draw(st.lists(facts, max_size=12)):
        collector = draw(st.sampled_from(["crtsh", "dns", "shodan"]))
        one = observation(fact, collector, time, draw(few))
        seen[place(one)] = one
    return [seen[at] for at in sorted(seen)]


def observation(fact, collector="dns", time=A, ask=1, subject=EXAMPLE):
    return Observation(
        collector=collector,
        database=collector,
        subject=subject,
        time=time,
        raw_sha256=f"{time:064x}",
        ask=ask,
        fact=fact,
    )


def always(_collector, _subject):
    return True


def steady(one):
    """What a snapshot says of a thing apart from what may differ without a change, and when it was said."""
    kept = [item.name for item in fields(one.fact) if item.name not in VOLATILE.get(one.kind, ())]
    return place(one), one.database, tuple(getattr(one.fact, name) for name in kept)


@given(snapshots(A), snapshots(B))
def test_difference_leads_from_one_to_the_other(a, b):
    made = list(apply(a, diff(a, b, always)))
    assert [steady(one) for one in made] == [steady(one) for one in b]
    assert list(diff(made, b, always)) == []
    changed = {(one.collector, one.fact_kind, one.key) for one in diff(a, b, always)}
    assert [one for one in made if place(one) in changed] == [one for one in b if place(one) in changed]
    assert all(one in a for one in made if place(one) not in changed)


@given(snapshots(A), snapshots(B))
def test_kinds_are_what_sets_say(a, b):
    had, has = {place(one): one for one in a}, {place(one): one for one in b}
    found = {kind: set() for kind in ("new", "gone", "changed")}
    for one in diff(a, b, always):
        found[one.kind].add((one.collector, one.fact_kind, one.key))
        assert bool(one.fields) == (one.kind == "changed")
        assert (one.before is None, one.after is None) == (one.kind == "new", one.kind == "gone")
    assert found["new"] == has.keys() - had.keys()
    assert found["gone"] == had.keys() - has.keys()
    assert found["changed"] == {at for at in had.keys() & has.keys() if steady(had[at]) != steady(has[at])}


@given(snapshots(A))
def test_a_snapshot_does_not_differ_from_itself_nor_from_a_later_look(a):
    assert list(diff(a, a, always)) == []
    later = [replace(one, time=B, ask=9, raw_sha256="f" * 64, fact=moved(one.fact)) for one in a]
    assert list(diff(a, later, always)) == []


def moved(fact):
    """The same thing, with every field that may move moved."""
    kind = {DnsRecord: "record", Certificate: "certificate", Service: "service", Registration: "registration"}
    return replace(fact, **dict.fromkeys(VOLATILE[kind[type(fact)]], 77))


@given(snapshots(A), snapshots(B), st.randoms())
def test_the_order_things_were_written_in_does_not_matter(a, b, random):
    expected = list(diff(a, b, always))
    shuffled = random.sample(a, len(a)), random.sample(b, len(b))
    assert list(diff(*(sorted(one, key=place) for one in shuffled), always)) == expected


def test_what_was_never_asked_about_is_a_first_look():
    www = DnsRecord(name="www.example.test", type="A", data="192.0.2.1")
    ftp = DnsRecord(name="ftp.example.test", type="A", data="192.0.2.1")
    other = Subject("domain", "other.test")
    b = sorted([observation(www, subject=EXAMPLE), observation(ftp, subject=other)], key=place)
    shifts = diff([], b, lambda collector, subject: (collector, subject) == ("dns", EXAMPLE))
    assert {one.key: one.first_look for one in shifts} == {www.key: False, ftp.key: True}


def test_fields_that_differ_are_named():
    a = Service(ip="192.0.2.1", port=443, version="1.0", banner="x", last_seen=1)
    b = Service(ip="192.0.2.1", port=443, version="1.1", product="p", banner="y", last_seen=2)
    assert differing(a, b) == ("product", "version")
    (shift,) = diff([observation(a)], [observation(b, time=B)], always)
    assert (shift.kind, shift.fields) == ("changed", ("product", "version"))


def test_the_same_thing_in_two_databases_is_two_things():
    fact = DnsRecord(name="www.example.test", type="A", data="192.0.2.1")
    shifts = list(diff([observation(fact, "dns")], [observation(fact, "circl")], always))
    assert [(one.collector, one.kind) for one in shifts] == [("circl", "new"), ("dns", "gone")]


def test_a_snapshot_out_of_order_is_refused():
    a, b = (observation(DnsRecord(name=name, type="A", data="192.0.2.1")) for name in ("a.test", "b.test"))
    for wrong in ([b, a], [a, a]):
        with pytest.raises(ValueError, match="not in order"):
            list(diff(wrong, [], always))
        with pytest.raises(ValueError, match="not in order"):
            list(diff([], wrong, always))


def test_a_shift_that_does_not_fit_is_refused():
    one = observation(DnsRecord(name="a.test", type="A", data="192.0.2.1"))
    new, gone = list(diff([], [one], always)), list(diff([one], [], always))
    with pytest.raises(ValueError, match="does not fit"):
        list(apply([one], new))
    with pytest.raises(ValueError, match="does not fit"):
        list(apply([], gone))


def test_memory_does_not_grow_with_the_snapshots():
    taken = {"a": 0, "b": 0}

    def stream(which):
        for n in range(1_000):
            taken[which] += 1
            yield observation(
                DnsRecord(name=f"h{n:04}.test", type="A", data=f"192.0.2.{which == 'b' and n % 2}")
            )

    next(iter(diff(stream("a"), stream("b"), always)))
    assert max(taken.values()) < 5
