"""The lake and people's decisions in; out, the register of what is public: who approved it, signed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from glasshouse import config, parse
from glasshouse.config import Options
from glasshouse.errors import ReadError, UsageError
from glasshouse.findings import Exposure, Judged
from glasshouse.flow_assets import Ours, known
from glasshouse.flow_exposure import Moments, adopted, deeds, exposure, judged, moments
from glasshouse.flow_scope import touches
from glasshouse.lake import observations
from glasshouse.lake import store as lakes
from glasshouse.lake.store import Lake
from glasshouse.observed import DnsRecord, Fact, FactKind
from glasshouse.office import audit, exposed, pack, sealed, signing, store, trail
from glasshouse.office.exposed import Deed
from glasshouse.report import exposed_register
from glasshouse.report.exposed_facts import iso
from glasshouse.report.exposed_json import jsonable, written
from glasshouse.report.exposed_register import UNAPPROVED, Entry, Review

KINDS: tuple[FactKind, ...] = ("registration", "certificate", "record", "service")
LARGEST = 1 << 30  # bytes of one file of a register
_README = """\
Register of what open databases show of us

register.jsonl   every domain, certificate, DNS record and service, one JSON object a line; the first line
                 says as of when, how many there are, how many without approval, how many never reviewed
register.csv     the same for people; a cell that a spreadsheet could run begins with '
unapproved.csv   only those without approval
reviews.jsonl    who looked through it, and when
not-seen.jsonl   what could not be seen: nothing is said here of whether it is public
manifest.json    SHA-256 of every file here, date and counts; manifest.sig is its signature, base64
audit.pub        the public key, Ed25519

To check all of it:   glasshouse exposure register --verify THIS-FOLDER --key audit.pub
Take audit.pub from somebody you trust, not from here: whoever writes a false register puts a false key in.

By hand:
  base64 -d manifest.sig > sig
  openssl pkeyutl -verify -pubin -inkey audit.pub -rawin -in manifest.json -sigfile sig
  sha256sum register.jsonl                     and compare with manifest.json

