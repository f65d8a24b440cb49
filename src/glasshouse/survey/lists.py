"""A list of facts about the world in (survey/lists/*.yml), its entries out; what they say of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, cast

import yaml

from glasshouse.findings import Hit
from glasshouse.observed import Certificate, DnsRecord, Observation, Service
from glasshouse.records import Level
from glasshouse.safe import safe
from glasshouse.survey.world import World

Confidence = Literal["high", "medium", "low"]
DAY = 86_400_000_000
_ORGANISATION = re.compile(r'(?:^|[,/+]\s*)O\s?=\s?("[^"]*"|(?:[^,/+\\]|\\.)+)', re.IGNORECASE)
_COMMON_NAME = re.compile(r'(?:^|[,/+]\s*)CN\s?=\s?("[^"]*"|(?:[^,/+\\]|\\.)+)', re.IGNORECASE)
_VERSION = re.compile(r"/(\d[\w.]{0,30})")
_PROGRAM = re.compile(r"[A-Za-z-]{1,30}[A-Za-z]")  # read backwards
_VAGUE = ("", "unknown", "tcp", "udp", "auto", "generic", "ssl", "tls")


@cache
def entries(name: str) -> tuple[Mapping[str, str], ...]:
    """The entries of one list, each with texts by field name."""
    said = yaml.safe_load((files("glasshouse.survey") / "lists" / f"{name}.yml").read_text("utf-8"))
    return tuple({str(key): str(value) for key, value in one.items()} for one in said["entries"])


def words(entry: Mapping[str, str], field: str) -> tuple[str, ...]:
    """A field that holds several words with commas between them, in lower case."""
    return tuple(one.strip().casefold() for one in entry.get(field, "").split(",") if one.strip())


def day(micro: int | None) -> str:
    """A time as people say it, 2026-11-20; "an unknown day" where there is none."""
    if micro is None:
        return "an unknown day"
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro)).date().isoformat()
    except OverflowError:
        return "an unknown day"


def short(text: str, most: int = 80) -> str:
    """Text of others on one line, cut where it is long."""
    shown = safe(" ".join(text.split()))
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def several(names: tuple[str, ...], most: int = 4) -> str:
    """The first names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


# Names and the content delivery networks in front of them.


@cache
def _suffixes(name: str) -> dict[str, Mapping[str, str]]:
    return {one["suffix"]: one for one in entries(name)}


def suffix_of(list_name: str, name: str) -> Mapping[str, str] | None:
    """The entry of the longest suffix in a list that a name ends with."""
    known, labels = _suffixes(list_name), name.split(".")
    for at in range(len(labels)):
        found = known.get(".".join(labels[at:]))
        if found:
            return found
    return None


def cdn_of(name: str) -> str | None:
    """The content delivery network a host name belongs to."""
    found = suffix_of("cdn_suffixes", name)
    return found["provider"] if found else None


def aliases(name: str, world: World) -> Iterator[Observation[DnsRecord]]:
    """The CNAME records a name leads through now, one after the other; at most 8."""
    seen = {name}
    for _ in range(8):
        step = next(iter(world.records(name, "CNAME", live=True)), None)
        if step is None or step.fact.data in seen:
            return
        yield step
        name = step.fact.data
        seen.add(name)


def behind(name: str, world: World) -> str | None:
    """The network a name is served through: its CNAMEs lead there, or all its addresses are theirs."""
    kept: dict[str, str | None] = world.memo("lists.behind", lambda _world: {})
    if name not in kept:
        kept[name] = _behind(name, world)
    return kept[name]


def _behind(name: str, world: World) -> str | None:
    last = name
    for step in aliases(name, world):
        last = step.fact.data
        provider = cdn_of(last)
        if provider:
            return provider
    held = [
        world.provider(one.fact.data, "cdn", "waf") for one in world.records(last, "A", "AAAA", live=True)
    ]
    return held[0].provider if held and held[0] and all(held) else None


# Certificates.


def organisation(issuer: str) -> str:
    """Who issued: O of a distinguished name, otherwise its CN, otherwise all of it."""
    found = _ORGANISATION.search(issuer) or _COMMON_NAME.search(issuer)
    return (found[1].strip().strip('"').replace("\\", "") if found else issuer).strip()


def own_names(fact: Certificate, world: World) -> tuple[str, ...]:
    """The names of a certificate that are ours, its common name first."""
    kept: dict[int, tuple[str, ...]] = world.memo("lists.own_names", lambda _world: {})
    if id(fact) not in kept:  # facts live as long as the world
        found = [one for one in fact.names if world.owned(one.removeprefix("*."))]
        kept[id(fact)] = tuple(sorted(found, key=lambda one: one != fact.common_name))
    return kept[id(fact)]


def lives(fact: Certificate, world: World) -> bool:
    """Whether a certificate has not ended, as far as is known."""
    return fact.not_after is None or fact.not_after > world.now


def issuances(fact: Service, world: World) -> list[Observation[Certificate]]:
    """The certificate a service showed, as all databases know it; serials alone may be alike by chance."""
    if not fact.certificate_serial:
        return []
    return [
        one
        for one in world.issuances(fact.certificate_serial)
        if (one.fact.sha256 and one.fact.sha256 == fact.certificate_sha256)
        or not set(one.fact.names).isdisjoint(fact.certificate_names)
    ]


# Services.


