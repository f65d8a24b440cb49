"""Tuning from an alert: the narrowest entry covers it, and the preview says what really happens then."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import triaged_home as home_of
from glasshouse import flow_detect, flow_triage, flow_tune, flow_tune_apply
from glasshouse.errors import UsageError
from glasshouse.know.register import Register, checks
from glasshouse.known import Asset, AssetHit
from glasshouse.lake import alerts
from glasshouse.lake import store as lake_store
from glasshouse.office import audit, case_work, cases, store, uses
from glasshouse.records import Actor, Alert, Client, Requests, Target
from glasshouse.settings import Thresholds
from glasshouse.triage.tune import Terms, filter_name, propose, sigma_filter
from glasshouse.verdicts import Episode, Usage
from glasshouse.watch.detect import load

DAY = flow_tune.DAY
NOW = (home_of.BEGIN + 100_000) * 1_000_000
TERMS = Terms(owner="ciso", reason="daily work", since=NOW, until=NOW + 90 * DAY)
LIMITS = Thresholds()


def episode(**said):
    requests = said.pop("requests", 4)
    given = {
        "accounts": ("jdoe",), "hosts": ("ws-1",), "ips": ("192.0.2.7",), "databases": ("shodan",),
        "techniques": ("T1596.005",), "targets": (Target("domain", "www.example.com"),),
        "clients": (Client("tool", "curl"),), "acts_with_target": requests, "busiest_day": requests,
    }  # fmt: skip
    given |= said
    given.setdefault("targets_total", len(given["targets"]))
    alert = Alert(
        id="GH-00ff", first_seen=NOW, last_seen=NOW + 1, actor=Actor(user="jdoe"),
        requests=Requests(requests, requests), rules=("burst",),
    )  # fmt: skip
    return Episode(alert=alert, key="192.0.2.7", **given)


def hits(targets, ours):
    return [
        AssetHit(one.value, Asset(type="domain", value=one.value)) for one in targets if one.value in ours
    ]


# -- the proposal


def test_an_account_is_named_alone_because_a_machine_would_let_others_in():
    use = propose(episode(), (), LIMITS, TERMS).use
    assert (use.accounts, use.hosts, use.networks) == (("jdoe",), (), ())
    assert (use.databases, use.clients) == (("shodan",), ("curl",))
    assert (use.valid_from, use.valid_until) == (NOW, NOW + 90 * DAY)
    assert (use.approved_by, use.purpose) == ("ciso", "daily work")


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"accounts": ()}, {"hosts": ("ws-1",)}),
        ({"accounts": (), "hosts": ()}, {"networks": ("192.0.2.7",)}),
        ({"accounts": (), "hosts": (), "ips": (), "keys": ("ab12",)}, {"keys": ("ab12",)}),
    ],
)
def test_what_stands_in_for_an_account_is_told(said, named):
    made = propose(episode(**said), (), LIMITS, TERMS)
    for kind in ("accounts", "hosts", "networks", "keys"):
        assert getattr(made.use, kind) == named.get(kind, ())
    assert "keys" in named or any("show no account" in note for note in made.notes)


@pytest.mark.parametrize(
    ("said", "ours", "targets"),
    [
        ({}, {"www.example.com"}, ("own",)),
        ({}, set(), ("www.example.com",)),
        ({"acts_with_target": 3}, {"www.example.com"}, ("*",)),
        ({"targets": ()}, set(), ("*",)),
        ({"targets": (Target("expression", "org:x"),)}, set(), ("*",)),
        ({"targets": (Target("email", "a@example.org"),)}, set(), ("example.org",)),
        ({"targets": tuple(Target("ip", f"192.0.2.{n}") for n in range(21))}, set(), ("*",)),
    ],
)
def test_targets_are_ours_or_listed_and_open_only_where_the_logs_are(said, ours, targets):
    made = propose(episode(**said), ours, LIMITS, TERMS)
    assert made.use.targets == targets
    assert ("*" in targets) == any(note.startswith("about anything") for note in made.notes)


@pytest.mark.parametrize(
    ("clients", "words"),
    [
        ((Client("browser", "Firefox 128"), Client("tool", "Curl")), ("browser", "curl")),
        ((Client("tool", "curl"), Client()), ()),
        ((), ()),
        ((Client("script", None),), ("script",)),
    ],
)
def test_a_browser_is_a_kind_and_an_unseen_program_leaves_it_open(clients, words):
    assert propose(episode(clients=clients), (), LIMITS, TERMS).use.clients == words


def test_the_volume_is_the_usual_one_but_never_so_low_that_the_alert_is_too_much():
    usual = Usage(days=20, median_day=12.5)
    assert propose(episode(own=usual), (), LIMITS, TERMS).use.requests_per_day == 13
    assert propose(episode(own=usual, requests=900), (), LIMITS, TERMS).use.requests_per_day == 90
    assert propose(episode(own=Usage(days=2, median_day=1)), (), LIMITS, TERMS).use.requests_per_day == 4


WORDS = st.sampled_from(["a", "b", "c-1"])
NAMES = st.sampled_from(["www.example.com", "example.org", "example.net"])
TARGETS = st.one_of(
    st.builds(Target, st.just("domain"), NAMES),
    st.builds(Target, st.just("email"), NAMES.map("x@{}".format)),
    st.builds(Target, st.just("ip"), st.sampled_from(["192.0.2.1", "2001:db8::1"])),
    st.builds(Target, st.just("asn"), st.just("AS64500")),
    st.builds(Target, st.just("expression"), st.just("ssl:x")),
)
CLIENTS = st.builds(
    Client, st.sampled_from(["browser", "script", "tool", "unknown"]), st.none() | st.just("Tool-1")
)
EPISODES = st.builds(
    episode,
    accounts=st.lists(WORDS, max_size=2, unique=True).map(tuple),
    hosts=st.lists(WORDS, min_size=1, max_size=2, unique=True).map(tuple),
    databases=st.lists(st.sampled_from(["shodan", "crtsh"]), max_size=2, unique=True).map(tuple),
    targets=st.lists(TARGETS, max_size=3, unique=True).map(tuple),
    clients=st.lists(CLIENTS, max_size=3, unique=True).map(tuple),
    requests=st.integers(1, 500),
    own=st.builds(Usage, days=st.integers(0, 30), median_day=st.floats(0, 100)),
)


@given(EPISODES, st.sets(NAMES))
def test_the_proposal_always_covers_its_own_episode(seen, ours):
    use = replace(propose(seen, ours, LIMITS, TERMS).use, id="R-1")
    (found,) = checks((use,), seen, (), hits(seen.targets, ours), LIMITS.overuse)
    assert found.outside == ()


@given(EPISODES)
def test_the_proposal_covers_nobody_else_and_no_other_database(seen):
    use = replace(propose(seen, (), LIMITS, TERMS).use, id="R-1")
    other = replace(seen, accounts=("somebody",), hosts=("elsewhere",), ips=("198.51.100.1",))
    assert not [one for one in checks((use,), other, (), (), LIMITS.overuse) if not one.outside]
    if seen.databases:
        elsewhere = replace(seen, databases=("fofa",), techniques=("T1596.005",))
        assert all(one.outside for one in checks((use,), elsewhere, (), (), LIMITS.overuse))


# -- the preview


@pytest.fixture
def home(tmp_path):
    return home_of.copied(tmp_path)


def backdated(home, user="u-017", **said):
    first = home_of.of(home, user)[0].alert.first_seen
    return replace(TERMS, since=first - DAY, until=first + 100 * DAY, **said)


def decisions(home):
    found, _cases = flow_triage.judged_alerts(home_of.options(home))
    return {one.alert.id: one.decision.name for one in found}


def test_the_preview_of_an_entry_is_what_triage_then_does(home):
    asked, before = home_of.options(home), decisions(home)
    alert = home_of.of(home, "u-017")[0].alert.id
    terms = backdated(home)
    shown = flow_tune.entry(asked, alert, terms)
    assert {line.alert.id for line in shown.covered} == {one.alert.id for one in home_of.of(home, "u-017")}
    assert (shown.total, shown.escalated, shown.missed) == (len(before), (), "")
    assert decisions(home) == before
    name = flow_tune_apply.apply(asked, shown, terms, "root", NOW, escalated=False)
    flow_triage.triage(asked)
    foretold = {**before, **{line.alert.id: line.then for line in (*shown.covered, *shown.others)}}
    assert decisions(home) == foretold
    assert foretold[alert] == "watch"
    assert home_of.of(home, "u-017")[0].verdict["authorised"].value == "yes"
    assert name == "R-1"


def test_an_entry_from_now_on_leaves_the_past_as_it_was(home):
    asked, before = home_of.options(home), decisions(home)
    alert = home_of.of(home, "u-017")[0].alert.id
    flow_tune_apply.apply(asked, flow_tune.entry(asked, alert, TERMS), TERMS, "root", NOW, escalated=False)
    flow_triage.triage(asked)
    assert decisions(home) == before
    assert "not-yet-valid" in home_of.of(home, "u-017")[0].verdict["authorised"].says


def test_a_true_positive_counts_as_escalated(home):
    asked = home_of.options(home)
    alert = home_of.of(home, "u-017")[1].alert.id
    with store.opened(asked.settings, home) as office, office.transaction() as conn:
        case = next(one for one in cases.listed(conn) if alert in one.alerts)
        case_work.close(conn, case.number, "true-positive", "reconnaissance", "ana", NOW)
    shown = flow_tune.entry(asked, home_of.of(home, "u-017")[0].alert.id, TERMS)
    assert [line.alert.id for line in shown.escalated] == [alert]
    with pytest.raises(UsageError, match="1 more alerts that were escalated"):
        flow_tune_apply.apply(asked, shown, TERMS, "root", NOW, escalated=False)
    assert flow_tune_apply.apply(asked, shown, TERMS, "root", NOW, escalated=True) == "R-1"


def lake_text(home):
    with lake_store.opened(home) as lake:
        return [repr(one) for one in alerts.listed(lake, superseded=True)], lake.get("rules")


def test_the_preview_of_a_filter_is_what_detection_then_does_and_leaves_no_trace(home, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    asked = home_of.options(home, rules=(rules,))
    flow_detect.detect(asked)
    before, terms = lake_text(home), backdated(home)
    alert = home_of.of(home, "u-017")[0].alert.id
    shown = flow_tune.narrowed(asked, alert, terms, rules)
    assert lake_text(home) == before
    assert list(rules.iterdir()) == []
    hidden = {line.alert.id for line in shown.covered}
    assert hidden == {one.alert.id for one in home_of.of(home, "u-017")}
    assert all(line.then is None for line in shown.covered)
    name = flow_tune_apply.apply(asked, shown, terms, "root", NOW, escalated=False)
    flow_detect.detect(asked)
    with lake_store.opened(home) as lake:
        left = {one.alert.id for one in alerts.listed(lake)}
    assert left == set(decisions(home)) - hidden
    said = flow_tune_apply.undo(asked, name, "a mistake", rules, "root", NOW)
    assert said.endswith("which no rule folder reads")
    flow_detect.detect(asked)
    with lake_store.opened(home) as lake:
        assert {one.alert.id for one in alerts.listed(lake)} == set(decisions(home))


def test_a_filter_holds_only_for_its_time(home, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    asked = home_of.options(home, rules=(rules,))
    first, second = home_of.of(home, "u-017")
    terms = replace(TERMS, since=first.alert.first_seen - 1, until=second.alert.first_seen - 1)
    (rules / "f.yml").write_text(sigma_filter(first.episode, (), terms))
    flow_detect.detect(asked)
    with lake_store.opened(home) as lake:
        left = {one.alert.id for one in alerts.listed(lake)}
    assert first.alert.id not in left
    assert second.alert.id in left


@given(EPISODES, st.text(max_size=40), st.text(max_size=40))
def test_a_filter_is_sound_whatever_people_write_into_it(seen, owner, reason):
    terms = replace(TERMS, owner=owner, reason=reason)
    text = sigma_filter(seen, {"www.example.com"}, terms)
    assert yaml.safe_load(text)["name"] == filter_name(seen.alert.id)
    assert text.isascii()


def test_a_filter_of_hostile_words_loads(tmp_path):
    (tmp_path / "f.yml").write_text(
        sigma_filter(episode(), (), replace(TERMS, owner="a: [b\n# c", reason="'\"\x1b\u202e%{}"))
    )
    found = load.read_file(tmp_path / "f.yml")
    assert [one.problem for one in found] == [None]


# -- in force, refused, taken back


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"owner": " "}, "--owner"),
        ({"reason": ""}, "--reason"),
        ({"until": 0}, "--until"),
        ({"until": NOW + 181 * DAY}, "within 180 days"),
        ({"until": NOW - 1, "since": NOW - DAY}, "after now"),
        ({"since": NOW - 100 * DAY, "until": NOW + 90 * DAY}, "within 180 days"),
    ],
)
def test_nothing_is_narrowed_without_owner_reason_and_end(home, said, problem):
    asked, terms = home_of.options(home), replace(TERMS, **said)
    shown = flow_tune.entry(asked, home_of.of(home, "u-017")[0].alert.id, terms)
    with pytest.raises(UsageError, match=problem):
        flow_tune_apply.apply(asked, shown, terms, "root", NOW, escalated=True)
    with store.opened(asked.settings, home) as office, office.reading() as conn:
        assert uses.listed(conn) == ()
        assert not [one for one in audit.entries(conn) if one.act in ("tune", "register-add")]


def test_taking_back_ends_the_entry_and_is_told_in_the_trail(home):
    asked = home_of.options(home)
    shown = flow_tune.entry(asked, home_of.of(home, "u-017")[0].alert.id, TERMS)
    name = flow_tune_apply.apply(asked, shown, TERMS, "ana", NOW, escalated=False)
    with pytest.raises(UsageError, match="reason"):
        flow_tune_apply.undo(asked, name, " ", None, "ana", NOW + 1)
    flow_tune_apply.undo(asked, name, "wrong person", None, "ben", NOW + 1)
    with store.opened(asked.settings, home) as office, office.reading() as conn:
        assert uses.get(conn, name).state == "ended"
        told = [(one.act, one.actor) for one in audit.entries(conn, subject=name)]
    assert told == [("register-add", "ana"), ("tune", "ana"), ("tune-undo", "ben"), ("register-end", "ben")]
    with pytest.raises(UsageError):
        flow_tune_apply.undo(asked, name, "again", None, "ben", NOW + 2)


def test_only_what_tune_made_is_taken_back_by_it(home):
    with pytest.raises(UsageError, match="not made by tune"):
        flow_tune_apply.undo(home_of.options(home), "R-9", "why not", None, "ana", NOW)


def test_the_filter_in_the_trail_is_the_one_in_the_file(home, tmp_path):
    rules = tmp_path / "rules"
    rules.mkdir()
    asked = home_of.options(home, rules=(rules,))
    shown = flow_tune.narrowed(asked, home_of.of(home, "u-017")[0].alert.id, TERMS, rules)
    name = flow_tune_apply.apply(asked, shown, TERMS, "ana", NOW, escalated=False)
    with store.opened(asked.settings, home) as office, office.reading() as conn:
        (entry,) = audit.entries(conn, subject=name)
    data = (rules / f"{name}.yml").read_bytes()
    assert hashlib.sha256(data).hexdigest() in entry.details
    with pytest.raises(UsageError, match="already exists"):
        flow_tune_apply.apply(asked, shown, TERMS, "ana", NOW, escalated=False)


def test_an_entry_that_covers_the_use_only_with_another_is_enough():
    seen = episode(databases=("shodan", "crtsh"))
    made = replace(propose(episode(), {"www.example.com"}, LIMITS, TERMS).use, id="R-1")
    other = replace(made, id="R-2", databases=("crtsh",))
    found = Register([made, other]).checks(seen, (), hits(seen.targets, {"www.example.com"}), 10.0)
    assert [one.outside for one in found] == [(), ()]
