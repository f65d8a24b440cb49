"""Toolbox of triage leaves: facts in; sentences, references and fields in one manner out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from glasshouse.verdicts import Confidence, Episode, Field, Reference

SHOWN = 5
DAY = 86_400_000_000


def some(values: Iterable[str], shown: int = SHOWN) -> str:
    """The first few of a list in words, and how many more there are."""
    listed = list(values)
    more = len(listed) - shown
    return ", ".join(listed[:shown]) + (f" and {more} more" if more > 0 else "")


def count(number: float, one: str, many: str | None = None) -> str:
    """A number with its noun: ``1 request``, ``2,000 requests``."""
    whole = f"{number:,.0f}" if number == round(number) else f"{number:,.1f}"
    return f"{whole} {one if number == 1 else many or one + 's'}"


def day(time: int) -> str:
    """The UTC day of a time in microseconds."""
    return f"{datetime.fromtimestamp(time / 1_000_000, UTC):%Y-%m-%d}"


def minute(time: int) -> str:
    """A time in microseconds to the minute, UTC."""
    return f"{datetime.fromtimestamp(time / 1_000_000, UTC):%Y-%m-%d %H:%MZ}"


def who(episode: Episode) -> str:
    """The actor in words: account, else machine, else address."""
    return some(episode.accounts or episode.hosts or episode.ips or (episode.key,))


def lookups(episode: Episode, shown: int = 3) -> tuple[Reference, ...]:
    """The first lookups of an episode, as they stand in the logs."""
    return tuple(
        Reference("lookup", f"{one.file}:{one.position}", one.record_sha256[:16])
        for one in episode.alert.evidence[:shown]
    )


def unknown(name: str, because: str, would_answer: str, evidence: Sequence[Reference] = ()) -> Field:
    """A field that these data cannot fill, and what would fill it."""
    return Field(
        name=name,
        value="unknown",
        says=f"cannot be told: {because}",
        confidence="none",
        because=because,
        would_answer=would_answer,
        evidence=tuple(evidence),
    )


def incomplete(name: str, what: str) -> Field:
    """A field that would be no more than "nothing found" in a part of what there is to look at."""
    said = f"some of the {what} could not be read"
    return unknown(name, said, "mend what glasshouse know check tells")


def known(
    name: str,
    value: str,
    says: str,
    evidence: Sequence[Reference] = (),
    confidence: Confidence = "high",
    number: float | None = None,
) -> Field:
    """A field that these data fill."""
    return Field(
        name=name, value=value, says=says, confidence=confidence, evidence=tuple(evidence), number=number
    )
