"""An SQLite database of any earlier version in, the same database at the present version out."""

from __future__ import annotations

import sqlite3

from glasshouse.errors import ConfigError

# Migration n brings a database from version n to n + 1. Never change one that was released: append.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
        """CREATE TABLE batches (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            state TEXT NOT NULL CHECK (state IN ('planned', 'done')),
            lookups INTEGER NOT NULL DEFAULT 0)""",
        """CREATE TABLE files (
            path TEXT PRIMARY KEY, day INTEGER NOT NULL, lookups INTEGER NOT NULL, bytes INTEGER NOT NULL,
            first INTEGER NOT NULL, last INTEGER NOT NULL, last_batch INTEGER NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX files_of_day ON files (day)",
        "CREATE INDEX files_of_batch ON files (last_batch)",
        "CREATE TABLE ids (day INTEGER, uid BLOB, PRIMARY KEY (day, uid)) WITHOUT ROWID",
        """CREATE TABLE inputs (
            id INTEGER PRIMARY KEY, label TEXT NOT NULL, source TEXT NOT NULL, inode TEXT NOT NULL,
            head_size INTEGER NOT NULL, head BLOB NOT NULL, tail BLOB NOT NULL, "offset" INTEGER NOT NULL,
            resume INTEGER NOT NULL, lines INTEGER NOT NULL, layout TEXT NOT NULL)""",
        "CREATE INDEX inputs_by_head ON inputs (head_size, head)",
        "CREATE INDEX inputs_by_label ON inputs (label)",
        "CREATE INDEX inputs_by_inode ON inputs (inode)",
        """CREATE TABLE counts (
            source TEXT PRIMARY KEY, bytes INTEGER NOT NULL, records INTEGER NOT NULL,
            candidates INTEGER NOT NULL, parsed INTEGER NOT NULL, quarantined INTEGER NOT NULL,
            lookups INTEGER NOT NULL, kinds TEXT NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE linked (
            uid BLOB PRIMARY KEY, source TEXT NOT NULL, day INTEGER NOT NULL, time INTEGER NOT NULL,
            changed INTEGER NOT NULL, batch INTEGER NOT NULL, node TEXT NOT NULL,
            first_batch INTEGER NOT NULL, first_node TEXT NOT NULL, lookup TEXT NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX linked_by_node ON linked (node, time) WHERE changed",
        "CREATE INDEX linked_by_batch ON linked (batch)",
        "CREATE INDEX linked_by_source ON linked (source, day)",
        """CREATE TABLE actors (
            season INTEGER, node TEXT, key TEXT NOT NULL, root TEXT NOT NULL, first INTEGER, last INTEGER,
            lookups INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (season, node)) WITHOUT ROWID""",
        "CREATE INDEX actors_by_key ON actors (key, season)",
        "CREATE INDEX actors_by_root ON actors (season, root)",
        """CREATE TABLE firsts (
            node TEXT, database TEXT, time INTEGER NOT NULL, PRIMARY KEY (node, database)) WITHOUT ROWID""",
        "CREATE INDEX firsts_by_time ON firsts (time)",
        """CREATE TABLE relays (
            ip TEXT PRIMARY KEY, asked INTEGER NOT NULL, explained INTEGER NOT NULL,
            folded INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
        """CREATE TABLE relayed (
            uid BLOB PRIMARY KEY, ip TEXT NOT NULL, node TEXT NOT NULL, time INTEGER NOT NULL
            ) WITHOUT ROWID""",
        "CREATE INDEX relayed_by_ip ON relayed (ip, time)",
        """CREATE TABLE alerts (
            id TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('current', 'superseded')),
            status TEXT NOT NULL DEFAULT 'open', settled INTEGER NOT NULL DEFAULT 0, actor TEXT NOT NULL,
            first INTEGER NOT NULL, last INTEGER NOT NULL, level TEXT NOT NULL, score INTEGER NOT NULL,
            record TEXT NOT NULL, successor TEXT, document TEXT NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX alerts_of_actor ON alerts (actor, first)",
        "CREATE INDEX alerts_by_time ON alerts (first)",
    ),
    (
        """CREATE TABLE usage (
            node TEXT, hour INTEGER, database TEXT, view TEXT, lookups INTEGER NOT NULL,
            requests INTEGER NOT NULL, PRIMARY KEY (node, hour, database, view)) WITHOUT ROWID""",
        "CREATE INDEX usage_by_hour ON usage (hour)",
        "CREATE TABLE usage_days (day INTEGER PRIMARY KEY, requests INTEGER NOT NULL)",
        """CREATE TRIGGER usage_in AFTER INSERT ON usage BEGIN
            INSERT INTO usage_days VALUES (new.hour / 24, new.requests)
            ON CONFLICT (day) DO UPDATE SET requests = requests + excluded.requests; END""",
        """CREATE TRIGGER usage_up AFTER UPDATE ON usage BEGIN
            UPDATE usage_days SET requests = requests + new.requests - old.requests
            WHERE day = new.hour / 24; END""",
        """CREATE TRIGGER usage_out AFTER DELETE ON usage BEGIN
            UPDATE usage_days SET requests = requests - old.requests WHERE day = old.hour / 24; END""",
        "DELETE FROM meta WHERE name = 'rules'",  # the next detection counts what is already here
    ),
    (
        """CREATE TABLE surveys (
            id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, origin TEXT NOT NULL)""",
        """CREATE TABLE survey_files (
            path TEXT PRIMARY KEY, survey INTEGER NOT NULL REFERENCES surveys (id), folder TEXT NOT NULL,
            count INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE exposed_findings (
            finding TEXT PRIMARY KEY, technique TEXT NOT NULL, databases TEXT NOT NULL, rank INTEGER NOT NULL,
            about TEXT NOT NULL, says TEXT NOT NULL) WITHOUT ROWID""",
        """CREATE TABLE exposed_places (
            place TEXT, finding TEXT, PRIMARY KEY (place, finding)) WITHOUT ROWID""",
        """CREATE TABLE exposed_known (
            place TEXT, value TEXT, shows TEXT NOT NULL, answered TEXT NOT NULL,
            PRIMARY KEY (place, value)) WITHOUT ROWID""",
        """CREATE TABLE exposed_failed (
            value TEXT, source INTEGER, reason TEXT NOT NULL, PRIMARY KEY (value, source)) WITHOUT ROWID""",
    ),
)
VERSION = len(MIGRATIONS)


def version(db: sqlite3.Connection) -> int:
    """The schema version of a database; 0 when it is empty."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def upgrade(db: sqlite3.Connection, where: str) -> None:
    """Bring the database to the present version, all steps or none; ConfigError when it is of the future."""
    here = version(db)
    if here > VERSION:
        raise ConfigError(
            f"made by a later Glasshouse (schema {here}, this one knows {VERSION})",
            where,
            "upgrade Glasshouse",
        )
    if here == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version(db), VERSION):
            for statement in MIGRATIONS[number]:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number + 1:d}")
        db.execute("COMMIT")
    except sqlite3.Error:
        if db.in_transaction:  # a full disk makes SQLite roll back by itself
            db.execute("ROLLBACK")
        raise
