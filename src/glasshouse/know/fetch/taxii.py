"""The address of a TAXII 2.1 collection in, the indicators of its STIX objects out.

Source of the format: OASIS TAXII 2.1 (docs.oasis-open.org/cti/taxii/v2.1/os/taxii-v2.1-os.html), chapters 1.6
(media type), 3.4 and 3.5 (pages), 4 (discovery) and 5 (collections). Nothing but the server named in the
settings is asked: an API root or a redirect that leads to another one is refused.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

import httpx

from glasshouse import parse
from glasshouse.errors import Malformed, ReadError
from glasshouse.know import parse_stix
from glasshouse.known import Fact
from glasshouse.records import Trouble
from glasshouse.secret import secret

TITLE = "TAXII 2.1 collection"
GIVES = ("indicators",)
OPTIONS: Mapping[str, str] = {
    "url": "the collection (https://…/collections/ID/); with option collection its API root or discovery",
    "collection": "id, alias or title of the collection, when url is that of an API root or of discovery",
    "user": "name for Basic authentication",
    "password": "password for Basic authentication, as ${env:NAME} or ${file:PATH}",
    "token": "bearer token, as ${env:NAME} or ${file:PATH}",
    "added-after": "only objects that were added after this time (2026-01-01) or within this many days (90d)",
    "ca": "file with the certificates of the authorities to trust, instead of the system's",
    "feed": "what to call the feed; the server's name otherwise",
}
SECRETS = ("password", "token")

MEDIA = "application/taxii+json;version=2.1"
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
WITHIN = 300.0  # seconds for everything
LARGEST = 64 << 20  # bytes of one answer
PAGES = 2_000
PAGE = 1_000  # objects asked for at once
OBJECTS = 500_000
REDIRECTS = 3
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_DAY = 86_400_000_000


def fetch(options: Mapping[str, str]) -> Iterator[Fact | Trouble]:
    """The indicators of one collection; raises ReadError with a next step when it cannot be asked."""
    said = {key: secret(value, "know.fetch taxii") for key, value in options.items()}
    where = _checked(said)
    try:
        with httpx.Client(
            verify=_trust(said.get("ca", ""), where),
            auth=httpx.BasicAuth(said["user"], said.get("password", "")) if said.get("user") else None,
            headers=_headers(said),
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=urlsplit(said["url"]).hostname not in _LOOPBACK,  # proxies are for the way out
        ) as client:
            asked = _Asked(client, where, time.monotonic() + WITHIN)
            objects = list(_objects(asked, _collection(asked, said), said.get("added-after", "")))
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as problem:
        raise ReadError(
            _reason(problem), where, "check the address, the network and the certificate"
        ) from None
    yield from parse_stix.facts(objects, said.get("feed") or where)


def _checked(said: Mapping[str, str]) -> str:
    """The server's name for people, once the options make sense."""
    for key in said:
        if key not in OPTIONS:
            raise ReadError(f"no option {key}", "know.fetch taxii", f"one of: {', '.join(OPTIONS)}")
    try:
        parts = urlsplit(said.get("url", ""))
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    where = f"taxii {parts.netloc.rpartition('@')[2]}" if host else "know.fetch taxii"
    if parts.scheme not in ("https", "http") or not host:
        raise ReadError("url is no https address", where, "set url to the collection")
    if parts.username or parts.password:
        raise ReadError("url holds a password", where, "use the options user and password")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise ReadError("plain http is only asked on this machine", where, "use https")
    return where


def _headers(said: Mapping[str, str]) -> dict[str, str]:
    token = said.get("token", "")
    if not token.isprintable() or not token.isascii():
        raise ReadError("the token holds characters no header may have", "know.fetch taxii", "set it anew")
    return {"Accept": MEDIA, **({"Authorization": f"Bearer {token}"} if token else {})}


def _trust(file: str, where: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file or None)
    except (OSError, ValueError):
        raise ReadError(
            "the certificates in ca cannot be read", where, "check the path in option ca"
        ) from None


