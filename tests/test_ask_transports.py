"""WHOIS on a port, a real BIND and broken name servers asked through the door; what is not sent at all."""

from __future__ import annotations

import json
import struct
import time
from types import SimpleNamespace

import dns.flags
import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

import survey_servers as servers
from glasshouse import masterfile
from glasshouse.asking import Request, Subject
from glasshouse.observed import DnsRecord
from glasshouse.settings import Survey
from glasshouse.survey import ask, guard
from glasshouse.survey.pace import Limits

SUBJECT = Subject("domain", "example.test")
QUICK = Limits(first_byte=0.5, reply=1.0, connect=2.0, whois=10_000, dns=0.2, dns_tries=2, retries=1)
ZONE = """$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
@ IN MX 10 mail
@ IN TXT "v=spf1 -all" "and more; text"
ns1 IN A 192.0.2.53
www IN AAAA 2001:db8::80
mail IN A 192.0.2.25
long IN TXT {}
""".format(" ".join(f'"{str(n) * 200}"' for n in range(9)))


def leaf(requests, replies, **said):
    """A collector of fixed requests, which keeps the replies it gets."""

    def ask_next(_subject, after):
        asked = len(replies)
        return requests[asked] if asked < len(requests) else None

    def read(_subject, reply):
        replies.append(reply)
        yield DnsRecord(name="x.test", type="A", data=str(len(replies)))

    plain = {
        "TITLE": "probe",
        "TECHNIQUE": "T1596",
        "DATABASE": "probe",
        "SUBJECTS": ("domain",),
        "HOSTS": ("", "server.test"),
        "REFERRALS": 0,
        "KEY": "",
        "OPTIONAL_KEY": False,
        "PACE": 0.0,
        "EMPTY": (),
        "LIVE": False,
        "detect": lambda _head, _name: 0,
    }
    return SimpleNamespace(**{**plain, "ask": ask_next, "read": read, **said})


def asked(monkeypatch, requests, place, limits=QUICK, resolve=None, said=None, **leaf_said):
    replies = []
    monkeypatch.setattr(ask, "collectors", lambda: {"probe": leaf(requests, replies, **leaf_said)})
    survey = Survey(**({"endpoints": {"probe": place}} if said is None else said))
    more = {"resolve": resolve} if resolve else {}
    door = ask.Door(survey, sleep=lambda _: None, limits=limits, **more)
    (answer,) = ask.answers(door, [("probe", SUBJECT)])
    return answer, replies


def line(path, **said):
    return Request(host="server.test", path=path, transport="whois", **said)


# WHOIS


def test_whois_one_line_and_everything_until_the_end(monkeypatch):
    with servers.whois(lambda text: [b"domain: ", text.encode(), b"\r\nn\xe4me: x\r\n"]) as served:
        answer, (reply,) = asked(monkeypatch, [line("-T dn,ace example.test")], served.place)
    assert answer.status == "complete" and served.asked == [b"-T dn,ace example.test\r\n"]
    assert reply.body == b"domain: -T dn,ace example.test\r\nn\xe4me: x\r\n" and reply.status == 200


@pytest.mark.parametrize(
    ("app", "reason", "tries"),
    [
        (lambda _: b"", "closed without a word", 2),
        (lambda _: b"x" * 10_001, "larger than 10,000 bytes", 1),
        (lambda _: servers.drip(b"x" * 400), "took longer than 1 s", 1),
        (lambda _: [time.sleep(0.8) or b"late"], "no answer in", 2),
    ],
    ids=["nothing", "large", "drip", "silence"],
)
def test_whois_that_goes_wrong(monkeypatch, app, reason, tries):
    start = time.monotonic()
    with servers.whois(app) as served:
        answer, _ = asked(monkeypatch, [line("example.test")], served.place)
    assert (answer.status, answer.facts) == ("failed", ()) and reason in answer.reason
    assert len(served.asked) == tries and time.monotonic() - start < 4


def test_whois_where_nobody_listens(monkeypatch):
    answer, _ = asked(monkeypatch, [line("x")], f"127.0.0.1:{servers.free_port()}")
    assert answer.status == "failed" and "cannot be reached" in answer.reason


# What is not sent.


