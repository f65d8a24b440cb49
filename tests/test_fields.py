"""Episodes and what is known of them in, fields of a verdict out: every example, and laws for any input."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.known import (
    FACTS,
    Asset,
    AssetHit,
    Background,
    Change,
    ChangeCheck,
    Indicator,
    IntelHit,
    Machine,
    Person,
    Shown,
    Use,
    UseCheck,
)
from glasshouse.leaf import judges
from glasshouse.records import LEVELS, Actor, Alert, Client, Points, Requests, Target, Visibility
from glasshouse.settings import Thresholds
from glasshouse.triage.fields import pattern
from glasshouse.triage.verdict import ORDER, verdict
from glasshouse.verdicts import Confidence, Episode, Field, Usage
from glasshouse.watch.detect import load_rules

EXAMPLES = Path(__file__).parent / "examples" / "fields"
LIMITS = Thresholds()
LEAVES = judges()
NAMED = {"id": "GH-000001", "first_seen": 0, "last_seen": 60_000_000, "actor": {}}


# Examples.


@cache
def cases() -> dict[str, list[dict[str, Any]]]:
    """The examples of each leaf."""
    return {
        folder.name: [
            case for file in sorted(folder.glob("*.yml")) for case in yaml.safe_load(file.read_text())
        ]
        for folder in sorted(EXAMPLES.iterdir())
    }


def made(kind: Any, tree: Any) -> Any:
    """A noun of Glasshouse from what YAML says of it."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        unknown = set(tree) - {one.name for one in fields(kind)}
        assert not unknown, f"{kind.__name__} has no {unknown}"
        blank = dict.fromkeys(("since", "until")) if kind is Change else {}
        return kind(**{name: made(hints[name], said) for name, said in {**blank, **tree}.items()})
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return None if tree is None else made(next(one for one in inner if one is not type(None)), tree)
    if origin is Literal:
        assert tree in inner, f"{tree!r} is not one of {inner}"
        return tree
    if origin in (tuple, frozenset):
        return origin(made(inner[0], one) for one in tree)
    return kind(tree)


def judged(leaf: str, case: dict[str, Any]) -> Field:
    told = case.get("episode", {})
    alert = {**NAMED, **told.get("alert", {})}
    episode = made(Episode, {"key": "192.0.2.9", **told, "alert": alert})
    limits = replace(LIMITS, **case.get("thresholds", {}))
    return LEAVES[leaf].judge(episode, made(Background, case.get("background", {})), limits)


@pytest.mark.parametrize(
    ("leaf", "case"),
    [pytest.param(leaf, case, id=f"{leaf}: {case['says']}") for leaf in cases() for case in cases()[leaf]],
)
def test_example(leaf, case):
    found, expect = judged(leaf, case), case["expect"]
    said = {True: "yes", False: "no"}.get(expect["value"], expect["value"])
    assert (found.value, found.confidence) == (said, expect["confidence"]), found.says
    if "number" in expect:
        assert found.number == expect["number"]
    assert expect.get("says_contains", "") in found.says
    assert "says_not" not in expect or expect["says_not"] not in found.says
    assert expect.get("would_contain", "") in found.would_answer
    assert {one.where for one in found.evidence} >= set(expect.get("evidence", ()))
    assert expect.get("evidence_says", "") in " ".join(one.says for one in found.evidence)
    assert set(expect) <= {
        *("value", "confidence", "number", "says_contains", "says_not", "would_contain"),
        *("evidence", "evidence_says"),
    }


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_value_has_an_example(leaf):
    shown = {
        {True: "yes", False: "no"}.get(one["expect"]["value"], one["expect"]["value"])
        for one in cases()[leaf]
    }
    assert shown == set(LEAVES[leaf].VALUES)


def test_every_leaf_has_a_place_on_the_page():
    assert {name.replace("-", "_") for name in LEAVES} == set(ORDER)


def test_patterns_are_rules_that_exist():
    assert {rule.key for rule in load_rules().rules} >= pattern._RECON


# Laws for any input.

