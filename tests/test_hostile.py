"""Hostile input at the read door: bombs, holes, odd encodings, odd files: told, no crash, never silence."""

from __future__ import annotations

import base64
import bz2
import calendar
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import zstandard

from glasshouse import config
from glasshouse.config import Options, Zones
from glasshouse.errors import Malformed, ReadError, UsageError
from glasshouse.flow import find
from glasshouse.leaf import source, sources
from glasshouse.records import Lookup, Tally, Trouble
from glasshouse.watch import frames, read, unpack
from glasshouse.watch.documents import documents, is_documents
from glasshouse.watch.parse import Layout, json_object, local, text, yearless
from glasshouse.watch.quarantine import Quarantine, covered
from glasshouse.watch.unpack import opened

START = 1_789_549_200


def line(second: int = 0, host: str = "crt.sh", user: str = "u-017") -> bytes:
    return (
        f"{START + second}.500     90 10.20.1.7 TCP_TUNNEL/200 4000 CONNECT {host}:443 {user} "
        "HIER_DIRECT/192.0.2.9 -\n"
    ).encode()


def looked(folder: Path, *paths: Path, **said: object) -> tuple[list[Lookup], Tally]:
    home = folder.parent / f"{folder.name}-home"
    found, tally, _catalogue = find([str(path) for path in paths or (folder,)], Options(home=home, **said))  # type: ignore[arg-type]
    return found, tally


def reasons(tally: Tally) -> list[str]:
    return [trouble.reason for trouble in tally.troubles]


# --- packed files ----------------------------------------------------------------------------------------


def zstd_of_zeros(start: bytes, size: int) -> bytes:
    packer = zstandard.ZstdCompressor(level=19).compressobj()
    parts = [packer.compress(start), *(packer.compress(bytes(1 << 20)) for _ in range(size >> 20))]
    return b"".join(parts) + packer.flush()


BOMBS = {
    "gzip": lambda start: gzip.compress(start + bytes(140 << 20)),
    "bz2": lambda start: bz2.compress(start + bytes(140 << 20)),
    "zstd": lambda start: zstd_of_zeros(start, 140 << 20),
}


