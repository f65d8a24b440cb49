"""A domain, address or network of ours in, searches at Hunter (Qi An Xin) out; its answers in, services out.

Source of the format: answers of hunter.qianxin.com/openApi/search and the clients that speak to it. Not
hunter.io and not hunter.how. Each row costs points. The key stands in the query string; the door keeps it out
of everything that is kept. Errors come with HTTP status 200 and stand in ``code``. Times bear no zone; they
are taken as UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_searches as search
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_names import number, table, thing, things, word

TITLE = "Hunter of Qi An Xin, services (points for each row)"
TECHNIQUE = "T1596.005"
DATABASE = "hunter-qianxin"
SUBJECTS = ("domain", "ip", "cidr")
HOSTS = ("hunter.qianxin.com",)
REFERRALS = 0
KEY = "API key of the personal page"
OPTIONAL_KEY = False
PACE = 3.0
EMPTY: tuple[int, ...] = ()
LIVE = False

PAGE, MOST_PAGES = 100, 50
_DONE = 200
_WORDS = {"domain": 'domain.suffix="{}"', "ip": 'ip="{}"', "cidr": 'ip="{}"'}
_ALL = "3"  # web and other services


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The pages of one search, 50 at most."""
    page = 1
    if after is not None:
        page = search.page(after.request) + 1
        try:
            data = thing(table(after.body).get("data"))
        except Malformed:
            return None
        total = number(data.get("total")) or 0
        if page > MOST_PAGES or not data.get("arr") or total <= PAGE * (page - 1):
            return None
    return Request(
        host=HOSTS[0],
        path="/openApi/search",
        query=(
            ("api-key", "${key}"),
            ("search", search.in_base64(search.query(subject, _WORDS), address=True)),
            ("page", str(page)),
            ("page_size", str(PAGE)),
            ("is_web", _ALL),
        ),
    )


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer.

    Rows that are not about the subject are left out.
    """
    said = table(reply.body)
    code, data = number(said.get("code")), thing(said.get("data"))
    if code is None:
        raise Malformed("no answer: code is missing")
    if code != _DONE:
        raise search.refusal("Hunter", code, word(said.get("message")) or said.get("msg"))
    rows, total = data.get("arr"), number(data.get("total"))
    if rows is None and total == 0:
        return
    if not isinstance(rows, list) or total is None:
        raise Malformed("no search result: arr or total is missing")
    found: list[Service] = []
    for place, row in enumerate(rows, 1):
        try:
            one = _service(thing(row))
        except Malformed as problem:
            yield Trouble("hunter", place, str(problem))
            continue
        if search.ours(subject, one):
            found.append(one)
    yield from kit.once(found)
    if search.page(reply.request) >= MOST_PAGES and total > PAGE * MOST_PAGES:
        reason = f"only the first {PAGE * MOST_PAGES:,} of {total:,} rows are read"
        yield Trouble("hunter", None, reason, "ask about smaller networks")


def _service(said: Mapping[str, object]) -> Service:
    ip, port, seen = kit.ip_of(said.get("ip")), kit.port(said.get("port")), word(said.get("updated_at"))
    if ip is None or port is None:
        raise Malformed("a row lacks ip or port")
    banner, protocol = word(said.get("banner")), (word(said.get("protocol")) or "").lower()
    part = next(iter(things(said.get("component"))), {})
    return Service(
        ip=ip,
        port=port,
        transport=(word(said.get("base_protocol")) or "tcp").lower(),
        protocol=None if protocol in ("", "unknown") else protocol,
        product=word(part.get("name")),
        version=word(part.get("version")),
        hostnames=search.hosts([said.get("domain"), said.get("url")]),
        banner=banner[: kit.BANNER] if banner else None,
        title=word(said.get("web_title")),
        last_seen=parse.time(seen) if seen else None,
    )


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 92 if b'"rest_quota"' in head or (b'"consume_quota"' in head and b'"arr"' in head) else 0
