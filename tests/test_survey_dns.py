"""DNS, passive DNS, range and reference collectors: what their examples cannot show, and real replies."""

from __future__ import annotations

import gzip
import hashlib
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import survey_samples as samples
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.leaf import collectors
from glasshouse.observed import DnsRecord, Range, Resolution
from glasshouse.records import Trouble
from glasshouse.survey import parse_dns
from glasshouse.survey.collectors import (
    circl_pdns,
    delegation,
    dns,
    dnsdb,
    epss,
    securitytrails,
    zone_transfer,
)
from shared_data import DATA

REAL = DATA / "exposure"
EXAMPLES = samples.EXAMPLES / "collectors"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real replies is not here")
DOMAIN, REFERENCE = Subject("domain", "example.test"), Subject("reference", "")
SAVED = Request(host="")


def read(name: str, body: bytes, subject: Subject = REFERENCE, request: Request = SAVED, **more):
    """What a collector reads from a body: facts, and reasons of troubles."""
    reply = Reply(request=request, body=body, time=samples.NOW, **more)
    said = list(collectors()[name].read(subject, reply))
    facts = [one for one in said if not isinstance(one, Trouble)]
    return facts, [one.reason for one in said if isinstance(one, Trouble)]


def answer(name: str, kind: int, rows=(), **more) -> bytes:
    said = {"Status": 0, "Question": [{"name": name, "type": kind}], **more}
    said["Answer"] = [{"name": one, "type": type_, "TTL": 60, "data": data} for one, type_, data in rows]
    return json.dumps(said).encode()


def question(name: str, kind: str, host: str = "") -> Request:
    return Request(host=host, path=name, transport="dns", query=(("type", kind),))


# Saved files


def test_a_zone_file_gives_its_records():
    facts, troubles = read("zone-file", (EXAMPLES / "zone-file/zone/example.test.zone").read_bytes())
    assert [f"{one.key} {one.live}" for one in facts] == [
        "example.test SOA ns1.example.test hostmaster.example.test 7200 3600 1209600 900 True",
        "example.test NS ns1.example.test True",
        "example.test NS ns2.example.net True",
        "example.test MX 10 mail.example.test True",
        "example.test TXT v=spf1 mx -all True",
        'example.test CAA 0 issue "ca.example.net" True',
        "www.example.test CNAME www.cdn.example.net True",
        "ns1.example.test A 198.51.100.53 True",
        "build.dev.example.test CNAME dev.example.test True",
        "ci.dev.example.test SRV 0 5 8080 build.dev.example.test True",
        "db.dev.example.test TXT bare True",
    ]
    assert troubles == ["the address of A is none"]


def test_a_zone_file_without_origin_takes_the_subject():
    body = b"@ IN SOA ns1 admin 1 2 3 4 5\nwww IN CNAME @\n"
    facts, troubles = read("zone-file", body, DOMAIN)
    assert [one.key for one in facts][1:] == ["www.example.test CNAME example.test"]
    assert not troubles
    absolute = b"example.test. IN SOA ns1 admin.example.test. 1 2 3 4 5\n"
    assert read("zone-file", absolute)[0][0].data == "ns1.example.test admin.example.test 2 3 4 5"


@pytest.mark.parametrize("body", [b"", b"; nothing\n", b"<html>\n"])
def test_what_is_no_zone_is_malformed(body):
    with pytest.raises(Malformed):
        read("zone-file", body)


def test_cdncheck_and_warning_lists_give_ranges():
    folder = EXAMPLES / "cdn-ranges-file"
    facts, troubles = read("cdn-ranges-file", (folder / "cdncheck/sources.json").read_bytes())
    assert {one.key for one in facts} == {
        "example-cdn cdn 192.0.2.0/25",
        "imperva waf 198.51.100.0/24",
        "amazon cloud 203.0.113.0/24",
    }
    assert len(troubles) == 2
    facts, troubles = read("cdn-ranges-file", (folder / "scanner/list.json").read_bytes())
    assert [one.key for one in facts] == ["censys scanner 192.0.2.0/28", "censys scanner 2001:db8::/64"]
    assert not troubles


