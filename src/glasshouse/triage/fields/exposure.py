"""The last survey and our targets in; out, what the databases that were asked show of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from glasshouse.known import Background, Shown
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, day, known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "What did they find?"
VALUES: Mapping[str, str] = {
    "exposed": "these databases show something of high or critical level about it",
    "visible": "it is known to these databases, and nothing grave was found",
    "nothing-known": "these databases were asked about it, and know nothing",
    "not-ours": "nothing of ours was asked about",
    "unknown": "it was not surveyed, or not by these databases",
}
NAME = "exposure"
_GRAVE = ("high", "critical")


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """What the newest survey says; silence counts only of databases that answered wholly."""
    if background.surveyed is None:
        return _not_surveyed(background)
    if not background.about_us:
        return _others(episode, background)
    when = f"by the survey of {day(background.surveyed)}"
    grave = [one for one in background.exposure if one.level in _GRAVE]
    if grave:
        return _exposed(grave, episode, when)
    if background.exposure:
        return _visible(background.exposure, background.unseen, when)
    if background.unseen:
        return unknown(NAME, some(background.unseen, 3), "glasshouse survey run, with the keys it needs")
    told = known(NAME, "nothing-known", f"{when}, these databases know nothing of it")
    return told if _all_seen(episode, background) else _less_sure(told, "as far as the logs show the targets")


def _not_surveyed(background: Background) -> Field:
    if background.unseen:
        return unknown(NAME, some(background.unseen), "glasshouse exposure list")
    return unknown(
        NAME, "what these databases reveal about us was not surveyed", "a survey of our own assets"
    )


def _others(episode: Episode, background: Background) -> Field:
    if background.not_ours and not background.undecided and _all_seen(episode, background):
        return known(NAME, "not-ours", "nothing of ours was asked about")
    because = "no target that can be seen is ours" if episode.targets_total else "the logs show no target"
    return unknown(NAME, because, "logs that show what was asked about, and an inventory")


def _exposed(grave: Sequence[Shown], episode: Episode, when: str) -> Field:
    """Sure where a database that was asked shows it; another of its kind may show the same."""
    sure = any(one.database in episode.databases for one in grave)
    says = f"{when}, {count(len(grave), 'grave finding')} stood to be seen: {_listed(grave)}"
    return known(NAME, "exposed", says, _evidence(grave), "high" if sure else "medium", len(grave))


def _visible(shown: Sequence[Shown], unseen: Sequence[str], when: str) -> Field:
    findings = [one for one in shown if one.level]
    names = some(dict.fromkeys(one.about for one in shown), 3)
    found = f"; {_listed(findings)}" if findings else ""
    gaps = f"; {some(unseen, 3)}" if unseen else ""
    says = f"{when}, known to such databases, and nothing grave was found: {names}{found}{gaps}"
    return known(NAME, "visible", says, _evidence(findings), "low" if unseen else "high", len(findings))


def _listed(findings: Sequence[Shown]) -> str:
    return some((f"{one.about}: {one.says} ({one.level})" for one in findings), 3)


def _evidence(findings: Sequence[Shown]) -> list[Reference]:
    return [Reference("finding", one.finding, f"{one.about}: {one.says}") for one in findings[:5]]


def _all_seen(episode: Episode, background: Background) -> bool:
    judged = background.about_us + background.not_ours >= episode.targets_total
    return judged and episode.alert.requests.estimate <= episode.acts_with_target


def _less_sure(told: Field, why: str) -> Field:
    return known(told.name, told.value, f"{told.says}, {why}", told.evidence, "medium", told.number)
