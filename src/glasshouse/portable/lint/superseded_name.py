"""A rule in; each name out that a database had before, when its present name is missing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, Named, client_hosts, hosts_in, listed
from glasshouse.portable.rule_model import Rule

CODE = "superseded-name"
TITLE = "Names a database by its old name only"
LEVEL = "error"
WHY = "Clients ask at the present name; a rule that knows the old one only stays silent."
STATED = ""
_STATED = r"two hosts of one count as two"
_NAME = re.compile(r"host|url|domain|query|dest|dns", re.IGNORECASE)


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect an old name."""
    for one in facts.named:
        for entry in facts.entries(one):
            present = client_hosts(entry)
            if entry.status == "renamed":
                present = hosts_in(entry.status_note)
            elif one.host not in entry.domains or any(_at_or_below(host, one.host) for host in present):
                continue
            missing = [host for host in present if not facts.covers(host)]
            if one.term and len(missing) < len(present) and entry.status != "renamed" and _counts_names(rule):
                yield _counted_twice(one, entry.name, next(host for host in present if facts.covers(host)))
            if missing and len(missing) == len(present):
                yield Found(
                    one.text.place,
                    f"{one.host}: {entry.name} is asked at {listed(missing)} now",
                    f"A request to https://{missing[0]}/ is not matched by {one.host}.",
                    f"add {listed(missing)}",
                )


def _counts_names(rule: Rule) -> bool:
    """Whether it counts different names as different databases, and does not say so."""
    names = any(one.how == "distinct" and _NAME.search(one.counted) for one in rule.thresholds)
    return names and not re.search(_STATED, rule.said, re.IGNORECASE)


def _counted_twice(one: Named, database: str, present: str) -> Found:
    return Found(
        one.text.place,
        f"{one.host} is a former name of {database}; different names are counted",
        f"A request to {one.host} and one to {present} count as two databases and are one.",
        f"give both the name of the database before counting, or leave {one.host} out",
        "note",
    )


def _at_or_below(host: str, name: str) -> bool:
    return host == name or host.endswith("." + name)
