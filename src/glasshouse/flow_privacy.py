"""The settings in; out what puts tokens in the place of names, in everything that is shown."""

from __future__ import annotations

import time
from ipaddress import IPv6Address, ip_address

from glasshouse import config
from glasshouse.config import Options
from glasshouse.flow_ours import knowledge
from glasshouse.know.people import Directory
from glasshouse.known import Person
from glasshouse.pseudonyms import Kind, Pseudonyms, key_of, keys, quarter_of
from glasshouse.report.masks import Cover, Protected
from glasshouse.settings import Settings
from glasshouse.watch.actors import account, host_key


def plain(kind: Kind, name: str) -> str:
    """A name as all logs agree on it: accounts bare, machines without suffix, addresses in short form."""
    if kind == "user":
        return account(name) or name.strip().lower()
    return host_key(name) if kind == "host" else _address(name)


def cover(options: Options, spared: frozenset[tuple[Kind, str]] = frozenset()) -> Cover:
    """What covers names as the settings say, with the tokens of this quarter; but not those spared."""
    privacy = options.settings.privacy
    home = config.home(options.home)
    wanted = privacy.pseudonymise or privacy.protected
    key = key_of(home, quarter_of(time.time_ns() // 1000)) if wanted else b""
    return Cover(Pseudonyms(key, plain), privacy.pseudonymise, protected(options.settings), spared)


def kept_keys(options: Options) -> dict[str, bytes]:
    """The keys of the quarters whose tokens still stand for somebody, newest first."""
    return keys(config.home(options.home))


def protected(settings: Settings) -> Protected | None:
    """Who is never shown; None when the settings protect nobody.

    Where no directory can be read nobody can tell who is protected: then everybody is.
    """
    if not settings.privacy.protected:
        return None
    known = knowledge(settings)
    if known is None or "people" not in known.has:
        return lambda _kind, _name: True
    directory = known.directory
    names = {name.strip().casefold() for name in settings.privacy.protected}
    return lambda kind, name: _is_protected(directory, names, kind, name)


def _is_protected(directory: Directory, names: set[str], kind: Kind, name: str) -> bool:
    if kind == "user":
        return _is_one_of(directory.person(name), names)
    if kind == "host":
        machine = directory.machine(name)
        return bool(machine and machine.owner and _is_one_of(directory.person(machine.owner), names))
    return False


def _is_one_of(person: Person | None, names: set[str]) -> bool:
    if person is None:
        return False
    said = (person.role, person.department, *person.groups)
    return any(one.strip().casefold() in names for one in said if one)


def _address(ip: str) -> str:
    """An address in its short form, IPv4 inside IPv6 unwrapped; what is none, in lower case."""
    try:
        address = ip_address(ip.strip().partition("%")[0])
    except ValueError:
        return ip.strip().lower()
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(inner or address)
