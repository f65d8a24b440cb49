"""A containment plan in, a response policy zone out, for unbound and BIND: the databases do not exist.

Format: draft-vixie-dnsop-dns-rpz. ``CNAME .`` answers NXDOMAIN, ``CNAME rpz-passthru.`` lets through; the
most specific name counts. A trigger and the name of the zone together may have 253 characters.
"""

from __future__ import annotations

from glasshouse.triage.block import comment, header, names, slug
from glasshouse.verdicts import Containment

TITLE = "DNS: response policy zone (RPZ) for unbound and BIND"
KIND = "block"
FILE = "block.rpz"
_TTL = 300


def render(plan: Containment) -> str:
    """The zone; a name and ``*.name`` for each name, the bare name where it is blocked exactly."""
    found, zone = names(plan), f"{slug(plan)}.rpz"
    fits = 253 - len(f"*..{zone}")
    text = header(plan, ";", TITLE, _steps(zone), "take the zone out of the configuration and reload.")
    every = (*found.names, *found.exact)
    long = [name for name in every if len(name) > fits]
    text += comment(";", (f"Left out, too long for a policy zone: {name}" for name in long))
    serial = max(1, plan.made // 1_000_000 % 2**32)
    text += f"\n$TTL {_TTL}\n@ IN SOA localhost. hostmaster.localhost. {serial} 3600 600 86400 {_TTL}\n"
    text += "@ IN NS localhost.\n"
    lines = [line for name in found.names for line in (f"{name} CNAME .", f"*.{name} CNAME .")]
    lines += [f"{name} CNAME ." for name in found.exact]
    for name in found.open:
        lines += [f"{name} CNAME rpz-passthru.", f"*.{name} CNAME rpz-passthru."]
    return text + "".join(f"{line}\n" for line in lines if len(line.split()[0].removeprefix("*.")) <= fits)


def _steps(zone: str) -> tuple[str, ...]:
    return (
        "it holds for every client of the resolver; answers are NXDOMAIN.",
        'unbound: in server: module-config: "respip validator iterator"; then',
        f'unbound: rpz: name: "{zone}" zonefile: "block.rpz" rpz-log: yes',
        f'BIND: options {{ response-policy {{ zone "{zone}"; }} qname-wait-recurse no; }};',
        f'BIND: zone "{zone}" {{ type primary; file "block.rpz"; allow-query {{ none; }}; }};',
    )
