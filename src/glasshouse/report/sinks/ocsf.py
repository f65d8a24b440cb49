"""Report in, OCSF 1.5.0 out: one Detection Finding (class 2004) a line and alert, for SIEMs and data lakes.

Source of the format: github.com/ocsf/ocsf-schema, ``events/findings/detection_finding.json`` and its objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from glasshouse.records import LEVELS, Alert, Evidence, Report, Target
from glasshouse.report import text
from glasshouse.report.contract import alert_json, line, rfc3339
from glasshouse.safe import safe

NAME = "ocsf"
TITLE = "OCSF: one Detection Finding (2004) a line, for SIEMs"
SUFFIX = ".ocsf.jsonl"

SCHEMA_VERSION = "1.5.0"
ATTACK_VERSION = "18.1"
RECONNAISSANCE = {"uid": "TA0043", "name": "Reconnaissance"}
DISCOVERY = {"uid": "TA0007", "name": "Discovery"}
DISCOVERY_TECHNIQUES = frozenset({"T1016"})
RISK_LEVELS = ("Info", "Low", "Medium", "High", "Critical")
OTHER = 99
OBSERVABLE_TYPES = {
    "domain": (1, "Hostname"),
    "hostname": (1, "Hostname"),
    "ip": (2, "IP Address"),
    "email": (5, "Email Address"),
}


def render(report: Report) -> str:
    """Return one line of JSON per alert, in the order of the report."""
    return "".join(f"{line(_finding(alert))}\n" for alert in report.alerts)


def _finding(alert: Alert) -> dict[str, Any]:
    """Return one alert as an OCSF Detection Finding; times in milliseconds.

    ``time`` is when the last lookup was seen, so that the same logs always give the same finding.
    """
    rank = LEVELS.index(alert.level)
    return {
        "metadata": {
            "version": SCHEMA_VERSION,
            "uid": safe(alert.id),
            "product": {"name": "Glasshouse", "vendor_name": "Glasshouse"},
        },
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "activity_id": 1,
        "activity_name": "Create",
        "type_uid": 200401,
        "type_name": "Detection Finding: Create",
        "time": _milliseconds(alert.last_seen),
        "start_time": _milliseconds(alert.first_seen),
        "end_time": _milliseconds(alert.last_seen),
        "severity_id": rank + 1,
        "severity": alert.level.capitalize(),
        "status_id": 1,
        "status": "New",
        "is_alert": True,
        "risk_score": alert.score,
        "risk_level_id": rank,
        "risk_level": RISK_LEVELS[rank],
        "risk_details": text.sum_words(alert.points, alert.score),
        "count": max(1, alert.lookups),
        "message": safe(alert.summary),
        "finding_info": _finding_info(alert),
        "resources": [_resource(target) for target in alert.targets],
        "evidences": [_actor_artifact(alert), *map(_log_artifact, alert.evidence)],
        "observables": list(_observables(alert)),
        "enrichments": [_enrichment(database) for database in alert.databases],
        "unmapped": alert_json(alert),
    }


def _finding_info(alert: Alert) -> dict[str, Any]:
    desc = [f"{row.points:+d} {safe(row.rule)}: {safe(row.reason)}" for row in alert.points]
    info: dict[str, Any] = {
        "uid": safe(alert.id),
        "title": safe(alert.summary) or "Lookups in open technical databases",
        "desc": "\n".join([*desc, *map(safe, alert.visibility.not_shown)]),
        "first_seen_time": _milliseconds(alert.first_seen),
        "last_seen_time": _milliseconds(alert.last_seen),
        "created_time": _milliseconds(alert.last_seen),
        "types": ["Search Open Technical Databases"],
        "data_sources": [safe(source) for source in alert.visibility.sources],
        "attacks": [_attack(technique) for technique in alert.techniques],
    }
    analytics = [
        {"type_id": 1, "type": "Rule", "uid": safe(rule), "name": safe(rule)} for rule in alert.rules
    ]
    if analytics:
        info["analytic"], info["related_analytics"] = analytics[0], analytics[1:]
    return info


def _attack(technique: str) -> dict[str, Any]:
    parent = technique.partition(".")[0]
    attack: dict[str, Any] = {
        "version": ATTACK_VERSION,
        "tactic": DISCOVERY if parent in DISCOVERY_TECHNIQUES else RECONNAISSANCE,
        "technique": _named(parent),
    }
    if parent != technique:
        attack["sub_technique"] = _named(technique)
    return attack


def _named(technique: str) -> dict[str, str]:
    uid = safe(technique)
    return {"uid": uid, "name": text.TECHNIQUE_NAMES.get(technique, uid)}


def _resource(target: Target) -> dict[str, Any]:
    labels = {True: ["about us"], False: ["not about us"], None: []}[target.about_us]
    return {"name": safe(target.value), "type": target.type, "labels": labels}


def _actor_artifact(alert: Alert) -> dict[str, Any]:
    who = alert.actor
    process = safe(who.process) if who.process else None  # the process object demands a pid
    artifact: dict[str, Any] = {
        "name": "actor",
        "data": {"who": text.who(who, alert.users), "process": process},
    }
    if who.user:
        artifact["actor"] = {"user": {"name": safe(who.user)}}
    endpoint = {"ip": _address(who.ip), "name": safe(who.host) if who.host else None}
    if any(endpoint.values()):
        artifact["src_endpoint"] = {key: value for key, value in endpoint.items() if value}
    return artifact


def _log_artifact(evidence: Evidence) -> dict[str, Any]:
    return {
        "name": "log record",
        "data": {
            "source": safe(evidence.source),
            "file": safe(evidence.file),
            "position": evidence.position,
            "record_sha256": evidence.record_sha256,
            "time": rfc3339(evidence.time),
        },
    }


def _observables(alert: Alert) -> Iterator[dict[str, Any]]:
    who = alert.actor
    if address := _address(who.ip):
        yield _observable("evidences.src_endpoint.ip", (2, "IP Address"), address)
    if who.host:
        yield _observable("evidences.src_endpoint.name", (1, "Hostname"), who.host)
    if who.user:
        yield _observable("evidences.actor.user.name", (4, "User Name"), who.user)
    if who.process:
        yield _observable("evidences.data.process", (9, "Process Name"), who.process)
    for target in alert.targets:
        yield _observable(
            "resources.name", OBSERVABLE_TYPES.get(target.type, (OTHER, target.type)), target.value
        )


def _observable(name: str, kind: tuple[int, str], value: str) -> dict[str, Any]:
    return {"name": name, "type_id": kind[0], "type": kind[1], "value": safe(value)}


def _enrichment(database: str) -> dict[str, Any]:
    return {
        "name": "unmapped.databases",
        "value": safe(database),
        "type": "open database",
        "provider": "Glasshouse catalogue",
        "data": {"database": safe(database)},
    }


def _address(text_of_address: str | None) -> str | None:
    try:
        return str(ip_address(text_of_address or ""))
    except ValueError:
        return None


def _milliseconds(microseconds: int) -> int:
    return microseconds // 1000
