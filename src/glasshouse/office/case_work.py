"""A case and what somebody does with it in; the case changed out, told in its history and the trail."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from glasshouse.errors import UsageError
from glasshouse.office import audit, triaged
from glasshouse.office.cases import (
    TASK_STATES,
    Case,
    get_case,
    name_of,
    put_alert,
    record,
    refuse_if_worked_on,
    tasks,
)
from glasshouse.office.documents import one_line
from glasshouse.office.reasons import checked
from glasshouse.office.tables import alerts, case_alerts, case_tasks, cases
from glasshouse.verdicts import DECISIONS


def assign(conn: Connection, case: str | int, assignee: str | None, actor: str, now: int) -> Case:
    """Give a case to somebody, or with None to nobody. Giving it to whom it is given changes nothing."""
    had = _open(conn, case)
    to = None if assignee is None else one_line(assignee)
    if to == "":
        raise UsageError("a case is given to somebody", had.name, "say whom; - for nobody")
    if to == had.assignee:
        return had
    state = "assigned" if to else "open"
    _set(conn, had.number, assignee=to, state=state)
    says = f"assigned to {to}" if to else f"no longer assigned to {had.assignee}"
    record(conn, had.number, "assign", says, actor, now, details={"from": had.assignee, "to": to})
    return get_case(conn, had.number)


def comment(conn: Connection, case: str | int, text: str, actor: str, now: int) -> Case:
    """Write into a case, closed or not; UsageError when there is nothing to write."""
    had = get_case(conn, case)
    record(conn, had.number, "comment", "commented", actor, now, text=_said(text, "a comment", had))
    return get_case(conn, had.number)


def link(conn: Connection, case: str | int, alerts: Sequence[str], actor: str, now: int) -> Case:
    """Put more alerts into a case; UsageError when one is in another case that is not closed."""
    had = _open(conn, case)
    fresh = [one for one in (triaged.get(conn, said) for said in alerts) if one.case != had.number]
    for one in fresh:
        refuse_if_worked_on(conn, one)
    for one in fresh:
        details = {"alert": one.id, "from": name_of(one.case) if one.case else None}
        record(conn, had.number, "link", f"linked {one.id}", actor, now, details=details)
        put_alert(conn, had.number, one, now)
    return get_case(conn, had.number)


def override(conn: Connection, case: str | int, to: str, reason: str, actor: str, now: int) -> Case:
    """Put a person's decision in place for every alert of a case. Closing the case is another act."""
    had, name = _open(conn, case), triaged.decision_named(to)
    text = _said(reason, "an override", had)
    about = [one for one in (triaged.get(conn, alert) for alert in had.alerts) if not one.successor]
    before = sorted({one.decision for one in about})
    for one in about:
        triaged.override(conn, one.id, name, reason, actor, now)
    says = f"decided: {DECISIONS[name]}, not {' or '.join(DECISIONS[one] for one in before)}"
    details: audit.Details = {"from": before, "to": name}
    record(conn, had.number, "override", says, actor, now, text=text, details=details)
    return get_case(conn, had.number)


def set_task(
    conn: Connection, case: str | int, number: int, state: str, note: str, actor: str, now: int
) -> Case:
    """Say that a task is done, not needed, or to be done after all; what is not needed says why."""
    had = _open(conn, case)
    task = next((one for one in tasks(conn, had.number) if one.number == number), None)
    if task is None:
        raise UsageError(f"{had.name} has no task {number}", "", f"glasshouse case show {had.name}")
    if state not in TASK_STATES:
        raise UsageError(f"no state {state!r} of a task", "", f"one of: {', '.join(TASK_STATES)}")
    text = _said(note, "a task that is not needed", had) if state == "not-needed" else note
    conn.execute(
        update(case_tasks)
        .where(case_tasks.c.case_number == had.number, case_tasks.c.number == number)
        .values(state=state, actor=one_line(actor), changed=now, note=one_line(note))
    )
    says = f"task {number} ({task.playbook}/{task.step}): {state}"
    details: audit.Details = {"task": number, "from": task.state, "to": state}
    record(conn, had.number, "task", says, actor, now, text=text, details=details)
    return get_case(conn, had.number)


def close(
    conn: Connection, case: str | int, classification: str, code: str, actor: str, now: int, text: str = ""
) -> Case:
    """Close a case; UsageError without a classification and a reason code that fits it."""
    had = _open(conn, case)
    kind = checked(classification, code)
    _set(conn, had.number, state="closed", closed=now, classification=kind, reason_code=code)
    seen = select(alerts.c.grown).where(alerts.c.id == case_alerts.c.alert).scalar_subquery()
    here = (case_alerts.c.case_number == had.number) & (case_alerts.c.present == 1)
    conn.execute(update(case_alerts).where(here).values(grown=seen))  # whoever closes it saw all there is
    details = {"classification": kind, "code": code}
    record(conn, had.number, "close", f"closed as {kind}: {code}", actor, now, text=text, details=details)
    return get_case(conn, had.number)


def reopen(conn: Connection, case: str | int, reason: str, actor: str, now: int) -> Case:
    """Open a closed case again; UsageError when it is open, or without a reason."""
    had = get_case(conn, case)
    if had.state != "closed":
        raise UsageError(f"{had.name} is not closed", "", "nothing to do")
    text = _said(reason, "opening it again", had)
    state = "assigned" if had.assignee else "open"
    _set(conn, had.number, state=state, closed=None, classification=None, reason_code=None)
    says = f"opened again, was closed as {had.classification}: {had.reason_code}"
    details = {"classification": had.classification, "code": had.reason_code}
    record(conn, had.number, "reopen", says, actor, now, text=text, details=details)
    return get_case(conn, had.number)


def _open(conn: Connection, case: str | int) -> Case:
    had = get_case(conn, case)
    if had.state == "closed":
        raise UsageError(f"{had.name} is closed", "", f"glasshouse case reopen {had.name} --reason ...")
    return had


def _said(text: str, what: str, case: Case) -> str:
    if not text.strip():
        raise UsageError(f"{what} needs words", case.name, "say them")
    return text


def _set(conn: Connection, number: int, **values: str | int | None) -> None:
    conn.execute(update(cases).where(cases.c.number == number).values(**values))
