"""What the door records, read back and replayed: the same answers without any network; and plans."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import survey_servers as servers
import tls_samples
from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import DnsRecord
from glasshouse.settings import Survey
from glasshouse.survey import ask, pace, recording
from glasshouse.survey.pace import Limits
from glasshouse.survey.recording import Exchange

NOW = parse.time("2026-11-20T12:00:00Z")
A, B = Subject("domain", "a.example.test"), Subject("domain", "b.example.test")
http = servers.http
QUICK = Limits(first_byte=0.5, reply=1.0, connect=2.0, retries=0)


def ask_steps(subject, after):
    """A list that is the same for everybody first, then two pages about the subject."""
    if after is None:
        return Request(host="api.probe.test", path="/list")
    if after.request.path == "/list":
        return Request(host="api.probe.test", path=f"/{subject.value}/1")
    return (
        Request(host="api.probe.test", path=f"/{subject.value}/2") if after.request.path[-1] == "1" else None
    )


def read(_subject, reply):
    if reply.status != 404 and (word := reply.body.decode("utf-8", "replace")) != "list":
        if word == "broken":
            raise Malformed("broken")
        yield DnsRecord(name=word, type="A", data="192.0.2.1")


def leaf(**said):
    plain = {
        "TITLE": "probe",
        "TECHNIQUE": "T1596",
        "DATABASE": "probe",
        "SUBJECTS": ("domain",),
        "HOSTS": ("api.probe.test",),
        "REFERRALS": 0,
        "KEY": "",
        "OPTIONAL_KEY": False,
        "PACE": 0.0,
        "EMPTY": (404,),
        "LIVE": False,
        "ask": ask_steps,
        "read": read,
        "detect": lambda _head, _name: 0,
    }
    return SimpleNamespace(**{**plain, **said})


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return tls_samples.make(tmp_path_factory.mktemp("tls"))


def live(app, tls, monkeypatch, subjects=(A, B)):
    monkeypatch.setattr(ask, "collectors", lambda: {"probe": leaf()})
    lines = []
    with servers.https(app, tls.server()) as served:
        survey = Survey(endpoints={"probe": served.url}, ca=str(tls.authority))
        door = ask.Door(
            survey,
            now=lambda: NOW,
            sleep=lambda _: None,
            limits=QUICK,
            record=lambda one: lines.append(recording.line(one)),
        )
        answers = list(ask.answers(door, [("probe", one) for one in subjects]))
    return answers, b"".join(lines), served


def apart(answers):
    """Answers without what differs between live and recorded: how many tries were needed."""
    return [replace(one, requests=0) for one in answers]


APPS = {
    "good": lambda asked: http("list" if asked.path == "/list" else asked.path.strip("/").replace("/", ".")),
    "second page missing": lambda asked: http("", 500) if asked.path[-1] == "2" else http("x.test"),
    "nothing known": lambda asked: http("list") if asked.path == "/list" else http("", 404),
    "refused": lambda asked: http("", 403),
    "not to be read": lambda asked: http("list") if asked.path == "/list" else http("broken"),
    "breaks off": lambda asked: http("list", length=99),
    "binary": lambda asked: http("list") if asked.path == "/list" else http(b"\xff\x00\xfe"),
}


@pytest.mark.parametrize("app", APPS)
def test_a_recording_gives_the_same_answers(app, tls, monkeypatch):
    answers, data, _ = live(APPS[app], tls, monkeypatch)
    assert recording.is_recording(data[:65_536])
    exchanges = list(recording.exchanges(data))
    assert apart(ask.replayed(exchanges, {"probe": leaf()})) == apart(answers)
    assert b"".join(recording.line(one) for one in exchanges) == data
    monkeypatch.setattr(ask.Door, "carry", lambda *_: pytest.fail("the network was asked"))
    door = ask.Door(Survey(), now=lambda: NOW, replay=recording.by_request(exchanges))
    assert apart(ask.answers(door, [("probe", A), ("probe", B)])) == apart(answers)


def test_what_is_the_same_for_all_is_asked_once(tls, monkeypatch):
    answers, data, served = live(APPS["good"], tls, monkeypatch)
    assert [one.path for one in served.asked].count("/list") == 1
    assert [one.requests for one in answers] == [3, 2] and data.count(b'"again":true') == 1
    second = list(recording.exchanges(data))[3:]
    assert "lacks the reply" in next(iter(ask.replayed(second, {"probe": leaf()}))).reason


def test_two_days_in_one_recording(tls, monkeypatch):
    _, data, _ = live(APPS["good"], tls, monkeypatch, [A])
    both = [*recording.exchanges(data), *(replace(one, time=NOW + 1) for one in recording.exchanges(data))]
    first, second = ask.replayed(both, {"probe": leaf()})
    assert (first.time, second.time) == (NOW, NOW + 1) and first.facts == second.facts
    assert {one.status for one in (first, second)} == {"complete"}


def test_a_recording_that_ends_early(tls, monkeypatch):
    _, data, _ = live(APPS["good"], tls, monkeypatch, [A])
    (answer,) = ask.replayed(list(recording.exchanges(data))[:2], {"probe": leaf()})
    assert answer.status == "partial" and "recording ends" in answer.reason and len(answer.facts) == 1
    (answer,) = ask.replayed(list(recording.exchanges(data))[:1], {"probe": leaf()})
    assert answer.status == "failed"


def test_a_plain_saved_reply_is_one_step():
    one = recording.plain("probe", A, b"saved.test", NOW)
    (answer,) = ask.replayed([one], {"probe": leaf(ask=lambda *_: None)})
    assert (answer.status, answer.requests) == ("complete", 1) and answer.facts[0][1].name == "saved.test"
    (answer,) = ask.replayed([replace(one, body=b"broken")], {"probe": leaf()})
    assert (answer.status, answer.reason) == ("failed", "broken")
    (answer,) = ask.replayed([replace(one, collector="nobody")], {"probe": leaf()})
    assert answer.status == "failed" and "no collector" in answer.reason


def test_a_collector_that_breaks_costs_only_its_own_answer(tls, monkeypatch):
    def breaks(subject, reply):
        if subject == A:
            raise ZeroDivisionError
        return read(subject, reply)

    one = recording.plain("probe", A, b"x.test", NOW)
    probe = leaf(read=breaks, ask=lambda *_: None)
    answers = list(ask.replayed([one, replace(one, subject=B)], {"probe": probe}))
    assert [one.status for one in answers] == ["failed", "complete"]
    assert answers[0].reason == "the collector broke (ZeroDivisionError)"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
pairs = st.lists(st.tuples(texts, texts), max_size=3).map(tuple)
requests = st.builds(
    Request,
    host=texts,
    path=texts,
    transport=st.sampled_from(["https", "whois", "dns", "axfr"]),
    method=st.sampled_from(["GET", "POST"]),
    query=pairs,
    headers=pairs,
    body=texts,
)
exchanged = st.builds(
    Exchange,
    collector=texts,
    subject=st.builds(Subject, st.sampled_from(["domain", "ip", "reference"]), texts),
    request=st.none() | requests,
    status=st.integers(0, 999),
    headers=pairs,
    body=st.binary(max_size=60),
    time=st.integers(0, 2**60),
    again=st.booleans(),
)


@given(st.lists(exchanged, max_size=4))
def test_lines_and_exchanges_are_two_sides(some):
    data = b"".join(map(recording.line, some))
    assert data.count(b"\n") == len(some)
    assert list(recording.exchanges(data)) == some


@given(exchanged, st.integers(0, 10**6), st.binary(max_size=3))
def test_a_damaged_recording_is_told_by_its_line(one, at, junk):
    data = recording.line(one)
    at %= len(data)
    for bad in (data[:at] + junk + data[at + 1 :], json.dumps([1]).encode(), b"null", b'{"collector":1}'):
        try:
            list(recording.exchanges(b"\n" + bad))
        except Malformed as problem:
            assert "line " in str(problem)


@pytest.mark.parametrize(
    "said",
    [
        b"[]",
        b"{",
        b"\xff",
        b'{"collector":"x"}',
        b'{"collector":"x","subject":{"type":"person","value":"x"},'
        b'"request":null,"status":200,"headers":[],"time":1,"body":""}',
    ],
)
def test_what_is_no_recording_is_malformed(said):
    with pytest.raises(Malformed, match="line 1 "):
        list(recording.exchanges(said))
    assert not recording.is_recording(b"[]") and not recording.is_recording(b'{"data": []}')


# What is planned.


def test_a_plan_asks_nothing_and_names_keys_only(monkeypatch):
    keyed = leaf(
        KEY="a key",
        ask=lambda s, _: Request(host="api.probe.test", path="/x", query=(("q", s.value), ("key", "${key}"))),
    )
    some = {
        "probe": leaf(),
        "keyed": keyed,
        "lines": leaf(
            ask=lambda s, _: Request(host="whois.test", path=s.value, transport="whois"),
            HOSTS=("whois.test",),
        ),
        "broken": leaf(ask=None),
    }
    monkeypatch.setattr(ask, "collectors", lambda: some)
    wanted = [(name, A) for name in (*some, "nobody")] + [("probe", Subject("ip", "192.0.2.1"))]
    plans = list(ask.plan(wanted, Survey(keys={"keyed": "literal-secret"})))
    assert [one.what for one in plans] == [
        "GET https://api.probe.test/list",
        "GET https://api.probe.test/x?q=a.example.test&key=${key}",
        "whois a.example.test @whois.test",
        "",
        "",
        "",
    ]
    assert [one.where for one in plans[:3]] == ["api.probe.test:443", "api.probe.test:443", "whois.test:43"]
    assert [one.key for one in plans[:3]] == ["", "survey.keys.keyed", ""]
    assert all(one.note for one in plans[3:]) and "literal-secret" not in repr(plans)
    (unkeyed,) = ask.plan([("keyed", A)])
    assert "no key: set survey.keys.keyed" in unkeyed.note


# When to ask again.


def told(after):
    return Reply(request=Request(host=""), body=b"", time=NOW, headers=(("retry-after", after),))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("Fri, 20 Nov 2026 12:01:00 GMT", 60.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("Friday, 20-Nov-26 12:00:30 GMT", 30.0),
        ("", None),
        ("-5", None),
        ("1e3", None),
        ("soon", None),
        ("٣", None),
        ("9" * 40, None),
        ("Fri, 99 Nov 2026 99:00:00 GMT", None),
    ],
)
def test_retry_after(said, seconds):
    assert pace.asked_wait(told(said)) == seconds


@given(st.text(max_size=40))
def test_retry_after_never_breaks(said):
    found = pace.asked_wait(told(said))
    assert found is None or found >= 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 5)), max_size=30), st.floats(0.1, 3))
def test_turns_are_never_closer_than_the_pace(moves, slower):
    now, turns = [0.0], {"a": [], "b": []}

    def sleep(seconds):
        assert seconds > 0
        now[0] += seconds

    keeper = pace.Pace(slower, lambda: now[0], sleep)
    for host, passes in moves:
        now[0] += passes
        keeper.turn(host, 2.0)
        turns[host].append(now[0])
    for times in turns.values():
        assert all(b - a >= 2.0 * max(slower, 1.0) - 1e-6 for a, b in itertools.pairwise(times))
