"""The objects of one ATT&CK release that belong to a technique's family: what is kept of a STIX bundle."""

from __future__ import annotations

from dataclasses import dataclass, field

FAMILY = "T1596"
NOTICE = (
    "© {year} The MITRE Corporation. This work is reproduced and distributed with the permission of "
    "The MITRE Corporation. ATT&CK and MITRE ATT&CK are registered trademarks of The MITRE Corporation; "
    "terms of use: https://attack.mitre.org/resources/legal-and-branding/terms-of-use/"
)


@dataclass(frozen=True, slots=True)
class LogSource:
    """Where an analytic of theirs looks: data component, log source name and channel."""

    component: str
    name: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One object: technique, tactic, mitigation, group, campaign, detection strategy, analytic …"""

    id: str  # STIX id
    type: str  # STIX type
    attack_id: str  # T1596.002, M1056, G0094 ...; empty when it has none
    name: str
    version: str = ""  # x_mitre_version
    created: str = ""
    modified: str = ""
    url: str = ""
    text: str = ""
    platforms: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()  # short names
    refers: tuple[str, ...] = ()  # STIX ids it names: analytics of a strategy
    log_sources: tuple[LogSource, ...] = ()
    mutable: tuple[str, ...] = ()  # fields that a user of an analytic is meant to set
    withdrawn: bool = False  # revoked or deprecated
    sha256: str = ""  # of the object as canonical JSON
    said: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # all fields, as JSON text


@dataclass(frozen=True, slots=True)
class Link:
    """One relationship: source, what it does to the target, and in whose words."""

    type: str  # subtechnique-of, mitigates, uses, detects
    source: str
    target: str
    text: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class Release:
    """What one release says about a family of techniques."""

    version: str  # "18.1"
    spec: str  # STIX 2.0 or 2.1
    things: tuple[Thing, ...]
    links: tuple[Link, ...]
    notice: str
    odd: int = 0  # entries of the bundle that are no STIX objects
    objects: tuple[bytes, ...] = field(default=(), repr=False)  # as they came, canonical, in order of id

    def by_id(self) -> dict[str, Thing]:
        """Every object by its STIX id."""
        return {one.id: one for one in self.things}

    def named(self, attack_id: str) -> Thing | None:
        """The object of an ATT&CK id, in any case of letters."""
        wanted = attack_id.upper()
        return next((one for one in self.things if one.attack_id.upper() == wanted), None)

    def techniques(self) -> list[Thing]:
        """The technique and its sub-techniques, in order."""
        found = [one for one in self.things if one.type == "attack-pattern"]
        return sorted(found, key=lambda one: one.attack_id)


def order(version: str) -> tuple[float, ...]:
    """A release number as something to sort by: 9.0 before 10.1, 19.x after 19.1."""
    return tuple(float(part) if part.isdigit() else float("inf") for part in version.split("."))
