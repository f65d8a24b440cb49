"""A token, a case and a reason in; who asked, which other person allowed it and until when, out.

Nothing here knows a name: whoever calls finds the person behind a token and gives all tokens that ever
stood for that person, so that a new quarter's token is no way around the second person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Row, func, select

from glasshouse.errors import UsageError
from glasshouse.office import audit, meta
from glasshouse.office.cases import get_case, name_of
from glasshouse.office.documents import lines, one_line
from glasshouse.office.rows import mark
from glasshouse.office.tables import unmask_steps, unmasks

HOUR = 3_600_000_000
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols that show nothing
State = Literal["asked", "approved", "refused", "break-glass", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to see who stands behind a token, as it is now; ``until`` is when that ends."""

    number: int
    token: str
    case_number: int
    requester: str
    person: str  # the requester, as ``person`` spells them
    reason: str
    made: int
    glass: bool
    state: State
    until: int
    decided_by: str | None
    views: int

    @property
    def name(self) -> str:
        """What people call it: ``U-3``."""
        return f"U-{self.number:d}"


def person(said: str) -> str:
    """One spelling for one person: ``EXAMPLE\\jdoe``, ``J.Doe+x@example.com`` and ``j doe`` are one.

    Accounts of one name in two domains are taken for one person, and so are those that differ in dots, in
    accents or in what stands behind a plus: rather too few second persons than one who is the first.
    UsageError when nothing is left.
    """
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", said).casefold())
    seen = "".join(one for one in text if unicodedata.category(one)[0] not in "CMZ" and one not in _BLANK)
    bare = seen.replace("/", "\\").rsplit("\\", 1)[-1].split("@", 1)[0].strip("'\"<>.,;")
    bare = unicodedata.normalize("NFKC", bare[:1] + bare[1:].split("+", 1)[0]).replace(".", "")
    if not bare:
        raise UsageError(f"{one_line(said)!r} names nobody", "--by", "give an account")
    return bare


def request(
    conn: Connection,
    token: str,
    tokens: Collection[str],
    case: str,
    requester: str,
    reason: str,
    now: int,
    hours: int,
    glass: bool = False,
) -> Request:
    """Ask to see who stands behind a token, for one open case. With ``glass`` it is allowed at once.

    UsageError without a reason, for a closed case, or when this person approved about the same identity.
    """
    about, who = get_case(conn, case), person(requester)
    if about.state == "closed":
        raise UsageError(f"{about.name} is closed", token, f"glasshouse case reopen {about.name}")
    if not reason.strip():
        raise UsageError("seeing an identity needs a reason", token, 'say it: --reason "..."')
    if who in _persons(conn, tokens, "approve"):
        raise UsageError(
            "you approved a request about this identity, so you cannot ask", token, "somebody else asks"
        )
    number = meta.following(conn, "unmask")
    row: dict[str, str | int] = {
        "number": number, "token": token, "case_number": about.number, "requester": one_line(requester),
        "person": who, "reason": lines(reason), "made": now, "until": now + hours * HOUR, "glass": int(glass),
    }  # fmt: skip
    conn.execute(unmasks.insert().values(row))
    name = f"U-{number:d}"
    details: audit.Details = {"request": name, "case": about.name, "until": row["until"], **mark(row)}
    act = "break-glass" if glass else "unmask-request"
    audit.append(conn, act=act, subject=token, actor=requester, now=now, details=details)
    return get(conn, number, now)


def approve(
    conn: Connection, number: int, tokens: Collection[str], approver: str, now: int, hours: int
) -> Request:
    """A second person allows a request, for some hours from now; after a break-glass it is a confirmation.

    UsageError when it is too late, was decided, or when this person ever asked about the same identity.
    """
    had, who = _undecided(conn, number, now), person(approver)
    if who == had.person or who in _persons(conn, tokens, "request"):
        raise UsageError(
            "you asked about this identity yourself, so you cannot approve",
            had.name,
            "a second person approves",
        )
    until = had.until if had.glass else now + hours * HOUR
    _step(conn, had, "approve", approver, now, until)
    return get(conn, number, now)


def refuse(conn: Connection, number: int, approver: str, now: int) -> Request:
    """Somebody refuses a request; after a break-glass too: it then ends at once."""
    had = _undecided(conn, number, now)
    _step(conn, had, "refuse", approver, now, None)
    return get(conn, number, now)


def view(conn: Connection, tokens: Collection[str], case: str, viewer: str, now: int) -> Request:
    """The request by which this person may see an identity now, for this case; the look is written down.

    UsageError when there is none, or it ended.
    """
    found = granted(conn, case, viewer, now)
    usable = [one for one in found if one.token in tokens]
    if not usable:
        raise UsageError(
            "nothing allows you to see this identity now",
            get_case(conn, case).name,
            "glasshouse unmask request TOKEN --case C-… --reason …; a second person approves it",
        )
    _step(conn, usable[0], "view", viewer, now, usable[0].until)
    return get(conn, usable[0].number, now)


