"""Scenarios in, their Atomic Red Team form out; or with logs of a run, what of the expected was seen."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import yaml

from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow import find
from glasshouse.records import LEVELS, Alert, Level, Lookup, Tally
from glasshouse.scenario import Kind, Need, Scenario, Sign
from glasshouse.watch.detect import detect, load_rules
from glasshouse.watch.toolsets import of_catalogue

NAMES = {
    "T1596": "Search Open Technical Databases",
    "T1596.001": "Search Open Technical Databases: DNS/Passive DNS",
    "T1596.002": "Search Open Technical Databases: WHOIS",
    "T1596.003": "Search Open Technical Databases: Digital Certificates",
    "T1596.004": "Search Open Technical Databases: CDNs",
    "T1596.005": "Search Open Technical Databases: Scan Databases",
}
# Ids must stay the same for as long as a scenario keeps its name.
SPACE = uuid.UUID("6f4b8a52-3d0f-5c1e-9a77-21e5f0c41596")


def chosen(known: dict[str, Scenario], names: Iterable[str]) -> list[Scenario]:
    """The scenarios named, all of them when none is; raises UsageError for a name that is none."""
    wanted = list(names) or list(known)
    for name in wanted:
        if name not in known:
            raise UsageError(f"no scenario named {name!r}", next_step="see `glasshouse scenarios list`")
    return [known[name] for name in dict.fromkeys(wanted)]


def atomics(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Atomic Red Team files by technique, one YAML document each.

    The fields are those of ``atomic_red_team/models.py`` in redcanaryco/atomic-red-team (read 2026-08):
    ``attack_technique``, ``display_name`` and ``atomic_tests``, each with ``name``, ``auto_generated_guid``,
    ``description``, ``supported_platforms``, ``input_arguments``, ``dependencies`` and ``executor``.
    """
    by_technique: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        by_technique.setdefault(scenario.technique, []).append(scenario)
    return {technique: _file(technique, each) for technique, each in sorted(by_technique.items())}


def guid(scenario: Scenario) -> str:
    """The test's id: made from the scenario's name, so that it is the same everywhere."""
    return str(uuid.uuid5(SPACE, scenario.id))


def _file(technique: str, scenarios: list[Scenario]) -> str:
    document = {
        "attack_technique": technique,
        "display_name": NAMES[technique],
        "atomic_tests": [_test(scenario) for scenario in scenarios],
    }
    return yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110)


def _test(scenario: Scenario) -> dict[str, object]:
    """One test; a part that would be empty is left out, as the specification asks."""
    test: dict[str, object] = {
        "name": scenario.title,
        "auto_generated_guid": guid(scenario),
        "description": _description(scenario),
        "supported_platforms": [*scenario.platforms],
    }
    if scenario.inputs:
        test["input_arguments"] = {
            each.name: {
                "description": each.description,
                "type": each.type,
                "default": int(each.default) if each.type == "integer" else each.default,
            }
            for each in scenario.inputs
        }
    if scenario.needs:
        test["dependency_executor_name"] = scenario.executor
        test["dependencies"] = [_need(each) for each in scenario.needs]
    executor: dict[str, object] = {"command": f"{scenario.command}\n"}
    if scenario.cleanup:
        executor["cleanup_command"] = f"{scenario.cleanup}\n"
    test["executor"] = {**executor, "name": scenario.executor, "elevation_required": False}
    return test


def _need(need: Need) -> dict[str, str]:
    return {
        "description": need.description,
        "prereq_command": f"{need.check}\n",
        "get_prereq_command": f"{need.get}\n",
    }


def _description(scenario: Scenario) -> str:
    """What it does, then what each kind of log shows and what must be raised."""
    lines = [scenario.description, "", "Expected telemetry:"]
    lines += [f"- {sign.kind}: {sign.shows}" for sign in scenario.telemetry]
    return "\n".join([*lines, "", f"Expected alert: {expected(scenario)}", ""])


def expected(scenario: Scenario) -> str:
    """The expected alert in one sentence."""
    alert = scenario.alert
    if alert.level is None:
        return f"none above {alert.at_most}: this is everyday use."
    parts = [f"level {alert.level} or higher", f"rules {', '.join(alert.rules)}"]
    if alert.databases:
        parts.append(f"databases {', '.join(alert.databases)}")
    return "; ".join(parts) + "."


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was expected of a run: whether the logs showed it; None where they could not."""

    what: str
    ok: bool | None
    said: str


def check(scenario: Scenario, paths: Sequence[str], options: Options) -> tuple[list[Found], Tally]:
    """Hunt the logs of a run: each kind of log that must show it, then the alert that must appear."""
    lookups, tally, catalogue = find(paths, options)
    alerts, _statuses = detect(lookups, load_rules(options.rules), of_catalogue(catalogue))
    found = [_shown(sign, lookups, tally) for sign in scenario.telemetry]
    return [*found, _alerted(scenario, alerts)], tally


def kind_of(lookup: Lookup) -> Kind | None:
    """Which kind of log a lookup was seen through, in the words of a scenario; None for others."""
    if lookup.view == "flow":
        return "flow"
    if lookup.via == "http":
        return "connect" if lookup.view == "http/connect" else "url"
    return lookup.via if lookup.via in ("dns", "process") else None


def _shown(sign: Sign, lookups: Sequence[Lookup], tally: Tally) -> Found:
    """Whether a kind of log shows the databases of a sign, or anything if it names none."""
    named = [one for one in lookups if not sign.databases or one.database in sign.databases]
    times = sum(kind_of(one) == sign.kind for one in named)
    if times:
        return Found(sign.kind, True, f"{times} lookups")
    if sign.kind == "dns" and tally.relayed:
        return Found(sign.kind, True, f"{tally.relayed} lookups that a proxy made for its clients")
    if any(sign.kind in count.kinds for count in tally.sources.values()):
        return Found(sign.kind, False, "such records were read, and none shows it")
    return Found(sign.kind, None, "no such record among these logs")


def _alerted(scenario: Scenario, alerts: Sequence[Alert]) -> Found:
    expected, seen = scenario.alert, "; ".join(f"{one.level}: {', '.join(one.rules)}" for one in alerts)
    if expected.at_most is not None:
        over = [one for one in alerts if _rank(one.level) > _rank(expected.at_most)]
        return Found("alert", not over, seen or "none, as it must be")
    fitting = [one for one in alerts if fits(scenario, one)]
    return Found("alert", bool(fitting), seen or "no alert")


def fits(scenario: Scenario, alert: Alert) -> bool:
    """Whether an alert is the one that is expected: its rules, databases and level."""
    expected = scenario.alert
    among = set(expected.rules) <= set(alert.rules) and set(expected.databases) <= set(alert.databases)
    return among and expected.level is not None and _rank(alert.level) >= _rank(expected.level)


def _rank(level: Level) -> int:
    return LEVELS.index(level)


class _Plain(yaml.SafeDumper):
    """Text of several lines as it is (``|``), the way people read commands."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)
