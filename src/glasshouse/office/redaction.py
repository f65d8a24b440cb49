"""An alert and its words without somebody's names in; the alert gone, or its case without the names, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Table, delete, select, update

from glasshouse.office import audit
from glasshouse.office.cases import name_of
from glasshouse.office.documents import text_of
from glasshouse.office.kept import Kept
from glasshouse.office.purge import permitted
from glasshouse.office.rows import sha_of
from glasshouse.office.tables import (
    alerts,
    case_alerts,
    case_events,
    case_tasks,
    cases,
    decisions,
    outbox,
    unmask_steps,
    unmasks,
)
from glasshouse.verdicts import Triaged

Text = Callable[[str], str]


def redact(conn: Connection, kept: Kept, shown: Triaged, text: Text, who: str, now: int) -> None:
    """Erase one person from what is kept of an alert; ``shown`` and ``text`` are without their names.

    In a case: numbers, times, decisions and what was done stay; names and where the records stand in the logs
    go. In no case: all of it goes.
    """
    numbers = sorted(
        conn.execute(select(case_alerts.c.case_number).where(case_alerts.c.alert == kept.id)).scalars()
    )
    with permitted(conn, who, "erasure", now):
        conn.execute(delete(outbox).where(outbox.c.alert == kept.id))
        if numbers:
            _alert(conn, kept.id, shown)
            _texts(conn, decisions, decisions.c.alert == kept.id, ("changes", "reason"), text)
        else:
            conn.execute(delete(decisions).where(decisions.c.alert == kept.id))
            conn.execute(delete(alerts).where(alerts.c.id == kept.id))
        for number in numbers:
            _case(conn, number, text)
    details: audit.Details = {
        "cases": [f"C-{number:d}" for number in numbers],
        "rows": _left(conn, kept.id, numbers),
    }
    audit.append(conn, act="erase", subject=kept.id, actor=who, now=now, details=details)


def _left(conn: Connection, alert: str, numbers: Sequence[int]) -> dict[str, str | int]:
    """Hashes of the rows as they are now: those that the trail has from before are of other words."""
    lines = conn.execute(select(decisions).where(decisions.c.alert == alert).order_by(decisions.c.number))
    said: dict[str, str | int] = {alert: sha_of(dict(row._mapping) for row in lines)}
    for number in numbers:
        title = conn.execute(select(cases.c.title).where(cases.c.number == number)).scalar_one()
        rows = select(case_events).where(case_events.c.case_number == number).order_by(case_events.c.number)
        told = (dict(row._mapping) for row in conn.execute(rows))
        said[name_of(number)] = sha_of([{"title": title}, *told])
    return said


def _alert(conn: Connection, name: str, shown: Triaged) -> None:
    bare = replace(shown.alert, evidence=())
    episode = replace(shown.episode, alert=bare)
    values = {
        "actor": "erased", "alert": text_of(bare), "episode": text_of(episode),
        "verdict": text_of(shown.verdict), "answers": text_of(shown.answers),
        "decided": text_of(shown.decision),
    }  # fmt: skip
    conn.execute(update(alerts).where(alerts.c.id == name).values(values))


def _case(conn: Connection, number: int, text: Text) -> None:
    title = conn.execute(select(cases.c.title).where(cases.c.number == number)).scalar_one()
    conn.execute(update(cases).where(cases.c.number == number).values(title=text(title)))
    _texts(conn, case_events, case_events.c.case_number == number, ("says", "text"), text)
    _texts(conn, case_tasks, case_tasks.c.case_number == number, ("note",), text)
    asked = select(unmasks.c.number).where(unmasks.c.case_number == number)
    conn.execute(delete(unmask_steps).where(unmask_steps.c.request.in_(asked)))
    conn.execute(delete(unmasks).where(unmasks.c.case_number == number))


def _texts(conn: Connection, table: Table, here: object, names: tuple[str, ...], text: Text) -> None:
    """Rows that are written once are taken out and put back in with other words."""
    rows = [dict(row._mapping) for row in conn.execute(select(table).where(here))]  # type: ignore[arg-type]
    changed = [row for row in rows if any(text(str(row[name])) != row[name] for name in names)]
    for row in changed:
        key = [column == row[column.name] for column in table.primary_key]
        conn.execute(delete(table).where(*key))
        conn.execute(table.insert().values({**row, **{name: text(str(row[name])) for name in names}}))
