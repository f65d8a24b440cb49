"""Debian's PostgreSQL in, a server of our own out: in a temporary folder, on loopback, ended by its pid."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BIN = Path("/usr/lib/postgresql/15/bin")
USER, PASSWORD = "glasshouse", "not:so/secret@all"
WAIT = 60.0


def missing() -> str | None:
    """Why PostgreSQL cannot be started here, or None."""
    if not (BIN / "postgres").exists():
        return f"PostgreSQL 15 is not installed ({BIN})"
    if os.geteuid() == 0 and not (_account() and shutil.which("setpriv")):
        return "PostgreSQL does not run as root, and there is no account postgres to run it as"
    return None


@dataclass
class Server:
    """One server; every test takes a schema of its own in its database."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, schema: str | None = None, password: str = PASSWORD, database: str = "postgres") -> str:
        """The URL of an empty schema, over loopback."""
        from urllib.parse import quote

        schema = schema or self.schema()
        where = f"127.0.0.1:{self.port}/{database}?options=-csearch_path%3D{schema}"
        return f"postgresql+psycopg://{USER}:{quote(password, safe='')}@{where}"

    def schema(self) -> str:
        """A new, empty schema."""
        import psycopg

        name = f"t{next(self.numbers)}"
        with psycopg.connect(
            host=str(self.folder), port=self.port, user=USER, dbname="postgres", autocommit=True
        ) as raw:
            raw.execute(f"CREATE SCHEMA {name}")
        return name


@contextmanager
def started() -> Iterator[Server]:
    """A server that is gone afterwards, with its folder."""
    folder = Path(tempfile.mkdtemp(prefix="gh-pg-"))
    try:
        if account := _account():
            os.chown(folder, account.pw_uid, account.pw_gid)
        secret = folder / "pw"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        _run("initdb", "-D", f"{folder}/data", "-U", USER, f"--pwfile={secret}", "-A", "scram-sha-256",
             "--auth-local=trust", "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
        port = _free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                _as_account(
                    str(BIN / "postgres"), "-D", f"{folder}/data", "-p", str(port), "-k", str(folder),
                    "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=50",
                    "-c", "shared_buffers=32MB", "-c", "autovacuum=off",
                ),
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        try:
            _wait(folder, port, process)
            yield Server(folder, port, process)
        finally:
            _end(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)  # fast shutdown: connections are cut
    try:
        process.wait(WAIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait(folder: Path, port: int, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    until = time.monotonic() + WAIT
    while True:
        try:
            psycopg.connect(host=str(folder), port=port, user=USER, dbname="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / "log").read_text("utf-8", "replace")[-2000:]) from None
            time.sleep(0.05)
        else:
            return


def _run(program: str, *words: str) -> None:
    done = subprocess.run(_as_account(str(BIN / program), *words), capture_output=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError((done.stdout + done.stderr).decode("utf-8", "replace")[-2000:])


def _as_account(*words: str) -> list[str]:
    account = _account() if os.geteuid() == 0 else None
    if account is None:
        return list(words)
    drop = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return [*drop, "--reset-env", *words]


def _account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    except KeyError:
        return None


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
