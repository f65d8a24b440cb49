"""The audit trail in; what the other tables must hold if nobody changed them behind its back, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from glasshouse.office.audit import Entry

EVENTS = frozenset(
    {"open-case", "assign", "comment", "link", "task", "new-evidence", "hand-over", "close", "reopen"}
)
Details = dict[str, Any]


@dataclass(slots=True)
class Sealed:
    """An entry that goes with one row, and the hash of that row; None in entries of before."""

    entry: Entry
    sha256: str | None
    details: Details


@dataclass(slots=True)
class Judged:
    """An alert as the trail leaves it. ``born``: its first judgement is in the trail."""

    seq: int = 0
    born: bool = False
    decision: tuple[str, str] | None = None  # and the row of the table
    override: str | None = None
    overrides: bool = False  # whether the trail says anything of an override
    lines: dict[int, Sealed] = field(default_factory=dict)
    unsealed: int = 0  # entries of before, which do not say their line


@dataclass(slots=True)
class Course:
    """A case as the trail leaves it; a value of which the trail says nothing is missing."""

    seq: int = 0
    born: bool = False
    values: Details = field(default_factory=dict)


@dataclass(slots=True)
class Told:
    """All that the trail says about other tables."""

    first: Entry | None = None
    entries: dict[int, Entry] = field(default_factory=dict)  # those about cases and decisions
    alerts: dict[str, Judged] = field(default_factory=dict)
    cases: dict[int, Course] = field(default_factory=dict)
    uses: dict[tuple[str, str], Sealed] = field(default_factory=dict)  # by id, and add or end
    requests: dict[int, Sealed] = field(default_factory=dict)
    steps: dict[int, dict[int, Sealed]] = field(default_factory=dict)  # by request and number
    deeds: dict[int, Sealed] = field(default_factory=dict)  # decisions about what is public
    erased: dict[str, Sealed] = field(
        default_factory=dict
    )  # last erasure of an alert or case, its rows' hash
    gone_cases: set[int] = field(default_factory=set)
    gone_alerts: set[str] = field(default_factory=set)
    blind: int = 0  # the last purge that does not say what it removed

    @property
    def whole(self) -> bool:
        """Whether the trail goes back to its first entry."""
        return self.first is None or self.first.seq == 1

    def before(self, time: int) -> bool:
        """Whether what was written at a time may have stood in entries that were removed at theirs."""
        return self.first is not None and self.first.seq > 1 and time <= self.first.time


def told(entries: Iterable[Entry]) -> Told:
    """Read the whole trail once."""
    found = Told()
    for entry in entries:
        found.first = found.first or entry
        reader = _READERS.get(entry.act)
        if reader:
            reader(found, entry, orjson.loads(entry.details))
        number = case_number(entry.subject)
        if number is not None and (entry.act in EVENTS or entry.act == "override"):
            found.entries[entry.seq] = entry
    return found


def case_number(subject: str) -> int | None:
    """The number in ``C-17``."""
    digits = subject.removeprefix("C-")
    return int(digits) if digits != subject and digits.isascii() and digits.isdigit() else None


def _sealed(entry: Entry, said: Details) -> Sealed:
    return Sealed(entry, said.get("row_sha256"), said)


def _decide(found: Told, entry: Entry, said: Details) -> None:
    if entry.act == "decide" and said.get("from") is None:
        found.alerts[entry.subject] = Judged(born=True)
        found.erased.pop(entry.subject, None)
        found.gone_alerts.discard(entry.subject)
    one = found.alerts.setdefault(entry.subject, Judged())
    one.seq = entry.seq
    if entry.act == "decide":
        found.entries[entry.seq] = entry
        one.decision = (str(said.get("to")), str(said.get("row")))
    elif entry.act in ("override", "override-lapsed"):
        one.override = str(said.get("to")) if entry.act == "override" else None
        one.overrides = True
    if "line" in said:
        one.lines[int(said["line"])] = _sealed(entry, said)
    elif entry.act != "override-lapsed":
        one.unsealed += 1


def _override(found: Told, entry: Entry, said: Details) -> None:
    if case_number(entry.subject) is None:
        _decide(found, entry, said)


def _course(found: Told, entry: Entry, said: Details) -> None:
    number = case_number(entry.subject)
    if number is None:
        return
    one = found.cases.setdefault(number, Course())
    one.seq = entry.seq
    shut = {"closed": None, "classification": None, "reason_code": None}
    if entry.act == "open-case":
        one.born = True
        one.values = {**shut, "assignee": None, "opened": entry.time, "follows": said.get("follows")}
        if "title_sha256" in said:
            one.values["title_sha256"] = said["title_sha256"]
    elif entry.act == "assign":
        one.values["assignee"] = said.get("to")
    elif entry.act == "reopen":
        one.values |= shut
    else:
        one.values |= {"closed": entry.time, "classification": said.get("classification")}
        one.values["reason_code"] = said.get("code")


def _use(found: Told, entry: Entry, said: Details) -> None:
    found.uses[entry.subject, entry.act.removeprefix("register-")] = _sealed(entry, said)


def _request(found: Told, entry: Entry, said: Details) -> None:
    found.requests[int(str(said["request"]).removeprefix("U-"))] = _sealed(entry, said)


def _step(found: Told, entry: Entry, said: Details) -> None:
    if "until" not in said:
        return  # a request about somebody protected was refused at once: there is no row
    steps = found.steps.setdefault(int(str(said["request"]).removeprefix("U-")), {})
    steps[int(said.get("line", len(steps) + 1))] = _sealed(entry, said)


def _erase(found: Told, entry: Entry, said: Details) -> None:
    rows = said.get("rows") or {}
    for name in (entry.subject, *said.get("cases", ())):
        if isinstance(name, str):
            found.erased[name] = Sealed(entry, rows.get(name), said)
    if not said.get("cases"):
        found.gone_alerts.add(entry.subject)


def _purge(found: Told, entry: Entry, said: Details) -> None:
    if entry.subject != "cases":
        return
    if "case_numbers" not in said:
        found.blind = entry.seq
    found.gone_cases |= set(said.get("case_numbers", ()))
    found.gone_alerts |= set(said.get("alert_ids", ()))


def _deed(found: Told, entry: Entry, said: Details) -> None:
    if "line" in said:
        found.deeds[said["line"]] = _sealed(entry, said)


_READERS: dict[str, Callable[[Told, Entry, Details], None]] = {
    **dict.fromkeys(("decide", "judge", "override-lapsed"), _decide),
    "override": _override,
    **dict.fromkeys(("open-case", "assign", "close", "reopen"), _course),
    **dict.fromkeys(("register-add", "register-end"), _use),
    **dict.fromkeys(("unmask-request", "break-glass"), _request),
    **dict.fromkeys(("unmask-approve", "unmask-refuse", "unmask-view"), _step),
    **dict.fromkeys(("adopt", "disown", "forget", "accept", "accept-end", "review"), _deed),
    "erase": _erase,
    "purge": _purge,
}
