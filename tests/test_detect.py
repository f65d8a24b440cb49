"""Alerts: the bars of the lab, sums, monotony, and the same answer in any order."""

from __future__ import annotations

import random
import time as clock
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.errors import UsageError
from glasshouse.records import LEVELS, Actor, Client, Lookup, Requests, Tally, Target
from glasshouse.watch.detect import detect, explain, load_rules
from glasshouse.watch.detect.episodes import join_spans
from glasshouse.watch.detect.plan import Rule
from glasshouse.watch.detect.score import level, span

RULES = load_rules()
SECOND, HOUR = 1_000_000, 3_600_000_000
FAMILY = {"crtsh": "T1596.003", "shodan": "T1596.005", "whois-port43": "T1596.002"}


def act(number, seconds, database="crtsh", view="dns/A", ip="10.0.0.1", **parts):
    given = {
        "time": round(seconds * SECOND),
        "source": "zeek",
        "file": "f",
        "position": number,
        "record_sha256": f"{number:064x}",
        "via": view.split("/")[0],
        "view": view,
        "actor": Actor(ip=ip),
        "database": database,
        "techniques": (FAMILY.get(database, "T1596.001"),),
    }
    return Lookup(**{**given, **parts})


def alerts(lookups):
    return detect(lookups, RULES)[0]


def best(lookups):
    return max((one.score for one in alerts(lookups)), default=0)


EIGHT = [
    "crtsh",
    "shodan",
    "securitytrails",
    "hackertarget",
    "censys-platform",
    "dnsdumpster",
    "fofa",
    "netlas",
]
BULK = {
    "50 crt.sh searches seen as DNS names": [
        act(i * 2 + k, i * 0.9, view=f"dns/{q}") for i in range(50) for k, q in enumerate(("A", "AAAA"))
    ],
    "50 whois seen as DNS names": [act(i, i * 0.5, "whois-port43") for i in range(100)],
    "50 whois seen as flows": [act(i, i * 0.9, "whois-port43", "whois") for i in range(50)],
    "48 CONNECTs over eight databases": [act(i, i * 0.4, EIGHT[i % 8], "http/connect") for i in range(48)],
    "40 Shodan calls in one connection": [
        act(0, 0, "shodan", "tls", name="api.shodan.io", requests=Requests(1, 40, "bytes"))
    ],
}
FIREFOX = Client("browser", "Firefox/128")
BENIGN = {
    "a browser visits www.shodan.io once": [
        act(0, 0, "shodan", "dns/A"),
        act(1, 0, "shodan", "dns/AAAA"),
        act(2, 0.1, "shodan", "tls", name="www.shodan.io", requests=Requests(1, 60, "bytes")),
        act(3, 0.1, "shodan", "http", client=Client("browser", "Chrome/141")),
    ],
    "one script visit to crt.sh": [act(0, 0, view="http", client=Client("script", "curl"))],
    "three CONNECTs to two databases by Firefox": [
        act(i, i * 15, ("virustotal", "crtsh")[i % 2], "http/connect", client=FIREFOX) for i in range(3)
    ],
    "a mail server's block list": [act(i, i, "zen", scope="adjacent") for i in range(500)],
}


@pytest.mark.parametrize("name", BULK)
def test_bulk_clients_reach_medium_in_one_alert(name):
    found = alerts(BULK[name])
    assert len(found) == 1
    assert LEVELS.index(found[0].level) >= LEVELS.index("medium"), found[0]
    assert found[0].summary.startswith("10.0.0.1 asked")


@pytest.mark.parametrize("name", BENIGN)
def test_benign_clients_stay_below_medium(name):
    assert best(BENIGN[name]) < 40


def test_requests_are_never_added_across_views():
    assert alerts(BULK["50 crt.sh searches seen as DNS names"])[0].requests.estimate == 50
    hidden = alerts(BULK["40 Shodan calls in one connection"])[0]
    assert (hidden.requests.min, hidden.requests.estimate) == (1, 40)


