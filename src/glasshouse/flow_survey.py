"""The survey's flow: our assets in, open databases asked about them, what they said in the lake out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from glasshouse import config, leaf
from glasshouse.asking import Subject
from glasshouse.config import Options
from glasshouse.errors import ConfigError, GlasshouseError, ReadError
from glasshouse.flow_assets import REFERENCE, known
from glasshouse.flow_exposure import adopted, deeds, exposure
from glasshouse.lake import batch, exposed_summary, observations, store, trend
from glasshouse.leaf import Collector
from glasshouse.observed import Answer
from glasshouse.settings import Survey
from glasshouse.survey import ask, recording, saved
from glasshouse.survey.planned import PlannedRequest, lacking

HOUR = 3_600_000_000
JUDGED = 12  # surveys that are judged when several came in at once, so that there is a trend
Progress = Callable[[str], None]
Asked = tuple[str, Subject]


@dataclass(slots=True)
class Surveyed:
    """What one run did; every answer that is not complete stands in ``blind`` with its reason."""

    number: int = 0
    time: int = 0
    asked: Counter[str] = field(default_factory=Counter)  # answers by collector
    statuses: Counter[str] = field(default_factory=Counter)
    facts: int = 0
    requests: int = 0
    blind: list[Answer] = field(default_factory=list)
    fresh: int = 0  # what was answered lately, and not asked again
    known: int = 0  # imported answers that were there already

    def count(self, answer: Answer) -> None:
        """Account for one answer."""
        self.asked[answer.collector] += 1
        self.statuses[answer.status] += 1
        self.facts += len(answer.facts)
        self.requests += answer.requests
        if answer.status != "complete":
            self.blind.append(answer)


def chosen(settings: Survey, only: Sequence[str] = ()) -> dict[str, Collector]:
    """The collectors that ask: those named, else all that need no key or have one. Raises ConfigError."""
    every = leaf.collectors()
    for name in (*only, *settings.collectors, *settings.keys, *settings.endpoints):
        if name not in every:
            raise ConfigError(f"no collector {name}", "survey", f"one of: {', '.join(every)}")
    for name in only:
        if lack := lacking(name, every[name], settings):
            raise ConfigError(f"{name} has {lack.partition(':')[0]}", "survey.keys", lack.partition(": ")[2])
    if only or settings.collectors:
        return {name: every[name] for name in only or settings.collectors}
    return {
        name: one
        for name, one in every.items()
        if not one.KEY or one.OPTIONAL_KEY or name in settings.keys or name in settings.endpoints
    }


def asks(collectors: Mapping[str, Collector], about: Sequence[Subject]) -> Iterator[Asked]:
    """Who may be asked about what: each collector about the assets of its kinds, reference data once."""
    for name, one in collectors.items():
        wanted = (
            [subject for subject in about if subject.type in one.SUBJECTS] if one.SUBJECTS else [REFERENCE]
        )
        for subject in wanted:
            if one.ask(subject, None) is not None:
                yield name, subject


def plan(options: Options, only: Sequence[str] = (), again: bool = False) -> list[PlannedRequest]:
    """The first request of everything that would be asked; nothing is asked."""
    wanted, _fresh = _wanted(options, only, again, round(time.time() * 1_000_000))
    return list(ask.plan(wanted, options.settings.survey))


def survey(
    options: Options,
    only: Sequence[str] = (),
    again: bool = False,
    record: Path | None = None,
    progress: Progress = lambda _said: None,
) -> Surveyed:
    """Ask about everything that is ours, and keep what was said; a failure costs nothing but itself."""
    now = round(time.time() * 1_000_000)
    wanted, fresh = _wanted(options, only, again, now)
    done = Surveyed(time=now, fresh=fresh)
    lines: list[bytes] = []
    door = ask.Door(
        options.settings.survey,
        say=progress,
        record=(lambda exchange: lines.append(recording.line(exchange))) if record else None,
    )
    if not wanted:  # a run without answers would hide what the last one changed
        return done
    if record and (record.is_dir() or not record.parent.is_dir()):
        raise ReadError("a file cannot be written there", str(record), "check the folder")
    try:
        with store.writing(config.home(options.home), progress) as lake:
            batch.sweep(lake)
            done.number = observations.begin(lake, now, "asked")
            for answer in observations.add(lake, done.number, ask.answers(door, wanted), chunk=200):
                done.count(answer)
    finally:
        if record:
            saved.keep(record, lines)
    judge(options, done, progress)
    return done


def judge(options: Options, done: Surveyed, progress: Progress) -> None:
    """Keep for triage what is shown now; where that cannot be judged, what was kept holds no longer."""
    if not done.asked:
        return
    progress("judging")
    try:
        with store.opened(config.home(options.home)) as lake:
            earlier = trend.missing(lake)[1:JUDGED]
        for number in reversed(earlier):
            exposure(options, str(number))
        exposure(options)
    except GlasshouseError:  # exposure list tells what is wrong
        with store.opened(config.home(options.home)) as lake:
            exposed_summary.forget(lake)


def _wanted(options: Options, only: Sequence[str], again: bool, now: int) -> tuple[list[Asked], int]:
    """What to ask, and how much of it was answered lately and is left out."""
    mine = known(options, adopted(deeds(options)))
    every = list(asks(chosen(options.settings.survey, only), mine.subjects))
    home = config.home(options.home)
    if again or not (home / "glasshouse.db").exists():
        return every, 0
    with store.opened(home) as lake:
        answered = observations.answered(lake, now)
    since = now - options.settings.survey.hours * HOUR
    wanted = [(name, one) for name, one in every if answered.get((name, one.value), since - 1) < since]
    return wanted, len(every) - len(wanted)
