"""A lease file of ISC DHCP (dhcpd.leases, dhcpd6.leases) in, tenancies out: one per stay at an address.

After dhcpd.leases(5). The file is a journal: a lease is written anew at its end whenever it changes, and the
last entry counts; entries before it tell who had the address earlier. Times are UTC
(``4 2026/01/01 08:00:00``, ``epoch 1767254400`` or ``never``). An abandoned address
is used by some machine that has no lease.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_leases
from glasshouse.know.parse_leases import Ended
from glasshouse.known import Fact, Tenancy
from glasshouse.records import Trouble

TITLE = "DHCP leases, ISC dhcpd"
GIVES = ("tenancies",)
DEPTH = 16
_MARKS = {"{", "}", ";"}
_TOKEN = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"?|#[^\n]*|[{};]|[^\s{};"#]+')  # a string may lack its end
_LEASE = re.compile(
    rb"^[ \t]*(lease [\d.]{7,15} \{|ia-(na|ta|pd) \S{1,2048} \{|authoring-byte-order )", re.MULTILINE
)
_OCTAL = re.compile(r"\\([0-7]{3})")
_HELD = {"active", "bootp"}
_OVER = {"free", "expired", "released", "reset", "backup"}


@dataclass(slots=True)
class _Block:
    """One ``… { … }`` with its statements and the blocks inside."""

    words: list[str]
    line: int
    said: dict[str, list[str]] = field(default_factory=dict)
    inside: list[_Block] = field(default_factory=list)


def detect(head: bytes, name: str) -> int:
    """Sure when a lease, an identity association or the byte order is declared."""
    return 90 if _LEASE.search(head) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """Tenancies in the order in which their addresses were given away; a cut last entry is a Trouble."""
    return parse_leases.fold(_said(parse.text(data), name))


def _said(text: str, name: str) -> Iterator[Tenancy | Ended | Trouble]:
    for block in _blocks(text, name):
        if isinstance(block, Trouble):
            yield block
        elif block.words[0] == "lease" and len(block.words) > 1:
            yield from _lease(block, block.words[1], None, name)
        elif block.words[0] in ("ia-na", "ia-ta"):
            hardware = _duid(block.words[1]) if len(block.words) > 1 else None
            for one in block.inside:
                if one.words[0] == "iaaddr" and len(one.words) > 1:
                    one.said.setdefault("cltt", block.said.get("cltt", []))
                    yield from _lease(one, one.words[1], hardware, name)


def _lease(block: _Block, ip: str, hardware: str | None, name: str) -> Iterator[Tenancy | Ended | Trouble]:
    address, said = parse_leases.address(ip), block.said
    since = _time(said.get("starts") or said.get("cltt") or [])
    if address is None or since is None:
        yield parse.trouble(name, block.line, "no address or begin of the lease", "is the entry cut off?")
        return
    hardware = hardware or parse_leases.hardware(said.get("hardware", ["", ""])[-1])
    host = parse_leases.named(_string(said.get("client-hostname")) or _variable(said, "ddns-fwd-name"))
    state = said.get("binding", ["state", "active"])[-1]  # dhcpd before 3.0 wrote no state
    until = _time(said.get("ends", []))
    if state == "abandoned" or not (hardware or host):
        yield Ended(address, until if until is not None and state in _OVER else since)
    elif state in _HELD | _OVER:
        yield Tenancy(
            ip=address,
            since=since,
            until=until,
            host=host,
            hardware=hardware,
            origin=f"{name}:{block.line}",
        )
    else:
        yield parse.trouble(name, block.line, "a binding state that is not known", "see dhcpd.leases(5)")


def _time(words: list[str]) -> int | None:
    """Microseconds of ``4 2026/01/01 08:00:00`` or ``epoch 1767254400``; None for ``never``."""
    if words[:1] == ["epoch"] and len(words) > 1:
        return parse_leases.seconds(words[1])
    return parse.time(" ".join(words[1:3])) if len(words) > 2 else None


def _string(words: list[str] | None) -> str:
    return words[-1].strip('"') if words else ""


def _variable(said: dict[str, list[str]], wanted: str) -> str:
    return _string(said.get(f"set {wanted}"))


def _duid(quoted: str) -> str | None:
    """The MAC address in the quoted bytes of an identity association: four of the IAID, then the DUID."""
    raw = _OCTAL.sub(lambda match: chr(int(match[1], 8) & 0xFF), quoted[1:-1])
    raw = re.sub(r"\\(.)", r"\1", raw, flags=re.DOTALL)
    return parse_leases.duid_hardware(raw[4:].encode("latin-1", "replace").hex())


def _blocks(text: str, name: str) -> Iterator[_Block | Trouble]:
    """The outermost blocks of the file, each when it is closed."""
    outer: list[_Block] = []
    words: list[str] = []
    line, at = 1, 0
    for match in _TOKEN.finditer(text):
        said = match[0]
        if said not in _MARKS:
            if said[0] != "#":
                words.append(said)
            continue
        if said != ";":
            line, at = line + text.count("\n", at, match.start()), match.start()
        if said == "{":
            if len(outer) >= DEPTH:
                raise Malformed("blocks nested too deeply")
            outer.append(_Block(words or [""], line))
        elif said == "}":
            closed = _close(outer, name, line)
            if closed:
                yield closed
        else:
            _state(outer, words)
        words = []
    if outer:
        yield parse.trouble(name, outer[0].line, "the entry is cut off", "read the file anew")


def _close(outer: list[_Block], name: str, line: int) -> _Block | Trouble | None:
    """The innermost block closed: handed out when it stood in no other."""
    if not outer:
        return parse.trouble(name, line, "a } without its {", "is the file damaged?")
    closed = outer.pop()
    if not outer:
        return closed
    outer[-1].inside.append(closed)
    return None


def _state(outer: list[_Block], words: list[str]) -> None:
    """Keep a statement under its first word; ``set NAME = VALUE`` under both."""
    if not outer or not words:
        return
    key = " ".join(words[:2]) if words[0] == "set" else words[0]
    outer[-1].said[key] = words[1:]
