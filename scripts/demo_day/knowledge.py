"""The invented company in; out what it knows: inventory, people, leases, register, changes, intelligence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from demo_day.world import AD, MIDNIGHT, SECOND, Host, World

LEFT = "u-7b7w"  # left the company on the Friday before
DEPARTMENTS = ("Sales", "Finance", "Purchasing", "Logistics", "Engineering", "Marketing", "IT", "Legal")
ROLES = {
    "u-598c": ("Threat Intelligence", "Analyst"),
    "u-9c1n": ("Vulnerability Management", "Analyst"),
    "u-735v": ("Vulnerability Management", "Analyst"),
    "u-719w": ("Red Team", "Tester"),
    "u-461w": ("Finance", "Clerk"),
    LEFT: ("Sales", "Representative"),
    "u-916m": ("Marketing", "Manager"),
    "u-7f0n": ("IT", "Network engineer"),
}
BY_DESK = {
    "ws-071": ("Purchasing", "Buyer"),
    "ws-083": ("Sales", "Representative"),
    "ws-203": ("IT", "Clerk"),
}
CRITICAL = {"dc01": "critical", "dc02": "critical", "jump01": "high", "vpn01": "high", "mail01": "high"}
KEA = (
    "address", "hwaddr", "client_id", "valid_lifetime", "expire", "subnet_id", "fqdn_fwd", "fqdn_rev",
    "hostname", "state", "user_context", "pool_id",
)  # fmt: skip
LEASE_DAYS = 30
GRANTED = MIDNIGHT // SECOND - 23 * 86_400  # renewed by nobody since: the file holds one row a machine

INVENTORY = """\
# What the company owns. A domain holds every name below it.
defaults: {owner: it-operations, environment: production}
domains:
  - {value: example.com, criticality: high}
  - {value: example.net, owner: online-shop, criticality: high}
hostnames:
  - {value: www.example.com, criticality: high}
  - {value: sso.example.com, criticality: high}
  - {value: mail.example.com, criticality: high}
  - {value: vpn.example.com, owner: network-operations, criticality: high}
  - {value: api.example.com, owner: platform-team, criticality: high}
  - {value: status.example.com, owner: platform-team, criticality: high}
  - {value: files.example.com, criticality: high}
  - {value: git01.corp.example.com, owner: platform-team, criticality: high}
  - {value: www.example.net, owner: online-shop, criticality: high}
  - {value: shop.example.net, owner: online-shop, criticality: high}
  - {value: portal.example.net, owner: online-shop, criticality: high}
networks:
  - {value: 203.0.113.0/24, criticality: medium}
addresses:
  - {value: 203.0.113.10, criticality: medium}                             # web server behind the CDN
  - {value: 203.0.113.11, criticality: medium}                             # mail
  - {value: 203.0.113.12, owner: network-operations, criticality: medium}  # VPN gateway
  - {value: 203.0.113.20, owner: online-shop, criticality: medium}         # shop
  - {value: 203.0.113.25, criticality: medium}                             # old file server
  - {value: 203.0.113.30, owner: data-team, criticality: medium}           # reporting database
  - {value: 203.0.113.40, owner: platform-team, criticality: medium}       # API
  - {value: 203.0.113.44, criticality: medium}                             # branch office
