"""Toolbox of collectors: Shodan's banners in, services out.

Source of the format: Shodan's banner specification (datapedia.shodan.io) and answers of its API. Times are
UTC without saying so. A number of more than 64 bits, such as a serial number, stands there as JSON number.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Mapping
from dataclasses import replace

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_certificates import alternative_names, x509
from glasshouse.survey.parse_names import names, number, table, texts, thing, things, word

_SERIAL = re.compile(rb'("serial"\s*:\s*)(\d{16,60})(?=[\s,}])')
_WAYS = re.compile(r"(-(simple|new|tcp|udp))+$")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[ntr\\'\"])")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def exact(body: bytes) -> bytes:
    """JSON with its large serial numbers as texts, so that no digit is lost."""
    return _SERIAL.sub(rb'\1"\2"', body)


def answer(body: bytes, database: str) -> Mapping[str, object]:
    """The object of an answer; empty when Shodan knows nothing. Raises Malformed, ReadError."""
    found = table(exact(body))
    said = word(found.get("error")) or word(found.get("detail"))
    if said is None:
        return found
    if said.lower().startswith("no information available"):
        return {}
    raise kit.refused(database, said)


def service(said: Mapping[str, object]) -> Service:
    """The service a banner is of; raises Malformed when it lacks address or port."""
    ip, port = kit.ip_of(said.get("ip_str"), said.get("ip")), kit.port(said.get("port"))
    if ip is None or port is None:
        raise Malformed("a banner lacks ip_str or port")
    vulns, banner, stamp = said.get("vulns"), word(said.get("data")), word(said.get("timestamp"))
    found = Service(
        ip=ip,
        port=port,
        transport=(word(said.get("transport")) or "tcp").lower(),
        protocol=_protocol(word(thing(said.get("_shodan")).get("module"))),
        product=word(said.get("product")),
        version=word(said.get("version")),
        cpes=kit.cpes(texts(said.get("cpe23")) or texts(said.get("cpe"))),
        cves=kit.cves(vulns if isinstance(vulns, (list, dict)) else ()),
        tags=kit.tags(texts(said.get("tags"))),
        hostnames=names(texts(said.get("hostnames"))),
        banner=banner[: kit.BANNER] if banner else None,
        host_key=kit.host_key(thing(said.get("ssh")).get("key")),
        asn=kit.asn(said.get("asn")),
        last_seen=parse.time(stamp) if stamp else None,
    )
    return _with_tls(_with_page(found, thing(said.get("http"))), thing(said.get("ssl")))


def _protocol(module: str | None) -> str | None:
    """``https-simple-new`` and ``dns-tcp`` are ways of scanning for https and dns."""
    return _WAYS.sub("", module.lower()) or None if module else None


def _with_page(found: Service, said: Mapping[str, object]) -> Service:
    mark = number(thing(said.get("favicon")).get("hash"))
    return replace(
        found,
        title=word(said.get("title")),
        server=word(said.get("server")),
        location=word(said.get("location")),
        favicon=None if mark is None else str(mark),
    )


def _with_tls(found: Service, said: Mapping[str, object]) -> Service:
    cert = thing(said.get("cert"))
    subject, issuer = thing(cert.get("subject")), thing(cert.get("issuer"))
    return replace(
        found,
        fingerprint=kit.fingerprint(said.get("jarm")),
        tls_versions=kit.tls_versions(texts(said.get("versions"))),
        certificate_serial=kit.serial(cert.get("serial")),
        certificate_sha256=kit.sha256(thing(cert.get("fingerprint")).get("sha256")),
        certificate_names=_names(cert, texts(said.get("chain")), subject),
        self_signed=subject == issuer if subject and issuer else None,
    )


def _names(
    cert: Mapping[str, object], chain: tuple[str, ...], subject: Mapping[str, object]
) -> tuple[str, ...]:
    """Names of the certificate: from itself, or from its extension, or the common name."""
    try:
        if chain:
            return x509(base64.b64decode("".join(chain[0].split("-----")[2].split()), validate=True)).names
    except (Malformed, IndexError, ValueError):
        pass  # the extension says it as well
    for one in things(cert.get("extensions")):
        data = word(one.get("data"))
        if one.get("name") == "subjectAltName" and data:
            with contextlib.suppress(Malformed, ValueError):
                return alternative_names(_ESCAPE.sub(_unescaped, data).encode("latin-1"))
    return names([subject.get("CN")]) if subject else ()


def _unescaped(match: re.Match[str]) -> str:
    said = match[1]
    return chr(int(said[1:], 16)) if said[0] == "x" else _ESCAPED.get(said, said)
