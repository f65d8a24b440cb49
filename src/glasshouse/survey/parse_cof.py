"""Toolbox of passive DNS collectors: records in the Common Output Format in, DNS records out.

Source of the format: draft-dulaunoy-dnsop-passive-dns-cof. ``zone_time_first`` and ``zone_time_last`` (when
it stood in a zone file) are another claim than ``time_first`` and ``time_last`` (when it was seen): only
these are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.observed import DnsRecord
from glasshouse.survey import parse_dns
from glasshouse.survey.parse_names import MOST, texts, thing, word


def lines(body: bytes) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The objects of JSON lines with their numbers, empty for a line that is none; or those of one list.

    Raises Malformed when the first line is none: a page of HTML, for example.
    """
    rows = [(number, row) for number, row in enumerate(body.split(b"\n"), 1) if row.strip()]
    if rows and rows[0][1].lstrip()[:1] == b"[":
        whole = parse.document(body)
        listed = whole if isinstance(whole, list) else []
        yield from ((place, thing(one)) for place, one in enumerate(listed[:MOST], 1))
        return
    for place, (number, row) in enumerate(rows[:MOST]):
        found = _object(row)
        if not found and place == 0:
            raise Malformed("not lines of JSON objects")
        yield number, found
    if len(rows) > MOST:
        yield rows[MOST][0], {}


def _object(row: bytes) -> Mapping[str, object]:
    try:
        return thing(parse.document(row))
    except Malformed:
        return {}


def records(said: Mapping[str, object]) -> Iterator[DnsRecord]:
    """One record for each datum; raises Malformed when a field is missing, or not one datum fits the type."""
    name, kind, found = word(said.get("rrname")), parse_dns.type_name(said.get("rrtype")), said.get("rdata")
    listed = found if isinstance(found, list) else [found]
    written = [one for one in listed if isinstance(one, str)]
    if name is None or kind is None or not written:
        raise Malformed("a record lacks rrname, rrtype or rdata")
    owner = parse_dns.owner(name)
    if kind in ("A", "AAAA") and parse.address(owner):  # an answer by address may come the other way round
        pairs = [(parse_dns.owner(one), owner) for one in texts(written)]
    else:
        pairs = [(owner, data) for one in written if (data := parse_dns.data(kind, one)) is not None]
    if not pairs:
        raise Malformed(f"the data of {kind} cannot be read")
    for owner, data in pairs:
        yield DnsRecord(
            name=owner,
            type=kind,
            data=data,
            first_seen=_time(said, "time_first"),
            last_seen=_time(said, "time_last"),
            count=parse_dns.count(said.get("count")),
        )


def _time(said: Mapping[str, object], name: str) -> int | None:
    """A time as seconds, milliseconds (``_ms``) or text (``_rfc3339``)."""
    for field in (name, f"{name}_ms", f"{name}_rfc3339"):
        value = said.get(field)
        if isinstance(value, (int, float, str)) and not isinstance(value, bool):
            seconds = parse_dns.count(value) if field != f"{name}_rfc3339" else None
            found = parse.time(value if seconds is None else seconds)
            if found is not None:
                return found
    return None
