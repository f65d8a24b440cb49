"""One entry of the use register in; out, quick to ask: whom it names, and what of an episode it allows.

An episode has four *sides*: actors, databases, targets and clients. An entry allows some elements of each.
What the logs do not show is an element too (``UNSEEN``): only an entry that leaves its side open allows it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from glasshouse import parse
from glasshouse.know.domains import Domains
from glasshouse.know.parse_accounts import spelled
from glasshouse.know.ranges import Range, below, range_of, ranges, within
from glasshouse.known import Person, Use
from glasshouse.records import Client, Target
from glasshouse.verdicts import Episode

UNSEEN = ""
NAMES = frozenset({"domain", "hostname", "email"})
Element = str | Target | Client
Techniques = Mapping[str, Collection[str]]  # of each database of the catalogue


@dataclass(frozen=True, slots=True)
class Facts:
    """An episode, as entries are compared with it: made once for all of them."""

    accounts: Mapping[str, tuple[frozenset[str], ...]]  # account: (roles, departments, groups), case folded
    hosts: frozenset[str]
    addresses: tuple[Range, ...]
    keys: frozenset[str]
    sides: tuple[tuple[Element, ...], ...]  # actors, databases, targets, clients
    ours: frozenset[str]  # targets that the inventory holds
    techniques: frozenset[str]  # of the whole episode
    by_database: Techniques


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, its words in sets. Words of one kind are alternatives."""

    use: Use
    accounts: frozenset[str]
    people: tuple[frozenset[str], ...]  # roles, departments, groups
    hosts: frozenset[str]
    networks: tuple[Range, ...]
    keys: frozenset[str]
    databases: frozenset[str]
    techniques: tuple[str, ...]
    any_target: bool
    own: bool
    targets: frozenset[str]  # names, AS numbers and other words
    target_ranges: tuple[Range, ...]
    clients: frozenset[str]

    def names(self, facts: Facts) -> bool:
        """Whether it is about this actor at all: it names an account, machine or key of the episode."""
        return (
            any(self._person(account, facts) for account in facts.accounts)
            or bool(self.hosts & facts.hosts)
            or any(within(one, self.networks) for one in facts.addresses)
            or bool(self.keys & facts.keys)
        )

    def words(self) -> frozenset[str]:
        """Words of which an actor that it names, if not by network, shows one, as ``words_of`` says them."""
        return self.accounts | self.hosts | self.keys | frozenset[str]().union(*self.people)

    def allows(self, facts: Facts) -> tuple[frozenset[int], ...]:
        """Of each side the numbers of the elements it allows."""
        anyone = self._machine(facts) or self._key(facts)
        actors, databases, targets, clients = facts.sides
        return (
            _numbers(
                anyone or (account != UNSEEN and self._person(str(account), facts)) for account in actors
            ),
            _numbers(self._database(str(one), facts) for one in databases),
            _numbers(self._target(one, facts) for one in targets if not isinstance(one, Client)),
            _numbers(self._client(one) for one in clients if isinstance(one, Client)),
        )

    def _person(self, account: str, facts: Facts) -> bool:
        said = facts.accounts.get(account, ())
        return account in self.accounts or any(
            mine & its for mine, its in zip(self.people, said, strict=False)
        )

    def _machine(self, facts: Facts) -> bool:
        """Whether every machine that shows is named, so that it speaks for whoever works there."""
        hosts = bool(facts.hosts) and facts.hosts <= self.hosts
        return hosts or (bool(facts.addresses) and all(within(one, self.networks) for one in facts.addresses))

    def _key(self, facts: Facts) -> bool:
        """Whether every key is named; keys travel, so one in the hands of another account does not speak."""
        if not facts.keys or not facts.keys <= self.keys:
            return False
        people = bool(self.accounts or any(self.people))
        return not (people and facts.accounts) or all(self._person(one, facts) for one in facts.accounts)

    def _database(self, database: str, facts: Facts) -> bool:
        if "*" in self.databases or (database != UNSEEN and database in self.databases):
            return True
        needed = facts.by_database.get(database, facts.techniques)
        return bool(needed) and all(self._technique(one) for one in needed)

    def _technique(self, needed: str) -> bool:
        return any(needed == mine or needed.startswith(mine + ".") for mine in self.techniques)

    def _target(self, target: str | Target, facts: Facts) -> bool:
        if self.any_target:
            return True
        if not isinstance(target, Target) or target.type == "expression":
            return False
        if self.own and target.value in facts.ours:
            return True
        value = target.value.casefold()
        if target.type in NAMES:
            return value in self.targets or below(value.rpartition("@")[2], self.targets)
        if target.type in ("ip", "cidr"):
            return within(range_of(value), self.target_ranges)
        return value in self.targets

    def _client(self, client: Client) -> bool:
        if not self.clients:
            return True
        name = (client.name or UNSEEN).casefold()
        return name in self.clients or (client.kind != "unknown" and client.kind in self.clients)


