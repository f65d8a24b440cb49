"""ZoomEye, FOFA, ONYPHE, LeakIX, Netlas, BinaryEdge, Criminal IP, Hunter: real replies, refusals, bounds."""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import survey_samples as samples
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.leaf import collectors
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_searches as search
from glasshouse.survey.conversation import Conversation, Ended
from shared_data import DATA

SCAN = DATA / "exposure" / "scan"
EXAMPLES = samples.EXAMPLES / "collectors"
needs_replies = pytest.mark.skipif(not SCAN.is_dir(), reason="the folder of real replies is not here")
ADDRESS, DOMAIN = Subject("ip", "192.0.2.10"), Subject("domain", "example.test")
LIVE = ("zoomeye", "fofa", "onyphe", "leakix", "netlas", "criminalip", "hunter")
ALL = (*LIVE, "binaryedge")
NO_REQUEST = Request(host="")


def read(name: str, body: bytes, subject: Subject = ADDRESS, request: Request | None = None) -> list:
    leaf = collectors()[name]
    asked = request or leaf.ask(subject, None) or NO_REQUEST
    return list(leaf.read(subject, Reply(request=asked, body=body, time=samples.NOW)))


def example(name: str, case: str) -> bytes:
    return (EXAMPLES / name / case / "page1.json").read_bytes()


def ports(found: list) -> list[tuple[int, str]]:
    return sorted((one.port, one.transport) for one in found)


def words(found: list) -> str:
    """All that is kept, as one text."""
    return json.dumps([asdict(one) for one in found], ensure_ascii=False)


# Real replies


@needs_replies
def test_real_zoomeye():
    said = json.loads((SCAN / "zoomeye/v2_search.json").read_text("utf-8"))[0]
    body = said["response"]["body"].encode()
    found = read("zoomeye", body, Subject("ip", "8.8.8.8"))
    assert ports(found) == [(53, "tcp"), (111, "tcp"), (443, "tcp"), (853, "tcp")]
    assert {one.ip for one in found} == {"8.8.8.8"}, "a row about a neighbour is not about the subject"
    newest = next(one for one in found if one.port == 53)
    assert samples.told(newest)["last_seen"] == "2025-02-16T17:55:25Z", "of two sights the later one counts"
    assert len(read("zoomeye", body, Subject("cidr", "8.8.0.0/16"))) == 5


@needs_replies
def test_zoomeye_asks_as_the_recorded_client_did():
    said = json.loads((SCAN / "zoomeye/v2_search.json").read_text("utf-8"))[0]["request"]
    asked = collectors()["zoomeye"].ask(Subject("ip", "8.8.8.8"), None)
    assert (said["method"], said["uri"]) == (asked.method, f"https://{asked.host}{asked.path}")
    assert set(json.loads(said["body"])) <= set(json.loads(asked.body))
    assert {name.lower() for name in said["headers"]} == {name for name, _ in asked.headers}


@needs_replies
def test_real_fofa():
    said = json.loads((SCAN / "fofa/search_all.json").read_text("utf-8"))
    body = json.dumps(said["body"]).encode()
    found = read("fofa", body, Subject("ip", "1.0.0.1"))
    assert len(found) == 15 == len({row[2] for row in said["body"]["results"]}), "300 rows, 15 ports"
    assert all(isinstance(one, Service) and one.ip == "1.0.0.1" for one in found)
    assert sum(len(one.hostnames) for one in found) > 100
    assert read("fofa", body, DOMAIN) == []


@needs_replies
@pytest.mark.parametrize(
    ("name", "about", "expected"),
    [
        ("zoomeye", "192.168.1.1", {"ports": [(110, "tcp")], "banner": "+OK Hello there."}),
        ("hunter", "127.0.0.1", {"ports": [(80, "tcp")], "product": "nginx", "version": "1.6"}),
        ("criminalip", "127.0.0.1", {"ports": [(80, "tcp")], "product": "nginx", "version": "1.22.0"}),
    ],
)
def test_real_answers_of_one_row(name, about, expected):
    found = read(name, (SCAN / f"uncover-examples/{name}.json").read_bytes(), Subject("ip", about))
    assert ports(found) == expected.pop("ports")
    assert {key: str(getattr(found[0], key))[: len(said)] for key, said in expected.items()} == expected


