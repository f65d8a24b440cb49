"""A CSV of who had which address when in, tenancies out: ip, host, user, since, until, mac."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse import parse
from glasshouse.know import parse_accounts, parse_leases
from glasshouse.known import Fact, Tenancy
from glasshouse.records import Trouble

TITLE = "Who had which address when, CSV"
GIVES = ("tenancies",)
_IP = ("ip", "address", "ip_address", "ipaddress", "ip address", "assigned_ip", "client_ip")
_SINCE = ("since", "start", "starts", "start_time", "from", "begin", "login", "login_time", "connected")
_UNTIL = ("until", "end", "ends", "end_time", "to", "expires", "logout", "logout_time", "disconnected")
_HOST = ("host", "hostname", "machine", "computer", "device", "host_name", "client")
_USER = ("user", "account", "username", "login_name", "samaccountname", "user_name")
_MAC = ("mac", "hardware", "mac_address", "mac address", "hwaddr")
_OPEN = {"", "-", "never", "none", "null", "now", "active"}


def detect(head: bytes, name: str) -> int:
    """Sure when the header names an address, a begin, and a machine, an account or a MAC address."""
    header = parse.text(head).lstrip().partition("\n")[0].lower()
    for other in ";\t|":
        header = header.replace(other, ",")
    columns = {cell.strip().strip('"') for cell in header.split(",")}
    who = columns & {*_HOST, *_USER, *_MAC}
    return 80 if columns & set(_IP) and columns & set(_SINCE) and who else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One tenancy a row; an empty end is one that has not come. Times without a zone are UTC."""
    for line, row in parse.rows(data):
        ip, since = parse_leases.address(_first(row, _IP)), parse.time(_first(row, _SINCE))
        if ip is None or since is None:
            missing = "address" if ip is None else "time of the begin"
            yield parse.trouble(name, line, f"no {missing}", "write 192.0.2.1 and 2026-01-31T08:00:00Z")
            continue
        said = _first(row, _UNTIL)
        until = None if said.lower() in _OPEN else parse.time(said)
        if (until is None and said.lower() not in _OPEN) or (until is not None and until <= since):
            yield parse.trouble(name, line, "the end is no time after the begin", "leave it empty when open")
            continue
        host, account = parse_leases.named(_first(row, _HOST)), parse_accounts.spelled(_first(row, _USER))
        hardware = parse_leases.hardware(_first(row, _MAC))
        if not (host or account or hardware):
            yield parse.trouble(name, line, "neither machine, account nor MAC address", "say who had it")
            continue
        yield Tenancy(
            ip=ip,
            since=since,
            until=until,
            host=host,
            account=account,
            hardware=hardware,
            origin=f"{name}:{line}",
        )


def _first(row: dict[str, str], names: tuple[str, ...]) -> str:
    return next((row[name] for name in names if row.get(name)), "")
