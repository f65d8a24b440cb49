"""Changes, change records and checks in; out, the verdicts, reasons, points and priorities they must have."""

from __future__ import annotations

import time as clock
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import survey_samples as samples
from glasshouse import parse
from glasshouse.asking import Subject
from glasshouse.errors import ConfigError
from glasshouse.findings import PRIORITIES, Hit, Tie
from glasshouse.known import Asset, Change
from glasshouse.observed import (
    Certificate,
    Contact,
    DnsRecord,
    Observation,
    Range,
    Registration,
    Resolution,
    Service,
    Vulnerability,
)
from glasshouse.records import LEVELS
from glasshouse.settings import Policy
from glasshouse.survey import correlate, judge, priority, signs
from glasshouse.survey.change_book import ChangeBook
from glasshouse.survey.diff import diff, place
from glasshouse.survey.world import World


def at(said):
    return parse.time(said)


SINCE, NOW = at("2026-11-17T06:00:00Z"), at("2026-11-20T06:00:00Z")
ASSETS = [
    Asset(
        type="domain", value="example.test", owner="web team", criticality="high", origin="inventory.yml:1"
    ),
    Asset(type="hostname", value="www.example.test", owner="web team", origin="inventory.yml:2"),
    Asset(type="cidr", value="192.0.2.0/24", owner="network team", origin="inventory.yml:3"),
]
OWNED = samples.owned(ASSETS[::-1])
ISSUER = "C=US, O=Let's Encrypt, CN=R11"
WWW = Certificate(
    serial="4afe01",
    issuer=ISSUER,
    names=("www.example.test",),
    not_before=at("2026-11-18T10:00:00Z"),
    not_after=at("2027-02-16T10:00:00Z"),
    logged=at("2026-11-18T10:05:00Z"),
    sha256="ab" * 32,
)


def seen(fact, time=NOW, collector="crtsh", subject="example.test"):
    return Observation(
        collector=collector,
        database=collector,
        subject=Subject("domain", subject),
        time=time,
        raw_sha256="0" * 64,
        ask=1,
        fact=fact,
    )


def change(ident="CHG1", since="2026-11-18T09:00:00Z", until="2026-11-18T11:00:00Z", assets=(), **more):
    said = {"approved": True, "approved_by": "board", "title": "Renewal", **more}
    return Change(id=ident, since=at(since), until=at(until), assets=tuple(assets), **said)


def judged(
    before=(),
    after=(),
    changes=(),
    policy=None,
    looked=True,
    provider=None,
    past=None,
    ours=("example.test",),
):
    a = sorted((seen(one, SINCE) for one in before), key=place)
    b = sorted((seen(one, NOW) for one in after), key=place)
    return list(
        correlate.judged(
            diff(a, b, lambda _collector, _subject: looked),
            correlate.book(changes),
            OWNED,
            policy or Policy(),
            NOW,
            since=SINCE,
            past=signs.past(a) if past is None else past,
            ours=ours,
            provider=provider,
        )
    )


def only(**given):
    (one,) = judged(**given)
    return one


# Records that approve.


@pytest.mark.parametrize(
    "word",
    [
        "serial:4A:FE:01",
        "serial:004afe01",
        "sha256:" + "AB" * 32,
        "ab" * 32,
        "AB:" * 31 + "AB",
        "SHA256: " + "ab" * 32,
    ],
)
def test_a_hash_approves_whatever_the_time(word):
    one = only(after=[WWW], changes=[change(since="2026-01-01", until="2026-01-02", assets=[word])])
    assert (one.verdict, one.change.id) == ("approved", "CHG1")
    assert one.reasons == ("CHG1 names its serial or hash, approved by board.",)
    assert one.asset.owner == "web team"


@pytest.mark.parametrize(
    "word", ["serial:4afe0", "sha256:" + "ab" * 31, "4afe01", "ab" * 31 + "ac", "serial:", "0" * 20]
)
def test_another_hash_approves_nothing(word):
    one = only(after=[WWW], changes=[change(assets=[word])])
    assert one.verdict == "unmanaged"
    assert one.change is None


