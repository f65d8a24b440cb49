"""A rule over many databases in; the client tools out whose default databases it hardly knows."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, listed
from glasshouse.portable.rule_model import Place, Rule

CODE = "client-defaults"
TITLE = "Hardly knows what common tools ask without a key"
LEVEL = "warning"
WHY = (
    "A run of such a tool touches its whole set within seconds; a rule that knows two of five may stay "
    "below its own threshold."
)
STATED = ""
WIDE, ENOUGH = 3, 0.6


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule, with each tool in it."""
    if len(facts.families) < WIDE or facts.tool:
        return
    short: list[str] = []
    missing: dict[str, None] = {}
    for tool in facts.clients.values():
        known = facts.known(tool)
        left = [one for one in known if not facts.covered(one)]
        if len(known) > 1 and len(known) - len(left) < ENOUGH * len(known):
            short.append(f"{tool.name} {len(known) - len(left)} of {len(known)}")
            missing |= dict.fromkeys(one.name for one in left)
    if short:
        yield Found(
            next((one.text.place for one in facts.named), Place()),
            f"of what tools ask by default it knows: {'; '.join(short)}",
            f"A run of {short[0].rsplit(' ', 3)[0]} with its defaults may raise nothing.",
            f"add {listed([*missing])}",
        )
