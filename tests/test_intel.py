"""What feeds know of an episode's actor, targets and tools; and how values and patterns are read."""

from __future__ import annotations

import ipaddress
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.know import parse_intel, parse_stix
from glasshouse.know.intel import DAY, HITS, TROUBLES_KEPT, Feeds
from glasshouse.know.loaders import indicators_text, misp_event, stix_bundle
from glasshouse.known import Indicator
from glasshouse.records import Alert, Client, Target, Trouble
from glasshouse.verdicts import Episode

NOW = 1_795_165_200_000_000  # 2026-11-20T09:00:00Z


def indicator(kind, value, **more):
    return Indicator(type=kind, value=value, feed=more.pop("feed", "feed"), **more)


def episode(**said):
    return Episode(alert=Alert(id="GH-1", first_seen=NOW - DAY, last_seen=NOW, actor=None), key="k", **said)


def hits(indicators, **said):
    return [
        (hit.where, hit.value, hit.indicator.value) for hit in Feeds(indicators).hits(episode(**said), NOW)
    ]


def covered(indicators, *target):
    return [one.value for one in Feeds(indicators).of_target(Target(*target))]


# -- Feeds


def test_no_indicator_no_hit():
    assert len(Feeds()) == 0
    assert hits([], ips=("198.51.100.7",), targets=(Target("domain", "example.org"),)) == []


def test_each_place_is_matched_with_its_kinds():
    known = [
        indicator("ip", "198.51.100.7"),
        indicator("cidr", "203.0.113.0/24"),
        indicator("hostname", "vpn.evil.example"),
        indicator("domain", "evil.example"),
        indicator("email", "mallory@mail.example.org"),
        indicator("account", "jdoe"),
        indicator("tool", "recon-sweeper"),
        indicator("tool", "subfinder"),
    ]
    found = hits(
        known,
        ips=("198.51.100.7", "192.0.2.1", "not an address"),
        hosts=("ws-17", "VPN.evil.example"),
        accounts=("jdoe", "alice"),
        targets=(
            Target("ip", "203.0.113.9"),
            Target("hostname", "a.b.evil.example"),
            Target("email", "Mallory@mail.example.org"),
            Target("email", "boss@evil.example"),
            Target("organisation", "evil.example"),
            Target("asn", "AS64496"),
        ),
        clients=(Client("tool", "subfinder"), Client("browser", "recon-sweeper"), Client("script", None)),
        processes=("C:\\Tools\\Recon Sweeper.EXE", "/usr/bin/curl"),
    )
    assert sorted(found) == [
        ("account", "jdoe", "jdoe"),
        ("email", "Mallory@mail.example.org", "mallory@mail.example.org"),
        ("email", "boss@evil.example", "evil.example"),
        ("source", "198.51.100.7", "198.51.100.7"),
        ("source", "VPN.evil.example", "evil.example"),
        ("source", "VPN.evil.example", "vpn.evil.example"),
        ("target", "203.0.113.9", "203.0.113.0/24"),
        ("target", "a.b.evil.example", "evil.example"),
        ("tool", "recon-sweeper", "recon-sweeper"),
        ("tool", "subfinder", "subfinder"),
    ]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("evil.example", True),
        ("a.b.evil.example", True),
        ("notevil.example", False),
        ("evil.example.attacker.test", False),
        ("example", False),
    ],
)
def test_a_domain_covers_names_below_it_by_label(name, known):
    assert bool(covered([indicator("domain", "evil.example")], "hostname", name)) is known
    assert bool(covered([indicator("hostname", "evil.example")], "domain", name)) is (name == "evil.example")


