"""Toolbox of loaders: words of ticket systems in; approval, assets, accounts and rows of exports out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_accounts, parse_when
from glasshouse.known import Change
from glasshouse.records import Trouble

ASSETS = 1_000  # names taken from one record
_YES = {"approved", "accepted", "granted", "authorised", "authorized", "pre-approved", "preapproved"}
_NO = {
    "rejected", "declined", "denied", "refused", "unapproved", "not approved", "cancelled", "canceled",
    "requested", "pending", "waiting for approval", "awaiting approval",
}  # fmt: skip
_CANCELLED = {"cancelled", "canceled", "rejected", "declined", "withdrawn"}
_ID = re.compile(r"[0-9a-f]{32}")
_PARTS = re.compile(r"[,;|\n\r]+")
_WORD = re.compile(r"[^\s,;|()\[\]{}<>\"'`]+")
_TLD = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}")
_FILE = re.compile(
    r"(?:py|sh|js|php|html?|json|ya?ml|xml|txt|log|csv|pdf|docx?|xlsx?|zip|gz|conf|cfg|md|exe|ps1|sql)"
)


def approval(said: str) -> bool | None:
    """Whether an approval was given; asked for and not given is no, and a word that says neither is None."""
    word = " ".join(said.replace("_", " ").lower().split())
    if word in _YES or word in _NO:
        return word in _YES
    return parse.yes(word) if word else None


def cancelled(state: str) -> bool:
    """Whether a state says that the change will not be, so that no approval counts any more."""
    return state.strip().lower() in _CANCELLED


def assets(listed: Iterable[str], free: Iterable[str] = ()) -> tuple[str, ...]:
    """What a record is about: each item of its lists, and names and addresses that its free texts name."""
    found: dict[str, None] = {}
    for said in listed:
        for part in _PARTS.split(said):
            word = " ".join(part.split())
            if word and not _ID.fullmatch(word):
                found[word] = None
    for said in free:
        for match in _WORD.finditer(said[:100_000]):
            if name := _named(match[0]):
                found[name] = None
    return tuple(found)[:ASSETS]


def _named(word: str) -> str | None:
    """The address, network or name with a dot that a word of a sentence is; e-mail addresses are people."""
    if "@" in word:
        return None
    _, mark, rest = word.partition("://")
    word = re.split(r"[/?#]", rest, maxsplit=1)[0] if mark else word
    word = word.strip(".:!?*_-\u2026")
    if found := parse.address(word) or (
        parse.network(word) if ("/" in word and "." in word) or "::" in word else None
    ):
        return found
    name = parse.host_name(re.sub(r":\d{1,5}$", "", word))
    last = name.rpartition(".")[2] if name and "." in name else ""
    return name if _TLD.fullmatch(last) and not _FILE.fullmatch(last) else None


def change(said: Mapping[str, str], free: Iterable[str], name: str, position: int) -> Change | Trouble:
    """One change from words by field of Change; ``assets`` parted by , ; | or lines; else a Trouble."""
    ident = said.get("id", "").strip()
    if not ident:
        return parse.trouble(name, position, "a change without a number", "export it with its number")
    times = {"since": parse_when.begins, "until": parse_when.ends}
    found = {field: read(said[field]) if said.get(field) else None for field, read in times.items()}
    wrong = [f"{field} {said[field]!r}" for field in times if said.get(field) and found[field] is None]
    if wrong:
        return parse.trouble(
            name,
            position,
            f"change {ident}: {', '.join(wrong)} is no time",
            "export times as ISO 8601, in UTC",
        )
    if found == {"since": None, "until": None}:
        return parse.trouble(
            name, position, f"change {ident} says no time", "export its planned start and end"
        )
    state = said.get("state", "").strip()
    return Change(
        id=ident,
        title=" ".join(said.get("title", "").split()),
        since=found["since"],
        until=found["until"],
        approved=False if cancelled(state) else approval(said.get("approved", "")),
        approved_by=said.get("approved_by", "").strip() or None,
        state=state or None,
        requested_by=requester(said.get("requested_by", "")),
        assets=assets([said.get("assets", "")], free),
        origin=f"{name}:{position}",
    )


def requester(said: str) -> str | None:
    """The account of a person as systems write one; None for their inner ids."""
    return None if _ID.fullmatch(said.strip()) else parse_accounts.spelled(said)


def doubtful(times: Iterable[str], name: str, next_step: str) -> Iterator[Trouble]:
    """A Trouble when a time does not say its zone: it was read as UTC."""
    if not all(parse_when.zoned(said) for said in times):
        yield parse.trouble(name, None, "times without a zone are read as UTC", next_step)


def rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """As ``parse.rows``; cells of columns that share a name are joined by semicolons. Raises Malformed."""
    whole = parse.text(data)
    header = next((line for line in whole.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=max(",;\t|", key=header.count))
    names: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not names or not any(cells):
                names = names or [cell.lower() for cell in cells if any(cells)]
                continue
            found: dict[str, list[str]] = {}
            for column, cell in zip(names, cells, strict=False):
                found.setdefault(column, []).extend([cell] if cell else [])
            yield reader.line_num, {column: ";".join(said) for column, said in found.items()}
    except csv.Error as problem:
        raise Malformed(f"not CSV: {problem}") from None


def header(head: bytes) -> set[str]:
    """The column names of a CSV file, lower case."""
    line = next((one for one in parse.text(head).splitlines() if one.strip()), "")
    return {cell.strip().strip('"').strip().lower() for cell in re.split(r"[,;\t|]", line)}


def fields(row: Mapping[str, str], columns: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """What ``change`` takes: of each field the first column that says something; of assets all of them."""
    said = {name: [row[one] for one in names if row.get(one)] for name, names in columns.items()}
    return {name: ";".join(found if name == "assets" else found[:1]) for name, found in said.items()}
