"""An Exposure in, what changed between two surveys out: per asset and database, with verdict and reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from glasshouse.findings import Exposure, Judged, ShiftVerdict
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_facts import shift_words, short
from glasshouse.safe import safe

VERDICTS: tuple[ShiftVerdict, ...] = ("suspicious", "unmanaged", "expected", "approved")
FEW = 8  # first looks that are listed; more are counted
SHOWN = 200  # changes that are listed, unless all are asked for
NOBODYS = "no asset of ours"


def changes(exposure: Exposure, *, everything: bool = False) -> str:
    """The text of ``exposure diff``: lines of plain text, the gravest asset first."""
    looks = [one for one in exposure.changes if one.shift.first_look]
    rest = sorted(
        (one for one in exposure.changes if not one.shift.first_look),
        key=lambda one: (VERDICTS.index(one.verdict), one.shift.key),
    )
    shown = rest if everything else rest[:SHOWN]
    lines = [words.compared(exposure), _counted(exposure, rest)]
    if exposure.blind:
        lines.append(
            f"{words.dim(exposure)[:1].upper()}{words.dim(exposure)[1:]}: nothing of them counts as gone."
        )
    for asset, group in _by_asset(shown):
        lines += ["", asset]
        for database, some in _by_database(group):
            lines += [f"  {database}", *(f"    {line}" for one in some for line in _change(one))]
    if len(rest) > len(shown):
        lines += [
            "",
            f"and {len(rest) - len(shown):,} more; glasshouse exposure list -f json holds all",
        ]
    lines += _looks(looks)
    lines += ["", *(f"could not be seen: {line}" for line in words.blind_lines(exposure.blind))]
    return "\n".join(lines).rstrip("\n") + "\n"


def _counted(exposure: Exposure, rest: Sequence[Judged]) -> str:
    if exposure.before is None:
        return "There is no earlier survey to compare with."
    if not rest:
        return "No change in what could be seen." if exposure.blind else "No change."
    kinds = Counter(one.shift.kind for one in rest)
    verdicts = Counter(one.verdict for one in rest)
    how = ", ".join(f"{kinds[kind]:,} {kind}" for kind in ("new", "changed", "gone") if kinds[kind])
    judged = ", ".join(f"{verdicts[name]:,} {name}" for name in VERDICTS if verdicts[name])
    return f"{text.count(len(rest), 'change')} ({how}): {judged}."


def _by_asset(changes: Iterable[Judged]) -> Iterator[tuple[str, list[Judged]]]:
    """Groups in the order of their gravest change."""
    groups: dict[str, list[Judged]] = {}
    for one in changes:
        owner = f", owner {short(one.asset.owner)}" if one.asset and one.asset.owner else ""
        name = f"{story.asset_words(one.asset)}{owner}" if one.asset else NOBODYS
        groups.setdefault(name, []).append(one)
    yield from groups.items()


def _by_database(changes: Iterable[Judged]) -> Iterator[tuple[str, list[Judged]]]:
    groups: dict[str, list[Judged]] = {}
    for one in changes:
        shift = one.shift
        through = "" if shift.database == shift.collector else f" through {safe(shift.collector)}"
        groups.setdefault(f"{safe(shift.database)}{through}", []).append(one)
    yield from groups.items()


def _change(one: Judged) -> Iterator[str]:
    yield f"{one.verdict}: {shift_words(one.shift)}"
    if one.change is not None:
        by = f", approved by {short(one.change.approved_by)}" if one.change.approved_by else ""
        title = f" ({short(one.change.title)})" if one.change.title else ""
        yield f"  record: {short(one.change.id)}{title}{by}"
    yield from (f"  sign: {short(line)}" for line in one.signs)
    yield from (f"  {short(line)}" for line in one.reasons)
    if one.near_miss:
        yield f"  nearest record: {short(one.near_miss)}"


def _looks(looks: Sequence[Judged]) -> list[str]:
    if not looks:
        return []
    per = Counter(one.shift.collector for one in looks)
    counted = ", ".join(f"{safe(name)} {number:,}" for name, number in sorted(per.items()))
    things = text.count(len(looks), "thing")
    head = f"First looks: {things} new only to us, because nobody had asked before ({counted})."
    listed = [f"  {one.verdict}: {shift_words(one.shift)}" for one in looks] if len(looks) <= FEW else []
    return ["", head, *listed]
