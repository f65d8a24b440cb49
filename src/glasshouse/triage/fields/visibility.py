"""The kinds of log that saw an episode in; what they could not show out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import known, lookups, some
from glasshouse.verdicts import Episode, Field

TITLE = "What could be seen?"
VALUES: Mapping[str, str] = {
    "full": "program, machine and every target were seen",
    "partial": "something of it could not be seen",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """From outside our logs nobody can be seen at all; that is never full."""
    seen = episode.alert.visibility
    through = f"seen through {some(seen.seen_through) or 'nothing'} ({some(seen.sources)})"
    hidden = max(0, episode.alert.requests.estimate - episode.acts_with_target)
    if not seen.not_shown and not hidden:
        return known("visibility", "full", through, lookups(episode))
    return known(
        "visibility",
        "partial",
        f"{through}; not shown: {some(seen.not_shown) or 'some targets'}",
        lookups(episode),
    )
