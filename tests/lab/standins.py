"""A folder in; stand-ins out that answer for every name: HTTPS under a test authority, HTTP, WHOIS."""

from __future__ import annotations

import datetime
import json
import socket
import socketserver
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
NAMES = ("www", "vpn", "mail", "dev")


@dataclass(frozen=True)
class Seen:
    """One connection as a stand-in saw it."""

    time: float
    source_port: int
    port: int
    name: str | None


@dataclass
class Authority:
    """An authority nobody else trusts; it signs a certificate for every name it is asked for."""

    folder: Path
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    contexts: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server_key = rsa.generate_private_key(65537, 2048)
        self.certificate = self._sign("Example test authority", self.key, None)
        pem = self.certificate.public_bytes(serialization.Encoding.PEM)
        (self.folder / "ca.pem").write_bytes(pem)
        (self.folder / "ca-and-key.pem").write_bytes(_plain(self.key) + pem)

    def context(self, name: str) -> ssl.SSLContext:
        if name not in self.contexts:
            chain = self._sign(name, self.server_key, self.certificate)
            file = self.folder / "leaf.pem"
            file.write_bytes(_plain(self.server_key) + chain.public_bytes(serialization.Encoding.PEM))
            self.contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.contexts[name].load_cert_chain(file)
        return self.contexts[name]

    def _sign(self, name, key, issuer):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        public = key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        if issuer:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        else:
            builder = builder.add_extension(x509.KeyUsage(**_usage()), critical=True)
        return builder.sign(self.key, hashes.SHA256())


def _usage() -> dict:
    said = dict.fromkeys(
        (
            *("content_commitment", "data_encipherment", "decipher_only", "encipher_only"),
            *("key_agreement", "key_encipherment"),
        ),
        False,
    )
    return {**said, "digital_signature": True, "key_cert_sign": True, "crl_sign": True}


def _plain(key) -> bytes:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


class Server(socketserver.ThreadingTCPServer):
    """Takes connections, remembers each; with an authority it speaks TLS under the name asked for."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, place, handler, seen: list, authority: Authority | None = None):
        super().__init__(place, handler)
        self.seen, self.authority = seen, authority

    def finish_request(self, request, client_address) -> None:
        name = None
        if self.authority:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            asked = []

            def choose(connection, said, _context):
                asked.append(said)
                connection.context = self.authority.context(said or "unnamed.test")

            context.load_cert_chain(self.authority.folder / "ca-and-key.pem")
            context.sni_callback = choose
            request.settimeout(10)
            try:
                request = context.wrap_socket(request, server_side=True)
            except OSError:
                return
            name = asked[0] if asked else None
        self.seen.append(Seen(time.time(), client_address[1], self.server_address[1], name))
        try:
            self.RequestHandlerClass(request, client_address, self)
        except OSError:
            pass
        finally:
            if self.authority:
                request.close()

    def handle_error(self, request, client_address) -> None:
        """A client that goes away is no failure of ours."""


class Web(BaseHTTPRequestHandler):
    """Answers every request with what the service of that name could have said, from documentation data."""

    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length:
            self.rfile.read(length)
        kind, body = answer((self.headers.get("Host") or "").partition(":")[0], self.path)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Silence."""


def answer(host: str, path: str) -> tuple[str, bytes]:
    """Type and body of a reply."""
    if host.endswith("hackertarget.com"):
        return "text/plain", b"".join(b"%s.example.com,203.0.113.9\n" % name.encode() for name in NAMES)
    if host == "crt.sh" and "json" not in path:
        return "text/html", b"<TABLE><TR><TD>www.example.com</TD></TR></TABLE>"
    return "application/json", json.dumps(_json(host, path)).encode()


def _json(host: str, path: str) -> object:
    address = path.partition("?")[0].rpartition("/")[2]
    if host == "crt.sh":
        return [
            {"id": number, "name_value": f"{name}{number}.example.com", "common_name": f"{name}.example.com"}
            for number in range(25)
            for name in NAMES
        ]
    if host == "api.shodan.io" and "/shodan/host/" in path:
        service = {"port": 443, "transport": "tcp", "_shodan": {"module": "https"}, "product": "nginx"}
        when = "2026-11-20T00:00:00.000000"
        service |= {"data": "", "timestamp": when, "ip_str": address, "hostnames": []}
        return {
            "ip_str": address, "ports": [443], "hostnames": [], "data": [service], "org": "Example",
            "country_name": None, "city": None, "os": None, "last_update": when, "vulns": [], "domains": [],
        }  # fmt: skip
    if host.endswith("censys.io"):
        result = {"ip": address, "services": [], "hits": [], "links": {"next": "", "prev": ""}, "total": 0}
        return {"code": 200, "status": "OK", "result": result}
    return {"plan": "dev", "query_credits": 100, "domain": "example.com", "names": [*NAMES], "data": []}


class Whois(socketserver.BaseRequestHandler):
    """RFC 3912: one line in, text out, the connection closed."""

    def handle(self) -> None:
        self.request.settimeout(10)
        line = self.request.recv(512).decode("ascii", "replace").strip()
        self.request.sendall(f"Domain Name: {line.upper()}\r\nRegistrar: Example Registrar\r\n".encode())


def start(address: str, authority: Authority, seen: list[Seen]) -> list[Server]:
    """Servers on ports 80, 443 and 43 of one address, each in a thread."""
    servers = [
        Server((address, 80), Web, seen),
        Server((address, 443), Web, seen, authority),
        Server((address, 43), Whois, seen),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    return servers


def reachable(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((address, port)) == 0
