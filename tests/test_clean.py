"""Names, URLs and texts with secrets in, their normal and redacted forms checked."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.catalogue import load
from glasshouse.errors import ReadError
from glasshouse.watch.clean import Fingerprinter, address_of, host_of, redact, safe, split_url

NAMES = load().key_names


def mark(secret):
    return f"hmac-sha256:{hash(secret) & 0xFFFFFFFFFFFFFFFF:016x}"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("API.Shodan.IO.", "api.shodan.io"),
        ("crt.sh:443", "crt.sh"),
        ("[2001:DB8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("ｓhodan.io", "xn--hodan-8b93a.io"),
        ("\u212aelvin.example", "xn--elvin-en3b.example"),
        ("a..example", None),
        ("exa mple.org", None),
        ("a/b", None),
        ("", None),
        (None, None),
        ("x" * 64 + ".example", None),
        ("*.example.org", None),
    ],
)
def test_host_of(name, host):
    if host and host.startswith("xn--") and "bcher" not in host:
        assert host_of(name).startswith("xn--")
        assert host_of(name).encode().isascii()
    else:
        assert host_of(name) == host


@given(st.text(max_size=80))
def test_host_of_never_invents_plain_letters(name):
    host = host_of(name)
    if host is not None and ":" not in host and "xn--" not in host:
        assert host in name.lower()


@pytest.mark.parametrize(
    ("text", "named", "host", "path", "query"),
    [
        ("https://u:p@crt.sh:8443/a?q=1#f", False, "crt.sh", "/a", "q=1"),
        ("/a/b?c=d", True, "", "/a/b", "c=d"),
        ("a/b", True, "", "a/b", ""),
        ("www.shodan.io/host/1", False, "www.shodan.io", "/host/1", ""),
        ("//crt.sh/?q=1", False, "crt.sh", "/", "q=1"),
        ("https://[2001:db8::1]:443/x", False, "[2001:db8::1]", "/x", ""),
        ("crt.sh:443", False, "crt.sh", "", ""),
    ],
)
def test_split_url(text, named, host, path, query):
    url = split_url(text, named)
    assert (url.host, url.path, url.query) == (host, path, query)


@given(st.text(max_size=200), st.booleans())
def test_split_url_never_fails(text, named):
    split_url(text, named)


SECRET = st.from_regex(r"[A-Za-z0-9]{12,40}", fullmatch=True)
PLACES = [
    "https://api.shodan.io/shodan/host/203.0.113.5?key={}",
    "https://api.c99.nl/subdomainfinder?domain=example.com&key={}&json",
    "https://www.virustotal.com/vtapi/v2/domain/report?apikey={}&domain=example.com",
    "https://user:{}@api.example.net/",
    "https://{}@api.example.net/",
    "https://zonefiles.io/q/{}/example.com",
    "https://graph.facebook.com/certificates?access_token={}",
    "curl -H 'x-apikey: {}' https://www.virustotal.com/",
    'curl -H "Authorization: Bearer {}" https://example.net/',
    'curl -H "Authorization: token {}" https://example.net/',
    "curl -u name:{} https://example.net/",
    "tool --api-key {} example.com",
    "tool --api-key={} example.com",
    "tool -key '{}' example.com",
    "shodan init {}",
    "python -m shodan init {}",
    "SHODAN_API_KEY={} shodan host 203.0.113.5",
    "export PDCP_API_KEY='{}'",
    "postgresql://guest:{}@crt.sh:5432/certwatch",
    "host=db.example.net password={} dbname=x",
    "irm -Headers @{{'x-apikey'='{}'}} https://www.virustotal.com/",
    "X-OTX-API-KEY: {}",
]


@given(SECRET)
def test_redact_covers_every_key_place(secret):
    for place in PLACES:
        out = redact(place.format(secret), mark, NAMES)
        assert secret not in out, (place, out)
        assert mark(secret) in out or "name:" in place or "user:" in place or "guest:" in place, (place, out)


def test_redact_leaves_the_rest():
    for text in ("https://crt.sh/?q=example.com&output=json", "subfinder -d example.com", "whois example.com",
                 "nuclei -u https://www.example.com/"):  # fmt: skip
        assert redact(text, mark, NAMES) == text


@given(SECRET)
def test_redact_twice_changes_nothing(secret):
    once = redact(f"https://api.shodan.io/?key={secret}", mark, NAMES)
    assert redact(once, mark, NAMES) == once


def test_fingerprints(tmp_path):
    path = tmp_path / "new" / "key"
    first, second = Fingerprinter(path), Fingerprinter(path)
    assert first("A") == second("A") != first("B")
    assert first("A").startswith("hmac-sha256:")
    assert len(first("A")) == len("hmac-sha256:") + 16
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size == 32
    assert Fingerprinter(tmp_path / "other")("A") != first("A")
    assert os.listdir(path.parent) == ["key"]


def test_the_key_is_made_once_by_many(tmp_path):
    seen = []
    threads = [
        threading.Thread(target=lambda: seen.append(Fingerprinter(tmp_path / "key")("A"))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 16
    assert len(set(seen)) == 1


def test_a_key_file_of_wrong_size_is_refused(tmp_path):
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(ReadError, match="32 bytes"):
        Fingerprinter(tmp_path / "key")("A")


def test_no_key_file_without_a_secret(tmp_path):
    Fingerprinter(tmp_path / "key")
    assert not (tmp_path / "key").exists()


def test_safe_is_offered_here():
    assert safe("a\x1b[31m\u202e") == "a\\x1b[31m\\u202e"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2001:0db8:0000:0000:0000:0000:0000:0007", "2001:db8::7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.7", "192.0.2.7"),
        ("gateway", "gateway"),
        (None, None),
    ],
)
def test_an_address_has_one_form(said: str | None, meant: str | None) -> None:
    assert address_of(said) == meant


@pytest.mark.parametrize(
    "line",
    [
        "http://api.shodan.io/shodan/host/203.0.113.5?%6bey={0}",
        "http://api.shodan.io/shodan/host/203.0.113.5?k%65y={0}&x=1",
        "uncover --api {0} -q example.com",
        "censys config --api-id {0}",
        "echo {0} > /home/u/.shodan/api_key",
    ],
)
def test_a_key_in_disguise_is_covered(line):
    secret = "Zq7Zq7Zq7Zq7"
    covered = redact(line.format(secret), lambda _secret: "hmac-sha256:0123456789abcdef")
    assert secret not in covered
    assert "<key hmac-sha256:" in covered
