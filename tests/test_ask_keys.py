"""A planted key in, everything the door gives out: the key is nowhere, whatever goes wrong."""

from __future__ import annotations

import base64
import json
import logging
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

import survey_servers as servers
import tls_samples
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.observed import DnsRecord
from glasshouse.records import Trouble
from glasshouse.settings import Survey
from glasshouse.survey import ask, keys, recording
from glasshouse.survey.pace import Limits

SUBJECT = Subject("domain", "example.test")
KEY = 'planteduser:S3kr/et+ 9%"<&key'
PARTS = ("S3kr", "planteduser", "cGxhbnRlZHVzZXI", "S3kr%2Fet", "S3kr/et")
QUICK = Limits(first_byte=0.5, reply=1.0, connect=2.0, body=1_000_000, retries=1)
http = servers.http


def everywhere(subject, after):
    return (
        after is None
        and Request(
            host="api.probe.test",
            path="/search",
            method="POST",
            query=(("key", "${key}"), ("q", subject.value)),
            headers=(
                ("x-key", "${key}"),
                ("x-user", "${user}"),
                ("x-word", "${password}"),
                ("x-none", "${none}"),
                ("authorization", "Basic ${basic}"),
            ),
            body='{"key": "${key}"}',
        )
    ) or None


def echoing(subject, reply):
    """Worst of collectors: every byte of the reply goes into a fact, a trouble and an error."""
    text = reply.body.decode("utf-8", "replace") + repr(reply.headers)
    yield DnsRecord(name=text, type="A", data="192.0.2.1")
    yield Trouble(text, None, text, text)
    if "fail" in text:
        raise ReadError(text, text, text)
    if "wrong" in text:
        raise Malformed(text)


def leaf(**said):
    plain = {
        "TITLE": "probe",
        "TECHNIQUE": "T1596",
        "DATABASE": "probe",
        "SUBJECTS": ("domain",),
        "HOSTS": ("api.probe.test",),
        "REFERRALS": 0,
        "KEY": "a key",
        "OPTIONAL_KEY": False,
        "PACE": 1.0,
        "EMPTY": (),
        "LIVE": False,
        "ask": everywhere,
        "read": echoing,
        "detect": lambda _head, _name: 0,
    }
    return SimpleNamespace(**{**plain, **said})


def echo(word, status=200):
    def app(asked):
        user, _, password = KEY.partition(":")
        spelt = [KEY, quote(KEY), quote(KEY, safe=""), quote_plus(KEY), json.dumps(KEY), password, user]
        spelt += [base64.b64encode(KEY.encode()).decode(), KEY.replace("/", "\\/"), KEY.upper()]
        text = f"{word} {asked.target} {asked.headers} {asked.body.decode()} {' '.join(spelt)}"
        return http(
            text,
            status,
            X_Echo=quote(KEY),
            Location=f"https://x.test/?k={quote(KEY, safe='')}",
            Set_Cookie=f"k={quote(KEY, safe='')}",
        )

    return app


def broken(_asked):
    return http(b"x" * 50, length=500)


CASES = {
    "good": echo("good"),
    "fails": echo("fail"),
    "malformed": echo("wrong"),
    "401": echo("", 401),
    "403": echo("", 403),
    "400": echo("", 400),
    "500": echo("", 500),
    "302": echo("", 302),
    "broken": broken,
    "large": lambda _: http(b"x" * 1_000_001),
    "silent": lambda _: servers.drip(b"x" * 50),
}


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return tls_samples.make(tmp_path_factory.mktemp("tls"))


