"""An episode and what we know of it in; every field of its verdict, in the order people ask, out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.known import Background
from glasshouse.leaf import judges
from glasshouse.settings import Thresholds
from glasshouse.verdicts import Episode, Named, Verdict

# The order of the page; a field that is not named here follows by name.
ORDER = (
    "about_us",
    "authorised",
    "change",
    "exercise",
    "automated",
    "volume",
    "pattern",
    "usual",
    "peers",
    "rise",
    "history",
    "credential",
    "privilege",
    "account_state",
    "machine",
    "criticality",
    "intel",
    "data_sent",
    "exposure",
    "visibility",
)


def verdict(episode: Episode, background: Background, thresholds: Thresholds) -> Verdict:
    """Ask every leaf of triage/fields."""
    fields = [leaf.judge(episode, background, thresholds) for leaf in judges().values()]
    place = {name: number for number, name in enumerate(ORDER)}
    ordered = sorted(fields, key=lambda one: (place.get(one.name, len(ORDER)), one.name))
    return Verdict(tuple(ordered), tuple(dict.fromkeys(_named(background))))


def _named(background: Background) -> Iterator[Named]:
    """Who of those we know of may stand in the sentences, beside whom the logs name."""
    users = [account for one in background.people for account in (one.account, one.email)]
    users += [one.owner for one in background.machines]
    users += [one.account for one in background.tenancies]
    users += [one.change.requested_by for one in background.changes]
    users += [account for one in background.uses for account in one.use.accounts]
    hosts: list[str | None] = [one.host for one in background.machines]
    hosts += [name for one in background.tenancies for name in (one.host, one.hardware)]
    hosts += [host for one in background.uses for host in one.use.hosts]
    addresses = [one.ip for one in background.tenancies]
    yield from (Named("user", one) for one in (*users, *background.unknown_accounts) if one)
    yield from (Named("host", one) for one in (*hosts, *background.unknown_hosts) if one)
    yield from (Named("addr", one) for one in addresses)
