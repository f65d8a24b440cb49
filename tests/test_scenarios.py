"""Scenario files and what is made of them: each fits catalogue and rules and exports well."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from glasshouse import catalogue, scenario
from glasshouse.cli.main import app
from glasshouse.errors import ConfigError
from glasshouse.flow_scenarios import atomics, guid
from glasshouse.scenario import Scenario, load
from glasshouse.watch.detect import load_rules

SCENARIOS = load()
EXAMPLES = Path(__file__).parent / "examples" / "scenarios"
each = pytest.mark.parametrize("name", SCENARIOS)
PLATFORMS = {"windows", "macos", "linux", "containers"}  # those of the specification that we use
GOOD = """
id: good
title: A good one
group: category
technique: T1596.003
description: Asks once.
platforms: [linux]
executor: sh
command: curl https://crt.sh/?q=#{domain}
inputs:
- {name: domain, description: what is asked about, type: string, default: example.com}
telemetry:
- {kind: dns, shows: one question}
alert: {level: low, rules: [bulk_ct]}
"""


def read(text: str) -> Scenario:
    return scenario.read(text.encode(), "good.yml")


@each
def test_rules_and_databases_it_names_exist(name: str) -> None:
    one, known = SCENARIOS[name], catalogue.load()
    rules = {rule.key for rule in load_rules(()).rules}
    parts = (*one.telemetry, one.alert)
    assert {rule for part in parts for rule in part.rules} <= rules
    assert {database for part in parts for database in part.databases} <= set(known.databases)
    assert one.client is None or one.client in known.clients
    assert one.alert.at_most is not None or one.alert.rules


def test_the_three_validation_tests_every_category_and_every_client_tool_have_one() -> None:
    every = SCENARIOS.values()
    assert sum(one.group == "validation" for one in every) == 3
    categories = {one.technique for one in every if one.group == "category"}
    assert categories == {f"T1596.00{number}" for number in range(1, 6)}
    assert {one.client for one in every if one.client} == set(catalogue.load().clients)


@each
def test_the_example_is_what_is_exported(name: str) -> None:
    """The file under tests/examples is the Atomic form, to be read by people; delete it to write it anew."""
    one = SCENARIOS[name]
    text = atomics([one])[one.technique]
    example = EXAMPLES / f"{name}.yaml"
    if not example.exists():
        example.parent.mkdir(exist_ok=True)
        example.write_text(text, encoding="utf-8")
        pytest.fail(f"{example.name} was not there; it is now: read it")
    assert example.read_text(encoding="utf-8") == text


@each
def test_the_atomic_form_keeps_the_rules_of_the_specification(name: str) -> None:
    """Field by field what atomic_red_team/models.py asks for; extra fields are forbidden there."""
    one = SCENARIOS[name]
    document = yaml.safe_load(atomics([one])[one.technique])
    assert set(document) == {"attack_technique", "display_name", "atomic_tests"}
    assert re.fullmatch(r"T\d{4}(?:\.\d{3})?", document["attack_technique"])
    (test,) = document["atomic_tests"]
    needed = {"name", "description", "supported_platforms", "executor", "auto_generated_guid"}
    free = {"input_arguments", "dependencies", "dependency_executor_name"}
    assert needed <= set(test) <= needed | free
    assert ("dependencies" in test) == ("dependency_executor_name" in test)
    assert set(test["supported_platforms"]) <= PLATFORMS
    executor = test["executor"]
    assert {"name", "command", "elevation_required"} <= set(executor) | {"cleanup_command"}
    assert executor["name"] in {"powershell", "sh", "bash", "command_prompt"}
    assert executor["elevation_required"] is False
    used = set(re.findall(r"#{(.*?)}", executor["command"] + executor.get("cleanup_command", "")))
    assert used == set(test.get("input_arguments", {}))
    for argument in test.get("input_arguments", {}).values():
        assert set(argument) == {"description", "type", "default"}
        assert isinstance(argument["default"], int if argument["type"] == "integer" else str)
    for need in test.get("dependencies", []):
        assert set(need) == {"description", "prereq_command", "get_prereq_command"}
    uuid.UUID(test["auto_generated_guid"])


def row(one: Scenario) -> str:
    logs = ", ".join(sign.kind for sign in one.telemetry)
    alone = ", ".join(f"{sign.kind} {sign.level}" for sign in one.telemetry if sign.level) or "none"
    alert = f"at most {one.alert.at_most}" if one.alert.at_most else f"{one.alert.level}"
    client = "played" if one.played_by else "real"
    return f"| `{one.id}` | {one.technique} | {client} | {logs} | {alone} | {alert} |"


def test_the_table_in_the_docs_is_that_of_the_files() -> None:
    text = (Path(__file__).parent.parent / "docs" / "scenarios.md").read_text(encoding="utf-8")
    said = [line for line in text.splitlines() if re.match(r"\| `[a-z0-9-]+` \| T1596", line)]
    assert said == [row(one) for one in SCENARIOS.values()]


def test_ids_of_tests_are_different_and_stay() -> None:
    assert len({guid(one) for one in SCENARIOS.values()}) == len(SCENARIOS)
    assert guid(SCENARIOS["shodan-cli-range"]) == "80536f88-c343-5966-bb5a-fd0729f75e41"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: good", "id: other", "name both alike"),
        ("#{domain}", "#{other}", "no input"),
        ("crt.sh/?q=#{domain}", "crt.sh/", "not used"),
        ("kind: dns", "kind: telepathy", "not one of"),
        ("technique: T1596.003", "technique: T1595", "does not look right"),
        ("executor: sh", "executor: zsh", "not one of"),
        ("level: low", "level: awful", "not one of"),
        ("alert: {level: low, rules: [bulk_ct]}", "alert: {}", "needs a level"),
        ("title: A good one", "title: 7", "is not a text"),
        ("platforms: [linux]", "platforms: linux", "is not a list"),
        ("- {kind: dns, shows: one question}", 2 * "- {kind: dns, shows: one}\n", "twice"),
        ("command: curl", "command: sudo curl", "privileges"),
        ("title:", "tittle: x\ntitle:", "no such field"),
        ("id: good", "id: [", "not readable"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(old: str, new: str, said: str) -> None:
    assert read(GOOD).filled(read(GOOD).command) == "curl https://crt.sh/?q=example.com"
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        read(GOOD.replace(old, new, 1))
    assert said in str(caught.value)
    assert caught.value.where.startswith("good.yml")


ODD = st.recursive(
    st.none() | st.text() | st.integers(), lambda some: st.lists(some) | st.dictionaries(st.text(), some)
)


@given(ODD)
def test_no_file_however_odd_ends_in_anything_but_a_configuration_error(said: object) -> None:
    with pytest.raises(ConfigError):
        scenario.read(yaml.safe_dump(said).encode(), "odd.yml")


def run(*words: str):
    return CliRunner().invoke(app, ["scenarios", *words])


def test_list_and_show() -> None:
    done = run("list")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == len(SCENARIOS)
    shown = run("show", "shodan-cli-range").stdout
    assert "shodan host 203.0.113.$last" in shown
    assert "expected alert: level medium or higher" in shown
    assert run("show", "nothing").exit_code != 0


def test_export_writes_one_file_a_technique_and_overwrites_nothing(tmp_path: Path) -> None:
    done = run("export", "--atomic", "-o", str(tmp_path))
    assert done.exit_code == 0, done.output
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.yaml")}
    assert files == {f"{one.technique}/{one.technique}.yaml" for one in SCENARIOS.values()}
    documents = [yaml.safe_load(path.read_text()) for path in tmp_path.rglob("*.yaml")]
    assert sum(len(document["atomic_tests"]) for document in documents) == len(SCENARIOS)
    assert run("export", "--atomic", "-o", str(tmp_path)).exit_code != 0
    assert run("export", "--atomic", "-o", str(tmp_path), "--force").exit_code == 0
    assert run("export").exit_code != 0


def test_export_to_standard_output_is_one_document_a_technique() -> None:
    done = run("export", "--atomic", "asn-dig", "rdap-curl", "shodan-cli-range")
    documents = list(yaml.safe_load_all(done.stdout))
    assert [document["attack_technique"] for document in documents] == ["T1596.002", "T1596.005"]
    assert [len(document["atomic_tests"]) for document in documents] == [2, 1]
