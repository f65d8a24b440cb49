"""Sources and the catalogue in, the ledger's kinds of log and sentences out: what is at hand, what is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from glasshouse.leaf import sources
from glasshouse.ledger import KINDS, Beyond, Heard, Kind, State

# Event.via of a source that may give records of a kind.
_VIA: Mapping[str, str] = {
    **dict.fromkeys(("connect", "url", "https", "query", "body"), "http"),
    **dict.fromkeys(("flow", "named"), "flow"),
    **{name: name for name in ("dns", "tls", "process", "whois", "sql")},
}
# The kinds a ledger makes of what earlier runs counted: all there is to say of a URL is that there was one.
_COUNTED = {"http": "url"}
WITH_BODY = ("ecs", "ocsf", "suricata")  # formats that have a field for request bodies
_CERTAIN = frozenset({"dns", "process", "tls"})
ENOUGH = 20  # URLs without a query, from which that is no chance
FEW = 0.5  # share of the machines another kind was heard from, below which it is told

BEYOND = (
    Beyond(
        "Lookups made outside the network: from an adversary's own machines, homes and rented servers",
        "No log of ours is there. T1596 is mostly done from there: no alert does not mean nobody looked.",
        "The database's operator; threat intelligence on its users",
    ),
    Beyond(
        "DNS over HTTPS or TLS to resolvers of others, and Encrypted Client Hello (ECH)",
        "Neither the resolver's log nor the TLS hello shows the name.",
        "An endpoint log with command lines or DNS events; a proxy that opens TLS",
    ),
    Beyond(
        "Phones and private devices, on mobile networks or at home",
        "Their traffic does not pass our resolvers, proxies and sensors.",
        "Mobile device management with a gateway of its own; else nobody",
    ),
    Beyond(
        "Cloud shells, notebooks, build runners and functions of cloud providers",
        "They resolve and connect inside the provider's network.",
        "The provider's flow and DNS logs (VPC flow, Route 53 Resolver, Azure and GCP DNS), where read",
    ),
    Beyond(
        "Repeats that caches answer: browser, operating system, forwarder, shared proxy",
        "One question in a log may stand for many, and none at all is asked while the answer is kept.",
        "Logs nearer to the one who asks: endpoint or proxy",
    ),
    Beyond(
        "Copies of a database: bulk files, mirrors, data sets bought or downloaded once",
        "After the download every search is made on the own disk.",
        "The download itself, by its size, where a log shows sizes; afterwards nobody",
    ),
    Beyond(
        "Answers passed on by somebody else: a colleague, a service, a chat bot that searches",
        "The lookup is made by another machine than the one of who wants to know.",
        "The service that searched",
    ),
)


def counted_kinds(counted: Iterable[str], source: str, records: int) -> tuple[str, ...]:
    """The kinds of the ledger from what was counted of one log format.

    A sieve counts kinds of records that may be lookups only. A format that can show one kind, and no other,
    shows it with its first record.
    """
    found = {_COUNTED.get(kind, kind) for kind in counted} & set(KINDS)
    leaf = sources().get(source)
    if leaf and records and len(leaf.SEES) == 1 and leaf.SEES[0] in _CERTAIN:
        found.add(leaf.SEES[0])
    return tuple(sorted(found))


def kinds(heard: Sequence[Heard]) -> tuple[Kind, ...]:
    """Every kind of log with its state: silent when every source of it fell silent, never seen then."""
    return tuple(_kind(kind, title, heard) for kind, title in KINDS.items())


def _kind(kind: str, title: str, heard: Sequence[Heard]) -> Kind:
    mine = [one for one in heard if kind in one.kinds]
    speaking = [one for one in mine if one.state == "heard"]
    state: State = "heard" if speaking else "silent" if mine else "absent"
    formats = tuple(name for name, leaf in sources().items() if _VIA[kind] in leaf.SEES)
    formats = WITH_BODY if kind == "body" else formats
    names = tuple(one.name for one in speaking or mine)
    return Kind(kind, title, state, names, _said(mine, speaking, kind), formats)


def _said(mine: Sequence[Heard], speaking: Sequence[Heard], kind: str) -> str:
    if not mine:
        return "no record of this kind is at hand"
    if not speaking:
        return "; ".join(f"{one.name}: {one.says}" for one in mine)
    mute = [one.name for one in mine if one.state == "silent"]
    said = f"heard from {_from(speaking, kind)}"
    return f"{said}; silent: {', '.join(mute)}" if mute else said


def _from(speaking: Sequence[Heard], kind: str) -> str:
    return ", ".join(one.name + _machines(one.machines(kind)) for one in speaking)


def _machines(count: int | None) -> str:
    return f" ({count:,} {'machine' if count == 1 else 'machines'})" if count else ""


def blind(heard: Sequence[Heard]) -> tuple[str, ...]:
    """Sentences on what these sources cannot show, by their own word, and on what came from few machines."""
    known = sources()
    names = dict.fromkeys(one.source for one in heard if one.state == "heard")
    told = [f"{name}: {sentence}" for name in names if name in known for sentence in known[name].BLIND]
    return (*_few(heard), *_unopened(heard), *told)


def _unopened(heard: Sequence[Heard]) -> list[str]:
    """Of HTTPS through a proxy, how much was opened; and whether query strings are cut off."""
    said = []
    for one in heard:
        each = {count.kind: count.records for count in one.each}
        opened, shut, asked = (each.get(kind, 0) for kind in ("https", "connect", "query"))
        if opened and shut:
            said.append(
                f"{one.name}: {opened:,} records of URLs of opened TLS stand beside {shut:,} of CONNECTs: "
                "what was not opened shows a name only."
            )
        if opened >= ENOUGH and not asked:
            said.append(
                f"{one.name}: none of {opened:,} URLs has a query string: they seem to be cut off, and with "
                "them most targets."
            )
    return said


def _few(heard: Sequence[Heard]) -> list[str]:
    """Kinds that came from far fewer machines than another kind did."""
    most: dict[str, int] = {}
    for one in heard:
        for kind in one.kinds if one.state == "heard" else ():
            if count := one.machines(kind):
                most[kind] = max(most.get(kind, 0), count)
    top = max(most.values(), default=0)
    return [
        f"{KINDS[kind]} were heard from {count:,} of at least {top:,} machines; of the others nothing."
        for kind, count in most.items()
        if count < FEW * top
    ]
