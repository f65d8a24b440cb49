"""Zeek's dhcp.log (TSV or JSON, also of Zeek 2) in, tenancies out.

After base/protocols/dhcp in the Zeek documentation: one record a conversation, with ``assigned_addr`` and
``lease_time`` in seconds (``assigned_ip`` in Zeek 2) where the server granted a lease.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import orjson

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_leases
from glasshouse.know.parse_leases import SECOND, Ended
from glasshouse.known import Fact, Tenancy
from glasshouse.records import Trouble

TITLE = "DHCP seen on the wire, Zeek dhcp.log"
GIVES = ("tenancies",)
_UNSET = {"-", "(empty)", ""}
_NOWHERE = {"0.0.0.0", "::"}  # noqa: S104 -- what a client says that has no address
_FIELDS = re.compile(rb"^#fields\t.*\b(assigned_addr|assigned_ip)\b", re.MULTILINE)
_JSON = re.compile(
    rb'^\s*\{(?=[^\n]*"ts"\s*:)(?=[^\n]*"(mac|client_addr)"\s*:)(?=[^\n]*"(msg_types|assigned_addr)"\s*:)'
)
_FOREVER = 4_294_967_000 * SECOND  # 2**32 - 1 seconds, as Zeek 2 rounds them
_GRANTED, _RELEASED, _DECLINED = "ACK", "RELEASE", "DECLINE"


def detect(head: bytes, name: str) -> int:
    """Sure when the header or the first object has the fields of dhcp.log."""
    return 90 if _FIELDS.search(head) or _JSON.match(head.removeprefix(b"\xef\xbb\xbf")) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One tenancy per stay: renewals lengthen it, a release ends it."""
    return parse_leases.fold(_said(data, name))


def _said(data: bytes, name: str) -> Iterator[Tenancy | Ended | Trouble]:
    for line, row in _rows(data):
        if not row:
            yield parse.trouble(name, line, "not a record of dhcp.log", "is the line cut off?")
            continue
        said = row.get("ts", "")
        time = parse_leases.seconds(said) if _number(said) else parse.time(said)
        if time is None:
            yield parse.trouble(name, line, "no time", "export with ts as seconds or ISO 8601")
            continue
        kinds = set(row.get("msg_types", "").split(","))
        if kinds & {_RELEASED, _DECLINED}:
            ip = _address(row, "client_addr") or _address(row, "requested_addr")
            if ip:
                yield Ended(ip, time, parse_leases.hardware(row.get("mac", "")))
            continue
        ip = _address(row, "assigned_addr") or _address(row, "assigned_ip")
        if ip is None or ("msg_types" in row and _GRANTED not in kinds):
            continue  # asked or offered, not granted
        lasts = parse_leases.seconds(row.get("lease_time", ""))
        yield Tenancy(
            ip=ip,
            since=time,
            until=time + lasts if lasts and lasts < _FOREVER else None,
            host=parse_leases.named(row.get("host_name") or row.get("client_fqdn") or ""),
            hardware=parse_leases.hardware(row.get("mac", "")),
            origin=f"{name}:{line}",
        )


def _number(said: str) -> bool:
    return said.replace(".", "", 1).isdecimal()


def _address(row: Mapping[str, str], field: str) -> str | None:
    ip = parse_leases.address(row.get(field, ""))
    return None if ip in _NOWHERE else ip


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and values by field name; no values where a line cannot be read."""
    names: list[str] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        if not line.strip():
            continue
        if line.lstrip().startswith((b"{", b"[")):
            yield number, _object(line)
        elif line.startswith(b"#"):
            said = line.decode("utf-8", "replace").split("\t")
            names = said[1:] if said[0] == "#fields" else names
        else:
            if not names:
                raise Malformed("no #fields line before the first record")
            cells = line.decode("utf-8", "replace").split("\t")
            whole = dict(zip(names, cells, strict=False)) if len(cells) == len(names) else {}
            yield number, {name: cell for name, cell in whole.items() if cell not in _UNSET}


def _object(line: bytes) -> dict[str, str]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {
        str(name): ",".join(map(str, said)) if isinstance(said, list) else str(said)
        for name, said in value.items()
        if said is not None
    }
