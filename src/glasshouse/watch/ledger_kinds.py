"""Events in; out which kinds of log record they are, and which facts about the one who asked they carry."""

from __future__ import annotations

from glasshouse.records import Event

CARRIED = ("user", "host", "ip", "process", "client", "bytes", "duration", "key")


def kinds_of(event: Event) -> frozenset[str]:
    """The kinds of the ledger one record stands for: a URL with its query and its body is three.

    A URL is of an opened TLS connection when it says https and more than a host: a proxy that does not open
    TLS may write ``https://host:443/`` for a CONNECT. A path alone is as likely of a web server's own log.
    """
    if event.via == "http":
        return _of_web(event)
    if event.via == "flow":
        return frozenset({"named" if event.name else "flow"})
    if event.via in ("whois", "sql"):
        return frozenset({event.via if event.payload else "flow"})
    return frozenset({event.via})


def _of_web(event: Event) -> frozenset[str]:
    if not event.url or (event.method or "").upper() == "CONNECT":
        return frozenset({"connect"})
    if not _opened(event):
        return frozenset({"url", "body"} if event.body else {"url"})
    more = {"query"} if "?" in event.url else set()
    return frozenset({"https", *more, "body"} if event.body else {"https", *more})


def _opened(event: Event) -> bool:
    url = (event.url or "").lower()
    if url.startswith("https://"):
        _host, _slash, rest = url.removeprefix("https://").partition("/")
        return bool(rest)
    return event.proxied and event.server_port == 443 and url.startswith("/") and len(url) > 1


def carried(event: Event) -> frozenset[str]:
    """Which of CARRIED one record has."""
    has = {
        "user": event.user,
        "host": event.host,
        "ip": event.ip,
        "process": event.process,
        "client": event.user_agent or event.process or event.command_line,
        "bytes": event.bytes_out is not None or event.bytes_in is not None,
        "duration": event.duration is not None,
        "key": event.url or event.command_line,
    }
    return frozenset(name for name, value in has.items() if value)
