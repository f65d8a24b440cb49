"""Changes between two snapshots and change records in; out, whether each was approved, and why so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from glasshouse.findings import Judged, Shift
from glasshouse.known import Asset, Change
from glasshouse.observed import Certificate, DnsRecord, Fact, Range, Registration, Service
from glasshouse.settings import Policy
from glasshouse.survey import signs
from glasshouse.survey.change_book import ChangeBook, Key, Record, keys_above
from glasshouse.survey.expected import expected, shown
from glasshouse.survey.signs import Ground, Past, Teller

HOUR = 3_600_000_000
STALE = 24 * HOUR  # by which a database's own dates may miss the time it was asked
NAMES = 8  # names of one certificate under which records are looked for; all are compared with what is found
_POINTS = ("A", "AAAA", "CNAME", "NS", "MX", "PTR", "SRV")
_WORDS = re.compile(r"\w+")
_DOUBT = {False: "it is not approved", None: "it does not say that it was approved"}


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a record must say to be about a change: all ``names``, or one of ``exact`` as it stands."""

    names: tuple[str, ...]
    exact: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    issuer: str | None = None
    foreign: tuple[str, ...] = ()  # names of others in the same certificate


@dataclass(frozen=True, slots=True)
class _Sought:
    """A change, under which keys records about it stand, and when it became public, as far as is known."""

    thing: _Thing
    keys: tuple[Sequence[Key], ...]  # of each name
    exact: frozenset[Key]
    low: int
    high: int
    says: str
    margin: int
    outside: bool  # its issuer is outside policy


@dataclass(frozen=True, slots=True)
class _Miss:
    """A record that does not fit, and everything that is missing; the fewer and the nearer, the better."""

    record: Record
    lacks: tuple[str, ...]
    far: int = 0


def book(changes: Iterable[Change]) -> ChangeBook:
    """The change records, indexed once for all changes that are judged."""
    return ChangeBook(changes)


def judged(
    shifts: Iterable[Shift],
    book: ChangeBook,
    owned: Callable[[str], Asset | None],
    policy: Policy,
    now: int,
    since: int | None = None,
    past: Past | None = None,
    ours: Iterable[str] = (),
    provider: Callable[[str], Range | None] | None = None,
) -> Iterator[Judged]:
    """Each change with its verdict, in order; raises ConfigError for working hours that are none.

    ``since`` and ``now`` are the times of the two snapshots, ``past`` what the earlier one showed
    (``signs.past``; without it nothing is called new for us, and nothing a renewal), ``ours`` the domains
    that lookalikes are told from, ``provider`` the published range an address lies in (without it no address
    is called unknown).
    Steps: a record that names its serial or hash; one that names it in its window, widened by
    ``policy.change_hours``; the inventory or a renewal makes it expected; signs make it suspicious; otherwise
    it is unmanaged. Reference data (ranges, vulnerabilities) and questions that were asked for the first or
    last time are no changes of ours and are left out.
    """
    ground = Ground(
        owned=owned,
        since=now if since is None else since,
        now=now,
        policy=policy,
        past=past or Past(),
        ours=frozenset(ours),
        provider=provider,
    )
    tell = signs.teller(ground)
    for shift in shifts:
        if shift.fact_kind in ("range", "vulnerability"):
            continue
        if shift.fact_kind != "resolution" or shift.kind == "changed":
            yield _judged(shift, book, ground, tell)


def _judged(shift: Shift, book: ChangeBook, ground: Ground, tell: Teller) -> Judged:
    fact = _fact(shift)
    sought = _sought(fact, shift, book, ground)
    asset = _asset(sought.thing, ground)
    record, reasons, misses = _search(sought, book)
    if record is not None:
        return Judged(
            shift=shift, verdict="approved", asset=asset, change=record.change, reasons=tuple(reasons)
        )
    near = _near_miss(misses)
    if why := expected(shift, fact, asset, ground):
        return Judged(shift=shift, verdict="expected", asset=asset, reasons=(*reasons, why), near_miss=near)
    if shift.first_look:
        reasons.append("It was seen for the first time; it may be older than our records.")
    odd = tell(shift)
    reasons.append(f"Signs: {'; '.join(odd)}." if odd else "Nothing about it is a sign of its own.")
    return Judged(
        shift=shift,
        verdict="suspicious" if odd else "unmanaged",
        asset=asset,
        reasons=tuple(reasons),
        signs=odd,
        near_miss=near,
    )