@pytest.mark.parametrize(
    ("target", "known"),
    [
        (("cidr", "203.0.113.0/25"), ["203.0.113.0/24"]),
        (("cidr", "203.0.113.0/24"), ["203.0.113.0/24"]),
        (("cidr", "203.0.112.0/23"), []),
        (("cidr", "198.51.100.7/32"), ["198.51.100.7"]),
        (("ip", "::ffff:198.51.100.7"), ["198.51.100.7"]),
        (("ip", "2001:db8:bad::1"), ["2001:db8:bad::/48"]),
        (("ip", "2001:DB8:BAD:0::1"), ["2001:db8:bad::/48"]),
        (("cidr", "nonsense"), []),
        (("certificate", "AB" * 20), ["ab" * 20]),
        (("expression", '"https://evil.example/x"'), ["https://evil.example/x"]),
        (("hostname", "plain.example"), ["http://plain.example/"]),
        (("hostname", "evil.example"), []),
        (("ip", "198.51.100.99"), ["https://198.51.100.99:8443/"]),
    ],
)
def test_networks_hashes_and_urls(target, known):
    feed = [
        indicator("cidr", "203.0.113.0/24"),
        indicator("cidr", "2001:db8:bad::/48"),
        indicator("ip", "198.51.100.7"),
        indicator("hash", "ab" * 20),
        indicator("url", "https://evil.example/x"),  # a page says nothing about its whole host
        indicator("url", "http://plain.example/"),
        indicator("url", "https://198.51.100.99:8443/"),
    ]
    assert covered(feed, *target) == known


def test_age_and_expiry():
    known = [
        indicator("domain", "a.example", seen=NOW - 10 * DAY - 1, since=NOW - 400 * DAY, confidence=80),
        indicator("domain", "a.example", since=NOW - 3 * DAY, until=NOW - DAY, feed="other"),
        indicator("domain", "a.example", until=NOW - DAY + 1, seen=NOW + DAY, feed="third"),
        indicator("domain", "a.example", feed="fourth"),
    ]
    found = Feeds(known).hits(episode(targets=(Target("domain", "a.example"),)), NOW)
    assert [(hit.indicator.feed, hit.age_days, hit.expired) for hit in found] == [
        ("feed", 10, False),
        ("third", 0, False),
        ("fourth", None, False),
        ("other", 3, True),
    ]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("domain", "com"),
        ("domain", "co.uk"),
        ("domain", "github.io"),
        ("hostname", "localhost"),
        ("domain", "1.168.192.in-addr.arpa"),
        ("cidr", "0.0.0.0/0"),
        ("cidr", "::/0"),
        ("cidr", "8.0.0.0/7"),
        ("cidr", "10.0.0.0/8"),
        ("cidr", "172.16.5.0/24"),
        ("cidr", "fe80::/10"),
        ("ip", "192.168.1.1"),
        ("ip", "127.0.0.1"),
        ("ip", "::1"),
        ("ip", "::"),
        ("ip", "255.255.255.255"),
        ("ip", "nonsense"),
        ("url", "http://localhost/x"),
        ("url", "http://10.1.2.3:8080/x"),
        ("tool", ""),
    ],
)
def test_what_would_match_nearly_everybody_is_left_out_and_told(kind, value):
    feeds = Feeds([indicator(kind, value, origin="list.txt:3"), indicator("domain", "evil.example")])
    assert len(feeds) == 1
    (trouble,) = feeds.troubles
    assert trouble.where == "list.txt:3"
    assert "useless" in trouble.reason


def test_many_useless_ones_are_counted():
    feeds = Feeds([indicator("domain", "com")] * (TROUBLES_KEPT + 23))
    assert len(feeds.troubles) == TROUBLES_KEPT + 1
    assert "and 23 more" in feeds.troubles[-1].reason


def test_one_value_in_very_many_feeds_stays_quick():
    feeds = Feeds(indicator("domain", "a.example", feed=str(n)) for n in range(50_000))
    assert len(feeds.hits(episode(targets=(Target("domain", "a.example"),)), NOW)) == HITS


ADDRESSES = st.integers(0x0B000000, 0x0BFFFFFF).map(lambda n: str(ipaddress.IPv4Address(n & 0xFF00FFF3)))
NETWORKS = st.tuples(ADDRESSES, st.integers(8, 32)).map(
    lambda pair: str(ipaddress.ip_network(f"{pair[0]}/{pair[1]}", strict=False))
)


@given(st.lists(NETWORKS, max_size=20), ADDRESSES)
def test_networks_answer_as_a_plain_scan_does(networks, address):
    feed = [indicator("cidr", one, feed=str(n)) for n, one in enumerate(networks)]
    plain = sorted(one for one in networks if ipaddress.ip_address(address) in ipaddress.ip_network(one))
    assert sorted(covered(feed, "ip", address)) == plain


