"""An Exposure in, CSV for people out: one finding a row, nothing in it runs as a formula."""

from __future__ import annotations

from glasshouse.findings import Exposure, Finding
from glasshouse.report import exposed_story as story
from glasshouse.report.exposed_cells import Cell, joined, sheet
from glasshouse.report.exposed_facts import seconds
from glasshouse.safe import safe

TITLE = "CSV: one finding a row, for spreadsheets"
SUFFIX = ".csv"
ALL = False

COLUMNS = (
    *("id", "priority", "level", "score", "state", "state_says", "check", "title", "about", "says", "key"),
    *("technique", "owner", "asset", "asset_type", "criticality", "environment", "verdict", "confidence"),
    *("databases", "cves", "first_public", "last_public", "due", "remedy", "vanishes", "m1056", "points"),
    *("looked_up", "evidence", "evidence_sha256"),
)


def render(exposure: Exposure) -> str:
    """A head and one row per finding, in the order of the document; times as RFC 3339."""
    return sheet(COLUMNS, map(_row, exposure.findings))


def _row(one: Finding) -> tuple[Cell, ...]:
    asset = one.asset
    return (
        *(one.id, one.priority, one.level, one.score, one.state, one.state_says, one.check, one.title),
        *(one.about, one.says, one.key, one.technique, one.owner),
        *((asset.value, asset.type, asset.criticality, asset.environment) if asset else (None,) * 4),
        *(one.verdict, one.confidence, joined(one.databases), joined(story.cves(one))),
        *(seconds(one.first_public), seconds(one.last_public), seconds(one.due)),
        *(one.remedy, one.vanishes, "yes" if one.m1056 else "no"),
        joined(f"{row.rule} {row.points:+d}: {row.reason}" for row in one.points),
        joined(one.looked_up),
        len(one.evidence),
        joined(dict.fromkeys(safe(item.raw_sha256) for item in one.evidence)),
    )
