"""Toolbox of collectors: names, subjects and saved files as databases write them in; one spelling out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from glasshouse import parse
from glasshouse.errors import Malformed

MOST = 200_000  # entries of one reply


def names(said: Iterable[object]) -> tuple[str, ...]:
    """DNS names and addresses, sorted, each once; ``*.`` is kept, and what is neither is left out."""
    found = set()
    for one in said:
        if isinstance(one, str) and (name := spelt(one)):
            found.add(name)
    return tuple(sorted(found))


def spelt(said: str) -> str | None:
    """One DNS name or address in the spelling of ``observed``; a leading ``*.`` is kept."""
    word = said.strip()
    name = parse.host_name(word)
    if name is None:
        return parse.address(word)
    return f"*.{name}" if word.startswith("*.") else parse.address(word) or name


def word(said: object) -> str | None:
    """A text that says something; None for anything else."""
    return said.strip() or None if isinstance(said, str) else None


def number(said: object) -> int | None:
    """A whole number; None for anything else."""
    if isinstance(said, bool):
        return None
    if isinstance(said, int):
        return said
    return int(said) if isinstance(said, str) and said.strip().isdecimal() and len(said) < 20 else None


def thing(said: object) -> Mapping[str, object]:
    """A JSON object; an empty one in place of anything else."""
    return said if isinstance(said, dict) else {}


def things(said: object) -> list[Mapping[str, object]]:
    """The objects of a JSON list; empty in place of anything else."""
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list) else []


def texts(said: object) -> tuple[str, ...]:
    """The texts of a JSON list (or the one text), each once, in their order."""
    found = said if isinstance(said, list) else [said]
    return tuple(dict.fromkeys(one.strip() for one in found if isinstance(one, str) and one.strip()))


def listed(body: bytes) -> list[object]:
    """The list that a reply is; raises Malformed when it is something else."""
    value = parse.document(body)
    if not isinstance(value, list):
        raise Malformed("not a list")
    if len(value) > MOST:
        raise Malformed(f"more than {MOST:,} entries")
    return value


def table(body: bytes) -> Mapping[str, object]:
    """The JSON object that a reply is; raises Malformed when it is something else."""
    value = parse.document(body)
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    return value