def test_a_hash_that_was_not_approved_is_a_near_miss():
    one = only(after=[WWW], changes=[change(assets=["serial:4afe01"], approved=False)])
    assert one.verdict == "unmanaged"
    assert one.near_miss == "CHG1 (Renewal): it is not approved"
    assert one.reasons[0] == "No approved change record names its serial or hash."


@pytest.mark.parametrize(
    "word", ["www.example.test", "example.test", "*.example.test", "WWW.Example.TEST.", "www"]
)
def test_a_name_approves_in_its_window(word):
    one = only(after=[WWW], changes=[change(assets=[word])])
    assert one.verdict == "approved", one.reasons
    assert "public since 2026-11-18 10:05" in one.reasons[-1]


@pytest.mark.parametrize(
    "word",
    [
        "ww.example.test",
        "example.org",
        "w.www.example.test",
        "test",
        "xample.test",
        "web",
        "192.0.2.0/24",
        "co.uk",
    ],
)
def test_another_name_does_not(word):
    assert only(after=[WWW], changes=[change(assets=[word])]).verdict == "unmanaged"


def test_every_name_of_ours_in_a_certificate_must_be_named():
    wide = replace(WWW, names=("admin.example.test", "shared.hoster.test", "www.example.test"))
    one = only(after=[wide], changes=[change(assets=["www.example.test"])])
    assert one.verdict == "unmanaged"
    assert one.near_miss.startswith("CHG1 (Renewal): it does not name admin.example.test")
    both = ["www.example.test", "admin.example.test"]
    bare = only(after=[wide], changes=[change(assets=both)])
    assert bare.verdict == "unmanaged"
    assert bare.near_miss.endswith("it says no issuer, and the certificate is also for shared.hoster.test")
    issuer = change(assets=[*both, "issuer:let's encrypt"])
    assert only(after=[wide], changes=[issuer]).verdict == "approved"


def test_issuer_words_must_fit():
    fits = change(assets=["www.example.test", "issuer:let's  encrypt"])
    other = change(assets=["www.example.test", "issuer:Example CA"])
    assert only(after=[WWW], changes=[fits]).verdict == "approved"
    one = only(after=[WWW], changes=[other])
    assert one.verdict == "unmanaged"
    assert one.near_miss == "CHG1 (Renewal): it names another issuer, example ca"


def test_a_record_without_issuer_does_not_approve_one_outside_policy():
    policy = Policy(issuers=("Example CA",))
    one = only(after=[WWW], changes=[change(assets=["www.example.test"])], policy=policy)
    assert one.verdict == "suspicious"
    assert one.near_miss.endswith("it says nothing of the issuer, which is outside policy")
    named = change(assets=["www.example.test", "issuer:Let's Encrypt"])
    assert only(after=[WWW], changes=[named], policy=policy).verdict == "approved"


@pytest.mark.parametrize(
    ("since", "until", "verdict"),
    [
        ("2026-11-19T10:05:00Z", "2026-11-19T12:00:00Z", "approved"),  # 24 h after
        ("2026-11-19T10:06:00Z", "2026-11-19T12:00:00Z", "unmanaged"),
        ("2026-11-16T09:00:00Z", "2026-11-17T10:05:00Z", "approved"),  # 24 h before
        ("2026-11-16T09:00:00Z", "2026-11-17T10:04:00Z", "unmanaged"),
    ],
)
def test_the_window_is_widened_by_the_policy(since, until, verdict):
    given = change(assets=["www.example.test"], since=since, until=until)
    assert only(after=[WWW], changes=[given]).verdict == verdict


def test_a_missed_window_is_told_in_hours():
    given = change(assets=["www.example.test"], since="2026-11-15T09:00:00Z", until="2026-11-16T10:05:00Z")
    assert only(after=[WWW], changes=[given]).near_miss == "CHG1 (Renewal): its window ended 48 h before"
    given = change(assets=["www.example.test"], since="2026-11-20T10:05:00Z", until="2026-11-21T10:05:00Z")
    assert only(after=[WWW], changes=[given]).near_miss == "CHG1 (Renewal): its window begins 48 h after"


