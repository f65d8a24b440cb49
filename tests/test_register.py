"""The use register: what an entry covers, where its borders are, and what several entries cover together."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.errors import Malformed
from glasshouse.know import parse_uses
from glasshouse.know.domains import Domains
from glasshouse.know.loaders import register_csv, register_yaml
from glasshouse.know.register import Register, admitted, checks, loadable, unused
from glasshouse.known import Asset, AssetHit, Person, Use
from glasshouse.records import Actor, Alert, Client, Requests, Target, Trouble
from glasshouse.verdicts import Episode

DAY = 86_400_000_000
NOW = round(datetime(2026, 11, 20, tzinfo=UTC).timestamp() * 1_000_000)
OURS = Target("domain", "www.example.com")
FOREIGN = Target("domain", "www.example.net")
CURL, BROWSER = Client("tool", "curl"), Client("browser", "Firefox")
DOMAINS = Domains(assets=[Asset(type="domain", value="example.com")])
TECHNIQUES = {"shodan": ("T1596.005", "T1596.001"), "crtsh": ("T1596.003",), "linkedin": ("T1593",)}


def use(**said):
    given = {
        "id": "U-1",
        "purpose": "enrichment",
        "category": "analyst",
        "approved_by": "ciso",
        "valid_from": NOW - 10 * DAY,
        "valid_until": NOW + 10 * DAY,
        "databases": ("*",),
        "targets": ("*",),
        "accounts": ("jdoe",),
    }
    return Use(**{**given, **said})


def episode(first=NOW, last=NOW + 1, requests=1, with_target=None, **said):
    seen = {"accounts": ("jdoe",), "databases": ("shodan",), "targets": (OURS,), "clients": (CURL,)}
    seen |= {"techniques": ("T1596.001", "T1596.005"), "targets_total": len(said.get("targets", (OURS,)))}
    alert = Alert(
        id="GH-1", first_seen=first, last_seen=last, actor=Actor(), requests=Requests(requests, requests)
    )
    shown = requests if with_target is None else with_target
    return Episode(alert=alert, key="k", acts_with_target=shown, **{**seen, **said})


def hit(target):
    return AssetHit(target.value, Asset(type="domain", value="example.com"))


def outside(entry, seen, people=(), hits=(), overuse=10.0, techniques=TECHNIQUES):
    """The words of the one check, None when the entry does not bear on the episode."""
    found = Register([entry], techniques, DOMAINS).checks(seen, people, hits, overuse)
    return found[0].outside if found else None


WHO = [
    ({"accounts": ("EXAMPLE\\JDoe",)}, {}, ()),
    ({"accounts": ("jdoe@example.com",)}, {"accounts": ("JDOE",)}, ()),
    ({"accounts": ("other",)}, {}, None),
    ({"accounts": ("jdoe",)}, {"accounts": ("evil\\jdoe",)}, None),
    ({"accounts": ("jdoe",)}, {"accounts": ("jdoe@other.test",)}, None),
    ({"accounts": ("other.test\\JDoe",)}, {"accounts": ("jdoe@other.test",)}, ()),
    ({"accounts": ("jdoe@other.test",)}, {}, None),
    ({"accounts": ("jdoe@other.test",)}, {"accounts": ("jdoe@else.test",)}, None),
    ({"accounts": ("WS-2\\jdoe",)}, {"accounts": ("ws-2\\jdoe",)}, ()),
    ({"accounts": ("jdoe",)}, {"accounts": ("jdoe", "evil\\jdoe")}, ("actor",)),
    ({"roles": ("soc ANALYST",)}, {"accounts": ("evil\\jdoe",)}, None),
    ({"accounts": ("jdoe",)}, {"accounts": ()}, None),
    ({"accounts": ("jdoe",)}, {"accounts": ("jdoe", "mallory")}, ("actor",)),
    ({"roles": ("soc ANALYST",)}, {}, ()),
    ({"departments": ("Security",)}, {}, ()),
    ({"groups": ("soc",)}, {}, ()),
    ({"groups": ("cn=SOC,ou=groups,dc=example,dc=com",)}, {}, ()),
    ({"groups": ("groups",)}, {}, None),
    ({"hosts": ("WS-1.example.com",)}, {"hosts": ("ws-1",)}, ()),
    ({"hosts": ("ws-1",)}, {"hosts": ("ws-1", "ws-2")}, ("actor",)),
    ({"hosts": ("ws-1",)}, {"hosts": ("ws-1",), "accounts": ("jdoe", "mallory")}, ()),
    ({"networks": ("198.51.100.0/28",)}, {"ips": ("198.51.100.15",)}, ()),
    ({"networks": ("198.51.100.0/28",)}, {"ips": ("198.51.100.16",)}, None),
    ({"networks": ("198.51.100.0/28",)}, {"ips": ("198.51.100.15", "198.51.100.16")}, ("actor",)),
    ({"networks": ("198.51.100.0/28",)}, {"ips": ("198.51.100.15", "127.0.0.1")}, ()),
    ({"networks": ("2001:db8::/64",)}, {"ips": ("2001:db8::1",)}, ()),
    ({"networks": ("0.0.0.0/0",)}, {"ips": ("2001:db8::1",)}, None),
    ({"keys": ("hmac-sha256:AA",)}, {"keys": ("<key hmac-sha256:aa>",)}, ()),
    ({"keys": ("aa",)}, {"keys": ("aa", "bb")}, ("actor",)),
    ({"keys": ("aa",), "accounts": ("ci",)}, {"keys": ("aa",), "accounts": ("ci",)}, ()),
    ({"keys": ("aa",), "accounts": ("ci",)}, {"keys": ("aa",), "accounts": ("mallory",)}, ("actor",)),
    ({"keys": ("aa",), "accounts": ("ci",)}, {"keys": ("aa",), "accounts": ()}, ()),
]


@pytest.mark.parametrize(("said", "seen", "expected"), WHO)
def test_who(said, seen, expected):
    jdoe = Person(
        account="jdoe",
        role="SOC Analyst",
        department="security",
        groups=("CN=SOC,OU=Groups,DC=example,DC=com",),
    )
    assert outside(use(**{"accounts": (), **said}), episode(**seen), (jdoe,)) == expected


@pytest.mark.parametrize(
    ("said", "databases", "expected"),
    [
        (("Shodan",), ("shodan",), ()),
        (("crtsh",), ("shodan",), ("database",)),
        (("crtsh",), ("shodan", "crtsh"), ("partly",)),
        (("T1596",), ("shodan", "crtsh"), ()),
        (("T1596.003",), ("crtsh",), ()),
        (("T1596.003",), ("shodan",), ("database",)),
        (("T1596.005",), ("shodan",), ("database",)),  # it shows passive DNS as well
        (("T1596.005", "T1596.001"), ("shodan",), ()),
        (("T1596",), ("linkedin",), ("database",)),
        (("T159",), ("linkedin",), ("database",)),
        (("T1596",), (), ()),  # a tool whose technique shows, and no database
        (("shodan",), (), ("database-not-visible",)),
        (("*",), (), ()),
    ],
)
def test_databases(said, databases, expected):
    assert outside(use(databases=said), episode(databases=databases)) == expected


def test_without_the_techniques_of_each_database_those_of_the_episode_count():
    seen = episode(databases=("shodan", "crtsh"), techniques=("T1596.001", "T1596.003", "T1596.005"))
    assert outside(use(databases=("T1596",)), seen, techniques=None) == ()
    assert outside(use(databases=("T1596.003",)), seen, techniques=None) == ("database",)


@pytest.mark.parametrize(
    ("said", "target", "expected"),
    [
        (("example.com",), OURS, ()),
        (("Example.COM",), Target("hostname", "example.com"), ()),
        (("example.com",), Target("domain", "notexample.com"), ("target",)),
        (("www.example.com",), Target("domain", "example.com"), ("target",)),
        (("example.com",), Target("email", "info@mail.example.com"), ()),
        (("203.0.113.0/24",), Target("ip", "203.0.113.255"), ()),
        (("203.0.113.0/24",), Target("ip", "203.0.114.0"), ("target",)),
        (("203.0.113.0/24",), Target("cidr", "203.0.113.128/25"), ()),
        (("203.0.113.0/24",), Target("cidr", "203.0.112.0/23"), ("target",)),
        (("203.0.113.7",), Target("ip", "203.0.113.7"), ()),
        (("2001:db8::/32",), Target("ip", "2001:db8::7"), ()),
        (("AS64500",), Target("asn", "AS64500"), ()),
        (("AS64500",), Target("asn", "AS6450"), ("target",)),
        (("own",), OURS, ()),
        (("own",), FOREIGN, ("target",)),
        (("own",), Target("domain", "example.own"), ("target",)),
        (("own",), Target("certificate", "ab12"), ("target",)),
        (("*",), Target("expression", "org:Example"), ()),
        (("own", "example.com"), Target("expression", "hostname:example.com"), ("target-not-visible",)),
        (("org:example",), Target("expression", "org:Example"), ("target-not-visible",)),
        ((), OURS, ("target",)),
    ],
)
def test_targets(said, target, expected):
    assert outside(use(targets=said), episode(targets=(target,)), hits=(hit(OURS),)) == expected


def test_requests_that_show_no_target_are_covered_by_a_star_only():
    for seen in (
        episode(requests=5, with_target=4),
        episode(targets_total=2),
        episode(targets=(), with_target=0),
    ):
        assert outside(use(targets=("own",)), seen, hits=(hit(OURS),)) == ("target-not-visible",)
        assert outside(use(targets=("*",)), seen) == ()


def test_both_ends_of_validity_are_exact():
    entry = use(valid_from=NOW, valid_until=NOW + DAY)
    assert outside(entry, episode(NOW, NOW + DAY - 1)) == ()
    assert outside(entry, episode(NOW - 1, NOW)) == ("not-yet-valid",)
    assert outside(entry, episode(NOW, NOW + DAY)) == ("expired",)
    assert outside(entry, episode(NOW - 1, NOW + DAY)) == ("not-yet-valid", "expired")


@pytest.mark.parametrize(
    ("said", "clients", "expected"),
    [
        ((), (), ()),
        (("CURL",), (CURL,), ()),
        (("tool",), (CURL,), ()),
        (("browser",), (CURL,), ("client",)),
        (("browser", "curl"), (CURL, BROWSER), ()),
        (("browser",), (Client(),), ("client-not-visible",)),
        (("browser",), (), ("client-not-visible",)),
        (("unknown",), (Client(),), ("client-not-visible",)),
        (("subfinder",), (Client("script"),), ("client-not-visible",)),
        (("browser",), (CURL, Client()), ("client", "client-not-visible")),
    ],
)
def test_clients(said, clients, expected):
    assert outside(use(clients=said), episode(clients=clients)) == expected


def test_an_unknown_client_cannot_be_agreed_on():
    assert "'unknown' cannot stand in clients" in parse_uses.use({"clients": ["unknown"]}, "")


def test_volume_is_a_matter_of_the_busiest_day():
    entry = use(requests_per_day=20)
    assert outside(entry, episode(busiest_day=200)) == ()
    assert outside(entry, episode(busiest_day=201)) == ("volume",)
    assert outside(use(), episode(busiest_day=10**9)) == ()


def test_the_detail_names_the_values_and_every_word():
    entry = use(
        databases=("crtsh",), targets=("own",), clients=("browser",), valid_until=NOW, requests_per_day=1
    )
    seen = episode(accounts=("jdoe", "mallory"), targets=(FOREIGN,), busiest_day=77)
    check = checks([entry], seen, (), (), 10.0)[0]
    assert check.outside == ("actor", "database", "target", "client", "expired", "volume")
    for value in ("mallory", "shodan", "www.example.net", "curl", "2026-11-20", "77"):
        assert value in check.detail


def test_a_long_detail_counts_what_it_leaves_out():
    targets = tuple(Target("domain", f"h{n}.example.net") for n in range(9))
    check = checks([use(targets=("own",))], episode(targets=targets), (), (), 10.0)[0]
    assert "h2.example.net and 6 more" in check.detail and "h3." not in check.detail


# Together


def coverage(entries, seen, hits=()):
    return Register(entries, TECHNIQUES).coverage(seen, (), hits, 10.0)


def test_two_entries_cover_two_databases_together():
    entries = [use(id="A", databases=("shodan",)), use(id="B", databases=("crtsh",)), use(id="C", targets=())]
    seen = episode(databases=("crtsh", "shodan"))
    found = Register(entries).checks(seen, (), (), 10.0)
    assert {check.use.id: check.outside for check in found} == {"A": (), "B": (), "C": ("target",)}
    assert "together with B" in next(check.detail for check in found if check.use.id == "A")
    assert coverage(entries, seen).state == "covered" and coverage(entries, seen).by == ("A", "B")
    alone = Register(entries[:1]).checks(seen, (), (), 10.0)
    assert alone[0].outside == ("partly",) and "crtsh" in alone[0].detail
    assert coverage(entries[:1], seen).state == "partly"
    assert coverage(entries[:1], seen).outside == ("database",)


def test_it_does_not_show_which_target_was_asked_where():
    entries = [
        use(id="A", databases=("shodan",), targets=("own",)),
        use(id="B", databases=("crtsh",), targets=("*",)),
    ]
    seen = episode(databases=("crtsh", "shodan"), targets=(OURS, FOREIGN))
    found = coverage(entries, seen, (hit(OURS),))
    assert (found.state, found.outside) == ("partly", ("combination",))
    assert all(check.outside for check in Register(entries).checks(seen, (), (hit(OURS),), 10.0))


def test_a_renewed_entry_covers_over_midnight_and_a_gap_does_not():
    old, new = use(id="old", valid_until=NOW), use(id="new", valid_from=NOW)
    assert coverage([new, old], episode(NOW - 5, NOW + 5)).state == "covered"
    late = use(id="late", valid_from=NOW + 1)
    found = coverage([old, late], episode(NOW - 5, NOW + 5))
    assert (found.state, set(found.outside)) == ("partly", {"expired", "not-yet-valid"})


def test_two_accounts_each_with_an_entry():
    entries = [use(id="A"), use(id="B", accounts=("asmith",))]
    assert coverage(entries, episode(accounts=("jdoe", "asmith"))).by == ("A", "B")
    assert coverage(entries, episode(accounts=("jdoe", "asmith", "mallory"))).outside == ("actor",)


def test_one_entry_that_is_enough_stands_alone():
    found = coverage(
        [use(id="A", databases=("shodan",)), use(id="B")], episode(databases=("shodan", "crtsh"))
    )
    assert found.by == ("B",)


def test_states_without_cover():
    assert coverage([], episode()).state == "none"
    assert coverage([use(accounts=("other",))], episode()).state == "none"
    assert coverage([use(databases=("crtsh",))], episode()).state == "outside"
    found = coverage([use(requests_per_day=1)], episode(busiest_day=11))
    assert (found.state, found.outside) == ("outside", ("volume",))
    found = coverage(
        [use(id="A", requests_per_day=1), use(id="B", databases=("crtsh",))],
        episode(busiest_day=11, databases=("shodan", "crtsh")),
    )
    assert (found.state, set(found.outside)) == ("partly", {"database", "volume"})


WORDS = {
    "accounts": ("jdoe", "asmith"),
    "databases": ("shodan", "crtsh"),
    "targets": ("example.com", "example.net", "203.0.113.0/24"),
    "clients": ("curl", "browser"),
}
subsets = {name: st.lists(st.sampled_from(words), unique=True).map(tuple) for name, words in WORDS.items()}
random_use = st.builds(
    lambda since, length, limit, **words: use(
        valid_from=NOW + since, valid_until=NOW + since + length, requests_per_day=limit, **words
    ),
    since=st.integers(-3, 3),
    length=st.integers(1, 6),
    limit=st.sampled_from([None, 1]),
    **subsets,
)
random_seen = {
    "accounts": st.lists(st.sampled_from(("jdoe", "asmith", "mallory")), unique=True, min_size=1).map(tuple),
    "databases": st.lists(st.sampled_from(("shodan", "crtsh", "fofa")), unique=True, min_size=1).map(tuple),
    "targets": st.lists(
        st.sampled_from((OURS, FOREIGN, Target("ip", "203.0.113.9"))), unique=True, min_size=1
    ).map(tuple),
    "clients": st.lists(st.sampled_from((CURL, BROWSER, Client())), unique=True, min_size=1).map(tuple),
}
random_episode = st.builds(
    lambda first, length, busiest, **seen: episode(
        NOW + first, NOW + first + length, busiest_day=busiest, **seen
    ),
    first=st.integers(-3, 3),
    length=st.integers(0, 4),
    busiest=st.sampled_from([1, 11]),
    **random_seen,
)


def allows(entry, account, database, target, client, moment, busiest):
    """One act under one entry, said as plainly as can be."""
    words = {
        "www.example.com": "example.com",
        "www.example.net": "example.net",
        "203.0.113.9": "203.0.113.0/24",
    }
    return (
        account in entry.accounts
        and database in entry.databases
        and words[target.value] in entry.targets
        and (not entry.clients or client.name in entry.clients or client.kind in entry.clients)
        and entry.valid_from <= moment < entry.valid_until
        and (entry.requests_per_day is None or busiest <= 10 * entry.requests_per_day)
    )


@given(st.lists(random_use, max_size=5), random_episode)
def test_together_is_every_act_at_every_moment(entries, seen):
    entries = [use_with_id(entry, number) for number, entry in enumerate(entries)]
    moments = range(seen.alert.first_seen, seen.alert.last_seen + 1)
    acts = list(product(seen.accounts, seen.databases, seen.targets, seen.clients, moments))
    alone = {
        entry.id: all(allows(entry, *act, seen.busiest_day) for act in acts)
        for entry in entries
        if set(entry.accounts) & set(seen.accounts)
    }
    whole = all(any(allows(entry, *act, seen.busiest_day) for entry in entries) for act in acts)
    found = coverage(entries, seen)
    assert (found.state == "covered") == whole
    listed = Register(entries, TECHNIQUES).checks(seen, (), (), 10.0)
    assert {check.use.id for check in listed} == set(alone)
    assert any(not check.outside for check in listed) == whole
    for check in listed:
        if any(alone.values()):
            assert (not check.outside) == alone[check.use.id]
        else:
            assert (not check.outside) == (whole and check.use.id in found.by)
    if whole:  # the entries it names are enough
        named = [entry for entry in entries if entry.id in found.by]
        assert coverage(named, seen).state == "covered"


def use_with_id(entry, number):
    return use(**{name: getattr(entry, name) for name in entry.__slots__} | {"id": f"U-{number}"})


# What may be taken into the register


def test_an_entry_needs_its_approval_its_purpose_and_an_end():
    assert loadable(use(), NOW, 180) == ()
    assert loadable(use(valid_from=NOW, valid_until=NOW + 180 * DAY), NOW, 180) == ()
    assert loadable(use(valid_from=NOW, valid_until=NOW + 180 * DAY + 1), NOW, 180)
    assert loadable(use(valid_from=NOW - 99 * DAY, valid_until=NOW - 98 * DAY), NOW, 180) == ()
    assert loadable(use(valid_from=NOW + 181 * DAY, valid_until=NOW + 182 * DAY), NOW, 180)
    assert loadable(use(valid_until=NOW - 10 * DAY), NOW, 180)
    for name in ("approved_by", "purpose", "id"):
        assert loadable(use(**{name: " "}), NOW, 180) == (f"no {name}",)
    assert loadable(use(accounts=()), NOW, 180) == ("no who",)
    assert loadable(use(databases=()), NOW, 180) == ("no databases",)
    assert loadable(use(targets=()), NOW, 180) == ("no targets",)


def test_admission_tells_what_it_leaves_out():
    entries = [
        use(id="A", origin="register.yml:3"),
        use(id="A", origin="more.csv:7"),
        use(id="long", valid_until=NOW + 999 * DAY, origin="register.yml:9"),
        use(id="typo", databases=("shodn", "T1596", "*")),
    ]
    taken, troubles = admitted(entries, NOW, 180, ("shodan",))
    assert [entry.id for entry in taken] == ["A", "typo"]
    assert [(one.where, one.position) for one in troubles] == [
        ("more.csv", 7),
        ("register.yml", 9),
        ("use register", None),
    ]
    assert "register.yml:3" in troubles[0].reason and "180 days" in troubles[1].reason
    assert "shodn" in troubles[2].reason and "T1596" not in troubles[2].reason


def test_entries_never_used():
    assert [entry.id for entry in unused([use(id="B"), use(id="A"), use(id="C")], {"B"})] == ["A", "C"]


# Files


def entry_file(**said):
    lines = {
        "id": "A",
        "purpose": "p",
        "who": "{accounts: [jdoe]}",
        "databases": "[shodan]",
        "targets": "[own]",
    }
    lines |= {"approved_by": "ciso", "valid_from": "2026-10-01", "valid_until": "2026-12-31"}
    body = "\n    ".join(f"{name}: {value}" for name, value in {**lines, **said}.items() if value is not None)
    return f"uses:\n  - {body}\n".encode()


@pytest.mark.parametrize("name", parse_uses.MUST)
def test_every_mandatory_field_is_asked_for(name):
    found = list(register_yaml.read(entry_file(**{name: None}), "r.yml"))
    assert [type(one) for one in found] == [Trouble] and f"no {name}" in found[0].reason


def test_a_date_counts_to_its_end_and_a_time_is_exact():
    day, moment = (
        next(register_yaml.read(entry_file(valid_until=until), "r.yml")).valid_until
        for until in ("2026-12-31", "2026-12-31T00:00:00Z")
    )
    assert day - moment == DAY


def test_the_end_must_lie_behind_the_beginning():
    found = list(register_yaml.read(entry_file(valid_until="2026-09-30"), "r.yml"))
    assert "valid_until is not after valid_from" in found[0].reason


@pytest.mark.parametrize(
    "data",
    [
        b"uses: {id: A}",
        b"uses: 7",
        b"- a\n- b",
        b"uses: [",
        b"uses: []\nuses: []",
        b"uses: " + b"[" * 5_000,
        b"uses:\n- &a [x]\n" + b"- *a\n" * 300,
        b"\x00\x01uses:",
    ],
)
def test_what_is_no_register_is_refused(data):
    with pytest.raises(Malformed):
        list(register_yaml.read(data, "r.yml"))


def test_tags_build_nothing():
    found = list(register_yaml.read(entry_file(purpose="!!python/object/apply:os.getcwd []"), "r.yml"))
    assert isinstance(found[0], Trouble)


def test_yaml_and_csv_say_the_same():
    head = "id,purpose,accounts,databases,targets,approved_by,valid_from,valid_until"
    row = "A,p,jdoe,shodan,own,ciso,2026-10-01,2026-12-31"
    a = next(register_csv.read(f"{head}\n{row}\n".encode(), "r"))
    b = next(register_yaml.read(entry_file(), "r"))
    assert a == b


def test_the_example_file_is_admitted_but_for_its_mistakes():
    file = Path(__file__).parent / "examples/loaders/register-yaml/register.yml"
    found = [one for one in register_yaml.read(file.read_bytes(), file.name) if isinstance(one, Use)]
    taken, troubles = admitted(found, NOW, 180)
    assert len(taken) == 3 and not troubles
