"""What colleagues of the same group asked in, whether this is usual among them out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, known, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Usual among peers?"
VALUES: Mapping[str, str] = {
    "usual": "others of the group ask about as much",
    "unusual": "others of the group ask much less, or nothing",
    "unknown": "the group is not known, or too few days of facts",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """The group is the department, else the role, of the account or of the machine's owner."""
    if background.peers is None:
        return unknown(
            "peers", "no directory says which group the actor is of", "people or machines with departments"
        )
    if episode.days_known < thresholds.baseline_days:
        return unknown(
            "peers",
            f"only {count(episode.days_known, 'day')} of facts before it",
            "more days of logs in the lake",
        )
    peers = episode.peers
    evidence = [Reference("baseline", background.peers, f"{episode.peer_actors} others of it asked")]
    if peers is None or not episode.peer_actors:
        return known(
            "peers", "unusual", f"nobody else of {background.peers} asked anything in 30 days", evidence
        )
    edge = peers.median_day + thresholds.deviations * max(peers.mad_day, 1.0)
    value = "usual" if episode.busiest_day <= edge else "unusual"
    says = (
        f"{count(episode.peer_actors, 'other')} of {background.peers} asked, "
        f"{peers.median_day:g} requests on the median day; here {episode.busiest_day:,}"
    )
    return known("peers", value, says, evidence, number=episode.busiest_day)
