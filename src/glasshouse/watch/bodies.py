"""A request body, base64 text, SQL, port-43 payload or DNS name in, the targets it names out."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import json
import re
from collections.abc import Collection, Iterator

from glasshouse.records import Target
from glasshouse.watch import querylang
from glasshouse.watch.shapes import parameters
from glasshouse.watch.values import asn, cidr, email, expression, guess, ip, typed, unescape

MOST = 100
LONGEST = 65536
# Parameters and body fields that hold a value, and those that hold a search text.
VALUE_NAMES = frozenset(
    """
    domain domains domainname domain_name host hosts hostname hostnames ip ips ipaddress addr
    address target targets targetip url urls uri resource resources indicator entity asn asns as
    prefix cidr range network email mail name names lookup subdomain site apex_domain apexdomain
    whois ioc observable value values input
    """.split()  # noqa: SIM905 -- a table of words reads better
)
SEARCH_NAMES = frozenset(
    """
    q query search term terms keyword keywords searchterm query-string queryterm filter dork text
    """.split()  # noqa: SIM905 -- a table of words reads better
)
BASE64_NAMES = frozenset(("qbase64", "query_base64", "search_base64"))
ALL = ("ip", "cidr", "asn", "email", "domain", "url")


def of_value(value: str, types: Collection[str]) -> list[Target]:
    """The targets of one parameter; a list of values gives several."""
    value = unescape(value[:LONGEST])
    if "query" in types:
        return querylang.targets(value)
    if target := typed(value, types):
        return [target]
    parts = [part for part in re.split(r"[\s,;|]+", value)[: MOST * 2] if part]
    several = [target for part in parts if (target := typed(part, types))]
    if several and len(several) == len(parts):
        return several[:MOST]
    return querylang.named(value)


def of_parameters(pairs: list[tuple[str, str]]) -> list[Target]:
    """The targets of parameters known by their name only."""
    found: dict[Target, None] = {}
    for name, value in pairs:
        if name in BASE64_NAMES and (text := unbase64(value)):
            found.update(dict.fromkeys(querylang.targets(text)))
        elif name in VALUE_NAMES:
            found.update(dict.fromkeys(of_value(value, ALL if "as" in name else ALL[:2] + ALL[3:])))
        elif name in SEARCH_NAMES:
            found.update(dict.fromkeys(querylang.targets(unescape(value[:LONGEST]))))
    return list(found)[:MOST]


def of_body(body: str, types: Collection[str] = ("query",), field: str | None = None) -> list[Target]:
    """The targets of a request body: JSON, a form, or plain text."""
    body = body[:LONGEST].strip()
    pairs = list(_json_pairs(body)) if body[:1] in ("{", "[") else parameters(body)
    if field:
        known_as = "query" if "query" in types else "value"
        pairs = [(known_as, value) for name, value in pairs if name == field.lower()]
    if found := of_parameters(pairs):
        return found
    whole = unescape(body)
    return querylang.named(whole) if not pairs or "=" not in body else []


def _json_pairs(body: str) -> Iterator[tuple[str, str]]:
    try:
        stack: list[tuple[str, object]] = [("", json.loads(body))]
    except (ValueError, RecursionError):
        return
    for _ in range(MOST * 10):
        if not stack:
            return
        name, value = stack.pop()
        if isinstance(value, dict):
            stack.extend((str(key).lower(), each) for key, each in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend((name, each) for each in reversed(value[:MOST]))
        elif isinstance(value, str | int) and not isinstance(value, bool):
            yield name, str(value)


def unbase64(text: str) -> str | None:
    """The text behind standard or URL-safe base64, or None."""
    plain = re.sub(r"\s", "+", unescape(text[:LONGEST])).rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        decoded = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return decoded if decoded.strip() and all(c.isprintable() or c in "\r\n\t" for c in decoded) else None


def of_sql(text: str) -> list[Target]:
    """The names and addresses that stand as string literals in SQL."""
    found: dict[Target, None] = {}
    for literal in re.findall(r"'((?:[^']|'')*)'", text[:LONGEST])[: MOST * 5]:
        target = guess(literal) or typed(literal, ("domain",) if re.match(r"[%.*]", literal) else ())
        if target:
            found[target] = None
    return list(found)[:MOST]


def of_payload(text: str) -> list[Target]:
    """What a client asked on port 43: one line, or many between ``begin`` and ``end``; flags are none."""
    found: dict[Target, None] = {}
    for line in re.split(r"[\r\n]+|\\r|\\n", text[:LONGEST])[: MOST * 10]:
        found.update(dict.fromkeys(_of_line(line.strip())))
    return list(found)[:MOST]


_FLAG = re.compile(r"(?:^|\s)(?:-[Ttsv]\s*[\w,-]+|-i\s*[\w,-]+|-V\s*\S+|--?[A-Za-z-]+)(?=\s|$)")
_IRR = re.compile(r"![a-z0-9](?=[A-Za-z0-9])", re.IGNORECASE)


def _of_line(line: str) -> list[Target]:
    if not line or re.fullmatch(r"(?i)(?:begin|end|verbose|noverbose|header|help|!!|!q|exit|quit)", line):
        return []
    line = _IRR.sub("", line, count=1) if line.startswith("!") else _FLAG.sub(" ", line)
    words = [re.sub(r"^=|/e$|,l$", "", word) for word in line.split()]
    found = [target for word in words[:MOST] if (target := guess(word))]
    if not found and len(words) > 1 and words[0].lower() in ("prefix", "peer", "origin", "a", "as"):
        found = [target for word in words[1:MOST] if (target := asn(word))]
    if not found:
        found = [target for word in words[-1:] if (target := typed(word, ("ip", "cidr", "email", "domain")))]
    return found or ([expression(" ".join(words))] if words else [])


def of_dns(labels: str, form: str) -> list[Target]:
    """The target that the labels before a suffix spell: ``form`` is reversed-ip, reversed-nibbles or asn."""
    parts = labels.split(".")
    if form == "asn":
        found = asn(parts[-1])
    elif form == "reversed-nibbles":
        found = _nibbles(parts[-32:][::-1])
    else:
        found = _octets(parts[-4:][::-1])
    return [found] if found else []


def _octets(parts: list[str]) -> Target | None:
    if len(parts) == 4:
        return ip(".".join(parts))
    return cidr(".".join([*parts, *["0"] * (4 - len(parts))]) + f"/{8 * len(parts)}")


def _nibbles(parts: list[str]) -> Target | None:
    if not all(re.fullmatch(r"[0-9a-f]", part) for part in parts):
        return None
    address = ipaddress.IPv6Address(int("".join(parts).ljust(32, "0"), 16))
    return Target("ip", str(address)) if len(parts) == 32 else cidr(f"{address}/{4 * len(parts)}")


__all__ = ["email", "of_body", "of_dns", "of_parameters", "of_payload", "of_sql", "of_value", "unbase64"]
