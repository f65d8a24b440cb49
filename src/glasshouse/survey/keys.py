"""A provider's key and texts in; texts with the key filled in, or with every trace of it taken out, out."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import replace
from urllib.parse import quote, quote_plus

from glasshouse.asking import Reply, Request

_PLACE = re.compile(r"\$\{(key|user|password|basic)\}")
_MARKS = (b"\xff\xfe", b"\xfe\xff")
_RISKY = (
    re.compile(r"[^A-Za-z0-9]"),
    re.compile(r"[^ -~]|[\"'&+<>`]"),
    re.compile(r"[&<>]"),
    re.compile(r".", re.DOTALL),
)
SHORTEST = 4  # characters of a key; anything shorter cannot be told from other text
_USER = 6  # characters from which the user's half is taken out too


class Key:
    """One key. It is never shown: neither by ``repr`` nor in any text that went through ``scrub``."""

    __slots__ = ("_trace", "_value")

    def __init__(self, value: str = "") -> None:
        self._value = value
        spelt = sorted(_spellings(value), key=lambda one: (-len(one), one))
        self._trace = re.compile("|".join(map(re.escape, spelt)), re.IGNORECASE) if spelt else None

    def __repr__(self) -> str:
        return "Key(***)" if self._value else "Key()"

    def __bool__(self) -> bool:
        return bool(self._value)

    def fill(self, text: str) -> str:
        """The text with the key in its places; what the key holds is not looked at again."""
        user, _, password = self._value.partition(":")
        parts = {
            "key": self._value,
            "user": user,
            "password": password,
            "basic": base64.b64encode(self._value.encode()).decode(),
        }
        return _PLACE.sub(lambda place: parts[place[1]], text)

    def scrub(self, text: str) -> str:
        """The text without the key, however it is spelt there."""
        return self._trace.sub("${key}", text) if self._trace else text

    def scrub_bytes(self, data: bytes) -> bytes:
        """The bytes without the key; every other byte stays as it is."""
        if not self._trace:
            return data
        if data[:2] in _MARKS:  # a text in UTF-16: readers of saved files take it, too
            wide = data.decode("utf-16", "replace")
            if self.scrub(wide) != wide:
                return self.scrub(wide).encode("utf-16", "replace")
        text = data.decode("utf-8", "surrogateescape")
        found = self._trace.sub("${key}", text)
        return data if found is text or found == text else found.encode("utf-8", "surrogateescape")


def _spellings(key: str) -> set[str]:
    """The key as a reply may echo it: plain, percent-encoded, in JSON, in HTML, in base64."""
    user, parted, password = key.partition(":")
    plain = {key} | ({password} if parted and len(password) >= SHORTEST else set())
    plain |= {user} if parted and len(user) >= _USER else set()
    found = set()
    for one in filter(None, plain):
        found |= {one, quote(one), quote(one, safe=""), quote_plus(one), html.escape(one)}
        found |= {risky.sub(_escaped, one) for risky in _RISKY}  # as .NET, Go and others write JSON
        found |= {
            "".join(f"%{byte:02x}" for byte in one.encode()),
            "".join(f"&#{ord(each)};" for each in one),
        }
        found |= {json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1], one.replace("/", "\\/")}
    if key:
        whole = key.encode()
        found |= {base64.b64encode(whole).decode(), base64.urlsafe_b64encode(whole).decode()}
        found |= {one.rstrip("=") for one in found if len(one) > SHORTEST}
    return {one for one in found if len(one) >= SHORTEST}


def _escaped(found: re.Match[str]) -> str:
    wide = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{wide[at : at + 2].hex()}" for at in range(0, len(wide), 2))


def wants_key(request: Request) -> bool:
    """Whether a request has a place for the key."""
    pairs = (*request.query, *request.headers)
    return bool(_PLACE.search(request.body)) or any(_PLACE.search(value) for _, value in pairs)


def filled(request: Request, key: Key) -> Request:
    """The request with the key in it; headers that stay empty are left out."""
    return replace(
        request,
        query=tuple((name, key.fill(value)) for name, value in request.query),
        headers=_told((name, key.fill(value)) for name, value in request.headers),
        body=key.fill(request.body),
    )


def without_key(request: Request) -> Request:
    """The request without what would hold the key: for those who answer without one, and for other hosts."""
    return replace(
        request,
        query=tuple(pair for pair in request.query if not _PLACE.search(pair[1])),
        headers=tuple(pair for pair in request.headers if not _PLACE.search(pair[1])),
    )


def _told(pairs: object) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in pairs if value.strip())  # type: ignore[attr-defined]


def scrubbed(reply: Reply, key: Key) -> Reply:
    """The reply without the key, and without cookies: nobody needs to keep those."""
    headers = tuple(
        (name, key.scrub(value)) for name, value in reply.headers if name not in ("set-cookie", "set-cookie2")
    )
    return replace(reply, body=key.scrub_bytes(reply.body), headers=headers)
