"""Names and addresses in; out, what holds each, and a place for it next to all that stands below it."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

from glasshouse import parse

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_DIGITS = {4: 8, 6: 32}
_LEAST = 2  # labels: nobody owns "com"


@lru_cache(maxsize=10_000)
def above(value: str) -> tuple[str, ...]:
    """A value itself, then everything that holds it, the narrowest first.

    Of ``a.b.example.com`` the names down to two labels; of an address or network all networks around it.
    """
    network = _network(value)
    if network is None:
        return names_above(value)
    bits = range(network.prefixlen - _single(network), -1, -1)
    return tuple(dict.fromkeys((itself(value), *(str(network.supernet(new_prefix=one)) for one in bits))))


def names_above(value: str) -> tuple[str, ...]:
    """As ``above``, but of an address or network only itself."""
    name = None if _network(value) is not None else parse.host_name(value)
    if name is None or "." not in name:
        return (itself(value),)
    labels = name.split(".")
    return tuple(".".join(labels[at:]) for at in range(len(labels) - _LEAST + 1))


def itself(value: str) -> str:
    """A name or address in one spelling; of ``*.example.com`` the name below which it stands."""
    network = _network(value)
    if network is not None:
        return str(network.network_address if _single(network) else network)
    name = parse.host_name(value)
    return name if name and "." in name else value


def place(value: str) -> str:
    """Where a value stands: names by their labels from the right, addresses by their number."""
    return span(value)[0]


def span(value: str) -> tuple[str, str]:
    """Where a value and all below it stand: from the first place up to, and without, the second."""
    address = parse.ip(value) if _numeric(value) and "/" not in value else None
    if address is not None:  # much quicker than as a network
        return _between(address, address)
    network = _network(value)
    if network is not None:
        return _between(network.network_address, network.broadcast_address)
    name = parse.host_name(value)
    if name is None or "." not in name:
        return f"= {value}", f"= {value}\0"
    turned = "n " + ".".join(reversed(name.split(".")))
    return f"{turned}.", f"{turned}/"  # "/" follows "."


def _between(first: _Address, last: _Address) -> tuple[str, str]:
    digits = _DIGITS[first.version]
    return f"{first.version} {int(first):0{digits}x}", f"{last.version} {int(last):0{digits}x}!"


def _numeric(value: str) -> bool:
    """Whether it may be an address: quicker than trying each name."""
    return value[:1].isdigit() or ":" in value


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if not _numeric(value):
        return None
    try:
        return ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        return None


def _single(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    return network.prefixlen == network.max_prefixlen