def test_approval_must_be_said():
    one = only(after=[WWW], changes=[change(assets=["www.example.test"], approved=None)])
    assert (one.verdict, one.near_miss) == (
        "unmanaged",
        "CHG1 (Renewal): it does not say that it was approved",
    )


def test_the_nearest_miss_is_told():
    lacks_two = change(
        "CHG2", assets=["example.test"], since="2026-10-01", until="2026-10-02", approved=False
    )
    sibling = change("CHG3", assets=["other.example.test"])
    far = change("CHG4", assets=["example.test"], since="2026-10-01", until="2026-10-02")
    near = change("CHG5", assets=["example.test"], since="2026-11-10", until="2026-11-12")
    assert only(after=[WWW], changes=[lacks_two, far, near]).near_miss.startswith("CHG5 ")
    one = only(after=[WWW], changes=[lacks_two, sibling])
    assert one.near_miss == "CHG3 (Renewal): it does not name www.example.test"


def test_without_records_there_is_no_near_miss():
    assert only(after=[WWW]).near_miss == ""


def test_an_approved_record_is_found_among_many_that_are_not():
    noise = [change(f"N{n:05}", assets=["example.test"], approved=False) for n in range(500)]
    assert only(after=[WWW], changes=[*noise, change("Z", assets=["example.test"])]).change.id == "Z"


def test_records_and_services_by_name_and_address():
    record = DnsRecord(name="new.example.test", type="A", data="198.51.100.7", live=True)
    service = Service(ip="192.0.2.9", port=8443, hostnames=("www.example.test", "other.example.org"))
    window = {"since": "2026-11-18", "until": "2026-11-19"}
    for fact, word, verdict in [
        (record, "new.example.test", "approved"),
        (record, "198.51.100.7", "approved"),
        (record, "198.51.100.0/24", "unmanaged"),  # a network is too wide a word for where a name leads
        (service, "192.0.2.9", "approved"),
        (service, "192.0.2.0/24", "approved"),
        (service, "www.example.test", "approved"),
        (service, "other.example.org", "unmanaged"),  # anybody can give an address a name
        (service, "0.0.0.0/0", "unmanaged"),
        (service, "192.0.2.10", "unmanaged"),
    ]:
        assert only(after=[fact], changes=[change(assets=[word], **window)]).verdict == verdict, (
            fact.key,
            word,
        )


def test_live_records_came_between_the_two_looks():
    record = DnsRecord(name="new.example.test", type="TXT", data="x", live=True)
    in_between = change(assets=["new.example.test"], since="2026-11-18", until="2026-11-18")
    one = only(after=[record], changes=[in_between])
    assert one.verdict == "approved"
    assert "it came between 2026-11-17 06:00 and 2026-11-20 06:00" in one.reasons[-1]


# What was to be expected.


def test_a_renewal_is_expected():
    old = replace(WWW, serial="1", not_before=at("2026-08-20"), not_after=at("2026-12-01"))
    one = only(before=[old], after=[old, WWW])
    assert one.verdict == "expected"
    assert one.reasons[-1] == "It renews certificate 1 of the same issuer, which ends 2026-12-01 00:00."


@pytest.mark.parametrize(
    "change_of_old",
    [
        {"issuer": "C=AA, O=Example CA, CN=R11"},
        {"names": ("ftp.example.test", "www.example.test")},
        {"not_after": at("2027-08-01")},  # far from its end
        {"not_after": at("2026-09-01")},  # ended long ago
    ],
)
def test_what_only_looks_like_a_renewal_is_not_expected(change_of_old):
    old = replace(
        WWW, **{"serial": "1", "not_before": at("2026-08-20"), "not_after": at("2026-12-01"), **change_of_old}
    )
    assert only(before=[old], after=[old, WWW]).verdict != "expected"


def test_a_new_certificate_renews_none_that_is_as_new():
    other = replace(WWW, serial="1", not_before=at("2026-08-20"), not_after=at("2026-12-01"))
    assert {one.verdict for one in judged(after=[other, WWW])} == {"unmanaged"}


