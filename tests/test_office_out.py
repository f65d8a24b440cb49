"""Notices go out at least once and are queued once; entries of the register are kept with their history."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import office_samples as samples
from glasshouse.errors import ReadError, UsageError
from glasshouse.office import audit, outbox, uses
from glasshouse.office.documents import of_text, text_of

NOW, DAY, SECOND = samples.NOW, samples.DAY, samples.SECOND
WORDS = {"alert": "a1", "decision": "contain", "channel": "mail", "body": '{"x":1}'}


@pytest.fixture(params=samples.KINDS)
def conn(request, tmp_path):
    with samples.opened(request.param, tmp_path) as office, office.transaction() as conn:
        yield conn


def test_a_notice_is_queued_once(conn):
    key = outbox.put(conn, **WORDS, now=NOW)
    assert outbox.put(conn, **WORDS, now=NOW + 1) is None
    assert outbox.put(conn, **{**WORDS, "channel": "chat"}, now=NOW) not in (None, key)
    assert outbox.put(conn, **WORDS, now=NOW, occasion="reopened") not in (None, key)
    assert len(outbox.due(conn, NOW)) == 3
    outbox.sent(conn, key, NOW + 1)
    assert outbox.put(conn, **WORDS, now=NOW + 2) is None
    assert outbox.get(conn, key).state == "sent"
    assert key == outbox.key_of("a1", "contain", "mail")


def test_words_of_a_key_do_not_run_together():
    assert outbox.key_of("a", "bc", "d") != outbox.key_of("ab", "c", "d")


def test_a_notice_falls_with_its_decision(tmp_path):
    with samples.opened("sqlite", tmp_path) as office:
        with pytest.raises(RuntimeError), office.transaction() as conn:
            outbox.put(conn, **WORDS, now=NOW)
            raise RuntimeError
        with office.transaction() as conn:
            assert outbox.waiting(conn) == ()


def test_sent_is_sent(conn):
    key = outbox.put(conn, **WORDS, now=NOW)
    (one,) = outbox.due(conn, NOW)
    assert (one.key, one.body, one.tries, one.state) == (key, '{"x":1}', 1, "waiting")
    outbox.sent(conn, key, NOW + 1)
    outbox.sent(conn, key, NOW + 2)
    assert outbox.get(conn, key).sent == NOW + 1
    assert outbox.due(conn, NOW + 365 * DAY) == ()
    assert outbox.failed(conn, key, "late", NOW + 3).state == "sent"
    with pytest.raises(UsageError):
        outbox.get(conn, "none")


def test_two_senders_do_not_take_the_same_and_a_dead_one_loses_nothing(conn):
    outbox.put(conn, **WORDS, now=NOW)
    assert len(outbox.due(conn, NOW)) == 1
    assert outbox.due(conn, NOW + 1) == ()
    assert len(outbox.due(conn, NOW + outbox.LEASE)) == 1


def test_waits_grow_and_then_it_is_given_up(conn):
    key = outbox.put(conn, **WORDS, now=NOW)
    now, waits = NOW, []
    while outbox.get(conn, key).state == "waiting":
        (one,) = outbox.due(conn, now)
        after = outbox.failed(conn, key, "500\x1b[2J", now)
        waits.append(after.due - now if after.state == "waiting" else None)
        assert outbox.due(conn, after.due - 1) == ()
        now = after.due
    assert waits == [*outbox.WAITS, None]
    assert list(outbox.WAITS) == sorted(outbox.WAITS)
    assert one.tries == outbox.TRIES
    (dead,) = outbox.dead(conn)
    assert "\x1b" not in dead.why
    last = audit.last(conn)
    assert (last.act, last.subject) == ("notice-dead", key)
    assert outbox.revive(conn, key, "ana", now).tries == 0
    assert len(outbox.due(conn, now)) == 1
    with pytest.raises(UsageError):
        outbox.revive(conn, key, "ana", now)


def test_what_kills_its_sender_is_given_up_too(conn):
    key = outbox.put(conn, **WORDS, now=NOW)
    for n in range(outbox.TRIES):
        assert len(outbox.due(conn, NOW + n * outbox.LEASE)) == 1
    assert outbox.due(conn, NOW + outbox.TRIES * outbox.LEASE) == ()
    assert outbox.get(conn, key).state == "dead"


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["put", "due", "sent", "failed", "hour"]), max_size=40))
def test_nothing_is_lost_and_nothing_sent_is_due(tmp_path_factory, acts):
    with samples.opened("sqlite", tmp_path_factory.mktemp("out")) as office, office.transaction() as conn:
        now, taken, done, keys = NOW, [], set(), set()
        for n, act in enumerate(acts):
            now += SECOND
            if act == "put":
                keys.add(outbox.put(conn, **{**WORDS, "alert": f"a{n % 3}"}, now=now))
            elif act == "due":
                taken = [one.key for one in outbox.due(conn, now)]
                assert not done & set(taken)
            elif act == "hour":
                now += samples.HOUR
            elif taken and act == "sent":
                outbox.sent(conn, taken[0], now)
                done.add(taken.pop(0))
            elif taken:
                outbox.failed(conn, taken.pop(0), "no", now)
        left = {one.key for one in (*outbox.waiting(conn), *outbox.dead(conn))}
        assert left | done == keys - {None}
        assert not left & done


def test_an_entry_comes_goes_and_stays_in_its_history(conn):
    made = uses.add(conn, samples.use(), "asked by mail", "ana", NOW, 180)
    assert (made.use.id, made.use.origin, made.state, made.added_by) == (
        "R-1",
        "register R-1",
        "active",
        "ana",
    )
    assert uses.add(conn, samples.use("team"), "why", "ana", NOW, 180).use.id == "team"
    assert [one.id for one in uses.known(conn)] == ["R-1", "team"]
    ended = uses.end(conn, "R-1", "left the team", "bo", NOW + DAY)
    assert (ended.state, ended.ended_by, ended.use.valid_until) == ("ended", "bo", NOW + DAY)
    assert [one.use.id for one in uses.listed(conn, active=True)] == ["team"]
    assert len(uses.known(conn)) == 2  # what it covered stays covered
    events = uses.history(conn, "R-1")
    assert [(one.number, one.kind, one.actor, one.reason) for one in events] == [
        (1, "add", "ana", "asked by mail"),
        (2, "end", "bo", "left the team"),
    ]
    assert events[0].use.valid_until == NOW + 90 * DAY
    assert [one.act for one in audit.entries(conn)] == ["register-add", "register-add", "register-end"]
    assert not any("jdoe" in one.details for one in audit.entries(conn))


@pytest.mark.parametrize(
    "said",
    [
        {"purpose": " "}, {"approved_by": ""}, {"databases": ()}, {"targets": ()}, {"accounts": ()},
        {"valid_until": NOW + 181 * DAY}, {"valid_until": NOW}, {"valid_until": NOW - 2 * DAY},
        {"name": "there"},
    ],
)  # fmt: skip
def test_an_entry_that_says_too_little_or_too_long_is_refused(conn, said):
    uses.add(conn, samples.use("there"), "why", "ana", NOW, 180)
    with pytest.raises(UsageError) as told:
        uses.add(conn, samples.use(**{"name": "x", **said}), "why", "ana", NOW, 180)
    assert told.value.next_step
    assert len(uses.listed(conn)) == 1


def test_reasons_are_needed(conn):
    with pytest.raises(UsageError, match="reason"):
        uses.add(conn, samples.use(), " ", "ana", NOW, 180)
    uses.add(conn, samples.use("x"), "why", "ana", NOW, 180)
    for entry, reason in (("x", " "), ("y", "why")):
        with pytest.raises(UsageError):
            uses.end(conn, entry, reason, "ana", NOW)
    uses.end(conn, "x", "why", "ana", NOW)
    with pytest.raises(UsageError, match="ended already"):
        uses.end(conn, "x", "why", "ana", NOW)


def test_an_entry_that_has_not_begun_ends_at_its_beginning(conn):
    uses.add(conn, samples.use("x", valid_from=NOW + 5 * DAY), "why", "ana", NOW, 180)
    ended = uses.end(conn, "x", "why", "ana", NOW + DAY).use
    assert ended.valid_until == ended.valid_from
    assert of_text(type(ended), text_of(ended)) == ended


def test_history_of_entries_cannot_be_rewritten(tmp_path):
    with samples.opened("sqlite", tmp_path) as office:
        with office.transaction() as conn:
            uses.add(conn, samples.use(), "why", "ana", NOW, 180)
        with pytest.raises(ReadError, match="written once"), office.transaction() as conn:
            conn.exec_driver_sql("UPDATE use_events SET reason = 'x'")
