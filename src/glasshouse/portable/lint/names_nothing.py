"""A rule that claims T1596 in; out, that it names no database, no tool and no port of WHOIS."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import FAMILY, Facts, Found
from glasshouse.portable.rule_model import Place, Rule

CODE = "names-nothing"
TITLE = "Claims the technique, names no database"
LEVEL = "error"
WHY = "Without a name it counts traffic of any kind."
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    said = "\n".join((rule.said, *rule.tags)).lower()
    if rule.counts_others or facts.direct or FAMILY.lower() not in said:
        return
    tools = {name for tool in facts.clients.values() for name in tool.processes}
    texts = {
        text.text.lower().strip("*%\\/").removesuffix(".exe") for term in rule.terms for text in term.values
    }
    if "43" in texts or texts & tools:
        return
    place = rule.tables[0].place if rule.tables else Place()
    yield Found(
        place,
        f"it says {FAMILY}, but no open database, client tool or port 43 is in it",
        "A hundred connections to a CDN fire like a hundred to api.shodan.io.",
        "name the databases: glasshouse export " + ("sigma" if rule.language == "sigma" else rule.language),
    )
