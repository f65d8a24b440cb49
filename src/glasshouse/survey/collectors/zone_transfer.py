"""A domain of ours in, a request for its whole zone to each of its name servers out; who gives it away out.

RFC 5936. To be refused is the good answer, and a complete one. Of a zone that is given away only the number
of records is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse import masterfile, parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Resolution
from glasshouse.records import Trouble
from glasshouse.survey import parse_dns

TITLE = "DNS, zone transfer open to everybody"
TECHNIQUE = "T1596.001"
DATABASE = "dns"
SUBJECTS = ("domain",)
HOSTS = ("",)
REFERRALS = 1
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY = (403,)  # the door's word for a transfer that was refused
LIVE = True


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The name servers, from the resolver; then the zone, from each of them (16 at most)."""
    if after is None:
        return Request(host="", path=subject.value, transport="dns", query=(("type", "NS"),))
    found = parse_dns.next_server(subject, after)
    if found is None:
        return None
    server, then = found
    return Request(host=server, path=subject.value, transport="axfr", query=then)


def read(subject: Subject, reply: Reply) -> Iterator[Resolution | Trouble]:
    """Whether one name server gives the zone away; Malformed when what came is no zone."""
    if reply.request.transport != "axfr":
        yield from parse_dns.unasked("zone-transfer", reply)
        return
    records = 0
    if reply.status != 403:
        found = masterfile.records(parse.text(reply.body), subject.value)
        kinds = [one.type for one in found if isinstance(one, masterfile.Record)]
        if "SOA" not in kinds:
            raise Malformed("no zone came: there is no SOA record")
        records = len(kinds)
    yield Resolution(
        name=parse_dns.owner(subject.value),
        type="AXFR",
        rcode="NOERROR" if records else "REFUSED",
        server=reply.request.host,
        answers=records,
    )


def detect(head: bytes, name: str) -> int:
    """Never: a saved zone does not say that a server gave it away."""
    return 0
