"""A home full of facts in; proof that what is purged or erased is gone and stays gone, out."""

from __future__ import annotations

import re
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import triaged_home as home_of
from glasshouse import flow_detect, flow_lake, flow_purge, flow_subject, flow_triage, tombstones
from glasshouse.cli.main import app
from glasshouse.config import Options
from glasshouse.errors import ConfigError, ReadError, UsageError
from glasshouse.flow_privacy import cover
from glasshouse.flow_purge import Order, Purged
from glasshouse.lake import care, facts
from glasshouse.lake import store as lake_store
from glasshouse.office import audit, case_work, cases, kept, retention, store, verify
from glasshouse.pseudonyms import key_of, keys

RUN = CliRunner()
DAY = 86_400_000_000
LATER = home_of.BEGIN * 1_000_000 + 100 * DAY
MUCH_LATER = LATER + 2000 * DAY


def quiet(_said: str) -> None:
    return None


@pytest.fixture
def home(tmp_path):
    made = home_of.copied(tmp_path)
    home_of.with_settings(made, "[privacy]\npseudonymise = true\n")
    return made


@pytest.fixture
def asked(home):
    return home_of.options(home)


def purge(asked: Options, now: int = LATER, **said: object) -> Purged:
    return flow_purge.purge_all(asked, Order(who="ana", now=now, **said), quiet)


def lookups(asked: Options) -> list[str]:
    return [one.actor.user or "" for one in flow_detect.lookups(asked)]


def office_of(asked: Options):
    return store.opened(asked.settings, asked.home)


def token_of(asked: Options, name: str) -> str:
    return cover(asked).pseudonyms.token("user", name)


def close_all(asked: Options, now: int) -> None:
    with office_of(asked) as office, office.transaction() as conn:
        for one in cases.listed(conn):
            case_work.close(conn, one.number, "false-positive", "duplicate", "ana", now)


def names_in_files(home: Path, name: str) -> list[str]:
    """Where a name still stands in the databases, with all that deleted pages may hold."""
    files = [file for file in home.iterdir() if ".db" in file.name]
    return [file.name for file in files if name.encode() in file.read_bytes().lower()]


def test_a_dry_run_says_what_goes_and_nothing_goes(asked):
    before = lookups(asked)
    said = purge(asked, dry=True)
    assert said.lookups == len(before) > 200
    assert lookups(asked) == before
    assert not tombstones.read(asked.home)
    done = purge(asked)
    assert (done.lookups, done.sha256) == (said.lookups, said.sha256)
    assert lookups(asked) == []


def test_what_is_not_past_its_time_stays(asked):
    before = lookups(asked)
    done = purge(asked, now=LATER - 20 * DAY)
    assert (done.lookups, done.baselines, done.cases, done.entries) == (0, 0, 0, 0)
    assert lookups(asked) == before
    with lake_store.opened(asked.home) as lake:
        assert not care.check(lake).problems


def test_everything_goes_at_its_time_and_the_trail_still_proves_itself(asked):
    close_all(asked, LATER)
    done = purge(asked, now=MUCH_LATER)
    assert done.lookups
    assert done.alerts >= 3
    assert done.cases >= 2
    assert done.entries
    with office_of(asked) as office, office.reading() as conn:
        assert not cases.listed(conn)
        assert not kept.listed(conn, superseded=True)
        entries = list(audit.entries(conn))
        assert verify.verify(entries).whole
        assert verify.verify(entries).purged == done.entries
        said = next(one for one in entries if one.subject == "retention").details
    assert done.sha256 in said
    assert not re.search(r"u-01\d", said)
    for name in ("u-017", "u-018", "u-019", "10.20.1.9"):
        assert names_in_files(asked.home, name) == []
    with lake_store.opened(asked.home) as lake:
        assert not care.check(lake).problems
        assert facts.extent(lake)[0] == 0


def test_open_cases_stay_however_old(asked):
    assert purge(asked, now=MUCH_LATER).cases == 0
    with office_of(asked) as office, office.reading() as conn:
        assert cases.listed(conn)


def test_a_hold_keeps_a_case_and_what_it_rests_on(asked):
    close_all(asked, LATER)
    alert = home_of.of(asked.home, "u-019")[0].alert
    mine = [one for one in lookups(asked) if one == "u-019"]
    with office_of(asked) as office, office.transaction() as conn:
        case = cases.get_case(conn, kept.get(conn, alert.id).case).name
        retention.hold(conn, case, "legal", "a court", MUCH_LATER + DAY, "ana", LATER)
    done = purge(asked, now=MUCH_LATER)
    assert done.held == (case,)
    assert lookups(asked) == mine
    with office_of(asked) as office, office.reading() as conn:
        assert [one.name for one in cases.listed(conn)] == [case]
    flow_detect.detect(asked)
    assert [one.id for one in flow_detect.current(asked)] == [alert.id]
    purge(asked, now=MUCH_LATER + 2 * DAY)
    assert lookups(asked) == []


