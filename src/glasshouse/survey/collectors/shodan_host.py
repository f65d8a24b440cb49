"""An address of ours in, a question to Shodan out; its answers and saved exports in, services out.

Source of the format: developer.shodan.io/api and answers of the service. A saved export is one banner a line
(``shodan download``). The key stands in the query string; the door keeps it out of everything that is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import thing, things
from glasshouse.survey.parse_services import ip_of, once, plain
from glasshouse.survey.parse_shodan import answer, exact, service

TITLE = "Shodan, services by address"
TECHNIQUE = "T1596.005"
DATABASE = "shodan"
SUBJECTS = ("ip",)
HOSTS = ("api.shodan.io",)
REFERRALS = 0
KEY = "API key of the account page"
OPTIONAL_KEY = False
PACE = 1.1
EMPTY = (404,)
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """One request for all services of the address."""
    if after is not None:
        return None
    return Request(
        host=HOSTS[0],
        path=f"/shodan/host/{subject.value}",
        query=(("key", "${key}"), ("minify", "false")),
    )


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer."""
    if reply.status in EMPTY:
        return
    lines = reply.body.splitlines()
    if len(lines) > 1 and b'"ip_str"' in lines[0] and lines[0].rstrip().endswith(b"}"):
        yield from _of_lines(lines)
        return
    found = answer(reply.body, "Shodan")
    banners = found.get("data")
    if isinstance(banners, str):  # a single banner of an export
        yield service(found)
    elif isinstance(banners, list):
        yield from _of_banners(found, banners)
    else:
        yield from _of_summary(found)


def _of_lines(lines: list[bytes]) -> Iterator[Service | Trouble]:
    found: list[Service] = []
    for place, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found += [service(one) for one in things([parse.document(exact(line))])]
        except Malformed as problem:
            yield Trouble("shodan-host", place, str(problem))
    if not found:
        raise Malformed("no banner can be read")
    yield from once(found)


def _of_banners(host: Mapping[str, object], banners: list[object]) -> Iterator[Service | Trouble]:
    found: list[Service] = []
    for place, one in enumerate(banners, 1):
        try:
            found.append(service({"ip_str": host.get("ip_str"), **thing(one)}))
        except Malformed as problem:
            yield Trouble("shodan-host", place, str(problem))
    yield from once(found)


def _of_summary(host: Mapping[str, object]) -> Iterator[Service]:
    """A saved answer without banners (``minify``) tells the ports only."""
    ip = ip_of(host.get("ip_str"))
    if ip is None or not isinstance(host.get("ports"), list):
        raise Malformed("no answer about an address: ip_str, data or ports is missing")
    seen = host.get("last_update")
    yield from plain(host, ip, last_seen=parse.time(seen) if isinstance(seen, str) else None)


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    if b'"matches"' in head[:4_096] or b'"ip_str"' not in head:
        return 0
    return 90 if b'"_shodan"' in head else 70 if b'"ports"' in head and b'"last_update"' in head else 0