@needs_replies
def test_real_binaryedge():
    body = (SCAN / "uncover-examples/binaryedge.json").read_bytes()
    found = read("binaryedge", body, Subject("reference", ""))
    assert len(found) == 15, "one service for each port, and nothing unread"
    by_key = {one.key: one for one in found}
    secure = by_key["1.1.1.1 443/tcp"]
    assert secure.fingerprint == "27d27d27d00027d00042d43d00043df04c41293ba84f6efe3a613b22f983e6"
    assert "one.one.one.one" in secure.certificate_names
    assert secure.tls_versions == ("TLSv1.2", "TLSv1.3")
    plain = by_key["1.1.1.1 80/tcp"]
    assert plain.location == "https://1.1.1.1/"
    assert plain.title is None, "the page a redirect led to is not this port's"
    assert by_key["1.1.1.1 53/udp"].product == "Unbound"


# BinaryEdge: import only

BINARYEDGE = EXAMPLES / "binaryedge" / "saved"


def test_binaryedge_is_never_asked():
    leaf = collectors()["binaryedge"]
    assert leaf.ask(ADDRESS, None) is None
    assert (leaf.SUBJECTS, leaf.HOSTS, leaf.KEY) == ((), (), "")


def test_binaryedge_unites_what_its_modules_say():
    found = read("binaryedge", (BINARYEDGE / "address.json").read_bytes(), Subject("reference", ""))
    services = [one for one in found if isinstance(one, Service)]
    assert ports(services) == [(53, "udp"), (80, "tcp"), (443, "tcp")]
    assert [one.reason for one in found if isinstance(one, Trouble)] == [
        "a result lacks the address or port of its target"
    ]
    one = next(one for one in services if one.port == 443)
    assert samples.told(one) == {
        "kind": "service", "ip": "192.0.2.10", "port": 443, "transport": "tcp", "protocol": "https",
        "product": "nginx", "version": "1.26.1", "cpes": ["cpe:/a:nginx:nginx:1.26.1"],
        "banner": "HTTP/1.1 400 Bad Request", "title": "Example", "server": "nginx/1.26.1",
        "body_sha256": "f6" * 32, "favicon": "-123456789",
        "fingerprint": "2ad2ad0002ad2ad00042d42d000000" + "ab" * 16,
        "tls_versions": ["TLSv1.2", "TLSv1.3"],
        "certificate_serial": f"{1234567890123456789012345678901234567:x}",
        "certificate_sha256": "73" * 32, "certificate_names": ["192.0.2.10", "www.example.test"],
        "self_signed": False, "last_seen": "2025-01-24T09:12:08Z",
    }  # fmt: skip


def test_binaryedge_reads_searches_and_knows_nothing_from_refused():
    about = Subject("reference", "")
    assert ports(read("binaryedge", (BINARYEDGE / "search.json").read_bytes(), about)) == [(22, "tcp")]
    assert read("binaryedge", (BINARYEDGE / "none.json").read_bytes(), about) == []
    with pytest.raises(ReadError) as refused:
        read("binaryedge", (BINARYEDGE / "wrong-key.json").read_bytes(), about)
    assert refused.value.next_step == "check the key"
    with pytest.raises(Malformed):
        read("binaryedge", b"{}", about)


# Nothing known, refused, failed: never alike

STEPS = {
    "wrong-key": "check the key",
    "quota": "wait until the quota is renewed, or enlarge the plan",
    "daily-quota": "wait until the quota is renewed, or enlarge the plan",
    "too-fast": "ask later or slower",
}
REFUSED = [(name, case) for name in LIVE for case in STEPS if (EXAMPLES / name / case).is_dir()]


@pytest.mark.parametrize(("name", "case"), REFUSED)
def test_a_refusal_says_what_to_do(name, case):
    about = Subject(**samples.conversation(EXAMPLES / name / case)["subject"])
    with pytest.raises(ReadError) as refused:
        read(name, example(name, case), about)
    assert refused.value.next_step == STEPS[case]


def test_each_shows_wrong_key_quota_and_pace():
    assert {(name, case) for name in LIVE for case in ("wrong-key", "quota", "too-fast")} <= set(REFUSED)


@pytest.mark.parametrize("name", LIVE)
@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b"", b'{"data": "no", "results": 3, "items": null}'])
def test_an_answer_that_is_none_is_malformed(name, body):
    with pytest.raises((Malformed, ReadError)):
        read(name, body)


