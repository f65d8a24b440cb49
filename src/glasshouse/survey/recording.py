"""Requests with their replies in, lines of a recording (JSON Lines) out; and back again.

One line is one exchange: ``collector``, ``subject``, ``request`` (without its key), ``status``, ``headers``,
``time`` and ``body`` (a text where it is UTF-8, otherwise ``body_base64``). A status of 0 says that no reply
came; the body is the reason then.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, get_args

import orjson

from glasshouse.asking import Reply, Request, Subject, SubjectType, Transport
from glasshouse.errors import Malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One reply and what it answers. ``request`` is None for a plain saved reply."""

    collector: str
    subject: Subject
    request: Request | None
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    time: int
    again: bool = False  # the reply that was recorded before, for the same request; its body is not repeated


def exchange(collector: str, subject: Subject, reply: Reply, again: bool = False) -> Exchange:
    """What is recorded of a reply."""
    return Exchange(
        collector=collector,
        subject=subject,
        request=reply.request,
        status=reply.status,
        headers=reply.headers,
        body=b"" if again else reply.body,
        time=reply.time,
        again=again,
    )


def plain(collector: str, subject: Subject, body: bytes, time: int) -> Exchange:
    """A saved reply of which nothing else is known."""
    return Exchange(
        collector=collector, subject=subject, request=None, status=200, headers=(), body=body, time=time
    )


def is_recording(head: bytes) -> bool:
    """Whether a file is a recording, told by its first bytes."""
    first = head.lstrip()[:200]
    return first.startswith(b'{"collector":"') and b'"subject":{' in first


def by_request(recorded: Iterable[Exchange]) -> Mapping[tuple[str, Subject, Request], Exchange]:
    """The exchanges by what was asked, for a door that replays."""
    found: dict[tuple[str, Subject, Request], Exchange] = {}
    first: dict[tuple[str, Request], Exchange] = {}
    for one in recorded:
        if one.request is not None:
            known = first.setdefault((one.collector, one.request), one) if one.again else one
            first.setdefault((one.collector, one.request), one)
            found[one.collector, one.subject, one.request] = replace(known, subject=one.subject)
    return found


def line(one: Exchange) -> bytes:
    """One line of a recording, with its line feed."""
    said: dict[str, Any] = {
        "collector": one.collector,
        "subject": asdict(one.subject),
        "request": None if one.request is None else _request_told(one.request),
        "status": one.status,
        "headers": one.headers,
        "time": one.time,
        **({"again": True} if one.again else {}),
    }
    try:
        said["body"] = one.body.decode("utf-8")
    except UnicodeDecodeError:
        said["body_base64"] = base64.b64encode(one.body).decode()
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _request_told(one: Request) -> dict[str, Any]:
    plain = Request(host="")
    return {name: value for name, value in asdict(one).items() if value != getattr(plain, name)}


def exchanges(data: bytes) -> Iterator[Exchange]:
    """The exchanges of a recording; raises Malformed that names the line."""
    for number, row in enumerate(data.split(b"\n"), 1):
        if not row.strip():
            continue
        try:
            yield _exchange(orjson.loads(row))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, binascii.Error):
            raise Malformed(f"line {number} is no exchange of a recording") from None


def _exchange(said: Mapping[str, Any]) -> Exchange:
    body = (
        _text(said["body"]).encode()
        if "body" in said
        else base64.b64decode(said["body_base64"], validate=True)
    )
    asked = said["request"]
    return Exchange(
        collector=_text(said["collector"]),
        subject=_subject(said["subject"]),
        request=None if asked is None else _request(asked),
        status=_number(said["status"]),
        headers=_pairs(said["headers"]),
        body=body,
        time=_number(said["time"]),
        again=said.get("again") is True,
    )


def _subject(said: Mapping[str, Any]) -> Subject:
    if said["type"] not in get_args(SubjectType):
        raise ValueError("no such type of subject")
    return Subject(said["type"], _text(said["value"]))


def _request(said: Mapping[str, Any]) -> Request:
    given = dict(said)
    if set(given) - {one.name for one in fields(Request)}:
        raise ValueError("no such field")
    for name in ("query", "headers"):
        given[name] = _pairs(given.get(name, ()))
    for name in ("host", "path", "transport", "method", "body"):
        given[name] = _text(given.get(name, getattr(Request(host=""), name)))
    if given["transport"] not in get_args(Transport) or given["method"] not in ("GET", "POST"):
        raise ValueError("no such transport or method")
    return Request(**given)


def _pairs(said: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 -- whatever the line says
    return tuple((_text(name), _text(value)) for name, value in said)


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise TypeError("not a text")
    return said


def _number(said: object) -> int:
    if not isinstance(said, int) or isinstance(said, bool):
        raise TypeError("not a number")
    return said
