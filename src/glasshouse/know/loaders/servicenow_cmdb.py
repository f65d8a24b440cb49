"""A ServiceNow export of configuration items in, JSON of the Table API; machines and assets out.

Fields as in the table cmdb_ci and its descendants: name, fqdn, ip_address, sys_class_name, assigned_to,
department, environment, business_criticality, operational_status (Table API, ``sysparm_display_value``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_assets
from glasshouse.known import Asset, Criticality, Fact, Machine, MachineKind
from glasshouse.records import Trouble

TITLE = "ServiceNow CMDB"
GIVES = ("machines", "assets")
_RETIRED = {"retired", "stolen", "6", "7", "disposed"}
_ITEM = re.compile(rb'"sys_class_name"\s*:\s*(?:\{[^}]*?)?"cmdb_ci')
_SYS_ID = re.compile(r"[0-9a-f]{32}")
_KINDS: tuple[tuple[str, MachineKind], ...] = (
    ("server", "server"),
    ("netgear", "network"),
    ("ip_router", "network"),
    ("ip_switch", "network"),
    ("ip_firewall", "network"),
    ("mobile", "mobile"),
    ("handheld", "mobile"),
    ("computer", "workstation"),
)
_CRITICALITY: dict[str, Criticality] = {"1": "critical", "2": "high", "3": "medium", "4": "low"}


def detect(head: bytes, name: str) -> int:
    """Sure when the beginning speaks of configuration items in the words of the table."""
    if b'"result"' not in head[:2000] and b'"records"' not in head[:2000]:
        return 0
    return 92 if _ITEM.search(head) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One machine and its public names and addresses an item; software and services are passed over."""
    document = parse.document(data)
    if not isinstance(document, dict):
        raise Malformed("not an answer of the Table API")
    for number, item in enumerate(parse.objects(document.get("result", document.get("records", []))), 1):
        yield from _item(item, f"{name}: {_text(item, 'sys_id') or f'item {number}'}", name)


def _item(item: Mapping[str, object], origin: str, name: str) -> Iterator[Fact | Trouble]:
    kind = next((kind for word, kind in _KINDS if word in _text(item, "sys_class_name")), None)
    if kind is None or _text(item, "install_status").lower() in _RETIRED:
        return
    about = parse_assets.about(_person(item), _text(item, "environment"), "")
    fqdn, address = _text(item, "fqdn"), parse.address(_text(item, "ip_address"))
    host = parse.machine(fqdn) or parse.machine(_text(item, "host_name")) or _plain(_text(item, "name"))
    criticality = _CRITICALITY.get(_text(item, "business_criticality")[:1])
    if host:
        yield Machine(
            host=host,
            owner=parse.account(_person(item)),
            kind=kind,
            criticality=criticality,
            department=_words(item, "department"),
            managed=True,
            origin=origin,
        )
    else:
        yield Trouble(name, None, f"{origin.partition(': ')[2]}: no host name", "fill fqdn or host_name")
    for said in (fqdn, address if address and parse_assets.public(address) else ""):
        form = parse_assets.guess(said) if said else None
        if form in ("domain", "hostname", "ip"):
            yield Asset(
                type="ip" if form == "ip" else "hostname",
                value=parse.address(said) or said.lower().rstrip("."),
                owner=about.owner,
                environment=about.environment,
                criticality=criticality,
                origin=origin,
            )


def _text(item: Mapping[str, object], key: str) -> str:
    value = item.get(key)
    if isinstance(value, dict):
        value = value.get("display_value") or value.get("value")
    return str(value or "").strip()


def _words(item: Mapping[str, object], key: str) -> str | None:
    """A text for people; the bare key of another table says nothing."""
    said = _text(item, key)
    return None if not said or _SYS_ID.fullmatch(said) else said


def _person(item: Mapping[str, object]) -> str:
    return _words(item, "assigned_to.user_name") or _words(item, "assigned_to") or ""


def _plain(said: str) -> str | None:
    """A name that can be a host's; product names with blanks cannot."""
    name = parse.host_name(said)
    return parse.machine(name) if name else None
