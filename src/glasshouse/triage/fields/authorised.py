"""The use register and an episode in; whether the use is allowed, and by which entry, out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background, UseCheck
from glasshouse.settings import Thresholds
from glasshouse.triage.words import day, known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Allowed?"
VALUES: Mapping[str, str] = {
    "yes": "an entry of the use register covers all of it",
    "partly": "entries cover some of the databases, not all",
    "outside": "an entry is about this actor, but the use lies outside its scope",
    "no": "no entry of the register is about this actor",
    "unknown": "no use register is known",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Only the register allows; a role or a change record is shown beside it, and allows nothing."""
    if "uses" not in background.has:
        return unknown("authorised", "no use register is known", "a use register: know.paths in the settings")
    covering = [check for check in background.uses if not check.outside]
    others = [check for check in background.uses if check.outside]
    evidence = [_reference(check) for check in [*covering, *others][:10]]
    if covering:
        return known("authorised", "yes", f"allowed by {some(_named(check) for check in covering)}", evidence)
    parts = [check for check in others if check.outside == ("partly",)]
    if parts:
        return known("authorised", "partly", f"{some(_named(c) for c in parts)} cover a part only", evidence)
    if others:
        worst = others[0]
        says = f"outside {worst.use.id}: {', '.join(worst.outside)}" + (
            f" ({worst.detail})" if worst.detail else ""
        )
        return known("authorised", "outside", says, evidence)
    checked = "no entry of the use register is about this actor"
    if strange := [one for one in episode.accounts if "\\" in one or "@" in one]:
        checked += f"; the domain of {some(strange)} is none of ours (own in the settings)"
    return known(
        "authorised", "no", checked, evidence, "high" if episode.accounts or episode.hosts else "medium"
    )


def _named(check: UseCheck) -> str:
    use = check.use
    ticket = f", {use.ticket}" if use.ticket else ""
    return f"{use.id} ({use.purpose}; {use.approved_by}{ticket}; until {day(use.valid_until - 1)})"


def _reference(check: UseCheck) -> Reference:
    says = "covers it" if not check.outside else f"outside: {', '.join(check.outside)} {check.detail}".strip()
    return Reference("use", check.use.origin or check.use.id, f"{check.use.id} {says}")
