"""A seed and a size in; a folder of labelled logs, what the company knows, and the truth out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from glasshouse.acts import MANIFEST, TRUTH, Act, Manifest, act_line, manifest_text
from glasshouse.errors import ReadError, UsageError
from glasshouse.leaf import Behaviour, Writer, behaviours, writers
from glasshouse.proof import knowledge, office
from glasshouse.proof.casting import Cast, cast
from glasshouse.proof.clock import DAY, midnight
from glasshouse.proof.estate import Estate, build
from glasshouse.proof.seen import Fact
from glasshouse.proof.shapes import techniques
from glasshouse.proof.shelf import Shelf
from glasshouse.proof.site import Give, Site
from glasshouse.proof.stage import Stage, Truth, targets

FIRST_DAY = "2026-03-02"  # a Monday


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a corpus is; ``scale`` multiplies the ordinary traffic, ``only`` leaves behaviours out."""

    seed: str = "7"
    people: int = 200
    servers: int = 20
    days: int = 21
    scale: float = 1.0
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """One behaviour, for a list of them."""

    name: str
    label: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Made:
    """What was made."""

    manifest: Manifest
    acts: tuple[Act, ...]

    def labels(self) -> dict[str, int]:
        """How many acts of each label."""
        return dict(sorted(Counter(act.label for act in self.acts).items()))


def described() -> list[Described]:
    """All behaviours by label and name."""
    found = [Described(name, leaf.LABEL, leaf.TITLE, leaf.WHY) for name, leaf in behaviours().items()]
    return sorted(found, key=lambda one: (one.label, one.name))


def corpus(folder: Path, size: Size, progress: Callable[[str], None] = lambda _said: None) -> Made:
    """Make a corpus in a folder: the same logs for the same size, everywhere. Raises Usage- and ReadError."""
    try:
        return _make(folder, size, progress)
    except OSError as problem:
        reason = problem.strerror or "cannot be written"
        raise ReadError(reason, str(folder), "check the folder and its space") from None


def _make(folder: Path, size: Size, progress: Callable[[str], None]) -> Made:
    start = midnight(FIRST_DAY)
    estate, chosen = build(size.people, size.servers, start), _chosen(size.only)
    with Shelf(folder) as shelf:
        site = Site(estate, _giver(shelf))
        acts = []
        for one in cast(chosen, estate, size.seed, size.days):
            progress(one.id)
            acts.append(play(one, site))
        for number in range(size.days):
            progress(f"day {number + 1} of {size.days}")
            office.day(site, size.seed, start + number * DAY, size.scale)
            shelf.finish_before(start + number * DAY)
        return _told(folder, size, estate, shelf, acts)


def _chosen(only: Sequence[str]) -> dict[str, Behaviour]:
    known = behaviours()
    for name in only:
        if name not in known:
            raise UsageError(f"no behaviour named {name!r}", next_step=f"one of: {', '.join(known)}")
    return {name: leaf for name, leaf in known.items() if not only or name in only}


def _giver(shelf: Shelf) -> Give:
    """What a sensor saw goes to every writer that takes it from that sensor."""
    ways: dict[tuple[str, type], list[Writer]] = {}
    for leaf in writers().values():
        shelf.begin(leaf.FILE, leaf.KIND, leaf.HEADER)
        ways.setdefault((leaf.SENSOR, leaf.TAKES), []).append(leaf)

    def give(sensor: str, time: int, fact: Fact) -> int:
        taken = ways.get((sensor, type(fact)), [])
        for leaf in taken:
            shelf.put(leaf.FILE, time, leaf.line(fact))
        return len(taken)

    return give


def play(one: Cast, site: Site) -> Act:
    """Play one act on a site and tell the truth about it."""
    truth = Truth()
    stage = Stage(site, one.machine, one.start, one.rng, truth, one.others)
    stage.days = one.days
    one.behaviour.perform(stage)
    mark, databases = truth.mark, tuple(truth.databases)
    return Act(
        id=one.id,
        behaviour=one.name,
        label=one.behaviour.LABEL,  # type: ignore[arg-type]
        title=one.behaviour.TITLE,
        start=mark.first or one.start,
        end=max(mark.last, mark.first or one.start),
        users=tuple(sorted(user for user in mark.users if user)),
        hosts=tuple(sorted(mark.hosts)),
        ips=tuple(sorted(mark.ips)),
        behind=tuple(sorted(mark.behind)),
        client=one.behaviour.CLIENT or None,
        databases=databases,
        techniques=techniques(databases),
        targets=targets(truth),
        requests=truth.requests,
        seen={kind: mark.seen.get(kind, 0) for kind in ("resolver", "nids", "proxy", "endpoint", "flow")},
        why=one.behaviour.WHY,
    )


def _told(folder: Path, size: Size, estate: Estate, shelf: Shelf, acts: Sequence[Act]) -> Made:
    logs = shelf.close()
    ordered = tuple(sorted(acts, key=lambda act: (act.start, act.id)))
    manifest = Manifest(
        seed=size.seed,
        people=size.people,
        servers=size.servers,
        first_day=FIRST_DAY,
        days=size.days,
        logs=logs,
    )
    for path, text in knowledge.files(estate, size.days).items():
        shelf.text(path, text)
    name, text = knowledge.settings(json.dumps(str((folder / "know").absolute()), ensure_ascii=False))
    shelf.text(name, text)
    shelf.text(TRUTH, "".join(f"{act_line(act)}\n" for act in ordered))
    shelf.text(MANIFEST, manifest_text(manifest))
    return Made(manifest, ordered)


def make_room(folder: Path, *, force: bool) -> None:
    """Raise UsageError unless the folder may be written into: missing, empty, or ``force``."""
    if folder.exists() and not folder.is_dir():
        raise UsageError("is a file", str(folder), "name a folder")
    if folder.exists() and any(folder.iterdir()) and not force:
        raise UsageError("is not empty", str(folder), "name another folder, or write into it with --force")
