"""The main flow: paths in, a Report out. Read this file first; each step is a room of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from glasshouse import config
from glasshouse.catalogue import Catalogue, load
from glasshouse.config import Options
from glasshouse.errors import ReadError
from glasshouse.flow_ours import knowledge, ours, resolved
from glasshouse.leaf import Source, leaf_name, source
from glasshouse.records import Event, Lookup, Report, Tally, Trouble
from glasshouse.watch import read
from glasshouse.watch.coverage import blind_spots
from glasshouse.watch.detect import detect, load_rules
from glasshouse.watch.link import complete
from glasshouse.watch.mask import mask
from glasshouse.watch.match import Matcher
from glasshouse.watch.once import once
from glasshouse.watch.quarantine import Quarantine
from glasshouse.watch.read import Input
from glasshouse.watch.redact import Fingerprinter, redact
from glasshouse.watch.relay import without_relayed
from glasshouse.watch.sift import Sifter, events, sift, trouble
from glasshouse.watch.toolsets import of_catalogue
from glasshouse.watch.unpack import UNPACKED_LIMIT

Progress = Callable[[str], None]
Logs = list[tuple[Input, Source]]


def watch(paths: Sequence[str], options: Options, progress: Progress = lambda _said: None) -> Report:
    """Raw logs in, alerts out: sieve, read, match, complete, count once, judge."""
    rules = load_rules(options.rules)
    lookups, tally, catalogue = find(paths, options, progress)
    progress("judging")
    alerts, statuses = detect(lookups, rules, of_catalogue(catalogue))
    return Report(
        alerts=tuple(alerts),
        tally=tally,
        rule_statuses=tuple(statuses),
        lookups_total=len(lookups),
        blind_spots=blind_spots(catalogue, tally),
        first_time=lookups[0].time if lookups else None,
        last_time=lookups[-1].time if lookups else None,
    )


def find(
    paths: Sequence[str], options: Options, progress: Progress = lambda _said: None
) -> tuple[list[Lookup], Tally, Catalogue]:
    """Raw logs in, every lookup in them once and in order of time out."""
    catalogue = load(options.opendbs)
    sifter, tally = sifter_for(catalogue, options), Tally()
    found: list[Lookup] = []
    with _logs(paths, options, tally) as logs:
        for item, leaf in logs:
            progress(item.label)
            found.extend(sift(item, leaf, sifter, tally, options.sieve))
        found = complete(once(found), logs, sifter)
    found = resolved(found, knowledge(options.settings))
    found, tally.relayed = without_relayed(found)
    return [lookup for lookup in found if _wanted(lookup, options)], tally, catalogue


def normalised(paths: Sequence[str], options: Options, tally: Tally) -> Iterator[tuple[str, int, Event]]:
    """Raw logs in, every event in them out (file, position, event): what do you see in my log?"""
    with _logs(paths, options, tally) as logs:
        for item, leaf in logs:
            for record, event in events(item, leaf, options.zone, tally):
                yield item.label, record.position, event


def fingerprinter(options: Options) -> Fingerprinter:
    """The keyed fingerprint of API keys; its key is made in the home folder at first use."""
    return Fingerprinter(config.home(options.home) / "fingerprint.key")


def masked(options: Options) -> Callable[[Event], Event]:
    """A function that replaces the keys and passwords in an event by their fingerprints."""
    catalogue, fingerprint = load(options.opendbs), fingerprinter(options)
    return lambda event: mask(event, catalogue.key_names, fingerprint)


def sifter_for(catalogue: Catalogue, options: Options) -> Sifter:
    """Everything that turns logs into lookups, for one run."""
    return Sifter(
        Matcher(catalogue, ours(options), fingerprinter(options)),
        tuple(catalogue.needles()),
        tuple(catalogue.tool_needles()),
        options.zone,
    )


@contextmanager
def _logs(paths: Sequence[str], options: Options, tally: Tally) -> Iterator[Logs]:
    """The logs that can be read, each with its format; the others become troubles."""
    chosen = source(options.source) if options.source else None
    items: list[Input] = []
    keeper = tally.keep = keeper_for(options)
    try:
        for item in read.inputs(paths, partial(trouble, tally), options.max_unpacked or UNPACKED_LIMIT):
            items.append(item)
        logs = [(item, leaf) for item in items if (leaf := recognised(item, tally, chosen))]
        if not logs and not tally.troubles:
            trouble(
                tally,
                Trouble(", ".join(paths), None, "nothing to read: no file, or empty ones", "check the path"),
            )
        yield logs
    finally:
        for item in items:
            read.forget(item)
        if keeper:
            tally.kept_in = keeper.close()


def keeper_for(options: Options) -> Quarantine | None:
    """Where unreadable records are kept, if the run asks for it: secrets covered unless it says raw."""
    if options.quarantine is None:
        return None
    if options.quarantine_raw:
        return Quarantine(options.quarantine, None)
    names, fingerprint = load(options.opendbs).key_names, fingerprinter(options)
    return Quarantine(options.quarantine, lambda text: redact(text, fingerprint, names))


def recognised(item: Input, tally: Tally, chosen: Source | None = None) -> Source | None:
    """The format of a log; one that cannot be opened or is of no known format becomes a trouble.

    One that was chosen is taken as it is, or in the envelope (syslog, an export) that the log shows.
    """
    try:
        leaf, _sure = read.detect(item, chosen)
    except ReadError as problem:
        trouble(tally, Trouble(item.label, None, problem.what, problem.next_step))
        return None
    tally.files += leaf is not None
    if leaf is None and item.size:
        trouble(tally, Trouble(item.label, None, "log format not recognised", "name it with --source"))
    return leaf


def _wanted(lookup: Lookup, options: Options) -> bool:
    after = options.since is None or lookup.time >= options.since
    return after and (options.until is None or lookup.time < options.until)


__all__ = ["find", "fingerprinter", "leaf_name", "normalised", "watch"]
