"""A DNS record in; out, whether a name of ours leads to object storage, and whether that lists its files."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import DnsRecord, Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import place, suffix_of
from glasshouse.survey.world import World

TITLE = "Storage under our own name"
TECHNIQUE = "T1596.004"
ON = "record"
LEVEL: Level = "medium"
REMEDY = "Make the bucket private, let only the CDN read it (origin access control), point the name there"
VANISHES = "the name of the bucket, from DNS; passive DNS keeps it"
M1056 = False
# Roots of the XML that S3 (and what speaks its language) and Azure answer a listing with.
_LISTS = ("<listbucketresult", "<enumerationresults")


def check(item: Observation[DnsRecord], world: World) -> Iterator[Hit]:
    """Fires on living CNAMEs to storage; high only where a scan database saw the list of files."""
    fact = item.fact
    if fact.type != "CNAME" or not fact.live or not world.owned(fact.name):
        return
    provider = _storage(fact.data)
    if not provider:
        return
    listing = next(_listings(fact.name, world), None)
    told = (
        f"its files are listed at {place(listing.fact)}" if listing else "whether it lists files is not known"
    )
    yield Hit(
        key=fact.key,
        about=fact.name,
        says=f"{fact.name} leads to {provider} ({fact.data}); {told}",
        evidence=(item, *([listing] if listing else [])),
        level="high" if listing else None,
    )


def _storage(host: str) -> str | None:
    found = suffix_of("storage_suffixes", host)
    if found:
        return found["provider"]
    regional = host.endswith(".amazonaws.com") and any(
        label == "s3" or label.startswith("s3-") for label in host.split(".")
    )
    return "Amazon S3" if regional else None


def _listings(name: str, world: World) -> Iterator[Observation[Service]]:
    for address in world.records(name, "A", "AAAA", live=True):
        for one in world.services(address.fact.data):
            if name in one.fact.hostnames and any(root in (one.fact.banner or "").lower() for root in _LISTS):
                yield one
