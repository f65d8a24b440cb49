"""Logs at hand, or the lake, in; the coverage ledger out: which lookups could be seen, which could not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from glasshouse import config
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.flow import recognised
from glasshouse.flow_ours import ours
from glasshouse.lake import facts, parquet, rhythm, store
from glasshouse.lake.store import Lake
from glasshouse.leaf import source
from glasshouse.ledger import Heard, Ledger, State
from glasshouse.records import SourceCount, Tally
from glasshouse.watch import ledger_kept, ledger_rules, ledger_seen, read
from glasshouse.watch.detect import load_rules
from glasshouse.watch.ledger_grades import ways
from glasshouse.watch.read import Input
from glasshouse.watch.sift import trouble
from glasshouse.watch.unpack import UNPACKED_LIMIT

SECOND = 1_000_000
Progress = Callable[[str], None]
_SUMMARY = """
    SELECT metadata_product_name, min(time_us), max(time_us),
      count(DISTINCT coalesce(device_hostname, src_endpoint_ip, actor_user_name)),
      count(actor_user_name), count(device_hostname), count(src_endpoint_ip), count(actor_process_name),
      count(nullif(client_kind, 'unknown')), count(coalesce(traffic_bytes_out, traffic_bytes_in)),
      count(duration_us), count(key_fingerprint)
    FROM read_parquet(?, hive_partitioning = false) GROUP BY ALL
"""
_FACTS = ("user", "host", "ip", "process", "client", "bytes", "duration", "key")


def of_logs(
    paths: Sequence[str], options: Options, whole: bool = False, progress: Progress = lambda _said: None
) -> tuple[Ledger, Tally]:
    """The ledger of some logs: they are read as ``hunt`` reads them, large ones at both ends only."""
    tally, seen = Tally(), dict[str, ledger_seen.Seen]()
    chosen = source(options.source) if options.source else None
    items: list[Input] = []
    try:
        for item in read.inputs(paths, partial(trouble, tally), options.max_unpacked or UNPACKED_LIMIT):
            items.append(item)
            progress(item.label)
            if leaf := recognised(item, tally, chosen):
                ledger_seen.look(item, leaf, options.zone, seen, tally, whole)
    finally:
        for item in items:
            read.forget(item)
    return _ledger(options, ledger_seen.heard(seen), "logs", tally, _now()), tally


def of_lake(options: Options, now: int | None = None) -> tuple[Ledger, Tally]:
    """The ledger of the lake: what was ever read into it, and what ``follow`` heard when.

    Raises UsageError where there is no lake.
    """
    moment = _now() if now is None else now
    home = config.home(options.home)
    with store.opened(home) as lake:
        counts = facts.counts(lake)
        tally = Tally(sources=counts, files=facts.inputs(lake))
        known = _summaries(lake)
    spoken = _followed(home, moment)
    heard: list[Heard] = []
    for name, count in sorted(counts.items()):
        mine = [one for one in spoken if one[0].endswith(f" ({name})")]
        heard += _of_format(name, count, mine, known.get(name))
    return _ledger(options, heard, "lake", tally, moment), tally


def _ledger(options: Options, heard: Sequence[Heard], of: str, tally: Tally, now: int) -> Ledger:
    every = ways(load(options.opendbs))
    return Ledger(
        made=now,
        of="lake" if of == "lake" else "logs",
        heard=tuple(heard),
        kinds=ledger_kept.kinds(heard),
        ways=every,
        rules=ledger_rules.rule_needs(load_rules(options.rules), heard, every, bool(ours(options))),
        beyond=ledger_kept.BEYOND,
        blind=ledger_kept.blind(heard),
        troubles=tuple(tally.troubles),
    )


def _now() -> int:
    return round(time.time() * SECOND)


Summary = tuple[int, int, int, tuple[str, ...]]  # first and last lookup, machines, what lookups carry
Spoken = tuple[str, int, int | None, State, str]  # name, last heard, usual interval, state, sentence


def _summaries(lake: Lake) -> dict[str, Summary]:
    """Per log format what its lookups in the lake tell; later completions of theirs are left out."""
    files = [str(file) for file in facts.files(lake)]
    if not files:
        return {}
    with store.told(lake.home), parquet.asked() as db:
        rows = db.execute(_SUMMARY, [files]).fetchall()
    return {
        name: (first, last, clients, tuple(fact for fact, n in zip(_FACTS, filled, strict=True) if n))
        for name, first, last, clients, *filled in rows
    }


def _followed(home: Path, now: int) -> list[Spoken]:
    """Every source that ``follow`` listened to, with its state now."""
    if not (home / rhythm.FILE).exists():
        return []
    seconds = now / SECOND
    with rhythm.opened(home) as db:
        usual = {one.source: one for one in rhythm.rhythms(db, seconds)}
        rows = db.execute("SELECT name, last, looked, silent FROM sources ORDER BY name").fetchall()
    return [
        _spoken(name, last, looked, bool(silent), usual.get(name), seconds)
        for name, last, looked, silent in rows
    ]


def _spoken(
    name: str, last: float, looked: float, told: bool, known: rhythm.Silence | None, now: float
) -> Spoken:
    """Silent is what ``follow`` called so, or would; what nobody listens to any more is so, too."""
    since = round(last * SECOND)
    if known is None:
        said = "its usual interval is not known yet"
        return name, since, None, "silent" if told else "heard", "silent" if told else said
    usual = round(known.usual * SECOND)
    most = rhythm.limit(known.usual)
    words = f"usually something arrives within {_lasting(known.usual)}"
    if told or looked - last > most:
        return name, since, usual, "silent", f"silent for {_lasting(now - last)}; {words}"
    if now - last > most:
        return name, since, usual, "silent", f"not listened to for {_lasting(now - looked)}; {words}"
    return name, since, usual, "heard", words


def _lasting(seconds: float) -> str:
    from glasshouse.report.text import lasting

    return lasting(round(seconds * SECOND))


def _of_format(name: str, count: SourceCount, spoken: Sequence[Spoken], known: Summary | None) -> list[Heard]:
    """One log format: a line for each of its logs that is followed, else one for all of them."""
    kinds = ledger_kept.counted_kinds(count.kinds, name, count.records)
    first, newest, clients, carries = known or (None, None, None, None)
    if not spoken:
        said = "when it was last heard is not known: no follow listens to it"
        if newest is not None:
            said += "; the time is that of its newest lookup"
        spoken_all: Sequence[Spoken] = [(name, newest or 0, None, "heard", said)]
    else:
        spoken_all = spoken
    return [
        Heard(
            source=name, name=called, state=state, says=said, kinds=kinds, records=count.records,
            clients=clients, first=first, last=last or None, usual=usual, carries=carries,
        )
        for called, last, usual, state, said in spoken_all
    ]  # fmt: skip
