"""A decision table, a verdict and its alert in; one decision, its row and every criterion looked at out.

Rows are tried from the top and the first that holds decides; an l1-review row may stand anywhere, as a veto.
Two laws stand in the code and not in the table, so that no table can break them: a close needs every field
its row names, and needs every row that escalates or contains to be *known* not to hold. What could not be
judged is never closed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import cast

from glasshouse.errors import ReadError
from glasshouse.records import Alert
from glasshouse.settings import Thresholds
from glasshouse.triage import sheet, when
from glasshouse.verdicts import Criterion, Decision, DecisionName, Verdict

SHIPPED = Path(__file__).with_name("decisions.yml")
ORDER: tuple[DecisionName, ...] = (
    "contain",
    "escalate-t2",
    "close-authorised",
    "close-benign",
    "watch",
    "l1-review",
)
URGENT: tuple[DecisionName, ...] = ORDER[:2]
CLOSES: tuple[DecisionName, ...] = ORDER[2:4]
LAST: DecisionName = ORDER[-1]
SCORE = "score"
THRESHOLDS = tuple(one.name for one in fields(Thresholds))
# What a row that closes must ask, and the only values it may accept there.
MUST_ASK: dict[str, dict[str, tuple[str, ...]]] = {
    "close-authorised": {"authorised": ("yes",), "intel": ("none",), "account_state": ("active",)},
    "close-benign": {"about_us": ("none",), "intel": ("none",), "account_state": ("active",)},
}
RAISES = "exposure"  # a field that may only make a decision graver
Limits = tuple[tuple[str, str], ...]  # a field (or the score) and the name of a threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: it holds when all its conditions do and every field of ``needs`` is known."""

    id: str
    decision: DecisionName
    says: str
    when: when.Values = ()
    at_least: Limits = ()
    at_most: Limits = ()
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The rows in order; the last one has no conditions, so every alert gets a decision."""

    rows: tuple[Row, ...]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class _Judged:
    row: Row
    held: bool | None
    why: str


def load(file: Path | None = None, words: when.Words | None = None) -> Table:
    """The shipped decision table or a user's own; raises ConfigError (file, line, key) or ReadError."""
    path = file or SHIPPED
    try:
        with path.open("rb") as stream:
            data = stream.read(sheet.MAX_BYTES + 1)
    except OSError as problem:
        raise ReadError(problem.strerror or "cannot be read", str(path), "check the path") from None
    return parse(data, str(path), when.vocabulary() if words is None else words)


def unsurveyed(table: Table) -> Table:
    """A table without the rows that need a survey, for where there never was one."""
    rows = (one for one in table.rows if when.UNKNOWN in dict(one.when).get(RAISES, (when.UNKNOWN,)))
    return Table(tuple(rows), table.origin)


def parse(data: bytes, file: str, words: when.Words) -> Table:
    """A decision table from its file's bytes; raises ConfigError with file, line and key."""
    top = sheet.parts(sheet.opened(data, file), required=("rows",))
    rows: dict[str, Row] = {}
    reached = ORDER[0]
    places = sheet.items(top["rows"])
    for place in places:
        row = _row(place, words)
        if row.id in rows:
            raise sheet.wrong(place, f"the id {row.id!r} stands in this table twice")
        if ORDER.index(row.decision) < ORDER.index(reached):
            raise sheet.wrong(place, f"{row.decision} after {reached}", f"in this order: {', '.join(ORDER)}")
        if rows and not _conditional(list(rows.values())[-1]):
            raise sheet.wrong(place, "is never reached: the row above has no conditions")
        reached = reached if row.decision == LAST else row.decision
        rows[row.id] = row
    if row.decision != LAST or _conditional(row):
        raise sheet.wrong(places[-1], f"the last row must be {LAST} without conditions")
    return Table(tuple(rows.values()), file)


def _conditional(row: Row) -> bool:
    return bool(row.when or row.at_least or row.at_most or row.needs)


def _row(place: sheet.Place, words: when.Words) -> Row:
    parts = sheet.parts(
        place, required=("id", "decision", "says"), optional=("when", "at_least", "at_most", "needs")
    )
    row = Row(
        id=sheet.text(parts["id"]),
        decision=cast("DecisionName", sheet.text(parts["decision"], ORDER)),
        says=sheet.text(parts["says"]),
        when=when.read(parts["when"], words) if "when" in parts else (),
        at_least=_limits(parts["at_least"], words) if "at_least" in parts else (),
        at_most=_limits(parts["at_most"], words) if "at_most" in parts else (),
        needs=sheet.texts(parts["needs"], words) if "needs" in parts else (),
    )
    if row.decision in (*CLOSES, "watch") and RAISES in dict(row.when):
        raise sheet.wrong(place, f"{row.decision} by {RAISES}", "what others can see lets nothing pass")
    if row.decision in CLOSES:
        _check_close(row, place)
    elif row.decision != LAST and not _conditional(row):
        raise sheet.wrong(place, f"{row.decision} without conditions would take every alert")
    return row


