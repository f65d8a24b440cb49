"""A plain list of indicators, one a line, in; indicators out. Defanged values (hxxp, [.]) are understood.

Lines that begin with ``#`` or ``;`` are comments; some say something about the whole list: ``# feed: NAME``,
``# confidence: 80``, ``# updated: 2026-11-01``, ``# valid until: 2027-01-01``, ``# label: WORD, WORD``.
A hosts file (``0.0.0.0 name``) is read as its names. So that a list of our own names is never taken for
one of bad names, the list must be told by its name (ioc, indicators, intel, threat, block, feed), by
``# feed:`` or by a defanged value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from glasshouse import parse
from glasshouse.know import parse_intel
from glasshouse.known import Fact, Indicator
from glasshouse.records import Trouble

TITLE = "Indicators, plain list"
GIVES = ("indicators",)
_HEADER = re.compile(r"^[#;/\s]*(feed|confidence|updated|valid until|label)s?\s*:\s*(.+)$", re.IGNORECASE)
_COMMENT = re.compile(r"^(?:#|;|//)|\s+(?:#|;|//).*$")
_HOSTS = re.compile(r"^(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+(\S+)$")
_NAMED = re.compile(
    r"(?i)(?:^|[^a-z])(?:iocs?|indicators?|intel|threats?|block|blocklist|blacklist|feed|bad|malicious)"
)
_DEFANGED = re.compile(r"(?i)hxxp|[\[({](?:\.|dot|:|at|@)[\])}]")
_SHARE = 0.8  # of the first lines that must be values
_SAMPLE = 200


def detect(head: bytes, name: str) -> int:
    """Fairly sure when the first lines are values and something tells that they are indicators."""
    text = parse.text(head)
    rows = text.splitlines()[: _SAMPLE + 1]
    if len(head) >= 60_000 or len(rows) > _SAMPLE:
        rows = rows[:-1]  # may be cut
    said = [plain for row in rows if (plain := _plain(row))]
    if not said or "\x00" in text:
        return 0
    readable = sum(parse_intel.guessed(plain) is not None for plain in said)
    told = _NAMED.search(name) or re.search(r"(?im)^[#;/\s]*feed\s*:", text) or _DEFANGED.search(text)
    return 55 if told and readable >= _SHARE * len(said) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One indicator a line; a line that is none is a trouble."""
    said = {"feed": PurePath(name).stem, "label": ""}
    for number, row in enumerate(parse.text(data).splitlines(), 1):
        if row.lstrip().startswith(("#", ";", "//")):
            if found := _HEADER.match(row):
                said[found[1].lower()] = found[2].strip()
            continue
        plain = _plain(row)
        if not plain:
            continue
        value = parse_intel.guessed(plain)
        if value is None:
            yield parse.trouble(
                name, number, "not an indicator", "one address, name, URL, e-mail or hash a line"
            )
            continue
        yield Indicator(
            type=value[0],
            value=value[1],
            feed=said["feed"][:100],
            confidence=parse_intel.confidence(said.get("confidence", "").rstrip("% ")),
            until=_time(said.get("valid until")),
            seen=_time(said.get("updated")),
            labels=parse_intel.words(said["label"].split(",")),
            origin=f"{name}:{number}",
        )


def _plain(row: str) -> str:
    """The value of a line, without comment, quotes and what a hosts file puts before it."""
    row = row.strip()
    if row.startswith(("#", ";", "//")):
        return ""
    plain = _COMMENT.sub("", row) if any(mark in row for mark in (" ", "\t")) else row
    plain = plain.strip(" \t,\"'")
    found = _HOSTS.match(plain)
    return found[1] if found else plain


def _time(said: str | None) -> int | None:
    return parse.time(said) if said else None