organisations: [Example Company]
emails: [example.com]
"""
REGISTER = """\
# Who may look up what in open databases, why, approved by whom, until when.
uses:
  - id: CERT-WATCH
    purpose: Watch for certificates issued for our names
    category: pipeline
    who: {accounts: [svc-watch], hosts: [srv-app04]}
    databases: [certspotter]
    targets: ["*"]                # the proxy does not show names
    requests_per_day: 300
    approved_by: head-of-platform
    valid_from: 2026-01-12
    valid_until: 2026-06-30
    ticket: SEC-2041

  - id: RED-TEAM-MARCH
    purpose: Announced exercise of the red team against our names
    category: exercise
    who: {accounts: [u-719w], hosts: [ws-149, jump01]}
    databases: ["*"]
    targets: ["*"]
    approved_by: head-of-security
    valid_from: 2026-03-16
    valid_until: 2026-03-20
    ticket: SEC-2077

  - id: THREAT-INTELLIGENCE
    purpose: Daily work of threat intelligence
    category: analyst
    who: {departments: [Threat Intelligence]}
    databases: [T1596]
    targets: ["*"]
    requests_per_day: 100
    approved_by: head-of-security
    valid_from: 2026-01-05
    valid_until: 2026-06-30
    ticket: SEC-1998

  - id: SCAN-PLATFORM
    purpose: The vulnerability platform loads the data files of Shodan
    category: vulnerability-platform
    who: {accounts: [svc-build], hosts: [build02]}
    databases: [shodan]
    targets: ["*"]
    requests_per_day: 10
    approved_by: head-of-security
    valid_from: 2026-02-01
    valid_until: 2026-07-15
    ticket: SEC-2015

  - id: VULN-SHODAN
    purpose: Check our own addresses in Shodan, each with a key of one's own
    category: vulnerability-platform
    who: {departments: [Vulnerability Management]}
    databases: [shodan]
    targets: [own]
    requests_per_day: 50
    approved_by: head-of-security
    valid_from: 2026-01-05
    valid_until: 2026-06-30
    ticket: SEC-1999

  - id: DOMAIN-CHECK
    purpose: Weekly check of our own domains before renewal
    category: asset-management
    who: {accounts: [svc-legacy], hosts: [srv-app03]}
    databases: [whois-port43]
    targets: [own]
    requests_per_day: 45
    approved_by: head-of-platform
    valid_from: 2026-01-19
    valid_until: 2026-07-01
    ticket: OPS-0871

  - id: EXPOSURE-REPORT
    purpose: Monthly report of what passive DNS says about us
    category: other
    who: {accounts: [svc-report]}
    databases: [securitytrails]
    targets: ["*"]
    requests_per_day: 80
    approved_by: head-of-platform
    valid_from: 2026-03-01
    valid_until: 2026-08-15
    ticket: OPS-0902
