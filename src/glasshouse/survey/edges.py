"""One snapshot in; names of ours behind content delivery networks out, and what shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from glasshouse.findings import Edge, Finding
from glasshouse.observed import DnsRecord
from glasshouse.survey.lists import aliases, cdn_of
from glasshouse.survey.world import World

# Words of the Server header that networks send, as their own documentation shows them.
_SERVERS = {"cloudflare": "cloudflare", "akamaighost": "akamai", "cloudfront": "amazon cloudfront"}
_SERVERS |= {"bunnycdn": "bunny", "keycdn": "keycdn", "cdn77": "cdn77", "sucuri/cloudproxy": "sucuri"}


def edges(world: World, findings: Iterable[Finding] = ()) -> Iterator[Edge]:
    """The names that lead to a network by an alias, an address or the header a database saw, sorted.

    An alias is enough; an address has to lie in a published range. ``origins`` are the addresses that
    findings about the origin name.
    """
    behind: dict[str, set[str]] = defaultdict(set)
    for one in findings:
        if one.check.startswith("origin-"):
            behind[one.about].update(part for part in one.key.split() if part != one.about)
    names = {one.fact.name for one in world.of(DnsRecord) if one.fact.live and world.owned(one.fact.name)}
    for name in sorted(names):
        shown: dict[str, list[str]] = defaultdict(list)
        for provider, how in _shown(name, world):
            shown[provider].append(how)
        for provider, how_all in sorted(shown.items()):
            how_told = tuple(dict.fromkeys(how_all))
            yield Edge(name=name, provider=provider, how=how_told, origins=tuple(sorted(behind[name])))


def _shown(name: str, world: World) -> Iterator[tuple[str, str]]:
    last = name
    for step in aliases(name, world):
        last = step.fact.data
        if provider := cdn_of(last):
            yield provider, f"its alias {last}"
            return
    for record in world.records(last, "A", "AAAA", live=True):
        address = record.fact.data
        if found := world.provider(address, "cdn", "waf"):
            yield found.provider, f"its address {address} lies in {found.cidr}"
        for service in world.services(address):
            said = (service.fact.server or "").casefold()
            if provider := next((one for word, one in _SERVERS.items() if said.startswith(word)), ""):
                yield provider, f"{service.database} saw the Server header {service.fact.server} at {address}"
