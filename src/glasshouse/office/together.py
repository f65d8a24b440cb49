"""Many alerts as triage made them in; out, in few statements, what ``settle`` does for each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from glasshouse.office import audit, cases, meta, tables, triaged
from glasshouse.office.automatic import OPENS, Settled, settle
from glasshouse.office.cases import Case
from glasshouse.office.documents import lines
from glasshouse.office.kept import Kept, kept_of
from glasshouse.office.rows import mark
from glasshouse.office.triaged import Outcome
from glasshouse.verdicts import DecisionName, Triaged

AT_ONCE = 500  # identities in one question
_IDS: BindParameter[str] = bindparam("ids", expanding=True)
_HERE = select(tables.alerts.c.id).where(tables.alerts.c.id.in_(_IDS))
_BEFORE = select(tables.alerts.c.successor).where(tables.alerts.c.successor.in_(_IDS))
_JUDGED = (
    select(tables.decisions.c.alert, func.max(tables.decisions.c.number).label("newest"))
    .where(tables.decisions.c.alert.in_(_IDS))
    .group_by(tables.decisions.c.alert)
)
_Row = dict[str, str | int | None]
_INSERTS = {
    table: table.insert()
    for table in (tables.alerts, tables.decisions, tables.cases, tables.case_events, tables.case_alerts,
                  tables.case_tasks)
}  # fmt: skip


@dataclass(slots=True)
class _Pad:
    """Rows on their way, by table, in an order that the tables' ties allow."""

    trail: audit.Entry | None
    case: int  # the last number given
    rows: dict[str, list[_Row]] = field(default_factory=lambda: {table.name: [] for table in _INSERTS})
    entries: list[audit.Entry] = field(default_factory=list)

    def add(self, table: str, rows: Iterable[dict[str, str | int]] | Iterable[_Row]) -> None:
        self.rows[table].extend(rows)  # type: ignore[arg-type]  # fewer kinds of value

    def enter(self, act: str, subject: str, details: audit.Details, now: int) -> int:
        entry = audit.following(
            self.trail, act=act, subject=subject, actor=audit.US, now=now, details=details
        )
        self.trail = entry
        self.entries.append(entry)
        return entry.seq


def settle_all(
    conn: Connection, piece: Sequence[Triaged], now: int, opens: Collection[DecisionName] = OPENS
) -> list[Settled]:
    """What ``settle`` does for each of them in turn; alerts that never were here before go in together."""
    known, judged = _known(conn, piece)
    out: list[Settled] = []
    pad: _Pad | None = None
    for one in piece:
        if one.alert.id in known:
            _write(conn, pad)
            pad = None
            out.append(settle(conn, one, now, opens))
            continue
        known.add(one.alert.id)
        pad = pad or _Pad(audit.last(conn), meta.last(conn, "case"))
        out.append(_new(pad, one, judged.get(one.alert.id, 0) + 1, opens, now))
    _write(conn, pad)
    return out


def _known(conn: Connection, piece: Sequence[Triaged]) -> tuple[set[str], dict[str, int]]:
    """Those that are here already or took the place of others; and how long a history each has."""
    known: set[str] = set()
    judged: dict[str, int] = {}
    for at in range(0, len(piece), AT_ONCE):
        ids = {"ids": [one.alert.id for one in piece[at : at + AT_ONCE]]}
        known |= set(conn.execute(_HERE, ids).scalars())
        known |= set(conn.execute(_BEFORE, ids).scalars())
        judged |= {row.alert: row.newest for row in conn.execute(_JUDGED, ids)}
    return known, judged


def _new(pad: _Pad, one: Triaged, number: int, opens: Collection[DecisionName], now: int) -> Settled:
    """An alert that is here for the first time, as ``keep`` would keep it."""
    columns = triaged.columns(one, None, True, now)
    kept = kept_of({**columns, "case_number": None})
    line = triaged.line(kept, number, audit.US, kept.decision, (), "", now)
    seq = pad.enter("decide", kept.id, {**triaged.decided(None, kept), **mark(line)}, now)
    pad.add("alerts", [columns])
    pad.add("decisions", [line])
    outcome = Outcome(kept, "new", True, seq)
    if kept.decision not in opens:
        return Settled(outcome, None, "nothing")
    return Settled(outcome, _case(pad, one, kept, now), "opened")


def _case(pad: _Pad, one: Triaged, kept: Kept, now: int) -> Case:
    """Its case, as ``open_case`` would open it."""
    pad.case += 1
    number, ids, why = pad.case, (kept.id,), lines(one.decision.says)
    row = cases.row(number, one.alert.summary or kept.id, None, now)
    told = cases.event(number, 1, "open-case", cases.opened_about(ids), why, audit.US, now, 0)
    details = cases.with_text(cases.opening(ids, row), why)
    told["audit_seq"] = pad.enter("open-case", cases.name_of(number), {**details, **mark(told)}, now)
    pad.add("cases", [row])
    pad.add("case_events", [told])
    pad.add("case_alerts", [cases.link(number, kept, now)])
    pad.add("case_tasks", cases.task_rows(number, one.answers, set(), now))
    return Case(
        number=number, state="open", title=str(row["title"]), assignee=None, opened=now, changed=now,
        closed=None, classification=None, reason_code=None, follows=None, alerts=ids,
    )  # fmt: skip


def _write(conn: Connection, pad: _Pad | None) -> None:
    if pad is None:
        return
    audit.put(conn, pad.entries)
    if pad.rows["cases"]:
        meta.put(conn, "last case", str(pad.case))
    for table, insert in _INSERTS.items():
        if rows := pad.rows[table.name]:
            conn.execute(insert, rows)