def holder(fact: Service, world: World) -> tuple[str, Confidence] | None:
    """The address or name that makes a service ours, and how sure that is; None: it is not, or it is a CDN's.

    Sure are addresses of the inventory and those our names lead to now; names in reverse DNS or in a
    certificate could be set by anybody.
    """
    kept: dict[int, tuple[str, Confidence] | None] = world.memo("lists.holder", lambda _world: {})
    if id(fact) not in kept:
        kept[id(fact)] = _holder(fact, world)
    return kept[id(fact)]


def _holder(fact: Service, world: World) -> tuple[str, Confidence] | None:
    if world.owned(fact.ip):
        return fact.ip, "high"
    if world.provider(fact.ip, "cdn", "waf"):
        return None
    leading = led_here(fact.ip, world)
    if leading:
        return leading, "high"
    named = {one.removeprefix("*.") for one in (*fact.hostnames, *fact.certificate_names)}
    named = {one for one in named if world.owned(one)}
    return (min(named), "medium") if named else None


def led_here(ip: str, world: World) -> str | None:
    """A name of ours that leads to an address now."""
    kept: dict[str, str | None] = world.memo("lists.led_here", lambda _world: {})
    if ip not in kept:
        found = (one.fact.name for one in world.pointing(ip, "A", "AAAA") if one.fact.live)
        kept[ip] = min((name for name in found if world.owned(name)), default=None)
    return kept[ip]


def web(fact: Service) -> bool:
    """Whether a service is a web server."""
    return "http" in (fact.protocol or "").lower() or fact.port in (80, 443, 8080, 8443)


def seen(item: Observation[Service]) -> int:
    """When a database last saw a service; when it was asked, where it does not say."""
    return item.fact.last_seen or item.time


def sure(item: Observation[Service], world: World, confidence: Confidence) -> Confidence:
    """Less sure when the database looked long ago."""
    return "low" if seen(item) < world.now - world.policy.stale_days * DAY else confidence


def place(fact: Service) -> str:
    """Where a service is, for people."""
    host = f"[{fact.ip}]" if ":" in fact.ip else fact.ip
    return f"{host} port {fact.port}/{fact.transport}"


def product(fact: Service) -> str:
    """What a service is, for people: product and version, as far as told."""
    return short(" ".join(filter(None, (fact.product, fact.version))) or "an unnamed product", 60)


def open_port(kind: str, item: Observation[Service], world: World) -> Iterator[Hit]:
    """A hit for a service of ours that is of a kind nobody outside should reach (lists/risky_ports.yml)."""
    fact = item.fact
    found = _risky(kind, fact)
    ours = holder(fact, world) if found else None
    if not found or not ours:
        return
    entry, told = found
    how = "answers" if told else "is open, by its port number"
    yield Hit(
        key=fact.key,
        about=ours[0],
        says=f"{entry['name']} {how} at {place(fact)}, seen by {item.database} on {day(seen(item))}",
        evidence=(item,),
        level=cast("Level", entry["level"]),
        confidence=sure(item, world, ours[1] if told else "medium" if ours[1] == "high" else "low"),
    )


def _risky(kind: str, fact: Service) -> tuple[Mapping[str, str], bool] | None:
    """The entry a service falls under, and whether the database told so; else the port's number does."""
    protocol = re.sub(r"[^a-z0-9]", "", (fact.protocol or "").lower())
    by_word, by_port = _ports(kind)
    entry = by_word.get(protocol) or by_word.get((fact.product or "").casefold())
    if entry:
        return entry, True
    entry = by_port.get(f"{fact.port}/{fact.transport}") if protocol in _VAGUE and not fact.product else None
    return (entry, False) if entry else None


@cache
def _ports(kind: str) -> tuple[dict[str, Mapping[str, str]], dict[str, Mapping[str, str]]]:
    chosen = [one for one in entries("risky_ports") if one["kind"] == kind]
    by_word = {word: one for one in chosen for word in (*words(one, "protocols"), *words(one, "products"))}
    return by_word, {port: one for one in chosen for port in words(one, "ports")}


def software(fact: Service) -> Iterator[tuple[str, str]]:
    """The products and versions a service names: in its own fields, CPEs, headers and title, lower case."""
    if fact.product and fact.version:
        yield fact.product.casefold(), fact.version.casefold()
    for cpe in fact.cpes:
        parts = cpe.removeprefix("cpe:2.3:").removeprefix("cpe:/").split(":")
        if len(parts) > 3 and parts[3] not in ("", "*", "-"):
            yield f"{parts[1]}:{parts[2]}".casefold(), parts[3].casefold()
    for text in (fact.server, fact.title, fact.banner):
        for found in _VERSION.finditer(text or ""):
            name = _PROGRAM.match((text or "")[max(0, found.start() - 32) : found.start()][::-1])
            if name:
                yield name[0][::-1].casefold(), found[1].casefold()


@cache
def _cycles() -> dict[str, tuple[Mapping[str, str], ...]]:
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    for one in entries("end_of_life"):
        for name in words(one, "products"):
            found[name] = (*found.get(name, ()), one)
    return found


@lru_cache(maxsize=4096)
def ended(product_name: str, version: str) -> Mapping[str, str] | None:
    """The release line of a product that its maker no longer mends, with the day that ended."""
    if "mariadb" in version:  # MariaDB tells old clients that it is MySQL 5.5.5
        return None
    for one in _cycles().get(product_name, ()):
        cycle = one["cycle"]
        if version == cycle or (version.startswith(cycle) and not version[len(cycle)].isdigit()):
            return one
    return None
