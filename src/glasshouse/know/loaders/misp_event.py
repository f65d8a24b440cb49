"""MISP events or attributes (JSON, as exported or answered by restSearch) in, indicators out.

Source of the format: MISP core format (misp-standard.org/rfc/misp-standard-core.html); confidence from the
tags of the taxonomies admiralty-scale and misp:confidence-level, on the scale of STIX 2.1, appendix A.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_intel
from glasshouse.know.parse_intel import Read, string
from glasshouse.known import Fact, Indicator
from glasshouse.records import Trouble

TITLE = "MISP event, JSON"
GIVES = ("indicators",)
_READERS: dict[str, Callable[[str], Read | None]] = {
    **dict.fromkeys(("domain", "hostname"), parse_intel.of_name),
    **dict.fromkeys(("ip-src", "ip-dst"), parse_intel.of_address),
    **dict.fromkeys(("ip-src|port", "ip-dst|port", "hostname|port"), parse_intel.of_host_and_port),
    "url": parse_intel.of_url,
    **dict.fromkeys(
        ("email", "email-src", "email-dst", "email-reply-to", "whois-registrant-email"), parse_intel.of_email
    ),
    **dict.fromkeys(("md5", "sha1", "sha256", "sha384", "sha512"), parse_intel.of_hash),
    **dict.fromkeys((f"x509-fingerprint-{kind}" for kind in ("md5", "sha1", "sha256")), parse_intel.of_hash),
    "filename": parse_intel.of_tool,
    "github-username": parse_intel.of_account,
}
_HASHES = ("md5", "sha1", "sha256", "sha384", "sha512")
_TAG = re.compile(r'^([a-z-]+):([a-z-]+)="([a-z0-9-]+)"$')
_CREDIBILITY = {"1": 90, "2": 70, "3": 50, "4": 30, "5": 10}
_RELIABILITY = {"a": 90, "b": 70, "c": 50, "d": 30, "e": 10}
_LEVELS = {
    "completely-confident": 100,
    "usually-confident": 75,
    "fairly-confident": 50,
    "rarely-confident": 25,
    "unconfident": 0,
}
_SCALES = {
    ("admiralty-scale", "information-credibility"): _CREDIBILITY,
    ("admiralty-scale", "source-reliability"): _RELIABILITY,
    ("misp", "confidence-level"): _LEVELS,
}
Tree = Mapping[str, object]


def detect(head: bytes, name: str) -> int:
    """Sure of JSON with the names MISP gives to events and attributes."""
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
        return 0
    attribute = b'"to_ids"' in head or b'"Attribute"' in head
    return 90 if attribute and (b'"uuid"' in head or b'"Event"' in head or b'"category"' in head) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One indicator per value that is meant for detection; the rest is counted by its reason."""
    tree = parse.document(data)
    left_out: Counter[str] = Counter()
    any_event = False
    for event, attributes in _events(tree):
        any_event = True
        for attribute in attributes:
            yield from _indicators(event, attribute, name, left_out)
    if not any_event:
        raise Malformed("not a MISP export: no event and no attribute")
    for reason, count in sorted(left_out.items()):
        yield parse.trouble(name, None, f"{count:,} left out: {reason}")


def _events(tree: object) -> Iterator[tuple[Tree, list[Tree]]]:
    """Each event with its attributes; attributes without event come with an empty one."""
    for one in parse.objects(tree):
        if "response" in one:
            yield from _events(one["response"])
        elif isinstance(event := one.get("Event"), Mapping) and "Attribute" not in one and "type" not in one:
            yield event, _attributes(event)
        elif "Attribute" in one:
            yield one, _attributes(one)
        elif "type" in one and "value" in one:
            yield {}, [one]


def _attributes(event: Tree) -> list[Tree]:
    found = parse.objects(event.get("Attribute") or [])
    for inner in parse.objects(event.get("Object") or []):
        found += [] if inner.get("deleted") else parse.objects(inner.get("Attribute") or [])
    return found


def _indicators(event: Tree, one: Tree, name: str, left_out: Counter[str]) -> Iterator[Fact | Trouble]:
    kind, said = string(one, "type", 60), string(one, "value", parse_intel.LONGEST)
    if reason := _unfit(one, kind):
        left_out[reason] += 1
        return
    values = _values(kind, said)
    if not values:
        yield parse.trouble(
            f"{name}, {string(one, 'uuid') or kind}",
            None,
            f"not a value of type {kind}",
            "mend the attribute",
        )
    inside = one.get("Event")
    event = inside if isinstance(inside, Mapping) else event
    tags = [*_tags(one), *_tags(event)]
    for value_type, value in values:
        yield Indicator(
            type=value_type,
            value=value,
            feed=_feed(event, name),
            confidence=_confidence(_tags(one), _tags(event)),
            since=_time(one, "first_seen"),
            seen=_time(one, "timestamp") or _time(event, "timestamp") or _time(event, "date"),
            labels=parse_intel.words([string(one, "comment", 100), *tags]),
            reference=string(one, "uuid") or string(event, "uuid") or None,
            origin=f"{name}: {string(event, 'uuid') or 'attribute'}",
        )


def _unfit(one: Tree, kind: str) -> str:
    """Why an attribute is no indicator; empty when it is one."""
    if parse.yes(one.get("deleted", "")):
        return "deleted"
    if not parse.yes(one.get("to_ids", True)):
        return "not meant for detection (to_ids is off)"
    known = kind in _READERS or kind == "domain|ip" or kind.startswith("filename|")
    return "" if known else f"attribute of type {kind or 'unknown'}"


def _values(kind: str, said: str) -> list[Read]:
    if kind == "domain|ip":
        left, _, right = said.partition("|")
        return [found for found in (parse_intel.of_name(left), parse_intel.of_address(right)) if found]
    if kind.startswith("filename|"):
        found = parse_intel.of_hash(said.rpartition("|")[2])
        return [found] if found else []
    plain = (
        said.replace("|", ":") if kind.endswith("|port") and said.count(":") < 2 else said.partition("|")[0]
    )
    found = _READERS[kind](plain)
    if found and kind == "hostname":
        found = ("hostname", found[1])
    return [found] if found else []


def _tags(one: Tree) -> list[str]:
    return [string(tag, "name") for tag in parse.objects(one.get("Tag") or []) if string(tag, "name")]


def _confidence(own: list[str], of_event: list[str]) -> int | None:
    """The lowest of what an attribute's tags say, or else its event's; None where they say nothing."""
    for tags in (own, of_event):
        found = [_SCALES.get((m[1], m[2]), {}).get(m[3]) for tag in tags if (m := _TAG.match(tag.lower()))]
        if known := [number for number in found if number is not None]:
            return min(known)
    return None


def _feed(event: Tree, name: str) -> str:
    maker = event.get("Orgc")
    parts = [string(maker, "name", 100) if isinstance(maker, Mapping) else "", string(event, "info", 100)]
    return ": ".join(part for part in parts if part) or name


def _time(one: Tree, key: str) -> int | None:
    said = one.get(key)
    return parse.time(said) if said and said != "0" else None
