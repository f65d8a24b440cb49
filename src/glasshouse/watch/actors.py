"""Lookups in; out, per lookup, the key of its actor: addresses and hosts seen together are one actor."""

from __future__ import annotations

from collections.abc import Sequence

from glasshouse.records import Lookup

UNKNOWN = "unknown"


def host_key(host: str) -> str:
    """Lower case and without the DNS suffix, so that WS-1 and ws-1.example.com are one machine."""
    host = host.strip().rstrip(".").lower()
    return host if host.replace(".", "").isdigit() or ":" in host else host.split(".", 1)[0]


def account(user: str | None) -> str | None:
    """The bare account name, lower case: ``EXAMPLE\\jdoe`` and ``jdoe@example.com`` are ``jdoe``."""
    if not user:
        return None
    bare = user.rsplit("\\", 1)[-1].split("@", 1)[0].strip().lower()
    return bare or None


def _joins(ip: str) -> bool:
    return not (ip.startswith("127.") or ip in {"::1", "0.0.0.0", "::", "-"})  # noqa: S104


class _Forest:
    """Disjoint sets of strings with path halving."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def root(self, name: str) -> str:
        parent = self.parent
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    def join(self, one: str, other: str) -> None:
        a, b = self.root(one), self.root(other)
        if a != b:
            self.parent[max(a, b)] = min(a, b)


def _node(ip: str | None, host: str | None, user: str | None, device: str | None = None) -> str:
    if device:
        return "1:" + device
    if ip and _joins(ip):
        return "0:" + ip.lower()  # sorts before hosts: the smallest address names the component
    if host:
        return "1:" + host_key(host)
    name = account(user)
    if name:
        return "2:" + name
    return "1:" + ip.lower() if ip else "3:" + UNKNOWN


def node(lookup: Lookup) -> str:
    """Where a lookup stands before any are joined: ``0:`` and its address, ``1:`` host or ``2:`` account.

    The smallest node of those joined, without its first two characters, is the key of the actor.
    """
    return _node(lookup.actor.ip, lookup.actor.host, lookup.actor.user, lookup.actor.device)


def joined(lookup: Lookup) -> tuple[str, str] | None:
    """The address node and the host node that one lookup shows to be the same actor.

    None where leases say which machine had the address: then it is the machine that counts.
    """
    ip, host = lookup.actor.ip, lookup.actor.host
    if ip and host and _joins(ip) and not lookup.actor.device:
        return _node(ip, host, None), "1:" + host_key(host)
    return None


def keys(lookups: Sequence[Lookup]) -> list[str]:
    """One key per lookup, in order: the smallest address of its component, else host, else account."""
    forest = _Forest()
    told = [(x.actor.ip, x.actor.host, x.actor.user, x.actor.device) for x in lookups]
    nodes = {parts: _node(*parts) for parts in set(told)}
    for (ip, host, _, device), node in nodes.items():
        if ip and host and _joins(ip) and not device:
            forest.join(node, "1:" + host_key(host))
    names = {parts: forest.root(node)[2:] for parts, node in nodes.items()}
    return [names[parts] for parts in told]
