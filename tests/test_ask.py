"""The network door against real servers on loopback: statuses, pace, tries, limits, redirects, addresses."""

from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest

import survey_servers as servers
import tls_samples
from glasshouse import parse
from glasshouse.asking import Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.observed import DnsRecord
from glasshouse.records import Trouble
from glasshouse.settings import Survey
from glasshouse.survey import ask
from glasshouse.survey.pace import Limits

NOW = parse.time("2026-11-20T12:00:00Z")
SUBJECT = Subject("domain", "example.test")
KEY = "planted:Sekret/+ 9%"
QUICK = Limits(first_byte=0.5, reply=1.0, connect=2.0, body=1_000_000, dns=0.3, whois=10_000)
http = servers.http


class Clock:
    """Seconds that pass only by sleeping."""

    def __init__(self):
        self.seconds, self.slept = 0.0, []

    def tick(self):
        return self.seconds

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.seconds += seconds


def read(subject, reply):
    """Facts from ``{"names": [...]}``; what else the words say, as collectors do."""
    if reply.status == 404:
        return
    value = parse.document(reply.body)
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    if "quota" in value:
        raise ReadError(f"no credits are left: {value['quota']}", "probe", "buy some")
    for one in value.get("names", ()):
        if isinstance(one, str):
            yield DnsRecord(name=one, type="A", data="192.0.2.1")
        else:
            yield Trouble("probe", None, "a name is no text")


def pages(subject, after):
    """The next page that a reply names; the first one first."""
    if after is None:
        return Request(host="api.probe.test", path="/names", query=(("q", subject.value), ("key", "${key}")))
    value = parse.document(after.body) if after.status == 200 else {}
    further = value.get("next") if isinstance(value, dict) else None
    if not isinstance(further, str):
        return None
    host, _, path = further.partition("/")
    return Request(host=host or "api.probe.test", path=f"/{path}", query=(("key", "${key}"),) * (not host))


def leaf(**said):
    plain = {
        "TITLE": "probe",
        "TECHNIQUE": "T1596",
        "DATABASE": "probe",
        "SUBJECTS": ("domain",),
        "HOSTS": ("api.probe.test",),
        "REFERRALS": 0,
        "KEY": "a key",
        "OPTIONAL_KEY": True,
        "PACE": 1.0,
        "EMPTY": (404,),
        "LIVE": False,
        "ask": pages,
        "read": read,
        "detect": lambda _head, _name: 0,
    }
    return SimpleNamespace(**{**plain, **said})


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return tls_samples.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def asking(tls, monkeypatch):
    """Ask a probe whose provider is the application given; the door, its clock and what it recorded."""

    def run(app, subjects=(SUBJECT,), collector=None, key=None, limits=QUICK, context=None, **settings):
        probe = collector or leaf()
        monkeypatch.setattr(ask, "collectors", lambda: {"probe": probe})
        clock, records, told = Clock(), [], []
        if key is not None:
            monkeypatch.setenv("PROBE_KEY", key)
            settings["keys"] = {"probe": "${env:PROBE_KEY}"}
        with servers.https(app, context or tls.server()) as served:
            said = {"endpoints": {"probe": served.url}, "ca": str(tls.authority), **settings}
            door = ask.Door(
                Survey(**said),
                say=told.append,
                now=lambda: NOW,
                record=records.append,
                limits=limits,
                tick=clock.tick,
                sleep=clock.sleep,
                jitter=lambda: 0.5,
            )
            answers = list(ask.answers(door, [("probe", one) for one in subjects]))
        return SimpleNamespace(
            answers=answers, one=answers[0], asked=served.asked, clock=clock, records=records, told=told
        )

    return run


def names(answer):
    return [fact.name for _, fact in answer.facts]


def scripted(*replies):
    """An application that gives one reply after another, the last again and again."""
    left = list(replies)
    return lambda _asked: left.pop(0) if len(left) > 1 else left[0]


GOOD = http('{"names": ["www.example.test"]}')


def test_a_whole_answer(asking, tls):
    got = asking(lambda _asked: GOOD, contact="survey@example.test")
    assert got.one.status == "complete" and got.one.reason == "" and names(got.one) == ["www.example.test"]
    assert got.one.requests == 1 and got.one.database == "probe" and got.one.time == NOW
    (asked,) = got.asked
    assert asked.path == "/names" and "q=example.test" in asked.target and "key=" not in asked.target
    assert asked.headers["user-agent"].startswith("glasshouse/")
    assert "(+survey@example.test)" in asked.headers["user-agent"]
    assert asked.headers["x-forwarded-host"] == "api.probe.test"


