"""A master file of a zone of ours in, its records out; nobody is asked.

Source of the format: RFC 1035 section 5. The zone is said by ``$ORIGIN``, by absolute names, or by the domain
the file is imported for.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter

from glasshouse import masterfile, parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import DnsRecord
from glasshouse.records import Trouble
from glasshouse.survey import parse_dns

TITLE = "Zone files of ours (import only)"
TECHNIQUE = "T1596.001"
DATABASE = "own"
SUBJECTS: tuple[str, ...] = ()
HOSTS: tuple[str, ...] = ()
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 0.0
EMPTY: tuple[int, ...] = ()
LIVE = False

_SOA = re.compile(
    rb"^[^\s;{}\"']*[ \t]+(?:(?:\d+[wdhms]?|IN|CH|HS)[ \t]+){0,2}SOA[ \t]+[^\s;(){}]+[ \t]+[^\s;(){}]+",
    re.IGNORECASE | re.MULTILINE,
)


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """Nothing: such files are only imported."""
    return None


def read(subject: Subject, reply: Reply) -> Iterator[DnsRecord | Trouble]:
    """Every record but signatures; a line that is none becomes a Trouble. Malformed: no record at all."""
    text = parse.text(reply.body).replace("\r\n", "\n")
    zone = f"{subject.value}." if subject.type == "domain" else ""
    origins, lines = _origins(text, zone), 0
    for one in masterfile.records(text, zone):
        if isinstance(one, masterfile.Broken):
            yield Trouble("zone-file", one.line, one.reason, one.next_step)
            continue
        lines += 1
        if not zone and one.type == "SOA":
            zone = one.name
        origin = origins[bisect_right(origins, one.line, key=itemgetter(0)) - 1][1] or zone
        data = parse_dns.data(one.type, _written(one, origin))
        if data is None:
            yield Trouble("zone-file", one.line, f"the data of {one.type} cannot be read")
        elif one.type not in parse_dns.SIGNATURES:
            yield DnsRecord(name=parse_dns.owner(one.name), type=one.type, data=data, live=True)
    if not lines:
        raise Malformed("no record of a zone")


def _origins(text: str, zone: str) -> list[tuple[int, str]]:
    """From which line on names in data are relative to which origin."""
    found = [(0, zone)]
    for number, line in enumerate(text.split("\n"), 1):
        if line[:7].upper() == "$ORIGIN" and (words := line.split()[1:]):
            name, above = words[0].lower(), found[-1][1]
            found.append((number, name if name.endswith(".") else f"{name}.{above.removeprefix('.')}"))
    return found


def _written(one: masterfile.Record, origin: str) -> str:
    if one.type not in ("TXT", "SPF"):
        return " ".join(parse_dns.absolute(one.type, one.data, origin))
    return " ".join(word if word.startswith('"') else f'"{word}"' for word in one.data)


def detect(head: bytes, name: str) -> int:
    """A zone begins with its SOA record."""
    if head.lstrip()[:1] in (b"{", b"[", b"<"):
        return 0
    return 90 if b"soa" in head.lower() and _SOA.search(head) else 0
