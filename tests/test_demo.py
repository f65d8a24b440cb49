"""The shipped demo day: big enough, made by its script, free of secrets, and hunted to the truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "src" / "glasshouse" / "demo"
TRUTH = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))
PLANTED = {act["id"]: act for act in TRUTH["planted"]}
LEVELS = ("informational", "low", "medium", "high", "critical")
SLACK = 3600


def of_kind(*kinds: str) -> list[str]:
    return [name for name, act in PLANTED.items() if act["kind"] in kinds]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


def glasshouse(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glasshouse", *words]
    env = {**os.environ, "GLASSHOUSE_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)


@pytest.fixture(scope="module")
def hunted(home) -> subprocess.CompletedProcess[str]:
    logs = sorted(str(path) for path in DEMO.glob("*.zst"))
    done = glasshouse(home, "hunt", *logs, "--own", TRUTH["own"], "-f", "jsonl", "--stats")
    assert done.returncode == 0, done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def alerts(hunted) -> list[dict]:
    return [json.loads(line) for line in hunted.stdout.splitlines()]


def seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).timestamp()


def names(actor: dict) -> set[str]:
    """Everything an alert or a planted act calls its actor, without domains."""
    said = [*actor.get("users", ()), *actor.get("hosts", ()), *actor.get("ips", ())]
    said += [actor.get("user"), actor.get("host"), actor.get("ip")]
    plain = {str(word).lower().split("\\")[-1].split("@")[0] for word in said if word and word != "-"}
    return {word if word[0].isdigit() else word.split(".")[0] for word in plain}


def about(alert: dict, act: dict) -> bool:
    """Whether an alert is about a planted act: the same actor at the same time."""
    if not names({**alert["actor"], "users": alert.get("users", ())}) & names(act["actor"]):
        return False
    return (
        seconds(alert["first_seen"]) <= seconds(act["end"]) + SLACK
        and seconds(alert["last_seen"]) >= seconds(act["start"]) - SLACK
    )


def serious(alerts: list[dict]) -> list[dict]:
    return [alert for alert in alerts if LEVELS.index(alert["level"]) >= LEVELS.index("medium")]


def short(alert: dict) -> str:
    rows = ", ".join(f"{row['rule']} {row['points']}" for row in alert["points"])
    return f"{alert['level']} {alert['score']}: {alert['summary']} ({rows})"


def test_the_day_is_big_and_ships_small():
    assert sum(TRUTH["records"].values()) >= 200_000
    assert sum(path.stat().st_size for path in DEMO.glob("*.zst")) <= 6_000_000
    assert {path.name for path in DEMO.glob("*.zst")} == {f"{name}.zst" for name in TRUTH["records"]}


def test_the_day_is_what_its_script_makes():
    command = [sys.executable, str(ROOT / "scripts" / "make_demo"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_log_is_noticed(tmp_path):
    for path in DEMO.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
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
