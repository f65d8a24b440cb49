"""Nothing in, the steps that lead to the present tables out, for SQLite and for PostgreSQL."""
# ruff: noqa: S608 -- names of tables and columns stand in this file

from __future__ import annotations

# Step n brings a database from version n to n + 1. Never change one that was released: append.
# Plain SQL both databases understand: BIGINT for numbers and times (microseconds), TEXT for all else.
STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE purging (made BIGINT NOT NULL, actor TEXT NOT NULL, why TEXT NOT NULL)",
        """CREATE TABLE audit (
            seq BIGINT PRIMARY KEY, time BIGINT NOT NULL, actor TEXT NOT NULL, act TEXT NOT NULL,
            subject TEXT NOT NULL, details TEXT NOT NULL, previous TEXT NOT NULL UNIQUE,
            hash TEXT NOT NULL UNIQUE)""",
        "CREATE INDEX audit_of_subject ON audit (subject, seq)",
        """CREATE TABLE stamps (
            seq BIGINT NOT NULL, number BIGINT NOT NULL, hash TEXT NOT NULL, kept BIGINT NOT NULL,
            stamped BIGINT NOT NULL, reply TEXT NOT NULL, PRIMARY KEY (seq, number))""",
        """CREATE TABLE alerts (
            id TEXT PRIMARY KEY, first BIGINT NOT NULL, last BIGINT NOT NULL, actor TEXT NOT NULL,
            level TEXT NOT NULL, score BIGINT NOT NULL, decision TEXT NOT NULL, decision_row TEXT NOT NULL,
            override TEXT, knowledge TEXT NOT NULL, evidence TEXT NOT NULL, grown BIGINT NOT NULL,
            judged BIGINT NOT NULL, changed BIGINT NOT NULL, successor TEXT, alert TEXT NOT NULL,
            episode TEXT NOT NULL, verdict TEXT NOT NULL, answers TEXT NOT NULL, decided TEXT NOT NULL)""",
        "CREATE INDEX alerts_by_score ON alerts (score, first)",
        "CREATE INDEX alerts_by_time ON alerts (last)",
        "CREATE INDEX alerts_by_successor ON alerts (successor)",
        "CREATE INDEX alerts_of_actor ON alerts (actor)",
        """CREATE TABLE decisions (
            alert TEXT NOT NULL, number BIGINT NOT NULL, time BIGINT NOT NULL, actor TEXT NOT NULL,
            decision TEXT NOT NULL, decision_row TEXT NOT NULL, score BIGINT NOT NULL,
            knowledge TEXT NOT NULL, evidence TEXT NOT NULL, changes TEXT NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (alert, number))""",
        """CREATE TABLE cases (
            number BIGINT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('open', 'assigned', 'closed')),
            title TEXT NOT NULL, assignee TEXT, opened BIGINT NOT NULL, changed BIGINT NOT NULL,
            closed BIGINT, classification TEXT, reason_code TEXT, follows BIGINT,
            CHECK ((state = 'closed') = (classification IS NOT NULL)),
            CHECK ((state = 'closed') = (reason_code IS NOT NULL)))""",
        "CREATE INDEX cases_by_state ON cases (state, changed)",
        """CREATE TABLE case_alerts (
            case_number BIGINT NOT NULL REFERENCES cases (number), alert TEXT NOT NULL REFERENCES alerts (id),
            linked BIGINT NOT NULL, grown BIGINT NOT NULL, present BIGINT NOT NULL,
            PRIMARY KEY (case_number, alert))""",
        "CREATE UNIQUE INDEX case_of_alert ON case_alerts (alert) WHERE present = 1",
        """CREATE TABLE case_events (
            case_number BIGINT NOT NULL REFERENCES cases (number), number BIGINT NOT NULL,
            time BIGINT NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL, says TEXT NOT NULL,
            text TEXT NOT NULL, audit_seq BIGINT NOT NULL, PRIMARY KEY (case_number, number))""",
        """CREATE TABLE case_tasks (
            case_number BIGINT NOT NULL REFERENCES cases (number), number BIGINT NOT NULL,
            playbook TEXT NOT NULL, step TEXT NOT NULL, kind TEXT NOT NULL, asks TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('to-do', 'done', 'not-needed')), actor TEXT,
            changed BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (case_number, number))""",
        "CREATE UNIQUE INDEX task_of_step ON case_tasks (case_number, playbook, step)",
        """CREATE TABLE outbox (
            key TEXT PRIMARY KEY, alert TEXT NOT NULL, decision TEXT NOT NULL, channel TEXT NOT NULL,
            body TEXT NOT NULL, made BIGINT NOT NULL, due BIGINT NOT NULL, tries BIGINT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')), why TEXT NOT NULL,
            sent BIGINT)""",
        "CREATE INDEX outbox_by_due ON outbox (state, due)",
        """CREATE TABLE uses (
            id TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('active', 'ended')),
            added BIGINT NOT NULL, added_by TEXT NOT NULL, ended BIGINT, ended_by TEXT,
            document TEXT NOT NULL)""",
        """CREATE TABLE use_events (
            use_id TEXT NOT NULL, number BIGINT NOT NULL, time BIGINT NOT NULL, actor TEXT NOT NULL,
            kind TEXT NOT NULL, reason TEXT NOT NULL, document TEXT NOT NULL,
            PRIMARY KEY (use_id, number))""",
        "CREATE TABLE seen (path TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, time BIGINT NOT NULL)",
    ),
    (
        """CREATE TABLE unmasks (
            number BIGINT PRIMARY KEY, token TEXT NOT NULL, case_number BIGINT NOT NULL,
            requester TEXT NOT NULL, person TEXT NOT NULL, reason TEXT NOT NULL, made BIGINT NOT NULL,
            until BIGINT NOT NULL, glass BIGINT NOT NULL)""",
        "CREATE INDEX unmasks_of_token ON unmasks (token)",
        "CREATE INDEX unmasks_of_case ON unmasks (case_number)",
        """CREATE TABLE unmask_steps (
            request BIGINT NOT NULL REFERENCES unmasks (number), number BIGINT NOT NULL, time BIGINT NOT NULL,
            actor TEXT NOT NULL, person TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('approve', 'refuse', 'view')), until BIGINT,
            PRIMARY KEY (request, number))""",
        """CREATE TABLE holds (
            case_number BIGINT PRIMARY KEY, owner TEXT NOT NULL, reason TEXT NOT NULL, until BIGINT NOT NULL,
            made BIGINT NOT NULL, made_by TEXT NOT NULL)""",
    ),
    (
        """CREATE TABLE exposure_events (
            number BIGINT PRIMARY KEY, time BIGINT NOT NULL, actor TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (
                kind IN ('adopt', 'disown', 'forget', 'accept', 'accept-end', 'review')),
            type TEXT NOT NULL, subject TEXT NOT NULL, owner TEXT NOT NULL, reason TEXT NOT NULL,
            until BIGINT)""",
        "CREATE INDEX exposure_events_of_subject ON exposure_events (subject, number)",
    ),
)

