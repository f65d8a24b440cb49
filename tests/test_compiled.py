"""What is compiled from the shipped YAML says the same as the YAML, is fresh, and never outlives a change."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glasshouse import catalogue, compiled
from glasshouse.watch.detect import load, plan
from glasshouse.watch.detect.plan_json import plain, planned

ROOT = Path(__file__).parent.parent


@pytest.fixture
def uncompiled(monkeypatch):
    def forget():
        monkeypatch.setattr(catalogue, "COMPILED", Path("/no/such/file"))
        monkeypatch.setattr(load, "COMPILED", Path("/no/such/file"))
        catalogue._compiled.cache_clear()
        load._shipped.cache_clear()

    yield forget
    monkeypatch.undo()
    catalogue._compiled.cache_clear()
    load._shipped.cache_clear()


def test_the_documents_are_fresh():
    told = subprocess.run(
        [sys.executable, ROOT / "scripts" / "compile", "--check"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr


def test_the_compiled_catalogue_and_rules_are_those_of_the_yaml(uncompiled):
    fast, fast_rules = catalogue.load(), load.load_rules()
    uncompiled()
    assert catalogue.load() == fast
    assert load.load_rules() == fast_rules


def test_shipped_leaves_load_without_yaml_and_pysigma():
    code = (
        "import sys\n"
        "from glasshouse import catalogue, flow\n"
        "assert catalogue.load().databases and flow.load_rules().rules\n"
        "print(*sorted({'yaml', 'sigma', 'duckdb'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""


def test_a_changed_file_is_read_as_yaml(tmp_path, monkeypatch, uncompiled):
    for file in load.rule_files(load.SHIPPED):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    changed = tmp_path / "own_assets.yml"
    changed.write_text(changed.read_text().replace("points: 20", "points: 33"))
    monkeypatch.setattr(load, "SHIPPED", tmp_path)
    load._shipped.cache_clear()
    assert load.load_rules().get("own_assets").points == 33


def test_only_the_very_bytes_count():
    document = compiled.read(compiled.document({"a.yml": (b"x: 1\n", {"x": 1}), "b.yml": (b"", [2.0, None])}))
    assert compiled.said(document, "a.yml", b"x: 1\n") == {"x": 1}
    assert compiled.said(document, "b.yml", b"") == [2.0, None]
    assert compiled.said(document, "a.yml", b"x: 2\n") is None
    assert compiled.said(document, "c.yml", b"x: 1\n") is None


@pytest.mark.parametrize("rule", load.load_rules().rules, ids=lambda rule: rule.key)
def test_a_plan_survives_json(rule):
    assert planned(plain(rule)) == rule


def test_every_part_of_a_plan_can_be_written():
    parts = plan.All(
        (plan.Test("a", "eq", 1.5), plan.Not(plan.Refers("b")), plan.Any(()), plan.Test("c", "null"))
    )
    again = planned(plain(parts))
    assert again == parts
    assert repr(again) == repr(parts)