def test_what_the_inventory_names_is_expected():
    named = DnsRecord(name="www.example.test", type="A", data="192.0.2.10", live=True)
    below = DnsRecord(name="x.example.test", type="A", data="192.0.2.10", live=True)
    abroad = DnsRecord(name="www.example.test", type="A", data="203.0.113.10", live=True)
    domain = Registration(object="domain", name="example.test", created=at("2026-11-18T10:00:00Z"))
    assert only(after=[named]).reasons[-1] == (
        "The inventory names www.example.test (inventory.yml:2), and 192.0.2.10 is ours (inventory.yml:3)."
    )
    assert [only(after=[one]).verdict for one in (named, below, abroad, domain)] == [
        "expected",
        "unmanaged",
        "unmanaged",
        "expected",
    ]


def test_what_is_gone():
    ended = replace(WWW, serial="1", not_after=at("2026-11-19"))
    retired = DnsRecord(name="old.example.org", type="A", data="203.0.113.9")
    ours = DnsRecord(name="mail.example.test", type="A", data="203.0.113.9")
    found = {one.shift.key: (one.verdict, one.reasons[-1]) for one in judged(before=[ended, retired, ours])}
    assert found[ended.key] == ("expected", "It ended on 2026-11-19 00:00.")
    assert found[retired.key] == ("expected", "What it is about is no longer in the inventory.")
    assert found[ours.key][0] == "unmanaged"


# Signs.

BEFORE = [
    replace(WWW, serial="9", names=("z.example.test",)),
    DnsRecord(name="example.test", type="NS", data="ns1.hoster.test", live=True),
    DnsRecord(name="example.test", type="MX", data="10 mx.hoster.test", live=True),
]
ABROAD = lambda _ip: None  # noqa: E731


@pytest.mark.parametrize(
    ("fact", "policy", "sign"),
    [
        (
            replace(WWW, issuer="C=AA, O=Other CA, CN=X"),
            {"issuers": ("Let's Encrypt",)},
            "its issuer, Other CA, is outside policy",
        ),
        (
            replace(WWW, issuer="O=Other\\, CA,CN=X"),
            {},
            "its issuer, Other, CA, was never used for us before",
        ),
        (replace(WWW, names=("exarnple.test", "www.example.test")), {}, "exarnple.test looks like ours"),
        (
            DnsRecord(name="example.test", type="NS", data="ns1.other.test"),
            {},
            "ns1.other.test was never seen for us before",
        ),
        (
            DnsRecord(name="example.test", type="NS", data="ns9.hoster.test"),
            {"name_servers": ("allowed.test",)},
            "ns9.hoster.test is outside policy",
        ),
        (
            DnsRecord(name="example.test", type="NS", data="ns1.examp1e.test"),
            {"name_servers": ()},
            "ns1.examp1e.test looks like ours",
        ),
        (
            DnsRecord(name="example.test", type="MX", data="5 mx.other.test"),
            {},
            "mail would go to mx.other.test",
        ),
        (
            DnsRecord(name="www.example.test", type="A", data="203.0.113.5"),
            {},
            "203.0.113.5 is in no network of ours",
        ),
        (Service(ip="203.0.113.5", port=22), {}, "203.0.113.5 is in no network of ours"),
        (Registration(object="domain", name="exannple.test", created=at("2026-11-18T10:00:00Z")), {}, None),
        (
            Registration(object="domain", name="example-login.test", created=at("2026-11-18T10:00:00Z")),
            {},
            "looks like ours",
        ),
        (
            Registration(object="domain", name="shop.test", created=at("2026-11-18T22:30:00Z")),
            {},
            "outside working hours, on Wednesday 2026-11-18 at 22:30 UTC",
        ),
        (
            Registration(object="domain", name="shop.test", created=at("2026-11-21T10:00:00Z")),
            {},
            "outside working hours, on Saturday",
        ),
        (
            Registration(object="domain", name="shop.test", registrar="Other"),
            {"registrars": ("Known", "1234")},
            "its registrar, Other, is outside policy",
        ),
    ],
)
def test_signs_make_it_suspicious(fact, policy, sign):
    one = only(before=BEFORE, after=[*BEFORE, fact], policy=Policy(**policy), provider=ABROAD)
    assert one.verdict == ("suspicious" if sign else "unmanaged")
    assert (sign or "") in " ".join(one.signs)
    assert len([each for each in one.signs if "never seen" not in each or "never seen" in sign]) == (
        1 if sign else 0
    )
    assert all(each in one.reasons[-1] for each in one.signs)


