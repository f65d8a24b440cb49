"""A folder of rule examples and a rule set in; out, per situation, whether the rule did what it should."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from glasshouse.errors import ConfigError
from glasshouse.watch.detect.examples import situations
from glasshouse.watch.detect.load import RuleSet, file_bytes
from glasshouse.watch.detect.run import evaluate
from glasshouse.watch.enrich import rows


@dataclass(frozen=True, slots=True)
class Proof:
    """One situation of one rule: what was expected and whether it held."""

    rule: str
    situation: str
    expected: str  # "fires" or "quiet"
    ok: bool


def prove(folder: Path, ruleset: RuleSet) -> Iterator[Proof]:
    """Every situation of ``RULE/fires.jsonl`` and ``RULE/quiet.jsonl``; ConfigError for an unknown rule."""
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        rule = ruleset.get(place.name)
        if rule is None:
            raise ConfigError(f"examples for unknown rule {place.name}", str(place))
        for expected in ("fires", "quiet"):
            file = place / f"{expected}.jsonl"
            if not file.is_file():
                raise ConfigError(
                    f"{expected}.jsonl is missing", str(place), "show where it fires and where not"
                )
            for name, lookups in situations(file_bytes(file), file):
                outcomes, _ = evaluate(rows(lookups), ruleset)
                fired = rule.key in outcomes and bool(outcomes[rule.key].rows)
                yield Proof(rule.key, name, expected, fired == (expected == "fires"))
