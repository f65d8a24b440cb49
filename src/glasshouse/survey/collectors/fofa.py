"""A domain, address or network of ours in, searches at FOFA out; its answers in, services out.

Source of the format: FOFA's API documentation with the fields that every plan may ask for, and answers of the
service. Key and address of the account stand in the query string; the door keeps them out of everything that
is kept. Rows bear no time without a larger plan; FOFA itself answers with what it saw within a year.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_searches as search
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_names import names, number, table, word

TITLE = "FOFA, services (searching costs points)"
TECHNIQUE = "T1596.005"
DATABASE = "fofa"
SUBJECTS = ("domain", "ip", "cidr")
HOSTS = ("fofa.info",)
REFERRALS = 0
KEY = "mail address of the account:key"
OPTIONAL_KEY = False
PACE = 2.0
EMPTY: tuple[int, ...] = ()
LIVE = False

PAGE, MOST_PAGES = 500, 20
_WORDS = {"domain": 'domain="{}"', "ip": 'ip="{}"', "cidr": 'ip="{}"'}
_FIELDS = (
    "host,ip,port,protocol,base_protocol,title,server,banner,jarm,as_number,certs_subject_cn,tls_version"
)


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The pages of one search, 10,000 rows at most: FOFA gives no more."""
    page = 1
    if after is not None:
        page = search.page(after.request) + 1
        try:
            said = table(after.body)
        except Malformed:
            return None
        total = number(said.get("size")) or 0
        if page > MOST_PAGES or not said.get("results") or total <= PAGE * (page - 1):
            return None
    return Request(
        host=HOSTS[0],
        path="/api/v1/search/all",
        query=(
            ("email", "${user}"),
            ("key", "${password}"),
            ("qbase64", search.in_base64(search.query(subject, _WORDS))),
            ("fields", _FIELDS),
            ("page", str(page)),
            ("size", str(PAGE)),
        ),
    )


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer.

    Rows that are not about the subject are left out.
    """
    said = table(reply.body)
    rows, total = said.get("results"), number(said.get("size")) or 0
    if said.get("error"):
        raise search.refusal("FOFA", said.get("errmsg"))
    if not isinstance(rows, list):
        raise Malformed("no search result: results is missing")
    fields = (dict(reply.request.query).get("fields") or _FIELDS).split(",")
    found: list[Service] = []
    for place, row in enumerate(rows, 1):
        try:
            one = _service(_named(row, fields))
        except Malformed as problem:
            yield Trouble("fofa", place, str(problem))
            continue
        if search.ours(subject, one):
            found.append(one)
    yield from kit.once(found)
    if search.page(reply.request) >= MOST_PAGES and total > PAGE * MOST_PAGES:
        reason = f"only the first {PAGE * MOST_PAGES:,} of {total:,} rows are read"
        yield Trouble("fofa", None, reason, "ask about smaller networks")


def _named(row: object, fields: list[str]) -> dict[str, object]:
    """A row with the names of its fields; saved answers often hold host, ip and port, in any order."""
    if not isinstance(row, list):
        raise Malformed("a row is no list")
    if len(row) == len(fields):
        return dict(zip(fields, row, strict=True))
    if len(row) != 3:
        raise Malformed("a row has other fields than were asked for")
    left = [one for one in row if isinstance(one, int | str)]
    port = next((one for one in reversed(left) if kit.port(one) is not None), None)
    left = [one for one in left if one is not port]
    ip = next((one for one in left if kit.ip_of(one)), None)
    return {"port": port, "ip": ip, "host": next((one for one in left if one is not ip), None)}


def _service(said: Mapping[str, object]) -> Service:
    ip, port = kit.ip_of(said.get("ip")), kit.port(said.get("port"))
    if ip is None or port is None:
        raise Malformed("a row lacks ip or port")
    protocol, banner = (word(said.get("protocol")) or "").lower(), word(said.get("banner"))
    transport = (word(said.get("base_protocol")) or "tcp").lower()
    return Service(
        ip=ip,
        port=port,
        transport=transport,
        protocol=None if protocol in ("", "unknown") else protocol,
        hostnames=search.hosts([said.get("host")]),
        banner=banner[: kit.BANNER] if banner else None,
        title=word(said.get("title")),
        server=word(said.get("server")),
        fingerprint=kit.fingerprint(said.get("jarm")),
        tls_versions=kit.tls_versions([said.get("tls_version")]),
        certificate_names=names([said.get("certs_subject_cn")]),
        asn=kit.asn(said.get("as_number")),
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    if b'"results"' not in head:
        return 80 if b'"errmsg"' in head and b'"error"' in head else 0
    return 90 if b'"consumed_fpoint"' in head or (b'"mode"' in head and b'"error"' in head) else 0
