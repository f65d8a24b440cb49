"""Cases in; which of them are held beyond their time, by whom and until when, out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from glasshouse.errors import UsageError
from glasshouse.office import audit
from glasshouse.office.cases import get_case, name_of
from glasshouse.office.documents import lines, one_line
from glasshouse.office.tables import case_alerts, cases, holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A case that is kept, with its alerts and the lookups they rest on, until a time."""

    case_number: int
    owner: str
    reason: str
    until: int
    made: int
    made_by: str

    @property
    def case(self) -> str:
        """The case."""
        return name_of(self.case_number)


def hold(conn: Connection, case: str, owner: str, reason: str, until: int, actor: str, now: int) -> Hold:
    """Keep a case and what it rests on, in the place of another hold. UsageError where words are missing."""
    about = get_case(conn, case)
    if not owner.strip() or not reason.strip():
        raise UsageError("a hold needs an owner and a reason", about.name, "--owner NAME --reason ...")
    if until <= now:
        raise UsageError("a hold ends in the future", about.name, "--until 2027-06-30")
    conn.execute(delete(holds).where(holds.c.case_number == about.number))
    made = Hold(
        case_number=about.number, owner=one_line(owner), reason=lines(reason), until=until, made=now,
        made_by=one_line(actor),
    )  # fmt: skip
    conn.execute(holds.insert().values({name: getattr(made, name) for name in made.__slots__}))
    details: audit.Details = {"owner": made.owner, "until": until}
    audit.append(conn, act="hold", subject=about.name, actor=actor, now=now, details=details)
    return made


def release(conn: Connection, case: str, actor: str, now: int) -> None:
    """End a hold before its time; UsageError when there is none."""
    about = get_case(conn, case)
    if not conn.execute(delete(holds).where(holds.c.case_number == about.number)).rowcount:
        raise UsageError("it is not on hold", about.name, "glasshouse privacy holds")
    audit.append(conn, act="hold-end", subject=about.name, actor=actor, now=now)


def listed(conn: Connection, now: int) -> tuple[Hold, ...]:
    """The holds that last."""
    rows = conn.execute(select(holds).where(holds.c.until > now).order_by(holds.c.case_number))
    return tuple(Hold(**row._mapping) for row in rows)


def alerts_of(conn: Connection, numbers: Collection[int]) -> set[str]:
    """The alerts that some cases are or were about."""
    links = conn.execute(select(case_alerts.c.alert, case_alerts.c.case_number))
    return {row.alert for row in links if row.case_number in numbers}


def numbers(conn: Connection) -> set[int]:
    """All cases there are."""
    return set(conn.execute(select(cases.c.number)).scalars())


def due(conn: Connection, before: int, removed: Collection[str], now: int) -> dict[int, str]:
    """The cases to remove, by mark: closed before a time, or removed once already; none that is on hold."""
    held = {one.case_number for one in listed(conn, now)}
    found = {}
    for row in conn.execute(select(cases.c.number, cases.c.opened, cases.c.closed)):
        mark = f"{row.number:d}:{row.opened:d}"
        if row.number not in held and (mark in removed or (row.closed is not None and row.closed < before)):
            found[row.number] = mark
    return found
