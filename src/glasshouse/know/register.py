"""The use register and an episode in; out, for each entry that bears on it, what of it lies outside, and why.

Nothing here hides anything: an entry only says what it covers.

*Who.* An entry bears on an episode when it names one of its accounts (also by role, department or group),
machines (by host or network) or key fingerprints. It covers the actor when **every** account that the logs
show is named, or every machine that they show is (whoever works there), or every key is and no unnamed
account used it. So an episode of two accounts of which one is registered is outside: ``actor``.

*What.* A database is covered by its id, by ``*``, or by techniques that include **all** of its own: ``T1596``
covers every database below it; ``T1596.003`` covers crt.sh and not Shodan, which shows more than that.
``own`` covers the targets that the inventory holds. Search expressions, and requests that show no target, are
covered by ``*`` only.

*Together.* The logs do not always say which target was asked of which database by which account. Several
entries cover an episode together when each combination of an account, a database, a target and a client is
covered by entries that are valid, one after the other without a gap, over the whole episode. That may be
stricter than the truth, and never laxer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Literal

from glasshouse.know.domains import Domains
from glasshouse.know.parse_when import day
from glasshouse.know.ranges import within
from glasshouse.know.register_entry import (
    UNSEEN,
    Element,
    Entry,
    Facts,
    Techniques,
    entry_of,
    facts_of,
    words_of,
)
from glasshouse.know.register_terms import admitted, loadable, unused
from glasshouse.known import AssetHit, Person, Use, UseCheck
from glasshouse.records import Client, Target
from glasshouse.verdicts import Episode

__all__ = ["Coverage", "Register", "admitted", "checks", "loadable", "unused"]

SHOWN = 3
COMBINATIONS = 100_000  # more are not tried, and count as not covered
SIDES = ("actor", "database", "target", "client")
PARTLY = "partly"
State = Literal["covered", "partly", "outside", "none"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What all entries say together.

    ``covered``: all of it, by the entries ``by``. ``partly``: each of ``by`` covers some of it. ``outside``:
    entries name the actor and cover nothing of it. ``none``: no entry names the actor. ``outside`` names what
    no entry covers, in the words of UseCheck; ``combination`` when each thing is covered, but not together.
    """

    state: State
    by: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far one entry reaches over an episode: the elements of each side, and what else stops it."""

    use: Use
    allowed: tuple[frozenset[int], ...]
    stops: tuple[tuple[str, str], ...]  # word and detail: validity, volume

    @property
    def too_much(self) -> bool:
        return any(word == "volume" for word, _ in self.stops)


class Register:
    """The entries, indexed once; ask it about many episodes."""

    def __init__(
        self, uses: Iterable[Use], techniques: Techniques | None = None, domains: Domains | None = None
    ) -> None:
        self.uses = tuple(uses)
        self._entries = [entry_of(use, domains) for use in self.uses]
        self._named: dict[str, set[int]] = {}  # words that entries know actors by
        for number, entry in enumerate(self._entries):
            for word in entry.words():
                self._named.setdefault(word, set()).add(number)
        self._networks = [(span, n) for n, entry in enumerate(self._entries) for span in entry.networks]
        self._techniques: Mapping[str, Collection[str]] = {
            name.casefold(): tuple(one.upper() for one in said) for name, said in (techniques or {}).items()
        }

    def __bool__(self) -> bool:
        return bool(self.uses)

    def checks(
        self, episode: Episode, people: Sequence[Person], hits: Sequence[AssetHit], overuse: float
    ) -> tuple[UseCheck, ...]:
        """A check for every entry that names the actor; see the module for what they mean."""
        reaches, found, facts = self._weigh(episode, people, hits, overuse)
        if len(found) > 1 and all(one.outside for one in found):
            together = _together(reaches, found, facts, episode)
            if together.state == "covered":
                found = [_joined(check, together) for check in found]
        return tuple(sorted(found, key=_first))

    def coverage(
        self, episode: Episode, people: Sequence[Person], hits: Sequence[AssetHit], overuse: float
    ) -> Coverage:
        """What all entries say together."""
        return _together(*self._weigh(episode, people, hits, overuse), episode)

    def _weigh(
        self, episode: Episode, people: Sequence[Person], hits: Sequence[AssetHit], overuse: float
    ) -> tuple[list[_Reach], list[UseCheck], Facts]:
        facts = facts_of(episode, people, {hit.target for hit in hits}, self._techniques)
        likely = {number for word in words_of(facts) for number in self._named.get(word, ())}
        likely |= {n for span, n in self._networks if any(within(one, (span,)) for one in facts.addresses)}
        entries = [entry for number in sorted(likely) if (entry := self._entries[number]).names(facts)]
        reaches = [_reach(entry, facts, episode, overuse) for entry in entries]
        return reaches, [_check(reach, facts) for reach in reaches], facts


def checks(
    uses: Sequence[Use],
    episode: Episode,
    people: tuple[Person, ...],
    hits: Sequence[AssetHit],
    overuse: float,
) -> tuple[UseCheck, ...]:
    """How each entry bears on an episode; ``Register`` does so for many episodes without starting anew.

    ``outside`` is empty when the entry covers all, alone or together with others (``detail`` says which).
    Else it names what lies outside: actor, database, target, client, expired, not-yet-valid, volume; with
    ``-not-visible`` behind it where the logs do not show what would have to be judged. It is ``partly`` alone
    when the entry covers some of the databases and nothing else is wrong.
    """
    return Register(uses).checks(episode, people, hits, overuse)


def _reach(entry: Entry, facts: Facts, episode: Episode, overuse: float) -> _Reach:
    use, alert = entry.use, episode.alert
    stops = []
    if alert.first_seen < use.valid_from:
        stops.append(("not-yet-valid", f"valid from {day(use.valid_from)}, seen {day(alert.first_seen)}"))
    if alert.last_seen >= use.valid_until:
        stops.append(("expired", f"valid until {day(use.valid_until)}, seen {day(alert.last_seen)}"))
    limit = use.requests_per_day
    if limit is not None and episode.busiest_day > overuse * limit:
        stops.append(("volume", f"{episode.busiest_day} requests in a day, {limit} are usual"))
    return _Reach(use, entry.allows(facts), tuple(stops))


def _check(reach: _Reach, facts: Facts) -> UseCheck:
    outside: dict[str, list[str]] = {}
    for side, elements, allowed in zip(SIDES, facts.sides, reach.allowed, strict=True):
        for number, element in enumerate(elements):
            if number not in allowed:
                outside.setdefault(_word(side, element), []).append(_shown(side, element))
    for word, why in reach.stops:
        outside.setdefault(word, []).append(why)
    detail = "; ".join(f"{word}: {_some(why)}" for word, why in outside.items())
    if tuple(outside) == ("database",) and reach.allowed[1]:
        return UseCheck(reach.use, (PARTLY,), f"not in it: {detail}")
    return UseCheck(reach.use, tuple(outside), detail or f"valid until {day(reach.use.valid_until)}")


def _word(side: str, element: Element) -> str:
    unseen = element == UNSEEN
    if isinstance(element, Target):
        unseen = element.type == "expression"
    elif isinstance(element, Client):
        unseen = element.kind == "unknown" or not element.name
    return f"{side}-not-visible" if unseen and side != "actor" else side


def _shown(side: str, element: Element) -> str:
    if isinstance(element, Target):
        return element.value
    if isinstance(element, Client):
        return element.name or element.kind
    return element or {"actor": "a machine or key it does not name", "target": "requests that show none"}.get(
        side, "none that shows"
    )


def _some(words: Sequence[str]) -> str:
    shown = [word for word in dict.fromkeys(words) if word]
    more = len(shown) - SHOWN
    return ", ".join(shown[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _together(
    reaches: Sequence[_Reach], checks: Sequence[UseCheck], facts: Facts, episode: Episode
) -> Coverage:
    if not reaches:
        return Coverage("none")
    usable = [reach for reach in reaches if not reach.too_much]
    gap = _gap(usable, facts, episode)
    if gap is None:
        return Coverage("covered", tuple(reach.use.id for reach in _needed(usable, facts, episode)))
    some = [reach for reach in usable if all(reach.allowed) and _overlaps(reach.use, episode)]
    words = gap if usable else [word for check in checks for word in check.outside]
    if len(usable) < len(reaches):
        words = [*words, "volume"]
    detail = "; ".join(f"{check.use.id}: {check.detail}" for check in checks[:SHOWN])
    by = tuple(reach.use.id for reach in some)
    return Coverage("partly" if some else "outside", by, tuple(dict.fromkeys(words)), detail)


def _gap(reaches: Sequence[_Reach], facts: Facts, episode: Episode) -> tuple[str, ...] | None:
    """None when the entries cover every combination all the time; else what none of them covers."""
    missing: dict[str, None] = {}
    held: list[list[frozenset[int]]] = []
    for side, elements in enumerate(facts.sides):
        by = [
            frozenset(n for n, one in enumerate(reaches) if at in one.allowed[side])
            for at in range(len(elements))
        ]
        missing |= {_word(SIDES[side], one): None for one, who in zip(elements, by, strict=True) if not who}
        distinct = set(by)
        held.append([one for one in distinct if not any(other < one for other in distinct)])
    if missing or not reaches:
        return tuple(missing)
    if prod(map(len, held)) > COMBINATIONS:
        return ("combination",)
    wrong: dict[str, None] = {}
    for combination in product(*held):
        who = frozenset.intersection(*combination)
        if not who:
            wrong["combination"] = None
        elif not _always([reaches[n].use for n in who], episode):
            wrong |= {word: None for n in sorted(who) for word, _ in reaches[n].stops}
    return tuple(wrong) if wrong else None


def _always(uses: Sequence[Use], episode: Episode) -> bool:
    """Whether the entries are valid one after the other, without a gap, from first to last."""
    reached = episode.alert.first_seen
    for use in sorted(uses, key=lambda one: one.valid_from):
        if use.valid_from <= reached < use.valid_until:
            reached = use.valid_until
    return reached > episode.alert.last_seen


def _overlaps(use: Use, episode: Episode) -> bool:
    return use.valid_from <= episode.alert.last_seen and episode.alert.first_seen < use.valid_until


def _needed(reaches: Sequence[_Reach], facts: Facts, episode: Episode) -> list[_Reach]:
    """One entry if one is enough; else as few as cover it still when any is taken away."""
    for reach in reaches:
        if _gap([reach], facts, episode) is None:
            return [reach]
    kept = list(reaches)
    for reach in reversed(reaches):
        rest = [one for one in kept if one is not reach]
        if rest and _gap(rest, facts, episode) is None:
            kept = rest
    return kept


def _joined(check: UseCheck, together: Coverage) -> UseCheck:
    if check.use.id not in together.by:
        return check
    others = _some([name for name in together.by if name != check.use.id])
    return UseCheck(check.use, (), f"together with {others}; valid until {day(check.use.valid_until)}")


def _first(check: UseCheck) -> tuple[int, int, str]:
    """Covering entries first, then those with least outside; by id where nothing else tells."""
    return len(check.outside), -check.use.valid_until, check.use.id
