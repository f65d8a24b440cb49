"""Reports for sharing: a STIX bundle the reference library reads, MISP events of the published shape."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import validate

import hostile
from glasshouse.know.loaders import misp_event, stix_bundle
from glasshouse.records import Actor, Alert, Report, Target, Trouble
from glasshouse.report.sinks import misp, stix
from sink_samples import BURST, QUIET, REPORT

stix2 = pytest.importorskip("stix2", reason="stix2, the reference library of the tests, is not installed")

KINDS = ("domain", "hostname", "ip", "cidr", "asn", "certificate", "organisation", "email", "expression")
VALUES = {
    "cidr": "203.0.113.0/24",
    "asn": "AS64496",
    "certificate": "ab" * 20,
    "organisation": "Example GmbH",
    "email": "boss@example.com",
    "expression": "ssl:example.com port:443",
    "ip": "2001:db8::5",
}
EVERY_KIND = replace(BURST, targets=tuple(Target(k, VALUES.get(k, f"{k}.example.com"), True) for k in KINDS))
TEXTS = st.text(max_size=30) | st.sampled_from(hostile.TEXTS)
ALERTS = st.builds(
    Alert,
    id=TEXTS,
    first_seen=st.integers(-(10**15), 10**19),
    last_seen=st.integers(-(10**15), 10**19),
    actor=st.builds(Actor, TEXTS, TEXTS, TEXTS, TEXTS),
    rules=st.lists(TEXTS, max_size=2).map(tuple),
    techniques=st.lists(st.sampled_from(["T1596", "T1596.005"]) | TEXTS, max_size=2).map(tuple),
    targets=st.lists(st.builds(Target, st.sampled_from(KINDS), TEXTS), max_size=3).map(tuple),
    lookups=st.integers(0, 10**12),
    summary=TEXTS,
)


def bundle(report):
    return json.loads(stix.render(report))


def of_type(report, kind):
    return [one for one in bundle(report)["objects"] if one["type"] == kind]


# -- STIX


@pytest.mark.parametrize("report", [REPORT, QUIET, hostile.report(), Report((EVERY_KIND,), REPORT.tally)])
def test_the_reference_library_reads_the_bundle(report):
    read = stix2.parse(stix.render(report), allow_custom=False)
    assert read.type == "bundle"
    ids = [one["id"] for one in read.objects]
    assert len(ids) == len(set(ids))
    for one in read.objects:
        for key, refs in one.items():
            if key.endswith("_refs"):
                assert set(refs) <= set(ids), (key, "points outside the bundle")
            if key.endswith("_ref"):
                assert refs in ids


@given(ALERTS)
def test_any_alert_makes_a_bundle_the_library_reads(alert):
    stix2.parse(stix.render(Report((alert,), REPORT.tally)), allow_custom=False)


def test_ids_are_those_of_the_standard_and_stay():
    first, second = bundle(REPORT), bundle(REPORT)
    assert first == second
    for one in bundle(Report((EVERY_KIND,), REPORT.tally))["objects"]:
        version = one["id"].partition("--")[2][14]
        assert version == "5"
        if one["type"] in ("domain-name", "ipv4-addr", "ipv6-addr", "email-addr", "user-account"):
            plain = {key: value for key, value in one.items() if key != "id"}
            assert stix2.parse(json.dumps(plain), version="2.1").id == one["id"]


def test_one_alert_more_changes_no_other_object():
    few = {one["id"]: one for one in bundle(replace(REPORT, alerts=(BURST,)))["objects"]}
    many = {one["id"]: one for one in bundle(REPORT)["objects"]}
    assert few.items() <= many.items()


def test_what_a_bundle_says():
    objects = defaultdict(list)
    for one in bundle(replace(REPORT, alerts=(BURST,)))["objects"]:
        objects[one["type"]].append(one)
    assert objects["identity"][0]["identity_class"] == "system"
    references = [one["external_references"][0] for one in objects["attack-pattern"]]
    assert [one["external_id"] for one in references] == ["T1596.001", "T1596.003"]
    assert references[0]["url"] == "https://attack.mitre.org/techniques/T1596/001"
    (observed,) = objects["observed-data"]
    assert (observed["number_observed"], observed["first_observed"]) == (48, "2026-11-20T09:14:00.000Z")
    assert [one["sighting_of_ref"] for one in objects["sighting"]] == [
        o["id"] for o in objects["attack-pattern"]
    ]
    assert all(one["observed_data_refs"] == [observed["id"]] for one in objects["sighting"])
    assert {one["value"] for one in objects["domain-name"]} == {
        "example.com",
        "vpn.example.com",
        "example.org",
    }
    assert objects["user-account"][0]["account_login"] == "jdoe"
    (note,) = objects["note"]
    assert "+35 breadth_of_databases: 5 open databases within one hour" in note["content"]
    assert "paths and bodies" in note["content"]


def test_every_kind_of_target_is_observed_or_noted():
    report = Report((EVERY_KIND,), REPORT.tally)
    values = {str(one.get("value", one.get("number"))) for one in bundle(report)["objects"]}
    note = of_type(report, "note")[0]["content"]
    for target in EVERY_KIND.targets:
        assert target.value.removeprefix("AS") in values or target.value in note, target


def test_pseudonyms_stay_as_they_are():
    alert = replace(BURST, actor=Actor("account-7q3k", "host-2f9x", "ip-88aa", None))
    accounts = of_type(Report((alert,), REPORT.tally), "user-account")
    assert [one["account_login"] for one in accounts] == ["account-7q3k"]
    assert "192.0.2.17" not in json.dumps(of_type(Report((alert,), REPORT.tally), "ipv4-addr"))


def test_without_an_observable_the_note_stays():
    bare = replace(BURST, actor=Actor(), targets=())
    kinds = [one["type"] for one in bundle(Report((bare,), REPORT.tally))["objects"]]
    assert kinds == ["identity", "attack-pattern", "attack-pattern", "note"]


# -- MISP

UUID = {"type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"}
SECONDS = {"type": "string", "pattern": "^[0-9]+$"}
CATEGORIES = {
    "Network activity": "ip-src ip-dst domain hostname email AS text"
    " x509-fingerprint-md5 x509-fingerprint-sha1 x509-fingerprint-sha256",
    "Internal reference": "text",
    "External analysis": "text",
    "Targeting data": "target-org",
}
ATTRIBUTE = {
    "type": "object",
    "required": ["uuid", "type", "category", "value", "to_ids", "distribution", "timestamp", "deleted"],
    "properties": {
        "uuid": UUID,
        "category": {"enum": list(CATEGORIES)},
        "value": {"type": "string", "minLength": 1},
        "to_ids": {"const": False},
        "distribution": {"const": "5"},
        "timestamp": SECONDS,
        "deleted": {"const": False},
        "comment": {"type": "string"},
    },
}
EVENT = {
    "type": "object",
    "required": [
        "uuid",
        "info",
        "date",
        "timestamp",
        "published",
        "analysis",
        "threat_level_id",
        "distribution",
    ],
    "properties": {
        "uuid": UUID,
        "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "timestamp": SECONDS,
        "published": {"const": False},
        "analysis": {"enum": ["0", "1", "2"]},
        "threat_level_id": {"enum": ["1", "2", "3", "4"]},
        "distribution": {"const": "0"},
        "Attribute": {"type": "array", "items": ATTRIBUTE},
        "Tag": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    },
}


def events(report):
    return [one["Event"] for one in json.loads(misp.render(report))["response"]]


@pytest.mark.parametrize("report", [REPORT, QUIET, hostile.report(), Report((EVERY_KIND,), REPORT.tally)])
def test_events_have_the_published_shape(report):
    found = events(report)
    assert len(found) == len(report.alerts)
    for event in found:
        validate(event, EVENT)
        for one in event["Attribute"]:
            assert one["type"] in CATEGORIES[one["category"]].split(), one
        keys = [(one["type"], one["category"], one["value"]) for one in event["Attribute"]]
        assert len(keys) == len(set(keys)), "MISP refuses the same attribute twice"


@given(ALERTS)
def test_any_alert_makes_an_event(alert):
    (event,) = events(Report((alert,), REPORT.tally))
    validate(event, EVENT)
    for tag in event["Tag"]:
        assert re.fullmatch(r'misp-galaxy:mitre-attack-pattern="[^"]*"', tag["name"])


def test_what_an_event_says():
    (event,) = events(replace(REPORT, alerts=(BURST,)))
    assert [one["name"] for one in event["Tag"]] == [
        'misp-galaxy:mitre-attack-pattern="DNS/Passive DNS - T1596.001"',
        'misp-galaxy:mitre-attack-pattern="Digital Certificates - T1596.003"',
    ]
    said = {(one["type"], one["value"], one["comment"]) for one in event["Attribute"]}
    assert {
        ("ip-src", "192.0.2.17", "who asked"),
        ("text", "jdoe", "who asked"),
        ("domain", "example.com", "asked about (ours)"),
        ("hostname", "vpn.example.com", "asked about (ours)"),
        ("ip-dst", "203.0.113.5", "asked about"),
    } <= said
    assert (event["date"], event["threat_level_id"]) == ("2026-11-20", "1")


# -- both ways


def test_what_we_shared_never_comes_back_as_an_indicator():
    said = [*stix_bundle.read(stix.render(REPORT).encode(), "x.json")]
    said += misp_event.read(misp.render(REPORT).encode(), "y.json")
    assert said
    assert all(isinstance(one, Trouble) for one in said)