@pytest.mark.parametrize(
    "request_",
    [
        line("example.test\r\nother.test"),
        line("example.test\x00"),
        line(""),
        line("x" * 600),
        Request(host="", path="example.test", transport="whois"),
        Request(host="server.test\r\nHost: x", path="/"),
        Request(host="server.test/x", path="/"),
        Request(host="user@server.test", path="/"),
        Request(host="server.test:8080", path="/"),
        Request(host="", path="/"),
        Request(host="server.test", path="/a\r\nX: y"),
        Request(host="server.test", path="x"),
        Request(host="server.test", path="/../x"),
        Request(host="server.test", path="/a?b"),
        Request(host="server.test", query=(("a", "b\nc"),)),
        Request(host="server.test", headers=(("a b", "c"),)),
        Request(host="server.test", headers=(("a", "b\r\nc: d"),)),
        Request(host="server.test", headers=(("Host", "other.test"),)),
        Request(host="server.test", headers=(("Transfer-Encoding", "chunked"),)),
        Request(host="", path="a\nb.test", transport="dns"),
        Request(host="", path="bücher.test", transport="dns"),
        Request(host="", path="x" * 300, transport="dns"),
        Request(host="", path="example.test", transport="dns", query=(("type", "NO SUCH"),)),
        Request(host="", path="a..b", transport="dns"),
    ],
)
def test_requests_that_break_out_are_not_sent(monkeypatch, request_):
    def nobody(*_said, **_more):
        raise AssertionError("something was sent")

    for module, name in (
        (ask.socket, "create_connection"),
        (ask.httpx.Client, "send"),
        (ask.dns.query, "udp"),
    ):
        monkeypatch.setattr(module, name, nobody)
    monkeypatch.setattr(ask.dns.query, "udp_with_fallback", nobody)
    answer, replies = asked(monkeypatch, [request_], "", said={"resolver": "127.0.0.1:1"})
    assert answer.status == "failed" and answer.reason and replies == []


def test_an_international_host_is_written_in_ascii():
    assert guard.host("BÜCHER.example.") == "xn--bcher-kva.example" and guard.host("[::1]") == "::1"
    assert guard.host("a b") is None and guard.host("") is None


@pytest.mark.parametrize(
    ("subject", "right"),
    [
        (Subject("domain", "example.test"), True),
        (Subject("domain", "example.test\r\nX: y"), False),
        (Subject("domain", "../x"), False),
        (Subject("domain", "a/b"), False),
        (Subject("domain", "${key}"), False),
        (Subject("ip", "192.0.2.1"), True),
        (Subject("ip", "192.0.2.1/../x"), False),
        (Subject("cidr", "192.0.2.0/24"), True),
        (Subject("cidr", "192.0.2.0/99"), False),
        (Subject("asn", "AS64500"), True),
        (Subject("asn", "64500; x"), False),
        (Subject("organisation", "Example & Söhne GmbH"), True),
        (Subject("organisation", "Example\nX"), False),
        (Subject("certificate", "ab" * 32), True),
        (Subject("certificate", "zz"), False),
        (Subject("hostname", ""), False),
    ],
)
def test_subjects_are_what_they_say(subject, right):
    one = SimpleNamespace(SUBJECTS=(subject.type,))
    assert (guard.subject(subject, one) == "") is right
    assert "is not asked about" in guard.subject(subject, SimpleNamespace(SUBJECTS=()))


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_request_that_passes_holds_no_line_end(host, path):
    for transport in ("https", "whois", "dns"):
        request = Request(host=host, path=path, transport=transport)
        if not guard.request(request):
            assert not set("\r\n\0") & set(host + path)


# DNS


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    if servers.NAMED is None:
        pytest.skip("named is not installed: apt-get install bind9")
    zones = {"example.test": (ZONE, "any"), "closed.test": (ZONE, "none")}
    with servers.bind9(tmp_path_factory.mktemp("named"), zones) as served:
        yield served


def question(name, kind, host=""):
    return Request(host=host, path=name, transport="dns", query=(("type", kind),))


def test_dns_is_told_as_json(monkeypatch, named):
    questions = [
        ("example.test", "MX"),
        ("example.test", "TXT"),
        ("no.example.test", "A"),
        ("elsewhere.test", "A"),
        ("www.example.test", "A"),
        ("long.example.test", "TXT"),
    ]
    answer, replies = asked(
        monkeypatch, [question(*one) for one in questions], "", said={"resolver": named.place}
    )
    mx, txt, gone, refused, empty, long = (json.loads(one.body) for one in replies)
    assert answer.status == "complete"
    assert mx["Status"] == 0 and mx["AA"] is True and mx["RD"] is True and mx["AD"] is False
    assert mx["Question"] == [{"name": "example.test.", "type": 15}]
    assert mx["Answer"] == [
        {"name": "example.test.", "type": 15, "TTL": 300, "data": "10 mail.example.test."}
    ]
    assert txt["Answer"][0]["data"] == '"v=spf1 -all" "and more; text"'
    assert gone["Status"] == 3 and gone["Answer"] == [] and gone["Authority"][0]["type"] == 6
    assert refused["Status"] == 5
    assert empty["Status"] == 0 and empty["Answer"] == []
    assert long["TC"] is False and len(long["Answer"][0]["data"]) > 1_700  # came over TCP


