"""Cloud and appliance DNS sources against odd input: values of any type, envelopes, times in any unit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.leaf import source
from glasshouse.records import Event
from glasshouse.watch.parse import Layout
from glasshouse.watch.parse_dns_cloud import moment, record_type, unwrapped

GOOD: dict[str, dict[str, Any]] = {
    "route53": {
        "query_timestamp": "2026-11-20T08:14:09Z", "query_name": "crt.sh.", "query_type": "A",
        "srcaddr": "192.0.2.34", "srcids": {"instance": "i-0aa11bb22cc33dd44"},
    },
    "gcp-dns": {
        "insertId": "1a", "timestamp": "2026-11-20T08:14:09Z", "resource": {"type": "dns_query"},
        "jsonPayload": {"queryName": "crt.sh.", "queryType": "A", "sourceIP": "192.0.2.34"},
    },
    "azure-dns": {
        "time": "2026-11-20T08:14:09Z", "category": "DnsResponse",
        "properties": {"QueryName": "crt.sh.", "QueryType": "A", "SourceIpAddress": "192.0.2.34"},
    },
    "adguard": {"T": "2026-11-20T08:14:09Z", "QH": "crt.sh", "QT": "A", "IP": "192.0.2.34"},
    "cloudflare": {"Datetime": "2026-11-20T08:14:09Z", "QueryName": "crt.sh", "SrcIP": "192.0.2.34"},
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def events(leaf: str, document: object) -> list[Event] | None:
    """The Events of one JSON record; None when it is malformed."""
    try:
        return list(source(leaf).read(json.dumps(document).encode(), Layout()))
    except Malformed:
        return None


@pytest.mark.parametrize("leaf", GOOD)
def test_a_plain_question_is_read(leaf: str) -> None:
    (event,) = events(leaf, GOOD[leaf]) or []
    assert (event.via, str(event.name).rstrip("."), event.ip) == ("dns", "crt.sh", "192.0.2.34")
    assert event.time == 1_795_162_449_000_000


@pytest.mark.parametrize("leaf", GOOD)
@given(data=st.data())
def test_a_value_of_any_type_is_read_or_malformed(leaf: str, data: st.DataObject) -> None:
    document = json.loads(json.dumps(GOOD[leaf]))
    here = document
    key = data.draw(st.sampled_from(sorted(here)))
    if isinstance(here[key], dict) and data.draw(st.booleans()):
        here = here[key]
        key = data.draw(st.sampled_from(sorted(here)))
    here[key] = data.draw(ANYTHING)
    for event in events(leaf, document) or []:
        assert event.name
        for text in (event.name, event.ip, event.host, event.user, event.query_type):
            assert text is None or isinstance(text, str)


@given(st.integers(10**9, 4 * 10**9), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_a_time_is_the_same_in_every_unit(second: int, per_second: int) -> None:
    assert moment(second * per_second, Layout()) == (second * 1_000_000, None)
    assert moment(str(second * per_second), Layout()) == (second * 1_000_000, None)


@pytest.mark.parametrize("value", [None, "", "soon", [], {}, True, 10**30, float("inf"), "\u00b2"])
def test_what_is_no_time_is_malformed(value: object) -> None:
    with pytest.raises(Malformed):
        moment(value, Layout())


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (1, "A"), ("1", "A"), ("28 (AAAA)", "AAAA"), ("https", "HTTPS"), ("TYPE28", "AAAA"),
        (65353, "TYPE65353"), (-1, None), (65536, None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_record_types_are_names(said: object, kind: str | None) -> None:
    assert record_type(said) == kind


@given(st.integers(1, 12))
def test_envelopes_are_taken_off_however_many(depth: int) -> None:
    document: dict[str, Any] = {"query_name": "crt.sh."}
    for number in range(depth):
        document = {"message": json.dumps(document)} if number % 2 else {"records": [document, document]}
    found = list(unwrapped(json.dumps(document).encode()))
    assert len(found) == 2 ** ((depth + 1) // 2)
    assert all(one == {"query_name": "crt.sh."} for one in found)


def test_a_message_of_text_is_no_envelope() -> None:
    assert list(unwrapped(b'{"message": "hello", "query_name": "crt.sh"}')) == [
        {"message": "hello", "query_name": "crt.sh"}
    ]


@given(st.text(max_size=200))
@pytest.mark.parametrize("leaf", ["umbrella", "infoblox", "coredns"])
def test_a_line_of_anything_is_read_or_malformed(leaf: str, line: str) -> None:
    try:
        found = list(source(leaf).read(line.encode("utf-8", "surrogatepass"), Layout()))
    except Malformed:
        return
    assert all(isinstance(event, Event) for event in found)


@pytest.mark.parametrize("user", ["Networks", "Sites", "Network Tunnels", "Internal Networks"])
def test_umbrella_networks_are_nobody(user: str) -> None:
    row = '"2026-11-20 08:14:09","Office","Office","192.0.2.1","198.51.100.1","Allowed","1 (A)","NOERROR",'
    (event,) = source("umbrella").read(f'{row}"crt.sh.","","{user}","{user}",""'.encode(), Layout())
    assert (event.user, event.host) == (None, None)
