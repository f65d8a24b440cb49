"""A rule in; each database out that it names and that is gone."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule

CODE = "dead-database"
TITLE = "Names a database that is gone"
LEVEL = "error"
WHY = (
    "Nobody can look anything up there any more: the name takes space, hides that the list is old, and "
    "may be registered by somebody else one day."
)
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a database."""
    for name, one in facts.direct.items():
        entry = facts.databases[name]
        if entry.status == "defunct":
            why = f"{entry.status_note}. " if entry.status_note else ""
            yield Found(
                one.text.place,
                f"{one.host}: {entry.name} is gone",
                f"{why}No lookup there can ever be logged: a line with {one.host} is a left-over or a "
                "parked name.",
                f"leave {one.host} out",
            )