def test_bursts_a_week_apart_are_two_alerts_and_half_an_hour_apart_one():
    burst = BULK["50 crt.sh searches seen as DNS names"]
    week = [replace(x, time=x.time + 170 * HOUR, record_sha256="f" + x.record_sha256[1:]) for x in burst]
    soon = [replace(x, time=x.time + HOUR // 2, record_sha256="f" + x.record_sha256[1:]) for x in burst]
    assert len(alerts(burst + week)) == 2
    assert len(alerts(burst + soon)) == 1


def test_each_account_of_a_shared_key_gets_its_alert():
    key = {"key_fingerprint": "hmac-sha256:00"}
    found = alerts(
        [
            act(0, 0, "shodan", "http", "10.0.0.1", **{**key, "actor": Actor(user="u-1", ip="10.0.0.1")}),
            act(1, 9, "shodan", "http", "10.0.0.2", **{**key, "actor": Actor(user="u-2", ip="10.0.0.2")}),
        ]
    )
    assert [one.rules for one in found] == [("shared_key_accounts",)] * 2
    assert {one.level for one in found} == {"medium"}


def test_a_rule_without_points_annotates_but_never_alerts():
    base = [act(i, i * 86_400, "crtsh") for i in range(9)]
    assert alerts([*base, act(20, 9 * 86_400, "shodan")]) == []
    burst = [act(100 + i, 9 * 86_400 + i, "shodan") for i in range(30)]
    with_burst = alerts([*base, *burst])
    assert ("first_time", 0) in [(row.rule, row.points) for one in with_burst for row in one.points]


def test_capped_lists_say_their_totals():
    many = [act(i, i, "shodan", targets=(Target("ip", f"192.0.2.{i}", None),)) for i in range(120)]
    found = alerts(many)[0]
    assert (len(found.targets), found.targets_total) == (50, 120)
    assert (len(found.evidence), found.evidence_total, found.lookups) == (20, 120, 120)


def test_our_assets_stand_first_and_in_the_sentence():
    mixed = [
        act(
            i,
            i,
            "shodan",
            "http",
            targets=(Target("ip", f"192.0.2.{i}"), Target("domain", "example.com", True)),
        )
        for i in range(20)
    ]
    found = alerts(mixed)[0]
    assert found.targets[0].value == "example.com"
    assert "about example.com (ours)" in found.summary


def test_visibility_says_what_names_cannot_show():
    found = alerts(BULK["50 crt.sh searches seen as DNS names"])[0].visibility
    assert found.seen_through == ("dns/A", "dns/AAAA")
    assert any("names only" in sentence for sentence in found.not_shown)
    full = [
        act(i, i, view="http", client=Client("script", "curl"), targets=(Target("domain", "example.com"),))
        for i in range(30)
    ]
    assert not any("names only" in sentence for sentence in alerts(full)[0].visibility.not_shown)


ACTS = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.sampled_from(
            ["crtsh", "shodan", "whois-port43", "anubisdb", "digitorus", "hackertarget", "thc-ip"]
        ),
        st.sampled_from(["dns/A", "tls", "http"]),
        st.sampled_from([None, "10.0.0.1", "10.0.0.2"]),
        st.sampled_from([None, "ws-1", "ws-2"]),
        st.sampled_from([None, "u-1", "u-2"]),
        st.sampled_from(
            ["unknown", "browser:Firefox/1", "browser:Chrome/2", "browser:Edge/3", "tool:subfinder"]
        ),
        st.integers(1, 30),
        st.sampled_from([None, "k1"]),
    ),
    max_size=25,
)


def build(acts):
    out = []
    for number, (seconds, database, view, ip, host, user, client, requests, key) in enumerate(acts):
        kind, _, name = client.partition(":")
        out.append(
            act(
                number,
                seconds * 7,
                database,
                view,
                actor=Actor(user, host, ip),
                client=Client(kind, name or None),
                requests=Requests(1, requests, "x"),
                key_fingerprint=key,
                targets=(Target("domain", f"d{seconds % 9}.example.com", seconds % 2 == 0 or None),),
            )
        )
    return out


@settings(max_examples=120, deadline=None)
@given(acts=ACTS)
def test_the_rows_add_up_to_the_score(acts):
    for one in alerts(build(acts)):
        assert sum(row.points for row in one.points) == one.score
        assert one.level == level(one.score)
        assert one.rules == tuple(row.rule for row in one.points)
        assert len(set(one.rules)) == len(one.rules)
        assert one.first_seen <= one.last_seen


@settings(max_examples=60, deadline=None)
@given(acts=ACTS, seed=st.integers(0, 999))
def test_order_does_not_matter(acts, seed):
    lookups = build(acts)
    shuffled = random.Random(seed).sample(lookups, len(lookups))
    assert alerts(shuffled) == alerts(lookups)


