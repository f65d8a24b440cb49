"""Criticality of the machines used and the assets asked about in; the highest out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "How critical?"
VALUES: Mapping[str, str] = {
    "critical": "a critical machine or asset is concerned",
    "high": "one of high criticality",
    "medium": "one of medium criticality",
    "low": "all that are rated are low",
    "unknown": "nothing concerned is rated",
}
_ORDER = ("critical", "high", "medium", "low")


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """The highest rating of what is concerned; the owner comes with it."""
    rated = [(one.criticality, f"machine {one.host}", one.origin, one.owner) for one in background.machines]
    rated += [
        (hit.asset.criticality, hit.asset.value, hit.asset.origin, hit.asset.owner)
        for hit in background.assets
    ]
    for level in _ORDER:
        names = dict.fromkeys(
            f"{name} (owner {owner or 'not named'})" for c, name, _, owner in rated if c == level
        )
        if names:
            evidence = [
                Reference("asset", origin or name, name) for c, name, origin, _ in rated if c == level
            ]
            return known("criticality", level, f"{level}: {some(names)}", list(dict.fromkeys(evidence))[:5])
    return unknown(
        "criticality", "nothing concerned is rated", "criticality in the inventory and the list of machines"
    )
