"""A domain, address or network of ours in, searches at ZoomEye out; its answers in, services out.

Source of the format: ZoomEye's API reference, version 2, with the fields that every plan may ask for; and
answers of its first version (``matches``), which are only imported. Each row costs a credit. Rows may be
years old: ``last_seen`` says so. Times bear no zone; they are taken as UTC.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import orjson

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_searches as search
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_names import number, table, texts, thing, word

TITLE = "ZoomEye, services (a credit for each row)"
TECHNIQUE = "T1596.005"
DATABASE = "zoomeye"
SUBJECTS = ("domain", "ip", "cidr")
HOSTS = ("api.zoomeye.ai",)
REFERRALS = 0
KEY = "API key of the profile page"
OPTIONAL_KEY = False
PACE = 1.5
EMPTY: tuple[int, ...] = ()
LIVE = False

PAGE, MOST_PAGES = 100, 50
_DONE = 60_000
_WORDS = {"domain": 'domain="{}"', "ip": 'ip="{}"', "cidr": 'cidr="{}"'}
_FIELDS = (
    "ip,port,domain,hostname,rdns,url,update_time,service,product,version,title,banner,header.server.name,"
    "ssl.jarm,asn"
)


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The pages of one search, 50 at most."""
    page = 1
    if after is not None:
        page = search.page(after.request) + 1
        try:
            said = table(after.body)
        except Malformed:
            return None
        total = number(said.get("total")) or 0
        if page > MOST_PAGES or not said.get("data") or total <= PAGE * (page - 1):
            return None
    body: dict[str, object] = {
        "qbase64": search.in_base64(search.query(subject, _WORDS)),
        "page": page,
        "pagesize": PAGE,
        "fields": _FIELDS,
    }
    if subject.type != "domain" and ":" in subject.value:
        body["sub_type"] = "v6"
    return Request(
        host=HOSTS[0],
        path="/v2/search",
        method="POST",
        headers=(("api-key", "${key}"), ("content-type", "application/json")),
        body=orjson.dumps(body).decode(),
    )


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer.

    Rows that are not about the subject are left out: searches also find what only resembles it.
    """
    said = table(reply.body)
    rows, total = _rows(said), number(said.get("total")) or 0
    found: list[Service] = []
    for place, row in enumerate(rows, 1):
        try:
            one = _service(thing(row))
        except Malformed as problem:
            yield Trouble("zoomeye", place, str(problem))
            continue
        if search.ours(subject, one):
            found.append(one)
    yield from kit.once(found)
    if search.page(reply.request) >= MOST_PAGES and total > PAGE * MOST_PAGES:
        reason = f"only the first {PAGE * MOST_PAGES:,} of {total:,} rows are read"
        yield Trouble("zoomeye", None, reason, "ask about smaller networks")


def _rows(said: Mapping[str, object]) -> list[object]:
    code, rows = number(said.get("code")), said.get("data", said.get("matches"))
    if code not in (None, _DONE) or said.get("error"):
        raise search.refusal(
            "ZoomEye", *(said.get(name) for name in ("code", "error", "message") if name in said)
        )
    if rows is None and number(said.get("total")) == 0:
        return []
    if not isinstance(rows, list):
        raise Malformed("no search result: data is missing")
    return rows


def _service(said: Mapping[str, object]) -> Service:
    if isinstance(said.get("portinfo"), dict):
        return _of_first_version(said)
    ip, port, seen = kit.ip_of(said.get("ip")), kit.port(said.get("port")), word(said.get("update_time"))
    if ip is None or port is None:
        raise Malformed("a row lacks ip or port")
    banner = word(said.get("banner"))
    return Service(
        ip=ip,
        port=port,
        protocol=(word(said.get("service")) or "").lower() or None,
        product=word(said.get("product")),
        version=word(said.get("version")),
        hostnames=search.hosts(
            name
            for field in ("domain", "hostname", "rdns", "url")
            for name in texts(said.get(field))
            if "." in name
        ),
        banner=banner[: kit.BANNER] if banner else None,
        title=kit.first(said.get("title")),
        server=word(said.get("header.server.name")),
        fingerprint=kit.fingerprint(said.get("ssl.jarm")),
        asn=kit.asn(said.get("asn")),
        last_seen=parse.time(seen) if seen else None,
    )


def _of_first_version(said: Mapping[str, object]) -> Service:
    """The same from ``portinfo``, where names and banner have other names."""
    info = thing(said.get("portinfo"))
    flat = {name: info.get(name) for name in ("port", "service", "version", "banner", "hostname", "title")}
    found = _service({**flat, "ip": said.get("ip"), "update_time": said.get("timestamp")})
    return replace(found, product=word(info.get("app")), asn=kit.asn(thing(said.get("geoinfo")).get("asn")))


def detect(head: bytes, name: str) -> int:
    """Its code of success, or the field names of its first version."""
    if b'"code"' in head and b"60000" in head and b'"data"' in head:
        return 90
    return 90 if b'"portinfo"' in head and b'"matches"' in head else 0
