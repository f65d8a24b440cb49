"""The lookups of an episode in; out which kinds of log saw it and, in sentences, what they could not show."""

from __future__ import annotations

from collections.abc import Sequence

from glasshouse.records import Lookup, Visibility
from glasshouse.watch.actors import host_key

# view -> what it hides; a sentence is dropped when another view of the same episode shows the thing.
_HIDES: dict[str, tuple[tuple[str, str], ...]] = {
    "dns": (
        ("target", "DNS shows names only: what was asked about cannot be seen."),
        ("client", "DNS shows names only: the program that asked cannot be seen."),
        ("count", "Resolver caches hide repeats, and one question may stand for many requests."),
    ),
    "tls": (
        ("target", "TLS hides paths and bodies: what was asked about cannot be seen."),
        ("client", "TLS records do not name the program that asked."),
        ("count", "One TLS connection may carry many requests; their number is estimated."),
    ),
    "flow": (
        ("target", "Flow records carry no content: what was asked about cannot be seen."),
        ("client", "Flow records do not name the program that asked."),
        ("count", "One connection may carry many requests; their number is estimated."),
    ),
    "http/connect": (
        ("target", "A CONNECT shows only the host: what was asked about cannot be seen."),
        ("count", "One CONNECT may carry many requests; their number is estimated."),
    ),
    "http": (("body", "Web logs seldom keep request bodies, and a proxy may cut off query strings."),),
    "whois": (("account", "A port 43 connection does not say which account asked."),),
    "sql": (("account", "A database connection does not say which account asked."),),
    "process": (
        ("answer", "A process record shows the command, not what it asked afterwards nor the answers."),
    ),
}
_SOURCE_HIDES = {
    "powerdns": "PowerDNS answers repeats from its packet cache without logging them, unless told to.",
    "squid": "Squid cuts the query string off URLs unless strip_query_terms is off.",
    "windows-dns": "A DNS server's log may show a forwarding resolver instead of the machine behind it.",
}


def visibility(lookups: Sequence[Lookup]) -> Visibility:
    """What saw these lookups and what nobody saw; every argument is a lookup of one episode."""
    views = tuple(sorted({lookup.view for lookup in lookups}))
    sources = tuple(sorted({lookup.source for lookup in lookups}))
    shown = _shown(lookups)
    hidden = [
        sentence
        for view in views
        for thing, sentence in _HIDES.get(view, _HIDES.get(view.split("/", 1)[0], ()))
        if thing not in shown
    ]
    hidden += [text for key, text in _SOURCE_HIDES.items() if any(key in source for source in sources)]
    if all(lookup.actor.user is None for lookup in lookups):
        hidden.append("No log here names the account.")
    machines = sorted({host_key(lookup.actor.host) for lookup in lookups if lookup.actor.host})
    if len(machines) > 1:
        hidden.append(
            f"The address was used by {len(machines)} machines ({', '.join(machines[:4])}): "
            "these lookups may be of different people."
        )
    return Visibility(views, sources, tuple(dict.fromkeys(hidden)))


def _shown(lookups: Sequence[Lookup]) -> set[str]:
    """The things at least one lookup of the episode does show."""
    checks = {
        "target": any(lookup.targets for lookup in lookups),
        "client": any(lookup.client.kind != "unknown" for lookup in lookups),
        "account": any(lookup.actor.user for lookup in lookups),
    }
    return {thing for thing, seen in checks.items() if seen}
