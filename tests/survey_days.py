"""A day of an invented organisation in; real servers on loopback that answer as the world did then out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import survey_servers as servers
from survey_servers import Asked, Served, http

DOMAIN, ADDRESS = "example.test", "203.0.113.10"
LETS = "C=US, O=Let's Encrypt, CN=R11"
INVENTORY = f"""\
defaults: {{owner: web team}}
domains: [{{value: {DOMAIN}, criticality: high}}]
hostnames: [{{value: www.{DOMAIN}, criticality: critical}}]
addresses: [{ADDRESS}]
"""

REVERSE = "$TTL 300\n@ IN SOA ns1 hostmaster 1 3600 600 86400 60\n@ IN NS ns1\nns1 IN A 192.0.2.53\n"


def certificate(number: int, *names: str, issuer: str = LETS, since: str = "2026-11-01") -> dict:
    """One entry of an answer of crt.sh."""
    return {
        "issuer_ca_id": 1, "issuer_name": issuer, "common_name": names[0], "name_value": "\n".join(names),
        "id": number, "entry_timestamp": f"{since}T01:00:00", "not_before": f"{since}T00:00:00",
        "not_after": "2027-06-01T00:00:00", "serial_number": f"0{number:x}a{number:x}",
    }  # fmt: skip


@dataclass(frozen=True)
class Day:
    """What the world says; ``blind`` are the collectors whose servers only say 503."""

    apex: tuple[str, ...] = ("MX 10 mail", 'TXT "v=spf1 -all"')
    hosts: tuple[str, ...] = (f"www A {ADDRESS}",)
    certificates: tuple[dict, ...] = (certificate(101, f"www.{DOMAIN}"),)
    ports: tuple[int, ...] = (22, 443)
    registrar: str = "Registrar One"
    blind: frozenset[str] = frozenset()
    others: dict[str, Day] = field(default_factory=dict)  # what it says of other domains, by name

    def but(self, **said: object) -> Day:
        """The same day, but for this."""
        return replace(self, **said)

    def of(self, domain: str) -> Day:
        return self.others.get(domain, self)


@dataclass
class World:
    """The servers of one day, and the settings that lead there."""

    served: dict[str, Served]
    settings: str

    def asked(self, collector: str) -> list[str]:
        """What a server was asked, in words."""
        return [
            one.target if isinstance(one, Asked) else one.decode() for one in self.served[collector].asked
        ]


def zone(day: Day, domain: str) -> str:
    """The master file of one domain on a day."""
    apex = "\n".join(f"@ IN {one}" for one in day.of(domain).apex)
    hosts = "\n".join(one.replace(" ", " IN ", 1) for one in day.of(domain).hosts)
    return f"""$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
ns1 IN A 192.0.2.53
mail IN A 192.0.2.25
{apex}
{hosts}
"""


def crtsh(day: Day, asked: Asked) -> bytes:
    about = asked.target.partition("Identity=")[2].partition("&")[0]
    return http(json.dumps(day.of(about).certificates), Content_Type="application/json")


def rdap(day: Day, asked: Asked) -> bytes:
    if asked.path.startswith("/rdap/"):
        said = {"version": "1.0", "services": [[["test"], ["https://rdap.nic.test/"]]]}
        return http(json.dumps(said), Content_Type="application/json")
    domain = asked.path.rpartition("/")[2]
    said = {
        "objectClassName": "domain", "ldhName": domain, "handle": f"H-{domain}", "status": ["active"],
        "events": [
            {"eventAction": "registration", "eventDate": "2020-01-01T10:00:00Z"},
            {"eventAction": "expiration", "eventDate": "2030-01-01T10:00:00Z"},
        ],
        "nameservers": [{"objectClassName": "nameserver", "ldhName": f"ns1.{domain}"}],
        "entities": [
            {
                "objectClassName": "entity", "handle": "R-1", "roles": ["registrar"],
                "vcardArray": ["vcard", [["version", {}, "text", "4.0"],
                                         ["fn", {}, "text", day.of(domain).registrar]]],
            }
        ],
    }  # fmt: skip
    return http(json.dumps(said), Content_Type="application/rdap+json")


def whois(day: Day, line: str) -> bytes:
    if line == ADDRESS:  # what IANA and the registry say, in one: both are this server
        return (
            b"refer: whois.nic.test\r\n\r\ninetnum: 203.0.113.0 - 203.0.113.255\r\nnetname: EXAMPLE-NET\r\n"
            b"country: ZZ\r\nsource: TEST\r\n"
        )
    if "." not in line:
        return b"domain: TEST\r\nrefer: whois.nic.test\r\nstatus: ACTIVE\r\n"
    return (
        f"Domain Name: {line.upper()}\r\nRegistrar: {day.of(line).registrar}\r\n"
        f"Creation Date: 2020-01-01T10:00:00Z\r\nRegistry Expiry Date: 2030-01-01T10:00:00Z\r\n"
        f"Domain Status: ok https://icann.org/epp#ok\r\nName Server: NS1.{line.upper()}\r\n"
    ).encode()


def internetdb(day: Day, asked: Asked) -> bytes:
    if asked.path != f"/{ADDRESS}" or not day.ports:
        return http('{"detail":"No information available"}', 404)
    said = {"cpes": [], "hostnames": [f"www.{DOMAIN}"], "ip": ADDRESS, "ports": list(day.ports), "tags": [],
            "vulns": []}  # fmt: skip
    return http(json.dumps(said), Content_Type="application/json")


WEB = {"crtsh": crtsh, "rdap-domain": rdap, "internetdb": internetdb}


@contextmanager
def world(folder: Path, day: Day, context: object, authority: Path) -> Iterator[World]:
    """All servers of one day; skips where BIND is not installed."""
    if servers.NAMED is None:
        pytest.skip("named is not installed (bind9)")
    folder.mkdir()
    with ExitStack() as stack:

        def web(name: str, app: object) -> Served:
            dead = name in day.blind
            return stack.enter_context(
                servers.https(
                    (lambda _: http("busy", 503)) if dead else (lambda asked: app(day, asked)), context
                )
            )

        served = {name: web(name, app) for name, app in WEB.items()}
        served["whois"] = stack.enter_context(servers.whois(lambda line: whois(day, line)))
        zones = {name: (zone(day, name), "none") for name in (DOMAIN, *day.others)}
        zones["113.0.203.in-addr.arpa"] = (f"{REVERSE}10 IN PTR www.{DOMAIN}.\n", "none")
        served["dns"] = stack.enter_context(servers.bind9(folder, zones))
        places = {name: one.url if name in WEB else one.place for name, one in served.items()}
        yield World(
            served,
            "[survey]\nslower = 0.0\nhours = 0\n"
            f'ca = "{authority}"\ncollectors = {json.dumps([*served])}\n'
            "[survey.endpoints]\n" + "".join(f'{name} = "{place}"\n' for name, place in places.items()),
        )


def home(folder: Path, world: World, more: str = "", changes: str = "") -> Path:
    """A home folder whose settings lead to the servers; written anew it keeps its lake and decisions."""
    folder.mkdir(exist_ok=True)
    (folder / "inventory.yml").write_text(INVENTORY)
    (folder / "changes.csv").write_text(
        "change,title,start,end,approved,approved_by,state,requested_by,assets\n" + changes
    )
    paths = json.dumps([str(folder / "inventory.yml"), str(folder / "changes.csv")])
    (folder / "glasshouse.toml").write_text(f"{more}\n[know]\npaths = {paths}\n{world.settings}")
    return folder
