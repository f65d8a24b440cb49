"""Records of any log in, the same records as syslog daemons, shippers and log platforms wrap them out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 10, 0, 0, 250_000, UTC)
Records = Sequence[bytes]
Wrap = Callable[[Records, str], bytes]


def clock(number: int) -> datetime:
    return START + timedelta(seconds=number)


def said(record: bytes) -> str:
    return record.decode("utf-8", "replace").rstrip("\r\n")


def _lines(records: Records, head: Callable[[int], str]) -> bytes:
    return b"".join(head(number).encode() + record + b"\n" for number, record in enumerate(records))


def bsd(records: Records, program: str) -> bytes:
    return _lines(
        records, lambda n: f"<134>{clock(n):%b} {clock(n).day:2} {clock(n):%H:%M:%S} gw1 {program}[77]: "
    )


def bsd_file(records: Records, program: str) -> bytes:
    return _lines(records, lambda n: f"{clock(n):%b} {clock(n).day:2} {clock(n):%H:%M:%S} gw1 {program}: ")


def rfc5424(records: Records, program: str) -> bytes:
    data = '[meta@32473 sequence="7" note="a \\"b\\" \\] c"]'
    return _lines(records, lambda n: f"<134>1 {clock(n).isoformat()} gw1.example.com {program} 77 - {data} ")


def iso_file(records: Records, program: str) -> bytes:
    return _lines(records, lambda n: f"{clock(n).isoformat()} gw1 {program}[77]: ")


def _frame(number: int, record: bytes, program: str) -> bytes:
    line = rfc5424([record], program).rstrip(b"\n")
    return f"{len(line)} ".encode() + line


def octets(records: Records, program: str) -> bytes:
    return b"".join(_frame(number, record, program) + b"\n" for number, record in enumerate(records))


def frames(records: Records, program: str) -> bytes:
    return b"".join(_frame(number, record, program) for number, record in enumerate(records))


def cri(records: Records, _program: str) -> bytes:
    return _lines(records, lambda n: f"{clock(n):%Y-%m-%dT%H:%M:%S}.250123456Z stdout F ")


def stamped(records: Records, _program: str) -> bytes:
    return _lines(records, lambda n: f"{clock(n):%Y-%m-%dT%H:%M:%S}.250Z ")


def _json(records: Records, make: Callable[[int, str], object]) -> bytes:
    return b"".join(json.dumps(make(n, said(record))).encode() + b"\n" for n, record in enumerate(records))


def docker(records: Records, _program: str) -> bytes:
    return _json(records, lambda n, x: {"log": x + "\n", "stream": "stdout", "time": clock(n).isoformat()})


def splunk(records: Records, program: str) -> bytes:
    def make(n: int, x: str) -> object:
        fields = {"_raw": x, "_time": clock(n).isoformat(), "host": "gw1", "sourcetype": program}
        return {"preview": False, "offset": n, "result": fields}

    return _json(records, make)


def splunk_results(records: Records, program: str) -> bytes:
    rows = [
        {"_raw": said(x), "_time": clock(n).isoformat(), "sourcetype": program} for n, x in enumerate(records)
    ]
    return json.dumps({"preview": False, "init_offset": 0, "messages": [], "results": rows}).encode()


def splunk_csv(records: Records, program: str) -> bytes:
    made = io.StringIO()
    writer = csv.writer(made, quoting=csv.QUOTE_ALL)
    writer.writerow(["_time", "_raw", "host", "sourcetype"])
    for n, record in enumerate(records):
        writer.writerow([clock(n).isoformat(), said(record), "gw1", program])
    return made.getvalue().encode()


def hec(records: Records, program: str) -> bytes:
    return _json(records, lambda n, x: {"time": clock(n).timestamp(), "sourcetype": program, "event": x})


def subscription(records: Records, program: str) -> bytes:
    made = []
    for at in range(0, len(records), 7):
        some = [
            {"id": str(n), "timestamp": int(clock(n).timestamp() * 1000), "message": said(record)}
            for n, record in enumerate(records[at : at + 7], at)
        ]
        whole = {
            "messageType": "DATA_MESSAGE",
            "owner": "123456789012",
            "logGroup": program,
            "logEvents": some,
        }
        made.append(json.dumps(whole).encode())
    return b"\n".join(made) + b"\n"


def got_events(records: Records, _program: str) -> bytes:
    some = [
        {
            "timestamp": int(clock(n).timestamp() * 1000),
            "message": said(record),
            "ingestionTime": 1795168800999,
        }
        for n, record in enumerate(records)
    ]
    return json.dumps({"events": some, "nextForwardToken": "f/1"}, indent=2).encode()


def filebeat(records: Records, _program: str) -> bytes:
    def make(n: int, x: str) -> object:
        about = {
            "ecs": {"version": "8.0.0"},
            "log": {"file": {"path": "/var/log/x.log"}},
            "host": {"name": "gw1"},
        }
        return {"@timestamp": clock(n).isoformat(), "message": x, "agent": {"type": "filebeat"}, **about}

    return _json(records, make)


def journal(records: Records, program: str) -> bytes:
    def make(n: int, x: str) -> object:
        micro = str(int(clock(n).timestamp()) * 1_000_000)
        return {"__REALTIME_TIMESTAMP": micro, "_HOSTNAME": "gw1", "SYSLOG_IDENTIFIER": program, "MESSAGE": x}

    return _json(records, make)


def log_analytics(records: Records, program: str) -> bytes:
    def make(n: int, x: str) -> object:
        when = clock(n).isoformat()
        return {
            "TimeGenerated": when,
            "HostName": "gw1",
            "ProcessName": program,
            "SyslogMessage": x,
            "Type": "Syslog",
        }

    return _json(records, make)


def splunk_of_syslog(records: Records, program: str) -> bytes:
    return splunk(rfc5424(records, program).splitlines(), "syslog")


WRAPS: dict[str, Wrap] = {
    made.__name__: made
    for made in (
        bsd, bsd_file, rfc5424, iso_file, octets, frames, cri, stamped, docker, splunk, splunk_results,
        splunk_csv,
        hec, subscription, got_events, filebeat, journal, log_analytics, splunk_of_syslog,
    )
}  # fmt: skip
