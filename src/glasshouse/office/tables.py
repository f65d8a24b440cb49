"""Nothing in, the tables of the present version out, as SQLAlchemy writes its queries with; no ORM."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

_META = MetaData()


def _table(name: str, said: str) -> Table:
    """``time!`` is a number, ``id`` a text, a name with ``?`` may be empty; ``*`` marks the key."""
    columns: list[Column[Any]] = []
    for word in said.split():
        bare = word.rstrip("!?*")
        columns.append(
            Column(bare, BigInteger if "!" in word else Text, primary_key="*" in word, nullable="?" in word)
        )
    return Table(name, _META, *columns)


meta = _table("meta", "name* value")
purging = _table("purging", "made! actor why")
audit = _table("audit", "seq!* time! actor act subject details previous hash")
stamps = _table("stamps", "seq!* number!* hash kept! stamped! reply")
alerts = _table(
    "alerts",
    "id* first! last! actor level score! decision decision_row override? knowledge evidence grown! judged! "
    "changed! successor? alert episode verdict answers decided",
)
decisions = _table(
    "decisions",
    "alert* number!* time! actor decision decision_row score! knowledge evidence changes reason",
)
cases = _table(
    "cases",
    "number!* state title assignee? opened! changed! closed!? classification? reason_code? follows!?",
)
case_alerts = _table("case_alerts", "case_number!* alert* linked! grown! present!")
case_events = _table("case_events", "case_number!* number!* time! actor kind says text audit_seq!")
case_tasks = _table("case_tasks", "case_number!* number!* playbook step kind asks state actor? changed! note")
outbox = _table("outbox", "key* alert decision channel body made! due! tries! state why sent!?")
uses = _table("uses", "id* state added! added_by ended!? ended_by? document")
use_events = _table("use_events", "use_id* number!* time! actor kind reason document")
unmasks = _table("unmasks", "number!* token case_number! requester person reason made! until! glass!")
unmask_steps = _table("unmask_steps", "request!* number!* time! actor person kind until!?")
holds = _table("holds", "case_number!* owner reason until! made! made_by")
exposure_events = _table("exposure_events", "number!* time! actor kind type subject owner reason until!?")
seen = _table("seen", "path* fingerprint time!")
ALL: tuple[Table, ...] = tuple(_META.tables.values())
