"""A rule in; each threshold out that counts different URLs where different databases are meant."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, is_url
from glasshouse.portable.rule_model import Rule

CODE = "urls-counted"
TITLE = "Counts different URLs for different databases"
LEVEL = "error"
WHY = "Two paths of one site are two URLs. Where only names are visible, the same act counts less."
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule: at the first such threshold."""
    found = [one for one in rule.thresholds if one.how == "distinct" and is_url(one.counted)]
    if found and (facts.named or rule.counts_others):
        host = next((one.host for one in facts.named if not one.word), "api.example.com")
        first = found[0]
        yield Found(
            first.place,
            f"different values of {first.counted} {first.symbol} {first.value:g}",
            f"https://{host}/a and https://{host}/b are one database and count as 2: five pages of one "
            "site reach "
            f"{first.value:g}, five connections to it where only the name is seen reach 1.",
            "count the database: take the host out of the URL, give it the name of its database, count that",
        )
