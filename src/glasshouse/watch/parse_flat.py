"""Toolbox for tables: rows whose column names were flattened with underscores in, dotted names out."""

from __future__ import annotations

from typing import Any

# ECS and OCSF attributes the sources read; https://www.elastic.co/docs/reference/ecs , https://schema.ocsf.io
_PATHS = (
    "dns.question.name", "dns.question.type", "dns.id", "url.full", "url.original", "url.domain",
    "url.path", "url.query", "url.scheme", "http.request.method", "http.request.bytes",
    "http.request.body.content", "http.response.status_code", "http.response.bytes", "user_agent.original",
    "tls.client.server_name", "tls.server_name", "source.ip", "source.port", "source.bytes",
    "source.packets", "source.user.name", "client.ip", "client.port", "client.bytes", "client.packets",
    "client.user.name", "destination.ip", "destination.port", "destination.domain", "destination.bytes",
    "server.ip", "server.port", "server.bytes", "user.name", "user.domain", "user.effective.name",
    "host.name", "host.hostname", "host.ip", "agent.type", "process.executable", "process.name",
    "process.pid", "process.args", "process.command_line", "process.entity_id", "process.parent.executable",
    "event.start", "event.category", "event.type", "event.action", "event.dataset", "event.module",
    "event.provider", "event.duration", "event.id", "event.kind", "event.code", "flow.id", "flow.final",
    "network.community_id", "network.bytes", "network.protocol", "network.transport", "observer.type",
    "ecs.version", "winlog.event_id", "winlog.channel", "src_endpoint.ip", "src_endpoint.port",
    "src_endpoint.hostname", "src_endpoint.owner.name", "dst_endpoint.ip", "dst_endpoint.port",
    "dst_endpoint.hostname", "device.hostname", "device.name", "device.ip", "actor.user.name",
    "actor.user.email_addr", "actor.process.file.path", "actor.process.name", "actor.process.file.name",
    "query.hostname", "query.type", "query.packet_uid", "http_request.http_method",
    "http_request.url.hostname", "http_request.url.path", "http_request.url.query_string",
    "http_request.url.scheme", "http_request.url.url_string", "http_request.url.text",
    "http_request.user_agent", "http_request.body", "http_response.code", "proxy_endpoint.ip", "tls.sni",
    "connection_info.direction_id", "metadata.product.name", "metadata.uid", "metadata.version",
    "process.file.path", "process.file.name", "process.path", "process.cmd_line", "process.user.name",
    "traffic.bytes_out", "traffic.bytes_in", "traffic.packets_out",
)  # fmt: skip
_FLAT = {path.replace(".", "_"): path for path in _PATHS}
_TIMES = ("timestamp", "_timestamp", "at_timestamp")


def nested_names(fields: dict[str, Any]) -> dict[str, Any]:
    """The row with the names of ECS and OCSF written with dots; other names stay as they are."""
    known = [name for name in fields if name in _FLAT and "." not in name]
    if len(known) < 2:
        return fields
    found = {_FLAT.get(name, name): value for name, value in fields.items()}
    if "@timestamp" not in found and "class_uid" not in found:
        time = next((name for name in _TIMES if name in found), None)
        if time:
            found["@timestamp"] = found.pop(time)
    return found


__all__ = ["nested_names"]
