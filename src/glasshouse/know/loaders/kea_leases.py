"""A lease file of Kea (memfile CSV, DHCPv4 or DHCPv6) in, tenancies out; later rows supersede earlier ones.

After the Kea Administrator Reference Manual, lease database "memfile": ``expire`` is the client's last
transaction plus ``valid_lifetime``; states 0 assigned, 1 declined, 2 expired, 3 released, 4 registered.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse import parse
from glasshouse.know import parse_leases
from glasshouse.know.parse_leases import SECOND, Ended
from glasshouse.known import Fact, Tenancy
from glasshouse.records import Trouble

TITLE = "DHCP leases, Kea"
GIVES = ("tenancies",)
_FOREVER = 0xFFFFFFFF
_DECLINED, _EXPIRED, _RELEASED, _REGISTERED = "1", "2", "3", "4"
_KNOWN = {"", "0", _DECLINED, _EXPIRED, _RELEASED, _REGISTERED}
_PREFIX = "2"  # lease_type of a delegated prefix


def detect(head: bytes, name: str) -> int:
    """Sure when the header is that of Kea."""
    header = parse.text(head).partition("\n")[0].lower()
    return 90 if header.startswith("address,") and ",valid_lifetime,expire," in header else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One tenancy per stay; a row with no lifetime left is a lease given back."""
    return parse_leases.fold(_said(data, name))


def _said(data: bytes, name: str) -> Iterator[Tenancy | Ended | Trouble]:
    for line, row in parse.rows(data):
        if row.get("lease_type") == _PREFIX:
            continue  # a whole network behind a router: no machine has it
        ip = parse_leases.address(row.get("address", ""))
        expire = parse_leases.seconds(row.get("expire", ""))
        lifetime = row.get("valid_lifetime", "")
        if ip is None or expire is None or not lifetime.isdecimal() or len(lifetime) > 10:
            yield parse.trouble(name, line, "no address, expire or valid_lifetime", "is the row cut off?")
            continue
        state = row.get("state", "")
        if state not in _KNOWN:
            yield parse.trouble(name, line, "a state that is not known", "0 to 4 are known")
            continue
        since = max(expire - int(lifetime) * SECOND, 0)
        if state == _DECLINED or (not int(lifetime) and state != _EXPIRED):
            yield Ended(ip, since)  # declined: some machine that has no lease uses the address
            continue
        yield Tenancy(
            ip=ip,
            since=since,
            until=None if int(lifetime) == _FOREVER else since if state == _RELEASED else expire,
            host=parse_leases.named(row.get("hostname", "").replace("&#x2c", ",")),
            hardware=parse_leases.hardware(row.get("hwaddr", ""))
            or parse_leases.duid_hardware(row.get("duid", "")),
            origin=f"{name}:{line}",
        )


def _hardware(row: dict[str, str]) -> str | None:
    return parse_leases.hardware(row.get("hwaddr", "")) or parse_leases.duid_hardware(row.get("duid", ""))
