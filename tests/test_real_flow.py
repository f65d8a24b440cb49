"""Flow logs of clouds and routers on real samples: every record accounted for, flows checked by hand."""

from __future__ import annotations

import collections
import json
from typing import Any

import pytest

from glasshouse.errors import Malformed
from glasshouse.leaf import leaf_name, source, sources
from glasshouse.records import Event, SourceCount
from glasshouse.watch import read
from glasshouse.watch.parse import Layout, iso
from glasshouse.watch.parse_flow import Flow, is_reply, requests
from glasshouse.watch.sieve import scanner
from shared_data import LOGS, needs_logs

NFDUMP = tuple(f"flow/lab_nfdump-1.7.5.{form}.gz" for form in ("csv", "extended", "json"))


def parsed(name: str) -> tuple[str, int, list[tuple[int, Event]], dict[int, str]]:
    """The format found, records read, events with their position, and what could not be read."""
    (item,) = read.inputs([str(LOGS / name)])
    found, _sure = read.detect(item)
    assert found is not None
    layout, number, events, bad = Layout(), 0, [], {}
    for record in read.records(item, found, None, SourceCount()):
        number += 1
        try:
            events += [(record.position, event) for event in found.read(record.data, layout)]
        except Malformed as reason:
            bad[record.position] = str(reason)
    return leaf_name(found), number, events, bad


def expected(name: str) -> list[dict[str, Any]]:
    return [json.loads(line)["expected"] for line in (LOGS / name).read_text().splitlines()]


@needs_logs
@pytest.mark.parametrize(
    ("name", "leaf", "records", "flows"),
    [
        ("flow/sekoia_aws_vpc_flow.log", "aws-vpc-flow", 9, 8),  # one interval without data
        ("flow/sekoia_azure_nsg_flow.log", "azure-flow", 6, 6),
        ("flow/sekoia_gcp_vpc_flow.log", "gcp-flow", 2, 0),  # two ways back
        ("flow/sekoia_netflow_json.log", "nfdump", 3, 2),  # one way back
        ("flow/lab_nfdump-1.7.5.csv.gz", "nfdump", 2068, 1094),
        ("flow/lab_nfdump-1.7.5.extended.gz", "nfdump", 2072, 1094),
        ("flow/lab_nfdump-1.7.5.json.gz", "nfdump", 2067, 1094),
        ("ocsf/aws_vpcflowlog.raw", "aws-vpc-flow", 2, 0),  # a header, and a way back
    ],
)
def test_every_record_is_read(name: str, leaf: str, records: int, flows: int) -> None:
    found, number, events, bad = parsed(name)
    assert (found, number, len(events), bad) == (leaf, records, flows, {})
    assert {event.via for _, event in events} <= {"flow"}


@needs_logs
@pytest.mark.parametrize("name", ["aws_vpc_flow", "azure_nsg_flow", "netflow_json"])
def test_flows_agree_with_ecs(name: str) -> None:
    wanted = expected(f"flow/sekoia_{name}.expected-ecs.ndjson")
    _, _, events, _ = parsed(f"flow/sekoia_{name}.log")
    for position, event in events:
        ecs = wanted[position - 1]
        assert (event.ip, event.server_ip) == (ecs["source"]["ip"], ecs["destination"]["ip"])
        assert event.server_port == ecs["destination"]["port"]
        if "@timestamp" in ecs:
            assert event.time == iso(ecs["@timestamp"], Layout())[0]
        refused = "reject" in str(ecs.get("action", {}).get("name"))
        if "bytes" in ecs["source"]:
            assert event.bytes_out == (0 if refused else ecs["source"]["bytes"])


@needs_logs
def test_three_outputs_of_nfdump_tell_the_same_flows() -> None:
    every = []
    for name in NFDUMP:
        _, _, events, _ = parsed(name)
        every.append(
            sorted(
                (event.time, event.ip, event.server_ip, event.server_port, event.bytes_out, event.packets_out)
                for _, event in events
            )
        )
    assert every[0] == every[1] == every[2]
    ports = collections.Counter(row[3] for row in every[0])
    assert ports == {53: 584, 443: 354, 3128: 106, 43: 50}
    assert all(event.doubt and "local time" in event.doubt for _, event in parsed(NFDUMP[0])[2])


@needs_logs
def test_a_whois_look_up_by_hand() -> None:
    _, _, events, _ = parsed(NFDUMP[0])
    first = min((event for _, event in events if event.server_port == 43), key=lambda event: event.time or 0)
    assert (first.ip, first.server_ip) == ("10.44.1.13", "198.51.100.33")
    assert (first.bytes_out, first.packets_out, first.duration) == (279, 5, 1000)
    assert first.time == 1795211697957000


@needs_logs
def test_other_real_logs_are_no_flow_logs() -> None:
    ours = [source(name) for name in ("aws-vpc-flow", "azure-flow", "gcp-flow", "nfdump")]
    for path in sorted(LOGS.rglob("*.log")):
        if path.parent.name == "flow":
            continue
        head = path.read_bytes()[: read.HEAD]
        assert [one.detect(head) for one in ours] == [0, 0, 0, 0], path


@pytest.mark.parametrize(
    ("port", "server_port", "reply"),
    [
        (50000, 443, False),
        (443, 50000, True),
        (443, 4321, True),  # a client's port by chance
        (4321, 443, False),
        (8080, 8864, True),
        (123, 123, False),
        (53205, 4712, False),
        (None, None, False),
        (0, 0, False),
    ],
)
def test_the_ports_tell_the_way_back(port: int | None, server_port: int | None, reply: bool) -> None:
    assert is_reply(port, server_port) is reply


def test_a_flow_counted_both_ways_is_turned_round() -> None:
    flow = Flow(
        time=1, ip="192.0.2.43", port=43, server_ip="10.0.0.1", server_port=50000, bytes_out=10, bytes_in=5
    )
    (event,) = requests(flow)
    assert (event.ip, event.server_ip, event.server_port) == ("10.0.0.1", "192.0.2.43", 43)
    assert (event.bytes_out, event.bytes_in) == (5, 10)


def test_a_refused_flow_carried_nothing() -> None:
    flow = Flow(
        time=1, ip="10.0.0.1", port=50000, server_ip="192.0.2.43", server_port=43, bytes_out=9, refused=True
    )
    (event,) = requests(flow)
    assert (event.bytes_out, event.packets_out) == (0, 0)


@pytest.mark.parametrize("name", ["aws-vpc-flow", "azure-flow", "gcp-flow", "nfdump"])
def test_the_sieve_lets_whois_connections_through(name: str) -> None:
    assert sources()[name].NEEDLES
    scan = scanner(sources()[name].NEEDLES)
    lines = {
        "aws-vpc-flow": b"2 123456789012 eni-0a1b2c3d 10.0.0.1 192.0.2.9 5000 %d 6 8 612 1 2 ACCEPT OK",
        "azure-flow": b'"flowTuples":["1795211640,10.0.0.4,192.0.2.9,44931,%d,T,O,A"]',
        "gcp-flow": b'{"connection":{"src_port":5000,"dest_port":%d,"protocol":6}}',
        "nfdump": b"2026-11-20 21:54:57.957 0.001 TCP 10.0.0.1:5000 -> 192.0.2.9:%d  5 279 1",
    }
    for port in (43, 4321, 5432):
        assert scan(lines[name] % port)
    assert not scan(lines[name] % 443)
