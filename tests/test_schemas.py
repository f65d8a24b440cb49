"""Records in, verdicts out: every line of machine output fits the published JSON Schemas."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import hostile
from glasshouse.records import Actor, Event, Lookup, Tally, Trouble
from glasshouse.report.contract import alert_json, event_json, line, lookup_json, rfc3339, stats_json
from sink_samples import BARE_LOOKUP, EVENT, LOOKUP, MORNING, REPORT, TALLY

SCHEMAS = Path(__file__).parent.parent / "docs" / "reference" / "schemas"
CONTRACT = {  # the keys the machine contract promises
    "lookup": "time source file position record_sha256 via actor database techniques targets client"
    " key_fingerprint requests bytes_out bytes_in",
    "alert": "id first_seen last_seen actor rules score points level lookups databases targets visibility"
    " evidence summary",
    "stats": "bytes records candidates parsed quarantined lookups sources",
    "event": "time via name url user host ip process command_line",
}


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", CONTRACT)
def test_schema_holds_the_contract_and_describes_every_key(name):
    schema = validator(name).schema
    assert set(CONTRACT[name].split()) <= set(schema["required"])
    for part in [schema, *schema.get("$defs", {}).values()]:
        assert part["additionalProperties"] is False
        for key, value in part["properties"].items():
            assert "description" in value or "$ref" in value, key


def test_lookups_fit():
    check = validator("lookup")
    for lookup in (LOOKUP, BARE_LOOKUP):
        check.validate(json.loads(line(lookup_json(lookup))))


def test_alerts_fit_and_their_points_add_up():
    check = validator("alert")
    for alert in REPORT.alerts:
        shape = json.loads(line(alert_json(alert)))
        check.validate(shape)
        assert sum(row["points"] for row in shape["points"]) == shape["score"]


def test_events_fit():
    check = validator("event")
    for event in (EVENT, Event(via="dns")):
        check.validate(json.loads(line(event_json(event))))


def test_stats_fit_and_add_up():
    check = validator("stats")
    shape = stats_json(TALLY)
    check.validate(shape)
    check.validate(stats_json(Tally()))
    assert shape["records"] == 120_400 + 83_011
    assert shape["sources"]["squid"]["quarantined"] == 2
    many = stats_json(Tally(troubles=[Trouble("x", None, "y")] * 250))
    check.validate(many)
    assert (many["troubles_total"], len(many["troubles"])) == (250, 100)


@pytest.mark.parametrize("key", ["time", "actor", "requests"])
def test_schema_refuses_a_lookup_without(key):
    shape = lookup_json(LOOKUP)
    del shape[key]
    assert not validator("lookup").is_valid(shape)


def test_schema_refuses_unknown_keys_and_other_times():
    shape = lookup_json(LOOKUP)
    assert not validator("lookup").is_valid({**shape, "extra": 1})
    assert not validator("lookup").is_valid({**shape, "time": "2026-11-20T09:00:00Z"})
    assert not validator("lookup").is_valid({**shape, "actor": {"user": None}})


@pytest.mark.parametrize(("record", "shape"), [(EVENT, event_json(EVENT)), (LOOKUP, lookup_json(LOOKUP))])
def test_no_field_of_a_record_is_forgotten(record, shape):
    renamed = {"duration": "duration_seconds"}
    names = {renamed.get(field.name, field.name) for field in fields(record)}
    assert names - {"ident"} <= set(shape)


def test_time_is_exact_to_the_microsecond():
    assert rfc3339(0) == "1970-01-01T00:00:00.000000Z"
    assert rfc3339(MORNING + 1) == "2026-11-20T09:00:00.000001Z"
    assert rfc3339(-1) == "1969-12-31T23:59:59.999999Z"
    assert rfc3339(10**20) is None
    assert rfc3339(None) is None


def test_hostile_text_fits_and_stays_one_harmless_line():
    check = validator("lookup")
    for lookup in hostile.lookups():
        text = line(lookup_json(lookup))
        assert text.isprintable()
        check.validate(json.loads(text))
    for alert in hostile.report().alerts:
        text = line(alert_json(alert))
        assert text.isprintable()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_comes_back_unchanged(text):
    written = line(event_json(Event(via="dns", name=text)))
    assert written.isprintable()
    assert json.loads(written)["name"] == text


@given(st.text(), st.integers())
def test_any_text_and_number_is_valid_json(text, number):
    event = Event(via="flow", user=text, bytes_in=number)
    read = json.loads(line(event_json(event)))
    assert read["bytes_in"] == number
    assert read["user"] == text.encode("utf-8", "backslashreplace").decode()


def test_absent_is_null_not_missing():
    shape = lookup_json(
        Lookup(
            time=0,
            source="s",
            file="f",
            position=0,
            record_sha256="0" * 64,
            via="dns",
            view="dns",
            actor=Actor(),
            database=None,
        )
    )
    assert shape["actor"] == {"user": None, "host": None, "ip": None, "process": None}
    assert shape["bytes_out"] is None
    assert shape["key_fingerprint"] is None
