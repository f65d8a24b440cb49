"""Playbook files in, playbooks out; a playbook and a verdict in, every step of it answered out.

A playbook is data: entries, each bound to the fields of a verdict that answer it. An entry whose fields are
unknown is answered by saying what is missing and what would answer it; nothing is ever guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from glasshouse.errors import ConfigError, ReadError
from glasshouse.triage import sheet, when
from glasshouse.verdicts import Answer, Confidence, Field, Reference, Verdict

SHIPPED = Path(__file__).with_name("playbooks")
ALWAYS = "always"
KINDS = ("question", "l1-step", "t2-step", "escalation", "containment")
TO_DO = "to-do"
VALUES = ("yes", "no", "done", TO_DO)
SURENESS: tuple[Confidence, ...] = ("none", "low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Rule:
    """When an entry has which value; without ``when`` it holds once all fields of the entry are known."""

    when: when.Values
    value: str
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a playbook.

    ``fields`` answer it, ``also`` adds what else is known. Without ``rules`` its value is the first field's
    own word, or ``to-do`` where there is only something to do by hand.
    """

    id: str
    kind: str
    asks: str
    fields: tuple[str, ...]
    also: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    by_hand: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbook:
    """What to find out about one technique; with no ``techniques`` it applies to every alert."""

    id: str
    title: str
    techniques: tuple[str, ...]
    entries: tuple[Entry, ...]
    origin: str = ""


def load(folders: Sequence[Path] = (), words: when.Words | None = None) -> tuple[Playbook, ...]:
    """The shipped playbooks and those of more folders, by id; a later one replaces an earlier of its id.

    ``words`` are the fields of a verdict with their values, as their leaves say unless given. Raises
    ConfigError with file, line and key, and ReadError when a folder or file cannot be read.
    """
    known = when.vocabulary() if words is None else words
    found: dict[str, Playbook] = {}
    for folder in (SHIPPED, *folders):
        here: dict[str, Playbook] = {}
        for file in _files(folder):
            made = parse(_bytes(file), str(file), known)
            if made.id in here:
                raise ConfigError(f"the id {made.id} is also in {here[made.id].origin}", str(file))
            here[made.id] = made
        found |= here
    return tuple(found[name] for name in sorted(found))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ReadError("no such folder", str(folder), "name a folder of playbooks (*.yml)")
    return sorted(file for file in folder.iterdir() if file.suffix in (".yml", ".yaml") and file.is_file())


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(sheet.MAX_BYTES + 1)
    except OSError as problem:
        raise ReadError(problem.strerror or "cannot be read", str(file), "check the path") from None


def parse(data: bytes, file: str, words: when.Words) -> Playbook:
    """One playbook from its file's bytes; raises ConfigError with file, line and key."""
    parts = sheet.parts(sheet.opened(data, file), required=("id", "title", "applies", "entries"))
    entries: dict[str, Entry] = {}
    for place in sheet.items(parts["entries"]):
        entry = _entry(place, words)
        if entry.id in entries:
            raise sheet.wrong(place, f"the id {entry.id!r} stands in this playbook twice")
        entries[entry.id] = entry
    techniques = sheet.texts(parts["applies"])
    if ALWAYS in techniques and len(techniques) > 1:
        raise sheet.wrong(parts["applies"], f"{ALWAYS!r} stands alone", "or list techniques")
    return Playbook(
        id=sheet.text(parts["id"]),
        title=sheet.text(parts["title"]),
        techniques=() if ALWAYS in techniques else techniques,
        entries=tuple(entries.values()),
        origin=file,
    )


def _entry(place: sheet.Place, words: when.Words) -> Entry:
    parts = sheet.parts(
        place, required=("id", "kind", "asks", "fields"), optional=("also", "answers", "by_hand")
    )
    fields = sheet.texts(parts["fields"], words)
    rules = tuple(_rules(parts["answers"], words, fields)) if "answers" in parts else ()
    by_hand = sheet.text(parts["by_hand"]) if "by_hand" in parts else ""
    if any(rule.value == TO_DO for rule in rules) and not by_hand:
        raise sheet.wrong(place, f"an answer is {TO_DO!r}: say in by_hand what is to be done")
    return Entry(
        id=sheet.text(parts["id"]),
        kind=sheet.text(parts["kind"], KINDS),
        asks=sheet.text(parts["asks"]),
        fields=fields,
        also=sheet.texts(parts["also"], words) if "also" in parts else (),
        rules=rules,
        by_hand=by_hand,
    )


def _rules(place: sheet.Place, words: when.Words, fields: Collection[str]) -> Iterator[Rule]:
    made: list[Rule] = []
    for item in sheet.items(place):
        if made and not made[-1].when:
            raise sheet.wrong(item, "stands after an answer without when, so it is never reached")
        parts = sheet.parts(item, required=("value",), optional=("when", "says"))
        values = when.read(parts["when"], {name: words[name] for name in fields}) if "when" in parts else ()
        if "when" in parts and not values:
            raise sheet.wrong(parts["when"], "is empty", "leave it out where the answer always holds")
        says = sheet.text(parts["says"]) if "says" in parts else ""
        made.append(Rule(values, sheet.text(parts["value"], VALUES), says))
    if made[-1].when:
        try:
            case = when.unanswered([rule.when for rule in made], words)
        except ValueError as many:
            raise sheet.wrong(place, str(many), "end with an answer without when") from None
        if case:
            raise sheet.wrong(place, f"leaves a case without answer: {case}")
    yield from made


