"""The settings in, the privacy page out: what is kept about people, why, how long, and who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields

from glasshouse.records import Actor, Lookup
from glasshouse.safe import safe
from glasshouse.settings import Settings

_OF_ACTOR = {
    "user": "the account, as the log spells it",
    "host": "the machine",
    "ip": "its address",
    "process": "the program, with its path",
    "device": "the machine that had the address then, by the leases",
}
_OF_LOOKUP = {
    "time": "when",
    "source, file, position, record_sha256": "where the record stands in which log, and its hash",
    "database, techniques, name, scope": "which open database, by its ATT&CK technique and host",
    "targets": "what was asked about, and whether it is ours",
    "client": "the program: a tool, a browser, a library",
    "key_fingerprint": "a keyed fingerprint of the API key, never the key",
    "requests, bytes_out, bytes_in, packets_out, duration": "how much",
    "via, view, link, ident, proxied, doubt": "how it was seen",
}
_TOKENS = """\
Accounts, machines, inside addresses and the local parts of e-mail addresses are shown as tokens such as
`user-7k2m9q4z`, in every list, page, export, notice and containment text; also inside sentences, paths and
command lines. A token is the beginning of an HMAC-SHA256 under a key that is made anew each quarter and
stays in the home folder (`pseudonyms/`, for its owner's eyes). One person has one token in all logs of a
quarter, however a log spells the account. There is no table from tokens to names: a token is found again
among the names of a case, with the key.

Who can read the files of the home folder can read names: lake and decisions hold them as the logs do, and
so do the use register and the directory, which are files of yours. Tokens protect what is shown and sent.
Names also stand in what `-o` wrote before this was switched on, and in records put in quarantine."""
_NO_TOKENS = """\
Names are shown as the logs spell them. `pseudonymise = true` under `[privacy]` shows tokens instead."""
_PURPOSE = """\
Glasshouse looks for those who search open technical databases about us. It is no record of who browses
what: a log line that is no such search is counted and forgotten. It reports, and takes no measure against
anybody."""
_NOBODY = """\
None. `protected` under `[privacy]` names groups, departments or roles whose members are never shown."""
_PROTECTED = """\
They and what stands with them in one alert are never shown, also where names are. Their cases are given to
the officer when they are opened. `unmask` refuses them and tells the officer. Where the directory cannot be
read, everybody counts as protected."""
_UNMASK = """\
`glasshouse unmask request` needs a token, an open case in which it stands, and a reason. A second person
approves it; whoever asked about somebody can never approve about the same somebody, under whatever token,
nor the other way round. The name is then shown to whoever asked, for this case only, for {hours} hours or
until the case is closed. Each request, approval, refusal and look is an entry of the audit trail, which
knows tokens only. `--break-glass` shows the name at once: {officer} is told at once, and a second person
confirms or refuses afterwards. `glasshouse privacy report` counts all of it by month.

Who somebody is is what `--by` or the operating system says, spelled in one way (`EXAMPLE\\jdoe`,
`JDoe@example.com` and `j doe` are one). Glasshouse does not check passwords: give `unmask` only to
accounts that stand for one person each."""
_PURGE = """\
`glasshouse privacy purge` removes what is past its time; run it every night. Removed is removed: files are
written anew, databases overwrite and compact. The audit trail keeps the proof: how many, from when to
when, and a hash. `purged.jsonl` beside the databases remembers how far purges reached. A database that
does not know the last of them, such as a restored backup, is opened by nothing but the next purge, which
removes the same again. Where the whole home folder was lost, `privacy purge --proof FILE` takes what
`privacy purge -o FILE` wrote elsewhere.

A case on hold (`privacy hold`, with owner, reason and end) keeps its alerts and the lookups they rest on.
Old logs that are read in again are lookups again, until the next purge."""
_RIGHTS = """\
`glasshouse privacy report NAME --case NUMBER` says what is held about somebody, why and until when.
`glasshouse privacy erase TOKEN --reason …` removes lookups, counts and alerts; in cases the names go and
what was decided stays; a hold stops it. Raw logs, directories and the use register are yours and stay as
they are."""


def render(settings: Settings) -> str:
    """The page as Markdown; the same settings give the same page."""
    return "\n".join(_page(settings)) + "\n"


def _page(settings: Settings) -> Iterator[str]:
    privacy = settings.privacy
    yield "# Privacy"
    yield ""
    yield "<!-- Made by `glasshouse privacy page` from the settings; do not edit. -->"
    yield ""
    yield from (_PURPOSE, "")
    yield from ("## What is kept", "")
    yield "Of each search (a lookup), in the lake:"
    yield ""
    yield from ("| | |", "|---|---|")
    yield from (f"| actor: {name} | {says} |" for name, says in _OF_ACTOR.items())
    yield from (f"| {name} | {says} |" for name, says in _OF_LOOKUP.items())
    yield ""
    yield "Keys and passwords in logs become keyed fingerprints before anything is kept."
    yield ""
    yield from ("## How long", "")
    yield from _times(settings)
    yield from ("", _PURGE, "")
    yield from ("## Who is shown how", "")
    yield from (_TOKENS if privacy.pseudonymise else _NO_TOKENS, "")
    yield from _protected(settings)
    yield from ("## Who may see a name", "")
    officer = _said(privacy.officer) if privacy.officer else "nobody, until `privacy.officer` names somebody,"
    yield from (_UNMASK.format(hours=privacy.unmask_hours, officer=officer), "")
    yield from ("## Rights of those who are named", "", _RIGHTS, "")
    yield from ("## Who else is told", "")
    yield from _told(settings)


def _times(settings: Settings) -> Iterator[str]:
    kept = settings.retention
    yield from ("| what | where | days | setting |", "|---|---|---|---|")
    decisions = _office(settings)
    rows = (
        ("lookups", "`lake/`", kept.lookups_days, "lookups_days"),
        ("counts by hour, to tell what is usual", "`glasshouse.db`", kept.baselines_days, "baselines_days"),
        (
            "alerts; cases, after they are closed",
            f"`glasshouse.db`, {decisions}",
            kept.cases_days,
            "cases_days",
        ),
        ("the audit trail, tokens and numbers only", decisions, kept.audit_days, "audit_days"),
        ("keys of tokens, after their quarter", "`pseudonyms/`", kept.lookups_days, "lookups_days"),
    )
    yield from (f"| {what} | {where} | {days} | `retention.{key}` |" for what, where, days, key in rows)


def _office(settings: Settings) -> str:
    return "the database of `office.url`" if settings.office.url else "`decisions.db`"


def _protected(settings: Settings) -> Iterator[str]:
    groups = settings.privacy.protected
    yield from ("## Protected people", "")
    if not groups:
        yield _NOBODY
    else:
        yield f"Members of {_list(groups)}:"
        yield _PROTECTED
    yield ""


def _told(settings: Settings) -> Iterator[str]:
    if not settings.notify:
        yield "Nobody: no way out is set."
        return
    yield "Notices of decisions go out by:"
    yield ""
    yield from (f"* {_said(one.name or one.kind)}: {_list(one.decisions)}" for one in settings.notify)


def _list(words: Iterable[str]) -> str:
    return ", ".join(map(_said, words))


def _said(word: str) -> str:
    return "`" + safe(word).replace("`", "'").replace("|", "\\|") + "`"


def forgotten() -> list[str]:
    """Fields of a lookup that the page does not tell of; a test keeps this empty."""
    told = {name for names in _OF_LOOKUP for name in names.split(", ")} | {"actor"}
    missing = [one.name for one in fields(Lookup) if one.name not in told]
    return missing + [one.name for one in fields(Actor) if one.name not in _OF_ACTOR]
