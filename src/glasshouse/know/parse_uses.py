"""Toolbox of loaders: one written entry of the use register in; out a Use, or what is wrong with it.

An entry that is not plain is refused whole: a misspelt ``clients`` would otherwise widen what it allows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast, get_args

from glasshouse import parse
from glasshouse.know import parse_accounts, parse_when
from glasshouse.known import Category, Use
from glasshouse.records import Trouble

WHO = ("accounts", "roles", "departments", "groups", "hosts", "networks", "keys")
LISTS = (*WHO, "databases", "targets", "clients")
TEXTS = (
    "id",
    "purpose",
    "category",
    "approved_by",
    "valid_from",
    "valid_until",
    "requests_per_day",
    "ticket",
)
MUST = ("id", "purpose", "approved_by", "valid_from", "valid_until", "databases", "targets")
NEXT = "mend the entry; docs/reference/knowledge.md shows one"
_CATEGORIES = get_args(Category)
_DATABASE = re.compile(r"\*|[a-z0-9][a-z0-9-]{0,63}")
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")
_ASN = re.compile(r"as(\d{1,10})", re.IGNORECASE)


def use(said: Mapping[str, object], origin: str) -> Use | tuple[str, ...]:
    """The entry, or every problem it has. Values are texts or lists of texts; ``who`` may hold the people.

    Dates are ISO 8601, UTC where no zone is said; ``valid_until`` as a bare date includes that day.
    """
    flat, problems = _flat(said)
    texts = {name: _text(flat.get(name), name, problems) for name in TEXTS}
    lists = {name: _list(flat.get(name), name, problems) for name in LISTS}
    problems += [f"no {name}" for name in MUST if not flat.get(name)]
    if not any(flat.get(name) for name in WHO):
        problems.append(f"no who: one of {', '.join(WHO)}")
    category = texts["category"] or "other"
    if category not in _CATEGORIES:
        problems.append(f"category {category!r} is none of {', '.join(_CATEGORIES)}")
    since, until = _span(texts["valid_from"], texts["valid_until"], problems)
    volume = _number(texts["requests_per_day"], problems)
    if problems:
        return tuple(problems)
    return Use(
        id=texts["id"],
        purpose=texts["purpose"],
        category=cast("Category", category),
        approved_by=texts["approved_by"],
        valid_from=since,
        valid_until=until,
        requests_per_day=volume,
        ticket=texts["ticket"] or None,
        origin=origin,
        **lists,
    )


def told(name: str, line: int, said: Mapping[str, object], problems: Sequence[str]) -> Trouble:
    """What is wrong with one entry, with its place."""
    ident = said.get("id")
    which = f"entry {ident}" if isinstance(ident, str) and ident else "an entry"
    return parse.trouble(name, line, f"{which} of the use register: {'; '.join(problems)}", NEXT)


def _flat(said: Mapping[str, object]) -> tuple[dict[str, object], list[str]]:
    flat, problems = {name: value for name, value in said.items() if name != "who"}, []
    who = said.get("who")
    if isinstance(who, Mapping):
        problems += [f"who has no {name}" for name in who if name not in WHO]
        problems += [f"{name} is said twice" for name in who if name in flat]
        flat |= {name: value for name, value in who.items() if name in WHO}
    elif who:
        problems.append(f"who is a mapping of {', '.join(WHO)}")
    problems += [f"no field is called {name}" for name in flat if name not in (*TEXTS, *LISTS)]
    return flat, problems


def _text(value: object, name: str, problems: list[str]) -> str:
    if value is None or isinstance(value, str):
        return " ".join((value or "").split())
    problems.append(f"{name} is one text, not a list")
    return ""


def _list(value: object, name: str, problems: list[str]) -> tuple[str, ...]:
    said = [value] if isinstance(value, str) else value or []
    if not isinstance(said, list):
        problems.append(f"{name} is a list")
        return ()
    found: dict[str, None] = {}
    for one in said:
        word = _SPELLINGS[name](one) if isinstance(one, str) and one.strip() else None
        if word is None:
            problems.append(
                f"{one!r} cannot stand in {name}" if isinstance(one, str) else f"{name} lists texts"
            )
        else:
            found[word] = None
    return tuple(found)


def _span(since: str, until: str, problems: list[str]) -> tuple[int, int]:
    low, high = parse_when.begins(since), parse_when.ends(until)
    problems += [f"valid_from {since!r} is no date"] if since and low is None else []
    problems += [f"valid_until {until!r} is no date"] if until and high is None else []
    if low is not None and high is not None and high <= low:
        problems.append("valid_until is not after valid_from")
    return low or 0, high or 0


def _number(said: str, problems: list[str]) -> int | None:
    if not said:
        return None
    if re.fullmatch(r"[1-9][0-9]{0,11}", said):
        return int(said)
    problems.append(f"requests_per_day {said!r} is no whole number above 0")
    return None


def _plain(said: str) -> str | None:
    return " ".join(said.split()) or None


def _client(said: str) -> str | None:
    word = said.strip().lower()
    return word if word and word != "unknown" else None  # an unknown client can never be the agreed one


def _key(said: str) -> str | None:
    return said.strip().removeprefix("<key ").removesuffix(">").lower() or None


def _database(said: str) -> str | None:
    word = said.strip()
    if _TECHNIQUE.fullmatch(word.upper()):
        return word.upper()
    return word.lower() if _DATABASE.fullmatch(word.lower()) else None


def _target(said: str) -> str | None:
    word = said.strip().lower()
    if word in ("*", "own"):
        return word
    if match := _ASN.fullmatch(word):
        return f"AS{int(match[1])}"
    if found := parse.address(word) or parse.network(word):
        return found
    name = parse.host_name(word)
    # One label alone would be a whole top-level domain.
    return name if name and "." in name and not name.rpartition(".")[2].isdigit() else None


_SPELLINGS: dict[str, Callable[[str], str | None]] = {
    "accounts": parse_accounts.spelled,
    "roles": _plain,
    "departments": _plain,
    "groups": _plain,
    "hosts": parse.machine,
    "networks": parse.network,
    "keys": _key,
    "databases": _database,
    "targets": _target,
    "clients": _client,
}
