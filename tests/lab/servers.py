"""Addresses and a folder in; real unbound, BIND and two Squids out, each with its log."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import postgres
from lab.standins import reachable

WAIT = 20.0
RESOLVER, SECOND_RESOLVER = "198.51.100.53", "198.51.100.1"  # BIND listens on addresses an interface has
PROXY, INSPECTING_PROXY, STANDIN, CLIENT = "198.51.100.80", "198.51.100.81", "198.51.100.44", "198.51.100.1"
ZONE = f"$TTL 300\n@ SOA localhost. root.localhost. 1 3600 600 86400 300\n@ NS localhost.\n* A {STANDIN}\n"
SQUID = """
http_port {address}:3128 {bump}
visible_hostname proxy.example.test
pid_filename {folder}/squid.pid
cache_log {folder}/cache.log
coredump_dir {folder}
dns_nameservers {resolver}
tcp_outgoing_address {address}
udp_outgoing_address {address}
cache deny all
cache_mem 8 MB
memory_cache_shared off
pinger_enable off
max_filedescriptors 512
shutdown_lifetime 0 seconds
strip_query_terms off
auth_param basic program {fake}
auth_param basic children 1
acl signed proxy_auth REQUIRED
http_access allow signed
http_access deny all
access_log stdio:{folder}/access.log {form}
"""
BUMP = """
tls_outgoing_options cafile={ca}
sslcrtd_program {certgen} -s {folder}/certs -M 4MB
sslcrtd_children 2 startup=1 idle=1
acl hello at_step SslBump1
ssl_bump peek hello
ssl_bump bump all
"""


def find(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin")


def inspecting_squid() -> tuple[str, str] | None:
    """A Squid built with OpenSSL and its certificate maker: where SQUID_OPENSSL says, or installed."""
    roots = [Path(os.environ["SQUID_OPENSSL"])] if os.environ.get("SQUID_OPENSSL") else []
    for root in [*roots, Path("/opt/squid-openssl"), Path("/")]:
        squid, certgen = root / "usr/sbin/squid", root / "usr/lib/squid/security_file_certgen"
        if squid.exists() and certgen.exists():
            return str(squid), str(certgen)
    return None


@dataclass(frozen=True)
class Started:
    """A server that runs, and the log it writes."""

    log: Path


@contextmanager
def running(command: list[str], folder: Path, ready, end_by: int = signal.SIGTERM):
    with (folder / "output.log").open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder,
            env={**os.environ, "TZ": "UTC"},
        )  # fmt: skip
        try:
            end = time.monotonic() + WAIT
            while not ready() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            if process.poll() is not None or not ready():
                said = (folder / "output.log").read_text(errors="replace")
                cache = folder / "cache.log"
                said += cache.read_text(errors="replace") if cache.exists() else ""
                raise RuntimeError(f"{command[0]} does not run: {said[-2000:]}")
            yield
        finally:
            process.send_signal(end_by)
            try:
                process.wait(WAIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(WAIT)


def unbound(folder: Path):
    (folder / "unbound.conf").write_text(
        f'server:\n  directory: "{folder}"\n  chroot: ""\n  username: ""\n  pidfile: ""\n'
        f'  logfile: "{folder}/queries.log"\n  use-syslog: no\n  do-daemonize: no\n  verbosity: 0\n'
        f"  interface: {RESOLVER}\n  access-control: 198.51.100.0/24 allow\n  log-queries: yes\n"
        '  log-time-ascii: no\n  module-config: "iterator"\n  local-zone: "." redirect\n'
        f'  local-data: ". 300 IN A {STANDIN}"\nremote-control:\n  control-enable: no\n'
    )
    command = [str(find("unbound")), "-d", "-c", str(folder / "unbound.conf")]
    return running(command, folder, lambda: reachable(RESOLVER, 53))


def bind(folder: Path):
    (folder / "root.zone").write_text(ZONE)
    (folder / "named.conf").write_text(
        f'options {{ directory "{folder}"; pid-file none; session-keyfile none; recursion no;\n'
        f"  listen-on port 53 {{ {SECOND_RESOLVER}; }}; listen-on-v6 {{ none; }}; dnssec-validation no;\n"
        "  allow-query { any; }; querylog yes; notify no; };\ncontrols { };\n"
        f'zone "." {{ type primary; file "{folder}/root.zone"; }};\n'
        f'logging {{ channel q {{ file "{folder}/queries.log"; print-time iso8601-utc;\n'
        "  print-category yes; print-severity yes; }; category queries { q; }; };\n"
    )
    command = [str(find("named")), "-f", "-n", "1", "-c", str(folder / "named.conf")]
    return running(command, folder, lambda: reachable(SECOND_RESOLVER, 53))


SQL = """
CREATE ROLE guest LOGIN;
CREATE TABLE certificate_identity (certificate_id bigint, name_type text, name_value text);
INSERT INTO certificate_identity
SELECT n, 'dNSName', 'host' || n || '.example.com' FROM generate_series(1, 40) n;
GRANT SELECT ON certificate_identity TO guest;
"""


@contextmanager
def crtsh_by_sql(folder: Path):
    """A real PostgreSQL with a database certwatch that a guest may read without a password, as crt.sh has."""
    owner = pwd.getpwnam("postgres")
    os.chown(folder, owner.pw_uid, owner.pw_gid)

    def run(program: str, *words: str) -> None:
        command = postgres._as_account(str(postgres.BIN / program), *words)
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    data = folder / "data"
    run("initdb", "-D", str(data), "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    hba = "local all all trust\nhost certwatch guest 198.51.100.0/24 trust\n"
    (data / "pg_hba.conf").write_text(hba)
    settings = ["-c", f"listen_addresses={STANDIN}", "-c", "fsync=off", "-c", "autovacuum=off"]
    command = [str(postgres.BIN / "postgres"), "-D", str(data), "-k", str(folder), *settings]
    with running(postgres._as_account(*command), folder, lambda: reachable(STANDIN, 5432), signal.SIGINT):
        run("createdb", "-h", str(folder), "-U", "owner", "certwatch")
        run("psql", "-q", "-h", str(folder), "-U", "owner", "-d", "certwatch", "-c", SQL)
        yield


def squid(folder: Path, authority: Path | None = None):
    """Squid that tunnels TLS; with an authority's certificate and key, one that opens it, for the URLs."""
    folder.chmod(0o777)  # started by root, it writes as another user
    found = inspecting_squid() if authority else None
    program, certgen = found or (str(find("squid")), "")
    address = INSPECTING_PROXY if authority else PROXY
    bump = f"ssl-bump tls-cert={authority} generate-host-certificates=on" if authority else ""
    fake = Path(program).parent.parent / "lib/squid/basic_fake_auth"
    text = SQUID.format(
        address=address, folder=folder, bump=bump, resolver=SECOND_RESOLVER, fake=fake,
        form="combined" if authority else "squid",
    )  # fmt: skip
    if authority:
        ca = authority.parent / "ca.pem"
        text += BUMP.format(ca=ca, certgen=certgen, folder=folder)
        (folder / "certs").exists() or subprocess.run(
            [certgen, "-c", "-s", str(folder / "certs"), "-M", "4MB"], check=True, capture_output=True
        )
        subprocess.run(["chmod", "-R", "a+rwX", str(folder / "certs")], check=True)
    (folder / "squid.conf").write_text(text)
    command = [program, "-N", "-f", str(folder / "squid.conf")]
    return running(command, folder, lambda: reachable(address, 3128))
