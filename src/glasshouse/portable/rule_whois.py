"""The facts of a rule in; whether it claims WHOIS, and where to say so, out."""

from __future__ import annotations

import re

from glasshouse.portable.rule_facts import Facts
from glasshouse.portable.rule_model import Place, Rule

_PLAIN = re.compile(r"\([^()]*\)|whoisxml\w*|whoisology")
WIDE = 4
WHOIS = "T1596.002"


def claimed(rule: Rule, facts: Facts) -> bool:
    """Whether the rule says it is about WHOIS, or about the whole technique, and is not about one tool."""
    if rule.counts_others or facts.tool or not facts.about:
        return False
    tags = [
        tag.lower().removeprefix("attack.") for tag in rule.tags if "." in tag.lower().removeprefix("attack.")
    ]
    return (
        len(facts.families) >= WIDE
        or (bool(facts.direct) and "whois" in _PLAIN.sub("", facts.claimed.lower()))
        or tags == [WHOIS.lower()]
    )


def place(facts: Facts) -> Place:
    """The first name of WHOIS in the rule, or its first name."""
    whois = [one for name, one in facts.direct.items() if facts.databases[name].techniques[0] == WHOIS]
    return next((one.text.place for one in (*whois, *facts.named)), Place())
