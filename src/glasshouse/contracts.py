"""What each kind of leaf must have: a contract for each, stated once; nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from glasshouse import observed
    from glasshouse.asking import Reply, Request, Subject
    from glasshouse.findings import Exposure, Hit
    from glasshouse.known import Background, Fact
    from glasshouse.ledger import Ledger
    from glasshouse.records import Event, Level, Trouble
    from glasshouse.settings import Thresholds
    from glasshouse.survey.world import World
    from glasshouse.verdicts import Containment, Episode, Field
    from glasshouse.watch.parse import Layout
    from glasshouse.watch.parse_envelope import Inner


class Source(Protocol):
    """A log format: a module under watch/sources with these names.

    ``CUT`` says where records end: lines, csv (quoted newlines), xml (</Event>), json (lines, arrays or
    pretty-printed documents) or evtx. ``NEEDLES`` are byte patterns (Hyperscan syntax, case-insensitive) a
    record may hold instead of a catalogue name: header lines, port 43. ``SPELLINGS`` names other ways the
    format writes names: json, backslash-x, xml, labels, hex. ``LINKED``: records complete each other by
    ``Event.link``. ``SEES`` lists the kinds of event it can show; ``BLIND`` says what it cannot.
    """

    __name__: str
    TITLE: str
    FORMATS: tuple[str, ...]
    CUT: str
    NEEDLES: tuple[bytes, ...]
    SPELLINGS: tuple[str, ...]
    LINKED: bool
    SEES: tuple[str, ...]
    BLIND: tuple[str, ...]

    def detect(self, head: bytes) -> int:
        """How sure this is the format, 0 to 100, from the first 64 KiB."""
        ...

    def read(self, record: bytes, layout: Layout) -> Iterator[Event]:
        """The Events of one record; raises Malformed with a reason."""
        ...


class Envelope(Protocol):
    """What another program wraps around the records of a log: a module under watch/envelopes.

    ``CUT`` says where its records end, as with a Source: lines, csv or json (also the members of a list that
    is one JSON document), or frames (RFC 6587) or parquet. ``SPELLINGS`` and ``NEEDLES`` are what wrapping
    adds to those of the source inside. ``HEADER``: it only puts something before the record, so a source that
    takes that off by itself gets the record whole.
    """

    __name__: str
    TITLE: str
    FORMATS: tuple[str, ...]
    CUT: str
    SPELLINGS: tuple[str, ...]
    NEEDLES: tuple[bytes, ...]
    HEADER: bool

    def detect(self, head: bytes) -> int:
        """How sure this is the envelope, 0 to 100, from the first 64 KiB."""
        ...

    def unwrap(self, record: bytes, layout: Layout) -> Iterator[Inner]:
        """The records in one record; raises Malformed when it is no such envelope."""
        ...


class Loader(Protocol):
    """A file format of what we know: a module under know/loaders with these names.

    ``GIVES`` lists the kinds of fact it can give (keys of ``known.FACTS``).
    """

    __name__: str
    TITLE: str
    GIVES: tuple[str, ...]

    def detect(self, head: bytes, name: str) -> int:
        """How sure this is the format, 0 to 100, from the first 64 KiB and the file's name."""
        ...

    def read(self, data: bytes, name: str) -> Iterator[Fact | Trouble]:
        """The facts of one file; a bad entry becomes a Trouble, an unreadable file raises Malformed."""
        ...


class Fetcher(Protocol):
    """A server that knows something of ours: a module under know/fetch with these names.

    ``OPTIONS`` are the settings it takes, each with its help text; those in ``SECRETS`` are never shown.
    """

    __name__: str
    TITLE: str
    GIVES: tuple[str, ...]
    OPTIONS: Mapping[str, str]
    SECRETS: tuple[str, ...]

    def fetch(self, options: Mapping[str, str]) -> Iterator[Fact | Trouble]:
        """The facts of one server; raises ReadError when it cannot be asked."""
        ...


