"""Everything we know in, indexed once; what it says about one episode out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from glasshouse.know.changes import Changes
from glasshouse.know.domains import Domains
from glasshouse.know.gather import Gathered, gather
from glasshouse.know.intel import Feeds
from glasshouse.know.inventory import Inventory
from glasshouse.know.parse_assets import Unfit, asset, guess
from glasshouse.know.people import Directory
from glasshouse.know.register import Register
from glasshouse.know.register_terms import admitted
from glasshouse.known import (
    FACTS,
    Asset,
    AssetHit,
    Background,
    Change,
    Fact,
    Indicator,
    Machine,
    Person,
    Tenancy,
    Use,
)
from glasshouse.records import Trouble
from glasshouse.settings import Settings
from glasshouse.verdicts import Episode

DAY = 86_400_000_000
HOUR = 3_600_000_000
JUDGES = 2  # counts changes of what the same facts mean: then everything is judged anew


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that is known, indexed; ``fingerprint`` changes when any of it does."""

    assets: tuple[Asset, ...]
    inventory: Inventory
    directory: Directory
    domains: Domains
    register: Register
    uses: tuple[Use, ...]
    changes: Changes
    feeds: Feeds
    has: frozenset[str]
    incomplete: frozenset[str]
    fingerprint: str
    inventory_fingerprint: str
    leases_fingerprint: str
    origins: tuple[tuple[str, str], ...]  # file or server, fingerprint of what it said
    troubles: tuple[Trouble, ...]


def know(
    settings: Settings,
    more_uses: Sequence[Use] = (),
    now: int | None = None,
    techniques: Mapping[str, tuple[str, ...]] | None = None,
    found: Gathered | None = None,
    adopted: Sequence[Asset] = (),
) -> Knowledge:
    """Read and index what the settings name, and the entries of the register that were made here.

    ``techniques`` are those of each open database, by its id: entries of the register may name either.
    """
    found = gather(settings.know) if found is None else found
    facts = [*found.facts, *_own(settings.own), *adopted]
    moment = now if now is not None else round(datetime.now(UTC).timestamp() * 1_000_000)
    said = (*(one for one in facts if isinstance(one, Use)), *more_uses)
    uses, wrong = admitted(said, moment, settings.office.register_days, techniques or ())
    has = {kind for kind, made in FACTS.items() if any(isinstance(one, made) for one in facts)}
    feeds = Feeds(one for one in facts if isinstance(one, Indicator))
    assets = tuple(one for one in facts if isinstance(one, Asset))
    people = [one for one in facts if isinstance(one, Person)]
    machines = [one for one in facts if isinstance(one, Machine)]
    inventory = Inventory(assets)
    domains = Domains(assets, machines, people, inventory)
    has -= set() if len(feeds) else {"indicators"}
    return Knowledge(
        assets=assets,
        inventory=inventory,
        directory=Directory(people, machines, [one for one in facts if isinstance(one, Tenancy)]),
        domains=domains,
        register=Register(uses, techniques, domains),
        uses=uses,
        changes=Changes((one for one in facts if isinstance(one, Change)), domains),
        feeds=feeds,
        has=frozenset(has | ({"uses"} if more_uses else set())),
        incomplete=frozenset(found.incomplete),
        fingerprint=_fingerprint(found, uses, settings, adopted),
        inventory_fingerprint=_hash(_lines(facts, Asset)),
        leases_fingerprint=_hash(_lines(facts, Tenancy)),
        origins=tuple(sorted(found.origins.items())),
        troubles=(*found.troubles, *wrong, *feeds.troubles, *_stale(found, settings.know.stale_days, moment)),
    )


def _own(said: Sequence[str]) -> Iterable[Asset]:
    """What the settings say is ours without more words, as assets."""
    for part in (part.strip() for text in said for part in text.split(",")):
        kind = guess(part) or "organisation"
        with suppress(Unfit):
            yield asset(kind, part, origin="own in the settings")


