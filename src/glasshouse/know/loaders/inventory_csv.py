"""A CSV of what we own in, assets out: a value and its type a row, or columns named after types.

Two forms. ``value,type,owner,environment,criticality`` with one asset a row (``type`` may be left out: the
form of the value decides), or columns such as ``hostname,ip address,owner`` as asset databases export them
(ServiceNow CMDB: ``fqdn, ip_address, owned_by, environment, business_criticality``): each filled cell is
an asset. Several values in one cell are parted by blanks, commas, semicolons or bars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from glasshouse import parse
from glasshouse.know import parse_assets
from glasshouse.known import Fact
from glasshouse.records import TargetType, Trouble

TITLE = "Inventory, CSV"
GIVES = ("assets",)
_VALUE = ("value", "asset", "asset value", "resource")
_TYPE = ("type", "asset type", "kind")
_OWNER = ("owner", "owned by", "team", "managed by", "responsible")
_ENVIRONMENT = ("environment", "env", "stage")
_CRITICALITY = ("criticality", "business criticality", "importance", "busines criticality")
# Columns of other tables of knowledge: leases, indicators, the register, changes, people, machines.
_OTHERS = (
    *("confidence", "feed", "tlp", "indicator", "since", "until", "start", "end", "expires", "mac", "lease"),
    *("hardware", "account", "user", "username", "purpose", "approved by", "valid until", "managed", "os"),
    *("client hostname", "client id", "threat", "source", "to ids", "category", "arn", "resource group"),
)
_PARTS = re.compile(r"[\s,;|]+")


class _Plan(NamedTuple):
    """Which columns say what."""

    columns: tuple[str, ...]
    value: str
    type: str
    typed: tuple[tuple[str, TargetType], ...]
    owner: str
    environment: str
    criticality: str


def detect(head: bytes, name: str) -> int:
    """Sure when the header has values with types, or typed columns and whose they are."""
    header = next((line for line in parse.text(head[:8192]).splitlines() if line.strip()), "")
    cells = [cell.strip().strip('"').lower() for cell in re.split(r"[,;\t|]", header)]
    if len(cells) < 2 or any(len(cell) > 60 for cell in cells):
        return 0
    plan = _plan(tuple(cells))
    if {parse_assets.plain(cell) for cell in cells} & set(_OTHERS):
        return 0
    said = plan.owner or plan.environment or plan.criticality
    if plan.value and (plan.type or said):
        return 75
    if not plan.typed:
        return 0
    return 65 if said else 50 if re.search(r"(?i)inventory|assets?\b", name) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One asset a row or a cell; a cell that is not what its column says becomes a Trouble."""
    plan = _plan(())
    for line, row in parse.rows(data):
        if len(row) != len(plan.columns):
            plan = _plan(tuple(row))
        criticality = row.get(plan.criticality, "")
        about = parse_assets.about(row.get(plan.owner, ""), row.get(plan.environment, ""), criticality)
        if criticality and about.criticality is None:
            yield parse.trouble(name, line, "criticality not known", "low, medium, high or critical")
        if plan.value:
            yield _one(plan, row, about, name, line)
        else:
            yield from _cells(plan, row, about, name, line)


def _cells(
    plan: _Plan, row: dict[str, str], about: parse_assets.About, name: str, line: int
) -> Iterator[Fact | Trouble]:
    cells = [(kind, row[column]) for column, kind in plan.typed if row.get(column)]
    if not cells:
        yield parse.trouble(name, line, "no asset", "fill one of the columns that name assets")
    for kind, cell in cells:
        for said in [cell] if kind == "organisation" else filter(None, _PARTS.split(cell)):
            yield parse_assets.entry(kind, said, about, name, line)


def _one(plan: _Plan, row: dict[str, str], about: parse_assets.About, name: str, line: int) -> Fact | Trouble:
    said, word = row.get(plan.value, ""), row.get(plan.type, "")
    if not said:
        return parse.trouble(name, line, "no value", f"fill the column {plan.value}")
    kind = parse_assets.kind_of(word) if word else parse_assets.guess(said)
    if kind is None:
        return parse.trouble(name, line, "type not known", "domain, hostname, ip, cidr, asn, certificate …")
    return parse_assets.entry(kind, said, about, name, line)


def _plan(columns: tuple[str, ...]) -> _Plan:
    plain = {parse_assets.plain(column): column for column in reversed(columns)}

    def first(names: tuple[str, ...]) -> str:
        return next((plain[name] for name in names if name in plain), "")

    value = first(_VALUE)
    typed = [] if value else [(plain[word], parse_assets.kind_of(word)) for word in reversed(plain)]
    return _Plan(
        columns,
        value,
        first(_TYPE),
        tuple((column, kind) for column, kind in typed if kind),
        first(_OWNER),
        first(_ENVIRONMENT),
        first(_CRITICALITY),
    )