def evidence_of(one):
    return {(e.record_sha256) for e in one.evidence}


@settings(max_examples=120, deadline=None)
@given(acts=ACTS, more=ACTS)
def test_more_lookups_never_lower_a_score(acts, more):
    few, many = build(acts), build([*acts, *more])
    before, after = alerts(few), alerts(many)
    assert max((a.score for a in after), default=0) >= max((a.score for a in before), default=0)
    wide = [(a, holders(many, a)) for a in after]
    for old in before:
        own = evidence_of(old)
        for new, records in wide:
            if own <= records and new.first_seen <= old.first_seen and new.last_seen >= old.last_seen:
                assert new.score >= old.score
        assert any(own & records and new.score >= old.score for new, records in wide), old


def holders(lookups, alert):
    """The records of an alert beyond the shown evidence: those of its actor between its ends."""
    if alert.evidence_total <= len(alert.evidence):
        return evidence_of(alert)
    return evidence_of(alert) | {
        x.record_sha256 for x in lookups if alert.first_seen <= x.time <= alert.last_seen
    }


def test_the_same_lookup_given_by_another_file_gives_the_same_id():
    burst = BULK["48 CONNECTs over eight databases"]
    moved = [replace(x, file=f"part-{x.position % 3}", position=x.position // 3) for x in burst]
    assert [a.id for a in alerts(moved)] == [a.id for a in alerts(burst)]


def test_spans_join_below_an_hour_only():
    assert join_spans([(0, 1), (HOUR, HOUR)]) == [(0, HOUR)]
    assert join_spans([(0, 1), (HOUR + 1, HOUR + 2)]) == [(0, 1), (HOUR + 1, HOUR + 2)]
    assert join_spans([(0, 5 * HOUR), (HOUR, HOUR)]) == [(0, 5 * HOUR)]


@pytest.mark.parametrize(
    ("score", "name"),
    [
        (0, "informational"),
        (19, "informational"),
        (20, "low"),
        (40, "medium"),
        (70, "high"),
        (100, "critical"),
        (500, "critical"),
    ],
)
def test_levels(score, name):
    assert level(score) == name


@pytest.mark.parametrize(
    ("micro", "words"), [(0, "0 s"), (19 * SECOND, "19 s"), (HOUR, "60 min"), (7 * 24 * HOUR, "7 days")]
)
def test_spans_in_words(micro, words):
    assert span(micro) == words


def test_explain_says_what_was_reached_and_needed():
    few = [act(i, i, "crtsh", "tls") for i in range(14)]
    lines = explain.why_lookup(few[3], "bulk_ct", few, RULES)
    text = "\n".join(lines)
    assert lines[0] == "bulk_ct did not fire on this lookup"
    assert "reached 14, needed at least 15" in text
    assert "yes family eq ct (is: ct)" in text
    many = [act(i, i, "crtsh", "tls") for i in range(15)]
    assert explain.why_lookup(many[3], "bulk_ct", many, RULES)[0] == "bulk_ct fired on this lookup"


def test_explain_shows_which_item_failed():
    one = [act(0, 0, client=FIREFOX)]
    text = "\n".join(explain.why_lookup(one[0], "scripted_burst", one, RULES))
    assert "yes client_kind eq browser (is: browser)" in text
    assert "NO  it counts for scripted_burst_lookups" in text
    with pytest.raises(UsageError):
        explain.why_lookup(one[0], "no_such_rule", one, RULES)


def test_explain_an_alert_row_by_row():
    burst = BULK["50 whois seen as flows"]
    found = alerts(burst)[0]
    text = "\n".join(explain.why_alert(found.id, burst, RULES, Tally()))
    assert f"score {found.score} = medium" in text
    assert "+25  bulk_whois" in text
    assert "f:0 " in text
    with pytest.raises(UsageError):
        explain.why_alert("GH-000000000000", burst, RULES, Tally())


def test_cost_grows_about_linearly():
    def cost(count):
        lookups = [act(i, i * 3.6, EIGHT[i * 7 % 8], ("dns/A", "tls")[i % 2]) for i in range(count)]
        begin = clock.process_time()
        assert len(alerts(lookups)) == 1
        return clock.process_time() - begin

    small = min(cost(4_000) for _ in range(2))
    assert cost(16_000) < 10 * small


def test_a_rule_is_data():
    assert all(isinstance(rule, Rule) and hash(rule) for rule in RULES.rules)
