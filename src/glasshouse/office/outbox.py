"""Notices in, each queued once with the decision it tells; out what is due, until sent or given up."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Row, Select, and_, select, update

from glasshouse.errors import UsageError
from glasshouse.office import audit
from glasshouse.office.documents import one_line
from glasshouse.office.tables import outbox

SECOND = 1_000_000
WAITS = tuple(seconds * SECOND for seconds in (30, 120, 600, 1800, 7200, 21600, 43200))  # after each try
TRIES = len(WAITS) + 1  # then it is dead
LEASE = 300 * SECOND  # who took a notice has so long to say what became of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One notice on its way. ``key`` goes with it, so that a receiver knows it when it comes twice."""

    key: str
    alert: str
    decision: str
    channel: str
    body: str
    made: int
    due: int
    tries: int  # begun
    state: Literal["waiting", "sent", "dead"]
    why: str  # of the last failure
    sent: int | None


def key_of(alert: str, decision: str, channel: str, occasion: str = "") -> str:
    """The idempotency key: one for each alert, decision and channel; ``occasion`` makes room for another."""
    words = "\x1f".join((alert, decision, channel, occasion))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def put(
    conn: Connection, *, alert: str, decision: str, channel: str, body: str, now: int, occasion: str = ""
) -> str | None:
    """Queue a notice in the transaction of its decision; its key, or None when it was queued before.

    ``body`` is text without NUL and halves of characters, JSON for example.
    """
    key = key_of(alert, decision, channel, occasion)
    if conn.execute(select(outbox.c.key).where(outbox.c.key == key)).first():
        return None
    conn.execute(
        outbox.insert().values(
            key=key, alert=alert, decision=decision, channel=channel, body=body, made=now, due=now, tries=0,
            state="waiting", why="",
        )
    )  # fmt: skip
    return key


def due(conn: Connection, now: int, limit: int = 100, without: Collection[str] = ()) -> tuple[Queued, ...]:
    """Take what is due, the oldest first. It is due again after LEASE unless ``sent`` or ``failed`` is said.

    So a notice goes out at least once whenever a sender dies, and two senders do not take the same. Channels
    in ``without`` are left alone.
    """
    ready = (outbox.c.state == "waiting", outbox.c.due <= now, outbox.c.channel.not_in(without))
    for one in [_queued(row) for row in conn.execute(_wanted(*ready, outbox.c.tries >= TRIES))]:
        _give_up(conn, one, one.why or "its sender ended before it said what became of it", now)
    found = []
    for row in conn.execute(_wanted(*ready, outbox.c.tries < TRIES).limit(limit)).all():
        one = _queued(row)
        values = {"due": now + LEASE, "tries": one.tries + 1}
        conn.execute(update(outbox).where(outbox.c.key == one.key).values(values))
        found.append(get(conn, one.key))
    return tuple(found)


def sent(conn: Connection, key: str, now: int) -> None:
    """It is delivered. Saying so twice changes nothing."""
    here = and_(outbox.c.key == key, outbox.c.state != "sent")
    conn.execute(update(outbox).where(here).values(state="sent", sent=now, why=""))


def failed(conn: Connection, key: str, why: str, now: int) -> Queued:
    """It could not be delivered: due again after a wait that grows, dead after TRIES."""
    one = get(conn, key)
    if one.state != "waiting":
        return one
    if one.tries >= TRIES:
        _give_up(conn, one, why, now)
    else:
        again = now + WAITS[max(one.tries, 1) - 1]
        values = {"due": again, "why": one_line(why)[:500]}
        conn.execute(update(outbox).where(outbox.c.key == key).values(values))
    return get(conn, key)


def dead(conn: Connection) -> tuple[Queued, ...]:
    """The notices that were given up."""
    return tuple(_queued(row) for row in conn.execute(_wanted(outbox.c.state == "dead")))


def waiting(conn: Connection) -> tuple[Queued, ...]:
    """The notices that are on their way."""
    return tuple(_queued(row) for row in conn.execute(_wanted(outbox.c.state == "waiting")))


def revive(conn: Connection, key: str, actor: str, now: int) -> Queued:
    """Try a dead notice again, from the first wait on; UsageError when it is not dead."""
    if get(conn, key).state != "dead":
        raise UsageError("only what was given up can be tried again", key)
    conn.execute(update(outbox).where(outbox.c.key == key).values(state="waiting", due=now, tries=0))
    audit.append(conn, act="notice-revived", subject=key, actor=actor, now=now)
    return get(conn, key)


def get(conn: Connection, key: str) -> Queued:
    """One notice by its key; UsageError when there is none."""
    row = conn.execute(select(outbox).where(outbox.c.key == key)).first()
    if row is None:
        raise UsageError("no such notice", key)
    return _queued(row)


def _give_up(conn: Connection, one: Queued, why: str, now: int) -> None:
    values = {"state": "dead", "why": one_line(why)[:500]}
    conn.execute(update(outbox).where(outbox.c.key == one.key).values(values))
    details: audit.Details = {"alert": one.alert, "decision": one.decision, "tries": one.tries}
    audit.append(conn, act="notice-dead", subject=one.key, actor=audit.US, now=now, details=details)


def _wanted(*where: object) -> Select[tuple[object, ...]]:
    return select(outbox).where(*where).order_by(outbox.c.due, outbox.c.made, outbox.c.key)  # type: ignore[arg-type]


def _queued(row: Row[tuple[object, ...]]) -> Queued:
    return Queued(**row._mapping)
