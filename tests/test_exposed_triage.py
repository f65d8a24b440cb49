"""Surveys, lookups and episodes in; what an alert says of exposure, and a finding of who looked, out."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasshouse import flow_exposure, flow_survey, flow_triage, places
from glasshouse.asking import Ask, Subject
from glasshouse.config import Options
from glasshouse.errors import ConfigError, ReadError
from glasshouse.findings import Exposure, Finding
from glasshouse.flow_detect import detect
from glasshouse.flow_exposure import exposure
from glasshouse.flow_lookers import looked_up
from glasshouse.flow_ours import ours
from glasshouse.flow_shown import NOT_JUDGED, keep, standing
from glasshouse.know.background import know
from glasshouse.known import Asset, AssetHit, Background
from glasshouse.lake import batch, exposed_summary, observations, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import uid_of
from glasshouse.observed import Answer, Certificate, Observation, Resolution, Service
from glasshouse.office import adoptions, exposed
from glasshouse.office import store as office_store
from glasshouse.records import Actor, Alert, Client, Target
from glasshouse.settings import Office, Privacy, Settings
from glasshouse.triage import decide, when
from glasshouse.verdicts import Episode
from glasshouse.watch.actors import node
from lake_samples import lookup

DAY, HOUR = 86_400_000_000, 3_600_000_000
NOW = round(time.time() * 1_000_000)
DESKTOP = Target("ip", "192.0.2.7")
OURS = Settings(own=("example.test", "192.0.2.0/24"))
ASSET = Asset(type="domain", value="example.test")


# Places: what holds what.

LABEL = st.text("abz09-", min_size=1, max_size=4).map(lambda said: f"x{said}".rstrip("-"))
NAME = st.lists(LABEL, min_size=2, max_size=5).map(".".join)
ADDRESS = st.ip_addresses().map(str)
NETWORK = st.tuples(st.ip_addresses(v=4), st.integers(0, 32)).map(
    lambda said: str(ipaddress.ip_network(f"{said[0]}/{said[1]}", strict=False))
)


def stands_below(one: str, other: str) -> bool:
    low, high = places.span(other)
    return low <= places.place(one) < high


@given(NAME, NAME)
def test_a_name_stands_below_another_when_its_labels_end_so(one, other):
    held = one == other or one.endswith(f".{other}")
    assert stands_below(one, other) is held
    assert (other in places.above(one)) is held


@given(ADDRESS | NETWORK, NETWORK)
def test_an_address_stands_below_the_networks_around_it(one, other):
    narrow, wide = ipaddress.ip_network(one), ipaddress.ip_network(other)
    held = narrow.version == wide.version and narrow.subnet_of(wide)
    if held:
        assert stands_below(one, other)
        assert str(wide if wide.prefixlen < wide.max_prefixlen else wide.network_address) in places.above(one)
    elif "/" not in one:
        assert not stands_below(one, other)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("*.A.example.test", ("a.example.test", "example.test")),
        ("j.doe@example.test", ("j.doe@example.test",)),
        ("AS64500", ("AS64500",)),
        ("2001:DB8::1", ("2001:db8::1",)),
        ("192.0.2.7/32", ("192.0.2.7",)),
    ],
)
def test_names_above(value, names):
    assert places.names_above(value) == names
    assert places.above(value)[0] == places.itself(value) == names[0]


# What an episode would have been shown.


def seen(fact, collector="shodan-host", database="shodan", subject=("ip", "192.0.2.7")):
    return Observation(
        collector=collector, database=database, subject=Subject(*subject), time=NOW, raw_sha256="0" * 64,
        ask=1, fact=fact,
    )  # fmt: skip


RDP = seen(Service(ip="192.0.2.7", port=3389, hostnames=("vpn.example.test",)))
CERT = seen(
    Certificate(serial="1f", issuer="CN=Example CA", names=("*.example.test", "www.example.test")),
    "crtsh", "crtsh", ("domain", "example.test"),
)  # fmt: skip
NOTHING = seen(
    Resolution(name="a.example.test", type="A", rcode="NXDOMAIN"),
    "dns",
    "dns",
    ("hostname", "a.example.test"),
)


def finding(
    ident="F-1", about="192.0.2.7", level="critical", technique="T1596.005", evidence=(RDP,)
) -> Finding:
    return Finding(
        id=ident, check="remote-desktop", technique=technique, title="Remote desktop open to everybody",
        about=about, key=about, says="", level=level, priority="act", score=1, points=(),
        databases=tuple(sorted({one.database for one in evidence})), evidence=evidence,
    )  # fmt: skip


def failed(collector="shodan-host", database="shodan", subject=("ip", "192.0.2.8")) -> Ask:
    return Ask(
        number=1, survey=1, collector=collector, database=database, subject=Subject(*subject), time=NOW,
        status="failed", reason="HTTP 503",
    )  # fmt: skip


def told(
    home, target, databases=("shodan",), techniques=("T1596.005",), accepted=(), judged=True
) -> Background:
    """What is told of an episode about one target, after a survey that found the facts above."""
    asked = {
        ("shodan-host", "192.0.2.7"),
        ("crtsh", "example.test"),
        ("shodan-host", "192.0.2.9"),
        ("shodan-host", "192.0.2.8"),
    }
    with store.writing(home) as lake:
        observations.begin(lake, NOW, "asked")
        if judged:
            keep(
                lake,
                Exposure(at=NOW, before=None, findings=(finding(),)),
                [RDP, CERT, NOTHING],
                asked,
                [failed()],
            )
        deeds = {
            one: exposed.Deed(
                number=1, time=1, actor="a", kind="accept", type="", subject=one, owner="o", reason="r"
            )
            for one in accepted
        }
        found = standing(lake, deeds, NOW)
        episode = Episode(
            alert=Alert(id="GH-1", first_seen=NOW, last_seen=NOW, actor=Actor()), key="x",
            databases=databases, techniques=techniques,
        )  # fmt: skip
        return found.told(episode, Background(assets=(AssetHit(target, ASSET),), about_us=1))


@pytest.mark.parametrize("target", ["192.0.2.7", "192.0.2.0/24", "vpn.example.test", "192.0.2.0/29"])
def test_whoever_asks_about_it_or_what_holds_it_is_shown_a_finding(tmp_path, target):
    (first, *_) = told(tmp_path, target).exposure
    assert (first.finding, first.level, first.about, first.target) == ("F-1", "critical", "192.0.2.7", target)


@pytest.mark.parametrize("target", ["192.0.2.9", "www.example.test", "xvpn.example.test"])
def test_whoever_asks_about_something_else_is_not(tmp_path, target):
    assert not [one for one in told(tmp_path, target).exposure if one.finding]


def test_another_technique_does_not_show_it(tmp_path):
    assert not told(tmp_path, "192.0.2.7", ("crtsh",), ("T1596.003",)).exposure


def test_a_database_of_the_same_kind_may_show_it_and_what_it_shows_is_not_known(tmp_path):
    found = told(tmp_path, "192.0.2.7", ("zoomeye",))
    assert found.exposure[0].database == "shodan"
    assert found.unseen == ("zoomeye was not asked about 192.0.2.7",)


def test_what_is_known_without_a_finding_is_told_too(tmp_path):
    found = told(tmp_path, "www.example.test", ("crtsh",), ("T1596.003",))
    assert [(one.database, one.level, one.about) for one in found.exposure] == [
        ("crtsh", None, "www.example.test")
    ]
    assert (found.unseen, found.surveyed) == ((), NOW)


def test_nothing_is_nothing_only_where_the_database_answered(tmp_path):
    assert (told(tmp_path, "192.0.2.9").exposure, told(tmp_path, "192.0.2.9").unseen) == ((), ())
    assert told(tmp_path, "192.0.2.8").unseen == ("shodan could not be asked about 192.0.2.8: HTTP 503",)
    assert told(tmp_path, "192.0.2.77").unseen == ("shodan was not asked about 192.0.2.77",)


def test_an_answer_about_one_address_is_none_about_its_network(tmp_path):
    with store.writing(tmp_path) as lake:
        keep(lake, Exposure(at=NOW, before=None), [], {("shodan-host", "192.0.2.0")}, [])
        assert exposed_summary.answered(lake, "192.0.2.0")
        assert not exposed_summary.answered(lake, "192.0.2.0/24")
        keep(lake, Exposure(at=NOW, before=None), [], {("shodan-search", "192.0.2.0/24")}, [])
        assert exposed_summary.answered(lake, "192.0.2.7")


def test_a_name_that_does_not_exist_is_not_visible(tmp_path):
    assert told(tmp_path, "a.example.test", ("anubisdb",), ("T1596.001",)).exposure == ()


def test_a_risk_that_is_borne_is_no_exposure(tmp_path):
    assert [one.level for one in told(tmp_path, "192.0.2.7", accepted=["F-1"]).exposure] == [None]


def test_our_own_files_show_nothing_to_others(tmp_path):
    mine = seen(RDP.fact, "zone-file", "own")
    with store.writing(tmp_path) as lake:
        keep(lake, Exposure(at=NOW, before=None, findings=(finding(evidence=(mine,)),)), [mine], set(), [])
        assert exposed_summary.found(lake, "192.0.2.7", [], ["T1596.005"]) == []
        assert exposed_summary.shows(lake, "192.0.2.7") == 0


def test_a_survey_that_was_not_judged_says_so(tmp_path):
    found = told(tmp_path, "192.0.2.7", judged=False)
    assert (found.surveyed, found.exposure, found.unseen) == (None, (), (NOT_JUDGED,))
    with store.opened(tmp_path) as lake:
        assert exposed_summary.standing(lake) is None


def test_without_a_survey_there_is_nothing_to_tell(tmp_path):
    with store.writing(tmp_path) as lake:
        assert standing(lake, {}, NOW) is None


def test_the_fingerprint_changes_with_what_is_shown_and_only_then(tmp_path):
    found = Exposure(at=NOW, before=None, findings=(finding(),))
    prints = []
    with store.writing(tmp_path) as lake:
        for at, findings, seen_ in ((NOW, (finding(),), [RDP, CERT]), (NOW + 1, (finding(),), [CERT, RDP]),
                                    (NOW + 1, (), [RDP, CERT]), (NOW + 1, (finding(),), [RDP])):  # fmt: skip
            keep(lake, replace(found, at=at, findings=findings), seen_, {("crtsh", "example.test")}, [])
            kept = exposed_summary.standing(lake)
            assert kept.at == at
            prints.append(kept.fingerprint)
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


# From a survey to an alert.


def answer(*facts, collector="shodan-host", database="shodan", subject=("ip", "192.0.2.7"), at=NOW) -> Answer:
    return Answer(
        collector=collector, database=database, subject=Subject(*subject), time=at, status="complete",
        requests=1, facts=tuple((hashlib.sha256(repr(fact).encode()).hexdigest(), fact) for fact in facts),
    )  # fmt: skip


def surveyed(home: Path, *answers: Answer) -> None:
    with store.writing(home) as lake:
        run = observations.begin(lake, NOW, "asked")
        assert len(list(observations.add(lake, run, answers))) == len(answers)


def watched(home: Path, target: Target = DESKTOP, **said) -> Options:
    """A home in which somebody asked Shodan forty times about one target."""
    options = Options(home=home, settings=said.pop("settings", OURS))
    with store.writing(home) as lake:
        lookups = [
            lookup(
                NOW - HOUR + n * 1_000_000, "shodan", n, user="EXAMPLE\\jdoe", host="ws-7",
                targets=(target,), via="http", view="http", client=Client("script", "curl"), **said,
            )
            for n in range(40)
        ]  # fmt: skip
        batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in lookups]))
    detect(options)
    flow_triage.triage(options)
    return options


def field(options: Options):
    (one,) = flow_triage.judged_alerts(options)[0]
    return one.verdict["exposure"], one


OPEN = Service(ip="192.0.2.7", port=3389, protocol="rdp", last_seen=NOW - DAY)


def test_an_alert_says_what_the_lookups_would_have_shown(tmp_path):
    options = watched(tmp_path)
    before, alert = field(options)
    assert (before.value, before.because) == (
        "unknown",
        "what these databases reveal about us was not surveyed",
    )
    assert "escalate-exposed" not in {one.name for one in alert.decision.criteria}
    assert flow_triage.triage(options).judged == 0

    surveyed(tmp_path, answer(OPEN))
    assert flow_triage.triage(options).judged == 1
    assert field(options)[0].because == NOT_JUDGED

    found = exposure(options)
    assert flow_triage.triage(options).judged == 1
    now, alert = field(options)
    desktop = next(one for one in found.findings if one.check == "remote-desktop")
    assert (now.value, now.confidence) == ("exposed", "high")
    assert desktop.id in {one.where for one in now.evidence}
    assert "escalate-exposed" in {one.name for one in alert.decision.criteria}
    assert "Remote desktop" in " ".join(one.answer for one in alert.answers if one.id == "t2-intent")
    exposure(options)
    assert flow_triage.triage(options).judged == 0  # the same again changes nothing


def test_what_is_accepted_or_gone_is_exposed_no_longer(tmp_path):
    options = watched(tmp_path)
    surveyed(tmp_path, answer(OPEN))
    found = exposure(options)
    grave = [
        one.id for one in found.findings if one.level in ("high", "critical") and one.about == "192.0.2.7"
    ]
    for one in grave:
        flow_exposure.decide(options, "accept", one, "u-1", "known", "it", NOW + 30 * DAY)
    flow_triage.triage(options)
    assert field(options)[0].value == "visible"
    for one in grave:
        flow_exposure.decide(options, "accept-end", one, "u-1", "no longer")
    flow_triage.triage(options)
    assert field(options)[0].value == "exposed"
    surveyed(tmp_path, answer(at=NOW + 1))
    exposure(options)
    flow_triage.triage(options)
    assert field(options)[0].value == "nothing-known"


def test_looking_back_keeps_nothing(tmp_path):
    options = watched(tmp_path)
    surveyed(tmp_path, answer(OPEN, at=NOW - 10 * DAY))
    surveyed(tmp_path, answer())
    exposure(options, at="1")
    with store.opened(tmp_path) as lake:
        assert exposed_summary.standing(lake) is None
    exposure(options)
    with store.opened(tmp_path) as lake:
        assert exposed_summary.standing(lake).at == NOW


def test_a_survey_that_cannot_be_judged_takes_what_was_kept_away(tmp_path, monkeypatch):
    options = watched(tmp_path)
    surveyed(tmp_path, answer(OPEN))
    exposure(options)
    done = flow_survey.Surveyed()
    done.count(answer())

    def refuse(_options):
        raise ConfigError("a wrong list")

    monkeypatch.setattr(flow_survey, "exposure", refuse)
    flow_survey.judge(options, flow_survey.Surveyed(), lambda _said: None)
    with store.opened(tmp_path) as lake:
        assert exposed_summary.standing(lake)  # nothing was asked
    flow_survey.judge(options, done, lambda _said: None)
    with store.opened(tmp_path) as lake:
        assert exposed_summary.standing(lake) is None


def test_exposure_only_ever_makes_a_decision_graver(tmp_path):
    words = when.vocabulary()
    for kind in ("close-authorised", "close-benign", "watch"):
        table = f"""rows:
