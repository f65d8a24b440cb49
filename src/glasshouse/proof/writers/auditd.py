"""A program that started on a Linux machine in, the records of its audit daemon out."""

from __future__ import annotations

import re
import shlex

from glasshouse.proof.seen import Started

TITLE = "auditd, execve of every program, enriched, with node="
FILE, KIND = "logs/endpoint/audit.log", "endpoint"
SENSOR, TAKES = "audit", Started
HEADER = ""
_PLAIN = re.compile(r"[!#-~]+\Z")


def line(fact: Started) -> str:
    """SYSCALL and EXECVE of one event; arguments with blanks or quotes stand in hexadecimal digits."""
    stamp = f"{fact.time // 1_000_000}.{fact.time % 1_000_000 // 1000:03d}:{fact.serial}"
    program = fact.program
    words = shlex.split(program.command)
    number = 1000 + len(program.user) * 7
    told = " ".join(f"a{at}={_said(word)}" for at, word in enumerate(words))
    name = program.image.rpartition("/")[2][:15]
    return (
        f"node={fact.host} type=SYSCALL msg=audit({stamp}): arch=c000003e syscall=59 success=yes exit=0 "
        f"items=2 ppid={program.pid - 1} pid={program.pid} auid={number} uid={number} gid={number} tty=pts0 "
        f'ses=8 comm="{name}" exe={_said(program.image)} key="exec"\x1dARCH=x86_64 SYSCALL=execve '
        f'AUID="{program.user}" UID="{program.user}"\n'
        f"node={fact.host} type=EXECVE msg=audit({stamp}): argc={len(words)} {told}\n"
    )


def _said(word: str) -> str:
    return f'"{word}"' if _PLAIN.match(word) else word.encode().hex().upper()
