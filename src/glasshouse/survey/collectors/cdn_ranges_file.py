"""A list of provider ranges from a public project in, ranges out; nobody is asked.

Source of the formats: the sources file of cdncheck (``cdn``, ``waf`` and ``cloud``, each with providers and
their ranges; ``common`` holds names and is left out), and the warning lists of MISP whose type is ``cidr``.
A warning list names its provider in its title only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Range
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import table, thing, word
from glasshouse.survey.parse_ranges import Role, listed, ranges

TITLE = "Lists of provider ranges: cdncheck, MISP warning lists (import only)"
TECHNIQUE = "T1596.004"
DATABASE = "cdn-ranges"
SUBJECTS: tuple[str, ...] = ()
HOSTS: tuple[str, ...] = ()
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 0.0
EMPTY: tuple[int, ...] = ()
LIVE = False

_ROLES: tuple[Role, ...] = ("cdn", "waf", "cloud")
_SAME = {"aws": "amazon", "incapsula": "imperva"}  # one provider, two names
_CDNS = ("cloudflare", "fastly", "akamai", "cloudfront", "imperva", "edgecast", "cdn77", "stackpath")
_CLOUDS = ("amazon", "azure", "google", "oracle", "digitalocean", "hetzner", "ovh", "linode")
_SCANNERS = ("censys", "shodan", "onyphe", "modat", "shadowserver", "binaryedge", "netlas", "zoomeye")
_SOURCES = re.compile(rb'\s*\{\s*"cdn"\s*:\s*\{')
_WARNING_LIST = re.compile(
    rb'\s*\{\s*"description"\s*:\s*"[^"]*"\s*,\s*"list"\s*:\s*\[\s*"[0-9A-Fa-f.:]+(?:/\d+)?"'
)
_SCAN = re.compile(r"scan", re.IGNORECASE)


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """Nothing: such files are only imported."""
    return None


def read(subject: Subject, reply: Reply) -> Iterator[Range | Trouble]:
    """A range for each entry; raises Malformed for another file, or a list of no provider known here."""
    said = table(reply.body)
    if "list" in said:
        provider, role = _provider(said)
        yield from ranges("cdn-ranges-file", listed(said.get("list"), "list"), provider, role)
        return
    found = [(role, name, given) for role in _ROLES for name, given in thing(said.get(role)).items()]
    if not found:
        raise Malformed("neither a sources file of cdncheck nor a warning list")
    for role, name, given in found:
        provider = _SAME.get(name.lower(), name.lower())
        if isinstance(given, list):
            yield from ranges("cdn-ranges-file", given, provider, role)
        else:
            yield Trouble("cdn-ranges-file", None, f"{role}: the ranges of a provider are no list")


def _provider(said: Mapping[str, object]) -> tuple[str, Role]:
    """The provider and its role that the title of a warning list tells."""
    title = (word(said.get("name")) or "").lower()
    if said.get("type") != "cidr":
        raise Malformed("a warning list of something else than ranges")
    if _SCAN.search(title):
        name = next((one for one in _SCANNERS if one in title), re.split(r"\W", title.strip())[0])
        if name:
            return name, "scanner"
    for names, role in ((_CDNS, _ROLES[0]), (_CLOUDS, _ROLES[2])):
        for name in names:
            if name in title:
                return ("amazon" if name == "cloudfront" else name), role
    raise Malformed("a warning list of no provider that is known here")


def detect(head: bytes, name: str) -> int:
    """The field names of either; of a long warning list the head has only the first two."""
    if b'"matching_attributes"' in head and b'"list"' in head:
        return 90
    return 85 if _SOURCES.match(head) or _WARNING_LIST.match(head) else 0
