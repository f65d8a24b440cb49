"""Functions that answer in; real servers on loopback out: HTTP over TLS, WHOIS, BIND, broken DNS."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Bytes = bytes | Iterable[bytes]
NAMED = shutil.which("named", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
WAIT = 20.0


@dataclass
class Asked:
    """One HTTP request as the server got it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    sni: str | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass
class Served:
    """A server that runs: its port, and everything it was asked."""

    port: int
    asked: list = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"


def http(body: bytes | str = b"", status: int = 200, length: int | None = None, **headers: str) -> bytes:
    """A whole HTTP reply; ``length`` says another length than the body has."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(data) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + data


def drip(said: bytes, every: float = 0.05, most: int = 400) -> Iterator[bytes]:
    """One byte after another, slowly."""
    for byte in said[:most]:
        yield bytes([byte])
        time.sleep(every)


@contextmanager
def listening(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server on a free port; each connection is talked to in a thread of its own."""
    opened = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve() -> None:
        while True:
            try:
                connection, _ = opened.accept()
            except OSError:
                return
            threading.Thread(target=once, args=(connection,), daemon=True).start()

    def once(connection: socket.socket) -> None:
        connection.settimeout(10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, suppress(OSError, ValueError):
            talk(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield opened.getsockname()[1]
    finally:
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)
        opened.close()
        thread.join(5)


@contextmanager
def https(app: Callable[[Asked], Bytes], context: ssl.SSLContext | None) -> Iterator[Served]:
    """An HTTP server over TLS (without a context: plain) that sends exactly the bytes it is given."""
    served = Served(0)

    def talk(plain: socket.socket) -> None:
        names: list[str | None] = []
        if context is not None:
            context.sni_callback = lambda _ssl, name, _context: names.append(name)
        connection = context.wrap_socket(plain, server_side=True) if context else plain
        with connection:
            asked = _read(connection)
            asked.sni = names[-1] if names else None
            served.asked.append(asked)
            _send(connection, app(asked))
            if context is not None:
                with suppress(OSError):
                    connection.unwrap()

    with listening(talk) as port:
        served.port = port
        yield served


def _read(connection: socket.socket) -> Asked:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            raise OSError("no request came")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in rest}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65_536)
    return Asked(method, target, headers, body)


def _send(connection: socket.socket, said: Bytes) -> None:
    for piece in [said] if isinstance(said, bytes) else said:
        connection.sendall(piece)


@contextmanager
def whois(app: Callable[[str], Bytes]) -> Iterator[Served]:
    """A WHOIS server: one line in, what the function says out."""
    served = Served(0)

    def talk(connection: socket.socket) -> None:
        line = b""
        while not line.endswith(b"\r\n"):
            line += connection.recv(1024) or b"\r\n"
        served.asked.append(line)
        _send(connection, app(line.decode("utf-8").strip()))

    with listening(talk) as port:
        served.port = port
        yield served


@contextmanager
def broken_dns(app: Callable[[bytes], bytes | None]) -> Iterator[Served]:
    """A DNS server over UDP and TCP whose answers are whatever bytes the function gives; None: silence."""
    served = Served(0)

    def talk(connection: socket.socket) -> None:
        size = int.from_bytes(connection.recv(2))
        said = app(connection.recv(size))
        if said is None:
            time.sleep(1)
        else:
            connection.sendall(len(said).to_bytes(2) + said)

    def datagrams(opened: socket.socket) -> None:
        while True:
            try:
                data, sender = opened.recvfrom(65_536)
            except OSError:
                return
            if not data:
                return
            served.asked.append(data)
            if (said := app(data)) is not None:
                opened.sendto(said[:65_000], sender)

    with listening(talk) as port, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", port))
        thread = threading.Thread(target=datagrams, args=(opened,), daemon=True)
        thread.start()
        served.port = port
        try:
            yield served
        finally:
            opened.sendto(b"", ("127.0.0.1", port))
            thread.join(5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def bind9(folder: Path, zones: dict[str, tuple[str, str]]) -> Iterator[Served]:
    """A real BIND for zones: name to text of the zone and to whom it may be transferred."""
    port, command = free_port(), NAMED or "named"
    parts = []
    for name, (text, transfer) in zones.items():
        (folder / f"db.{name}").write_text(text)
        parts.append(
            f'zone "{name}" {{ type primary; file "db.{name}"; allow-transfer {{ {transfer}; }}; }};\n'
        )
    (folder / "named.conf").write_text(
        f'options {{ directory "{folder}"; pid-file none; session-keyfile none; recursion no; notify no;\n'
        f"  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; dnssec-validation no; }};\n"
        "controls { };\n" + "".join(parts)
    )
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [command, "-g", "-n", "1", "-c", str(folder / "named.conf")], stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + WAIT
        while "all zones loaded" not in (folder / "log").read_text():
            assert process.poll() is None and time.monotonic() < end, (folder / "log").read_text()[-2000:]
            time.sleep(0.05)
        yield Served(port)
    finally:
        process.terminate()
        process.wait(WAIT)
