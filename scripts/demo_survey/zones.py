"""A date in; out, what the invented company's name servers answered, and who gave its zones away."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping

from demo_survey.dates import DATES, seconds

Zone = dict[tuple[str, str], tuple[str, ...]]
CODES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "DS": 43,
    "DNSKEY": 48, "HTTPS": 65, "CAA": 257,
}  # fmt: skip
TTL = 3600
SIGNED = ("example.com",)
OLD, NEW = ("ns1.olddns.example", "ns2.olddns.example"), ("ns1.dns.example", "ns2.dns.example")
LAME, GENEROUS = "ns2.olddns.example", "ns2.dns.example"  # one forgot the zone, one gives it to anybody


def zone(date: str) -> Zone:
    """All records of both zones and of the reverse zone, as they stood on a date."""
    third = date == DATES[2]
    found: Zone = {**_example_com(), **_example_net(third), **_reverse()}
    if date == DATES[0]:  # the page that the alias leads to was still there
        found["example-status.pages.hosting.test", "A"] = ("192.0.2.90",)
    if third:
        found["api.example.com", "A"] = ("203.0.113.40",)
        found["vpn.example.com", "A"] = ("203.0.113.12", "192.0.2.66")
        found["example.com", "TXT"] = (*found["example.com", "TXT"], '"newsletter-tool-verification=4f1c08"')
    return found


def _example_com() -> Zone:
    key = _key("example.com")
    return {
        ("example.com", "A"): ("198.51.100.80",),
        ("example.com", "MX"): ("10 mail.example.com.",),
        ("example.com", "NS"): tuple(f"{one}." for one in (*NEW, LAME)),
        ("example.com", "TXT"): ('"v=spf1 ip4:203.0.113.11 -all"',),
        ("example.com", "CAA"): ('0 issue "letsencrypt.org"', '0 issue "digicert.com"'),
        ("example.com", "SOA"): (f"{NEW[0]}. hostmaster.example.com. 2026021001 7200 3600 1209600 900",),
        ("example.com", "DNSKEY"): (key,),
        ("example.com", "DS"): (_ds("example.com", key),),
        ("_dmarc.example.com", "TXT"): ('"v=DMARC1; p=reject; rua=mailto:dmarc@example.com"',),
        ("www.example.com", "A"): ("198.51.100.80",),
        ("sso.example.com", "A"): ("198.51.100.82",),
        ("mail.example.com", "A"): ("203.0.113.11",),
        ("vpn.example.com", "A"): ("203.0.113.12",),
        ("status.example.com", "CNAME"): ("example-status.pages.hosting.test.",),
        ("files.example.com", "A"): ("10.20.1.16",),
    }


def _example_net(moved: bool) -> Zone:
    servers = NEW if moved else OLD
    serial = "2026031001" if moved else "2025091502"
    return {
        ("example.net", "A"): ("203.0.113.20",),
        ("example.net", "MX"): ("10 mail.example.com.",),
        ("example.net", "NS"): tuple(f"{one}." for one in servers),
        ("example.net", "TXT"): ('"v=spf1 ip4:203.0.113.11 -all"',),
        ("example.net", "SOA"): (f"{servers[0]}. hostmaster.example.com. {serial} 7200 3600 1209600 900",),
        ("www.example.net", "A"): ("203.0.113.20",),
        ("shop.example.net", "A"): ("203.0.113.20",),
        ("portal.example.net", "A"): ("203.0.113.20",),
    }


def _reverse() -> Zone:
    names = {11: "mail.example.com", 12: "vpn.example.com"}
    return {(f"{last}.113.0.203.in-addr.arpa", "PTR"): (f"{name}.",) for last, name in names.items()}


def resolved(date: str, name: str, kind: str) -> bytes:
    """The resolver's answer to one question, in the JSON of DNS-over-HTTPS services."""
    held = zone(date)
    aliases, at = [], name
    while kind != "CNAME" and (at, "CNAME") in held:
        aliases.append((at, "CNAME"))
        at = held[at, "CNAME"][0].rstrip(".")
    there = any(one == at or one.endswith(f".{at}") for one, _ in held)
    rows = [row for key in (*aliases, (at, kind)) for row in _rows(held, *key)]
    top = next((one for one in ("example.com", "example.net") if at == one or at.endswith(f".{one}")), None)
    empty = _rows(held, top, "SOA") if top and not _rows(held, at, kind) else []
    return _told(name, kind, 0 if there else 3, rows, empty, ad=top in SIGNED, ra=True)


