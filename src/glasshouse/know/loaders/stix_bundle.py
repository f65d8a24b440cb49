"""A STIX 2.0 or 2.1 bundle (JSON) in, indicators out; a saved TAXII answer is read as well.

Source of the format: OASIS STIX 2.1, chapter 8 (docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html), and
TAXII 2.1, chapter 3.7, the envelope.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_stix
from glasshouse.known import Fact
from glasshouse.records import Trouble

TITLE = "STIX 2.1 bundle"
GIVES = ("indicators",)
_ID = rb"[a-z0-9-]+--[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-"
_BUNDLE = re.compile(rb'"type"\s*:\s*"bundle"|"id"\s*:\s*"bundle--')
_OBJECT = re.compile(rb'"id"\s*:\s*"' + _ID)


def detect(head: bytes, name: str) -> int:
    """Sure of a JSON object that calls itself a bundle; of an envelope when its objects have STIX ids."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{") or not (b'"objects"' in head or _BUNDLE.search(head[:4_096])):
        return 0
    return 90 if _BUNDLE.search(head) or (b'"spec_version"' in head and _OBJECT.search(head)) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """The indicators of all objects; what cannot be used is counted by its reason."""
    tree = parse.document(data)
    if not isinstance(tree, dict) or not isinstance(tree.get("objects", []), list):
        raise Malformed("not a STIX bundle: no list of objects")
    objects = tree.get("objects", [])
    found = parse.objects(objects)
    if len(found) < len(objects):
        yield parse.trouble(
            name, None, f"{len(objects) - len(found):,} left out: not an object", "export it anew"
        )
    yield from parse_stix.facts(found, name)
