"""What an open database said in; out, one plain line of it, and when: for everything that shows evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from glasshouse.findings import Shift
from glasshouse.observed import (
    Certificate,
    DnsRecord,
    Fact,
    FactKind,
    Observation,
    Range,
    Registration,
    Resolution,
    Service,
    Vulnerability,
)
from glasshouse.report import text
from glasshouse.safe import safe

# One, many.
KIND_NAMES: dict[FactKind, tuple[str, str]] = {
    "record": ("DNS record", "DNS records"),
    "resolution": ("name server answer", "name server answers"),
    "registration": ("registration", "registrations"),
    "certificate": ("certificate", "certificates"),
    "service": ("open port", "open ports"),
    "range": ("provider's range", "provider's ranges"),
    "vulnerability": ("listed vulnerability", "listed vulnerabilities"),
}
TIMES = frozenset(
    ("created", "changed", "expires", "not_before", "not_after", "logged", "first_seen", "last_seen")
) | {"added", "due"}
LISTED = 4
LONGEST = 300  # characters of one value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(microseconds: int | None) -> datetime | None:
    """A time as a date; None where there is none, or it lies outside the years 1 to 9999."""
    if microseconds is None:
        return None
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None


def iso(microseconds: int | None) -> str | None:
    """A time as ``2026-11-20T09:14:02.000001Z`` (RFC 3339)."""
    found = moment(microseconds)
    return f"{found.replace(tzinfo=None).isoformat(timespec='microseconds')}Z" if found else None


def seconds(microseconds: int | None) -> str:
    """A time as ``2026-11-20T09:14:02Z`` for cells; empty where there is none."""
    found = moment(microseconds)
    return f"{found.replace(tzinfo=None).isoformat(timespec='seconds')}Z" if found else ""


def day(microseconds: int | None) -> str:
    """A time as ``2026-11-20``; empty where there is none."""
    found = moment(microseconds)
    return f"{found:%Y}".rjust(4, "0") + f"{found:-%m-%d}" if found else ""


def short(value: str, most: int = LONGEST) -> str:
    """A text on one harmless line, cut where it is too long."""
    line = safe(value[: most + 1])
    return line if len(line) <= most else f"{line[: most - 1]}…"


def kind_words(kind: FactKind, number: int) -> str:
    """``1 certificate`` or ``2,500 DNS records``."""
    one, many = KIND_NAMES[kind]
    return text.count(number, one, many)


def fact_words(fact: Fact) -> str:
    """One fact in one line, without who said it."""
    match fact:
        case DnsRecord():
            words = _joined(_record(fact))
        case Resolution():
            server = f" at {fact.server}" if fact.server else ""
            words = f"{fact.name} {fact.type}{server}: {fact.rcode}"
        case Registration():
            words = _joined(_registration(fact))
        case Certificate():
            words = _joined(_certificate(fact))
        case Service():
            words = _joined(_service(fact))
        case Range():
            words = f"{fact.cidr} is of {fact.provider} ({fact.role})"
        case Vulnerability():
            words = _joined(_vulnerability(fact))
    return short(words)


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _record(fact: DnsRecord) -> Iterable[str]:
    yield f"{fact.name} {fact.type} {fact.data}"
    if fact.live:
        yield "answered by a name server"
    elif fact.first_seen is not None or fact.last_seen is not None:
        yield _span("seen", fact.first_seen, fact.last_seen)


def _registration(fact: Registration) -> Iterable[str]:
    yield f"{fact.object} {fact.name}" + (f" ({fact.title})" if fact.title else "")
    yield f"registrar {fact.registrar}" if fact.registrar else ""
    yield f"since {day(fact.created)}" if day(fact.created) else ""
    yield f"expires {day(fact.expires)}" if day(fact.expires) else ""
    yield f"name servers {text.some(fact.name_servers, LISTED)}" if fact.name_servers else ""
    yield f"blocks {text.some(fact.blocks, LISTED)}" if fact.blocks else ""
    yield f"status {text.some(fact.statuses, LISTED)}" if fact.statuses else ""
    yield text.count(len(fact.contacts), "contact") if fact.contacts else ""


def _certificate(fact: Certificate) -> Iterable[str]:
    names = text.some(fact.names, LISTED) or fact.common_name or "no name"
    yield f"certificate {fact.serial} for {names}"
    yield f"by {issuer(fact.issuer)}"
    if fact.not_before is not None or fact.not_after is not None:
        yield _span("valid", fact.not_before, fact.not_after)
    yield "revoked" if fact.revoked else ""


def _service(fact: Service) -> Iterable[str]:
    what = " ".join(part for part in (fact.product, fact.version) if part)
    yield f"{fact.ip} {fact.port}/{fact.transport}" + (f" {fact.protocol}" if fact.protocol else "")
    yield what
    yield f"title “{short(fact.title, 60)}”" if fact.title else ""
    yield f"{text.some(fact.cves, LISTED)} as reported" if fact.cves else ""
    yield f"tagged {text.some(fact.tags, LISTED)}" if fact.tags else ""
    if fact.first_seen is not None or fact.last_seen is not None:
        yield _span("seen", fact.first_seen, fact.last_seen)


def _vulnerability(fact: Vulnerability) -> Iterable[str]:
    yield fact.cve
    yield "known to be exploited" if fact.exploited else ""
    yield f"EPSS {fact.epss:.3f}" if fact.epss is not None else ""
    yield f"to be mended by {day(fact.due)}" if day(fact.due) else ""


def _span(word: str, first: int | None, last: int | None) -> str:
    if first is None or last is None:
        return f"{word} {'from' if last is None else 'until'} {day(first if last is None else last)}"
    return f"{word} {day(first)}" if day(first) == day(last) else f"{word} {day(first)} to {day(last)}"


def issuer(name: str) -> str:
    """The part of an issuer's distinguished name that people know it by."""
    parts = dict(part.strip().partition("=")[::2] for part in name.split(",") if "=" in part)
    return parts.get("CN") or parts.get("O") or name


def evidence_words(one: Observation[Fact]) -> str:
    """Who said it, when, what, and the hash of the reply it stands in."""
    who = one.database if one.database == one.collector else f"{one.database} through {one.collector}"
    asked = f"{text.when(one.time)}, asked about {short(one.subject.value) or 'nothing of ours'}"
    return f"{safe(who)}, {asked}: {fact_words(one.fact)}; sha256 {safe(one.raw_sha256)}"


def shift_words(shift: Shift) -> str:
    """``new certificate: …``; for what changed, each field before and after."""
    one = shift.after or shift.before
    told = fact_words(one.fact) if one else short(shift.key)
    noun = KIND_NAMES[shift.fact_kind][0]
    if shift.kind != "changed" or not (shift.before and shift.after):
        return f"{shift.kind} {noun}: {told}"
    old, new = shift.before.fact, shift.after.fact
    differ = [
        f"{short(name).replace('_', ' ')} {value_words(old, name)} → {value_words(new, name)}"
        for name in shift.fields
    ]
    return f"changed {noun}: {short(shift.key)}: {_joined(differ) or told}"


def value_words(fact: Fact, name: str) -> str:
    """One field of a fact in words: times as days, sets as lists, nothing as ``none``."""
    value = getattr(fact, name, None) if name in {one.name for one in fields(fact)} else None
    if name in TIMES and isinstance(value, int):
        return day(value) or "time out of range"
    if isinstance(value, tuple):
        return text.some((str(one) for one in value), LISTED) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return short(str(value), 80) if value not in (None, "") else "none"
