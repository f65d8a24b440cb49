"""A notice in, an HTTP POST out: a CloudEvents 1.0 event in structured JSON, signed when it is sent.

Source of the format: github.com/cloudevents/spec, ``cloudevents/formats/json-format.md`` and
``bindings/http-protocol-binding.md``, structured mode. Headers of ours: ``Idempotency-Key`` (the id of the
notice; the same event may come twice), ``X-Glasshouse-Timestamp`` (seconds since 1970) and
``X-Glasshouse-Signature``, ``v1=`` and the HMAC-SHA256 of ``timestamp.body`` under the option ``key``.
"""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.report import notice_options as options_of
from glasshouse.report.contract import line, rfc3339
from glasshouse.report.notice import Notice, Post
from glasshouse.safe import safe

TITLE = "Webhook: a CloudEvents 1.0 event by HTTP POST, signed"
OPTIONS: Mapping[str, str] = {
    "url": "where to post to, https",
    "key": "key of the signature, as ${env:NAME} or ${file:PATH}",
    "authorization": "value of the Authorization header, as ${env:NAME} or ${file:PATH}",
    "source": "the event's source, a URI reference; /glasshouse otherwise",
    "ca": "file with the certificates of the authorities to trust, instead of the system's",
}
SECRETS = ("url", "key", "authorization")
_WHERE = "notify webhook"


def message(notice: Notice, options: Mapping[str, str]) -> Post:
    """The POST of a notice."""
    authorization = options_of.header(options, "authorization", _WHERE)
    headers = {
        "Content-Type": "application/cloudevents+json; charset=utf-8",
        "Idempotency-Key": safe(notice.id).encode("ascii", "backslashreplace").decode(),
        **({"Authorization": authorization} if authorization else {}),
    }
    source = options_of.header(options, "source", _WHERE) or "/glasshouse"
    return Post(
        url=options_of.web_address(options, _WHERE),
        body=(line(_event(notice, source)) + "\n").encode(),
        headers=tuple(headers.items()),
        key=options.get("key", ""),
        ca=options.get("ca", ""),
    )


def _event(notice: Notice, source: str) -> dict[str, object]:
    event: dict[str, object] = {
        "specversion": "1.0",
        "id": safe(notice.id),
        "source": source,
        "type": f"glasshouse.{safe(notice.kind)}",
        "time": rfc3339(notice.time) or rfc3339(0),
        "datacontenttype": "application/json",
        "data": _data(notice),
    }
    return {**event, "subject": safe(notice.alert)} if notice.alert else event


def _data(notice: Notice) -> dict[str, object]:
    actor = notice.actor
    who = {"user": actor.user, "host": actor.host, "ip": actor.ip, "process": actor.process}
    return {
        "title": safe(notice.title),
        "lines": [safe(row) for row in notice.lines],
        "level": notice.level,
        "decision": safe(notice.decision) or None,
        "alert": safe(notice.alert) or None,
        "case": safe(notice.case) or None,
        "link": safe(notice.link) or None,
        "score": notice.score,
        "requests": notice.requests,
        "actor": {key: safe(value) if value else None for key, value in who.items()},
        "databases": [safe(one) for one in notice.databases],
        "techniques": [safe(one) for one in notice.techniques],
        "first_seen": rfc3339(notice.first_seen),
        "last_seen": rfc3339(notice.last_seen),
    }