def held_by(date: str, server: str, domain: str) -> bytes:
    """The answer of one name server to the question for a zone's SOA."""
    if (domain, server) == ("example.com", LAME):
        return _told(domain, "SOA", 5, [], [])
    return _told(domain, "SOA", 0, _rows(zone(date), domain, "SOA"), [], aa=True)


def given_away(date: str, server: str, domain: str) -> bytes | None:
    """The whole zone as a master file, by the one server that gives it to anybody; else None."""
    if (domain, server) != ("example.net", GENEROUS):
        return None
    inside = (key for key in zone(date) if key[0] == domain or key[0].endswith(f".{domain}"))
    order = sorted(inside, key=lambda key: (key[1] != "SOA", key))
    lines = [f"{name}. {TTL} IN {kind} {data}" for name, kind in order for data in zone(date)[name, kind]]
    return "\n".join([*lines, ""]).encode()


def _rows(held: Mapping[tuple[str, str], tuple[str, ...]], name: str, kind: str) -> list[dict[str, object]]:
    said = held.get((name, kind), ())
    return [{"name": f"{name}.", "type": CODES[kind], "TTL": TTL, "data": data} for data in said]


def _told(
    name: str,
    kind: str,
    status: int,
    answer: list[dict[str, object]],
    authority: list[dict[str, object]],
    *,
    aa: bool = False,
    ad: bool = False,
    ra: bool = False,
) -> bytes:
    said = {
        "Status": status, "AA": aa, "TC": False, "RD": True, "RA": ra, "AD": ad, "CD": False,
        "Question": [{"name": f"{name}.", "type": CODES[kind]}], "Answer": answer, "Authority": authority,
    }  # fmt: skip
    return json.dumps(said).encode()


def _key(name: str) -> str:
    """A key signing key (RFC 4034 section 2) of algorithm 13; nobody has its secret half."""
    public = hashlib.sha512(f"demo key of {name}".encode()).digest()
    return f"257 3 13 {base64.b64encode(public).decode()}"


def _ds(name: str, key: str) -> str:
    """The DS record of a key (RFC 4034 section 5.1.4, key tag by appendix B)."""
    flags, protocol, algorithm, public = key.split()
    data = int(flags).to_bytes(2, "big") + bytes((int(protocol), int(algorithm))) + base64.b64decode(public)
    total = sum(byte << 8 if at % 2 == 0 else byte for at, byte in enumerate(data))
    wire = b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"
    return f"{(total + (total >> 16)) & 0xFFFF} 13 2 {hashlib.sha256(wire + data).hexdigest()}"


def remembered(date: str, value: str) -> bytes:
    """What passive DNS has seen of a name or address: lines of the Common Output Format."""
    lines = []
    for name, kind, data, first, last, count in PASSIVE:
        if value in (name, data):
            said = {
                "rrname": name, "rrtype": kind, "rdata": data, "count": count, "origin": "https://www.circl.lu/pdns/",
                "time_first": seconds(first), "time_last": seconds(last or date),
            }  # fmt: skip
            lines.append(json.dumps(said))
    return "\n".join([*lines, ""]).encode() if lines else b""


# name, type, data, first and last seen (empty: a few hours before the survey), count
PASSIVE = (
    ("www.example.com", "A", "203.0.113.10", "2023-05-04", "2025-11-18", 5121),
    ("www.example.com", "A", "198.51.100.80", "2025-11-18", "", 903),
    ("sso.example.com", "A", "203.0.113.60", "2024-01-09", "2025-12-02", 812),
    ("mail.example.com", "A", "203.0.113.11", "2022-08-30", "", 20417),
    ("vpn.example.com", "A", "203.0.113.12", "2023-02-11", "", 3318),
    ("example.net", "A", "203.0.113.20", "2022-09-01", "", 1290),
    ("shop.example.net", "A", "203.0.113.20", "2022-09-01", "", 7750),
)
