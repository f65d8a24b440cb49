"""A rule that claims WHOIS in; out, that it does not see the protocol itself."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule
from glasshouse.portable.rule_whois import claimed, place

CODE = "no-port-43"
TITLE = "WHOIS without port 43"
LEVEL = "warning"
WHY = "The whois command speaks TCP 43 to the registries' servers, no HTTPS."
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    ports = any(text.text == "43" for term in rule.terms if not term.negated for text in term.values)
    servers = any(one.host.startswith(("whois.", "rwhois.")) and not one.word for one in facts.named)
    if claimed(rule, facts) and not ports and not servers:
        yield Found(
            place(facts),
            "no condition on port 43 and no server of a registry",
            "500 questions to whois.verisign-grs.com:43 raise nothing.",
            "add destination port 43, and the names whois.* where names are logged",
        )
