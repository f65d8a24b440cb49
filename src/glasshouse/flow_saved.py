"""Saved replies, exports and recordings in; what they say in the lake out, as of when it was asked for."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path

from glasshouse import config, leaf
from glasshouse.asking import Subject
from glasshouse.config import Options
from glasshouse.errors import GlasshouseError, Malformed, ReadError, UsageError
from glasshouse.flow_assets import REFERENCE, Ours, known
from glasshouse.flow_exposure import adopted, deeds
from glasshouse.flow_survey import HOUR, Asked, Progress, Surveyed, judge
from glasshouse.lake import batch, observations, store
from glasshouse.leaf import Collector
from glasshouse.observed import Answer
from glasshouse.survey import ask, recording, saved
from glasshouse.survey.expected import shown

DAY = 24 * HOUR
EARLIEST = 631_152_000_000_000  # 1990: no database is older, but files without a time are
RUNS = 20  # of an import that may take one more answer
IMPORTED = "imported"
TOGETHER = 2_000  # imported answers that are compared with the lake at once
_ENDING = re.compile(
    r"[\d_-]+|page[_-]?\d+|json|jsonl|ndjson|txt|text|csv|tsv|xml|html?|whois|rdap|dns|zone|db|pem|crt|cer|der|p7[bc]"
    r"|gz|zst|log|out"
)


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
        told = _every(paths, collectors, about, at, mine, failed, progress)
        for number, some in groupby(_runs(lake, _fresh(lake, told, done)), key=itemgetter(0)):
            for answer in observations.add(lake, number, (one for _, one in some), chunk=200):
                done.number, done.time = number, answer.time
                done.count(answer)
    judge(options, done, progress)
    if failed:
        raise failed[0]
    return done


def _every(
    paths: Sequence[Path],
    collectors: Mapping[str, Collector],
    about: Subject | None,
    at: int | None,
    mine: Ours,
    failed: list[GlasshouseError],
    progress: Progress,
) -> Iterator[Answer]:
    """The answers of all files, up to one that is bad: ``failed`` holds why; what was read before is kept."""
    times: dict[Asked, int] = {}
    for path in saved.files(list(paths)):
        progress(str(path))
        try:
            yield from _answers(path, collectors, about, at, mine, times)
        except GlasshouseError as problem:
            failed.append(problem)
            return


def _fresh(lake: store.Lake, answers: Iterator[Answer], done: Surveyed) -> Iterator[Answer]:
    """Those that the lake does not hold yet; the others are counted."""
    while some := list(islice(answers, TOGETHER)):
        new = observations.news(lake, some)
        done.known += len(some) - len(new)
        yield from new


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
    if collectors[name].SUBJECTS and subject.type not in collectors[name].SUBJECTS:
        kinds = ", ".join(collectors[name].SUBJECTS)
        raise UsageError(f"{name} tells nothing about a {subject.type}", "--about", f"one of: {kinds}")
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