@pytest.mark.parametrize("name", LIVE)
@pytest.mark.parametrize(
    ("status", "how"),
    [
        (401, "refused"),
        (402, "refused"),
        (403, "refused"),
        (429, "refused"),
        (500, "failed"),
        (404, "failed"),
    ],
)
def test_statuses(name, status, how):
    leaf, body = collectors()[name], b'{"title": "Not Found", "description": "Host not found"}'
    talk = Conversation(name, leaf, ADDRESS, samples.NOW)
    reply = Reply(request=leaf.ask(ADDRESS, None), body=body, time=samples.NOW, status=status)
    if status in leaf.EMPTY:
        talk.hear(reply)
        assert (name, talk.answer(None).status) == ("leakix", "complete")
        return
    with pytest.raises(Ended) as end:
        talk.hear(reply)
    assert end.value.status == how


# What is asked, and about whom


def asked_words(request: Request) -> str:
    """The query as its words."""
    said = dict(request.query)
    coded = said.get("qbase64") or said.get("search") or (json.loads(request.body or "{}")).get("qbase64")
    if coded:
        return base64.b64decode(coded, altchars=b"-_" if "search" in said else None).decode()
    return said.get("q") or said.get("query") or said.get("ip") or request.path.rpartition("/")[2]


@pytest.mark.parametrize(
    ("name", "domain", "ip", "cidr"),
    [
        ("zoomeye", 'domain="example.test"', 'ip="192.0.2.10"', 'cidr="192.0.2.0/24"'),
        ("fofa", 'domain="example.test"', 'ip="192.0.2.10"', 'ip="192.0.2.0/24"'),
        ("onyphe", "category:datascan domain:example.test", "192.0.2.10", None),
        ("leakix", "example.test", "192.0.2.10", None),
        ("netlas", "host:example.test OR host:*.example.test", 'ip:"192.0.2.10"', 'ip:"192.0.2.0/24"'),
        ("criminalip", "ssl_subject_common_name:example.test", "192.0.2.10", None),
        ("hunter", 'domain.suffix="example.test"', 'ip="192.0.2.10"', 'ip="192.0.2.0/24"'),
    ],
)
def test_only_the_subject_is_asked_about(name, domain, ip, cidr):
    leaf = collectors()[name]
    assert ("cidr" in leaf.SUBJECTS) == (cidr is not None)
    for words, subject in ((domain, DOMAIN), (ip, ADDRESS), (cidr, Subject("cidr", "192.0.2.0/24"))):
        if words is not None:
            assert asked_words(leaf.ask(subject, None)) == words


@pytest.mark.parametrize("name", LIVE)
def test_the_key_has_its_place_and_no_value_ends_the_quotes(name):
    leaf = collectors()[name]
    request = leaf.ask(DOMAIN, None)
    texts = [value for _, value in (*request.query, *request.headers)]
    assert sum("${key}" in text or "${password}" in text for text in texts) == 1
    hostile = asked_words(leaf.ask(Subject("domain", 'a" || domain="b.test\\'), None))
    if name not in ("leakix", "onyphe"):
        assert hostile.count('"') == asked_words(request).count('"')


def test_ipv6():
    six = Subject("ip", "2001:db8::10")
    assert json.loads(collectors()["zoomeye"].ask(six, None).body)["sub_type"] == "v6"
    assert "sub_type" not in json.loads(collectors()["zoomeye"].ask(DOMAIN, None).body)
    assert collectors()["criminalip"].ask(six, None) is None, "it knows no IPv6"


# Bounds

MANY = 1_000_000
FULL = {
    "zoomeye": {"code": 60000, "total": MANY, "data": [{"ip": "192.0.2.10", "port": 443, "domain": ""}]},
    "fofa": {"error": False, "size": MANY, "results": [["https://a.test", "192.0.2.10", "443"]]},
    "onyphe": {"error": 0, "max_page": MANY, "results": [{"ip": "192.0.2.10", "port": 443}]},
    "netlas": {"items": [{"data": {"ip": "192.0.2.10", "port": 443}}] * 20},
    "criminalip": {
        "status": 200,
        "data": {
            "count": MANY,
            "result": [{"ip_address": "192.0.2.10", "open_port_no": 443, "hostname": "a.example.test"}],
        },
    },
    "hunter": {"code": 200, "data": {"total": MANY, "arr": [{"ip": "192.0.2.10", "port": 443}]}},
}


@pytest.mark.parametrize("name", FULL)
def test_endless_searches_end_and_say_so(name):
    leaf, subject = collectors()[name], DOMAIN if name == "criminalip" else ADDRESS
    body, after, asked, told = json.dumps(FULL[name]).encode(), None, [], []
    while (request := leaf.ask(subject, after)) is not None:
        assert len(asked) <= 100, "at most 100 pages"
        after = Reply(request=request, body=body, time=samples.NOW)
        asked.append(request)
        said = list(leaf.read(subject, after))
        assert [one.key for one in said if isinstance(one, Service)] == ["192.0.2.10 443/tcp"]
        told.append([one.reason for one in said if isinstance(one, Trouble)])
    assert len(set(asked)) == len(asked) >= 20, "no page twice"
    assert not any(told[:-1])
    assert "only the first" in told[-1][0], "what is cut off is told, once"


