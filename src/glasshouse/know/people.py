"""People, machines and tenancies in; who an account is and who had an address when out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple, TypeVar

from glasshouse import parse
from glasshouse.known import Criticality, Machine, Person, Tenancy
from glasshouse.records import Actor, Lookup

_RANK: dict[Criticality | None, int] = {None: 0, "low": 1, "medium": 2, "high": 3, "critical": 4}
_Value = TypeVar("_Value")
_FOREVER = float("inf")
_begin = attrgetter("since")


class Directory:
    """Who is who. Facts about one account or machine from several origins become one.

    Where origins differ, the first that says anything counts; but disabled, privileged and the higher
    criticality win. The tenancies of an address are put in order when it is first asked for.
    """

    def __init__(
        self,
        people: Iterable[Person] = (),
        machines: Iterable[Machine] = (),
        tenancies: Iterable[Tenancy] = (),
    ) -> None:
        self._people: dict[str, Person] = {}
        self._machines: dict[str, Machine] = {}
        self._tenancies: dict[str, list[Tenancy]] = {}
        self._spans: dict[str, _Spans] = {}
        for person in people:
            known = self._people.get(person.account)
            self._people[person.account] = _same_person(known, person) if known else person
        for machine in machines:
            found = self._machines.get(machine.host)
            self._machines[machine.host] = _same_machine(found, machine) if found else machine
        for tenancy in tenancies:
            self._tenancies.setdefault(tenancy.ip, []).append(tenancy)
        self._names = _names(self._tenancies.values())

    def person(self, account: str) -> Person | None:
        """Who may be meant, whatever domain a log states: to protect somebody, never to allow something."""
        bare = parse.account(account)
        return self._people.get(bare) if bare else None

    def holder(self, key: str) -> Person | None:
        """Whose an account is by its key, as ``know.domains`` gives it: a stranger's is nobody's here."""
        return self._people.get(key)

    def machine(self, host: str) -> Machine | None:
        """What a machine is, with or without its DNS suffix."""
        name = parse.machine(host)
        return self._machines.get(name) if name else None

    def tenancy(self, ip: str, time: int) -> Tenancy | None:
        """Who had an address at a time (microseconds): of those that hold it, the one that began last.

        One without an end ends when the next one at that address begins. None in gaps.
        """
        spans = self._of(ip)
        return spans.at(time).last if spans else None

    def tenancies_of(self, ip: str, low: int, high: int) -> tuple[Tenancy, ...]:
        """All who had an address at any time from ``low`` to ``high``, both inclusive, by begin."""
        spans = self._of(ip)
        return spans.between(low, high) if spans else ()

    def resolve(self, lookup: Lookup) -> Lookup:
        """The lookup with host, account and device of who had its address at its time.

        What the log itself says stays. ``device`` is what tells two machines apart that had one address: the
        machine's name (the log's own where it has one), else its MAC address, else ``account@address``.
        """
        actor = lookup.actor
        spans = self._of(actor.ip) if actor.ip else None
        if spans is None:
            return lookup
        told = self._told(actor, spans.at(lookup.time))
        return lookup if told == actor and told.device == actor.device else replace(lookup, actor=told)

    def _told(self, actor: Actor, at: _At) -> Actor:
        leased = self._name(at.machine) if at.machine else None
        own = parse.machine(actor.host) if actor.host and _plain(actor.host) is None else None
        session = at.session if at.session and _belongs(at.session, at.machine, leased) else None
        if own and leased and own != leased:
            session = None  # the log names another machine: what is said of this one does not bear on it
        user = actor.user or (session.account if session else None)
        device = actor.device or own or leased or _nameless(at.machine, session)
        return replace(actor, user=user, host=actor.host or leased, device=device)

    def _name(self, tenancy: Tenancy) -> str | None:
        """The machine's name: in the lease, or in any other lease of its MAC address when they agree."""
        return tenancy.host or (self._names.get(tenancy.hardware) if tenancy.hardware else None)

    def _of(self, ip: str) -> _Spans | None:
        if ip not in self._tenancies:
            plain = _plain(ip)
            if plain is None or plain not in self._tenancies:
                return None
            ip = plain
        spans = self._spans.get(ip)
        if spans is None:
            spans = self._spans[ip] = _Spans(self._tenancies[ip])
        return spans


def _same_person(one: Person, other: Person) -> Person:
    return replace(
        one,
        role=one.role or other.role,
        department=one.department or other.department,
        privileged=_either(one.privileged, other.privileged),
        service=_first(one.service, other.service),
        disabled=_either(one.disabled, other.disabled),
        groups=tuple(dict.fromkeys((*one.groups, *other.groups))),
        email=one.email or other.email,
        domains=tuple(dict.fromkeys((*one.domains, *other.domains))),
        origin=_origins(one.origin, other.origin),
    )


