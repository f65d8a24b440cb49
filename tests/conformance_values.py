"""The values of one record on both sides, and when two of them are the same: documents and Events in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any

from conformance_reasons import micro
from glasshouse.records import Event

MILLI = 1_000
FIELDS = ("time", "client", "user", "name", "url", "image", "command line")
Told = dict[str, tuple[str, ...]]

# Where Elastic Common Schema and OCSF write each field; the first place that is filled counts, except that
# several accounts of one record are all acceptable.
ECS = {
    "time": ("@timestamp",),
    "client": ("source.ip", "client.ip"),
    "user": (
        "user.name", "user.email", "user.full_name", "source.user.name", "client.user.name",
        "process.user.name", "process.user.email", "user.effective.name", "user.target.name",
    ),
    "name": ("dns.question.name", "tls.client.server_name", "url.domain", "destination.domain"),
    "url": ("url.original", "url.full"),
    "image": ("process.executable", "process.name"),
    "command line": ("process.command_line",),
}  # fmt: skip
OCSF = {
    "time": ("time",),
    "client": ("src_endpoint.ip",),
    "user": ("actor.user.name", "user.name"),
    "name": ("query.hostname", "http_request.url.hostname", "tls.sni"),
    "url": ("http_request.url.url_string",),
    "image": ("process.file.path",),
    "command line": ("process.cmd_line",),
}
ASKED = ("dns.question.name", "query.hostname", "tls.client.server_name")
ALL_COUNT = ("user", "url", "name")


def told(document: dict[str, Any], schema: str) -> Told:
    """What an expectation says of each field: the values that would be right."""
    places = ECS if schema == "ecs" else OCSF
    said: Told = {}
    for name, paths in places.items():
        values = [str(value) for path in paths if (value := at(document, path)) not in (None, "", "-", [])]
        said[name] = tuple(dict.fromkeys(values if name in ALL_COUNT else values[:1]))
    if at(document, "dns.question.name"):  # the other names of a DNS record are not what was asked for
        said["name"] = said["name"][:1]
    return said


def at(document: dict[str, Any], path: str) -> Any:
    here: Any = document
    for part in path.split("."):
        if not isinstance(here, dict):
            return None
        here = here.get(part)
    return here


def ours(events: Sequence[Event], wanted: str) -> tuple[str, ...]:
    """What our Events of one record say of a field."""
    attribute = {"client": "ip", "image": "process", "command line": "command_line"}.get(wanted, wanted)
    found = (getattr(event, attribute) for event in events)
    return tuple(dict.fromkeys(str(value) for value in found if value is not None))


def _same_time(theirs: str, mine: str) -> bool:
    return abs(micro(theirs) - int(mine)) < MILLI


def _same_address(theirs: str, mine: str) -> bool:
    try:
        return ip_address(theirs) == ip_address(mine)
    except ValueError:
        return theirs == mine


def _same_name(theirs: str, mine: str) -> bool:
    def bare(name: str) -> str:
        name = name.strip().lower()
        head, colon, port = name.rpartition(":")
        return (head if colon and port.isdigit() else name).rstrip(".")

    return bare(theirs) == bare(mine)


def _same_user(theirs: str, mine: str) -> bool:
    """Domain and account may stand together or apart: EXAMPLE\\anna, anna@example.com and anna are one."""

    def bare(account: str) -> str:
        return account.strip().lower().rpartition("\\")[2].partition("@")[0]

    return theirs.strip().lower() == mine.strip().lower() or bare(theirs) == bare(mine)


def _same_image(theirs: str, mine: str) -> bool:
    """A path against a path, a bare name against the end of a path."""
    theirs, mine = (said.strip().strip('"').lower().replace("/", "\\") for said in (theirs, mine))
    return theirs == mine or theirs.rpartition("\\")[2] == mine or mine.rpartition("\\")[2] == theirs


def _same_text(theirs: str, mine: str) -> bool:
    return theirs.strip() == mine.strip()


SAME: dict[str, Callable[[str, str], bool]] = {
    "time": _same_time,
    "client": _same_address,
    "user": _same_user,
    "name": _same_name,
    "url": _same_text,
    "image": _same_image,
    "command line": _same_text,
}
