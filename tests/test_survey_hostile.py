"""Every collector through the door, against servers that fail and lie: an honest status, no exception."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import dns.flags
import dns.message
import dns.rcode
import pytest

import survey_samples as samples
import survey_servers as servers
import tls_samples
from glasshouse.asking import Subject
from glasshouse.leaf import collectors
from glasshouse.settings import Survey
from glasshouse.survey import ask
from glasshouse.survey.pace import MIB, Limits

http = servers.http
FAST = Limits(body=200_000, whois=20_000, dns=0.05, dns_tries=1, requests=30)
SLOW = {"first_byte": 0.25, "reply": 0.25}
DEEP = b'{"a":' * 5_000 + b"[" * 5_000
HTML = "<!DOCTYPE html><html><body>Just a moment ...</body></html>"


def conversations(name):
    return [folder for folder in samples.conversations() if folder.parent.name == name]


def first_request(name):
    """The subject of an example and what is asked first about it; None for what is only imported."""
    for folder in conversations(name):
        subject = Subject(**samples.conversation(folder)["subject"])
        request = collectors()[name].ask(subject, None)
        if request is not None:
            return subject, request
    return None


ASKING = {name: first_request(name) for name in collectors()}
OVER = {
    kind: [name for name, said in ASKING.items() if said and said[1].transport == kind]
    for kind in ("https", "whois", "dns")
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The servers, whose behaviour each test sets, and a way to ask them."""
    tls = tls_samples.make(tmp_path_factory.mktemp("tls"))
    now = SimpleNamespace(https=None, whois=None, dns=None, slept=0.0)
    with (
        servers.https(lambda asked: now.https(asked), tls.server()) as web,
        servers.whois(lambda line: now.whois(line)) as lines,
        servers.broken_dns(lambda data: now.dns(data)) as names,
    ):
        web.asked = lines.asked = names.asked = SimpleNamespace(append=lambda _: None)

        def run(name, **limits):
            subject, request = ASKING[name]
            near = names if request.transport in ("dns", "axfr") else lines
            survey = Survey(
                endpoints={name: f"{web.url} {near.place}"},
                ca=str(tls.authority),
                keys={name: "a key:of ours"},
                slower=0.0,
            )

            def sleep(seconds):
                now.slept += seconds

            chosen = Limits(**{**{one: getattr(FAST, one) for one in FAST.__slots__}, **limits})
            start, now.slept = time.monotonic(), 0.0
            door = ask.Door(survey, sleep=sleep, limits=chosen)
            (answer,) = ask.answers(door, [(name, subject)])
            assert time.monotonic() - start < 10
            assert (answer.reason == "") is (answer.status == "complete"), answer
            assert "of ours" not in repr(answer)
            assert "broke (" not in answer.reason, f"{name} broke: {answer.reason}"
            return answer

        now.run = run
        yield now


def test_every_kind_of_collector_is_there():
    assert all(OVER.values()) and len(OVER["https"]) > 5


def test_what_is_only_imported_asks_nothing():
    for name in [name for name, said in ASKING.items() if said is None]:
        kind = (collectors()[name].SUBJECTS or ("reference",))[0]
        value = {"ip": "192.0.2.1", "cidr": "192.0.2.0/24", "reference": ""}.get(kind, "example.test")
        (answer,) = ask.answers(ask.Door(Survey()), [(name, Subject(kind, value))])
        assert answer.status == "skipped" and answer.reason


FAILING = {
    "429": (lambda _: http("", 429, Retry_After="2"), "refused", "asks to wait 2 s"),
    "429 for long": (lambda _: http("", 429, Retry_After="9999"), "refused", "asks to wait 9,999 s"),
    "401": (lambda _: http("{}", 401), "refused", "401"),
    "403": (lambda _: http("{}", 403), "refused", "403"),
    "500": (lambda _: http("{}", 500), "failed", "500"),
    "503 page": (lambda _: http(HTML, 503), "failed", "503"),
    "404 page": (lambda _: http(HTML, 404), "failed", "404"),
    "truncated": (lambda _: http("[{}]", length=999), "failed", "breaks off"),
    "no HTTP": (lambda _: b"\x00\xff" * 100, "failed", "no HTTP"),
    "large": (lambda _: http(b"[" + b"1," * 150_000 + b"1]"), "failed", "larger than"),
    "other host": (lambda _: http("", 302, Location="https://elsewhere.test:444/"), "failed", "redirects"),
    "plain": (lambda _: http("", 301, Location="http://elsewhere.test/"), "failed", "redirects"),
    "metadata": (lambda _: http("", 302, Location="http://169.254.169.254/latest/"), "failed", "redirects"),
    "loop": (lambda _: http("", 302, Location="/again"), "failed", "redirects"),
}


