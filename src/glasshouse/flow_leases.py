"""Leases that came later than the logs in; lookups of the lake that now have a machine out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasshouse.lake import batch, facts
from glasshouse.lake.parquet import Query
from glasshouse.lake.store import Lake
from glasshouse.watch.actors import node

if TYPE_CHECKING:
    from glasshouse.know.background import Knowledge

SETTLE = 14 * 86_400_000_000  # microseconds back in which late leases still name machines


def settle(lake: Lake, known: Knowledge | None) -> int:
    """When leases are new: give the lookups of the last two weeks the machines they now name; how many."""
    if known is None or "tenancies" not in known.has or lake.get("leases") == known.leases_fingerprint:
        return 0
    last = facts.extent(lake)[2]
    changes = []
    if last is not None:
        for old in facts.load(lake, Query(since=last - SETTLE)):
            new = known.directory.resolve(old.lookup)
            if new != old.lookup or new.actor.device != old.lookup.actor.device:
                changes.append((old, old._replace(lookup=new, node=node(new))))
    done = batch.amend(lake, changes)
    with lake.transaction():
        lake.put("leases", known.leases_fingerprint)
    return done
