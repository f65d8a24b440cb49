"""The answer about a zone's keys in; out, whether the parent's DS records fit none of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation, Resolution
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "DNSSEC is broken"
TECHNIQUE = "T1596.001"
ON = "resolution"
LEVEL: Level = "high"
REMEDY = "Give the DS record of the present key to the registrar, or take the old one out until then"
VANISHES = "the broken chain, from DNS"
M1056 = False
_DIGESTS = {"1": "sha1", "2": "sha256", "4": "sha384"}  # RFC 3658, 4509, 6605


def check(item: Observation[Resolution], world: World) -> Iterator[Hit]:
    """Fires on a domain of ours with DS records whose keys are absent, others, or cannot be validated."""
    fact = item.fact
    if fact.type not in ("DNSKEY", "SOA") or fact.server or not words.is_apex(fact.name, world):
        return
    held = world.records(fact.name, "DS", live=True)
    why = _why(item, held, world) if held else None
    if why:
        yield Hit(
            key=f"{fact.name} DNSSEC",
            about=fact.name,
            says=f"{fact.name} has a DS record, but {why}",
            evidence=(item, *held),
            confidence="medium" if fact.rcode == "SERVFAIL" else "high",
        )


def _why(item: Observation[Resolution], held: list[Observation[DnsRecord]], world: World) -> str | None:
    if item.fact.rcode == "SERVFAIL":
        return "the resolver could not answer (SERVFAIL), as when signatures do not fit"
    keys = words.answered(item, world) if item.fact.type == "DNSKEY" else None
    if keys is None:
        return None
    if not keys:
        return "no DNSKEY record: validating resolvers refuse the domain"
    fits = [_fits(one.fact, key.fact) for one in held for key in keys]
    return (
        None
        if any(one is not False for one in fits)
        else "no DNSKEY record fits it: validating resolvers refuse it"
    )


def _fits(ds: DnsRecord, key: DnsRecord) -> bool | None:
    """Whether a DS record is about a key (RFC 4034 section 5.1.4); None where it cannot be told."""
    try:
        _tag, algorithm, kind, *digest = ds.data.split()
        flags, protocol, of_key, *text = key.data.split()
        head = int(flags).to_bytes(2, "big") + bytes((int(protocol), int(of_key)))
        data = head + base64.b64decode("".join(text), validate=True)
    except (ValueError, OverflowError, binascii.Error):
        return None
    if algorithm != of_key:
        return False if algorithm.isdecimal() and of_key.isdecimal() else None
    if kind not in _DIGESTS:
        return None
    made = hashlib.new(_DIGESTS[kind], _wire(key.name) + data, usedforsecurity=False)
    return made.hexdigest() == "".join(digest).lower()


def _wire(name: str) -> bytes:
    labels = [one.encode("ascii", "replace") for one in name.split(".")]
    return b"".join(bytes((len(one) & 63,)) + one for one in labels) + b"\x00"
