"""What is changed behind the trail's back in the other tables is found; what nobody changed never is."""

# ruff: noqa: E501 -- statements

from __future__ import annotations

import json

import pytest

import office_samples as samples
from glasshouse.office import (
    audit,
    automatic,
    case_work,
    compare,
    exposed,
    purge,
    redaction,
    together,
    triaged,
    unmask,
    uses,
)
from glasshouse.office.kept import get
from glasshouse.office.migrations import WRITTEN_ONCE

BOTH = pytest.mark.parametrize("kind", samples.KINDS)
NOW, DAY = samples.NOW, samples.DAY


def worked(conn) -> None:
    """Some work of every kind: C-1 is closed, C-2 assigned, C-3 open."""
    together.settle_all(conn, [samples.triaged("a1"), samples.triaged("a2"), samples.triaged("a3")], NOW)
    automatic.settle(conn, samples.triaged("a1", about_us="none"), NOW + 1)  # a line without a decision
    case_work.override(conn, 1, "watch", "known to us", "ana", NOW + 2)
    case_work.comment(conn, 1, "seen", "ana", NOW + 3)
    case_work.set_task(conn, 1, 1, "done", "", "ana", NOW + 4)
    case_work.close(conn, 1, "benign-positive", "authorised-use", "ana", NOW + 5, "as told")
    case_work.assign(conn, 2, "ben", "ana", NOW + 6)
    automatic.settle(conn, samples.triaged("a2", decision="contain"), NOW + 7)
    case_work.comment(conn, 3, "hello", "ana", NOW + 8)
    uses.add(conn, samples.use("R-A"), "asked for", "ana", NOW + 9, 180)
    uses.add(conn, samples.use("R-B"), "asked for", "ana", NOW + 10, 180)
    uses.end(conn, "R-B", "no more", "ben", NOW + 11)
    unmask.request(conn, "user-aaaa", {"user-aaaa"}, "C-2", "ana", "why", NOW + 12, 24)
    unmask.approve(conn, 1, {"user-aaaa"}, "ben", NOW + 13, 24)
    unmask.view(conn, {"user-aaaa"}, "C-2", "ana", NOW + 14)
    exposed.add(conn, "adopt", "example.test", "ana", NOW + 15, "ours", "web team", type_="domain")
    exposed.add(conn, "accept", "F-1", "ana", NOW + 16, "known", "web team", NOW + 17 * DAY)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with samples.opened("sqlite", tmp_path_factory.mktemp("compare")) as office:
        with office.transaction() as conn:
            worked(conn)
            for _, table, _ in WRITTEN_ONCE:
                for what in ("update", "delete", "replace"):
                    conn.exec_driver_sql(f"DROP TRIGGER {table}_no_{what}")
        yield office


def found_after(office, *statements: str):
    """What a comparison finds after some statements, which do not stay."""
    with office.reading() as conn:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for one in statements:
            assert conn.exec_driver_sql(one).rowcount, one
        return compare.compare(conn)