def granted(conn: Connection, case: str | int, viewer: str, now: int) -> tuple[Request, ...]:
    """What a person may see now, for one case that is open."""
    about, who = get_case(conn, case), person(viewer)
    if about.state == "closed":
        return ()
    mine = (one for one in listed(conn, now, about.number) if one.person == who)
    return tuple(one for one in mine if one.state in ("approved", "break-glass"))


def get(conn: Connection, number: int, now: int) -> Request:
    """One request as it is now; UsageError when there is none."""
    row = conn.execute(select(unmasks).where(unmasks.c.number == number)).first()
    if row is None:
        raise UsageError(f"no request U-{number:d}", "", "glasshouse unmask list")
    return _requests(conn, [row], now)[0]


def number_of(said: str) -> int:
    """The number in ``U-3`` or ``3``; UsageError for anything else."""
    digits = said.strip().upper().removeprefix("U-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise UsageError(f"{said!r} is no request", "", "a request is called U-3; glasshouse unmask list")
    return int(digits)


def listed(conn: Connection, now: int, case_number: int | None = None) -> tuple[Request, ...]:
    """All requests, or those for one case, the newest first."""
    wanted = select(unmasks).order_by(unmasks.c.number.desc())
    if case_number is not None:
        wanted = wanted.where(unmasks.c.case_number == case_number)
    return _requests(conn, conn.execute(wanted).all(), now)


def _undecided(conn: Connection, number: int, now: int) -> Request:
    had = get(conn, number, now)
    if had.decided_by:
        raise UsageError(f"{had.decided_by} decided about it", had.name, "ask again where it is still needed")
    if had.state == "ended" and not had.glass:
        raise UsageError("it is too old to be decided", had.name, "ask again")
    return had


def _step(conn: Connection, had: Request, kind: str, actor: str, now: int, until: int | None) -> None:
    here = unmask_steps.c.request == had.number
    last = conn.execute(select(func.max(unmask_steps.c.number)).where(here)).scalar()
    row: dict[str, str | int | None] = {
        "request": had.number, "number": (last or 0) + 1, "time": now, "actor": one_line(actor),
        "person": person(actor), "kind": kind, "until": until,
    }  # fmt: skip
    conn.execute(unmask_steps.insert().values(row))
    case = name_of(had.case_number)
    details: audit.Details = {"request": had.name, "case": case, "until": until, **mark(row)}
    audit.append(conn, act=f"unmask-{kind}", subject=had.token, actor=actor, now=now, details=details)


def _persons(conn: Connection, tokens: Collection[str], what: Literal["request", "approve"]) -> set[str]:
    """Who ever asked, or approved, about the identity that these tokens stand for."""
    mine = unmasks.c.token.in_(sorted(tokens))
    if what == "request":
        return set(map(person, conn.execute(select(unmasks.c.person).where(mine)).scalars()))
    steps = select(unmask_steps.c.person).join(unmasks, unmasks.c.number == unmask_steps.c.request)
    found = conn.execute(steps.where(mine, unmask_steps.c.kind == "approve"))
    return set(map(person, found.scalars()))  # anew: an earlier version knew fewer spellings


def _requests(conn: Connection, rows: Sequence[Row[tuple[object, ...]]], now: int) -> tuple[Request, ...]:
    numbers = [row.number for row in rows]
    wanted = select(unmask_steps).where(unmask_steps.c.request.in_(numbers)).order_by(unmask_steps.c.number)
    steps: dict[int, list[Row[tuple[object, ...]]]] = {}
    for step in conn.execute(wanted):
        steps.setdefault(step.request, []).append(step)
    return tuple(_request(row, steps.get(row.number, []), now) for row in rows)


def _request(row: Row[tuple[object, ...]], steps: Sequence[Row[tuple[object, ...]]], now: int) -> Request:
    decided = next((one for one in steps if one.kind != "view"), None)
    until = decided.until if decided and decided.until else row.until
    state: State = "asked"
    if decided and decided.kind == "refuse":
        state = "refused"
    elif now >= until:
        state = "ended"
    elif decided:
        state = "approved"
    elif row.glass:
        state = "break-glass"
    return Request(
        number=row.number, token=row.token, case_number=row.case_number, requester=row.requester,
        person=person(row.person), reason=row.reason, made=row.made, glass=bool(row.glass), state=state,
        until=until,
        decided_by=decided.actor if decided else None, views=sum(one.kind == "view" for one in steps),
    )  # fmt: skip
