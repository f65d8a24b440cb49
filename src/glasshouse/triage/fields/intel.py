"""Indicators that match an episode in; whether threat intelligence knows it out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background, IntelHit
from glasshouse.settings import Thresholds
from glasshouse.triage.words import incomplete, known, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Known to threat intelligence?"
VALUES: Mapping[str, str] = {
    "hit": "a current indicator of enough confidence matches",
    "old-hit": "only indicators match that are expired, old or of little confidence",
    "none": "feeds are known, and none matches",
    "unknown": "no feeds are known",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Confidence that a feed does not give counts as enough; age counts from what the feed says."""
    if "indicators" not in background.has:
        return unknown(
            "intel", "no threat intelligence is known", "indicators: STIX, MISP, TAXII or a plain list"
        )
    strong = [hit for hit in background.intel if _current(hit, thresholds)]
    evidence = [
        Reference(
            "intel", hit.indicator.reference or hit.indicator.feed, f"{hit.where} {hit.value}: {_said(hit)}"
        )
        for hit in [*strong, *(hit for hit in background.intel if hit not in strong)][:5]
    ]
    if strong:
        best = strong[0]
        return known("intel", "hit", f"{best.where} {best.value} is known to {_said(best)}", evidence)
    if background.intel:
        best = background.intel[0]
        return known("intel", "old-hit", f"{best.where} {best.value}: {_said(best)}", evidence, "medium")
    if "indicators" in background.incomplete:
        return incomplete("intel", "threat intelligence")
    return known("intel", "none", "no indicator matches source, targets, tools or e-mail")


def _current(hit: IntelHit, thresholds: Thresholds) -> bool:
    sure = hit.indicator.confidence is None or hit.indicator.confidence >= thresholds.intel_confidence
    return sure and not hit.expired and (hit.age_days is None or hit.age_days <= thresholds.intel_days)


def _said(hit: IntelHit) -> str:
    parts = [hit.indicator.feed]
    parts.append(
        "confidence not given"
        if hit.indicator.confidence is None
        else f"confidence {hit.indicator.confidence}"
    )
    parts.append("age not given" if hit.age_days is None else f"{hit.age_days} days old")
    return ", ".join([*parts, *(["expired"] if hit.expired else [])])