@BOTH
def test_ordinary_work_leaves_nothing_to_tell(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        worked(conn)
        found = compare.compare(conn)
    assert (found.problems, found.not_comparable) == ([], {})
    assert found.rows > 25


TAMPERED = [
    ("edited", "UPDATE alerts SET override = NULL WHERE id = 'a1'"),
    ("edited", "UPDATE alerts SET override = 'close-benign' WHERE id = 'a2'"),
    ("edited", "UPDATE alerts SET decision = 'watch' WHERE id = 'a2'"),
    ("edited", "UPDATE alerts SET decision_row = 'else' WHERE id = 'a3'"),
    ("inserted", "INSERT INTO alerts SELECT 'b1', first, last, actor, level, score, decision, decision_row, "
     "override, knowledge, evidence, grown, judged, changed, successor, alert, episode, verdict, answers, "
     "decided FROM alerts WHERE id = 'a1'"),
    ("deleted", "DELETE FROM alerts WHERE id = 'a3'"),
    ("edited", "UPDATE decisions SET reason = 'else' WHERE reason = 'known to us'"),
    ("edited", "UPDATE decisions SET actor = 'eve' WHERE actor = 'ana'"),
    ("edited", "UPDATE decisions SET changes = '[]' WHERE alert = 'a1' AND number = 2"),
    ("edited", "UPDATE decisions SET score = 1 WHERE alert = 'a3'"),
    ("inserted", "INSERT INTO decisions SELECT alert, 9, time, actor, decision, decision_row, score, knowledge, "
     "evidence, changes, reason FROM decisions WHERE alert = 'a2' AND number = 1"),
    ("inserted", "INSERT INTO decisions SELECT 'b1', 1, time, actor, decision, decision_row, score, knowledge, "
     "evidence, changes, reason FROM decisions WHERE alert = 'a2' AND number = 1"),
    ("deleted", "DELETE FROM decisions WHERE alert = 'a1' AND number = 2"),
    ("deleted", "DELETE FROM decisions WHERE alert = 'a3'"),
    ("edited", "UPDATE cases SET state = 'open', closed = NULL, classification = NULL, reason_code = NULL "
     "WHERE number = 1"),
    ("edited", "UPDATE cases SET classification = 'true-positive' WHERE number = 1"),
    ("edited", "UPDATE cases SET reason_code = 'training' WHERE number = 1"),
    ("edited", "UPDATE cases SET closed = closed + 1 WHERE number = 1"),
    ("edited", "UPDATE cases SET state = 'closed', closed = 1, classification = 'undetermined', "
     "reason_code = 'out-of-time' WHERE number = 3"),
    ("edited", "UPDATE cases SET assignee = 'eve' WHERE number = 2"),
    ("edited", "UPDATE cases SET assignee = NULL, state = 'open' WHERE number = 2"),
    ("edited", "UPDATE cases SET title = 'nothing' WHERE number = 3"),
    ("edited", "UPDATE cases SET opened = 1 WHERE number = 3"),
    ("inserted", "INSERT INTO cases SELECT 9, 'open', title, NULL, opened, changed, NULL, NULL, NULL, NULL "
     "FROM cases WHERE number = 3"),
    ("edited", "UPDATE case_events SET text = 'else' WHERE text = 'seen'"),
    ("edited", "UPDATE case_events SET says = 'else' WHERE says = 'commented' AND case_number = 3"),
    ("edited", "UPDATE case_events SET says = 'else' WHERE kind = 'decide'"),
    ("edited", "UPDATE case_events SET actor = 'eve' WHERE kind = 'close'"),
    ("edited", "UPDATE case_events SET kind = 'comment' WHERE kind = 'close'"),
    ("inserted", "INSERT INTO case_events SELECT case_number, 99, time, actor, kind, says, text, audit_seq "
     "FROM case_events WHERE kind = 'close'"),
    ("inserted", "INSERT INTO case_events SELECT case_number, 99, time, actor, kind, says, text, 9999 "
     "FROM case_events WHERE kind = 'close'"),
    ("deleted", "DELETE FROM case_events WHERE kind = 'close'"),
    ("deleted", "DELETE FROM case_events WHERE text = 'hello'"),
    ("edited", """UPDATE uses SET document = replace(document, 'jdoe', 'eve') WHERE id = 'R-A'"""),
    ("edited", "UPDATE uses SET state = 'active', ended = NULL, ended_by = NULL WHERE id = 'R-B'"),
    ("edited", "UPDATE uses SET added_by = 'eve' WHERE id = 'R-A'"),
    ("edited", "UPDATE uses SET ended_by = 'eve' WHERE id = 'R-B'"),
    ("inserted", "INSERT INTO uses SELECT 'R-C', state, added, added_by, ended, ended_by, document FROM uses "
     "WHERE id = 'R-A'"),
    ("deleted", "DELETE FROM uses WHERE id = 'R-A'"),
    ("edited", "UPDATE use_events SET reason = 'else' WHERE use_id = 'R-A'"),
    ("edited", "UPDATE use_events SET document = '{}' WHERE use_id = 'R-A'"),
    ("inserted", "INSERT INTO use_events SELECT use_id, 9, time, actor, 'end', reason, document FROM use_events "
     "WHERE use_id = 'R-A'"),
    ("deleted", "DELETE FROM use_events WHERE use_id = 'R-B' AND kind = 'end'"),
    ("edited", "UPDATE unmasks SET person = 'eve'"),
    ("edited", "UPDATE unmasks SET reason = 'else'"),
    ("edited", "UPDATE unmasks SET until = until + 1"),
    ("inserted", "INSERT INTO unmasks SELECT 9, token, case_number, requester, person, reason, made, until, glass "
     "FROM unmasks"),
    ("edited", "UPDATE unmask_steps SET person = 'eve' WHERE kind = 'approve'"),
    ("edited", "UPDATE unmask_steps SET kind = 'refuse' WHERE kind = 'approve'"),
    ("inserted", "INSERT INTO unmask_steps SELECT request, 9, time, actor, person, kind, until FROM unmask_steps "
     "WHERE kind = 'view'"),
    ("deleted", "DELETE FROM unmask_steps WHERE kind = 'view'"),
    ("edited", "UPDATE exposure_events SET until = until + 1 WHERE kind = 'accept'"),
    ("edited", "UPDATE exposure_events SET subject = 'other.test' WHERE kind = 'adopt'"),
    ("inserted", "INSERT INTO exposure_events SELECT 9, time, actor, kind, type, subject, owner, reason, until "
     "FROM exposure_events WHERE kind = 'accept'"),
    ("deleted", "DELETE FROM exposure_events WHERE kind = 'accept'"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "statement"), TAMPERED, ids=range(len(TAMPERED)))
def test_a_change_behind_the_trails_back_is_found(office, what, statement):
    found = found_after(office, statement)
    assert what in {one.kind for one in found.problems}, found
    assert all(one.says for one in found.problems)


def test_requests_that_are_gone_altogether_are_found(office):
    found = found_after(office, "DELETE FROM unmask_steps", "DELETE FROM unmasks")
    assert {one.kind for one in found.problems} == {"deleted"}


def test_a_whole_case_that_is_gone_is_found(office):
    gone = [
        f"DELETE FROM {table} WHERE case_number = 3" for table in ("case_events", "case_tasks", "case_alerts")
    ]
    found = found_after(office, *gone, "DELETE FROM cases WHERE number = 3")
    assert [(one.kind, "C-3" in one.says) for one in found.problems] == [("deleted", True)]


@BOTH
def test_what_goes_at_its_time_is_not_missed(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        worked(conn)
        case_work.close(conn, 2, "undetermined", "out-of-time", "ana", NOW + 20)
        assert purge.closed_cases(conn, NOW + 10 * DAY, "ana", NOW + 11 * DAY) == 2
        assert compare.compare(conn).problems == []
        purge.entries(conn, NOW + 10 * DAY, "ana", NOW + 11 * DAY)  # the beginning of the trail
        found = compare.compare(conn)
    assert found.problems == []
    assert {"alerts", "cases", "case_events", "uses", "decisions"} & found.not_comparable.keys()


@BOTH
def test_an_erasure_is_no_edit_but_what_comes_after_it_is(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        worked(conn)
        one = get(conn, "a1")

        def text(said):
            return said.replace("seen", "[erased]").replace("jdoe", "[erased]").replace("known", "[erased]")

        redaction.redact(conn, one, one.triaged, text, "ana", NOW + 30)
        assert compare.compare(conn).problems == []
        case_work.comment(conn, 1, "later", "ana", NOW + 31)
        triaged.keep(conn, samples.triaged("a1", decision="watch"), NOW + 32)
        assert compare.compare(conn).problems == []
        if kind == "sqlite":
            conn.exec_driver_sql("DROP TRIGGER case_events_no_update")
            conn.exec_driver_sql("UPDATE case_events SET text = 'else' WHERE text = '[erased]'")
            assert {one.kind for one in compare.compare(conn).problems} == {"edited"}


def test_entries_of_before_are_told_as_not_comparable_and_what_they_say_is_compared(tmp_path, monkeypatch):
    """As an earlier version wrote them: without the hashes of rows (decisions about what is public had theirs always)."""
    whole = audit.following

    def bare(newest, *, details=None, **said):
        if said["act"] in ("adopt", "accept"):
            return whole(newest, details=details, **said)
        old = {
            k: v for k, v in dict(details or {}).items() if k not in ("line", "row_sha256", "title_sha256")
        }
        return whole(newest, details=old, **said)

    monkeypatch.setattr(audit, "following", bare)
    with samples.opened("sqlite", tmp_path) as office, office.transaction() as conn:
        worked(conn)
        found = compare.compare(conn)
        assert found.problems == []
        assert {
            "decisions",
            "case_events",
            "use_events",
            "unmasks",
            "unmask_steps",
        } <= found.not_comparable.keys()
        for name in ("case_events", "use_events", "unmasks"):
            conn.exec_driver_sql(f"DROP TRIGGER {name}_no_update")
        for statement in (
            "UPDATE alerts SET override = NULL WHERE id = 'a1'",
            "UPDATE cases SET assignee = 'eve' WHERE number = 2",
            "UPDATE case_events SET text = 'else' WHERE text = 'seen'",
            "UPDATE uses SET added_by = 'eve' WHERE id = 'R-A'",
            "UPDATE unmasks SET until = until + 1",
        ):
            before = len(compare.compare(conn).problems)
            conn.exec_driver_sql(statement)
            assert len(compare.compare(conn).problems) > before, statement


def test_the_trail_holds_hashes_and_no_words(office):
    with office.reading() as conn:
        for entry in audit.entries(conn):
            assert "known to us" not in entry.details and "seen" not in entry.details
            if entry.act in ("decide", "judge", "comment", "close", "register-add", "unmask-request"):
                assert len(json.loads(entry.details)["row_sha256"]) == 64
