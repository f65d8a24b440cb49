"""The settings and the time in; what is older than its time gone for good, and the proof of it, out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, select

from glasshouse import config, tombstones
from glasshouse.config import Options
from glasshouse.flow_privacy import plain
from glasshouse.lake import erasure, state
from glasshouse.lake import store as lake_store
from glasshouse.lake.columns import Stored
from glasshouse.lake.store import Lake
from glasshouse.office import audit, kept, meta, purge, redaction, retention, store
from glasshouse.office.store import Office
from glasshouse.pseudonyms import FOLDER, Kind, Pseudonyms, quarter_of, shred
from glasshouse.records import Actor
from glasshouse.report.masks import Cover
from glasshouse.tombstones import Tombstone

DAY = 86_400_000_000
Said = Callable[[str], None]
_KINDS: dict[str, Kind] = {"0": "addr", "1": "host", "2": "user"}


@dataclass(slots=True)
class Purged:
    """What one purge removed, or with ``dry`` would remove."""

    tombstone: Tombstone
    lookups: int = 0
    first: int | None = None
    last: int | None = None
    sha256: str = ""
    baselines: int = 0
    alerts: int = 0
    cases: int = 0
    rewritten: int = 0  # alerts of cases, without the names of erased people
    entries: int = 0
    leftovers: int = 0
    keys: tuple[str, ...] = ()
    held: tuple[str, ...] = ()  # cases


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to purge beside what is past its time: names in their plain form, and what other proofs say."""

    who: str
    now: int
    dry: bool = False
    names: frozenset[tuple[Kind, str]] = frozenset()
    more: tuple[Tombstone, ...] = ()


def purge_all(options: Options, order: Order, said: Said) -> Purged:
    """Remove what is older than the settings allow, and whatever an earlier purge or erasure removed.

    The tombstone is written first: a purge that is cut off leaves databases that only a purge may open.
    """
    home = config.home(options.home)
    old = _merged((*tombstones.read(home), *order.more))
    with ExitStack() as stack:
        office = _office(stack, options, home)
        done = Purged(_next(options, old, order))
        held, in_case = _kept_by_cases(office, old, done, order)
        stones = (*old, done.tombstone)
        if not order.dry:
            tombstones.put(home, stones)
        if (home / "glasshouse.db").exists() or (tombstones.holds_lookups(home) and not order.dry):
            opened = lake_store.opened(home, purging=True)
            lake = stack.enter_context(opened if order.dry else lake_store.writing(home, said, purging=True))
            _purge_lake(lake, in_case, stones, held, done, order.dry)
            if not order.dry:
                tombstones.mark(home, done.tombstone.id)
        before = done.tombstone.keys_before
        done.keys = tuple(_old_keys(home, before) if order.dry else shred(home, before))
        if office:
            _purge_office(office, stones, held, done, order)
    return done


def _next(options: Options, old: tuple[Tombstone, ...], order: Order) -> Tombstone:
    """How far this purge reaches: never less far than one before it."""
    kept, now, (name, salt) = options.settings.retention, order.now, tombstones.fresh()
    stone = Tombstone(
        id=name, time=now, salt=salt,
        erased=tuple(sorted(tombstones.digest(salt, *one) for one in order.names)),
        lookups_before=_days(now, kept.lookups_days),
        baselines_before=_days(now, kept.baselines_days), cases_before=now - kept.cases_days * DAY,
        audit_before=now - kept.audit_days * DAY, keys_before=quarter_of(now - kept.lookups_days * DAY),
        marked=True,
    )  # fmt: skip
    far = ("lookups_before", "baselines_before", "cases_before", "audit_before", "keys_before")
    return replace(stone, **{name: max(getattr(one, name) for one in (*old, stone)) for name in far})