WORD = st.sampled_from(["u-1", "u-2", "ws-1", "192.0.2.7", "example.com", "example.net"])
SAID = st.lists(WORD, max_size=3, unique=True).map(tuple)
COUNT = st.integers(0, 300) | st.sampled_from([0, 1, 6, 7, 10, 20, 29, 30, 199, 200, 1000, 5000])
PART = st.integers(0, 60).map(lambda n: n / 2)
MAYBE = st.none() | st.booleans()
TARGET = st.builds(Target, st.sampled_from(["domain", "ip", "expression"]), WORD)
CLIENT = st.builds(
    Client, st.sampled_from(["browser", "script", "tool", "unknown"]), st.none() | st.just("Name")
)
USAGE = st.builds(Usage, days=st.integers(0, 30), median_day=PART, mad_day=PART, most_day=COUNT, total=COUNT)
ALERT = st.builds(
    Alert,
    id=st.just("GH-1"),
    first_seen=st.integers(0, 10**15),
    last_seen=st.integers(10**15, 10**16),
    actor=st.builds(Actor, st.none() | WORD),
    score=COUNT,
    points=st.lists(
        st.builds(Points, st.sampled_from(["breadth_5", "first_time", "mine"]), st.integers(0, 9), WORD),
        max_size=2,
    ).map(tuple),
    requests=st.builds(Requests, COUNT, COUNT),
    visibility=st.builds(Visibility, SAID, SAID, SAID),
)


@st.composite
def episodes(draw: st.DrawFn) -> Episode:
    targets = tuple(draw(st.lists(TARGET, max_size=3, unique=True)))
    return draw(
        st.builds(
            Episode,
            alert=ALERT,
            key=WORD,
            accounts=SAID,
            hosts=SAID,
            ips=SAID,
            targets=st.just(targets),
            targets_total=st.integers(0, 3).map(lambda more: len(targets) + more),
            acts_with_target=COUNT,
            clients=st.lists(CLIENT, max_size=2).map(tuple),
            keys=SAID,
            key_accounts=SAID,
            vias=st.lists(st.sampled_from(["dns", "http", "process"]), max_size=3, unique=True).map(tuple),
            busiest_day=COUNT,
            busiest_hour=COUNT,
            bytes_out=st.none() | st.integers(0, 10**9),
            bytes_in=st.none() | st.integers(0, 10**9),
            gaps=st.integers(0, 20),
            median_gap=st.none() | PART,
            mad_gap=st.none() | PART,
            own=USAGE,
            first_seen=st.none() | st.integers(0, 10**15),
            peers=st.none() | USAGE,
            peer_actors=st.integers(0, 3),
            estate=st.none() | USAGE,
            days_known=st.integers(0, 30),
            earlier_alerts=st.integers(0, 3),
        )
    )


PERSON = st.builds(Person, account=WORD, privileged=MAYBE, service=MAYBE, disabled=MAYBE)
MACHINE = st.builds(
    Machine,
    host=WORD,
    kind=st.sampled_from([None, "server", "workstation", "network", "mobile", "other"]),
    criticality=st.sampled_from([None, "low", "critical"]),
    managed=MAYBE,
)
USE = st.builds(
    Use,
    id=st.sampled_from(["USE-1", "USE-2"]),
    purpose=WORD,
    category=st.sampled_from(["analyst", "exercise"]),
    approved_by=WORD,
    valid_from=st.just(0),
    valid_until=st.just(10**15),
    databases=SAID,
    targets=SAID,
    keys=SAID,
)
CHECK = st.builds(UseCheck, USE, st.sampled_from([(), ("partly",), ("target",), ("expired", "volume")]))
CHANGE = st.builds(
    ChangeCheck,
    st.builds(Change, id=WORD, title=WORD, since=st.none(), until=st.none(), approved=MAYBE),
    SAID,
)
INTEL = st.builds(
    IntelHit,
    st.sampled_from(["source", "target", "tool", "email"]),
    WORD,
    st.builds(
        Indicator, type=st.just("ip"), value=WORD, feed=WORD, confidence=st.none() | st.integers(0, 100)
    ),
    st.none() | st.integers(0, 800),
    st.booleans(),
)


SHOWN = st.builds(
    Shown,
    target=WORD,
    about=WORD,
    database=st.sampled_from(["", "shodan"]),
    technique=st.just("T1596.005"),
    says=WORD,
    level=st.sampled_from([None, *LEVELS]),
    finding=WORD,
)


