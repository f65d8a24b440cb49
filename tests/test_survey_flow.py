"""The whole survey against real servers on loopback: days go by, things change, one database falls silent."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

import survey_days as days
import tls_samples
from glasshouse import flow_exposure
from glasshouse.cli.main import app
from glasshouse.cli.options import gather
from glasshouse.errors import GlasshouseError
from glasshouse.survey import ask

RUN = CliRunner()
DAY = 86_400_000_000
BEFORE = days.Day()
SHOP = "shop-example.test"
# A record added with approval, one without; a certificate nobody ordered, tied to a name nobody knows.
AFTER = replace(
    BEFORE,
    apex=(*BEFORE.apex, "MX 20 mx.elsewhere.test."),
    hosts=(*BEFORE.hosts, "www AAAA 2001:db8::10"),
    certificates=(
        *BEFORE.certificates,
        days.certificate(202, f"vpn.{days.DOMAIN}", SHOP, issuer="C=ZZ, O=Other CA, CN=Other 1"),
    ),
    ports=(443,),
    blind=frozenset({"rdap-domain"}),
)


def run(home, *words, code=0):
    """The command's standard output; every expected failure must be one of ours."""
    done = RUN.invoke(app, [*words, "--home", str(home)])
    if isinstance(done.exception, GlasshouseError):
        assert done.exception.exit_code == code, done.exception
        return str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done.output


def shown(home, **said):
    return flow_exposure.exposure(gather("", *[None] * 6, home), **said)


def changed(found):
    return {(one.shift.kind, one.shift.key): one for one in found.changes}


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return tls_samples.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(ask, "Door", functools.partial(ask.Door, sleep=lambda _seconds: None))


@pytest.fixture
def survey(tmp_path, tls):
    """One day: its servers are started, asked, and ended."""
    numbers = iter(range(1, 10))

    def once(day, *words, code=0, **said):
        with days.world(tmp_path / f"day{next(numbers)}", day, tls.server(), tls.authority) as world:
            home = days.home(tmp_path / "home", world, **said)
            return home, world, run(home, "survey", "run", *words, code=code)

    return once


def record(asset):
    """A change record about one thing, approved, in a window around now."""
    today = datetime.now(UTC).date().isoformat()
    return f"C-1,Add IPv6,{today},{today},yes,cab,done,jdoe,{asset}\n"


def test_the_first_survey_keeps_what_every_database_says(survey):
    home, world, said = survey(BEFORE)
    assert said.startswith("survey 1: 8 complete; ") and "next: glasshouse exposure list" in said
    found = shown(home)
    assert {one.collector for one in found.revealed} == {*world.served}
    assert found.before is None and not found.changes and not found.troubles
    assert all(one.status == "never" for one in found.blind)
    assert {"admin-port", "dmarc-missing", "caa-missing"} <= {one.check for one in found.findings}
    page = run(home, "exposure", "list")
    assert "What could not be seen" in page and "never asked" in page


def test_only_what_is_ours_is_asked_about(survey):
    home, world, _ = survey(AFTER, code=4)
    assert SHOP in {one.value for one in shown(home).ties}
    for name in world.served:
        if name != "dns":  # BIND keeps no list here; its questions are those of the plan
            assert world.asked(name) and not any(SHOP in one or "vpn." in one for one in world.asked(name))
    planned = run(home, "survey", "plan")
    assert SHOP not in planned and days.DOMAIN in planned


def test_what_changed_is_judged_and_what_could_not_be_asked_is_not_gone(survey):
    survey(BEFORE)
    home, _, said = survey(AFTER, code=4, changes=record(f"www.{days.DOMAIN}"))
    assert "7 complete, 1 failed" in said and "failed: rdap-domain, domain example.test: answers 503" in said
    found, was = shown(home), shown(home, at="1")

    changes = changed(found)
    ipv6 = changes["new", "www.example.test AAAA 2001:db8::10"]
    assert (ipv6.verdict, ipv6.change.id, ipv6.change.approved_by) == ("approved", "C-1", "cab")
    mail = changes["new", "example.test MX 20 mx.elsewhere.test"]
    assert mail.verdict == "suspicious" and "mx.elsewhere.test" in mail.signs[0]
    order = next(one for (_, key), one in changes.items() if key.endswith("other 1"))
    assert order.verdict == "suspicious" and any("Other CA" in one for one in order.signs)
    assert ("gone", "203.0.113.10 22/tcp") in changes

    # Blind is not gone: the registration still stands there, from the day before, and it is told.
    assert [one for one in changes if "domain example.test" in one[1]] == []
    still = [one for one in found.revealed if one.collector == "rdap-domain"]
    assert still and still[0].things == 1
    (dark,) = [one for one in found.blind if one.status != "never"]
    assert (dark.collector, dark.status, dark.subjects) == ("rdap-domain", "failed", 1)
    assert dark.last_complete is not None and dark.last_complete <= was.at
    page = run(home, "exposure", "list")
    assert "rdap-domain failed for 1 asset: answers 503" in page and "2 of 4 changes without approval" in page

    # What was open and is closed is no finding any more; the time before still says what it said.
    assert not [one for one in found.findings if one.check == "admin-port"]
    assert [one for one in was.findings if one.check == "admin-port"]
    assert was.before is None and found.before == was.at


