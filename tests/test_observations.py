"""Answers of open databases in; what the lake keeps of them, and what was known when, out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.asking import Subject
from glasshouse.lake import batch, observations, store
from glasshouse.observed import (
    KINDS,
    Answer,
    Certificate,
    Contact,
    DnsRecord,
    Range,
    Registration,
    Resolution,
    Service,
    Vulnerability,
)

DAY = 86_400_000_000
T0 = 1_790_000_000_000_000
HERE = Subject("domain", "example.test")
FACTS = (
    DnsRecord(name="example.test", type="MX", data="10 mail.example.test", live=True, ttl=300),
    Resolution(name="x.example.test", type="A", rcode="NXDOMAIN", authentic=False),
    Registration(
        object="domain", name="example.test", statuses=("active",), signed=False,
        contacts=(Contact(role="abuse", email="abuse@example.test"), Contact(role="registrar")),
    ),
    Certificate(serial="1f", issuer="CN=Example CA", names=("*.example.test", "example.test"), not_after=T0),
    Service(ip="2001:db8::1", port=443, tls_versions=("TLSv1.3",), banner="a\x1b[31m\nb", last_seen=T0),
    Range(cidr="192.0.2.0/24", provider="example", role="cdn"),
    Vulnerability(cve="CVE-2021-44228", exploited=True, epss=0.94),
)  # fmt: skip


def answer(*facts, time=T0, subject=HERE, status="complete", collector="crtsh") -> Answer:
    return Answer(
        collector=collector, database="crtsh", subject=subject, time=time, status=status,
        reason="" if status == "complete" else "it failed",
        requests=1, facts=tuple((f"{number:064x}", fact) for number, fact in enumerate(facts)),
    )  # fmt: skip


def put(home, *answers, chunk=observations.CHUNK):
    with store.writing(home) as lake:
        for one in answers:
            run = observations.begin(lake, one.time, "asked")
            assert list(observations.add(lake, run, [one], chunk)) == [one]


def known(home, at=T0 + 1000 * DAY) -> list:
    with store.opened(home) as lake:
        return [one.fact for one in observations.state(lake, at)]


def test_every_kind_of_fact_comes_back_whole(tmp_path):
    assert {type(fact) for fact in FACTS} == set(KINDS.values())
    put(tmp_path, answer(*FACTS))
    with store.opened(tmp_path) as lake:
        found = list(observations.state(lake, T0))
    assert sorted(map(repr, (one.fact for one in found))) == sorted(map(repr, FACTS))
    assert [(one.kind, one.fact.key) for one in found] == sorted((one.kind, one.fact.key) for one in found)
    assert {(one.time, one.subject, one.ask, one.database) for one in found} == {(T0, HERE, 1, "crtsh")}


def test_nothing_is_known_before_it_was_said(tmp_path):
    put(tmp_path, answer(FACTS[0]))
    assert known(tmp_path, T0 - 1) == []


@pytest.mark.parametrize("status", ["failed", "refused", "skipped"])
def test_blind_is_not_gone(tmp_path, status):
    put(tmp_path, answer(FACTS[0]), answer(time=T0 + DAY, status=status))
    assert known(tmp_path) == [FACTS[0]]
    with store.opened(tmp_path) as lake:
        (last,) = observations.unanswered(lake, T0 + DAY)
        assert observations.last_asked(lake, T0 + DAY) == {"crtsh": T0 + DAY}
        assert (last.status, last.reason) == (status, "it failed")
        assert observations.answered(lake, T0 + DAY) == {("crtsh", "example.test"): T0}


def test_partial_adds_and_complete_replaces(tmp_path):
    put(tmp_path, answer(FACTS[0]), answer(FACTS[1], time=T0 + DAY, status="partial"))
    assert known(tmp_path) == [FACTS[0], FACTS[1]]
    put(tmp_path, answer(FACTS[2], time=T0 + 2 * DAY))
    assert known(tmp_path) == [FACTS[2]]
    assert known(tmp_path, T0 + DAY) == [FACTS[0], FACTS[1]]


def test_a_thing_two_subjects_show_goes_when_both_show_it_no_more(tmp_path):
    other = Subject("hostname", "www.example.test")
    put(tmp_path, answer(FACTS[3]), answer(FACTS[3], subject=other), answer(time=T0 + DAY))
    assert known(tmp_path) == [FACTS[3]]
    put(tmp_path, answer(time=T0 + DAY, subject=other))
    assert known(tmp_path) == []


def test_the_later_word_counts(tmp_path):
    later = replace(FACTS[4], product="nginx")
    put(tmp_path, answer(FACTS[4]), answer(later, time=T0 + DAY))
    assert known(tmp_path) == [later]
    with store.opened(tmp_path) as lake:
        assert [one.fact for one in observations.about(lake, ["2001:db8::1"])] == [FACTS[4], later]


def test_about_a_domain_holds_the_names_below_it_and_no_others(tmp_path):
    below = [
        DnsRecord(name="vpn.example.test", type="A", data="192.0.2.1"),
        Certificate(serial="2f", issuer="CN=Example CA", names=("a.b.example.test",), not_after=T0),
    ]
    beside = DnsRecord(name="notexample.test", type="A", data="192.0.2.2")
    put(tmp_path, answer(*below, beside))
    with store.opened(tmp_path) as lake:
        assert [one.fact for one in observations.about(lake, ["example.test"])] == below


def test_cut_off_between_file_and_manifest_leaves_nothing(tmp_path, monkeypatch):
    put(tmp_path, answer(FACTS[0]))

    def killed(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), store.writing(tmp_path) as lake:
        run = observations.begin(lake, T0 + DAY, "asked")
        patch.setattr(store.Lake, "put", killed)
        list(observations.add(lake, run, [answer(FACTS[1], time=T0 + DAY)]))
    assert known(tmp_path) == [FACTS[0]]
    with store.writing(tmp_path) as lake:
        assert batch.sweep(lake) == 1
        assert observations.unreadable(lake) == []
    on_disk = {
        str(file) for folder in ("asks", "observations") for file in (tmp_path / "lake" / folder).iterdir()
    }
    with store.opened(tmp_path) as lake:
        assert on_disk == {*observations.files(lake, "asks"), *observations.files(lake, "observations")}


def test_lost_and_damaged_files_are_told(tmp_path):
    put(tmp_path, answer(FACTS[0]), answer(FACTS[1], time=T0 + DAY))
    with store.opened(tmp_path) as lake:
        first, second = observations.files(lake, "observations")
        (tmp_path / first).unlink()
        (tmp_path / second).write_bytes(b"PAR1 nothing")
        assert [said.split(";")[0].split(":")[0] for _path, said in observations.unreadable(lake)] == [
            "missing",
            "damaged",
        ]


STATUSES = st.sampled_from(["complete", "complete", "partial", "failed", "refused"])
SUBJECTS = st.sampled_from([Subject("domain", "example.test"), Subject("ip", "192.0.2.1")])
KEYS = st.lists(st.integers(0, 4), max_size=4, unique=True)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(STATUSES, SUBJECTS, KEYS), max_size=7))
def test_state_is_what_was_last_said_wholly(tmp_path_factory, told):
    """Against a plain model: by subject the last complete answer, and what partial ones added since."""
    home = tmp_path_factory.mktemp("home")
    model: dict[Subject, dict[str, DnsRecord]] = {}
    answers = []
    for number, (status, subject, keys) in enumerate(told):
        facts = [
            DnsRecord(name=f"n{key}.example.test", type="A", data="192.0.2.9", ttl=number) for key in keys
        ]
        if status in ("failed", "refused"):
            facts = []
        elif status == "complete":
            model[subject] = {}
        if status in ("complete", "partial"):
            model.setdefault(subject, {}).update({fact.key: fact for fact in facts})
        answers.append(answer(*facts, time=T0 + number * DAY, subject=subject, status=status))
    put(home, answer(time=T0 - DAY, status="failed"), *answers)
    latest: dict[str, DnsRecord] = {}
    for facts in model.values():
        for key, fact in facts.items():
            if key not in latest or (fact.ttl or 0) > (latest[key].ttl or 0):
                latest[key] = fact
    assert known(home) == [latest[key] for key in sorted(latest)]


def test_what_is_here_already_is_no_news(tmp_path):
    first, second = answer(FACTS[0]), answer(FACTS[1], time=T0 + DAY)
    put(tmp_path, first, answer(time=T0 + DAY, subject=Subject("ip", "192.0.2.1")))
    other = replace(first, facts=(("f" * 64, FACTS[0]),))
    with store.opened(tmp_path) as lake:
        assert observations.news(lake, [first, second, other]) == [second, other]
        nothing = answer(time=T0 + DAY, subject=Subject("ip", "192.0.2.1"))
        assert observations.news(lake, [nothing, replace(nothing, status="failed")]) == [
            replace(nothing, status="failed")
        ]
