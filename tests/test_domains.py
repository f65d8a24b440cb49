"""Accounts of one name in several domains: which count as one of ours, and which stay strangers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse import flow_detect, flow_lake, flow_triage
from glasshouse.know.background import know
from glasshouse.know.domains import Domains
from glasshouse.know.parse_accounts import parted, spelled, stated
from glasshouse.known import Asset, Machine, Person
from glasshouse.settings import Settings
from triaged_home import line, options

ASSETS = (
    Asset(type="domain", value="example.com"),
    Asset(type="domain", value="corp.example.net"),
    Asset(type="email", value="@mail.test"),
    Asset(type="email", value="info@provider.test"),
    Asset(type="hostname", value="www.example.com"),
    Asset(type="domain", value="ws-3.example.com"),
)
MACHINES = (Machine(host="ws-1"), Machine(host="ws-3"))
PEOPLE = (
    Person(account="u", domains=("ad.test",)),
    Person(account="v", email="v@post.test"),
    Person(account="w", email="someone@post.test"),
)
DOMAINS = Domains(ASSETS, MACHINES, PEOPLE)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("u", "u"),
        ("U ", "u"),
        ("\\u", "u"),
        ("u@", "u"),
        ("EXAMPLE\\u", "u"),
        ("Example.COM.\\u", "u"),
        ("u@example.com", "u"),
        ("u@sub.Example.com.", "u"),
        ("CORP\\u", "u"),
        ("u@mail.test", "u"),
        ("MAIL\\u", "u"),
        ("AzureAD\\u@example.com", "u"),
        ("EXAMPLE\\u@example.com", "u"),
        ("u@ad.test", "u"),  # the directory states it for this account
        ("AD\\u", "u"),
        ("v@ad.test", "v@ad.test"),  # and not for that one
        ("v@post.test", "v"),
        ("w@post.test", "w@post.test"),
        ("EVIL\\u", "evil\\u"),
        ("u@evil", "evil\\u"),
        ("u@other.test", "u@other.test"),
        ("other.test\\U", "u@other.test"),
        ("u@notexample.com", "u@notexample.com"),
        ("u@example.com.other.test", "u@example.com.other.test"),
        ("u@example.net", "u@example.net"),  # only a part of it is ours
        ("u@provider.test", "u@provider.test"),  # one address there is ours, not the provider
        ("WS-1\\u", "ws-1\\u"),
        ("WS-2\\u", "ws-2\\u"),
        ("WS-3\\u", "ws-3\\u"),  # a machine, though it stands among the domains
        ("WWW\\u", "www\\u"),
        ("u@ws-1.example.com", "u@ws-1.example.com"),
        ("u@www.example.com", "u@www.example.com"),
        (".\\u", ".\\u"),
        ("NT AUTHORITY\\SYSTEM", "nt authority\\system"),
        ("EVIL\\u@example.com", "evil\\u@example.com"),
        ("EXAMPLE\\u@other.test", "example\\u@other.test"),
        ("EVIL\\", None),
        ("@example.com", None),
        ("", None),
    ],
)
def test_an_account_counts_bare_only_where_its_domain_is_ours_or_unstated(said, key):
    assert DOMAINS.key(said) == key
    assert key is None or DOMAINS.key(key) == key


@given(st.text(st.sampled_from("uU\\@. -evil"), max_size=12))
def test_a_spelling_is_taken_as_it_is_given_and_strangers_never_become_ours(said):
    once = spelled(said)
    assert once is None or spelled(once) == once
    found = parted(said)
    key = Domains().key(said)
    if found and found.domains:
        assert key == found.whole != found.bare
    else:
        assert key == (found.bare if found else None)


def test_what_a_directory_states_is_read_from_spellings_and_names():
    assert stated(["EXAMPLE\\u", "u@ad.test", "u"], ["CN=U,OU=x,DC=Corp,DC=test", ""]) == (
        "example",
        "ad.test",
        "corp.test",
    )


REGISTER = """
uses:
  - id: U
    purpose: enrichment
    category: analyst
    who: {accounts: [%s]}
    databases: ["*"]
    targets: ["*"]
    approved_by: ciso
    valid_from: 2026-11-01
    valid_until: 2027-02-01
"""
USERS = ("u-1", "EXAMPLE%5Cu-1", "EVIL%5Cu-1", "u-1@other.test", "WS-2%5Cu-1")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One machine for each spelling, all asking the same."""
    at = tmp_path_factory.mktemp("domains")
    lines = [
        line(n, user, f"10.20.1.{10 + number}", "api.shodan.io:443")
        for number, user in enumerate(USERS)
        for n in range(60)
    ]
    (at / "access.log").write_text("".join(sorted(lines)))
    people = "account,department,privileged,service,disabled\nu-1,Security,no,no,no\n"
    (at / "people.csv").write_text(people)
    (at / "register.yml").write_text(REGISTER % "u-1")
    paths = f'"{at / "people.csv"}", "{at / "register.yml"}"'
    (at / "glasshouse.toml").write_text(
        f'own = ["example.com"]\n[know]\npaths = [{paths}]\nstale_days = 9999\n'
    )
    flow_lake.ingest([str(at / "access.log")], options(at))
    flow_detect.detect(options(at))
    return at


def judged(home):
    flow_triage.triage(options(home))
    found, _ = flow_triage.judged_alerts(options(home))
    return {
        one.episode.accounts: (one.verdict["authorised"].value, one.verdict["account_state"].value)
        for one in found
    }


@pytest.mark.parametrize(
    ("said", "covered"),
    [
        ("u-1", "u-1"),
        ("EXAMPLE\\u-1", "u-1"),
        ('"other.test\\\\u-1"', "u-1@other.test"),
        ("u-1@other.test", "u-1@other.test"),
        ("EVIL\\u-1", "evil\\u-1"),
        ("WS-2\\u-1", "ws-2\\u-1"),
    ],
)
def test_an_entry_covers_the_account_of_its_domain_and_no_namesake(home, said, covered):
    (home / "register.yml").write_text(REGISTER % said)
    found = judged(home)
    assert len(found) == 4
    assert {accounts[0]: allowed for accounts, (allowed, _) in found.items()} == {
        name: "yes" if name == covered else "no"
        for name in ("u-1", "evil\\u-1", "u-1@other.test", "ws-2\\u-1")
    }
    assert {accounts[0] for accounts, (_, state) in found.items() if state == "active"} == {"u-1"}


def test_what_is_not_ours_for_want_of_a_setting_is_told(home):
    (home / "register.yml").write_text(REGISTER % "u-1")
    flow_triage.triage(options(home))
    found, _ = flow_triage.judged_alerts(options(home))
    (one,) = (one for one in found if one.episode.accounts == ("evil\\u-1",))
    assert "evil" in one.verdict["authorised"].says and "own" in one.verdict["authorised"].says


def test_knowledge_keeps_how_accounts_are_told_apart():
    known = know(Settings(own=("example.com",)))
    assert known.domains.key("EXAMPLE\\u") == "u" and known.domains.key("EVIL\\u") == "evil\\u"