def test_nothing_known_and_nothing_learnt_differ(asking):
    assert asking(lambda _: http('{"names": []}')).one.status == "complete"
    assert asking(lambda _: http('{"error": "not known"}', 404)).one.status == "complete"
    web_page = asking(lambda _: http("<html>moved</html>", 404)).one
    assert (web_page.status, web_page.facts) == ("failed", ()) and "web page" in web_page.reason


@pytest.mark.parametrize(
    ("reply", "status", "reason"),
    [
        (http("{}", 401), "refused", "key is missing"),
        (http("{}", 402), "refused", "credits"),
        (http("{}", 403), "refused", "access is denied"),
        (http("{}", 400), "failed", "answers 400"),
        (http("{}", 410), "failed", "answers 410"),
        (http("{}", 301), "failed", "redirects"),
        (http('{"quota": "none"}'), "refused", "no credits are left: none; buy some"),
        (http("<html>"), "failed", "not JSON"),
        (http("[1]"), "failed", "not a JSON object"),
        (http('{"names": [1]}'), "partial", "1 not read: a name is no text"),
        (http("[" * 100_000), "failed", "not JSON"),
        (http('{"names": ["a.example.test"]}', length=900), "failed", "breaks off"),
        (b"HTTP/9 what\r\n\r\n", "failed", "no HTTP"),
        (b"", "failed", "breaks off"),
        (http(b"x" * 1_000_001), "failed", "larger than 1,000,000 bytes"),
        (http(gzip.compress(b"x" * 1_000_001), Content_Encoding="gzip"), "failed", "larger than 1,000,000"),
        (http(gzip.compress(b'{"names": []}')[:-9], Content_Encoding="gzip"), "failed", "ends too early"),
        (http(b"not gzip at all", Content_Encoding="gzip"), "failed", "packed wrongly"),
        (http(b"{}", Content_Encoding="br"), "failed", "was not asked for"),
    ],
)
def test_how_it_went(asking, reply, status, reason):
    got = asking(lambda _: reply)
    assert got.one.status == status, got.one
    assert reason in got.one.reason
    assert got.one.facts == ()


