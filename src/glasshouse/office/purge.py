"""A time in; out of the office goes what is older, in one transaction, and the trail keeps the proof."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection, Select, delete, func, select

from glasshouse.errors import UsageError
from glasshouse.office import audit
from glasshouse.office.tables import (
    alerts,
    case_alerts,
    case_events,
    case_tasks,
    cases,
    decisions,
    holds,
    outbox,
    purging,
    stamps,
    unmask_steps,
    unmasks,
)
from glasshouse.office.tables import audit as trail


@contextmanager
def permitted(conn: Connection, actor: str, why: str, now: int) -> Iterator[None]:
    """Inside, rows written once may be removed, though not changed; elsewhere the tables refuse it."""
    conn.execute(purging.insert().values(made=now, actor=actor, why=why))
    yield
    conn.execute(delete(purging))


def closed_cases(
    conn: Connection, before: int, actor: str, now: int, due: Collection[int] | None = None
) -> int:
    """Remove the cases closed before a time with their history, their alerts and notices; gives how many.

    Alerts in no case go too when their last lookup is before that time. ``due`` says which cases instead.
    """
    old = select(cases.c.number).where(cases.c.state == "closed", cases.c.closed < before)
    numbers = sorted(conn.execute(old).scalars() if due is None else due)
    with permitted(conn, actor, "retention", now):
        for table in (case_events, case_tasks, case_alerts):
            conn.execute(delete(table).where(table.c.case_number.in_(numbers)))
        asked = select(unmasks.c.number).where(unmasks.c.case_number.in_(numbers))
        conn.execute(delete(unmask_steps).where(unmask_steps.c.request.in_(asked)))
        conn.execute(delete(unmasks).where(unmasks.c.case_number.in_(numbers)))
        conn.execute(delete(holds).where(holds.c.case_number.in_(numbers)))
        conn.execute(delete(cases).where(cases.c.number.in_(numbers)))
        in_case = select(case_alerts.c.alert)
        loose = select(alerts.c.id).where(alerts.c.last < before, alerts.c.id.not_in(in_case))
        ids = sorted(conn.execute(loose).scalars())
        gone = _delete_alerts(conn, loose)
        removed = conn.execute(delete(outbox).where(outbox.c.made < before, outbox.c.state != "waiting"))
    if numbers or gone or removed.rowcount:
        details: audit.Details = {
            "cases": len(numbers), "first": numbers[0] if numbers else None,
            "last": numbers[-1] if numbers else None, "alerts": gone, "notices": removed.rowcount,
            "before": before, "case_numbers": numbers, "alert_ids": ids,
        }  # fmt: skip
        audit.append(conn, act="purge", subject="cases", actor=actor, now=now, details=details)
    return len(numbers)


def entries(conn: Connection, before: int, actor: str, now: int) -> int:
    """Remove the entries of the trail before a time, from its beginning on; gives how many.

    The entry that tells so names the last one removed and its hash: ``verify`` takes that as the proof.
    """
    stays = conn.execute(select(func.min(trail.c.seq)).where(trail.c.time >= before)).scalar()
    newest = conn.execute(select(func.max(trail.c.seq))).scalar()
    through = (stays if stays is not None else (newest or 0) + 1) - 1
    last = conn.execute(select(trail.c.hash).where(trail.c.seq == through)).scalar()
    if last is None:
        return 0
    details: audit.Details = {"audit_through": through, "audit_hash": last, "before": before}
    audit.append(conn, act="purge", subject="audit trail", actor=actor, now=now, details=details)
    with permitted(conn, actor, "retention", now):
        conn.execute(delete(stamps).where(stamps.c.seq <= through))
        return conn.execute(delete(trail).where(trail.c.seq <= through)).rowcount


def alert(conn: Connection, known: str, actor: str, now: int, *, case: str = "") -> None:
    """Erase one alert that is in no case, with its history; UsageError when a case still needs it."""
    here = conn.execute(select(case_alerts.c.case_number).where(case_alerts.c.alert == known)).first()
    if here:
        raise UsageError(f"C-{here.case_number} is about it", known, "that case goes at its time")
    with permitted(conn, actor, case or "erasure", now):
        gone = _delete_alerts(conn, select(alerts.c.id).where(alerts.c.id == known))
    audit.append(conn, act="erase", subject=known, actor=actor, now=now, details={"alerts": gone})


def _delete_alerts(conn: Connection, which: Select[tuple[str]]) -> int:
    ids: ColumnElement[bool] = decisions.c.alert.in_(which)
    conn.execute(delete(decisions).where(ids))
    conn.execute(delete(outbox).where(outbox.c.alert.in_(which)))
    return conn.execute(delete(alerts).where(alerts.c.id.in_(which))).rowcount
