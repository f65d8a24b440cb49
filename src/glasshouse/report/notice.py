"""The nouns of telling: a notice in the words of the house, and the messages a sender makes of it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Literal

from glasshouse.records import Actor, Level
from glasshouse.safe import safe
from glasshouse.verdicts import Triaged

LINES = 40  # of one notice
LONGEST = 500  # characters of one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something somebody wants to be told. ``id`` is its idempotency key: the same notice, the same id.

    ``kind`` is decision, case, trouble or test. Identities stand here as the settings show them: pseudonyms
    stay pseudonyms. Texts may hold anything; each sender cleans them for its format.
    """

    id: str
    time: int  # microseconds
    title: str
    kind: str = "decision"
    lines: tuple[str, ...] = ()
    level: Level = "informational"
    decision: str = ""  # a DecisionName
    alert: str = ""
    case: str = ""
    link: str = ""  # to the case or alert, from our own settings
    score: int = 0
    requests: int = 0
    actor: Actor = field(default_factory=Actor)
    databases: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    first_seen: int | None = None
    last_seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A body for an HTTP address. With a ``key`` the door signs time and body when it sends."""

    url: str = field(repr=False)  # may hold a token
    body: bytes
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    key: str = field(default="", repr=False)
    ca: str = ""  # file with the authorities to trust, instead of the system's


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A finished RFC 5322 message and the server that takes it."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    recipients: tuple[str, ...]
    body: bytes
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One finished syslog frame and the collector that takes it."""

    host: str
    port: int
    transport: Literal["tls", "tcp", "udp"]
    frame: bytes
    ca: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A text for chat services, each named by an address apprise understands."""

    urls: tuple[str, ...] = field(repr=False)  # hold tokens
    title: str
    body: str
    level: Level = "informational"


Message = Post | Mail | Line | Chat


def of(triaged: Triaged, *, id: str, time: int, case: str = "", link: str = "") -> Notice:
    """The notice of a decision: what it is, why, and what was looked at; the same input, the same notice."""
    alert, decision = triaged.alert, triaged.decision
    reasons = [f"{row.points:+d} {row.rule}: {row.reason}" for row in alert.points]
    held = [f"Criterion: {one.says}" for one in decision.criteria if one.held]
    fields = [
        f"{one.name}: {one.value} ({one.says})" for one in triaged.verdict.fields if one.value != "unknown"
    ]
    unknown = [one.name for one in triaged.verdict.fields if one.value == "unknown"]
    last = [f"Cannot be answered: {', '.join(unknown)}"] if unknown else []
    lines = [alert.summary, decision.says, *held, *fields, *last, *reasons]
    return Notice(
        id=id,
        time=time,
        title=f"{decision.title}: {alert.id}",
        lines=tuple(line[:LONGEST] for line in lines if line)[:LINES],
        level=alert.level,
        decision=decision.name,
        alert=alert.id,
        case=case,
        link=link,
        score=alert.score,
        requests=alert.requests.estimate,
        actor=alert.actor,
        databases=alert.databases,
        techniques=alert.techniques,
        first_seen=alert.first_seen,
        last_seen=alert.last_seen,
    )


def text_lines(notice: Notice) -> list[str]:
    """The notice as plain lines for people, cleaned: title, facts, reasons, and where to go on."""
    facts = {
        "Level": f"{notice.level}, score {notice.score}" if notice.kind == "decision" else notice.level,
        "Alert": notice.alert,
        "Case": notice.case,
        "Databases": ", ".join(notice.databases),
        "ATT&CK": ", ".join(notice.techniques),
    }
    lines = [notice.title, *(f"{name}: {value}" for name, value in facts.items() if value)]
    return [safe(line[:LONGEST]) for line in (*lines, *notice.lines[:LINES])]


def signature(key: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over ``timestamp.body`` as a receiver computes it: ``v1=`` and 64 hexadecimal digits.

    ``timestamp`` is in seconds since 1970; a receiver refuses what is older than a few minutes.
    """
    signed = str(timestamp).encode() + b"." + body
    return "v1=" + hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
