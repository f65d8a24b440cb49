"""A JSON file of accounts in, people out: a list, an object around one, or one object a line.

Takes the words of our own CSV, and those of Microsoft Graph (``/users``: userPrincipalName, jobTitle,
accountEnabled, onPremisesSamAccountName) and of the Google Directory API (``users.list``: primaryEmail,
suspended, isAdmin), after their reference pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import orjson

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_accounts
from glasshouse.known import Fact, Person
from glasshouse.records import Trouble

TITLE = "People, JSON"
GIVES = ("people",)
_ACCOUNT = (
    "account",
    "sAMAccountName",
    "onPremisesSamAccountName",
    "username",
    "user",
    "login",
    "uid",
    "userPrincipalName",
    "primaryEmail",
)
_ROLE = ("role", "title", "jobTitle")
_LISTS = ("people", "users", "value", "accounts", "members")
_NAMED = re.compile(rb'"(' + "|".join(_ACCOUNT).encode() + rb')"\s*:')
_SAYS = re.compile(
    rb'"(role|department|privileged|groups|disabled|service|jobTitle|title|memberOf|accountEnabled|suspended)"\s*:'
)


def detect(head: bytes, name: str) -> int:
    """Sure when objects name an account and something about it."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return 70 if start in (b"{", b"[") and _NAMED.search(head) and _SAYS.search(head) else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One person an object; ``position`` counts objects from 1 (lines, where each is on its own)."""
    for number, entry in _entries(data):
        said = {**entry}
        account = parse.account(next((text for key in _ACCOUNT if (text := _text(said, key))), ""))
        if account is None:
            yield parse.trouble(name, number, "no account", 'give "account"')
            continue
        yield Person(
            account=account,
            role=next((text for key in _ROLE if (text := _text(said, key))), None),
            department=_text(said, "department"),
            privileged=_flag(said, "privileged", "isAdmin"),
            service=_flag(said, "service"),
            disabled=_disabled(said),
            groups=_groups(said),
            email=(_text(said, "email") or _text(said, "mail") or _text(said, "primaryEmail") or "").lower()
            or None,
            domains=parse_accounts.stated(_text(said, key) or "" for key in _ACCOUNT),
            origin=f"{name}:{number}",
        )


def _entries(data: bytes) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        value = parse.document(data)
    except Malformed:
        yield from _lines(data)
        return
    if isinstance(value, dict):
        value = next((value[key] for key in _LISTS if isinstance(value.get(key), list)), value)
    for number, one in enumerate(value if isinstance(value, list) else [value], 1):
        yield number, one if isinstance(one, dict) else {}


def _lines(data: bytes) -> Iterator[tuple[int, Mapping[str, object]]]:
    """One object a line; a file of which no line is an object raises Malformed."""
    found = False
    bad: list[int] = []
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        try:
            value = orjson.loads(line) if line.strip() else None
        except orjson.JSONDecodeError:
            value = {}
        if isinstance(value, dict) and value:
            found = True
            yield number, value
        elif line.strip():
            bad.append(number)
    if not found:
        raise Malformed("neither a JSON document nor an object a line")
    for number in bad:
        yield number, {}


def _text(said: Mapping[str, object], key: str) -> str | None:
    value = said.get(key)
    return (
        str(value).strip() or None if isinstance(value, (str, int)) and not isinstance(value, bool) else None
    )


def _flag(said: Mapping[str, object], *keys: str) -> bool | None:
    return next((parse.yes(said[key]) for key in keys if said.get(key) is not None), None)


def _disabled(said: Mapping[str, object]) -> bool | None:
    enabled = _flag(said, "accountEnabled", "enabled")
    return not enabled if enabled is not None else _flag(said, "disabled", "suspended")


def _groups(said: Mapping[str, object]) -> tuple[str, ...]:
    """Names of groups: texts, or objects with a displayName or name; one text is parted by ; and |."""
    value = said.get("groups") or said.get("memberOf") or []
    several = re.split(r"[;|]", value) if isinstance(value, str) else value if isinstance(value, list) else []
    names = [
        _text(one, "displayName") or _text(one, "name") if isinstance(one, dict) else one for one in several
    ]
    return tuple(name.strip() for name in names if isinstance(name, str) and name.strip())