@pytest.mark.parametrize(
    ("name", "kind", "list_"),
    [
        ("Cloudflare", "hostname", ["192.0.2.0/24"]),
        ("Somebody", "cidr", ["192.0.2.0/24"]),
        ("Akamai", "cidr", []),
    ],
)
def test_other_warning_lists_are_malformed(name, kind, list_):
    with pytest.raises(Malformed):
        read("cdn-ranges-file", json.dumps({"list": list_, "name": name, "type": kind}).encode())


@pytest.mark.parametrize("wide", ["0.0.0.0/0", "::/0", "128.0.0.0/1", "2000::/3"])
def test_a_range_that_holds_everybody_is_told(wide):
    facts, troubles = read("cloudflare-ranges", f"192.0.2.0/24\n{wide}\n".encode())
    assert [one.cidr for one in facts] == ["192.0.2.0/24"]
    assert len(troubles) == 1


def test_a_packed_list_that_grows_too_large_is_malformed(monkeypatch):
    monkeypatch.setattr(epss, "_LARGEST", 100_000)
    with pytest.raises(Malformed, match="larger"):
        read("epss", gzip.compress(b"cve,epss,percentile\n" + b"\n" * 1_000_000))


def test_an_answer_of_the_epss_api_is_read():
    rows = [{"cve": "CVE-2099-10001", "epss": "0.5", "percentile": "0.9", "date": "2026-10-31"}, {"cve": "x"}]
    facts, troubles = read("epss", json.dumps({"data": rows}).encode())
    assert [(one.epss, one.percentile, one.as_of) for one in facts] == [(0.5, 0.9, "2026-10-31")]
    assert len(troubles) == 1


# DNS


def test_a_domain_is_asked_every_type_once_and_for_a_wildcard():
    asked, after = [], None
    while request := dns.ask(DOMAIN, after):
        asked.append((request.path, dict(request.query)["type"]))
        after = Reply(request=request, body=b"", time=0)
    label = hashlib.sha256(b"example.test").hexdigest()[:24]
    assert len(asked) == len(set(asked)) == 13
    assert asked[-2:] == [("_dmarc.example.test", "TXT"), (f"{label}.example.test", "A")]
    long = Subject("domain", ".".join(["a" * 62] * 4))
    assert dns.ask(long, Reply(request=question(long.value, "HTTPS"), body=b"", time=0)) is None


def test_a_wildcard_stands_under_its_star():
    label = hashlib.sha256(b"example.test").hexdigest()[:24]
    name = f"{label}.example.test"
    rows = [(f"{name}.", 1, "192.0.2.9")]
    facts, _ = read("dns", answer(f"{name}.", 1, rows), DOMAIN, question(name, "A"))
    assert [one.name for one in facts] == ["*.example.test", "*.example.test"]
    facts, _ = read("dns", answer(f"{name}.", 1, Status=3), DOMAIN, question(name, "A"))
    assert [(one.key, one.rcode) for one in facts] == [("*.example.test A @", "NXDOMAIN")]


def test_an_answer_to_another_question_is_malformed():
    with pytest.raises(Malformed, match="another question"):
        read("dns", answer("evil.test.", 1), DOMAIN, question("example.test", "A"))
    with pytest.raises(Malformed, match="another question"):
        read("dns", answer("example.test.", 28), DOMAIN, question("example.test", "A"))


def test_a_cut_answer_is_partial():
    _, troubles = read("dns", answer("example.test.", 1, TC=True), DOMAIN, question("example.test", "A"))
    assert troubles == ["the answer is cut off: example.test A"]


def test_aliases_in_a_circle_end():
    rows = [("a.example.test", 5, "b.example.test."), ("b.example.test", 5, "A.example.test.")]
    facts, _ = read("dns", answer("a.example.test.", 1, rows))
    assert [one.key for one in facts[1:]] == [
        "a.example.test CNAME b.example.test",
        "b.example.test CNAME a.example.test",
    ]


NAMES = st.sampled_from([f"{letter}.example.test" for letter in "abcdefgh"])


