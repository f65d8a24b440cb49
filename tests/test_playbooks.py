"""Playbooks and verdicts in, answers out: nothing is left out or guessed, and every example comes out."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.errors import ConfigError, ReadError
from glasshouse.triage.playbook import KINDS, SHIPPED, SURENESS, TO_DO, answers, load, parse
from glasshouse.verdicts import Answer, Reference, Verdict
from triage_samples import ORDINARY, UNKNOWN, WORDS, field, verdict

EXAMPLES = Path(__file__).parent / "examples" / "playbooks"
BOOKS = load()
SCAN = ("T1596.005", "T1596")

# What an analyst of T1596 and T1596.005 is to do by hand, in short, and the entries that stand for it.
ASKED = {
    "T1596": {
        "logs: intrusion detection, proxy, DNS, certificate logs, feeds": "seen-through",
        "sign: repeated searches about our domains or ranges": "repeated-about-us",
        "sign: odd use of certificate search": "unusual-access",
        "sign: DNS names that feeds know": "asked-names-known-to-intel",
        "question: ours?": "about-us",
        "question: trusted source?": "trusted-source",
        "question: scraped, by volume in time?": "automated-volume",
        "question: ways of known actors?": "known-attacker-ways",
        "escalate: volume of targeted queries": "escalate-targeted-volume",
        "escalate: suspected address or place": "escalate-suspected-source",
        "escalate: known way of reconnaissance": "escalate-known-recon",
        "escalate: intelligence on a campaign": "escalate-targeted-campaign",
        "L1: volume and frequency": "l1-volume-and-frequency",
        "L1: change or test": "l1-change-or-test",
        "L1: source against intelligence": "l1-source-known-to-intel",
        "T2: source": "t2-source",
        "T2: intent": "t2-intent",
        "T2: tools": "t2-toolset",
        "T2: intelligence platforms": "t2-intel-platforms",
        "T2: campaigns against others like us": "t2-campaigns-elsewhere",
        "contain: block at firewall or proxy": "contain-block-source",
        "contain: go on watching traffic": "contain-watch-on",
        "contain: outside providers": "contain-intel-providers",
        "contain: review posture": "contain-review-posture",
        "contain: monitoring fit for next time": "contain-tune-monitoring",
    },
    "T1596.005": {
        "logs: web, flow and DNS logs": "seen-through",
        "logs: large transfers out in flows": "large-transfers",
        "sign: frequent or large DNS": "frequent-requests",
        "sign: spikes of traffic out": "traffic-spikes",
        "sign: user agents of scrapers": "scraping-client",
        "question: unexpected or unauthorised systems": "unexpected-systems",
        "question: sudden increase": "sudden-increase",
        "question: credentials, insider": "credentials-involved",
        "escalate: compromised account": "escalate-compromised-account",
        "escalate: elevated privileges": "escalate-elevated-privileges",
        "escalate: attack being prepared": "escalate-impending-attack",
        "L1: systems and users in asset management": "l1-systems-and-users",
        "L1: logs of user activity": "l1-user-activity",
        "L1: business reason": "l1-business-reason",
        "L1: patches and vulnerabilities": "l1-patches-and-vulnerabilities",
        "T2: packets": "t2-packet-inspection",
        "T2: the past": "t2-recurring",
        "T2: asset owners": "t2-asset-owners",
        "contain: isolate": "contain-isolate",
        "contain: vulnerability assessment": "contain-vulnerability-assessment",
        "contain: attribution": "contain-attribution",
    },
}
PREFIX = {"l1-step": "l1-", "t2-step": "t2-", "escalation": "escalate-", "containment": "contain-"}


def asked(made: Verdict, techniques: tuple[str, ...] = SCAN) -> dict[str, Answer]:
    return {f"{one.playbook} {one.id}": one for one in answers(BOOKS, made, techniques)}


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.id)
def test_nothing_of_the_playbook_is_left_out(book):
    assert sorted(ASKED[book.id].values()) == sorted(entry.id for entry in book.entries)
    assert {entry.kind for entry in book.entries} == set(KINDS)
    for entry in book.entries:
        right = PREFIX.get(entry.kind)
        assert entry.id.startswith(right) if right else not entry.id.startswith(tuple(PREFIX.values()))


def test_a_playbook_applies_by_technique():
    assert {one.playbook for one in answers(BOOKS, verdict(), ("T1596.003",))} == {"T1596"}
    assert {one.playbook for one in answers(BOOKS, verdict(), ())} == {"T1596"}
    assert {one.playbook for one in answers(BOOKS, verdict(), SCAN)} == {"T1596", "T1596.005"}


CASES = sorted(EXAMPLES.glob("*/*.yml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.stem}")
def test_example(case):
    """Every leaf has examples: fields of a verdict, and the value of every entry then."""
    book = load_one(case.parent.name)
    said = yaml.safe_load(case.read_text(encoding="utf-8"))
    found = answers([book], verdict(said["fields"]), book.techniques)
    assert {one.id: one.value for one in found} == said["answers"]


def load_one(leaf: str):
    return parse((SHIPPED / f"{leaf}.yml").read_bytes(), leaf, WORDS)


def test_every_playbook_has_a_case_with_everything_and_one_with_nothing():
    for leaf in SHIPPED.glob("*.yml"):
        shown = {case.stem for case in CASES if case.parent.name == leaf.stem}
        assert {"nothing-known", "stolen-account", "red-team"} <= shown


# Nothing is guessed.

ANY = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in WORDS.items()})


@settings(max_examples=300, deadline=None)
@given(ANY, st.data())
def test_what_is_learned_later_never_changes_an_answer(values, data):
    later = {
        name: data.draw(st.sampled_from(WORDS[name])) if value == "unknown" else value
        for name, value in values.items()
    }
    before, after = asked(verdict(values)), asked(verdict(later))
    assert before.keys() == after.keys()
    for name, one in before.items():
        assert one.value in ("unknown", after[name].value), name


@settings(max_examples=200, deadline=None)
@given(ANY)
def test_an_answer_says_what_it_lacks_and_rests_on_what_it_has(values):
    made = verdict(values)
    for one in answers(BOOKS, made, SCAN):
        if one.value == "unknown":
            assert one.answer.startswith("Cannot be answered with these logs, because no log says ")
            assert f"; this would answer it: {one.would_answer}." in one.answer
            assert one.because in one.answer
            assert one.confidence == "none"
        elif one.value != TO_DO:
            assert (one.because, one.would_answer) == ("", "")
            assert one.evidence
            assert one.confidence == "high"
        assert len(set(one.evidence)) == len(one.evidence)


@settings(max_examples=100, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            name: st.sampled_from([v for v in values if v != "unknown"] or values)
            for name, values in WORDS.items()
        }
    )
)
def test_whoever_knows_everything_gets_an_answer_to_everything(values):
    assert "unknown" not in {one.value for one in answers(BOOKS, verdict(values), SCAN)}


def test_a_verdict_without_fields_answers_nothing():
    found = asked(Verdict(()))
    assert {one.value for one in found.values()} == {"unknown", TO_DO}
    assert found["T1596 about-us"].because == "about us was not judged"
    assert found["T1596 about-us"].would_answer == "a verdict with the field about_us"


def test_a_step_for_people_gives_what_is_known_and_tells_what_is_not():
    fields = {name: field(name, value) for name, value in UNKNOWN.items()}
    fields["machine"] = field("machine", "workstation", confidence="medium")
    fields["about_us"] = field("about_us", "some")
    one = asked(Verdict(tuple(fields.values())))["T1596.005 t2-asset-owners"]
    assert one.value == TO_DO
    assert "Known so far: about_us says some. machine says workstation." in one.answer
    assert one.confidence == "medium"
    packets = asked(Verdict(tuple(fields.values())))["T1596.005 t2-packet-inspection"]
    assert (
        "Not known: no log says data_sent; this would tell it: a log that says data_sent." in packets.answer
    )
    assert packets.would_answer == "a log that says data_sent"


def test_one_sign_is_enough_though_another_is_unknown():
    one = asked(verdict(UNKNOWN, account_state="disabled"))["T1596.005 escalate-compromised-account"]
    assert (one.value, one.answer) == ("yes", "A disabled account is in use. account_state says disabled.")
    assert one.evidence == (Reference("lookup", "account_state.log:1"),)
    other = asked(verdict(UNKNOWN, account_state="active"))["T1596.005 escalate-compromised-account"]
    assert other.value == "unknown"
    assert "Known so far: account_state says active." in other.answer


def test_an_open_answer_above_keeps_those_below_from_being_given():
    last = MINE.replace("fields: [volume, rise]", "fields: [volume, rise, peers]").replace(
        "  - {value: no}", "  - {when: {peers: [usual]}, value: no}\n  - {value: no}"
    )
    for text in (MINE, last):
        book = parse(text.encode(), "mine.yml", WORDS)
        found = [
            [one.value for one in answers([book], verdict(rise=rise), book.techniques)][1]
            for rise in ("none", "sudden", "unknown")
        ]
        assert found == ["yes", "no", "unknown"]


def test_what_two_fields_rest_on_is_shown_once():
    same = (Reference("lookup", "proxy.log:7"),)
    made = Verdict(tuple(field(name, value, evidence=same) for name, value in ORDINARY.items()))
    assert {one.evidence for one in answers(BOOKS, made, SCAN)} == {same}


@pytest.mark.parametrize("low", SURENESS)
def test_confidence_is_the_lowest_of_the_fields_used(low):
    fields = [field(name, value) for name, value in ORDINARY.items() if name not in ("about_us", "peers")]
    weak = [field("about_us", "none", confidence=low), field("peers", "usual", confidence="low")]
    found = asked(Verdict((*fields, *weak)))
    assert found["T1596 about-us"].confidence == low
    assert found["T1596 unusual-access"].confidence == "high"  # peers only add to it


def test_words_of_the_logs_are_never_a_template():
    hostile = "{entry.id} %s {0.__class__} $x \x1b[31m"
    fields = [field(name, value) for name, value in ORDINARY.items() if name != "intel"]
    odd = field("intel", "hit")
    fields.append(type(odd)(name=odd.name, value=odd.value, says=hostile))
    assert hostile in asked(Verdict(tuple(fields)))["T1596 asked-names-known-to-intel"].answer


# Playbooks of one's own.

MINE = """
id: HOUSE
title: Rules of the house
applies: [T1596.002]
entries:
- {id: one, kind: question, asks: About us?, fields: [about_us]}
- id: two
  kind: l1-step
  asks: Quiet?
  fields: [volume, rise]
  answers:
  - {when: {rise: [sudden]}, value: no}
  - {when: {volume: [normal, high]}, value: yes}
  - {value: no}
