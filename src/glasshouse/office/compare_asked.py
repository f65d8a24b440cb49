"""What people asked for and allowed, and the trail, in; what was changed behind its back out."""

from __future__ import annotations

from sqlalchemy import Connection, select

from glasshouse.office import tables
from glasshouse.office.compared import Compared, Row, rows_of, stranger
from glasshouse.office.rows import sha, text_sha
from glasshouse.office.told import Sealed, Told, case_number


def uses(conn: Connection, said: Told, found: Compared) -> None:
    """Entries of the register as they stand, and what happened to each."""
    here = set()
    for row in rows_of(conn, tables.uses):
        here.add(row["id"])
        added, ended = said.uses.get((row["id"], "add")), said.uses.get((row["id"], "end"))
        newest = ended or added
        if newest is None:
            stranger(said, found, "uses", row["added"], f"entry {row['id']} of the register")
            continue
        found.rows += 1
        end = (ended.entry.time, ended.entry.actor) if ended else (None, None)
        right = newest.details.get("entry_sha256") == text_sha(row["document"])
        right &= row["state"] == ("ended" if ended else "active") and end == (row["ended"], row["ended_by"])
        if added:
            right &= (added.entry.time, added.entry.actor) == (row["added"], row["added_by"])
        if not right:
            found.tell(newest.entry.seq, "edited", f"entry {row['id']} of the register is another")
    events = {(row["use_id"], row["kind"]): row for row in rows_of(conn, tables.use_events)}
    for key, row in events.items():
        _use_event(said, found, row, said.uses.get(key))
    for name, kind in sorted(
        said.uses.keys() - events.keys() | {key for key in said.uses if key[0] not in here}
    ):
        found.tell(
            said.uses[name, kind].entry.seq, "deleted", f"entry {name} of the register is missing ({kind})"
        )


def _use_event(said: Told, found: Compared, row: Row, sealed: Sealed | None) -> None:
    what = f"what happened to entry {row['use_id']} of the register ({row['kind']})"
    if sealed is None:
        return stranger(said, found, "use_events", row["time"], what)
    found.rows += 1
    if sealed.sha256 is None:
        found.blind("use_events")  # the reason is not in the trail
        right = sealed.details.get("entry_sha256") == text_sha(row["document"])
        right &= (sealed.entry.time, sealed.entry.actor) == (row["time"], row["actor"])
    else:
        right = sealed.sha256 == sha(row)
    if not right:
        found.tell(sealed.entry.seq, "edited", f"{what} is not what was written")
    return None


def unmasks(conn: Connection, said: Told, found: Compared) -> None:
    """Requests to unmask and their steps; those of a case go with it."""
    cases = set(conn.execute(select(tables.cases.c.number)).scalars())
    here = {row["number"]: row for row in rows_of(conn, tables.unmasks)}
    for number, row in here.items():
        sealed = said.requests.get(number)
        explicit = (row["token"], row["requester"], row["made"], f"C-{row['case_number']}", row["until"])
        _sealed_row(said, found, "unmasks", row, sealed, f"request U-{number}", row["made"], explicit)
    steps = {(row["request"], row["number"]): row for row in rows_of(conn, tables.unmask_steps)}
    for (number, at), row in steps.items():
        sealed = said.steps.get(number, {}).get(at)
        about = here.get(number)
        token, case = (about["token"], f"C-{about['case_number']}") if about else ("", "")
        stated = (token, row["actor"], row["time"], case, row["until"])
        what = f"step {at} of request U-{number}"
        _sealed_row(said, found, "unmask_steps", row, sealed, what, row["time"], stated)
    wanted = {(n, 0): one for n, one in said.requests.items() if n not in here}
    wanted |= {
        (n, at): one for n, each in said.steps.items() for at, one in each.items() if (n, at) not in steps
    }
    for (number, at), sealed in sorted(wanted.items(), key=lambda one: one[0]):
        case = str(sealed.details.get("case"))
        erased = said.erased.get(case)
        removed = erased is not None and erased.entry.seq > sealed.entry.seq
        if case_number(case) in cases and not removed:
            what = f"step {at} of request U-{number}" if at else f"request U-{number}"
            found.tell(sealed.entry.seq, "deleted", f"{what} is missing")


def deeds(conn: Connection, said: Told, found: Compared) -> None:
    """Decisions about what is public: nothing removes them at a time of theirs."""
    here = {row["number"]: row for row in rows_of(conn, tables.exposure_events)}
    for number, row in here.items():
        sealed, what = said.deeds.get(number), f"decision {number} about what is public"
        _sealed_row(said, found, "exposure_events", row, sealed, what, row["time"], ())
    for number in sorted(said.deeds.keys() - here.keys()):
        seq = said.deeds[number].entry.seq
        found.tell(seq, "deleted", f"decision {number} about what is public is missing")


def _sealed_row(
    said: Told,
    found: Compared,
    table: str,
    row: Row,
    sealed: Sealed | None,
    what: str,
    time: int,
    explicit: tuple[object, ...],
) -> None:
    if sealed is None:
        return stranger(said, found, table, time, what)
    found.rows += 1
    entry, details = sealed.entry, sealed.details
    if sealed.sha256 is None:
        found.blind(table)
        stated = (entry.subject, entry.actor, entry.time, details.get("case"), details.get("until"))
        right = stated == explicit
    else:
        right = sealed.sha256 == sha(row)
    if not right:
        found.tell(entry.seq, "edited", f"{what} is not what was written")
    return None