def ask_once(probe, survey, monkeypatch):
    monkeypatch.setattr(ask, "collectors", lambda: {"probe": probe})
    told, lines = [], []
    door = ask.Door(
        survey,
        say=told.append,
        sleep=lambda _: None,
        limits=QUICK,
        record=lambda one: lines.append(recording.line(one)),
    )
    (answer,) = ask.answers(door, [("probe", SUBJECT)])
    plans = list(ask.plan([("probe", SUBJECT)], survey))
    return answer, f"{answer!r} {told} {b''.join(lines).decode()} {plans!r} {door!r} {vars(door.run.pace)}"


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("how", ["env", "file", "literal"])
def test_a_key_is_sent_and_never_seen(case, how, tls, monkeypatch, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    for name in logging.root.manager.loggerDict:
        if name.startswith(("httpx", "httpcore")):
            caplog.set_level(logging.DEBUG, name)
    monkeypatch.setenv("PROBE_KEY", KEY)
    (tmp_path / "key").write_text(KEY + "\n")
    said = {"env": "${env:PROBE_KEY}", "file": f"${{file:{tmp_path / 'key'}}}", "literal": KEY}[how]
    with servers.https(CASES[case], tls.server()) as served:
        survey = Survey(keys={"probe": said}, endpoints={"probe": served.url}, ca=str(tls.authority))
        answer, outputs = ask_once(leaf(), survey, monkeypatch)
        asked = served.asked[0]
    user, _, password = KEY.partition(":")
    assert asked.headers["x-key"] == KEY and asked.headers["x-user"] == user
    assert asked.headers["x-word"] == password and asked.headers["x-none"] == "${none}"
    assert base64.b64decode(asked.headers["authorization"].split()[1]).decode() == KEY
    assert f"key={quote_plus(KEY)}" in asked.target and asked.body.decode() == f'{{"key": "{KEY}"}}'
    assert (answer.status == "partial") is (case in ("good", "fails", "malformed"))
    assert answer.reason
    for part in PARTS:
        assert part.lower() not in outputs.lower(), part
        assert part.lower() not in caplog.text.lower()
    assert "set-cookie" not in outputs.lower()


@pytest.mark.parametrize("problem", ["nobody listens", "no certificate", "no address", "breaks"])
def test_nor_when_nobody_can_be_asked(problem, tls, monkeypatch):
    def breaks(_subject, _reply):
        raise KeyError(KEY)

    with servers.https(echo(""), tls.server()) as served:
        place = {
            "nobody listens": f"https://127.0.0.1:{servers.free_port()}",
            "no address": "https://x.invalid",
        }
        survey = Survey(
            keys={"probe": KEY},
            endpoints={"probe": place.get(problem, served.url)},
            ca=str(tls.authority) if problem != "no certificate" else "",
        )
        answer, outputs = ask_once(leaf(read=breaks), survey, monkeypatch)
    assert answer.status == "failed" and answer.reason
    assert not any(part.lower() in outputs.lower() for part in PARTS)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (None, "no key: set survey.keys.probe (a key)"),
        ("", "no key"),
        ("${env:NO_SUCH_VARIABLE}", "no key: no variable NO_SUCH_VARIABLE"),
        ("${file:/no/such/file}", "no key: the secret in"),
        ("abc", "too short"),
    ],
)
def test_without_a_key_nothing_is_asked(said, reason, monkeypatch):
    survey = Survey(keys={} if said is None else {"probe": said})
    answer, _ = ask_once(leaf(), survey, monkeypatch)
    assert (answer.status, answer.requests) == ("skipped", 0) and reason in answer.reason


def test_a_key_that_breaks_out_of_its_header_is_not_sent(monkeypatch):
    for key in ("key\r\nX-Evil: 1", "schlüssel", "key\x00"):
        answer, outputs = ask_once(leaf(), Survey(keys={"probe": key}), monkeypatch)
        assert answer.status == "refused" and answer.requests == 0 and key not in outputs


def test_a_header_that_stays_empty_is_not_sent():
    request = Request(host="x.test", headers=(("a", "${user}"), ("b", "${password}")))
    assert keys.filled(request, keys.Key("wholekey")).headers == (("a", "wholekey"),)


@given(st.text(min_size=4, max_size=40), st.binary(max_size=80))
def test_a_scrubbed_reply_holds_no_key(value, around):
    key = keys.Key(value)
    for spelt in (
        value,
        quote(value),
        json.dumps(value),
        base64.b64encode(value.encode("utf-8", "replace")).decode(),
    ):
        if "\ud800" <= max(value) <= "\udfff":
            return
        body = around + spelt.encode() + around
        reply = keys.scrubbed(Reply(request=Request(host=""), body=body, time=0), key)
        left = reply.body.decode("utf-8", "surrogateescape").replace("${key}", "")
        assert value not in left or value in "${key}"
    assert value not in repr(key)
