"""The survey's flow: our assets in, open databases asked about them, what they said in the lake out."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from glasshouse import config, leaf
from glasshouse.asking import Subject
from glasshouse.config import Options
from glasshouse.errors import ConfigError, GlasshouseError, Malformed, ReadError, UsageError
from glasshouse.flow_assets import REFERENCE, Ours, known
from glasshouse.flow_exposure import adopted, deeds, exposure
from glasshouse.lake import batch, exposed_summary, observations, store, trend
from glasshouse.leaf import Collector
from glasshouse.observed import Answer
from glasshouse.settings import Survey
from glasshouse.survey import ask, recording, saved
from glasshouse.survey.expected import shown
from glasshouse.survey.planned import PlannedRequest

HOUR = 3_600_000_000
DAY = 24 * HOUR
EARLIEST = 631_152_000_000_000  # 1990: no database is older, but files without a time are
RUNS = 20  # of an import that may take one more answer
IMPORTED = "imported"
JUDGED = 12  # surveys that are judged when several came in at once, so that there is a trend
_ENDING = re.compile(
    r"[\d_-]+|page[_-]?\d+|json|jsonl|ndjson|txt|text|csv|tsv|xml|html?|whois|rdap|dns|zone|db|pem|crt|cer|der|p7[bc]"
    r"|gz|zst|log|out"
)
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
    _judge(options, done, progress)
    return done


def _judge(options: Options, done: Surveyed, progress: Progress) -> None:
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


def read(
    paths: Sequence[Path],
    options: Options,
    collector: str | None = None,
    about: Subject | None = None,
    at: int | None = None,
    progress: Progress = lambda _said: None,
) -> Surveyed:
    """Saved replies, exports and recordings into the lake, as if they had been asked for at their time."""
    mine = known(options, adopted(deeds(options)))
    if about is not None and not mine.owns(about):
        raise UsageError(
            f"{about.type} {about.value} is not in the inventory", "--about", "only what is ours is looked at"
        )
    done = Surveyed()
    collectors = {collector: leaf.collectors()[collector]} if collector else dict(leaf.collectors())
    with store.writing(config.home(options.home), progress) as lake:
        batch.sweep(lake)
        failed: list[GlasshouseError] = []
        times: dict[Asked, int] = {}

        def every() -> Iterator[Answer]:
            for path in saved.files(list(paths)):
                progress(str(path))
                try:
                    yield from _answers(path, collectors, about, at, mine, times)
                except GlasshouseError as problem:  # what was read before it is kept
                    failed.append(problem)
                    return

        for number, some in groupby(_runs(lake, every()), key=itemgetter(0)):
            for answer in observations.add(lake, number, (one for _, one in some), chunk=200):
                done.number, done.time = number, answer.time
                done.count(answer)
    _judge(options, done, progress)
    if failed:
        raise failed[0]
    return done


@dataclass(slots=True)
class _Run:
    """Imported answers of about one time: of each collector about each subject those of one moment."""

    number: int
    first: int
    last: int
    asked: dict[Asked, int] = field(default_factory=dict)

    def takes(self, answer: Answer) -> bool:
        same = self.asked.get((answer.collector, answer.subject), answer.time) == answer.time
        return same and self.first - HOUR <= answer.time <= self.last + HOUR

    def take(self, answer: Answer) -> None:
        self.asked[answer.collector, answer.subject] = answer.time
        self.first, self.last = min(self.first, answer.time), max(self.last, answer.time)


def _runs(lake: store.Lake, answers: Iterable[Answer]) -> Iterator[tuple[int, Answer]]:
    """Each answer with the number of its run: one survey that was recorded is one survey again."""
    runs: list[_Run] = []
    for answer in answers:
        run = next((one for one in reversed(runs[-RUNS:]) if one.takes(answer)), None)
        if run is None:
            number = observations.begin(lake, answer.time, IMPORTED)
            run = _Run(number, answer.time, answer.time)
            runs.append(run)
        run.take(answer)
        yield run.number, answer


def _answers(
    path: Path,
    collectors: Mapping[str, Collector],
    about: Subject | None,
    at: int | None,
    mine: Ours,
    times: dict[Asked, int],
) -> Iterable[Answer]:
    """What one file says: a recording, or one saved reply.

    ``times``: when the first file of each collector that asks nothing was saved. Its other files of one
    import are of that time, too: all are one answer, and none of them makes the others seem gone.
    """
    data = saved.content(path)
    if recording.is_recording(data[:65_536]):
        try:
            exchanges = list(recording.exchanges(data))
        except Malformed as problem:
            raise ReadError(str(problem), os.fspath(path), "record it again, or cut the line") from None
        for time_of in {one.time for one in exchanges}:
            _timely(time_of, path, "it was changed since, or recorded by a clock that was wrong")
        strange = next((one.subject for one in exchanges if not mine.owns(one.subject)), None)
        if strange is not None:
            raise UsageError(
                f"it is about {strange.type} {strange.value}, which is not in the inventory",
                str(path),
                "only what is ours is looked at",
            )
        return ask.replayed(exchanges, leaf.collectors())
    scores = {name: one.detect(data[:65_536], path.name) for name, one in collectors.items()}
    name = max(scores, key=lambda each: scores[each])
    if len(collectors) > 1 and not scores[name]:
        raise ReadError("no collector knows this format", str(path), "name one: --collector NAME")
    subject = about if about and collectors[name].SUBJECTS else _told(path, collectors[name], mine)
    when = at if at is not None else round(path.stat().st_mtime * 1_000_000)
    _timely(when, path, "say when it was asked for: --at 2026-11-20")
    if collectors[name].ask(subject, None) is None:
        when = times.setdefault((name, subject), when)
    return ask.replayed([recording.plain(name, subject, data, when)], leaf.collectors())


def _timely(when: int, path: Path, next_step: str) -> None:
    """Raises ReadError for a time that cannot be: what is known from then on would hide all later surveys."""
    if not EARLIEST <= when <= round(time.time() * 1_000_000) + DAY:
        raise ReadError(f"the time it was asked for cannot be: {shown(when)}", os.fspath(path), next_step)


def _told(path: Path, one: Collector, mine: Ours) -> Subject:
    """The asset that a file's name names: ``shodan/192.0.2.7.json``; raises UsageError."""
    if not one.SUBJECTS:
        return REFERENCE
    name, dot = path.name.lower(), "."
    while name and dot:
        for found in mine.named(name):
            if found.type in one.SUBJECTS:
                return found
        name, dot, ending = name.rpartition(".")
        if not _ENDING.fullmatch(ending):  # example.com.au.json is not about example.com
            break
    raise UsageError(
        "the file's name does not tell which asset it is about",
        os.fspath(path),
        "--about domain:example.com, or name the file after the asset: example.com.json",
    )
