"""A date in; out, what registries and registrar said of the invented company's domains and block (RDAP)."""

from __future__ import annotations

import json

from demo_survey.dates import DATES
from demo_survey.zones import LAME, NEW, OLD

REGISTRY, REGISTRAR, NUMBERS = "rdap.registry.example", "rdap.registrar.example", "rdap.numbers.example"
Json = dict[str, object]


def bootstrap(path: str) -> bytes:
    """The files of IANA that name the RDAP servers (RFC 9224), shortened to what is asked for."""
    services = {
        "/rdap/dns.json": [[["com", "net"], [f"https://{REGISTRY}/v1/"]]],
        "/rdap/ipv4.json": [[["203.0.113.0/24"], [f"https://{NUMBERS}/"]]],
    }[path]
    said = {"description": "RDAP bootstrap file", "publication": "2026-02-10T20:00:01Z", "services": services}
    return _bytes({**said, "version": "1.0"})


def registry(date: str, domain: str) -> bytes:
    """The registry's answer: dates, locks, name servers, and where the registrar is asked."""
    said = _domain(date, domain)
    href = f"https://{REGISTRAR}/domain/{domain.upper()}"
    link = {"value": href, "rel": "related", "href": href, "type": "application/rdap+json"}
    return _bytes({**said, "handle": f"{domain.replace('.', '-').upper()}-DOM", "links": [link]})


def registrar(date: str, domain: str) -> bytes:
    """The registrar's answer: the same, and who holds the domain."""
    person = domain == "example.net"
    said = _domain(date, domain)
    entities = said["entities"]
    assert isinstance(entities, list)
    entities += [_holder(person)]
    if not person:
        said["redacted"] = [
            {
                "name": {"type": "Registrant Phone"},
                "method": "removal",
                "reason": {"description": "Server policy"},
            }
        ]
    return _bytes(said)


def _domain(date: str, domain: str) -> Json:
    lax = domain == "example.net"
    moved = lax and date == DATES[2]
    servers = (NEW if moved else OLD) if lax else (*NEW, LAME)
    changed = "2026-03-10T10:20:00Z" if moved else "2025-04-10T08:00:00Z" if lax else "2025-11-04T09:15:00Z"
    ends = "2026-04-10T08:00:00Z" if lax else "2027-08-13T04:00:00Z"
    locks = ["client transfer prohibited", "client delete prohibited", "server transfer prohibited"]
    return {
        "rdapConformance": ["rdap_level_0", "icann_rdap_response_profile_1"],
        "objectClassName": "domain",
        "ldhName": domain.upper(),
        "status": ["active"] if lax else locks,
        "events": [
            {
                "eventAction": "registration",
                "eventDate": "2011-04-10T08:00:00Z" if lax else "2009-08-13T04:00:00Z",
            },
            {"eventAction": "expiration", "eventDate": ends},
            {"eventAction": "last changed", "eventDate": changed},
            {"eventAction": "last update of RDAP database", "eventDate": f"{date}T05:00:00Z"},
        ],
        "nameservers": [{"objectClassName": "nameserver", "ldhName": one.upper()} for one in servers],
        "secureDNS": {"delegationSigned": not lax},
        "entities": [_registrar()],
    }


def _registrar() -> Json:
    abuse = {
        "objectClassName": "entity",
        "roles": ["abuse"],
        "vcardArray": _card(("fn", "Abuse desk"), ("email", "abuse@registrar.example")),
    }
    return {
        "objectClassName": "entity", "handle": "9999", "roles": ["registrar"],
        "publicIds": [{"type": "IANA Registrar ID", "identifier": "9999"}],
        "vcardArray": _card(("fn", "Example Registrar Ltd")), "entities": [abuse],
    }  # fmt: skip


def _holder(person: bool) -> Json:
    """A person for the shop's domain, a role for the other."""
    said = (("fn", "Domain Administration"), ("org", "Example Company"), ("email", "domains@example.net"))
    if person:
        mail = "robin.sample@example.com"
        said = (("fn", "Robin Sample"), ("org", "Example Company"), ("email", mail))
        return _entity((*said, ("tel", "+49.5550142")), "individual")
    return _entity(said, "org")


def _entity(said: tuple[tuple[str, str], ...], kind: str) -> Json:
    card = _card(*said, ("kind", kind))
    return {"objectClassName": "entity", "roles": ["registrant"], "vcardArray": card}


def _card(*said: tuple[str, str]) -> list[object]:
    rows = [[name, {}, "uri" if name == "tel" else "text", value] for name, value in said]
    return ["vcard", [["version", {}, "text", "4.0"], *rows]]


def network() -> bytes:
    """The registration of the organisation's address block."""
    contacts = [
        {
            "objectClassName": "entity", "handle": "EXAMPLE-CO", "roles": ["registrant"],
            "vcardArray": _card(("fn", "Example Company"), ("kind", "org")),
        },
        {
            "objectClassName": "entity", "handle": "EXAMPLE-NOC", "roles": ["abuse", "technical"],
            "vcardArray": _card(("fn", "Network operations"), ("email", "noc@example.net")),
        },
    ]  # fmt: skip
    return _bytes(
        {
            "objectClassName": "ip network", "handle": "NET-203-0-113-0-1", "startAddress": "203.0.113.0",
            "endAddress": "203.0.113.255", "ipVersion": "v4", "name": "EXAMPLE-NET", "type": "ASSIGNMENT",
            "country": "DE", "status": ["active"], "entities": contacts,
            "cidr0_cidrs": [{"v4prefix": "203.0.113.0", "length": 24}],
            "events": [
                {"eventAction": "registration", "eventDate": "2012-05-05T00:00:00Z"},
                {"eventAction": "last changed", "eventDate": "2024-01-02T03:04:05Z"},
            ],
        }
    )  # fmt: skip


def _bytes(said: Json) -> bytes:
    return json.dumps(said).encode()
