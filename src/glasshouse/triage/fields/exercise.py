"""Register entries for red teams and penetration tests in; whether this is an announced exercise out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import known, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Is it an exercise?"
VALUES: Mapping[str, str] = {
    "yes": "an entry of the register of category exercise covers it",
    "no": "the register is known, and no exercise covers it",
    "unknown": "no use register is known",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Red team and penetration test windows are entries of the use register."""
    if "uses" not in background.has:
        return unknown("exercise", "no use register is known", "a use register: know.paths in the settings")
    every = [check for check in background.uses if check.use.category == "exercise"]
    evidence = [Reference("use", check.use.origin or check.use.id, check.use.id) for check in every]
    for check in every:
        if not check.outside:
            return known("exercise", "yes", f"{check.use.id}: {check.use.purpose}", evidence)
    tail = f"; {every[0].use.id} does not cover it: {', '.join(every[0].outside)}" if every else ""
    return known("exercise", "no", f"no announced exercise covers it{tail}", evidence)
