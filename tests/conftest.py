"""What every test gets: a home of its own, no network, and in CI no silent skip."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
from hypothesis import settings

CI = os.environ.get("CI", "").lower() == "true"
ALLOWED_SKIPS = Path(__file__).parent / "allowed_skips.txt"
LOOPBACK = ("127.", "::1", "localhost")

# Two shared cores make deadlines lie; in CI the same examples are drawn every time.
settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if CI else "house")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The lab of the scenarios first: so one worker runs it, and no other waits for it."""
    items.sort(key=lambda item: item.path.name != "test_scenarios_run.py")


@pytest.fixture(autouse=True)
def broken_pipes_do_not_end_the_tests():
    """A command that runs inside a test may ask to end quietly when its reader goes away; not us."""
    yield
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def read_allowed(text: str) -> dict[str, str]:
    """Lines `node id  # reason` in, reasons by node id out; a line without a reason is an error."""
    allowed = {}
    for number, line in enumerate(text.splitlines(), 1):
        node, mark, reason = (part.strip() for part in line.partition("  # "))
        if not node or node.startswith("#"):
            continue
        if not reason:
            raise pytest.UsageError(f"allowed_skips.txt:{number}: give a reason: `{node}  # why{mark}`")
        allowed[node] = reason
    return allowed


def is_allowed(node: str, allowed: dict[str, str]) -> bool:
    """Whether a test, or the file or class it stands in, may be skipped."""
    return any(node == entry or node.startswith((f"{entry}[", f"{entry}::")) for entry in allowed)


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip that is not on the list into a failure."""
    if not CI or not report.skipped or hasattr(report, "wasxfail"):
        return
    if is_allowed(report.nodeid, read_allowed(ALLOWED_SKIPS.read_text(encoding="utf-8"))):
        return
    why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid}: {why}\nIn CI a skip is a failure; see tests/allowed_skips.txt."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    report = yield
    refuse_skip(report)
    return report


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Nothing a test does reaches the real home directory."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Only this machine answers; anything else is a mistake in the test or in us."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise RuntimeError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
