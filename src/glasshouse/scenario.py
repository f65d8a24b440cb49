"""Scenario files in, checked Scenarios out: a behaviour to run, what each kind of log shows of it, the alert.

A scenario is one YAML file of ``scenarios/``. Its ``command`` is for the shell named by ``executor``, with
``#{name}`` where an input stands, as in Atomic Red Team. ``telemetry`` says which kinds of log show the act
(the kinds of ``records.SourceCount``); ``alert`` says what a hunt over those logs must come to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import yaml

from glasshouse.errors import ConfigError, UsageError
from glasshouse.records import LEVELS, Level

Kind = Literal["dns", "connect", "url", "process", "flow"]
Executor = Literal["bash", "sh", "powershell", "command_prompt"]
Group = Literal["validation", "category", "client"]
InputType = Literal["url", "string", "float", "integer", "path"]
KINDS, EXECUTORS, GROUPS = get_args(Kind), get_args(Executor), get_args(Group)
PLATFORMS = ("windows", "macos", "linux", "containers")
HERE = Path(__file__).parent / "scenarios"
_PLACE = re.compile(r"#\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Input:
    """One thing a user may change in the command; ``type`` is one of Atomic Red Team's five."""

    name: str
    description: str
    type: InputType
    default: str


@dataclass(frozen=True, slots=True)
class Need:
    """A program the command needs: how to see that it is there, how to get it."""

    description: str
    check: str
    get: str


@dataclass(frozen=True, slots=True)
class Sign:
    """What one kind of log shows of the act, and the least that is raised from that log alone."""

    kind: Kind
    shows: str
    rules: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """The alert: rules and databases it must have among others, its least level; or the most it may reach."""

    rules: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    level: Level | None = None
    at_most: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One behaviour that can be run, and what must be seen of it."""

    id: str
    title: str
    group: Group
    technique: str
    description: str
    platforms: tuple[str, ...]
    executor: Executor
    command: str
    telemetry: tuple[Sign, ...]
    alert: Expected
    inputs: tuple[Input, ...] = ()
    needs: tuple[Need, ...] = ()
    cleanup: str = ""
    client: str | None = None  # id of the client tool it shows
    own: str = ""  # what must be said to be ours, for rules about our own assets
    played_by: str = ""  # who stands in for the client in the tests; empty: the real one runs

    def filled(self, text: str) -> str:
        """A command with the inputs' defaults in their places."""
        values = {each.name: each.default for each in self.inputs}
        return _PLACE.sub(lambda place: values[place[1]], text)


@cache
def load() -> dict[str, Scenario]:
    """The shipped scenarios by id; raises ConfigError for the first file that is not valid."""
    found = (read(path.read_bytes(), path.name) for path in sorted(HERE.glob("*.yml")))
    return {scenario.id: scenario for scenario in found}


def one(name: str) -> Scenario:
    """One shipped scenario; raises UsageError."""
    known = load()
    if name not in known:
        raise UsageError(f"no scenario named {name!r}", next_step="see `glasshouse scenarios list`")
    return known[name]


def read(content: bytes, where: str) -> Scenario:
    """One scenario file; raises ConfigError with the field that is wrong."""
    try:
        said = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError("not readable as YAML", f"{where}{line}") from None
    scenario = _scenario(_Fields(said, where, ""))
    if scenario.id != Path(where).stem:
        raise ConfigError(f"id is {scenario.id!r}, the file is {where!r}", where, "name both alike")
    for problem in problems(scenario):
        raise ConfigError(problem, where)
    return scenario


def problems(scenario: Scenario) -> Iterator[str]:
    """What does not fit together in a scenario, one sentence each."""
    names = [each.name for each in scenario.inputs]
    used = set(_PLACE.findall(f"{scenario.command} {scenario.cleanup}"))
    yield from (f"the command uses #{{{name}}}, which is no input" for name in sorted(used - set(names)))
    yield from (f"the input {name} is not used" for name in names if name not in used)
    yield from (f"the input {name} is given twice" for name in sorted(set(names)) if names.count(name) > 1)
    kinds = [sign.kind for sign in scenario.telemetry]
    yield from (f"telemetry names {kind} twice" for kind in sorted(set(kinds)) if kinds.count(kind) > 1)
    if not kinds:
        yield "telemetry names no kind of log: what cannot be seen cannot be proved"
    if scenario.alert.level is None and scenario.alert.at_most is None:
        yield "alert needs a level, or at_most for what must not be raised"
    if "sudo" in scenario.command:
        yield "the command uses sudo: a lookup needs no privileges"