@settings(max_examples=150, deadline=None)
@given(
    asked=NAMES, aliases=st.lists(st.tuples(NAMES, NAMES), max_size=10), addresses=st.lists(NAMES, max_size=6)
)
def test_only_what_the_name_leads_to_is_kept(asked, aliases, addresses):
    rows = [(owner, 5, target) for owner, target in aliases] + [(one, 1, "192.0.2.1") for one in addresses]
    facts, troubles = read("dns", answer(asked, 1, rows))
    reached = {asked}
    for _ in aliases:
        reached |= {target for owner, target in aliases if owner in reached}
    kept = {one.name for one in facts if isinstance(one, DnsRecord)}
    assert kept == {owner for owner, _, _ in rows if owner in reached}
    assert not troubles


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), min_size=1, max_size=4))
def test_texts_come_back_as_they_were(strings):
    def quoted(text: str) -> str:
        return (
            '"'
            + "".join(f"\\{one:03}" if one in b'"\\' or one < 32 else chr(one) for one in text.encode())
            + '"'
        )

    ascii_only = [text.encode("ascii", "backslashreplace").decode() for text in strings]
    assert parse_dns.text(" ".join(map(quoted, ascii_only))) == "".join(ascii_only)
    escaped = ['"' + "".join(f"\\{one:03}" for one in text.encode()) + '"' for text in strings]
    assert parse_dns.text(" ".join(escaped)) == "".join(strings)


@pytest.mark.parametrize(
    ("kind", "said", "data"),
    [
        ("A", "2001:db8::1", None),
        ("AAAA", "192.0.2.1", None),
        ("A", "192.0.2.256", None),
        ("MX", "0 .", "0 ."),
        ("MX", "Mail.Example.Test.", "mail.example.test"),
        ("SRV", "0 5 443 Host.Example.Test.", "0 5 443 host.example.test"),
        ("NS", "xn--bcher-kva.Example.", "xn--bcher-kva.example"),
        ("CAA", "\\# 4 00 05 69", None),
        ("CAA", "0 issue letsencrypt", '0 issue "letsencrypt"'),
        ("CAA", "nonsense", None),
        ("CNAME", "", None),
        ("TXT", '"say \\"no\\""', 'say "no"'),
        ("TYPE65400", "\\# 1  00", "\\# 1 00"),
    ],
)
def test_data_has_one_spelling(kind, said, data):
    assert parse_dns.data(kind, said) == data


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["A", "MX", "SOA", "TXT", "CAA", "SRV", "DS", "HTTPS", "NAPTR"]), st.text(max_size=60))
def test_hostile_data_ends_well(kind, said):
    found = parse_dns.data(kind, said)
    assert found is None or isinstance(found, str)


# Each name server


@pytest.mark.parametrize("leaf", [delegation, zone_transfer])
def test_every_name_server_is_asked_once(leaf):
    servers = [f"ns{number:02}.example.net" for number in range(20)]
    rows = [("example.test", 2, f"{one}.") for one in servers] + [("example.org", 2, "ns.example.org.")]
    first = leaf.ask(DOMAIN, None)
    after = Reply(request=first, body=answer("example.test.", 2, rows), time=0)
    troubles = [one.reason for one in leaf.read(DOMAIN, after)]
    assert troubles == ["more than 16 name servers: the rest is not asked"]
    asked = []
    while request := leaf.ask(DOMAIN, after):
        asked.append(request.host)
        assert request.path == "example.test"
        after = Reply(request=request, body=b"", time=0)
    assert asked == servers[:16]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([delegation, zone_transfer]),
    st.binary(max_size=60) | st.just(b'{"Status":0,"Answer":[{}]}'),
)
def test_hostile_answers_about_name_servers_end_well(leaf, body):
    for request in (leaf.ask(DOMAIN, None), question("example.test", "SOA", "ns1.example.test")):
        reply = Reply(request=request, body=body, time=0)
        with suppress(Malformed):
            assert all(isinstance(one, (Resolution, Trouble)) for one in leaf.read(DOMAIN, reply))
        assert leaf.ask(DOMAIN, reply) is None


# Pages


def test_a_cursor_that_never_ends_is_not_followed_for_ever():
    after, requests = None, 0
    while request := circl_pdns.ask(DOMAIN, after):
        requests += 1
        headers = (("x-dribble-cursor", str(requests)),)
        after = Reply(request=request, body=b"", time=0, headers=headers)
    assert requests == circl_pdns.MOST_PAGES
    assert [one.reason for one in circl_pdns.read(DOMAIN, after)] == [
        "more than 100 pages: the rest is not read"
    ]
    same = Reply(request=after.request, body=b"", time=0, headers=(("x-dribble-cursor", "99"),))
    assert circl_pdns.ask(DOMAIN, same) is None


