"""An episode and what we know of it in; every field of its verdict, in the order people ask, out."""

from __future__ import annotations

from glasshouse.known import Background
from glasshouse.leaf import judges
from glasshouse.settings import Thresholds
from glasshouse.verdicts import Episode, Verdict

# The order of the page; a field that is not named here follows by name.
ORDER = (
    "about_us",
    "authorised",
    "change",
    "exercise",
    "automated",
    "volume",
    "pattern",
    "usual",
    "peers",
    "rise",
    "history",
    "credential",
    "privilege",
    "account_state",
    "machine",
    "criticality",
    "intel",
    "data_sent",
    "exposure",
    "visibility",
)


def verdict(episode: Episode, background: Background, thresholds: Thresholds) -> Verdict:
    """Ask every leaf of triage/fields."""
    fields = [leaf.judge(episode, background, thresholds) for leaf in judges().values()]
    place = {name: number for number, name in enumerate(ORDER)}
    return Verdict(tuple(sorted(fields, key=lambda one: (place.get(one.name, len(ORDER)), one.name))))
