"""Verdicts in, decisions out: each row is reached, nothing unknown is closed, worse news decides no less."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.errors import ConfigError, ReadError
from glasshouse.settings import Thresholds
from glasshouse.triage import when
from glasshouse.triage.decide import CLOSES, MUST_ASK, ORDER, URGENT, decide, load, parse
from glasshouse.verdicts import Decision, Verdict
from triage_samples import NUMBERS, ORDINARY, UNKNOWN, WORDS, alert, as_markdown, field, verdict

PAGE = Path(__file__).parent.parent / "docs" / "triage.md"
TABLE = load()
LIMITS = Thresholds()
RANK = ("close-authorised", "close-benign", "watch", "l1-review", "escalate-t2", "contain")
SEVERITY = {name: max(1, place) for place, name in enumerate(RANK)}  # the two closes weigh the same

# What changes on the ordinary colleague to reach each row; `score` goes to the alert.
REACHED = {
    "contain-disabled-account": {"account_state": "disabled", "about_us": "some", "score": 70},
    "contain-known-attacker": {"intel": "hit", "about_us": "all", "score": 95},
    "contain-shared-key": {"credential": "shared", "about_us": "all", "score": 70},
    "contain-two-signs": {"account_state": "disabled", "intel": "hit", "about_us": "unknown", "score": 80},
    "escalate-disabled-account": {"account_state": "disabled"},
    "escalate-intel": {"intel": "hit", "authorised": "yes", "about_us": "all", "score": 90},
    "escalate-shared-key": {"credential": "shared", "authorised": "unknown"},
    "escalate-privileged": {"privilege": "privileged"},
    "escalate-critical-server": {"machine": "server", "criticality": "critical"},
    "escalate-unmanaged-machine": {"machine": "unmanaged", "about_us": "some"},
    "escalate-targeted-volume": {"volume": "targeted-high", "about_us": "all"},
    "escalate-known-recon": {"pattern": "known-recon", "about_us": "some", "authorised": "unknown"},
    "escalate-recon-unseen-target": {
        "pattern": "known-recon",
        "about_us": "unknown",
        "machine": "unmanaged",
    },
    "escalate-service-account": {
        "privilege": "service",
        "about_us": "all",
        "automated": "yes",
        "usual": "first",
    },
    "escalate-sudden-rise": {"rise": "sudden", "about_us": "unknown"},
    "escalate-data-sent": {"data_sent": "large"},
    "escalate-impending-attack": {
        "about_us": "some",
        "automated": "likely",
        "usual": "unusual",
        "criticality": "high",
    },
    "escalate-exposed": {"exposure": "exposed", "about_us": "some", "usual": "first"},
    "review-shared-key": {"authorised": "yes", "credential": "shared"},
    "close-exercise": {"authorised": "yes", "exercise": "yes", "volume": "targeted-high", "about_us": "all"},
    "close-authorised": {"authorised": "yes", "about_us": "unknown", "automated": "yes"},
    "close-benign-usual": {},
    "close-benign-browsing": {"usual": "first"},
    "watch-authorised": {"authorised": "yes", "account_state": "unknown"},
    "watch-approved-change": {"change": "approved", "about_us": "all", "automated": "yes"},
    "watch-about-others": {"automated": "yes"},
    "watch-unseen-target": {"about_us": "unknown"},
    "review-outside-entry": {"authorised": "outside"},
    "review-approved-change": {"change": "approved", "volume": "targeted-high", "about_us": "all"},
    "review-about-us": {"about_us": "some"},
    "review-unseen-target": {"about_us": "unknown", "automated": "unknown"},
    "review-rest": {"volume": "high"},
}


def judged(start: dict[str, str] = ORDINARY, score: int = 30, **values: str) -> Decision:
    return decide(verdict(start, **values), alert(score), LIMITS, TABLE)


@pytest.mark.parametrize("row", [row.id for row in TABLE.rows])
def test_row_is_reached(row):
    values = dict(REACHED[row])
    score = int(values.pop("score", 30))
    decision = judged(score=score, **values)
    assert (decision.row, decision.name) == (row, next(one.decision for one in TABLE.rows if one.id == row))


def test_the_examples_name_rows_that_exist():
    assert set(REACHED) == {row.id for row in TABLE.rows}


def test_nothing_known_is_looked_at_by_a_person():
    assert judged(UNKNOWN).name == "l1-review"
    assert decide(Verdict(()), alert(), LIMITS, TABLE).name == "l1-review"


def test_the_vocabulary_is_that_of_the_leaves():
    assert {name: set(values) | {"unknown"} for name, values in when.vocabulary().items()} == {
        name: set(values) | {"unknown"} for name, values in WORDS.items()
    }


# No close on missing data.


def closed_soundly(decision: Decision, values: dict[str, str]) -> bool:
    """Written without the table: what must be known, and how, before an alert may be closed."""
    if decision.name not in CLOSES:
        return True
    looked_for = values["intel"] == "none" and values["account_state"] == "active"
    if decision.name == "close-authorised":
        return looked_for and values["authorised"] == "yes" and values["credential"] != "shared"
    asked = (
        "authorised",
        "automated",
        "volume",
        "rise",
        "credential",
        "privilege",
        "machine",
        "data_sent",
        "usual",
    )
    return (
        looked_for
        and values["about_us"] == "none"
        and "unknown" not in {values[name] for name in asked}
        and values["privilege"] == "normal"
        and (values["automated"], values["volume"], values["authorised"]) == ("no", "normal", "no")
    )


@pytest.mark.parametrize("row", [row for row in TABLE.rows if row.decision in CLOSES], ids=lambda row: row.id)
def test_no_row_closes_when_anything_it_rests_on_is_unknown(row):
    """All ways to hold the row, with each set of up to three of its fields unknown."""
    names = [name for name, _ in row.when]
    for case in product(*(values for _, values in row.when)):
        full = ORDINARY | dict(zip(names, case, strict=True))
        assert judged(full).name in CLOSES
        for many in (1, 2, 3):
            for lost in combinations(names, many):
                decision = judged(full | dict.fromkeys(lost, "unknown"))
                assert decision.row != row.id
                assert row.id != "close-exercise" or "exercise" in lost or decision.name not in CLOSES
                assert row.id == "close-exercise" or decision.name not in CLOSES


def test_close_as_authorised_over_all_that_matters_to_it():
    names = ("authorised", "intel", "account_state", "credential", "about_us", "exercise")
    closes = 0
    for case in product(*(WORDS[name] for name in names)):
        values = ORDINARY | {"automated": "yes"} | dict(zip(names, case, strict=True))
        decision = judged(values)
        closes += decision.name == "close-authorised"
        assert closed_soundly(decision, values), values
    assert closes == 4 * 3 * 3  # about us x exercise x the credentials that are not shared


def test_close_as_benign_over_every_pair_of_changes():
    for one, two in combinations(WORDS, 2):
        for values in product(WORDS[one], WORDS[two]):
            full = ORDINARY | {one: values[0], two: values[1]}
            assert closed_soundly(judged(full), full), full


ANY = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in WORDS.items()})
NEAR = st.builds(  # near a close, where mistakes would matter
    lambda changes, start: ORDINARY | start | changes,
    st.dictionaries(st.sampled_from(sorted(WORDS)), st.none(), max_size=4).flatmap(
        lambda names: st.fixed_dictionaries({name: st.sampled_from(WORDS[name]) for name in names})
    ),
    st.sampled_from(
        [{}, {"authorised": "yes"}, {"usual": "first"}, {"authorised": "yes", "exercise": "yes"}]
    ),
)
VERDICTS = st.one_of(ANY, NEAR)
SCORES = st.integers(0, 100)


@settings(max_examples=400, deadline=None)
@given(VERDICTS, SCORES)
def test_whatever_closes_closes_soundly(values, score):
    decision = judged(values, score)
    assert closed_soundly(decision, values)
    assert decision.name != "close-benign" or score <= LIMITS.benign_score


@settings(max_examples=300, deadline=None)
@given(NEAR, SCORES, st.data())
def test_what_is_learned_later_never_shows_a_close_to_have_been_a_mistake(values, score, data):
    """Whatever the unknown fields turn out to be, an alert that was closed would not have been escalated."""
    if judged(values, score).name in CLOSES:
        later = {
            name: data.draw(st.sampled_from(WORDS[name])) if value == "unknown" else value
            for name, value in values.items()
        }
        assert judged(later, score).name not in URGENT


@settings(max_examples=300, deadline=None)
@given(VERDICTS, SCORES, st.sampled_from([("intel", "hit"), ("account_state", "disabled")]))
def test_worse_news_never_decides_less(values, score, news):
    worse = values | dict([news])
    assert SEVERITY[judged(worse, score).name] >= SEVERITY[judged(values, score).name]


@settings(max_examples=200, deadline=None)
@given(ANY, SCORES, st.sampled_from(["single", "none-seen", "unknown"]))
def test_what_is_covered_and_checked_is_closed_whatever_else_it_is(values, score, credential):
    covered = {"authorised": "yes", "intel": "none", "account_state": "active", "credential": credential}
    assert judged(values | covered, score).name == "close-authorised"


@settings(max_examples=200, deadline=None)
@given(VERDICTS, SCORES, st.integers(0, 100))
def test_a_higher_score_never_decides_less(values, score, more):
    higher = judged(values, min(100, score + more)).name
    assert SEVERITY[higher] >= SEVERITY[judged(values, score).name]


@settings(max_examples=200, deadline=None)
@given(VERDICTS, SCORES, st.randoms(use_true_random=False))
def test_the_same_verdict_decides_the_same_in_any_order_of_fields(values, score, dice):
    one = verdict(values)
    shuffled = list(one.fields)
    dice.shuffle(shuffled)
    assert decide(Verdict(tuple(shuffled)), alert(score), LIMITS, TABLE) == decide(
        one, alert(score), LIMITS, TABLE
    )


@settings(max_examples=200, deadline=None)
@given(VERDICTS, SCORES)
def test_criteria_tell_how_it_came_out(values, score):
    decision = judged(values, score)
    told = {one.name: one for one in decision.criteria}
    assert len(told) == len(decision.criteria)
    assert {row.id for row in TABLE.rows if row.decision in URGENT} <= set(told)
    assert all(one.says for one in decision.criteria)
    assert told[decision.row].held is True
    before = list(told)[: list(told).index(decision.row)]
    assert not any(told[name].held for name in before)


# Thresholds, numbers and words.


@pytest.mark.parametrize(("score", "name"), [(69, "escalate-t2"), (70, "contain"), (71, "contain")])
def test_the_score_to_contain_comes_from_the_settings(score, name):
    assert judged(score=score, account_state="disabled", about_us="all").name == name
    lower = Thresholds(contain_score=score)
    made = verdict(account_state="disabled", about_us="all")
    assert decide(made, alert(score), lower, TABLE).name == "contain"


@pytest.mark.parametrize(
    ("score", "requests", "name"),
    [(39, 10.0, "close-benign"), (40, 10.0, "l1-review"), (39, 11.0, "watch"), (0, 0.0, "close-benign")],
)
def test_how_much_is_benign_comes_from_the_settings(score, requests, name):
    made = verdict(numbers={"volume": requests})
    assert decide(made, alert(score), LIMITS, TABLE).name == name


def test_a_number_that_is_missing_is_not_small():
    assert NUMBERS["volume"] <= LIMITS.benign_requests
    fields = tuple(field(name, value, number=None) for name, value in ORDINARY.items())
    decision = decide(Verdict(fields), alert(), LIMITS, TABLE)
    assert decision.name == "watch"
    told = {one.name: one for one in decision.criteria}["close-benign-usual"]
    assert (told.held, told.says) == (
        None,
        "could not be judged: volume has no number to compare with benign_requests 10",
    )


def test_a_criterion_tells_why():
    told = {one.name: one for one in judged(about_us="unknown", pattern="known-recon").criteria}
    assert told["escalate-known-recon"].held is None
    assert told["escalate-known-recon"].says == (
        "could not be judged: about us is unknown, because no log says about_us"
    )
    assert told["escalate-recon-unseen-target"].says == "machine is workstation"
    contain = {one.name: one for one in judged(account_state="disabled", about_us="all").criteria}
    assert contain["contain-disabled-account"].says == "score 30 is below contain_score 70"


def test_the_decision_says_what_was_seen():
    decision = judged(intel="hit", about_us="all", score=80)
    assert decision.title == "contain"
    assert decision.says.endswith(
        "Seen: intel says hit; about_us says all; authorised says no; the score is 80."
    )


def test_words_of_the_logs_are_never_a_template():
    hostile = "{row.id} %s {0.__class__} $x"
    fields = [field(name, value) for name, value in ORDINARY.items() if name != "account_state"]
    odd = field("account_state", "disabled")
    fields.append(type(odd)(name=odd.name, value=odd.value, says=hostile))
    assert hostile in decide(Verdict(tuple(fields)), alert(), LIMITS, TABLE).says


# A user's own table.

LAST = "- {id: rest, decision: l1-review, says: Look.}\n"
WATCH = "- {id: w, decision: watch, when: {intel: [none]}, says: W.}\n"
AUTHORISED = (
    "- {id: c, decision: close-authorised, says: C.,\n"
    "   when: {authorised: [yes], intel: [none], account_state: [active]}}\n"
)


def table(rows: str, last: str = LAST):
    return parse(f"rows:\n{rows}{last}".encode(), "my.yml", WORDS)


def test_a_table_of_ones_own_is_read(tmp_path):
    file = tmp_path / "my.yml"
    file.write_text(f"rows:\n{AUTHORISED}{LAST}")
    mine = load(file)
    assert decide(verdict(authorised="yes"), alert(), LIMITS, mine).name == "close-authorised"
    assert decide(verdict(), alert(), LIMITS, mine).name == "l1-review"


def test_no_table_closes_what_could_not_be_ruled_out():
    mine = table("- {id: e, decision: escalate-t2, when: {rise: [sudden]}, says: E.}\n" + AUTHORISED)
    assert decide(verdict(authorised="yes"), alert(), LIMITS, mine).name == "close-authorised"
    open_ = decide(verdict(authorised="yes", rise="unknown"), alert(), LIMITS, mine)
    assert open_.name == "l1-review"
    assert open_.criteria[1].held is None
    assert open_.criteria[1].says == "could not be judged: e could not be ruled out"


def test_what_a_row_needs_must_be_known():
    row = "- {id: w, decision: watch, when: {intel: [none]}, needs: [peers, usual], says: W.}\n"
    mine = table(row)
    assert decide(verdict(), alert(), LIMITS, mine).name == "watch"
    left = decide(verdict(peers="unknown"), alert(), LIMITS, mine)
    assert (left.name, left.criteria[0].held) == ("l1-review", None)
    assert decide(verdict(peers="unknown", intel="hit"), alert(), LIMITS, mine).criteria[0].held is False


WRONG = {
    "not YAML": ("- [", LAST, "not valid YAML"),
    "twice": (WATCH + WATCH, LAST, "my.yml:3: rows[1]: the id 'w' stands in this table twice"),
    "field": (WATCH.replace("intel", "intell"), LAST, "my.yml:2: rows[0].when: no key named 'intell'"),
    "value": (WATCH.replace("[none]", "[never]"), LAST, "rows[0].when.intel[0]: 'never' is not allowed"),
    "no list": (WATCH.replace("[none]", "none"), LAST, "rows[0].when.intel: must be a list"),
    "value twice": (WATCH.replace("[none]", "[none, none]"), LAST, "'none' stands here twice"),
    "key": (WATCH.replace("says", "why"), LAST, "no key named 'why'"),
    "key twice": (WATCH.replace("id: w", "id: w, id: x"), LAST, "'id' stands here twice"),
    "lacks": (WATCH.replace(", says: W.", ""), LAST, "rows[0]: lacks 'says'"),
    "decision": (WATCH.replace("watch", "ignore"), LAST, "'ignore' is not allowed"),
    "order": (WATCH + AUTHORISED, LAST, "rows[1]: close-authorised after watch"),
    "order, after a veto": (
        WATCH + "- {id: l, decision: l1-review, when: {intel: [hit]}, says: L.}\n" + AUTHORISED,
        LAST,
        "rows[2]: close-authorised after watch",
    ),
    "threshold": (
        WATCH.replace("says", "at_least: {score: high_score}, says"),
        LAST,
        "rows[0].at_least.score: 'high_score' is not allowed",
    ),
    "takes all": (WATCH.replace("when: {intel: [none]}, ", ""), LAST, "would take every alert"),
    "no last": (WATCH, "", "the last row must be l1-review without conditions"),
    "after the last": (LAST, WATCH.replace("w,", "x,"), "is never reached"),
    "empty": ("", "", "rows: must be a list with at least one value"),
    "unknown closes": (
        AUTHORISED.replace("[none]", "[none, unknown]"),
        LAST,
        "when.intel: what is unknown is never closed",
    ),
    "closes without the register": (
        AUTHORISED.replace("authorised: [yes], ", ""),
        LAST,
        "close-authorised must ask for authorised: yes",
    ),
    "closes with a hit": (AUTHORISED.replace("[none]", "[none, hit]"), LAST, "must ask for intel: none"),
    "closes as benign about us": (
        AUTHORISED.replace("close-authorised", "close-benign"),
        LAST,
        "close-benign must ask for about_us: none",
    ),
    "alias": ("- &a {id: w, decision: watch, when: {intel: [none]}, says: W.}\n- *a\n", LAST, "a YAML alias"),
    "too deep": ("- " + "[" * 13 + "]" * 13 + "\n", LAST, "nested deeper than 12"),
    "too many": ("- [" + "a, " * 5001 + "a]\n", LAST, "more than 5000 values"),
    "too large": ("# " + "x" * (256 * 1024) + "\n", LAST, "larger than 256 kB"),
    "no text": ("- {id: [], decision: watch, says: W.}\n", LAST, "rows[0].id: must be a text"),
    "control character": ("- {id: \x01}\n", LAST, "not valid YAML"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_in_a_table_is_told_exactly(case):
    rows, last, said = WRONG[case]
    with pytest.raises(ConfigError) as error:
        table(rows, last)
    assert said in str(error.value)
    assert str(error.value).startswith("my.yml")


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"[]", b"rows: 1", b"\xff", b"other: []"])
def test_a_file_that_is_no_table_is_refused(data):
    with pytest.raises(ConfigError):
        parse(data, "my.yml", WORDS)


@given(st.binary(max_size=60) | st.text(alphabet="[]{}:-*&!|>'\" \nrowsid,", max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_a_config_error(data):
    with pytest.raises(ConfigError):
        parse(data, "my.yml", WORDS)


def test_a_table_that_is_not_there(tmp_path):
    with pytest.raises(ReadError):
        load(tmp_path / "none.yml")


def test_every_close_must_ask_for_what_compromise_would_show():
    assert set(MUST_ASK) == set(CLOSES)
    assert set(ORDER) == set(RANK)
    for asked in MUST_ASK.values():
        assert "hit" not in asked["intel"]
        assert asked["account_state"] == ("active",)


def test_the_page_shows_the_table():
    assert as_markdown(TABLE) in PAGE.read_text(encoding="utf-8"), "run tests/triage_samples.py"
