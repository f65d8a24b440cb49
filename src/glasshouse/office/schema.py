"""A database of any earlier version in, the same database at the present version out."""

from __future__ import annotations

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import NoResultFound

from glasshouse.errors import ConfigError, UsageError
from glasshouse.office.migrations import STEPS, statements
from glasshouse.office.tables import meta

VERSION = len(STEPS)
_TURN = 0x676C_6173  # PostgreSQL: the advisory lock of whoever makes the tables


def version(conn: Connection) -> int:
    """The schema version of a database; 0 when it holds nothing of ours."""
    if not inspect(conn).has_table("meta"):
        return 0
    said = conn.execute(select(meta.c.value).where(meta.c.name == "version")).scalar_one()
    return int(said)


def is_present(conn: Connection, where: str) -> bool:
    """Whether there is nothing to upgrade; ConfigError when the tables are not ours."""
    return _version(conn, where) == VERSION


def upgrade(conn: Connection, where: str, make: bool, until: int = VERSION) -> None:
    """Bring a database to a version, in the caller's transaction: all steps or none.

    Raises UsageError when it is empty and may not be made, ConfigError when it is not ours or of the future.
    """
    here = _version(conn, where)
    if here == until:
        return
    if here > VERSION:
        raise ConfigError(
            f"made by a later Glasshouse (schema {here}, this one knows {VERSION})",
            where,
            "upgrade Glasshouse",
        )
    if here == 0 and not make:
        raise UsageError("no decisions here yet", where, "glasshouse triage makes them")
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN:d})")
        here = _version(conn, where)  # somebody else may have made it while we waited
    for step in range(here, until):
        for statement in statements(step, conn.dialect.name):
            conn.exec_driver_sql(statement)
        _put_version(conn, step + 1)


def _version(conn: Connection, where: str) -> int:
    try:
        return version(conn)
    except (NoResultFound, ValueError):
        raise ConfigError(
            "another program's table meta is in this database", where, "give Glasshouse one of its own"
        ) from None


def _put_version(conn: Connection, number: int) -> None:
    conn.execute(meta.delete().where(meta.c.name == "version"))
    conn.execute(meta.insert().values(name="version", value=str(number)))
