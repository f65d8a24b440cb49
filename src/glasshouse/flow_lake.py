"""The lake's flow: paths in, their new lookups in the lake out; each record once, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from glasshouse import config
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.errors import ReadError
from glasshouse.flow import keeper_for, recognised, sifter_for
from glasshouse.flow_leases import settle
from glasshouse.flow_ours import knowledge, resolved
from glasshouse.flow_resume import Part, Place, parts, reached, whereabouts
from glasshouse.lake import batch, facts, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import Stored, uid_of
from glasshouse.lake.parquet import Query
from glasshouse.lake.store import Lake
from glasshouse.leaf import Source, leaf_name, source
from glasshouse.records import Lookup, Tally, Trouble
from glasshouse.watch import read
from glasshouse.watch.actors import node
from glasshouse.watch.link import complete
from glasshouse.watch.once import once
from glasshouse.watch.quarantine import Quarantine
from glasshouse.watch.read import Input
from glasshouse.watch.sift import Sifter, layout_for, sift, trouble
from glasshouse.watch.unpack import UNPACKED_LIMIT

ROUND_BYTES = 64 << 20  # after so many bytes what was found goes into the lake
ROUND_FILES = 500
PENDING_DAYS, PENDING = 2, 20_000  # lookups that records still to come may complete
Progress = Callable[[str], None]


@dataclass(slots=True)
class Ingested:
    """What one ``ingest`` did."""

    tally: Tally = field(default_factory=Tally)
    new: int = 0  # logs read for the first time
    grown: int = 0
    unchanged: int = 0
    replaced: int = 0  # known by name, with other content than before
    moved: int = 0
    found: int = 0  # lookups seen
    added: int = 0  # lookups the lake did not hold
    completed: int = 0  # lookups of the lake that new records completed
    named: int = 0  # lookups of the lake that new leases gave a machine
    undone: int = 0  # batches of an earlier run that was cut off


@dataclass(slots=True)
class _Run:
    """What every step of one ingest needs."""

    lake: Lake
    sifter: Sifter
    options: Options
    final: bool
    keeper: Quarantine | None
    progress: Progress
    done: Ingested = field(default_factory=Ingested)


def ingest(
    paths: Sequence[str], options: Options, final: bool = False, progress: Progress = lambda _said: None
) -> Ingested:
    """Read what is new in the logs and put its lookups into the lake of the home folder.

    Raises ReadError when the disk refuses; what was put in before stays, and the next run goes on there.
    """
    catalogue = load(options.opendbs)
    sifter = sifter_for(catalogue, options)
    with store.writing(config.home(options.home), progress) as lake:
        undone = batch.sweep(lake)
        run = _Run(lake, sifter, options, final, keeper_for(options), progress, Ingested(undone=undone))
        items: list[Input] = []
        try:
            for one in _rounds(run, _logs(paths, run, items)):
                _round(run, one)
            run.done.named = settle(lake, knowledge(options.settings))
        finally:
            for item in items:
                read.forget(item)
            if run.keeper:
                run.done.tally.kept_in = run.keeper.close()
        return run.done


def _logs(paths: Sequence[str], run: _Run, items: list[Input]) -> Iterator[tuple[Input, Source, Place]]:
    """The logs in which something is new, each with its format and its place."""
    tally, options = run.done.tally, run.options
    chosen = source(options.source) if options.source else None
    for item in read.inputs(paths, partial(trouble, tally), options.max_unpacked or UNPACKED_LIMIT):
        items.append(item)
        try:
            place = whereabouts(run.lake, item)
        except (ReadError, OSError) as problem:
            said = problem.what if isinstance(problem, ReadError) else problem.strerror
            trouble(
                tally, Trouble(item.label, None, said or "cannot be read", "check the path and your rights")
            )
            continue
        if place.unchanged:
            run.done.unchanged += 1
            continue
        leaf = recognised(item, tally, chosen)
        if leaf is not None:
            yield item, leaf, place


def _count(done: Ingested, place: Place, some: bool) -> None:
    """Account for one log; ``some`` of it was read now."""
    done.moved += place.moved
    done.replaced += place.replaced
    done.unchanged += not some
    if some and not place.replaced:
        done.new += place.known.offset == 0
        done.grown += place.known.offset > 0


def _rounds(run: _Run, logs: Iterator[tuple[Input, Source, Place]]) -> Iterator[list[Part]]:
    """Parts of logs to be read and put into the lake together.

    Formats whose records complete each other are read a folder at a time, last, so that a connection's end
    is in the same round as its beginning; of the others as much as one round holds.
    """
    together: dict[tuple[str, str], list[Part]] = {}
    waiting: list[Part] = []
    size = 0
    for item, leaf, place in logs:
        fresh = layout_for(item, run.options.zone, leaf)
        most = place.size + 1 if leaf.LINKED else ROUND_BYTES
        some = False
        try:
            for one in parts(item, leaf, place, fresh, run.final, most):
                some = True
                if leaf.LINKED:
                    together.setdefault((leaf_name(leaf), str(item.path.parent)), []).append(one)
                    continue
                if any(other.item.path == one.item.path for other in waiting) or len(waiting) >= ROUND_FILES:
                    yield waiting
                    waiting, size = [], 0
                waiting.append(one)
                size += one.stop - one.start
                if size >= ROUND_BYTES:
                    yield waiting
                    waiting, size = [], 0
        except ReadError as problem:
            trouble(run.done.tally, Trouble(item.label, None, problem.what, problem.next_step))
        _count(run.done, place, some)
    if waiting:
        yield waiting
    yield from together.values()


def _round(run: _Run, chosen: Sequence[Part]) -> None:
    """Read some parts, complete what they name, commit."""
    tally = Tally()
    found: list[Lookup] = []
    for one in chosen:
        run.progress(one.item.label)
        found.extend(_sifted(run, one, tally))
    found = once(found)
    draft = Draft(counts=tally.sources)
    if any(one.leaf.LINKED for one in chosen):
        found = _completed(run, chosen, found, draft)
    found = resolved(found, knowledge(run.options.settings), partial(_asked, run.lake))
    draft.lookups = [(uid_of(lookup), node(lookup), lookup) for lookup in found]
    formats = {leaf_name(one.leaf) for one in chosen if one.leaf.LINKED}
    draft.linked = {uid for uid, _node, x in draft.lookups if x.link and x.source in formats}
    draft.inputs = [reached(one) for one in _last(chosen)]
    run.done.found += len(found)
    run.done.added += batch.commit(run.lake, draft)
    run.done.completed += len(draft.completed)
    _told(run.done.tally, tally)


def _asked(lake: Lake, names: list[str] | None, since: int, until: int) -> Iterator[Lookup]:
    """What is already in the lake of some names, from and until a time."""
    return (stored.lookup for stored in facts.load(lake, Query(names=names, since=since, until=until)))


def _last(chosen: Sequence[Part]) -> list[Part]:
    """Per log the part that ends last."""
    return list({str(one.item.path): one for one in chosen}.values())


def _sifted(run: _Run, one: Part, tally: Tally) -> Iterator[Lookup]:
    """The lookups of one part, with positions counted from the beginning of the file."""
    before = len(tally.troubles)
    if run.keeper:
        keeper = run.keeper
        tally.keep = lambda name, said, data: keeper(name, _moved(said, one.lines), data)
    for lookup in sift(one.item, one.leaf, run.sifter, tally, run.options.sieve, one.layout):
        yield replace(lookup, position=lookup.position + one.lines) if one.lines else lookup
    tally.troubles[before:] = [_moved(said, one.lines) for said in tally.troubles[before:]]


def _moved(said: Trouble, lines: int) -> Trouble:
    return replace(said, position=said.position + lines) if said.position else said


def _completed(run: _Run, chosen: Sequence[Part], found: list[Lookup], draft: Draft) -> list[Lookup]:
    """The lookups, filled by records of their connection; those of the lake go filled to the draft."""
    formats = {leaf_name(one.leaf) for one in chosen if one.leaf.LINKED}
    held: list[Stored] = []
    for name in sorted(formats):
        held += facts.pending(run.lake, name, PENDING_DAYS, PENDING)
    logs = [(one.item, one.leaf) for one in chosen]
    filled = complete([*found, *(stored.lookup for stored in held)], logs, run.sifter)
    for stored, now in zip(held, filled[len(found) :], strict=True):
        if now != stored.lookup:
            draft.completed.append(stored._replace(lookup=now, node=node(now)))
    return filled[: len(found)]


def _told(total: Tally, tally: Tally) -> None:
    """Add the accounts of one round to those of the run."""
    for name, count in tally.sources.items():
        into = total.of(name)
        for number in ("bytes", "records", "candidates", "parsed", "quarantined", "lookups"):
            setattr(into, number, getattr(into, number) + getattr(count, number))
        into.kinds |= count.kinds
    for problem in tally.troubles:
        trouble(total, problem)
    total.troubles_dropped += tally.troubles_dropped
