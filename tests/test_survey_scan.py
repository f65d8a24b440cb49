"""Certificates, Shodan and Censys: real replies where they are, files only imported, hostile bytes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509 as library
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import given, settings
from hypothesis import strategies as st

import survey_samples as samples
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.leaf import collectors
from glasshouse.observed import Certificate, Service
from glasshouse.records import Trouble
from glasshouse.survey import parse_services as kit
from glasshouse.survey.parse_certificates import alternative_names, logged_part, values, x509
from glasshouse.survey.parse_shodan import exact
from shared_data import DATA

EXPOSURE = DATA / "exposure"
EXAMPLES = samples.EXAMPLES / "collectors"
needs_replies = pytest.mark.skipif(not EXPOSURE.is_dir(), reason="the folder of real replies is not here")
ADDRESS = Subject("ip", "192.0.2.10")
NO_REQUEST = Request(host="")


def read(name: str, body: bytes, subject: Subject = ADDRESS, request: Request = NO_REQUEST) -> list:
    reply = Reply(request=request, body=body, time=samples.NOW)
    return list(collectors()[name].read(subject, reply))


def recorded(file: str) -> bytes:
    """The body of a recording: {request, response: {body}}, or a list of them."""
    said = json.loads((EXPOSURE / file).read_text("utf-8"))
    body = (said[0] if isinstance(said, list) else said)["response"]["body"]
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def troubles(found: list) -> list[str]:
    return [one.reason for one in found if isinstance(one, Trouble)]


# Real replies


@needs_replies
def test_real_shodan_search():
    found = read("shodan-search", (EXPOSURE / "scan/shodan/host_search.json").read_bytes())
    assert len(found) == 6
    assert troubles(found) == []
    assert {one.port for one in found} == {53, 80, 2083, 2086, 2087, 8080}
    tls = next(one for one in found if one.certificate_serial)
    assert int(tls.certificate_serial, 16) == 4997145087721625482890198484998041183, "no digit is lost"
    assert tls.tls_versions == ("TLSv1", "TLSv1.1", "TLSv1.2")
    assert len(tls.certificate_names) == 11
    assert tls.self_signed is False
    assert {one.asn for one in found} == {"AS13335"}


@needs_replies
def test_real_certificate_names_stand_in_chain_and_extension_alike():
    said = json.loads((EXPOSURE / "scan/shodan/host_search.json").read_text("utf-8"))
    for one in said["matches"]:
        if "ssl" in one:
            one["ssl"]["chain"] = None
    with_chain = read("shodan-search", (EXPOSURE / "scan/shodan/host_search.json").read_bytes())
    without = read("shodan-search", json.dumps(said).encode())
    assert [one.certificate_names for one in with_chain] == [one.certificate_names for one in without]


@needs_replies
def test_real_internetdb():
    found = read("internetdb", recorded("scan/shodan/internetdb_1.1.1.1.json"))
    assert [one.port for one in found] == [53, 80, 443]
    assert {one.hostnames for one in found} == {("one.one.one.one",)}


@needs_replies
def test_real_censys():
    found = read("censys", recorded("scan/censys/v3_search_query.json"))
    assert len(found) == 8
    assert sum(1 for one in found if one.certificate_sha256) == 3
    web = next(one for one in found if (one.port, one.transport) == (443, "tcp"))
    assert web.certificate_serial == "27dc8c5e17294aec9ed3f67728e8a08"
    assert (web.self_signed, web.tls_versions) == (False, ("TLSv1.2", "TLSv1.3"))
    assert next(one for one in found if one.port == 80).location == "https://1.1.1.1/"


@needs_replies
def test_real_censys_legacy():
    found = read("censys-legacy", recorded("scan/censys/v2_search_hosts.json"))
    assert len(found) == 16
    assert sum(1 for one in found if one.certificate_sha256) == 7
    assert {one.transport for one in found} == {"tcp", "udp", "quic"}


@needs_replies
def test_real_certificate_file():
    (found,) = read("certificate-files", (EXPOSURE / "ct/ctgo/test-cert.pem").read_bytes())
    assert (found.serial, found.key_type, found.key_bits) == ("6", "RSA", 1024)
    assert found.signature == "sha1WithRSAEncryption"


@needs_replies
def test_real_crtsh_lists_precertificates_once():
    body = recorded("ct/crtsh/identity_exclude_expired.json")
    found = read("crtsh", body, Subject("domain", "crt.sh"))
    assert (len(json.loads(body)), len(found), troubles(found)) == (12, 6, [])


@needs_replies
def test_real_precertificates_give_what_the_log_signed():
    """The poison-stripped TBSCertificate is byte for byte the leaf that the log signed (RFC 6962)."""
    seen = 0
    for tile in ("000", "001"):
        for pre, leaf in precertificates((EXPOSURE / "ct/navigli2025h2/tile/data" / tile).read_bytes()):
            found = x509(pre)
            assert found.tbs_sha256 == hashlib.sha256(leaf).hexdigest()
            assert found.precertificate is True
            assert logged_part(leaf) == leaf
            seen += 1
    assert seen == 512


def precertificates(tile: bytes):
    """Rows of a data tile (static-ct-api): a TimestampedEntry, the precertificate, its issuers."""
    at = 0
    while at < len(tile):
        (kind,) = struct.unpack_from(">H", tile, at + 8)
        at += 10 + (32 if kind else 0)
        leaf, at = vector(tile, at, 3)
        _, at = vector(tile, at, 2)
        pre, at = vector(tile, at, 3) if kind else (b"", at)
        _, at = vector(tile, at, 2)
        if kind:
            yield pre, leaf


def vector(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    end = at + size + int.from_bytes(data[at : at + size], "big")
    return data[at + size : end], end


# Files that are only imported


def test_certificate_bundle():
    found = read("certificate-files", (EXAMPLES / "certificate-files/files/bundle.pem").read_bytes())
    assert troubles(found) == ["not a readable X.509 certificate"]
    one, weak = (each for each in found if isinstance(each, Certificate))
    assert one.names == ("*.api.example.test", "192.0.2.10", "2001:db8::10", "www.example.test")
    assert one.serial == "4a1b2c3d4e5f60718293a4b5c6d7e8f9001"
    assert one.emails == ("hostmaster@example.test", "security@example.test")
    assert (one.organisation, one.unit) == ("Example Ltd", "Web team")
    assert (one.key_type, one.key_bits, one.signature) == ("EC", 256, "ecdsa-with-SHA256")
    assert one.precertificate is False, "the final certificate stands for the issuance"
    assert (weak.key_type, weak.key_bits, weak.names) == ("RSA", 1024, ("legacy.example.test",))
    assert weak.issuer == "CN=legacy.example.test"


def test_certificate_in_der_and_pkcs7():
    folder = EXAMPLES / "certificate-files/files"
    (appliance,) = read("certificate-files", (folder / "appliance.der").read_bytes())
    assert appliance.names == ("*.corp.example.test",), "a common name that is no name is none of the names"
    assert (appliance.common_name, appliance.key_type) == ("Example appliance", "Ed25519")
    chain = read("certificate-files", (folder / "chain.p7b").read_bytes())
    assert {one.serial for one in chain} == {"beef", "4a1b2c3d4e5f60718293a4b5c6d7e8f9001"}


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_without_certificate_is_a_failure(body):
    with pytest.raises(Malformed):
        read("certificate-files", body)


def test_censys_legacy_view_and_search():
    folder = EXAMPLES / "censys-legacy/saved"
    web, ssh = read("censys-legacy", (folder / "view.json").read_bytes())
    assert (web.protocol, web.product, web.version) == ("https", "nginx", "1.18.0")
    assert (web.title, web.server, web.body_sha256) == ("Example portal", "nginx/1.18.0", "44" * 32)
    assert (web.certificate_names, web.self_signed) == (("www.example.test",), False)
    assert (ssh.host_key, ssh.hostnames) == ("5a" * 32, ("host10.example.net", "www.example.test"))
    assert ssh.last_seen == 1716110295942000, "the host's time where the service has none"
    searched = read("censys-legacy", (folder / "search.json").read_bytes())
    assert troubles(searched) == ["a host lacks ip or services"]
    assert len(searched) == 3


def test_censys_legacy_tells_an_error_from_nothing():
    nothing = {"code": 200, "status": "OK", "result": {"total": 0, "hits": []}}
    assert read("censys-legacy", json.dumps(nothing).encode()) == []
    with pytest.raises(ReadError, match="quota"):
        read("censys-legacy", b'{"code": 429, "status": "Too many", "error": "quota is used up"}')


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("certificate-files/files/bundle.pem", "certificate-files"),
        ("certificate-files/files/appliance.der", "certificate-files"),
        ("certificate-files/files/chain.p7b", "certificate-files"),
        ("certspotter/domain/page1.json", "certspotter"),
        ("shodan-host/address/page1.json", "shodan-host"),
        ("shodan-host/export/download.json", "shodan-host"),
        ("shodan-host/minified/page1.json", "shodan-host"),
        ("shodan-search/domain/page1.json", "shodan-search"),
        ("shodan-dns/domain/page1.json", "shodan-dns"),
        ("internetdb/address/page1.json", "internetdb"),
        ("censys/domain/page1.json", "censys"),
        ("censys/address/page1.json", "censys"),
        ("censys-legacy/saved/view.json", "censys-legacy"),
        ("censys-legacy/saved/search.json", "censys-legacy"),
    ],
)
def test_saved_files_are_recognised(file, name):
    head = (EXAMPLES / file).read_bytes()[:65_536]
    scores = {other: leaf.detect(head, Path(file).name) for other, leaf in collectors().items()}
    assert max(scores, key=lambda one: scores[one]) == name
    assert scores[name] > sorted(scores.values())[-2], "nobody else is as sure"


# Asking


def test_shodan_search_stops_after_twenty_pages_and_says_so():
    leaf, subject = collectors()["shodan-search"], Subject("cidr", "192.0.2.0/24")
    banner = {"ip_str": "192.0.2.1", "port": 80, "_shodan": {"module": "http"}}
    body, after, asked, said = json.dumps({"matches": [banner], "total": 9_999}).encode(), None, 0, []
    while (request := leaf.ask(subject, after)) is not None:
        after = Reply(request=request, body=body, time=0)
        asked, said = asked + 1, said + troubles(list(leaf.read(subject, after)))
    assert (asked, said) == (20, ["only the first 2,000 of 9,999 services are read"])


def test_shodan_dns_stops_after_a_hundred_pages_and_says_so():
    leaf, subject = collectors()["shodan-dns"], Subject("domain", "example.test")
    body, after, asked, said = b'{"domain": "example.test", "data": [], "more": true}', None, 0, []
    while (request := leaf.ask(subject, after)) is not None:
        after = Reply(request=request, body=body, time=0)
        asked, said = asked + 1, said + troubles(list(leaf.read(subject, after)))
    assert (asked, said) == (100, ["more than 100 pages: the rest is not read"])


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("certspotter", b'[{"id": "7"}]'),
        ("censys", b'{"result": {"hits": [], "next_page_token": "7"}}'),
    ],
)
def test_a_page_that_leads_to_itself_ends_the_asking(name, body):
    leaf, subject = collectors()[name], Subject("domain", "example.test")
    first = leaf.ask(subject, None)
    second = leaf.ask(subject, Reply(request=first, body=body, time=0))
    assert "7" in (second.body + str(second.query))
    assert leaf.ask(subject, Reply(request=second, body=body, time=0)) is None


def test_a_search_keeps_only_what_bears_a_name_of_ours():
    """Databases find ``notexample.test`` and ``example.test.example.org`` as well."""
    names = {
        "example.test": True,
        "a.example.test": True,
        "notexample.test": False,
        "example.test.example.org": False,
    }
    for name, ours in names.items():
        match = {"ip_str": "192.0.2.1", "port": 80, "hostnames": [name], "_shodan": {}}
        body = json.dumps({"matches": [match], "total": 1}).encode()
        assert bool(read("shodan-search", body, Subject("domain", "example.test"))) is ours
        host = {"ip": "192.0.2.1", "services": [{"port": 80}], "dns": {"names": [name]}}
        body = json.dumps({"result": {"hits": [{"host_v1": {"resource": host}}]}}).encode()
        assert bool(read("censys", body, Subject("domain", "example.test"))) is ours


def test_a_quotation_mark_cannot_leave_the_query():
    request = collectors()["censys"].ask(Subject("domain", 'a" or host.ip: "203.0.113.0/24'), None)
    assert json.loads(request.body)["query"].count('"') == 4


def test_censys_answers_404_about_an_address_it_does_not_know_but_not_to_a_search():
    leaf, body = collectors()["censys"], b'{"title": "Not Found"}'
    asked = leaf.ask(ADDRESS, None)
    assert list(leaf.read(ADDRESS, Reply(request=asked, body=body, time=0, status=404))) == []
    network = Subject("cidr", "192.0.2.0/24")
    searched = Reply(request=leaf.ask(network, None), body=body, time=0, status=404)
    with pytest.raises(ReadError, match="404"):
        list(leaf.read(network, searched))


# Certificates


KEY = ec.generate_private_key(ec.SECP256R1())
POISON = library.PrecertPoison()
TIMESTAMPS = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


def made(*extensions: library.ExtensionType, serial: int = 7) -> bytes:
    name = library.Name([library.NameAttribute(NameOID.COMMON_NAME, "www.example.test")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = library.CertificateBuilder(name, name, KEY.public_key(), serial, start, start + timedelta(90))
    for one in extensions:
        builder = builder.add_extension(one, critical=isinstance(one, library.PrecertPoison))
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


@given(
    st.integers(1, 2**159 - 1),
    st.binary(max_size=400),
    st.lists(st.sampled_from(["a.example.test", "*.example.test", "b.example.org"]), max_size=3, unique=True),
)
@settings(max_examples=40, deadline=None)
def test_precertificate_and_certificate_are_one(serial, timestamps, listed):
    """Same key and same logged part, whatever the list of timestamps looks like."""
    names = [library.SubjectAlternativeName([library.DNSName(one) for one in listed])] if listed else []
    pre = x509(made(*names, POISON, serial=serial))
    final = x509(made(*names, library.UnrecognizedExtension(TIMESTAMPS, timestamps), serial=serial))
    assert (pre.precertificate, final.precertificate) == (True, False)
    assert pre.key == final.key
    assert pre.tbs_sha256 == final.tbs_sha256
    assert pre.sha256 != final.sha256
    assert int(pre.serial, 16) == serial
    assert final.names == tuple(sorted({*listed, "www.example.test"}))


@given(st.integers(0, 2_000), st.integers(0, 30), st.binary(max_size=8))
@settings(max_examples=200, deadline=None)
def test_hostile_der_is_malformed_or_a_certificate(at, gone, put):
    der = made(library.SubjectAlternativeName([library.DNSName("a.example.test")]), POISON)
    at %= len(der)
    try:
        found = x509(der[:at] + put + der[at + gone :])
    except Malformed:
        return
    assert isinstance(found, Certificate)
    assert samples.fact(samples.told(found)).key == found.key


@given(st.binary(max_size=300))
def test_any_bytes_are_no_certificate(body):
    with pytest.raises(Malformed):
        x509(body)


@given(st.binary(max_size=60))
def test_values_are_the_bytes_they_were_cut_from(body):
    try:
        found = list(values(body))
    except Malformed:
        return
    assert b"".join(whole for _, whole, _ in found) == body


@given(st.binary(max_size=60))
def test_alternative_names_of_any_bytes(body):
    with contextlib.suppress(Malformed):
        assert isinstance(alternative_names(body), tuple)


def test_one_bad_extension_breaks_no_other():
    """cryptography reads all extensions or none; a log holds certificates with a broken one."""
    bad = library.UnrecognizedExtension(ObjectIdentifier("2.5.29.32"), b"\x05")
    san = library.SubjectAlternativeName([library.DNSName("a.example.test")])
    assert x509(made(bad, san)).names == ("a.example.test", "www.example.test")


# Spellings


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (["TLSv1", "-SSLv2", "TLSv1.2"], ("TLSv1", "TLSv1.2")),
        (["tlsv1_0", "tlsv1_3"], ("TLSv1", "TLSv1.3")),
        (["TLSv1_2", None, 7, "ssl 3.0", "TLS 1.1"], ("SSLv3", "TLSv1.1", "TLSv1.2")),
        ([], ()),
    ],
)
def test_tls_versions(said, found):
    assert kit.tls_versions(said) == found


def test_cves_that_are_denied_are_left_out():
    assert kit.cves(["cve-2021-23017", "!CVE-2019-9511", None, "CVE-1", "CVE-2021-23017"]) == (
        "CVE-2021-23017",
    )


@pytest.mark.parametrize(
    ("said", "base", "found"),
    [
        (255, 10, "ff"),
        ("255", 10, "ff"),
        ("00:FF", 16, "ff"),
        (-1, 10, None),
        (True, 10, None),
        (1e30, 10, None),
        ("9" * 5_000, 10, None),
        ("xyz", 16, None),
    ],
)
def test_serial(said, base, found):
    assert kit.serial(said, base) == found


@given(st.integers(2**53, 10**48))
def test_no_digit_of_a_serial_is_lost(serial):
    banner = {"ip_str": "192.0.2.1", "port": 443, "_shodan": {}, "ssl": {"cert": {"serial": serial}}}
    (found,) = read("shodan-host", json.dumps({"ip_str": "192.0.2.1", "data": [banner]}).encode())
    assert int(found.certificate_serial, 16) == serial


@given(st.text(max_size=40))
def test_exact_leaves_texts_alone(text):
    said = {"data": f'"serial": 12345678901234567890, {text}'}
    assert json.loads(exact(json.dumps(said).encode())) == said


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 9), st.sets(st.sampled_from("abc"))), max_size=8))
def test_once_keeps_the_newest_and_unites_what_is_listed(rows):
    said = [
        Service(ip="192.0.2.1", port=port, last_seen=seen, title=str(seen), tags=tuple(sorted(tags)))
        for port, seen, tags in rows
    ]
    found = kit.once(said)
    assert len({one.key for one in found}) == len(found)
    for one in found:
        mine = [other for other in said if other.key == one.key]
        assert one.last_seen == max(other.last_seen for other in mine)
        assert set(one.tags) == {tag for other in mine for tag in other.tags}
    assert {one.key for one in found} == {one.key for one in said}


def test_internetdb_says_that_cves_have_no_port():
    body = {
        "ip": "192.0.2.1",
        "ports": [22, 80],
        "cpes": [],
        "hostnames": [],
        "tags": [],
        "vulns": ["CVE-2021-23017"],
    }
    found = read("internetdb", json.dumps(body).encode())
    assert [(one.port, one.cves, one.tags) for one in found] == [
        (22, ("CVE-2021-23017",), ("internetdb",)),
        (80, ("CVE-2021-23017",), ("internetdb",)),
    ]


def test_a_single_line_of_an_export_is_read():
    (line, *_) = (EXAMPLES / "shodan-host/export/download.json").read_bytes().splitlines()
    (alone,) = read("shodan-host", line)
    whole = read("shodan-host", line + b"\n" + line + b"\n")
    assert whole == [alone]
    assert replace(alone, title=None) != alone