def test_the_second_look_at_an_unchanged_world_changes_nothing(survey):
    survey(BEFORE)
    home, _, _ = survey(BEFORE)
    found, was = shown(home), shown(home, at="1")
    assert not found.changes
    assert [one.id for one in found.findings] == [one.id for one in was.findings]
    assert "No change" in run(home, "exposure", "diff")


def test_what_was_asked_lately_is_not_asked_again(survey):
    home, _, _ = survey(BEFORE)
    text = (home / "glasshouse.toml").read_text().replace("hours = 0", "hours = 20")
    (home / "glasshouse.toml").write_text(text)
    assert run(home, "survey", "plan").startswith("0 first requests")
    assert days.DOMAIN in run(home, "survey", "plan", "--again")


def test_an_adopted_candidate_is_asked_about_and_judged(survey):
    survey(BEFORE)
    home, _, _ = survey(AFTER, code=4)
    said = run(home, "exposure", "unknown")
    assert f"{SHOP}  domain" in said and f"glasshouse exposure adopt {SHOP} --owner WHO --reason WHY" in said
    assert "which is ours" in said
    words = ("--owner", "shop team", "--reason", "bought", "--by", "ana")
    assert f"{SHOP} is ours now" in run(home, "exposure", "adopt", SHOP.upper(), *words)
    assert SHOP not in run(home, "exposure", "unknown")

    shop = days.Day(apex=(), hosts=("www A 203.0.113.20",), certificates=())
    home, world, _ = survey(replace(AFTER, blind=frozenset(), others={SHOP: shop}))
    assert any(SHOP in one for one in world.asked("crtsh"))
    assert any(SHOP in one for one in world.asked("rdap-domain"))
    found = shown(home)
    mine = [one for one in found.findings if one.about == SHOP]
    assert mine and {one.owner for one in mine} == {"shop team"}

    run(home, "exposure", "forget", SHOP, "--reason", "sold")
    assert SHOP not in run(home, "survey", "plan")
    assert f"{SHOP}  domain" in run(home, "exposure", "unknown")


def test_a_disowned_candidate_is_none_any_more(survey):
    home, _, _ = survey(AFTER, code=4)
    run(home, "exposure", "disown", SHOP, "--reason", "another company")
    assert SHOP not in run(home, "exposure", "unknown")
    assert f"{SHOP}  domain, " in run(home, "exposure", "unknown", "--all")
    assert SHOP not in run(home, "survey", "plan")
    run(home, "exposure", "forget", SHOP, "--reason", "it is ours after all")
    assert SHOP in run(home, "exposure", "unknown")


def test_a_risk_that_is_borne_leaves_the_list_until_its_day(survey, monkeypatch):
    home, _, _ = survey(BEFORE)
    (finding,) = [one for one in shown(home).findings if one.check == "admin-port"]
    assert finding.id in run(home, "exposure", "list")
    now = flow_exposure.now()
    until = datetime.fromtimestamp((now + 10 * DAY) / 1_000_000, UTC).date().isoformat()
    words = ("--owner", "ciso", "--reason", "moves soon", "--until", until, "--by", "ana")
    said = run(home, "exposure", "accept-risk", finding.id.lower(), *words)
    assert said.startswith(f"{finding.id} is accepted until ")
    assert finding.id not in run(home, "exposure", "list")
    assert finding.id not in run(home, "exposure", "list", "-f", "csv")
    assert "accepted by ana for ciso: moves soon" in run(home, "exposure", "list", "--all")
    told = json.loads(run(home, "exposure", "list", "-f", "json"))
    assert [one["state"] for one in told["findings"] if one["id"] == finding.id] == ["accepted"]
    assert "accepted by ana for ciso" in run(home, "exposure", "show", finding.id)

    monkeypatch.setattr(flow_exposure, "now", lambda: now + 12 * DAY)
    assert finding.id in run(home, "exposure", "list")
    assert "that ended" in run(home, "exposure", "show", finding.id)
    monkeypatch.undo()
    assert finding.id not in run(home, "exposure", "list")
    run(home, "exposure", "end-risk", finding.id, "--reason", "it does not move")
    assert finding.id in run(home, "exposure", "list")
    trail = run(home, "audit", "list")
    assert all(f"  {act}  {finding.id}" in trail for act in ("accept", "accept-end"))


def test_a_recording_says_again_what_the_servers_said(survey, tmp_path):
    record_ = tmp_path / "said.jsonl"
    home, _, _ = survey(AFTER, "--record", str(record_), code=4)
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "inventory.yml").write_text(days.INVENTORY)
    (other / "glasshouse.toml").write_text(f'[know]\npaths = ["{other / "inventory.yml"}"]\n')
    run(other, "survey", "import", str(record_), code=4)
    live, again = shown(home), shown(other)
    assert [(one.id, one.says) for one in live.findings] == [(one.id, one.says) for one in again.findings]
    assert live.revealed == tuple(
        replace(one, last_asked=mine.last_asked)
        for one, mine in zip(again.revealed, live.revealed, strict=True)
    )
