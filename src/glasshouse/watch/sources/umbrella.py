"""Cisco Umbrella log rows (DNS, web, IP layer, firewall): one CSV row in, dns, http and flow Events out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, integer, iso, string, text
from glasshouse.watch.parse_dns_cloud import record_type
from glasshouse.watch.parse_proxy import asked

TITLE = "Cisco Umbrella log (DNS, web, IP, cloud firewall)"
FORMATS = (
    "CSV rows of dnslogs, versions 1 to 12, with or without header and quotes",
    "CSV rows of proxylogs (web), iplogs and firewalllogs",
)
CUT = "csv"
NEEDLES = (rb',\s?"?(43|4321|5432)"?,',)
SPELLINGS: tuple[str, ...] = ()
LINKED = False
SEES = ("dns", "http", "flow")
BLIND = (
    "Without the roaming client or a virtual appliance the client is a whole network.",
    "A DNS row shows that a name was looked up, not how many requests followed nor what they asked.",
    "Web rows exist for traffic through the proxy only; without decryption they show no path.",
    "Rows of the firewall and the IP layer hold addresses and ports, no names that were asked for.",
)

# https://docs.umbrella.com/deployment-umbrella/docs/log-formats-and-versioning : columns by position
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}$|[0-9a-fA-F]*:[0-9a-fA-F:.]*$", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", re.ASCII)
_PORT = re.compile(r"\d{0,5}$", re.ASCII)
_DNS_TYPE = re.compile(r"(?:\d{1,5}(?: \([\w-]+\))?|Other|[A-Z][A-Z0-9]{0,9}|)$", re.ASCII)
_LOGIN = re.compile(r" \(([^()\s]{1,200}@[^()\s]{1,200})\)$")  # Anna Example (anna@example.com)
_VERDICTS = {"allowed", "blocked", "proxied"}
_DIRECTIONS = {"inbound", "outbound"}
_MACHINES = ("roaming computer", "anyconnect roaming client", "cisco secure client", "internal client")
_PEOPLE = ("ad user", "directory user", "user")
_TITLES = ("timestamp", "date", "time", "id", "datetime")


def detect(head: bytes) -> int:
    """91 when most of the first rows have Umbrella's columns."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text(head), newline=""), skipinitialspace=True) if row]
    except csv.Error:
        return 0
    rows = [row for row in rows[:20][: max(len(rows) - 1, 1)] if not _is_header(row)]
    hits = sum(1 for row in rows if _kind(row))
    return 91 if hits and hits * 2 > len(rows) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One row; which log it is of, its columns say. A header gives nothing."""
    row = _cells(record)
    if not any(row) or _is_header(row):
        return
    kind = _kind(row)
    if kind is None:
        raise Malformed("not the columns of an Umbrella DNS, web, IP or firewall row")
    # Umbrella writes UTC without saying so.
    when, _doubt = iso(row[0] + "Z", layout)
    yield _READERS[kind](row, when)


def _cells(record: bytes) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text(record), newline=""), skipinitialspace=True), [])
    except csv.Error as problem:
        raise Malformed(f"not CSV: {str(problem)[:80]}") from None


def _is_header(row: Sequence[str]) -> bool:
    return row[0].strip().lower() in _TITLES


def _kind(row: Sequence[str]) -> str | None:
    """Which of the logs a row is of: dns, web, firewall or ip."""
    if len(row) < 7 or not _TIME.match(row[0]):
        return None
    if len(row) >= 9 and row[5].lower() in _VERDICTS and _optional(row[3:5]) and _DNS_TYPE.match(row[6]):
        return "dns"
    if len(row) >= 10 and row[6].lower() in _VERDICTS and _optional(row[2:5]):
        return "web"
    if len(row) >= 11 and row[4].lower() in _DIRECTIONS and _optional((row[7], row[9])) and row[7]:
        return "firewall"
    ports = _PORT.match(row[3]) and _PORT.match(row[5])
    return "ip" if ports and _ADDRESS.match(row[2]) and _ADDRESS.match(row[4]) else None


def _optional(addresses: Sequence[str]) -> bool:
    return all(not said or _ADDRESS.match(said) for said in addresses)


def _at(row: Sequence[str], number: int) -> str | None:
    return string(row[number]) if number < len(row) else None


def _who(row: Sequence[str], first: tuple[int, int], every: tuple[int, int]) -> tuple[str | None, str | None]:
    """(user, machine) of the identities; a network, a site or a tunnel is neither."""
    pairs = [(_at(row, first[0]), _at(row, first[1]))]
    names, kinds = (_at(row, number) for number in every)
    named, kinded = (names or "").split(","), (kinds or "").split(",")
    if len(named) == len(kinded):  # a name with a comma in it makes them unequal
        pairs += zip(named, kinded, strict=True)
    user = next((said for said, kind in pairs if _is(kind, _PEOPLE)), None)
    machine = next((said for said, kind in pairs if _is(kind, _MACHINES)), None)
    login = _LOGIN.search(user or "")
    return login[1] if login else string(user), string(machine)


def _is(kind: str | None, words: tuple[str, ...]) -> bool:
    """Identity types are written in the singular and in the plural."""
    return (kind or "").strip().lower().removesuffix("s") in words


def _dns(row: Sequence[str], when: int) -> Event:
    user, machine = _who(row, (1, 10), (2, 11))
    kind = _at(row, 6)
    name = _at(row, 8)
    if not name:
        raise Malformed("a question without its name")
    return Event(
        via="dns",
        time=when,
        name=name,
        query_type=record_type(kind) if kind != "Other" else None,
        user=user,
        host=machine,
        ip=_at(row, 3) or _at(row, 4),
    )


def _web(row: Sequence[str], when: int) -> Event:
    user, machine = _who(row, (1, 21), (23, 24))
    method, target = _at(row, 25), _at(row, 7)
    name, url = asked(method, target)
    return Event(
        via="http",
        time=when,
        name=name,
        url=url,
        method=method,
        status=integer(_at(row, 10)) or None,
        user_agent=_at(row, 9),
        user=user,
        host=machine,
        ip=_at(row, 2) or _at(row, 3),
        server_ip=_at(row, 4),
        bytes_out=integer(_at(row, 11)),
        bytes_in=integer(_at(row, 12)),
        proxied=True,
    )


def _ip(row: Sequence[str], when: int) -> Event:
    user, machine = _who(row, (1, 7), (1, 7))
    return Event(
        via="flow",
        time=when,
        user=user,
        host=machine,
        ip=_at(row, 2),
        server_ip=_at(row, 4),
        server_port=integer(_at(row, 5)),
    )


def _firewall(row: Sequence[str], when: int) -> Event:
    user, machine = _who(row, (2, 3), (2, 3))
    return Event(
        via="flow",
        time=when,
        user=user,
        host=machine,
        ip=_at(row, 7),
        server_ip=_at(row, 9),
        server_port=integer(_at(row, 10)),
    )


_READERS = {"dns": _dns, "web": _web, "ip": _ip, "firewall": _firewall}
