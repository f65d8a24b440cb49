"""Cases and alerts of the office in, the queue and the pages people read out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow_triage import as_decided
from glasshouse.office import cases, kept, store
from glasshouse.office.cases import Case
from glasshouse.report.case_list import Line
from glasshouse.report.case_page import Page
from glasshouse.report.text import when
from glasshouse.verdicts import DecisionName, Triaged

ORDER: tuple[DecisionName, ...] = (
    "contain",
    "escalate-t2",
    "l1-review",
    "watch",
    "close-benign",
    "close-authorised",
)


@contextmanager
def reading(options: Options) -> Iterator[Connection]:
    """The office of a home folder, to be read."""
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.reading() as conn,
    ):
        yield conn


def queue(options: Options, every: bool = False, assignee: str | None = None) -> list[Line]:
    """The cases to take next: gravest decision first, then highest score, then oldest."""
    states: Sequence[cases.State] = () if every else ("open", "assigned")
    with reading(options) as conn:
        found = [
            (case.name, case.state, case.assignee or "", case.opened, alerts[0])
            for case in cases.listed(conn, states=states, assignee=assignee)
            if (alerts := _alerts(conn, case))
        ]
    return sorted(found, key=lambda one: (*_rank(one[4]), one[3], one[0]))


def _alerts(conn: Connection, case: Case) -> list[Triaged]:
    """The alerts a case is about, gravest first; one that another took the place of only when alone."""
    found = [kept.get(conn, name) for name in case.alerts]
    standing = [one for one in found if one.successor is None] or found
    return sorted(map(as_decided, standing), key=_rank)


def _rank(one: Triaged) -> tuple[int, int]:
    return ORDER.index(one.decision.name), -one.alert.score


def case_named(conn: Connection, said: str) -> Case:
    """A case by its name, C-17, or by an alert that is in it."""
    if not said.upper().startswith("GH-"):
        return cases.get_case(conn, said)
    alert = kept.get(conn, said)
    if alert.case is None:
        raise UsageError(f"{alert.id} is in no case", "", f"glasshouse case open {alert.id}")
    return cases.get_case(conn, alert.case)


def alerts_meant(options: Options, said: str) -> list[str]:
    """The alert that is named; or of a case, C-17, those it is about, gravest first."""
    if said.upper().startswith("GH-"):
        return [said]
    with reading(options) as conn:
        case = cases.get_case(conn, said)
        return [one.alert.id for one in _alerts(conn, case)]


def pages(options: Options, said: str) -> list[Page]:
    """What there is to read about a case, a page per alert; or about one alert that is in none."""
    with reading(options) as conn:
        if said.upper().startswith("GH-"):
            alert = kept.get(conn, said)
            if alert.case is None:
                return [Page(as_decided(alert), (("case", "none"),), (), ())]
        case = case_named(conn, said)
        history = tuple(_event(one) for one in cases.history(conn, case.number))
        tasks = tuple(
            f"{one.number} [{one.state}] {one.asks}{f' — {one.note}' if one.note else ''}"
            for one in cases.tasks(conn, case.number)
        )
        return [Page(one, tuple(_head(case)), tasks, history) for one in _alerts(conn, case)]


def _head(case: Case) -> Iterator[tuple[str, str]]:
    state = case.state + (f" as {case.classification} ({case.reason_code})" if case.classification else "")
    yield "case", f"{case.name}, {state}, opened {when(case.opened)}"
    yield "with", case.assignee or "nobody"
    if case.follows:
        yield "continues", cases.name_of(case.follows)


def _event(one: cases.Event) -> str:
    said = f": {one.text}" if one.text else ""
    return f"{when(one.time)} {one.actor}: {one.says}{said}"
