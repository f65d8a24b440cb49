"""Elastic Common Schema JSON: one document in; dns, http, tls, process and flow Events out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from glasshouse.errors import Malformed
from glasshouse.records import Event
from glasshouse.watch.parse import Layout, dig, integer, iso, json_object, string
from glasshouse.watch.parse_proxy import connect_name, url_host

TITLE = "ECS JSON (Packetbeat, Filebeat, Auditbeat, Elastic Agent, Elastic Endpoint)"
FORMATS = (
    "one document a line, one array, or pretty-printed; nested or dotted keys; _source or fields wrapper",
)
CUT = "json"
NEEDLES = (rb'port"\s*:\s*"?(43|4321|5432)\b',)
SPELLINGS = ("json",)
LINKED = True
SEES = ("dns", "http", "tls", "flow", "process")
BLIND = (
    "What an ECS document holds depends on the shipper behind it: network flows often carry no names.",
    "Packetbeat writes a long connection several times; only its last record counts.",
    "Elastic Endpoint writes DNS questions and connections, no URLs; what a proxy resolves is not in it.",
)

# https://www.elastic.co/docs/reference/ecs/ecs-field-reference ; Elastic Endpoint's own documents:
# https://github.com/elastic/endpoint-package/tree/main/custom_documentation
_SIGN = re.compile(rb'"ecs"\s*:\s*\{|"ecs\.version"\s*:')
_FIELDS = re.compile(
    rb'"(?:event|dns|url|tls|source|destination|process|network|user|host|agent)"\s*:\s*\{|'
    rb'"(?:event\.(?:category|dataset|module|kind|action)|dns\.question\.name|url\.(?:full|domain|original)|'
    rb'source\.ip|destination\.(?:ip|domain)|process\.(?:command_line|executable)|tls\.client\.server_name)"\s*:'
)
_WEB_SERVERS = ("apache", "nginx", "iis", "traefik", "tomcat", "caddy", "haproxy", "aws_elb", "aws_waf")
_STARTS = ("start", "process_started", "executed", "ran-command", "exec", "fork_exec", "creation")
_NOT_STARTS = {"fork", "end"}  # a fork has its parent's command line, and is no run of its own
_SAME_MACHINE = ("auditbeat", "winlogbeat", "endpoint", "osquerybeat")
Raw = dict[str, Any]


def detect(head: bytes) -> int:
    """70 for @timestamp with ecs.version, 50 for @timestamp with fields of ECS."""
    if head.lstrip()[:1] not in (b"{", b"[", b"\xef") or not re.search(rb'"@timestamp"\s*:', head):
        return 0
    if _SIGN.search(head):
        return 70
    return 50 if _FIELDS.search(head) else 0


def read(record: bytes, layout: Layout) -> Iterator[Event]:
    """One document; documents that show no look-up give nothing."""
    if not record.strip(b" \t\r\n,[]"):
        return
    fields = json_object(record)
    if isinstance(fields.get("_source"), dict):
        fields = fields["_source"]
    elif isinstance(fields.get("fields"), dict) and "@timestamp" in fields["fields"]:
        fields = {name: _single(value) for name, value in fields["fields"].items()}
    if _is_answer(fields):
        return
    for fits, build in _READERS:
        if fits(fields):
            yield from build(fields, _shared(fields, layout))
            return


def _single(value: object) -> object:
    """Searches that ask for fields get every value as a list."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _is_answer(fields: Raw) -> bool:
    """Elastic Endpoint on Windows writes question and answer; elsewhere the answer alone stands for both."""
    return _first(fields, "event.action") == "lookup_result" and _first(fields, "host.os.type") == "windows"


