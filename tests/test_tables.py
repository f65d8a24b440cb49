"""Logs that are not cut by lines: Parquet tables, octet-counted frames, members of one JSON document."""

from __future__ import annotations

import io
import json
import os
import random
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.config import Options
from glasshouse.errors import ReadError
from glasshouse.flow import watch
from glasshouse.leaf import leaf_name
from glasshouse.records import Tally
from glasshouse.watch import read
from glasshouse.watch.sift import events, layout_for, read_one, sift
from glasshouse.watch.tables import frames, is_members, members, rows
from test_envelopes import EXAMPLES, accounts, opened
from test_sieve import sifter
from test_sources import plain

ROWS = sorted(path for path in (EXAMPLES / "parquet").glob("*.jsonl") if "expected" not in path.name)


def parquet(query: str, path: Path, options: str = "") -> Path:
    """What a query gives, written as Parquet."""
    with duckdb.connect(":memory:") as db:
        db.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet{options})")
    return path


def of_lines(source: Path, path: Path) -> Path:
    """Rows written as JSON lines, as Parquet with nested columns."""
    return parquet(f"SELECT * FROM read_json('{source}', format = 'newline_delimited')", path)


@pytest.mark.parametrize("source", ROWS, ids=lambda path: path.stem)
def test_rows_of_parquet_are_read_by_the_source_that_knows_them(source: Path, tmp_path: Path) -> None:
    item, found = opened(of_lines(source, tmp_path / "rows.parquet"))
    tally, got = Tally(), []
    count = tally.of(leaf_name(found))
    for record in read.records(item, found, None, count):
        troubles = len(tally.troubles)
        got += [plain(event) for event in read_one(record, found, layout_for(item, None), "", count, tally)]
        got += [{"quarantined": [one.position, one.reason]} for one in tally.troubles[troubles:]]
    got.append({"accounts": {leaf_name(found): accounts(count)}})
    expected = source.with_name(source.stem + ".expected.jsonl")
    if os.environ.get("REWRITE"):
        expected.write_text("".join(json.dumps(one) + "\n" for one in got))
    assert got == [json.loads(line) for line in expected.read_text().splitlines()]


def lake(path: Path, number: int, options: str = "") -> Path:
    """DNS activity as Security Lake lays it out, one question in ten for a catalogued host."""
    return parquet(
        "SELECT 4003 AS class_uid, 4 AS category_uid, 1 AS activity_id, 1 AS severity_id, "
        "1795166042000 + i AS time, make_timestamptz((1795166042000 + i) * 1000) AS time_dt, "
        "{'ip': '192.0.2.' || (i % 250 + 1), 'port': 40000 + i % 9} AS src_endpoint, "
        "{'hostname': CASE WHEN i % 10 = 0 THEN 'api.shodan.io.' ELSE md5(i::VARCHAR) || '.example.org.' "
        "END, "
        f"'type': 'A'}} AS query, MAP {{'a': 'b'}} AS unmapped FROM range({number}) t(i)",
        path,
        options,
    )


def test_a_security_lake_folder_is_hunted(tmp_path: Path) -> None:
    folder = tmp_path / "region=eu-central-1" / "accountId=123456789012" / "eventDay=20261120"
    folder.mkdir(parents=True)
    lake(folder / "part-0.gz.parquet", 100, ", COMPRESSION gzip")
    report = watch([str(tmp_path)], Options(home=tmp_path))
    assert (report.lookups_total, list(report.tally.sources)) == (10, ["ocsf"])
    assert report.tally.sources["ocsf"].records == 100


def test_the_sieve_finds_in_parquet_what_reading_every_row_finds(tmp_path: Path) -> None:
    item, found = opened(lake(tmp_path / "x.parquet", 3000))
    tally = Tally()
    sieved = list(sift(item, found, sifter(), tally, sieve=True))
    assert sieved == list(sift(item, found, sifter(), Tally(), sieve=False))
    assert len(sieved) == 300
    assert tally.sources["ocsf"].candidates == 300


def test_a_time_with_zone_is_that_time_and_one_without_is_doubted(tmp_path: Path) -> None:
    query = 'SELECT {} AS "@timestamp", \'crt.sh\' AS "dns.question.name", \'192.0.2.1\' AS "source.ip"'
    said = {}
    for kind in ("TIMESTAMPTZ '2026-11-20 09:14:02+02'", "TIMESTAMP '2026-11-20 09:14:02'"):
        item, found = opened(parquet(query.format(kind), tmp_path / f"{len(said)}.parquet"))
        (event,) = [event for _record, event in events(item, found, None, Tally())]
        said[kind.split()[0]] = (event.time, event.doubt)
    assert said == {
        "TIMESTAMPTZ": (1795158842000000, None),
        "TIMESTAMP": (1795166042000000, "local time without zone, read as UTC"),
    }


@pytest.mark.parametrize("name", ["a[1].parquet", "a*.parquet", "it's ?.parquet", "ü.parquet"])
def test_a_name_that_looks_like_a_pattern_is_one_file(name: str, tmp_path: Path) -> None:
    lake(tmp_path / "a1.parquet", 50)
    (tmp_path / "a1.parquet").rename(tmp_path / "aside")
    lake(tmp_path / "plain.parquet", 3)
    (tmp_path / "plain.parquet").rename(tmp_path / name)
    (tmp_path / "aside").rename(tmp_path / "a1.parquet")
    assert len(list(rows(tmp_path / name, name))) == 3


