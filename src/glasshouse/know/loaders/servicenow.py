"""A ServiceNow export of change requests in, JSON of the Table API or CSV; change records out.

Fields: the table ``change_request`` (number, short_description, start_date, end_date, work_start, work_end,
approval, state, cmdb_ci, requested_by ...). Each value of the Table API is a text or an object of ``value``,
``display_value`` and ``link``, by the parameter ``sysparm_display_value`` (REST API reference, Table API).
Stored times are UTC; displayed ones are in the zone of whoever exported. The planned window counts before
the one worked: it is what was approved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_changes
from glasshouse.known import Fact
from glasshouse.records import Trouble

TITLE = "ServiceNow change requests, JSON and CSV"
GIVES = ("changes",)
NEXT = "export with sysparm_display_value=all, where times are UTC and names are shown"
# Numbers of the choice list of change_request.state, as delivered.
_STATES = {
    "-5": "New", "-4": "Assess", "-3": "Authorize", "-2": "Scheduled", "-1": "Implement", "0": "Review",
    "3": "Closed", "4": "Canceled",
}  # fmt: skip
_COLUMNS = {
    "id": ("number",),
    "title": ("short_description", "short description"),
    "since": ("start_date", "planned start date", "work_start", "actual start date", "actual start"),
    "until": ("end_date", "planned end date", "work_end", "actual end date", "actual end"),
    "approved": ("approval",),
    "approved_by": ("approved_by", "approved by"),
    "state": ("state",),
    "requested_by": (
        "requested_by.user_name", "requested_by.email", "requested_by", "requested by",
        "assigned_to.user_name", "assigned_to.email", "assigned_to", "assigned to",
    ),
    "assets": (
        "cmdb_ci", "cmdb_ci.name", "cmdb_ci.fqdn", "cmdb_ci.ip_address", "configuration item",
        "business_service", "service",
    ),
}  # fmt: skip
_TIMES = (*_COLUMNS["since"], *_COLUMNS["until"])
_FREE = ("short_description", "short description", "description")
_MARKS = (b'"start_date"', b'"work_start"', b'"cmdb_ci"', b'"approval"', b'"CHG')


def detect(head: bytes, name: str) -> int:
    """Sure when the fields are those of a change request."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] in b"{[" and start:
        return 90 if b'"number"' in head and sum(mark in head for mark in _MARKS) > 1 else 0
    columns = parse_changes.header(head)
    shown = columns & {"short_description", "short description"}
    times = columns & set(_TIMES)
    return 90 if "number" in columns and shown and times else 0


def read(data: bytes, name: str) -> Iterator[Fact | Trouble]:
    """One change per record; a record without number or time, or with a time in no known form, is told."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    records = _records(data) if start[:1] in (b"{", b"[") else parse_changes.rows(data)
    local: list[str] = []
    for position, row in records:
        said = parse_changes.fields(row, _COLUMNS)
        said["state"] = _STATES.get(said["state"], said["state"])
        if "" in row or start[:1] not in (b"{", b"["):
            local += [said["since"], said["until"]]
        yield parse_changes.change(said, [row.get(one, "") for one in _FREE], name, position)
    yield from parse_changes.doubtful(local, name, NEXT)


def _records(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Records of a JSON export and their numbers, from 1; the key "" marks displayed times."""
    whole = parse.document(data)
    listed = whole.get("result", whole.get("records")) if isinstance(whole, dict) else whole
    if not isinstance(listed, dict | list):
        raise Malformed("no list of records: result")
    for position, record in enumerate(parse.objects(listed), 1):
        row = {field.lower(): _text(field.lower(), value) for field, value in record.items() if field}
        if any(_displayed(value) for value in record.values()):
            row[""] = "displayed"
        yield position, row


def _text(field: str, value: object) -> str:
    """What a value says: for times and states what is stored, for the rest what is shown to people."""
    if isinstance(value, Mapping):
        stored = field in _TIMES or field in ("approval", "state")
        order = ("value", "display_value") if stored else ("display_value", "value")
        value = next((value[key] for key in order if value.get(key)), "")
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _displayed(value: object) -> bool:
    """Whether a reference shows its text only, as with sysparm_display_value=true."""
    return isinstance(value, Mapping) and "display_value" in value and "value" not in value
