"""A CSV of accounts in, people out: account, role, department, privileged, service, disabled, groups.

Takes exports of Active Directory too (``Get-ADUser | Export-Csv``: SamAccountName, Title, Enabled, MemberOf),
after Microsoft's page on Get-ADUser. In a group's DN only its first name counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse import parse
from glasshouse.know import parse_accounts
from glasshouse.known import Fact, Person
from glasshouse.records import Trouble

TITLE = "People, CSV"
GIVES = ("people",)
_NAMES = ("account", "samaccountname", "username", "login", "user", "userprincipalname")
_ROLE, _GROUPS, _EMAIL = (
    ("role", "title", "jobtitle"),
    ("groups", "memberof"),
    ("email", "mail", "emailaddress"),
)
_ENABLED = ("enabled", "accountenabled")
_SAYS = {*_ROLE, *_GROUPS, *_ENABLED, "department", "privileged", "disabled", "service"}
_DN = re.compile(r"^cn=((?:[^\\,]|\\.)*),", re.IGNORECASE)


def detect(head: bytes, name: str) -> int:
    """Sure when the header names an account and something about it."""
    header = next((line for line in parse.text(head).splitlines() if line.strip()), "").lower()
    columns = {cell.strip().strip('"') for cell in re.split(r"[,;\t|]", header)}
    return 80 if columns & set(_NAMES) and columns & _SAYS else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One person a row; groups are parted by semicolons or bars."""
    for line, row in parse.rows(data):
        account = parse.account(_first(row, _NAMES))
        if account is None:
            yield parse.trouble(name, line, "no account", "fill the column account")
            continue
        enabled = parse.yes(_first(row, _ENABLED))
        groups = re.split(r"[;|]", _first(row, _GROUPS))
        yield Person(
            account=account,
            role=_first(row, _ROLE) or None,
            department=row.get("department") or None,
            privileged=parse.yes(row.get("privileged", "")),
            service=parse.yes(row.get("service", "")),
            disabled=parse.yes(row.get("disabled", "")) if enabled is None else not enabled,
            groups=tuple(_group(part.strip()) for part in groups if part.strip()),
            email=_first(row, _EMAIL).lower() or None,
            domains=parse_accounts.stated(
                [row.get(column, "") for column in _NAMES], [row.get("distinguishedname", "")]
            ),
            origin=f"{name}:{line}",
        )


def _group(said: str) -> str:
    match = _DN.match(said)
    return re.sub(r"\\(.)", r"\1", match[1]) if match else said


def _first(row: dict[str, str], names: tuple[str, ...]) -> str:
    return next((row[name] for name in names if row.get(name)), "")
