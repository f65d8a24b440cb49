"""A change and what was known before it in; what is odd about it out, each oddity in one sentence."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from glasshouse import parse
from glasshouse.errors import ConfigError
from glasshouse.findings import Shift
from glasshouse.known import Asset
from glasshouse.observed import (
    Certificate,
    Contact,
    DnsRecord,
    Fact,
    Observation,
    Range,
    Registration,
    Service,
)
from glasshouse.settings import Policy
from glasshouse.survey.lookalike import like
from glasshouse.survey.world import registrable

_ORGANISATION = re.compile(r'(?:^|[,/+]\s*)O\s?=\s?("[^"]*"|(?:\\.|[^,/+\\"])+)')
_COMMON_NAME = re.compile(r'(?:^|[,/+]\s*)CN\s?=\s?("[^"]*"|(?:\\.|[^,/+\\"])+)')
_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
# RFC 6890 and RFC 4193: this network, private use, shared by carriers, loopback, link-local, unique local
_INSIDE = tuple(
    ipaddress.ip_network(one)
    for one in (
        *("0.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"),
        *("169.254.0.0/16", "fc00::/7", "fe80::/10", "::/127"),
    )
)
_ROUTE_53 = re.compile(r"awsdns-\d+\.(com|net|org|co\.uk)")  # Route 53 gives every zone other domains
_F = TypeVar("_F", bound=Fact)
DAY = 86_400_000_000
MINUTE = 60_000_000


@dataclass(slots=True)
class Past:
    """What the snapshot before showed: issuers, name servers, mail servers, certificates by their names."""

    issuers: set[str] = field(default_factory=set)  # organisations, casefolded
    name_servers: set[str] = field(default_factory=set)  # domains of them
    mail: set[str] = field(default_factory=set)  # domains of mail servers
    certificates: dict[tuple[str, ...], list[Certificate]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What changes are judged on. ``since`` and ``now`` are the times of the two snapshots.

    ``ours`` are registered domains of ours. ``provider`` gives the published range an address lies in; None
    when no ranges are known, so that no address is called outside of them.
    """

    owned: Callable[[str], Asset | None]
    since: int
    now: int
    policy: Policy = field(default_factory=Policy)
    past: Past = field(default_factory=Past)
    ours: frozenset[str] = frozenset()
    provider: Callable[[str], Range | None] | None = None


@dataclass(frozen=True, slots=True)
class _View:
    """A ground with what was found out about names on the way."""

    ground: Ground
    hours: tuple[int, int]
    likes: dict[str, str | None]


Teller = Callable[[Shift], tuple[str, ...]]


def past(seen: Iterable[Observation[Fact]]) -> Past:
    """What an earlier snapshot showed, as far as signs and renewals ask for it."""
    found = Past()
    for one in seen:
        fact = one.fact
        if isinstance(fact, Certificate):
            found.issuers.add(issuer_organisation(fact.issuer).casefold())
            found.certificates.setdefault(fact.names, []).append(fact)
        elif isinstance(fact, Registration):
            found.name_servers.update(map(server_domain, fact.name_servers))
        elif isinstance(fact, DnsRecord) and fact.type == "NS":
            found.name_servers.add(server_domain(fact.data))
        elif isinstance(fact, DnsRecord) and fact.type == "MX":
            found.mail.add(server_domain(fact.data.rpartition(" ")[2]))
    return found


def teller(ground: Ground) -> Teller:
    """A function that says what is odd about a change; raises ConfigError for hours that are none.

    The steps: names that look like ours, then what belongs to the kind of fact. What is gone has no signs.
    """
    view = _View(ground, _minutes(ground.policy.work_hours), {})

    def tell(shift: Shift) -> tuple[str, ...]:
        if shift.after is None:
            return ()
        odd = _BY_KIND.get(shift.fact_kind)
        return tuple(dict.fromkeys(odd(shift, view))) if odd else ()

    return tell


@lru_cache(maxsize=100_000)
def internal(address: str) -> bool:
    """Whether an address is never routed on the internet, so that it is nobody's network."""
    found = parse.ip(address)
    return found is not None and any(found in one for one in _INSIDE if one.version == found.version)


def issuer_organisation(issuer: str) -> str:
    """The organisation of a distinguished name; its common name or all of it where there is none."""
    found = _ORGANISATION.search(issuer) or _COMMON_NAME.search(issuer)
    said = found[1] if found else issuer
    return re.sub(r"\\(.)", r"\1", said).strip().strip('"').strip()


def server_domain(server: str) -> str:
    """By what a name server or mail server is known: the domain that was registered."""
    domain = registrable(server) or server
    return "awsdns" if _ROUTE_53.fullmatch(domain) else domain


def issuer_outside(issuer: str, policy: Policy) -> bool:
    """Whether a certificate's issuer is none of those the policy names."""
    said = issuer.casefold()
    return bool(policy.issuers) and not any(one.casefold() in said for one in policy.issuers)


def _certificate(shift: Shift, view: _View) -> Iterator[str]:
    fact, ground = _after(shift, Certificate), view.ground
    if shift.kind != "new":
        return
    yield from _look_alikes(fact.names, view)
    if issuer_outside(fact.issuer, ground.policy):
        yield f"its issuer, {issuer_organisation(fact.issuer)}, is outside policy"
        return
    used = ground.past.issuers
    organisation = issuer_organisation(fact.issuer)
    if used and not shift.first_look and not ground.policy.issuers and organisation.casefold() not in used:
        yield f"its issuer, {organisation}, was never used for us before"


