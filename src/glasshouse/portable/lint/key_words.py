"""A rule in; words that look like keys and are taken for a sign of scripting, out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import COMMANDS, Facts, Found, listed
from glasshouse.portable.rule_model import Rule

CODE = "key-words"
TITLE = "Waits for a key on the command line"
LEVEL = "warning"
WHY = "Tools keep their keys in a file or in the environment; whoever asks without a key has none to show."
STATED = ""
_WORDS = ("apikey", "api_key", "api-key", "--key", "/api/", "token", "x-api-key", "authorization")


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a condition."""
    for term in rule.terms:
        words = [text.text for text in term.values if any(word in text.text.lower() for word in _WORDS)]
        if words and not term.negated and COMMANDS.search(term.field) and facts.direct:
            yield Found(
                term.place,
                f"{term.field} {term.symbol} {listed(words, 3)}",
                "subfinder -d example.com holds none of these words, and neither does curl "
                "https://crt.sh/?q=example.com; "
                "any other call of an API that asks such a host does.",
                "judge by program and number of databases, not by words on the command line",
            )
