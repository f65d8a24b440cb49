"""Cases open by themselves, close with words, and open again only for new evidence; nothing is forgotten."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import office_samples as samples
from glasshouse.errors import UsageError
from glasshouse.office import (
    audit,
    automatic,
    case_work,
    cases,
    compare,
    metrics,
    outbox,
    purge,
    reasons,
    triaged,
)
from glasshouse.office.automatic import settle
from glasshouse.office.verify import verify
from glasshouse.verdicts import DECISIONS, Field, Verdict

BOTH = pytest.mark.parametrize("kind", samples.KINDS)
NOW, DAY = samples.NOW, samples.DAY
CLOSE = ("benign-positive", "training")


@pytest.fixture(params=samples.KINDS)
def conn(request, tmp_path):
    with samples.opened(request.param, tmp_path) as office, office.transaction() as conn:
        yield conn


def kinds(conn, number: int = 1) -> list[str]:
    return [one.kind for one in cases.history(conn, number)]


@pytest.mark.parametrize("decision", DECISIONS)
def test_decisions_that_need_somebody_open_a_case(conn, decision):
    done = settle(conn, samples.triaged(decision=decision), NOW)
    opened = decision in {"l1-review", "escalate-t2", "contain"}
    assert done.did == ("opened" if opened else "nothing")
    assert [one.name for one in cases.listed(conn)] == (["C-1"] if opened else [])
    assert triaged.get(conn, "a1").case == (1 if opened else None)


def test_a_case_holds_its_alert_its_tasks_and_how_it_began(conn):
    case = settle(conn, samples.triaged(), NOW).case
    assert (case.name, case.state, case.alerts, case.opened) == ("C-1", "open", ("a1",), NOW)
    assert case.title == "jdoe asked Shodan 3 times"
    assert [(one.number, one.step, one.state) for one in cases.tasks(conn, 1)] == [
        (1, "s1", "to-do"),
        (2, "s2", "to-do"),
    ]
    (event,) = cases.history(conn, 1)
    assert (event.kind, event.actor, event.text) == ("open-case", "glasshouse", "because")


def test_detecting_again_is_nothing(conn):
    settle(conn, samples.triaged(), NOW)
    case_work.close(conn, "C-1", *CLOSE, "ana", NOW + 1)
    before = audit.count(conn)
    for n in range(3):
        done = settle(conn, samples.triaged(), NOW + 2 + n)
        assert (done.did, done.case.state) == ("nothing", "closed")
    assert audit.count(conn) == before
    assert kinds(conn) == ["open-case", "close"]


def test_a_new_decision_on_the_same_evidence_is_told_and_opens_nothing(conn):
    settle(conn, samples.triaged(), NOW)
    case_work.close(conn, 1, *CLOSE, "ana", NOW + 1)
    done = settle(conn, samples.triaged(decision="contain"), NOW + 2)
    assert (done.did, done.case.state) == ("judged", "closed")
    assert kinds(conn) == ["open-case", "close", "decide"]
    event = cases.history(conn, 1)[-1]
    assert next(audit.entries(conn, since=event.audit_seq)).act == "decide"


def test_a_new_sign_of_compromise_opens_a_closed_case_again(conn):
    def known(intel, decision):
        made = samples.triaged(decision=decision)
        said = Field(name="intel", value=intel, says="a feed")
        return replace(made, verdict=Verdict((*made.verdict.fields, said)))

    settle(conn, known("none", "l1-review"), NOW)
    case_work.close(conn, 1, *CLOSE, "ana", NOW + 1)
    assert settle(conn, known("none", "contain"), NOW + 2).did == "judged"
    assert settle(conn, known("hit", "l1-review"), NOW + 3).did == "judged"
    assert settle(conn, known("none", "l1-review"), NOW + 4).did in ("judged", "nothing")
    done = settle(conn, known("hit", "escalate-t2"), NOW + 5)
    assert (done.did, done.case.state) == ("reopened", "open")
    assert "intel is now hit" in cases.history(conn, 1)[-1].text
    assert settle(conn, known("hit", "escalate-t2"), NOW + 6).did == "nothing"


def test_new_lookups_are_told_to_an_open_case(conn):
    settle(conn, samples.triaged(), NOW)
    case_work.set_task(conn, 1, 1, "done", "", "ana", NOW + 1)
    done = settle(conn, samples.triaged(lookups=4), NOW + 2)
    assert (done.did, done.case.number) == ("new-evidence", 1)
    assert kinds(conn) == ["open-case", "task", "new-evidence"]
    assert [one.state for one in cases.tasks(conn, 1)] == ["done", "to-do"]
    assert settle(conn, samples.triaged(lookups=4), NOW + 3).did == "nothing"


def test_new_lookups_open_a_closed_case_again(conn):
    settle(conn, samples.triaged(), NOW)
    case_work.assign(conn, 1, "bo", "ana", NOW)
    case_work.close(conn, 1, *CLOSE, "ana", NOW + 1)
    done = settle(conn, samples.triaged(lookups=4), NOW + 1 + 30 * DAY)
    assert (done.did, done.case.state, done.case.assignee) == ("reopened", "assigned", "bo")
    assert (done.case.classification, done.case.closed) == (None, None)
    assert kinds(conn) == ["open-case", "assign", "close", "new-evidence", "reopen"]


def test_after_long_a_new_case_continues_the_old_one(conn):
    settle(conn, samples.triaged(), NOW)
    case_work.close(conn, 1, *CLOSE, "ana", NOW + 1)
    done = settle(conn, samples.triaged(lookups=4), NOW + 2 + 30 * DAY)
    assert (done.did, done.case.name, done.case.follows) == ("followed", "C-2", 1)
    old = cases.get_case(conn, 1)
    assert (old.state, old.classification, old.alerts) == ("closed", "benign-positive", ("a1",))
    assert triaged.get(conn, "a1").case == 2
    assert kinds(conn) == ["open-case", "close", "new-evidence"]
    assert settle(conn, samples.triaged(lookups=4), NOW + 99 * DAY).did == "nothing"


def test_new_lookups_that_are_allowed_leave_a_closed_case_closed(conn):
    settle(conn, samples.triaged(), NOW)
    case_work.close(conn, 1, *CLOSE, "ana", NOW + 1)
    done = settle(conn, samples.triaged(lookups=4, decision="close-authorised"), NOW + 2)
    assert (done.did, done.case.state) == ("new-evidence", "closed")


@pytest.mark.parametrize("first", ["supersede", "settle"])
def test_an_alert_hands_its_case_over(conn, first):
    settle(conn, samples.triaged("old"), NOW)
    case_work.close(conn, 1, *CLOSE, "ana", NOW + 1)
    triaged.supersede(conn, "old", "new", NOW + 2)
    done = settle(conn, samples.triaged("new"), NOW + 2)
    assert (done.did, done.case.number, done.case.state) == ("nothing", 1, "closed")
    assert kinds(conn) == ["open-case", "close", "hand-over"]
    triaged.supersede(conn, "new", "newer", NOW + 3)
    done = settle(conn, samples.triaged("newer", lookups=5), NOW + 3)
    assert (done.did, done.case.number, done.case.alerts) == ("reopened", 1, ("old", "new", "newer"))
    assert triaged.get(conn, "old").successor == "newer"
    assert len(cases.listed(conn)) == 1


def test_two_cases_whose_alerts_become_one(conn):
    settle(conn, samples.triaged("x", lookups=2), NOW)
    settle(conn, samples.triaged("y", lookups=2, start=2), NOW)
    case_work.close(conn, 1, *CLOSE, "ana", NOW + 1)
    for old in "xy":
        triaged.supersede(conn, old, "z", NOW + 2)
    done = settle(conn, samples.triaged("z", lookups=4), NOW + 2)
    assert (done.did, done.case.name) == ("nothing", "C-2")  # the one that is open; nothing new in it
    assert kinds(conn, 1)[-1] == kinds(conn, 2)[-1] == "hand-over"
    assert "and is in C-2" in cases.history(conn, 1)[-1].says


@pytest.mark.parametrize("closed", [None, 1, 2])
def test_an_alert_that_swallows_another_with_its_case(conn, closed):
    settle(conn, samples.triaged("x", lookups=2), NOW)
    settle(conn, samples.triaged("y", lookups=2, start=2), NOW)
    if closed:
        case_work.close(conn, closed, *CLOSE, "ana", NOW + 1)
    triaged.supersede(conn, "y", "x", NOW + 2)
    done = settle(conn, samples.triaged("x", lookups=4), NOW + 2)
    into = 2 if closed == 1 else 1
    assert (done.did, done.case.number, done.case.state) == ("new-evidence", into, "open")
    assert "hand-over" in kinds(conn, 1) + kinds(conn, 2)
    assert triaged.get(conn, "x").case == into
    before = audit.count(conn)
    assert settle(conn, samples.triaged("x", lookups=4), NOW + 3).did == "nothing"
    assert audit.count(conn) == before


def test_an_alert_that_comes_back_takes_its_place_again(conn):
    settle(conn, samples.triaged("x"), NOW)
    triaged.supersede(conn, "x", "y", NOW)
    settle(conn, samples.triaged("y"), NOW + 1)
    triaged.supersede(conn, "y", "x", NOW + 2)
    done = settle(conn, samples.triaged("x"), NOW + 2)
    assert (done.did, done.case.number) == ("nothing", 1)
    assert [(one.id, one.successor) for one in triaged.listed(conn, superseded=True)] == [
        ("x", None),
        ("y", "x"),
    ]


def test_a_persons_decision_goes_over_to_the_alert_that_takes_the_place(conn):
    settle(conn, samples.triaged("old"), NOW)
    case_work.override(conn, 1, "close-benign", "I know her", "ana", NOW + 1)
    triaged.supersede(conn, "old", "new", NOW + 2)
    assert settle(conn, samples.triaged("new"), NOW + 2).outcome.kept.override is None  # as it came
    assert triaged.get(conn, "new").decision == "close-benign"
    triaged.supersede(conn, "new", "more", NOW + 3)
    settle(conn, samples.triaged("more", lookups=9), NOW + 3)
    assert triaged.get(conn, "more").decision == "l1-review"


def test_work_on_a_case_is_its_history(conn):
    settle(conn, samples.triaged(), NOW)
    settle(conn, samples.triaged("b1", "watch"), NOW)
    case_work.assign(conn, "c1", "bo", "ana", NOW + 1)
    assert case_work.assign(conn, 1, "bo", "ana", NOW + 2).state == "assigned"  # nothing to tell
    case_work.comment(conn, 1, "asked her\nshe laughed\x1b", "bo", NOW + 3)
    case_work.link(conn, 1, ["b1", "a1"], "bo", NOW + 4)
    case_work.override(conn, 1, "escalate-t2", "odd", "bo", NOW + 5)
    case_work.set_task(conn, 1, 2, "not-needed", "no tool", "bo", NOW + 6)
    case_work.close(conn, 1, "true-positive", "insider", "bo", NOW + 7, "told HR")
    case_work.comment(conn, 1, "post mortem", "ana", NOW + 8)
    case_work.reopen(conn, 1, "wrong", "ana", NOW + 9)
    case_work.assign(conn, 1, None, "ana", NOW + 10)
    events = cases.history(conn, 1)
    assert [one.kind for one in events] == [
        "open-case", "assign", "comment", "link", "override", "task", "close", "comment", "reopen", "assign",
    ]  # fmt: skip
    assert [one.number for one in events] == list(range(1, 11))
    assert events[2].text == "asked her\nshe laughed\\x1b"
    assert events[4].says == "decided: escalate to T2, not L1 review or watch"
    assert {triaged.get(conn, one).decision for one in ("a1", "b1")} == {"escalate-t2"}
    case = cases.get_case(conn, 1)
    assert (case.state, case.alerts, case.changed) == ("open", ("a1", "b1"), NOW + 10)
    # Every event has its own entry in the trail, of the same act, by the same person; without the words.
    trail = {one.seq: one for one in audit.entries(conn)}
    assert [trail[one.audit_seq].act for one in events] == [one.kind for one in events]
    assert all(
        (trail[one.audit_seq].actor, trail[one.audit_seq].time) == (one.actor, one.time) for one in events
    )
    assert not any("laughed" in one.details or "HR" in one.details for one in trail.values())
    assert verify(trail.values()).whole


@pytest.mark.parametrize(
    "act",
    [
        lambda conn: case_work.close(conn, 1, "", "", "ana", NOW),
        lambda conn: case_work.close(conn, 1, "false-positive", "", "ana", NOW),
        lambda conn: case_work.close(conn, 1, "false-positive", "insider", "ana", NOW),
        lambda conn: case_work.close(conn, 1, "fine", "training", "ana", NOW),
        lambda conn: case_work.comment(conn, 1, " \n", "ana", NOW),
        lambda conn: case_work.override(conn, 1, "contain", "", "ana", NOW),
        lambda conn: case_work.override(conn, 1, "dance", "why", "ana", NOW),
        lambda conn: case_work.reopen(conn, 1, "why", "ana", NOW),
        lambda conn: case_work.reopen(conn, 2, "", "ana", NOW),
        lambda conn: case_work.assign(conn, 2, "bo", "ana", NOW),
        lambda conn: case_work.close(conn, 2, *CLOSE, "ana", NOW),
        lambda conn: case_work.set_task(conn, 1, 9, "done", "", "ana", NOW),
        lambda conn: case_work.set_task(conn, 1, 1, "perhaps", "", "ana", NOW),
        lambda conn: case_work.set_task(conn, 1, 1, "not-needed", "", "ana", NOW),
        lambda conn: case_work.link(conn, 1, ["c1"], "ana", NOW),
        lambda conn: cases.open_case(conn, [], "ana", NOW),
        lambda conn: cases.open_case(conn, ["a1"], "ana", NOW),
        lambda conn: cases.get_case(conn, "C-99"),
        lambda conn: cases.get_case(conn, "C-0"),
        lambda conn: cases.get_case(conn, "case"),
        lambda conn: cases.get_case(conn, "9" * 30),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(conn, act):
    settle(conn, samples.triaged("a1"), NOW)
    settle(conn, samples.triaged("b1"), NOW)
    case_work.close(conn, 2, *CLOSE, "ana", NOW)
    settle(conn, samples.triaged("c1"), NOW)
    before = audit.count(conn)
    with pytest.raises(UsageError) as told:
        act(conn)
    assert told.value.next_step
    assert audit.count(conn) == before


def test_a_case_is_opened_by_hand_about_several(conn):
    for name in ("a1", "b1"):
        settle(conn, samples.triaged(name, "watch"), NOW)
    case = cases.open_case(conn, ["a1", "b1", "a1"], "ana", NOW, title="campaign\x07", why="both")
    assert (case.alerts, case.title) == (("a1", "b1"), "campaign\\x07")
    assert len(cases.tasks(conn, case.number)) == 2
    assert cases.listed(conn, states=["open"], assignee=None) == (case,)
    assert cases.listed(conn, states=["closed"]) == ()
    assert cases.listed(conn, assignee="bo") == ()


def test_every_classification_has_codes_of_its_own():
    assert reasons.CODES.keys() == reasons.CLASSIFICATIONS.keys()
    words = [code for codes in reasons.CODES.values() for code in codes]
    assert len(words) == len(set(words))


def test_numbers(conn):
    rules = [("burst",), ("burst", "sweep"), ("sweep",), ("burst",)]
    for n, ones in enumerate(rules):
        settle(conn, samples.triaged(f"a{n}", rules=ones), NOW)
    case_work.assign(conn, 1, "bo", "ana", NOW + 10)
    case_work.close(conn, 1, "false-positive", "bad-log", "bo", NOW + 100)
    case_work.close(conn, 2, "true-positive", "insider", "bo", NOW + 30)
    case_work.close(conn, 3, "undetermined", "no-answer", "bo", NOW + 20)
    found = metrics.metrics(conn)
    assert found.by_state == {"open": 1, "assigned": 0, "closed": 3}
    assert found.by_classification["false-positive"] == 1
    assert found.by_reason == {"bad-log": 1, "insider": 1, "no-answer": 1}
    assert found.by_decision["l1-review"] == 4
    assert (found.cases, found.untouched, found.reopened) == (4, 1, 0)
    assert (found.median_to_triage, found.median_to_close) == (20, 30)
    ratios = {one.rule: (one.alerts, one.false_positive_ratio) for one in found.rules}
    assert ratios == {"burst": (2, 0.5), "sweep": (2, 0.0)}
    assert metrics.metrics(conn, since=NOW + 1).cases == 0
    case_work.reopen(conn, 2, "wrong", "bo", NOW + 200)
    assert metrics.metrics(conn).reopened == 1


def test_no_cases_no_numbers(conn):
    found = metrics.metrics(conn)
    assert (found.cases, found.median_to_triage, found.rules) == (0, None, ())


def test_old_cases_go_and_leave_their_proof(conn):
    for name in ("a1", "b1"):
        settle(conn, samples.triaged(name), NOW)
    settle(conn, samples.triaged("loose", "watch"), NOW)
    case_work.close(conn, 1, *CLOSE, "ana", NOW + 1)
    assert purge.closed_cases(conn, NOW - 2 * DAY, "ana", NOW + 2) == 0
    assert purge.closed_cases(conn, NOW + 2, "ana", NOW + 3) == 1
    assert [one.name for one in cases.listed(conn)] == ["C-2"]
    assert [one.id for one in triaged.listed(conn)] == ["b1"]
    assert cases.history(conn, 1) == ()
    assert triaged.history(conn, "a1") == ()
    with pytest.raises(UsageError, match="C-2 is about it"):
        purge.alert(conn, "b1", "ana", NOW + 4)
    last = audit.last(conn)
    assert (last.act, last.subject) == ("purge", "cases")
    assert '"cases":1' in last.details
    assert settle(conn, samples.triaged("a1"), NOW + 5).case.name == "C-3"  # numbers are not used twice


# Any sequence of acts

ACTS = st.sampled_from(
    ["detect", "detect", "grow", "close", "reopen", "month", "judge", "supersede", "benign"]
)


@pytest.mark.parametrize("kind", samples.KINDS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(acts=st.lists(ACTS, max_size=14))
def test_only_new_evidence_opens_a_case_again(kind, acts, tmp_path_factory):
    with samples.opened(kind, tmp_path_factory.mktemp("any")) as office, office.transaction() as conn:
        world = World(conn)
        for act in acts:
            getattr(world, act)()
            world.check()


class World:
    """What ought to be, beside what is."""

    def __init__(self, conn):
        self.conn, self.now, self.lookups, self.name, self.decision = conn, NOW, 3, "a1", "l1-review"
        self.case, self.closed, self.numbers = None, None, 0
        self.owed = False  # lookups came to a closed case when nobody had to look
        self.detect()

    def detect(self, grew=False):
        self.now += 1
        done = settle(self.conn, samples.triaged(self.name, self.decision, lookups=self.lookups), self.now)
        needed = self.decision in automatic.OPENS
        due = grew or (self.owed and needed)
        allowed = {"nothing", "judged", "opened"} | (
            {"reopened", "followed", "new-evidence"} if due else set()
        )
        if self.case is None and needed:
            self.numbers += 1
            self.case, self.closed = self.numbers, None
        elif due and needed and self.closed is not None:
            if self.now - self.closed > 30 * DAY:
                self.numbers += 1
                self.case = self.numbers
            self.closed = None
        self.owed = self.closed is not None and not needed and (grew or self.owed)
        assert (done.case.number if done.case else None) == self.case
        assert done.did in allowed

    def grow(self):
        self.lookups += 1
        self.detect(grew=True)

    def judge(self):
        self.decision = "contain" if self.decision == "l1-review" else "l1-review"
        self.detect()

    def benign(self):
        self.decision = "close-benign"
        self.detect()

    def supersede(self):
        old, self.name = self.name, f"{self.name}x"
        triaged.supersede(self.conn, old, self.name, self.now)
        self.detect()

    def month(self):
        self.now += 31 * DAY

    def close(self):
        self.now += 1
        if self.case and self.closed is None:
            case_work.close(self.conn, self.case, *CLOSE, "ana", self.now)
            self.closed, self.owed = self.now, False

    def reopen(self):
        self.now += 1
        if self.case and self.closed is not None:
            case_work.reopen(self.conn, self.case, "why", "ana", self.now)
            self.closed = None

    def check(self):
        found = {one.number: one for one in cases.listed(self.conn)}
        assert len(found) == self.numbers
        for number, case in found.items():
            is_open = number == self.case and self.closed is None
            assert (case.state != "closed") == is_open
            events = cases.history(self.conn, number)
            assert [one.number for one in events] == list(range(1, len(events) + 1))
            changes = sum(
                1 if one.kind in {"open-case", "reopen"} else -1 if one.kind == "close" else 0
                for one in events
            )
            assert changes == (1 if is_open else 0)
        assert verify(audit.entries(self.conn)).whole


def test_the_page_on_the_trail_lists_every_reason_code():
    page = (Path(__file__).parents[1] / "docs" / "audit.md").read_text("utf-8")
    for kind, codes in reasons.CODES.items():
        assert f"| {kind} | {', '.join(codes)} |" in page


def test_the_page_tells_the_waits_as_they_are():
    page = (Path(__file__).parents[1] / "docs" / "audit.md").read_text("utf-8").replace("\n", " ")
    units = {"s": 1, "min": 60, "h": 3600}
    said = re.search(r"failed one waits (.*?); after (\w+)", page)
    waits = [int(n) * units[unit] for n, unit in re.findall(r"(\d+) (s|min|h)", said[1])]
    assert [wait * samples.SECOND for wait in waits] == list(outbox.WAITS)
    assert (said[2], outbox.TRIES) == ("eight", 8)


@BOTH
def test_what_came_while_it_was_allowed_is_made_up_for_when_it_is_not_any_more(kind, tmp_path):
    """Closed; new lookups under an entry of the register; then the entry is taken back."""
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        automatic.settle(conn, samples.triaged(), NOW)
        case_work.close(conn, 1, "benign-positive", "authorised-use", "ana", NOW + 1)
        allowed = samples.triaged(decision="close-authorised", lookups=5)
        assert automatic.settle(conn, allowed, NOW + 2).did == "new-evidence"
        assert cases.get_case(conn, 1).state == "closed"
        for step in (3, 4):  # detected again: told once
            assert automatic.settle(conn, allowed, NOW + step).did == "nothing"
        again = automatic.settle(conn, samples.triaged(lookups=5), NOW + 5)
        assert (again.did, again.case.number, again.case.state) == ("reopened", 1, "open")
        assert automatic.settle(conn, samples.triaged(lookups=5), NOW + 6).did == "nothing"
        assert compare.compare(conn).problems == []


@BOTH
def test_after_long_a_new_case_makes_up_for_it(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        automatic.settle(conn, samples.triaged(), NOW)
        case_work.close(conn, 1, "benign-positive", "authorised-use", "ana", NOW + 1)
        automatic.settle(conn, samples.triaged(decision="close-authorised", lookups=5), NOW + 2)
        done = automatic.settle(conn, samples.triaged(lookups=5), NOW + 40 * samples.DAY)
        assert (done.did, done.case.number, done.case.follows) == ("followed", 2, 1)


@BOTH
def test_whoever_closes_the_case_again_saw_what_came_meanwhile(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        automatic.settle(conn, samples.triaged(), NOW)
        case_work.close(conn, 1, "benign-positive", "authorised-use", "ana", NOW + 1)
        automatic.settle(conn, samples.triaged(decision="close-authorised", lookups=5), NOW + 2)
        case_work.reopen(conn, 1, "look again", "ana", NOW + 3)
        case_work.close(conn, 1, "benign-positive", "authorised-use", "ana", NOW + 4)
        assert automatic.settle(conn, samples.triaged(lookups=5), NOW + 5).did == "judged"
        assert cases.get_case(conn, 1).state == "closed"


@BOTH
def test_an_alert_that_was_allowed_and_in_no_case_gets_one(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        assert automatic.settle(conn, samples.triaged(decision="close-authorised"), NOW).case is None
        automatic.settle(conn, samples.triaged(decision="close-authorised", lookups=5), NOW + 1)
        assert automatic.settle(conn, samples.triaged(lookups=5), NOW + 2).did == "opened"
