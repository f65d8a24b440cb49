"""The use register of files and office in; its entries and their state, what is wrong or unused, out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from glasshouse import config
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.know import parse_uses
from glasshouse.know.background import Knowledge, background, know
from glasshouse.know.gather import gather
from glasshouse.know.register_terms import idle, loadable
from glasshouse.known import Use
from glasshouse.office import audit, kept, meta, store, uses
from glasshouse.office.store import Office
from glasshouse.office.uses import Registered
from glasshouse.records import Trouble
from glasshouse.settings import Know
from glasshouse.verdicts import Episode

DAY = 86_400_000_000
SOON = 14 * DAY  # an entry that ends within this time is told by ``check``
State = Literal["active", "not yet", "expired", "ended"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One entry, where it stands, and what was done with it here."""

    use: Use
    state: State
    made_here: Registered | None  # None: it stands in a file
    history: tuple[str, ...] = ()


def techniques(options: Options) -> dict[str, tuple[str, ...]]:
    """The techniques of each open database: entries of the register may name either."""
    return {name: one.techniques for name, one in load(options.opendbs).databases.items()}


def knowledge_for(options: Options, office: Office) -> Knowledge:
    """All we know, with the entries of the register that were made here."""
    with office.reading() as conn:
        made = uses.known(conn)
    return know(options.settings, made, techniques=techniques(options))


def standing(options: Options, now: int) -> tuple[list[Standing], tuple[Trouble, ...]]:
    """Every entry of files and office, those that hold first; and what is wrong with the register."""
    with store.opened(options.settings, config.home(options.home)) as office:
        known = knowledge_for(options, office)
        with office.reading() as conn:
            made = {one.use.id: one for one in uses.listed(conn)}
    found = [Standing(use, _state(use, made.get(use.id), now), made.get(use.id)) for use in known.uses]
    found.sort(key=lambda one: (_ORDER.index(one.state), one.use.valid_until, one.use.id))
    return found, tuple(one for one in known.troubles if "use register" in f"{one.reason} {one.where}")


_ORDER: tuple[State, ...] = ("active", "not yet", "expired", "ended")


def _state(use: Use, made: Registered | None, now: int) -> State:
    if made is not None and made.state == "ended":
        return "ended"
    if now < use.valid_from:
        return "not yet"
    return "active" if now < use.valid_until else "expired"


def one(options: Options, name: str, now: int) -> Standing:
    """One entry with its history; UsageError when there is none."""
    found, _troubles = standing(options, now)
    for entry in found:
        if entry.use.id.casefold() == name.casefold():
            if entry.made_here is None:
                return entry
            with (
                store.opened(options.settings, config.home(options.home)) as office,
                office.reading() as conn,
            ):
                events = uses.history(conn, entry.use.id)
            told = tuple(f"{_day(e.time)} {e.kind} by {e.actor}: {e.reason}" for e in events)
            return replace(entry, history=told)
    raise UsageError(f"no entry {name!r}", "", "glasshouse register list shows them")


def add(conn: Connection, options: Options, use: Use, reason: str, who: str, now: int) -> Registered:
    """Add an entry through the product; UsageError says all that is wrong with it."""
    longest = options.settings.office.register_days
    named = replace(use, id=use.id or "new")
    if wrong := loadable(named, now, longest):
        raise UsageError("; ".join(wrong), use.id, f"office.register_days is {longest}")
    if nobody := idle(named):
        raise UsageError(f"it can cover nobody by {', '.join(nobody)}", use.id, "name them one by one")
    known = techniques(options)
    strange = [one for one in use.databases if one != "*" and one[:1] != "T" and one not in known]
    if strange:
        raise UsageError(
            f"no open database is called {', '.join(strange)}", use.id, "glasshouse opendbs list"
        )
    return uses.add(conn, use, reason, who, now, longest)


def add_all(options: Options, entries: Sequence[Use], reason: str, who: str, now: int) -> list[Registered]:
    """Add entries, all or none."""
    home = config.home(options.home)
    with store.opened(options.settings, home) as office, office.transaction() as conn:
        return [add(conn, options, use, reason, who, now) for use in entries]


def of_file(file: Path) -> list[Use]:
    """The entries in a register file; UsageError names the first thing wrong with it."""
    if not file.is_file():
        raise UsageError("no such file", str(file), "check the path")
    found = gather(Know(paths=(str(file),)))
    if found.troubles:
        first = found.troubles[0]
        where = f"{first.where}:{first.position}" if first.position else first.where
        raise UsageError(first.reason, where, first.next_step)
    entries = [fact for fact in found.facts if isinstance(fact, Use)]
    if not entries or len(entries) != len(found.facts):
        raise UsageError("not a use register", str(file), "docs/register.md shows one")
    return entries


def of_words(words: dict[str, str | list[str]]) -> Use:
    """An entry from words as people write them; UsageError says every problem."""
    made = parse_uses.use({"id": "new", **words}, "command line")
    if isinstance(made, Use):
        return made if words.get("id") else replace(made, id="")
    raise UsageError("; ".join(made), "", "glasshouse register add --help")


def end(options: Options, name: str, reason: str, who: str, now: int) -> Registered:
    """End an entry made here; UsageError when it stands in a file or there is none."""
    entry = one(options, name, now)
    if entry.made_here is None:
        raise UsageError(f"{entry.use.id} stands in a file", entry.use.origin, "end it there")
    with store.opened(options.settings, config.home(options.home)) as office, office.transaction() as conn:
        return uses.end(conn, entry.use.id, reason, who, now)


def unused(options: Options, days: int, now: int) -> list[Use]:
    """Entries that held for at least so many days and cover no alert that was seen since."""
    since = now - min(days, 36_500) * DAY
    with store.opened(options.settings, config.home(options.home)) as office:
        known = knowledge_for(options, office)
        with office.reading() as conn:
            seen = [one.triaged.episode for one in kept.listed(conn, since=since)]
    used = covering(known, seen, options, now)
    old = [use for use in known.uses if use.valid_from <= since and use.valid_until > now]
    return [use for use in old if use.id not in used]


def covering(known: Knowledge, episodes: Sequence[Episode], options: Options, now: int) -> Collection[str]:
    """The ids of the entries that cover any of these episodes, alone or with others."""
    limits = options.settings.triage
    used: set[str] = set()
    for episode in episodes:
        told = background(known, episode, now, limits.overuse, limits.change_hours)
        used |= {check.use.id for check in told.uses if not check.outside}
    return used


def ending(options: Options, now: int) -> list[Use]:
    """Entries that end soon."""
    found, _troubles = standing(options, now)
    return [one.use for one in found if one.state == "active" and one.use.valid_until - now <= SOON]


def note_files(conn: Connection, known: Knowledge, now: int) -> None:
    """Register files that are new, another than before, or gone become entries of the audit trail."""
    named = {use.origin.rpartition(":")[0] or use.origin for use in known.uses}
    origins = dict(known.origins)
    before = {path: mark for path, mark in meta.fingerprints(conn).items() if path.startswith(_FILE)}
    paths = {path for path in origins if path in named or Path(path).name in named}
    paths |= {path.removeprefix(_FILE) for path in before}
    for path in sorted(paths):
        had, has = before.get(_FILE + path, ""), origins.get(path, "")
        if meta.noted(conn, _FILE + path, has, now) == "same" or had == has:
            continue
        details: audit.Details = {"before": had or None, "now": has or None}
        audit.append(
            conn, act="register-changed", subject=Path(path).name, actor=audit.US, now=now, details=details
        )


_FILE = "register "


def _day(time: int) -> str:
    from glasshouse.report.text import when

    return when(time)
