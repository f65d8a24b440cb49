"""Parts of a report in, short plain phrases out: the words every sink for people shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from glasshouse.records import (
    LEVELS,
    Actor,
    Alert,
    Client,
    Points,
    Report,
    Requests,
    RuleStatus,
    Tally,
    Target,
    Trouble,
)
from glasshouse.safe import safe

NEXT_COMMAND = "glasshouse explain {alert}"
UNKNOWN_ACTOR = "unknown actor"

TECHNIQUE_NAMES = {
    "T1016": "System Network Configuration Discovery",
    "T1589": "Gather Victim Identity Information",
    "T1589.002": "Email Addresses",
    "T1590": "Gather Victim Network Information",
    "T1590.002": "DNS",
    "T1591": "Gather Victim Org Information",
    "T1593": "Search Open Websites/Domains",
    "T1593.003": "Code Repositories",
    "T1596": "Search Open Technical Databases",
    "T1596.001": "DNS/Passive DNS",
    "T1596.002": "WHOIS",
    "T1596.003": "Digital Certificates",
    "T1596.004": "CDNs",
    "T1596.005": "Scan Databases",
    "T1597": "Search Closed Sources",
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def when(microseconds: int | None) -> str:
    """Return a time as ``2026-11-20 09:14:02Z``."""
    if microseconds is None:
        return "no time"
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return "time out of range"
    return f"{moment.replace(tzinfo=None).isoformat(' ', 'seconds')}Z"


def lasting(microseconds: int) -> str:
    """Return a length of time with at most two units: ``19 s``, ``2 h 10 min``."""
    left = round(microseconds / 1_000_000)
    if left < 1:
        return "under 1 s"
    parts: list[str] = []
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 "))


def span(alert: Alert) -> str:
    """Return when an alert began and how long it lasted."""
    length = alert.last_seen - alert.first_seen
    return f"{when(alert.first_seen)}, for {lasting(length)}" if length > 0 else when(alert.first_seen)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return ``1 file`` or ``2,500 files``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(octets: int) -> str:
    """Return a number of bytes in decimal units: ``376 MB``."""
    amount, unit = float(octets), "B"
    for bigger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, bigger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"


def who(actor: Actor, users: Sequence[str] = ()) -> str:
    """Return the actor in a few words: ``alice on ws-17 (192.0.2.17), python.exe``."""
    people = some(dict.fromkeys([actor.user, *users]), 3)
    machine = some([actor.host or actor.ip], 1)
    if actor.host and actor.ip and actor.ip != actor.host:
        machine += f" ({safe(actor.ip)})"
    phrase = " on ".join(part for part in (people, machine) if part) or UNKNOWN_ACTOR
    return f"{phrase}, {safe(actor.process)}" if actor.process else phrase


def asked(requests: Requests) -> str:
    """Return how many requests, and whether that is counted or estimated."""
    if requests.estimate == requests.min:
        return count(requests.min, "request")
    return f"about {count(requests.estimate, 'request')} (at least {requests.min:,})"


def some(values: Iterable[str | None], most: int) -> str:
    """Return the first values, cleaned and joined by commas, and how many more there are."""
    cleaned = [safe(value) for value in values if value]
    more = len(cleaned) - most
    return ", ".join(cleaned[:most]) + (f" and {more:,} more" if more > 0 else "")


def target_words(target: Target) -> str:
    """Return a target's value, marked when it is ours."""
    return f"{safe(target.value)} (ours)" if target.about_us else safe(target.value)


def client_words(client: Client) -> str:
    """Return a client as its name, or as its kind when it has none."""
    return safe(client.name) if client.name else f"{safe(client.kind)} client"


def technique_words(technique: str) -> str:
    """Return an ATT&CK id with its name where it is known."""
    name = TECHNIQUE_NAMES.get(technique)
    return f"{technique} {name}" if name else safe(technique)


def sum_words(points: Sequence[Points], score: int) -> str:
    """Return the score as a sum: ``40 scripted_burst + 25 breadth = 65``."""
    rows = " + ".join(f"{row.points} {safe(row.rule)}" for row in points)
    return f"{rows} = {score}" if rows else str(score)


def by_score(alerts: Iterable[Alert]) -> list[Alert]:
    """Return alerts with the gravest first; equal ones by time, then id."""
    return sorted(
        alerts, key=lambda alert: (-LEVELS.index(alert.level), -alert.score, alert.first_seen, alert.id)
    )


def level_counts(alerts: Iterable[Alert]) -> list[tuple[str, int]]:
    """Return how many alerts each level has, gravest first, without the empty levels."""
    levels = [alert.level for alert in alerts]
    return [(level, levels.count(level)) for level in reversed(LEVELS) if level in levels]


def headline(report: Report) -> str:
    """Return one sentence that says what was found, or that nothing could be looked at."""
    records = sum(source.records for source in report.tally.sources.values())
    if not records:
        return "No record could be looked at, so nothing can be said."
    base = (
        f"{count(report.lookups_total, 'lookup')} in {count(records, 'record')} "
        f"of {count(report.tally.files, 'file')}"
    )
    if not report.alerts:
        return f"No alert; {base}."
    levels = ", ".join(f"{number} {level}" for level, number in level_counts(report.alerts))
    return f"{count(len(report.alerts), 'alert')} ({levels}) from {base}."


def period(report: Report) -> str:
    """Return the time the logs cover, as far as their records say."""
    if report.first_time is None or report.last_time is None:
        return ""
    return f"{when(report.first_time)} to {when(report.last_time)}"


def stopped_rules(report: Report) -> list[RuleStatus]:
    """Return the rules that could not run on this data."""
    return [status for status in report.rule_statuses if status.status != "ran"]


def rule_words(status: RuleStatus) -> str:
    """Return one rule that could not run, with the reason."""
    return safe(f"{status.rule}: {status.status}" + (f" ({status.detail})" if status.detail else ""))


def trouble_words(trouble: Trouble) -> str:
    """Return one trouble as ``file, position 12: reason; next step``."""
    place = trouble.where if trouble.position is None else f"{trouble.where}, position {trouble.position}"
    return safe(f"{place}: {trouble.reason}" + (f"; {trouble.next_step}" if trouble.next_step else ""))


def trouble_lines(tally: Tally) -> list[str]:
    """One line per trouble that was kept, and one for the number of those that were not."""
    lines = [trouble_words(trouble) for trouble in tally.troubles]
    return [*lines, f"and {tally.troubles_dropped:,} more"] if tally.troubles_dropped else lines


def next_command(report: Report) -> str:
    """Return the command that says more about the gravest alert; empty without alerts."""
    ranked = by_score(report.alerts)
    return NEXT_COMMAND.format(alert=safe(ranked[0].id)) if ranked else ""
