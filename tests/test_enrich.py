"""The fields that rules may use are worked out as their names say, and actors are joined soundly."""

from __future__ import annotations

import pytest

from glasshouse.records import Actor, Client, Lookup, Requests, Target
from glasshouse.watch import actors, toolsets
from glasshouse.watch.enrich import DAY, FIELDS, account_kind, is_server, rows


def lookup(time=0, number=0, actor=None, **parts):
    given = {
        "time": time,
        "source": "zeek",
        "file": "f",
        "position": number,
        "record_sha256": f"{number:064x}",
        "via": "dns",
        "view": "dns/A",
        "actor": actor or Actor(ip="10.0.0.1"),
        "database": "shodan",
    }
    return Lookup(**{**given, **parts})


def test_every_field_has_a_value_for_every_row():
    table = rows([lookup(), lookup(1, 1, database=None)])
    for field in FIELDS:
        assert len(table.column(field)) == 2, field
    assert set(table.row(0)) == FIELDS
    with pytest.raises(KeyError):
        table.column("no_such_field")


@pytest.mark.parametrize(
    ("user", "kind"),
    [
        ("jdoe", "user"),
        ("EXAMPLE\\svc-scan", "service"),
        ("svc_backup@example.com", "service"),
        ("WS-1$", "machine"),
        ("NT AUTHORITY\\SYSTEM", "service"),
        ("NT AUTHORITY\\NETWORK SERVICE", "service"),
        ("root", "service"),
        ("www-data", "service"),
        (None, "unknown"),
        ("", "unknown"),
        ("roots", "user"),
        ("sam", "user"),
    ],
)
def test_account_kinds(user, kind):
    assert account_kind(user) == kind


@pytest.mark.parametrize(
    ("host", "server"),
    [
        ("srv01", True),
        ("DC01.example.com", True),
        ("app-srv-2", True),
        ("web1", True),
        ("mail.example.com", True),
        ("ws-017", None),
        ("webster-laptop", None),
        ("dcunningham-pc", None),
        ("desktop-k2", None),
        (None, None),
    ],
)
def test_servers_by_name(host, server):
    assert is_server(host) is server


def test_about_us():
    def column(*about):
        return rows([lookup(targets=tuple(Target("domain", f"d{i}", a) for i, a in enumerate(about)))])

    assert column(False, True).column("about_us") == [True]
    assert column(False, False).column("about_us") == [False]
    assert column(False, None).column("about_us") == [None]
    assert column().column("about_us") == [None]
    assert column(True, True, False).column("own_targets") == [2]


@pytest.mark.parametrize(
    ("client", "name", "counted"),
    [
        (Client("script", "curl"), "www.shodan.io", 40),
        (Client("unknown"), "api.shodan.io", 40),
        (Client("unknown"), "internetdb.shodan.io", 40),
        (Client("unknown"), None, 40),
        (Client("unknown"), "www.shodan.io", 1),
        (Client("browser", "Firefox/128"), "api.shodan.io", 1),
    ],
)
def test_estimates_count_only_where_a_page_view_cannot_explain_them(client, name, counted):
    table = rows([lookup(client=client, name=name, view="tls", requests=Requests(1, 40, "x"))])
    assert table.column("requests") == [counted]


def test_addresses_and_hosts_seen_together_are_one_actor():
    found = actors.keys(
        [
            lookup(actor=Actor(host="WS-1.example.com")),
            lookup(actor=Actor(ip="10.0.0.5", host="ws-1")),
            lookup(actor=Actor(ip="10.0.0.5")),
            lookup(actor=Actor(ip="10.0.0.6")),
            lookup(actor=Actor(user="EXAMPLE\\jdoe")),
            lookup(actor=Actor()),
        ]
    )
    assert found == ["10.0.0.5", "10.0.0.5", "10.0.0.5", "10.0.0.6", "jdoe", "unknown"]


def test_loopback_joins_nobody():
    found = actors.keys(
        [lookup(actor=Actor(ip="127.0.0.1", host="ws-1")), lookup(actor=Actor(ip="127.0.0.1", host="ws-2"))]
    )
    assert found == ["ws-1", "ws-2"]


def test_two_users_on_one_address_are_one_actor():
    found = actors.keys([lookup(actor=Actor(ip="10.0.0.1", user=u)) for u in ("a", "b")])
    assert len(set(found)) == 1


def test_first_seen_is_said_only_with_a_week_of_data_before():
    late = lookup(8 * DAY, 1, database="crtsh")
    again = lookup(9 * DAY, 2, database="crtsh")
    assert rows([lookup(), late, again]).column("first_seen") == [None, True, False]
    assert rows([late, again]).column("first_seen") == [None, False]


SUBFINDER = sorted(toolsets.shipped()["subfinder"])


def test_a_provider_set_names_its_tool_on_every_lookup_of_the_window():
    table = rows([lookup(i * 1_000_000, i, database=d) for i, d in enumerate([*SUBFINDER, "shodan"])])
    assert table.column("provider_tool") == ["subfinder"] * 6
    assert table.column("provider_confidence") == [100] * 5 + [83]
    assert table.column("provider_alternative")[0].startswith(("bbot", "theharvester", "assetfinder"))


def test_two_databases_name_no_tool():
    table = rows([lookup(i, i, database=SUBFINDER[i % 2]) for i in range(50)])
    assert set(table.column("provider_tool")) == {None}


@pytest.mark.parametrize("tool", sorted(toolsets.shipped()))
def test_a_full_run_is_named_for_what_it_is(tool):
    assert toolsets.fit(toolsets.shipped()[tool], toolsets.shipped()).tool == tool


def test_more_databases_never_make_a_fit_disappear():
    seen = frozenset(SUBFINDER)
    for extra in ("shodan", "fofa", "zoomeye", "netlas", "quake", "onyphe", "leakix", "myssl", "columbus"):
        seen |= {extra}
        assert toolsets.fit(seen, toolsets.shipped()) is not None


def test_every_field_has_a_meaning_and_no_other_has():
    from glasshouse.watch.fields import MEANINGS

    assert set(MEANINGS) == FIELDS
    assert [*MEANINGS] == sorted(MEANINGS)


def test_a_column_is_coded_while_its_values_fit_a_byte():
    few = rows([lookup(number, number, name=f"n{number % 256}") for number in range(600)])
    values, numbers = few.coded("name")
    assert [values[number] for number in numbers] == few.column("name")
    assert rows([lookup(number, number, name=f"n{number}") for number in range(257)]).coded("name") is None
    late = rows([lookup(number, number, name=f"n{max(0, number - 1000)}") for number in range(1300)])
    assert late.coded("name") is None
    one = rows([lookup(number, number) for number in range(3)])
    assert one.coded("database") == (("shodan",), bytes(3))
    assert rows([]).coded("database") == ((), b"")


def test_a_field_is_filled_when_some_row_says_something():
    table = rows([lookup(), lookup(1, 1, targets=(Target("domain", "example.com"),))])
    assert table.filled("target")
    assert not table.filled("own_target")
    assert not table.filled("user")


def test_a_column_that_was_given_is_the_one_that_is_coded():
    table = rows([lookup(), lookup(1, 1)])
    assert table.coded("first_seen") == ((None, False), bytes([0, 1]))
    table.fill("first_seen", [True, True])
    assert table.coded("first_seen") == ((True,), bytes(2))


def test_values_at_some_rows():
    table = rows([lookup(number, number, name=f"n{number}") for number in range(4)])
    assert table.at("name", [1, 3]) == ["n1", "n3"]
    assert table.at("name", [0, 1, 2, 3]) == table.column("name")
