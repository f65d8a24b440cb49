"""Every shipped rule is complete, and fires and stays quiet where its examples say."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner

from glasshouse.cli.rules import app
from glasshouse.errors import ConfigError
from glasshouse.watch.detect import load_rules
from glasshouse.watch.detect.examples import situations
from glasshouse.watch.detect.load import SHIPPED, assemble, read_file, rule_files
from glasshouse.watch.detect.run import evaluate
from glasshouse.watch.enrich import rows

EXAMPLES = Path(__file__).parent / "examples" / "rules"
RULES = load_rules()


def read_situations(file):
    return situations(file.read_bytes(), file)


NAMES = [rule.key for rule in RULES.firing]
CASES = [
    (name, expected, situation, lookups)
    for name in NAMES
    for expected in ("fires", "quiet")
    if (EXAMPLES / name / f"{expected}.jsonl").is_file()
    for situation, lookups in read_situations(EXAMPLES / name / f"{expected}.jsonl")
]


@pytest.mark.parametrize(
    ("name", "expected", "lookups"),
    [(name, expected, lookups) for name, expected, _, lookups in CASES],
    ids=[f"{name}-{expected}-{situation}" for name, expected, situation, _ in CASES],
)
def test_a_rule_fires_and_stays_quiet_as_its_examples_say(name, expected, lookups):
    outcomes, _ = evaluate(rows(lookups), RULES)
    assert bool(outcomes[name].rows) == (expected == "fires")


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_has_enough_examples(name):
    kinds = [expected for rule, expected, _, _ in CASES if rule == name]
    assert kinds.count("fires") >= 1, f"tests/examples/rules/{name}/fires.jsonl"
    assert kinds.count("quiet") >= 2, f"tests/examples/rules/{name}/quiet.jsonl"


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_is_complete(name):
    rule = RULES.get(name)
    assert rule.problem is None
    assert Path(rule.file).name == f"{name}.yml"
    assert str(UUID(rule.id)) == rule.id
    assert (
        rule.title and rule.description and rule.falsepositives and rule.level and rule.reason != rule.title
    )
    assert "attack.reconnaissance" in rule.tags
    assert any(tag.startswith("attack.t1596.00") for tag in rule.tags)
    assert (rule.points == 0) == (name == "first_time")


def test_rule_ids_and_names_are_unique():
    read = [one for file in rule_files(SHIPPED) for one in read_file(file)]
    assert len({one.id for one in read}) == len({one.key for one in read}) == len(read) == len(RULES.rules)


def test_every_example_folder_has_a_rule():
    assert {path.name for path in EXAMPLES.iterdir()} == set(NAMES)


def test_a_user_rule_overrides_a_shipped_one_by_id(tmp_path):
    text = (SHIPPED / "own_assets.yml").read_text().replace("points: 20", "points: 33")
    (tmp_path / "mine.yml").write_text(text)
    assert load_rules([tmp_path]).get("own_assets").points == 33
    assert len(load_rules([tmp_path]).rules) == len(RULES.rules)


def test_example_lines_that_are_not_understood_name_their_line(tmp_path):
    file = tmp_path / "fires.jsonl"
    file.write_text('{"situation": "x"}\n{"tmies": 3}\n')
    with pytest.raises(ConfigError) as error:
        read_situations(file)
    assert error.value.where.endswith("fires.jsonl:2")


def test_the_command_lists_shows_checks_and_tests(tmp_path):
    run = CliRunner()
    listed = run.invoke(app, ["list", "-f", "jsonl"])
    assert listed.exit_code == 0
    assert len(listed.stdout.splitlines()) == len(NAMES)
    assert "burst" in run.invoke(app, ["list"]).stdout
    shown = run.invoke(app, ["show", "heavy_connection"])
    assert shown.exit_code == 0
    assert "could also be" in shown.stdout
    tested = run.invoke(app, ["test", str(EXAMPLES)])
    assert tested.exit_code == 0, tested.stdout
    assert f"{len(CASES)} situations, 0 failed" in tested.stdout
    (tmp_path / "good.yml").write_text((SHIPPED / "own_assets.yml").read_text())
    assert run.invoke(app, ["check", str(tmp_path)]).exit_code == 0
    (tmp_path / "bad.yml").write_text("title: x\ndetection: []\nlogsource: {product: glasshouse}\n")
    checked = run.invoke(app, ["check", str(tmp_path)])
    assert checked.exit_code == 3
    assert "bad.yml:2" in checked.stdout


def test_a_rule_that_contradicts_its_example_is_found(tmp_path):
    run = CliRunner()
    place = tmp_path / "own_assets"
    place.mkdir()
    (place / "fires.jsonl").write_text('{"situation": "no target at all"}\n{"times": 3}\n')
    (place / "quiet.jsonl").write_text('{"situation": "nothing"}\n{"times": 1}\n')
    tested = run.invoke(app, ["test", str(tmp_path)])
    assert tested.exit_code == 3
    assert "FAIL own_assets: fires: no target at all" in tested.stdout


def test_nothing_is_loaded_from_nowhere():
    assert assemble([]).rules == ()
    with pytest.raises(ConfigError):
        load_rules([Path("/no/such/folder")])
