"""Change records: which are near, what binds them, and what their files say about time and approval."""

from __future__ import annotations

import ipaddress
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.know import parse_changes, parse_when
from glasshouse.know.changes import Changes
from glasshouse.know.domains import Domains
from glasshouse.know.loaders import jira, maintenance_ics, servicenow
from glasshouse.known import Asset, Change
from glasshouse.records import Trouble


def change(since=0, until=10, **said):
    return Change(**{"id": "C-1", "title": "t", "since": since, "until": until, **said})


def near(changes, low=0, high=10, margin=0, names=(), accounts=()):
    return Changes(changes).near(low, high, margin, names, accounts)


@pytest.mark.parametrize(
    ("low", "high", "margin", "found"),
    [
        (10, 20, 0, True),
        (11, 20, 0, False),
        (11, 20, 1, True),
        (-9, -1, 0, False),
        (-9, 0, 0, True),
        (-9, -1, 1, True),
        (4, 5, 0, True),
        (-5, 50, 0, True),
    ],
)
def test_windows_touch_at_both_ends(low, high, margin, found):
    assert bool(near([change()], low, high, margin)) is found


def test_one_time_is_a_moment_and_none_is_near_nothing():
    assert near([change(since=5, until=None)], 5, 5) and not near([change(since=5, until=None)], 6, 9)
    assert near([change(since=None, until=5)], 5, 5) and not near([change(since=None, until=5)], 0, 4)
    assert not near([change(since=None, until=None)], -(10**18), 10**18)


@pytest.mark.parametrize(
    ("asset", "name", "binds"),
    [
        ("example.com", "www.example.com", True),
        ("Example.com.", "example.com", True),
        ("*.example.com", "www.example.com", True),
        ("www.example.com", "example.com", False),
        ("example.com", "notexample.com", False),
        ("203.0.113.0/24", "203.0.113.7", True),
        ("203.0.113.0/24", "203.0.113.128/25", True),
        ("203.0.113.0/24", "203.0.112.0/23", False),
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.70", False),
        ("2001:DB8:0::/48", "2001:db8::1", True),
        ("WEB-1", "web-1", True),
        ("web-1.example.com", "web-1", True),
        ("web-1", "web-1.example.net", False),
        ("example.com", "info@example.com", True),
        ("AS64500", "AS64500", True),
        ("Online shop", "shop", False),
        ("com", "example.com", False),
        ("www", "www.example.com", False),
        ("", "example.com", False),
        ("10", "10.0.0.1", False),
    ],
)
def test_an_asset_binds_what_it_holds(asset, name, binds):
    assert near([change(assets=(asset,))], names=[name])[0].binds == (("asset",) if binds else ())


def test_who_asked_binds_and_approval_is_handed_on():
    asked = change(requested_by="EXAMPLE\\JDoe", approved=None, assets=("example.com",))
    ours = Domains(assets=[Asset(type="domain", value="example.com")])
    check = Changes([asked], ours).near(5, 5, 0, ["example.com"], ["jdoe"])[0]
    assert check.binds == ("asset", "requester") and check.change.approved is None
    assert near([asked], names=["example.com"], accounts=["jdoe"])[0].binds == ("asset",)
    assert near([asked], accounts=["example\\jdoe"])[0].binds == ("requester",)
    assert near([asked], accounts=["asmith"])[0].binds == ()
    assert near([change()], accounts=["none", ""])[0].binds == ()


def linear(changes, low, high, margin, names, accounts):
    """The same answer, one record after the other."""

    def holds(asset, name):
        try:
            return ipaddress.ip_network(name).subnet_of(ipaddress.ip_network(asset))
        except (ValueError, TypeError):
            return name == asset or name.endswith("." + asset)

    found = []
    for one in changes:
        times = [when for when in (one.since, one.until) if when is not None]
        if times and min(times) <= high + margin and low - margin <= max(times):
            asset = any(holds(asset, name) for asset in one.assets for name in names)
            found.append(
                (
                    min(times),
                    max(times),
                    one.id,
                    ("asset",) * asset + ("requester",) * (one.requested_by in accounts),
                )
            )
    return sorted(found)


