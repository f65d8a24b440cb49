"""A rule in; out, that nothing in it says what was asked about."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, is_url
from glasshouse.portable.rule_model import Place, Rule

CODE = "no-target"
TITLE = "Never says what was asked about"
LEVEL = "warning"
WHY = (
    "An analyst who looks up an attacker and an intruder who looks us up make the same alert: the first"
    " question of every case, is it about us, stays open."
)
STATED = r"about us is not|(targets?|what was asked about) (is|are) not|correlations count them"


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    if not facts.direct or any(is_url(name) or COMMAND in name.lower() for name in rule.extracted):
        return
    first = next((one for one in facts.named if facts.entries(one)), None)
    host = first.host if first and not first.word else "api.shodan.io"
    yield Found(
        first.text.place if first else Place(),
        "no target is taken out of URL, DNS label or command line",
        f"https://{host}/?q=192.0.2.7 (an attacker's address) and https://{host}/?q=www.example.com "
        "(ours) make the "
        "same alert.",
        "take the target out of the path or query, and compare it with what is ours",
    )


COMMAND = "command"