@pytest.mark.parametrize(
    ("fact", "policy"),
    [
        (replace(WWW, serial="7"), {"issuers": ("let's encrypt",)}),
        (DnsRecord(name="example.test", type="NS", data="ns2.hoster.test"), {}),
        (
            DnsRecord(name="sub.example.test", type="NS", data="ns.example.test"),
            {"name_servers": ("allowed.test",)},
        ),
        (
            DnsRecord(name="sub.example.test", type="NS", data="ns1.allowed.test"),
            {"name_servers": ("allowed.test",)},
        ),
        (DnsRecord(name="sub.example.test", type="MX", data="0 ."), {}),
        (DnsRecord(name="sub.example.test", type="MX", data="10 mx2.hoster.test"), {}),
        (DnsRecord(name="sub.example.test", type="A", data="192.0.2.77"), {}),
        (DnsRecord(name="sub.example.test", type="A", data="10.1.2.3"), {}),
        (Service(ip="192.0.2.77", port=22), {}),
        (
            Registration(object="domain", name="shop.test", created=at("2026-11-18T00:00:00Z")),
            {},
        ),  # only a date
        (Registration(object="domain", name="shop.test", created=at("2026-11-18T18:59:00Z")), {}),
        (
            Registration(object="domain", name="shop.test", created=at("2026-11-18T22:30:00Z")),
            {"work_hours": "20:00-06:00"},
        ),
        (
            Registration(object="domain", name="shop.test", registrar="Known Ltd", registrar_id="9"),
            {"registrars": ("known",)},
        ),
        (
            Registration(object="domain", name="shop.test", registrar="X", registrar_id="9"),
            {"registrars": ("9",)},
        ),
    ],
)
def test_without_a_sign_it_is_unmanaged(fact, policy):
    (one,) = judged(before=BEFORE, after=[*BEFORE, fact], policy=Policy(**policy), provider=ABROAD)
    assert (one.verdict, one.signs) == ("unmanaged", ())


def test_an_address_in_a_published_range_is_no_sign():
    held = Range(cidr="203.0.113.0/24", provider="example", role="cloud")
    fact = Service(ip="203.0.113.5", port=22)
    assert only(after=[fact], provider=lambda _ip: held).signs == ()
    assert only(after=[fact], provider=None).signs == ()  # no ranges are known: nothing is outside of them


def test_a_registration_that_was_changed():
    def registration(servers, holder, statuses, **more):
        contact = Contact(role="registrant", organisation=holder)
        return Registration(
            object="domain",
            name="shop.test",
            name_servers=servers,
            contacts=(contact,),
            statuses=statuses,
            **more,
        )

    a = registration(("ns1.hoster.test",), "Example Ltd", ("clientTransferProhibited",), registrar="One")
    b = registration(
        ("ns1.other.test",), "Other Ltd", (), registrar="Two", changed=at("2026-11-18T03:00:00Z")
    )
    one = only(before=[a], after=[b])
    assert one.verdict == "suspicious"
    assert one.signs == (
        "the name server ns1.other.test was never seen for us before",
        "its name servers went from ns1.hoster.test to ns1.other.test",
        "its registrar went from One to Two",
        "its registrant is another one than before",
        "it lost its locks: clientTransferProhibited",
        "it was changed outside working hours, on Wednesday 2026-11-18 at 03:00 UTC",
    )
    approved = change(assets=["shop.test"], since="2026-11-18T02:00:00Z", until="2026-11-18T04:00:00Z")
    assert only(before=[a], after=[b], changes=[approved]).verdict == "approved"


def test_a_first_look_is_never_suspicious_by_age_alone():
    foreign = replace(WWW, issuer="C=AA, O=Other CA, CN=X")
    one = only(before=BEFORE, after=[*BEFORE, foreign], looked=False)
    assert (one.verdict, one.signs) == ("unmanaged", ())
    assert "It was seen for the first time; it may be older than our records." in one.reasons
    banned = only(before=BEFORE, after=[*BEFORE, foreign], looked=False, policy=Policy(issuers=("Let's",)))
    assert banned.verdict == "suspicious"