when = st.one_of(st.none(), st.integers(-60, 60))
words = st.sampled_from(["example.com", "www.example.com", "203.0.113.0/24", "203.0.113.7", "2001:db8::/32"])
some_changes = st.lists(
    st.builds(
        lambda since, until, assets, who: (since, until, assets, who),
        when,
        when,
        st.lists(words, max_size=2).map(tuple),
        st.sampled_from([None, "jdoe", "asmith"]),
    ),
    max_size=40,
)


@given(
    some_changes,
    st.integers(-70, 70),
    st.integers(0, 40),
    st.integers(0, 9),
    st.lists(words, max_size=2),
    st.lists(st.sampled_from(["jdoe", "mallory"]), max_size=1),
)
def test_the_index_says_what_a_walk_says(rows, low, length, margin, names, accounts):
    changes = [
        change(since, until, id=f"C-{n:03}", assets=assets, requested_by=who)
        for n, (since, until, assets, who) in enumerate(rows)
    ]
    found = near(changes, low, low + length, margin, names, accounts)
    spans = [
        sorted(one for one in (check.change.since, check.change.until) if one is not None) for check in found
    ]
    got = [(s[0], s[-1], check.change.id, check.binds) for s, check in zip(spans, found, strict=True)]
    assert got == linear(changes, low, low + length, margin, names, accounts)


def test_many_records_are_asked_quickly():
    day = 86_400
    changes = Changes(change(n * day, n * day + 3_600, id=str(n)) for n in range(100_000))
    began = time.process_time()
    for n in range(0, 100_000, 100):
        assert len(changes.near(n * day, n * day + 60, 0, (), ())) == 1
    assert time.process_time() - began < 1.0


# Words of ticket systems


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Approved", True), ("yes", True), ("pre-approved", True), ("rejected", False), ("Declined", False),
        ("requested", False), ("pending", False), ("no", False), ("not requested", None), ("", None),
        ("not_approved", False), ("duplicate", None), ("perhaps", None),
    ],
)  # fmt: skip
def test_approval(said, expected):
    assert parse_changes.approval(said) is expected


def test_names_are_found_in_sentences_and_people_are_not():
    said = (
        "Move https://www.example.com:8443/a.html and (mail.example.org), 203.0.113.0/24; 2001:db8::1. "
        "Ask jdoe@example.net, see setup.py, e.g. /etc/hosts on 12:30 and 1.5.2 of Bücher.example!"
    )
    assert parse_changes.assets([], [said]) == (
        "www.example.com", "mail.example.org", "203.0.113.0/24", "2001:db8::1", "xn--bcher-kva.example",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("20/Nov/26 10:00 PM", "2026-11-20T22:00+00:00"),
        ("20/Nov/2026 12:30 AM", "2026-11-20T00:30+00:00"),
        ("20/nov/26 12:00 pm", "2026-11-20T12:00+00:00"),
        ("20/Nov/26 22:00", "2026-11-20T22:00+00:00"),
        ("2026-11-20 22:00", "2026-11-20T22:00+00:00"),
        ("2026-11-20T22:00+0100", "2026-11-20T21:00+00:00"),
        ("20/Foo/26 10:00 PM", None),
        ("31/Feb/26 10:00 PM", None),
        ("soon", None),
    ],
)
def test_times(said, expected):
    found = parse_when.begins(said)
    assert (found and datetime.fromtimestamp(found / 1e6, UTC).isoformat(timespec="minutes")) == expected


def test_the_planned_window_goes_before_the_one_worked():
    record = {"number": "CHG1", "start_date": "2026-11-20 22:00:00", "end_date": "2026-11-21 02:00:00"}
    record |= {"work_start": "2026-11-25 22:00:00", "work_end": "2026-11-26 02:00:00", "approval": "approved"}
    found = next(servicenow.read(json.dumps({"result": record}).encode(), "c.json"))
    assert found.since == parse_when.begins("2026-11-20T22:00Z")


