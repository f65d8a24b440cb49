"""Records that name people in, proof that no output names them out."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import privacy_samples as samples
from glasshouse import records, verdicts
from glasshouse.flow_privacy import plain
from glasshouse.records import Actor, Alert, Event, Target
from glasshouse.report import case_list, case_page, decisions, masks, notice, triaged_json
from glasshouse.report.contract import event_json, line
from glasshouse.report.covered_words import folded
from glasshouse.report.named import NAMES, names_in
from glasshouse.report.sinks import LookupSink, names, sink
from glasshouse.safe import safe
from glasshouse.verdicts import Triaged
from sink_samples import BURST, LOOKUP, REPORT

SINKS = [sink(name) for name in names()]


def said(text: str) -> str:
    """An output as somebody would search it: JSON escapes undone, lines of a table joined, lower case."""
    for escape, one in ((r"\u0027", "'"), ("&#39;", "'"), ("&#x27;", "'"), ("\\\\", "\\")):
        text = text.replace(escape, one)
    return folded(text)


def named_in(text: str, record: object) -> list[str]:
    """The names of a record that an output still holds, however it spells them."""
    low, found = said(text), []
    further = [(one.kind, one.value) for one in record.verdict.named] if isinstance(record, Triaged) else []
    for kind, name in (*names_in(record), *further):
        forms = {name, plain(kind, name), safe(name)}
        found += [form for form in forms if len(form) > 2 and folded(form) in low]
    return found


@pytest.mark.parametrize("leaf", SINKS, ids=lambda leaf: leaf.NAME)
@settings(max_examples=20)
@given(report=samples.reports())
def test_no_sink_names_anybody(leaf, report):
    text = leaf.render(samples.cover().shown(report))
    assert named_in(text, report) == []


@pytest.mark.parametrize(
    "leaf", [one for one in SINKS if isinstance(one, LookupSink)], ids=lambda one: one.NAME
)
@settings(max_examples=20)
@given(found=st.lists(samples.lookups(), min_size=1, max_size=3))
def test_no_sink_of_lookups_names_anybody(leaf, found):
    text = "".join(leaf.lookups(samples.cover().shown(found)))
    assert named_in(text, found) == []


@settings(max_examples=25)
@given(one=samples.triaged())
def test_no_page_names_anybody(one):
    history = f"2026-11-20 analyst: commented: {one.alert.actor.user} is on leave"
    page = case_page.Page(one, (("case", "C-1"),), (f"1 [to-do] ask {one.alert.actor.user}",), (history,))
    cover = samples.cover()
    page, lines, judged = cover.shown((page, [("C-1", "open", "", 0, one)], [one]))
    assert named_in(case_page.render(page, 4000, full=True), one) == []
    assert named_in(case_list.render(lines, 4000), one) == []
    assert named_in(decisions.render(judged, {}, 4000), one) == []
    assert named_in(triaged_json.lines(judged, {}), one) == []
    assert judged[0].verdict.named == ()
    told = notice.of(judged[0], id="n", time=0)
    assert named_in("\n".join((told.title, *told.lines, repr(told.actor))), one) == []


@settings(max_examples=25)
@given(actor=samples.actors(), text=st.data())
def test_no_event_names_anybody(actor, text):
    said_too = [one for one in (actor.user, actor.host, actor.ip) if one]
    event = Event(
        via="process", user=actor.user, host=actor.host, ip=actor.ip, process=actor.process,
        command_line=text.draw(samples.sentences(said_too)), url=text.draw(samples.sentences(said_too)),
    )  # fmt: skip
    assert named_in(line(event_json(samples.cover().shown(event))), event) == []


@given(name=samples.accounts)
def test_one_person_has_one_token_however_logs_spell_it(name):
    bare = plain("user", name)
    spelt = (bare, bare.upper(), f"EXAMPLE\\{bare}", f"{bare}@example.com", f" {bare} ")
    if len({plain("user", one) for one in spelt}) == 1:  # not for letters with more than one lower case
        shown = [samples.cover().shown(replace(BURST, actor=Actor(user=one))).actor.user for one in spelt]
        assert len(set(shown)) == 1
        assert masks.TOKEN.fullmatch(shown[0])


def test_tokens_tell_people_machines_and_addresses_apart_and_change_with_the_key():
    one = samples.cover().pseudonyms
    tokens = [one.token(kind, "ws-17") for kind in NAMES[Actor].values()]
    assert len(set(tokens)) == 3  # host and device are one
    other = replace(one, key=b"q" * 32)
    assert one.token("user", "jdoe") != other.token("user", "jdoe")
    assert "kkk" not in repr(one)


def test_what_is_not_a_name_stays():
    shown = samples.cover().shown(REPORT)
    for had, now in zip(REPORT.alerts, shown.alerts, strict=True):
        for name in ("id", "score", "level", "rules", "databases", "techniques", "targets", "lookups"):
            assert getattr(now, name) == getattr(had, name)
    assert shown.tally.sources == REPORT.tally.sources
    assert samples.cover().shown(LOOKUP).name == "api.shodan.io"


def test_a_sentence_keeps_its_words():
    said = r"192.0.2.17 (EXAMPLE\jdoe) and JDOE at ws-17.corp.test, not jdoe2 or 192.0.2.177"
    alert = replace(BURST, actor=Actor("jdoe", "ws-17", "192.0.2.17"), users=(), summary=said)
    shown = samples.cover().shown(alert)
    user, host, ip = shown.actor.user, shown.actor.host, shown.actor.ip
    assert shown.summary == rf"{ip} (EXAMPLE\{user}) and {user} at {host}.corp.test, not jdoe2 or 192.0.2.177"


@pytest.mark.parametrize(
    ("said_", "gone"),
    [
        (r"C:\Users\Jane.Roe\AppData\x.exe", "jane"),
        (r"C:\Documents and Settings\Jane Roe\x.exe", "jane"),
        ("/home/jroe/bin/amass -d example.org", "jroe"),
        ("--email=jane.roe@example.com", "jane.roe"),
        ("user S-1-5-21-1004336348-1177238915-682003330-512", "1004336348"),
        ("from 10.1.2.3 and fd00::17", "10.1.2.3"),
    ],
)
def test_names_that_no_field_holds_are_known_by_their_place(said_, gone):
    assert gone not in samples.cover().text(said_).lower()


KEPT = (
    r"C:\Users\Public\x.exe",
    "at 09:14:02",
    "asked 203.0.113.5 about 2001:db8::5",
    "https://example.org/a@b",
    "60 of 60 targets, www.shodan.io",
)


@pytest.mark.parametrize("kept", KEPT)
def test_what_only_looks_like_a_name_stays(kept):
    assert samples.cover().text(kept) == kept


def test_an_email_target_keeps_its_domain_and_is_the_person_of_that_account():
    alert = replace(BURST, actor=Actor("jdoe"), targets=(Target("email", "JDoe@example.com"),))
    shown = samples.cover().shown(alert)
    assert shown.targets[0].value == f"{shown.actor.user}@example.com"


def test_a_machine_known_by_its_address_only_is_that_address():
    shown = samples.cover().shown(replace(BURST, actor=Actor(host="192.0.2.17", ip="::ffff:192.0.2.17")))
    assert shown.actor.host == shown.actor.ip


def test_a_name_that_looks_like_a_token_is_covered_all_the_same():
    alert = replace(
        BURST, actor=Actor(host="host-12345678.example.com"), summary="host-12345678.example.com asked"
    )
    shown = samples.cover().shown(alert)
    assert "12345678" not in shown.summary + shown.actor.host


@given(one=samples.triaged())
@settings(max_examples=30)
def test_only_protected_people_are_covered_when_names_are_shown(one):
    assert samples.cover(everybody=False).shown(one) is one
    nobody = samples.cover(False, lambda kind, name: False)
    assert nobody.shown(one).alert == one.alert
    everybody = samples.cover(False, lambda kind, name: kind == "user")
    if any(kind == "user" for kind, _name in names_in(one)):
        assert named_in(triaged_json.lines([everybody.shown(one)], {}), one) == []


def test_with_one_protected_person_the_whole_story_is_covered_and_others_are_not():
    mine = replace(
        BURST, id="GH-1", actor=Actor("jdoe", "ws-17", "192.0.2.17"), users=(), summary="jdoe, ws-17"
    )
    other = replace(
        BURST, id="GH-2", actor=Actor("asmith", "ws-18", "192.0.2.18"), users=(), summary="asmith"
    )
    shown = samples.cover(False, lambda _kind, name: name == "jdoe").shown([mine, other])
    assert named_in(repr(shown[0]), mine) == []
    assert shown[1] == other


def test_every_field_of_every_record_is_covered_plain_or_no_text():
    """A plain list that names a field that is gone, or forgets a name, is a mistake."""
    rooms = (*vars(records).values(), *vars(verdicts).values(), notice.Notice)
    known = {kind.__name__: kind for kind in rooms if is_dataclass(kind)}
    for kind, roles in NAMES.items():
        assert set(roles) <= {one.name for one in fields(kind)}
        assert not set(roles) & set(masks.PLAIN.get(kind.__name__, "").split())
    for name, words in masks.PLAIN.items():
        assert set(words.split()) <= {one.name for one in fields(known[name])}, name
    assert "summary" not in masks.PLAIN["Alert"].split()
    assert {one.name for one in fields(Alert)} >= set(masks.PLAIN["Alert"].split())


def test_long_texts_take_time_in_proportion():
    cover = samples.cover()
    cover.learn([replace(BURST, actor=Actor(f"user{n}", f"ws-{n}")) for n in range(2000)])
    text = "a" * 400_000 + " " + "x@" * 200_000 + "1." * 100_000 + "::" * 100_000
    assert len(cover.text(text)) > 0


def test_json_is_still_json():
    shown = samples.cover().shown(REPORT)
    for row in sink("jsonl").render(shown).splitlines():
        json.loads(row)
