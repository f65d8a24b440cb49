"""An open database and a URL or headers in, the API key that stands there out (to fingerprint at once)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from urllib.parse import unquote

from glasshouse.catalogue import OpenDatabase
from glasshouse.watch.clean import Url
from glasshouse.watch.redact import SECRET_NAMES
from glasshouse.watch.shapes import compiled, parameters, path_key

# Parts of a credential that name its owner; a key proper comes first.
_ACCOUNTS = ("email", "api_username")


def key_in(entry: OpenDatabase, url: Url) -> str | None:
    """The key in a URL: parameters the entry names, user info, path, then what means a key anywhere."""
    given = {name: value for name, value in parameters(url.query) if value}
    places = [place.partition(":")[2].lower() for place in entry.keys if place.startswith("query:")]
    for name in sorted(places, key=lambda place: place in _ACCOUNTS):
        if name in given:
            return given[name]
    if url.userinfo:
        return basic(unquote(url.userinfo))
    if "path" in entry.keys:
        found = (path_key(compiled(shape), url) for shape in entry.lookups)
        if key := next((key for key in found if key), None):
            return key
    return next((given[name] for name in SECRET_NAMES if name in given), None)


def key_of_headers(entry: OpenDatabase, headers: Iterable[tuple[str, str]]) -> str | None:
    """The key in request headers (name, value)."""
    names = {place.partition(":")[2].lower() for place in entry.keys if place.startswith("header:")}
    for name, value in headers:
        low = name.strip().lower()
        if low == "authorization":
            return _authorization(value)
        if low in names or low.removeprefix("x-") in SECRET_NAMES:
            return value.strip()
    return None


def basic(text: str) -> str | None:
    """``name:password`` as one secret; a name alone is the key itself."""
    return text.strip().rstrip(":") or None


def _authorization(value: str) -> str | None:
    scheme, _, rest = value.strip().partition(" ")
    if not rest:
        return scheme or None
    if scheme.lower() != "basic":
        return re.sub(r"(?i)^token=|\"", "", rest.strip()) or None
    try:
        return basic(base64.b64decode(rest.strip(), validate=True).decode())
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return rest.strip()
