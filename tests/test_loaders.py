"""Every loader reads its example files into the facts beside them, and detection picks it for them."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.know.gather import HEAD, recognised
from glasshouse.leaf import loaders
from glasshouse.records import Trouble

EXAMPLES = Path(__file__).parent / "examples" / "loaders"
CASES = sorted(file for file in EXAMPLES.glob("*/*") if not file.name.endswith(".expected.jsonl"))


def said(leaf, file):
    """One JSON line per fact or trouble; with REWRITE=1 the expected file is written anew."""
    lines = []
    for one in loaders()[leaf].read(file.read_bytes(), file.name):
        known = {k: v for k, v in dataclasses.asdict(one).items() if v not in (None, (), "")}
        lines.append({"fact": type(one).__name__, **known})
    return json.loads(json.dumps(lines))


@pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_example(file):
    leaf = file.parent.name
    expected = file.with_name(file.name + ".expected.jsonl")
    found = said(leaf, file)
    if os.environ.get("REWRITE"):
        expected.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in found))
    assert found == [json.loads(line) for line in expected.read_text().splitlines()]
    assert recognised(file.read_bytes()[:HEAD], file.name) is loaders()[leaf]


def test_every_loader_has_an_example():
    assert set(loaders()) == {file.parent.name for file in CASES}


@pytest.mark.parametrize("leaf", sorted(loaders()))
@given(data=st.binary(max_size=300))
def test_any_bytes_give_facts_troubles_or_malformed(leaf, data):
    loader = loaders()[leaf]
    assert 0 <= loader.detect(data, "file") <= 100
    try:
        for one in loader.read(data, "file"):
            assert isinstance(one, Trouble) or dataclasses.is_dataclass(one)
    except Malformed as problem:
        assert str(problem)
