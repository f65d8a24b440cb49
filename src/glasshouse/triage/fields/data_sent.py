"""Bytes sent to and had from the databases in; whether much data went over out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import known, lookups, unknown
from glasshouse.verdicts import Confidence, Episode, Field

TITLE = "How much data?"
VALUES: Mapping[str, str] = {
    "large": "10 MB or more were sent, or 100 MB or more came back",
    "normal": "less",
    "unknown": "no log counts bytes",
}
SENT, HAD = 10_000_000, 100_000_000


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Sums over the connections that logs give sizes for."""
    sent, had = episode.bytes_out, episode.bytes_in
    if sent is None and had is None:
        return unknown("data_sent", "no log counts bytes", "a proxy, firewall or flow log", lookups(episode))
    says = f"{_size(sent)} sent, {_size(had)} came back"
    if (sent or 0) >= SENT or (had or 0) >= HAD:
        return known("data_sent", "large", says, lookups(episode), number=sent)
    sure: Confidence = "medium" if sent is None or had is None else "high"
    return known("data_sent", "normal", says, lookups(episode), sure, number=sent)


def _size(number: int | None) -> str:
    if number is None:
        return "an unknown amount"
    return f"{number / 1_000_000:,.1f} MB" if number >= 1_000_000 else f"{number / 1_000:,.1f} kB"
