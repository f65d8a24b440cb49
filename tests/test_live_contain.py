"""Real squid, unbound and BIND on loopback take the generated files and block the databases, nothing else."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from glasshouse.leaf import artefacts
from glasshouse.records import Actor, Alert
from glasshouse.verdicts import Containment, Episode

WAIT = 20.0  # seconds at most for a server to answer or to stop
ADDRESS = "192.0.2.53"  # what the loopback authoritative server says of every name
HOSTILE = 'C-7\n. CNAME .\nhttp_access allow all\n"; zone "." { }; \\'
ALERT = Alert(id="GH-1a2b3c4d", first_seen=0, last_seen=0, actor=Actor(ip="127.0.0.1"))
PLAN = Containment(
    alert=ALERT,
    episode=Episode(alert=ALERT, key="127.0.0.1"),
    names=("shodan.io", "api.shodan.io", "anubisdb.com", "a name", "com", "x" * 60 + ("." + "y" * 60) * 3),
    exact=("crt.sh", "beta.shodan.io"),
    shared=("status.shodan.io", "github.com", "anubisdb.com.example.com"),
    made=1_795_172_400_000_000,
    case=HOSTILE,
)
BLOCKED = ("shodan.io", "api.shodan.io", "a.b.shodan.io", "WWW.Shodan.IO", "crt.sh", "www.anubisdb.com")
OPEN = (
    "notshodan.io",
    "shodan.io.example.com",
    "shodan-io.example.com",
    "www.crt.sh",
    "concrt.sh",
    "crt.sh.example.org",
    "status.shodan.io",
    "eu.status.shodan.io",
    "github.com",
    "anubisdb.com.example.com",
    "www.example.com",
)


def find(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin")


SQUID, UNBOUND, NAMED, CHECKZONE = (find(one) for one in ("squid", "unbound", "named", "named-checkzone"))
needs_named = pytest.mark.skipif(NAMED is None, reason="named is not installed")


def free_port() -> int:
    with socket.socket() as stream:
        stream.bind(("127.0.0.1", 0))
        return int(stream.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], folder: Path, log: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / log).open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder
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


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that a server which gives up root may still use, outside pytest's own."""
    with tempfile.TemporaryDirectory(prefix="glasshouse-contain-", dir="/tmp") as said:
        Path(said).chmod(0o777)
        yield Path(said)


# --- squid


class Origin(BaseHTTPRequestHandler):
    """A stand-in for every name."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Silence."""


