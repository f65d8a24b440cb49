"""Earlier alerts of an actor in; whether it happens again out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, day, known, unknown
from glasshouse.verdicts import Episode, Field

TITLE = "Has it happened before?"
VALUES: Mapping[str, str] = {
    "recurring": "the actor had alerts in the 90 days before",
    "first": "no alert of this actor before, in enough days of facts",
    "unknown": "too few days of facts",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Alerts of the same actor; what was decided then stands in their cases."""
    since = f"; asked first on {day(episode.first_seen)}" if episode.first_seen is not None else ""
    if episode.earlier_alerts:
        says = f"{count(episode.earlier_alerts, 'alert')} of this actor in the 90 days before{since}"
        return known("history", "recurring", says, number=episode.earlier_alerts)
    if episode.days_known < thresholds.baseline_days:
        return unknown(
            "history",
            f"only {count(episode.days_known, 'day')} of facts before it",
            "more days of logs in the lake",
        )
    return known("history", "first", f"no alert of this actor in the 90 days before{since}", number=0)
