"""The settings and what was adopted in; out, what is ours: what may be asked about, and whose a name is."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from functools import cached_property

from glasshouse import parse
from glasshouse.asking import Subject, SubjectType
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.know.background import Knowledge, know
from glasshouse.known import Asset
from glasshouse.records import Target, TargetType

REFERENCE = Subject("reference", "")  # data about the world: nothing of ours is asked
ASKED: dict[TargetType, SubjectType] = {
    "domain": "domain",
    "hostname": "hostname",
    "ip": "ip",
    "cidr": "cidr",
    "asn": "asn",
    "certificate": "certificate",
    "organisation": "organisation",
}


class Ours:
    """All assets, of the inventory, the settings and those adopted here; ``subjects`` may be asked about."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge, self.assets = knowledge, knowledge.assets
        found = (Subject(ASKED[one.type], one.value) for one in self.assets if one.type in ASKED)
        self.subjects = tuple(dict.fromkeys(found))
        self.domains = frozenset(one.value for one in self.assets if one.type == "domain")
        self._owned: dict[str, Asset | None] = {}

    def owned(self, value: str) -> Asset | None:
        """The asset that makes a name or address ours."""
        value = value.removeprefix("*.")
        if value not in self._owned:
            may = value[-1:].isdigit() or ":" in value  # quicker than trying each name
            kind: TargetType = "ip" if may and parse.address(value) else "hostname"
            found = self.knowledge.inventory.assets_of(Target(kind, value))
            self._owned[value] = next(iter(found), None)
        return self._owned[value]

    def owns(self, subject: Subject) -> bool:
        """Whether a subject may be asked about: it, or what holds it, is an asset."""
        if subject.type == "reference":
            return not subject.value
        found = self.knowledge.inventory.assets_of(Target(subject.type, subject.value))
        return any(_holds(one.value, subject) for one in found)

    @cached_property
    def _named(self) -> dict[str, list[Subject]]:
        found: dict[str, list[Subject]] = {}
        for one in self.subjects:
            found.setdefault(one.value, []).append(one)
        return found

    def named(self, value: str) -> Sequence[Subject]:
        """The subjects that have this value: a name may be a domain and a host of ours."""
        return self._named.get(value, ())


def _holds(value: str, subject: Subject) -> bool:
    """Whether an asset holds all of a subject: the inventory also finds what touches a network or a text."""
    if subject.type == "cidr":
        spelt = parse.network(subject.value)
        if spelt is None:
            return False
        outer, inner = ipaddress.ip_network(value, strict=False), ipaddress.ip_network(spelt)
        return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
    if subject.type == "organisation":
        return re.findall(r"\w+", value.casefold()) == re.findall(r"\w+", subject.value.casefold())
    return True


def known(options: Options, adopted: Sequence[Asset] = ()) -> Ours:
    """What is ours; UsageError when nothing is, because then nothing may be asked about."""
    knowledge = know(options.settings, adopted=adopted)
    if not knowledge.assets:
        unread = "".join(f"; {one.where}: {one.reason}" for one in knowledge.troubles[:1])
        raise UsageError(
            f"nothing is known to be ours, so nothing may be asked about{unread}",
            "know.paths",
            'name an inventory in the settings, or own = ["example.com"]',
        )
    return Ours(knowledge)