def _same_machine(one: Machine, other: Machine) -> Machine:
    return replace(
        one,
        owner=one.owner or other.owner,
        kind=one.kind or other.kind,
        criticality=max(one.criticality, other.criticality, key=lambda said: _RANK[said]),
        department=one.department or other.department,
        managed=_first(one.managed, other.managed),
        origin=_origins(one.origin, other.origin),
    )


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one or other else _first(one, other)


def _first(one: _Value | None, other: _Value | None) -> _Value | None:
    return other if one is None else one


def _origins(one: str, other: str) -> str:
    return ", ".join(dict.fromkeys(part for part in (*one.split(", "), *other.split(", ")) if part))


def _names(tenancies: Iterable[list[Tenancy]]) -> dict[str, str]:
    """The machine each MAC address belongs to; not of adapters that several machines were seen with."""
    seen: dict[str, str | None] = {}
    for one in (tenancy for several in tenancies for tenancy in several):
        if one.hardware and one.host and seen.setdefault(one.hardware, one.host) != one.host:
            seen[one.hardware] = None
    return {hardware: host for hardware, host in seen.items() if host}


def _belongs(session: Tenancy, machine: Tenancy | None, leased: str | None) -> bool:
    """Whether who was logged in was so at the machine that has the address."""
    if machine is None or session is machine:
        return True
    if session.host:
        return session.host == leased
    if session.hardware:
        return session.hardware == machine.hardware
    return session.since >= machine.since


def _nameless(machine: Tenancy | None, session: Tenancy | None) -> str | None:
    if machine and machine.hardware:
        return machine.hardware
    return f"{session.account}@{session.ip}" if session else None


@lru_cache(maxsize=65_536)
def _plain(ip: str) -> str | None:
    """An address in its short form, IPv4 inside IPv6 unwrapped."""
    try:
        address = ip_address(ip.strip().partition("%")[0])
    except ValueError:
        return None
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(inner or address)


class _At(NamedTuple):
    """Of the tenancies that hold a time, the last begun: of all, of those naming a machine, an account."""

    last: Tenancy | None = None
    machine: Tenancy | None = None
    session: Tenancy | None = None


_NOBODY = _At()


class _Spans:
    """The tenancies of one address, cut into spans in which the answer is the same."""

    def __init__(self, tenancies: list[Tenancy]) -> None:
        self.ordered = _ordered(tenancies)
        self.ends = _ends(self.ordered)
        self.latest = list(accumulate(self.ends, max))  # the latest end of a tenancy and all before it
        self.starts, self.held = _cut(self.ordered, self.ends)

    def at(self, time: int) -> _At:
        found = bisect_right(self.starts, time) - 1
        return self.held[found] if found >= 0 else _NOBODY

    def between(self, low: int, high: int) -> tuple[Tenancy, ...]:
        first = bisect_right(self.latest, low)
        last = bisect_right(self.ordered, high, key=_begin)
        held = (n for n in range(first, last) if self.ends[n] > max(low, self.ordered[n].since))
        return tuple(self.ordered[n] for n in held)


def _ordered(tenancies: list[Tenancy]) -> list[Tenancy]:
    """By begin; of those that began at once the one that says most is last."""
    ordered = sorted(tenancies, key=_begin)
    begins = list(map(_begin, ordered))
    if len(set(begins)) < len(begins):
        ordered.sort(key=_preference)
    return ordered


def _preference(one: Tenancy) -> tuple[int, int, str, str, str, int, str]:
    said = (one.host is not None) + (one.account is not None) + (one.hardware is not None)
    rest = one.host or "", one.account or "", one.hardware or ""
    return one.since, said, *rest, -1 if one.until is None else one.until, one.origin


def _ends(ordered: list[Tenancy]) -> list[float]:
    """Where each ends: where it says, or else where the next one begins."""
    ends: list[float] = []
    after, begin = _FOREVER, _FOREVER  # of the next ones that begin later
    for one in reversed(ordered):
        if one.since != begin:
            after, begin = begin, one.since
        ends.append(after if one.until is None else one.until)
    return ends[::-1]


def _cut(ordered: list[Tenancy], ends: list[float]) -> tuple[list[int], list[_At]]:
    """Begins of the spans, and who holds each.

    Stacks suffice: who began last is on top, and whoever ended is taken off when it comes to the top.
    """
    marks = sorted({*map(_begin, ordered), *(int(end) for end in ends if end != _FOREVER)})
    everybody: list[int] = []
    machines: list[int] = []
    sessions: list[int] = []
    held: list[_At] = []
    number = 0
    for mark in marks:
        while number < len(ordered) and ordered[number].since <= mark:
            one = ordered[number]
            everybody.append(number)
            if one.host or one.hardware:
                machines.append(number)
            if one.account:
                sessions.append(number)
            number += 1
        tops = [_top(stack, ends, mark) for stack in (everybody, machines, sessions)]
        held.append(_At(*(None if top is None else ordered[top] for top in tops)))
    return marks, held


def _top(stack: list[int], ends: list[float], time: int) -> int | None:
    while stack and ends[stack[-1]] <= time:
        stack.pop()
    return stack[-1] if stack else None
