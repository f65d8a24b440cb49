"""Snapshots in; which names stand behind which content delivery network, and what shows it, out."""

from __future__ import annotations

import survey_samples as samples
from glasshouse.findings import Edge
from glasshouse.leaf import checks
from glasshouse.survey import judge
from glasshouse.survey.edges import edges

OURS = [{"type": "domain", "value": "example.test"}]
RANGE = {"kind": "range", "cidr": "192.0.2.0/24", "provider": "fastly", "role": "cdn"}


def record(name: str, kind: str, data: str, live: bool = True) -> dict:
    return {"kind": "record", "name": name, "type": kind, "data": data, "live": live}


def found(*facts: dict) -> list[Edge]:
    return list(edges(samples.world({"assets": OURS, "facts": list(facts)})))


def test_an_alias_an_address_and_a_header_show_it():
    web = {"kind": "service", "ip": "198.51.100.7", "port": 443, "server": "cloudflare", "database": "shodan"}
    assert found(
        record("www.example.test", "CNAME", "example.cdn.cloudflare.net"),
        record("shop.example.test", "A", "192.0.2.9"),
        RANGE,
        record("blog.example.test", "A", "198.51.100.7"),
        web,
    ) == [
        Edge(
            name="blog.example.test",
            provider="cloudflare",
            how=("shodan saw the Server header cloudflare at 198.51.100.7",),
        ),
        Edge(
            name="shop.example.test", provider="fastly", how=("its address 192.0.2.9 lies in 192.0.2.0/24",)
        ),
        Edge(name="www.example.test", provider="cloudflare", how=("its alias example.cdn.cloudflare.net",)),
    ]


def test_what_was_once_and_what_is_not_ours_is_quiet():
    assert not found(
        record("old.example.test", "A", "192.0.2.9", live=False), RANGE,
        record("www.example.org", "A", "192.0.2.9"), record("plain.example.test", "A", "203.0.113.5"),
    )  # fmt: skip


def test_an_origin_that_a_finding_gives_away_is_named():
    world = samples.world({
        "assets": OURS,
        "facts": [
            record("www.example.test", "CNAME", "example.cdn.cloudflare.net"),
            record("www.example.test", "A", "203.0.113.5", live=False),
            {"kind": "service", "ip": "203.0.113.5", "port": 443, "protocol": "https", "database": "shodan",
             "certificate_names": ["www.example.test"], "last_seen": "2026-11-19"},
        ],
    })  # fmt: skip
    findings, troubles = judge.findings(world, checks())
    assert not troubles
    (edge,) = edges(world, findings)
    assert edge.origins == ("203.0.113.5",)
