"""A real BIND on loopback serves zones; the fetcher takes over what it may, and tells what it may not."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import dns.message
import dns.rrset
import pytest

from glasshouse.errors import ReadError
from glasshouse.know.fetch import axfr
from glasshouse.know.inventory import Inventory
from glasshouse.known import Asset
from glasshouse.leaf import fetchers
from glasshouse.records import Target, Trouble

ZONES = Path(__file__).parent / "examples" / "fetchers" / "axfr"
NAMED = shutil.which("named", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
KEY = base64.b64encode(bytes(range(32))).decode()
WRONG = base64.b64encode(bytes(32)).decode()
WAIT = 20.0  # seconds at most for the server to answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(folder: Path, port: int) -> Path:
    for file in ZONES.iterdir():
        shutil.copy(file, folder / file.name)
    shutil.copy(ZONES / "db.example.com", folder / "db.example.org")
    names = "".join(f"h{n} IN A 198.51.100.{n % 256}\n" for n in range(5000))
    (folder / "db.large.example").write_text((ZONES / "db.example.com").read_text() + names)
    zone = 'zone "{0}" {{ type primary; file "db.{0}"; allow-transfer {{ {1}; }}; }};\n'
    (folder / "named.conf").write_text(
        f'key "watcher" {{ algorithm hmac-sha256; secret "{KEY}"; }};\n'
        f'options {{ directory "{folder}"; pid-file none; session-keyfile none; recursion no; notify no;\n'
        f"  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; dnssec-validation no; }};\n"
        "controls { };\n"
        + zone.format("example.com", "any")
        + zone.format("2.0.192.in-addr.arpa", "any")
        + zone.format("example.org", 'key "watcher"')
        + zone.format("large.example", "any")
    )
    return folder / "named.conf"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if NAMED is None:
        pytest.skip("named is not installed: apt-get install bind9")
    folder, port = tmp_path_factory.mktemp("named"), free_port()
    command = [NAMED, "-g", "-n", "1", "-c", str(settings(folder, port))]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait(process, port, folder / "log")
        yield {"server": "127.0.0.1", "port": str(port)}
    finally:
        process.terminate()
        process.wait(WAIT)


def wait(process, port, log):
    end = time.monotonic() + WAIT
    while "all zones loaded" not in log.read_text():
        assert process.poll() is None and time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.05)
    socket.create_connection(("127.0.0.1", port), 5).close()


def test_a_zone_becomes_assets(server):
    found = list(axfr.fetch({**server, "zones": "example.com"}))
    assert sorted((one.type, one.value) for one in found) == [
        ("domain", "apps.example.com"),
        ("domain", "example.com"),
        ("hostname", "intern.example.com"),
        ("hostname", "mail.example.com"),
        ("hostname", "ns1.example.com"),
        ("hostname", "www.example.com"),
        ("ip", "192.0.2.25"),
        ("ip", "192.0.2.53"),
        ("ip", "192.0.2.80"),
        ("ip", "2001:db8::80"),
    ]
    assert {one.origin for one in found} == {"axfr 127.0.0.1 example.com"}


def test_a_reverse_zone_becomes_its_network(server):
    found = list(axfr.fetch({**server, "zones": "2.0.192.in-addr.arpa"}))
    assert [(one.type, one.value) for one in found] == [("cidr", "192.0.2.0/24"), ("ip", "192.0.2.80")]


def test_a_large_zone_comes_whole(server):
    inventory = Inventory(axfr.fetch({**server, "zones": "large.example"}))
    assert inventory.about_us(Target("hostname", "h4999.large.example"))
    assert inventory.holds("198.51.100.255")


def test_a_refused_zone_is_told_and_does_not_cost_the_others(server):
    found = list(axfr.fetch({**server, "zones": "example.org, nowhere.example example.com"}))
    troubles = [one for one in found if isinstance(one, Trouble)]
    assert [one.where for one in troubles] == ["axfr 127.0.0.1 example.org", "axfr 127.0.0.1 nowhere.example"]
    assert "REFUSED" in troubles[0].reason and "allow-transfer" in troubles[0].next_step
    assert "NOTAUTH" in troubles[1].reason
    assert any(isinstance(one, Asset) and one.value == "www.example.com" for one in found)


@pytest.mark.parametrize("algorithm", ["", "hmac-sha256", "HMAC-SHA256."])
def test_the_right_key_opens_the_zone(server, monkeypatch, algorithm):
    monkeypatch.setenv("AXFR_KEY", KEY)
    said = {"zones": "example.org", "key-name": "watcher", "key-secret": "${env:AXFR_KEY}"}
    found = list(axfr.fetch({**server, **said, "key-algorithm": algorithm}))
    assert found and all(isinstance(one, Asset) for one in found)
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("name", "key", "algorithm"),
    [("watcher", WRONG, "hmac-sha256"), ("stranger", KEY, "hmac-sha256"), ("watcher", KEY, "hmac-sha512")],
    ids=["secret", "name", "algorithm"],
)
def test_a_key_that_does_not_fit_is_told(server, name, key, algorithm):
    said = {"zones": "example.org", "key-name": name, "key-secret": key, "key-algorithm": algorithm}
    (trouble,) = axfr.fetch({**server, **said})
    assert trouble.reason.startswith("the key does not fit") and "key-secret" in trouble.next_step
    assert key not in repr(trouble)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"server": ""}, "no server"),
        ({"zones": ""}, "no zones"),
        ({"zones": "a..b"}, "a zone is no name"),
        ({"port": "dns"}, "port is no number"),
        ({"port": "70000"}, "port is no number"),
        ({"server": "no-such-host.invalid"}, "has no address"),
        ({"key-name": "k", "key-secret": "not base64 !"}, "no TSIG key"),
        ({"key-name": "k", "key-secret": KEY, "key-algorithm": "rot13"}, "key-algorithm"),
        ({"key-name": "k", "key-secret": "${env:NO_SUCH_VARIABLE}"}, "NO_SUCH_VARIABLE"),
        ({}, "cannot be asked"),
    ],
)
def test_what_cannot_be_asked_says_what_to_do(said, reason):
    options = {"server": "127.0.0.1", "port": str(free_port()), "zones": "example.com", **said}
    with pytest.raises(ReadError, match=reason) as told:
        list(axfr.fetch(options))
    assert told.value.next_step


@pytest.fixture
def broken():
    """A server that answers with whatever bytes it is given, then closes."""
    answers, opened = [], socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = opened.accept()
            except OSError:
                return
            with connection:
                head = connection.recv(2)
                if head:
                    question = connection.recv(struct.unpack("!H", head)[0])
                    connection.sendall(answers[0](dns.message.from_wire(question)))

    thread = threading.Thread(target=serve)
    thread.start()
    yield answers, {"server": "127.0.0.1", "port": str(opened.getsockname()[1]), "zones": "example.com"}
    opened.shutdown(socket.SHUT_RDWR)
    opened.close()
    thread.join()


def half(question):
    reply = dns.message.make_response(question)
    soa = "ns1.example.com. h.example.com. 1 2 3 4 5"
    reply.answer.append(dns.rrset.from_text("example.com.", 60, "IN", "SOA", soa))
    reply.answer.append(dns.rrset.from_text("www.example.com.", 60, "IN", "A", "192.0.2.1"))
    wire = reply.to_wire()
    return struct.pack("!H", len(wire)) + wire


@pytest.mark.parametrize(
    "answer", [half, lambda _: b"", lambda _: b"\x00\x04junk", lambda _: b"\xff\xff" + b"x" * 9]
)
def test_half_a_zone_gives_no_assets(broken, answer):
    answers, options = broken
    answers.append(answer)
    found = []
    try:
        found += axfr.fetch(options)
    except ReadError as problem:
        found.append(Trouble(problem.where, None, problem.what, problem.next_step))
    assert [type(one) for one in found] == [Trouble]


def test_a_silent_server_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(axfr, "REPLY", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = {"server": "127.0.0.1", "port": str(silent.getsockname()[1]), "zones": "example.com"}
        start = time.monotonic()
        (trouble,) = axfr.fetch(options)
    assert "in time" in trouble.reason and time.monotonic() - start < 5


def test_no_more_records_than_bearable(server, monkeypatch):
    monkeypatch.setattr(axfr, "RECORDS", 100)
    with pytest.raises(ReadError, match="more than 100 records"):
        list(axfr.fetch({**server, "zones": "large.example"}))


def test_its_secrets_are_named():
    leaf = fetchers()["axfr"]
    assert set(leaf.SECRETS) <= set(leaf.OPTIONS) and "key-secret" in leaf.SECRETS
