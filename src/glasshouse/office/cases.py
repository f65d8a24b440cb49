"""Alerts in, a case out with its number, alerts, tasks and unchangeable history; read back by number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Row, bindparam, func, select, update

from glasshouse.errors import UsageError
from glasshouse.office import audit, meta
from glasshouse.office.documents import lines, one_line
from glasshouse.office.reasons import Classification
from glasshouse.office.rows import mark, text_sha
from glasshouse.office.tables import case_alerts, case_events, case_tasks, cases
from glasshouse.office.triaged import Kept, get
from glasshouse.verdicts import Answer

State = Literal["open", "assigned", "closed"]
STATES: tuple[State, ...] = ("open", "assigned", "closed")
TASK_STATES = ("to-do", "done", "not-needed")
STEPS = ("l1-step", "t2-step", "containment")  # kinds of answer that are work
TITLE = 200  # characters
# Statements that are made once: thousands of alerts come at a time.
_NEWEST = select(func.max(case_events.c.number)).where(case_events.c.case_number == bindparam("case"))
_CASE = select(cases).where(cases.c.number == bindparam("case"))
_LINKS = select(case_alerts.c.case_number, case_alerts.c.alert).order_by(
    case_alerts.c.linked, case_alerts.c.alert
)
_LINKS_OF = _LINKS.where(case_alerts.c.case_number == bindparam("case"))
_TASKS = select(case_tasks).where(case_tasks.c.case_number == bindparam("case")).order_by(case_tasks.c.number)
_OPEN, _PUT, _TELL, _ASK = (table.insert() for table in (cases, case_alerts, case_events, case_tasks))
_CHANGE = update(cases).where(cases.c.number == bindparam("case")).values(changed=bindparam("now"))
_LEAVE = update(case_alerts).where(case_alerts.c.alert == bindparam("kept")).values(present=0)
_AGAIN = (
    update(case_alerts)
    .where(case_alerts.c.alert == bindparam("kept"), case_alerts.c.case_number == bindparam("case"))
    .values(linked=bindparam("now"), grown=bindparam("times"), present=1)
)
_NUMBER = re.compile(r"(?:C-?)?([1-9][0-9]{0,17})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. ``alerts`` are all it is or was about; ``follows`` is the case it continues."""

    number: int
    state: State
    title: str
    assignee: str | None
    opened: int
    changed: int
    closed: int | None
    classification: Classification | None
    reason_code: str | None
    follows: int | None
    alerts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people call it: ``C-17``."""
        return name_of(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a case; never changed. ``text`` is what a person wrote."""

    case_number: int
    number: int
    time: int
    actor: str
    kind: str  # an act of the audit trail
    says: str
    text: str
    audit_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One step of a playbook that is work, and how far it is."""

    case_number: int
    number: int
    playbook: str
    step: str
    kind: str
    asks: str
    state: str
    actor: str | None
    changed: int
    note: str


def name_of(number: int) -> str:
    """The short name of a case number."""
    return f"C-{number:d}"


def number_of(said: str) -> int:
    """The number in ``C-17``, ``c17`` or ``17``; UsageError for anything else."""
    match = _NUMBER.fullmatch(said.strip())
    if not match:
        raise UsageError(f"{said!r} is no case", "", "a case is called C-17")
    return int(match[1])


def get_case(conn: Connection, said: str | int) -> Case:
    """A case by its number or name; UsageError when there is none."""
    number = number_of(said) if isinstance(said, str) else said
    found = conn.execute(_CASE, {"case": number}).first()
    if found is None:
        raise UsageError(f"no case {name_of(number)}", "", "glasshouse cases lists them")
    return _cases(conn, [found])[0]


def listed(
    conn: Connection, *, states: Sequence[State] = (), assignee: str | None = None, limit: int | None = None
) -> tuple[Case, ...]:
    """Cases of these states (all, when none is said) and of one person, the newest change first."""
    wanted = select(cases).order_by(cases.c.changed.desc(), cases.c.number.desc()).limit(limit)
    if states:
        wanted = wanted.where(cases.c.state.in_(states))
    if assignee is not None:
        wanted = wanted.where(cases.c.assignee == assignee)
    return _cases(conn, conn.execute(wanted).all())


def history(conn: Connection, number: int) -> tuple[Event, ...]:
    """All that ever happened to a case, oldest first."""
    rows = conn.execute(
        select(case_events).where(case_events.c.case_number == number).order_by(case_events.c.number)
    )
    return tuple(Event(**row._mapping) for row in rows)


def tasks(conn: Connection, number: int) -> tuple[Task, ...]:
    """The tasks of a case in order."""
    return tuple(Task(**row._mapping) for row in conn.execute(_TASKS, {"case": number}))


def open_case(
    conn: Connection,
    alerts: Sequence[str],
    actor: str,
    now: int,
    *,
    title: str = "",
    follows: int | None = None,
    why: str = "",
) -> Case:
    """A new case about one alert or several. UsageError when one of them is in a case that is not closed.

    Its tasks are the steps that the alerts' playbooks left to do.
    """
    kept = [get(conn, one) for one in dict.fromkeys(alerts)]
    if not kept:
        raise UsageError("a case is about one alert at least", "", "name the alerts")
    for one in kept:
        refuse_if_worked_on(conn, one)
    number = meta.following(conn, "case")
    title = title or kept[0].summary or kept[0].id
    made = row(number, title, follows, now)
    conn.execute(_OPEN, made)
    ids = [one.id for one in kept]
    says = f"{opened_about(ids)}, continues {name_of(follows)}" if follows else opened_about(ids)
    record(conn, number, "open-case", says, actor, now, text=why, details=opening(ids, made))
    for one in kept:
        put_alert(conn, number, one, now)
    return get_case(conn, number)


def row(number: int, title: str, follows: int | None, now: int) -> dict[str, str | int | None]:
    """The row of a new case."""
    return {
        "number": number, "state": "open", "title": one_line(title)[:TITLE],
        "opened": now, "changed": now, "follows": follows,
    }  # fmt: skip


def opening(alerts: Sequence[str], made: Mapping[str, str | int | None]) -> audit.Details:
    """What the trail says of a new case."""
    return {"alerts": alerts, "follows": made["follows"], "title_sha256": text_sha(str(made["title"]))}


def opened_about(alerts: Sequence[str]) -> str:
    """What the history of a new case begins with."""
    return f"opened about {', '.join(alerts)}"


def refuse_if_worked_on(conn: Connection, kept: Kept) -> None:
    """Raise UsageError when an alert is in a case that is not closed, or another took its place."""
    if kept.successor:
        raise UsageError("another alert took its place", kept.id, f"take {kept.successor}")
    if kept.case is not None and get_case(conn, kept.case).state != "closed":
        raise UsageError(f"it is in {name_of(kept.case)} already", kept.id, "close that case first")


def record(
    conn: Connection,
    number: int,
    kind: str,
    says: str,
    actor: str,
    now: int,
    *,
    text: str = "",
    details: audit.Details | None = None,
    seq: int | None = None,
) -> None:
    """One event of a case, with its entry in the trail: ``seq``, or a new one that holds the text's hash."""
    clean = lines(text)
    at = (conn.execute(_NEWEST, {"case": number}).scalar() or 0) + 1
    told = event(number, at, kind, says, clean, actor, now, seq or 0)
    if seq is None:
        said = {**with_text(details or {}, clean), **mark(told)}
        entry = audit.append(conn, act=kind, subject=name_of(number), actor=actor, now=now, details=said)
        told["audit_seq"] = entry.seq
    conn.execute(_TELL, told)
    conn.execute(_CHANGE, {"case": number, "now": now})