@pytest.mark.parametrize("cursor", ["", "0", "-1", "abc", "1e9", "9" * 40])
def test_a_cursor_that_is_none_ends(cursor):
    reply = Reply(
        request=circl_pdns.ask(DOMAIN, None), body=b"", time=0, headers=(("x-dribble-cursor", cursor),)
    )
    assert circl_pdns.ask(DOMAIN, reply) is None


def test_limited_without_records_ends_and_is_told():
    body = b'{"cond":"begin"}\n{"cond":"limited"}\n'
    reply = Reply(request=dnsdb.ask(DOMAIN, None), body=body, time=0)
    assert dnsdb.ask(DOMAIN, reply) is None
    assert [one.reason for one in dnsdb.read(DOMAIN, reply)] == [
        "more records than are asked for: the rest is not read"
    ]


def test_an_empty_answer_of_dnsdb_is_not_nothing_known():
    reply = Reply(request=dnsdb.ask(DOMAIN, None), body=b"", time=0)
    assert [one.reason for one in dnsdb.read(DOMAIN, reply)] == [
        "the answer has no last line: it is not whole"
    ]


def test_history_ends_at_its_last_page():
    subject = Subject("hostname", "www.example.test")
    after, pages = None, 0
    while request := securitytrails.ask(subject, after):
        pages += 1
        after = Reply(request=request, body=b'{"records": [], "pages": 5000}', time=0)
    assert pages == securitytrails.MOST_PAGES
    assert len(list(securitytrails.read(subject, after))) == 1


def test_an_error_in_an_answer_is_a_refusal():
    with pytest.raises(ReadError):
        read("securitytrails", b'{"message": "You have exceeded the usage limits"}', DOMAIN)


# Real replies


def recorded(path: str) -> list[bytes]:
    """The bodies of a recording, or the file itself."""
    data = (REAL / path).read_bytes()
    said = json.loads(data)
    whole = isinstance(said, list) and said and "response" in said[0]
    return [one["response"]["body"].encode() for one in said] if whole else [data]


def taken_for(body: bytes, name: str) -> list[str]:
    scores = {one: leaf.detect(body[:65_536], name) for one, leaf in collectors().items()}
    return [one for one, score in scores.items() if score == max(scores.values()) > 0]


@needs_real
@pytest.mark.parametrize(
    ("path", "name", "facts"),
    [
        ("dns/google_doh.json", "dns", 2),
        ("pdns/circl/query_www.circl.lu.json", "circl-pdns", 3),
        ("pdns/securitytrails/history_dns_a.json", "securitytrails", 4),
        ("pdns/securitytrails/domains_list_ip.json", "securitytrails", 1),
        ("cdn/cdncheck_sources.json", "cdn-ranges-file", 9_000),
        ("cdn/misp-warninglists/cloudflare.json", "cdn-ranges-file", 15),
        ("cdn/misp-warninglists/amazon-aws.json", "cdn-ranges-file", 1_000),
        ("vuln/kev_sample.json", "cisa-kev", 200),
    ],
)
def test_real_replies_are_read_whole(path, name, facts):
    for body in recorded(path):
        assert taken_for(body, Path(path).name) == [name]
        found, troubles = read(name, body)
        assert len(found) >= facts
        assert not troubles


@needs_real
def test_every_real_warning_list_has_its_provider():
    roles = {}
    for file in sorted((REAL / "cdn/misp-warninglists").iterdir()):
        found, troubles = read("cdn-ranges-file", file.read_bytes())
        assert not troubles
        assert len({(one.provider, one.role) for one in found if isinstance(one, Range)}) == 1
        roles[file.stem] = f"{found[0].provider} {found[0].role}"
    assert roles["shodan-scanning"] == "shodan scanner"
    assert roles["modat-scanner"] == "modat scanner"
    assert roles["amazon-aws"] == "amazon cloud"
    assert roles["akamai"] == "akamai cdn"


@needs_real
def test_real_lines_of_dnsdb():
    cof = (REAL / "pdns/dnsdb/cof_records.jsonl").read_bytes()
    assert taken_for(cof, "cof_records.jsonl") == ["dnsdb"]
    found, troubles = read("dnsdb", cof)
    assert found
    assert not troubles
    assert all(one.first_seen is None for one in found if one.type == "NS")
    other = (REAL / "pdns/dnsdb/other_records.jsonl").read_bytes()
    found, troubles = read("dnsdb", other)
    assert not found
    assert troubles
