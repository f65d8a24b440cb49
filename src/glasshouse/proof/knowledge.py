"""An estate in; what it knows about itself out, as files the product reads: know/ and a settings file."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.acts import SETTINGS
from glasshouse.proof.clock import DAY, SECOND, iso
from glasshouse.proof.estate import AD, INSPECTOR, LONGEST_WEEK, NAT, PROXY, Estate, Machine

_INVENTORY = """\
# What the company owns. A domain holds every name below it.
defaults: {owner: it-operations, environment: production}
domains:
  - {value: example.com, criticality: high}
  - {value: example.net, owner: online-shop, criticality: high}
networks:
  - {value: 203.0.113.0/24, criticality: medium}
organisations: [Example Company]
emails: [example.com]
"""
_INTEL = """\
# indicators of a sharing group: domain names and addresses of campaigns of late
collect.attacker.test
198.51.100.231
"""
_SETTINGS = """\
# Written by `glasshouse corpus`. Paths are as they were when it was made.
own = ["example.com", "example.net", "203.0.113.0/24", "EXAMPLE"]

[know]
paths = [{know}]
stale_days = 36500  # the days of a corpus do not move on

[triage]
intel_days = 36500
"""
_ENTRY = """\
  - id: {id}
    purpose: {purpose}
    category: {category}
    who: {who}
    databases: {databases}
    targets: ["*"]
{more}    approved_by: head-of-security
    valid_from: {since}
    valid_until: {until}
    ticket: {ticket}
"""


def files(estate: Estate, days: int) -> dict[str, str]:
    """Path below the corpus to text; all but the settings, which name the folder."""
    end = estate.start + days * DAY
    return {
        "know/inventory.yml": _INVENTORY,
        "know/people.csv": "".join(_people(estate)),
        "know/machines.csv": "".join(_machines(estate)),
        "know/leases.csv": "".join(_leases(estate, days)),
        "know/register.yml": _register(estate, end),
        "know/changes.csv": _changes(estate, end),
        "know/intel.txt": _INTEL,
    }


def settings(folder: str) -> tuple[str, str]:
    """Name and text of the settings file; ``folder`` is a string of TOML, the place of know/."""
    return SETTINGS, _SETTINGS.format(know=folder)


def _people(estate: Estate) -> Iterator[str]:
    yield "account,department,role,privileged,service,disabled\n"
    for one in estate.machines:
        if not one.account:
            continue
        service = one.zone == "server"
        role = "Service" if service else "Analyst" if one.role in ("analyst", "soc") else "Employee"
        yield f"{one.account},{one.department},{role},no,{'yes' if service else 'no'},no\n"


def _machines(estate: Estate) -> Iterator[str]:
    yield "host,owner,kind,criticality,department,managed\n"
    for one in estate.machines:
        server = one.zone == "server"
        kind = "server" if server else "workstation"
        level = "medium" if server else "low"
        if one.managed:
            yield f"{one.name},{one.account},{kind},{level},{one.department},yes\n"
        else:
            yield f"{one.name},,workstation,low,,no\n"
    yield "gw-guest,it-operations,network,medium,IT,yes\n"


def _leases(estate: Estate, days: int) -> Iterator[str]:
    """Who had which address when, one row for each stretch of weeks with the same address."""
    yield "ip,host,since,until\n"
    weeks = max(1, -(-days // 7))
    for one in estate.machines:
        first = 0
        for week in range(1, weeks + 1):
            if week < weeks and one.address(week) == one.address(first):
                continue
            since = estate.start + first * LONGEST_WEEK - (30 * DAY if first == 0 else 0)
            until = "" if week == weeks else _clock(estate.start + week * LONGEST_WEEK)
            yield f"{one.address(first)},{one.fqdn},{_clock(since)},{until}\n"
            first = week
    for ip, name in ((PROXY, "proxy01"), (INSPECTOR, "proxy02"), (NAT, "gw-guest")):
        yield f"{ip},{name}.{AD},{_clock(estate.start - 30 * DAY)},\n"


def _clock(time: int) -> str:
    return iso(time - time % SECOND, 0).replace(".Z", "Z")


def _date(time: int) -> str:
    return iso(time, 0)[:10]


def _register(estate: Estate, end: int) -> str:
    seats = estate.seats
    since, until = _date(estate.start - 30 * DAY), _date(min(end + 30 * DAY, estate.start + 140 * DAY))

    def entry(
        name: str, purpose: str, category: str, who: str, databases: str, more: str, ticket: str
    ) -> str:
        return _ENTRY.format(
            id=name, purpose=purpose, category=category, who=who, databases=databases, more=more, since=since,
            until=until, ticket=ticket,
        )  # fmt: skip

    text = "# Who may look up what in open databases, why, approved by whom, until when.\nuses:\n"
    for role, name, purpose, category, databases, volume in _ENTRIES:
        if role in seats:
            more = f"    requests_per_day: {volume}\n"
            ticket = f"SEC-{2000 + len(text) % 89}"
            text += entry(name, purpose, category, _who(seats[role]), databases, more, ticket)
    return text


_ENTRIES = (
    ("soar", "SOAR-ENRICHMENT", "Enrichment of indicators in alerts", "other", '["*"]', 2000),
    ("scanner", "SCAN-PLATFORM", "The vulnerability platform asks scan databases", "vulnerability-platform",
     "[shodan, shodan-internetdb, censys-platform]", 2000),
    ("ci", "CERT-WATCH", "Watch for certificates of our names", "pipeline", "[certspotter, crtsh]", 600),
    ("analyst", "THREAT-INTELLIGENCE", "Daily work of threat intelligence", "analyst", '["*"]', 800),
    ("soc", "SOC-DESK", "Lookups during the handling of alerts", "analyst", '["*"]', 800),
    ("vulnerability", "VULN-DESK", "Check of our own addresses", "vulnerability-platform",
     "[shodan, shodan-internetdb, censys-platform, censys-legacy]", 800),
    ("red-team", "RED-TEAM-SPRING", "Announced exercise of the red team", "exercise", '["*"]', 9000),
)  # fmt: skip


def _who(machines: tuple[Machine, ...]) -> str:
    accounts = ", ".join(one.account for one in machines)
    return f"{{accounts: [{accounts}], hosts: [{', '.join(one.name for one in machines)}]}}"


def _changes(estate: Estate, end: int) -> str:
    since, until = iso(estate.start, 0)[:16] + "Z", iso(end, 0)[:16] + "Z"
    team = estate.seats.get("red-team", estate.machines[:1])
    hosts = "; ".join(one.name for one in team)
    return (
        "id,title,start,end,approved,approved_by,state,requested_by,assets\n"
        f"CHG-4101,Exercise of the red team,{since},{until},yes,change-board,open,{team[0].account},{hosts}\n"
        f"CHG-4107,Collect names of ours from certificates,{since},{until},no,,rejected,u-unknown,\n"
    )
