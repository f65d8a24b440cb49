"""A rule that claims T1596 in; what in it belongs to another technique, out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.portable.rule_facts import FAMILY, Facts, Found
from glasshouse.portable.rule_model import Place, Rule

CODE = "wrong-technique"
TITLE = "Detects another technique than it claims"
LEVEL = "error"
WHY = (
    "T1596 is the search in databases of others. What is done at our own servers is something else, and"
    " the answer to it is, too."
)
STATED = ""
# What stands in a literal: the technique it is, and what that means.
_SIGNS = (
    (
        re.compile(r"^(axfr|ixfr|zone.?transfer)$", re.I),
        "T1590.002",
        "a zone transfer asks a name server of ours",
    ),
    (
        re.compile(r"^(sslscan|sslyze|testssl(\.sh)?|zgrab2?|masscan|nmap|tlsx)(\.exe)?$", re.I),
        "T1595",
        "this program connects to the server itself: active scanning",
    ),
    (
        re.compile(r"win32_(bios|computersystem|baseboard)|\bdmidecode\b|firmwareenum|get-bios", re.I),
        "T1592.003",
        "reading firmware on a host is no lookup in a database",
    ),
)
_STATUS = re.compile(r"status|responsecode|http_response|sc-status|httpstatus", re.IGNORECASE)


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a technique."""
    done: set[str] = set()
    texts = [text for term in rule.terms if not term.negated for text in term.values]
    for text in (*texts, *rule.loose) if facts.about else ():
        for sign, technique, meaning in _SIGNS:
            if technique not in done and sign.search(text.text.strip("*%").rpartition("\\")[2].strip()):
                done.add(technique)
                yield _found(text.place, text.text, technique, meaning)
    for term in rule.terms if facts.about and not facts.direct else ():
        if _STATUS.search(term.field) and any(text.text in ("404", "403") for text in term.values):
            meaning = "many pages that are not there, asked of a server of ours, are a word-list scan"
            yield _found(term.place, f"{term.field} {term.symbol} 404", "T1595.003", meaning)
            return


def _found(place: Place, text: str, technique: str, meaning: str) -> Found:
    return Found(
        place,
        f"{text[:60]!r} is {technique}, not {FAMILY}",
        f"A line with it raises an alert of {FAMILY}, though {meaning}.",
        f"tag it {technique}, or leave it out here",
    )
