"""Scenarios in, each run once a mode in a network of its own; where the logs of every run lie out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

import postgres
from glasshouse.scenario import Scenario
from lab import servers
from lab.endpoint import HOST

MODES = ("direct", "tunnel", "inspected")
HERE = Path(__file__).parent
REAL = ("bash", "curl", "wget", "dig", "whois", "shodan", "censys", "sublist3r", "psql", "python3")
SHELLS = {
    "bash": ["bash", "-c"],
    "sh": ["sh", "-c"],
    "powershell": ["powershell.exe", "-NoProfile", "-Command"],
}
SERVERS = ("unbound", "named", "squid", "curl", "ip", "whois")
# A network, mounts and processes of its own: nothing gets out, and nothing outlives it.
APART = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
# Which log of which run shows each kind of record.
LOGS = {
    "dns": ("direct", "unbound.log"),
    "process": ("direct", "audit.log"),
    "flow": ("direct", "sysmon.xml"),
    "connect": ("tunnel", "squid.log"),
    "url": ("inspected", "bump.log"),
}


def missing() -> str | None:
    """Why no lab can be set up here, or None."""
    absent = [name for name in SERVERS if servers.find(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    if os.geteuid():
        return "only root may set up the lab: a network of its own, and proxies that change their user"
    words = [*APART, "true"]
    if shutil.which("unshare") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        return "this machine does not let us make a network of our own (unshare)"
    return postgres.missing()


def played() -> dict:
    return yaml.safe_load((HERE / "played.yml").read_text())


def real() -> dict[str, str]:
    """Programs that are here: of our own environment first, then of the system."""
    return {name: found for name in REAL if (found := shutil.which(name, path=search_path()))}


def search_path() -> str:
    """Where programs are looked for: LAB_TOOLS, our own environment, the system."""
    places = (os.environ.get("LAB_TOOLS", ""), str(Path(sys.prefix) / "bin"))
    return os.pathsep.join(filter(None, (*places, str(postgres.BIN), "/usr/bin", "/bin")))


@cache
def lacking(check: str) -> bool:
    """Whether a program that a scenario needs is not here, by the scenario's own check."""
    words = ["bash", "-c", check]
    done = subprocess.run(words, env={"PATH": search_path()}, capture_output=True, check=False, timeout=30)
    return done.returncode != 0


@dataclass(frozen=True)
class Bench:
    """What every job left: its logs, and how it ended."""

    folder: Path
    results: dict[tuple[str, str], dict]

    def log(self, scenario: str, kind: str) -> Path:
        mode, name = LOGS[kind]
        path = self.folder / "out" / mode / scenario / name
        return path if path.stat().st_size or name != "audit.log" else path.with_name("sysmon.xml")

    def logs(self, scenario: str, mode: str) -> list[Path]:
        """What a SOC has of a run: what was written at all."""
        folder = self.folder / "out" / mode / scenario
        first = {"direct": "unbound.log", "tunnel": "squid.log", "inspected": "bump.log"}[mode]
        endpoint = "audit.log" if mode != "direct" and (folder / "audit.log").stat().st_size else "sysmon.xml"
        names = (first, endpoint) if mode == "direct" else (first, "bind.log", endpoint)
        return [folder / name for name in names if (folder / name).stat().st_size]


def known(folder: Path) -> None:
    """What a SOC knows of addresses: which machine had them, so that one act is one actor in every log."""
    rows = [(servers.CLIENT, HOST), (servers.PROXY, "proxy-1.example.test")]
    rows += [(servers.INSPECTING_PROXY, "proxy-2.example.test")]
    lines = ["ip,host,since,until", *(f"{ip},{host},2020-01-01T00:00:00Z," for ip, host in rows)]
    (folder / "addresses.csv").write_text("\n".join(lines) + "\n")
    (folder / "glasshouse.toml").write_text(f'[know]\npaths = ["{folder}/addresses.csv"]\n')


def set_up(folder: Path, scenarios: list[Scenario]) -> Bench:
    """Run every scenario once directly, once through a proxy, once through one that opens TLS."""
    folder.chmod(0o755)
    known(folder)
    modes = MODES if servers.inspecting_squid() else MODES[:2]
    jobs = [
        {
            "id": scenario.id, "mode": mode, "shell": SHELLS[scenario.executor],
            "command": scenario.filled(scenario.command), "cleanup": scenario.filled(scenario.cleanup),
        }
        for scenario in scenarios
        for mode in modes
    ]  # fmt: skip
    plan = {"jobs": jobs, "real": real(), "played": [name for name in played() if name not in real()]}
    (folder / "plan.json").write_text(json.dumps(plan))
    words = [*APART, sys.executable, "-m", "lab.inside", str(folder)]
    paths = os.pathsep.join(str(path) for path in (HERE.parent, HERE.parents[1] / "src"))
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-4000:])
    return left(folder)


def left(folder: Path) -> Bench:
    """What a lab that has run left in its folder."""
    results = json.loads((folder / "results.json").read_text())
    return Bench(folder, {(one["id"], one["mode"]): one for one in results})