@pytest.mark.parametrize(
    ("owner", "reason", "until"), [("", "x", LATER + DAY), ("x", " ", LATER + DAY), ("x", "x", LATER)]
)
def test_a_hold_says_who_why_and_until_when(asked, owner, reason, until):
    with office_of(asked) as office, office.transaction() as conn, pytest.raises(UsageError):
        retention.hold(conn, "C-1", owner, reason, until, "ana", LATER)


READERS = (
    *("alerts list", "alerts show GH-", "lookups", "cases", "case show C-1", "triage", "detect"),
    *("audit list", "notify list", "lake files", "lake check", "unmask list", "privacy report"),
    *("register list", "ingest {}/access.log"),
)


ITEMS = ("glasshouse.db", "decisions.db", "lake")


def restored(asked: Options, backup: Path, items: tuple[str, ...] = ITEMS) -> None:
    for item in items:
        for file in asked.home.glob(f"{item}-*"):
            file.unlink()
        if (backup / item).is_dir():
            shutil.rmtree(asked.home / item)
            shutil.copytree(backup / item, asked.home / item)
        else:
            shutil.copy2(backup / item, asked.home / item)


@pytest.fixture
def backup(asked, tmp_path):
    shutil.copytree(asked.home, tmp_path / "backup")
    return tmp_path / "backup"


def test_what_was_purged_stays_purged_when_a_backup_is_restored(asked, backup):
    close_all(asked, LATER)
    purge(asked, now=MUCH_LATER)
    restored(asked, backup)
    assert names_in_files(asked.home, "u-017")
    for words in READERS:
        done = RUN.invoke(app, [*words.format(asked.home).split(), "--home", str(asked.home)])
        if "register" not in words or done.exception:
            assert isinstance(done.exception, ReadError), words
            assert "privacy purge" in done.exception.next_step
        assert not re.search(r"u-01\d|10\.20\.1", done.output), words
    purge(asked, now=LATER)  # although by now's clock nothing were past its time yet
    assert lookups(asked) == []
    with office_of(asked) as office, office.reading() as conn:
        assert not cases.listed(conn)  # although in the backup they were open
    assert names_in_files(asked.home, "u-017") == []


@pytest.mark.parametrize(
    "items", [("glasshouse.db",), ("decisions.db",), ("lake",), ("glasshouse.db", "lake")]
)
@pytest.mark.parametrize("late", [MUCH_LATER, home_of.BEGIN * 1_000_000 + 91 * DAY])
def test_what_was_purged_stays_purged_when_a_part_is_restored(asked, backup, items, late):
    close_all(asked, LATER)
    purge(asked, now=late)
    left = lookups(asked)
    restored(asked, backup, items)
    for words in ("lookups", "cases", "alerts list", "lake check", "detect", "triage", "audit list"):
        done = RUN.invoke(app, [*words.split(), "--home", str(asked.home)])
        of_office = words in ("cases", "audit list", "triage")
        if items == ("lake",) or (items == ("decisions.db",)) == of_office or (words == "triage"):
            assert isinstance(done.exception, ReadError), (words, done.output)
            assert "privacy purge" in done.exception.next_step
            assert not re.search(r"u-01\d|10\.20\.1", done.output), words
    dry = purge(asked, now=late, dry=True)
    assert dry.lookups >= 0
    done = purge(asked, now=late)
    assert lookups(asked) == left
    with lake_store.opened(asked.home) as lake:
        assert not care.check(lake).problems
    with office_of(asked) as office, office.reading() as conn:
        assert verify.verify(list(audit.entries(conn))).whole
    assert not list((asked.home / "lake").glob("_quarantine/*"))
    flow_detect.detect(asked)
    assert lookups(asked) == left
    if not left:
        assert not list((asked.home / "lake").rglob("*.parquet"))
        assert names_in_files(asked.home, "u-017") == []
    assert done.tombstone.marked


def test_a_purge_of_an_earlier_version_left_no_mark_and_is_taken(asked):
    purge(asked, now=LATER - 20 * DAY)
    text = (asked.home / tombstones.FILE).read_bytes().replace(b',"marked":true', b"")
    assert b"marked" not in text
    (asked.home / tombstones.FILE).write_bytes(text)
    (asked.home / "lake" / tombstones.MARK).unlink()
    assert lookups(asked)


