"""An Exposure in, an import set for ServiceNow out: one task or incident a row, known again by its id.

Source of the columns: docs.servicenow.com, the Task table (task), which incidents extend.
"""

from __future__ import annotations

from glasshouse.findings import Exposure, Finding, Priority
from glasshouse.records import Level
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report.exposed_cells import Cell, sheet
from glasshouse.report.exposed_facts import seconds, short

TITLE = "ServiceNow: an import set of tasks or incidents"
SUFFIX = ".servicenow.csv"
ALL = False

COLUMNS = (
    *("correlation_id", "correlation_display", "short_description", "description", "category", "urgency"),
    *("impact", "assignment_group", "cmdb_ci", "due_date", "u_check", "u_technique", "u_score"),
)
SHORT = 160  # characters that short_description takes
URGENCY: dict[Priority, int] = {"act": 1, "attend": 2, "track*": 3, "track": 3}
IMPACT: dict[Level, int] = {"critical": 1, "high": 1, "medium": 2, "low": 3, "informational": 3}


def render(exposure: Exposure) -> str:
    """A head and one row per open finding; map correlation_id as the coalesce field."""
    return sheet(COLUMNS, map(_row, words.still_open(exposure)))


def _row(one: Finding) -> tuple[Cell, ...]:
    return (
        *(one.id, "Glasshouse", short(story.title(one), SHORT), story.plain(one), "security"),
        *(URGENCY[one.priority], IMPACT[one.level], one.owner, one.asset.value if one.asset else one.about),
        seconds(one.due).replace("T", " ").rstrip("Z"),
        *(one.check, one.technique, one.score),
    )
