"""Cases in; which of them are held beyond their time, by whom and until when, out."""

from __future__ import annotations

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


def alerts_of(conn: Connection, numbers: set[int] | None = None) -> dict[str, set[int]]:
    """The alerts of some cases, or of all, each with the cases it is or was in."""
    wanted = select(case_alerts.c.alert, case_alerts.c.case_number)
    found: dict[str, set[int]] = {}
    for row in conn.execute(wanted):
        if numbers is None or row.case_number in numbers:
            found.setdefault(row.alert, set()).add(row.case_number)
    return found


def closed_before(conn: Connection, before: int) -> int:
    """How many cases were closed before a time."""
    wanted = select(cases.c.number).where(cases.c.state == "closed", cases.c.closed < before)
    return len(conn.execute(wanted).all())
