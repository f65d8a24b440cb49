"""The shipped surveys of the demo: made by their script, and what they reveal is what was planted."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard

from demo_samples import DEMO, ROOT, TRUTH, glasshouse
from glasshouse import leaf
from glasshouse.config import Options
from glasshouse.findings import Exposure, Finding
from glasshouse.flow_exposure import exposure
from glasshouse.settings import load

SURVEY = TRUTH["survey"]
DATES = SURVEY["dates"]
ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
OURS = ("192.0.2.", "198.51.100.", "203.0.113.", "10.20.")


def named(rows: list[dict]) -> list:
    return [pytest.param(row, id=f"{row['check']}-{row['about']}") for row in rows]


def of(rows: list[dict]) -> set[tuple[str, str]]:
    return {(row["check"], row["about"]) for row in rows}


def told(found: Exposure) -> set[tuple[str, str]]:
    return {(one.check, one.about) for one in found.findings}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A home folder with what the company knows and all three recordings read."""
    made = tmp_path_factory.mktemp("home")
    know = json.dumps(str(DEMO / "know"))
    (made / "glasshouse.toml").write_text(f"[know]\npaths = [{know}]\nstale_days = 36500\n", encoding="utf-8")
    done = glasshouse(made, "survey", "import", str(DEMO / "survey"), "--home", str(made))
    assert done.returncode in (0, 4), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    return made


@pytest.fixture(scope="module")
def surveys(home) -> list[Exposure]:
    """What is known at each date, compared with the date before."""
    asked = Options(home=home, settings=load(home, environment={}))
    return [exposure(asked, at=str(number)) for number in range(1, len(DATES) + 1)]


@pytest.fixture(scope="module")
def last(surveys) -> Exposure:
    return surveys[-1]


def test_the_recordings_are_small_and_those_of_the_truth():
    files = {file.name.removesuffix(".jsonl.zst"): file for file in (DEMO / "survey").iterdir()}
    assert sorted(files) == DATES == sorted(DATES)
    assert sum(file.stat().st_size for file in files.values()) < 200_000
    for date, file in files.items():
        text = zstandard.ZstdDecompressor().decompress(file.read_bytes())
        assert hashlib.sha256(text).hexdigest() == SURVEY["sha256"][date]
        assert text.count(b"\n") == SURVEY["exchanges"][date]


def test_every_reply_is_read(home):
    """Each collector understands all that stands in the recordings; only the planted refusal is none."""
    said = glasshouse(home, "survey", "list", "--home", str(home))
    assert said.returncode == 0, said.stderr
    ends = [line.partition(";")[2].strip() for line in said.stdout.splitlines()]
    assert len(ends) == len(DATES)
    assert all(re.fullmatch(r"\d+ complete", one) for one in ends[:2]), ends
    assert re.fullmatch(r"\d+ complete, \d+ refused", ends[2]), ends


