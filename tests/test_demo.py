"""The shipped demo day: big enough, made by its script, free of secrets, and hunted to the truth."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import zstandard

from demo_samples import DECIDED, DEMO, PLANTED, ROOT, TRUTH, about, glasshouse

TITLES = {
    "contain": "contain",
    "escalate-t2": "escalate to T2",
    "l1-review": "L1 review",
    "watch": "watch",
    "close-benign": "close as benign",
    "close-authorised": "close as authorised",
}
LEVELS = ("informational", "low", "medium", "high", "critical")


def of_kind(*kinds: str) -> list[str]:
    return [name for name, act in PLANTED.items() if act["kind"] in kinds]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def hunted(home) -> subprocess.CompletedProcess[str]:
    logs = sorted(str(path) for path in DEMO.glob("*.zst"))
    done = glasshouse(home, "hunt", *logs, "--own", TRUTH["own"], "-f", "jsonl", "--stats")
    assert done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def alerts(hunted) -> list[dict]:
    return [json.loads(line) for line in hunted.stdout.splitlines()]


def serious(alerts: list[dict]) -> list[dict]:
    return [alert for alert in alerts if LEVELS.index(alert["level"]) >= LEVELS.index("medium")]


def short(alert: dict) -> str:
    rows = ", ".join(f"{row['rule']} {row['points']}" for row in alert["points"])
    return f"{alert['level']} {alert['score']}: {alert['summary']} ({rows})"


def test_the_day_is_big_and_ships_small():
    assert sum(TRUTH["records"].values()) >= 200_000
    assert sum(path.stat().st_size for path in DEMO.glob("*.zst")) <= 6_000_000
    assert {path.name for path in DEMO.glob("*.zst")} == {f"{name}.zst" for name in TRUTH["records"]}
    shipped = {path.relative_to(DEMO).as_posix() for path in DEMO.rglob("before/*")}
    assert shipped == {f"{name}.zst" for name in TRUTH["records_before"]}


def test_the_day_is_what_its_script_makes():
    command = [sys.executable, str(ROOT / "scripts" / "make_demo"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_log_is_noticed(tmp_path):
    shutil.copytree(DEMO, tmp_path, dirs_exist_ok=True)
    log = tmp_path / "access.log.zst"
    text = zstandard.ZstdDecompressor().decompress(log.read_bytes())
    log.write_bytes(zstandard.ZstdCompressor().compress(text.replace(b"crt.sh:443", b"crt.so:443", 1)))
    command = [sys.executable, str(ROOT / "scripts" / "make_demo"), "--check", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert "access.log differs" in done.stdout
    assert "dns.log" not in done.stdout


def test_enough_was_planted():
    assert len(of_kind("incident")) >= 9
    assert len(of_kind("look-alike")) >= 8
    page = (DEMO / "TRUTH.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in page for name in PLANTED)


def test_every_record_is_read(hunted):
    stats = json.loads(hunted.stderr.strip().splitlines()[-1])
    sources = stats["sources"].values() if isinstance(stats["sources"], dict) else stats["sources"]
    headers = 9 + 2  # Zeek's comment lines and the two CSV headers are records that hold no event
    assert sum(source["records"] for source in sources) - sum(TRUTH["records"].values()) in (0, headers)
    assert sum(source["quarantined"] for source in sources) == 0


@pytest.mark.parametrize("act", of_kind("incident"))
def test_an_incident_is_alerted(alerts, act):
    found = [alert for alert in alerts if about(alert, PLANTED[act])]
    assert serious(found), [short(alert) for alert in found] or "no alert at all"
    seen = {name for alert in found for name in alert["databases"]}
    assert seen & set(PLANTED[act]["databases"]), seen


@pytest.mark.parametrize("act", of_kind("look-alike", "blind"))
def test_a_look_alike_stays_below_medium(alerts, act):
    found = serious([alert for alert in alerts if about(alert, PLANTED[act])])
    assert not found, [short(alert) for alert in found]


@pytest.mark.parametrize("act", of_kind("look-alike"))
def test_a_look_alike_that_asks_no_database_is_no_lookup(alerts, act):
    if not PLANTED[act]["databases"]:
        assert not [short(alert) for alert in alerts if about(alert, PLANTED[act])]


def test_nothing_else_is_alerted(alerts):
    planted = [PLANTED[name] for name in of_kind("incident")]
    stray = [short(alert) for alert in serious(alerts) if not any(about(alert, act) for act in planted)]
    assert not stray


def test_one_incident_is_one_alert(alerts):
    doubled = {
        act: found
        for act in of_kind("incident")
        if len(found := [short(a) for a in serious(alerts) if about(a, PLANTED[act])])
        > len(PLANTED[act]["actor"]["hosts"])
    }
    assert not doubled


@pytest.mark.parametrize(
    "act", ["shodan-library", "crtsh-curl-loop", "bulk-whois", "service-account", "slow-poll"]
)
def test_the_number_of_requests_is_of_the_right_order(alerts, act):
    made = PLANTED[act]["requests"]
    estimates = [alert["requests"]["estimate"] for alert in alerts if about(alert, PLANTED[act])]
    assert made / 5 <= max(estimates) <= made * 5, estimates


@pytest.mark.parametrize("form", ["table", "jsonl", "csv", "markdown", "html", "ocsf"])
def test_no_key_is_ever_shown(home, form):
    mark = TRUTH["secret_mark"]
    raw = (DEMO / "defender-process.csv.zst").read_bytes()
    assert mark.encode() in zstandard.ZstdDecompressor().decompress(raw)
    logs = [str(DEMO / name) for name in ("defender-process.csv.zst", "sysmon.jsonl.zst")]
    done = glasshouse(home, "hunt", *logs, "--own", TRUTH["own"], "-f", form)
    assert done.returncode == 0, done.stderr[-2000:]
    assert mark not in done.stdout + done.stderr


def test_the_shared_key_keeps_one_fingerprint(home):
    logs = [str(DEMO / name) for name in ("defender-process.csv.zst", "sysmon.jsonl.zst")]
    done = glasshouse(home, "lookups", *logs, "-f", "jsonl")
    assert done.returncode == 0, done.stderr[-2000:]
    assert TRUTH["secret_mark"] not in done.stdout
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    prints = {
        row["key_fingerprint"] for row in rows if row["database"] == "shodan" and row["key_fingerprint"]
    }
    users = {row["actor"]["user"] for row in rows if row["key_fingerprint"] in prints}
    assert len(prints) == 1
    assert len(users) == 2


@pytest.fixture(scope="module")
def demo(home) -> subprocess.CompletedProcess[str]:
    done = glasshouse(home, "demo", "--keep-home", "made")
    assert done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def decided(home, demo) -> list[dict]:
    done = glasshouse(home, "triage", "--home", "made", "-f", "jsonl")
    assert done.returncode == 0, done.stderr[-2000:]
    assert " 0 judged" in done.stderr, "the demo had not judged everything"
    return [json.loads(line) for line in done.stdout.splitlines()]


def of_the_day(decided: list[dict], act: str = "") -> list[dict]:
    found = [one for one in decided if one["alert"]["first_seen"] >= TRUTH["day"]]
    return [one for one in found if about(one["alert"], PLANTED[act])] if act else found


def test_the_demo_tells_no_trouble(demo):
    assert "warning" not in demo.stderr
    assert "Traceback" not in demo.stderr


def test_the_demo_ends_with_the_decision_table(demo):
    hunted, _mark, table = demo.stdout.partition(f"\n{sum(len(found(a)) for a in DECIDED)} alerts judged:")
    assert "records read in" in hunted
    rows = re.findall(r"^  (contain|escalate to T2|L1 review|watch|close as \w+) +\d+ ", table, re.MULTILINE)
    gravest = ("contain", "escalate to T2", "L1 review", "watch", "close as benign", "close as authorised")
    assert rows == sorted(rows, key=gravest.index)
    assert Counter(rows) == Counter(TITLES[DECIDED[act]["decision"]] for act in DECIDED for _ in found(act))
    gravest_case = re.search(r"alert +GH-\w+, case (C-\d+)", table)[1]
    assert table.rstrip().endswith(f"Next: glasshouse case show {gravest_case} --home made")


def found(act: str) -> list[str]:
    """The machines of an act: each is an alert of its own."""
    return PLANTED[act]["actor"]["hosts"]


def test_two_are_escalated_and_one_contained(decided):
    made = Counter(one["decision"]["name"] for one in of_the_day(decided))
    assert made["contain"] == 1
    assert made["escalate-t2"] == 2
    assert all(made[name] >= 2 for name in ("close-authorised", "close-benign", "l1-review", "watch")), made


@pytest.mark.parametrize("act", DECIDED)
def test_the_decision_is_right(decided, act):
    wanted, alerts = DECIDED[act], of_the_day(decided, act)
    assert len(alerts) == len(found(act))
    for one in alerts:
        assert (one["decision"]["name"], one["decision"]["row"]) == (wanted["decision"], wanted["row"])
        verdict = one["verdict"]
        assert verdict["about_us"]["value"] == wanted["about_us"]
        assert verdict["authorised"]["value"] == wanted["allowed"]
        entries = {line["says"].split()[0] for line in verdict["authorised"]["evidence"]}
        assert entries == ({wanted["entry"]} if wanted["entry"] else set())
        bound = [line["says"] for line in verdict["change"]["evidence"] if "time only" not in line["says"]]
        assert [said.split()[0] for said in bound] == ([wanted["change"]] if wanted["change"] else [])


def test_every_alert_of_the_day_has_a_right_decision(decided):
    stray = [
        one["alert"]["summary"]
        for one in of_the_day(decided)
        if not any(about(one["alert"], PLANTED[act]) for act in DECIDED)
    ]
    assert not stray


def test_nothing_was_closed_on_missing_data(decided):
    closed = [one for one in decided if one["decision"]["name"].startswith("close")]
    assert closed
    for one in closed:
        verdict = {name: field["value"] for name, field in one["verdict"].items()}
        assert (verdict["intel"], verdict["account_state"]) == ("none", "active")
        grave = [line for line in one["decision"]["criteria"] if line["name"].startswith(("contain", "esc"))]
        assert {line["held"] for line in grave} == {False}
        if one["decision"]["name"] == "close-benign":
            assert verdict["about_us"] == "none"
            assert "unknown" not in {value for name, value in verdict.items() if name != "exposure"}


def test_the_weeks_before_are_quiet(decided):
    earlier = [one for one in decided if one["alert"]["first_seen"] < TRUTH["day"]]
    assert [one["decision"]["name"] for one in earlier] == ["close-authorised"] * 3
    usual = {one["verdict"]["usual"]["value"] for one in of_the_day(decided)}
    assert {"usual", "first"} <= usual
    assert "unknown" not in usual


def test_the_demo_home_is_made_anew_and_nothing_else_is_touched(home, demo, tmp_path):
    old = home / "made" / "know" / "mine.csv"
    old.write_text("account,department\nu-1,Sales\n")
    again = glasshouse(home, "demo", "--keep-home", "made")
    assert again.returncode == 0, again.stderr[-2000:]
    assert not old.exists()
    assert timeless(again.stdout) == timeless(demo.stdout)
    mine = tmp_path / "mine" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("keep me")
    for name in (mine.parent, mine):
        refused = glasshouse(home, "demo", "--keep-home", str(name), cwd=tmp_path)
        assert refused.returncode == 2
        assert "--keep-home" in refused.stderr
    assert mine.read_text() == "keep me"
    assert [path.name for path in tmp_path.iterdir()] == ["mine"], "it was refused too late"


def timeless(text: str) -> str:
    return re.sub(r"\d+\.\d s", "", text)


def test_no_key_is_kept_in_the_demo_home(home, demo):
    mark = TRUTH["secret_mark"].encode()
    kept = [path for path in (home / "made").rglob("*") if path.is_file()]
    assert len(kept) > 10
    assert not [path.name for path in kept if mark in path.read_bytes()]