def test_hours_that_are_none_are_refused():
    with pytest.raises(ConfigError, match="work_hours"):
        judged(after=[WWW], policy=Policy(work_hours="nine to five"))


def test_reference_data_and_questions_are_no_changes_of_ours():
    facts = [
        Range(cidr="203.0.113.0/24", provider="example", role="cdn"),
        Vulnerability(cve="CVE-2021-44228", exploited=True),
        Resolution(name="www.example.test", type="A", rcode="NOERROR"),
    ]
    assert judged(after=facts) == []
    gone = replace(facts[2], rcode="NXDOMAIN")
    assert [one.shift.fields for one in judged(before=[facts[2]], after=[gone])] == [("rcode",)]


WORDS = st.one_of(
    st.sampled_from(
        ["example.test", "www.example.test", "serial:4afe01", "192.0.2.0/24", "issuer:R11", "::/0", "issuer:"]
    ),
    st.text(max_size=12),
)
TIMES = st.one_of(st.none(), st.integers(-(10**17), 10**18), st.integers(SINCE - 10**12, NOW + 10**12))
CHANGES = st.builds(
    Change,
    id=st.text(max_size=5),
    title=st.text(max_size=5),
    since=TIMES,
    until=TIMES,
    approved=st.sampled_from([True, False, None]),
    assets=st.lists(WORDS, max_size=4).map(tuple),
)


@given(st.lists(CHANGES, max_size=8))
def test_whatever_records_say_only_approved_ones_approve(changes):
    for one in judged(after=[WWW, Service(ip="192.0.2.9", port=1)], changes=changes):
        assert (one.verdict == "approved") == (one.change is not None)
        assert one.change is None or one.change.approved is True
        assert one.reasons and all(each.endswith(".") for each in one.reasons)


@given(st.lists(CHANGES, max_size=12), st.randoms())
def test_the_order_of_records_does_not_matter(changes, random):
    named = [replace(one, id=f"{n}") for n, one in enumerate(changes)]
    shuffled = random.sample(named, len(named))
    assert judged(after=[WWW], changes=named) == judged(after=[WWW], changes=shuffled)


SPANS = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda one: (one[0], one[0] + one[1]))


@given(st.lists(st.tuples(SPANS, st.booleans()), max_size=30), SPANS)
def test_the_book_finds_the_windows_a_plain_search_finds(spans, wanted):
    changes = [
        Change(id=f"{n}", title="", since=low, until=high, approved=yes, assets=("example.test",))
        for n, ((low, high), yes) in enumerate(spans)
    ]
    found = [one.change.id for one in ChangeBook(changes).touching(["example.test"], *wanted)]
    plain = {one.id for one in changes if one.since <= wanted[1] and one.until >= wanted[0]}
    assert sorted(found) == sorted(plain)


def test_many_records_and_many_changes_stay_quick():
    changes = [change(f"C{n}", assets=["example.test", "192.0.2.0/24"], approved=False) for n in range(3_000)]
    facts = [DnsRecord(name=f"h{n}.example.test", type="TXT", data="x") for n in range(1_000)]
    begun = clock.process_time()
    assert {one.verdict for one in judged(after=facts, changes=changes)} == {"unmanaged"}
    assert clock.process_time() - begun < 10


# How soon, and how many points.


@pytest.mark.parametrize(
    ("exploited", "exposed", "criticality", "verdict", "level", "soon"),
    [
        ("active", True, "critical", None, "high", "act"),
        ("active", True, None, "approved", "low", "act"),  # approval does not make an exploited one wait
        ("active", False, "low", None, "low", "attend"),
        ("poc", True, "high", None, "medium", "attend"),
        ("poc", True, "high", "approved", "medium", "track*"),
        ("poc", True, "low", None, "medium", "track*"),
        ("none", True, "low", None, "critical", "act"),
        ("none", True, "low", "approved", "critical", "attend"),
        ("none", True, "high", None, "high", "attend"),
        ("none", True, "low", None, "medium", "track"),
        ("none", True, "low", "suspicious", "medium", "track*"),
        ("none", False, None, "approved", "low", "track"),
        ("active", True, "high", "suspicious", "high", "act"),
    ],
)
def test_how_soon(exploited, exposed, criticality, verdict, level, soon):
    found, reasons = priority.decide(exploited, exposed, criticality, verdict, level)
    assert found == soon
    assert len(reasons) >= 3 and all(reasons)


