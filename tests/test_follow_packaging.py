"""The units and the container file of packaging in; proof that they are sound and hardened out."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
UNITS = ROOT / "packaging" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
CONTAINER = ROOT / "packaging" / "Containerfile"


def settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in unit.read_text().splitlines():
        if "=" in text and not text.startswith("#"):
            name, _, value = text.partition("=")
            found.setdefault(name, []).append(value)
    return found


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", CONTAINER.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(part.split(None, 1)) for part in text.splitlines() if part.strip()]


def values(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


@pytest.mark.parametrize("service", SERVICES, ids=lambda unit: unit.name)
def test_service_is_hardened(service):
    said = settings(service)
    for name, value in {
        "DynamicUser": "yes",
        "NoNewPrivileges": "yes",
        "PrivateNetwork": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "StateDirectory": "glasshouse",
        "StateDirectoryMode": "0700",
        "CapabilityBoundingSet": "",
        "UMask": "0077",
        "MemoryDenyWriteExecute": "yes",
    }.items():
        assert said.get(name) == [value], name
    assert said["MemoryMax"]
    assert said["ReadOnlyPaths"] == ["/var/log"]


@pytest.mark.parametrize("service", SERVICES, ids=lambda unit: unit.name)
def test_service_starts_a_command_that_exists(service):
    program, *given = shlex.split(settings(service)["ExecStart"][0])
    assert program == "/opt/glasshouse/bin/glasshouse"
    told = subprocess.run(
        [sys.executable, "-m", "glasshouse", given[0], "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert all(option in told for option in given if option.startswith("--"))
    assert given[-2:] == ["$LOGS", "$OPTIONS"]


def test_both_services_differ_in_how_they_are_run_only():
    follow, look = (settings(UNITS / f"glasshouse-{name}.service") for name in ("follow", "look"))
    differ = {name for name in follow.keys() | look.keys() if follow.get(name) != look.get(name)}
    assert differ <= {
        *("Description", "Type", "ExecStart", "Restart", "RestartSec", "TimeoutStartSec", "WantedBy"),
        *("Conflicts", "StartLimitIntervalSec", "StartLimitBurst"),
    }


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_understands_the_units(tmp_path):
    units = []
    for unit in [*SERVICES, *UNITS.glob("*.timer")]:
        units.append(tmp_path / unit.name)
        units[-1].write_text(unit.read_text().replace("/opt/glasshouse/bin/glasshouse", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, units)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_options_of_the_environment_file_are_understood(tmp_path):
    said = settings(UNITS / "follow.env")
    log = tmp_path / "access.log"
    command = [
        sys.executable,
        "-m",
        "glasshouse",
        "follow",
        "--once",
        "--home",
        str(tmp_path / "home"),
        str(log),
    ]
    log.touch()
    done = subprocess.run(
        [*command, *said["OPTIONS"][0].split()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_images_are_pinned_by_version():
    pinned = {name: value for name, _, value in (rest.partition("=") for rest in values("ARG"))}
    assert re.fullmatch(r"\d+\.\d+\.\d+-slim-\w+", pinned["PYTHON"])
    assert [image.split()[0] for image in values("FROM")] == ["python:${PYTHON}", "python:${PYTHON}"]


def test_the_image_does_not_run_as_root():
    last = [name for name, _ in instructions()].index("USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", values("USER")[-1])
    assert all(name not in {"RUN", "COPY"} for name, _ in instructions()[last:])


def test_nothing_is_fetched_but_locked_packages():
    assert values("ADD") == []
    runs = " && ".join(values("RUN"))
    assert not re.search(r"https?://|curl|wget|git clone", runs)
    pips = re.findall(r"pip install [^&|;]*", runs)
    assert len(pips) == 2
    assert all("--require-hashes" in pip or "--no-index" in pip for pip in pips)


def test_only_named_files_enter_the_image_and_no_secrets():
    named = [word for rest in values("COPY") if not rest.startswith("--from=") for word in rest.split()[:-1]]
    assert set(named) == {"requirements.lock", "pyproject.toml", "README.md", "LICENSE", "src"}
    assert all((ROOT / name).exists() for name in named)
    assert not re.search(r"(?i)password|secret|token|key=", CONTAINER.read_text())


def test_the_image_is_made_for_the_oldest_python_we_support():
    wanted = re.search(r'requires-python = ">=(\d+\.\d+)"', (ROOT / "pyproject.toml").read_text())[1]
    assert values("ARG")[0].removeprefix("PYTHON=").startswith(f"{wanted}.")


def test_the_default_command_exists():
    assert values("ENTRYPOINT") == ['["glasshouse"]']
    assert values("CMD") == ['["follow", "/logs"]']