def with_text(details: audit.Details, clean: str) -> audit.Details:
    """What the trail says of an event: of what a person wrote, the hash only."""
    return {**details, "text_sha256": text_sha(clean)} if clean else details


def event(
    number: int, at: int, kind: str, says: str, clean: str, actor: str, now: int, seq: int
) -> dict[str, str | int]:
    """A row of a case's history."""
    return {
        "case_number": number, "number": at, "time": now, "actor": one_line(actor), "kind": kind,
        "says": one_line(says), "text": clean, "audit_seq": seq,
    }  # fmt: skip


def put_alert(conn: Connection, number: int, kept: Kept, now: int) -> None:
    """Make an alert one of a case, and of no other; its steps left to do become tasks."""
    conn.execute(_LEAVE, {"kept": kept.id})
    again = {"kept": kept.id, "case": number, "now": now, "times": kept.grown}
    if not conn.execute(_AGAIN, again).rowcount:
        conn.execute(_PUT, link(number, kept, now))
    had = {(one.playbook, one.step) for one in tasks(conn, number)}
    if new := list(task_rows(number, kept.answers_left(STEPS), had, now)):
        conn.execute(_ASK, new)


def link(number: int, kept: Kept, now: int) -> dict[str, str | int]:
    """The row that makes an alert one of a case."""
    return {"case_number": number, "alert": kept.id, "linked": now, "grown": kept.grown, "present": 1}


def task_rows(
    number: int, answers: Iterable[Answer], had: set[tuple[str, str]], now: int
) -> Iterator[dict[str, str | int]]:
    """The rows of a case's new tasks: steps left to do; those it has already stay as they are."""
    for answer in answers:
        key = (answer.playbook, answer.id)
        if answer.kind in STEPS and answer.value == "to-do" and key not in had:
            had.add(key)
            yield {
                "case_number": number, "number": len(had), "playbook": answer.playbook, "step": answer.id,
                "kind": answer.kind, "asks": one_line(answer.asks), "state": "to-do", "changed": now,
                "note": "",
            }  # fmt: skip


def _cases(conn: Connection, rows: Sequence[Row[tuple[object, ...]]]) -> tuple[Case, ...]:
    about: dict[int, list[str]] = {}
    one = {"case": rows[0].number} if len(rows) == 1 else None
    for link in conn.execute(_LINKS_OF, one) if one else conn.execute(_LINKS):
        about.setdefault(link.case_number, []).append(link.alert)
    return tuple(Case(**one._mapping, alerts=tuple(about.get(one.number, ()))) for one in rows)
