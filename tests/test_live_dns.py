"""Real resolvers on loopback, asked by a real client; our sources must read the very logs they write."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from glasshouse.leaf import leaf_name
from glasshouse.records import Event, SourceCount
from glasshouse.watch.parse import Layout
from glasshouse.watch.read import detect, inputs, records

WAIT = 20.0  # seconds at most for a server to answer, to stop or to write its log
QUESTIONS = [
    ("api.shodan.io", "A"),
    ("api.shodan.io", "AAAA"),
    ("crt.sh", "A"),
    ("crt.sh", "A"),
    ("crt.sh", "A"),
    ("SeArCh.CenSys.io", "A"),
    ("www.example.com", "TXT"),
    ("_ldap._tcp.example.com", "SRV"),
    ("9.2.0.192.in-addr.arpa", "PTR"),
]
ZONE = "$TTL 300\n@ SOA localhost. root.localhost. 1 3600 600 86400 300\n@ NS localhost.\n* A 192.0.2.53\n"
TYPES = {"A": 1, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33}


@dataclass(frozen=True)
class Server:
    """How to start one server: its settings are written into the folder, its log is read from it."""

    leaf: str
    program: str
    settings: Callable[[Path, int], list[str]]
    log: str = "queries.log"
    without_cached: bool = False


def find(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def bind(style: str, detail: bool) -> Callable[[Path, int], list[str]]:
    def settings(folder: Path, port: int) -> list[str]:
        extra = "print-category yes; print-severity yes;" if detail else ""
        (folder / "root.zone").write_text(ZONE)
        (folder / "named.conf").write_text(
            f'options {{ directory "{folder}"; pid-file none; session-keyfile none; recursion no;\n'
            f"  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; dnssec-validation no;\n"
            "  allow-query { any; }; querylog yes; notify no; };\n"
            "controls { };\n"
            f'zone "." {{ type primary; file "{folder}/root.zone"; }};\n'
            f'logging {{ channel q {{ file "{folder}/queries.log"; print-time {style}; {extra} }};\n'
            "  category queries { q; }; };\n"
        )
        return ["-f", "-n", "1", "-c", str(folder / "named.conf")]

    return settings


def unbound(tagged: bool, ascii_time: bool) -> Callable[[Path, int], list[str]]:
    def settings(folder: Path, port: int) -> list[str]:
        said = {True: "yes", False: "no"}
        (folder / "unbound.conf").write_text(
            f'server:\n  directory: "{folder}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n'
            f'  logfile: "{folder}/queries.log"\n  use-syslog: no\n  do-daemonize: no\n  verbosity: 1\n'
            f"  interface: 127.0.0.1@{port}\n  log-queries: yes\n  log-replies: yes\n"
            f"  log-tag-queryreply: {said[tagged]}\n  log-time-ascii: {said[ascii_time]}\n"
            '  module-config: "iterator"\n  local-zone: "." static\n'
            "remote-control:\n  control-enable: no\n"
        )
        return ["-d", "-c", str(folder / "unbound.conf")]

    return settings


def dnsmasq(detail: str) -> Callable[[Path, int], list[str]]:
    def settings(folder: Path, port: int) -> list[str]:
        return [
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            f"--port={port}",
            "--listen-address=127.0.0.1",
            "--bind-interfaces",
            "--no-resolv",
            "--no-hosts",
            "--address=/#/192.0.2.53",
            f"--user={os.environ.get('USER') or 'root'}" if os.geteuid() == 0 else "--user=",
            f"--pid-file={folder}/pid",
            f"--log-facility={folder}/queries.log",
            f"--log-queries{detail}",
        ]

    return settings


def powerdns(folder: Path, port: int) -> list[str]:
    (folder / "root.zone").write_text(ZONE)
    zones = ("io", "sh", "com", "arpa", "test")
    old = ",".join(f"{zone}={folder}/root.zone" for zone in zones)
    (folder / "recursor.conf").write_text(
        f"local-address=127.0.0.1\nlocal-port={port}\nquiet=no\nsocket-dir={folder}\ndaemon=no\n"
        f"disable-syslog=yes\nthreads=1\nsecurity-poll-suffix=\ndnssec=off\nauth-zones={old}\n"
    )
    new = "".join(f"    - zone: {zone}\n      file: {folder}/root.zone\n" for zone in zones)
    (folder / "recursor.yml").write_text(
        f"incoming:\n  listen: ['127.0.0.1:{port}']\nlogging:\n  quiet: false\n  disable_syslog: true\n"
        f"recursor:\n  socket_dir: {folder}\n  daemon: false\n  threads: 1\n  security_poll_suffix: ''\n"
        f"  auth_zones:\n{new}dnssec:\n  validation: 'off'\n"
    )
    return [f"--config-dir={folder}"]


SERVERS = {
    "bind-local": Server("bind", "named", bind("yes", False)),
    "bind-iso8601": Server("bind", "named", bind("iso8601", True)),
    "bind-utc": Server("bind", "named", bind("iso8601-utc", True)),
    "unbound-epoch": Server("unbound", "unbound", unbound(tagged=True, ascii_time=False)),
    "unbound-ascii": Server("unbound", "unbound", unbound(tagged=False, ascii_time=True)),
    "dnsmasq": Server("dnsmasq", "dnsmasq", dnsmasq("")),
    "dnsmasq-extra": Server("dnsmasq", "dnsmasq", dnsmasq("=extra")),
    "powerdns": Server("powerdns", "pdns_recursor", powerdns, log="output.log", without_cached=True),
}


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "TZ": "UTC"}
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, env=environment
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(WAIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(WAIT)


def ask_by_hand(port: int, name: str, kind: str, patience: float) -> bool:
    """One question over UDP in our own bytes (RFC 1035, 4.1); True when an answer came."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack(">6H", os.getpid() & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(patience)
        sock.connect(("127.0.0.1", port))
        try:
            sock.send(question + struct.pack(">BHH", 0, TYPES[kind], 1))
            return len(sock.recv(4096)) >= 12
        except OSError:
            return False


