"""A rule that claims WHOIS in; out, that it does not see RDAP, which has replaced it."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule
from glasshouse.portable.rule_whois import claimed, place

CODE = "no-rdap"
TITLE = "WHOIS without RDAP"
LEVEL = "warning"
WHY = (
    "Registries answer by RDAP (RFC 9082) over HTTPS, and since 2025 many top-level domains by nothing else."
)
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    texts = [text.text for term in rule.terms for text in term.values] + [one.text for one in rule.loose]
    if claimed(rule, facts) and not any("rdap" in text.lower() for text in texts):
        yield Found(
            place(facts),
            "no RDAP server is named",
            "500 requests to https://rdap.verisign.com/com/v1/domain/example.com raise nothing.",
            "add rdap.org, rdap.*.net of the registries and data.iana.org/rdap",
        )
