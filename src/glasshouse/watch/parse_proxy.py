"""Toolbox for proxy logs: one Squid or common/combined log line in, one http Event out (or None)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, calendar_time, clf, epoch, integer, string

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE | re.ASCII)
_HOST = re.compile(r"[a-z][a-z0-9+.-]{0,20}://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)", re.IGNORECASE | re.ASCII)
_TWO_ZONES = re.compile(r"(\d\d)/(\d\d)/(\d{4})[ :](\d\d:\d\d:\d\d)$", re.ASCII)

# http://www.squid-cache.org/Doc/config/logformat/ : "squid", and custom formats that keep its core:
# result/status, size, method, URL, user, hierarchy/peer, type.
SQUID = re.compile(
    r"(?P<before>.{0,400}?)\s(?P<result>[A-Z_]{2,60})/(?P<status>\d{1,3})\s+(?P<size>\d+|-)\s+"
    r"(?P<method>[A-Za-z0-9_%-]{1,40})\s+(?P<url>\"[^\"]*\"|\S+)\s+(?P<user>\"[^\"]*\"|\S+)\s+"
    r"(?P<hierarchy>[A-Z_]{1,60})/(?P<peer>\S*)(?P<rest>.*)",
    re.ASCII,
)
_NATIVE_TIME = re.compile(
    r"(?:^|\s)(?P<time>\d{1,11}\.\d{1,6})\s+(?P<ms>-?\d{1,12})\s+(?P<host>\S+)$", re.ASCII
)
_CLF_TIME = re.compile(r"\[?(?P<time>\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\]?\s+(?P<rest>.*)$", re.ASCII)
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}$|[0-9a-fA-F]*:[0-9a-fA-F:.]*$", re.ASCII)

# https://httpd.apache.org/docs/current/mod/mod_log_config.html : "common" and "combined"
COMMON = re.compile(
    r"(?P<host>\S+)\s+(?P<ident>\S+)\s+(?P<user>\"[^\"]*\"|\S+)\s+\[(?P<time>[^\]]{1,40})\]\s+"
    r"\"(?P<request>(?:[^\"\\]|\\.)*)\"\s+(?P<status>\d{1,3}|-)(?:\s+(?P<size>\d+|-))?"
    r"(?:\s+\"(?P<referrer>(?:[^\"\\]|\\.)*)\"\s+\"(?P<agent>(?:[^\"\\]|\\.)*)\")?",
    re.ASCII,
)
# A quote that nobody closes reaches to the end: to look on from every quote in it would take for ever.
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)("|\\?\Z)', re.DOTALL)
_AGENT = re.compile(r"^(?:[A-Za-z][\w.-]{0,60}/[\w.]|Mozilla|\S+ \()", re.ASCII)
_NO_CLIENT = ("ICP_QUERY", "HTCP_TST", "HTCP_CLR")  # caches asking each other, no client's request


def url_host(url: str | None) -> str | None:
    """The host of an absolute URL, without credentials and port; None for anything else."""
    match = _HOST.match(url) if url else None
    return string(match[1]) if match else None


def connect_name(target: str) -> str | None:
    """The "host:port" a CONNECT asks for; some programs write it as https://host:port or tunnel://host:port/."""
    return string(_SCHEME.sub("", target, count=1).rstrip("/"))


def asked(method: str | None, target: str | None) -> tuple[str | None, str | None]:
    """(name, URL) of a request line: a CONNECT has a name only, a request in origin form a URL only."""
    if not target or target.startswith("error:"):
        return None, None
    if method == "CONNECT":
        return connect_name(target), None
    return url_host(target), target


def squid(line: str, layout: Layout) -> Event | None:
    """A native Squid line or one of a custom format around the same core; raises Malformed."""
    match = SQUID.match(line)
    if not match:
        raise Malformed("not a Squid access line")
    method = match["method"].upper()
    if method in _NO_CLIENT:
        return None
    moment, took, clients, doubt = _squid_time(match["before"], layout)
    named = [said for said in clients if not _ADDRESS.match(said) and not said.isdigit()]
    addresses = [said for said in clients if _ADDRESS.match(said)]
    name, url = asked(method, match["url"].strip('"'))
    peer = match["peer"]
    return Event(
        via="http",
        time=moment,
        name=name,
        url=url,
        method=string(method),
        status=integer(match["status"]) or None,
        user_agent=agent(
            [said for said, closed in _QUOTED.findall(match["rest"].partition("<")[0]) if closed == '"']
        ),
        user=account(match["user"].strip('"')),
        host=string(named[0]) if named else None,
        ip=string(addresses[0]) if addresses else None,
        server_ip=string(peer) if _ADDRESS.match(peer) else None,
        bytes_in=integer(match["size"]),
        duration=took,
        proxied=True,
        doubt=doubt,
    )


def _squid_time(before: str, layout: Layout) -> tuple[int, int | None, list[str], str | None]:
    """(start, duration, client names and addresses, doubt); a native time is that of the end."""
    native = _NATIVE_TIME.search(before)
    if native:
        took = max(integer(native["ms"]) or 0, 0) * 1000
        return epoch(native["time"]) - took, took, [native["host"]], None
    common = _CLF_TIME.match(before.strip())
    if common:
        return clf(common["time"]), None, common["rest"].split(), None
    raise Malformed("no time and client before the Squid result")


def agent(quoted: list[str]) -> str | None:
    """The user agent among trailing quoted fields, whichever of the two it and the referrer come in."""
    said = [entry for entry in map(string, quoted) if entry and "://" not in entry[:12]]
    likely = [entry for entry in said if _AGENT.match(entry)]
    return next(iter(likely or said), None)


def account(user: str) -> str | None:
    """The account name; Squid writes blanks and backslashes in it as %20 and %5C."""
    return string(unquote(user)) if "%" in user else string(user)


def common(line: str, layout: Layout) -> Event:
    """A common or combined line; only a CONNECT or an absolute URL is a request to a proxy."""
    match = COMMON.match(line)
    if not match:
        raise Malformed("not a common log format line")
    moment, doubt = _common_time(match["time"], layout)
    parts = match["request"].split()
    method, target = (parts[0].upper(), parts[1]) if len(parts) > 1 else (None, None)
    name, url = asked(method, target)
    host = match["host"]
    return Event(
        via="http",
        time=moment,
        name=name,
        url=url,
        method=string(method),
        status=integer(match["status"]) or None,
        user_agent=string(match["agent"]),
        user=account(match["user"].strip('"')),
        host=None if _ADDRESS.match(host) else string(host),
        ip=string(host) if _ADDRESS.match(host) else None,
        bytes_in=integer(match["size"]),
        proxied=name is not None,
        doubt=doubt,
    )


def _common_time(said: str, layout: Layout) -> tuple[int, str | None]:
    odd = _TWO_ZONES.match(said)
    if not odd:
        return clf(said), None
    first, second, year = int(odd[1]), int(odd[2]), int(odd[3])
    month, day = (first, second) if first <= 12 else (second, first)
    moment, doubt = calendar_time(year, month, day, odd[4], layout)
    unsure = "date read as month/day/year" if first <= 12 and second <= 12 else None
    return moment, "; ".join(filter(None, (doubt, unsure))) or None