def test_a_packed_reply_is_unpacked(asking):
    packed = gzip.compress(b'{"names": ["www.example.test"]}')
    assert names(asking(lambda _: http(packed, Content_Encoding="gzip")).one) == ["www.example.test"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_is_tried_again_with_growing_pauses(asking, status):
    got = asking(scripted(http("", status), http("", status), http("", status), GOOD))
    assert got.one.status == "complete" and got.one.requests == 4
    assert [one for one in got.clock.slept if one > 0] == [1.0, 2.0, 4.0]
    got = asking(scripted(http("", status)))
    assert got.one.status == ("refused" if status == 429 else "failed") and str(status) in got.one.reason
    assert len(got.asked) == 4


def test_waits_as_long_as_it_is_told(asking):
    got = asking(scripted(http("", 429, Retry_After="30"), GOOD))
    assert got.one.status == "complete" and 30 <= sum(got.clock.slept) < 31
    assert any("waits 30 s" in one or "waits 31 s" in one for one in got.told)
    later = format_datetime(datetime.fromtimestamp(NOW / 1e6, UTC) + timedelta(seconds=90), usegmt=True)
    got = asking(scripted(http("", 503, Retry_After=later), GOOD))
    assert got.one.status == "complete" and 90 <= sum(got.clock.slept) < 91


@pytest.mark.parametrize("status", [429, 503])
def test_is_not_waited_for_too_long_and_then_left_alone(asking, status):
    others = (SUBJECT, Subject("domain", "example.com"))
    got = asking(lambda _: http("", status, Retry_After="3600"), subjects=others)
    assert [one.status for one in got.answers] == ["refused", "refused"]
    assert "asks to wait 3,600 s" in got.answers[0].reason and "not asked again" in got.answers[1].reason
    assert len(got.asked) == 1 and sum(got.clock.slept) == 0


def test_a_wrong_key_is_shown_once(asking):
    got = asking(lambda _: http("", 401), subjects=(SUBJECT, Subject("domain", "example.com")), key=KEY)
    assert [one.status for one in got.answers] == ["refused", "refused"] and len(got.asked) == 1


def test_pace_between_requests(asking):
    three = [Subject("domain", f"{n}.example.test") for n in range(3)]
    assert asking(lambda _: GOOD, subjects=three).clock.seconds == 2.0
    assert asking(lambda _: GOOD, subjects=three, slower=3.0).clock.seconds == 6.0


def test_the_budget_ends(asking):
    three = [Subject("domain", f"{n}.example.test") for n in range(3)]
    got = asking(lambda _: GOOD, subjects=three, budget=2)
    assert [one.status for one in got.answers] == ["complete", "complete", "skipped"]
    assert "budget of 2 requests" in got.answers[2].reason and len(got.asked) == 2


def test_pages_are_followed_and_what_was_got_is_kept(asking):
    first = http('{"names": ["a.example.test"], "next": "/2"}')
    got = asking(scripted(first, http('{"names": ["b.example.test"]}')))
    assert got.one.status == "complete" and names(got.one) == ["a.example.test", "b.example.test"]
    assert len({digest for digest, _ in got.one.facts}) == 2
    for second in (http("", 400), http("", 403), http("<html>"), http('{"quota": "0"}')):
        got = asking(scripted(first, second))
        assert got.one.status == "partial" and names(got.one) == ["a.example.test"] and got.one.reason


def test_pages_end(asking):
    got = asking(lambda _: http('{"names": ["a.example.test"], "next": "/2"}'))
    assert got.one.status == "partial" and "more than 100 requests" in got.one.reason
    assert len(got.asked) == 100


@pytest.mark.parametrize(
    "said",
    [http("{}" + " " * 500), b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200],
    ids=["head and body", "endless head"],
)
def test_a_slow_drip_ends(asking, said):
    start = time.monotonic()
    got = asking(lambda _: servers.drip(said))
    assert got.one.status == "failed" and "took longer than 1 s" in got.one.reason
    assert time.monotonic() - start < 4 and len(got.asked) == 1


def test_silence_ends_and_a_dead_host_is_left_alone(asking):
    def silent(_asked):
        time.sleep(0.4)
        yield b""

    many = [Subject("domain", f"{n}.example.test") for n in range(5)]
    limits = Limits(first_byte=0.1, reply=2, connect=1, retries=0)
    got = asking(silent, subjects=many, limits=limits)
    assert {one.status for one in got.answers} == {"failed"} and "no answer in" in got.one.reason
    assert len(got.asked) == 3 and "failed 3 times" in got.answers[4].reason


# Where it may go.


def test_same_host_redirects_are_followed_three_times(asking):
    hops = {"/names": "/1", "/1": "https://api.probe.test/2?x=1", "/2": "/3"}

    def app(asked):
        return http("", 302, Location=hops[asked.path]) if asked.path in hops else GOOD

    got = asking(app)
    assert got.one.status == "complete" and [one.path for one in got.asked] == ["/names", "/1", "/2", "/3"]
    got = asking(lambda _: http("", 302, Location="/names"))
    assert got.one.status == "failed" and len(got.asked) == 4


@pytest.mark.parametrize(
    "to",
    [
        "https://other.test/",
        "http://api.probe.test/x",
        "https://169.254.169.254/latest/",
        "//other.test/x",
        "https://api.probe.test:8443/x",
        "https://api.probe.test@other.test/",
        "https://api.probe.test.other.test/",
        "ftp://api.probe.test/",
        "https://[::1]/",
        "https://[bad",
        "/x\\y",
    ],
)
def test_other_redirects_are_not_followed(asking, to):
    got = asking(lambda _: http("", 302, Location=to), key=KEY)
    assert got.one.status == "failed" and "redirects" in got.one.reason
    assert len(got.asked) == 1


def referred(depth):
    def ask_further(subject, after):
        request = pages(subject, after)
        return request and Request(host=request.host, path=request.path)

    return leaf(REFERRALS=depth, ask=ask_further)


def test_referrals_only_as_replies_name_them(asking):
    one = http('{"next": "one.test/a"}')
    two = http('{"next": "two.test/b"}')
    assert asking(scripted(one, GOOD), collector=referred(1)).one.status == "complete"
    assert asking(scripted(one, two, GOOD), collector=referred(2)).one.status == "complete"
    deep = asking(scripted(one, two, GOOD), collector=referred(1))
    assert deep.one.status == "failed" and "no reply named the host two.test" in deep.one.reason
    assert len(deep.asked) == 2
    none = asking(scripted(one, GOOD), collector=referred(0))
    assert none.one.status == "failed" and len(none.asked) == 1
    unnamed = leaf(
        REFERRALS=2, ask=lambda s, after: Request(host="elsewhere.test" if after else "api.probe.test")
    )
    assert "no reply named" in asking(lambda _: GOOD, collector=unnamed).one.reason


def test_a_referral_by_redirect_is_followed_without_the_key(asking):
    def app(asked):
        return http("", 302, Location="https://one.test/a") if asked.path == "/names" else GOOD

    got = asking(app, collector=leaf(REFERRALS=1), key=KEY)
    assert got.one.status == "complete" and len(got.asked) == 2
    assert got.asked[1].headers["x-forwarded-host"] == "one.test" and "Sekret" not in str(got.asked[1])


def test_the_key_is_not_for_referrals(asking):
    steps = leaf(
        REFERRALS=1,
        ask=lambda s, after: Request(
            host="one.test" if after else "api.probe.test", headers=(("authorization", "Bearer ${key}"),)
        ),
    )
    got = asking(lambda _: http('{"see": "one.test"}'), collector=steps, key=KEY)
    assert got.one.status == "failed" and "not for other hosts" in got.one.reason and len(got.asked) == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.0.8",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001::1",
        "fec0::1",
        "no address",
    ],
)
def test_no_private_destination(monkeypatch, address):
    monkeypatch.setattr(ask, "collectors", lambda: {"probe": leaf()})
    monkeypatch.setattr(ask.httpx, "Client", lambda **_: pytest.fail("a connection was tried"))
    for found in ([address], ["8.8.8.8", address]):
        door = ask.Door(Survey(), resolve=lambda _name, found=found: found, sleep=lambda _: None)
        (answer,) = ask.answers(door, [("probe", SUBJECT)])
        assert answer.status == "failed" and "no " in answer.reason and "address" in answer.reason


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1", "64:ff9b::808:808"])
def test_public_addresses_are_connected_to_as_checked(monkeypatch, address):
    """The name is asked for once; the connection goes to the address, TLS and Host to the name."""
    monkeypatch.setattr(ask, "collectors", lambda: {"probe": leaf()})
    seen, resolved = [], []

    class Client:
        def __init__(self, **said):
            seen.append(said)

        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda self, *_: None  # noqa: E731

        def build_request(self, method, url, **said):
            seen.append({"url": str(url), **said})

        def send(self, *_said, **_more):
            raise ask.httpx.ConnectError("no network in tests")

    monkeypatch.setattr(ask.httpx, "Client", Client)
    door = ask.Door(Survey(), resolve=lambda name: resolved.append(name) or [address], sleep=lambda _: None)
    (answer,) = ask.answers(door, [("probe", SUBJECT)])
    assert answer.status == "failed" and resolved == ["api.probe.test"]
    assert address in seen[1]["url"] and seen[1]["headers"]["host"] == "api.probe.test"
    assert seen[1]["extensions"]["sni_hostname"] == "api.probe.test"
    assert seen[0]["trust_env"] is False


def test_tls_is_verified_by_name(monkeypatch, tls):
    monkeypatch.setattr(ask, "collectors", lambda: {"probe": leaf()})
    port_of = []

    def app(asked):
        return GOOD

    with servers.https(app, tls.server()) as served:
        for ca, name, good in (
            (str(tls.authority), "localhost", True),
            (str(tls.authority), "127.0.0.1", True),
            ("", "localhost", False),
        ):
            door = ask.Door(
                Survey(endpoints={"probe": f"https://{name}:{served.port}"}, ca=ca), sleep=lambda _: None
            )
            (answer,) = ask.answers(door, [("probe", SUBJECT)])
            assert (answer.status == "complete") is good, answer
            port_of.append(answer.reason)
        assert served.asked[0].sni == "localhost"
        assert "certificate is not trusted" in port_of[2]
        wrong = Survey(endpoints={"probe": f"https://wrong.test:{served.port}"}, ca=str(tls.authority))
        door = ask.Door(wrong, resolve=lambda _: ["127.0.0.1"], sleep=lambda _: None)
        (answer,) = ask.answers(door, [("probe", SUBJECT)])
        assert answer.status == "failed" and "certificate" in answer.reason and answer.requests == 1
