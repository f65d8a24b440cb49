"""A notice in, one RFC 5424 syslog frame out, its text in the Common Event Format (CEF).

Source of the formats: RFC 5424 (message), RFC 6587 and 5425 (octet counting on TCP and TLS), RFC 5426 (UDP);
ArcSight "Common Event Format, Implementing ArcSight CEF" (header, extension keys, escaping). No byte order
mark stands before the text, for collectors look for ``CEF:`` there. Over UDP nobody learns of a loss; TCP and
TLS notice a collector that is gone, but syslog has no receipt.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from glasshouse.records import LEVELS
from glasshouse.report import notice_options as options_of
from glasshouse.report.contract import rfc3339
from glasshouse.report.notice import Line, Notice
from glasshouse.safe import safe

TITLE = "Syslog, RFC 5424 with CEF, over TLS, TCP or UDP"
OPTIONS: Mapping[str, str] = {
    "host": "the collector",
    "port": "6514 for tls, 601 for tcp, 514 for udp, otherwise",
    "transport": "tls, tcp or udp",
    "framing": "octets (RFC 6587 octet counting) or lines, for tcp",
    "facility": "number from 0 to 23; 16 (local0) otherwise",
    "hostname": "what to call this machine; nothing otherwise",
    "ca": "file with the certificates of the authorities to trust, instead of the system's",
}
SECRETS = ()
PORTS: dict[options_of.Transport, int] = {"tls": 6514, "tcp": 601, "udp": 514}
SEVERITIES = (6, 5, 4, 3, 2)  # RFC 5424: informational, notice, warning, error, critical; by level
CEF_SEVERITIES = (1, 3, 5, 8, 10)
MOST = 1_023  # characters of one CEF value
_WHERE = "notify syslog"


def message(notice: Notice, options: Mapping[str, str]) -> Line:
    """The frame of a notice."""
    transport = options_of.word(options, "transport", tuple(PORTS), _WHERE)
    framing = options_of.word(options, "framing", ("octets", "lines"), _WHERE)
    facility = options_of.number(options, "facility", 16, 23, _WHERE)
    host_name = re.sub(r"[^!-~]", "", options_of.header(options, "hostname", _WHERE))[:255] or "-"
    priority = facility * 8 + SEVERITIES[LEVELS.index(notice.level)]
    kind = re.sub(r"[^!-~]", "", notice.kind)[:32] or "-"
    head = f"<{priority}>1 {rfc3339(notice.time) or '-'} {host_name} glasshouse - {kind} - "
    text = (head + cef(notice)).encode()
    if transport == "udp":
        frame = text
    elif transport == "tcp" and framing == "lines":
        frame = text + b"\n"
    else:
        frame = b"%d %s" % (len(text), text)
    return Line(
        host=options_of.host(options, _WHERE),
        port=options_of.number(options, "port", PORTS[transport], 65_535, _WHERE),
        transport=transport,
        frame=frame,
        ca=options.get("ca", ""),
    )


def cef(notice: Notice) -> str:
    """The notice as one CEF record; empty values are left out."""
    actor = notice.actor
    values: dict[str, str | int | None] = {
        "rt": notice.time // 1_000,
        "start": None if notice.first_seen is None else notice.first_seen // 1_000,
        "end": None if notice.last_seen is None else notice.last_seen // 1_000,
        "externalId": notice.id,
        "cat": notice.kind,
        "act": notice.decision,
        "suser": actor.user,
        "shost": actor.host,
        _address_key(actor.ip): actor.ip,
        "sproc": actor.process,
        "cnt": notice.requests or None,
        "cn1": notice.score,
        "cs1": notice.alert,
        "cs2": notice.case,
        "cs3": " ".join(notice.databases),
        "cs4": " ".join(notice.techniques),
        "request": notice.link,
    }
    labels = {"cs5": "source", "c6a2": "Source IPv6 Address", "cn1": "score", "cs1": "alert", "cs2": "case"}
    labels |= {"cs3": "databases", "cs4": "techniques"}
    pairs = []
    for key, value in values.items():
        if value not in (None, ""):
            pairs.append(f"{key}={_value(str(value))}")
            pairs += [f"{key}Label={labels[key]}"] if key in labels else []
    text = "\\n".join(_value(row) for row in notice.lines)
    pairs += [f"msg={_cut(text)}"] if text else []
    severity = CEF_SEVERITIES[LEVELS.index(notice.level)]
    name = _header(notice.decision or notice.kind) or "notice"
    return f"CEF:0|Glasshouse|Glasshouse|1|{name}|{_header(notice.title)}|{severity}|{' '.join(pairs)}"


def _address_key(said: str | None) -> str:
    """The key of an address; a pseudonym has no key of its own."""
    try:
        return "src" if ipaddress.ip_address(said or "").version == 4 else "c6a2"
    except ValueError:
        return "cs5"


def _header(said: str) -> str:
    return safe(said)[:512].replace("\\", "\\\\").replace("|", "\\|")


def _value(said: str) -> str:
    return _cut(safe(said).replace("\\", "\\\\").replace("=", "\\="))


def _cut(said: str) -> str:
    """At most as long as a value may be; never through an escape."""
    cut = said[:MOST]
    return cut[:-1] if len(said) > MOST and (len(cut) - len(cut.rstrip("\\"))) % 2 else cut
