"""``glasshouse doctor``: nothing in, a check of this installation out."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from glasshouse.cli import options


def doctor(home: options.Home = None) -> None:
    """Check this installation: parts, catalogue, rules, sources, the fingerprint key and its rights."""
    failed = False
    for name, check in _checks(home):
        ok, said = _result(check)
        failed = failed or not ok
        sys.stdout.write(f"{'ok  ' if ok else 'FAIL'}  {name}: {said}\n")
    raise typer.Exit(3 if failed else 0)


def _result(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except Exception as problem:  # noqa: BLE001 -- whatever is wrong here is the answer
        return False, f"{type(problem).__name__}: {problem}"


def _checks(home: Path | None) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "python", lambda: sys.version.split()[0]
    yield "sieve", _sieve
    yield "catalogue", _catalogue
    yield "sources", _sources
    yield "rules", _rules
    yield "home", lambda: _home(home)
    yield "decisions", lambda: _decisions(home)
    yield "follow", lambda: _followed(home)


def _sieve() -> str:
    from glasshouse.watch.sieve import patterns, scanner

    if scanner(patterns(["shodan.io"], ["json"], []))(b"a SHODAN.io b") != [10]:
        raise ValueError("does not find what it must")
    return "finds what it must"


def _catalogue() -> str:
    from glasshouse.catalogue import load

    known = load()
    ways = sum(len(entry.lookups) for entry in known.databases.values())
    return f"{len(known.databases)} open databases with {ways} ways to ask, {len(known.clients)} client tools"


def _sources() -> str:
    from glasshouse.leaf import sources

    return ", ".join(sources())


def _rules() -> str:
    from glasshouse.watch.detect import load_rules

    return f"{len(load_rules(()).rules)} load"


def _home(home: Path | None) -> str:
    from glasshouse import config

    key = config.home(home) / "fingerprint.key"
    if not key.exists():
        return f"{key.parent} (fingerprint key is made at first use)"
    rights = key.stat().st_mode & 0o777
    if os.name != "nt" and rights & 0o077:
        raise PermissionError(f"{key} can be read by others (mode {rights:o}); run: chmod 600 {key}")
    return str(key.parent)


def _decisions(home: Path | None) -> str:
    """Where decisions are kept, and whether the driver is here; the server itself is not asked."""
    from glasshouse import config
    from glasshouse.office.store import driver
    from glasshouse.settings import load

    url = load(config.home(home)).office.url
    return driver(url) if url else "in the home folder"


def _followed(home: Path | None) -> str:
    from glasshouse import config
    from glasshouse.errors import ReadError
    from glasshouse.lake import rhythm
    from glasshouse.report.text import lasting

    where = config.home(home)
    if not (where / rhythm.FILE).exists():
        return "nothing is followed"
    now = time.time()
    with rhythm.opened(where) as db:
        known, looked = rhythm.rhythms(db, now), rhythm.looked(db)
    silent = [f"{one.source} for {lasting(round(one.quiet * 1e6))}" for one in known if one.silent]
    if silent:
        raise ReadError(f"silent: {'; '.join(silent)}")
    ago = f"looked {lasting(round((now - looked) * 1e6))} ago" if looked else "not looked yet"
    return f"{ago}; no silence among {len(known):,} sources whose rhythm is known"
