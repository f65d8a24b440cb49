"""Planted acts in, the truth about the day out: as JSON for tests and as a page for readers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from demo_day.decisions import EXPECTED, TITLES
from demo_day.world import SECOND, Host

SECRET_MARK = "NOTAREALKEY"
OWN = "example.com,example.net,203.0.113.0/24"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """One act put into the day on purpose; ``kind`` is incident, look-alike or blind."""

    id: str
    kind: str
    title: str
    hosts: tuple[Host, ...]
    start: int
    end: int
    databases: tuple[str, ...]
    requests: int
    logs: tuple[str, ...]
    alert: bool
    why: str

    def plain(self) -> dict[str, object]:
        """The JSON form."""
        row = {key: value for key, value in asdict(self).items() if key != "hosts"}
        row["actor"] = {
            "hosts": [host.name for host in self.hosts],
            "ips": [host.ip for host in self.hosts],
            "users": [host.user for host in self.hosts if host.user != "-"],
        }
        row["start"], row["end"] = clock(self.start), clock(self.end)
        row["expected_level"] = "medium or higher" if self.alert else "below medium"
        expected = EXPECTED.get(self.id)
        row["expected"] = expected.plain() if expected else None
        return row


def clock(time: int) -> str:
    return datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(
    planted: Sequence[Planted],
    records: dict[str, int],
    before: dict[str, int],
    hashes: dict[str, str],
    survey: dict[str, object],
) -> str:
    """``truth.json``: what was planted, how many records each file holds, the hash of each plain text."""
    document = {
        "day": "2026-03-17",
        "own": OWN,
        "secret_mark": SECRET_MARK,
        "records": records,
        "records_before": before,
        "sha256": hashes,
        "planted": [act.plain() for act in planted],
        "survey": survey,
    }
    return json.dumps(document, indent=1) + "\n"


def as_markdown(planted: Sequence[Planted], records: dict[str, int], before: dict[str, int]) -> str:
    """``TRUTH.md``: the same for readers."""
    lines = [
        "# The truth about the demo day",
        "",
        "One invented working day, Tuesday 2026-03-17 (UTC), of an invented company that owns "
        "`example.com`, `example.net` and `203.0.113.0/24`: 220 workstations, 25 servers, a few guests.",
        "All public addresses are documentation addresses, all people are made up, all keys are fake "
        f"and begin with `{SECRET_MARK}`. `scripts/make_demo` writes these files anew, byte for byte.",
        "",
        "| file | records | what sees what |",
        "|---|---:|---|",
    ]
    lines += [f"| `{name}.zst` | {count:,} | {SIGHT[name]} |" for name, count in records.items()]
    lines += ["", f"Together {sum(records.values()):,} records.", ""]
    for kind, heading in HEADINGS.items():
        lines += [
            f"## {heading}",
            "",
            "| id | when (UTC) | who | what | databases | requests | logs |",
            "|---|---|---|---|---|---:|---|",
        ]
        lines += [_row(act) for act in planted if act.kind == kind]
        lines += [""]
    return "\n".join([*lines, *_decisions(planted), *_around(before)])


def _decisions(planted: Sequence[Planted]) -> list[str]:
    """What triage must make of each alert, gravest decision first."""
    lines = [
        "## Decisions: what triage must make of each alert, with the knowledge in `know/`",
        "",
        "| decision | id | about us | allowed | rests on | because |",
        "|---|---|---|---|---|---|",
    ]
    known = {act.id for act in planted}
    for decision, title in TITLES.items():
        for name, one in EXPECTED.items():
            if one.decision == decision and name in known:
                rests = ", ".join(filter(None, (f"`{one.row}`", one.entry, one.change)))
                lines.append(
                    f"| {title} | {name} | {one.about_us} | {one.allowed} | {rests} | {one.because} |"
                )
    return [*lines, "", "Planted acts that are not in this table become no alert.", ""]


def _around(before: dict[str, int]) -> list[str]:
    counts = ", ".join(f"`{name}.zst` {count:,}" for name, count in before.items())
    return [
        "## Around the day",
        "",
        f"`before/` holds the working days from 2026-02-23 to 2026-03-16 ({counts} records): only what "
        "*usual* is measured by. A buyer, a reader of security news, marketing and an analyst look up a "
        "little, and the weekly domain check runs three times; its alerts are closed as authorised.",
        "",
        "`know/` holds what the company knows: inventory, people, machines, leases, fixed addresses, use "
        "register, change records and the indicators of an invented sharing group.",
        "",
    ]


SIGHT = {
    "dns.log": "Zeek DNS at the resolvers; the head office's browsers and the proxy do not appear here",
    "access.log": "Squid, native format: head office and servers; no user agents, query strings cut off",
    "sysmon.jsonl": "Sysmon 1, 3 and 22 through Winlogbeat: every fourth workstation and six servers",
    "defender-network.csv": "Defender DeviceNetworkEvents export: another fourth of the workstations",
    "defender-process.csv": "Defender DeviceProcessEvents export, with line breaks inside command lines",
}
HEADINGS = {
    "incident": "Incidents: each must become an alert of level medium or higher",
    "look-alike": "Look-alikes: none may reach medium",
    "blind": "Blind spots: bad, but these logs cannot show how bad",
}


def _row(act: Planted) -> str:
    who = "; ".join(f"{host.name} ({host.ip}, {host.user})" for host in act.hosts)
    when = f"{clock(act.start)[11:19]}-{clock(act.end)[11:19]}"
    names = ", ".join(act.databases) or "none"
    cells = (act.id, when, who, f"{act.title}: {act.why}", names, str(act.requests), ", ".join(act.logs))
    return f"| {' | '.join(cells)} |"
