"""A rule that claims WHOIS in; out, that it does not see registry data asked for by DNS."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule
from glasshouse.portable.rule_whois import claimed, place

CODE = "no-dns-lookups"
TITLE = "Registry data by DNS is not seen"
LEVEL = "warning"
WHY = "Team Cymru and Shadowserver tell by DNS who holds an address; it stands in the name asked for."
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    if claimed(rule, facts) and not any(facts.covers(host) for host in _HOSTS):
        yield Found(
            place(facts),
            "no name server of Team Cymru or Shadowserver is named",
            "500 questions such as 7.2.0.192.origin.asn.cymru.com raise nothing.",
            "read DNS logs, and add asn.cymru.com and asn.shadowserver.org with all below",
        )


_HOSTS = ("origin.asn.cymru.com", "asn.cymru.com", "origin.asn.shadowserver.org", "asn.shadowserver.org")
