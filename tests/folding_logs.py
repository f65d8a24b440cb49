"""A crowd of machines at work in; the logs of resolver, proxy and endpoints, and the leases, out."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
BEGIN = 1_770_854_400  # seconds; 2026-02-12, well inside a season
NAMES = {"shodan": "api.shodan.io", "censys-legacy": "search.censys.io", "crtsh": "crt.sh"}
HEAD = (
    "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,"
    "pool_id"
)


@dataclass(frozen=True)
class Act:
    """One machine asks one database once, at a whole second."""

    machine: int
    second: int
    database: str


@dataclass
class Crowd:
    """Machines with the address each has between two moments, and their acts."""

    machines: int
    acts: list[Act] = field(default_factory=list)
    moves: list[int] = field(default_factory=list)  # seconds at which everybody gets another address
    held: list[list[int]] = field(default_factory=list)  # per span between moves: the address of each machine
    end: int = 0

    def address(self, machine: int, second: int) -> str:
        """The address a machine has at a second."""
        span = sum(move <= second for move in self.moves)
        return f"192.0.2.{10 + self.held[span][machine]}"

    def of(self, machine: int) -> list[Act]:
        """The acts of one machine, in order of time."""
        return sorted((act for act in self.acts if act.machine == machine), key=lambda act: act.second)


def crowd(draw: random.Random) -> Crowd:
    """Two to four machines at work at once, whose addresses change hands up to three times meanwhile."""
    found = Crowd(draw.randint(2, 4))
    taken: set[tuple[int, str]] = set()
    for machine in range(found.machines):
        second = BEGIN + draw.randint(0, 1800)
        for _ in range(draw.randint(40, 60)):
            database = draw.choice(list(NAMES))
            second += draw.randint(4, 60)
            taken.add((second, database))
            found.acts.append(Act(machine, second, database))
    found.end = max(act.second for act in found.acts) + 60
    found.moves = sorted(draw.sample(range(BEGIN + 60, found.end), draw.randint(0, 3)))
    for _ in range(len(found.moves) + 1):
        found.held.append(draw.sample(range(found.machines), found.machines))
    return found


def user(machine: int) -> str:
    """Whoever works at a machine."""
    return f"u-{machine}"


def unbound(crowd: Crowd) -> str:
    """The resolver: addresses only."""
    return "".join(
        f"[{act.second}] unbound[917:0] query: {crowd.address(act.machine, act.second)} "
        f"{NAMES[act.database]}. A IN\n"
        for act in sorted(crowd.acts, key=lambda act: (act.second, act.machine))
    )


def squid(crowd: Crowd, took: int = 200) -> str:
    """The proxy: addresses and accounts; a line is written when the request is over."""
    return "".join(
        f"{act.second}.{took:03} {took:6} {crowd.address(act.machine, act.second)} TCP_TUNNEL/200 2600 "
        f"CONNECT {NAMES[act.database]}:443 {user(act.machine)} HIER_DIRECT/198.51.100.9 -\n"
        for act in sorted(crowd.acts, key=lambda act: (act.second, act.machine))
    )


def sysmon(crowd: Crowd) -> str:
    """The endpoints: machines and accounts, no address."""
    lines = []
    for number, act in enumerate(sorted(crowd.acts, key=lambda act: (act.second, act.machine))):
        when = datetime.fromtimestamp(act.second, UTC)
        lines.append(
            json.dumps(
                {
                    "EventTime": f"{when:%Y-%m-%dT%H:%M:%S}.0000000Z",
                    "Hostname": f"WS-{act.machine}.example.com",
                    "EventID": 1,
                    "SourceName": "Microsoft-Windows-Sysmon",
                    "Channel": "Microsoft-Windows-Sysmon/Operational",
                    "UtcTime": f"{when:%Y-%m-%d %H:%M:%S}.000",
                    "ProcessGuid": f"{{5b2f1c0a-7d31-6740-{number:04x}-000000001f00}}",
                    "ProcessId": str(1000 + number),
                    "Image": "C:\\Windows\\System32\\curl.exe",
                    "User": f"EXAMPLE\\{user(act.machine)}",
                    "CommandLine": f"curl -s https://{NAMES[act.database]}/",
                }
            )
        )
    return "".join(f"{line}\n" for line in lines)


def spans(crowd: Crowd) -> list[tuple[int, int, int]]:
    """Per machine and stay: machine, since, until."""
    edges = [BEGIN, *crowd.moves, crowd.end]
    return [
        (machine, low, high)
        for low, high in pairwise(edges)
        for machine in range(crowd.machines)
        if low < high
    ]


def kea(crowd: Crowd, named: bool = True) -> str:
    """Kea's lease file: a row for each lease; ``named`` when the server learned the machines' names."""
    rows = [HEAD]
    for machine, low, high in spans(crowd):
        name = f"ws-{machine}.example.com" if named else ""
        rows.append(
            f"{crowd.address(machine, low)},00:00:5e:00:53:0{machine},,{high - low},{high},1,0,0,{name},0,,0"
        )
    return "".join(f"{row}\n" for row in rows)


def tenancies(crowd: Crowd) -> str:
    """The same as a CSV of who had which address when."""
    rows = ["ip,host,since,until"]
    rows += [f"{crowd.address(m, low)},ws-{m},{low},{high}" for m, low, high in spans(crowd)]
    return "".join(f"{row}\n" for row in rows)


def write(folder: Path, crowd: Crowd, parts: int = 1) -> list[str]:
    """The three logs, each cut into so many files; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in (
        ("unbound.log", unbound(crowd)),
        ("access.log", squid(crowd)),
        ("sysmon.json", sysmon(crowd)),
    ):
        lines = text.splitlines(keepends=True)
        step = -(-len(lines) // parts)
        for part in range(parts):
            file = folder / f"{part}-{name}"
            file.write_text("".join(lines[part * step : (part + 1) * step]))
            paths.append(str(file))
    return paths
