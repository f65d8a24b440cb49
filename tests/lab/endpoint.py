"""Programs in, a folder of doors to them out; what went through the doors in, auditd and Sysmon records out.

No audit daemon runs here. So every program a scenario may start stands behind a door of the same name, a
three-line script that notes time, process number, parent and words, and becomes the program (``exec``): the
records below are written from processes that were really started.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import escape

from lab.standins import Seen

PLAYED = Path(__file__).with_name("played.py")
USER, HOST = "alice", "ws-7.example.test"
DOOR = """#!/bin/bash
printf '%s\\0' "$EPOCHREALTIME" $$ $PPID {exe} $(({count} + $#)) {argv} "$@" >> "$LAB_STARTS"
exec {program} "$@"
"""
WINDOWS = {
    "powershell.exe": r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
    "powershell": r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
}


@dataclass(frozen=True)
class Start:
    """One process start."""

    time: float
    pid: int
    parent: int
    exe: str
    argv: tuple[str, ...]

    @property
    def windows(self) -> bool:
        return self.exe.startswith("C:")

    @property
    def line(self) -> str:
        import shlex
        import subprocess

        return subprocess.list2cmdline(self.argv) if self.windows else shlex.join(self.argv)


def real_door(program: Path) -> str:
    """A door to a program that is here; a script is recorded as the kernel does, interpreter first."""
    first = program.read_bytes()[:256].split(b"\n")[0]
    words = first[2:].decode().split() if first.startswith(b"#!") else []
    exe = os.path.realpath(words[0]) if words else str(program)
    argv = [*words, str(program)] if words else [program.name]
    return DOOR.format(
        exe=quoted(exe), count=len(argv), argv=" ".join(map(quoted, argv)), program=quoted(str(program))
    )


def played_door(name: str) -> str:
    """A door to the player that sends what this program is known to send; recorded as the program itself."""
    exe = WINDOWS.get(name, f"/usr/local/bin/{name}")
    program = f"{quoted(sys.executable)} {quoted(str(PLAYED))} {quoted(name)}"
    return DOOR.format(exe=quoted(exe), count=1, argv=quoted(name), program=program)


def quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def starts(path: Path) -> list[Start]:
    """What the doors noted."""
    parts = path.read_bytes().decode("utf-8", "replace").split("\0") if path.exists() else []
    found = []
    while len(parts) > 4:
        when, pid, parent, exe, count = parts[:5]
        argv, parts = parts[5 : 5 + int(count)], parts[5 + int(count) :]
        found.append(Start(float(when), int(pid), int(parent), exe, tuple(argv)))
    return found


def auditd(found: list[Start]) -> str:
    """What auditd writes of each start, in its own log form (linux-audit documentation, audit.log)."""
    lines = []
    for number, start in enumerate(one for one in found if not one.windows):
        stamp = f"audit({start.time:.3f}:{1000 + number})"
        lines.append(
            f"node={HOST} type=SYSCALL msg={stamp}: arch=c000003e syscall=59 success=yes exit=0 items=2 "
            f"ppid={start.parent} pid={start.pid} auid=1000 uid=1000 gid=1000 tty=pts0 ses=8 "
            f'comm="{Path(start.exe).name[:15]}" '
            f'exe="{start.exe}" key="exec"\x1dARCH=x86_64 SYSCALL=execve AUID="{USER}" UID="{USER}"'
        )
        words = " ".join(f"a{at}={_word(word)}" for at, word in enumerate(start.argv))
        lines.append(f"node={HOST} type=EXECVE msg={stamp}: argc={len(start.argv)} {words}")
    return "".join(f"{line}\n" for line in lines)


def _word(word: str) -> str:
    plain = all(" " < sign < "\x7f" and sign != '"' for sign in word)
    return f'"{word}"' if plain and word else word.encode().hex().upper()


def sysmon(found: list[Start], seen: list[Seen]) -> str:
    """Sysmon 1 of each start; 3, on Windows 22 too, of each connection, for the process started last."""
    records = [(start.time, _record(start, start.time, 1, {"CommandLine": start.line})) for start in found]
    for one in seen:
        before = [start for start in found if start.time <= one.time]
        if not before:
            continue
        start = before[-1]
        if start.windows and one.name:
            answer = {"QueryName": one.name, "QueryStatus": "0", "QueryResults": "::ffff:198.51.100.44;"}
            records.append((one.time, _record(start, one.time, 22, answer)))
        records.append((one.time, _record(start, one.time, 3, _connection(one))))
    return "".join(f"{record}\n" for _when, record in sorted(records, key=lambda each: each[0]))


def _connection(one: Seen) -> dict[str, str]:
    return {
        "Protocol": "tcp", "Initiated": "true", "SourceIsIpv6": "false", "SourceIp": "198.51.100.1",
        "SourceHostname": "-", "SourcePort": str(one.source_port), "DestinationIsIpv6": "false",
        "DestinationIp": "198.51.100.44", "DestinationHostname": "-", "DestinationPort": str(one.port),
    }  # fmt: skip


def _record(start: Start, when: float, number: int, data: dict[str, str]) -> str:
    moment = datetime.fromtimestamp(when, UTC)
    provider = "Microsoft-Windows-Sysmon" if start.windows else "Linux-Sysmon"
    fields = {
        "RuleName": "-", "UtcTime": f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}",
        "ProcessGuid": f"{{00000000-0000-0000-0000-{start.pid:012x}}}", "ProcessId": str(start.pid),
        "Image": start.exe, "User": f"CORP\\{USER}" if start.windows else USER, **data,
    }  # fmt: skip
    said = "".join(f'<Data Name="{name}">{escape(value)}</Data>' for name, value in fields.items())
    return (
        f'<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">'
        f'<System><Provider Name="{provider}"/>'
        f'<EventID>{number}</EventID><TimeCreated SystemTime="{moment:%Y-%m-%dT%H:%M:%S.%f}000Z"/>'
        f"<Channel>{provider}/Operational</Channel><Computer>{HOST}</Computer></System>"
        f"<EventData>{said}</EventData></Event>"
    )
