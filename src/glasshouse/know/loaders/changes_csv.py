"""A CSV of changes in, change records out: id, title, start, end, approved, requested_by, assets."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.know import parse_changes
from glasshouse.known import Fact
from glasshouse.records import Trouble

TITLE = "Change records, CSV"
GIVES = ("changes",)
_COLUMNS = {
    "id": ("id", "change", "change_id", "number", "ticket", "key"),
    "title": ("title", "summary", "short_description", "subject", "name"),
    "since": ("start", "since", "begin", "from", "planned_start", "start_date", "start_time"),
    "until": ("end", "until", "to", "planned_end", "end_date", "end_time"),
    "approved": ("approved", "approval", "approval_status"),
    "approved_by": ("approved_by", "approver"),
    "state": ("state", "status"),
    "requested_by": ("requested_by", "requester", "owner", "account"),
    "assets": ("assets", "asset", "targets", "hosts", "systems"),
}
_OTHERS = {"ip", "mac", "databases", "issue key", "work_start", "cmdb_ci"}  # other loaders know these better


def detect(head: bytes, name: str) -> int:
    """Sure when the header names a change, when it begins and who approved it or what it is called."""
    columns = parse_changes.header(head)
    says = columns & {*_COLUMNS["approved"], "approved_by", "change", "change_id"}
    begins, which = columns & {*_COLUMNS["since"]}, columns & {*_COLUMNS["id"]}
    return 75 if says and begins and which and not columns & _OTHERS else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One change a row; its title is searched for names as well. Times are UTC where they do not say."""
    times: list[str] = []
    for line, row in parse_changes.rows(data):
        said = parse_changes.fields(row, _COLUMNS)
        times += [said["since"], said["until"]]
        yield parse_changes.change(said, [said["title"]], name, line)
    yield from parse_changes.doubtful(times, name, "write them as 2026-11-20T22:00Z")