def test_a_purge_that_is_cut_off_is_finished_by_the_next(asked, monkeypatch):
    def cut(*_said: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(flow_purge, "_purge_office", cut)
        with pytest.raises(KeyboardInterrupt):
            purge(asked)
    with pytest.raises(ReadError, match="purge cut off"), office_of(asked):
        pass
    purge(asked)
    with office_of(asked) as office, office.reading() as conn:
        assert [one.subject for one in audit.entries(conn) if one.act == "purge"] == ["retention"]


def test_an_exported_proof_purges_another_copy(asked, backup):
    purge(asked)
    proof = tombstones.text_of(tombstones.read(asked.home))
    assert not re.search(rb"u-01\d", proof)
    other = replace(asked, home=backup)
    assert lookups(other)
    purge(other, now=LATER - 20 * DAY, more=tombstones.of_text(proof, Path("proof")))
    assert lookups(other) == []


@pytest.mark.parametrize("text", [b"{}", b"nonsense", b"[1]", b'{"id": 1}\n'])
def test_a_damaged_record_of_purges_stops_everything(asked, text):
    (asked.home / tombstones.FILE).write_bytes(text)
    with pytest.raises(ConfigError, match="not a record"):
        lookups(asked)


def test_a_new_lake_after_a_purge_is_no_backup(asked, tmp_path):
    purge(asked)
    (asked.home / "glasshouse.db").unlink()
    assert flow_lake.ingest([str(asked.home / "access.log")], asked).added


def test_old_keys_are_destroyed(asked):
    key_of(asked.home, "2025-Q1")
    key_of(asked.home, "2026-Q4")
    assert purge(asked).keys == ("2025-Q1",)
    assert "2025-Q1" not in keys(asked.home)
    assert "2026-Q4" in keys(asked.home)


# -- one person


def test_a_report_says_what_is_held_and_an_erasure_takes_it(asked):
    token = token_of(asked, "u-017")
    held = flow_subject.report(asked, r"EXAMPLE\U-017", "R-9", "ana", LATER)
    assert held.token == token
    assert {"lookups", "case"} <= {one.what for one in held.lines}
    others = [one for one in lookups(asked) if one != "u-017"]
    with pytest.raises(UsageError, match="needs a reason"):
        flow_subject.erase(asked, token, " ", "ana", LATER, quiet)
    flow_subject.erase(asked, token, "asked", "ana", home_of.BEGIN * 1_000_000 + 2 * DAY, quiet)
    assert lookups(asked) == others
    assert names_in_files(asked.home, "u-017") == []
    with pytest.raises(UsageError, match="nothing is held"):
        flow_subject.report(asked, "u-017", "", "ana", LATER)
    flow_detect.detect(asked)
    flow_triage.triage(asked, full=True)
    with lake_store.opened(asked.home) as lake:
        assert not care.check(lake).problems
    with office_of(asked) as office, office.reading() as conn:
        entries = list(audit.entries(conn))
        assert verify.verify(entries).whole
        told = [one for one in entries if one.subject == token]
    assert [one.act for one in told] == ["personal-report", "erase"]


def test_an_erased_person_stays_erased_when_a_backup_is_restored(asked, backup):
    now = home_of.BEGIN * 1_000_000 + 2 * DAY
    flow_subject.erase(asked, token_of(asked, "u-017"), "asked", "ana", now, quiet)
    restored(asked, backup)
    purge(asked, now=now + DAY)
    assert "u-017" not in lookups(asked)
    assert "u-018" in lookups(asked)
    assert names_in_files(asked.home, "u-017") == []


def test_a_hold_stops_an_erasure(asked):
    alert = home_of.of(asked.home, "u-019")[0].alert
    with office_of(asked) as office, office.transaction() as conn:
        case = cases.get_case(conn, kept.get(conn, alert.id).case).name
        retention.hold(conn, case, "legal", "a court", LATER, "ana", LATER - DAY)
    now = home_of.BEGIN * 1_000_000 + 2 * DAY
    held, _done = flow_subject.erase(asked, token_of(asked, "u-019"), "asked", "ana", now, quiet)
    assert held.token
    assert "u-019" in lookups(asked)
    assert home_of.of(asked.home, "u-019")


def test_only_tokens_are_erased(asked):
    with pytest.raises(UsageError, match="is no token"):
        flow_subject.erase(asked, "u-017", "asked", "ana", LATER, quiet)


def test_the_database_of_before_is_brought_up_to_date(asked):
    """A decisions.db of version 1 has neither requests nor holds."""
    db = sqlite3.connect(asked.home / "decisions.db")
    for table in ("unmask_steps", "unmasks", "holds", "exposure_events"):
        db.execute(f"DROP TABLE {table}")
    db.execute("UPDATE meta SET value = '1' WHERE name = 'version'")
    db.commit()
    db.close()
    assert purge(asked).lookups