NAMES = st.lists(st.sampled_from(["a", "b", "xn--c", "evil"]), min_size=1, max_size=4).map(
    lambda labels: ".".join([*labels, "example", "org"])
)


@given(st.lists(NAMES, max_size=10), NAMES)
def test_names_answer_as_a_plain_scan_does(names, name):
    plain = sorted(one for one in names if name == one or name.endswith("." + one))
    assert sorted(covered([indicator("domain", one) for one in names], "domain", name)) == plain


def test_a_question_costs_no_more_with_more_indicators():
    def cost(count):
        feeds = Feeds(indicator("domain", f"n{n}.evil{n % 97}.example") for n in range(count))
        targets = [Target("hostname", f"www.n{n}.evil{n % 97}.example") for n in range(2_000)]
        start = time.process_time()
        assert all(len(list(feeds.of_target(target))) == (n < count) for n, target in enumerate(targets))
        return (time.process_time() - start) / len(targets)

    assert cost(20_000) < 10 * cost(2_000) + 50e-6


# -- values


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("hxxps[:]//evil[.]example/a", ("url", "https://evil.example/a")),
        ("hXXp://Evil(.)example", ("url", "http://evil.example/")),
        ("h**p://evil[dot]example/", ("url", "http://evil.example/")),
        ("evil {.} example", ("domain", "evil.example")),
        ("a[at]evil[.]example", ("email", "a@evil.example")),
        ("198[.]51[.]100[.]7", ("ip", "198.51.100.7")),
        ("198\\.51\\.100\\.7", ("ip", "198.51.100.7")),
        ("203.0.113.77/24", ("cidr", "203.0.113.0/24")),
        ("2001:db8::/128", ("ip", "2001:db8::")),
        ("*.evil.example", ("domain", "evil.example")),
        ("evil.example:443", ("domain", "evil.example")),
        ("AA:" * 19 + "AA", ("hash", "aa" * 20)),
        ("word", None),
        ("two words", None),
        ("javascript:alert(1)", None),
        ("999.1.1.1.1", None),
        ("a" * 3000 + ".example", None),
        ("", None),
    ],
)
def test_values(said, read):
    assert parse_intel.guessed(said) == read


@given(st.text(max_size=80))
def test_any_text_is_read_or_not(said):
    found = parse_intel.guessed(said)
    assert found is None or (found[1] and len(found[1]) <= 3 * len(said) + 20)
    for reader in (parse_intel.of_tool, parse_intel.of_account, parse_intel.of_url, parse_intel.of_hash):
        read = reader(said)
        assert read is None or read[1] == read[1].strip()


@given(st.text("0123456789abcdef.-", min_size=1, max_size=30))
def test_a_refanged_value_is_stable(said):
    assert parse_intel.refanged(parse_intel.refanged(said)) == parse_intel.refanged(said)


# -- patterns


@pytest.mark.parametrize(
    ("pattern", "pairs", "others"),
    [
        ("[a:b = 'x']", [("a:b", "x")], 0),
        (
            "[a:b='x' AND (c:d = 'y' OR e:f IN ('1','2'))]",
            [("a:b", "x"), ("c:d", "y"), ("e:f", "1"), ("e:f", "2")],
            0,
        ),
        (
            "([a:b = 'x'] FOLLOWEDBY [c:d = 'it\\'s']) WITHIN 5 SECONDS REPEATS 2 TIMES",
            [("a:b", "x"), ("c:d", "it's")],
            0,
        ),
        ("[a:b = 'x'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'", [("a:b", "x")], 0),
        ("[file:hashes.'SHA-256' = 'ab']", [("file:hashes.sha-256", "ab")], 0),
        ("[a:b_refs[*].value = 'x' /* why */ ]", [("a:b_refs.value", "x")], 0),
        ("[a:b != 'x' OR a:b NOT = 'y' OR NOT a:b = 'y' OR a:b LIKE 'z%' OR a:b MATCHES '^q$']", [], 5),
        ("[EXISTS a:b AND c:d = 'y']", [("c:d", "y")], 1),
        ("[a:b = 443]", [], 1),
        ("[a:b = '[c:d = \\'no\\']']", [("a:b", "[c:d = 'no']")], 0),
    ],
)
def test_patterns(pattern, pairs, others):
    assert parse_stix.compared(pattern) == (pairs, others)