def status(proxy: int, request: str) -> int:
    """The status a proxy answers one request line with."""
    host = request.split()[1].removeprefix("http://").partition("/")[0]
    with socket.create_connection(("127.0.0.1", proxy), timeout=WAIT) as stream:
        stream.sendall(f"{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return int(stream.makefile("rb").readline().split()[1])


@contextlib.contextmanager
def squid(folder: Path) -> Iterator[tuple[int, int]]:
    """Squid with the generated file, and the port of the server behind it.

    The reverse name of 127.0.0.9 is below a blocked name: an access list that asks for it blocks too much.
    """
    origin = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    port = free_port()
    (folder / "hosts").write_text(
        "127.0.0.9 scan.shodan.io\n" + "".join(f"127.0.0.1 {name}\n" for name in (*BLOCKED, *OPEN))
    )
    (folder / "block.conf").write_text(artefacts()["squid-acl"].render(PLAN), encoding="utf-8")
    (folder / "squid.conf").write_text(
        f"http_port 127.0.0.1:{port}\nvisible_hostname proxy.example.test\npid_filename {folder}/squid.pid\n"
        f"cache_log {folder}/cache.log\naccess_log none\ncoredump_dir {folder}\nhosts_file {folder}/hosts\n"
        "dns_nameservers 127.0.0.1\ncache deny all\ncache_mem 8 MB\nmemory_cache_shared off\n"
        "pinger_enable off\nmax_filedescriptors 256\nshutdown_lifetime 0 seconds\n"
        f"include {folder}/block.conf\nhttp_access allow all\n"
    )
    try:
        with running([str(SQUID), "-N", "-f", str(folder / "squid.conf")], folder, "squid.out") as process:
            deadline = time.monotonic() + WAIT
            while time.monotonic() < deadline and process.poll() is None:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
                    break
                time.sleep(0.1)
            assert process.poll() is None, (folder / "squid.out").read_text(errors="replace")[-2000:]
            yield port, int(origin.server_address[1])
    finally:
        origin.shutdown()
        origin.server_close()


@pytest.mark.skipif(SQUID is None, reason="squid is not installed")
def test_squid_refuses_the_databases_and_nothing_else(open_folder: Path) -> None:
    with squid(open_folder) as (port, origin):
        got = {name: status(port, f"GET http://{name}:{origin}/") for name in (*BLOCKED, *OPEN, "127.0.0.1")}
        tunnels = {name: status(port, f"CONNECT {name}:{origin}") for name in (*BLOCKED, *OPEN)}
        scanner = status(port, f"GET http://127.0.0.9:{origin}/")
        dotted = status(port, f"GET http://api.shodan.io.:{origin}/")
    assert {name for name, code in got.items() if code == 403} == set(BLOCKED)
    assert {name for name, code in got.items() if code == 200} == {*OPEN, "127.0.0.1"}
    assert {name for name, code in tunnels.items() if code == 403} == set(BLOCKED)
    assert {name for name, code in tunnels.items() if code == 200} == set(OPEN)
    assert dotted == 403
    assert scanner == 503  # nobody listens there, but Squid tried
    complaints = (open_folder / "cache.log").read_text(errors="replace")
    assert "WARNING: You should" not in complaints
    assert "ERROR" not in complaints


@pytest.mark.skipif(SQUID is None, reason="squid is not installed")
def test_squid_with_the_line_for_the_actor_alone(open_folder: Path) -> None:
    """The commented line, put in place of the one above it, is taken too."""
    text = artefacts()["squid-acl"].render(PLAN)
    (line,) = [line for line in text.splitlines() if line.startswith("# http_access deny ")]
    (plain,) = [line for line in text.splitlines() if line.startswith("http_access deny ")]
    (open_folder / "squid.conf").write_text(
        f"http_port 127.0.0.1:3128\n{text.replace(plain, line[2:])}http_access deny all\n"
    )
    command = [str(SQUID), "-k", "parse", "-f", str(open_folder / "squid.conf")]
    got = subprocess.run(command, capture_output=True, timeout=WAIT, check=False)
    assert got.returncode == 0, got.stderr[-2000:]


# --- resolvers


def question(port: int, name: str, kind: str = "A", patience: float = WAIT) -> dns.message.Message:
    asked = dns.message.make_query(name, kind)
    return dns.query.udp(asked, "127.0.0.1", port=port, timeout=patience)


def await_answer(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(dns.exception.DNSException, OSError):
            if question(port, "ready.example.net", patience=0.5).rcode() == dns.rcode.NOERROR:
                return
        time.sleep(0.1)
    pytest.fail(log.read_text(errors="replace")[-3000:])


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[int]:
    """A BIND that is the root of a world in which every name has one address; its port."""
    port, folder = free_port(), tmp_path / "root"
    folder.mkdir()
    (folder / "root.zone").write_text(
        f"$TTL 300\n@ SOA localhost. root.localhost. 1 3600 600 86400 300\n@ NS localhost.\n* A {ADDRESS}\n"
    )
    (folder / "named.conf").write_text(
        f'options {{ directory "{folder}"; pid-file none; session-keyfile none; recursion no; notify no;\n'
        f"  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; dnssec-validation no; }};\n"
        f'controls {{ }};\nzone "." {{ type primary; file "{folder}/root.zone"; }};\n'
    )
    command = [str(NAMED), "-f", "-n", "1", "-c", str(folder / "named.conf")]
    with running(command, folder, "named.out") as process:
        await_answer(port, process, folder / "named.out")
        yield port


def bind_resolver(folder: Path, port: int, authority: int, zone: str) -> list[str]:
    (folder / "named.conf").write_text(
        f'options {{ directory "{folder}"; pid-file none; session-keyfile none; recursion yes; notify no;\n'
        f"  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; dnssec-validation no;\n"
        f"  allow-recursion {{ any; }}; forward only; forwarders {{ 127.0.0.1 port {authority}; }};\n"
        f'  response-policy {{ zone "{zone}"; }} qname-wait-recurse no; }};\ncontrols {{ }};\n'
        f'zone "{zone}" {{ type primary; file "block.rpz"; allow-query {{ none; }}; }};\n'
    )
    return [str(NAMED), "-g", "-n", "1", "-c", str(folder / "named.conf")]


def unbound_resolver(folder: Path, port: int, authority: int, zone: str) -> list[str]:
    (folder / "unbound.conf").write_text(
        f'server:\n  directory: "{folder}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n  use-syslog: no\n'
        f"  do-daemonize: no\n  verbosity: 1\n  interface: 127.0.0.1@{port}\n  do-not-query-localhost: no\n"
        '  module-config: "respip validator iterator"\n'
        f'rpz:\n  name: "{zone}"\n  zonefile: "block.rpz"\n  rpz-log: yes\n'
        f'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@{authority}\n'
        "remote-control:\n  control-enable: no\n"
    )
    return [str(UNBOUND), "-d", "-c", str(folder / "unbound.conf")]


RESOLVERS = {"bind": (NAMED, bind_resolver), "unbound": (UNBOUND, unbound_resolver)}


@needs_named
@pytest.mark.parametrize("which", RESOLVERS)
def test_resolvers_deny_the_databases_and_nothing_else(which: str, authority: int, tmp_path: Path) -> None:
    program, settings = RESOLVERS[which]
    if program is None:
        pytest.skip(f"{which} is not installed")
    port, log = free_port(), tmp_path / "resolver.out"
    (tmp_path / "block.rpz").write_text(artefacts()["rpz-zone"].render(PLAN), encoding="utf-8")
    command = settings(tmp_path, port, authority, "glasshouse-gh-1a2b3c4d.rpz")
    with running(command, tmp_path, "resolver.out") as process:
        await_answer(port, process, log)
        got = {name: question(port, name) for name in (*BLOCKED, *OPEN)}
        other = question(port, "api.shodan.io", "AAAA").rcode()
    denied = {name for name, answer in got.items() if answer.rcode() == dns.rcode.NXDOMAIN}
    answered = {
        name
        for name, answer in got.items()
        if answer.rcode() == dns.rcode.NOERROR and any(ADDRESS in str(record) for record in answer.answer)
    }
    assert denied == set(BLOCKED), log.read_text(errors="replace")[-3000:]
    assert answered == set(OPEN)
    assert other == dns.rcode.NXDOMAIN


@pytest.mark.skipif(CHECKZONE is None, reason="named-checkzone is not installed")
@pytest.mark.parametrize("length", [200, *range(219, 226), 253])
def test_no_name_is_too_long_for_the_zone(length: int, tmp_path: Path) -> None:
    """The longest names there can be: those that would not fit are told, and the zone still loads."""
    name = ".".join("a" * 49 for _ in range(6))[: length - 5].rstrip(".") + ".test"
    plan = Containment(alert=ALERT, episode=PLAN.episode, names=(name, "crt.sh"), made=1)
    text = artefacts()["rpz-zone"].render(plan)
    (tmp_path / "block.rpz").write_text(text)
    command = [str(CHECKZONE), "-i", "none", "glasshouse-gh-1a2b3c4d.rpz", str(tmp_path / "block.rpz")]
    got = subprocess.run(command, capture_output=True, timeout=WAIT, check=False)
    assert got.returncode == 0, got.stdout
    assert b"ignoring" not in got.stdout + got.stderr
    assert (f"{name} CNAME ." in text) != ("too long for a policy zone" in text)
    assert "\ncrt.sh CNAME .\n" in text
