"""The catalogue in; out, per way to ask and kind of log, what could be seen at best, with the reason.

The grades follow what ``match`` and ``targets`` do with an event of the kind, field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from glasshouse.catalogue import Catalogue, OpenDatabase, Shape, shape_host
from glasshouse.ledger import KINDS, Grade, View, Way

Judged = tuple[Grade, str]
IN_QUERY = ("query", "query-base64")
IN_BODY = ("body", "body-base64")
NOT_WEB = ("dns-label", "payload", "sql")
_NO_TARGET = "It asks for no target: which database was asked is all there is to see."
_ORDINARY = "The name also serves ordinary pages: without the URL a lookup cannot be told from browsing."
_BODY = "The target stands in the request body, which this kind of log does not hold."
_OTHER = {
    "dns-label": "It is asked through DNS, not over the web.",
    "payload": "It is asked over plain TCP on port 43, not over the web.",
    "sql": "It is asked over the PostgreSQL protocol on port 5432, not over the web.",
}


def ways(catalogue: Catalogue) -> tuple[Way, ...]:
    """Every way to ask in the catalogue, each once, with one view per kind of log."""
    return tuple(
        Way(entry.id, entry.techniques, shape.at, shape.where, _views(entry, shape, _tools(catalogue, entry)))
        for entry in catalogue.databases.values()
        for shape in entry.lookups
    )


def _views(entry: OpenDatabase, shape: Shape, tools: tuple[str, ...]) -> tuple[View, ...]:
    return tuple(
        View(kind, *(_typed(tools) if kind == "process" else _JUDGES[kind](entry, shape))) for kind in KINDS
    )


def _tools(catalogue: Catalogue, entry: OpenDatabase) -> tuple[str, ...]:
    return tuple(tool.id for tool in catalogue.clients.values() if entry.id in tool.databases)


def _by_name(entry: OpenDatabase, shape: Shape, how: str) -> Judged:
    """What a name alone tells."""
    if entry.match == "path":
        return "connection", _ORDINARY
    if shape.where == "none":
        return "database", _NO_TARGET
    return "database", f"{how}: what was asked about is not in it."


def _dns(entry: OpenDatabase, shape: Shape) -> Judged:
    if shape.where == "dns-label":
        return "target", "The target is part of the name that is asked for."
    if not (entry.domains or entry.hosts or entry.patterns or shape_host(shape)):
        return "none", "The server's name is not public, so no name in a log gives it away."
    return _by_name(entry, shape, "DNS shows the name of the server only")


def _web_name(how: str) -> Callable[[OpenDatabase, Shape], Judged]:
    def judge(entry: OpenDatabase, shape: Shape) -> Judged:
        if shape.where in NOT_WEB:
            return "none", _OTHER[shape.where]
        return _by_name(entry, shape, how)

    return judge


def _named(entry: OpenDatabase, shape: Shape) -> Judged:
    if shape.where == "dns-label":
        return "none", _OTHER["dns-label"]
    judged = _dns(entry, shape)
    return judged if judged[0] != "database" else _by_name(entry, shape, "A connection shows the name only")


def _url(_entry: OpenDatabase, shape: Shape) -> Judged:
    if shape.where in NOT_WEB:
        return "none", _OTHER[shape.where]
    return "clear", "Asked over HTTPS, as nearly all clients do, its URL is inside TLS, which was not opened."


def _https(_entry: OpenDatabase, shape: Shape) -> Judged:
    if shape.where in NOT_WEB:
        return "none", _OTHER[shape.where]
    if shape.where == "path":
        return "target", "The target stands in the path of the URL."
    if shape.where in IN_QUERY:
        return "database", "The target stands in the query string, which many logs cut off."
    if shape.where == "none":
        return "database", _NO_TARGET
    if shape.where == "fragment":
        return "database", "The target stands behind the # of the URL, which no client sends."
    return "database", _BODY


def _query(_entry: OpenDatabase, shape: Shape) -> Judged:
    if shape.where in IN_QUERY:
        return "target", "The target stands in the query string, which is kept."
    return "none", "Nothing about the target stands in a query string."


def _body(_entry: OpenDatabase, shape: Shape) -> Judged:
    if shape.where in IN_BODY:
        return "target", "The target stands in the request body."
    return "none", "Nothing about the target stands in a request body."


def _flow(entry: OpenDatabase, shape: Shape) -> Judged:
    if shape.where == "dns-label":
        return "none", "The question goes to the resolver, as all others do."
    if shape.where == "payload" and not shape_host(shape) and entry.hosts:
        return "database", "A connection to port 43 is WHOIS; what was asked about is not in it."
    if shape.where == "payload":
        return "connection", "A connection to port 43 is WHOIS; addresses do not tell which service."
    return "connection", "Addresses and sizes only: which of many sites behind an address is not told."


def _plain(place: str) -> Callable[[OpenDatabase, Shape], Judged]:
    def judge(_entry: OpenDatabase, shape: Shape) -> Judged:
        if shape.where == place:
            return "target", "The target stands in the text that was sent."
        return "none", "It is asked in another way."

    return judge


def _typed(tools: tuple[str, ...]) -> Judged:
    if not tools:
        return "typed", "A command line shows it only when it was typed there; browsers and libraries do not."
    some = ", ".join(tools[:4]) + (f" and {len(tools) - 4} more" if len(tools) > 4 else "")
    return "typed", f"A command line shows it when typed there, or as a run of a tool that asks: {some}."


_JUDGES: Mapping[str, Callable[[OpenDatabase, Shape], Judged]] = {
    "dns": _dns,
    "tls": _web_name("TLS shows the name of the server only"),
    "named": _named,
    "connect": _web_name("A CONNECT shows the name of the server only"),
    "url": _url,
    "https": _https,
    "query": _query,
    "body": _body,
    "flow": _flow,
    "whois": _plain("payload"),
    "sql": _plain("sql"),
}
