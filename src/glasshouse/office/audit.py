"""Acts in, an append-only trail out: each entry carries the hash of the one before; checked here too."""

from __future__ import annotations

import getpass
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, Row, func, select

from glasshouse.errors import UsageError
from glasshouse.office.documents import cleaned, one_line
from glasshouse.office.tables import audit

START = "0" * 64  # what the first entry follows
_PAGE = 2000  # entries read at a time
US = "glasshouse"  # the actor when no person did it
Plain = str | int | bool | None
Details = Mapping[str, Plain | Sequence[Plain] | Mapping[str, Plain]]
ACTS: dict[str, str] = {
    "decide": "an alert was judged, and the decision is new or another than before",
    "judge": "an alert was judged anew, with the same decision",
    "override": "a person put another decision in place",
    "override-lapsed": "new evidence: the decision of a person no longer holds",
    "open-case": "a case was opened",
    "assign": "a case was given to somebody",
    "comment": "somebody wrote into a case",
    "link": "an alert was put into a case",
    "task": "a step of a playbook was done, or is to be done again",
    "new-evidence": "an alert of a case gained lookups",
    "hand-over": "an alert took the place of another in its case",
    "close": "a case was closed",
    "reopen": "a case was opened again",
    "register-add": "an entry came into the use register",
    "register-end": "an entry of the use register was ended",
    "register-changed": "a file of the use register is another than before",
    "tune": "a rule was narrowed",
    "tune-undo": "a narrowing was taken back",
    "contain": "artefacts for containment were written",
    "notice-dead": "a notice could not be delivered and is not tried again",
    "notice-revived": "an undeliverable notice is tried again",
    "adopt": "a name or address was found to be ours",
    "disown": "a name or address was found not to be ours",
    "forget": "an adoption or disowning was taken back",
    "accept": "somebody bears the risk of an exposure, until a day",
    "accept-end": "a risk is borne no longer",
    "review": "what is public about us was looked through",
    "unmask-request": "somebody asked to see an identity",
    "unmask-approve": "a second person allowed it",
    "unmask-refuse": "a second person refused it",
    "unmask-view": "an identity was shown",
    "break-glass": "an identity was shown before a second person allowed it",
    "hold": "a case and what it rests on is kept beyond its time",
    "hold-end": "a case is no longer kept beyond its time",
    "personal-report": "what is held about one pseudonym was put together",
    "erase": "what is held about one pseudonym was erased",
    "purge": "what was older than its time was removed",
    "settings": "a setting was changed",
    "export": "something left the house",
    "stamp": "a time-stamp authority's reply was kept",
}
_NEWEST = select(audit).order_by(audit.c.seq.desc()).limit(1)
_ADD = audit.insert()
_OS_USER = re.compile(r"[^\w.@\\+-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the trail; ``details`` is canonical JSON text."""

    seq: int
    time: int
    actor: str
    act: str
    subject: str
    details: str
    previous: str
    hash: str


def canonical(value: object) -> bytes:
    """The one JSON form that is hashed: keys sorted, no spaces, UTF-8; numbers are whole.

    Equal to what Python writes with ``json.dumps(value, sort_keys=True, ensure_ascii=False,
    separators=(",", ":"))``.
    """
    _check(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest(entry: Entry) -> str:
    """SHA-256, in hexadecimal, over the canonical JSON of everything but the hash itself."""
    return _digest(
        entry.seq, entry.time, entry.actor, entry.act, entry.subject, entry.details, entry.previous
    )


def who(said: str | None = None) -> str:
    """Who acts: the name said with ``--as``, or the account of the operating system."""
    if said and said.strip():
        return one_line(said)[:200]
    try:
        return _OS_USER.sub("_", getpass.getuser()) or "unknown"
    except (OSError, KeyError, ImportError):  # no such user in this container
        return "unknown"


def append(
    conn: Connection, *, act: str, subject: str, actor: str, now: int, details: Details | None = None
) -> Entry:
    """Add one entry, inside the transaction of the act it records, so that neither is without the other.

    ``details`` hold no names or URLs where identities are pseudonymised: the trail outlives the facts.
    """
    entry = following(last(conn), act=act, subject=subject, actor=actor, now=now, details=details)
    put(conn, [entry])
    return entry


def following(
    newest: Entry | None, *, act: str, subject: str, actor: str, now: int, details: Details | None = None
) -> Entry:
    """The entry that follows the newest one; not in the trail until it is ``put`` there."""
    if act not in ACTS:
        raise ValueError(f"no act {act!r} in audit.ACTS")
    seq, previous = (newest.seq + 1, newest.hash) if newest else (1, START)
    text = canonical(cleaned(dict(details or {}))).decode()
    actor, subject = one_line(actor), one_line(subject)
    return Entry(
        seq=seq, time=now, actor=actor, act=act, subject=subject, details=text, previous=previous,
        hash=_digest(seq, now, actor, act, subject, text, previous),
    )  # fmt: skip


def put(conn: Connection, new: Sequence[Entry]) -> None:
    """Add entries that follow the newest one and each other."""
    conn.execute(_ADD, [{name: getattr(entry, name) for name in entry.__slots__} for entry in new])


def entries(
    conn: Connection, since: int = 1, subject: str | None = None, until: int | None = None
) -> Iterator[Entry]:
    """The trail from entry number ``since`` to ``until`` in order, or only what concerns one subject."""
    wanted = select(audit).order_by(audit.c.seq).limit(_PAGE)
    if subject is not None:
        wanted = wanted.where(audit.c.subject == subject)
    if until is not None:
        wanted = wanted.where(audit.c.seq <= until)
    while rows := conn.execute(wanted.where(audit.c.seq >= since)).all():
        yield from map(_entry, rows)
        since = rows[-1].seq + 1


def last(conn: Connection) -> Entry | None:
    """The newest entry."""
    row = conn.execute(_NEWEST).first()
    return _entry(row) if row else None


def count(conn: Connection) -> int:
    """How many entries there are."""
    return int(conn.execute(select(func.count()).select_from(audit)).scalar_one())


def entry_of(said: Mapping[str, object]) -> Entry:
    """An entry from one line of an export; UsageError when it is none."""
    names = {"seq": int, "time": int} | dict.fromkeys(
        ("actor", "act", "subject", "details", "previous", "hash"), str
    )
    if said.keys() != names.keys() or any(type(said[name]) is not kind for name, kind in names.items()):
        raise UsageError("not an entry of an audit trail")
    return Entry(**said)  # type: ignore[arg-type]


def line_of(entry: Entry) -> bytes:
    """An entry as one line of an export."""
    return canonical({name: getattr(entry, name) for name in entry.__slots__}) + b"\n"


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    return Entry(**row._mapping)


def _digest(*values: str | int) -> str:
    names = ("seq", "time", "actor", "act", "subject", "details", "previous")
    return hashlib.sha256(canonical(dict(zip(names, values, strict=True)))).hexdigest()


def _check(value: object) -> None:
    if isinstance(value, Mapping):
        for key, one in value.items():
            _check(key)
            _check(one)
    elif isinstance(value, list | tuple):
        for one in value:
            _check(one)
    elif isinstance(value, float):
        raise TypeError("no fractions in the audit trail: they have more than one spelling")
