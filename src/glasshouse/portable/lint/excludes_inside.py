"""A rule in; each condition out that leaves out our own addresses as the source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule

CODE = "excludes-inside"
TITLE = "Leaves out the hosts it should watch"
LEVEL = "error"
WHY = "Lookups are made from inside: our own clients have private addresses."
STATED = ""
_SOURCE = re.compile(r"src|source|client|c-ip|actor|local", re.IGNORECASE)
_PRIVATE = re.compile(r"^\W*(10\\?\.|192\\?\.168|172\\?\.(1[6-9]|2\d|3[01])|fc00:|fd|private)", re.IGNORECASE)


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a condition."""
    for term in rule.terms:
        private = [text for text in term.values if _PRIVATE.search(text.text)]
        whole = "private" in term.symbol
        if term.negated and _SOURCE.search(term.field) and (private or whole) and facts.about:
            shown = private[0].text if private else term.symbol
            yield Found(
                private[0].place if private else term.place,
                f"{term.field}: {shown} is left out",
                "A lookup by the client 10.1.2.3 is passed over, and those from outside are none of ours.",
                "leave out private destinations, not sources",
            )