def ask(port: int, name: str, kind: str) -> None:
    dig = find("dig")
    if dig is None:
        assert ask_by_hand(port, name, kind, WAIT), f"no answer for {name}"
        return
    command = [dig, "@127.0.0.1", "-p", str(port), "+tries=1", "+time=10", "+noedns", name, kind]
    got = subprocess.run(command, capture_output=True, timeout=WAIT, check=False)
    assert b"->>HEADER<<-" in got.stdout, got.stdout + got.stderr


def await_answer(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        if process.poll() is not None or ask_by_hand(port, "ready.test", "A", 0.5):
            break
        time.sleep(0.1)
    output = (folder / "output.log").read_text(errors="replace")
    assert process.poll() is None, f"the server ended: {output[-2000:]}"


def read_log(path: Path) -> tuple[str, list[Event]]:
    (item,) = inputs([str(path)])
    source, _sure = detect(item)
    assert source is not None, path.read_text(errors="replace")[:2000]
    layout = Layout(today=item.today)
    every = records(item, source, None, SourceCount())
    return leaf_name(source), [event for record in every for event in source.read(record.data, layout)]


@pytest.mark.parametrize("which", SERVERS)
def test_the_log_of_a_real_server_holds_the_questions_asked(which: str, tmp_path: Path) -> None:
    server = SERVERS[which]
    program = find(server.program)
    if program is None:
        pytest.skip(f"{server.program} is not installed")
    port = free_port()
    began = time.time()
    with running([program, *server.settings(tmp_path, port)], tmp_path) as process:
        await_answer(port, process, tmp_path)
        for name, kind in QUESTIONS:
            ask(port, name, kind)
    ended = time.time()

    leaf, events = read_log(tmp_path / server.log)
    assert leaf == server.leaf
    asked = [event for event in events if not (event.name or "").startswith("ready.")]
    named = [event for event in asked if event.name]
    seen = Counter((event.name.rstrip("."), event.query_type) for event in named if event.name)
    expected = Counter(QUESTIONS)
    if server.without_cached:  # the recursor names a question only when its packet cache has no answer
        assert all(1 <= seen[question] <= expected[question] for question in seen | expected)
    else:
        assert seen == expected
        assert len(asked) == len(QUESTIONS)
    assert {event.ip for event in asked} == {"127.0.0.1"}
    for event in asked:
        assert event.via == "dns"
        assert event.time is not None
        assert began - 2 <= event.time / 1_000_000 <= ended + 2
