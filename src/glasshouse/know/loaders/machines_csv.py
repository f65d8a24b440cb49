"""A CSV of machines in, machines out: host, owner, kind, criticality, department, managed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from glasshouse import parse
from glasshouse.know import parse_machines
from glasshouse.known import Criticality, Fact, Machine
from glasshouse.records import Trouble

TITLE = "Machines, CSV"
GIVES = ("machines",)
_HOST = (
    "host",
    "hostname",
    "host name",
    "host_name",
    "machine",
    "computer",
    "computer name",
    "device name",
    "name",
)
_OWNER = (
    "owner",
    "user",
    "account",
    "assigned to",
    "assigned_to",
    "primary user",
    "primary user upn",
    "username",
)
_KIND = ("kind", "machine type", "device type", "chassis", "form factor", "form_factor", "role")
_SYSTEM = ("os", "operating system", "operatingsystem", "operating_system")
_MANAGED = ("managed", "enrolled", "ownership")
_CRITICALITIES = get_args(Criticality)


def detect(head: bytes, name: str) -> int:
    """Sure when the header names a machine and its kind, system or whether it is managed."""
    header = next((line for line in parse.text(head).splitlines() if line.strip()), "").lower()
    for other in ";\t|":
        header = header.replace(other, ",")
    columns = {cell.strip().strip('"') for cell in header.split(",")}
    if not columns & set(_HOST) or columns & {
        "since",
        "value",
        "groups",
        "memberof",
        "privileged",
        "purpose",
    }:
        return 0
    if columns & {*_SYSTEM, *_MANAGED, *_KIND[:-1]}:
        return 85
    return 60 if columns & set(_OWNER) and "department" in columns and "host" in columns else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One machine a row; its kind is the column's word, or follows from the operating system."""
    for line, row in parse.rows(data):
        host = parse.machine(_first(row, _HOST))
        if host is None:
            yield parse.trouble(name, line, "no machine", "fill the column host")
            continue
        criticality = row.get("criticality", "").lower()
        if criticality and criticality not in _CRITICALITIES:
            reason = "a criticality that is not known; the machine is kept without"
            yield parse.trouble(name, line, reason, f"one of: {', '.join(_CRITICALITIES)}")
        said = _first(row, _MANAGED)
        yield Machine(
            host=host,
            owner=parse.account(_first(row, _OWNER)),
            kind=parse_machines.kind(_first(row, _KIND)) or parse_machines.kind(_first(row, _SYSTEM)),
            criticality=parse_machines.criticality(criticality),
            department=row.get("department") or None,
            managed={"corporate": True, "personal": False}.get(said.lower(), parse.yes(said)),
            origin=f"{name}:{line}",
        )


def _first(row: dict[str, str], names: tuple[str, ...]) -> str:
    return next((row[name] for name in names if row.get(name)), "")
