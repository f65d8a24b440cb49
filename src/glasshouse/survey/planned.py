"""A collector, a subject and the settings in; what would be sent where, and with which key, out."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from glasshouse.asking import Request, Subject
from glasshouse.leaf import Collector
from glasshouse.safe import safe
from glasshouse.settings import Survey
from glasshouse.survey import guard, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRequest:
    """The first request about one subject, before it is made. ``note``: why nothing will be asked."""

    collector: str
    database: str
    subject: Subject
    request: Request | None = None
    where: str = ""  # host and port, or what is asked in its place
    what: str = ""  # the request on one line, with ${key} where the key goes
    key: str = ""  # name of the setting that holds it, never its value
    note: str = ""


def planned(name: str, leaf: Collector | None, subject: Subject, survey: Survey) -> PlannedRequest:
    """What the door would do first, without any network."""
    if leaf is None:
        return noted(name, subject, "no collector has this name")
    note = guard.subject(subject, leaf) or lacking(name, leaf, survey)
    request = None if note else leaf.ask(subject, None)
    if request is None:
        return noted(name, subject, note or "it asks nothing about this", leaf.DATABASE)
    place = guard.request(request) or guard.place(name, request, survey)
    if isinstance(place, str):
        return noted(name, subject, place, leaf.DATABASE)
    has_key = bool(survey.keys.get(name))
    sent = request if has_key else keys.without_key(request)
    return PlannedRequest(
        collector=name,
        database=leaf.DATABASE,
        subject=subject,
        request=sent,
        where=f"{place.name}:{place.port}" if place.name else "the resolver of the system",
        what=told(sent),
        key=f"survey.keys.{name}" if has_key and keys.wants_key(sent) else "",
    )


def lacking(name: str, leaf: Collector, survey: Survey) -> str:
    """What is missing before a collector can ask; empty when nothing is."""
    wanted = leaf.KEY and not leaf.OPTIONAL_KEY and name not in survey.endpoints
    if wanted and not survey.keys.get(name):
        return f"no key: set survey.keys.{name} ({leaf.KEY})"
    return ""


def told(request: Request) -> str:
    """A request on one line."""
    if request.transport == "https":
        query = urlencode(request.query, safe="${}*,:/") if request.query else ""
        line = f"{request.method} https://{request.host}{request.path}{'?' if query else ''}{query}"
        return safe(f"{line} {request.body}".rstrip())
    kind = dict(request.query).get("type", "")
    server = f"@{request.host}" if request.host else ""
    return safe(" ".join(filter(None, (request.transport, request.path, kind, server))))


def noted(name: str, subject: Subject, note: str, database: str = "") -> PlannedRequest:
    """A plan to ask nothing, and why."""
    return PlannedRequest(collector=name, database=database, subject=subject, note=note)
