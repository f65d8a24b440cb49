"""An Exposure in, OCSF 1.5.0 out: a Vulnerability Finding (2002) or Compliance Finding (2003) a line.

Source of the format: github.com/ocsf/ocsf-schema, ``events/findings`` and its objects.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from glasshouse.findings import Exposure, Finding, State
from glasshouse.observed import Fact, Observation
from glasshouse.records import LEVELS
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_facts import fact_words, iso, short
from glasshouse.report.exposed_json import jsonable, written
from glasshouse.safe import safe

TITLE = "OCSF: vulnerability (2002) and compliance (2003) findings, for SIEMs"
SUFFIX = ".ocsf.jsonl"
ALL = False

SCHEMA_VERSION = "1.5.0"
ATTACK_VERSION = "18.1"
RECONNAISSANCE = {"uid": "TA0043", "name": "Reconnaissance"}
STANDARD = "Exposure in open technical databases"
STATUSES: dict[State, tuple[int, str]] = {
    "open": (1, "New"),
    "accepted": (3, "Suppressed"),
    "resolved": (4, "Resolved"),
}
CONFIDENCES = {"low": 1, "medium": 2, "high": 3}
FAIL, PASS = (3, "Fail"), (1, "Pass")
EVIDENCE_SHOWN = 20
YEARS = (-62_135_596_800_000, 253_402_300_799_000)  # 0001 to 9999, in milliseconds


def render(exposure: Exposure) -> str:
    """One line of JSON per finding, most urgent first; ``time`` is when the survey was made."""
    return "".join(f"{written(_event(one, exposure.at))}\n" for one in words.ranked(exposure.findings))


def _event(one: Finding, at: int) -> dict[str, Any]:
    found = story.cves(one)
    own = _vulnerability(one, found) if found else _compliance(one)
    activity = (3, "Close") if one.state == "resolved" else (1, "Create")
    status = STATUSES[one.state]
    return {
        "metadata": {
            "version": SCHEMA_VERSION,
            "uid": short(one.id),
            "product": {"name": "Glasshouse", "vendor_name": "Glasshouse"},
        },
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": activity[0],
        "activity_name": activity[1],
        **own,
        "type_uid": own["class_uid"] * 100 + activity[0],
        "type_name": f"{own['class_name']}: {activity[1]}",
        "time": _milliseconds(at) or 0,
        "severity_id": LEVELS.index(one.level) + 1,
        "severity": one.level.capitalize(),
        "confidence_id": CONFIDENCES[one.confidence],
        "confidence": one.confidence.capitalize(),
        "status_id": status[0],
        "status": status[1],
        "status_detail": short(one.state_says),
        "message": short(one.says),
        "finding_info": _info(one, at),
        "resources": [_resource(one)],
        "observables": _observables(one),
        "unmapped": jsonable(replace(one, looked_up=())),  # employees are no part of it
    }


def _vulnerability(one: Finding, found: list[str]) -> dict[str, Any]:
    seen = {
        "first_seen_time": _milliseconds(one.first_public),
        "last_seen_time": _milliseconds(one.last_public),
    }
    told: dict[str, Any] = {
        "title": short(one.title),
        "desc": short(one.says),
        "severity": one.level.capitalize(),
        "remediation": _remediation(one),
        **{name: time for name, time in seen.items() if time is not None},
    }
    return {
        "class_uid": 2002,
        "class_name": "Vulnerability Finding",
        "vulnerabilities": [{"cve": {"uid": cve}, **told} for cve in found],
    }


def _compliance(one: Finding) -> dict[str, Any]:
    status = PASS if one.state == "resolved" else FAIL
    return {
        "class_uid": 2003,
        "class_name": "Compliance Finding",
        "compliance": {
            "standards": [STANDARD],
            "control": short(one.check),
            "requirements": [short(one.title)],
            "status_id": status[0],
            "status": status[1],
        },
        "remediation": _remediation(one),
        "evidences": [_evidence(item) for item in one.evidence[:EVIDENCE_SHOWN]],
    }


def _remediation(one: Finding) -> dict[str, Any]:
    page = story.reference(one)
    return {"desc": words.remedy(one), **({"references": [page]} if page else {})}


def _info(one: Finding, at: int) -> dict[str, Any]:
    times = {
        "first_seen_time": _milliseconds(one.first_public),
        "last_seen_time": _milliseconds(one.last_public),
        "created_time": _milliseconds(at),
    }
    technique = _technique(one.technique)
    return {
        "uid": short(one.id),
        "title": story.title(one),
        "desc": "\n".join(f"{row.points:+d} {short(row.rule)}: {short(row.reason)}" for row in one.points),
        "types": ["Exposure"],
        "data_sources": [short(database) for database in one.databases],
        "analytic": {"type_id": 1, "type": "Rule", "uid": short(one.check), "name": short(one.title)},
        **{name: time for name, time in times.items() if time is not None},
        **({"attacks": [technique]} if technique else {}),
    }


def _technique(technique: str) -> dict[str, Any]:
    if not technique:
        return {}
    parent = technique.partition(".")[0]
    made: dict[str, Any] = {
        "version": ATTACK_VERSION,
        "tactic": RECONNAISSANCE,
        "technique": _named(parent),
    }
    return {**made, "sub_technique": _named(technique)} if parent != technique else made


def _named(technique: str) -> dict[str, str]:
    uid = short(technique)
    return {"uid": uid, "name": text.TECHNIQUE_NAMES.get(technique, uid)}


def _resource(one: Finding) -> dict[str, Any]:
    asset = one.asset
    labels = [f"owner: {words.owner(one)}"]
    if asset is None:
        return {"name": short(one.about), "labels": labels}
    labels += [f"environment: {short(asset.environment)}"] if asset.environment else []
    made = {"name": short(one.about), "uid": short(asset.value), "type": asset.type, "labels": labels}
    return {**made, "criticality": asset.criticality} if asset.criticality else made


def _observables(one: Finding) -> list[dict[str, Any]]:
    host = story.host(one)
    if host is None:
        return []
    ip = ":" in host or host.replace(".", "").isdigit()
    kind = {"type_id": 2, "type": "IP Address"} if ip else {"type_id": 1, "type": "Hostname"}
    return [{"name": "resources.name", **kind, "value": host}]


def _evidence(one: Observation[Fact]) -> dict[str, Any]:
    return {
        "name": "observation",
        "data": {
            "database": short(one.database),
            "collector": short(one.collector),
            "asked_about": short(one.subject.value),
            "time": iso(one.time),
            "reply_sha256": safe(one.raw_sha256),
            "fact": fact_words(one.fact),
        },
    }


def _milliseconds(microseconds: int | None) -> int | None:
    """OCSF's time; None where there is none, or no calendar has it."""
    if microseconds is None or not YEARS[0] <= microseconds // 1000 <= YEARS[1]:
        return None
    return microseconds // 1000