- {{id: a, decision: {kind}, when: {{exposure: [nothing-known], authorised: ["yes"], about_us: [none],
    intel: [none], account_state: [active]}}, says: it}}
- {{id: b, decision: l1-review, says: rest}}
"""
        with pytest.raises(ConfigError, match="by exposure"):
            decide.parse(table.encode(), "t.yml", words)
    rows = {one.id for one in decide.load().rows}
    assert rows - {one.id for one in decide.unsurveyed(decide.load()).rows} == {"escalate-exposed"}


# Who looked.


def put(home: Path, *lookups) -> None:
    with store.writing(home) as lake:
        batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in lookups]))


def asked(number, target, database="shodan", days=1, user="jdoe", view="http", **said):
    return lookup(
        NOW - days * DAY, database, number, user=user, targets=(target,), via=view, view=view,
        client=Client("script", "curl"), **said,
    )  # fmt: skip


def sentences(
    home: Path, *abouts: str, settings: Settings = OURS, technique="T1596.005"
) -> list[tuple[str, ...]]:
    findings = [finding(f"F-{about}", about, technique=technique) for about in abouts]
    with store.opened(home) as lake:
        found = looked_up(Options(home=home, settings=settings), lake, know(settings), findings, NOW)
    return [one.looked_up for one in found]


def day(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(NOW / 1_000_000 - days * 86_400))


IP = Target("ip", "192.0.2.7", True)


def test_a_finding_says_who_looked_its_asset_up(tmp_path):
    put(tmp_path, *(asked(n, IP, days=n + 1) for n in range(3)), asked(9, Target("ip", "192.0.2.8", True)))
    assert sentences(tmp_path, "192.0.2.7", "192.0.2.99") == [
        (f"3 lookups by jdoe in Shodan, last {day(1)}",),
        (),
    ]


def test_one_act_that_two_logs_saw_is_one(tmp_path):
    put(tmp_path, asked(1, IP), asked(2, IP, view="process"), asked(3, IP))
    assert sentences(tmp_path, "192.0.2.7") == [(f"2 lookups by jdoe in Shodan, last {day(1)}",)]


def test_a_lookup_that_names_two_things_of_ours_is_one(tmp_path):
    both = replace(
        asked(1, IP),
        targets=(Target("domain", "example.test", True), Target("domain", "a.example.test", True)),
    )
    put(tmp_path, both)
    assert sentences(tmp_path, "example.test") == [(f"1 lookup by jdoe in Shodan, last {day(1)}",)]


@pytest.mark.parametrize(
    ("target", "about"),
    [
        (Target("domain", "example.test", True), "vpn.example.test"),
        (Target("domain", "vpn.example.test", True), "example.test"),
        (Target("cidr", "192.0.2.0/24", False), "192.0.2.7"),
        (Target("ip", "192.0.2.7", None), "192.0.2.0/24"),
        (Target("domain", "vpn.example.test", False), "example.test"),  # read before it was ours
    ],
)
def test_what_holds_it_and_what_is_below_it_counts_and_is_named(tmp_path, target, about):
    put(tmp_path, asked(1, target))
    assert sentences(tmp_path, about) == [
        (f"1 lookup by jdoe in Shodan about {target.value}, last {day(1)}",)
    ]


def test_other_names_and_older_lookups_do_not_count(tmp_path):
    put(
        tmp_path,
        asked(1, Target("domain", "notexample.test", True)),
        asked(2, Target("domain", "example.test"), days=91),
    )
    assert sentences(tmp_path, "example.test") == [()]


def test_databases_of_the_same_technique_come_first_and_no_more_than_five(tmp_path):
    names = [asked(n, IP, user=f"u-{n}", days=n + 2) for n in range(6)]
    put(tmp_path, *names, asked(9, IP, "crtsh", user="late", days=1))
    (found,) = sentences(tmp_path, "192.0.2.7")
    assert [one.split(" by ")[1].split()[0] for one in found[:4]] == ["u-0", "u-1", "u-2", "u-3"]
    assert found[4:] == ("3 more lookups in 3 other ways",)
    (found,) = sentences(tmp_path, "192.0.2.7", technique="T1596.003")
    assert found[0].startswith("1 lookup by late in crt.sh")


def test_a_tool_without_a_database_and_a_machine_without_an_account(tmp_path):
    run = replace(asked(1, IP, user=None, host="WS-7.example.test", view="process"), database=None, name=None)
    put(tmp_path, replace(run, client=Client("tool", "subfinder"), techniques=("T1596.001",)))
    assert sentences(tmp_path, "192.0.2.7") == [(f"1 lookup by ws-7 with subfinder, last {day(1)}",)]


def test_names_are_covered_as_the_settings_want(tmp_path):
    put(tmp_path, asked(1, IP, user="EXAMPLE\\jdoe", host="ws-7"))
    hidden = replace(OURS, privacy=Privacy(pseudonymise=True))
    ((said,),) = sentences(tmp_path, "192.0.2.7", settings=hidden)
    assert said.startswith("1 lookup by user-")
    assert "jdoe" not in said


def test_the_lake_is_read_once_however_many_findings(tmp_path, monkeypatch):
    from glasshouse.lake import lookers

    put(tmp_path, *(asked(n, IP) for n in range(3)))
    calls = []
    read = lookers.asked
    monkeypatch.setattr(lookers, "asked", lambda *said: calls.append(1) or read(*said))
    assert all(sentences(tmp_path, *(["192.0.2.7"] * 50)))
    assert len(calls) == 1


# What was adopted is ours.


def adopt(options: Options, value="shop.example.org", kind="hostname", deed="adopt") -> None:
    with office_store.opened(options.settings, options.home) as office, office.transaction() as conn:
        exposed.add(conn, deed, value, "u-1", NOW, "found by certificate", "web team", type_=kind)


def test_what_was_adopted_is_ours_in_the_hunt_and_in_triage(tmp_path):
    shop = Target("domain", "shop.example.org", False)
    options = watched(tmp_path, shop)
    had = ours(options)
    assert had.about_us(shop) is False
    adopt(options)
    assert flow_triage.triage(options).judged == 1
    now = ours(options)
    assert (now.about_us(shop), now.fingerprint != had.fingerprint) == (True, True)
    assert now.about_us(Target("domain", "example.org")) is False
    detect(options)
    assert flow_triage.triage(options).judged == 1
    (one,) = flow_triage.judged_alerts(options)[0]
    assert one.verdict["about_us"].value == "all"
    adopt(options, deed="forget")
    assert ours(options).fingerprint == had.fingerprint


def test_a_home_without_an_office_or_an_adoption_does_not_open_one(tmp_path, monkeypatch):
    options = Options(home=tmp_path, settings=OURS)
    monkeypatch.setattr(office_store, "opened", lambda *_a, **_k: pytest.fail("opened"))
    assert not adoptions.any_made("", tmp_path)
    assert ours(options).adopted == ()
    monkeypatch.undo()
    with office_store.opened(OURS, tmp_path):
        pass
    assert not adoptions.any_made("", tmp_path)
    adopt(options)
    assert adoptions.any_made("", tmp_path)
    (tmp_path / "decisions.db").write_bytes(b"this is no database" * 100)
    assert adoptions.any_made("", tmp_path)  # who opens it is told what is wrong with it


def test_when_the_office_cannot_be_asked_what_was_told_last_holds(tmp_path, monkeypatch):
    options = Options(home=tmp_path, settings=OURS)
    adopt(options)
    assert ours(options).adopted

    def refuse(*_said, **_more):
        raise ReadError("the database is down")

    monkeypatch.setattr(office_store, "opened", refuse)
    assert ours(options).adopted
    elsewhere = replace(options, settings=replace(OURS, office=Office(url="postgresql://db.example.test/x")))
    with pytest.raises(ReadError):
        ours(elsewhere)
