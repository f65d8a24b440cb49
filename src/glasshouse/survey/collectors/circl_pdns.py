"""A name or address of ours in, a question to CIRCL's passive DNS out; its lines in, DNS records out.

Source of the format: www.circl.lu/services/passive-dns and draft-dulaunoy-dnsop-passive-dns-cof. It answers
for the exact name. By itself it would resolve the name now as well: a header says not to.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import DnsRecord
from glasshouse.records import Trouble
from glasshouse.survey import parse_cof
from glasshouse.survey.parse_names import number

TITLE = "CIRCL passive DNS"
TECHNIQUE = "T1596.001"
DATABASE = "circl-pdns"
SUBJECTS = ("domain", "hostname", "ip")
HOSTS = ("www.circl.lu",)
REFERRALS = 0
KEY = "user:password that CIRCL gave"
OPTIONAL_KEY = False
PACE = 1.0
EMPTY = (404,)
LIVE = False

MOST_PAGES = 100
_PAGE = 500  # records
_CURSOR, _NUMBER = "dribble-paginate-cursor", "x-page"


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The records of one name or address, as long as there is a cursor to more; 100 pages at most.

    ``x-page`` counts them, for us alone.
    """
    headers: tuple[tuple[str, str], ...] = (
        ("accept", "application/x-ndjson"),
        ("authorization", "Basic ${basic}"),
        ("dribble-disable-active-query", "1"),
        ("dribble-paginate-count", str(_PAGE)),
    )
    if after is not None:
        cursor, page = _cursor(after), _page(after) + 1
        if cursor is None or page > MOST_PAGES:
            return None
        headers = (*headers, (_CURSOR, cursor), (_NUMBER, str(page)))
    return Request(host=HOSTS[0], path=f"/pdns/query/{subject.value}", headers=headers)


def _page(reply: Reply) -> int:
    return number(dict(reply.request.headers).get(_NUMBER)) or 1


def _cursor(reply: Reply) -> str | None:
    """The cursor to the next page; the same one again would lead in a circle."""
    cursor = number(dict(reply.headers).get("x-dribble-cursor"))
    if reply.status != 200 or cursor is None or cursor <= 0:
        return None
    return None if str(cursor) == dict(reply.request.headers).get(_CURSOR) else str(cursor)


def read(subject: Subject, reply: Reply) -> Iterator[DnsRecord | Trouble]:
    """One record for each datum; an empty reply says that nothing is known. Malformed: no JSON lines."""
    if reply.status == 404:
        return
    for place, said in parse_cof.lines(reply.body):
        try:
            yield from parse_cof.records(said)
        except Malformed as problem:
            yield Trouble("circl-pdns", place, str(problem))
    if dict(reply.headers).get("x-dribble-errors", "").strip() not in ("", "[]", "{}", "null"):
        yield Trouble("circl-pdns", None, "the server tells that it left records out (x-dribble-errors)")
    if _cursor(reply) is not None and _page(reply) >= MOST_PAGES:
        yield Trouble("circl-pdns", None, f"more than {MOST_PAGES} pages: the rest is not read")


def detect(head: bytes, name: str) -> int:
    """Records in the Common Output Format; surer when they name CIRCL."""
    if not (b'"rrname"' in head and b'"rrtype"' in head and b'"rdata"' in head):
        return 0
    return 90 if b"www.circl.lu/pdns" in head else 60
