"""Records in; the names of people and machines that stand in fields of their own, by act or story, out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from glasshouse.pseudonyms import Kind
from glasshouse.records import Actor, Alert, Event, Lookup, Target
from glasshouse.verdicts import Containment, Episode, Named, Triaged

NAMES: dict[type, dict[str, Kind]] = {  # fields that are a name, or a list of names
    Actor: {"user": "user", "host": "host", "ip": "addr", "device": "host"},
    Event: {"user": "user", "host": "host", "ip": "addr"},
    Alert: {"users": "user"},
    Episode: {"accounts": "user", "hosts": "host", "ips": "addr", "key_accounts": "user"},
}
_TOGETHER = (Triaged, Containment, Episode, Alert, Lookup, Event)  # who is protected in one of these, all are

_FOLDER_NAME = r'[^\\/:*?"<>|\s]'
FOLDER = re.compile(
    rf"(?i)(?<![^\\/])((?:users|home|documents and settings|profiles)[\\/]+)"
    rf"({_FOLDER_NAME}+(?: {_FOLDER_NAME}+){{0,3}}(?=[\\/])|{_FOLDER_NAME}+)"
)
NOBODYS = {"public", "default", "default user", "all users", "shared"}


def names_in(record: object) -> Iterator[tuple[Kind, str]]:
    """Every name that stands in a field of its own, however deep; of e-mail targets the address."""
    return (one for group in groups(record) for one in group)


def groups(record: object) -> Iterator[Iterable[tuple[Kind, str]]]:
    """The names of a record, those together that are said of one act or one story."""
    if isinstance(record, _TOGETHER):
        yield dict.fromkeys(_names(record))
    elif isinstance(record, tuple | list):
        for one in record:
            yield from groups(one)
    elif is_dataclass(record):
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, tuple | list) or is_dataclass(value):
                yield from groups(value)
        if loose := list(_own(record)):
            yield loose


def _names(record: Any) -> Iterator[tuple[Kind, str]]:  # noqa: ANN401 -- whatever a record holds
    if isinstance(record, tuple | list):
        for one in record:
            yield from _names(one)
    elif is_dataclass(record):
        yield from _own(record)
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, tuple | list) or is_dataclass(value):
                yield from _names(value)


def _own(record: Any) -> Iterator[tuple[Kind, str]]:  # noqa: ANN401 -- any record
    """The names in the fields of one record, without those of the records in it."""
    if isinstance(record, Named):
        yield record.kind, record.value
    if isinstance(record, Target) and record.type == "email":
        yield "user", record.value
    for name, kind in NAMES.get(type(record), {}).items():
        value = getattr(record, name)
        yield from ((kind, one) for one in ((value,) if isinstance(value, str) else value or ()) if one)
    process = getattr(record, "process", None)
    if isinstance(process, str):
        folders = (found[2] for found in FOLDER.finditer(process))
        yield from (("user", name) for name in folders if name.lower() not in NOBODYS)