_Told = dict[tuple[str, ...], tuple[str, tuple[Reference, ...], Confidence]]  # by names of fields


def answers(
    playbooks: Iterable[Playbook], verdict: Verdict, techniques: Collection[str]
) -> tuple[Answer, ...]:
    """Every entry of the playbooks that apply to these techniques, answered from the verdict."""
    seen = when.look(verdict)
    told: _Told = {}
    return tuple(
        _answer(playbook.id, entry, seen, told)
        for playbook in playbooks
        if not playbook.techniques or not set(playbook.techniques).isdisjoint(techniques)
        for entry in playbook.entries
    )


def _answer(playbook: str, entry: Entry, seen: when.Seen, known: _Told) -> Answer:
    value, says, names = _judged(entry, seen)
    told, evidence, _ = _said((*names, *entry.fields, *entry.also), seen, known)
    because = would = ""
    if value in (when.UNKNOWN, TO_DO):
        missing = [one for one in (when.field(seen, name) for name in entry.fields) if _is_open(one)]
        because = _joined(one.because for one in missing)
        would = _joined(one.would_answer for one in missing)
    if value == when.UNKNOWN:
        answer = _unanswerable(because, would) + (f" Known so far: {told}" if told else "")
    elif value == TO_DO:
        answer = _to_do(entry.by_hand, says, told, because, would)
    else:
        answer = " ".join(part for part in (_sentence(says), told) if part)
    return Answer(
        playbook=playbook,
        id=entry.id,
        kind=entry.kind,
        asks=entry.asks,
        answer=answer,
        value=value,
        confidence=_said(names, seen, known)[2],
        evidence=evidence,
        because=because,
        would_answer=would,
    )


def _said(
    names: tuple[str, ...], seen: when.Seen, known: _Told
) -> tuple[str, tuple[Reference, ...], Confidence]:
    """What these fields say, their evidence and the least sure; many entries rest on the same ones."""
    if names not in known:
        shown = _known(when.field(seen, name) for name in names)
        known[names] = " ".join(_sentence(one.says) for one in shown), _evidence(shown), _lowest(shown)
    return known[names]


def _judged(entry: Entry, seen: when.Seen) -> tuple[str, str, tuple[str, ...]]:
    """The value of an entry, what its rule says, and the fields it rests on."""
    if not entry.rules:
        if entry.by_hand:
            return TO_DO, "", entry.fields
        known = all(not _is_open(when.field(seen, name)) for name in entry.fields)
        return when.field(seen, entry.fields[0]).value if known else when.UNKNOWN, "", entry.fields
    undecided: set[str] = set()
    for rule in entry.rules:
        held = when.holds(rule.when, seen) if rule.when else _all_known(entry, seen)
        if held and undecided <= {rule.value}:  # an open rule that would say the same changes nothing
            return rule.value, rule.says, tuple(name for name, _ in rule.when) or entry.fields
        if held:
            break
        if held is None:
            undecided.add(rule.value)
    return when.UNKNOWN, "", ()


def _all_known(entry: Entry, seen: when.Seen) -> bool | None:
    return None if any(_is_open(when.field(seen, name)) for name in entry.fields) else True


def _is_open(one: Field) -> bool:
    return one.value == when.UNKNOWN


def _known(fields: Iterable[Field]) -> list[Field]:
    return list({one.name: one for one in fields if one.value != when.UNKNOWN}.values())


def _unanswerable(because: str, would: str) -> str:
    said = f"Cannot be answered with these logs, because {because or 'the fields it needs are unknown'}"
    return f"{said}; this would answer it: {would}." if would else f"{said}."


def _to_do(by_hand: str, says: str, told: str, because: str, would: str) -> str:
    parts = [_sentence(says), _sentence(by_hand)]
    if told:
        parts.append(f"Known so far: {told}")
    if because:
        parts.append(_sentence(f"Not known: {because}" + (f"; this would tell it: {would}" if would else "")))
    return " ".join(part for part in parts if part)


def _sentence(said: str) -> str:
    said = said.strip()
    return said if not said or said[-1] in ".!?" else f"{said}."


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(one.strip().rstrip(".") for one in texts if one.strip()))


def _lowest(fields: Iterable[Field]) -> Confidence:
    known = [one.confidence for one in fields if not _is_open(one)]
    return min(known, key=SURENESS.index, default="none")


def _evidence(fields: Iterable[Field]) -> tuple[Reference, ...]:
    return tuple(dict.fromkeys(reference for one in fields for reference in one.evidence))