@pytest.mark.parametrize("packing", BOMBS)
def test_a_bomb_is_stopped_and_what_stood_before_it_is_kept(packing: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(BOMBS[packing](line()))
    assert (tmp_path / "log").stat().st_size < 1 << 20
    found, tally = looked(tmp_path)
    assert len(found) == 1
    assert "unpacks to more than 200 times its size, which no log does" in reasons(tally)
    assert tally.sources["squid"].bytes < 100 << 20


@pytest.mark.parametrize("packer", [gzip.compress, bz2.compress, zstandard.compress])
def test_one_call_unpacks_little_however_dense_the_bomb(packer: object, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(packer(bytes(60 << 20)))  # type: ignore[operator]
    with (tmp_path / "log").open("rb") as raw:
        make = frames.packing(raw.read(6))
        raw.seek(0)
        assert make is not None
        blocks = unpack._Unpacked(raw, make, "x", 1 << 40)
        sizes = list(iter(lambda: len(blocks(1)), 0))
    assert sum(sizes) == 60 << 20
    assert max(sizes) <= 40 << 20 if packer is zstandard.compress else max(sizes) <= frames.STEP


def test_an_honest_log_may_unpack_to_the_limit_and_no_further(tmp_path: Path) -> None:
    lines = b"".join(line(step, f"h{step * 7919 % 10007}.example.com") for step in range(3000)) + line(4000)
    (tmp_path / "log.gz").write_bytes(gzip.compress(lines))
    found, tally = looked(tmp_path, max_unpacked=len(lines))
    assert len(found) == 1 and not tally.troubles
    found, tally = looked(tmp_path, max_unpacked=len(lines) - 1)
    assert reasons(tally) == [f"unpacks to more than {len(lines) - 1:,} bytes"]
    assert "--max-unpacked" in tally.troubles[0].next_step


def test_packed_twice_is_told_not_unpacked_twice(tmp_path: Path) -> None:
    (tmp_path / "log.gz.gz").write_bytes(gzip.compress(gzip.compress(line())))
    assert reasons(looked(tmp_path)[1]) == ["packed more than once"]


def test_padding_and_garbage_behind_a_member(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(line()) + bytes(40_000) + gzip.compress(line(60)))
    assert len(looked(tmp_path)[0]) == 2
    (tmp_path / "a.gz").write_bytes(gzip.compress(line()) + b"garbage")
    found, tally = looked(tmp_path)
    assert len(found) == 1
    assert "cannot be read to its end" in reasons(tally)[0]


def test_a_fault_stays_a_fault_however_often_one_reads_on(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(200_000))
    (tmp_path / "a.gz").write_bytes(whole[:50_000] + b"\xff" * 64 + whole[50_064:])
    with opened(tmp_path / "a.gz") as stream:
        with pytest.raises(ReadError):
            while stream.read(4096):
                pass
        for _ in range(3):
            with pytest.raises(ReadError):
                stream.read(4096)


def test_records_before_a_fault_are_read_with_the_sieve_too(tmp_path: Path) -> None:
    noise = b"".join(line(step % 50_000, f"h{step * 7919 % 10007}.example.com") for step in range(200_000))
    whole = gzip.compress(line() + noise, 1)
    (tmp_path / "a.gz").write_bytes(whole[: len(whole) // 2])
    assert len(looked(tmp_path)[0]) == len(looked(tmp_path, sieve=False)[0]) == 1


def test_sizes_are_said_in_words_people_use() -> None:
    assert [config.octets(said) for said in ("4GiB", "500MB", "1k", "7", None)] == [
        4 << 30,
        5 * 10**8,
        1000,
        7,
        None,
    ]
    assert config.octets("0") == sys.maxsize
    with pytest.raises(UsageError, match="not a size"):
        config.octets("much")


# --- encodings and holes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\0" * 20, b"\0" * 3_000_000, b"\0\0\xef\xbb\xbf"])
def test_marks_and_zeros_before_a_log_change_nothing(mark: bytes, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(mark + line() + line(1, "www.example.com"))
    found, tally = looked(tmp_path)
    assert [lookup.position for lookup in found] == [1]
    assert not tally.troubles
    assert tally.sources["squid"].records == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_an_event_viewer_export_is_read_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    example = Path(__file__).parent / "examples" / "sources" / "windows-event" / "wevtutil-export.xml"
    plain = '<?xml version="1.0" encoding="utf-16"?>\r\n' + example.read_text()
    (tmp_path / "plain.xml").write_text(plain)
    (tmp_path / "export.xml").write_bytes(plain.encode(encoding))
    counts = [
        looked(tmp_path, tmp_path / name)[1].sources["windows-event"] for name in ("plain.xml", "export.xml")
    ]
    assert counts[0].parsed > 1
    assert (counts[0].parsed, counts[0].quarantined) == (counts[1].parsed, counts[1].quarantined)


def test_latin_1_accounts_stay_two_people(tmp_path: Path) -> None:
    lines = line().replace(b"u-017", b"m\xfcller") + line(1).replace(b"u-017", b"m\xf6ller")
    (tmp_path / "log").write_bytes(lines + line(2).replace(b"u-017", "müller".encode()))
    found, _tally = looked(tmp_path)
    assert [lookup.actor.user for lookup in found] == ["müller", "möller", "müller"]


def test_latin_1_in_json_is_read_and_broken_json_is_not() -> None:
    assert json_object(b'{"user": "m\xfcller"}') == {"user": "müller"}
    with pytest.raises(Malformed, match="not JSON"):
        json_object(b'{"user": "m\xfcller"')
    assert text("ü".encode() + b"\xfc\xff\n") == "üüÿ"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\n", b"\r\n\r\n", b"\0\n"])
def test_line_ends_of_all_kinds(end: bytes, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"".join(line(step).rstrip(b"\n") + end for step in range(3)))
    found, tally = looked(tmp_path, sieve=False)
    assert len(found) == 3
    assert not tally.troubles


# --- records ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sieve", [True, False])
def test_a_record_too_long_is_told_and_moves_no_later_position(sieve: bool, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(line() + b"a" * (11 << 20) + b"\n" + line(1) + b"broken crt.sh\n")
    found, tally = looked(tmp_path, sieve=sieve)
    assert [lookup.position for lookup in found] == [1, 3]
    assert [(trouble.position, trouble.reason) for trouble in tally.troubles] == [
        (2, "record longer than 1,048,576 bytes"),
        (4, "not a Squid access line"),
    ]
    assert tally.sources["squid"].bytes == (tmp_path / "log").stat().st_size
    assert tally.sources["squid"].records == 4


EVE = (
    b'{"timestamp":"2026-11-20T09:00:0%d.0+0000","flow_id":%d,"event_type":"tls","src_ip":"192.0.2.7",'
    b'"tls":{"sni":"crt.sh"}}'
)
JOINERS = {
    "concatenated": lambda one, other: one + other,
    "concatenated with blanks": lambda one, other: one + b" " + other,
    "array on one line": lambda one, other: b"[" + one + b"," + other + b"]",
    "array, pretty": lambda one, other: b"[\n  " + one + b",\n  " + other + b"\n]\n",
    "pretty": lambda *both: b"\n".join(json.dumps(json.loads(one), indent=2).encode() for one in both),
    "lines with commas": lambda one, other: one + b",\n" + other + b",\n",
    "carriage returns": lambda one, other: one + b"\r\n" + other + b"\r\n",
    "text sequence (RFC 7464)": lambda one, other: b"\x1e" + one + b"\n\x1e" + other + b"\n",
}


@pytest.mark.parametrize("way", JOINERS)
def test_json_however_it_is_joined(way: str, tmp_path: Path) -> None:
    (tmp_path / "eve.json").write_bytes(JOINERS[way](EVE % (1, 11), EVE % (2, 12)))
    found, tally = looked(tmp_path, source="suricata")
    assert len(found) == 2, reasons(tally)
    assert not tally.troubles


def test_a_document_too_long_hides_no_other() -> None:
    big = b'{\n    "a": "' + b"x" * (4 << 20) + b'",\n    "b": {}\n  }'
    data = b'[\n  {"n": 1},\n  ' + big + b',\n  {"n": 2},\n  {"n": 3}\n]'
    assert is_documents(data)
    got = list(documents(data[:65536], io.BytesIO(data[65536:])))
    assert [body for _n, body, reason in got if reason is None] == [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}']
    assert [reason for _n, _body, reason in got if reason] == ["document longer than 1,048,576 bytes"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a":' * 65 + b"1" + b"}" * 65, "nested deeper than 64"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper than 64"),
        (b'{"a":' + b"[" * 100_000, "nested deeper than 64"),
        (b"[1, 2]", "not"),
        (b'"text"', "not an object"),
    ],
)
def test_json_that_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        json_object(body)
    assert json_object(b'{"a":' * 64 + b"1" + b"}" * 64)


@pytest.mark.parametrize("piece", ['\\"', '"', "\\", '"a', '\\"{'])
def test_quotes_that_nobody_closes_cost_no_time(piece: str) -> None:
    native = line().decode().rstrip() + " x" + piece * (1_000_000 // len(piece))
    began = time.process_time()
    list(source("squid").read(native.encode(), Layout()))
    with pytest.raises(Malformed):
        json_object(("{" * 65 + piece * (1_000_000 // len(piece))).encode())
    assert time.process_time() - began < 5


SECRET = "canary-in-a-file"
NUMBER = "<Event><System><EventID>%s</EventID></System></Event>"
XML = {
    "external entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>' + NUMBER % "&e;",
    "external subset": '<!DOCTYPE x SYSTEM "file://{secret}">' + NUMBER % "1",
    "billion laughs": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + NUMBER % "&b;",
    "entity nobody declared": NUMBER % "&e;",
    "no number": NUMBER % "one",
    "deep": "<Event>" + "<a>" * 150_000 + "</a>" * 150_000 + "</Event>",
    "not closed": "<Event><System><EventID>1</EventID>",
}


@pytest.mark.parametrize("case", XML)
def test_hostile_xml_is_refused_and_opens_no_file(case: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    said = XML[case].replace("{secret}", str(tmp_path / "secret"))
    with pytest.raises(Malformed) as caught:
        list(source("windows-event").read(said.encode(), Layout()))
    assert SECRET not in str(caught.value)


# --- times ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "year", "doubt"),
    [
        ("0.000", 1970, "before 1990"),
        ("12.345", 1970, "before 1990"),
        ("2147483647.999", 2038, None),
        ("2147483648.000", 2038, None),
        ("4294967296.000", 2106, "after 2100"),
        ("99999999999.000", 5138, "after 2100"),
    ],
)
def test_times_far_away_are_read_with_a_doubt(
    stamp: str, year: int, doubt: str | None, tmp_path: Path
) -> None:
    (tmp_path / "log").write_bytes(line().replace(f"{START}.500     90".encode(), f"{stamp}      0".encode()))
    (lookup,), tally = looked(tmp_path, source="squid")
    assert 1970 + lookup.time / 31_556_952e6 == pytest.approx(year, abs=1.01)
    assert (doubt or "") in (lookup.doubt or "") and bool(doubt) == bool(lookup.doubt)
    assert not tally.troubles


def test_a_time_no_calendar_has_is_quarantined(tmp_path: Path) -> None:
    event = {"class_uid": 4003, "activity_id": 1, "time": 10**18, "query": {"hostname": "crt.sh"}}
    (tmp_path / "log").write_text(json.dumps(event) + "\n")
    found, tally = looked(tmp_path, source="ocsf")
    assert not found
    assert reasons(tally) == ["time is out of range"]


BIND = (
    "20-Jul-2026 {clock}.000 queries: info: client @0x7f 192.0.2.7#4000 (crt.sh): "
    "query: crt.sh IN A +E(0)K (192.0.2.53)\n"
)


def test_zones_are_said_for_all_or_for_one_format(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(BIND.format(clock="12:00:00"))
    (plain,), _tally = looked(tmp_path)
    assert plain.doubt == "local time without zone, read as UTC"
    for said, hours in (("Europe/Berlin", 2), ("bind=Asia/Tokyo", 9), ("Asia/Tokyo,bind=Europe/Berlin", 2)):
        (moved,), _tally = looked(tmp_path, zone=config.zone(said))
        assert (plain.time - moved.time) / 3.6e9 == hours
        assert moved.doubt is None
    (other,), _tally = looked(tmp_path, zone=config.zone("squid=Asia/Tokyo"))
    assert other == plain


def test_the_hour_of_a_clock_change_is_in_doubt() -> None:
    layout = Layout(zone=ZoneInfo("Europe/Berlin"), zone_given=True)
    twice, never = (calendar.timegm((2026, *day, 2, 30, 0)) for day in ((10, 25), (3, 29)))
    assert "clock change" in (local(twice * 1_000_000, layout)[1] or "")
    assert "clock change" in (local(never * 1_000_000, layout)[1] or "")
    assert local((twice + 86_400) * 1_000_000, layout)[1] is None


def test_a_leap_day_without_year_belongs_to_the_last_leap_year() -> None:
    from datetime import UTC, datetime

    layout = Layout(today=datetime(2027, 5, 1, tzinfo=UTC))
    assert datetime.fromtimestamp(yearless("Feb", "29", "12:00:00", layout)[0] / 1e6, UTC).year == 2024
    with pytest.raises(Malformed):
        yearless("Feb", "30", "12:00:00", layout)


def test_zones_survive_being_written_down() -> None:
    said = "Asia/Tokyo,bind=Europe/Berlin,squid=UTC"
    assert str(config.zone(said)) == said
    assert config.zone(None) is None
    assert Zones().of("bind") is None


# --- files and folders ------------------------------------------------------------------------------------


def test_a_folder_full_of_traps(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.log").write_bytes(line())
    (folder / "same").symlink_to(folder / "sub" / "a.log")
    (folder / "hard").hardlink_to(folder / "sub" / "a.log")
    (folder / "circle").symlink_to(folder)
    (folder / "self").symlink_to(folder / "self")
    (folder / "broken").symlink_to(folder / "nothing")
    (folder / "elsewhere").symlink_to("/etc")
    (folder / "empty.log").touch()
    os.mkfifo(folder / "pipe")
    found, tally = looked(folder)
    assert len(found) == 1
    told = {Path(trouble.where).name: trouble.reason for trouble in tally.troubles}
    assert told.keys() == {"self", "broken", "elsewhere", "pipe"}
    assert told["broken"] == "a link that leads nowhere"
    assert told["elsewhere"] == "a link to a folder elsewhere, not followed"


def test_a_folder_that_may_not_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.log").write_bytes(line())
    lister = os.listdir

    def refusing(folder: str) -> list[str]:
        if folder.endswith("closed"):
            raise PermissionError(13, "Permission denied", folder)
        return lister(folder)

    monkeypatch.setattr(os, "listdir", refusing)
    found, tally = looked(tmp_path)
    assert len(found) == 1
    assert [Path(told.where).name for told in tally.troubles] == ["closed"]
    assert reasons(tally) == ["Permission denied"]


@pytest.mark.parametrize("chosen", [None, "squid", "windows-event"])
def test_a_refusal_of_the_system_is_told(
    chosen: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.log").write_bytes(line())
    (tmp_path / "b.log").write_bytes(line(5))
    opener = Path.open

    def refusing(self: Path, *words: object, **more: object) -> object:
        if self.name == "a.log":
            raise PermissionError(13, "Permission denied", str(self))
        return opener(self, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "open", refusing)
    found, tally = looked(tmp_path, source=chosen)
    assert "Permission denied" in reasons(tally)
    assert len(found) == (chosen != "windows-event")


def test_files_that_come_and_go_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        (tmp_path / f"{name}.log").write_bytes(line())
    seen: list[str] = []

    def progress(label: str) -> None:
        if label.endswith(".log") and not seen:
            (tmp_path / "b.log").unlink()
            (tmp_path / "c.log").write_bytes(b"")
            (tmp_path / "d.log").write_bytes(line())
        seen.append(label)

    home = tmp_path.parent / f"{tmp_path.name}-home"
    found, tally, _catalogue = find([str(tmp_path)], Options(home=home), progress)
    assert len(found) == 1
    assert reasons(tally) == ["No such file or directory"]


def test_a_pipe_is_read_once_and_its_copy_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spool").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spool"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(gzip.compress(line() + line(1))))
    writer.start()
    found, tally = looked(tmp_path, pipe)
    writer.join()
    assert [lookup.file for lookup in found] == [str(pipe)] * 2
    assert not tally.troubles
    assert not list((tmp_path / "spool").iterdir())


def test_names_the_command_line_cannot_mean(tmp_path: Path) -> None:
    for path, what in (("/dev/null", "neither a file"), (str(tmp_path / ("x" * 3000)), "too long")):
        with pytest.raises(ReadError, match=what):
            list(read.inputs([path]))
    (tmp_path / "[a].log").write_bytes(line())
    assert len(list(read.inputs([str(tmp_path / "[a].log")]))) == 1


def test_a_head_that_breaks_a_source_is_not_its_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_head: bytes) -> int:
        raise RecursionError

    monkeypatch.setattr(sources()["bind"], "detect", crash)
    (tmp_path / "log").write_bytes(line())
    assert len(looked(tmp_path)[0]) == 1


@pytest.mark.parametrize("start", [b"ElfFile\x00", b"ElfFile\x00" + b"\xff" * 5000])
def test_a_damaged_evtx_file_is_told(start: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.evtx").write_bytes(start)
    (tmp_path / "b.evtx.gz").write_bytes(gzip.compress(start))
    tally = looked(tmp_path)[1]
    assert len(tally.troubles) == 2
    assert all("cannot be read as EVTX" in reason for reason in reasons(tally))


# --- quarantine -------------------------------------------------------------------------------------------

KEY = "Zx9" + "k7Q" * 9


def test_quarantined_records_are_kept_privately_and_covered(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    bad = f"1789 crt.sh?apikey={KEY} \x1b[2J broken".encode()
    (tmp_path / "logs" / "a.log").write_bytes(line() + bad + b"\n" + b"crt.sh" + b"a" * (2 << 20) + b"\n")
    folder = tmp_path / "kept"
    _found, tally = looked(tmp_path / "logs", source="squid", quarantine=folder)
    (file,) = folder.iterdir()
    assert tally.kept_in == str(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    first, second = [json.loads(row) for row in file.read_text().splitlines()]
    assert first["file"].endswith("a.log") and first["position"] == 2 and first["source"] == "squid"
    assert first["reason"] == "not a Squid access line"
    assert first["sha256"] == hashlib.sha256(bad).hexdigest()
    assert KEY.encode() not in base64.b64decode(first["record"])
    assert b"crt.sh?apikey=<key hmac-sha256:" in base64.b64decode(first["record"])
    assert (second["position"], second["reason"]) == (3, "record longer than 1,048,576 bytes")
    assert tally.sources["squid"].quarantined == 2

    looked(tmp_path / "logs", source="squid", quarantine=tmp_path / "raw", quarantine_raw=True)
    (file,) = (tmp_path / "raw").iterdir()
    raw = json.loads(file.read_text().splitlines()[0])
    assert base64.b64decode(raw["record"]).rstrip() == bad
    assert raw["covered"] is False


def test_nothing_quarantined_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(line())
    _found, tally = looked(tmp_path / "logs", quarantine=tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir())
    assert tally.kept_in == ""


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.encode().hex(),
        "".join(f"\\u{ord(c):04x}" for c in KEY),
        "".join(f"%{ord(c):02x}" for c in KEY),
    ],
)
def test_a_key_is_covered_however_it_is_written(written: str) -> None:
    kept = covered(f"broken {written} \udcff record".encode("utf-8", "surrogateescape"), lambda said: said)
    assert written.encode() not in kept
    assert kept.startswith(b"broken <") and kept.endswith(b"\xff record")


def test_the_quarantine_file_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasshouse.watch.quarantine.FILE_LIMIT", 1000)
    keeper = Quarantine(tmp_path / "q", None)
    for number in range(10):
        keeper("squid", Trouble("a", number, "why"), b"x" * 100)
    assert 0 < keeper.kept < 10
    assert keeper.kept + keeper.dropped == 10
    assert f"{keeper.dropped} more left out" in keeper.close()


def test_a_quarantine_that_cannot_be_is_an_error_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReadError, match="quarantine"):
        Quarantine(tmp_path / "file" / "below", None)


def test_2_gib_in_one_line_take_no_memory(tmp_path: Path) -> None:
    """A shorter line (400 MB) here; the peak is that of the process, in KiB, against one without the line."""
    script = (
        "import resource, sys; from pathlib import Path; from glasshouse.config import Options;"
        "from glasshouse.flow import find; found = find(['-'], Options(home=Path(sys.argv[1])));"
        "print(len(found[0]), found[1].sources['squid'].quarantined,"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for blocks in (1, 400):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as run:
            assert run.stdin is not None and run.stdout is not None
            run.stdin.write(line())
            for _ in range(blocks):
                run.stdin.write(b"a" * 1_000_000)
            run.stdin.write(b"\n" + line(1))
            run.stdin.close()
            lookups, quarantined, peak = map(int, run.stdout.read().split())
        assert (lookups, quarantined) == (2, int(blocks > 1))
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 60_000


def test_many_small_files_start_no_thread_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        (tmp_path / f"{number}.log").write_bytes(line(number))
    started: list[str] = []
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda self: (started.append(self.name), start(self))[1])
    found, tally = looked(tmp_path)
    assert len(found) == tally.files == 300
    assert len(started) < 10


def test_records_written_twice_count_once(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(line() * 5 + line(1))
    found, tally = looked(tmp_path)
    assert len(found) == 2
    assert tally.sources["squid"].records == 6
