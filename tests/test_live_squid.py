"""A real Squid on this machine, real requests through it: our sources read the very logs it wrote."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from glasshouse.leaf import leaf_name
from glasshouse.records import Event, SourceCount
from glasshouse.watch import read
from glasshouse.watch.parse import Layout

SQUID = shutil.which("squid") or shutil.which("squid", path="/usr/sbin:/usr/local/sbin")
CURL = shutil.which("curl")
ANY_PASSWORD = Path("/usr/lib/squid/basic_fake_auth")
pytestmark = [
    pytest.mark.skipif(SQUID is None, reason="squid is not installed"),
    pytest.mark.skipif(CURL is None, reason="curl is not installed"),
    pytest.mark.skipif(not ANY_PASSWORD.exists(), reason="squid's basic_fake_auth helper is not installed"),
]
NAMES = ("crt.sh", "api.shodan.io", "www.example.com", "search.censys.io")
FORMATS = {"native": "squid", "common": "common", "combined": "combined", "corp": "corp"}
LEAVES = {"native": "squid", "common": "access-log", "combined": "access-log", "corp": "squid"}
CONFIG = """
http_port 127.0.0.1:{port}
visible_hostname proxy.example.test
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
coredump_dir {folder}
hosts_file {folder}/hosts
dns_nameservers 127.0.0.1
cache deny all
cache_mem 8 MB
memory_cache_shared off
pinger_enable off
max_filedescriptors 256
shutdown_lifetime 0 seconds
strip_query_terms off
auth_param basic program {helper}
auth_param basic children 1
acl signed proxy_auth REQUIRED
http_access allow signed
http_access deny all
logformat corp %tl %>A %>a %>p %Ss/%03>Hs %<st %rm "%ru" %un %Sh/%<a %mt "%{{User-Agent}}>h" "%{{Referer}}>h"
"""


class Origin(BaseHTTPRequestHandler):
    """A stand-in for every name: one small answer."""

    def do_GET(self) -> None:
        body = b"{}" * 500
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int, squid: subprocess.Popen[bytes], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and squid.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return True
        time.sleep(0.1)
    return False


def curl(proxy: int, *arguments: str) -> int:
    command = [
        str(CURL),
        "-q",
        "-s",
        "-m",
        "10",
        "--noproxy",
        "",
        "-o",
        "/dev/null",
        "-x",
        f"http://127.0.0.1:{proxy}",
    ]
    return subprocess.run([*command, *arguments], timeout=15, check=False).returncode


def ask(proxy: int, origin: int) -> None:
    """Seven requests: one refused for want of a login, three tunnels, three plain ones."""
    curl(proxy, f"http://www.example.com:{origin}/")
    login = ("-U", "alice:secret", "--proxy-basic")
    for name in ("crt.sh", "api.shodan.io", "search.censys.io"):
        assert curl(proxy, *login, "--proxytunnel", f"http://{name}:{origin}/api?q=example.com") == 0
    for target in ("example.com", "example.net"):
        assert curl(proxy, *login, "-A", "tester/1.0", f"http://crt.sh:{origin}/?q={target}&output=json") == 0
    referrer = ("-e", "https://www.shodan.io/search?query=example")
    assert curl(proxy, *login, *referrer, f"http://www.example.com:{origin}/index.html") == 0


@pytest.fixture(scope="module")
def logs() -> Iterator[tuple[Path, int, float]]:
    """The folder of Squid's logs after it has stopped, the origin's port, and when it all began.

    Squid started by root writes as another user, so the folder is open to all and outside pytest's own.
    """
    with tempfile.TemporaryDirectory(prefix="glasshouse-squid-", dir="/tmp") as said:
        folder, began = Path(said), time.time()
        folder.chmod(0o777)
        (folder / "hosts").write_text(
            "".join(f"127.0.0.1 {name}\n" for name in ("client.example.test", *NAMES))
        )
        origin = ThreadingHTTPServer(("127.0.0.1", 0), Origin)
        threading.Thread(target=origin.serve_forever, daemon=True).start()
        try:
            run_squid(folder, origin.server_address[1])
            yield folder, origin.server_address[1], began
        finally:
            origin.shutdown()
            origin.server_close()


def run_squid(folder: Path, origin: int) -> None:
    port = free_port()
    config = CONFIG.format(port=port, folder=folder, helper=ANY_PASSWORD)
    config += "".join(f"access_log stdio:{folder}/{name}.log {form}\n" for name, form in FORMATS.items())
    (folder / "squid.conf").write_text(config)
    with (folder / "output").open("wb") as output:
        command = [str(SQUID), "-N", "-f", str(folder / "squid.conf")]
        squid = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            ready = listening(port, squid)
            if ready:
                ask(port, origin)
        finally:
            squid.terminate()
            try:
                squid.wait(timeout=20)
            except subprocess.TimeoutExpired:
                squid.kill()
                squid.wait(timeout=10)
    assert ready, (folder / "output").read_text(errors="replace")[-2000:]


def events(path: Path) -> tuple[str, list[Event]]:
    (item,) = read.inputs([str(path)])
    source, _sure = read.detect(item)
    assert source is not None, path.read_text()[:500]
    layout, count = Layout(today=item.today), SourceCount()
    got = [
        event
        for record in read.records(item, source, None, count)
        for event in source.read(record.data, layout)
    ]
    assert len(got) == count.records
    # Our own check that the port is open leaves a line without a request.
    return leaf_name(source), [event for event in got if event.method]


@pytest.mark.parametrize("form", FORMATS)
def test_every_request_is_read_from_the_log_squid_wrote(form: str, logs: tuple[Path, int, float]) -> None:
    folder, origin, began = logs
    leaf, got = events(folder / f"{form}.log")
    assert leaf == LEAVES[form]
    assert [(event.method, event.status, event.user, event.name) for event in got] == [
        ("GET", 407, None, "www.example.com"),
        ("CONNECT", 200, "alice", f"crt.sh:{origin}"),
        ("CONNECT", 200, "alice", f"api.shodan.io:{origin}"),
        ("CONNECT", 200, "alice", f"search.censys.io:{origin}"),
        ("GET", 200, "alice", "crt.sh"),
        ("GET", 200, "alice", "crt.sh"),
        ("GET", 200, "alice", "www.example.com"),
    ]
    assert got[4].url == f"http://crt.sh:{origin}/?q=example.com&output=json"
    assert all(event.ip == "127.0.0.1" and event.proxied and event.via == "http" for event in got)
    assert all((event.bytes_in or 0) > 1000 for event in got[1:])
    assert all(int(began) - 2 <= (event.time or 0) / 1e6 <= time.time() + 2 for event in got)


def test_what_only_some_formats_say(logs: tuple[Path, int, float]) -> None:
    folder = logs[0]
    native, combined, corp = (events(folder / f"{form}.log")[1] for form in ("native", "combined", "corp"))
    assert all(event.duration is not None and event.server_ip == "127.0.0.1" for event in native[1:])
    for told in (combined, corp):
        assert told[4].user_agent == "tester/1.0"
        assert told[6].user_agent is not None
        assert told[6].user_agent.startswith("curl/")
