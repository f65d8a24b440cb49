"""Alerts in, verdicts out: what the OCSF sink writes is what the Detection Finding class (2004) takes."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

import hostile
from glasshouse.report.sinks import sink
from sink_samples import BURST, CARRIER, GLANCE, QUIET, REPORT

# Facts of the published schema (github.com/ocsf/ocsf-schema) that the model below does not check.
REQUIRED = {"activity_id", "category_uid", "class_uid", "finding_info", "metadata", "severity_id", "time"}
EVIDENCE_AT_LEAST_ONE = {"actor", "data", "device", "file", "process", "query", "src_endpoint", "url", "user"}
PUBLISHED_BUT_NOT_MODELLED = {"is_alert", "evidences.actor", "evidences.src_endpoint"}
FREE = {"unmapped", "evidences.data", "enrichments.data"}  # any JSON is allowed below


def findings(report=REPORT):
    return [json.loads(line) for line in sink("ocsf").render(report).splitlines()]


def paths(shape, here=""):
    """Yield the dotted path of every key, lists left out."""
    if isinstance(shape, list):
        for item in shape:
            yield from paths(item, here)
    elif isinstance(shape, dict) and here not in FREE:
        for key, value in shape.items():
            path = f"{here}.{key}".lstrip(".")
            yield path
            if path not in PUBLISHED_BUT_NOT_MODELLED:
                yield from paths(value, path)


def check(finding):
    modelled = DetectionFinding.model_validate(finding).model_dump(mode="json", exclude_unset=True)
    assert set(paths(finding)) - set(paths(modelled)) <= PUBLISHED_BUT_NOT_MODELLED
    assert set(finding) >= REQUIRED
    assert (finding["category_uid"], finding["class_uid"]) == (2, 2004)
    assert finding["type_uid"] == finding["class_uid"] * 100 + finding["activity_id"]
    assert finding["severity_id"] in range(1, 6)
    assert finding["risk_level_id"] in range(5)
    assert finding["status_id"] == 1
    assert isinstance(finding["time"], int)
    assert finding["metadata"]["version"] == "1.5.0"
    assert finding["metadata"]["product"]["vendor_name"]
    for attack in finding["finding_info"]["attacks"]:
        assert set(attack) & {"tactic", "technique", "sub_technique"}
    for artifact in finding["evidences"]:
        assert set(artifact) & EVIDENCE_AT_LEAST_ONE
        if "src_endpoint" in artifact:
            assert set(artifact["src_endpoint"]) <= {"ip", "name"}
            ip_address(artifact["src_endpoint"].get("ip", "192.0.2.1"))


@pytest.mark.parametrize("finding", findings(), ids=lambda finding: finding["finding_info"]["uid"])
def test_finding_fits_the_class(finding):
    check(finding)


def test_hostile_findings_fit_as_well():
    made = findings(hostile.report())
    assert len(made) == len(hostile.TEXTS)
    for finding in made:
        check(finding)


def test_finding_says_what_the_alert_says():
    glance, burst, carrier = findings()
    assert (burst["finding_info"]["uid"], burst["message"]) == (BURST.id, BURST.summary)
    assert (burst["risk_score"], burst["severity"], burst["severity_id"]) == (85, "High", 4)
    assert (glance["severity_id"], carrier["severity_id"]) == (1, 3)
    assert burst["start_time"] == BURST.first_seen // 1000
    assert burst["time"] == burst["end_time"] == BURST.last_seen // 1000
    assert burst["finding_info"]["analytic"]["uid"] == "scripted_burst"
    assert [one["uid"] for one in burst["finding_info"]["related_analytics"]] == list(BURST.rules[1:])
    assert [one["value"] for one in burst["enrichments"]] == list(BURST.databases)
    assert len(burst["evidences"]) == 1 + len(BURST.evidence)
    assert GLANCE.id == glance["metadata"]["uid"]


def test_techniques_become_technique_and_sub_technique():
    attacks = findings()[1]["finding_info"]["attacks"]
    assert [(one["technique"]["uid"], one["sub_technique"]["uid"]) for one in attacks] == [
        ("T1596", "T1596.001"),
        ("T1596", "T1596.003"),
    ]
    assert {one["tactic"]["uid"] for one in attacks} == {"TA0043"}


def test_targets_are_resources_and_observables():
    burst = findings()[1]
    assert burst["resources"][0] == {"name": "example.com", "type": "domain", "labels": ["about us"]}
    types = {one["value"]: one["type_id"] for one in burst["observables"]}
    assert types["example.com"] == 1
    assert types["203.0.113.5"] == types["192.0.2.17"] == 2
    assert types["jdoe"] == 4


def test_what_is_no_address_is_no_ip():
    assert findings()[2]["evidences"][0]["src_endpoint"] == {"ip": CARRIER.actor.ip}
    assert findings(QUIET) == []
