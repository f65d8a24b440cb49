"""A source of chance in, one try out: each target raises when it finds a fault, and says with what."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import random
import string
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import pairwise
from pathlib import Path

import zstandard

from fuzz.mutate import PIECES, damaged
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.errors import Malformed, ReadError
from glasshouse.flow import watch
from glasshouse.leaf import Source, leaf_name, sources
from glasshouse.records import Event, Tally
from glasshouse.report.sinks import sink
from glasshouse.safe import safe
from glasshouse.watch import read
from glasshouse.watch.cut import CUTTERS, Cutter, Span
from glasshouse.watch.documents import documents
from glasshouse.watch.mask import mask
from glasshouse.watch.match import Matcher, Origin
from glasshouse.watch.parse import Layout
from glasshouse.watch.quarantine import RECORD_KEPT, covered
from glasshouse.watch.redact import redact
from glasshouse.watch.sift import Sifter, sift
from glasshouse.watch.unpack import opened

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests" / "examples" / "sources"
LONGEST = (1 << 20) - 5000
LONG = (
    b"a",
    b" ",
    b"\t",
    b"-",
    b".",
    b"0",
    b"/",
    b"\\",
    b'"',
    b"=",
    b"&",
    b"%",
    b"(1)",
    b"a=",
    b"a.",
    b" a",
    b'\\"',
    b"key=",
)
SLOW = 1.0  # CPU seconds for one small input
FORMATS = ("table", "jsonl", "csv", "markdown", "html", "ocsf")
Target = Callable[[random.Random], None]


class Fault(AssertionError):
    """What a target found, with the input that shows it."""

    def __init__(self, what: str, shown: bytes) -> None:
        super().__init__(what)
        self.shown = shown


@cache
def examples(name: str) -> tuple[bytes, ...]:
    files = sorted((EXAMPLES / name).iterdir())
    return tuple(path.read_bytes() for path in files if not path.name.endswith(".expected.jsonl"))


@cache
def matcher() -> Matcher:
    return Matcher(load(()), None, lambda secret: f"{len(secret)}")


@cache
def sifter() -> Sifter:
    known = load(())
    return Sifter(matcher(), tuple(known.needles()), tuple(known.tool_needles()))


def any_source(rng: random.Random) -> tuple[str, Source]:
    name = rng.choice(list(sources()))
    return name, sources()[name]


def read_one_source(name: str) -> Target:
    """Every record of a damaged example: an Event or Malformed, nothing else, and soon."""
    source = sources()[name]

    def target(rng: random.Random) -> None:
        data = damaged(rng.choice(examples(name)), rng)
        cutter = CUTTERS.get(source.CUT) or CUTTERS["xml" if data.lstrip()[:1] == b"<" else "lines"]
        pieces = [data[start:end] for start, end in cutter.every(data)]
        if source.CUT == "json" and rng.random() < 0.5:
            pieces = [body for _number, body, reason in documents(data, io.BytesIO()) if reason is None]
        layout = Layout()
        for piece in pieces:
            _timed(lambda piece=piece: _read(source, piece, layout), piece)  # type: ignore[misc]

    return target


def _read(source: Source, piece: bytes, layout: Layout) -> None:
    try:
        for event in source.read(piece, layout):
            _check_types(event)
            matcher().lookups(event, Origin("x", "x", 1, "0"))
    except Malformed as reason:
        if len(str(reason)) > 300 or "\n" in str(reason):
            raise AssertionError("the reason repeats the record") from None


def _check_types(event: Event) -> None:
    for name in (
        "name",
        "url",
        "method",
        "user_agent",
        "body",
        "query_type",
        "payload",
        "user",
        "host",
        "ip",
    ):
        value = getattr(event, name)
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} is {type(value).__name__}")
    for name in ("time", "status", "server_port", "bytes_out", "bytes_in", "packets_out", "duration"):
        value = getattr(event, name)
        if value is not None and type(value) is not int:
            raise TypeError(f"{name} is {type(value).__name__}")


def _timed(act: Callable[[], object], shown: bytes, most: float = SLOW) -> None:
    start = time.process_time()
    try:
        act()
    except Exception as fault:
        raise Fault(f"{type(fault).__name__}: {fault}", shown) from fault
    if time.process_time() - start > most:
        raise Fault(f"took {time.process_time() - start:.1f} s", shown)


def detect(rng: random.Random) -> None:
    """Every source looks at the same damaged head: a number from 0 to 100, and soon."""
    name, _source = any_source(rng)
    head = damaged(rng.choice(examples(name)), rng) * rng.choice((1, 1, 40))
    for source in sources().values():

        def act(source: Source = source) -> None:
            assert 0 <= source.detect(head[: read.HEAD]) <= 100

        _timed(act, head[: read.HEAD])


def cutters(rng: random.Random) -> None:
    """Spans cover the chunk in order, agree with the count, and around() gives those that hold a hit."""
    data = damaged(rng.choice(examples(any_source(rng)[0])), rng)[:4000]
    for cutter in CUTTERS.values():
        every = list(cutter.every(data))
        hits = sorted(rng.sample(range(len(data)), min(len(data), rng.randrange(12))))

        def act(cutter: Cutter = cutter, every: list[Span] = every, hits: list[int] = hits) -> None:
            assert cutter.count(data) == len(every) or not data
            assert all(start < end for start, end in every)
            assert all(one[1] <= other[0] for one, other in pairwise(every))
            wanted = [span for span in every if any(span[0] <= hit < span[1] for hit in hits)]
            got = list(cutter.around(data, hits))
            assert [span for span in got if span in wanted] == wanted
            whole = cutter.whole(data)
            assert 0 <= whole <= len(data)

        _timed(act, data)


def cut_documents(rng: random.Random) -> None:
    """Documents are numbered without gaps and end; where the stream is cut makes no difference."""
    names = [name for name, source in sources().items() if source.CUT == "json"]
    data = damaged(rng.choice(examples(rng.choice(names))), rng)
    at = rng.randrange(len(data) + 1)

    def act() -> None:
        got = list(documents(data[:at], io.BytesIO(data[at:])))
        assert [number for number, _body, _reason in got] == list(range(1, len(got) + 1))
        whole = list(documents(data, io.BytesIO()))
        assert [body for _n, body, _r in got if body] == [body for _n, body, _r in whole if body]

    _timed(act, data)


def sieve(rng: random.Random) -> None:
    """Conservation, with and without sieve, and the same lookups from both."""
    name, source = any_source(rng)
    sifter().scan_for(source)  # compiling takes its time once
    data = damaged(rng.choice(examples(name)), rng)
    _timed(lambda: conserved(data, source), data)


def conserved(data: bytes, source: Source) -> None:
    """Raise AssertionError when a record is lost, or the sieve holds back a lookup."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / "log"
        path.write_bytes(data)
        (item,) = read.inputs([str(path)])
        found = {}
        for sieving in (False, True):
            tally = Tally()
            found[sieving] = list(sift(item, source, sifter(), tally, sieving))
            count = tally.of(leaf_name(source))
            judged = count.parsed + count.quarantined
            assert judged == (count.candidates if sieving else count.records), f"sieve {sieving}: {count}"
            assert count.candidates <= count.records, count
            failed = [trouble.reason for trouble in tally.troubles if " failed: " in trouble.reason]
            assert not failed, failed
        assert found[True] == found[False]


