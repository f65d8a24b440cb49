"""A host name and what is known about the request in, the open database it belongs to out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from glasshouse.catalogue import Catalogue, OpenDatabase, shape_host
from glasshouse.watch.clean import Url
from glasshouse.watch.shapes import compiled, path_values


class Names:
    """The names of the catalogue: exact hosts, domains with all below them, patterns, exceptions."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._exact: defaultdict[str, list[OpenDatabase]] = defaultdict(list)
        self._below: defaultdict[str, list[OpenDatabase]] = defaultdict(list)
        self._patterns: list[tuple[re.Pattern[str], OpenDatabase]] = []
        self._ignored: set[str] = set()
        for entry in catalogue.databases.values():
            self._add(entry)

    def _add(self, entry: OpenDatabase) -> None:
        hosts = set(entry.hosts)
        if entry.match == "path":
            hosts.update(host for shape in entry.lookups if (host := shape_host(shape)))
        for host in sorted(hosts):
            self._exact[host].append(entry)
        for name in entry.domains:
            self._below[name].append(entry)
        for pattern in entry.patterns:
            regex = re.escape(pattern).replace(r"\*", "[^.]+")
            self._patterns.append((re.compile(regex), entry))
        self._ignored.update(entry.ignore)

    def entry(self, host: str, url: Url | None = None, port: int | None = None) -> OpenDatabase | None:
        """The narrowest entry for a host; entries that need a path count only with a URL that has it.

        ``port`` decides between entries that share a name (whois.arin.net on 43 and on 443).
        """
        for found in self._narrowing(host):
            fitting = [entry for entry in found if _fits(entry, host, url)]
            if fitting:
                return max(fitting, key=lambda entry: (entry.match == "path", port in entry.ports))
        return None

    def _narrowing(self, host: str) -> Iterable[list[OpenDatabase]]:
        if host not in self._ignored:
            by_pattern = [entry for regex, entry in self._patterns if regex.fullmatch(host)]
            yield [*self._exact.get(host, ()), *by_pattern]
        labels = host.split(".")
        for at in range(len(labels)):
            name = ".".join(labels[at:])
            if name in self._ignored:
                return
            if name in self._below:
                yield self._below[name]


def _fits(entry: OpenDatabase, host: str, url: Url | None) -> bool:
    if entry.match != "path":
        return True
    if url is None:
        return False
    if entry.needles and not any(needle in url.raw.lower() for needle in entry.needles):
        return False
    own_host = host in entry.hosts or not any(shape_host(shape) == host for shape in entry.lookups)
    forms = (compiled(shape) for shape in entry.lookups)
    return any(
        path_values(form, url) is not None
        for form in forms
        if form.segments and (form.host == host or (own_host and not form.host) or host in entry.hosts)
    )
