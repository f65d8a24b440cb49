"""A token or name in; all that is held about that identity, why and until when, out; or nothing any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow_privacy import kept_keys, plain
from glasshouse.flow_purge import DAY, Order, Purged, Said, purge_all
from glasshouse.lake import erasure, facts
from glasshouse.lake import store as lake_store
from glasshouse.lake.parquet import Query
from glasshouse.office import audit, cases, kept, retention, store, unmask, uses
from glasshouse.pseudonyms import TOKEN, Kind, token
from glasshouse.records import Alert
from glasshouse.report.named import names_in

Name = tuple[Kind, str]  # in its plain form


@dataclass(slots=True)
class Line:
    """One kind of data that is held: how much of it, from when, why and until when."""

    what: str
    says: str
    why: str
    until: int | None
    parts: tuple[str, ...] = ()


@dataclass(slots=True)
class Held:
    """All that is held about one identity; ``token`` is this quarter's."""

    token: str
    names: frozenset[Name]
    lines: list[Line] = field(default_factory=list)
    holds: tuple[str, ...] = ()  # cases that keep some of it beyond its time


def report(options: Options, said: str, reference: str, who: str, now: int) -> Held:
    """What is held about a token or a name, told to the audit trail by its token only."""
    held = _found(options, said)
    home, kept_for = config.home(options.home), options.settings.retention
    if (home / "glasshouse.db").exists():
        with lake_store.opened(home) as lake:
            held.lines += _of_lake(lake, held.names, kept_for.lookups_days, kept_for.baselines_days)
    with store.opened(options.settings, home) as office, office.transaction() as conn:
        held.lines += _of_office(conn, options, held, now)
        details: audit.Details = {"reference": reference} if reference else {}
        audit.append(conn, act="personal-report", subject=held.token, actor=who, now=now, details=details)
    return held


def erase(options: Options, said: str, reason: str, who: str, now: int, tell: Said) -> tuple[Held, Purged]:
    """Erase what is held about one token, unless it is on hold; what is past its time goes with it."""
    if not TOKEN.fullmatch(said.strip().lower()):
        raise UsageError(f"{said!r} is no token", "", "glasshouse privacy report NAME tells the token")
    if not reason.strip():
        raise UsageError("an erasure needs a reason", said, 'say it: --reason "..."')
    held = _found(options, said)
    done = purge_all(options, Order(who=who, now=now, names=held.names), tell)
    with store.opened(options.settings, config.home(options.home)) as office, office.transaction() as conn:
        details: audit.Details = {
            "lookups": done.lookups, "alerts": done.alerts, "rewritten": done.rewritten,
            "held": list(done.held), "purge": done.tombstone.id,
        }  # fmt: skip
        audit.append(conn, act="erase", subject=held.token, actor=who, now=now, details=details)
    return held, done


def _found(options: Options, said: str) -> Held:
    """Who is meant, of all whom the lake and the office name; UsageError when that is nobody."""
    keys = kept_keys(options)
    wanted, low = said.strip(), said.strip().lower()
    names: set[Name] = set()
    for kind, name in set(_everybody(options)):
        bare = plain(kind, name)
        if TOKEN.fullmatch(low):
            hit = low in {token(key, kind, bare) for key in keys.values()}
        else:
            hit = bare == plain(kind, wanted)
        if hit:
            names.add((kind, bare))
    if not names:
        raise UsageError(
            "nothing is held about it", said, "tokens of a quarter whose key was purged mean nobody"
        )
    kind, bare = sorted(names)[0]
    shown = (
        low if TOKEN.fullmatch(low) else next((token(key, kind, bare) for key in keys.values()), "unnamed")
    )
    return Held(shown, frozenset(names))


def _everybody(options: Options) -> Iterator[Name]:
    home = config.home(options.home)
    if (home / "glasshouse.db").exists():
        with lake_store.opened(home) as lake:
            for _node, actor in erasure.actors(lake):
                yield from names_in([Alert(id="", first_seen=0, last_seen=0, actor=actor)])
            for one in erasure.alerts(lake):
                yield from names_in(one.alert)
    if options.settings.office.url or (home / store.FILE).exists():
        with store.opened(options.settings, home, make=False) as office, office.reading() as conn:
            for judged in kept.listed(conn, superseded=True):
                yield from names_in(judged.triaged)


