"""Clients, gaps and counts of an episode in; whether a program did it by itself, and by which signs, out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, known, lookups, some, unknown
from glasshouse.verdicts import Episode, Field

TITLE = "Automated?"
VALUES: Mapping[str, str] = {
    "yes": "a program that asks by itself was seen",
    "likely": "speed or regularity that people do not have",
    "no": "a browser at the pace of a person",
    "unknown": "the logs show neither program nor pace",
}
FAST = 30  # requests in an hour at which people do not read any more
REGULAR = 0.1  # share of the median gap


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Tools and scripts by name first, pace second."""
    programs = [one.name or one.kind for one in episode.clients if one.kind in ("tool", "script")]
    signs = []
    if programs:
        signs.append(f"run by {some(dict.fromkeys(programs))}")
    if episode.busiest_hour >= FAST:
        signs.append(f"{count(episode.busiest_hour, 'request')} in one hour")
    if _regular(episode):
        signs.append(f"one every {count(round(episode.median_gap or 0), 'second')}, regular as a clock")
    if programs:
        return known("automated", "yes", "; ".join(signs), lookups(episode), number=episode.busiest_hour)
    if signs:
        return known(
            "automated", "likely", "; ".join(signs), lookups(episode), "medium", episode.busiest_hour
        )
    if any(one.kind == "browser" for one in episode.clients):
        says = f"{some(one.name or 'browser' for one in episode.clients if one.kind == 'browser')}, at most "
        says += f"{count(episode.busiest_hour, 'request')} in an hour"
        return known("automated", "no", says, lookups(episode), number=episode.busiest_hour)
    return unknown(
        "automated",
        "no log names the program, and the pace is slow",
        "endpoint process logs, or a proxy that logs user agents",
        lookups(episode),
    )


def _regular(episode: Episode) -> bool:
    middle, spread = episode.median_gap, episode.mad_gap
    return episode.gaps >= 10 and bool(middle) and spread is not None and spread <= REGULAR * (middle or 0)
