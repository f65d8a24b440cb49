"""Our rules in, ATT&CK detection strategies and analytics out: with log sources and what may be set.

Form: STIX 2.1 with ATT&CK's types x-mitre-detection-strategy and x-mitre-analytic, spec 3.3.0
(https://github.com/mitre-attack/attack-stix-data/blob/master/USAGE.md). An analytic has one platform at most.
Identifiers of techniques and data components are MITRE's; everything else is ours, without DET or AN number.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from glasshouse.attack.objects import NOTICE

_OURS = uuid.UUID("6a1c1b0e-6f2d-5f65-9c60-0d1f5a1596ff")
IDENTITY = f"identity--{uuid.uuid5(_OURS, 'identity')}"
MARKING = f"marking-definition--{uuid.uuid5(_OURS, 'marking')}"
SPEC = "3.3.0"
TECHNIQUES = {  # STIX ids of MITRE's attack-pattern objects, the same in every release since 8.0
    "T1596": "attack-pattern--55fc4df0-b42c-479a-b860-7a6761bcaad0",
    "T1596.001": "attack-pattern--17fd695c-b88c-455a-a3d1-43b6cb728532",
    "T1596.002": "attack-pattern--166de1c6-2814-4fe5-8438-4e80f76b169f",
    "T1596.003": "attack-pattern--0979abf9-4e26-43ec-9b6e-54efc4e70fca",
    "T1596.004": "attack-pattern--91177e6d-b616-4a03-ba4b-f3b32f7dda75",
    "T1596.005": "attack-pattern--ec4be82f-940c-4dcb-87fe-2bbdd17c692f",
}
_PROCESS = "x-mitre-data-component--3d20385b-24ef-40e1-9f56-f39750379077"  # DC0032 Process Creation
_CONTENT = "x-mitre-data-component--3772e279-27d6-477a-9fe3-c6beb363594c"  # DC0085 Network Traffic Content
_CONNECTION = "x-mitre-data-component--181a9f8c-c780-4f1f-91a8-edb770e904ba"  # DC0082 Network Connection
_FLOW = "x-mitre-data-component--a7f22107-02e5-4982-9067-6625d4a1765a"  # DC0078 Network Traffic Flow
LOG_SOURCES: dict[str, tuple[tuple[str, str, str], ...]] = {  # platform -> component, name, channel
    "Windows": (
        (_PROCESS, "WinEventLog:Sysmon", "EventCode=1"),
        (_PROCESS, "WinEventLog:Security", "EventCode=4688"),
        (_CONTENT, "WinEventLog:Sysmon", "EventCode=22"),
        (_CONNECTION, "WinEventLog:Sysmon", "EventCode=3"),
    ),
    "Linux": (
        (_PROCESS, "auditd:EXECVE", "execve"),
        (_PROCESS, "linux:Sysmon", "EventCode=1"),
    ),
    "Network Devices": (
        (_CONTENT, "NSM:Flow", "dns.log, ssl.log and http.log"),
        (_FLOW, "NSM:Flow", "conn.log"),
        (_CONTENT, "networkdevice:proxy", "access log with CONNECT host or URL"),
        (_CONTENT, "networkdevice:dns", "query log of the resolvers"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One rule as an analytic needs it; ``settable`` pairs a field with what it means."""

    name: str
    title: str
    description: str
    techniques: tuple[str, ...]
    platforms: tuple[str, ...]
    settable: tuple[tuple[str, str], ...]
    falsepositives: tuple[str, ...] = ()


def bundle(detections: Sequence[Detection], names: dict[str, str], when: str) -> str:
    """A STIX 2.1 bundle as JSON: identity, notice, an analytic for each rule and platform, a strategy and its
    ``detects`` for each technique. ``names`` are the techniques' names, ``when`` the time stamp of all of it.
    """
    objects: list[dict[str, Any]] = [_identity(when), _marking(when)]
    objects += [_analytic(one, platform, when) for one in detections for platform in one.platforms]
    for technique, name in names.items():
        refs = [_id(one, platform) for one in _of(detections, technique) for platform in one.platforms]
        if refs:
            strategy = _strategy(technique, name, refs, when)
            objects += [strategy, _detects(strategy["id"], technique, when)]
    listed = uuid.uuid5(_OURS, json.dumps(objects, sort_keys=True))
    return json.dumps({"type": "bundle", "id": f"bundle--{listed}", "objects": objects}, indent=2) + "\n"


def _of(detections: Iterable[Detection], technique: str) -> list[Detection]:
    return [one for one in detections if technique in one.techniques]


def _id(one: Detection, platform: str) -> str:
    return f"x-mitre-analytic--{uuid.uuid5(_OURS, f'analytic {one.name} {platform}')}"


def _shared(type_: str, key: str, when: str) -> dict[str, Any]:
    return {
        "type": type_, "spec_version": "2.1", "id": key, "created": when, "modified": when,
        "created_by_ref": IDENTITY, "object_marking_refs": [MARKING],
        "x_mitre_domains": ["enterprise-attack"], "x_mitre_version": "1.0",
        "x_mitre_modified_by_ref": IDENTITY, "x_mitre_attack_spec_version": SPEC,
        "x_mitre_deprecated": False, "revoked": False,
    }  # fmt: skip


def _analytic(one: Detection, platform: str, when: str) -> dict[str, Any]:
    causes = f" Harmless causes: {'; '.join(one.falsepositives)}." if one.falsepositives else ""
    return {
        **_shared("x-mitre-analytic", _id(one, platform), when),
        "name": f"Glasshouse {one.name} ({platform})",
        "description": f"{one.title}. {one.description}{causes}",
        "external_references": [{"source_name": "glasshouse", "external_id": one.name}],
        "x_mitre_platforms": [platform],
        "x_mitre_log_source_references": [
            {"x_mitre_data_component_ref": component, "name": name, "channel": channel}
            for component, name, channel in LOG_SOURCES[platform]
        ],
        "x_mitre_mutable_elements": [
            {"field": field, "description": meaning} for field, meaning in one.settable
        ],
    }


def _strategy(technique: str, name: str, refs: list[str], when: str) -> dict[str, Any]:
    key = f"x-mitre-detection-strategy--{uuid.uuid5(_OURS, f'strategy {technique}')}"
    return {
        **_shared("x-mitre-detection-strategy", key, when),
        "name": f"Lookups in open databases from inside: {name}",
        "external_references": [{"source_name": "glasshouse", "external_id": technique}],
        "x_mitre_analytic_refs": refs,
    }


def _detects(strategy: str, technique: str, when: str) -> dict[str, Any]:
    said = "Sees lookups made from inside one's own network only; searches made outside leave no log."
    return {
        **_shared("relationship", f"relationship--{uuid.uuid5(_OURS, f'detects {technique}')}", when),
        "relationship_type": "detects", "source_ref": strategy, "target_ref": TECHNIQUES[technique],
        "description": said,
    }  # fmt: skip


def _identity(when: str) -> dict[str, Any]:
    return {
        "type": "identity", "spec_version": "2.1", "id": IDENTITY, "created": when, "modified": when,
        "name": "Glasshouse", "identity_class": "system",
    }  # fmt: skip


def _marking(when: str) -> dict[str, Any]:
    statement = "Analytics of Glasshouse, Apache-2.0. Identifiers of ATT&CK objects: " + NOTICE.format(
        year=when[:4]
    )
    return {
        "type": "marking-definition", "spec_version": "2.1", "id": MARKING, "created": when,
        "created_by_ref": IDENTITY, "definition_type": "statement", "definition": {"statement": statement},
    }  # fmt: skip
