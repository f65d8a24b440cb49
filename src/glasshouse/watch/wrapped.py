"""A log whose records come wrapped, as one source: outer records in, the Events of what is inside out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from glasshouse.contracts import Envelope
from glasshouse.leaf import Source, leaf_name
from glasshouse.records import Event
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_dns import NO_TIME
from glasshouse.watch.parse_envelope import Inner

Piece = tuple[Source, Iterator[Event]]
_TIMED = "time taken from the envelope: {}"


@dataclass(frozen=True, slots=True)
class Choice:
    """How to read what one program wrote: by this source, with the envelope's header or without."""

    source: Source
    whole: bool = False


class Wrapped:
    """An envelope and the sources found in it; it has all that a Source has, and goes wherever one goes.

    ``choices`` are those of each program seen when the log was looked at (none: nothing of ours), ``others``
    what may stand in records of any other program.
    """

    def __init__(
        self,
        envelope: Envelope,
        choices: Mapping[str, tuple[Choice, ...]],
        others: tuple[Choice, ...] = (),
    ) -> None:
        self.envelope, self.choices, self.others = envelope, choices, others
        found = {leaf_name(one.source): one.source for some in choices.values() for one in some}
        self.inner = tuple(
            sorted(found.values(), key=lambda source: not source.LINKED)
        )  # link.py asks by name
        first = self.inner[0]
        self.__name__ = first.__name__
        self.TITLE = f"{first.TITLE} in {envelope.TITLE}"
        self.FORMATS = envelope.FORMATS
        self.CUT = envelope.CUT
        self.LINKED = any(source.LINKED for source in self.inner)
        self.SPELLINGS = _union((envelope, *self.inner), "SPELLINGS")
        self.SEES = _union(self.inner, "SEES")
        self.BLIND = _union(self.inner, "BLIND")
        loosened = (loose(needle) for source in self.inner for needle in source.NEEDLES)
        more = (rb"\\u0026",) if "json" in envelope.SPELLINGS and "xml" in self.SPELLINGS else ()
        self.NEEDLES = tuple(dict.fromkeys((*envelope.NEEDLES, *loosened, *more)))

    def detect(self, head: bytes) -> int:
        """How sure the envelope is."""
        return self.envelope.detect(head)

    def read(self, record: bytes, layout: Layout) -> Iterator[Event]:
        """The Events of one outer record, whatever is inside."""
        for _source, events in self.pieces(record, layout):
            yield from events

    def pieces(self, record: bytes, layout: Layout) -> Iterator[Piece]:
        """Each record inside with the source that reads it; none for records that nothing of ours wrote."""
        outer = _kept(layout, "envelope")
        for inner in self.envelope.unwrap(record, outer):
            _keep(layout, "envelope", outer)
            chosen = self.choice(inner, record)
            if chosen is not None:
                yield from self._piece(chosen, record if chosen.whole else inner.data, inner, layout)
        _keep(layout, "envelope", outer)

    def _piece(self, chosen: Choice, data: bytes, inner: Inner, layout: Layout) -> Iterator[Piece]:
        key = f"{leaf_name(chosen.source)} {inner.program}"
        own = _kept(layout, key)
        for source, events in pieces(chosen.source, data, own):
            yield source, self._finished(events, inner)
        _keep(layout, key, own)

    def choice(self, inner: Inner, record: bytes) -> Choice | None:
        """The source for one record: its program's, or the surest of those that may be in this log."""
        some = self.choices.get(inner.program, ())
        if len(some) == 1:
            return some[0]
        sure, best = 0, some[0] if some else None
        for one in some or self.others:
            now = one.source.detect(record if one.whole else inner.data)
            if now > sure:
                sure, best = now, one
        return best

    def _finished(self, events: Iterator[Event], inner: Inner) -> Iterator[Event]:
        """The events with what only the envelope knows: a time, and the machine a program was started on.

        Of anything else than a process the sender is a resolver, a proxy or a sensor, not who asked.
        """
        for event in events:
            if event.time is None and inner.time is not None:
                said = event.doubt if event.doubt != NO_TIME else None
                doubt = "; ".join(filter(None, (said, _TIMED.format(self.envelope.TITLE), inner.doubt)))
                event = replace(event, time=inner.time, doubt=doubt)
            if event.via == "process" and event.host is None:
                event = replace(event, host=inner.host)
            yield event


def names_in(source: Source) -> tuple[str, ...]:
    """The names of the sources that read a log: of a bare log its own."""
    if isinstance(source, Wrapped):
        return tuple(dict.fromkeys(name for one in source.inner for name in names_in(one)))
    return (leaf_name(source),)


def pieces(source: Source, record: bytes, layout: Layout) -> Iterator[Piece]:
    """The records in one record, each with the source that reads it: of a bare log the one record."""
    if isinstance(source, Wrapped):
        yield from source.pieces(record, layout)
    else:
        yield source, source.read(record, layout)


def loose(needle: bytes) -> bytes:
    """A source's pattern as it may stand in an envelope: quotes and blanks escaped, no line start or end.

    JSON escapes quotes and tabs, once more at each level, CSV doubles quotes, rsyslog writes #011; what stood
    at the end of a line has a quote behind it. It lets through more than the pattern did, never less.
    """
    tokens = _TOKENS.findall(needle)
    if _is_blank(tokens[-1]):
        tokens.pop()
    if tokens[0] == rb"\b":  # a letter stands before it where a tab is written \t
        tokens.pop(0)
    return b"".join(map(_loose, tokens))


_TOKENS = re.compile(rb"\(\?m\)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_EDGE = rb"\\+[tnr\"]|[\"'<]|#01[125]"


def _loose(token: bytes) -> bytes:
    if token in (b"(?m)", b"^", b"$"):
        return b""
    if token in (b'"', rb"\""):
        return rb'(?:\\*"{1,2})'
    return b"(?:" + token + b"|" + _EDGE + b")" if _is_blank(token) else token


def _is_blank(token: bytes) -> bool:
    if token[:1] == b"[" and token[1:2] != b"^":
        return any(sign in token for sign in (rb"\t", b"\t", b'"', b" "))
    return token in (rb"\s", rb"\t", b"\t")


def _kept(layout: Layout, key: str) -> Layout:
    """What one format remembers, apart from the others that share the file."""
    said = layout.notes.get(f"in {key}")
    if said is None:
        return replace(layout, fields=(), separator="\t", notes={})
    kept = json.loads(said)
    return replace(layout, fields=tuple(kept["fields"]), separator=kept["separator"], notes=kept["notes"])


def _keep(layout: Layout, key: str, own: Layout) -> None:
    if own.fields or own.notes or f"in {key}" in layout.notes:
        said = {"fields": own.fields, "separator": own.separator, "notes": own.notes}
        layout.notes[f"in {key}"] = json.dumps(said)


def _union(of: tuple[Source | Envelope, ...], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry for one in of for entry in getattr(one, name)))
