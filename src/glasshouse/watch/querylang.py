"""A search text (Shodan, Censys, FOFA, ZoomEye, Netlas, Hunter, Quake ...) in, typed targets out."""

from __future__ import annotations

import re

from glasshouse.records import Target
from glasshouse.watch.values import asn, cidr, domain, email, expression, guess, ip, typed

LONGEST = 16384
MOST = 100
_TERM = re.compile(
    r"(?P<no>(?:\b(?:NOT|not)\s{1,8}|[-!]))?(?<![\w.])(?P<field>[A-Za-z_][\w.\-]{0,80})\s{0,8}"
    r"(?P<op>:=|===?|!=|\*=|~=|\^=|~|=|:)\s{0,8}"
    r"(?P<value>\\?\"[^\"]*\"?|'[^']*'?|\([^()]*\)?|\{[^{}]*\}?|\[[^\[\]]*\]?|[^\s()&|]+)"
)
_ASN = {"asn", "autonomous_system"}
_ORGANISATION = {"org", "organization", "organisation", "company", "subject_org", "as_org", "icp"}
_ADDRESS = {"ip", "net", "cidr", "prefix", "range", "subnet", "address", "ips", "ipv4", "ipv6", "a", "aaaa"}
_EMAIL = {"email", "mail", "emails"}
_CERTIFICATE = {"fingerprint", "sha256", "sha1", "fingerprint_sha256", "serial"}
_TEXT_OF_CERTIFICATE = {"ssl", "cert", "certs", "certificate", "certificates", "tls", "subject"}
_NAME = _TEXT_OF_CERTIFICATE | {
    "hostname", "hostnames", "host", "domain", "domains", "site", "name", "names", "cn", "dns", "san", "rdns",
    "ptr", "subdomain", "url", "uri", "pld", "registered_domain", "apex", "whois", "common_name", "page",
    "dns_names", "ns", "mx", "cname", "target", "query", "http",
}  # fmt: skip


def targets(text: str) -> list[Target]:
    """The targets a search names; the whole text as one expression when it names none.

    Terms are ruled out (``-org:x``, ``NOT``, ``!=``) and fields about ports, products, places do not count.
    """
    found = named(text)
    if found or not text.strip():
        return found
    return [expression(text)]


def named(text: str) -> list[Target]:
    """The targets a search names in typed fields or as bare words; empty when there are none."""
    text = text[:LONGEST]
    found: dict[Target, None] = {}
    rest: list[str] = []
    at = 0
    for term in _TERM.finditer(text):
        if term["field"].lower() in ("http", "https"):
            continue
        rest.append(text[at : term.start()])
        at = term.end()
        if not term["no"] and term["op"] != "!=":
            found.update(dict.fromkeys(_of_field(term["field"], term["value"])))
        if len(found) >= MOST:
            return list(found)[:MOST]
    rest.append(text[at:])
    for word in re.split(r"[\s,;|()\"'&]+", " ".join(rest))[: MOST * 10]:
        if not word.startswith(("-", "!")) and (target := guess(word)):
            found[target] = None
    return list(found)[:MOST]


def _of_field(field: str, value: str) -> list[Target]:
    words = re.split(r"(?i)\s+(?:or|and|to)\s+|,", value.strip("()[]{} \\\"'"))
    read = (_read(field.lower(), word.strip(" \\\"'")) for word in words[:MOST])
    return [target for target in read if target]


def _read(field: str, value: str) -> Target | None:
    parts = {field, *re.split(r"[._]", field)}
    if not value or value.lower() in ("true", "false"):
        return None
    if parts & _ASN or field in ("as.number", "as"):
        return asn(value)
    if parts & _ADDRESS:
        return ip(value) or cidr(value) or domain(value)
    if parts & _CERTIFICATE:
        return typed(value, ("certificate",))
    if parts & _ORGANISATION or field == "as.name":
        return typed(value, ("organisation",))
    if parts & _EMAIL:
        return email(value)
    if parts & _NAME:
        name = cidr(value) or ip(value) or email(value) or domain(value.lower())
        if name or not parts & _TEXT_OF_CERTIFICATE or parts & {"version", "jarm", "ja3s", "alpn", "cipher"}:
            return name
        return typed(value, ("organisation",)) if re.search(r"[A-Za-z]", value) else None
    return None