"approval" is the id of a change record, "expected" or "UNAPPROVED"; the note says how that came about.
A review counts for what has not changed since. Names of people are tokens where the settings say so.
The audit trail holds the export of this register with the SHA-256 of its manifest.json.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What is public at a time, thing by thing; who looked through it; and what could not be seen."""

    at: int
    entries: tuple[Entry, ...]
    reviews: tuple[Deed, ...]
    exposure: Exposure


def register(options: Options, at: str | None = None) -> Register:
    """Everything public at a time with owner, approval and last review."""
    found = exposure(options, at)
    with lakes.opened(config.home(options.home)) as lake:
        mine = known(options, adopted(deeds(options)))
        changes = _history(options, lake, mine, found.at)
        seen = [one for one in observations.state(lake, found.at, KINDS) if _is_ours(one.fact, mine)]
        reviews = reviewed(options)
        last, firsts = _reviews(changes, reviews, mine), observations.firsts(lake, found.at)
    entries = exposed_register.entries(seen, changes, mine.owned, last, firsts)
    return Register(at=found.at, entries=tuple(entries), reviews=tuple(reviews), exposure=found)


def _history(options: Options, lake: Lake, mine: Ours, at: int) -> list[Judged]:
    """The changes of all surveys, oldest first. What was there at the first is looked at as of then.

    That another database shows later what was judged already is no change.
    """
    times = sorted({one.ended for one in observations.surveys(lake) if one.ended <= at})
    known_, found = set[str](), list[Judged]()
    for before, now in zip([0, *times], times, strict=False):
        since = now if before == 0 else None
        some = list(judged(options, lake, mine, Moments(now, before), since))
        found += [_dated(one) for one in some if not (one.shift.first_look and one.shift.key in known_)]
        known_ |= {one.shift.key for one in some}
    return found


def _dated(one: Judged) -> Judged:
    """Standing there at the first look ties it to no record, unless the database says when it came."""
    fact, change = (one.shift.after.fact if one.shift.after else None), one.change
    told = any(getattr(fact, name, None) for name in ("first_seen", "logged", "not_before", "created"))
    if not one.shift.first_look or one.verdict != "approved" or told or change is None:
        return one
    why = f"It was there at the first look; {change.id} names it, but nothing says that it came by it."
    return replace(one, verdict="unmanaged", change=None, reasons=(why,))


def _is_ours(fact: Fact, mine: Ours) -> bool:
    """Records of others stand in our answers where our names lead to them."""
    return not isinstance(fact, DnsRecord) or mine.owned(fact.name) is not None


def reviewed(options: Options) -> list[Deed]:
    """Every time somebody stated to have looked through what is public."""
    try:
        with (
            store.opened(options.settings, config.home(options.home), make=False) as office,
            office.reading() as conn,
        ):
            return exposed.reviews(conn)
    except UsageError:  # nobody has decided anything
        return []


def _reviews(changes: Iterable[Judged], said: Sequence[Deed], mine: Ours) -> dict[str, Review]:
    """The last review of each thing that came after its last change."""
    since: dict[str, tuple[int, Fact]] = {}
    for one in changes:
        if one.shift.after is not None:
            since[one.shift.key] = (one.shift.after.time, one.shift.after.fact)
    found = {}
    for key, (time, fact) in since.items():
        for deed in said:
            if deed.time >= time and (deed.subject == exposed.ALL or touches(fact, {deed.subject})):
                found[key] = Review(time=deed.time, reviewer=deed.actor)
    return found


# Signed evidence.


def keep(options: Options, made: Register, folder: Path, actor: str, now: int) -> str:
    """Write a register into a new folder, signed; the audit trail holds its hash, which this gives."""
    _make(folder)
    with store.opened(options.settings, config.home(options.home)) as office:
        files = sealed.sealed(_files(made), _said(made, now), signing.signer(office.home))
        sha256 = sealed.digest(files)
        with office.transaction() as conn:
            details: audit.Details = {"manifest_sha256": sha256, "at": made.at, "entries": len(made.entries)}
            audit.append(
                conn, act="export", subject="exposure register", actor=actor, now=now, details=details
            )
            for name, data in files.items():
                pack.write(folder / name, data)
        trail.head(office, now)
    return sha256


def unapproved(made: Register) -> list[Entry]:
    """What stands in a register without approval."""
    return [one for one in made.entries if one.approval == UNAPPROVED]


def _said(made: Register, now: int) -> sealed.Said:
    never = sum(one.last_review is None for one in made.entries)
    return {
        "made": iso(now), "at": iso(made.at), "entries": len(made.entries),
        "unapproved": len(unapproved(made)), "never_reviewed": never, "not_seen": len(made.exposure.blind),
    }  # fmt: skip


def _files(made: Register) -> dict[str, bytes]:
    reviews = (
        {"time": iso(one.time), "by": one.actor, "about": one.subject, "note": one.reason}
        for one in made.reviews
    )
    texts = {
        "register.jsonl": exposed_register.as_lines(made.entries, made.at),
        "register.csv": exposed_register.as_csv(made.entries),
        "unapproved.csv": exposed_register.as_csv(unapproved(made)),
        "reviews.jsonl": "".join(f"{written(jsonable(one))}\n" for one in reviews),
        "not-seen.jsonl": "".join(f"{written(jsonable(one))}\n" for one in made.exposure.blind),
        sealed.README: _README,
    }
    return {name: text.encode() for name, text in texts.items()}


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        taken = next(folder.iterdir(), None)
    except OSError as problem:
        raise ReadError(problem.strerror or str(problem), str(folder), "name a folder of your own") from None
    if taken is not None:
        raise UsageError("is not empty", str(folder), "name a new folder")


def verify(folder: Path, key: Path | None = None) -> sealed.Checked:
    """Check a folder of evidence by itself, without lake, settings or network."""
    if not folder.is_dir():
        raise UsageError("no such folder", str(folder), "name the folder that register -o wrote")
    try:
        paths = sorted(folder.iterdir())
    except OSError as problem:
        raise ReadError(problem.strerror or str(problem), str(folder), "check your rights") from None
    files = [path for path in paths if path.is_file() and not path.is_symlink()]
    members = {path.name: pack.taken(path, LARGEST) for path in files if sealed.NAME.fullmatch(path.name)}
    found = sealed.check(members, signing.public_key(key) if key else None)
    strange = tuple(f"{path.name} has no place there" for path in paths if path.name not in members)
    return sealed.Checked((*found.problems, *strange), found.files, found.key, found.said)


# What people state.


def review(options: Options, said: str | None, note: str, actor: str, now: int) -> Deed:
    """Keep that somebody looked through what is public of an asset of ours, or of all; raises UsageError."""
    subject = exposed.ALL
    with lakes.opened(config.home(options.home)) as lake:
        moments(lake, None, None)  # there is something to look through
    if said is not None:
        subject = parse.address(said.strip()) or parse.host_name(said.strip()) or said.strip()
        if known(options, adopted(deeds(options))).owned(subject) is None:
            raise UsageError(
                f"{said} is not ours", "ASSET", "name an asset of the inventory, or none for all"
            )
    with store.opened(options.settings, config.home(options.home)) as office:
        with office.transaction() as conn:
            made = exposed.add(conn, "review", subject, actor, now, note)
        trail.head(office, now)
    return made


def staff(options: Options, found: Iterable[Judged]) -> frozenset[str]:
    """Names of our own people that stand in what was decided and in change records."""
    changes = [one.change for one in found if one.change is not None]
    names = {name for one in changes for name in (one.approved_by, one.requested_by) if name}
    try:
        with (
            store.opened(options.settings, config.home(options.home), make=False) as office,
            office.reading() as conn,
        ):
            return exposed.staff(conn) | names
    except UsageError:
        return frozenset(names)
