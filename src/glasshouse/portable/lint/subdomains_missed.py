"""A rule in; each name out that is compared as a whole while clients ask at names below it."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, Named, client_hosts, hosts_of, listed
from glasshouse.portable.rule_model import Rule

CODE = "subdomains-missed"
TITLE = "Compares with the bare domain only"
LEVEL = "error"
WHY = "Clients ask at names below the domain: api.example.com is not equal to example.com."
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a name."""
    for one in facts.named:
        if one.op != "equals" or one.term is None:
            continue
        missing = [host for host in _below(one, facts) if not facts.covers(host)]
        if missing:
            yield Found(
                one.text.place,
                f"{one.term.field} {one.term.symbol} {one.host!r} misses {listed(missing, 4)}",
                f"A line with the host {missing[0]} is not equal to {one.host}, so it is passed over.",
                f"also compare with what ends with .{one.host}",
            )


def _below(one: Named, facts: Facts) -> list[str]:
    found: list[str] = []
    for entry in facts.entries(one):
        hosts = client_hosts(entry) or hosts_of(entry)
        below = [host for host in hosts if host.endswith("." + one.host)]
        if below and not any(facts.covers(host) for host in hosts):
            found += below
    return list(dict.fromkeys(found))
