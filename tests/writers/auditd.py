"""Writes the audit records of one program start whose arguments hold a name."""

from __future__ import annotations

import random


def write(name: str, client_ip: str, time_us: int, rng: random.Random) -> bytes:
    stamp = f"{time_us // 1_000_000}.{time_us // 1000 % 1000:03d}:{rng.randrange(1, 1_000_000)}"
    node = rng.choice(["", f"node=web{client_ip.rpartition('.')[2]} "])
    words = rng.choice(
        [
            ["curl", "-s", f"https://{name}/x?q=example.com"],
            ["/bin/sh", "-c", f"curl https://{name}/ | tee out"],
            ["subfinder", "-d", "example.com"],
            ["whois", "-h", name, "example.com"],
        ]
    )
    arguments = " ".join(f"a{number}={_coded(word)}" for number, word in enumerate(words))
    enriched = rng.choice(["", '\x1dARCH=x86_64 SYSCALL=execve AUID="jdoe" UID="root"'])
    execve = f"{node}type=EXECVE msg=audit({stamp}): argc={len(words)} {arguments}\n"
    program = _coded(rng.choice(["/usr/bin/curl", "/usr/bin/subfinder", "/opt/a b/x"]))
    syscall = (
        f"{node}type=SYSCALL msg=audit({stamp}): arch=c000003e syscall=59 success=yes exit=0 auid=1000 uid=0 "
        f'comm="x" exe={program} key=(null){enriched}\n'
    )
    sudo = (
        f"{node}type=USER_CMD msg=audit({stamp}): pid=7 uid=1000 auid=1000 ses=6 "
        f'msg=\'cwd="/root" cmd={" ".join(words).encode().hex().upper()} exe="/usr/bin/sudo" res=success\'\n'
    )
    path = f'{node}type=PATH msg=audit({stamp}): item=0 name="/usr/bin/curl" inode=8633562\n'
    return rng.choice([syscall + execve + path, execve + syscall, sudo, execve]).encode()


def _coded(word: str) -> str:
    return word.encode().hex().upper() if " " in word else f'"{word}"'