def test_dns_to_a_named_server(monkeypatch, named):
    servers_of = [
        question("example.test", "NS"),
        question("example.test", "SOA", "ns1.example.test"),
        question("example.test", "SOA", "ns9.example.test"),
    ]
    answer, replies = asked(monkeypatch, servers_of, named.place, REFERRALS=1)
    assert answer.status == "partial" and "no reply named the host ns9.example.test" in answer.reason
    assert json.loads(replies[1].body)["AA"] is True and json.loads(replies[1].body)["RD"] is False


def test_a_named_server_is_guarded_too(monkeypatch):
    with servers.broken_dns(lambda _: None) as served:
        answer, (reply,) = asked(
            monkeypatch,
            [question("example.test", "SOA", "server.test")],
            "",
            said={},
            resolve=lambda _name: ["127.0.0.1"],
        )
    said = json.loads(reply.body)
    assert said["Status"] == -1 and "no public address" in said["Comment"] and served.asked == []
    assert answer.status == "complete"  # what it means is for the collector to say


def wrong_id(data):
    return struct.pack("!H", struct.unpack("!H", data[:2])[0] ^ 1) + data[2:]


@pytest.mark.parametrize(
    ("app", "comment"),
    [(lambda _: None, "timeout"), (lambda _: b"junk", "timeout"), (wrong_id, "timeout")],
    ids=["silence", "junk", "another question's"],
)
def test_dns_without_an_answer(monkeypatch, app, comment):
    start = time.monotonic()
    with servers.broken_dns(app) as served:
        _, (reply,) = asked(monkeypatch, [question("example.test", "A")], served.place)
    assert json.loads(reply.body) == {"Status": -1, "Comment": comment} and len(served.asked) == 2
    assert time.monotonic() - start < 3


def test_dns_where_nobody_listens(monkeypatch):
    _, (reply,) = asked(monkeypatch, [question("example.test", "A")], f"127.0.0.1:{servers.free_port()}")
    assert json.loads(reply.body)["Status"] == -1


# Zone transfers


def transfer(zone, host="server.test"):
    return Request(host=host, path=zone, transport="axfr")


def test_a_zone_comes_as_a_master_file(monkeypatch, named):
    answer, (reply,) = asked(monkeypatch, [transfer("example.test")], named.place)
    found = list(masterfile.records(reply.body.decode(), "example.test"))
    assert answer.status == "complete"
    assert [one.type for one in found].count("SOA") == 1 and {one.name for one in found} >= {
        "www.example.test."
    }
    assert len(found) == 8


def test_a_zone_that_is_not_given_away(monkeypatch, named):
    answer, _ = asked(monkeypatch, [transfer("closed.test")], named.place)
    assert answer.status == "refused" and "403" in answer.reason and answer.requests == 1
    answer, (reply,) = asked(monkeypatch, [transfer("closed.test")], named.place, EMPTY=(403,))
    assert answer.status == "complete" and (reply.status, reply.body) == (403, b"")
    answer, (reply,) = asked(monkeypatch, [transfer("nowhere.test")], named.place, EMPTY=(403,))
    assert reply.status == 403 and dict(reply.headers)["rcode"] in ("NOTAUTH", "REFUSED")


def test_the_own_name_server_of_a_zone(monkeypatch, named):
    said = {"name_servers": {"example.test": named.place}}
    answer, _ = asked(monkeypatch, [transfer("example.test", "")], "", said=said)
    assert answer.status == "complete"
    answer, _ = asked(monkeypatch, [transfer("other.test", "")], "", said=said)
    assert answer.status == "skipped" and "survey.name_servers" in answer.reason


def half(data):
    asked_ = dns.message.from_wire(data)
    reply = dns.message.make_response(asked_)
    soa = "ns1.example.test. h.example.test. 1 2 3 4 5"
    reply.answer.append(dns.rrset.from_text("example.test.", 60, "IN", "SOA", soa))
    return reply.to_wire()


@pytest.mark.parametrize("app", [half, lambda _: b"", lambda _: b"junk", lambda _: None])
def test_half_a_zone_is_none(monkeypatch, app):
    with servers.broken_dns(app) as served:
        answer, replies = asked(monkeypatch, [transfer("example.test")], served.place)
    assert answer.status == "failed" and replies == [] and "transfer" in answer.reason


def test_a_zone_that_is_too_large(monkeypatch, named):
    answer, _ = asked(monkeypatch, [transfer("example.test")], named.place, limits=Limits(body=200))
    assert answer.status == "failed" and "larger than 200 bytes" in answer.reason
