"""What we know of an episode's machines in; what kind of machine it was out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Which machine?"
VALUES: Mapping[str, str] = {
    "server": "a server: it has no reason to read open databases unless the register says so",
    "workstation": "a machine that a person works at",
    "unmanaged": "a machine that is not ours to manage, or that no list of machines knows",
    "unknown": "no list of machines is known",
}


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
    if any(one.kind == "server" for one in background.machines):
        names = some(one.host for one in background.machines if one.kind == "server")
        return known("machine", "server", f"{names} is a server", evidence)
    if background.unknown_hosts or any(one.managed is False for one in background.machines):
        names = some(background.unknown_hosts or [one.host for one in background.machines])
        return known("machine", "unmanaged", f"{names} is in no list of our machines", evidence, "medium")
    if background.machines:
        names = some(f"{one.host} (owner {one.owner or 'not named'})" for one in background.machines)
        return known("machine", "workstation", names, evidence)
    return unknown(
        "machine",
        f"which machine had {some(episode.ips) or 'the address'} is not known",
        "leases: DHCP logs, or a list of who had which address when",
    )
