"""Exposures in, verdicts out: every way of writing them down shows all it should, safely, never "clean"."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.events.findings.finding import Finding as OcsfFinding
from py_ocsf_models.objects.vulnerability_details import VulnerabilityDetails
from pydantic import create_model

import exposure_samples as samples
import hostile
from exposure_samples import (
    BORNE,
    CHANGES,
    DANGLING,
    DARK,
    DAY,
    DIM,
    EXPLOITED,
    EXPOSURE,
    NOW,
    QUIET,
    SHA,
    seen,
)
from glasshouse import leaf
from glasshouse.findings import PRIORITIES
from glasshouse.records import LEVELS
from glasshouse.report import (
    exposed_facts,
    exposed_page,
    exposed_picture,
    exposed_story,
    exposed_words,
)

EXAMPLES = Path(__file__).parent / "examples" / "exposures"
SINKS = leaf.exposure_sinks()
PEOPLE = ("table", "markdown", "html")
TICKETS = ("defectdojo", "jira", "ocsf", "sarif", "servicenow")
ANY_TEXT = st.text() | st.sampled_from(hostile.TEXTS)
BAD = samples.bad()


def shown(name, exposure=EXPOSURE):
    return SINKS[name].render(exposure)


def rows(name, exposure=EXPOSURE):
    return list(csv.reader(io.StringIO(shown(name, exposure), newline="")))


# -- every sink


def test_sinks_are_found():
    assert set(SINKS) >= {*PEOPLE, *TICKETS, "json", "csv"}


@pytest.mark.parametrize("name", SINKS)
def test_sink_makes_its_example(name):
    """When the change is meant: python tests/exposure_samples.py writes the examples again."""
    sink = SINKS[name]
    assert sink.TITLE
    assert sink.SUFFIX.startswith(".")
    assert shown(name).encode() == (EXAMPLES / name / f"exposure{sink.SUFFIX}").read_bytes()


@pytest.mark.parametrize("name", SINKS)
def test_hostile_text_never_reaches_the_reader(name):
    output = shown(name, BAD)
    output.encode("utf-8")
    for row in output.replace("\r\n", "\n").split("\n"):
        assert row.isprintable(), ascii(row[:200])


@pytest.mark.parametrize("name", SINKS)
def test_every_open_finding_is_there(name):
    output = shown(name).replace("\\", "")
    for one in EXPOSURE.findings:
        if one.state == "open":
            assert one.id in output, one.id


@pytest.mark.parametrize("name", [name for name, sink in SINKS.items() if sink.ALL])
def test_changes_ties_and_blind_spots_are_there(name):
    output = shown(name).replace("\\", "")
    for word in (
        "4f00a1",
        "CHG-1020",
        "shop.example.org",
        "198.51.100.99",
        "429, too many requests",
        "censys",
    ):
        assert word in output, word
    assert "example.net (" not in output, "disowned"


@pytest.mark.parametrize("name", SINKS)
def test_a_large_document_takes_no_time(name):
    large = samples.many(2_000)
    began = time.process_time()
    shown(name, large)
    assert time.process_time() - began < 5


def test_html_says_that_it_shows_only_the_first():
    page = shown("html", samples.many(2_000))
    assert page.count("<article") == 500
    assert "The first 500 of 2,000 findings stand here" in page


# -- nothing found is not nothing seen


@pytest.mark.parametrize("name", PEOPLE)
def test_quiet_dim_and_dark_differ(name):
    quiet, dim, dark = (" ".join(shown(name, one).split()) for one in (QUIET, DIM, DARK))
    assert "No open finding in what all databases that were asked show." in quiet
    assert "No open finding in what could be seen; 4 databases could not be seen" in dim
    assert "so there may be more" in dim
    assert "Nothing could be seen, so nothing can be said." in dark
    assert "No open finding" not in dark
    for page in (dim, dark):
        assert "certspotter failed for 2 assets: 429, too many requests" in page
    assert "answered wholly" in quiet
    assert "answered wholly" not in dim + dark


@pytest.mark.parametrize("name", PEOPLE)
def test_blind_spots_come_last_but_come(name):
    page = shown(name)
    assert page.index("What could not be seen") > page.index("Vulnerability that is exploited")
    assert "4 databases could not" in " ".join(page.split())


def test_no_headline_is_clean_when_something_failed():
    trouble = replace(QUIET, troubles=EXPOSURE.troubles)
    assert "1 thing could not be judged, so there may be more" in exposed_words.headline(trouble)
    assert "Nothing is known to be ours" in exposed_words.headline(replace(QUIET, assets=0))


def test_what_nobody_was_asked_about_is_no_zero():
    page = shown("table", DARK)
    for technique in exposed_words.SUB_TECHNIQUES:
        assert technique in page
    assert page.count("nothing was seen") == 5


@pytest.mark.parametrize("name", PEOPLE)
def test_names_behind_a_network_are_shown(name):
    assert "1 name behind cloudflare" in shown(name)
    assert name == "table" or "its origin is given away: 203.0.113.20" in shown(name)


def test_json_and_sarif_say_that_they_are_not_whole():
    assert json.loads(shown("json", DIM))["complete"] is False
    assert json.loads(shown("json", QUIET))["complete"] is True
    run = json.loads(shown("sarif", DARK))["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 4


# -- words


def test_first_steps_are_by_priority_and_name_owner_and_step():
    steps = exposed_words.steps(reversed(exposed_words.still_open(EXPOSURE)))
    assert [step.first.priority for step in steps] == ["act", "attend", "attend", "track*", "track"]
    assert steps[0].owner == "Network team"
    assert exposed_words.steps([EXPLOITED])[0].ids == EXPLOITED.id
    assert steps[-1].owner == exposed_words.NOBODY


def test_one_check_of_one_owner_is_one_step():
    twin = replace(DANGLING, id="F-twin", about="b.example.test")
    other = replace(DANGLING, id="F-other", owner="Shop team")
    steps = exposed_words.steps([DANGLING, twin, other])
    assert [len(step.findings) for step in steps] == [2, 1]
    assert steps[0].about == "staging.example.test, b.example.test"


def test_reduced_or_honestly_not():
    assert "Then vanishes: the alias, from public DNS" in exposed_words.remedy(DANGLING)
    assert "cannot be reduced" in exposed_words.remedy(BORNE)


def test_accepted_risks_are_nothing_to_do():
    assert BORNE.id not in {one.id for step in exposed_words.steps(exposed_words.still_open(EXPOSURE))
                            for one in step.findings}  # fmt: skip
    assert "1 finding accepted or resolved" in shown("table")


def test_first_looks_are_no_unapproved_changes():
    assert [one.verdict for one in exposed_words.unapproved(EXPOSURE)] == ["suspicious", "unmanaged"]
    assert "2 of 5 changes without approval; 1 more" in exposed_words.changed(EXPOSURE)


def test_a_changed_field_is_shown_before_and_after():
    change = next(one for one in CHANGES if one.shift.kind == "changed")
    assert "expires 2026-12-10 → 2027-12-10" in exposed_facts.shift_words(change.shift)


@given(ANY_TEXT)
def test_facts_are_one_harmless_line(text_in):
    for fact in samples.bad_facts(text_in):
        for line in (exposed_facts.fact_words(fact), exposed_facts.evidence_words(seen(fact))):
            assert line.isprintable()
            assert len(exposed_facts.fact_words(fact)) <= exposed_facts.LONGEST


@given(st.integers())
def test_times_of_no_calendar_are_empty(moment):
    made = exposed_facts.iso(moment)
    assert (made is None) == (exposed_facts.day(moment) == "") == (exposed_facts.seconds(moment) == "")
    if made:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made)
        assert made.startswith(exposed_facts.day(moment))


@pytest.mark.parametrize(
    ("about", "host"),
    [
        ("vpn.example.test", "vpn.example.test"),
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("203.0.113.0/24", None),
        ("AS64500", None),
        ("admin@example.test", None),
        ("*.example.test", None),
        ("", None),
        ("a.test\nb.test", None),
        ("http://example.test/", None),
    ],
)
def test_host_of_a_finding(about, host):
    assert exposed_story.host(replace(DANGLING, about=about)) == host


# -- tables and documents


def test_json_is_whole_and_stable():
    made = json.loads(shown("json"))
    assert [one["id"] for one in made["findings"]] == [one.id for one in EXPOSURE.findings]
    first = made["findings"][0]
    assert first["first_public"] == exposed_facts.iso(EXPLOITED.first_public)
    assert sum(row["points"] for row in first["points"]) == first["score"]
    fact = first["evidence"][0]
    assert (fact["kind"], fact["key"], fact["raw_sha256"]) == ("service", "203.0.113.5 443/tcp", SHA)
    assert fact["fact"]["port"] == 443
    assert made["changes"][4]["shift"]["before"]["fact"]["expires"].startswith("2026-12-10")
    assert (made["at"], made["trend"][0]["time"]) == (
        "2026-11-20T09:00:00.000000Z",
        "2026-11-06T09:00:00.000000Z",
    )
    head = {"format", "version", "complete", "says", "at", "before", "organisation", "assets"}
    assert set(made) - head == {
        "findings",
        "changes",
        "ties",
        "revealed",
        "edges",
        "blind",
        "trend",
        "troubles",
    }
    assert shown("json").isascii()


def test_json_takes_any_text_and_number():
    made = json.loads(shown("json", BAD))
    assert made["findings"][0]["about"] == hostile.TEXTS[0]
    assert made["at"] is None
    assert made["trend"][0]["levels"] == [["high", 10**9]]
    json.loads(shown("json", replace(EXPOSURE, assets=2**70)))


@pytest.mark.parametrize("name", ["csv", "servicenow", "jira"])
def test_rows_are_as_long_as_their_head_and_no_formula(name):
    for exposure in (EXPOSURE, BAD):
        made = rows(name, exposure)
        assert {len(row) for row in made} == {len(made[0])}
        wanted = exposure.findings if name == "csv" else exposed_words.still_open(exposure)
        assert len(made) == len(wanted) + 1
        for row in made[1:]:
            assert not [cell for cell in row if cell.strip(" ").startswith(tuple("=+-@\t\r\n\0＝＋－＠"))]
            assert max(map(len, row)) <= 32_767


def test_csv_reads_back():
    made = list(csv.DictReader(io.StringIO(shown("csv"), newline="")))
    assert [row["id"] for row in made] == [one.id for one in EXPOSURE.findings]
    assert (made[0]["score"], made[0]["cves"], made[0]["criticality"]) == ("85", "CVE-2099-0001", "critical")
    assert made[4]["owner"] == made[4]["asset"] == ""
    assert made[5]["state"] == "accepted"


def test_tickets_fit_their_tools():
    head, *found = rows("servicenow")
    made = [dict(zip(head, row, strict=True)) for row in found]
    assert [one["urgency"] + one["impact"] for one in made] == ["11", "21", "21", "32", "33"]
    assert (made[0]["assignment_group"], made[0]["due_date"]) == ("Network team", "2026-12-04 09:00:00")
    assert all(len(one["short_description"]) <= 160 for one in made)
    assert "\n" in made[0]["description"]
    head, *found = rows("jira", BAD)
    assert head.count("Labels") == 4
    for row in found:
        assert len(row[0]) <= 255
        assert not [one for one in row[4:8] if " " in one]
        assert not re.search(r"(?<!\\)[{\[!]", row[2])
    assert [row[3] for row in rows("jira")[1:]] == ["Highest", "High", "High", "Medium", "Low"]


@pytest.mark.parametrize("name", TICKETS)
def test_employees_stay_out_of_other_tools(name):
    assert "ws-17" not in shown(name)
    assert "ws-17" in shown("html")
    assert "ws-17" in exposed_page.page(EXPLOITED)


# -- DefectDojo: what its reader takes (dojo/tools/generic), as facts


DOJO = {
    *("title", "severity", "description", "date", "cve", "mitigation", "impact", "severity_justification"),
    *("references", "active", "verified", "risk_accepted", "is_mitigated", "unique_id_from_tool", "tags"),
    *("vuln_id_from_tool", "service", "endpoints", "vulnerability_ids", "nb_occurences"),
}


@pytest.mark.parametrize("exposure", [EXPOSURE, BAD], ids=["full", "bad"])
def test_defectdojo_takes_it(exposure):
    made = json.loads(shown("defectdojo", exposure))["findings"]
    assert len(made) == len(exposure.findings)
    for one in made:
        assert {"title", "severity", "description"} <= set(one) <= DOJO
        assert one["severity"] in {"Critical", "High", "Medium", "Low", "Info"}
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", one["date"])
        assert not {"cve", "vulnerability_ids"} <= set(one)
        assert len(one["title"]) <= 511
        assert len(one.get("service", "")) <= 200


def test_defectdojo_says_what_the_finding_says():
    first, *_, borne = json.loads(shown("defectdojo"))["findings"]
    assert (first["severity"], first["cve"], first["date"]) == ("Critical", "CVE-2099-0001", "2025-10-16")
    assert first["endpoints"] == [{"host": "vpn.example.test"}]
    assert (borne["active"], borne["risk_accepted"]) == (False, True)


# -- SARIF: a part of the published schema (docs.oasis-open.org/sarif/sarif/v2.1.0)

MESSAGE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
RULE = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "name": {"type": "string"},
        "shortDescription": MESSAGE,
        "help": MESSAGE,
        "helpUri": {"type": "string", "pattern": "^https://"},
        "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["message"],
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "rank": {"type": "number", "minimum": 0, "maximum": 100},
        "message": MESSAGE,
        "locations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "physicalLocation": {
                        "type": "object",
                        "properties": {
                            "artifactLocation": {
                                "type": "object",
                                "properties": {"uri": {"type": "string", "pattern": r"^[A-Za-z0-9%._~-]+$"}},
                                "required": ["uri"],
                            }
                        },
                    },
                    "logicalLocations": {"type": "array", "items": {"type": "object", "required": ["name"]}},
                },
                "additionalProperties": False,
            },
        },
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "suppressions": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind"],
                "properties": {
                    "kind": {"enum": ["inSource", "external"]},
                    "status": {"enum": ["accepted", "underReview", "rejected"]},
                    "justification": {"type": "string"},
                },
            },
        },
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": RULE},
                                },
                                "additionalProperties": False,
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {
                        "type": "array",
                        "items": {"type": "object", "required": ["executionSuccessful"]},
                    },
                    "results": {"type": "array", "items": RESULT},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


@pytest.mark.parametrize("exposure", [EXPOSURE, QUIET, DARK, BAD], ids=["full", "quiet", "dark", "bad"])
def test_sarif_fits_the_schema(exposure):
    made = json.loads(shown("sarif", exposure))
    jsonschema.validate(made, SARIF)
    run = made["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        place = one["locations"][0]
        name = place["logicalLocations"][0]["name"]
        assert unquote(place["physicalLocation"]["artifactLocation"]["uri"]) == name
    assert len({rule["id"] for rule in rules}) == len(rules)


def test_sarif_says_what_the_finding_says():
    results = json.loads(shown("sarif"))["runs"][0]["results"]
    assert [one["level"] for one in results] == ["error", "error", "error", "warning", "note", "note"]
    assert results[0]["partialFingerprints"]["glasshouseFinding/v1"] == EXPLOITED.id
    assert results[-1]["suppressions"][0]["status"] == "accepted"
    assert "suppressions" not in results[0]


# -- OCSF

# Facts of the published schema (github.com/ocsf/ocsf-schema, 1.5.0); the models know no vulnerability class.
OCSF_REQUIRED = {
    "activity_id",
    "category_uid",
    "class_uid",
    "finding_info",
    "metadata",
    "severity_id",
    "time",
}
OCSF_REQUIRED |= {"type_uid"}
FREE = {"unmapped", "evidences.data"}
PUBLISHED_BUT_NOT_MODELLED = {"compliance.status"}


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


# Class 2002, of the models' own parts.
VulnerabilityFinding = create_model(
    "VulnerabilityFinding",
    __base__=OcsfFinding,
    **{
        name: (ComplianceFinding.model_fields[name].annotation, ...)
        for name in ("category_uid", "class_uid", "time")
    },
    **dict.fromkeys(("category_name", "class_name", "type_name"), (str, ...)),
    type_uid=(int, ...),
    resources=(ComplianceFinding.model_fields["resources"].annotation, None),
    vulnerabilities=(list[VulnerabilityDetails], ...),
)


@pytest.mark.parametrize("exposure", [EXPOSURE, BAD], ids=["full", "bad"])
def test_ocsf_fits_its_classes(exposure):
    made = [json.loads(line) for line in shown("ocsf", exposure).splitlines()]
    assert len(made) == len(exposure.findings)
    for one in made:
        kind = VulnerabilityFinding if one["class_uid"] == 2002 else ComplianceFinding
        modelled = kind.model_validate(one).model_dump(mode="json", exclude_unset=True)
        extra = {
            path for path in set(paths(one)) - set(paths(modelled)) if path not in PUBLISHED_BUT_NOT_MODELLED
        }
        assert not extra, extra
        assert set(one) >= OCSF_REQUIRED
        assert one["type_uid"] == one["class_uid"] * 100 + one["activity_id"]
        assert one["severity_id"] in range(1, 6)
        assert one["metadata"]["version"] == "1.5.0"
        if one["class_uid"] == 2003:
            assert one["compliance"]["standards"]
            assert one["compliance"]["status_id"] in (1, 3)
        else:
            assert [row["cve"]["uid"] for row in one["vulnerabilities"]]


def test_ocsf_tells_vulnerabilities_from_policy():
    made = {one["metadata"]["uid"]: one for one in map(json.loads, shown("ocsf").splitlines())}
    assert made[EXPLOITED.id]["class_uid"] == 2002
    assert made[EXPLOITED.id]["vulnerabilities"][0]["cve"]["uid"] == "CVE-2099-0001"
    assert {one["class_uid"] for key, one in made.items() if key != EXPLOITED.id} == {2003}
    assert made[BORNE.id]["status"] == "Suppressed"
    assert made[DANGLING.id]["time"] == NOW // 1000
    assert made[DANGLING.id]["observables"][0] == {
        "name": "resources.name", "type_id": 1, "type": "Hostname", "value": "staging.example.test"
    }  # fmt: skip


# -- markdown


def test_markdown_from_databases_forms_no_markup():
    source = shown("markdown", BAD)
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(source)
    found = set(re.findall(r"<([a-zA-Z0-9]+)", page))
    assert found <= {"h1", "h2", "h3", "p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}, (
        found
    )
    assert not re.search(r"(?i)\w://|www\.|@", source), "nothing a wiki would turn into a link or a mention"


# -- html


class Page(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("exposure", [EXPOSURE, QUIET, DARK, BAD], ids=["full", "quiet", "dark", "bad"])
def test_html_asks_nobody_and_runs_nothing(exposure):
    page = Page(shown("html", exposure))
    assert page.open == []
    assert not set(page.tags) & {
        "script",
        "link",
        "img",
        "iframe",
        "form",
        "object",
        "embed",
        "base",
        "image",
    }
    for name, value in page.attributes:
        assert not name.startswith("on")
        assert name not in {"src", "style", "srcset", "action"}
        assert name != "href" or value.startswith("#")
    assert page.tags.count("style") == 1
    assert "url(" not in shown("html", exposure).partition("</style>")[0]


def test_html_first_page_comes_before_the_proof():
    page = shown("html")
    order = [
        "What to do first",
        "What is revealed",
        "What changed without approval",
        "Open findings over time",
    ]
    order += [
        "Not all could be seen",
        ">Findings<",
        "Changes, and why",
        "tie to us",
        "What could not be seen</h2>",
    ]
    places = [page.index(word) for word in order]
    assert places == sorted(places)


def test_html_names_its_style_in_the_policy():
    page = shown("html")
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    from glasshouse.report.exposures import html

    assert html._csp_hash(style) in page
    assert "default-src 'none'" in page


def test_pictures_keep_to_their_frame():
    for exposure in (EXPOSURE, BAD, samples.many(100)):
        for column in exposed_picture.columns(exposure):
            for block in column.blocks:
                assert block.x >= 0
                assert block.x + block.width <= exposed_picture.WIDTH
                assert 0 <= block.y <= block.y + block.height <= exposed_picture.HEIGHT
        for row in exposed_picture.rows(exposure):
            assert 0 <= row.things_bar <= exposed_picture.BAR
            assert 0 <= row.findings_bar <= exposed_picture.BAR


def test_trend_ends_with_now_and_needs_two():
    columns = exposed_picture.columns(EXPOSURE)
    assert [column.says[:10] for column in columns] == ["2026-11-06", "2026-11-13", "2026-11-20"]
    assert columns[-1].says == "2026-11-20: 1 critical, 2 high, 1 medium, 1 low; 2 changes unapproved"
    assert exposed_picture.columns(QUIET) == []


@given(st.lists(st.tuples(st.sampled_from(LEVELS), st.integers(0, 10**6)), unique_by=lambda row: row[0]))
def test_columns_never_leave_the_frame(levels):
    past = (samples.Trend(NOW - DAY, tuple(levels), 0),)
    for column in exposed_picture.columns(replace(EXPOSURE, trend=past)):
        assert all(
            block.y >= 0 and block.y + block.height <= exposed_picture.HEIGHT for block in column.blocks
        )


def test_priorities_are_all_worded():
    assert set(exposed_words.PRIORITY_WORDS) == set(PRIORITIES)
