"""Report in, MISP events (JSON) out: one event per alert, tagged with its techniques; nothing marked as bad.

Source of the format: MISP core format (misp-standard.org/rfc/misp-standard-core.html), sections event and
attribute, and the galaxy misp-galaxy:mitre-attack-pattern. The document is what MISP itself answers to a
search, so its importer takes it. Every attribute has ``to_ids`` off: what was looked up is not an indicator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from glasshouse.records import LEVELS, Alert, Report, Target
from glasshouse.report import text
from glasshouse.report.contract import line, rfc3339
from glasshouse.report.contract_ids import our_uuid
from glasshouse.safe import safe

NAME = "misp"
TITLE = "MISP: one event per alert, with attributes and ATT&CK tags, for sharing"
SUFFIX = ".misp.json"

THREAT_LEVELS = ("4", "3", "2", "1", "1")  # undefined, low, medium, high, high; by our level
ORGANISATION = {"id": "0", "name": "Glasshouse", "uuid": our_uuid("organisation")}
LATEST = 253_402_300_799
_NETWORK, _REFERENCE = "Network activity", "Internal reference"
_TYPES = {
    "domain": ("domain", _NETWORK),
    "hostname": ("hostname", _NETWORK),
    "email": ("email", _NETWORK),
    "organisation": ("target-org", "Targeting data"),
}
_FINGERPRINTS = {32: "md5", 40: "sha1", 64: "sha256"}
_VALUE_LENGTH = 1_000
Shape = dict[str, Any]


def render(report: Report) -> str:
    """Return one line of JSON: ``{"response": [{"Event": …}, …]}`` in the order of the report."""
    return line({"response": [{"Event": _event(alert)} for alert in report.alerts]}) + "\n"


def _event(alert: Alert) -> Shape:
    moment = _seconds(alert.last_seen)
    values: dict[tuple[str, str, str], str] = {}
    for kind, category, value, comment in _values(alert):
        values.setdefault((kind, category, safe(value)[:_VALUE_LENGTH]), comment)
    return {
        "uuid": our_uuid("event", alert.id),
        "info": safe(f"Lookups in open technical databases: {alert.id}"),
        "date": (rfc3339(moment * 1_000_000) or "1970-01-01")[:10],
        "timestamp": str(moment),
        "publish_timestamp": "0",
        "published": False,
        "analysis": "0",
        "threat_level_id": THREAT_LEVELS[LEVELS.index(alert.level)],
        "distribution": "0",
        "sharing_group_id": "0",
        "Orgc": ORGANISATION,
        "Tag": [{"name": _galaxy(technique)} for technique in dict.fromkeys(alert.techniques)],
        "Attribute": [_attribute(alert, *key, comment) for key, comment in values.items() if key[2]],
    }


def _galaxy(technique: str) -> str:
    """The galaxy tag of a technique: its name, a dash and its number."""
    number = safe(technique).replace('"', "'")
    name = text.TECHNIQUE_NAMES.get(technique, number)
    return f'misp-galaxy:mitre-attack-pattern="{name} - {number}"'


def _attribute(alert: Alert, kind: str, category: str, value: str, comment: str) -> Shape:
    return {
        "uuid": our_uuid("attribute", alert.id, kind, category, value),
        "type": kind,
        "category": category,
        "value": value,
        "to_ids": False,
        "comment": comment,
        "timestamp": str(_seconds(alert.last_seen)),
        "first_seen": rfc3339(_seconds(alert.first_seen) * 1_000_000),
        "last_seen": rfc3339(_seconds(max(alert.first_seen, alert.last_seen)) * 1_000_000),
        "distribution": "5",
        "sharing_group_id": "0",
        "deleted": False,
        "disable_correlation": kind == "text",
    }


def _values(alert: Alert) -> Iterator[tuple[str, str, str, str]]:
    """Type, category, value and comment of each attribute."""
    yield "text", _REFERENCE, alert.summary, "summary"
    yield "text", _REFERENCE, f"score {text.sum_words(alert.points, alert.score)}", "score"
    for row in alert.points:
        yield "text", _REFERENCE, f"{row.points:+d} {row.rule}: {row.reason}", "reason"
    for said in alert.visibility.not_shown:
        yield "text", _REFERENCE, said, "what these logs cannot show"
    actor = alert.actor
    if actor.ip:
        yield (
            *(("ip-src", _NETWORK) if _is_network(actor.ip) else ("text", _REFERENCE)),
            actor.ip,
            "who asked",
        )
    for name in filter(None, (actor.user, actor.host, actor.process)):
        yield "text", _REFERENCE, name, "who asked"
    for database in alert.databases:
        yield "text", "External analysis", database, "open database asked"
    for target in alert.targets:
        kind, category = _type(target)
        yield kind, category, target.value, "asked about (ours)" if target.about_us else "asked about"


def _type(target: Target) -> tuple[str, str]:
    """Type and category of a target; text where MISP has no type that its value fits."""
    if target.type in _TYPES:
        return _TYPES[target.type]
    if target.type in ("ip", "cidr") and _is_network(target.value):
        return "ip-dst", _NETWORK
    if target.type == "asn" and re.fullmatch(r"(?i)(AS)?[0-9]{1,10}", target.value):
        return "AS", _NETWORK
    digits = target.value.replace(":", "")
    if (
        target.type == "certificate"
        and re.fullmatch(r"[0-9a-fA-F]+", digits)
        and len(digits) in _FINGERPRINTS
    ):
        return f"x509-fingerprint-{_FINGERPRINTS[len(digits)]}", _NETWORK
    return "text", _NETWORK


def _is_network(said: str) -> bool:
    try:
        ip_network(said, strict=False)
    except ValueError:
        return False
    return True


def _seconds(microseconds: int) -> int:
    return min(max(microseconds // 1_000_000, 0), LATEST)
