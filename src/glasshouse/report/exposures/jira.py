"""An Exposure in, CSV for Jira's importer out: one issue a row, known again by its external id.

Source of the columns: support.atlassian.com, "Import data from a CSV file": labels stand one a column.
"""

from __future__ import annotations

import re

from glasshouse.findings import Exposure, Finding, Priority
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report.exposed_cells import Cell, sheet
from glasshouse.report.exposed_facts import day, short

TITLE = "Jira: CSV for its importer"
SUFFIX = ".jira.csv"
ALL = False

COLUMNS = (
    *("Summary", "Issue Type", "Description", "Priority", "Labels", "Labels", "Labels", "Labels"),
    *("Due date", "External ID", "Component", "Asset"),
)
SHORT = 255  # characters that Summary takes
PRIORITIES: dict[Priority, str] = {"act": "Highest", "attend": "High", "track*": "Medium", "track": "Low"}
_MARKUP = re.compile(r"[{\[!]")  # macros, links and mentions, pictures
_NO_LABEL = re.compile(r"[^A-Za-z0-9_.-]+")


def render(exposure: Exposure) -> str:
    """A head and one row per open finding; days are written yyyy-MM-dd."""
    return sheet(COLUMNS, map(_row, words.still_open(exposure)))


def _row(one: Finding) -> tuple[Cell, ...]:
    told: list[str] = [_MARKUP.sub(r"\\\g<0>", line) for line in story.plain(one)]
    return (
        *(short(story.title(one), SHORT), "Task", told, PRIORITIES[one.priority]),
        *map(_label, ("glasshouse", one.technique, one.check, one.level)),
        *(day(one.due), one.id, one.owner, one.asset.value if one.asset else one.about),
    )


def _label(text: str) -> str:
    """A label has no blanks."""
    return _NO_LABEL.sub("-", text)[:80].strip("-")