"""
CHANGES = (
    ("id", "title", "start", "end", "approved", "approved_by", "state", "requested_by", "assets"),
    ("CHG-3301", "Domain check before the renewals of spring", "2026-03-17T03:00Z", "2026-03-17T03:30Z",
     "yes", "change-board", "closed", "svc-legacy", "srv-app03"),
    ("CHG-3308", "First run of the exposure report", "2026-03-17T02:00Z", "2026-03-17T03:00Z",
     "yes", "change-board", "closed", "svc-report", "srv-app02"),
    ("CHG-3312", "Renew the certificates of the web servers", "2026-03-17T04:00Z", "2026-03-17T04:30Z",
     "yes", "change-board", "closed", "svc-web", "web02"),
    ("CHG-3315", "Collect names of ours from certificates", "2026-03-17T14:00Z", "2026-03-17T16:00Z",
     "no", "", "rejected", "u-461w", ""),
    # Changes of what is public, between the second and the third survey.
    ("CHG-3290", "New address and certificate for the API", "2026-03-11T09:00Z", "2026-03-11T12:00Z",
     "yes", "change-board", "closed", "platform-team", "api.example.com; 203.0.113.40"),
    ("CHG-3293", "Renew the certificate of the web site", "2026-03-12T09:00Z", "2026-03-12T11:00Z",
     "yes", "change-board", "closed", "it-operations", "www.example.com"),
    ("CHG-3294", "Move the shop's domain to other name servers", "2026-03-10T09:00Z", "2026-03-10T12:00Z",
     "yes", "change-board", "closed", "online-shop", "example.net; ns1.dns.example; ns2.dns.example"),
    ("CHG-3296", "Switch the old file server off", "2026-03-09T18:00Z", "2026-03-09T20:00Z",
     "yes", "change-board", "closed", "it-operations", "203.0.113.25"),
    ("CHG-3299", "Remote access to the branch office", "2026-03-12T08:00Z", "2026-03-12T10:00Z",
     "no", "", "rejected", "it-operations", "203.0.113.44"),
)  # fmt: skip


def files(world: World) -> dict[str, str]:
    """Every file of the folder ``know`` by name; the same on every machine and every run."""
    return {
        "inventory.yml": INVENTORY,
        "people.csv": _table(_people(world)),
        "machines.csv": _table(_machines(world)),
        "kea-leases4.csv": _table(_leases(world)),
        "servers-addresses.csv": _table(_fixed(world)),
        "register.yml": REGISTER,
        "changes.csv": _table(CHANGES),
        "intel.json": json.dumps(_bundle(), indent=1) + "\n",
    }


def _table(rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def _post(number: int, host: Host) -> tuple[str, str]:
    """Department and role of whoever sits at a desk."""
    return BY_DESK.get(host.name) or ROLES.get(host.user) or (DEPARTMENTS[number % 8], "Employee")


def _people(world: World) -> Iterable[Sequence[str]]:
    yield "account", "department", "role", "privileged", "service", "disabled"
    for number, host in enumerate(world.at_site("hq", "branch")):
        yield host.user, *_post(number, host), "no", "no", "yes" if host.user == LEFT else "no"
    for account in sorted({host.user for host in world.at_site("server")}):
        yield account, "IT", "Service", "yes" if account == "svc-ad" else "no", "yes", "no"


def _machines(world: World) -> Iterable[Sequence[str]]:
    yield "host", "owner", "kind", "criticality", "department", "managed"
    for number, host in enumerate(world.at_site("hq", "branch")):
        yield host.name, host.user, "workstation", "low", _post(number, host)[0], "yes"
    for host in world.at_site("server"):
        yield host.name, "it-operations", "server", CRITICAL.get(host.name, "medium"), "IT", "yes"


def _leases(world: World) -> Iterable[Sequence[str]]:
    """Kea's lease file: office and guest networks, one row a machine, addresses of RFC 7042."""
    yield KEA
    subnets = {"hq": "10", "branch": "14", "guest": "40"}
    lifetime = LEASE_DAYS * 86_400
    for number, host in enumerate(world.at_site("hq", "branch", "guest")):
        hardware = f"00:00:5e:00:53:{number:02x}"
        name = host.name if host.site == "guest" else f"{host.name}.{AD}"
        times = str(lifetime), str(GRANTED + lifetime)
        yield host.ip, hardware, "", *times, subnets[host.site], "0", "0", name, "0", "", "0"


def _fixed(world: World) -> Iterable[Sequence[str]]:
    yield "ip", "host", "since", "until"
    for host in world.at_site("server"):
        yield host.ip, host.name, "2025-11-03T00:00:00Z", ""


def _bundle() -> dict[str, object]:
    """Three indicators of an invented sharing group; one says what the group's members were probed with."""
    stamp, group = "2026-03-12T09:00:00.000Z", _id("identity", 1)
    head = {"spec_version": "2.1", "created": stamp, "modified": stamp}
    said = (
        ("Subfinder, run from public folders of stolen machines", "[process:name = 'subfinder.exe']", 75, ""),
        ("Address that collects the results", "[ipv4-addr:value = '198.51.100.231']", 80, ""),
        (
            "Domain of an older wave",
            "[domain-name:value = 'collect.example.org']",
            60,
            "2025-12-31T00:00:00Z",
        ),
    )
    indicators = [
        {
            "type": "indicator", **head, "id": _id("indicator", number), "created_by_ref": group,
            "name": name, "indicator_types": ["malicious-activity"], "pattern": pattern,
            "pattern_type": "stix", "valid_from": "2025-06-01T00:00:00Z", "confidence": sure,
            **({"valid_until": ends} if ends else {}),
        }
        for number, (name, pattern, sure, ends) in enumerate(said, 1)
    ]  # fmt: skip
    identity = {"type": "identity", **head, "id": group, "name": "Example ISAC"}
    return {
        "type": "bundle",
        "id": _id("bundle", 1),
        "objects": [{**identity, "identity_class": "organization"}, *indicators],
    }


def _id(kind: str, number: int) -> str:
    return f"{kind}--00000000-0000-4000-8000-{number:012d}"
