"""A rule in; out, that it knows nobody who may look things up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Place, Rule

CODE = "no-allow-list"
TITLE = "Knows nobody who is allowed to do this"
LEVEL = "warning"
WHY = (
    "Analysts, enrichment platforms and exposure surveys make most of these lookups. Without them by "
    "name, a role or a baseline, the rule alerts on them each time."
)
STATED = r"no baseline|what is approved|no allow.?list"
_ACTOR = re.compile(
    r"account|user|device|computer|host_?name$|src|source|client|actor|role|c-ip|machine|^dest$",
    re.IGNORECASE,
)


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    left_out = any(term.negated and _ACTOR.search(term.field) for term in rule.terms)
    informational = rule.level in ("informational", "info")
    if rule.excepts or left_out or informational or not (facts.direct or facts.programs) or not facts.about:
        return
    first = next((one.text.place for one in facts.named), Place())
    yield Found(
        first,
        "no allow list, role or baseline",
        "The SOAR platform that enriches every alert raises one of its own, each hour again.",
        "leave approved actors out by a list that says who, about what, until when",
    )
