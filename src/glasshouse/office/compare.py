"""The audit trail and the other tables of the office in; what was changed behind its back out.

Told are edits, insertions and deletions of judgements and overrides, of cases and their history, of entries
of the register, of requests to unmask and their steps, of decisions about what is public. A row whose entry
does not say enough (written by an earlier version, or removed at its time) counts as *not comparable*, never
as fine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, select

from glasshouse.office import audit, compare_asked, tables
from glasshouse.office.compared import Compared, Row, edited, missing, rows_of, stranger
from glasshouse.office.rows import sha, sha_of, text_sha
from glasshouse.office.told import EVENTS, Course, Judged, Sealed, Told, case_number, told
from glasshouse.verdicts import DECISIONS


def compare(conn: Connection) -> Compared:
    """Hold every table that the trail speaks of against it, in one view of the database."""
    said, found = told(audit.entries(conn)), Compared()
    _alerts(conn, said, found)
    _judgements(conn, said, found)
    _cases(conn, said, found)
    _events(conn, said, found)
    compare_asked.uses(conn, said, found)
    compare_asked.unmasks(conn, said, found)
    compare_asked.deeds(conn, said, found)
    return found


def _alerts(conn: Connection, said: Told, found: Compared) -> None:
    table, here = tables.alerts, set[str]()
    columns = (table.c.id, table.c.decision, table.c.decision_row, table.c.override, table.c.judged)
    for row in conn.execute(select(*columns)):
        here.add(row.id)
        one = said.alerts.get(row.id)
        if one is None:
            stranger(said, found, "alerts", row.judged, f"the judgement of {row.id}")
            continue
        if one.decision is None or not (one.born or one.overrides):
            found.blind("alerts")
        if one.decision is not None and one.decision != (row.decision, row.decision_row):
            found.tell(one.seq, "edited", f"the decision about {row.id} is not {one.decision[0]} any more")
        if (one.born or one.overrides) and one.override != row.override:
            found.tell(one.seq, "edited", f"what a person decided about {row.id} is another")
        found.rows += 1
    for name in sorted(said.alerts.keys() - here - said.gone_alerts):
        missing(said, found, "alerts", said.alerts[name].seq, name)


def _judgements(conn: Connection, said: Told, found: Compared) -> None:
    every: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(conn, tables.decisions):
        every.setdefault(row["alert"], []).append(row)
    for name, rows in every.items():
        one = said.alerts.get(name)
        if one is None:
            for row in rows:
                stranger(said, found, "decisions", row["time"], f"judgement {row['number']} of {name}")
        else:
            _history_of(said, found, name, one, rows)
    for name in said.alerts.keys() - every.keys() - said.gone_alerts:
        for number, sealed in said.alerts[name].lines.items():
            missing(said, found, "decisions", sealed.entry.seq, f"judgement {number} of {name}")


def _history_of(said: Told, found: Compared, name: str, one: Judged, rows: list[dict[str, Any]]) -> None:
    oldest = min(one.lines, default=0)
    changed = [row for row in rows if _differs(row, one.lines.get(row["number"]))]
    erased = said.erased.get(name)
    if (
        changed
        and erased
        and _erased_as_told(erased, [row for row in rows if row["time"] <= erased.entry.time])
    ):
        changed = [row for row in changed if row["time"] > erased.entry.time]
    for row in changed:
        edited(found, one.lines[row["number"]], erased, "decisions", f"judgement {row['number']} of {name}")
    for row in rows:
        found.rows += 1
        if row["number"] in one.lines:
            continue
        if oldest and row["number"] > oldest:
            found.tell(0, "inserted", f"judgement {row['number']} of {name} is in no entry of the trail")
        else:
            found.blind("decisions")
    for number in sorted(one.lines.keys() - {row["number"] for row in rows}):
        seq = one.lines[number].entry.seq
        missing(said, found, "decisions", seq, f"judgement {number} of {name}")


def _differs(row: Row, sealed: Sealed | None) -> bool:
    return sealed is not None and sealed.sha256 != sha(row)


def _erased_as_told(erased: Sealed, rows: list[dict[str, Any]]) -> bool:
    return erased.sha256 is not None and erased.sha256 == sha_of(rows)


def _cases(conn: Connection, said: Told, found: Compared) -> None:
    here = set()
    for row in rows_of(conn, tables.cases):
        here.add(row["number"])
        one = said.cases.get(row["number"])
        if one is None:
            stranger(said, found, "cases", row["opened"], f"C-{row['number']}")
            continue
        found.rows += 1
        if not one.born:
            found.blind("cases")
        _compare_case(said, found, row, one)
    for number in sorted(said.cases.keys() - here - said.gone_cases):
        missing(said, found, "cases", said.cases[number].seq, f"C-{number}")


def _compare_case(said: Told, found: Compared, row: Row, one: Course) -> None:
    now = dict(row)
    now["title_sha256"] = text_sha(row["title"])
    name = f"C-{row['number']}"
    if name in said.erased:
        now.pop("title_sha256")  # held against the erasure, with the history
    wrong = [key for key, value in one.values.items() if key in now and now[key] != value]
    state = "closed" if row["closed"] is not None else "assigned" if row["assignee"] else "open"
    if row["state"] != state:
        wrong.append("state")
    if wrong:
        words = ", ".join(sorted(one.removesuffix("_sha256") for one in wrong))
        found.tell(one.seq, "edited", f"{name} is not as the trail leaves it: {words}")


def _events(conn: Connection, said: Told, found: Compared) -> None:
    titles = {
        row.number: row.title for row in conn.execute(select(tables.cases.c.number, tables.cases.c.title))
    }
    every: dict[int, list[dict[str, Any]]] = {}
    for row in rows_of(conn, tables.case_events):
        every.setdefault(row["case_number"], []).append(row)
    used = set[tuple[int, int]]()
    for number, rows in every.items():
        erased = said.erased.get(f"C-{number}")
        before = [row for row in rows if erased and row["audit_seq"] < erased.entry.seq]
        title: Row = {"title": titles.get(number, "")}
        sealed = erased is not None and _erased_as_told(erased, [dict(title), *before])
        if erased and erased.sha256 is not None and not sealed:
            found.tell(erased.entry.seq, "edited", f"C-{number} is not as the erasure left it")
        for row in rows:
            found.rows += 1
            _event(said, found, row, used, erased, bool(sealed and row in before))
    for seq, entry in said.entries.items():
        at = case_number(entry.subject)
        if at in titles and (at, seq) not in used and entry.act in (*EVENTS, "override"):
            found.tell(seq, "deleted", f"what happened to {entry.subject} then ({entry.act}) is missing")


def _event(
    said: Told, found: Compared, row: Row, used: set[tuple[int, int]], erased: Sealed | None, settled: bool
) -> None:
    seq, what = row["audit_seq"], f"line {row['number']} of C-{row['case_number']}"
    entry = said.entries.get(seq)
    if entry is None and said.first is not None and seq < said.first.seq:
        return found.blind("case_events")
    if entry is None or (row["case_number"], seq) in used:
        return found.tell(0, "inserted", f"{what} is in no entry of the trail")
    used.add((row["case_number"], seq))
    of_case = entry.subject == f"C-{row['case_number']}" or entry.act == "decide"
    if (entry.act, entry.time, entry.actor) != (row["kind"], row["time"], row["actor"]) or not of_case:
        return found.tell(seq, "edited", f"{what} is not what was written")
    if settled:
        return None
    details = orjson.loads(entry.details)
    if entry.act == "decide":
        right = row["text"] == "" and row["says"] == says_anew(entry.subject, details)
    elif "row_sha256" in details:
        right = details["row_sha256"] == sha(row)
    else:
        found.blind("case_events")  # what it says is not in the trail; what somebody wrote is
        right = details.get("text_sha256") == (text_sha(row["text"]) if row["text"] else None)
    if not right:
        edited(found, Sealed(entry, None, details), erased, "case_events", what)
    return None


def says_anew(alert: str, details: Mapping[str, Any]) -> str:
    """What a case is told when one of its alerts is judged anew."""
    title = DECISIONS.get(details["to"], details["to"])
    return f"{alert} is judged anew: {title} ({details['row']})"
