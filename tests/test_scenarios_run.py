"""Every scenario, executed with real clients, proxies and resolvers in a network of its own; logs hunted."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glasshouse import catalogue
from glasshouse.cli.main import app
from glasshouse.config import Options
from glasshouse.flow import find
from glasshouse.flow_scenarios import kind_of
from glasshouse.records import LEVELS, Alert, Lookup
from glasshouse.scenario import KINDS, Scenario, Sign, load
from glasshouse.watch.detect import detect, load_rules
from glasshouse.watch.toolsets import of_catalogue
from lab import bench, servers

WHY = bench.missing()
pytestmark = pytest.mark.skipif(WHY is not None, reason=str(WHY))
SCENARIOS = list(load().values())
each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.id)
SIGNS = [(scenario, sign) for scenario in SCENARIOS for sign in scenario.telemetry]
each_sign = pytest.mark.parametrize(
    ("scenario", "sign"), SIGNS, ids=[f"{scenario.id}-{sign.kind}" for scenario, sign in SIGNS]
)


@pytest.fixture(scope="session")
def ran() -> Iterator[bench.Bench]:
    """All scenarios, once each a mode; several test workers share one lab, the last one out clears it away.

    Squid writes as another user, so the folder is outside pytest's own; sockets want a short name.
    """
    folder = Path(f"/tmp/gh-lab-{(os.environ.get('PYTEST_XDIST_TESTRUNUID') or str(os.getpid()))[:8]}")
    folder.mkdir(mode=0o755, exist_ok=True)
    user = folder / f"user-{os.getpid()}"
    user.touch()
    try:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = (folder / "results.json").exists()
            made = bench.left(folder) if done else bench.set_up(folder, SCENARIOS)
        yield made
    finally:
        user.unlink()
        if not list(folder.glob("user-*")):
            shutil.rmtree(folder, ignore_errors=True)


def needs_program(scenario: Scenario) -> None:
    """A scenario whose own program is not here cannot be run, unless it says who stands in for it."""
    for need in () if scenario.played_by else scenario.needs:
        if bench.lacking(need.check):
            pytest.skip(f"{need.description} is not installed: {need.get}")


def needs_inspection(kind: str) -> None:
    if kind == "url" and servers.inspecting_squid() is None:
        pytest.skip("no Squid built with OpenSSL: Debian's squid-openssl")


@cache
def found(log: Path, own: str, home: Path) -> tuple[Lookup, ...]:
    """The lookups in one log, which holds nothing that cannot be read."""
    lookups, tally, _catalogue = find([str(log)], Options(own=own, home=home))
    assert tally.troubles == []
    return tuple(lookups)


@cache
def judge():
    """What ``watch`` does with lookups once they are found, its rules and tools read once."""
    rules, tools = load_rules(()), of_catalogue(catalogue.load())
    return lambda lookups: detect(list(lookups), rules, tools)[0]


def rank(alert: Alert) -> int:
    return LEVELS.index(alert.level)


@each_scenario
def test_the_scenario_and_its_cleanup_end_well(scenario: Scenario, ran: bench.Bench) -> None:
    needs_program(scenario)
    for mode in bench.MODES:
        if (scenario.id, mode) in ran.results:
            result = ran.results[scenario.id, mode]
            said = (ran.folder / "out" / mode / scenario.id / "stdout").read_text(errors="replace")
            assert (result["code"], result["cleanup"]) == (0, 0), said[-1000:]


@each_scenario
def test_the_kinds_of_log_that_show_it_are_those_it_names(scenario: Scenario, ran: bench.Bench) -> None:
    needs_program(scenario)
    needs_inspection("url")
    shown = set()
    for kind in KINDS:
        log = ran.log(scenario.id, kind)
        if log.stat().st_size:
            shown |= {kind} & {kind_of(lookup) for lookup in found(log, scenario.own, ran.folder)}
    assert shown == {sign.kind for sign in scenario.telemetry}


@each_sign
def test_one_kind_of_log_alone_raises_what_the_scenario_says(
    scenario: Scenario, sign: Sign, ran: bench.Bench
) -> None:
    needs_program(scenario)
    needs_inspection(sign.kind)
    log = ran.log(scenario.id, sign.kind)
    assert {lookup.database for lookup in found(log, scenario.own, ran.folder)} >= set(sign.databases)
    if sign.level is not None:
        alerts = judge()(found(log, scenario.own, ran.folder))
        fitting = [alert for alert in alerts if set(sign.rules) <= set(alert.rules)]
        assert fitting, [alert.rules for alert in alerts]
        assert max(map(rank, fitting)) >= LEVELS.index(sign.level)


@each_scenario
def test_hunting_all_the_logs_raises_the_expected_alert(
    scenario: Scenario, ran: bench.Bench, tmp_path: Path
) -> None:
    needs_program(scenario)
    mode = "inspected" if "url" in {sign.kind for sign in scenario.telemetry} else "direct"
    needs_inspection("url" if mode == "inspected" else "")
    logs = [str(path) for path in ran.logs(scenario.id, mode)]
    words = ["hunt", *logs, "--own", scenario.own, "--home", str(tmp_path), "-q", "-f", "jsonl"]
    words += ["--config", str(ran.folder / "glasshouse.toml")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    alerts = [json.loads(line) for line in done.stdout.splitlines()]
    alerts = [alert for alert in alerts if "rules" in alert]
    expected = scenario.alert
    if expected.at_most is not None:
        most = LEVELS.index(expected.at_most)
        assert [alert for alert in alerts if LEVELS.index(alert["level"]) > most] == []
        return
    assert expected.level is not None
    fitting = [
        alert
        for alert in alerts
        if set(expected.rules) <= set(alert["rules"]) and set(expected.databases) <= set(alert["databases"])
    ]
    assert fitting, [(alert["rules"], alert["databases"]) for alert in alerts]
    assert max(LEVELS.index(alert["level"]) for alert in fitting) >= LEVELS.index(expected.level)
    serious = [alert for alert in alerts if LEVELS.index(alert["level"]) >= LEVELS.index("medium")]
    assert len(serious) <= 1, [alert["summary"] for alert in serious]


def test_check_tells_a_user_what_was_seen_and_what_could_not_be(ran: bench.Bench, tmp_path: Path) -> None:
    name = "multi-source-script"
    words = ["scenarios", "check", name, "--home", str(tmp_path)]
    known = ["--config", str(ran.folder / "glasshouse.toml")]
    logs = [str(path) for path in ran.logs(name, "tunnel")]
    done = CliRunner().invoke(app, [*words, *logs, *known])
    assert done.exit_code == 0, done.output
    marks = {line[9:].split()[0]: line[:8].strip() for line in done.stdout.splitlines()}
    assert marks == {"dns": "seen", "connect": "seen", "url": "not told", "process": "seen", "alert": "seen"}
    wrong = CliRunner().invoke(
        app, ["scenarios", "check", "shodan-cli-range", logs[0], "--home", str(tmp_path)]
    )
    assert wrong.exit_code == 1
    assert "MISSING  connect" in wrong.stdout
    assert "MISSING  alert" in wrong.stdout


def test_both_resolvers_and_both_proxies_logged_and_are_read(ran: bench.Bench) -> None:
    for server, name in (("unbound", "queries.log"), ("bind", "queries.log"), ("squid", "access.log")):
        lookups = found(ran.folder / server / name, "", ran.folder)
        assert {lookup.source for lookup in lookups} == {server}
        assert {"crtsh", "hackertarget", "robtex"} <= {lookup.database for lookup in lookups}


def test_nothing_in_the_lab_could_reach_another_machine(ran: bench.Bench) -> None:
    """The network of the lab has a loopback device and nothing else."""
    devices = json.loads((ran.folder / "devices.json").read_text())
    assert {device["ifname"] for device in devices} <= {"lo", "tunl0", "sit0", "ip6tnl0", "gre0"}
    assert all(
        address["local"].startswith(("127.", "198.51.100.", "::1"))
        for device in devices
        for address in device["addr_info"]
    )
