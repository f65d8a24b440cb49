"""Real logs that other people's parsers read too: field by field we agree, or say in a sentence why not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from conformance import BAR, Row, detected, pairs, readings, rows, stale
from conformance_reasons import REASONS, RULES, UNREAD, reason
from conformance_values import FIELDS, told
from glasshouse.records import Event
from shared_data import needs_logs

PAGE = Path(__file__).parents[1] / "docs" / "conformance.md"


@needs_logs
def test_every_field_of_every_format_agrees_or_has_a_reason() -> None:
    short = [
        f"{row.format}, {row.field}: {row.equal} equal and {row.explained} explained of {row.compared}; "
        + "; ".join(
            f"record {one.record}: theirs {one.theirs}, ours {one.ours}"
            for one in row.differences
            if not one.reason
        )
        for row in rows()
        if row.leaves and row.equal + row.explained < BAR * row.compared
    ]
    assert not short, "\n".join(short)


@needs_logs
def test_what_is_explained_stays_the_exception() -> None:
    """Reasons cannot become the way to pass: over all formats most of what is compared is simply equal."""
    read_now = [row for row in rows() if row.leaves]
    compared = sum(row.compared for row in read_now)
    assert compared > 500
    assert sum(row.equal for row in read_now) >= 0.85 * compared
    for field in ("client", "user", "image"):
        here = [row for row in read_now if row.field == field]
        assert sum(row.equal for row in here) >= 0.9 * sum(row.compared for row in here), field


@needs_logs
def test_every_record_of_every_log_is_read_or_said_to_be_unreadable() -> None:
    assert len({pair.format for pair in pairs()}) >= 25
    unread = {name: set(found.refused) for name, found in readings().items() if found.refused}
    assert unread == {name: set(numbers) for name, numbers in UNREAD.items()}


@needs_logs
def test_a_record_that_names_a_question_is_never_passed_over_in_silence() -> None:
    """A DNS question that gives no Event counts as a difference, so it needs its reason."""
    missing = Counter(
        (one.format, one.reason is not None)
        for row in rows()
        if row.field == "name" and row.leaves
        for one in row.differences
        if not one.ours
    )
    assert missing["bind", True] == 15
    assert not [one for one, explained in missing if not explained]


@needs_logs
def test_no_reason_outlives_its_difference() -> None:
    assert stale() == []


@needs_logs
def test_the_page_holds_no_data_of_the_logs() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for row in rows():
        for one in row.differences:
            for value in (*one.theirs, *one.ours):
                assert len(value) < 9 or value not in page


def event(**values: object) -> Event:
    return Event(via="flow", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("part", "raw", "theirs", "got", "explained"),
    [
        ("time", "", "2026-11-20T08:14:05Z", event(time=1_795_162_444_000_000, duration=1_000_000), True),
        ("time", "", "2026-11-20T08:14:05Z", event(time=1_795_162_444_000_000, duration=2_000_000), False),
        ("time", "", "2026-11-20T08:14:05Z", event(time=1_795_162_445_300_000), True),
        ("time", "", "2026-11-20T08:14:05.1Z", event(time=1_795_162_445_300_000), False),
        ("time", "2026/11/20 08:14:04,", "2026-11-20T08:14:09Z", event(time=1_795_162_444_000_000), True),
        ("time", "2026/11/20 09:14:04,", "2026-11-20T08:14:09Z", event(time=1_795_162_444_000_000), False),
        ("url", "GET example.org/a", "https://example.org/a", event(url="example.org/a"), True),
        ("url", "GET https://example.org/a", "https://example.org/a", event(url="example.org/a"), False),
        ("command line", "", "a.exe b", event(command_line='"a.exe" b'), True),
        ("command line", "", "a.exe b", event(command_line='"a.exe" c'), False),
        ("client", "", "192.0.2.53", event(server_ip="192.0.2.53", server_port=53), False),
    ],
)
def test_a_rule_explains_only_what_the_record_proves(
    part: str, raw: str, theirs: str, got: Event, explained: bool
) -> None:
    assert (reason("a format", part, 1, raw, (theirs,), [got]) is not None) is explained


def test_a_row_counts_what_it_says() -> None:
    row = Row("a format", ("leaf",), "name", equal=3)
    assert (row.compared, row.explained, row.share) == (3, 0, 1.0)


def test_every_reason_is_of_a_field_that_is_compared() -> None:
    assert set(RULES) <= set(FIELDS)
    assert {part for _name, part in REASONS} <= set(FIELDS)


def test_a_dns_document_expects_its_question_only() -> None:
    document = {"dns": {"question": {"name": "crt.sh"}}, "destination": {"domain": "dns.example.net"}}
    assert told(document, "ecs")["name"] == ("crt.sh",)
    assert told({"query": {"hostname": "crt.sh"}, "time": 1}, "ocsf")["time"] == ("1",)


def test_nothing_reads_what_is_no_log() -> None:
    assert detected(b"once upon a time\n") is None
