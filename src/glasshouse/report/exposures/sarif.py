"""An Exposure in, SARIF 2.1.0 out: checks as rules, findings as results, blind spots as notifications.

Source of the format: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from glasshouse.findings import Exposure, Finding
from glasshouse.records import Level
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_facts import day, iso, short
from glasshouse.report.exposed_json import written
from glasshouse.safe import safe

TITLE = "SARIF 2.1.0: for code scanning and dashboards"
SUFFIX = ".sarif"
ALL = False

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: dict[Level, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "informational": "note",
}
# What GitHub sorts by: a number of 0 to 10 as text.
SEVERITY: dict[Level, str] = {
    "critical": "9.5",
    "high": "8.0",
    "medium": "5.5",
    "low": "3.0",
    "informational": "0.0",
}


def render(exposure: Exposure) -> str:
    """One run; findings that are resolved are left out, accepted risks are suppressed."""
    found = [one for one in words.ranked(exposure.findings) if one.state != "resolved"]
    rules = list({one.check: one for one in reversed(found)}.values())[::-1]
    places = {one.check: at for at, one in enumerate(rules)}
    run = {
        "tool": {
            "driver": {"name": "Glasshouse", "rules": list(map(_rule, rules))},
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(exposure)],
        "results": [_result(one, places[one.check]) for one in found],
    }
    return f"{written({'$schema': SCHEMA, 'version': '2.1.0', 'runs': [run]}, indent=True)}\n"


def _invocation(exposure: Exposure) -> dict[str, Any]:
    """How it went: what could not be seen or judged stands here, so that nobody takes it for clean."""
    said = [*words.blind_lines(exposure.blind), *map(text.trouble_words, exposure.troubles)]
    made: dict[str, Any] = {
        "executionSuccessful": bool(exposure.revealed or not exposure.blind),
        "toolExecutionNotifications": [{"level": "warning", "message": {"text": line}} for line in said],
    }
    ended = iso(exposure.at)
    return {**made, "endTimeUtc": ended} if ended else made


def _rule(one: Finding) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": _ident(one.check),
        "name": "".join(part.capitalize() for part in safe(one.check).split("-")) or "Check",
        "shortDescription": {"text": _said(one.title)},
        "help": {"text": words.remedy(one)},
        "defaultConfiguration": {"level": LEVELS[one.level]},
        "properties": {
            "tags": ["security", safe(one.technique)],
            "security-severity": SEVERITY[one.level],
        },
    }
    page = story.reference(one)
    return {**made, "helpUri": page} if page else made


def _result(one: Finding, place: int) -> dict[str, Any]:
    about = _said(one.about)
    made: dict[str, Any] = {
        "ruleId": _ident(one.check),
        "ruleIndex": place,
        "level": LEVELS[one.level],
        "rank": float(min(max(one.score, 0), 100)),
        "message": {"text": f"{_said(one.says)}. {words.remedy(one)}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": quote(about, safe="")}},
                "logicalLocations": [{"name": about, "fullyQualifiedName": about, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"glasshouseFinding/v1": short(one.id, 200)},
        "properties": {
            "priority": one.priority,
            "score": one.score,
            "owner": words.owner(one),
            "confidence": one.confidence,
            "databases": list(map(safe, one.databases)),
            "firstPublic": day(one.first_public) or None,
            "cves": story.cves(one),
        },
    }
    if one.state == "accepted":
        made["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _said(one.state_says)}
        ]
    return made


def _ident(check: str) -> str:
    return short(check, 200) or "check"


def _said(words_of_it: str) -> str:
    return short(words_of_it) or "(empty)"
