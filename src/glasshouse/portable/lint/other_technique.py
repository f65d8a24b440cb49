"""A rule about T1596 in; each database out that belongs to another technique."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import FAMILY, Facts, Found
from glasshouse.portable.rule_model import Rule

CODE = "other-technique"
TITLE = "Names a database of another technique"
LEVEL = "warning"
WHY = "It weighs as much as a technical database here, so alerts carry the wrong technique."
STATED = ""
_SAYS = {
    "T1589.002": "e-mail addresses", "T1597": "closed sources and leaks", "T1593": "open web sites",
    "T1593.003": "code repositories", "T1591": "facts on organisations",
}  # fmt: skip


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a database."""
    for name, one in facts.direct.items() if facts.about else ():
        entry = facts.databases[name]
        if not any(each.startswith(FAMILY) for each in entry.techniques):
            technique = entry.techniques[0]
            yield Found(
                one.text.place,
                f"{one.host}: {entry.name} is {technique} ({_SAYS.get(technique, 'another technique')})",
                f"A request to https://{one.host}/ raises an alert of {FAMILY} that is none.",
                f"move {one.host} to a rule for {technique}",
            )
