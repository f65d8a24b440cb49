"""The busiest day of an episode and the days before in; whether use rose suddenly out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, known, unknown
from glasshouse.verdicts import Episode, Field, Reference, Usage

TITLE = "Sudden rise?"
VALUES: Mapping[str, str] = {
    "sudden": "many times the usual day, and far outside its spread",
    "none": "no such rise",
    "unknown": "too few days of facts to compare with",
}
LEAST = 10  # requests on a day below which nothing is a rise


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Against the actor's own days; one who never asked is held against everybody's."""
    if episode.days_known < thresholds.baseline_days:
        return unknown(
            "rise",
            f"only {count(episode.days_known, 'day')} of facts before it",
            "more days of logs in the lake",
        )
    own = episode.own if episode.own.days else None
    compared = own or episode.estate or Usage()
    whom = "this actor" if own else "everybody"
    usual = max(compared.median_day, 1.0)
    times = episode.busiest_day / usual
    far = episode.busiest_day > compared.median_day + thresholds.deviations * max(compared.mad_day, 1.0)
    sudden = episode.busiest_day >= LEAST and times >= thresholds.rise and far
    says = f"{count(episode.busiest_day, 'request')} on one day, {times:.1f} times the median day of {whom}"
    evidence = [
        Reference("baseline", whom, f"median {compared.median_day:g}, deviation {compared.mad_day:g}")
    ]
    return known("rise", "sudden" if sudden else "none", says, evidence, number=times)
