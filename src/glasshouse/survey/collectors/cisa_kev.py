"""Nothing of ours in, the request for CISA's list of exploited vulnerabilities out; its entries out.

Source of the format: www.cisa.gov/known-exploited-vulnerabilities-catalog (JSON and its schema). Whether
ransomware uses one is ``Known`` or ``Unknown``; unknown is not no.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Vulnerability
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import MOST, table, word

TITLE = "CISA, known exploited vulnerabilities"
TECHNIQUE = "T1596.005"
DATABASE = "cisa-kev"
SUBJECTS: tuple[str, ...] = ()
HOSTS = ("www.cisa.gov",)
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY: tuple[int, ...] = ()
LIVE = False

_PATH = "/sites/default/files/feeds/known_exploited_vulnerabilities.json"
_CVE = re.compile(r"CVE-\d{4}-\d{4,10}")


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The one list."""
    return Request(host=HOSTS[0], path=_PATH) if after is None else None


def read(subject: Subject, reply: Reply) -> Iterator[Vulnerability | Trouble]:
    """A vulnerability for each entry; raises Malformed when there are none, which is never true."""
    said = table(reply.body)
    entries, as_of = said.get("vulnerabilities"), word(said.get("catalogVersion"))
    if not isinstance(entries, list) or not entries:
        raise Malformed("no list of vulnerabilities")
    for place, one in enumerate(entries[:MOST], 1):
        try:
            yield _vulnerability(one, as_of)
        except Malformed as problem:
            yield Trouble("cisa-kev", place, str(problem))


def _vulnerability(said: object, as_of: str | None) -> Vulnerability:
    cve = (word(said.get("cveID")) or "").upper() if isinstance(said, Mapping) else ""
    if not isinstance(said, Mapping) or not _CVE.fullmatch(cve):
        raise Malformed("an entry has no CVE")
    return Vulnerability(
        cve=cve,
        exploited=True,
        added=_day(said.get("dateAdded")),
        due=_day(said.get("dueDate")),
        ransomware=True if said.get("knownRansomwareCampaignUse") == "Known" else None,
        as_of=as_of,
    )


def _day(said: object) -> int | None:
    day = word(said)
    return parse.time(day) if day else None


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 95 if b'"catalogVersion"' in head and b'"cveID"' in head else 0
