"""A rule in; each comparison of host or program names out in which capital letters matter."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, hosts_in, is_program
from glasshouse.portable.rule_model import Rule, Term

CODE = "case-matters"
TITLE = "Minds capital letters in names"
LEVEL = "error"
WHY = "Host names have no case, and some resolvers mix it on purpose (0x20)."
STATED = ""
_INSTEAD = {
    "kql": "=~ or in~, or tolower() first", "spl": "lower() first, or (?i)", "aql": "ILIKE, IMATCHES or "
    "LOWER()",
    "sigma": "no |cased; |re|i for a regular expression",
}  # fmt: skip


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a condition."""
    for term in rule.terms:
        if term.cased and _names(term) and not term.negated and term.field not in rule.lowered:
            name = term.values[0].text[:40]
            host = next(iter(hosts_in(term.values[0].text)), name)
            yield Found(
                term.place,
                f"{term.field} {term.symbol} {name!r} minds capital letters",
                f"A line with {host.title().swapcase()} or {host.upper()} is not matched.",
                _INSTEAD[rule.language],
            )


def _names(term: Term) -> bool:
    hosts = any(hosts_in(text.text) for text in term.values[:50])
    return bool(term.values) and (hosts or (is_program(term.field) and term.op in ("equals", "regex")))
