"""The read door: every packing, every odd file end, every way to name inputs; nothing is lost."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.errors import ReadError
from glasshouse.leaf import source
from glasshouse.records import SourceCount
from glasshouse.watch import read
from glasshouse.watch.documents import documents, is_documents
from glasshouse.watch.unpack import opened

LINE = (
    b"1789549200.123    210 10.20.1.7 TCP_TUNNEL/200 4821 CONNECT crt.sh:443 u-017 HIER_DIRECT/192.0.2.7 -\n"
)
PACKERS = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "gzip members": lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:]),
    "bz2": bz2.compress,
    "zstd": zstandard.compress,
    "zstd frames": lambda data: zstandard.compress(data[:50]) + zstandard.compress(data[50:]),
    "utf-16": lambda data: data.decode().encode("utf-16"),
}


def everything(path: Path, name: str = "squid") -> tuple[list[read.Record], SourceCount]:
    (item,) = read.inputs([str(path)])
    count = SourceCount()
    return list(read.records(item, source(name), None, count)), count


@pytest.mark.parametrize("packing", PACKERS)
def test_every_packing_gives_the_same_records(packing: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(PACKERS[packing](LINE * 1000))
    got, count = everything(path)
    assert [record.data for record in got] == [LINE] * 1000
    assert [record.position for record in got] == list(range(1, 1001))
    assert count.records == 1000
    assert count.bytes == len(LINE) * 1000


@pytest.mark.parametrize("packing", ["gzip", "bz2", "zstd"])
def test_an_archive_that_breaks_off_gives_its_records_then_an_error(packing: str, tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = b"".join(b"%d %s" % (number, LINE) for number in range(200_000))
    whole = PACKERS[packing](lines)
    path.write_bytes(whole[: len(whole) * 3 // 4])
    (item,) = read.inputs([str(path)])
    got: list[read.Record] = []
    with pytest.raises(ReadError) as caught:
        got.extend(read.records(item, source("squid"), None, SourceCount()))
    assert str(path) in str(caught.value)
    assert "next:" in str(caught.value)


def test_records_before_the_break_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "log.gz"
    whole = gzip.compress(b"".join(b"%d %s" % (number, LINE) for number in range(200_000)))
    path.write_bytes(whole[: len(whole) * 3 // 4])
    (item,) = read.inputs([str(path)])
    seen = 0
    with pytest.raises(ReadError):
        for _record in read.records(item, source("squid"), None, SourceCount()):
            seen += 1
    assert seen > 1000


def test_a_record_beyond_the_limit_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(LINE + b"x" * (12 << 20) + b"\n" + LINE)
    got, _count = everything(path)
    assert got[0].data == LINE
    assert got[-1].data == LINE
    assert {record.reason for record in got[1:-1]} == {"record longer than 1,048,576 bytes"}


def test_folders_globs_and_repeats_are_each_read_once(tmp_path: Path) -> None:
    for name in ("a.log", "b.log", "sub/c.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINE)
    said = [str(tmp_path), str(tmp_path / "a.log"), str(tmp_path / "*.log")]
    assert [item.path.name for item in read.inputs(said)] == ["a.log", "b.log", "c.log"]


def test_a_path_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file"):
        list(read.inputs([str(tmp_path / "nothing")]))


def test_an_empty_file_has_no_format_and_no_records(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")
    (item,) = read.inputs([str(path)])
    assert read.detect(item) == (None, 0)
    assert everything(path)[0] == []


@given(st.binary(max_size=2000), st.integers(1, 300))
def test_any_bytes_come_out_as_they_went_in(data: bytes, size: int) -> None:
    import tempfile

    with tempfile.NamedTemporaryFile() as file:
        file.write(b"a" + data)
        file.flush()
        with opened(Path(file.name)) as stream:
            got = b"".join(iter(lambda: stream.read(size), b""))
    assert got == b"a" + data


ARRAY = b'[\n {"a": "x}\\"{", "b": [1, {"c": 2}]},\n {"d": 3}\n]'
PRETTY = b'{\n  "a": 1\n}\n{\n  "b": "\xc3\xa9"\n}\n'


@pytest.mark.parametrize("data", [ARRAY, PRETTY, b'{"a":{\n"b":1}}\n{"c":2}'])
def test_documents_are_cut_out_of_arrays_and_pretty_print(data: bytes) -> None:
    import io

    import orjson

    assert is_documents(data)
    got = list(documents(data[:5], io.BytesIO(data[5:])))
    assert [number for number, _data, _reason in got] == [1, 2]
    assert all(orjson.loads(body) for _number, body, _reason in got)


def test_json_lines_are_not_documents() -> None:
    assert not is_documents(b'{"a": {"b": 1}}\n{"c": 2}\n')
    assert not is_documents(b"plain text\n")


def test_a_document_that_breaks_off_is_told() -> None:
    import io

    got = list(documents(b'{"a": 1} nonsense {"b": ', io.BytesIO(b"")))
    assert got[0][1] == b'{"a": 1}'
    assert [reason for _number, _data, reason in got][1:] == ["the last document is cut off"]