def long(rng: random.Random) -> None:
    """A record as long as records may be, one piece of it repeated: read, matched and masked in seconds."""
    name, source = any_source(rng)
    cutter = CUTTERS.get(source.CUT) or CUTTERS["lines"]
    example = rng.choice(examples(name))
    spans = list(cutter.every(example))
    layout = Layout()
    for start, end in spans[:8]:
        _quietly(source, example[start:end], layout)
    start, end = rng.choice(spans)
    record = example[start:end]
    piece = rng.choice((*LONG, record[: rng.randrange(1, len(record) + 1)][-rng.randrange(1, 12) :]))
    at = rng.randrange(len(record) + 1)
    record = record[:at] + piece * (LONGEST // len(piece)) + record[at:]
    _timed(lambda: _masked(source, record, layout), record, 8 * SLOW)
    head = record[: read.HEAD]
    _timed(lambda: [each.detect(head) for each in sources().values()], head, 2 * SLOW)


def _quietly(source: Source, record: bytes, layout: Layout) -> list[Event]:
    try:
        return list(source.read(record, layout))
    except Malformed:
        return []


def _masked(source: Source, record: bytes, layout: Layout) -> None:
    for event in _quietly(source, record, layout):
        with suppress(Malformed):
            matcher().lookups(event, Origin("x", "x", 1, "0"))
        mask(event, load(()).key_names, lambda _secret: "f")
    covered(record[:RECORD_KEPT], lambda said: redact(said, lambda _: "f", load(()).key_names))


def match(rng: random.Random) -> None:
    """Any event at all: lookups or Malformed."""
    event = _event(rng)

    def act() -> None:
        try:
            matcher().lookups(event, Origin("x", "x", 1, "0"))
        except Malformed:
            return

    _timed(act, repr(event).encode("utf-8", "backslashreplace"))


def _event(rng: random.Random) -> Event:
    def said() -> str | None:
        if rng.random() < 0.3:
            return None
        parts = (rng.choice(PIECES).decode("utf-8", "surrogateescape") for _ in range(rng.randint(1, 5)))
        return "".join(parts)

    def number() -> int | None:
        return rng.choice((None, 0, 43, 443, 4321, 5432, -1, 2**31, 2**63, 2**70, 1_790_000_000_000_000))

    return Event(
        via=rng.choice(("dns", "http", "tls", "flow", "process", "whois", "sql")), time=number(),
        name=said(), url=said(), method=rng.choice((None, "GET", "CONNECT", "POST", "\x1b")),
        user_agent=said(), body=said(), query_type=rng.choice((None, "A", "TXT", "\x00")), payload=said(),
        user=said(), host=said(), ip=said(), process=said(), command_line=said(), server_ip=said(),
        server_port=number(), bytes_out=number(), bytes_in=number(), packets_out=number(),
        duration=number(), link=said(), ident=said(),
    )  # fmt: skip


_KEYS = string.ascii_letters + string.digits
_PLACES = (
    "https://api.shodan.io/x?key={}", "https://x.example/?a=1&apikey={}&b=2", "https://u:{}@example.com/",
    "curl -H 'x-api-key: {}'", "curl -H \"Authorization: Bearer {}\" https://api.example.com",
    "shodan init {}", "API_KEY={} tool", "tool --api-key {} -d example.com", '{{"apikey": "{}"}}',
    "curl -u user:{} https://example.com", "PGPASSWORD={} psql", "tool --token={}",
)  # fmt: skip


def keys(rng: random.Random) -> None:
    """A key in a place where keys stand is gone afterwards, and covered() leaves none even in broken text."""
    key = "".join(rng.choices(_KEYS, k=rng.randrange(20, 65)))
    key += rng.choice(string.digits) + rng.choice(string.ascii_letters)
    place = rng.choice(_PLACES).format(key)
    around = [rng.choice(PIECES).decode("utf-8", "replace") for _ in range(2)]
    text = f"{around[0]} {place} {around[1]}"

    def act() -> None:
        assert key not in redact(text, lambda secret: "f" * 16)
        broken = damaged(place.encode(), rng, 2)
        if key.encode() in broken:
            assert key.encode() not in covered(broken, lambda said: redact(said, lambda _: "f"))

    _timed(act, text.encode())


def visible(rng: random.Random) -> None:
    """safe() leaves one line of printable characters, and is done when done."""
    text = "".join(
        chr(rng.choice((rng.randrange(256), rng.randrange(0x3000), rng.randrange(0x110000))))
        for _ in range(40)
    )

    def act() -> None:
        clean = safe(text)
        assert clean.isprintable() and "\n" not in clean
        assert safe(clean) == clean

    _timed(act, text.encode("utf-8", "surrogatepass"))


def unpack(rng: random.Random) -> None:
    """Damaged archives: bytes, then perhaps ReadError; nothing else."""
    plain = rng.choice(examples(any_source(rng)[0])) * rng.choice((1, 30))
    packer = rng.choice(
        (gzip.compress, bz2.compress, zstandard.compress, lambda data: data.decode().encode("utf-16"))
    )
    data = damaged(packer(plain) + rng.choice((b"", b"", packer(plain), b"\0" * 99)), rng, 3)

    def act() -> None:
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            try:
                with opened(Path(file.name)) as stream:
                    while stream.read(rng.choice((1, 1000, 1 << 20))):
                        pass
            except ReadError:
                return

    _timed(act, data)


def hunt(rng: random.Random) -> None:
    """The whole hunt over two damaged logs, and its report in every format."""
    with tempfile.TemporaryDirectory() as folder:
        shown = []
        for number in range(2):
            shown.append(damaged(rng.choice(examples(any_source(rng)[0])), rng))
            (Path(folder) / f"{number}.log").write_bytes(shown[-1])

        def act() -> None:
            report = watch([folder], Options(home=Path(folder) / "home"))
            for form in FORMATS:
                sink(form).render(report)

        start = time.process_time()
        try:
            act()
        except Exception as fault:
            raise Fault(f"{type(fault).__name__}: {fault}", b"\n----\n".join(shown)) from fault
        if time.process_time() - start > 10 * SLOW:
            raise Fault(f"took {time.process_time() - start:.1f} s", b"\n----\n".join(shown))


TARGETS: dict[str, Target] = {
    **{f"read-{name}": read_one_source(name) for name in sources()},
    "detect": detect,
    "cutters": cutters,
    "documents": cut_documents,
    "sieve": sieve,
    "long": long,
    "match": match,
    "keys": keys,
    "visible": visible,
    "unpack": unpack,
    "hunt": hunt,
}


def shown(data: bytes) -> str:
    """An input as one word to paste into a test."""
    return base64.b64encode(data).decode()
