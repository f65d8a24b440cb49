"""Writes one row of a Defender CSV export; command lines hold newlines."""

from __future__ import annotations

import csv
import importlib.util
import io
import random
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location(
    "writer_defender_rows", Path(__file__).with_name("defender.py")
)
assert _SPEC is not None and _SPEC.loader is not None
_ROWS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_ROWS)

COLUMNS = (
    *("Timestamp", "DeviceId", "DeviceName", "ActionType", "RemoteIP", "RemotePort", "RemoteUrl", "LocalIP"),
    *("LocalPort", "FileName", "FolderPath", "ProcessId", "ProcessCommandLine", "AccountName", "ReportId"),
    *("InitiatingProcessFileName", "InitiatingProcessFolderPath", "InitiatingProcessCommandLine"),
    *("InitiatingProcessAccountName", "AdditionalFields"),
)
HEADER = "\ufeff".encode() + ",".join(COLUMNS).encode() + b"\r\n"


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    out = io.StringIO()
    quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    csv.DictWriter(out, COLUMNS, extrasaction="ignore", quoting=quoting, lineterminator="\r\n").writerow(
        _ROWS.row(name, client_ip, time_us, rng)
    )
    return out.getvalue().encode()
