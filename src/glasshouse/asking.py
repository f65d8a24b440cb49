"""The nouns of asking, frozen and slotted: an asset of ours, requests about it, replies, how it went.

Times are integers, microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SubjectType = Literal["domain", "hostname", "ip", "cidr", "asn", "certificate", "organisation", "reference"]
Transport = Literal["https", "whois", "dns", "axfr"]
AskStatus = Literal["complete", "partial", "refused", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: an asset of ours. ``reference`` with an empty value: nothing of ours is asked."""

    type: SubjectType
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to one provider, without any secret: ``${key}`` stands where the door puts the key.

    In ``query``, ``headers`` and ``body`` the door fills ``${key}`` (the whole key), ``${user}`` and
    ``${password}`` (the key's halves around its first colon) and ``${basic}`` (the key in base64).
    ``https``: host, method, path, query, headers, body. ``whois``: host, and ``path`` is the line to send.
    ``dns``: ``path`` is the name and ``query`` holds ``("type", "MX")``; ``host`` is the name server that is
    asked, empty for the chosen resolver. ``axfr``: ``path`` is the zone, ``host`` its name server.
    """

    host: str
    path: str = "/"
    transport: Transport = "https"
    method: Literal["GET", "POST"] = "GET"
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back. ``dns``: ``body`` is a DNS answer in the JSON of DNS-over-HTTPS services (``Status``,
    ``AD``, ``AA``, ``Question``, ``Answer``, ``Authority``); ``axfr``: the zone as a master file.
    """

    request: Request
    body: bytes
    time: int
    status: int = 200  # of HTTP; 200 for the other transports
    headers: tuple[tuple[str, str], ...] = ()  # names in lower case


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One collector asked about one subject, and how it went; only ``complete`` shows a thing is gone."""

    number: int
    survey: int  # number of the run it was part of
    collector: str
    database: str
    subject: Subject
    time: int
    status: AskStatus
    requests: int = 0
    facts: int = 0
    reason: str = ""  # why it is not complete
