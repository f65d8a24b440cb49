"""Names of things in, their UUIDs out: the same thing has the same id in every report we write."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping

# Ours: UUIDv5 of the DNS name glasshouse.invalid, a name nobody can own.
OURS = uuid.uuid5(uuid.NAMESPACE_DNS, "glasshouse.invalid")
# STIX 2.1, chapter 2.9: the namespace of cyber-observable objects.
OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")


def our_uuid(*words: str) -> str:
    """The UUID of one of our own things, from the words that tell it from all others."""
    name = "\x1f".join(words).encode("utf-8", "backslashreplace").decode()
    return str(uuid.uuid5(OURS, name))


def observable_id(kind: str, properties: Mapping[str, str | int]) -> str:
    """The id of a STIX cyber-observable object: UUIDv5 over its contributing properties as canonical JSON."""
    canonical = json.dumps(dict(properties), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{kind}--{uuid.uuid5(OBSERVABLES, canonical.encode('utf-8', 'backslashreplace').decode())}"
