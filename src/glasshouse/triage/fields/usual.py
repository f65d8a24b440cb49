"""An actor's use in the 30 days before in; whether this is usual for them out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, day, known, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Usual for this actor?"
VALUES: Mapping[str, str] = {
    "usual": "asked on enough days before, and not much less",
    "unusual": "asked before, but much less or on few days",
    "first": "never asked any of these databases before",
    "unknown": "too few days of facts to compare with",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Median and median absolute deviation over the days with requests."""
    least = thresholds.baseline_days
    if episode.days_known < least:
        return unknown(
            "usual",
            f"only {count(episode.days_known, 'day')} of facts before it, {least} are needed",
            "more days of logs in the lake",
        )
    own = episode.own
    evidence = [Reference("baseline", episode.key, f"{own.total:,} requests on {own.days} of 30 days before")]
    prevalence = (
        f"{count(episode.actors_of_databases, 'actor')} of {episode.actors_total} asked these databases"
    )
    if episode.first_seen is None:
        return known("usual", "first", f"never asked before; {prevalence} in 30 days", evidence)
    edge = own.median_day + thresholds.deviations * max(own.mad_day, 1.0)
    says = (
        f"{count(episode.busiest_day, 'request')} on the busiest day; the median day has {own.median_day:g} "
        f"(since {day(episode.first_seen)}); {prevalence}"
    )
    if own.days >= thresholds.usual_days and episode.busiest_day <= max(edge, own.most_day):
        return known("usual", "usual", says, evidence, number=episode.busiest_day)
    return known("usual", "unusual", says, evidence, number=episode.busiest_day)
