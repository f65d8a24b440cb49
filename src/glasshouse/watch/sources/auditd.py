"""Linux audit records, plain or enriched, with or without node=: one line in, process Events out."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, epoch, integer, text

TITLE = "Linux audit log (auditd): programs started"
FORMATS = ("type=EXECVE msg=audit(TIME:SERIAL): ..., raw or enriched, also behind syslog",)
CUT = "lines"
NEEDLES: tuple[bytes, ...] = ()
SPELLINGS = ("hex",)
LINKED = True
SEES = ("process",)
BLIND = (
    "Only programs started by execve are shown, if a rule asks for them; what they look up is not in it.",
    "A script or an interactive session makes any number of requests after one start.",
    "Very long arguments are split over several records; a name cut in two by the split is not found.",
)

# https://github.com/linux-audit/audit-documentation/wiki/SPEC-Writing-Good-Events and
# https://github.com/linux-audit/audit-userspace : record types by name, in kernel messages by number
_HEAD = re.compile(
    r"type=(?P<type>[A-Z_0-9]+) (?:msg=)?audit\((?P<time>\d{1,11}\.\d{1,6}):(?P<serial>\d{1,20})\):"
)
_NODE = re.compile(r"(?:^|\s)node=(\S+)|^(?:<\d+>)?(?:\w{3} [ \d]\d [\d:]{8}|\d{4}-\S+) (\S+) ")
_ENRICHED = re.compile(r"\x1d|#035(?=[A-Z-]+=)")  # stands before the enriched part; rsyslog writes #035
_FIELD = re.compile(r"""(?:^|[\s,])([A-Za-z][\w-]*(?:\[\d+\])?)=("[^"]*"|'[^']*'|[^\s"']*)""")
_ARGUMENT = re.compile(r"a(\d+)(?:\[(\d+)\])?$")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+$")
_NUMBERED = {"1309": "EXECVE", "1300": "SYSCALL"}
_EXEC = {  # execve and execveat by architecture, as the kernel numbers them
    "c000003e": ("59", "322"),  # x86-64
    "40000003": ("11", "358"),  # i386
    "c00000b7": ("221", "281"),  # arm64
    "40000028": ("11", "387"),  # arm
    "c00000f3": ("221", "281"),  # riscv64
    "c0000015": ("11", "362"),  # ppc64le
    "80000016": ("11", "354"),  # s390x
}
_UNSET = ("unset", "4294967295", "-1", "", "?", "(null)", "(none)")


def detect(head: bytes) -> int:
    """93 when the first lines are audit records, 60 when some are among other syslog lines."""
    lines = [line for line in text(head[:16384]).split("\n")[:40] if line.strip()]
    hits = sum(1 for line in lines if _HEAD.search(line[:300]))
    if not hits:
        return 0
    return 93 if hits * 2 >= len(lines) else 60


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One line: EXECVE tells the command line, SYSCALL who ran it and the program; sudo tells both.

    All records of one audit event share ``link``, the "TIME:SERIAL" that stands in each of them.
    """
    line = _ENRICHED.sub(" ", text(record))
    head = _HEAD.search(line)
    if head is None:
        if line.startswith(("type=", "node=")):
            raise Malformed("not an audit record: no audit(TIME:SERIAL)")
        return
    build = {"EXECVE": _execve, "SYSCALL": _syscall, "USER_CMD": _sudo}
    kind = build.get(_NUMBERED.get(head["type"], head["type"]))
    if kind is None:
        return
    node = _NODE.search(line[: head.start()])
    stamp = f"{head['time']}:{head['serial']}"
    host = (node[1] or node[2]) if node else None
    shared = {"time": epoch(head["time"]), "host": host, "link": stamp, "ident": f"auditd {host} {stamp}"}
    yield from kind(line[head.end() :], shared)


def _fields(said: str) -> dict[str, str]:
    """Names to raw values; of a name written twice the first counts, so that a command cannot forge one."""
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(said):
        found.setdefault(name, value)
    return found


def _decode(raw: str | None) -> str | None:
    """The audit string encoding: in double quotes as it is, bare as hex digits."""
    if raw is None or raw in _UNSET:
        return None
    if raw[:1] == '"':
        return raw.strip('"') or None
    if _HEX.match(raw):
        return bytes.fromhex(raw).decode("utf-8", "replace")
    return raw


def _execve(said: str, shared: dict[str, object]) -> Iterator[Event]:
    """a0="curl" a1=68747470...; long ones as a1_len=9000 a1[0]=... a1[1]=..., over several records."""
    fields = _fields(said)
    pieces: dict[int, list[tuple[int, str]]] = {}
    for name, raw in fields.items():
        place = _ARGUMENT.match(name)
        if place:
            pieces.setdefault(int(place[1]), []).append((int(place[2] or 0), _decode(raw) or ""))
    if not pieces:
        raise Malformed("EXECVE without arguments")
    words = ["".join(part for _, part in sorted(pieces[number])) for number in sorted(pieces)]
    count = integer(fields.get("argc"))
    doubt = None
    if count is None:
        doubt = "a later part of a long command line"
    elif count > len(words):
        doubt = "the command line goes on in another record"
    yield _started(shared, command_line=shlex.join(words), doubt=doubt)


def _syscall(said: str, shared: dict[str, object]) -> Iterator[Event]:
    fields = _fields(said)
    named = fields.get("SYSCALL", "").strip('"')
    numbers = _EXEC.get(fields.get("arch", ""), ())
    if not (named.startswith("execve") if named else fields.get("syscall") in numbers):
        return
    if fields.get("success") == "no":
        return
    yield _started(shared, user=_user(fields), process=_decode(fields.get("exe")))


def _sudo(said: str, shared: dict[str, object]) -> Iterator[Event]:
    """msg='cwd="/root" cmd=68656C6C6F exe="/usr/bin/sudo" ... res=success': the act of the one logged in."""
    outer = _fields(said)
    inner = _fields(outer.get("msg", "").strip("'"))
    if inner.get("res") == "failed":
        return
    command = _decode(inner.get("cmd"))
    if command:
        yield _started(shared, user=_user(outer), command_line=command)


def _user(fields: dict[str, str]) -> str | None:
    """The login account stays the same through su and sudo; daemons have none, their own account counts."""
    for name in ("AUID", "auid", "UID", "uid"):
        said = fields.get(name, "").strip('"')
        if said not in _UNSET:
            return said
    return None


def _started(
    shared: dict[str, object],
    user: str | None = None,
    process: str | None = None,
    command_line: str | None = None,
    doubt: str | None = None,
) -> Event:
    return Event(
        via="process",
        user=user,
        process=process,
        command_line=command_line,
        doubt=doubt,
        **shared,  # type: ignore[arg-type]
    )
