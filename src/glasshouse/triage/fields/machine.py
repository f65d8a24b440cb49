"""What we know of an episode's machines in; what kind of machine it was out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Which machine?"
VALUES: Mapping[str, str] = {
    "server": "a server or network device: no reason to read open databases unless the register says so",
    "workstation": "a machine that a person works at",
    "unmanaged": "a machine that is not ours to manage, or that no list of machines knows",
    "unknown": "no list of machines is known",
}

SERVERS, PEOPLES = ("server", "network"), ("workstation", "mobile")


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """A machine that a complete list does not know is itself a finding."""
    if "machines" not in background.has:
        return unknown("machine", "no list of machines is known", "machines: a CSV or an LDAP directory")
    evidence = [
        Reference(
            "machine", one.origin or one.host, f"{one.host}: {one.kind or 'known'}, owner {one.owner or '-'}"
        )
        for one in background.machines
    ]
    servers = [f"{one.host} ({one.kind})" for one in background.machines if one.kind in SERVERS]
    if servers:
        return known("machine", "server", some(servers), evidence)
    unmanaged = [one.host for one in background.machines if one.managed is False]
    if unmanaged:
        return known("machine", "unmanaged", f"{some(unmanaged)} is not ours to manage", evidence)
    if background.unknown_hosts:
        says = f"{some(background.unknown_hosts)} is in no list of our machines"
        return known("machine", "unmanaged", says, evidence, "medium")
    unclear = [one.host for one in background.machines if one.kind not in PEOPLES]
    if unclear:
        says = f"the list does not say what kind of machine {some(unclear)} is"
        return unknown("machine", says, "the column kind in the list of machines", evidence)
    if background.machines:
        names = some(f"{one.host} (owner {one.owner or 'not named'})" for one in background.machines)
        return known("machine", "workstation", names, evidence)
    return unknown(
        "machine",
        f"which machine had {some(episode.ips) or 'the address'} is not known",
        "leases: DHCP logs, or a list of who had which address when",
    )