def _shared(fields: Raw, layout: Layout) -> Raw:
    said = dig(fields, "event.start") or fields.get("@timestamp") or fields.get("timestamp")
    if not isinstance(said, str):
        raise Malformed("no @timestamp")
    moment, doubt = iso(said, layout)
    return {
        "time": moment,
        "ip": _first(fields, "source.ip", "client.ip"),
        "host": _machine(fields),
        "user": _first(fields, "user.name", "source.user.name", "client.user.name", "user.effective.name"),
        "process": _first(fields, "process.executable", "process.name"),
        "command_line": _command(fields),
        "server_ip": _first(fields, "destination.ip", "server.ip"),
        "server_port": integer(_either(fields, "destination.port", "server.port")),
        "link": _first(fields, "network.community_id"),
        "doubt": doubt,
    }


def _machine(fields: Raw) -> str | None:
    """The machine the act happened on; a sensor on the network path is not that machine."""
    name = _first(fields, "host.name", "host.hostname")
    if dig(fields, "process.pid") is not None or _first(fields, "process.executable", "process.name"):
        return name
    if _first(fields, "agent.type") in _SAME_MACHINE:
        return name
    own, client = dig(fields, "host.ip"), _first(fields, "source.ip", "client.ip")
    return name if client and client in (own if isinstance(own, list) else [own]) else None


def _dns(fields: Raw, shared: Raw) -> Iterator[Event]:
    """Question and answer of one transaction share an ident, whichever side is called the source."""
    client_port = integer(_either(fields, "source.port", "client.port"))
    if client_port == 53 and shared["server_port"] != 53:
        shared["ip"], shared["server_ip"] = shared["server_ip"], shared["ip"]
        client_port, shared["server_port"] = shared["server_port"], 53
    name, query_type = string(dig(fields, "dns.question.name")), string(dig(fields, "dns.question.type"))
    number = string(dig(fields, "dns.id"))
    ident = f"dns {shared['ip']} {client_port} {number} {name} {query_type}" if number else _ident(fields)
    yield Event(via="dns", name=name, query_type=query_type, ident=ident, **shared)


def _http(fields: Raw, shared: Raw) -> Iterator[Event]:
    method = string((_first(fields, "http.request.method") or "").upper())
    url = _first(fields, "url.full", "url.original") or _built(fields)
    connect = method == "CONNECT"
    name = _first(fields, "url.domain") or url_host(url) or _first(fields, "destination.domain")
    if connect and url and not name:
        name = connect_name(url)
    inbound = _is_web_server(fields)
    yield Event(
        via="http",
        name=None if inbound else name,
        url=None if connect else _built(fields, with_host=False) or url if inbound else url,
        method=method,
        status=integer(dig(fields, "http.response.status_code")),
        user_agent=_first(fields, "user_agent.original"),
        body=_first(fields, "http.request.body.content"),
        proxied=not inbound and (connect or _is_proxy(fields)),
        ident=_ident(fields),
        **_amounts(fields),
        **shared,
    )


def _built(fields: Raw, with_host: bool = True) -> str | None:
    host, path, query = (_first(fields, f"url.{part}") for part in ("domain", "path", "query"))
    tail = (path or "/") + (f"?{query}" if query else "")
    if with_host and host:
        return f"{_first(fields, 'url.scheme') or 'http'}://{host}{tail}"
    return tail if path else None


def _is_web_server(fields: Raw) -> bool:
    """Logs of web servers and what stands before them: requests that came in."""
    said = _first(fields, "event.module") or (_first(fields, "event.dataset") or "").partition(".")[0]
    return said in _WEB_SERVERS


def _is_proxy(fields: Raw) -> bool:
    kind = dig(fields, "observer.type")
    return kind == "proxy" or _first(fields, "event.module") in ("squid", "zscaler_zia", "bluecoat")


def _tls(fields: Raw, shared: Raw) -> Iterator[Event]:
    name = _first(fields, "tls.client.server_name", "tls.server_name")
    yield Event(via="tls", name=name, ident=_ident(fields), **_amounts(fields), **shared)


def _process(fields: Raw, shared: Raw) -> Iterator[Event]:
    shared["ip"] = None  # of a login session, not of this act
    yield Event(via="process", ident=_ident(fields), **shared)


