"""A real dnsmasq in a network of its own gives a lease; its lease file is read as who had the address."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

import pytest

from glasshouse.know.gather import recognised
from glasshouse.know.loaders import dnsmasq_leases

DNSMASQ = shutil.which("dnsmasq") or shutil.which("/usr/sbin/dnsmasq")
IP = shutil.which("ip") or shutil.which("/usr/sbin/ip")
NETWORK = ["unshare", "--net", sys.executable, "-c"]

# Runs inside the new network: two ends of a cable, dnsmasq at one, a client at the other that asks by
# RFC 2131 for 192.0.2.33 and does not wait for the answer.
INSIDE = r"""
import socket, struct, subprocess, sys, time
ip, dnsmasq, file = sys.argv[1:]
for said in ("link add one0 type veth peer name two0", "addr add 192.0.2.1/24 dev one0", "link set one0 up",
        "link set two0 up"):
    subprocess.run([ip, *said.split()], check=True)
server = subprocess.Popen([dnsmasq, "-d", "-C", "/dev/null", "--port=0", "--interface=one0",
    "--bind-interfaces", "--user=root", "--pid-file=", "--dhcp-range=192.0.2.30,192.0.2.40",
    "--dhcp-leasefile=" + file],
    stderr=subprocess.DEVNULL)
try:
    mac = bytes.fromhex("00005e005301")
    def message(kind, *options):
        head = bytes([1, 1, 6, 0]) + b"test" + b"\0\0\x80\0" + bytes(16) + mac + bytes(10 + 192)
        said = b"".join(bytes([code, len(value)]) + value for code, value in ((53, bytes([kind])), *options))
        return head + b"\x63\x82\x53\x63" + said + b"\xff"
    def frame(data):  # from 0.0.0.0 port 68 to everybody, port 67
        udp = struct.pack(">4H", 68, 67, 8 + len(data), 0) + data
        head = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0, 0xFFFFFFFF)
        total = sum(struct.unpack(">10H", head))
        check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        return b"\xff" * 6 + mac + b"\x08\x00" + head[:10] + struct.pack(">H", check) + head[12:] + udp
    client = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    client.bind(("two0", 0))
    name, wanted = (12, b"WS-12"), (50, bytes([192, 0, 2, 33]))
    for _ in range(50):
        time.sleep(0.2)
        client.send(frame(message(1, name, wanted)))
        client.send(frame(message(3, name, wanted, (54, bytes([192, 0, 2, 1])))))
        try:
            if open(file).read().strip():
                break
        except OSError:
            pass
finally:
    server.terminate()
    server.wait(10)
"""


def can_have_a_network():
    if not (DNSMASQ and IP and shutil.which("unshare")):
        return False
    trial = [*NETWORK, "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"]
    made = subprocess.run(
        [*trial, IP, "link", "add", "one0", "type", "veth", "peer", "name", "two0"], capture_output=True
    )
    return made.returncode == 0


def test_a_lease_of_a_real_dnsmasq(tmp_path):
    if not can_have_a_network():
        pytest.skip("needs dnsmasq, iproute2 and the right to make a network (root)")
    file = tmp_path / "dnsmasq.leases"
    subprocess.run([*NETWORK, INSIDE, IP, DNSMASQ, file], check=True, timeout=60)
    data = file.read_bytes()
    assert recognised(data, "anything") is not None
    assert recognised(data, "anything").__name__ == dnsmasq_leases.__name__
    (lease,) = dnsmasq_leases.read(data, file.name)
    now = time.time_ns() // 1000
    assert (lease.ip, lease.host, lease.hardware) == ("192.0.2.33", "ws-12", "00:00:5e:00:53:01")
    assert abs(lease.since - now) < 60_000_000  # an hour is what dnsmasq gives unless told otherwise
    assert lease.until == lease.since + 3_600_000_000