def _fact(shift: Shift) -> Fact:
    one = shift.after or shift.before
    if one is None:
        raise ValueError(f"the change of {shift.key} has neither before nor after")
    return one.fact


def _asset(thing: _Thing, ground: Ground) -> Asset | None:
    found = (ground.owned(value) for value in (*thing.names, *thing.exact))
    return next((one for one in found if one is not None), None)


# What a record must say, and when the change became public.


def _sought(fact: Fact, shift: Shift, book: ChangeBook, ground: Ground) -> _Sought:
    thing = _thing(fact, ground)
    low, high, says = _public(fact, shift, ground)
    return _Sought(
        thing=thing,
        keys=tuple(_keys(value, book, ground) for value in thing.names),
        exact=frozenset(keys_above(value)[0] for value in thing.exact),
        low=low,
        high=high,
        says=says,
        margin=ground.policy.change_hours * HOUR,
        outside=thing.issuer is not None and signs.issuer_outside(thing.issuer, ground.policy),
    )


def _keys(value: str, book: ChangeBook, ground: Ground) -> Sequence[Key]:
    """A machine's short name in a record means a name of ours that begins with it."""
    keys, (label, dot, _) = book.keys(value), value.partition(".")
    return (*keys, label) if dot and keys and isinstance(keys[0], str) and ground.owned(value) else keys


def _thing(fact: Fact, ground: Ground) -> _Thing:
    if isinstance(fact, Certificate):
        ours = tuple(name for name in fact.names if ground.owned(name) is not None)
        hashes = tuple(one for one in (fact.serial, fact.sha256, fact.tbs_sha256) if one)
        foreign = tuple(name for name in fact.names if name not in ours) if ours else ()
        return _Thing(ours or fact.names, hashes=hashes, issuer=fact.issuer, foreign=foreign)
    if isinstance(fact, Service):
        ours = tuple(name for name in fact.hostnames if ground.owned(name) is not None)
        return _Thing((fact.ip,), exact=ours)
    if isinstance(fact, DnsRecord):
        target = (fact.data.rpartition(" ")[2],) if fact.type in _POINTS else ()
        return _Thing((fact.name,), exact=target)
    if isinstance(fact, Registration):
        return _Thing((fact.name.lower(),))
    return _Thing((getattr(fact, "name", fact.key),))


def _public(fact: Fact, shift: Shift, ground: Ground) -> tuple[int, int, str]:
    """The moment a database says, or the time between the two looks."""
    time: int | None = None
    if shift.kind == "new":
        if isinstance(fact, (DnsRecord, Service)):
            time = fact.first_seen
        elif isinstance(fact, Certificate):
            time = fact.logged or fact.not_before
        elif isinstance(fact, Registration):
            time = fact.created
    elif shift.kind == "changed" and isinstance(fact, Registration) and "expires" not in shift.fields:
        time = fact.changed
        if time is not None and shift.before and time < shift.before.time - STALE:
            time = None  # it was not so then: this is the date of an earlier change
    low = shift.before.time if shift.before else ground.since
    high = max(low, shift.after.time if shift.after else ground.now)
    if time is not None and time <= high + STALE:
        return time, time, f"public since {shown(time)}"
    return low, high, f"it came between {shown(low)} and {shown(high)}"


# The search: what fits, and what nearly fits.


