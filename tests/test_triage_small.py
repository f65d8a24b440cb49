"""Small promises of triage on the command line: refusals, warnings, what a command says next."""

from __future__ import annotations

import json
import sqlite3

import pytest
from typer.testing import CliRunner

import office_samples as samples
import triaged_home as home_of
from glasshouse import flow_cases
from glasshouse.cli.main import app
from glasshouse.errors import ConfigError, UsageError
from glasshouse.know.background import know
from glasshouse.know.register_terms import admitted
from glasshouse.office import audit, case_work, cases, store, unmask
from glasshouse.settings import Settings, load

RUN = CliRunner()


@pytest.fixture
def home(tmp_path):
    return home_of.copied(tmp_path)


def run(home, *words: str, env: dict[str, str] | None = None):
    return RUN.invoke(app, [*words, "--home", str(home)], env=env)


def entries(home):
    with store.opened(load(home, environment={}), home) as office, office.reading() as conn:
        return list(audit.entries(conn))


@pytest.mark.parametrize("covered", [False, True])
def test_hunting_packs_say_when_they_hold_tokens(home, tmp_path, covered):
    if covered:
        home_of.with_settings(home, "[privacy]\npseudonymise = true\n")
    alert = home_of.of(home, "u-019")[0].alert.id
    done = run(home, "contain", alert, "-o", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    for file in sorted((tmp_path / "out").glob("hunt*")):
        assert ("Tokens stand for people" in file.read_text()) is covered, file.name
    assert len(list((tmp_path / "out").glob("hunt*"))) == 3


def test_contain_takes_a_case(home, tmp_path):
    alert = home_of.of(home, "u-019")[0].alert.id
    (case,) = [name for name in ("C-1", "C-2", "C-3") if alert in _alerts(home, name)]
    done = run(home, "contain", case, "-o", str(tmp_path / "out"))
    assert done.exit_code == 0 and alert in done.output, done.output
    assert (tmp_path / "out" / "hunt.sql").exists()
    assert [one.subject for one in entries(home) if one.act == "contain"] == [alert]
    assert isinstance(run(home, "contain", "C-99").exception, UsageError)


def _alerts(home, name):
    try:
        return flow_cases.alerts_meant(home_of.options(home), name)
    except UsageError:
        return []


def test_a_case_of_several_alerts_gets_a_folder_for_each(home, tmp_path):
    first, second = [one.alert.id for one in home_of.of(home, "u-017")]
    with store.opened(load(home, environment={}), home) as office, office.transaction() as conn:
        other = cases.open_case(conn, [first], "ana", 10**16).name if not _in_case(conn, first) else None
        case = other or cases.name_of(_in_case(conn, first))
        if not _in_case(conn, second):
            case_work.link(conn, case, [second], "ana", 10**16)
    if set(_alerts(home, case)) >= {first, second}:
        assert run(home, "contain", case, "-o", str(tmp_path / "out")).exit_code == 0
        for one in (first, second):
            assert (tmp_path / "out" / f"containment-{one}" / "hunt.sql").exists()


def _in_case(conn, alert):
    from glasshouse.office.kept import get

    return get(conn, alert).case


SPELLINGS = (
    *(
        "JDOE",
        "j.doe",
        "J.D.O.E@example.com",
        "jdoe+soc@example.com",
        "EXAMPLE\\jdoe",
        "jd\u200boe",
        "ｊｄｏｅ",
    ),
    *("jdo\ufe0fe", "j\u034fdoe", "jdoe\u3164", "j\u2800doe", "\u00adjdoe", "j.doe+a+b@mail.test"),
)


@pytest.mark.parametrize("other", SPELLINGS)
@pytest.mark.parametrize("turned", [False, True])
def test_nobody_approves_their_own_request_in_another_spelling(other, turned, tmp_path):
    asks, allows = (other, "jdoe") if turned else ("jdoe", other)
    with samples.opened("sqlite", tmp_path) as office, office.transaction() as conn:
        cases.open_case(conn, [_kept(conn)], "ana", samples.NOW)
        unmask.request(conn, "user-a", {"user-a"}, "C-1", asks, "why", samples.NOW, 24)
        with pytest.raises(UsageError, match="yourself"):
            unmask.approve(conn, 1, {"user-a"}, allows, samples.NOW + 1, 24)
        assert unmask.approve(conn, 1, {"user-a"}, "asmith", samples.NOW + 1, 24).state == "approved"


def _kept(conn):
    from glasshouse.office import triaged

    triaged.keep(conn, samples.triaged("a1", decision="watch"), samples.NOW)
    return "a1"


def test_a_request_of_an_earlier_version_is_compared_as_spellings_are_now(tmp_path):
    with samples.opened("sqlite", tmp_path) as office, office.transaction() as conn:
        cases.open_case(conn, [_kept(conn)], "ana", samples.NOW)
        unmask.request(conn, "user-a", {"user-a"}, "C-1", "j.doe", "why", samples.NOW, 24)
        conn.exec_driver_sql("DROP TRIGGER unmasks_no_update")
        conn.exec_driver_sql("UPDATE unmasks SET person = 'j.doe'")
        with pytest.raises(UsageError, match="yourself"):
            unmask.approve(conn, 1, {"user-a"}, "jdoe", samples.NOW + 1, 24)


@pytest.mark.parametrize("who", [{"accounts": ("*",)}, {"accounts": ("svc-*",)}, {"hosts": ("*",)}])
def test_words_that_can_cover_nobody_are_told(who):
    use = samples.use("R-1", **{"accounts": (), **who})
    taken, troubles = admitted([use], samples.NOW, 180)
    assert taken == (use,)
    (one,) = troubles
    assert "use register" in one.reason and "nobody" in one.reason and "*" in one.reason
    assert admitted([samples.use("R-1", targets=("*",), databases=("*",))], samples.NOW, 180)[1] == ()


def test_an_entry_that_can_cover_nobody_is_not_added(home):
    words = ("--who", "account=*", "--database", "shodan", "--target", "own", "--until", "2027-02-01")
    more = ("--owner", "ciso", "--purpose", "x", "--reason", "x")
    done = run(home, "register", "add", *words, *more)
    assert done.exit_code != 0
    assert "nobody" in f"{done.output}{done.exception}"


@pytest.mark.parametrize("name", ["", "  "])
def test_a_case_is_not_given_to_an_empty_name(home, name):
    done = run(home, "case", "assign", "C-1", name)
    assert isinstance(done.exception, UsageError) and "nobody" in done.exception.next_step
    assert run(home, "case", "assign", "C-1", "ana").exit_code == 0
    assert run(home, "case", "assign", "C-1", "-").exit_code == 0


def test_what_is_next_keeps_the_folder(home):
    last = run(home, "cases").output.rstrip().splitlines()[-1]
    assert last.startswith("Next: glasshouse case show C-") and last.endswith(f"--home {home}")


def test_a_missing_driver_is_told_before_it_is_needed(home, monkeypatch):
    home_of.with_settings(home, '[office]\nurl = "postgresql://g:x@db.example.com/g"\n')

    def missing(_url):
        raise ConfigError("the driver for PostgreSQL is not installed", "office.url", "pip install it")

    for words in (("doctor",), ("settings", "check")):
        monkeypatch.setattr(store, "_engine", missing)
        done = run(home, *words)
        assert done.exit_code == 3, done.output
        assert "driver for PostgreSQL" in done.output
        monkeypatch.undo()
        assert run(home, *words).exit_code == 0


def test_names_shown_by_a_variable_leave_an_entry_in_the_trail(home):
    home_of.with_settings(home, "[privacy]\npseudonymise = true\n")
    off = {"GLASSHOUSE__PRIVACY__PSEUDONYMISE": "false"}
    assert "u-019" not in run(home, "cases").output
    assert not [one for one in entries(home) if one.act == "settings"]
    for _ in range(2):
        assert "u-019" in run(home, "cases", env=off).output
    (one,) = [one for one in entries(home) if one.act == "settings"]
    assert one.subject == "privacy.pseudonymise"
    said = json.loads(one.details)
    assert (said["from"], said["to"], said["by"]) == (True, False, "GLASSHOUSE__PRIVACY__PSEUDONYMISE")


def test_a_variable_that_hides_no_names_leaves_none(home):
    before = len(entries(home))
    run(home, "cases", env={"GLASSHOUSE__PRIVACY__PSEUDONYMISE": "false"})  # as the file has it
    run(home, "cases", env={"GLASSHOUSE__PRIVACY__PSEUDONYMISE": "true"})
    assert len(entries(home)) == before


@pytest.mark.parametrize("said", ["nope", "", "10.1.2", "example.com"])
def test_who_had_what_is_no_address_is_a_mistake(home, said):
    done = run(home, "know", "who", said)
    assert isinstance(done.exception, UsageError) and done.exception.exit_code == 2


def test_verify_finds_what_was_changed_behind_the_trails_back(home):
    assert run(home, "case", "decide", "C-1", "watch", "--reason", "known").exit_code == 0
    done = run(home, "audit", "verify")
    assert done.exit_code == 0 and "rows of cases" in done.output, done.output
    db = sqlite3.connect(home / "decisions.db")
    db.execute("UPDATE alerts SET override = NULL")
    db.execute("UPDATE cases SET assignee = 'eve', state = 'assigned' WHERE number = 1")
    db.commit()
    db.close()
    done = run(home, "audit", "verify")
    assert done.exit_code == 1 and "NOT WHOLE" in done.output
    assert (
        "what a person decided about GH-" in done.output
        and "C-1 is not as the trail leaves it" in done.output
    )


def test_a_domain_of_which_only_the_beginning_is_a_netbios_name_can_be_named():
    known = know(Settings(own=("*.corp.example.com", "example.net")))
    assert known.domains.key("CORP\\u") == known.domains.key("u@corp.example.com") == "u"
    assert known.domains.key("u@example.com") == "u@example.com"
