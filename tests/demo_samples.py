"""The shipped demo in: its truth, a way to run the program, and which act an alert is about, out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "src" / "glasshouse" / "demo"
TRUTH = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))
PLANTED = {act["id"]: act for act in TRUTH["planted"]}
DECIDED = {name: act["expected"] for name, act in PLANTED.items() if act["expected"]}
SLACK = 3600


def glasshouse(home: Path, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glasshouse", *words]
    env = {**os.environ, "GLASSHOUSE_HOME": str(home), "NO_COLOR": "1", "COLUMNS": "100"}
    return subprocess.run(
        command, capture_output=True, text=True, env=env, timeout=300, check=False, cwd=cwd or home
    )


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
