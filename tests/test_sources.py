"""Every log format reads its own examples: the events and the quarantined records are exactly as expected."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from glasshouse.leaf import check_source, leaf_name, sources
from glasshouse.records import Event, SourceCount, Tally
from glasshouse.watch import read
from glasshouse.watch.sift import layout_for, read_one

EXAMPLES = Path(__file__).parent / "examples" / "sources"
CASES = sorted(
    path for path in EXAMPLES.rglob("*") if path.is_file() and not path.name.endswith(".expected.jsonl")
)


def plain(event: Event) -> dict[str, Any]:
    """An event as the fields that differ from their default."""
    return {
        field.name: getattr(event, field.name)
        for field in dataclasses.fields(event)
        if getattr(event, field.name) != field.default
    }


def outcome(path: Path) -> list[dict[str, Any]]:
    """What a file gives, in order: events and quarantined records."""
    (item,) = read.inputs([str(path)])
    source, _sure = read.detect(item)
    assert source is not None, f"no format recognises {path.name}"
    count, tally, got = SourceCount(), Tally(), []
    layout = layout_for(
        dataclasses.replace(item, today=item.today.replace(year=2026, month=12, day=31)), None
    )
    for record in read.records(item, source, None, count):
        troubles = len(tally.troubles)
        got += [plain(event) for event in read_one(record, source, layout, "", count, tally)]
        got += [
            {"quarantined": {"position": problem.position, "reason": problem.reason}}
            for problem in tally.troubles[troubles:]
        ]
    assert count.parsed + count.quarantined == count.records
    return got


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_is_detected_as_its_own_format(path: Path) -> None:
    (item,) = read.inputs([str(path)])
    scores = {name: source.detect(path.read_bytes()[: read.HEAD]) for name, source in sources().items()}
    found, sure = read.detect(item)
    assert found is not None
    assert leaf_name(found) == path.parent.name, scores
    assert [
        name
        for name, score in scores.items()
        if score == sure and item.path.suffix not in (".gz", ".zst", ".bz2")
    ] in (
        [path.parent.name],
        [],
    ), f"two formats are equally sure: {scores}"


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_gives_what_is_expected(path: Path) -> None:
    stem = path.name.split(".")[0]
    expected = [
        json.loads(line) for line in (path.parent / f"{stem}.expected.jsonl").read_text().splitlines() if line
    ]
    assert outcome(path) == expected


@pytest.mark.parametrize("name", sources())
def test_a_source_keeps_its_contract_and_has_examples(name: str) -> None:
    source = sources()[name]
    check_source(source)  # type: ignore[arg-type]
    assert set(source.SEES) <= {"dns", "http", "tls", "flow", "process", "whois", "sql"}
    assert source.detect(b"") == 0
    assert source.detect(b"\x00\xff" * 100) == 0
    assert any(case.parent.name == name for case in CASES), f"add tests/examples/sources/{name}/"
