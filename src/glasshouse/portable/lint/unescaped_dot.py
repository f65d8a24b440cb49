"""A rule in; each regular expression out in which the dot of a host name stands for any letter."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_lookalike import holds
from glasshouse.portable.rule_model import Rule

CODE = "unescaped-dot"
TITLE = "Writes the dot of a name so that it means any letter"
LEVEL = "warning"
WHY = "In a regular expression a bare dot is any character: crt.sh also means crt-sh and crtish."
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a regular expression."""
    done: set[object] = set()
    for one in facts.named:
        if one.op != "regex" or one.term is None or one.text in done or not facts.entries(one):
            continue
        tried = one.host.replace(".", "-")
        if any(
            holds(one.term, one.text, name)
            for name in (tried, f"https://{tried}/", f"https://{tried}.example.org/")
        ):
            done.add(one.text)
            yield Found(
                one.text.place,
                f"{one.term.symbol} {one.host!r} also matches {tried}",
                f"A line with {tried}.example.org counts as a lookup in {one.host}.",
                f"write {'[.]'.join(one.host.split('.'))}",
            )