def _scenario(said: _Fields) -> Scenario:
    scenario = Scenario(
        id=said.text("id", r"[a-z0-9]+(-[a-z0-9]+)*"),
        title=said.text("title"),
        group=cast("Group", said.choice("group", GROUPS)),
        technique=said.text("technique", r"T1596(\.00[1-5])?"),
        description=said.text("description").strip(),
        platforms=said.texts("platforms", PLATFORMS),
        executor=cast("Executor", said.choice("executor", EXECUTORS)),
        command=said.text("command").rstrip(),
        telemetry=tuple(_sign(each) for each in said.each("telemetry")),
        alert=_expected(said.part("alert")),
        inputs=tuple(_input(each) for each in said.each("inputs")),
        needs=tuple(
            Need(each.text("description"), each.text("check"), each.text("get"))
            for each in said.each("needs", ("description", "check", "get"))
        ),
        cleanup=said.text("cleanup", optional=True).rstrip(),
        client=said.text("client", optional=True) or None,
        own=said.text("own", optional=True),
        played_by=said.text("played_by", optional=True),
    )
    said.nothing_else(tuple(Scenario.__dataclass_fields__))
    return scenario


def _input(said: _Fields) -> Input:
    said.nothing_else(("name", "description", "type", "default"))
    kind = cast("InputType", said.choice("type", get_args(InputType)))
    return Input(said.text("name", r"[\w-]{2,}"), said.text("description"), kind, said.text("default"))


def _sign(said: _Fields) -> Sign:
    said.nothing_else(("kind", "shows", "rules", "databases", "level"))
    kind = cast("Kind", said.choice("kind", KINDS))
    return Sign(kind, said.text("shows"), said.texts("rules"), said.texts("databases"), said.level("level"))


def _expected(said: _Fields) -> Expected:
    said.nothing_else(("rules", "databases", "level", "at_most"))
    return Expected(said.texts("rules"), said.texts("databases"), said.level("level"), said.level("at_most"))


@dataclass(frozen=True, slots=True)
class _Fields:
    """One mapping of a file, each value checked as it is taken."""

    said: object
    where: str
    path: str

    def _get(self, name: str) -> object:
        if not isinstance(self.said, dict):
            raise self._wrong("", "is not a mapping")
        return self.said.get(name)

    def _wrong(self, name: str, what: str) -> ConfigError:
        return ConfigError(f"{self.path}{name or 'file'}: {what}", self.where, "see docs/scenarios.md")

    def nothing_else(self, known: tuple[str, ...]) -> None:
        self._get("")
        for name in cast("dict[object, object]", self.said):
            if name not in known:
                raise self._wrong(str(name), f"no such field; known: {', '.join(known)}")

    def text(self, name: str, pattern: str = "", optional: bool = False) -> str:
        value = self._get(name)
        if optional and value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(name, "is not a text")
        if pattern and not re.fullmatch(pattern, value):
            raise self._wrong(name, f"is {value!r}, which does not look right")
        return value

    def choice(self, name: str, known: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in known:
            raise self._wrong(name, f"is {value!r}, not one of {', '.join(known)}")
        return value

    def level(self, name: str) -> Level | None:
        return cast("Level", self.choice(name, LEVELS)) if self._get(name) is not None else None

    def texts(self, name: str, known: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self._get(name)
        if value is None and not known:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._wrong(name, "is not a list of texts")
        for each in value:
            if known and each not in known:
                raise self._wrong(name, f"holds {each!r}, not one of {', '.join(known)}")
        return tuple(value)

    def part(self, name: str) -> _Fields:
        return _Fields(self._get(name), self.where, f"{name}.")

    def each(self, name: str, known: tuple[str, ...] = ()) -> Iterator[_Fields]:
        value = self._get(name)
        if value is not None and not isinstance(value, list):
            raise self._wrong(name, "is not a list")
        for number, item in enumerate(value or ()):
            fields = _Fields(item, self.where, f"{name}.{number}.")
            if known:
                fields.nothing_else(known)
            yield fields
