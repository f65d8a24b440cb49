"""What is ours, and how the directory spells accounts, in; under which name any account counts out.

Two accounts of one name in different domains are two. A domain that a log states is put aside only when it is
ours: a name of the inventory or below one, the NetBIOS name (first label) of such a domain, or a domain that
the directory states for that very account. A stranger's account and one of a single machine keep theirs, so
no entry and no person without that domain is about them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from glasshouse import parse
from glasshouse.know.inventory import Inventory
from glasshouse.know.parse_accounts import Spelling, parted
from glasshouse.known import Asset, Machine, Person
from glasshouse.records import Target


class Domains:
    """Says of each spelling of an account its key; without knowledge every stated domain is a stranger's."""

    def __init__(
        self,
        assets: Collection[Asset] = (),
        machines: Iterable[Machine] = (),
        people: Iterable[Person] = (),
        inventory: Inventory | None = None,
    ) -> None:
        self._inventory = Inventory(assets) if inventory is None else inventory
        names, hosts = set[str](), {one.host for one in machines}
        for asset in assets:
            if asset.type == "domain" or (asset.type == "email" and "@" not in asset.value.lstrip("@")):
                names.add(asset.value.lower().lstrip("@"))
            elif asset.type == "hostname":
                hosts.add(asset.value)
        self._machines = {one.partition(".")[0] for one in hosts - names}
        self._labels = {one.partition(".")[0] for one in names}
        self._stated = {pair for one in people for pair in _stated(one)}
        self._keys: dict[str, str | None] = {}

    def key(self, said: str) -> str | None:
        """The name an account counts under: bare when its domain is ours or unstated, else with it."""
        if said not in self._keys:
            found = parted(said)
            self._keys[said] = found and (found.bare if self._ours(found) else found.whole)
        return self._keys[said]

    def _ours(self, said: Spelling) -> bool:
        return all((said.bare, one) in self._stated or self._is_ours(one) for one in said.domains)

    def _is_ours(self, domain: str) -> bool:
        label = domain.partition(".")[0]
        if domain == label:
            return label in self._labels and label not in self._machines
        if not parse.host_name(domain):
            return False
        found = self._inventory.assets_of(Target("email", f"@{domain}"))
        exact = any(one.value.lstrip("@") == domain and one.type != "hostname" for one in found)
        return exact or (bool(found) and label not in self._machines)


def _stated(person: Person) -> Iterable[tuple[str, str]]:
    """The account with each domain that the directory states for it, and their NetBIOS names."""
    mail = parted(person.email or "")
    if mail and mail.bare == person.account:
        yield from ((person.account, domain) for domain in mail.domains)
    for domain in person.domains:
        yield person.account, domain
        yield person.account, domain.partition(".")[0]
