"""An Exposure in, DefectDojo's Generic Findings JSON out: findings to import, known again by their id.

Source of the format: docs.defectdojo.com, "Generic Findings Import"; its reader refuses any other key.
"""

from __future__ import annotations

from typing import Any

from glasshouse.findings import Exposure, Finding
from glasshouse.records import Level
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report.exposed_facts import day, short
from glasshouse.report.exposed_json import written
from glasshouse.safe import safe

TITLE = "DefectDojo: Generic Findings Import"
SUFFIX = ".defectdojo.json"
ALL = False

SEVERITIES: dict[Level, str] = {
    "critical": "Critical",
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "informational": "Info",
}


def render(exposure: Exposure) -> str:
    """One document; accepted risks are marked as such, resolved findings as mitigated."""
    found = [_finding(one, exposure.at) for one in words.ranked(exposure.findings)]
    return f"{written({'name': 'Glasshouse', 'type': 'Glasshouse', 'findings': found}, indent=True)}\n"


def _finding(one: Finding, at: int) -> dict[str, Any]:
    found = story.cves(one)
    made: dict[str, Any] = {
        "title": story.title(one),
        "severity": SEVERITIES[one.level],
        "description": "\n\n".join(story.plain(one)),
        "mitigation": words.remedy(one),
        "impact": story.reason_words(one) or words.PRIORITY_WORDS[one.priority],
        "severity_justification": story.sum_words(one),
        "date": day(one.first_public) or day(at) or "1970-01-01",
        "active": one.state == "open",
        "verified": False,
        "risk_accepted": one.state == "accepted",
        "is_mitigated": one.state == "resolved",
        "unique_id_from_tool": short(one.id, 200),
        "vuln_id_from_tool": short(one.check, 200),
        "references": story.reference(one),
        "tags": [safe(tag) for tag in ("glasshouse", one.technique.lower(), one.priority) if tag],
    }
    if service := (one.asset.value if one.asset else one.about):
        made["service"] = short(service, 200)
    if found:
        made |= {"cve": found[0]} if len(found) == 1 else {"vulnerability_ids": found}
    if host := story.host(one):
        made["endpoints"] = [{"host": host}]
    if one.evidence:
        made["nb_occurences"] = len(one.evidence)
    return made