def test_no_other_file_can_be_reached(tmp_path: Path) -> None:
    from glasshouse.watch.tables import _engine

    lake(tmp_path / "x.parquet", 3)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    db = _engine(tmp_path / "x.parquet")
    for query in (
        f"SELECT * FROM '{tmp_path}/secret.csv'",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM glob('/etc/*')",
    ):
        with pytest.raises(duckdb.Error):
            db.execute(query).fetchall()


def test_a_broken_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    whole = lake(tmp_path / "a.parquet", 100).read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.parquet").write_bytes(whole[:-200] + b"\xff" * 192 + whole[-8:])
    (tmp_path / "d.parquet").write_bytes(b"PAR1")
    report = watch([str(tmp_path)], Options(home=tmp_path))
    assert report.lookups_total == 10
    assert {Path(one.where).name for one in report.tally.troubles} == {"b.parquet", "c.parquet", "d.parquet"}


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_damaged_parquet_raises_nothing_but_read_errors(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng = random.Random(seed)
    path = tmp_path_factory.mktemp("damaged") / "x.parquet"
    data = bytearray(lake(path, 40).read_bytes())
    for _ in range(rng.randrange(1, 12)):
        data[rng.randrange(4, len(data))] = rng.randrange(256)
    path.write_bytes(data)
    try:
        for _number, said, reason in rows(path, "x"):
            assert reason or json.loads(said)
    except ReadError as problem:
        assert "Parquet" in problem.what


def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    small, large = lake(tmp_path / "small.parquet", 20_000), lake(tmp_path / "large.parquet", 600_000)
    code = (
        "import resource, sys; from pathlib import Path; from glasshouse.watch.tables import rows\n"
        "n = sum(1 for _ in rows(Path(sys.argv[1]), 'x'))\n"
        "print(n, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for path in (small, large):
        ran = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        peaks.append(int(ran.stdout.split()[1]))
    unit = 1 << 10 if sys.platform != "darwin" else 1 << 20
    assert peaks[1] - peaks[0] < 150 * unit
    assert resource.getpagesize() > 0


# --- frames and members ----------------------------------------------------------------------------------


class Slowly(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._left, self._step = data, step

    def read(self, _size: int = -1) -> bytes:
        got, self._left = self._left[: self._step], self._left[self._step :]
        return got


def taken(data: bytes, head: int, step: int, cut: object) -> Iterator[tuple[int, bytes, str | None]]:
    return cut(data[:head], Slowly(data[head:], step))  # type: ignore[operator,no-any-return]


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(0, 80), st.integers(1, 50))
def test_frames_are_cut_by_their_counts(bodies: list[bytes], head: int, step: int) -> None:
    made = [b"<13>1 - - - - - - " + body for body in bodies]
    data = b"".join(b"%d %s" % (len(frame), frame) for frame in made)
    got = list(taken(data, head, step, frames))
    assert [said for _number, said, _reason in got] == made
    assert [number for number, _said, _reason in got] == list(range(1, len(made) + 1))
    assert not any(reason for _number, _said, reason in got)


def test_a_frame_that_is_cut_off_or_out_of_step_is_told() -> None:
    good = b"21 <13>1 - - - - - - abc"
    got = [
        (said, reason)
        for _number, said, reason in frames(good + b"nonsense!" * 3 + b"\n" + good, io.BytesIO())
    ]
    assert got == [(b"<13>1 - - - - - - abc", None), (b"nonsense!" * 3 + b"\n", "no octet count"), got[0]]
    assert list(frames(good + b"99 <13>1 - cut", io.BytesIO()))[-1][2] == "the last frame is cut off"


@given(
    st.lists(
        st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.lists(st.integers()), max_size=3),
        min_size=1, max_size=9,
    ),
    st.integers(20, 200), st.integers(1, 60), st.sampled_from([None, 2]),
)  # fmt: skip
def test_members_of_one_document_are_taken_one_by_one(
    rows: list[object], head: int, step: int, indent: int | None
) -> None:
    data = json.dumps({"preview": False, "results": rows, "tail": {"a": [1]}}, indent=indent).encode()
    head = max(head, data.index(b"[") + 40)
    assert is_members(data[:head])
    got = list(taken(data, head, step, members))
    assert [json.loads(said) for _number, said, reason in got if reason is None] == rows
    assert not any(reason for _number, _said, reason in got)


def test_a_document_that_breaks_off_is_told() -> None:
    data = b'{"results": [{"a": 1}, {"b": '
    assert [reason for _number, _said, reason in members(data, io.BytesIO())] == [
        None,
        "the last document is cut off",
    ]


def test_a_document_larger_than_a_record_may_be_is_read_to_its_end(tmp_path: Path) -> None:
    event = {
        "timestamp": 1795166042000,
        "message": "client @0x7f 192.0.2.1#4011 (www.example.com): query: www.example.com IN A +",
    }
    last = {**event, "message": event["message"].replace("www.example.com", "crt.sh")}  # type: ignore[attr-defined]
    (tmp_path / "events.json").write_text(
        json.dumps({"events": [event] * 12_000 + [last], "nextForwardToken": "f"})
    )
    item, found = opened(tmp_path / "events.json")
    tally = Tally()
    (lookup,) = sift(item, found, sifter(), tally)
    assert (lookup.database, lookup.position) == ("crtsh", 12_001)
    assert (tally.sources["bind"].records, tally.troubles) == (12_001, [])