def test_a_changed_recording_is_noticed(tmp_path):
    shutil.copytree(DEMO, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "survey" / f"{DATES[2]}.jsonl.zst"
    text = zstandard.ZstdDecompressor().decompress(file.read_bytes())
    file.write_bytes(zstandard.ZstdCompressor().compress(text.replace(b"203.0.113.44", b"203.0.113.45", 1)))
    command = [sys.executable, str(ROOT / "scripts" / "make_demo"), "--check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert f"survey/{DATES[2]}.jsonl differs" in done.stdout
    assert DATES[1] not in done.stdout


def test_enough_was_planted():
    assert len(SURVEY["exposed"]) >= 25
    assert len(SURVEY["quiet"]) >= 15
    checks = leaf.checks()
    rows = [*SURVEY["exposed"], *SURVEY["quiet"]]
    assert {row["check"] for row in rows} <= set(checks)
    assert {checks[row["check"]].TECHNIQUE for row in SURVEY["exposed"]} == {
        f"T1596.00{n}" for n in range(1, 6)
    }
    page = (DEMO / "TRUTH.md").read_text(encoding="utf-8")
    assert all(f"| {row['check']} | {row['about']} |" in page for row in rows)


@pytest.mark.parametrize("row", named(SURVEY["exposed"]))
def test_what_was_planted_is_found(last, row):
    assert (row["check"], row["about"]) in told(last), sorted(told(last))


@pytest.mark.parametrize("row", named(SURVEY["quiet"]))
def test_what_is_in_order_is_quiet(surveys, row):
    assert not any((row["check"], row["about"]) in told(found) for found in surveys)


def test_nothing_else_is_found(last):
    assert told(last) - of(SURVEY["exposed"]) == set()


def test_no_check_failed(surveys):
    assert [found.troubles for found in surveys] == [()] * len(DATES)


def test_it_grew_from_date_to_date(surveys):
    numbers = [len(found.findings) for found in surveys]
    assert numbers[0] < numbers[1] < numbers[2]


@pytest.mark.parametrize("row", SURVEY["judged"], ids=lambda row: f"{row['verdict']}-{row['key']}")
def test_a_change_is_judged_right(last, row):
    found = [one for one in last.changes if (one.shift.kind, one.shift.key) == (row["kind"], row["key"])]
    assert found
    for one in found:
        assert one.verdict == row["verdict"], one.reasons
        assert (one.change.id if one.change else None) == row["change"]


def test_nothing_else_changed_without_approval(last):
    planted = {row["key"] for row in SURVEY["judged"] if row["verdict"] in ("unmanaged", "suspicious")}
    found = {one.shift.key for one in last.changes if one.verdict in ("unmanaged", "suspicious")}
    assert found == planted


def test_a_refused_change_is_named_beside_what_was_done_all_the_same(last):
    desktop = next(one for one in last.changes if one.shift.key == "203.0.113.44 3389/tcp")
    assert "CHG-3299" in desktop.near_miss
    assert "not approved" in desktop.near_miss


def test_blind_is_told_and_nothing_of_it_is_gone(surveys, last):
    blind = SURVEY["blind"]
    (said,) = [one for one in last.blind if one.collector == blind["collector"]]
    assert said.status == blind["status"]
    assert said.last_complete == surveys[1].at
    assert not [one for one in last.changes if one.shift.collector == blind["collector"]]
    shown = [
        {(row.kind, row.things) for row in found.revealed if row.collector == blind["collector"]}
        for found in surveys
    ]
    assert shown[2] == shown[1] != set()
    assert not any(one.collector == blind["collector"] for one in surveys[1].blind)


def test_a_finding_rests_on_what_the_blind_collector_said_before(last):
    origin = finding(last, "origin-reachable", "www.example.com")
    assert {one.collector for one in origin.evidence} >= {SURVEY["blind"]["collector"], "shodan-host"}


def finding(found: Exposure, check: str, about: str) -> Finding:
    (one,) = [one for one in found.findings if (one.check, one.about) == (check, about)]
    return one


def test_points_add_up_and_the_gravest_come_first(last):
    assert all(sum(row.points for row in one.points) == one.score for one in last.findings)
    urgent = [one for one in last.findings if one.priority == "act"]
    assert list(last.findings[: len(urgent)]) == urgent
    assert finding(last, "unapproved-certificate", "vpn.example.com") in urgent


def test_no_person_stands_in_what_a_finding_says(last):
    shown = finding(last, "personal-data", "example.net")
    assert "sample" not in f"{shown.says} {shown.key}".lower()


def test_the_demo_ends_with_what_is_public(tmp_path):
    done = glasshouse(tmp_path, "demo", "--keep-home", "made")
    assert done.returncode == 0, done.stderr[-2000:]
    screen = done.stdout[done.stdout.index("What is revealed") :]
    parts = [
        screen.index(f"\n{title}")
        for title in ("What is new and unapproved", "The first 5 things", "What could")
    ]
    assert parts == sorted(parts)
    unapproved, steps, blind = (screen[a:b] for a, b in zip(parts, [*parts[1:], None], strict=True))
    planted = [row for row in SURVEY["judged"] if row["verdict"] in ("unmanaged", "suspicious")]
    assert unapproved.count("\n - ") + unapproved.count("\n- ") == len(planted)
    assert [f"{number}." in steps for number in range(1, 7)] == [True] * 5 + [False]
    assert "vpn.example.com" in steps
    assert f"{SURVEY['blind']['collector']} was refused" in blind
    assert "Next: glasshouse exposure list --home made\n" in blind
    listed = glasshouse(tmp_path, "exposure", "list", "--home", "made", "-f", "json")
    assert listed.returncode == 0, listed.stderr[-2000:]


def test_only_addresses_of_documentation_stand_in_the_recordings():
    text = b"".join(
        zstandard.ZstdDecompressor().decompress(file.read_bytes()) for file in (DEMO / "survey").iterdir()
    ).decode()
    plain = re.sub(r"[\d.]+\.in-addr\.arpa", "", text)
    strange = {one for one in ADDRESS.findall(plain) if not one.startswith(OURS)}
    assert strange == set()
    assert str(ROOT) not in text
