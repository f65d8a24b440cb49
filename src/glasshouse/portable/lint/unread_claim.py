"""A rule in; each thing out that it says it detects and reads no data for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Place, Rule

CODE = "unread-claim"
TITLE = "Says more than it reads"
LEVEL = "warning"
WHY = "Whoever plans by the description counts on coverage that is not there."
STATED = ""
_DNS_TABLE = re.compile(r"dns|resolution|named|unbound|umbrella|sysmon", re.IGNORECASE)
_DNS_FIELD = re.compile(r"dns|query", re.IGNORECASE)
_ACCOUNT = re.compile(r"account|user", re.IGNORECASE)


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a claim."""
    if rule.counts_others:
        return
    fields = [term.field for term in rule.terms]
    dns = any(_DNS_TABLE.search(one.text) for one in rule.tables) or any(map(_DNS_FIELD.search, fields))
    if facts.claims(r"\bDNS (resolution|quer|question|pattern|log|lookup)") and rule.tables and not dns:
        yield _found(
            rule, "DNS resolution", "a resolver's question for api.shodan.io", "a table of DNS questions"
        )
    if facts.claims(r"service accounts?\b") and not any(map(_ACCOUNT.search, fields)):
        yield _found(
            rule,
            "service accounts",
            "a lookup by svc-backup",
            "a condition on the account, such as a list of them",
        )


def _found(rule: Rule, claim: str, example: str, instead: str) -> Found:
    place = rule.tables[0].place if rule.tables else Place()
    tables = ", ".join(one.text for one in rule.tables[:3]) or "no table"
    return Found(
        place,
        f"the description speaks of {claim}; the rule reads {tables}",
        f"It does not tell {example} from anything else."
        if "lookup" in example
        else f"It never sees {example}.",
        f"add {instead}, or take the sentence out",
    )