@dataclass(slots=True)
class _Asked:
    """One server: what was asked of it so far, and how long it may still take."""

    client: httpx.Client
    where: str
    deadline: float
    headers: dict[str, str] = field(default_factory=dict)  # of the last answer

    def get(self, url: str, query: Mapping[str, str]) -> dict[str, object]:
        """The JSON object at an address of this server; raises ReadError."""
        for _ in range(REDIRECTS + 1):
            with self.client.stream("GET", url, params=query or None) as answer:
                if answer.is_redirect:
                    url, query = self.near(url, answer.headers.get("location", "")), {}
                    continue
                self._refused(answer)
                self.headers = {key.lower(): value for key, value in answer.headers.items()}
                return self._object(self._body(answer))
        raise ReadError("redirects in a circle", self.where, "check the address")

    def near(self, url: str, said: str) -> str:
        """An address the server names, resolved; raises ReadError when it is another server's."""
        found = urljoin(url, said)
        if _origin(found) != _origin(url):
            raise ReadError("points to another server", self.where, "set url to that server, if it is right")
        return found

    def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in answer.iter_bytes(65_536):
            body += chunk
            if len(body) > LARGEST:
                raise ReadError("answers more than 64 MiB at once", self.where, "set added-after")
            self.in_time()
        return bytes(body)

    def in_time(self) -> None:
        """Raise ReadError when the server took too long altogether."""
        if time.monotonic() > self.deadline:
            raise ReadError(f"took longer than {WITHIN:.0f} s", self.where, "set added-after")

    def _refused(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == 200:
            return
        steps = {401: "check user, password or token", 403: "ask for the right to read the collection"}
        steps |= {404: "check the address of the collection", 406: "a TAXII 2.1 server is needed"}
        steps |= {429: "ask less often", 503: "try again later"}
        raise ReadError(f"answers {status}", self.where, steps.get(status, "see the server's log"))

    def _object(self, body: bytes) -> dict[str, object]:
        if not body.strip():  # an empty page
            return {}
        try:
            found = parse.document(body)
        except Malformed:
            found = None
        if not isinstance(found, dict):
            raise ReadError("the answer is not TAXII 2.1", self.where, "check the address of the collection")
        return found


def _origin(url: str) -> tuple[str, str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return ("", "", 0)
    return parts.scheme, (parts.hostname or "").lower(), port


def _collection(asked: _Asked, said: Mapping[str, str]) -> str:
    """The address of the collection, found by its name where the url is not its own."""
    url, wanted = said["url"].rstrip("/") + "/", said.get("collection", "")
    if not wanted:
        return url.removesuffix("objects/")
    first = asked.get(url, {})
    roots = first.get("api_roots")
    if isinstance(roots, list):
        near = [
            root
            for root in roots[:20]
            if isinstance(root, str) and _origin(urljoin(url, root)) == _origin(url)
        ]
        bases = [urljoin(url, root).rstrip("/") + "/" for root in near]
    else:
        bases = [url]
    names: list[str] = []
    for base in bases:
        for one in parse.objects(asked.get(f"{base}collections/", {}).get("collections") or []):
            if wanted in (one.get("id"), one.get("alias"), one.get("title")):
                return f"{base}collections/{quote(str(one.get('id')), safe='')}/"
            names.append(str(one.get("title") or one.get("id"))[:60])
    known = f"one of: {', '.join(names[:10])}" if names else "the server shows no collection to this user"
    raise ReadError(f"no collection {wanted[:60]}", asked.where, known)


def _objects(asked: _Asked, collection: str, after: str) -> Iterator[parse_stix.Object]:
    """The STIX objects of a collection, page by page, as far as we can use them."""
    query = {"limit": str(PAGE), **({"added_after": _after(after, asked.where)} if after else {})}
    count, seen = 0, set()
    for _ in range(PAGES):
        asked.in_time()
        page = asked.get(f"{collection}objects/", query)
        found = parse.objects(page.get("objects") or [])
        count += len(found)
        if count > OBJECTS:
            raise ReadError(f"has more than {OBJECTS:,} objects", asked.where, "set added-after")
        yield from (one for one in found if one.get("type") in parse_stix.TYPES)
        if page.get("more") is not True:
            return
        query = _next(query, page, asked.headers.get("x-taxii-date-added-last", ""))
        mark = (query.get("next") or query.get("added_after"), *(str(one.get("id")) for one in found))
        if mark in seen or mark == (None,):
            raise ReadError("answers the same page again", asked.where, "tell who runs the server")
        seen.add(mark)
    raise ReadError(f"has more than {PAGES:,} pages", asked.where, "set added-after")


def _next(query: Mapping[str, str], page: Mapping[str, object], last: str) -> dict[str, str]:
    """The query of the page after this one; without ``next`` by the time of the last object."""
    mark = page.get("next")
    if isinstance(mark, (str, int)) and not isinstance(mark, bool) and mark != "":
        return {**query, "next": str(mark)}
    return {**{key: value for key, value in query.items() if key != "next"}, "added_after": last}


def _after(said: str, where: str) -> str:
    """A time as TAXII writes it, from a time or a number of days before now."""
    moment = parse.time(said)
    if said.endswith("d") and said[:-1].isdigit() and len(said) < 6:
        moment = max(0, int(time.time() * 1_000_000) - int(said[:-1]) * _DAY)
    if moment is None:
        raise ReadError("added-after is neither a time nor days", where, "write 2026-01-01 or 90d")
    seconds, rest = divmod(moment, 1_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:06d}Z"


def _reason(problem: Exception) -> str:
    """Why a server cannot be asked, without the address and what may stand in it."""
    text = str(problem)
    if "CERTIFICATE" in text.upper():
        return "its certificate is not trusted"
    if isinstance(problem, httpx.TimeoutException):
        return "does not answer in time"
    if isinstance(problem, httpx.ConnectError):
        return "cannot be reached"
    return "the connection broke" if isinstance(problem, httpx.TransportError) else "cannot be asked"
