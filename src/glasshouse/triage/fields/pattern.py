"""The rules that made an alert in; whether they are a known pattern of reconnaissance out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import known, some
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "A known pattern?"
VALUES: Mapping[str, str] = {
    "known-recon": "a reconnaissance tool, or the way such tools ask",
    "single-tool": "one program that makes look-ups, without such a pattern",
    "none": "neither",
}
_RECON = frozenset(
    {
        "recon_tool_ran",
        "tool_by_provider_set",
        "breadth_3",
        "breadth_5",
        "bulk_ct",
        "bulk_whois",
        "pdns_sweep",
        "scan_sweep",
        "scripted_burst_sustained",
    }
)


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """By the rules that fired; each row of the score is shown with its reason."""
    rows = [one for one in episode.alert.points if one.points > 0]
    evidence = [Reference("rule", one.rule, f"{one.points:+d} {one.reason}") for one in rows]
    hits = [one for one in rows if one.rule in _RECON]
    score = episode.alert.score
    if hits:
        return known("pattern", "known-recon", some((one.reason for one in hits), 3), evidence, number=score)
    if any(one.kind == "tool" for one in episode.clients):
        names = some(one.name or "tool" for one in episode.clients if one.kind == "tool")
        return known(
            "pattern",
            "single-tool",
            f"{names}, {some((one.reason for one in rows), 2)}",
            evidence,
            number=score,
        )
    return known(
        "pattern", "none", some((one.reason for one in rows), 2) or "no rule fired", evidence, number=score
    )
