"""A Pack in, a MISP warning list out: names of open databases are no infrastructure of an attacker.

Format: https://github.com/MISP/misp-warninglists (schema.json) and the MISP warninglist format of the MISP
standard. A list of type ``hostname`` fits a name and everything below it.
"""

from __future__ import annotations

import json

from glasshouse.portable.pack import File, Pack
from glasshouse.portable.sayings import about_all, line

TITLE = "MISP: a warning list of open databases"
FILE = "list.json"
JOIN = ""
LACKS = (
    "A list of type hostname fits all below a name, so hosts that count only by themselves count wider here.",
    "Everyday pages below a name (blog, help) fit, too.",
    "Names with a part that changes, paths and port 43 cannot be listed.",
)
_ATTRIBUTES = ("domain", "domain|ip", "hostname", "hostname|port", "uri", "url")


def render(pack: Pack) -> tuple[File, ...]:
    """One JSON document; its version is the date of the catalogue as a number."""
    digits = "".join(one for one in pack.dated if one.isdecimal() and one.isascii())
    said = {
        "name": "Open technical databases (ATT&CK T1596)",
        "description": " ".join(line(one) for one in about_all(pack, TITLE, LACKS)),
        "list": sorted({*pack.hosts.wide, *pack.hosts.exact}),
        "matching_attributes": list(_ATTRIBUTES),
        "type": "hostname",
        "version": int(digits or "1"),
    }
    return (File(FILE, json.dumps(said, indent=2, ensure_ascii=True) + "\n"),)
