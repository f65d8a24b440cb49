"""A rule in; per sub-technique it names databases of, how many it leaves out and which matter most, out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.catalogue import OpenDatabase
from glasshouse.portable.rule_facts import TITLES, Facts, Found, hosts_of, listed
from glasshouse.portable.rule_model import Place, Rule

CODE = "missing-databases"
TITLE = "Leaves out databases of a sub-technique"
LEVEL = "warning"
WHY = "Whoever asks one that is not in the list is not seen; tools ask many."
STATED = ""
ENOUGH = 0.75


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a sub-technique."""
    for family in sorted(facts.families) if facts.tool is None else ():
        every = [one for one in facts.databases.values() if _counts(one, family)]
        missing = sorted((one for one in every if not facts.covered(one)), key=_rank)
        seen = len(every) - len(missing)
        if not every or seen >= ENOUGH * len(every):
            continue
        first = missing[0]
        host = (*hosts_of(first), *first.domains)[0]
        yield Found(
            _place(family, facts),
            f"{family} ({TITLES.get(family, '')}): {seen} of {len(every)} databases; missing "
            f"{listed([one.name for one in missing])}",
            f"A thousand requests to {host} raise nothing.",
            "generate the list: glasshouse export "
            + ("sigma" if rule.language == "sigma" else rule.language),
        )


def _counts(entry: OpenDatabase, family: str) -> bool:
    """Those that a host name alone can show and that still answer."""
    return (
        entry.techniques[0] == family
        and entry.scope == "core"
        and entry.status != "defunct"
        and entry.match != "path"
    )


def _rank(entry: OpenDatabase) -> tuple[int, str]:
    return -len(entry.evidence), entry.id


def _place(family: str, facts: Facts) -> Place:
    entries = [(facts.databases[name], one) for name, one in facts.direct.items()]
    return next((one.text.place for entry, one in entries if entry.techniques[0] == family), Place())
