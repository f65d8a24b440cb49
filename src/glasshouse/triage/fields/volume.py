"""The number of requests of an episode in; whether it is significant out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, known, lookups
from glasshouse.verdicts import Episode, Field

TITLE = "How many requests?"
VALUES: Mapping[str, str] = {
    "targeted-high": "as many about us as triage.targeted_queries, or more",
    "high": "as many about anything as triage.any_queries, or more",
    "normal": "fewer",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Requests are estimated; the sentence says how and gives the lower bound."""
    asked = episode.alert.requests
    share = background.about_us / max(1, episode.targets_total)
    ours = max(round(asked.estimate * share), background.about_us)
    says = f"about {count(asked.estimate, 'request')} (at least {asked.min:,}; {asked.how})"
    evidence = lookups(episode)
    if ours >= thresholds.targeted_queries:
        return known("volume", "targeted-high", f"{says}, {ours:,} about us", evidence, number=ours)
    if asked.estimate >= thresholds.any_queries:
        return known("volume", "high", says, evidence, number=asked.estimate)
    return known("volume", "normal", says, evidence, number=asked.estimate)