# Rows of these are written once. Each with its key: SQLite's INSERT OR REPLACE would delete unseen.
# (step that made it, table, columns of its key)
WRITTEN_ONCE: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (1, "audit", ("seq",)),
    (1, "stamps", ("seq", "number")),
    (1, "decisions", ("alert", "number")),
    (1, "case_events", ("case_number", "number")),
    (1, "use_events", ("use_id", "number")),
    (2, "unmasks", ("number",)),
    (2, "unmask_steps", ("request", "number")),
    (3, "exposure_events", ("number",)),
)
_START = "0" * 64
_LAST = f"COALESCE((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), '{_START}')"
_NEXT = "COALESCE((SELECT max(seq) FROM audit), 0) + 1"
_FORKED = "does not follow the last entry of the audit trail"


def statements(step: int, dialect: str) -> tuple[str, ...]:
    """All that a step does in a dialect: ``sqlite`` or ``postgresql``. Steps count from 0."""
    once = [(table, key) for made, table, key in WRITTEN_ONCE if made == step + 1]
    if dialect == "sqlite":
        guards = [one for table, key in once for one in _sqlite(table, key)]
        guards += [_SQLITE_CHAIN] if step == 0 else []
    else:
        guards = list(_POSTGRES_FUNCTIONS) if step == 0 else []
        guards += [one for table, _ in once for one in _postgres(table)]
        guards += [_POSTGRES_CHAIN] if step == 0 else []
    return (*STEPS[step], *guards)


def _sqlite(table: str, key: tuple[str, ...]) -> tuple[str, ...]:
    same = " AND ".join(f"{name} = NEW.{name}" for name in key)
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is written once'); END"
    return (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
        f"WHEN NOT EXISTS (SELECT 1 FROM purging) {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}",
    )


_SQLITE_CHAIN = (
    "CREATE TRIGGER audit_follows BEFORE INSERT ON audit "
    f"WHEN NEW.previous <> {_LAST} OR NEW.seq <> {_NEXT} "
    f"BEGIN SELECT RAISE(ABORT, '{_FORKED}'); END"
)
_POSTGRES_FUNCTIONS = (
    """CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM purging) THEN RETURN OLD; END IF;
        RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is written once';
    END $$""",
    f"""CREATE FUNCTION audit_follows() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF NEW.previous <> {_LAST} OR NEW.seq <> {_NEXT} THEN
            RAISE EXCEPTION USING MESSAGE = '{_FORKED}';
        END IF;
        RETURN NEW;
    END $$""",
)
_POSTGRES_CHAIN = (
    "CREATE TRIGGER audit_follows BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_follows()"
)


def _postgres(table: str) -> tuple[str, ...]:
    return (
        f"CREATE TRIGGER {table}_written_once BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION written_once()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION written_once()",
    )