def _record(shift: Shift, view: _View) -> Iterator[str]:
    fact = _after(shift, DnsRecord)
    target = fact.data.rpartition(" ")[2]
    yield from _look_alikes((fact.name,), view)
    if fact.type == "CNAME":
        yield from _look_alikes((target,), view)
    elif fact.type == "NS":
        yield from _name_server(target, shift, view)
    elif fact.type == "MX":
        yield from _mail(target, shift, view)
    elif fact.type in ("A", "AAAA"):
        yield from _network(target, view.ground)


def _name_server(server: str, shift: Shift, view: _View) -> Iterator[str]:
    """Those of ours, those the policy allows and, without a policy, those we had before are no sign."""
    ground = view.ground
    allowed, used, domain = ground.policy.name_servers, ground.past.name_servers, server_domain(server)
    if ground.owned(server) is not None or (domain in used and not allowed):
        return
    if any(server == one or server.endswith(f".{one}") for one in allowed):
        return
    yield from _look_alikes((server,), view)
    if allowed:
        yield f"the name server {server} is outside policy"
    elif used and not shift.first_look:
        yield f"the name server {server} was never seen for us before"


def _mail(server: str, shift: Shift, view: _View) -> Iterator[str]:
    used = view.ground.past.mail
    if server in (".", "") or view.ground.owned(server) is not None or server_domain(server) in used:
        return
    yield from _look_alikes((server,), view)
    if used and not shift.first_look:
        yield f"mail would go to {server}, where none of ours went before"


def _network(address: str, ground: Ground) -> Iterator[str]:
    if ground.provider is None or internal(address) or ground.owned(address) is not None:
        return
    if ground.provider(address) is None:
        yield f"{address} is in no network of ours and in no published range of a provider"


def _service(shift: Shift, view: _View) -> Iterator[str]:
    if shift.kind == "new":
        yield from _network(_after(shift, Service).ip, view.ground)


def _registration(shift: Shift, view: _View) -> Iterator[str]:
    fact, policy = _after(shift, Registration), view.ground.policy
    if fact.object == "domain":
        yield from _look_alikes((fact.name,), view)
    registrar = (fact.registrar or "").casefold()
    known = [one.casefold() for one in policy.registrars]
    if known and registrar and fact.registrar_id not in known and not any(one in registrar for one in known):
        yield f"its registrar, {fact.registrar}, is outside policy"
    for server in fact.name_servers:
        yield from _name_server(server, shift, view)
    if shift.kind == "new":
        yield from _late(fact.created, "it was registered", view)
    elif shift.before is not None and isinstance(shift.before.fact, Registration):
        yield from _changed(shift.before.fact, fact)
        yield from _late(fact.changed, "it was changed", view)


def _changed(before: Registration, after: Registration) -> Iterator[str]:
    if before.name_servers and before.name_servers != after.name_servers:
        yield f"its name servers went from {_listed(before.name_servers)} to {_listed(after.name_servers)}"
    if before.registrar and after.registrar and before.registrar != after.registrar:
        yield f"its registrar went from {before.registrar} to {after.registrar}"
    if _registrants(before) and _registrants(before) != _registrants(after):
        yield "its registrant is another one than before"
    if lost := [one for one in before.statuses if "Prohibited" in one and one not in after.statuses]:
        yield f"it lost its locks: {_listed(lost)}"


def _late(time: int | None, what: str, view: _View) -> Iterator[str]:
    """Midnight to the microsecond is a date: no hour is known then."""
    if time is None or time % DAY == 0:
        return
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
    except OverflowError:  # a registry may say any year
        return
    minute, (begin, end) = time % DAY // MINUTE, view.hours
    worked = begin <= minute < end if begin <= end else not end <= minute < begin
    if when.isoweekday() not in view.ground.policy.work_days or not worked:
        yield f"{what} outside working hours, on {when:%A %Y-%m-%d at %H:%M} UTC"


def _look_alikes(names: Iterable[str], view: _View) -> Iterator[str]:
    for name in names:
        if name not in view.likes:
            domain = registrable(name)
            own = domain is None or any(view.ground.owned(one) is not None for one in (name, domain))
            view.likes[name] = None if own else like(name, view.ground.ours)
        if said := view.likes[name]:
            yield f"{name} looks like ours: {said}"


def _registrants(fact: Registration) -> list[tuple[str | None, ...]]:
    def plain(one: Contact) -> tuple[str | None, ...]:
        return one.name, one.organisation, one.email, one.country

    return sorted((plain(one) for one in fact.contacts if one.role == "registrant"), key=str)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"


def _after(shift: Shift, kind: type[_F]) -> _F:
    fact = shift.after.fact if shift.after else None
    if not isinstance(fact, kind):
        raise TypeError(f"a shift of {shift.fact_kind} without such a fact")
    return fact


def _minutes(said: str) -> tuple[int, int]:
    match = _HOURS.fullmatch(said.strip())
    if match is None:
        raise ConfigError(f"work_hours {said!r} are no hours", "survey.policy", 'work_hours = "07:00-19:00"')
    return int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])


_BY_KIND: Mapping[str, Callable[[Shift, _View], Iterator[str]]] = {
    "certificate": _certificate,
    "record": _record,
    "registration": _registration,
    "service": _service,
}
