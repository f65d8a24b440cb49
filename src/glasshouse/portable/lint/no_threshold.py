"""A rule that names databases in; out, that a single request raises an alert."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Place, Rule

CODE = "no-threshold"
TITLE = "Alerts on a single request"
LEVEL = "error"
WHY = "One lookup is everyday life: a link in a ticket, a page somebody opened."
STATED = r"correlations? counts? (them|it)"


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule; none for one that is informational."""
    enough = any(one.value > 1 or one.symbol == ">" for one in rule.thresholds)
    if enough or rule.counts_others or not facts.direct or rule.level in ("informational", "info"):
        return
    first = next((one for one in facts.named if facts.entries(one)), None)
    host = first.host if first and not first.word else "api.shodan.io"
    yield Found(
        first.text.place if first else Place(),
        "no number has to be reached",
        f"One click on a link to https://{host}/ is an alert.",
        "count per actor and span: different databases, or requests",
    )
