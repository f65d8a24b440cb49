"""The logs of a corpus in; out what simple detectors read of them: Defender's rows, and names asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from glasshouse import parse
from glasshouse.catalogue import Catalogue
from glasshouse.errors import Malformed
from glasshouse.flow import recognised
from glasshouse.leaf import Source, leaf_name
from glasshouse.parse import time as moment
from glasshouse.proof.detectors import list_match, sentinel
from glasshouse.proof.detectors.list_match import Asked
from glasshouse.proof.detectors.sentinel import Row
from glasshouse.proof.measure_truth import Databases
from glasshouse.records import SourceCount, Tally, Trouble
from glasshouse.watch import read
from glasshouse.watch.clean import host_of, split_url
from glasshouse.watch.names import Names
from glasshouse.watch.read import Input
from glasshouse.watch.sieve import patterns, scanner
from glasshouse.watch.sift import events, trouble
from glasshouse.watch.unpack import UNPACKED_LIMIT

Cells = Mapping[str, Any]


def names_listed(catalogue: Catalogue) -> list[str]:
    """What a plain list holds: the names of databases, but not of sites that also serve ordinary pages."""
    chosen = (one for one in catalogue.databases.values() if one.scope == "core" and one.match != "path")
    return sorted({name for entry in chosen for name in (*entry.domains, *entry.hosts)})


def databases_of(catalogue: Catalogue) -> Databases:
    """A function: a host name or URL in, the open databases it leads to by the catalogue out."""
    names = Names(catalogue)

    @cache
    def told(said: str) -> frozenset[str]:
        url = split_url(said) if "/" in said else None
        host = host_of(url.host if url else said)
        entry = names.entry(host, url) if host else None
        return frozenset({entry.id}) if entry else frozenset()

    return told


def asked(paths: Sequence[str], names: Sequence[str], tally: Tally) -> list[Asked]:
    """Every name asked for that holds one of the listed names, with who asked."""
    listed = list_match.listed(names)
    out: list[Asked] = []
    for item, leaf in _logs(paths, tally):
        scan = scanner(patterns(names, leaf.SPELLINGS, ()))
        for _record, event in events(item, leaf, None, tally, scan):
            if event.via == "process" or event.time is None:
                continue
            for name in filter(None, dict.fromkeys((event.name, _host(event.url)))):
                if listed.search(name):
                    out.append(
                        Asked(time=event.time, name=name, user=event.user, host=event.host, ip=event.ip)
                    )
    return out


def _host(url: str | None) -> str | None:
    found = split_url(url) if url and "://" in url else None
    return found.host if found else None


def network_rows(paths: Sequence[str], tally: Tally) -> list[Row]:
    """The rows of DeviceNetworkEvents that can matter to the Sentinel rule: they hold one of its names."""
    needles = [*sentinel.DOMAINS, *sentinel.PARTS]
    out: list[Row] = []
    for item, leaf in _logs(paths, tally):
        kind = leaf_name(leaf)
        if kind not in ("defender", "defender-csv"):
            continue
        scan = scanner(patterns(needles, leaf.SPELLINGS, ()))
        header: list[str] = []
        for record in read.records(item, leaf, scan, SourceCount()):
            try:
                cells = _of_json(record.data) if kind == "defender" else _of_csv(record.data, header)
                out += [row for one in cells if (row := _row(one)) is not None]
            except Malformed as reason:
                trouble(tally, Trouble(item.label, record.position, str(reason)))
    return out


def _logs(paths: Sequence[str], tally: Tally) -> Iterator[tuple[Input, Source]]:
    for item in read.inputs(paths, partial(trouble, tally), UNPACKED_LIMIT):
        leaf = recognised(item, tally)
        if leaf is not None:
            yield item, leaf


def _of_json(data: bytes) -> list[Cells]:
    """The rows of one JSON object: itself, what the streaming API wraps, or several under "records"."""
    plain = data.strip(b" \t\r\n[],")
    found = parse.objects(parse.document(plain)) if plain else []
    several = [one for whole in found for one in parse.objects(whole.get("records", whole))]
    return [
        {"Timestamp": one.get("time"), **inner} if isinstance(inner := one.get("properties"), dict) else one
        for one in several
    ]


def _of_csv(data: bytes, header: list[str]) -> list[Cells]:
    """The row of one CSV record; a header is kept for those after it."""
    try:
        cells = next(csv.reader(io.StringIO(parse.text(data), newline="")), [])
    except csv.Error as problem:
        raise Malformed(f"not CSV: {str(problem)[:80]}") from None
    if "ActionType" in cells:
        header[:] = cells
        return []
    return [dict(zip(header, cells, strict=True))] if len(cells) == len(header) else []


def _row(cells: Cells) -> Row | None:
    """A row of DeviceNetworkEvents; None for other tables. Raises Malformed without a time."""
    if "RemoteUrl" not in cells:
        return None
    when = moment(cells.get("TimeGenerated") or cells.get("Timestamp"))
    if when is None:
        raise Malformed("a row of DeviceNetworkEvents without a time")
    said: Callable[[str], str] = lambda name: str(cells.get(name) or "")  # noqa: E731
    port = said("RemotePort")
    return Row(
        time=when,
        action=said("ActionType"),
        url=said("RemoteUrl"),
        ip_type=said("RemoteIPType"),
        port=int(port) if port.isdigit() else None,
        process=said("InitiatingProcessFileName"),
        command_line=said("InitiatingProcessCommandLine"),
        device=said("DeviceName"),
        account=said("InitiatingProcessAccountName"),
        domain=said("InitiatingProcessAccountDomain"),
    )
