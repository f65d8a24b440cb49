"""An asset in; out, the domains of others in what databases say that look like it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse.findings import Hit
from glasshouse.known import Asset
from glasshouse.observed import KIND_OF, DnsRecord, Fact, Observation, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World, registrable

TITLE = "Lookalike of a domain of ours"
TECHNIQUE = "T1596.002"
ON = "asset"
LEVEL: Level = "medium"
REMEDY = (
    "Adopt it if it is ours; otherwise watch it, block it at mail and proxy, and ask for a takedown on abuse"
)
VANISHES = ""
M1056 = False
_Seen = list[tuple[str, str, list[Observation[Fact]]]]


def check(item: Asset, world: World) -> Iterator[Hit]:
    """Fires on registered domains that look like this one and stand in records or registrations we hold.

    High when mail can be sent to it or certificates name it. Domains that stand in certificates only have a
    check of their own; names our own records lead to (at a CDN or mail service) are left out.
    """
    if item.type != "domain":
        return
    for domain, how, seen in world.memo("lookalike-domain", _lookalikes).get(item.value, ()):
        kinds = {_what(one.fact) for one in seen}
        armed = kinds & {"MX", "certificate"}
        has = f" (with {' and '.join(sorted(armed))})" if armed else ""
        databases = words.listed(one.database for one in seen)
        yield Hit(
            key=domain,
            about=item.value,
            says=f"{domain}{has} stands in {databases}: {how}",
            evidence=tuple(seen[:10]),
            level="high" if armed else None,
            confidence="low" if how.startswith("another top level") else "medium",
        )


def _what(fact: Fact) -> str:
    return fact.type if isinstance(fact, DnsRecord) else KIND_OF[type(fact)]


def _lookalikes(world: World) -> Mapping[str, _Seen]:
    """Lookalikes by the domain of ours, each with how it looks like it and what is known of it."""
    ours = frozenset(
        one.value for one in world.assets if one.type == "domain" and registrable(one.value) == one.value
    )
    found: dict[str, _Seen] = {}
    for name, seen in _foreign(world).items():
        domain = registrable(name)
        if domain is None or world.owned(domain) or any(_leads(one.fact, world) for one in seen):
            continue
        likeness = words.likeness(name, ours)
        if likeness is None:
            continue
        seen += [one for one in world.certificates(name) if one not in seen]
        entry = found.setdefault(likeness.ours, [])
        held = next((known for shown, _how, known in entry if shown == domain), None)
        if held is None:
            entry.append((domain, str(likeness), seen))
        else:
            held += seen
    return found


def _foreign(world: World) -> Mapping[str, list[Observation[Fact]]]:
    """Names that are not ours, with what databases say of them; what only certificates name is left out.

    Live records are asked for our names only: others among them are where our aliases lead.
    """
    found: dict[str, list[Observation[Fact]]] = {}
    for record in world.of(DnsRecord):
        if not record.fact.live and not world.owned(words.plain(record.fact.name)):
            found.setdefault(words.plain(record.fact.name), []).append(record)
    for one in world.of(Registration):
        if one.fact.object == "domain" and not world.owned(one.fact.name):
            found.setdefault(one.fact.name, []).append(one)
    return found


def _leads(fact: Fact, world: World) -> bool:
    """Whether a record of ours leads to this name."""
    name = getattr(fact, "name", "")
    return any(world.owned(words.plain(one.fact.name)) for one in world.pointing(name))
