"""A name and the names of ours in; out, which of ours it looks like and how, or nothing.

Looked for are: letters that look alike (also in punycode), one letter too many, too few, wrong or swapped,
a word put beside ours, our name under another top level, and our whole domain inside a longer name.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from glasshouse.survey import lists
from glasshouse.survey.world import registrable

SHORTEST_EDIT = 6  # letters; shorter names are one letter from too many others
SHORTEST_WORD = 4  # letters of a name of ours that a word may stand beside
SHORTEST = 3
# Letters that are drawn alike, by the letter they pass for; Unicode's list of confusables, of which only
# what registries let into domain names.
_ALIKE = {
    "a": "аɑα", "b": "ЬɓƄ", "c": "сϲ", "d": "ԁɗ", "e": "еєҽ", "g": "ɡԍ9", "h": "һհ",
    "i": "іıɩ1l|", "j": "јϳ", "k": "κк", "m": "м", "n": "ո", "o": "оοσօ0", "p": "рρ", "r": "г", "s": "ѕ5",
    "t": "т", "u": "υս", "v": "ѵν", "w": "ԝѡ", "x": "хχ", "y": "уү", "z": "ᴢ2",
}  # fmt: skip
_FOLD = {ord(one): letter for letter, all_ in _ALIKE.items() for one in all_}
_PAIRS = (("rn", "m"), ("vv", "w"))


class Likeness(NamedTuple):
    """Which name of ours another looks like, and how."""

    ours: str
    how: str

    def __str__(self) -> str:
        return f"{self.how} {self.ours}"


class _Ours(NamedTuple):
    """Our registered domains, by what lookalikes of them have in common."""

    domains: frozenset[str]
    labels: dict[str, str]  # first label -> domain
    drawn: dict[str, str]  # first label as it is drawn -> domain
    holes: dict[str, list[str]]  # first label with one letter left out -> labels


def like(name: str, ours: Iterable[str]) -> str | None:
    """Which of ours a name looks like and how, in words; None when it does not, or is ours itself."""
    found = likeness(name, ours)
    return str(found) if found else None


def likeness(name: str, ours: Iterable[str]) -> Likeness | None:
    """Which of ours a name looks like and how; pass a frozenset to have it indexed only once."""
    index = _index(ours if isinstance(ours, frozenset) else frozenset(ours))
    name = name.removeprefix("*.").rstrip(".").lower()
    domain = registrable(name)
    if domain is None or domain in index.domains:
        return None
    return next(_likenesses(name, domain, index), None)


def _likenesses(name: str, domain: str, index: _Ours) -> Iterator[Likeness]:
    label = shown(domain.partition(".")[0])
    bare = label.replace("-", "")
    for found, how in (
        (index.labels.get(label), "another top level for"),
        (index.drawn.get(drawn(label)), "letters that look like"),
        (index.labels.get(bare), "hyphens in"),
        (_edited(label, index), "one letter away from"),
        (_beside(label, index), "a word beside"),
        (_inside(name, domain, index), "holds the whole of"),
    ):
        if found:
            yield Likeness(found, how)


@lru_cache(maxsize=16)
def _index(ours: frozenset[str]) -> _Ours:
    domains = frozenset(found for one in ours if (found := registrable(one.lower())))
    index = _Ours(domains, {}, {}, defaultdict(list))
    for domain in sorted(domains):
        label = shown(domain.partition(".")[0])
        if len(label) < SHORTEST:
            continue
        index.labels.setdefault(label, domain)
        index.labels.setdefault(label.replace("-", ""), domain)
        index.drawn.setdefault(drawn(label), domain)
        if len(label) >= SHORTEST_EDIT:
            for hole in (label, *_holes(label)):
                index.holes[hole].append(label)
    return index


def shown(label: str) -> str:
    """A label as browsers may show it: punycode (RFC 3492) becomes letters; a bad one stays."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").lower()
    except (UnicodeError, ValueError, OverflowError):
        return label


def drawn(label: str) -> str:
    """A label by how it is drawn: accents fall, letters and digits that look alike become one."""
    text = label.lower()
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    text = text.translate(_FOLD)
    for pair, letter in _PAIRS:
        text = text.replace(pair, letter)
    return text


def _holes(label: str) -> set[str]:
    return {label[:at] + label[at + 1 :] for at in range(len(label))}


def _edited(label: str, index: _Ours) -> str | None:
    """Our domain that is one letter (or one swap of neighbours) away."""
    if len(label) < SHORTEST_EDIT - 1:
        return None
    near = {one for hole in (label, *_holes(label)) for one in index.holes.get(hole, ())}
    found = min((one for one in near if _one_away(label, one)), default=None)
    return index.labels[found] if found else None


def _one_away(a: str, b: str) -> bool:
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    same = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    x, y = a[same:], b[same:]
    if len(x) == len(y):
        return x[1:] == y[1:] or (x[:2] == y[1::-1] and x[2:] == y[2:])
    return x == y[1:] if len(x) < len(y) else x[1:] == y


def _beside(label: str, index: _Ours) -> str | None:
    """Our domain whose label stands beside a word: ``example-login``, ``my-example``, ``secureexample``."""
    parts = label.split("-")
    for rest in ("-".join(parts[:-1]), "-".join(parts[1:])) if len(parts) > 1 else ():
        if len(rest) >= SHORTEST_WORD and rest in index.labels:
            return index.labels[rest]
    lures = _lures()
    for at in range(2, len(label) - 1):
        head, tail = label[:at], label[at:]
        for word, rest in ((head, tail), (tail, head)):
            if word in lures and len(rest) >= SHORTEST_WORD and rest in index.labels:
                return index.labels[rest]
    return None


@cache
def _lures() -> frozenset[str]:
    return frozenset(one["word"] for one in lists.entries("lure_words"))


def _inside(name: str, domain: str, index: _Ours) -> str | None:
    """Our domain that stands whole in front of another: ``example.com.login.test``, ``example-com.test``."""
    labels = name.removesuffix(domain).rstrip(".").split(".")
    for start in range(len(labels)):
        for end in range(start + 2, min(start + 5, len(labels) + 1)):
            if (found := ".".join(labels[start:end])) in index.domains:
                return found
    first, _, last = domain.partition(".")[0].rpartition("-")
    dotted = f"{first.replace('-', '.')}.{last}" if first else ""
    return next((one for one in (f"{first}.{last}", dotted) if one in index.domains), None)
