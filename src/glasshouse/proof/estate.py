"""How many people and servers in, the invented company out: machines, zones, accounts, addresses by week.

It owns example.com, example.net and 203.0.113.0/24. Public servers stand at documentation addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from glasshouse.proof.clock import DAY, digest

AD = "corp.example.com"
OWN_DOMAINS = ("example.com", "example.net")
OWN_NETWORK = "203.0.113"
PROXY, INSPECTOR, NAT = "10.20.0.80", "10.20.0.81", "10.20.0.60"
ZONES = ("direct", "proxy", "inspect", "guest")
# A machine's zone by its number, twenty times over: two fifths go out directly, one in twenty is a guest.
_ZONES = (*("direct",) * 8, *("proxy",) * 6, *("inspect",) * 5, "guest")
_NETS = {"direct": "10.21", "proxy": "10.22", "inspect": "10.23", "guest": "10.60"}
_DEPARTMENTS = ("Sales", "Finance", "Purchasing", "Logistics", "Engineering", "Marketing", "IT", "Legal")
# The last people of the list do what this is about for a living.
_STAFF = (
    ("red-team", "Security Testing"),
    ("red-team", "Security Testing"),
    ("vulnerability", "Vulnerability Management"),
    ("analyst", "Threat Intelligence"),
    ("analyst", "Threat Intelligence"),
    ("soc", "Security Operations"),
)
_SERVERS = (  # name, system, account, role
    ("dc01", "windows", "svc-ad", "plain"), ("proxy01", "linux", "svc-proxy", "relay"),
    ("proxy02", "linux", "svc-proxy", "relay"), ("mail01", "linux", "svc-mail", "mail"),
    ("web01", "linux", "www-data", "web"), ("build01", "linux", "svc-build", "ci"),
    ("soar01", "linux", "svc-soar", "soar"), ("vuln01", "linux", "svc-vuln", "scanner"),
    ("vpn01", "linux", "svc-vpn", "gateway"), ("jump01", "linux", "u-jump", "server"),
)  # fmt: skip
LONGEST_WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine: ``zone`` is the way out it has, ``role`` what it is for; guests have no account."""

    name: str
    zone: str
    system: str  # windows, linux or unknown
    account: str
    role: str
    department: str
    position: int  # in its zone
    pairs: int  # how many of its zone have a partner to change addresses with
    managed: bool
    sysmon: bool

    @property
    def fqdn(self) -> str:
        """Its full name."""
        return f"{self.name}.{AD}"

    def address(self, week: int) -> str:
        """Its address in a week; some pairs of workstations change theirs over a weekend."""
        if self.zone == "server":
            return f"10.20.{1 + self.position // 200}.{10 + self.position % 200}"
        at = self.position
        if at < self.pairs and (at // 2 + week) % 9 == 0:
            at ^= 1
        return f"{_NETS[self.zone]}.{at // 250}.{2 + at % 250}"


@dataclass(frozen=True, slots=True)
class Estate:
    """All machines, and those of each kind of seat."""

    people: int
    servers: int
    start: int
    machines: tuple[Machine, ...]
    seats: dict[str, tuple[Machine, ...]] = field(default_factory=dict)

    def week(self, time: int) -> int:
        """The week of a time, from the first day on."""
        return max(time - self.start, 0) // LONGEST_WEEK


def build(people: int, servers: int, start: int) -> Estate:
    """The company of a size; the same whatever the seed."""
    desks = [_desk(number, people) for number in range(people)]
    counts = {zone: sum(1 for desk in desks if desk[1] == zone) for zone in ZONES}
    places: dict[str, int] = {}
    made = []
    for name, zone, role, department, account in desks:
        at = places.get(zone, 0)
        places[zone] = at + 1
        guest = zone == "guest"
        sysmon = not guest and int(digest(name, 2), 16) % 5 == 0
        developer = department == "Engineering" and zone == "direct" and role == "person"
        system = "unknown" if guest else "linux" if developer else "windows"
        sysmon = sysmon and not developer
        made.append(
            Machine(name, zone, system, account, role, department, at, counts[zone] & ~1, not guest, sysmon)
        )
    made += [_server(number) for number in range(servers)]
    return Estate(people, servers, start, tuple(made), _seats(made))


def _desk(number: int, people: int) -> tuple[str, str, str, str, str]:
    zone, role = _ZONES[number % 20], "person"
    department = _DEPARTMENTS[number % 8]
    left = people - number - 1
    if left < len(_STAFF) and people > 2 * len(_STAFF):
        role, department = _STAFF[left]
        zone = "direct" if zone == "guest" else zone
    if zone == "guest":
        return f"guest-{number:03d}", zone, "guest", "", ""
    account = f"u-{digest(f'account {number}', 3)}{'bcdfghjkmnpqrstvwxz'[number % 19]}{number:03d}"
    return f"ws-{number:03d}", zone, role, department, account


def _server(number: int) -> Machine:
    if number < len(_SERVERS):
        name, system, account, role = _SERVERS[number]
    else:
        system = "windows" if number % 5 == 2 else "linux"
        name, account = f"srv-app{number:02d}", f"svc-app{number:02d}"
        role = "winserver" if system == "windows" else "server"
    windows = system == "windows"
    return Machine(name, "server", system, account, role, "IT", number, 0, True, windows and number % 2 == 1)


def _seats(made: Sequence[Machine]) -> dict[str, tuple[Machine, ...]]:
    """Kinds of seat to their machines: a zone means its ordinary people, a role everybody who has it."""
    found: dict[str, list[Machine]] = {}
    for machine in made:
        kind = machine.zone if machine.role in ("person", "guest") else machine.role
        kind = "linux" if kind == "direct" and machine.system == "linux" else kind
        found.setdefault(kind, []).append(machine)
        if machine.role == "person" and machine.department in ("Sales", "Marketing"):
            found.setdefault("sales", []).append(machine)
    return {kind: tuple(machines) for kind, machines in found.items()}


def public(name: str) -> str:
    """The documentation address that stands for a public server."""
    number = int(digest(name, 6), 16)
    return f"{'198.51.100' if number & 1 else '192.0.2'}.{2 + (number >> 1) % 250}"