@pytest.mark.parametrize("name", FULL)
def test_the_last_page_is_the_last(name):
    """One page of rows and a total that says so: nothing more is asked."""
    leaf, said = collectors()[name], json.loads(json.dumps(FULL[name]).replace(str(MANY), "1"))
    if name == "netlas":
        said["items"] = said["items"][:19]
    subject = DOMAIN if name == "criminalip" else ADDRESS
    request = leaf.ask(subject, None)
    reply = Reply(request=request, body=json.dumps(said).encode(), time=samples.NOW)
    assert leaf.ask(subject, reply) is None


# What is not kept


def test_onyphe_keeps_neither_our_address_nor_placeholders():
    body = example("onyphe", "address")
    assert b"203.0.113.77" in body
    assert b"<enterprise field>" in body
    kept = words(read("onyphe", body))
    assert "203.0.113." not in kept
    assert "enterprise" not in kept


def test_leakix_keeps_no_secret_of_a_leak():
    body = example("leakix", "address")
    assert b"correct-horse-battery" in body
    found = read("leakix", body)
    kept = words(found)
    assert "correct-horse" not in kept
    assert "admin" not in kept
    leaky = next(one for one in found if one.port == 27017)
    assert {"leak", "leak-critical"} <= set(leaky.tags)


# The toolbox


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ("rate limit exceeded", "ask later or slower"),
        ("请求太多啦", "ask later or slower"),
        ("[820031] F点余额不足", "wait until the quota is renewed, or enlarge the plan"),
        ("Please upgrade", "the plan of the key does not allow it"),
        ("Invalid token", "check the key"),
        ("gone fishing", "check the key and the plan"),
        ("", "check the key and the plan"),
    ],
)
def test_next_steps(said, step):
    assert search.refusal("Example", said).next_step == step


def test_a_refusal_is_short_and_harmless():
    shown = str(search.refusal("Example", "\x1b[2J\n" + "a" * 5_000, True, None, ["x"]))
    assert "\x1b" not in shown
    assert len(shown) < 400


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["https://WWW.Example.test:8443/path?x=1", "example.test:80", "example.test."], 2),
        (["192.0.2.10:80", "https://192.0.2.10", "[2001:db8::1]:80", "http://[::1", "a b", None, 5], 0),
        (["http://user@mail.example.test/"], 1),
    ],
)
def test_hosts(said, expected):
    found = search.hosts(said)
    assert len(found) == expected
    assert all(one.endswith("example.test") for one in found)


ADDRESSES = st.sampled_from(["192.0.2.10", "192.0.2.11", "198.51.100.1", "2001:db8::1", "nonsense", "", None])
ROWS = st.lists(st.tuples(ADDRESSES, st.one_of(st.integers(-5, 70_000), st.text(max_size=4))), max_size=12)


@settings(max_examples=80, deadline=None)
@given(rows=ROWS)
@pytest.mark.parametrize("subject", [ADDRESS, Subject("cidr", "192.0.2.0/24"), Subject("ip", "2001:db8::1")])
def test_only_what_is_ours_and_each_port_once(rows, subject):
    """For any rows: no neighbour's service, no port twice, and no row lost without a word."""
    body = {"code": 60000, "total": len(rows), "data": [{"ip": ip, "port": port} for ip, port in rows]}
    found = read("zoomeye", json.dumps(body).encode(), subject)
    services = [one for one in found if isinstance(one, Service)]
    keys = [one.key for one in services]
    assert len(set(keys)) == len(keys)
    assert all(search.ours(subject, one) for one in services)
    good = [(ip, port) for ip, port in rows if ip and ip != "nonsense" and valid(port)]
    assert len(rows) - len(good) == len(found) - len(services), "each bad row is told"
    ours = {(ip, int(port)) for ip, port in good if search.ours(subject, Service(ip=ip, port=int(port)))}
    assert ours == {(one.ip, one.port) for one in services}


def valid(port: int | str) -> bool:
    with contextlib.suppress(ValueError):
        return 0 <= int(port) <= 65_535 and (isinstance(port, int) or port.strip().isdecimal())
    return False
