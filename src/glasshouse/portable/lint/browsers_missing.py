"""A rule that wants certain programs in; out, that a person with a browser is never seen."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, is_browser
from glasshouse.portable.rule_model import Rule

CODE = "browsers-missing"
TITLE = "Never sees a browser"
LEVEL = "warning"
WHY = "An insider, or whoever holds a desktop, asks in a browser: a list without one rules that out."
STATED = r"browsers? (are|is) (not|left out|never)|not a browser|other than a browser"


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    if facts.programs and facts.direct and not any(is_browser(name) for name, _text in facts.programs):
        host = next((one.host for one in facts.named if not one.word), "crt.sh")
        yield Found(
            facts.programs[0][1].place,
            f"none of the {len(facts.programs)} programs is a browser",
            f"Five hundred pages of https://{host}/ in chrome.exe raise nothing.",
            "a second branch for browsers with a higher threshold, or say that they are left out",
        )