def _fingerprint(found: Gathered, uses: Sequence[Use], settings: Settings, adopted: Sequence[Asset]) -> str:
    missing = sorted(found.incomplete)
    said = repr((JUDGES, sorted(found.origins.items()), uses, settings.own, settings.triage, missing))
    return _hash(said + "".join(map(repr, adopted)))


def _lines(facts: Iterable[Fact], kind: type) -> str:
    return "\n".join(repr(one) for one in facts if isinstance(one, kind))


def _hash(said: str) -> str:
    return hashlib.sha256(said.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _stale(found: Gathered, days: int, now: int) -> Iterable[Trouble]:
    """Files nobody refreshed for long: people come and go."""
    for path, changed in sorted(found.oldest.items()):
        old = (now - changed) // DAY
        if old > days:
            yield Trouble(
                path, None, f"not refreshed for {old} days", "export it anew, or set know.stale_days"
            )


def background(known: Knowledge, episode: Episode, now: int, overuse: float, hours: int) -> Background:
    """What all of it says about one episode."""
    people, strangers = _people(known.directory, episode)
    machines, unknown_hosts = _machines(known.directory, episode)
    weighed = [known.inventory.weighed(target) for target in episode.targets]
    assets = tuple(
        AssetHit(target.value, found[0])
        for target, (found, _mark) in zip(episode.targets, weighed, strict=True)
        if found
    )
    marks = [mark for _found, mark in weighed]
    accounts = {*episode.accounts, *(one.owner for one in machines if one.owner)}
    names = {target.value for target in episode.targets} | {*episode.hosts, *episode.ips}
    first, last = episode.alert.first_seen, episode.alert.last_seen
    return Background(
        has=known.has,
        incomplete=known.incomplete,
        assets=assets,
        about_us=sum(mark is True for mark in marks),
        not_ours=sum(mark is False for mark in marks),
        undecided=sum(mark is None for mark in marks),
        people=people,
        unknown_accounts=strangers if "people" in known.has else (),
        machines=machines,
        unknown_hosts=unknown_hosts if "machines" in known.has else (),
        tenancies=_tenancies(known.directory, episode),
        peers=group(known.directory, episode.accounts, episode.hosts),
        uses=known.register.checks(episode, people, assets, overuse),
        changes=known.changes.near(first, last, hours * HOUR, names, accounts),
        intel=known.feeds.hits(episode, now),
        troubles=tuple(f"{one.where}: {one.reason}" for one in known.troubles),
    )


def group(directory: Directory, accounts: Iterable[str], hosts: Iterable[str]) -> str | None:
    """The department, else the role, of an account; else that of a machine or its owner."""
    for account in accounts:
        person = directory.holder(account)
        if person and (person.department or person.role):
            return person.department or person.role
    for host in hosts:
        machine = directory.machine(host)
        if machine and machine.department:
            return machine.department
        owner = directory.person(machine.owner) if machine and machine.owner else None
        if owner and (owner.department or owner.role):
            return owner.department or owner.role
    return None


def _people(directory: Directory, episode: Episode) -> tuple[tuple[Person, ...], tuple[str, ...]]:
    found = {account: directory.holder(account) for account in episode.accounts}
    return (
        tuple(person for person in found.values() if person),
        tuple(account for account, person in found.items() if person is None),
    )


def _machines(directory: Directory, episode: Episode) -> tuple[tuple[Machine, ...], tuple[str, ...]]:
    found = {host: directory.machine(host) for host in episode.hosts}
    return (
        tuple(machine for machine in found.values() if machine),
        tuple(host for host, machine in found.items() if machine is None),
    )


def _tenancies(directory: Directory, episode: Episode) -> tuple[Tenancy, ...]:
    alert = episode.alert
    return tuple(
        tenancy
        for ip in episode.ips[:20]
        for tenancy in directory.tenancies_of(ip, alert.first_seen, alert.last_seen)
    )