@pytest.mark.parametrize(
    "pattern",
    ["", "a:b = 'x'", "[]", "[a:b]", "[a:b = 'x", "[a:b 'x']", "[\x00]", "[" + "a:b = 'x' " * 20_000],
)
def test_what_is_no_pattern(pattern):
    with pytest.raises(Malformed):
        parse_stix.compared(pattern)


@given(st.text("[]()'\\ab:=,.-\n /*NOTINEXISTS1", max_size=120))
def test_any_pattern_is_read_or_malformed_at_once(pattern):
    try:
        pairs, others = parse_stix.compared(pattern)
    except Malformed:
        return
    assert pairs or others


def test_patterns_are_read_as_the_reference_reader_does():
    """Every comparison for equality that the OASIS pattern reader finds, and none more."""
    reference = pytest.importorskip("stix2patterns.v21.pattern", reason="stix2-patterns is not installed")
    pattern = (
        "([ipv4-addr:value = '198.51.100.1' AND domain-name:value IN ('a.example', 'b.example')] "
        "FOLLOWEDBY [url:value != 'http://c.example/']) WITHIN 60 SECONDS"
    )
    found = reference.Pattern(pattern).inspect().comparisons
    expected = [
        (f"{kind}:{'.'.join(path)}", value)
        for kind, comparisons in found.items()
        for path, operator, said in comparisons
        if operator in ("=", "IN")
        for value in re.findall("'([^']*)'", str(said))
    ]
    assert len(expected) == 3
    assert sorted(parse_stix.compared(pattern)[0]) == sorted(expected)


# -- loaders


def test_what_our_own_sinks_wrote_is_no_indicator():
    """Reports that come back in are about what was looked up, not about what is bad."""
    observed = (
        b'{"type": "bundle", "id": "bundle--1", "objects": [{"type": "domain-name", "id": "domain-name--1", '
        b'"value": "example.com"}, {"type": "observed-data", "id": "observed-data--1", '
        b'"object_refs": ["domain-name--1"]}]}'
    )
    (only,) = stix_bundle.read(observed, "report.json")
    assert isinstance(only, Trouble)
    assert "not called bad" in only.reason


def test_a_list_of_our_own_names_is_not_taken_for_bad_ones():
    names = b"www.example.com\nvpn.example.com\n198.51.100.1\n"
    assert indicators_text.detect(names, "names.txt") == 0
    assert indicators_text.detect(names, "our-indicators.txt") >= 40
    assert indicators_text.detect(b"# feed: x\n" + names, "names.txt") >= 40
    assert indicators_text.detect(b"hxxp://evil[.]example\n", "names.txt") >= 40
    assert indicators_text.detect(b"name,owner\nwww.example.com,web\n", "ioc.csv") == 0


def test_a_cut_head_is_still_recognised():
    row = b"name-of-some-length.evil.example\n"
    assert indicators_text.detect((row * 3_000)[:65_536], "ioc.txt") >= 40


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"Event": 5}', b'{"response": []}', b"[[[]]]", b"null"])
def test_what_is_no_misp_export(body):
    with pytest.raises(Malformed):
        list(misp_event.read(body, "x.json"))


def test_deeply_nested_answers_end():
    with pytest.raises((Malformed, RecursionError)):
        list(misp_event.read(b'{"response":' * 5_000 + b"[]" + b"}" * 5_000, "x.json"))


@pytest.mark.parametrize("value", [True, 1.5, -1, 101, "abc", "1" * 5_000, None, []])
def test_a_confidence_outside_the_scale_is_unknown(value):
    assert parse_intel.confidence(value) is None


@pytest.mark.parametrize(("value", "read"), [(0, 0), (100, 100), ("70", 70), (" 5 ", 5)])
def test_a_confidence(value, read):
    assert parse_intel.confidence(value) == read
