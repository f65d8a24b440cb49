"""A token and a case in; the request to see who it is, its approval by another, and the name, out."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from glasshouse import config, settings
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow_notify import named
from glasshouse.flow_privacy import kept_keys, plain, protected
from glasshouse.office import audit, case_work, cases, kept, outbox, store, unmask
from glasshouse.office.automatic import Settled
from glasshouse.office.documents import text_of
from glasshouse.office.unmask import Request
from glasshouse.pseudonyms import TOKEN, Kind, token
from glasshouse.report.masks import Protected
from glasshouse.report.named import groups
from glasshouse.report.notice import Notice
from glasshouse.verdicts import Triaged

_SWITCH, _MINUTE = "privacy.pseudonymise", 60_000_000
OFFICER = "officer"  # the channel for the privacy officer, if one of that name is in the settings


@dataclass(frozen=True, slots=True)
class Identity:
    """Who stands behind a token: as logs spell it, and every token that stands for it."""

    kind: Kind
    names: tuple[str, ...]
    tokens: frozenset[str]
    protected: bool


def ask(
    options: Options, said: str, case: str, reason: str, who: str, now: int, glass: bool = False
) -> Request:
    """Ask to see who stands behind a token. Of every break-glass and of protected people the officer is told.

    Raises UsageError for a token that is not in the case, and for protected people: they are never shown.
    """
    privacy = options.settings.privacy
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.transaction() as conn,
    ):
        name = cases.get_case(conn, case).name
        one = identity(conn, options, said, case)
        if not one.protected:
            hours = privacy.unmask_hours
            made = unmask.request(conn, said, one.tokens, case, who, reason, now, hours, glass)
            if glass:
                words = f"{who} may see {said} of {name} before a second person allowed it"
                _tell_officer(conn, options, made.name, words, name, now)
            return made
        _tell_officer(
            conn, options, f"{said} {now}", f"{who} asked for {said} of {name}: protected", name, now
        )
        details: audit.Details = {"case": name, "why": "protected"}
        audit.append(conn, act="unmask-refuse", subject=said, actor=who, now=now, details=details)
    officer = privacy.officer or "the privacy officer"
    raise UsageError("protected: never shown; the officer was told", said, f"speak with {officer}")


def note_uncovered(options: Options, who: str, now: int) -> None:
    """An entry of the trail when a variable of the environment shows the names that the settings cover.

    A command asks more than once: within a minute, one entry is enough.
    """
    home = config.home(options.home)
    if options.settings.privacy.pseudonymise or not (home / "glasshouse.db").exists():
        return
    if not settings.load(home, options.settings_file, {}).privacy.pseudonymise:
        return
    by = settings.origins(home, options.settings_file).get(_SWITCH, "")
    with store.opened(options.settings, home) as office, office.transaction() as conn:
        last = audit.last(conn)
        if last and (last.subject, last.actor) == (_SWITCH, who) and now - last.time < _MINUTE:
            return
        details: audit.Details = {"from": True, "to": False, "by": by}
        audit.append(conn, act="settings", subject=_SWITCH, actor=who, now=now, details=details)


def to_officer(
    conn: Connection, options: Options, guarded: Protected, judged: Triaged, settled: Settled
) -> None:
    """Give a case that was just opened about protected people to the officer."""
    officer = options.settings.privacy.officer
    if settled.did not in ("opened", "followed") or settled.case is None or not officer:
        return
    if any(guarded(kind, name) for story in groups(judged) for kind, name in story):
        case_work.assign(conn, settled.case.number, officer, audit.US, settled.case.opened)


def approve(options: Options, said: str, who: str, now: int) -> Request:
    """A second person allows a request."""
    number = unmask.number_of(said)
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.transaction() as conn,
    ):
        had = unmask.get(conn, number, now)
        one = identity(conn, options, had.token, cases.name_of(had.case_number))
        return unmask.approve(conn, number, one.tokens, who, now, options.settings.privacy.unmask_hours)


def refuse(options: Options, said: str, who: str, now: int) -> Request:
    """Somebody refuses a request."""
    number = unmask.number_of(said)
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.transaction() as conn,
    ):
        return unmask.refuse(conn, number, who, now)


def show(options: Options, said: str, case: str, who: str, now: int) -> tuple[Request, Identity]:
    """The name behind a token, while a request of this person for this case allows it."""
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.transaction() as conn,
    ):
        one = identity(conn, options, said, case)
        if one.protected:
            raise UsageError("protected: never shown", said, "speak with the privacy officer")
        return unmask.view(conn, one.tokens, case, who, now), one


def listed(options: Options, now: int) -> tuple[Request, ...]:
    """All requests, the newest first."""
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.reading() as conn,
    ):
        return unmask.listed(conn, now)


def granted(conn: Connection, options: Options, case: str, who: str, now: int) -> frozenset[tuple[Kind, str]]:
    """The names a person may see now, for one case; none that is protected."""
    found: set[tuple[Kind, str]] = set()
    for one in unmask.granted(conn, case, who, now):
        seen = identity(conn, options, one.token, case)
        if not seen.protected:
            found |= {(seen.kind, plain(seen.kind, name)) for name in seen.names}
    return frozenset(found)


def identity(conn: Connection, options: Options, said: str, case: str) -> Identity:
    """Who of a case stands behind a token of any quarter whose key is kept; UsageError when nobody does."""
    said = said.strip().lower()
    if not TOKEN.fullmatch(said):
        raise UsageError(f"{said!r} is no token", "", "a token looks like user-7k2m9q4z")
    is_protected = protected(options.settings)
    keys = kept_keys(options).values()
    found: dict[tuple[Kind, str], set[str]] = {}
    guarded = False
    for story in _stories(conn, case):
        mine = [
            (kind, name)
            for kind, name in story
            if said in {token(key, kind, plain(kind, name)) for key in keys}
        ]
        for kind, name in mine:
            found.setdefault((kind, plain(kind, name)), set()).add(name)
        guarded |= bool(mine and is_protected and any(is_protected(kind, name) for kind, name in story))
    if len(found) != 1:
        what = (
            "more than one identity has this token" if found else f"not in {cases.get_case(conn, case).name}"
        )
        raise UsageError(what, said, "glasshouse case show shows the tokens of a case")
    (kind, bare), names = found.popitem()
    tokens = frozenset(token(key, kind, bare) for key in keys) | {said}
    return Identity(kind, tuple(sorted(names)), tokens, guarded)


def _stories(conn: Connection, case: str) -> list[list[tuple[Kind, str]]]:
    """The names of each alert of a case."""
    alerts = [kept.get(conn, name).triaged for name in cases.get_case(conn, case).alerts]
    return [list(group) for one in alerts for group in groups(one)]


def _tell_officer(conn: Connection, options: Options, key: str, words: str, case: str, now: int) -> None:
    channels = named(options.settings.notify)
    officer = options.settings.privacy.officer or "the privacy officer"
    for channel in [OFFICER] if OFFICER in channels or not channels else channels:
        occasion = f"unmask {key}"
        made = Notice(
            id=outbox.key_of(case, "break-glass", channel, occasion), time=now, kind="case",
            title=f"For {officer}: {words}", level="high", case=case,
            lines=("glasshouse unmask list shows who asked, why and until when.",),
        )  # fmt: skip
        outbox.put(
            conn, alert=case, decision="break-glass", channel=channel, body=text_of(made), now=now,
            occasion=occasion,
        )  # fmt: skip