@given(
    *(
        st.sampled_from(one)
        for one in (
            ["none", "poc", "active"],
            [False, True],
            ["low", "medium", "high", "critical"],
            ["approved", "expected", "suspicious"],
            LEVELS,
        )
    )
)
def test_worse_is_never_later(exploited, exposed, criticality, verdict, level):
    def soon(*given):
        return PRIORITIES.index(priority.decide(*given)[0])

    here = soon(exploited, exposed, criticality, verdict, level)
    assert soon("active", exposed, criticality, verdict, level) <= here
    assert soon(exploited, True, criticality, verdict, level) <= here
    assert soon(exploited, exposed, "critical", verdict, level) <= here
    assert soon(exploited, exposed, criticality, "suspicious", level) <= here
    assert soon(exploited, exposed, criticality, verdict, "critical") <= here


def check(on, hits, level="medium"):
    """A check that gives what a function makes of each thing."""
    return SimpleNamespace(
        __name__="x",
        TITLE="A title",
        TECHNIQUE="T1596.003",
        ON=on,
        LEVEL=level,
        REMEDY="Do it",
        VANISHES="it",
        M1056=True,
        check=hits,
    )


def world(facts, changes=(), ties=(), policy=None):
    return World(facts, NOW, ASSETS, OWNED, policy or Policy(), changes, frozenset(), ties)


def hit(item, _world, **more):
    yield Hit(key=item.fact.key, about="www.example.test", says="It is there", evidence=(item,), **more)


def test_one_thing_in_two_databases_is_one_finding():
    two = [
        seen(WWW, collector="crtsh"),
        seen(replace(WWW, logged=at("2026-11-18T09:00:00Z")), collector="certspotter"),
    ]
    found, troubles = judge.findings(world(two), {"some-check": check("certificate", hit)})
    (one,) = found
    assert troubles == []
    assert (one.databases, len(one.evidence)) == (("certspotter", "crtsh"), 2)
    assert (one.first_public, one.last_public) == (at("2026-11-18T09:00:00Z"), NOW)
    assert (one.asset, one.owner, one.m1056) == (ASSETS[1], "web team", True)
    assert one.id == judge.ident("some-check", WWW.key) and one.id.startswith("F-") and len(one.id) == 14


def test_the_worse_and_surer_word_counts():
    def hits(item, _world):
        late = item.collector == "crtsh"
        yield Hit(
            key="k",
            about="x.test",
            says="s",
            evidence=(item,),
            level="low" if late else "critical",
            exploited="poc" if late else "none",
            confidence="high" if late else "low",
            due=5 if late else 9,
        )

    two = [seen(WWW), seen(WWW, collector="certspotter")]
    (one,) = judge.findings(world(two), {"c": check("certificate", hits)})[0]
    assert (one.level, one.confidence, one.due) == ("critical", "high", 5)
    assert any(row.rule == "exploitation" for row in one.points)


def test_the_rows_are_explained():
    judged_new = only(after=[replace(WWW, issuer="O=Other")], policy=Policy(issuers=("X",)))
    assert judged_new.verdict == "suspicious"
    fact = judged_new.shift.after

    def hits(item, _world):
        yield Hit(
            key="k",
            about="vpn.example.test",
            says="s",
            evidence=(item,),
            confidence="medium",
            exploited="poc",
        )

    (one,) = judge.findings(world([fact], [judged_new]), {"c": check("certificate", hits)})[0]
    rows = {row.rule: row.points for row in one.points}
    assert rows == {
        "level": 20,
        "reach": 15,
        "exploitation": 10,
        "criticality": 10,
        "change": 15,
        "sensitivity": 5,
        "confidence": -5,
        "priority": 0,
    }
    assert (one.score, one.verdict, one.priority) == (70, "suspicious", "act")
    assert all(row.reason for row in one.points)


