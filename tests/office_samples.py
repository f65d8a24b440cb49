"""A kind of database in, an empty office out; and made-up triage results for the tests of the office."""

from __future__ import annotations

import atexit
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest

import postgres
from glasshouse.known import Use
from glasshouse.office import store
from glasshouse.records import Actor, Alert, Client, Evidence, Points, Requests, Target, Visibility
from glasshouse.settings import Office, Settings
from glasshouse.verdicts import (
    Answer,
    Criterion,
    Decision,
    Episode,
    Field,
    Reference,
    Triaged,
    Usage,
    Verdict,
)

KINDS = ("sqlite", "postgresql")
SECOND, HOUR, DAY = 1_000_000, 3_600_000_000, 86_400_000_000
NOW = 1_795_165_200 * SECOND  # 2026-11-20T09:00:00Z


@cache
def server() -> postgres.Server:
    """One PostgreSQL for all tests of this process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(postgres.started())


def settings(kind: str) -> Settings:
    """Settings for an empty database of a kind; skips the test where there is none."""
    if kind == "sqlite":
        return Settings()
    if why := postgres.missing():
        pytest.skip(why)
    return Settings(office=Office(url=server().url()))


@contextmanager
def opened(kind: str, home: Path) -> Iterator[store.Office]:
    """An empty office."""
    with store.opened(settings(kind), home) as office:
        yield office


def alert(name: str = "a1", lookups: int = 3, start: int = 0, rules: tuple[str, ...] = ("burst",)) -> Alert:
    """An alert that rests on the lookups numbered from ``start`` on; one a minute."""
    numbers = range(start, start + lookups)
    times = [NOW - DAY + number * 60 * SECOND for number in numbers]
    evidence = [
        Evidence("dns.log", n, hashlib.sha256(f"{n}".encode()).hexdigest(), "zeek", time)
        for n, time in zip(numbers, times, strict=True)
    ]
    return Alert(
        id=name, first_seen=times[0], last_seen=times[-1], actor=Actor("jdoe", "ws-17", "192.0.2.17"),
        users=("jdoe",), rules=rules, score=45, points=(Points("burst", 45, "many in a short time"),),
        level="high", lookups=lookups, requests=Requests(lookups, lookups), databases=("shodan",),
        techniques=("T1596.005",), targets=(Target("domain", "example.org", True),), targets_total=1,
        clients=(Client("script", "curl"),), visibility=Visibility(("dns",), ("zeek",), ()),
        evidence=tuple(evidence[:20]), evidence_total=lookups, summary=f"jdoe asked Shodan {lookups} times",
    )  # fmt: skip


def triaged(
    name: str = "a1",
    decision: str = "l1-review",
    lookups: int = 3,
    start: int = 0,
    knowledge: str = "k1",
    about_us: str = "all",
    rules: tuple[str, ...] = ("burst",),
) -> Triaged:
    """What triage made of such an alert."""
    made = alert(name, lookups, start, rules)
    where = Reference("lookup", "dns.log:1", "asked")
    return Triaged(
        alert=made,
        episode=Episode(alert=made, key="user:jdoe", accounts=("jdoe",), own=Usage(days=3, median_day=1.5),
                        peers=Usage(total=7), median_gap=60.0),
        verdict=Verdict((
            Field(name="about-us", value=about_us, says="about example.org", evidence=(where,), number=1.0),
            Field(name="authorised", value="unknown", says="no register", confidence="none",
                  because="no use register", would_answer="a register"),
        )),
        answers=(
            Answer(playbook="t1596", id="q1", kind="question", asks="Is it about us?", answer="yes",
                   value="yes", confidence="high", evidence=(where,)),
            Answer(playbook="t1596", id="s1", kind="l1-step", asks="Ask the person", answer="",
                   value="to-do", confidence="none"),
            Answer(playbook="t1596", id="s2", kind="t2-step", asks="Look at the tool", answer="",
                   value="to-do", confidence="none"),
            Answer(playbook="t1596", id="s3", kind="l1-step", asks="Count them", answer="3", value="done",
                   confidence="high"),
        ),
        decision=Decision(name=decision, row=f"row-{decision}", says="because",
                          criteria=(Criterion("volume", True, "many"), Criterion("intel", None, "no feed"))),
        knowledge=knowledge,
    )  # fmt: skip


def use(name: str = "", **said: object) -> Use:
    """An entry of the register for an analyst."""
    values = {
        "id": name, "purpose": "daily work", "category": "analyst", "approved_by": "ciso",
        "valid_from": NOW - DAY, "valid_until": NOW + 90 * DAY, "databases": ("shodan",), "targets": ("own",),
        "accounts": ("jdoe",), **said,
    }  # fmt: skip
    return Use(**values)