def _command(fields: Raw) -> str | None:
    words = dig(fields, "process.args")
    said = _first(fields, "process.command_line")
    return said or (string(" ".join(str(word) for word in words)) if isinstance(words, list) else None)


def _flow(fields: Raw, shared: Raw) -> Iterator[Event]:
    """Destination names of Sysmon are reverse names, and those of logins are not asked for."""
    if dig(fields, "flow.final") is False:
        return
    provider = str(_first(fields, "event.provider") or "")
    name = None if "Sysmon" in provider or "winlog" in fields else _first(fields, "destination.domain")
    ident = _ident(fields)
    if _first(fields, "event.module", "agent.type") == "endpoint":
        ident = _connection(fields, shared) or ident
        if _first(fields, "network.direction") in ("ingress", "inbound"):
            nobody = ("host", "user", "process", "command_line")  # those of the one who was asked
            shared |= dict.fromkeys(nobody)
    yield Event(via="flow", name=name, ident=ident, **_amounts(fields), **shared)


def _connection(fields: Raw, shared: Raw) -> str | None:
    """Elastic Endpoint writes attempt and end of one connection: process, addresses and ports agree."""
    process, port = _first(fields, "process.entity_id"), _either(fields, "source.port")
    if process is None or port is None:
        return None
    return f"endpoint {process} {shared['ip']} {port} {shared['server_ip']} {shared['server_port']}"


def _is_start(fields: Raw) -> bool:
    """Whether a document tells of a process that started (not ended, not merely running)."""
    categories, actions = _list(fields, "event.category"), set(_list(fields, "event.action"))
    if "process" not in categories and ("network" in categories or not dig(fields, "process.command_line")):
        return False
    if actions and actions <= _NOT_STARTS:
        return False
    kinds = {*_list(fields, "event.type"), *actions}
    return (
        any(kind in _STARTS for kind in kinds)
        and _first(fields, "process.name", "process.executable") is not None
    )


def _is_http(fields: Raw) -> bool:
    return bool(_first(fields, "url.full", "url.original", "url.domain", "http.request.method"))


def _is_flow(fields: Raw) -> bool:
    if not _first(fields, "destination.ip", "server.ip", "destination.domain"):
        return False
    kinds = {*_list(fields, "event.category"), *_list(fields, "event.action"), *_list(fields, "type")}
    return bool(kinds & {"network", "network_traffic", "network_flow", "flow"}) or bool(
        _first(fields, "destination.domain", "network.bytes", "source.bytes")
    )


def _amounts(fields: Raw) -> Raw:
    length = integer(dig(fields, "event.duration"))
    return {
        "bytes_out": integer(_either(fields, "source.bytes", "client.bytes", "http.request.bytes")),
        "bytes_in": integer(_either(fields, "destination.bytes", "server.bytes", "http.response.bytes")),
        "packets_out": integer(_either(fields, "source.packets", "client.packets")),
        "duration": length // 1000 if length is not None else None,  # nanoseconds
    }


def _ident(fields: Raw) -> str | None:
    said = _first(fields, "event.id", "flow.id")
    return f"ecs {said}" if said else None


def _list(fields: Raw, path: str) -> list[str]:
    said = dig(fields, path)
    return [str(entry) for entry in said] if isinstance(said, list) else [str(said)] if said else []


def _either(fields: Raw, *paths: str) -> object:
    return next((said for path in paths if (said := dig(fields, path)) is not None), None)


def _first(fields: Raw, *paths: str) -> str | None:
    return next((said for path in paths if (said := string(dig(fields, path)))), None)


_READERS = (
    (lambda fields: bool(dig(fields, "dns.question.name")), _dns),
    (_is_start, _process),
    (_is_http, _http),
    (lambda fields: bool(_first(fields, "tls.client.server_name", "tls.server_name")), _tls),
    (_is_flow, _flow),
)