def some(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(one, max_size=2).map(tuple)


@st.composite
def backgrounds(draw: st.DrawFn) -> Background:
    """What is loaded at all, and then only facts of those kinds, as ``know`` makes it."""
    has = frozenset(draw(st.sets(st.sampled_from(sorted(FACTS)))))

    def when(kind: str, one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return one if kind in has else st.just(())

    hits = draw(
        when("assets", some(st.builds(AssetHit, WORD, st.builds(Asset, type=st.just("domain"), value=WORD))))
    )
    judging = "assets" in has
    return draw(
        st.builds(
            Background,
            has=st.just(has),
            assets=st.just(hits),
            about_us=st.integers(0, 3) if judging else st.just(0),
            not_ours=st.integers(0, 3) if judging else st.just(0),
            undecided=st.integers(0, 2),
            people=when("people", some(PERSON)),
            unknown_accounts=when("people", SAID),
            machines=when("machines", some(MACHINE)),
            unknown_hosts=when("machines", SAID),
            peers=st.none() | WORD,
            uses=when("uses", some(CHECK)),
            changes=when("changes", some(CHANGE)),
            intel=when("indicators", some(INTEL)),
            surveyed=st.none() | st.integers(0, 10**15),
            exposure=some(SHOWN),
            unseen=SAID,
        )
    )


SURENESS = set(get_args(Confidence))


@given(episodes(), backgrounds())
@settings(max_examples=300)
def test_any_field_is_known_with_a_reason_or_unknown_with_its_remedy(episode, background):
    first = verdict(episode, background, LIMITS)
    assert [one.name for one in first.fields] == list(ORDER)
    for one in first.fields:
        assert one.value in LEAVES[one.name.replace("_", "-")].VALUES
        assert one.confidence in SURENESS
        assert one.says
        if one.value == "unknown":
            assert (bool(one.because), bool(one.would_answer), one.confidence) == (True, True, "none")
        else:
            assert (one.because, one.would_answer) == ("", "")
            assert one.confidence != "none"
    assert verdict(episode, background, LIMITS) == first


@given(episodes(), backgrounds())
@settings(max_examples=300)
def test_hidden_targets_are_never_taken_for_others(episode, background):
    hidden = episode.alert.requests.estimate > episode.acts_with_target
    judged_all = (
        background.about_us + background.not_ours >= episode.targets_total and not background.undecided
    )
    found = verdict(episode, background, LIMITS)["about_us"]
    if hidden or not judged_all:
        assert found.value != "none"
    if found.value == "none":
        assert background.not_ours
        assert not background.about_us


@given(episodes())
@settings(max_examples=200)
def test_who_knows_nothing_says_so(episode):
    found = verdict(episode, Background(), LIMITS)
    known = {"authorised", "change", "exercise", "intel", "privilege", "machine", "account_state", "peers"}
    assert {name: found[name].value for name in known} == dict.fromkeys(known, "unknown")
    assert found["about_us"].value == "unknown"


@given(episodes(), backgrounds(), some(INTEL), some(PERSON), SAID, SAID, some(CHECK))
@settings(max_examples=300)
def test_more_evidence_never_takes_a_bad_sign_away(episode, background, intel, people, keys, accounts, uses):
    more_told = replace(
        background,
        has=background.has | {"indicators", "people"},
        intel=(*intel, *background.intel),
        people=(*people, *background.people),
        unknown_accounts=(*background.unknown_accounts, "u-9"),
        uses=(*uses, *background.uses),
    )
    more_seen = replace(
        episode,
        accounts=(*episode.accounts, "u-9"),
        keys=(*episode.keys, *keys),
        key_accounts=tuple(dict.fromkeys((*episode.key_accounts, *accounts))),
    )
    before, after = verdict(episode, background, LIMITS), verdict(more_seen, more_told, LIMITS)
    for name, bad in (
        ("intel", "hit"),
        ("account_state", "disabled"),
        ("credential", "shared"),
        ("privilege", "privileged"),
    ):
        if before[name].value == bad:
            assert after[name].value == bad


@given(episodes(), backgrounds(), st.integers(1, 500))
def test_more_requests_are_never_less_of_a_volume(episode, background, more):
    rank = {name: place for place, name in enumerate(("normal", "high", "targeted-high"))}
    asked = episode.alert.requests
    grown = replace(
        episode, alert=replace(episode.alert, requests=replace(asked, estimate=asked.estimate + more))
    )
    before, after = (verdict(one, background, LIMITS)["volume"].value for one in (episode, grown))
    assert rank[before] <= rank[after]


@given(episodes(), backgrounds(), some(SHOWN))
def test_what_was_not_surveyed_is_never_called_safe(episode, background, shown):
    found = verdict(episode, background, LIMITS)["exposure"].value
    if background.surveyed is None:
        assert found == "unknown"
    if found == "nothing-known":
        assert not background.exposure
        assert not background.unseen
    more = verdict(episode, replace(background, exposure=(*background.exposure, *shown)), LIMITS)["exposure"]
    assert found != "exposed" or more.value == "exposed"