def _limits(place: sheet.Place, words: when.Words) -> Limits:
    parts = sheet.parts(place, optional=(SCORE, *words))
    return tuple((name, sheet.text(value, THRESHOLDS)) for name, value in parts.items())


def _check_close(row: Row, place: sheet.Place) -> None:
    asked = dict(row.when)
    for name, values in asked.items():
        if when.UNKNOWN in values:
            raise sheet.wrong(
                place, f"when.{name}: what is unknown is never closed", f"take {when.UNKNOWN} out"
            )
    for name, good in MUST_ASK[row.decision].items():
        if not asked.get(name) or not set(asked[name]) <= set(good):
            raise sheet.wrong(
                place, f"{row.decision} must ask for {name}: {' or '.join(good)}", "add it to when"
            )


def decide(verdict: Verdict, alert: Alert, thresholds: Thresholds, table: Table) -> Decision:
    """What to do with an alert: the first row that holds, and how each row that was considered came out."""
    seen = when.look(verdict)
    judged: list[_Judged] = []
    won: _Judged | None = None
    for row in table.rows:
        if won and row.decision not in URGENT:
            break
        one = _judge(row, seen, alert.score, thresholds)
        if row.decision in CLOSES and one.held:
            one = _unless_open(one, judged)
        judged.append(one)
        won = won or (one if one.held else None)
    if won is None:
        raise ValueError("a decision table ends with a row without conditions")
    return Decision(
        name=won.row.decision,
        row=won.row.id,
        says=_said(won.row, seen, alert.score),
        criteria=tuple(Criterion(one.row.id, one.held, one.why) for one in judged),
    )


def _judge(row: Row, seen: when.Seen, score: int, thresholds: Thresholds) -> _Judged:
    conditions = [(when.one(name, values, seen), name) for name, values in row.when]
    conditions += [(None if _is_unknown(name, seen) else True, name) for name in row.needs]
    numbers = [
        _compared(name, limit, least, seen, score, thresholds)
        for limits, least in ((row.at_least, True), (row.at_most, False))
        for name, limit in limits
    ]
    held = when.every(one for one, _ in (*conditions, *numbers))
    if held:
        return _Judged(row, True, row.says)
    whys = [_why(held, name, seen) for one, name in conditions if one is held]
    whys += [why for one, why in numbers if one is held]
    reasons = "; ".join(dict.fromkeys(whys))
    return _Judged(row, held, reasons if held is False else f"could not be judged: {reasons}")


def _is_unknown(name: str, seen: when.Seen) -> bool:
    return when.field(seen, name).value == when.UNKNOWN


def _why(held: bool | None, name: str, seen: when.Seen) -> str:
    one = when.field(seen, name)
    if held is False:
        return f"{when.label(name)} is {one.value}"
    return f"{when.label(name)} is unknown" + (f", because {one.because.rstrip('.')}" if one.because else "")


def _compared(
    name: str, limit: str, least: bool, seen: when.Seen, score: int, thresholds: Thresholds
) -> tuple[bool | None, str]:
    """Whether a number is at least, or at most, what a threshold says; None where there is no number."""
    number = score if name == SCORE else when.field(seen, name).number
    wanted = getattr(thresholds, limit)
    if number is None:
        return None, f"{when.label(name)} has no number to compare with {limit} {wanted:g}"
    held = number >= wanted if least else number <= wanted
    return held, f"{when.label(name)} {number:g} is {'below' if least else 'above'} {limit} {wanted:g}"


def _unless_open(close: _Judged, before: Collection[_Judged]) -> _Judged:
    """A row that closes, taken back when a row above it that contains or escalates could not be ruled out."""
    doubts = [one.row.id for one in before if one.row.decision in URGENT and one.held is None]
    if not doubts:
        return close
    return _Judged(close.row, None, f"could not be judged: {', '.join(doubts)} could not be ruled out")


def _said(row: Row, seen: when.Seen, score: int) -> str:
    """The row's reason, and what each field it rests on says."""
    names = dict.fromkeys([*(name for name, _ in row.when), *row.needs])
    told = [when.field(seen, name).says.strip().rstrip(".") for name in names]
    if any(name == SCORE for name, _ in (*row.at_least, *row.at_most)):
        told.append(f"the score is {score}")
    return f"{row.says} Seen: {'; '.join(one for one in told if one)}." if told else row.says
