"""What triage made is kept whole, with every judgement in its history, and found again."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import office_samples as samples
from glasshouse.errors import UsageError
from glasshouse.known import Use
from glasshouse.office import audit, triaged
from glasshouse.office.documents import all_of_text, of_text, text_of
from glasshouse.records import Alert
from glasshouse.verdicts import Answer, Decision, Episode, Field, Triaged, Verdict

BOTH = pytest.mark.parametrize("kind", samples.KINDS)
NOW = samples.NOW


@given(
    st.one_of(*(st.from_type(one) for one in (Alert, Episode, Verdict, Decision, Answer, Use))).filter(
        lambda one: plain(asdict(one))
    )
)
def test_documents_come_back_whole(record):
    assert of_text(type(record), text_of(record)) == record
    assert all_of_text(type(record), text_of((record, record))) == (record, record)


def plain(value) -> bool:
    """Whether JSON can hold it: finite, 64 bits, whole characters."""
    if isinstance(value, dict):
        return all(plain(one) for one in value.values())
    if isinstance(value, list | tuple):
        return all(plain(one) for one in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return not any("\ud800" <= one <= "\udfff" for one in value)
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def test_what_json_cannot_hold_is_made_harmless():
    field = Field(name="a\ud800", value="x", says="y", number=math.inf)
    back = of_text(Field, text_of(field))
    assert back.name == "a\\ud800"
    assert back.number is None
    assert (
        of_text(Episode, text_of(Episode(alert=samples.alert(), key="k", bytes_in=2**80))).bytes_in
        == 2**63 - 1
    )


def test_documents_of_other_versions_are_read():
    assert of_text(Field, '{"name":"a","value":"b","says":"c","of_later":1}') == Field(
        name="a", value="b", says="c"
    )
    with pytest.raises(ValueError, match="without says"):
        of_text(Field, '{"name":"a","value":"b"}')


@BOTH
def test_an_alert_comes_back_as_triage_made_it(kind, tmp_path):
    made = samples.triaged(lookups=30)
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        outcome = triaged.keep(conn, made, NOW)
        assert (outcome.state, outcome.gained) == ("new", True)
        kept = triaged.get(conn, "a1")
        assert kept.triaged == made
        assert kept == outcome.kept
        assert (kept.decision, kept.judged, kept.changed, kept.case) == ("l1-review", NOW, NOW, None)
        assert triaged.knowledge_of(conn) == {"a1": (triaged.evidence_of(made.alert), "k1")}
        (entry,) = audit.entries(conn)
        assert (entry.act, entry.subject, entry.seq) == ("decide", "a1", outcome.audit_seq)


@BOTH
def test_the_same_again_changes_nothing(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office:
        with office.transaction() as conn:
            triaged.keep(conn, samples.triaged(), NOW)
        with office.transaction() as conn:
            before = conn.exec_driver_sql("SELECT * FROM alerts").all()
            assert triaged.keep(conn, samples.triaged(), NOW + 5).state == "same"
            assert conn.exec_driver_sql("SELECT * FROM alerts").all() == before
            assert triaged.keep(conn, samples.triaged(knowledge="k2"), NOW + 6).state == "same"
            assert triaged.get(conn, "a1").knowledge == "k2"
            assert len(triaged.history(conn, "a1")) == 1
            assert audit.count(conn) == 1


@BOTH
def test_every_change_is_a_line_of_history(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        triaged.keep(conn, samples.triaged(), NOW)
        triaged.keep(conn, samples.triaged(about_us="none", knowledge="k2"), NOW + 1)
        triaged.keep(conn, samples.triaged(about_us="none", decision="watch", knowledge="k2"), NOW + 2)
        triaged.keep(conn, samples.triaged(about_us="none", decision="watch", lookups=5), NOW + 3)
        lines = triaged.history(conn, "a1")
        assert [one.number for one in lines] == [1, 2, 3, 4]
        assert [one.time for one in lines] == [NOW, NOW + 1, NOW + 2, NOW + 3]
        assert [one.knowledge for one in lines] == ["k1", "k2", "k2", "k1"]
        assert lines[0].changes == ()
        assert lines[1].changes == (triaged.Shift("about-us", "all", "none"),)
        assert triaged.Shift("decision", "l1-review", "watch") in lines[2].changes
        assert lines[3].changes == (triaged.Shift("evidence", "3 lookups", "5 lookups"),)
        assert [one.act for one in audit.entries(conn)] == ["decide", "judge", "decide", "judge"]


@BOTH
def test_a_person_overrides_with_a_reason_until_new_evidence(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        triaged.keep(conn, samples.triaged(), NOW)
        for wrong in (("contain", "  "), ("dance", "because")):
            with pytest.raises(UsageError) as told:
                triaged.override(conn, "a1", *wrong, "ana", NOW + 1)
            assert told.value.next_step
        kept = triaged.override(conn, "a1", "contain", "seen on\nthe phone \x1b", "ana", NOW + 1)
        assert (kept.decision, kept.judged_as, kept.override) == ("contain", "l1-review", "contain")
        last = triaged.history(conn, "a1")[-1]
        assert (last.actor, last.decision, last.reason) == ("ana", "contain", "seen on\nthe phone \\x1b")
        # Detected again, judged anew: the person's decision holds
        assert triaged.keep(conn, samples.triaged(decision="watch"), NOW + 2).kept.decision == "contain"
        assert triaged.listed(conn, decided=["contain"])
        assert not triaged.listed(conn, decided=["watch"])
        # New lookups: it was not about these
        assert (
            triaged.keep(conn, samples.triaged(decision="watch", lookups=4), NOW + 3).kept.decision == "watch"
        )
        assert [one.act for one in audit.entries(conn)] == [
            "decide",
            "override",
            "decide",
            "override-lapsed",
            "judge",
        ]


@BOTH
def test_alerts_are_found_by_the_beginning_of_their_id(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        for name in ("abc1", "abc2", "xyz", "x%_\\"):
            triaged.keep(conn, samples.triaged(name), NOW)
        assert triaged.get(conn, "xy").id == "xyz"
        assert triaged.get(conn, "abc2").id == "abc2"
        assert triaged.get(conn, "x%").id == "x%_\\"
        for wrong in ("abc", "", "%", "zzz", "_yz"):
            with pytest.raises(UsageError):
                triaged.get(conn, wrong)


@BOTH
def test_alerts_are_listed_by_what_they_are(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        early = samples.triaged("early", "watch", lookups=1)
        late = samples.triaged("late", "contain", lookups=1, start=1000)
        low = replace(late, alert=replace(late.alert, id="low", level="low", score=5))
        for one in (early, low, late):
            triaged.keep(conn, one, NOW)
        ids = lambda **said: [one.id for one in triaged.listed(conn, **said)]  # noqa: E731
        assert ids() == ["early", "late", "low"]
        assert ids(least="medium") == ["early", "late"]
        assert ids(decided=["contain"]) == ["late", "low"]
        assert ids(since=late.alert.first_seen) == ["late", "low"]
        assert ids(until=late.alert.first_seen) == ["early"]
        assert ids(actor="user:jdoe", limit=1) == ["early"]
        assert ids(actor="nobody") == []
        triaged.supersede(conn, "low", "late", NOW)
        assert ids() == ["early", "late"]
        assert ids(superseded=True) == ["early", "late", "low"]
        with pytest.raises(UsageError, match="took its place"):
            triaged.override(conn, "low", "watch", "why", "ana", NOW)


def test_evidence_is_what_an_alert_rests_on():
    one = samples.alert()
    print_of = triaged.evidence_of(one)
    assert print_of == triaged.evidence_of(replace(one, score=99, summary="x", rules=("other",), level="low"))
    assert print_of != triaged.evidence_of(samples.alert(lookups=4))
    assert print_of != triaged.evidence_of(samples.alert(start=1))


@pytest.mark.parametrize(
    "before, after, said",
    [
        ((3, 0), (3, 0), False),
        ((3, 0), (4, 0), True),
        ((4, 0), (3, 0), False),  # purged at its end: nothing new
        ((4, 0), (3, 1), False),  # purged at its beginning
        ((3, 0), (3, 1), True),
        ((30, 0), (29, 1), False),  # only the first 20 are kept: the 21st is not new
        ((30, 0), (31, 0), True),
    ],
)
def test_less_is_never_new_evidence(before, after, said):
    old, new = samples.alert("a", *before), samples.alert("a", *after)
    assert triaged.gained([old], new) is said


def test_every_noun_of_triage_has_a_document():
    made = samples.triaged()
    assert of_text(Triaged, text_of(made)) == made