def _is(record: object, names: frozenset[Name]) -> bool:
    return any((kind, plain(kind, name)) in names for kind, name in names_in(record))


def _of_lake(
    lake: lake_store.Lake, names: frozenset[Name], lookups_days: int, counts_days: int
) -> Iterator[Line]:
    mine = [one.lookup for one in facts.load(lake, Query()) if _is(one.lookup, names)]
    if mine:
        asked = Counter(one.database or one.client.name or "a tool" for one in mine)
        yield Line(
            "lookups",
            f"{len(mine)}, seen through {', '.join(sorted({one.source for one in mine}))}",
            "to find out who searches open databases about whom",
            mine[-1].time + lookups_days * DAY,
            tuple(f"{name}: {number}" for name, number in asked.most_common()),
        )
    nodes = {f"{number}:{name}" for kind, name in names for number in _number(kind)}
    rows = lake.db.execute("SELECT node, hour FROM usage ORDER BY hour").fetchall()
    hours = [hour for node, hour in rows if node in nodes]
    if hours:
        yield Line(
            "baselines", f"counts of {len(hours)} hours", "to tell what is usual",
            hours[-1] * 3_600_000_000 + counts_days * DAY,
        )  # fmt: skip


def _number(kind: Kind) -> str:
    return {"addr": "01", "host": "1", "user": "2"}[kind]


def _of_office(conn: Connection, options: Options, held: Held, now: int) -> Iterator[Line]:
    keep = options.settings.retention.cases_days * DAY
    mine = [one for one in kept.listed(conn, superseded=True) if _is(one.triaged, held.names)]
    on_hold = {one.case_number: one for one in retention.listed(conn, now)}
    loose = [one for one in mine if one.case is None]
    if loose:
        yield Line(
            "alerts", f"{len(loose)} in no case", "to decide about them", max(x.last for x in loose) + keep,
            tuple(x.id for x in loose),
        )  # fmt: skip
    numbers = sorted({one.case for one in mine if one.case is not None})
    for number in numbers:
        case = cases.get_case(conn, number)
        until = case.closed + keep if case.closed else None
        if number in on_hold:
            until = max(until or 0, on_hold[number].until)
        ids = tuple(one.id for one in mine if one.case == number)
        yield Line("case", f"{case.name}, {case.state}", "to settle what happened", until, ids)
    held.holds = tuple(on_hold[number].case for number in numbers if number in on_hold)
    yield from _unmasked(conn, options, held, now)
    accounts = {name for kind, name in held.names if kind == "user"}
    for entry in uses.listed(conn):
        if accounts & {plain("user", one) for one in entry.use.accounts}:
            yield Line("register", f"entry {entry.use.id}", "it may look things up", entry.use.valid_until)


def _unmasked(conn: Connection, options: Options, held: Held, now: int) -> Iterator[Line]:
    tokens = {token(key, *name) for key in kept_keys(options).values() for name in held.names}
    for one in unmask.listed(conn, now):
        if one.token in tokens:
            says = f"{one.name} by {one.requester} for {cases.name_of(one.case_number)}: {one.state}"
            yield Line("unmask", f"{says}, {one.views} looks", "proof of who saw the name", None)


def monthly(options: Options) -> list[tuple[str, Counter[str]]]:
    """How often names were asked for, allowed, refused, seen, and seen without asking, by month."""
    found: dict[str, Counter[str]] = {}
    acts = ("unmask-request", "unmask-approve", "unmask-refuse", "unmask-view", "break-glass")
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.reading() as conn,
    ):
        for entry in _of(audit.entries(conn), acts):
            found.setdefault(_month(entry.time), Counter())[entry.act] += 1
    return sorted(found.items())


def _of(entries: Iterable[audit.Entry], acts: Iterable[str]) -> Iterator[audit.Entry]:
    return (entry for entry in entries if entry.act in acts)


def _month(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1_000_000, UTC):%Y-%m}"