class Judge(Protocol):
    """One field of a verdict: a module under triage/fields; ``VALUES`` maps each value to its meaning."""

    __name__: str
    TITLE: str
    VALUES: Mapping[str, str]

    def judge(self, episode: Episode, background: Background, thresholds: Thresholds) -> Field:
        """The field, from what the lake and our knowledge say; never a guess where something is missing."""
        ...


class Artefact(Protocol):
    """Something to contain or hunt with, written, never carried out: a module under triage/contain.

    ``KIND`` is block, isolate or hunt; ``FILE`` is the name of the file it is written to.
    """

    __name__: str
    TITLE: str
    KIND: str
    FILE: str

    def render(self, plan: Containment) -> str:
        """The text of the file."""
        ...


class Collector(Protocol):
    """One open database that is asked about us: a module under survey/collectors, without any network.

    ``DATABASE`` is its catalogue id ("dns" for name servers, "own" for files of ours). ``SUBJECTS`` are the
    kinds of asset it is asked about; none: reference data, asked for once. ``HOSTS`` are all the hosts it may
    ask; ``REFERRALS`` says how many further hosts in a row may be asked that the reply before named.
    ``KEY`` says what the key looks like, empty when none is needed; ``OPTIONAL_KEY``: it answers without.
    ``PACE`` is the least time between two requests in seconds, ``EMPTY`` the HTTP statuses that mean "nothing
    is known", ``LIVE`` whether it asks servers of ours instead of a database of others.
    """

    __name__: str
    TITLE: str
    TECHNIQUE: str
    DATABASE: str
    SUBJECTS: tuple[str, ...]
    HOSTS: tuple[str, ...]
    REFERRALS: int
    KEY: str
    OPTIONAL_KEY: bool
    PACE: float
    EMPTY: tuple[int, ...]
    LIVE: bool

    def ask(self, subject: Subject, after: Reply | None) -> Request | None:
        """The first request about a subject, the one after a reply, or None when all is asked."""
        ...

    def read(self, subject: Subject, reply: Reply) -> Iterator[observed.Fact | Trouble]:
        """The facts of one reply. A Trouble makes it partial, Malformed failed, ReadError refused."""
        ...

    def detect(self, head: bytes, name: str) -> int:
        """How sure a saved file is such a reply, 0 to 100, from its first 64 KiB and its name."""
        ...


class Check(Protocol):
    """One exposure check: a module under survey/checks.

    ``ON`` is the kind of fact it looks at one by one, or "asset", "change" or "tie". ``LEVEL`` is how bad it
    is by itself. ``REMEDY`` is the concrete step, ``VANISHES`` what public data goes with it (empty: it
    cannot be reduced, and ``REMEDY`` says what helps instead). ``M1056``: Pre-compromise mitigation applies.
    """

    __name__: str
    TITLE: str
    TECHNIQUE: str
    ON: str
    LEVEL: Level
    REMEDY: str
    VANISHES: str
    M1056: bool

    def check(self, item: Any, world: World) -> Iterator[Hit]:  # noqa: ANN401 -- what ON says
        """What is wrong with one thing, seen beside all else; nothing when nothing is.

        ``item`` is an Observation of that kind of fact, an Asset, a Judged change or a Tie.
        """
        ...


class ExposureSink(Protocol):
    """One way to write down what is public about us: a module under report/exposures.

    ``SUFFIX`` is how a file of it is called; ``ALL`` says whether changes, ties and blind spots stand in it,
    too, or findings only.
    """

    __name__: str
    TITLE: str
    SUFFIX: str
    ALL: bool

    def render(self, exposure: Exposure) -> str:
        """The whole text."""
        ...


class CoverageSink(Protocol):
    """One way to write down the coverage ledger: a module under report/coverages."""

    __name__: str
    TITLE: str
    SUFFIX: str

    def render(self, ledger: Ledger) -> str:
        """The whole text."""
        ...
