"""A Jira export of changes in, JSON of the search API or CSV; change records out.

JSON: ``{"issues": [{"key", "fields"}], "names": {"customfield_10050": "Planned start"}}`` as the search
resource of the Jira platform REST API answers with ``expand=names``; custom fields are found by their name.
Approvals are those of Jira Service Management (``finalDecision``). CSV: the export of the issue list, where a
custom field is headed ``Custom field (Planned start)`` and columns repeat for fields with several values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_changes
from glasshouse.known import Fact
from glasshouse.records import Trouble

TITLE = "Jira changes, JSON and CSV"
GIVES = ("changes",)
NAMES = "search with expand=names, so that custom fields can be told apart"
_COLUMNS = {
    "id": ("issue key", "key"),
    "title": ("summary",),
    "since": (
        "planned start", "planned start date", "change start date", "start date", "target start",
        "actual start",
    ),
    "until": (
        "planned end", "planned end date", "change completion date", "end date", "target end", "actual end",
        "due date", "duedate",
    ),
    "approved": ("approvals", "approval", "approval status"),
    "approved_by": ("approved by", "approvers", "approver"),
    "state": ("status",),
    "requested_by": ("reporter", "requester", "assignee", "creator"),
    "assets": ("affected services", "affected hardware", "assets", "components", "component/s"),
}  # fmt: skip
_FREE = ("summary", "description", "environment")
_CUSTOM = re.compile(r"custom field \((.*)\)")


def detect(head: bytes, name: str) -> int:
    """Sure of issues with a key and fields, or of the headings of an export."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in (b"{", b"["):
        return 90 if b'"issues"' in head and b'"fields"' in head and b'"key"' in head else 0
    columns = parse_changes.header(head)
    return 90 if {"issue key", "summary"} <= columns else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One change per issue; an issue without a time, or with one in no known form, is told."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    records = _issues(data, name) if start[:1] in (b"{", b"[") else _rows(data)
    times: list[str] = []
    for one in records:
        if isinstance(one, Trouble):
            yield one
            continue
        position, row = one
        said = parse_changes.fields(row, _COLUMNS)
        times += [said["since"], said["until"]]
        yield parse_changes.change(said, [row.get(field, "") for field in _FREE], name, position)
    yield from parse_changes.doubtful(times, name, "set the zone of whoever exports to UTC, or export JSON")


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    for line, row in parse_changes.rows(data):
        found = {_heading(column): cell for column, cell in row.items() if cell}
        yield line, found


def _heading(column: str) -> str:
    match = _CUSTOM.fullmatch(column)
    return (match[1] if match else column).strip()


def _issues(data: bytes, name: str) -> Iterator[Trouble | tuple[int, dict[str, str]]]:
    whole = parse.document(data)
    pages = parse.objects(whole)
    if not any(isinstance(page.get("issues"), list) for page in pages):
        raise Malformed("no list of issues")
    for page in pages:
        names = page.get("names")
        labels = (
            {str(key): str(said).lower() for key, said in names.items()} if isinstance(names, dict) else {}
        )
        if not labels:
            yield parse.trouble(name, None, "custom fields have no names here", NAMES)
        for position, issue in enumerate(parse.objects(page.get("issues")), 1):
            yield position, _row(issue, labels)


def _row(issue: Mapping[str, object], labels: Mapping[str, str]) -> dict[str, str]:
    fields = issue.get("fields")
    row = {"key": _text(issue.get("key"))}
    for field, value in fields.items() if isinstance(fields, dict) else ():
        label = labels.get(field, field).lower()
        if label in _COLUMNS["approved"] and isinstance(value, list):
            row[label], row["approved by"] = _decision(value)
        elif text := _text(value):
            row[label] = text
    return row


def _decision(approvals: list[object]) -> tuple[str, str]:
    """The word for all approvals of an issue together, and who approved."""
    said = parse.objects(approvals)
    decisions = [str(one.get("finalDecision", "")).lower() for one in said]
    if not said or not all(decisions):
        return "", ""
    word = next((one for one in decisions if one != "approved"), "approved")
    who = [
        _text(person.get("approver"))
        for one in said
        for person in parse.objects(one.get("approvers"))
        if person.get("approverDecision") == "approved"
    ]
    return word, ", ".join(dict.fromkeys(filter(None, who)))


def _text(value: object) -> str:
    """What a value says: a person by account, a choice or component by its name, a list by its items."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return ";".join(filter(None, (_text(one) for one in value if not isinstance(one, list))))
    if isinstance(value, dict):
        keys = ("emailAddress", "name", "value", "displayName", "label")
        return next((said.strip() for key in keys if isinstance(said := value.get(key), str) and said), "")
    return ""
