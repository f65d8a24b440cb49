"""Values, search texts, bodies and payloads in, the targets read from them checked."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.records import Target
from glasshouse.watch import querylang
from glasshouse.watch.bodies import of_body, of_dns, of_payload, of_sql, of_value, unbase64
from glasshouse.watch.targets import Own
from glasshouse.watch.values import domain, guess


def plain(targets):
    return [f"{target.type} {target.value}" for target in targets]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("net:203.0.113.0/24 port:443", ["cidr 203.0.113.0/24"]),
        ("hostname:example.com,www.example.org", ["domain example.com", "hostname www.example.org"]),
        ('ssl:"Example Corp" country:DE', ["organisation Example Corp"]),
        ("ssl.cert.subject.cn:example.com 200", ["domain example.com"]),
        ('org:"Example Corp" -port:80', ["organisation Example Corp"]),
        ("asn:AS64500", ["asn AS64500"]),
        ("ssl:example.com -hostname:www.example.com", ["domain example.com"]),
        ("services.tls.certificates.leaf_data.names: example.com", ["domain example.com"]),
        ("ip: 203.0.113.0/24 and services.port: 22", ["cidr 203.0.113.0/24"]),
        ("autonomous_system.asn: 64500", ["asn AS64500"]),
        ('domain="example.com" && port="443"', ["domain example.com"]),
        ('cert="example.com" || host=".example.org"', ["domain example.com", "domain example.org"]),
        ('domain.suffix="example.com"', ["domain example.com"]),
        ('hostname:"www.example.com" +country:"DE"', ["hostname www.example.com"]),
        ("cidr:203.0.113.0/24", ["cidr 203.0.113.0/24"]),
        ("host:*.example.com", ["domain example.com"]),
        ("certificate.subject.organization:(Example Corp)", ["organisation Example Corp"]),
        ("metadata.rdns:*.example.com", ["domain example.com"]),
        ('hostname~"example.com"', ["domain example.com"]),
        ("pld:example.com", ["domain example.com"]),
        ("example.com", ["domain example.com"]),
        ("203.0.113.5", ["ip 203.0.113.5"]),
        ("domain!=example.com port:1", ["expression domain!=example.com port:1"]),
        ("port:3389 country:DE", ["expression port:3389 country:DE"]),
        ('http.title:"hacked by"', ['expression http.title:"hacked by"']),
        ("  ", []),
    ],
)
def test_query_languages(text, expected):
    assert plain(querylang.targets(text)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("%25.example.com", ["domain example.com"]),
        ("%2525.example.com", ["domain example.com"]),
        ("%.example.com", ["domain example.com"]),
        ("*.example.com/*", ["domain example.com"]),
        (".example.com", ["domain example.com"]),
        ("EXAMPLE.com.", ["domain example.com"]),
        ("www.example.co.uk", ["hostname www.example.co.uk"]),
        ("bücher.example", ["domain xn--bcher-kva.example"]),
        ("example.com,example.org", ["domain example.com", "domain example.org"]),
        ("not a domain", []),
    ],
)
def test_domains(value, expected):
    assert plain(of_value(value, ("domain",))) == expected


@pytest.mark.parametrize(
    "value", ["report.php", "index.html", "1.2.3.4.5", "v2.0", "x.invalidtld", "data.json"]
)
def test_file_names_and_versions_are_no_domains(value):
    assert guess(value) is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"query": "domain:\\"example.com\\"", "start": 0}', ["domain example.com"]),
        ('{"a": {"targets": ["example.com", "203.0.113.5"]}}', ["domain example.com", "ip 203.0.113.5"]),
        ("targetip=example.com&user=free", ["domain example.com"]),
        ("example.com", ["domain example.com"]),
        ("{broken", []),
        ('{"url": "https://www.example.com/x?y"}', ["hostname www.example.com"]),
    ],
)
def test_bodies(body, expected):
    assert plain(of_body(body)) == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("example.com\r\n", ["domain example.com"]),
        ("domain example.com", ["domain example.com"]),
        ("=example.com", ["domain example.com"]),
        ("-T dn,ace example.de", ["domain example.de"]),
        ("-i origin AS64500", ["asn AS64500"]),
        ("-B -r 203.0.113.5", ["ip 203.0.113.5"]),
        ("n + 203.0.113.0/24", ["cidr 203.0.113.0/24"]),
        ("a + 64500", ["asn AS64500"]),
        ("begin\nverbose\n203.0.113.5\n203.0.113.6\nend\n", ["ip 203.0.113.5", "ip 203.0.113.6"]),
        ("prefix 64500", ["asn AS64500"]),
        ("!gAS64500", ["asn AS64500"]),
        ("!r203.0.113.0/24,l", ["cidr 203.0.113.0/24"]),
        ("example.jp/e", ["domain example.jp"]),
        ("info@example.com", ["email info@example.com"]),
        ("Example Corp", ["expression Example Corp"]),
        ("", []),
    ],
)
def test_port_43(payload, expected):
    assert plain(of_payload(payload)) == expected


def test_sql():
    text = "SELECT * FROM c WHERE plainto_tsquery('certwatch', 'example.com') @@ x AND n LIKE '%.example.org'"
    assert plain(of_sql(text)) == ["domain example.com", "domain example.org"]


@pytest.mark.parametrize(
    ("labels", "form", "expected"),
    [
        ("5.113.0.203", "reversed-ip", ["ip 203.0.113.5"]),
        ("113.0.203", "reversed-ip", ["cidr 203.0.113.0/24"]),
        ("as64500", "asn", ["asn AS64500"]),
        ("8.b.d.0.1.0.0.2", "reversed-nibbles", ["cidr 2001:db8::/32"]),
        ("x.y", "reversed-ip", []),
        ("999.1.1.1", "reversed-ip", []),
    ],
)
def test_dns_labels(labels, form, expected):
    assert plain(of_dns(labels, form)) == expected


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable() and text.strip()))
def test_base64_of_both_alphabets(text):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert unbase64(encode(text.encode()).decode()) == text
        assert unbase64(encode(text.encode()).decode().rstrip("=")) == text


def test_work_is_bounded():
    started = time.process_time()
    for text in ("a" * 200_000, "a:" * 100_000,
                 '"' * 200_000, "a." * 100_000, "(" * 200_000, "%25" * 60_000,
                 "x.example.com," * 20_000, "!" * 100_000, "-" * 100_000, "{" * 100_000,
                 "a@" * 60_000):  # fmt: skip
        for read in (querylang.targets, of_body, of_payload, of_sql, unbase64, guess, domain):
            found = read(text)
            assert not isinstance(found, list) or len(found) <= 100
    assert time.process_time() - started < 10


OWN = Own("example.com, 203.0.113.0/24, 2001:db8::/32, AS64500, Example Corp")


@pytest.mark.parametrize(
    ("kind", "value", "ours"),
    [
        ("domain", "example.com", True),
        ("hostname", "a.b.example.com", True),
        ("domain", "notexample.com", False),
        ("domain", "example.com.attacker.test", False),
        ("ip", "203.0.113.5", True),
        ("ip", "198.51.100.5", False),
        ("ip", "2001:db8::1", True),
        ("cidr", "203.0.112.0/23", True),
        ("cidr", "198.51.100.0/24", False),
        ("asn", "AS64500", True),
        ("asn", "AS64501", False),
        ("email", "info@example.com", True),
        ("organisation", "EXAMPLE CORP.", True),
        ("organisation", "Other Corp", False),
        ("expression", "port:443", None),
        ("certificate", "ab" * 32, None),
    ],
)
def test_ours(kind, value, ours):
    assert OWN.about_us(Target(kind, value)) is ours


def test_nothing_given_tells_nothing():
    assert Own("").about_us(Target("domain", "example.com")) is None
    assert Own("example.com").about_us(Target("ip", "203.0.113.5")) is None
    assert not Own(" , ")
