"""A rule in; names of interpreters out that miss the versions people run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule

CODE = "exact-interpreter"
TITLE = "Names an interpreter without its versions"
LEVEL = "warning"
WHY = "On Linux the process is called python3.12, not python3: an exact name misses it."
STATED = ""
_PYTHON = re.compile(r"python[0-9.]*(\.exe)?")


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule: at the first such name."""
    for term in rule.terms:
        if term.negated or term.op not in ("equals", "endswith"):
            continue
        for name, text in facts.programs:
            if text in term.values and _PYTHON.fullmatch(name):
                yield Found(
                    text.place,
                    f"{name} misses python3.12",
                    "bbot, theHarvester and every script on a current Linux run as python3.11 to "
                    "python3.14: not "
                    f"equal to {name}.",
                    "let the name begin with python, then digits and dots",
                )
                return
