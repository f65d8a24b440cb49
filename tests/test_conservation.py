"""Nothing is lost: of every damaged log, with and without sieve, each record is parsed or quarantined."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz import targets
from fuzz.mutate import damaged

from glasshouse.leaf import sources
from glasshouse.records import Event, SourceCount, Tally
from glasshouse.watch import read, sift

SEEDS = st.integers(0, 2**32)
LIGHT = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", sources())
@LIGHT
@given(seed=SEEDS)
def test_records_are_parsed_or_quarantined_and_the_sieve_holds_nothing_back(name: str, seed: int) -> None:
    rng = random.Random(seed)
    data = damaged(rng.choice(targets.examples(name)), rng)
    targets.conserved(data, sources()[name])


@pytest.mark.parametrize("name", sources())
@LIGHT
@given(seed=SEEDS)
def test_a_source_gives_events_or_says_malformed(name: str, seed: int) -> None:
    targets.read_one_source(name)(random.Random(seed))


@pytest.mark.parametrize("name", ["detect", "cutters", "documents", "match", "keys", "visible", "unpack"])
@LIGHT
@given(seed=SEEDS)
def test_the_other_fuzz_targets_hold(name: str, seed: int) -> None:
    targets.TARGETS[name](random.Random(seed))


def test_a_lost_record_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The property above can fail: a reader that drops a record, a source that crashes, a blind sieve."""
    squid = sources()["squid"]
    data = targets.examples("squid")[0]

    def forgetful(item: object, source: object, scan: object, count: SourceCount) -> object:
        for number, record in enumerate(read.records(item, source, scan, count)):  # type: ignore[arg-type]
            if number:
                yield record

    monkeypatch.setattr(sift, "records", forgetful)
    with pytest.raises(AssertionError, match="sieve"):
        targets.conserved(data, squid)
    monkeypatch.undo()

    def crash(_record: bytes, _layout: object) -> list[Event]:
        raise KeyError("x")

    monkeypatch.setattr(squid, "read", crash)
    with pytest.raises(AssertionError, match="squid failed: KeyError"):
        targets.conserved(data, squid)
    monkeypatch.undo()

    monkeypatch.setitem(targets.sifter().scans, "squid", lambda _block: [])
    with pytest.raises(AssertionError):
        targets.conserved(data * 2, squid)


def test_one_record_is_quarantined_once_however_many_of_its_events_fail(tmp_path: Path) -> None:
    row = '{"ActionType":"DnsConnectionInspected","Timestamp":"%s","DeviceName":"d","AdditionalFields":%s}'
    good = row % ("2026-11-20T09:00:00Z", '{\\"query\\":\\"crt.sh\\"}'.join('""'))
    bad = row % ("yesterday", '{\\"query\\":\\"crt.sh\\"}'.join('""'))
    (tmp_path / "log").write_text('{"records":[' + ",".join([bad, good, bad]) + "]}\n")
    (item,) = read.inputs([str(tmp_path / "log")])
    tally = Tally()
    found = list(sift.sift(item, sources()["defender"], targets.sifter(), tally))
    count = tally.of("defender")
    assert [lookup.database for lookup in found] == ["crtsh"]
    assert (count.records, count.parsed, count.quarantined) == (1, 0, 1)
    assert [trouble.reason for trouble in tally.troubles] == ["2 of 3 rows: time is not ISO 8601"]


FOUND = {
    "windows-dns": "2026/11/20 08:14:07 0E1C PACKET  0000017DEDFE28D0 UDP Rcv 192.0.2.34      0a1b   Q "
    "[0001   D   NOERROR] A      (2)v2(11)api.viewdns(\u0661\u0662)info(0)\n",
    "w3c": "#Fields: date time c-ip cs-host\n2026-11-20 08:00:00 192.0.2.7 www.example.com\n"
    "\ufeff#Fields: date time cs-host c-ip\n2026-11-20 08:00:01 crt.sh 192.0.2.7\n",
    "zeek": "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tserver_name\tversion\n"
    "\ufeff#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tserver_name\n"
    "1789549200.1\tC1\t192.0.2.7\t4000\t192.0.2.9\t443\tTLSv13\tcrt.sh\n",
}


@pytest.mark.parametrize("name", FOUND)
def test_what_fuzzing_found_stays_fixed(name: str) -> None:
    targets.conserved(FOUND[name].encode(), sources()[name])
