"""A name, address or network of ours in, a question to DNSDB out; its lines in, DNS records out.

Source of the format: docs.domaintools.com, DNSDB API version 2: lines of JSON in a streaming frame
(``cond``), each record in the Common Output Format. Without its last line an answer is not whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import DnsRecord
from glasshouse.records import Trouble
from glasshouse.survey import parse_cof
from glasshouse.survey.parse_names import number, thing

TITLE = "DNSDB, passive DNS"
TECHNIQUE = "T1596.001"
DATABASE = "dnsdb"
SUBJECTS = ("domain", "hostname", "ip", "cidr")
HOSTS = ("api.dnsdb.info",)
REFERRALS = 0
KEY = "API key of DNSDB"
OPTIONAL_KEY = False
PACE = 1.0
EMPTY = (404,)
LIVE = False

MOST_PAGES = 20  # each counts against the quota
_PAGE = 10_000  # records; many keys allow no more at a time
_PATHS = {"domain": "rrset/name/*.", "hostname": "rrset/name/", "ip": "rdata/ip/", "cidr": "rdata/ip/"}


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """Names below a domain and the domain itself, a host, or what led to an address; while it is limited."""
    offset = 0
    if after is not None:
        step = _more(after)
        if step is None or after.request.host != HOSTS[0]:
            return None
        offset = step
    query: tuple[tuple[str, str], ...] = (("limit", str(_PAGE)),)
    return Request(
        host=HOSTS[0],
        path=f"/dnsdb/v2/lookup/{_PATHS.get(subject.type, '')}{subject.value.replace('/', ',')}",
        query=(*query, ("offset", str(offset))) if offset else query,
        headers=(("accept", "application/x-ndjson"), ("x-api-key", "${key}")),
    )


def _more(reply: Reply) -> int | None:
    """The offset of the next page; None when there is none, or it would be one too many."""
    try:
        rows = [said for _, said in parse_cof.lines(reply.body) if said]
    except Malformed:
        return None
    come = sum(bool(thing(one.get("obj"))) for one in rows)
    offset = (number(dict(reply.request.query).get("offset")) or 0) + come
    limited = any(one.get("cond") == "limited" for one in rows)
    return offset if limited and come and offset < MOST_PAGES * _PAGE else None


def read(subject: Subject, reply: Reply) -> Iterator[DnsRecord | Trouble]:
    """One record for each datum; partial when the answer is not whole. Malformed: no JSON lines."""
    if reply.status == 404:
        return
    end, framed = "", bool(reply.request.host)
    for place, said in parse_cof.lines(reply.body):
        try:
            framed = framed or "cond" in said or "obj" in said
            end = _end(said) or end
            if "obj" in said or "cond" not in said:
                yield from parse_cof.records(thing(said.get("obj")) if "obj" in said else said)
        except Malformed as problem:
            yield Trouble("dnsdb", place, str(problem))
    if framed and end == "":
        yield Trouble("dnsdb", None, "the answer has no last line: it is not whole", "ask again")
    elif end == "failed":
        yield Trouble("dnsdb", None, "the database gave up before all was found", "ask again later")
    elif end == "limited" and _more(reply) is None:
        yield Trouble("dnsdb", None, "more records than are asked for: the rest is not read")


def _end(said: Mapping[str, object]) -> str:
    cond = said.get("cond")
    return cond if isinstance(cond, str) and cond in ("succeeded", "limited", "failed") else ""


def detect(head: bytes, name: str) -> int:
    """Its frame around records; without a frame, its bailiwick."""
    if not head.lstrip().startswith(b"{"):
        return 0
    if b'"cond"' in head and (b'"begin"' in head or b'"rrname"' in head):
        return 95
    return 85 if b'"bailiwick"' in head and b'"rrname"' in head else 0
