"""A question to a resolver in, the line of Unbound's own log file out."""

from __future__ import annotations

from glasshouse.proof.clock import SECOND
from glasshouse.proof.seen import Question

TITLE = "Unbound, log-queries with log-tag-queryreply"
FILE, KIND = "logs/resolver/queries.log", "resolver"
SENSOR, TAKES = "resolver", Question
HEADER = ""


def line(fact: Question) -> str:
    """``[seconds] unbound[pid:thread] query: address name. type class`` (unbound.conf, log-queries)."""
    return f"[{fact.time // SECOND}] unbound[812:0] query: {fact.ip} {fact.name}. {fact.qtype} IN\n"