@pytest.mark.parametrize("case", FAILING)
@pytest.mark.parametrize("name", OVER["https"])
def test_failures_are_told(world, name, case):
    world.https, status, reason = FAILING[case]
    answer = world.run(name)
    assert (answer.status, answer.facts) == (status, ()), answer
    assert reason in answer.reason
    again = ("429", "500", "503 page", "truncated", "no HTTP")
    loop = case == "loop" and ASKING[name][1].method == "GET"
    assert answer.requests == (4 if case in again or loop else 1)
    assert world.slept < 15


@pytest.mark.parametrize("name", OVER["https"])
def test_a_slow_drip_is_not_waited_for(world, name):
    world.https = lambda _: servers.drip(http("[]" + " " * 200), every=0.02)
    answer = world.run(name, **SLOW)
    assert (answer.status, answer.facts) == ("failed", ()) and "took longer" in answer.reason


NO_REPLY = {
    "page": HTML,
    "deep": DEEP,
    "null": "null",
    "number": "7",
    "text": '"nothing"',
    "half": '{"data": [{"',
    "binary": b"\x00\x01\xfe\xff" * 50,
    "false": "false",
    "other": '{"message": "maintenance"}',
    "numbers": "[1, 2]",
    "nothing": "",
    "empty object": "{}",
    "strange": '{"data": 7, "result": "x", "results": null, "records": {}}',
    "error": '{"error": "something went wrong"}',
}


TRULY_NOTHING = {("circl-pdns", "nothing")}  # its way of saying that it knows no record


@pytest.mark.parametrize("case", NO_REPLY)
@pytest.mark.parametrize("name", OVER["https"])
def test_what_is_no_reply_is_not_taken_for_nothing(world, name, case):
    world.https = lambda _: http(NO_REPLY[case])
    answer = world.run(name)
    assert (answer.status != "complete" or (name, case) in TRULY_NOTHING) and answer.facts == (), answer


def spoilt(value, put):
    """The same JSON with every value that is no container replaced."""
    if isinstance(value, dict):
        return {name: spoilt(one, put) for name, one in value.items()}
    return [spoilt(one, put) for one in value] if isinstance(value, list) else put


@pytest.mark.parametrize("put", [None, 7, "x", [], {}, True, -(10**30), "\x1b[2J\u202e\x00"], ids=repr)
@pytest.mark.parametrize("name", OVER["https"])
def test_spoilt_replies(world, name, put):
    """Good replies with every value replaced: whatever is still read, an answer without facts says why."""
    bodies = []
    for folder in conversations(name):
        said = samples.conversation(folder)
        for step in said["steps"]:
            file = folder / step["reply"] if step.get("reply") else None
            if file and file.suffix == ".json" and step.get("status", 200) == 200:
                try:
                    bodies.append(json.loads(file.read_bytes()))
                except ValueError:
                    continue
    for body in [one for one in bodies if one not in ([], {})][:4]:
        damaged = json.dumps(spoilt(body, put))
        world.https = lambda _, damaged=damaged: http(damaged)
        world.run(name)


def test_a_reply_of_forty_megabytes(world):
    world.https = lambda _: http(b"[" + b" " * (40 * MIB) + b"]")
    answer = world.run(OVER["https"][0], body=Limits().body, reply=20.0, first_byte=10.0)
    assert answer.status == "failed" and f"{32 * MIB:,}" in answer.reason


WHOIS = {
    "nothing": lambda _: b"",
    "large": lambda _: b"x: y\r\n" * 5_000,
    "drip": lambda _: servers.drip(b"domain: example.test\r\n" * 20, every=0.02),
    "page": lambda _: HTML.encode(),
    "binary": lambda _: bytes(range(256)) * 4,
    "limit": lambda _: b"% Query rate limit exceeded, try again later\r\n",
    "blanks": lambda _: b"\r\n" * 40,
    "refers to itself": lambda _: b"refer: whois.iana.org\r\n",
    "refers inwards": lambda _: b"refer: 169.254.169.254\r\nwhois: localhost\r\n",
}


@pytest.mark.parametrize("case", WHOIS)
@pytest.mark.parametrize("name", OVER["whois"])
def test_whois_that_says_nothing(world, name, case):
    world.whois = WHOIS[case]
    answer = world.run(name, **(SLOW if case == "drip" else {}))
    assert answer.status in ("failed", "refused", "partial") and answer.facts == (), answer


def dns_answer(rcode=0, **flags):
    def app(data):
        reply = dns.message.make_response(dns.message.from_wire(data))
        reply.set_rcode(rcode)
        return reply.to_wire()

    return app


DNS = {
    "silence": lambda _: None,
    "junk": lambda _: b"\xff" * 30,
    "cut": lambda data: data[:9],
    "refused": dns_answer(dns.rcode.REFUSED),
    "not implemented": dns_answer(dns.rcode.NOTIMP),
    "echo": lambda data: data,
}


@pytest.mark.parametrize("case", DNS)
@pytest.mark.parametrize("name", OVER["dns"])
def test_a_resolver_that_does_not_answer(world, name, case):
    world.dns = DNS[case]
    answer = world.run(name)
    assert answer.status != "complete", answer
