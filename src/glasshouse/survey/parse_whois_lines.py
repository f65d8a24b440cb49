"""The text of a WHOIS answer in; out its entries: label, value, and the section and block they stand in.

There is no format: RFC 3912 says only that the answer is text. Seen are ``Label: value``,
``Label....: value``, ``[Label] value``, headings followed by indented lines, and blocks of lines
around empty ones as in RPSL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from glasshouse import parse
from glasshouse.survey.parse_whois_words import CONTACT_SECTIONS, SERVER_SECTIONS

LINES, WIDTH = 20_000, 400
_BRACKETS = re.compile(r"(?:[a-z]{1,2}\.? )?\[([^\]]{2,40})\]\s*(.*)")
_COLON = re.compile(r"([^\W\d_][^:\[\]{}]{0,60}?)[\s.#]{0,80}:(?!//)\s*(.*)")
_LEADER = re.compile(r"([^\W\d_][^:#]{0,50})#[ .]+(.*)")
_PROSE = re.compile(r"([A-Za-z ]{4,30} on)[: ]\s*(\d.*)")
_COMMENT = ("%", "#", ">>>", ";;", "--", "**", "==")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing an answer says. ``label`` is plain; empty for a line that stands under a heading."""

    label: str
    value: str
    section: str = ""  # the heading above
    block: int = 0  # which run of lines between empty lines
    line: str = ""


def plain(label: str) -> str:
    """A label in one spelling: lower case words without digits, dots and dashes."""
    return " ".join(re.sub(r"[\W\d_]+", " ", label.lower()).split())


def entries(text: str) -> list[Entry]:
    """All entries of an answer, in their order; comments and lines of prose are left out."""
    found: list[Entry] = []
    section, used, indent, block, servers = "", False, 0, 0, ""
    for line in text.splitlines()[:LINES]:
        stripped = line.strip()[:WIDTH]
        if not stripped:
            block += 1
            section, servers = "" if used else section, ""
            continue
        starred = stripped.lstrip("*- ")
        if stripped.startswith(_COMMENT) and not (stripped.startswith("** ") and starred):
            continue
        here = len(line.expandtabs()) - len(line.expandtabs().lstrip())
        label, value = _split(starred, section)
        if label and not value and (plain(label) != "" and not _keeps(section, label)):
            section, used, indent = plain(label), False, here
            found.append(Entry(section, "", "", block, stripped))
            continue
        if label and section and used and here < indent:
            section = ""
        used = used or bool(section)
        servers = (
            plain(label) if label else servers
        )  # "nserver: a" may go on with a bare "b" on the next line
        under = section or (servers if not label and servers in SERVER_SECTIONS else "")
        if label or under:
            found.append(Entry(plain(label), value, under, block, stripped))
    return found


def _keeps(section: str, label: str) -> bool:
    """Whether a label without value stays under the heading: ``Phone:`` under ``Registrant:``."""
    return section in CONTACT_SECTIONS and plain(label) not in CONTACT_SECTIONS | SERVER_SECTIONS | {
        "registrar"
    }


def _split(line: str, section: str) -> tuple[str, str]:
    """Label and value of a line; both empty label for an item, empty value for a heading."""
    first = line.split()[0] if line.split() else ""
    if section in SERVER_SECTIONS and "." in first and parse.host_name(first.rstrip(",")):
        return "", line
    if plain(line) in CONTACT_SECTIONS | SERVER_SECTIONS | {"registrar"}:
        return line, ""
    for form in (_BRACKETS, _COLON, _LEADER, _PROSE):
        if found := form.fullmatch(line):
            value = found[2].strip().strip('"')
            return found[1], "" if value.startswith("!") else value  # "registrar: !Registrar" in YAML
    return "", line
