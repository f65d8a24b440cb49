"""A zone's master file in (BIND, NSD, Knot, PowerDNS), assets out: the domain, its hosts, their addresses.

RFC 1035 section 5. The zone is the owner of the SOA record; where that is relative, ``$ORIGIN`` or the name
of the file says it (``db.example.com``, ``example.com.zone``, ``db.192.0.2``). A reverse zone gives its
network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse import masterfile, parse
from glasshouse.know import parse_zone
from glasshouse.known import Fact
from glasshouse.records import Trouble

TITLE = "DNS zone, master file"
GIVES = ("assets",)
_SOA = re.compile(
    r"^[^\s;{}\"']*[ \t]+(?:(?:\d+[wdhms]?|IN|CH|HS)[ \t]+){0,2}"
    r"SOA[ \t]+[^\s;(){}]+[ \t]+[^\s;(){}]+",
    re.IGNORECASE | re.MULTILINE,
)


def detect(head: bytes, name: str) -> int:
    """Sure when there is an SOA record."""
    if b"soa" not in head.lower() or head.lstrip()[:1] in (b"{", b"[", b"<"):
        return 0
    return 90 if _SOA.search(parse.text(head)) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """The assets of one zone; a record that cannot be read becomes a Trouble."""
    text = parse.text(data).replace("\r\n", "\n")
    yield from parse_zone.assets(masterfile.records(text, parse_zone.zone_of(name)), name)
