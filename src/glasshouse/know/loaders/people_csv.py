"""A CSV of accounts in, people out: account, role, department, privileged, service, disabled, groups."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.know import parse
from glasshouse.known import Fact, Person
from glasshouse.records import Trouble

TITLE = "People, CSV"
GIVES = ("people",)
_NAMES = {"account", "user", "username", "samaccountname", "login"}
_SAYS = {"role", "department", "privileged", "groups", "disabled", "service", "title", "memberof"}


def detect(head: bytes, name: str) -> int:
    """Sure when the header names an account and something about it."""
    header = parse.text(head).partition("\n")[0].lower()
    columns = {cell.strip().strip('"') for cell in header.replace(";", ",").replace("\t", ",").split(",")}
    return 80 if columns & _NAMES and columns & _SAYS else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One person a row; groups are parted by semicolons or bars."""
    for line, row in parse.rows(data):
        account = parse.account(_first(row, *_NAMES))
        if account is None:
            yield parse.trouble(name, line, "no account", "fill the column account")
            continue
        groups = row.get("groups") or row.get("memberof") or ""
        yield Person(
            account=account,
            role=row.get("role") or row.get("title") or None,
            department=row.get("department") or None,
            privileged=parse.yes(row.get("privileged", "")),
            service=parse.yes(row.get("service", "")),
            disabled=parse.yes(row.get("disabled", "")),
            groups=tuple(part.strip() for part in groups.replace("|", ";").split(";") if part.strip()),
            email=(row.get("email") or row.get("mail") or "").lower() or None,
            origin=f"{name}:{line}",
        )


def _first(row: dict[str, str], *names: str) -> str:
    return next((row[name] for name in sorted(names) if row.get(name)), "")
