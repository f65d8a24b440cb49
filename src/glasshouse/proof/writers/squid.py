"""A request to a proxy in, the line of Squid's access log out."""

from __future__ import annotations

from glasshouse.proof.clock import SECOND
from glasshouse.proof.seen import Relay

TITLE = "Squid, native format and the user agent behind it"
FILE, KIND = "logs/proxy/access.log", "proxy"
SENSOR, TAKES = "relay", Relay
HEADER = ""


def line(fact: Relay) -> str:
    """``%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %un %Sh/%<a %mt "%{User-Agent}>h"``.

    With ``strip_query_terms off``, as is usual where the log is for security.
    """
    return (
        f"{fact.time // SECOND}.{fact.time % SECOND // 1000:03d} {fact.took:6d} {fact.ip} {fact.status} "
        f"{fact.size} {fact.method} {fact.url} {fact.user or '-'} {fact.peer} {fact.mime} "
        f'"{fact.agent or "-"}"\n'
    )