def entry_of(use: Use, domains: Domains | None = None) -> Entry:
    """An entry made quick to ask; words are taken in any case, accounts as ``know.domains`` has them."""
    databases = frozenset(word.casefold() for word in use.databases)
    return Entry(
        use=use,
        accounts=frozenset(filter(None, map((domains or Domains()).key, use.accounts))),
        people=(_folded(use.roles), _folded(use.departments), _folded(use.groups)),
        hosts=frozenset(filter(None, map(parse.machine, use.hosts))),
        networks=ranges(use.networks),
        keys=_folded(use.keys),
        databases=databases,
        techniques=tuple(word.upper() for word in use.databases),
        any_target="*" in use.targets,
        own="own" in map(str.casefold, use.targets),
        targets=_folded(use.targets) - {"own", "*"},
        target_ranges=ranges(use.targets),
        clients=_folded(use.clients),
    )


def facts_of(
    episode: Episode, people: Sequence[Person], ours: Collection[str], by_database: Techniques
) -> Facts:
    """An episode made ready to compare."""
    known: dict[str, list[Person]] = {}
    for person in people:
        known.setdefault(person.account.casefold(), []).append(person)
    accounts = tuple(dict.fromkeys(filter(None, map(spelled, episode.accounts))))
    hidden = episode.alert.requests.estimate > episode.acts_with_target
    unseen = hidden or episode.targets_total > len(episode.targets) or not episode.targets
    return Facts(
        accounts={one: _said_of(known.get(one, ())) for one in accounts},
        hosts=frozenset(filter(None, map(parse.machine, episode.hosts))),
        addresses=ranges(ip for ip in episode.ips if _tells(ip)),
        keys=frozenset(one.removeprefix("<key ").removesuffix(">").casefold() for one in episode.keys),
        sides=(
            accounts or (UNSEEN,),
            tuple(one.casefold() for one in episode.databases) or (UNSEEN,),
            (*episode.targets, UNSEEN) if unseen else episode.targets,
            episode.clients or (Client(),),
        ),
        ours=frozenset(ours),
        techniques=frozenset(one.upper() for one in episode.techniques),
        by_database=by_database,
    )


def _tells(ip: str) -> bool:
    """Whether an address tells machines apart, as ``watch.actors`` sees it."""
    return not ip.startswith("127.") and ip not in ("::1", "0.0.0.0", "::", "-")  # noqa: S104


def words_of(facts: Facts) -> frozenset[str]:
    """Every word that an entry may name the actor by."""
    words = frozenset(facts.accounts) | facts.hosts | facts.keys
    people = frozenset[str]().union(*(said for one in facts.accounts.values() for said in one))
    return words | people


def _said_of(people: Sequence[Person]) -> tuple[frozenset[str], ...]:
    return (
        _folded([one.role or UNSEEN for one in people]),
        _folded([one.department or UNSEEN for one in people]),
        _folded([name for one in people for group in one.groups for name in (group, _common(group))]),
    )


def _common(group: str) -> str:
    """The name in a directory's path: ``CN=SOC,OU=Groups,DC=example,DC=com`` is ``SOC``."""
    kind, sign, rest = group.partition("=")
    return rest.partition(",")[0] if sign and kind.strip().lower() in ("cn", "ou") else group


def _folded(words: Collection[str]) -> frozenset[str]:
    return frozenset(" ".join(word.casefold().split()) for word in words if word.strip())


def _numbers(held: Iterable[bool]) -> frozenset[int]:
    return frozenset(number for number, one in enumerate(held) if one)
