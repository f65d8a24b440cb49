"""A rule in; each condition out that is always true."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule

CODE = "matches-everything"
TITLE = "Reads or matches everything"
LEVEL = "error"
WHY = "It costs the whole index, or fires on every event."
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a condition."""
    others = [term for term in rule.terms if not all(text.text in ("*", "") for text in term.values)]
    for term in rule.terms:
        if term.negated or not term.values or any(text.text != "*" for text in term.values):
            continue
        everywhere = term.field.lower() == "index"
        if everywhere or not others:
            yield Found(
                term.place,
                f"{term.field} {term.symbol or '='} * is always true",
                "It searches every index there is."
                if everywhere
                else f"Every event that has {term.field} fires.",
                "name the index" if everywhere else "say what is looked for",
            )
    if not rule.terms and not rule.counts_others and not facts.named and rule.tables:
        yield Found(
            rule.tables[0].place,
            "no condition at all",
            "Every event fires.",
            "say what is looked for",
        )