@pytest.mark.parametrize(
    ("fact", "collector", "reach"),
    [
        (DnsRecord(name="a.test", type="A", data="192.0.2.1", live=True), "dns", 15),
        (DnsRecord(name="a.test", type="A", data="192.0.2.1", live=True), "own", None),
        (DnsRecord(name="a.test", type="A", data="192.0.2.1", last_seen=at("2026-11-01")), "circl", 15),
        (DnsRecord(name="a.test", type="A", data="192.0.2.1", last_seen=at("2026-01-01")), "circl", 5),
        (Service(ip="192.0.2.1", port=1, last_seen=at("2026-01-01")), "shodan", 5),
        (Service(ip="192.0.2.1", port=1), "shodan", 15),
        (replace(WWW, not_after=at("2026-11-19")), "crtsh", 5),
        (WWW, "crtsh", 15),
    ],
)
def test_reach_is_what_a_public_database_shows_now(fact, collector, reach):
    item = seen(fact, collector=collector)
    (one,) = judge.findings(world([item]), {"c": check(item.kind, hit)})[0]
    assert {row.rule: row.points for row in one.points}.get("reach") == reach


@given(
    st.sampled_from(LEVELS),
    st.sampled_from(["none", "poc", "active"]),
    st.sampled_from(["high", "medium", "low"]),
    st.sampled_from([None, "approved", "expected", "unmanaged", "suspicious"]),
    st.sampled_from(["vpn.example.test", "x.org"]),
    st.integers(0, NOW),
    st.booleans(),
)
def test_rows_add_up_and_stay_on_the_scale(level, exploited, confidence, verdict, about, first, shown):
    item = seen(
        DnsRecord(name="a.test", type="A", data="192.0.2.1", live=shown, first_seen=first, last_seen=first)
    )
    changes = []
    if verdict:
        (shift,) = diff([], [item], lambda *_: True)
        changes = [SimpleNamespace(shift=shift, verdict=verdict)]

    def hits(one, _world):
        yield Hit(
            key="k",
            about=about,
            says="s",
            evidence=(one,),
            level=level,
            exploited=exploited,
            confidence=confidence,
        )

    (one,) = judge.findings(world([item], changes), {"c": check("record", hits)})[0]
    assert sum(row.points for row in one.points) == one.score
    assert 0 <= one.score <= 100
    assert one.priority in PRIORITIES


def test_a_check_that_fails_is_a_trouble_and_the_others_go_on():
    def bad(item, _world):
        if item.collector == "crtsh":
            raise KeyError("x")
        yield from hit(item, _world)

    two = [seen(WWW), seen(WWW, collector="certspotter"), seen(WWW, collector="zzz")]
    found, troubles = judge.findings(
        world(two), {"bad": check("certificate", bad), "good": check("certificate", hit)}
    )
    assert [one.check for one in found] == ["bad", "good"]
    (trouble,) = troubles
    assert (trouble.where, trouble.reason) == (
        "check bad",
        f"failed on 1 things, first with KeyError on {WWW.key}: 'x'",
    )


def test_each_kind_of_thing_reaches_its_checks():
    tie = Tie(type="domain", value="x.test", chain=("c",), strength=10)
    gone = replace(tie, value="y.test", state="disowned")
    one = only(after=[WWW])
    got = {}

    def collect(on):
        def look(item, _world):
            got.setdefault(on, []).append(item)
            yield from ()

        return check(on, look)

    every = world([seen(WWW)], [one], [tie, gone])
    judge.findings(every, {on: collect(on) for on in ("certificate", "asset", "change", "tie", "record")})
    assert got == {"certificate": [seen(WWW)], "asset": ASSETS, "change": [one], "tie": [tie]}


def test_the_most_urgent_comes_first():
    def hits(item, _world):
        for level in LEVELS:
            yield Hit(key=level, about="x.test", says="s", evidence=(item,), level=level)

    found = judge.findings(world([seen(WWW)]), {"c": check("certificate", hits)})[0]
    assert [one.level for one in found] == list(LEVELS[::-1])
