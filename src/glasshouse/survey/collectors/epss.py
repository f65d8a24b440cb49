"""Nothing of ours in, the request for today's EPSS scores out; its list in, vulnerabilities out.

Source of the format: www.first.org/epss/data_stats: CSV packed with gzip, its first line a comment with the
model's version and the day of the scores. Of a quarter of a million scores most are next to nothing: those
below 0.01 are left out. A saved answer of api.first.org (JSON) is read as well.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Vulnerability
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import table, things

TITLE = "EPSS, scores of exploit prediction from 0.01"
TECHNIQUE = "T1596.005"
DATABASE = "epss"
SUBJECTS: tuple[str, ...] = ()
HOSTS = ("epss.empiricalsecurity.com",)
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY: tuple[int, ...] = ()
LIVE = False

LEAST = 0.01
_LARGEST = 128 << 20  # bytes, unpacked
_CVE = re.compile(r"CVE-\d{4}-\d{4,10}")
_DAY = re.compile(r"score_date:(\d{4}-\d{2}-\d{2})")
_MOST_TROUBLES = 100


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The one list."""
    return Request(host=HOSTS[0], path="/epss_scores-current.csv.gz") if after is None else None


def read(subject: Subject, reply: Reply) -> Iterator[Vulnerability | Trouble]:
    """A vulnerability for each score of 0.01 or more; raises Malformed when it is no list of scores."""
    body = _unpacked(reply.body)
    day: str | None = None
    if body.lstrip()[:1] == b"{":
        rows = list(_answer(body))
    else:
        said = _DAY.search(body[:1_000].decode("ascii", "replace"))
        day, rows = said[1] if said else None, list(_table(body))
    if not rows:
        raise Malformed("a list without any score")
    bad = 0
    for place, (cve, score, percentile, at) in enumerate(rows, 1):
        epss = _share(score)
        if epss is None or not _CVE.fullmatch(cve):
            bad += 1
            if bad <= _MOST_TROUBLES:
                yield Trouble("epss", place, "a row has no CVE or no score")
        elif epss >= LEAST:
            yield Vulnerability(cve=cve, epss=epss, percentile=_share(percentile), as_of=day or at)


def _unpacked(body: bytes) -> bytes:
    """The body itself, or what is packed in it; raises Malformed when that is damaged or too large."""
    if body[:2] != b"\x1f\x8b":
        return body
    engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        found = engine.decompress(body, _LARGEST)
    except zlib.error:
        raise Malformed("the packed list is damaged") from None
    if not engine.eof:
        raise Malformed("the packed list is cut off, or larger than 128 MiB")
    return found


def _table(body: bytes) -> Iterator[tuple[str, str, str, str | None]]:
    lines = [line for line in parse.text(body).splitlines() if line and not line.startswith("#")]
    if not lines or lines[0].replace(" ", "").lower() != "cve,epss,percentile":
        raise Malformed("not a list of EPSS scores")
    for line in lines[1:]:
        cve, score, percentile, *_ = (*line.split(","), "", "", "")
        yield cve.strip().upper(), score, percentile, None


def _answer(body: bytes) -> Iterator[tuple[str, str, str, str | None]]:
    said = table(body)
    if not isinstance(said.get("data"), list):
        raise Malformed("not a list of EPSS scores")
    for one in things(said.get("data")):
        yield (
            _word(one, "cve").upper(),
            _word(one, "epss"),
            _word(one, "percentile"),
            _word(one, "date") or None,
        )


def _word(said: Mapping[str, object], name: str) -> str:
    value = said.get(name)
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _share(said: str) -> float | None:
    """A number from 0 to 1."""
    try:
        number = float(said)
    except ValueError:
        return None
    return number if math.isfinite(number) and 0 <= number <= 1 else None


def detect(head: bytes, name: str) -> int:
    """Its header, plain or packed, or its fields."""
    try:
        plain = (
            zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, 1_000)
            if head[:2] == b"\x1f\x8b"
            else head
        )
    except zlib.error:
        return 0
    if b"cve,epss,percentile" in plain[:1_000]:
        return 95
    return 90 if all(one in head for one in (b'"epss"', b'"percentile"', b'"cve"')) else 0
