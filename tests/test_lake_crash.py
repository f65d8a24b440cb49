"""Killed at any moment, or out of disk: the lake loses nothing, doubles nothing, and goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from glasshouse.config import Options
from glasshouse.errors import ReadError
from glasshouse.flow_detect import current, detect
from glasshouse.flow_lake import ingest
from glasshouse.lake import care, parquet, store
from glasshouse.lake.columns import Stored
from lake_logs import squid

KILLS = 50
HERE = Path(__file__).parent


def in_folder(home: Path) -> list[Stored]:
    """What any reader of Parquet sees: every file of the folder, no manifest asked."""
    return list(parquet.read(sorted((home / store.LOOKUPS).glob("event_day=*/*.parquet"))))


def test_kills_lose_and_double_nothing(tmp_path):
    logs, home = tmp_path / "logs", tmp_path / "killed"
    logs.mkdir()
    (logs / "access.log").write_text(squid(0, 900))
    (tmp_path / "lines").write_text("900")
    done = subprocess.run(
        [sys.executable, HERE / "lake_killed.py", home, logs, str(KILLS), "7"],
        capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == KILLS

    unkilled = tmp_path / "unkilled"
    ingest([str(logs)], Options(home=unkilled))
    detect(Options(home=unkilled))
    wanted = {stored.uid for stored in in_folder(unkilled)}
    found = [stored.uid for stored in in_folder(home)]
    lines = int((tmp_path / "lines").read_text())
    assert len(wanted) == sum(number % 4 != 3 for number in range(lines))
    assert len(found) == len(set(found))
    assert set(found) == wanted
    with store.opened(home) as lake:
        assert care.check(lake).problems == []
        assert not list(lake.staging.iterdir())
    alerts = {alert.id: alert.score for alert in current(Options(home=home))}
    assert alerts == {alert.id: alert.score for alert in current(Options(home=unkilled))}
    assert alerts


def test_full_disk_stops_cleanly_and_goes_on(tmp_path, monkeypatch):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(disk)]
    if (
        os.name == "nt"
        or os.geteuid() != 0
        or subprocess.run(mount, check=False, capture_output=True).returncode
    ):
        pytest.skip("needs the right to mount a tmpfs")
    try:
        filler, log = disk / "filler", tmp_path / "access.log"
        filler.write_bytes(bytes(39_000_000))
        log.write_text(squid(0, 20_000))
        monkeypatch.setattr("glasshouse.flow_lake.ROUND_BYTES", 60_000)
        options = Options(home=disk / "home")
        with pytest.raises(ReadError, match=r"(?s)disk is full.*run again") as told:
            ingest([str(log)], options)
        assert told.value.exit_code == 5
        filler.unlink()
        ingest([str(log)], options)
        found = [stored.uid for stored in in_folder(disk / "home")]
        assert len(found) == len(set(found)) == 15_000
        with store.opened(disk / "home") as lake:
            assert care.check(lake).problems == []
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
