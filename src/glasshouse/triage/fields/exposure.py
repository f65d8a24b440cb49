"""What the open databases reveal of what was asked about in; nothing is known of it yet, and that is said."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import unknown
from glasshouse.verdicts import Episode, Field

TITLE = "What did they find?"
VALUES: Mapping[str, str] = {"unknown": "no survey of what the databases reveal was made"}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Unknown until the databases themselves are asked about our assets."""
    return unknown(
        "exposure", "what these databases reveal about us was not surveyed", "a survey of our own assets"
    )