def _days(now: int, days: int) -> int:
    """The begin of the first day that stays: lookups are kept by whole days."""
    return (now // DAY - days) * DAY


def _merged(stones: Iterable[Tombstone]) -> tuple[Tombstone, ...]:
    """Each once, oldest first."""
    return tuple(sorted({one.id: one for one in stones}.values(), key=lambda one: (one.time, one.id)))


def _office(stack: ExitStack, options: Options, home: Path) -> Office | None:
    if not options.settings.office.url and not (home / store.FILE).exists():
        return None
    return stack.enter_context(store.opened(options.settings, home, purging=True))


def _kept_by_cases(
    office: Office | None, old: tuple[Tombstone, ...], done: Purged, order: Order
) -> tuple[set[str], set[str]]:
    """The alerts of cases on hold, and of all cases that stay; which cases go is put on the tombstone."""
    if office is None:
        return set(), set()
    with office.reading() as conn:
        holds = retention.listed(conn, order.now)
        due = retention.due(conn, done.tombstone.cases_before, _removed(old), order.now)
        done.held = tuple(one.case for one in holds)
        done.tombstone = replace(done.tombstone, cases=tuple(sorted(due.values())))
        held = retention.alerts_of(conn, {one.case_number for one in holds})
        return held, retention.alerts_of(conn, retention.numbers(conn) - set(due))


def _removed(stones: Iterable[Tombstone]) -> set[str]:
    """The marks of cases that were removed."""
    return {mark for one in stones for mark in one.cases}


def _purge_lake(
    lake: Lake, in_case: set[str], stones: tuple[Tombstone, ...], held: set[str], done: Purged, dry: bool
) -> None:
    stone = done.tombstone
    if not dry:
        erasure.reconcile(lake)
    kept = _evidence(lake, held)

    def stays(one: Stored) -> bool:
        actor, time = one.lookup.actor, one.lookup.time
        return kept(one) or not (time < stone.lookups_before or erased(stones, actor, time))

    gone = erasure.forget(lake, _reach(stones), stays, really=not dry)
    done.lookups, done.first, done.last, done.sha256 = gone.lookups, gone.first, gone.last, gone.sha256
    old = _old_alerts(lake, in_case, stones, held)
    done.alerts, done.leftovers = len(old), len(erasure.leftovers(lake))
    if dry:
        return
    for file in erasure.leftovers(lake):
        file.unlink()
    with lake.transaction():
        lake.db.execute("PRAGMA secure_delete = ON")
        if done.lookups:
            erasure.settle(lake, stone.lookups_before)
        done.baselines = erasure.forget_counts(lake, stone.baselines_before)
        done.baselines += erasure.forget_nodes(lake, lambda node: _node_erased(stones, node))
        erasure.forget_alerts(lake, old)
        lake.put(f"purge:{stone.id}", 1)
    erasure.compact(lake)


def _reach(stones: tuple[Tombstone, ...]) -> int:
    """Before which time a lookup may have to go."""
    return max(stones[-1].lookups_before, *(one.time for one in stones if one.erased), 0)


def _evidence(lake: Lake, held: set[str]) -> Callable[[Stored], bool]:
    """Whether a lookup is what an alert on hold rests on."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for one in erasure.alerts(lake):
        if one.alert.id in held:
            first, last = one.alert.first_seen, one.alert.last_seen
            for node, low, high in (
                *state.nodes_of(lake.db, one.actor, first, last),
                *((f"{kind}:{one.actor}", first, last) for kind in "0123"),
            ):
                spans.setdefault(node, []).append((low, high))
    return lambda one: any(low <= one.lookup.time <= high for low, high in spans.get(one.node, ()))


def erased(stones: Iterable[Tombstone], actor: Actor, time: int, users: Iterable[str] = ()) -> bool:
    """Whether who acted at a time was erased since."""
    names = [*_names(actor), *(("user", one) for one in users)]
    return any(
        time <= one.time and any(one.names(kind, plain(kind, name)) for kind, name in names)
        for one in stones
        if one.erased
    )


def _names(actor: Actor) -> list[tuple[Kind, str]]:
    said: tuple[tuple[Kind, str | None], ...] = (
        ("user", actor.user), ("host", actor.host), ("host", actor.device), ("addr", actor.ip),
    )  # fmt: skip
    return [(kind, name) for kind, name in said if name]


def _node_erased(stones: Iterable[Tombstone], node: str) -> bool:
    kind = _KINDS.get(node[:1])
    return kind is not None and any(one.names(kind, plain(kind, node[2:])) for one in stones)


def _old_alerts(lake: Lake, in_case: set[str], stones: tuple[Tombstone, ...], held: set[str]) -> set[str]:
    """The alerts that go: of erased people; and those past their time that no case needs."""
    found = set()
    for one in erasure.alerts(lake):
        past = one.alert.last_seen < stones[-1].cases_before and one.alert.id not in in_case
        gone = erased(stones, one.alert.actor, one.alert.last_seen, one.alert.users)
        if one.alert.id not in held and (past or gone):
            found.add(one.alert.id)
    return found


def _purge_office(
    office: Office, stones: tuple[Tombstone, ...], held: set[str], done: Purged, order: Order
) -> None:
    stone = done.tombstone
    if order.dry:
        with office.reading() as conn:
            done.cases = len(stone.cases)
            done.entries = _entries_before(conn, stone.audit_before)
        return
    with office.transaction() as conn:
        due = retention.due(conn, stone.cases_before, _removed(stones), order.now)
        done.cases = purge.closed_cases(conn, stone.cases_before, order.who, order.now, due)
        done.rewritten = forget_people(conn, stones, held, order.who, order.now)
        done.entries = purge.entries(conn, stone.audit_before, order.who, order.now)
        audit.append(
            conn, act="purge", subject="retention", actor=order.who, now=order.now, details=proof(done)
        )
        meta.put(conn, f"purge:{stone.id}", "1")
    office.compact()


def forget_people(conn: Connection, stones: tuple[Tombstone, ...], held: set[str], who: str, now: int) -> int:
    """Take erased people out of the office: alerts in no case go, others lose names; gives how many."""
    if not any(one.erased for one in stones):
        return 0
    found = 0
    for one in kept.listed(conn, superseded=True):
        alert = one.alert
        if one.id in held or not erased(stones, alert.actor, alert.last_seen, alert.users):
            continue
        found += 1
        nobody = Pseudonyms(secrets.token_bytes(32), plain)  # tokens that stand for nobody
        names = Cover(nobody, False, lambda kind, name: any(x.names(kind, plain(kind, name)) for x in stones))
        shown = names.shown(one.triaged)
        redaction.redact(conn, one, shown, names.text, who, now)
    return found


def _entries_before(conn: Connection, before: int) -> int:
    from glasshouse.office.tables import audit as trail

    return len(conn.execute(select(trail.c.seq).where(trail.c.time < before)).all())


def proof(done: Purged) -> audit.Details:
    """What the trail says about a purge: counts, ranges and hashes; nobody's name."""
    stone = {
        name: value
        for name, value in asdict(done.tombstone).items()
        if name not in ("cases", "salt", "erased")
    }
    return {
        "tombstone": stone, "erased": len(done.tombstone.erased), "lookups": done.lookups,
        "first": done.first, "last": done.last, "sha256": done.sha256, "baselines": done.baselines,
        "alerts": done.alerts, "cases": done.cases, "entries": done.entries, "leftovers": done.leftovers,
        "rewritten": done.rewritten,
        "keys": list(done.keys), "held": list(done.held),
    }  # fmt: skip


def _old_keys(home: Path, before: str) -> list[str]:
    return sorted(file.stem for file in (home / FOLDER).glob("*.key") if file.stem < before)
