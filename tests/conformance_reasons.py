"""Why some Events differ from the expectation beside a log: a difference in, one sentence or nothing out.

RULES explain a kind of difference, each with a proof from the record itself; REASONS explain single records
that somebody looked at. A difference that neither explains counts against us.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from glasshouse.records import Event

Proof = Callable[[str, str, Event], bool]  # the raw record, their value, our Event
MICRO, CLOSE = 1_000_000, 1_500


def micro(stamp: str) -> int:
    """An expectation's time (ISO 8601, or OCSF's milliseconds) in microseconds."""
    if stamp.isdigit():
        return int(stamp) * 1000
    when = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    passed = (when if when.tzinfo else when.replace(tzinfo=UTC)) - datetime.fromtimestamp(0, UTC)
    return (passed.days * 86400 + passed.seconds) * MICRO + passed.microseconds


def _is_end(_raw: str, theirs: str, event: Event) -> bool:
    end = (event.time or 0) + (event.duration or 0)
    return bool(event.duration) and abs(micro(theirs) - end) < CLOSE


def _is_cut(_raw: str, theirs: str, event: Event) -> bool:
    whole = (event.time or 0) // MICRO * MICRO
    return "." not in theirs and micro(theirs) == whole


def _start_is_written(raw: str, theirs: str, event: Event) -> bool:
    if event.via != "flow" or event.time is None or micro(theirs) == event.time:
        return False
    when = datetime.fromtimestamp(event.time // MICRO, UTC)
    styles = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%b %d %Y %H:%M:%S")
    return any(when.strftime(style) in raw for style in styles)


def _own_time_is_written(raw: str, theirs: str, event: Event) -> bool:
    """Sysmon's UtcTime: when it happened, not when the record was written."""
    if event.time is None or "UtcTime" not in raw or micro(theirs) == event.time:
        return False
    when = datetime.fromtimestamp(event.time // MICRO, UTC)
    return f"{when:%Y-%m-%d %H:%M:%S}.{event.time // 1000 % 1000:03}" in raw


def _is_server(_raw: str, theirs: str, event: Event) -> bool:
    return event.via == "dns" and theirs == event.server_ip and event.server_port == 53


def _is_connect(_raw: str, theirs: str, event: Event) -> bool:
    return event.method == "CONNECT" and event.url is None and bool(event.name)


def _has_no_scheme(raw: str, theirs: str, event: Event) -> bool:
    said = event.url or ""
    return theirs not in raw and theirs.partition("://")[2] == said and said in raw


def _is_unquoted(raw: str, theirs: str, event: Event) -> bool:
    said = event.command_line or ""
    return '"' in said and theirs.strip() == said.replace('"', "").strip()


RULES: dict[str, tuple[tuple[str, Proof], ...]] = {
    "time": (
        (
            "the log writes the time of the end; the Event's is the start (end minus duration)",
            _is_end,
        ),
        ("the expectation leaves out the fraction of the second that the log has", _is_cut),
        (
            "the expectation takes the time of writing; the Event's is the start in the record",
            _start_is_written,
        ),
        ("the expectation takes the time of writing; the Event's is Sysmon's UtcTime", _own_time_is_written),
    ),
    "client": (("an answer: the expectation takes the server that sent it as the client", _is_server),),
    "url": (
        ("the target of a CONNECT is the Event's name, no URL", _is_connect),
        ("the expectation puts a scheme in front that the log does not write", _has_no_scheme),
    ),
    "command line": (("the expectation takes the quotes off the command line", _is_unquoted),),
}

_FAILURE = "a message of the resolver about its own work (failure, validation, answer, policy): no question"
_NETWORK = "the expectation takes the name of a network as a user"
_FILLED = "a made-up record with every field filled: the Event is its HTTP request, not its DNS question"

REASONS: dict[tuple[str, str], dict[int, str]] = {
    ("bind", "name"): dict.fromkeys((*range(1, 6), *range(13, 22), 28), _FAILURE),
    ("infoblox_ddi", "name"): {17: _FAILURE},
    ("unbound", "name"): {7: "a line about a local zone (a policy), not the line of the question"},
    ("umbrella_dns", "user"): {
        1: _NETWORK,
        3: _NETWORK,
        4: _NETWORK,
        5: "the expectation takes the name of a device (roaming client) as a user; the Event has it as host",
    },
    ("umbrella_proxy", "client"): {1: "the expectation takes the outside address of the site"},
    ("broadcom_cloud_swg_elff", "name"): dict.fromkeys((1, 2, 3), _FILLED),
    ("defender_advanced_hunting", "url"): {
        44: "the address of a TLS connection, no request that was seen: the Event has its name only"
    },
    ("windows_events", "user"): {
        101: "the expectation takes the account of the service that wrote the record, not of the process"
    },
    ("winlogbeat", "user"): {
        24: "the expectation takes the $ off a computer account, as if it were a person's"
    },
    ("winlogbeat", "name"): {54: "rewritten by another parser: no event data and no time left in the record"},
    ("paloalto_ngfw", "time"): {
        37: "the expectation reads local time as UTC; the record also gives it with its zone",
        97: "the expectation takes the time of writing; the Event's is the start, given in local time",
    },
    ("crowdstrike_telemetry", "client"): {
        33: "0.0.0.0 is no address of a client",
        37: "an IPv6 connection: the expectation takes the IPv4 address that is also in the record",
    },
    ("crowdstrike_telemetry", "url"): {33: "a host name alone: the Event has it as its name"},
    ("fortigate", "name"): {77: "a made-up record: the word hostname stands for the server's address"},
}

# Records that none of our sources can read.
UNREAD: dict[str, dict[int, str]] = {
    "winlogbeat": {54: "rewritten by another parser: no event data and no time left in the record"},
    "ocsf win_4688": {
        1: "the text the event viewer shows: Splunk's own export of it is no log format of ours"
    },
}


def reason(
    name: str, part: str, number: int, raw: str, theirs: tuple[str, ...], got: Sequence[Event]
) -> str | None:
    """Why a value may differ: a rule with its proof in the record, or an entry of REASONS."""
    entry = REASONS.get((name, part), {}).get(number)
    if entry:
        return entry
    proofs = RULES.get(part, ())
    found = (why for why, proof in proofs for one in theirs for event in got if proof(raw, one, event))
    return next(found, None)
