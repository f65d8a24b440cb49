"""Numbers of the ledger add up: each way once, more logs never show less, a silent source shows nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import coverage_samples as samples
from glasshouse.catalogue import load
from glasshouse.ledger import (
    GRADES,
    KINDS,
    PARENT,
    Count,
    best,
    cells,
    gains,
    grades_of,
    rank,
    share,
    techniques,
)
from glasshouse.records import Event
from glasshouse.watch import ledger_kept, ledger_rules
from glasshouse.watch.detect import load_rules
from glasshouse.watch.ledger_grades import ways
from glasshouse.watch.ledger_kinds import carried, kinds_of

WAYS = ways(load())
SOME = st.frozensets(st.sampled_from(list(KINDS)))
RULES = load_rules(())


def way(database: str, place: str):
    return next(one for one in WAYS if one.database == database and one.place == place)


def grade(database: str, place: str, *kinds: str) -> str:
    return best(way(database, place), kinds).grade


# -- every shape, once


def test_every_shape_of_the_catalogue_is_a_way_once() -> None:
    shapes = Counter((entry.id, shape.at) for entry in load().databases.values() for shape in entry.lookups)
    assert Counter((one.database, one.at) for one in WAYS) == shapes
    assert len(WAYS) > 250


def test_every_way_has_one_view_per_kind_with_a_sentence() -> None:
    for one in WAYS:
        assert [view.kind for view in one.views] == list(KINDS)
        assert all(view.grade in GRADES and view.reason.endswith(".") for view in one.views), one


def test_cells_add_up_to_the_ways_of_each_kind_and_technique() -> None:
    ledger = samples.ledger(few=())
    counted: Counter[tuple[str, str]] = Counter()
    for cell in cells(ledger):
        assert sum(count for _grade, count in cell.grades) == cell.ways
        counted[cell.kind, cell.technique] += cell.ways
    assert {technique for _kind, technique in counted} == set(techniques(ledger))
    for (_kind, technique), number in counted.items():
        assert number == sum(technique in one.techniques for one in WAYS)


@given(SOME)
def test_shares_add_up_and_the_parent_counts_each_way_once(kinds: frozenset[str]) -> None:
    heard = (replace(samples.BIND, kinds=tuple(sorted(kinds)), carries=None),)
    ledger = replace(samples.ledger(few=()), heard=heard, kinds=ledger_kept.kinds(heard))
    for name in (PARENT, *techniques(ledger)):
        one = share(ledger, name)
        assert sum(count for _grade, count in one.grades) == one.ways
        assert [grade for grade, _count in one.grades] == list(reversed(GRADES))
    whole = sum(any(name.startswith(PARENT) for name in one.techniques) for one in WAYS)
    assert share(ledger, PARENT).ways == whole


# -- more logs, and silence


@given(SOME, SOME)
def test_a_further_kind_of_log_never_lowers_a_grade(few: frozenset[str], more: frozenset[str]) -> None:
    for one in WAYS:
        assert rank(best(one, few | more).grade) == max(
            rank(best(one, few).grade), rank(best(one, more).grade)
        )
    assert sum(grades_of(WAYS, few).values()) == len(WAYS)


@given(SOME, SOME)
def test_silent_is_never_seen(heard: frozenset[str], silent: frozenset[str]) -> None:
    sources = (
        replace(samples.BIND, kinds=tuple(sorted(heard))),
        replace(samples.SQUID, kinds=tuple(sorted(silent))),
    )
    kinds = {one.kind: one.state for one in ledger_kept.kinds(sources)}
    ledger = replace(samples.ledger(few=()), heard=sources, kinds=ledger_kept.kinds(sources))
    assert ledger.at_hand == heard
    assert ledger.lost == silent - heard
    assert all(kinds[kind] == "absent" for kind in KINDS if kind not in heard | silent)
    alone = replace(ledger, heard=sources[:1], kinds=ledger_kept.kinds(sources[:1]))
    for name in (PARENT, *techniques(ledger)):
        assert share(ledger, name).grades == share(alone, name).grades
    every = share(ledger, PARENT)
    assert every.lost == sum(
        rank(best(one, heard | silent).grade) > rank(best(one, heard).grade)
        for one in WAYS
        if any(name.startswith(PARENT) for name in one.techniques)
    )


def test_nothing_at_hand_shows_nothing_and_no_rule_runs() -> None:
    ledger = samples.ledger((), few=())
    assert dict(share(ledger, PARENT).grades)["none"] == share(ledger, PARENT).ways
    assert not any(rule.runs for rule in ledger.rules)
    assert len(ledger.rules) == len(RULES.firing)


@given(SOME)
def test_gains_name_only_what_is_not_heard_and_would_show_more(kinds: frozenset[str]) -> None:
    heard = (replace(samples.BIND, kinds=tuple(sorted(kinds))),)
    ledger = replace(samples.ledger(few=()), heard=heard, kinds=ledger_kept.kinds(heard))
    for name in techniques(ledger):
        one = share(ledger, name)
        for gain in gains(ledger, name, "target"):
            assert gain.kind not in kinds
            assert 0 < gain.ways <= one.ways - one.of("target")


# -- grades, one by one


@pytest.mark.parametrize(
    ("database", "place", "kind", "expected"),
    [
        ("crtsh", "query", "dns", "database"),
        ("crtsh", "query", "tls", "database"),
        ("crtsh", "query", "connect", "database"),
        ("crtsh", "query", "url", "clear"),
        ("crtsh", "query", "https", "database"),
        ("crtsh", "query", "query", "target"),
        ("crtsh", "query", "flow", "connection"),
        ("crtsh", "query", "process", "typed"),
        ("crtsh", "sql", "tls", "none"),
        ("crtsh", "sql", "dns", "database"),
        ("crtsh", "sql", "sql", "target"),
        ("shodan", "path", "https", "target"),
        ("cymru-dns", "dns-label", "dns", "target"),
        ("cymru-dns", "dns-label", "https", "none"),
        ("cymru-whois", "payload", "dns", "database"),
        ("cymru-whois", "payload", "flow", "connection"),
        ("cymru-whois", "payload", "whois", "target"),
        ("whois-port43", "payload", "flow", "database"),
        ("certat-pdns", "payload", "dns", "none"),
        ("cdn-ranges", "none", "dns", "connection"),
        ("cdn-ranges", "none", "https", "database"),
        ("netlas", "body", "https", "database"),
        ("netlas", "body", "body", "target"),
    ],
)
def test_grade(database: str, place: str, kind: str, expected: str) -> None:
    assert grade(database, place, kind) == expected


def test_no_way_without_a_target_is_ever_said_to_show_one() -> None:
    for one in WAYS:
        if one.place in ("none", "fragment"):
            assert best(one, KINDS).grade == "database", one


@pytest.mark.parametrize(
    ("event", "kinds"),
    [
        (Event(via="dns", name="crt.sh"), {"dns"}),
        (Event(via="tls", name="crt.sh"), {"tls"}),
        (Event(via="flow", server_port=443), {"flow"}),
        (Event(via="flow", server_port=443, name="crt.sh"), {"named"}),
        (Event(via="http", name="crt.sh", method="CONNECT"), {"connect"}),
        (Event(via="http", method="CONNECT", url="https://crt.sh/"), {"connect"}),
        (Event(via="http", method="GET", url="https://crt.sh:443/"), {"url"}),
        (Event(via="http", method="GET", url="http://crt.sh/?q=example.com"), {"url"}),
        (Event(via="http", method="GET", url="https://crt.sh/?q=example.com"), {"https", "query"}),
        (Event(via="http", method="GET", url="https://api.shodan.io/shodan/host/192.0.2.1"), {"https"}),
        (Event(via="http", url="/shodan/host/192.0.2.1", server_port=443, proxied=True), {"https"}),
        (Event(via="http", url="/index.html", server_port=443, name="www.example.com"), {"url"}),
        (Event(via="http", method="GET", url="/shodan/host/192.0.2.1", server_port=80), {"url"}),
        (Event(via="http", method="POST", url="https://example.com/x", body="{}"), {"https", "body"}),
        (Event(via="process", command_line="whois example.com"), {"process"}),
        (Event(via="whois", payload="example.com"), {"whois"}),
        (Event(via="whois", server_port=43), {"flow"}),
    ],
)
def test_kinds_of_an_event(event: Event, kinds: set[str]) -> None:
    assert kinds_of(event) == kinds
    assert kinds_of(event) <= set(KINDS)


def test_what_a_record_carries() -> None:
    assert carried(Event(via="dns", ip="192.0.2.1")) == {"ip"}
    assert carried(Event(via="tls", bytes_out=0)) == {"bytes"}
    assert carried(Event(via="process", user="a", command_line="x")) == {"user", "client", "key"}


def test_a_format_of_one_kind_shows_it_without_a_single_candidate() -> None:
    assert ledger_kept.counted_kinds((), "bind", 10) == ("dns",)
    assert ledger_kept.counted_kinds((), "bind", 0) == ()
    assert ledger_kept.counted_kinds((), "squid", 10) == ()
    assert ledger_kept.counted_kinds(("url", "connect", "other"), "squid", 10) == ("connect", "url")


def test_formats_with_bodies_are_those_whose_sources_read_them() -> None:
    folder = Path(ledger_kept.__file__).parent / "sources"
    found = {
        file.stem.replace("_", "-") for file in folder.glob("*.py") if "body=" in file.read_text("utf-8")
    }
    assert set(ledger_kept.WITH_BODY) == found


# -- rules


def needs(*heard, own=True):
    return {rule.rule: rule for rule in ledger_rules.rule_needs(RULES, heard, WAYS, own)}


def test_rules_need_what_they_read() -> None:
    by_dns = needs(samples.BIND)
    assert by_dns["breadth_3"].runs
    assert by_dns["scripted_burst"].runs
    assert by_dns["recon_tool_ran"].lacks == ("what program asked",)
    assert by_dns["large_download"].lacks == ("sizes",)
    assert by_dns["shared_key_addresses"].lacks == ("an API key",)
    assert "4 of " in by_dns["own_assets"].says
    assert needs(samples.BIND, own=False)["own_assets"].lacks == ("what is ours",)
    assert needs(samples.AUDITD)["recon_tool_ran"].runs


def test_a_silent_source_feeds_no_rule() -> None:
    speaking = replace(samples.SQUID, state="heard")
    assert needs(speaking)["large_download"].runs
    assert not needs(samples.SQUID)["large_download"].runs


def test_connections_without_names_feed_only_rules_about_whois() -> None:
    flow = replace(samples.BIND, source="nfdump", kinds=("flow",), carries=("ip", "bytes", "duration"))
    by_flow = needs(flow)
    assert by_flow["bulk_whois"].runs
    assert by_flow["bulk_ct"].lacks == ("the name of such a database",)


def test_two_sources_do_not_make_one_record() -> None:
    """An account in one log and a key in another do not meet in a lookup."""
    users = replace(samples.AUDITD, carries=("user", "host"))
    keys = replace(samples.SQUID, state="heard", carries=("ip", "key"))
    found = needs(users, keys)["shared_key_accounts"]
    assert not found.runs
    assert found.lacks


FACTS = ["user", "host", "ip", "process", "client", "bytes", "duration", "key"]
SOURCES = st.builds(
    lambda kinds, carries: replace(samples.BIND, kinds=tuple(sorted(kinds)), carries=tuple(sorted(carries))),
    SOME,
    st.frozensets(st.sampled_from(FACTS)),
)


@given(st.lists(SOURCES, min_size=1, max_size=3), st.booleans())
def test_a_further_source_never_stops_a_rule(sources: list, own: bool) -> None:
    few, more = needs(*sources[:-1], own=own), needs(*sources, own=own)
    for name, rule in few.items():
        assert more[name].runs or not rule.runs
        assert not (more[name].runs and more[name].lacks)
        assert more[name].says.startswith("Could run" if more[name].runs else "Could not run")


# -- sentences


def test_what_came_from_few_machines_is_told() -> None:
    said = " ".join(samples.ledger().blind)
    assert "process starts with command lines were heard from 3 of at least 240 machines" in said


def test_a_proxy_that_opens_little_or_cuts_queries_is_told() -> None:
    each = (Count("connect", 900, 9), Count("https", 40, 2))
    said = " ".join(ledger_kept.blind((replace(samples.SQUID, state="heard", each=each),)))
    assert "40 records of URLs of opened TLS stand beside 900 of CONNECTs" in said
    assert "none of 40 URLs has a query string" in said


def test_what_no_log_shows_names_who_could_tell() -> None:
    said = " ".join(f"{one.what} {one.why}" for one in ledger_kept.BEYOND)
    for word in ("outside", "DNS over HTTPS", "Encrypted Client Hello", "Phones", "Cloud shells", "caches"):
        assert word in said
    assert all(one.who for one in ledger_kept.BEYOND)
