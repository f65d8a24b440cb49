"""The inventory answers as a plain walk over all assets would, as Own does, and its loaders refuse tricks."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import time
from copy import deepcopy
from pathlib import Path

import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse import masterfile
from glasshouse.errors import Malformed
from glasshouse.know import parse_assets, parse_cloud, parse_zone
from glasshouse.know.inventory import MOST, Inventory
from glasshouse.know.loaders import bind_zone, inventory_csv, inventory_yaml, terraform_state
from glasshouse.known import Asset
from glasshouse.leaf import loaders
from glasshouse.records import Target, Trouble
from glasshouse.watch.clean import host_of
from glasshouse.watch.targets import Own

LABELS = st.sampled_from(["a", "b", "www", "example", "xn--bcher-kva", "com", "org", "notexample"])
NAMES = st.lists(LABELS, min_size=2, max_size=5).map(".".join)
V4 = st.integers(0xC0000200, 0xC00002FF)  # 192.0.2.0/24: small, so that things meet
V6 = st.integers(0x20010DB8 << 96, (0x20010DB8 << 96) + 255)
ADDRESSES = st.one_of(V4.map(ipaddress.IPv4Address), V6.map(ipaddress.IPv6Address))


@st.composite
def networks(draw):
    address = draw(ADDRESSES)
    most = address.max_prefixlen
    return ipaddress.ip_network((address, draw(st.integers(most - 10, most))), strict=False)


@st.composite
def name_assets(draw):
    return Asset(type=draw(st.sampled_from(["domain", "hostname"])), value=draw(NAMES))


@st.composite
def network_assets(draw):
    network = draw(networks())
    whole = network.prefixlen == network.max_prefixlen
    value = str(network.network_address) if whole else str(network)
    return Asset(type="ip" if whole else "cidr", value=value, owner=draw(st.sampled_from([None, "a", "b"])))


def names_by_walk(assets, name):
    """The reference: every asset looked at."""
    covers = [
        one
        for one in dict.fromkeys(assets)
        if one.value == name or (one.type == "domain" and name.endswith("." + one.value))
    ]
    return sorted(covers, key=lambda one: (-len(one.value), one.type == "domain"))


@given(st.lists(name_assets()), NAMES, st.sampled_from(["domain", "hostname"]))
def test_names_as_a_walk_finds_them(assets, name, kind):
    inventory = Inventory(assets)
    found = inventory.assets_of(Target(kind, name))
    assert list(found) == names_by_walk(assets, name)
    assert inventory.about_us(Target(kind, name)) is (bool(found) if assets else None)


@given(st.lists(network_assets()), st.one_of(networks(), ADDRESSES))
def test_networks_as_a_walk_finds_them(assets, asked):
    inventory = Inventory(assets)
    target = Target("cidr" if "/" in str(asked) else "ip", str(asked))
    network = ipaddress.ip_network(asked)
    overlapping = [
        one
        for one in dict.fromkeys(assets)
        if (own := ipaddress.ip_network(one.value)).version == network.version and own.overlaps(network)
    ]
    found = inventory.assets_of(target)
    assert sorted(found, key=repr) == sorted(overlapping, key=repr)
    holding = [ipaddress.ip_network(one.value).prefixlen for one in found]
    holding = [length for length in holding if length <= network.prefixlen]
    assert holding == sorted(holding, reverse=True)
    assert inventory.holds(str(asked)) is bool(overlapping)
    assert inventory.about_us(target) is (bool(overlapping) if assets else None)


TARGETS = st.one_of(
    st.builds(Target, st.sampled_from(["domain", "hostname"]), NAMES),
    NAMES.map(lambda name: Target("email", f"u@{name}")),
    ADDRESSES.map(lambda address: Target("ip", str(address))),
    networks().map(lambda network: Target("cidr", str(network))),
    st.sampled_from(["AS64500", "AS64501"]).map(lambda asn: Target("asn", asn)),
    st.sampled_from(["Example Ltd", "the EXAMPLE, Ltd.", "Examples Ltd", "Example", ""]).map(
        lambda name: Target("organisation", name)
    ),
    st.sampled_from(["org:example", "a1b2"]).map(lambda text: Target("expression", text)),
)


@given(
    st.lists(NAMES),
    st.lists(networks()),
    st.booleans(),
    st.booleans(),
    st.lists(TARGETS),
)
def test_marks_as_own_does(names, ours, asn, organisation, targets):
    spec = [f"{name}.test" for name in names] + [str(network) for network in ours]
    spec += ["AS64500"] * asn + ["Example Ltd"] * organisation
    own = Own.of(spec)
    assets = [Asset(type="domain", value=domain) for domain in own.domains]
    assets += [Asset(type="cidr", value=str(network)) for network in own.networks]
    assets += [Asset(type="asn", value=number) for number in own.asns]
    assets += [Asset(type="organisation", value=name) for name in own.organisations]
    inventory = Inventory(assets)
    under = [Target(one.type, f"{one.value}.test") if one.type == "domain" else one for one in targets]
    assert inventory.mark(under) == own.mark(under)
    assert bool(inventory) is bool(own)
    for one in under:
        assert inventory.holds(one.value) is own.holds(one.value)


@pytest.mark.parametrize(
    ("kind", "asked", "found"),
    [
        ("hostname", "www.example.com", ["www.example.com", "example.com"]),
        ("hostname", "a.www.example.com", ["example.com"]),
        ("hostname", "notexample.com", []),
        ("hostname", "example.com.attacker.test", []),
        ("hostname", "vpn.example.net", ["vpn.example.net"]),
        ("hostname", "a.vpn.example.net", []),
        ("domain", "example.net", []),
        ("email", "Abuse@example.org", ["abuse@example.org", "example.org"]),
        ("email", "someone@example.org", ["example.org"]),
        ("email", "someone@sub.example.org", []),
        ("email", "someone@mail.example.com", ["example.com"]),
        ("ip", "192.0.2.7", ["192.0.2.7", "192.0.2.0/28", "192.0.2.0/24"]),
        ("ip", "2001:db8::7", ["2001:db8::/32"]),
        ("cidr", "192.0.2.0/28", ["192.0.2.0/28", "192.0.2.0/24", "192.0.2.7"]),
        ("cidr", "192.0.0.0/16", ["192.0.2.0/24", "192.0.2.0/28", "192.0.2.7"]),
        ("asn", "AS64500", ["AS64500"]),
        ("asn", "AS6450", []),
        ("organisation", "EXAMPLE Ltd. (UK)", ["Example Ltd"]),
        ("organisation", "Beispiel gmbh", ["Beispiel GmbH", "Beispiel"]),
        ("organisation", "Examples Ltd", []),
        (
            "certificate",
            "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334",
            ["a1b2c3d4e5f60718293a4b5c6d7e8f9001122334"],
        ),
        ("certificate", "00a1b2c3", ["a1b2c3"]),
        ("certificate", "shop.example.com", ["example.com"]),
        ("certificate", "12345678", []),
        ("expression", "example.com", []),
    ],
)
def test_the_most_specific_asset_comes_first(kind, asked, found):
    said = ("domain example.com", "hostname www.example.com", "hostname vpn.example.net", "email example.org")
    said += (
        "email abuse@example.org",
        "ip 192.0.2.7",
        "cidr 192.0.2.0/24",
        "cidr 192.0.2.0/28",
        "asn AS64500",
    )
    said += (
        "cidr 2001:db8::/32",
        "organisation Example Ltd",
        "organisation Beispiel",
        "organisation Beispiel GmbH",
    )
    said += ("certificate a1b2c3d4e5f60718293a4b5c6d7e8f9001122334", "certificate a1b2c3")
    inventory = Inventory(Asset(type=one.split(" ", 1)[0], value=one.split(" ", 1)[1]) for one in said)
    assert [one.value for one in inventory.assets_of(Target(kind, asked))] == found
    assert inventory.about_us(Target(kind, asked)) is (None if kind == "expression" else bool(found))


def test_unknown_is_never_no():
    only_names = Inventory([Asset(type="hostname", value="www.example.com")])
    assert only_names.about_us(Target("ip", "192.0.2.1")) is None
    assert only_names.about_us(Target("hostname", "www.example.org")) is False
    assert only_names.about_us(Target("certificate", "a" * 40)) is None
    assert (
        Inventory([Asset(type="email", value="example.com")]).about_us(Target("domain", "example.com"))
        is None
    )
    assert not Inventory() and Inventory().mark([Target("ip", "192.0.2.1")]) == (Target("ip", "192.0.2.1"),)


def test_what_two_origins_say_alike_counts_once_and_what_differs_is_kept():
    said = [("a", "inventory.yml:1"), ("a", "state: x"), ("b", "zone:2")]
    inventory = Inventory(Asset(type="ip", value="192.0.2.1", owner=who, origin=at) for who, at in said)
    found = inventory.assets_of(Target("ip", "192.0.2.1"))
    assert [(one.owner, one.origin) for one in found] == [("a", "inventory.yml:1"), ("b", "zone:2")]


def test_a_wide_network_names_a_bounded_number_of_assets():
    inventory = Inventory(Asset(type="ip", value=f"192.0.{n // 256}.{n % 256}") for n in range(3 * MOST))
    assert len(inventory.assets_of(Target("cidr", "192.0.0.0/16"))) == MOST


@given(st.text(max_size=60))
def test_any_text_is_asked_about_without_failing(text):
    inventory = Inventory(
        [Asset(type="domain", value="example.com"), Asset(type="cidr", value="192.0.2.0/24")]
    )
    for kind in (
        "domain",
        "hostname",
        "ip",
        "cidr",
        "asn",
        "certificate",
        "organisation",
        "email",
        "expression",
    ):
        inventory.about_us(Target(kind, text))


@given(st.text("abcüßéπ.-", min_size=1, max_size=30))
def test_names_are_spelled_as_lookups_spell_them(text):
    spelt = parse_assets.name(text + ".example.com")
    assert spelt is None or spelt == host_of(text.lower() + ".example.com")


@pytest.mark.parametrize("said", ["straße.example", "STRASSE\u0308.example", "bücher。example"])
def test_a_name_never_turns_into_another(said):
    spelt = parse_assets.name(said)
    assert spelt is not None and spelt != "strasse.example" and spelt.startswith("xn--")


@pytest.mark.parametrize("shape", ["aliases", "nested", "own alias", "two documents", "large"])
def test_yaml_tricks_are_refused_quickly(shape):
    text = {
        "aliases": "a: &a [x]\n" + "".join(f"b{n}: *a\n" for n in range(256)),
        "nested": "domains: " + "[" * 50_000 + "]" * 50_000,
        "own alias": "domains: &a [*a]\n" * 25,
        "two documents": "domains: [example.com]\n---\ndomains: [example.org]\n",
        "large": "domains: [a.example]\n" + "#" * (33 << 20),
    }[shape]
    start = time.process_time()
    with pytest.raises(Malformed):
        list(inventory_yaml.read(text.encode(), "inventory.yml"))
    assert time.process_time() - start < 5


def test_billion_laughs_give_no_asset_and_take_no_time():
    lines = ["domains: &a [example.com]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 2)}]"
        for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    found = list(inventory_yaml.read("\n".join(lines).encode(), "inventory.yml"))
    assert sum(isinstance(one, Asset) for one in found) == 1


def test_csv_columns_of_other_kinds_of_knowledge_are_left_to_their_loaders():
    for header in (
        "account,role,department",
        "ip,hostname,mac,start,end",
        "type,value,confidence,feed",
        "id,purpose,databases,targets,approved by",
        "some text, with commas and the word host",
    ):
        assert inventory_csv.detect(header.encode() + b"\n1,2,3,4,5\n", "x.csv") == 0


def test_a_state_never_gives_away_its_secrets():
    attributes = {"public_ip": "203.0.113.9", "password": "hush-hush", "public_dns": "hush-hush.example.com"}
    secret = [[{"type": "get_attr", "value": "public_dns"}]]
    instance = {"attributes": attributes, "sensitive_attributes": secret}
    resource = {"mode": "managed", "type": "aws_instance", "name": "x", "instances": [instance]}
    state = {"version": 4, "terraform_version": "1.9.0", "resources": [resource]}
    found = list(terraform_state.read(json.dumps(state).encode(), "terraform.tfstate"))
    assert [one.value for one in found] == ["203.0.113.9"] and "hush" not in repr(found)
    with pytest.raises(Malformed):
        list(terraform_state.read(b'{"version": 3, "modules": []}', "terraform.tfstate"))


@pytest.mark.parametrize(
    "said", ["10.1.2.3", "127.0.0.1", "169.254.1.1", "fd00::1", "fe80::1", "::1", "100.64.0.1"]
)
def test_addresses_that_nobody_outside_can_meet_are_no_cloud_assets(said):
    resource = parse_cloud.Resource("x", {"ip": said, "public": "192.0.2.1"}, "r")
    table = {"x": (("address", "ip"), ("address", "public"))}
    assert [one.value for one in parse_cloud.assets(table, resource, "f")] == ["192.0.2.1"]


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["@", "www", "a.b", "*", "mail.example.com.", "", "X"]),
        st.sampled_from(["", "300 ", "1h30m ", "IN ", "IN 5 ", "5 IN "]),
        st.sampled_from(
            [
                "A 192.0.2.1",
                "A ( 192.0.2.2 ; c\n )",
                "AAAA 2001:db8::1",
                "PTR x",
                'TXT "; ( \\" A 192.0.2.3" b',
                "MX 10 m.example.org.",
                "TYPE300 \\# 1 00",
                "NS ns.example.net.",
            ]
        ),
    )
)


@given(RECORDS, st.sampled_from(["", "$ORIGIN sub\n", "$ORIGIN sub.example.com.\n", "$TTL 5\n"]))
def test_master_files_are_read_as_dnspython_reads_them(records, directive):
    soa = "$TTL 1h\n@ IN SOA ns hostmaster ( 1 2 3 ; four )\n 4 5 )\n"
    text = soa + directive + "".join(f"{name} {ttl}{data}\n" for name, ttl, data in records)
    zone = dns.zone.from_text(text, origin="example.com.", relativize=False, check_origin=False)
    names = {
        (name.to_text().lower(), dns.rdatatype.to_text(kind.rdtype))
        for name, node in zone.items()
        for kind in node
    }
    assert {(one.name, one.type) for one in masterfile.records(text, "example.com")} == names


def test_a_zone_bomb_is_not_carried_out():
    text = (
        "@ IN SOA ns. h. 1 2 3 4 5\n$GENERATE 1-4294967295 h$ A 192.0.2.1\n"
        + "x" * 200_000
        + " A 192.0.2.1\n"
    )
    start = time.process_time()
    found = list(bind_zone.read(text.encode(), "db.example.com"))
    assert [one.value for one in found if isinstance(one, Asset)] == ["example.com"]
    assert sum(isinstance(one, Trouble) for one in found) == 2
    bind_zone.detect(b"soa" + b"\n" * 65_000, "x")
    bind_zone.detect(b"soa" + b" " * 65_000, "x")
    list(bind_zone.read(b"@ IN SOA ns. h. 1 2 3 4 5\nx " + b"1" * 60_000 + b"! A 1\n", "db.example.com"))
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("2.0.192.in-addr.arpa.", "192.0.2.0/24"),
        ("7.2.0.192.in-addr.arpa.", "192.0.2.7/32"),
        ("0/25.2.0.192.in-addr.arpa.", "192.0.2.0/25"),
        ("7.0/25.2.0.192.in-addr.arpa.", "192.0.2.7/32"),
        ("8.b.d.0.1.0.0.2.ip6.arpa.", "2001:db8::/32"),
        ("999.2.0.192.in-addr.arpa.", None),
        ("x.ip6.arpa.", None),
        ("www.example.com.", None),
    ],
)
def test_reverse_names(name, network):
    assert parse_zone.reverse(name) == network


CLOUDS = sorted(
    file
    for leaf in ("aws-inventory", "azure-inventory", "gcp-inventory", "terraform-state")
    for file in (Path(__file__).parent / "examples" / "loaders" / leaf).glob("*")
    if file.suffix in (".json", ".tfstate")
)
ODD = st.sampled_from(
    [None, 7, -1.5, True, "", "\ud7ff\u202e", "*.", "a/b", [], {}, [[]], [None, {"": 1}], {"Items": 3}]
)


@given(st.data())
def test_odd_json_gives_assets_and_troubles_never_a_failure(data):
    file = data.draw(st.sampled_from(CLOUDS))
    tree = json.loads(file.read_text())
    for _ in range(data.draw(st.integers(1, 4))):
        _spoil(tree, data)
    with contextlib.suppress(Malformed):
        for one in loaders()[file.parent.name].read(json.dumps(tree).encode(), file.name):
            assert isinstance(one, Asset | Trouble)


def _spoil(node, data):
    """Put something odd at a random place of a JSON tree."""
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(node[key], dict | list) and node[key] and data.draw(st.integers(0, 9)):
            node = node[key]
        else:
            node[key] = deepcopy(data.draw(ODD))
            return
