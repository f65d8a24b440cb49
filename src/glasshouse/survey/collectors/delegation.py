"""A domain of ours in, the question for its SOA to each of its name servers out; how each answers out.

A name server that answers without authority, or not at all, is lame. The list of the servers comes from the
resolver; those not yet asked stand in the request (``then``), so that nothing has to be remembered.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.asking import Reply, Request, Subject
from glasshouse.observed import Resolution
from glasshouse.records import Trouble
from glasshouse.survey import parse_dns

TITLE = "DNS, each name server of a domain"
TECHNIQUE = "T1596.001"
DATABASE = "dns"
SUBJECTS = ("domain",)
HOSTS = ("",)
REFERRALS = 1
KEY = ""
OPTIONAL_KEY = False
PACE = 0.05
EMPTY: tuple[int, ...] = ()
LIVE = True


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The name servers, from the resolver; then the SOA, from each of them (16 at most)."""
    if after is None:
        return Request(host="", path=subject.value, transport="dns", query=(("type", "NS"),))
    found = parse_dns.next_server(subject, after)
    if found is None:
        return None
    server, then = found
    return Request(host=server, path=subject.value, transport="dns", query=(("type", "SOA"), *then))


def read(subject: Subject, reply: Reply) -> Iterator[Resolution | Trouble]:
    """How one name server answers; of the resolver's answer only what keeps from asking further.

    Raises Malformed when it is no DNS answer.
    """
    said = parse_dns.message(reply)
    server = reply.request.host
    if not server:
        yield from parse_dns.unasked("delegation", reply)
        return
    yield Resolution(
        name=said.name,
        type=said.type,
        rcode=said.rcode,
        server=server,
        answers=said.answers,
        authoritative=said.authoritative,
    )
    if said.rcode == "TIMEOUT":
        yield Trouble("delegation", None, f"no answer in time from {server}", "ask again later")


def detect(head: bytes, name: str) -> int:
    """Never: a saved answer does not say which server gave it."""
    return 0