def test_jira_without_names_says_so():
    issue = {"key": "CHG-1", "fields": {"summary": "s", "customfield_1": "2026-11-20T22:00:00.000+0000"}}
    reasons = [one.reason for one in jira.read(json.dumps({"issues": [issue]}).encode(), "j.json")]
    assert "no names" in reasons[0] and "no time" in reasons[1]


@pytest.mark.parametrize("loader", [jira, servicenow])
@pytest.mark.parametrize("data", [b"{", b"[" * 100_000, b'{"result": 3, "issues": "x"}', b"[1, 2]"])
def test_json_that_is_none_of_theirs(loader, data):
    try:
        found = list(loader.read(data, "x"))
    except Malformed:
        return
    assert not [one for one in found if isinstance(one, Change)]


# Calendars


def calendar(*events):
    body = "".join(f"BEGIN:VEVENT\r\nUID:u\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n".encode()


@pytest.fixture
def today(monkeypatch):
    monkeypatch.setattr(maintenance_ics.time, "time", lambda: datetime(2026, 11, 20, tzinfo=UTC).timestamp())


def test_a_rule_without_end_is_followed_for_400_days_each_way(today):
    event = "DTSTART:20200101T220000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nSUMMARY:x"
    found = list(maintenance_ics.read(calendar(event), "c.ics"))
    starts = [one.since for one in found]
    low, high = (parse_when.begins(day) for day in ("2025-10-16T22:00Z", "2027-12-24T22:00Z"))
    assert (starts[0], starts[-1], len(starts)) == (low, high, 800)
    assert all(one.until - one.since == 3_600_000_000 for one in found)


def test_22_hours_stay_22_hours_over_the_change_of_clocks(today):
    event = "DTSTART;TZID=Europe/Berlin:20261024T220000\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=3"
    found = list(maintenance_ics.read(calendar(event), "c.ics"))
    hours = [datetime.fromtimestamp(one.since / 1e6, UTC).hour for one in found]
    assert hours == [20, 21, 21]


def test_a_rule_that_never_happens_is_tried_three_times_at_most(today, monkeypatch):
    monkeypatch.setattr(maintenance_ics, "EMPTY", 1)
    event = "DTSTART:20261120T220000Z\r\nRRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"
    found = list(maintenance_ics.read(calendar(event, event, event), "c.ics"))
    assert [type(one) for one in found] == [Change, Trouble, Trouble]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MINUTELY", "FREQ=HOURLY;COUNT=3", "FREQ=DAILY;INTERVAL=0", "FREQ=NEVER", "COUNT=3",
        "FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))) + ";BYMINUTE=" + ",".join(map(str, range(60))),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_windows_are_told(today, rule):
    found = list(maintenance_ics.read(calendar(f"DTSTART:20200101T220000Z\r\nRRULE:{rule}"), "c.ics"))
    assert [type(one) for one in found] == [Trouble]


def test_one_bad_event_leaves_the_others(today):
    good = "DTSTART:20261120T220000Z\r\nSUMMARY:good"
    found = list(
        maintenance_ics.read(
            calendar("DTSTART:nonsense", good, "DTSTART:00010101T000000\r\nRRULE:FREQ=DAILY"), "c.ics"
        )
    )
    assert [type(one).__name__ for one in found] == ["Trouble", "Change", "Trouble", "Trouble"]


@pytest.mark.parametrize("data", [b"", b"garbage", b"BEGIN:VCALENDAR\r\ngarbage\r\nEND:VCALENDAR"])
def test_what_is_no_calendar_gives_no_changes(data):
    try:
        found = list(maintenance_ics.read(data, "c.ics"))
    except Malformed as problem:
        assert str(problem)
        return
    assert not found
