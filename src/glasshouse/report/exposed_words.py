"""An Exposure in; out, the sentences and lists that every report of it for people shares."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from glasshouse.findings import PRIORITIES, Blind, Edge, Exposure, Finding, Judged, Priority, Revealed, Tie
from glasshouse.records import LEVELS, Level
from glasshouse.report import text
from glasshouse.report.exposed_facts import day, kind_words, shift_words, short
from glasshouse.safe import safe

FIRST = 5  # things to do first
NOBODY = "no owner known"
CANNOT = "cannot be reduced"
# What CISA's guide to SSVC asks for, in a few words (cisa.gov/ssvc).
PRIORITY_WORDS: dict[Priority, str] = {
    "act": "as soon as possible, with the leadership",
    "attend": "sooner than the usual round",
    "track*": "in the usual round, watched closely",
    "track": "in the usual round",
}
SHOW = "glasshouse exposure show {finding}{home}"
SUB_TECHNIQUES = ("T1596.001", "T1596.002", "T1596.003", "T1596.004", "T1596.005")
CDN = "T1596.004"
NOTHING_SHOWN = "nothing was seen"
UNAPPROVED = ("suspicious", "unmanaged")
# How a collector's failure is called, the gravest first.
STATUS_WORDS = {
    "failed": "failed",
    "refused": "was refused",
    "partial": "answered in part",
    "skipped": "was left out",
    "never": "was never asked",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: the same check for the same owner, about one or several things."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The most urgent one, which stands for all."""
        return self.findings[0]

    @property
    def about(self) -> str:
        """The names and addresses it is about."""
        return text.some(dict.fromkeys(one.about for one in self.findings), 3)

    @property
    def owner(self) -> str:
        """Who does it."""
        return owner(self.first)

    @property
    def ids(self) -> str:
        """The findings it ends."""
        return text.some((one.id for one in self.findings), 3)


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Most urgent first."""
    return sorted(findings, key=lambda one: (PRIORITIES.index(one.priority), -one.score, one.check, one.key))


def still_open(exposure: Exposure) -> list[Finding]:
    """Findings that are neither resolved nor accepted, most urgent first."""
    return ranked(one for one in exposure.findings if one.state == "open")


def steps(findings: Iterable[Finding]) -> list[Step]:
    """What to do, most urgent first: findings of one check and owner are one step."""
    groups: dict[tuple[str, str | None], list[Finding]] = {}
    for one in ranked(findings):
        groups.setdefault((one.check, one.owner), []).append(one)
    return [Step(tuple(some)) for some in groups.values()]


def owner(finding: Finding) -> str:
    """Who owns what a finding is about."""
    return short(finding.owner, 80) if finding.owner else NOBODY


def remedy(finding: Finding) -> str:
    """The step, and what goes from public data when it is done."""
    step = short(finding.remedy).rstrip(".") or "No step is known"
    return f"{step}. {vanishes(finding)}"


def vanishes(finding: Finding) -> str:
    """What public data goes, or that it stays."""
    if finding.vanishes:
        return f"Then vanishes: {short(finding.vanishes).rstrip('.')}."
    return f"What is public already {CANNOT}."


def unapproved(exposure: Exposure) -> list[Judged]:
    """Changes without approval, suspicious ones first; what is new only to us is left out."""
    found = [one for one in exposure.changes if one.verdict in UNAPPROVED and not one.shift.first_look]
    return sorted(found, key=lambda one: UNAPPROVED.index(one.verdict))


def first_looks(exposure: Exposure) -> int:
    """How many changes are new to us only, because nobody had asked before."""
    return sum(one.shift.first_look for one in exposure.changes)


def change_words(judged: Judged) -> str:
    """One change with what stands against it."""
    why = "; ".join(map(short, judged.signs)) or (
        f"nearest record: {short(judged.near_miss)}" if judged.near_miss else "nothing on record"
    )
    return f"{shift_words(judged.shift)} ({why})"


def levels(findings: Iterable[Finding]) -> list[tuple[Level, int]]:
    """How many findings each level has, gravest first, without empty levels."""
    found = Counter(one.level for one in findings)
    return [(level, found[level]) for level in reversed(LEVELS) if found[level]]


def priorities(findings: Iterable[Finding]) -> list[tuple[Priority, int]]:
    """How many findings each priority has, most urgent first, without empty ones."""
    found = Counter(one.priority for one in findings)
    return [(name, found[name]) for name in PRIORITIES if found[name]]


def compared(exposure: Exposure) -> str:
    """As of when it is, and with what it is compared."""
    now = f"As of {text.when(exposure.at)}"
    if exposure.before is None:
        return f"{now}; the first survey, so nothing can have changed."
    return f"{now}, compared with {text.when(exposure.before)}."


def headline(exposure: Exposure) -> str:
    """One sentence; it never says that there is nothing where something could not be seen."""
    found = still_open(exposure)
    blind = dim(exposure)
    if not found:
        return _none(exposure, blind)
    counts = ", ".join(f"{number:,} {name}" for name, number in priorities(found))
    about = len({one.about for one in found})
    named = text.count(about, "name or address", "names and addresses")
    base = f"{text.count(len(found), 'open finding')} ({counts}) about {named}"
    return f"{base}; {blind}." if blind else f"{base}."


def _none(exposure: Exposure, blind: str) -> str:
    if not exposure.assets:
        return "Nothing is known to be ours, so nothing was asked about."
    if not exposure.revealed and blind:
        return "Nothing could be seen, so nothing can be said."
    if doubts := " and ".join(part for part in (blind, _troubles(exposure)) if part):
        return f"No open finding in what could be seen; {doubts}, so there may be more."
    return "No open finding in what all databases that were asked show."


def _troubles(exposure: Exposure) -> str:
    number = len(exposure.troubles)
    return f"{text.count(number, 'thing')} could not be judged" if number else ""


def dim(exposure: Exposure) -> str:
    """How many databases could not be seen wholly; empty when all were."""
    number = len({one.collector for one in exposure.blind})
    return f"{text.count(number, 'database')} could not be seen, or not wholly" if number else ""


def changed(exposure: Exposure) -> str:
    """How many changes there were, and how many of them nobody approved."""
    if exposure.before is None:
        return "There is no earlier survey to compare with."
    number, looks = len(unapproved(exposure)), first_looks(exposure)
    rest = len(exposure.changes) - looks
    words = f"{number:,} of {text.count(rest, 'change')} without approval"
    apart = f"; {looks:,} more new only to us, seen at a first look" if looks else ""
    return f"{words}{apart}."


def at_home(home: str) -> str:
    """The home folder as the next command has to name it."""
    return f" --home {safe(shlex.quote(home))}" if home else ""


def techniques(exposure: Exposure) -> list[str]:
    """The five sub-techniques, and whatever else anything is revealed or found for, in order."""
    seen = {row.technique for row in exposure.revealed} | {one.technique for one in exposure.findings}
    return sorted(seen | set(SUB_TECHNIQUES))


def shown(exposure: Exposure, technique: str) -> list[tuple[str, str, str]]:
    """What each database shows for a sub-technique: its name, how much, and the day it was last asked."""
    rows = sorted(
        (row for row in exposure.revealed if row.technique == technique),
        key=lambda row: (row.collector, row.kind),
    )
    told = [(safe(row.collector or row.database), revealed_words(row), asked(row.last_asked)) for row in rows]
    if technique == CDN and exposure.edges:
        told.append(("put together", edges_words(exposure), day(exposure.at)))
    return told or [("-", NOTHING_SHOWN, "")]


def edges_words(exposure: Exposure) -> str:
    """How many names stand behind which delivery networks."""
    number = len({one.name for one in exposure.edges})
    behind = text.some(sorted({one.provider for one in exposure.edges}), 4)
    return f"{text.count(number, 'name')} behind {behind}"


def edge_words(edge: Edge) -> str:
    """One name behind a network, what shows it, and whether its origin is given away."""
    how = "; ".join(map(short, edge.how)) or "nothing said how"
    origins = f"; its origin is given away: {text.some(edge.origins, 4)}" if edge.origins else ""
    return f"{short(edge.name)} is behind {short(edge.provider)} ({how}){origins}"


def revealed_words(row: Revealed) -> str:
    """How many things one database shows, and about how many assets."""
    return f"{kind_words(row.kind, row.things)} about {text.count(row.subjects, 'asset')}"


def asked(time: int | None) -> str:
    """The day a database was last asked."""
    return day(time) or "never"


def tie_words(tie: Tie) -> str:
    """A candidate with why it ties to us."""
    return f"{short(tie.value)} ({tie.type}, {tie.strength} of 100): " + "; ".join(map(short, tie.chain))


def candidates(exposure: Exposure) -> list[Tie]:
    """Names and addresses nobody has decided about, the strongest tie first."""
    found = [one for one in exposure.ties if one.state == "candidate"]
    return sorted(found, key=lambda one: (-one.strength, one.value))


def blind_lines(blind: Sequence[Blind]) -> list[str]:
    """What could not be seen: each failure a line, collectors nobody asked together."""
    order = list(STATUS_WORDS)
    failed = sorted(
        (one for one in blind if one.status != "never"),
        key=lambda one: (order.index(one.status) if one.status in order else 0, one.collector),
    )
    return [*map(blind_words, failed), *_never(one for one in blind if one.status == "never")]


def blind_words(one: Blind) -> str:
    """One collector that did not see all, why, and from when what is shown of it is."""
    how = STATUS_WORDS.get(one.status, short(one.status))
    about = f" for {text.count(one.subjects, 'asset')}" if one.subjects else ""
    reason = f": {short(one.reason)}" if one.reason else ""
    kept = f"; shown of it is from {text.when(one.last_complete)}" if one.last_complete is not None else ""
    nothing = "; nothing of it is known" if one.last_complete is None and one.status != "partial" else ""
    return f"{safe(one.collector)} {how}{about}{reason}{kept}{nothing}"


def _never(blind: Iterable[Blind]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for one in blind:
        needy = one.reason.startswith("needs a key")
        reason = "needs a key" if needy else short(one.reason.removeprefix("was never asked"))
        groups.setdefault(f" ({reason})" if reason else "", []).append(safe(one.collector))
    for reason, names in sorted(groups.items()):
        yield f"never asked{reason}: {', '.join(sorted(names))}"