def _search(sought: _Sought, book: ChangeBook) -> tuple[Record | None, list[str], list[_Miss]]:
    """The record that approves a change, the steps that were tried, and what nearly fitted."""
    reasons, misses, thing = list[str](), list[_Miss](), sought.thing
    for record in book.exact(thing.hashes):
        wrong = _issuer(record, sought) if record.issuers else ""  # serials are the issuer's own
        if record.change.approved and not wrong:
            return record, [f"{record.change.id} names its serial or hash{_by(record.change)}."], misses
        doubt = () if record.change.approved else (_DOUBT[record.change.approved],)
        misses.append(_Miss(record, (*doubt, *filter(None, (wrong,)))))
    if thing.hashes:
        reasons.append("No approved change record names its serial or hash.")
    low, high = sought.low - sought.margin, sought.high + sought.margin
    about = _some(thing.names)
    for keys in (*sought.keys[:NAMES], sorted(sought.exact, key=str)):
        for record in book.touching(keys, low, high):
            if (miss := _miss(record, sought)) is None:
                window = f"{shown(record.low)} to {shown(record.high)}"
                named = _named(record, sought)
                said = f"{record.change.id} names {named} for {window}{_by(record.change)}; {sought.says}."
                return record, [*reasons, said], misses
            misses.append(miss)
    reasons.append(f"No approved change record fits {about}; {sought.says}.")
    others = (one for keys in sought.keys[:NAMES] for one in book.beside(keys, low, high))
    kin = (one for name in thing.names[:1] for one in book.kin(name, low, high))
    misses += [miss for one in (*others, *kin) if (miss := _miss(one, sought)) is not None]
    return None, reasons, misses


def _named(record: Record, sought: _Sought) -> str:
    """What a record names: the thing itself, or a name that stands for it."""
    exact, names = _some(sought.thing.exact), _some(sought.thing.names)
    itself = any(key in record.keys for keys in sought.keys for key in keys)
    return names if itself else f"{exact}, which belongs to {names},"


def _miss(record: Record, sought: _Sought) -> _Miss | None:
    """What a record lacks to approve a change; None when it lacks nothing."""
    lacks = list[str]()
    far = record.missed(sought.low, sought.high)
    if not record.change.approved:
        lacks.append(_DOUBT[record.change.approved])
    if far is None or far > sought.margin:
        lacks.append(_late(record, sought, far))
    if sought.thing.issuer is not None and (wrong := _issuer(record, sought)):
        lacks.append(wrong)
    if sought.exact.isdisjoint(record.keys):
        named = zip(sought.thing.names, sought.keys, strict=True)
        missing = list(islice((name for name, keys in named if record.keys.isdisjoint(keys)), 4))
        if missing:  # no more are looked for: a certificate may hold 100,000
            lacks.append(f"it does not name {', '.join(missing[:3])}{' and more' * (len(missing) > 3)}")
    if sought.thing.foreign and not record.issuers and sought.exact.isdisjoint(record.keys):
        lacks.append(f"it says no issuer, and the certificate is also for {_some(sought.thing.foreign)}")
    return _Miss(record, tuple(lacks), far or 0) if lacks else None


def _issuer(record: Record, sought: _Sought) -> str:
    issuer = sought.thing.issuer or ""
    if record.issuers:
        fits = any(_says(issuer, one) for one in record.issuers)
        return "" if fits else f"it names another issuer, {_some(record.issuers)}"
    return "it says nothing of the issuer, which is outside policy" if sought.outside else ""


def _says(issuer: str, words: str) -> bool:
    """Whether an issuer's name holds these words, side by side and whole: ``sign`` is not GlobalSign."""
    said, wanted = _WORDS.findall(issuer.casefold()), _WORDS.findall(words)
    starts = range(len(said) - len(wanted) + 1)
    return bool(wanted) and any(said[at : at + len(wanted)] == wanted for at in starts)


def _late(record: Record, sought: _Sought, far: int | None) -> str:
    if far is None or record.high is None:
        return "it says no time"
    ended = record.high < sought.low
    return f"its window {'ended' if ended else 'begins'} {far // HOUR} h {'before' if ended else 'after'}"


def _near_miss(misses: Iterable[_Miss]) -> str:
    """The record that lacks least, then the one nearest in time."""
    best = min(misses, key=lambda one: (len(one.lacks), one.far, one.record.change.id), default=None)
    if best is None:
        return ""
    title = f" ({best.record.change.title})" if best.record.change.title else ""
    return f"{best.record.change.id}{title}: {', and '.join(best.lacks)}"


def _by(change: Change) -> str:
    return f", approved by {change.approved_by}" if change.approved_by else ", approved"


def _some(words: Sequence[str]) -> str:
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    return ", ".join(words[:3]) + more
