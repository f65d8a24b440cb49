"""Catalogue entries in; out, by which host names and paths a set of them is known, and a regex for it.

The regular expressions hold no backslash (a dot is ``[.]``), so that they mean the same in the string
literals of every query language, and are anchored at both ends, so that it does not matter whether a
platform searches or wants the whole text to match.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from glasshouse.catalogue import Catalogue, OpenDatabase, Shape, shape_host
from glasshouse.portable.pack import Database, Hosts, Page

WHOIS = "whois-port43"
_VARIABLE = re.compile(r"\{[a-z0-9_-]+\}|\*")
_PLAIN = re.compile(r"[A-Za-z0-9/_.~:@,;=+%-]*")
DOT_END = "[.]?"


def hosts_of(entries: Sequence[OpenDatabase], catalogue: Catalogue) -> Hosts:
    """The names of a set of entries; names of other entries below them are open, as are everyday pages."""
    by_name = [entry for entry in entries if entry.match != "path"]
    ids = {entry.id for entry in by_name}
    every = catalogue.databases.values()
    wide = {name for entry in by_name for name in entry.domains}
    exact = {name for entry in by_name for name in entry.hosts}
    stays = {name for entry in every for name in entry.ignore}
    for entry in every:
        if entry.id not in ids and entry.match != "path":
            stays.update(name for name in (*entry.domains, *entry.hosts) if name not in wide | exact)
    tops = {name for name in wide if not below(name, wide)}
    # A wide or exact name below an open one would be lost: then the open one is dropped, to miss nothing.
    kept = above(wide | (exact - stays))
    opens = {name for name in stays if at_or_below(name, tops) and name not in kept}
    return Hosts(
        wide=tuple(sorted(tops)),
        exact=tuple(sorted(name for name in exact - stays if not at_or_below(name, tops))),
        patterns=tuple(sorted({pattern for entry in by_name for pattern in entry.patterns})),
        open=tuple(sorted(name for name in opens if not below(name, opens))),
        pages=tuple(page for entry in entries if entry.match == "path" for page in pages_of(entry)),
        whois=any(entry.id == WHOIS for entry in entries),
    )


def above(names: Iterable[str]) -> frozenset[str]:
    """All names that one of the names is or lies below."""
    return frozenset(end for name in names for end in _ends(name))


def below(name: str, others: Collection[str]) -> bool:
    """Whether a name lies below one of the others, by labels."""
    return any(end in others for end in _ends(name)[1:])


def at_or_below(name: str, others: Collection[str]) -> bool:
    """Whether a name is one of the others or lies below one."""
    return any(end in others for end in _ends(name))


@cache
def _ends(name: str) -> tuple[str, ...]:
    labels = name.split(".")
    return tuple(".".join(labels[at:]) for at in range(len(labels)))


def pages_of(entry: OpenDatabase) -> list[Page]:
    """The paths an entry is known by; those that no platform could be told plainly are left out."""
    found: dict[Page, None] = {}
    named = {shape_host(shape) for shape in entry.lookups}
    unnamed = [host for host in entry.hosts if host not in named]
    for shape in entry.lookups:
        host, pieces = shape_host(shape), _pieces(shape)
        if not pieces:
            continue
        hosts = (host, *unnamed) if host else entry.domains or entry.hosts
        found[Page(entry.id, tuple(hosts), pieces, bool(host), not host and bool(entry.domains))] = None
    return list(found)


def _pieces(shape: Shape) -> tuple[str, ...]:
    """The fixed parts of the path of a shape as written; none when they say too little."""
    before = re.split(r"[?#]", shape.at, maxsplit=1)[0]
    path = "/" + before.partition("/")[2]
    pieces = [piece for piece in _VARIABLE.split(path) if piece]
    if not all(_PLAIN.fullmatch(piece) for piece in pieces) or max(len(p) for p in pieces) < 4:
        return ()
    return tuple(pieces)


def escape(literal: str) -> str:
    """Text as part of a regular expression, without any backslash."""
    return "".join(one if one.isalnum() or one in "-_/" else f"[{one}]" for one in literal)


def host_regex(wide: Sequence[str], exact: Sequence[str] = (), patterns: Sequence[str] = ()) -> str:
    """What a host name in small letters must be like; it may end with a dot. Never empty."""
    parts = [f"(.*[.])?({'|'.join(map(escape, wide))})"] if wide else []
    parts += [escape(name) for name in exact]
    parts += [pattern_regex(pattern) for pattern in patterns]
    return f"^({'|'.join(parts)}){DOT_END}$" if parts else "^[.]$"


def pattern_regex(pattern: str) -> str:
    """A name of which one part changes within its label, without anchors."""
    return "[^.]+".join(escape(piece) for piece in pattern.split("*"))


def names_regex(hosts: Hosts) -> str:
    """The regular expression of all names of a set, without its open names."""
    return host_regex(hosts.wide, hosts.exact, hosts.patterns)


def open_regex(hosts: Hosts) -> str:
    """The regular expression of what stands below the names and is no lookup; empty when nothing is."""
    return host_regex(hosts.open) if hosts.open else ""


def page_regex(page: Page) -> str:
    """What the path of a URL in small letters, without what follows ``?``, must be like."""
    start = "" if page.anchored else "(/.*)?"
    return f"^{start}{'[^/]+'.join(escape(piece.lower()) for piece in page.pieces)}.*$"


def page_host_regex(page: Page) -> str:
    """What the host of such a URL must be like."""
    return host_regex(page.hosts) if page.wide else host_regex((), page.hosts)


def listed(names: Sequence[str]) -> list[str]:
    """Names with and without the dot at the end, for platforms that compare whole values."""
    return [each for name in names for each in (name, name + ".")]


def lower_first(databases: Iterable[tuple[str, Hosts]]) -> list[tuple[str, Hosts]]:
    """Databases in an order in which the first that fits is the narrowest: names below others first."""
    known = list(databases)

    def depth(hosts: Hosts) -> int:
        names = (*hosts.wide, *hosts.exact)
        others = {name for _id, other in known if other is not hosts for name in other.wide}
        return max((name.count(".") + 1 for name in names if at_or_below(name, others)), default=0)

    return sorted(known, key=lambda pair: (-depth(pair[1]), pair[0]))


def merged(several: Iterable[Hosts]) -> Hosts:
    """The names of several databases as those of one set."""
    known = list(several)
    wide = {name for each in known for name in each.wide}
    exact = {name for each in known for name in each.exact}
    tops = {name for name in wide if not below(name, wide)}
    stays = {name for each in known for name in each.open} - wide - exact
    return Hosts(
        wide=tuple(sorted(tops)),
        exact=tuple(sorted(name for name in exact if not at_or_below(name, tops))),
        patterns=tuple(sorted({pattern for each in known for pattern in each.patterns})),
        open=tuple(sorted(stays - above(wide | exact))),
        pages=tuple(dict.fromkeys(page for each in known for page in each.pages)),
        whois=any(each.whois for each in known),
    )


def names_of(databases: Iterable[Database]) -> list[tuple[str, str, Database]]:
    """Each name once, in order, with how it counts (wide, exact or pattern) and whose it is."""
    found: dict[tuple[str, str], Database] = {}
    for database in databases:
        hosts = database.hosts
        for kind, names in (("wide", hosts.wide), ("exact", hosts.exact), ("pattern", hosts.patterns)):
            for name in names:
                found.setdefault((name, kind), database)
    return [
        (name, kind, database) for (name, kind), database in sorted(found.items(), key=lambda pair: pair[0])
    ]
