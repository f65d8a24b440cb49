"""A rule in; each database out that it names without the host that clients ask at."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, client_hosts, listed
from glasshouse.portable.rule_model import Rule

CODE = "client-host-missing"
TITLE = "Leaves out the host that clients really ask"
LEVEL = "error"
WHY = "The database is named, so it looks covered; but programs ask at another host."
STATED = ""
MOST = 8


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a database."""
    for name, one in facts.direct.items():
        entry = facts.databases[name]
        hosts = client_hosts(entry)
        missing = [host for host in hosts if not facts.covers(host)]
        old = one.host in entry.domains and not any(
            h == one.host or h.endswith("." + one.host) for h in hosts
        )
        above = old or any(host == one.host or one.host.endswith("." + host) for host in hosts)
        if entry.status in ("defunct", "renamed") or not missing or len(hosts) > MOST or one.op == "equals":
            continue
        if facts.tool or above:
            continue
        path = next((shape.at for shape in entry.lookups if shape.at.startswith(missing[0])), missing[0])
        path = re.sub(r"\{[^{}]*\}", "example.com", path)
        yield Found(
            one.text.place,
            f"{one.host}: clients of {entry.name} ask at {listed(missing, 4)}",
            f"A request to https://{path} is not seen.",
            f"add {listed(missing, 4)}",
        )
