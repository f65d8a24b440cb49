"""What each kind of leaf of corpus, export and lint must have; nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from glasshouse.portable.pack import File, Pack
    from glasshouse.portable.rule_facts import Facts, Found
    from glasshouse.portable.rule_model import Rule
    from glasshouse.proof.stage import Stage


class Form(Protocol):
    """The language of another platform that rules are exported to: a module under portable/exports.

    ``LACKS`` are sentences on what the platform cannot say of our rules: each file begins with them.
    ``FILE`` is the name where all goes into one file; ``JOIN`` stands between its parts then.
    """

    __name__: str
    TITLE: str
    FILE: str
    JOIN: str
    LACKS: tuple[str, ...]

    def render(self, pack: Pack) -> tuple[File, ...]:
        """The files, each to be used by itself."""
        ...


class Lint(Protocol):
    """One kind of defect in rules of other platforms: a module under portable/lint.

    ``LEVEL`` is error (it misses or invents lookups), warning or note. ``STATED`` is a regular expression: a
    rule that says so about itself has a limit its reader knows of, no defect; empty when no words excuse it.
    """

    __name__: str
    CODE: str
    TITLE: str
    LEVEL: str
    WHY: str
    STATED: str

    def check(self, rule: Rule, facts: Facts) -> Iterator[Found]:
        """What is wrong with one rule; nothing when nothing is."""
        ...


class Behaviour(Protocol):
    """One thing people or programs do: a module under proof/behaviours.

    ``LABEL`` is malicious, authorised, benign or lookalike. ``SEATS`` are the kinds of machine it is played
    on, in turn; ``COUNT`` how many acts; ``WHEN`` work, night, any, weeks, or daily and nightly (one act each
    working day). ``CLIENT`` is the catalogue's id of the tool, empty when there is none. ``SHOWN``: some log
    must show every act of it.
    """

    __name__: str
    TITLE: str
    LABEL: str
    WHY: str
    CLIENT: str
    SEATS: tuple[str, ...]
    COUNT: int
    WHEN: str
    SHOWN: bool

    def perform(self, stage: Stage) -> None:
        """Play it, from the stage's present time on."""
        ...


class Writer(Protocol):
    """One log file format of a corpus: a module under proof/writers.

    ``FILE`` is the path in the corpus, ``KIND`` resolver, nids, proxy, endpoint or flow; it writes the facts
    of the type ``TAKES`` that the ``SENSOR`` gives; ``HEADER`` holds the first lines of the file.
    """

    __name__: str
    TITLE: str
    FILE: str
    KIND: str
    SENSOR: str
    TAKES: type
    HEADER: str

    def line(self, fact: Any) -> str:  # noqa: ANN401 -- what TAKES says
        """One record, with its line end."""
        ...