"""


def test_playbooks_of_ones_own_stand_beside_the_shipped_ones(tmp_path):
    (tmp_path / "mine.yml").write_text(MINE)
    (tmp_path / "notes.txt").write_text("not a playbook")
    books = load([tmp_path])
    assert [book.id for book in books] == ["HOUSE", "T1596", "T1596.005"]
    found = answers(books, verdict(about_us="some"), ("T1596.002",))
    assert [(one.id, one.value) for one in found if one.playbook == "HOUSE"] == [
        ("one", "some"),
        ("two", "yes"),
    ]


def test_a_playbook_of_ones_own_replaces_the_shipped_one_of_its_id(tmp_path):
    (tmp_path / "mine.yml").write_text(MINE.replace("HOUSE", "T1596"))
    books = load([tmp_path])
    assert next((book.id, book.title) for book in books) == ("T1596", "Rules of the house")
    assert len(books) == 2


def test_two_of_one_id_in_one_folder_are_a_mistake(tmp_path):
    (tmp_path / "a.yml").write_text(MINE)
    (tmp_path / "b.yaml").write_text(MINE)
    with pytest.raises(ConfigError, match="the id HOUSE is also in"):
        load([tmp_path])


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ReadError, match="no such folder"):
        load([tmp_path / "none"])


WRONG = {
    "field": (
        "fields: [about_us]",
        "fields: [about_you]",
        ":6: entries[0].fields[0]: 'about_you' is not allowed",
    ),
    "kind": ("kind: question", "kind: riddle", "entries[0].kind: 'riddle' is not allowed"),
    "value": ("[sudden]", "[slow]", ":12: entries[1].answers[0].when.rise[0]: 'slow' is not allowed"),
    "outside its fields": ("{rise: [sudden]}", "{intel: [hit]}", "when: no key named 'intel'"),
    "answer": ("value: yes", "value: perhaps", "entries[1].answers[1].value: 'perhaps' is not allowed"),
    "to do what?": ("value: yes", "value: to-do", "say in by_hand what is to be done"),
    "a case is left": (
        "  - {value: no}\n",
        "",
        "leaves a case without answer: rise: none, volume: targeted-high",
    ),
    "never reached": (
        "  - {value: no}\n",
        "  - {value: no}\n  - {value: yes}\n",
        "stands after an answer without when",
    ),
    "empty when": ("when: {rise: [sudden]}", "when: {}", "answers[0].when: is empty"),
    "twice": ("id: two", "id: one", "the id 'one' stands in this playbook twice"),
    "key": ("title:", "name:", "no key named 'name'"),
    "lacks": ("asks: Quiet?", "by_hand: Look", "entries[1]: lacks 'asks'"),
    "no entries": (MINE[MINE.index("entries") :], "entries: []\n", "entries: must be a list"),
    "applies": ("[T1596.002]", "[always, T1596.002]", "applies: 'always' stands alone"),
    "no mapping": (MINE, "- one\n- two\n", "must be a mapping"),
    "empty": (MINE, "# nothing\n", "the file is empty"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_in_a_playbook_is_told_exactly(case):
    old, new, said = WRONG[case]
    assert old in MINE
    with pytest.raises(ConfigError) as error:
        parse(MINE.replace(old, new).encode(), "mine.yml", WORDS)
    assert said in str(error.value)
    assert str(error.value).startswith("mine.yml")


def test_too_many_cases_are_refused():
    words = {f"f{n}": tuple(f"v{m}" for m in range(20)) for n in range(5)}
    when = ", ".join(f"{name}: [v1]" for name in words)
    text = MINE[: MINE.index("- {id: one")] + (
        f"- id: one\n  kind: question\n  asks: A?\n  fields: [{', '.join(words)}]\n"
        f"  answers:\n  - {{when: {{{when}}}, value: yes}}\n"
    )
    with pytest.raises(ConfigError, match="5 fields make 3200000 cases"):
        parse(text.encode(), "mine.yml", words)


@given(st.binary(max_size=60) | st.text(alphabet="[]{}:-*&!|>'\" \nentriesd,", max_size=60).map(str.encode))
def test_any_bytes_are_a_playbook_or_a_config_error(data):
    with pytest.raises(ConfigError):
        parse(data, "mine.yml", WORDS)
