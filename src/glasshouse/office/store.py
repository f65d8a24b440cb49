"""Settings and a home folder in, the office opened out: SQLite there, or PostgreSQL by its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from glasshouse import tombstones
from glasshouse.errors import ConfigError, GlasshouseError, ReadError, UsageError
from glasshouse.office import meta, schema, tables
from glasshouse.secret import secret
from glasshouse.settings import Office as Place
from glasshouse.settings import Settings

FILE = "decisions.db"
PATIENCE = 60  # seconds to wait for another writer
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",
    "secure_delete = ON",
    "trusted_schema = OFF",
)
_COMPACT = {
    "sqlite": ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"),
    "postgresql": tuple(f"VACUUM (FULL) {table.name}" for table in tables.ALL),
}
_EXAMPLE = "postgresql+psycopg://glasshouse:${env:OFFICE_PASSWORD}@db.example.com/glasshouse"


@dataclass(frozen=True, slots=True)
class Office:
    """Where decisions are kept: cases, register, audit trail, outbox. One writer at a time, any readers."""

    home: Path
    engine: Engine
    where: str  # for people, without a password

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All that is written inside becomes visible at once, or not at all. Not to be nested."""
        with told(self.engine.url), self.engine.begin() as conn:
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE:d}s'")
                conn.exec_driver_sql("LOCK TABLE meta IN SHARE ROW EXCLUSIVE MODE")
            yield conn

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One unchanging view of everything; waits for nobody, writes nothing."""
        with told(self.engine.url), self.engine.connect() as raw:
            if raw.dialect.name == "postgresql":
                conn = raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            else:
                conn = raw.execution_options(mode="BEGIN")
            yield conn

    def compact(self) -> None:
        """Give the room of what was removed back, and let nothing of it stand in the files."""
        with told(self.engine.url), self.engine.connect() as raw:
            if raw.dialect.name == "sqlite":
                conn = raw.execution_options(mode="")
            else:
                conn = raw.execution_options(isolation_level="AUTOCOMMIT")
            for statement in _COMPACT[conn.dialect.name]:
                conn.exec_driver_sql(statement)


@contextmanager
def opened(settings: Settings, home: Path, make: bool = True, purging: bool = False) -> Iterator[Office]:
    """The office of a home folder or of ``office.url``, its tables made or brought up to date.

    Raises UsageError when there is none and ``make`` is False, ConfigError for a wrong URL or a database of
    the future, ReadError when it cannot be reached or used, or, unless ``purging``, holds what was purged.
    """
    url = _url(settings, home)
    if url.get_backend_name() == "sqlite":
        _prepare(Path(url.database or ""), make)
    engine = _engine(url)
    try:
        office = Office(home, engine, _shown(url))
        purge = None if purging else tombstones.newest(home)
        with office.reading() as conn:
            ready = schema.is_present(conn, office.where) and _told_of(conn, purge)
        if not ready:
            with told(url), engine.begin() as conn:
                schema.upgrade(conn, office.where, make)
                _refuse_restored(conn, purge, office.where)
        yield office
    finally:
        engine.dispose()


def _told_of(conn: Connection, purge: str | None) -> bool:
    """Whether a database knows of a purge."""
    return purge is None or meta.get(conn, f"purge:{purge}") is not None


def _refuse_restored(conn: Connection, purge: str | None, where: str) -> None:
    """Raise ReadError for a database that is older than a purge; an empty one has nothing to purge."""
    if purge is None or _told_of(conn, purge):
        return
    if any(conn.execute(select(table).limit(1)).first() for table in (tables.alerts, tables.audit)):
        raise tombstones.restored(where)
    meta.put(conn, f"purge:{purge}", "1")


def _url(settings: Settings, home: Path) -> URL:
    said = settings.office.url
    if not said:
        return URL.create("sqlite", database=str(home / FILE))
    try:
        if "://" not in said:  # the whole URL is kept elsewhere
            url = make_url(secret(said, "office.url"))
        elif (url := make_url(said)).password:
            url = url.set(password=secret(str(url.password), "office.url"))
    except (ArgumentError, ValueError):
        raise ConfigError("not a database URL", "office.url", f'url = "{_EXAMPLE}"') from None
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise ConfigError(f"cannot keep decisions in {kind}", "office.url", f'leave it empty, or "{_EXAMPLE}"')


def driver(url: str) -> str:
    """The driver that opens the database of such a URL; ConfigError when it is not installed."""
    engine = _engine(_url(Settings(office=Place(url=url)), Path()))
    engine.dispose()
    return f"{engine.dialect.name}, by {engine.dialect.driver}"


def _prepare(file: Path, make: bool) -> None:
    if not make and not file.exists():
        raise UsageError("no decisions here yet", str(file), "glasshouse triage makes them")
    if make:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file.touch(mode=0o600)
        except OSError as problem:
            raise ReadError(
                problem.strerror or str(problem), str(file), "check the folder and your rights"
            ) from None


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        engine = create_engine(url, connect_args={"timeout": PATIENCE})
    except (ImportError, NoSuchModuleError):
        raise ConfigError(
            "the driver for PostgreSQL is not installed", "office.url", "pip install 'glasshouse[postgresql]'"
        ) from None
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(raw: object, _record: object) -> None:
    raw.isolation_level = None  # type: ignore[attr-defined]  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        raw.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _on_begin(conn: Connection) -> None:
    if mode := conn.get_execution_options().get("mode", "BEGIN IMMEDIATE"):
        conn.exec_driver_sql(mode)


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Whatever the database refuses leaves as one of our errors, with what to do and without the password."""
    try:
        yield
    except GlasshouseError:
        raise
    except SQLAlchemyError as problem:
        raise _refused(problem, url) from None


_NEXT = (  # words of the databases, what they mean, what to do
    (
        ("locked", "lock timeout"),
        "another program is writing here",
        "run again when it is done, or end it",
    ),
    (("not a database", "malformed"), "this is no database of decisions", "restore it from a backup"),
    (
        ("no space", "is full", "quota"),
        "the disk is full",
        "make space and run again: nothing is lost or doubled",
    ),
    (
        ("readonly", "read-only", "unable to open", "permission denied"),
        "it cannot be opened",
        "check the file and your rights",
    ),
    (
        ("password authentication", "role ", "no pg_hba"),
        "the server refuses this account",
        "check user and password in office.url",
    ),
    (("does not exist",), "no such database", "make the database, then run again"),
    (
        ("connection", "resolve", "timeout", "refused"),
        "the server cannot be reached",
        "check office.url and that the server runs",
    ),
)


def _refused(problem: SQLAlchemyError, url: URL) -> ReadError:
    said = str(problem.orig) if isinstance(problem, DBAPIError) and problem.orig else type(problem).__name__
    text = " ".join(said.split())[:300]
    for word in [url.password, *(value for name, value in url.query.items() if _is_secret(name))]:
        text = text.replace(str(word), "***") if word else text
    low = text.lower()
    for words, what, step in _NEXT:
        if any(word in low for word in words):
            return ReadError(f"{what} ({text})", _shown(url), step)
    return ReadError(text, _shown(url), "check the database and its rights")


def _shown(url: URL) -> str:
    """The URL for people: the file, or the server without its passwords."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    query = {name: "***" if _is_secret(name) else value for name, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def _is_secret(name: str) -> bool:
    return "pass" in name.lower()
