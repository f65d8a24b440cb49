"""A ledger in, each form out: valid by the published formats, harmless, and never a claim of coverage."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date

import jsonschema
import pytest
import yaml

import coverage_samples as samples
from glasshouse import leaf
from glasshouse.ledger import GRADE_WORDS, GRADES, KINDS, PARENT, share, techniques
from glasshouse.report import ledger_words as words

SINKS = leaf.coverage_sinks()
LEDGER = samples.ledger()
WHOLE = samples.ledger(few=())
BAD = samples.bad()
TECHNIQUE = {"type": "string", "pattern": r"^T\d{4}(\.\d{3})?$"}
# The facts of the layer format, version 4.5, as far as this layer uses it.
_PAIR = {
    "type": "object", "additionalProperties": False, "required": ["name", "value"],
    "properties": {"name": {"type": "string"}, "value": {"type": "string"}},
}  # fmt: skip
_COLOUR = {"type": "string", "pattern": "^(|#[0-9a-f]{6})$"}
LAYER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "versions", "domain", "techniques"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "versions": {
            "type": "object", "additionalProperties": False, "required": ["navigator", "layer"],
            "properties": {
                "attack": {"const": "18"}, "navigator": {"const": "5.1.0"}, "layer": {"const": "4.5"}
            },
        },
        "domain": {"enum": ["enterprise-attack", "mobile-attack", "ics-attack"]},
        "description": {"type": "string"},
        "filters": {
            "type": "object", "additionalProperties": False,
            "properties": {"platforms": {"type": "array", "items": {"enum": ["PRE"]}}},
        },
        "sorting": {"enum": [0, 1, 2, 3]},
        "layout": {
            "type": "object", "additionalProperties": False,
            "properties": {
                "layout": {"enum": ["side", "flat", "mini"]},
                "aggregateFunction": {"enum": ["average", "min", "max", "sum"]},
                "showID": {"type": "boolean"}, "showName": {"type": "boolean"},
                "showAggregateScores": {"type": "boolean"}, "countUnscored": {"type": "boolean"},
                "expandedSubtechniques": {"enum": ["all", "annotated", "none"]},
            },
        },
        "hideDisabled": {"type": "boolean"},
        "techniques": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "additionalProperties": False, "required": ["techniqueID"],
                "properties": {
                    "techniqueID": TECHNIQUE, "tactic": {"const": "reconnaissance"},
                    "score": {"type": "number", "minimum": 0, "maximum": 100}, "color": _COLOUR,
                    "comment": {"type": "string"}, "enabled": {"type": "boolean"},
                    "metadata": {"type": "array", "items": _PAIR}, "links": {"type": "array"},
                    "showSubtechniques": {"type": "boolean"},
                },
            },
        },
        "gradient": {
            "type": "object", "additionalProperties": False, "required": ["colors", "minValue", "maxValue"],
            "properties": {
                "colors": {"type": "array", "minItems": 2, "items": {"type": "string", "pattern": "^#"}},
                "minValue": {"type": "number"}, "maxValue": {"type": "number"},
            },
        },
        "legendItems": {
            "type": "array",
            "items": {
                "type": "object", "additionalProperties": False, "required": ["label", "color"],
                "properties": {"label": {"type": "string"}, "color": {"type": "string", "pattern": "^#"}},
            },
        },
        "metadata": {"type": "array", "items": _PAIR},
        "links": {"type": "array"},
        "showTacticRowBackground": {"type": "boolean"},
        "tacticRowBackground": {"type": "string"},
        "selectTechniquesAcrossTactics": {"type": "boolean"},
        "selectSubtechniquesWithParent": {"type": "boolean"},
        "selectVisibleTechniques": {"type": "boolean"},
    },
}  # fmt: skip
_DAY = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}


def _scores(low: int, high: int, more: dict) -> dict:
    item = {
        "type": "object", "additionalProperties": False, "required": ["date", "score", "comment"],
        "properties": {
            "date": _DAY, "score": {"type": "integer", "minimum": low, "maximum": high},
            "comment": {"type": "string"}, **more,
        },
    }  # fmt: skip
    return {"type": "array", "minItems": 1, "items": item}


def _judged(logbook: dict, more: dict) -> dict:
    return {
        "type": "array", "minItems": 1,
        "items": {
            "type": "object", "additionalProperties": False,
            "required": ["applicable_to", "comment", "score_logbook", *more],
            "properties": {
                "applicable_to": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                "comment": {"type": "string"}, "score_logbook": logbook, **more,
            },
        },
    }  # fmt: skip


DETTECT = {
    "type": "object", "additionalProperties": False,
    "required": ["version", "file_type", "name", "platform", "techniques"],
    "properties": {
        "version": {"const": 1.2}, "file_type": {"const": "technique-administration"},
        "name": {"type": "string"}, "domain": {"const": "enterprise-attack"},
        "platform": {"const": ["PRE"]},
        "techniques": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "additionalProperties": False,
                "required": ["technique_id", "technique_name", "detection", "visibility"],
                "properties": {
                    "technique_id": TECHNIQUE, "technique_name": {"type": "string"},
                    "detection": _judged(
                        _scores(-1, 5, {}), {"location": {"type": "array", "items": {"type": "string"}}}
                    ),
                    "visibility": _judged(_scores(0, 4, {"auto_generated": {"const": True}}), {}),
                },
            },
        },
    },
}  # fmt: skip
_DIMENSIONS = ("device_completeness", "data_field_completeness", "timeliness", "consistency", "retention")
DETTECT_SOURCES = {
    "type": "object", "additionalProperties": False,
    "required": ["version", "file_type", "name", "systems", "data_sources"],
    "properties": {
        "version": {"const": 1.1}, "file_type": {"const": "data-source-administration"},
        "name": {"type": "string"}, "domain": {"const": "enterprise-attack"},
        "systems": {"type": "array", "minItems": 1},
        "data_sources": {
            "type": "array", "minItems": 1,
            "items": {
                "type": "object", "additionalProperties": False,
                "required": ["data_source_name", "data_source"],
                "properties": {
                    "data_source_name": {"type": "string"},
                    "data_source": {
                        "type": "array", "minItems": 1,
                        "items": {
                            "type": "object", "additionalProperties": False,
                            "required": ["applicable_to", "products", "data_quality"],
                            "properties": {
                                "applicable_to": {"type": "array"}, "date_registered": _DAY,
                                "date_connected": {"anyOf": [_DAY, {"type": "null"}]},
                                "products": {"type": "array", "items": {"type": "string"}},
                                "available_for_data_analytics": {"type": "boolean"},
                                "comment": {"type": "string"},
                                "data_quality": {
                                    "type": "object", "required": list(_DIMENSIONS),
                                    "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 5},
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}  # fmt: skip


def shown(name: str, ledger=LEDGER) -> str:
    return SINKS[name].render(ledger)


def loaded(name: str, ledger=LEDGER) -> dict:
    """YAML as JSON would say it: dates as text."""
    return json.loads(json.dumps(yaml.safe_load(shown(name, ledger)), default=date.isoformat))


# -- every form


def test_forms_are_found() -> None:
    assert set(SINKS) == {
        "csv", "dettect", "dettect-sources", "json", "markdown", "navigator", "requirements", "table"
    }  # fmt: skip


@pytest.mark.parametrize("name", SINKS)
def test_form_makes_its_example(name: str) -> None:
    """When the change is meant: python tests/coverage_samples.py writes the examples again."""
    file = samples.EXAMPLES / name / f"ledger{SINKS[name].SUFFIX}"
    assert shown(name).encode() == file.read_bytes()


@pytest.mark.parametrize("name", SINKS)
def test_hostile_text_never_reaches_the_reader(name: str) -> None:
    output = shown(name, BAD)
    output.encode("utf-8")
    for row in output.replace("\r\n", "\n").split("\n"):
        assert row.isprintable(), ascii(row[:200])


@pytest.mark.parametrize("name", SINKS)
@pytest.mark.parametrize("ledger", [LEDGER, WHOLE, samples.ledger(())], ids=["some", "whole", "nothing"])
def test_no_form_ever_says_covered(name: str, ledger) -> None:
    assert not re.search(r"\bcovered\b|\bfull(y)? visib|100 %", shown(name, ledger), re.IGNORECASE)


@pytest.mark.parametrize("name", ["table", "markdown", "requirements", "navigator", "dettect-sources"])
def test_a_silence_is_told(name: str) -> None:
    said = shown(name).replace("\\", "")
    assert "silent for 5 h" in " ".join(said.split())


@pytest.mark.parametrize("name", ["table", "markdown", "json"])
def test_people_see_what_no_log_can_show_and_what_could_not_be_read(name: str) -> None:
    said = " ".join(shown(name).replace("\\", "").split())
    for one in LEDGER.beyond:
        assert one.what.split(":")[0] in said
    assert "/var/log/odd.log" in said


# -- numbers


def test_csv_has_a_row_per_cell_and_its_counts_add_up() -> None:
    rows = list(csv.DictReader(io.StringIO(shown("csv", WHOLE), newline="")))
    assert len(rows) == len({(row["technique"], row["database"], row["kind"]) for row in rows})
    for row in rows:
        assert sum(int(row[f"ways_{grade}"]) for grade in GRADES) == int(row["ways"]) > 0
        assert (row["counts_now"] == "yes") == (row["state"] == "heard")
    assert {row["kind"] for row in rows} == set(KINDS)


def test_json_grades_are_those_of_its_ways() -> None:
    made = json.loads(shown("json", WHOLE))
    heard = {kind["kind"] for kind in made["kinds"] if kind["state"] == "heard"}
    for way in made["ways"]:
        grades = [view["grade"] for kind, view in way["views"].items() if kind in heard]
        assert way["now"] == max(grades, key=GRADES.index)
        assert way["through"] in {*heard}
    whole = next(one for one in made["techniques"] if one["technique"] == PARENT)
    mine = [way for way in made["ways"] if any(name.startswith(PARENT) for name in way["techniques"])]
    for grade, count in whole["grades"].items():
        assert count == sum(way["now"] == grade for way in mine)
    assert made["sources"][1]["last"] == "2026-11-20T16:00:00.000000Z"
    assert made["sources"][1]["usual_seconds"] == 60


@pytest.mark.parametrize("ledger", [LEDGER, WHOLE, BAD, samples.ledger(())], ids=["some", "all", "bad", "no"])
def test_navigator_layer_is_valid(ledger) -> None:
    layer = json.loads(shown("navigator", ledger))
    jsonschema.validate(layer, LAYER)
    ids = [one["techniqueID"] for one in layer["techniques"]]
    assert ids == [PARENT, *techniques(ledger)]


def test_silence_turns_a_technique_grey_and_lowers_its_score() -> None:
    speaking = samples.ledger((samples.BIND, replace(samples.SQUID, state="heard"), samples.AUDITD))
    for ledger, grey in ((LEDGER, True), (speaking, False)):
        layer = json.loads(shown("navigator", ledger))
        colours = {one["techniqueID"]: one["color"] for one in layer["techniques"]}
        assert (colours["T1596.003"] == "#bdbdbd") is grey
    before, after = (
        {one["techniqueID"]: one["score"] for one in json.loads(shown("navigator", ledger))["techniques"]}
        for ledger in (speaking, LEDGER)
    )
    assert after["T1596.003"] < before["T1596.003"]
    assert all(after[name] <= before[name] for name in before)


@pytest.mark.parametrize("ledger", [LEDGER, WHOLE, BAD, samples.ledger(())], ids=["some", "all", "bad", "no"])
def test_dettect_files_are_valid(ledger) -> None:
    jsonschema.validate(loaded("dettect", ledger), DETTECT)
    jsonschema.validate(loaded("dettect-sources", ledger), DETTECT_SOURCES)
    for name in ("dettect", "dettect-sources"):
        assert "&id" not in shown(name, ledger), "anchors: other readers of YAML may not follow them"


def test_dettect_scores_are_of_what_is_heard() -> None:
    def visible(ledger):
        made = loaded("dettect", ledger)["techniques"]
        return {one["technique_id"]: one["visibility"][0]["score_logbook"][0]["score"] for one in made}

    def found(ledger):
        made = loaded("dettect", ledger)["techniques"]
        return {one["technique_id"]: one["detection"][0]["score_logbook"][0]["score"] for one in made}

    nothing = samples.ledger(())
    assert set(visible(nothing).values()) == {0}
    assert set(found(nothing).values()) == {-1}
    assert visible(LEDGER)["T1596.003"] == 2  # names only
    all_kinds = samples.ledger((replace(samples.SQUID, state="heard", kinds=tuple(KINDS)),))
    assert visible(all_kinds)["T1596.003"] == 4
    assert max(found(all_kinds).values()) == 3  # nobody outside is seen


def test_a_silent_source_is_not_available_to_dettect() -> None:
    made = {
        one["data_source_name"]: one["data_source"][0] for one in loaded("dettect-sources")["data_sources"]
    }
    web, dns = made["Web [DeTT&CT data source]"], made["Internal DNS [DeTT&CT data source]"]
    assert (web["available_for_data_analytics"], web["products"]) == (False, ["squid"])
    assert web["data_quality"]["data_field_completeness"] == 0
    assert (dns["available_for_data_analytics"], dns["date_connected"]) == (True, "2026-10-14")


def test_requirements_name_the_logs_that_would_answer() -> None:
    said = " ".join(shown("requirements", samples.ledger((samples.BIND,), few=())).replace("\\", "").split())
    assert 'To answer "about us?" for T1596.005 Scan Databases: today 0 of 64 ways' in said
    assert "add TLS-inspected proxy or gateway logs with URLs" in said
    assert "squid" in said or "and " in said
    silent = " ".join(shown("requirements").split())
    assert "make speak again TLS-inspected proxy" in silent


def test_words_for_scores_stay_in_their_range() -> None:
    for ledger in (LEDGER, WHOLE, samples.ledger(())):
        for name in (PARENT, *techniques(ledger)):
            one = share(ledger, name)
            assert 0 <= words.share_points(one) <= 100
            assert 0 <= words.visibility(one) <= 4
            assert -1 <= words.detection(ledger, name, one) <= 5
    assert set(GRADE_WORDS) == set(GRADES) == set(words.POINTS)


def test_days_beyond_the_calendar_are_still_days() -> None:
    assert words.day(0) == date(1970, 1, 1)
    assert words.day(2**62) == date.max
    assert words.day(-(2**62)) == date.min
