"""The workshop itself: lock files, Makefile and the rule about skips in; proof that they hold out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conftest import is_allowed, read_allowed

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text()
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_host_and_hashes_every_package(lock):
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 20
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_lock_holds_every_dependency_and_both_locks_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    run, dev = pins(LOCKS[0]), pins(LOCKS[1])
    wanted = {name(line) for line in project["dependencies"]}
    assert wanted <= run.keys()
    extras = project["optional-dependencies"]
    needed = {name(line) for extra in ("dev", "siem") for line in extras[extra]} - {"glasshouse"}
    assert needed <= dev.keys()
    assert {key: dev.get(key) for key in run} == run


def name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower())  # PEP 503


def test_siem_backends_can_install_beside_us():
    assert pins(LOCKS[0])["pysigma"].startswith("1.5.")


@pytest.mark.parametrize("verb", ["demo", "test", "fix", "check", "docs", "clean"])
def test_make_alone_lists_the_verb(verb):
    listed = subprocess.run(
        ["make", "-C", str(ROOT), "-s"], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(rf"^  make {verb} +\w", listed, re.MULTILINE)


@pytest.mark.parametrize("script", [".ci/run", "scripts/setup", "scripts/lock", "scripts/test-packages"])
def test_scripts_parse_and_can_be_started(script):
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)


def test_setup_says_what_to_do_about_an_old_python(tmp_path):
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    run = subprocess.run(
        [ROOT / "scripts/setup", "requirements.lock"], env={**os.environ, "PYTHON": str(old)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert "Python 3.11" in run.stderr
    assert "next:" in run.stderr


SKIPPING = """
import pytest
@pytest.mark.skip(reason="no squid here")
def test_skipped(): ...
@pytest.mark.xfail(strict=True)
def test_known_bug(): assert False
def test_fine(): ...
"""
OPTIONAL = "import pytest\npytest.importorskip('no_such_module')\n"


@pytest.mark.parametrize(
    ("ci", "allowed", "module", "code"),
    [
        ("", "", SKIPPING, 0),
        ("true", "", SKIPPING, 1),
        ("true", "test_it.py::test_skipped  # needs a squid\n", SKIPPING, 0),
        ("true", "", OPTIONAL, 2),
        ("true", "test_it.py  # optional\n", OPTIONAL, 0),
        ("true", "test_it.py::test_skipped\n", SKIPPING, 4),
    ],
    ids=["outside CI", "in CI", "on the list", "module in CI", "module on the list", "list without reason"],
)
def test_skip_in_ci_fails_unless_listed(ci, allowed, module, code, tmp_path):
    shutil.copy(ROOT / "tests/conftest.py", tmp_path)
    (tmp_path / "allowed_skips.txt").write_text(allowed)
    (tmp_path / "test_it.py").write_text(module)
    (tmp_path / "test_other.py").write_text("def test_fine(): ...\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        env={**os.environ, "CI": ci}, capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (run.returncode != 0) == (code != 0), run.stdout + run.stderr
    if ci and not allowed:
        assert "allowed_skips.txt" in run.stdout


def test_allowed_skips_are_read_and_matched():
    allowed = read_allowed("# a comment\n\ntests/a.py::test_b  # no such server\ntests/c.py  # optional\n")
    assert allowed == {"tests/a.py::test_b": "no such server", "tests/c.py": "optional"}
    assert is_allowed("tests/a.py::test_b[one]", allowed)
    assert is_allowed("tests/c.py::test_x", allowed)
    assert not is_allowed("tests/a.py::test_bc", allowed)


def test_tests_cannot_reach_the_network():
    import socket

    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"), socket.socket() as plug:
        plug.connect(("192.0.2.1", 80))
