"""A case and a reason in; the case held beyond its time, let go, or listed with the others, out."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from glasshouse import config
from glasshouse.config import Options
from glasshouse.office import retention, store
from glasshouse.office.retention import Hold
from glasshouse.office.store import Office


def hold(options: Options, case: str, owner: str, reason: str, until: int, who: str) -> Hold:
    """Keep a case and what it rests on beyond its time."""
    with _office(options) as office, office.transaction() as conn:
        return retention.hold(conn, case, owner, reason, until, who, time.time_ns() // 1000)


def release(options: Options, case: str, who: str) -> None:
    """End the hold of a case."""
    with _office(options) as office, office.transaction() as conn:
        retention.release(conn, case, who, time.time_ns() // 1000)


def holds(options: Options) -> tuple[Hold, ...]:
    """The holds that last."""
    with _office(options) as office, office.reading() as conn:
        return retention.listed(conn, time.time_ns() // 1000)


def _office(options: Options) -> AbstractContextManager[Office]:
    return store.opened(options.settings, config.home(options.home), make=False)
