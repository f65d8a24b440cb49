"""The Sigma export: sound by pySigma's own checks; two engines run it and agree with a count by hand.

The second engine is pySigma's SQLite backend; it and the converters for SIEMs run in a process of their own,
in the environment that GLASSHOUSE_SIEM_PYTHON names, else in this one.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.validation import SigmaValidator
from sigma.validators.core import validators

from glasshouse.catalogue import load
from glasshouse.flow_export import Wanted, export, joined, pack, save
from glasshouse.records import Actor, Lookup
from glasshouse.watch.detect.load import assemble, read_file
from glasshouse.watch.detect.run import evaluate
from glasshouse.watch.enrich import rows
from glasshouse.watch.names import Names

TEXT = joined("sigma", export("sigma", Wanted()))
DOCUMENTS = list(yaml.safe_load_all(TEXT))
BY_NAME = {one["name"]: one for one in DOCUMENTS}
PYTHON = os.environ.get("GLASSHOUSE_SIEM_PYTHON", sys.executable)
HERE = Path(__file__).parent
NEEDS_NETWORK = {"attacktag", "d3_fendtag"}  # these fetch MITRE's lists when they run


@cache
def parsed():
    return SigmaCollection.from_yaml(TEXT).rules


@cache
def able(module):
    done = subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True, check=False)
    return done.returncode == 0


def siem(tmp_path, form, *more):
    rules = tmp_path / "rules.yml"
    rules.write_text(TEXT, encoding="utf-8")
    command = [PYTHON, str(HERE / "export_siem.py"), str(rules), form, *map(str, more)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("check", sorted(set(validators) - NEEDS_NETWORK))
def test_pysigma_finds_nothing_to_say(check):
    issues = SigmaValidator({validators[check]}).validate_rules(parsed())
    assert [type(issue).__name__ for issue in issues] == []


def test_tags_are_of_this_technique_and_tactic():
    for one in DOCUMENTS:
        assert one["tags"][0] == "attack.reconnaissance"
        assert one["tags"][1:]
        assert {tag[:12] for tag in one["tags"][1:]} == {"attack.t1596"}
        assert one["license"] == "Apache-2.0"
        assert one["status"] == "experimental"
        assert one["falsepositives"]


@pytest.mark.skipif(not shutil.which("sigma", path=str(Path(PYTHON).parent)), reason="no sigma-cli")
def test_sigma_check_passes(tmp_path):
    save("sigma", export("sigma", Wanted()), tmp_path, True, False)
    command = [str(Path(PYTHON).with_name("sigma")), "check", "--fail-on-issues"]
    hq = ("sigmahq_tags_techniques_without_tactics", "sigmahq_logsource_unknown", "sigmahq_invalid_fieldname")
    for name in (*NEEDS_NETWORK, *hq):
        command += ["-x", name]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, timeout=300, check=False)
    if "Failed to load data" in done.stderr:
        pytest.skip("SigmaHQ's validators fetch their lists, and there is no network")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Found 0 errors, 0 condition errors and 0 issues" in done.stdout


# Two engines and a count by hand

NAMES = Names(load())
KEPT = {one.id for one in pack(Wanted()).databases}
HOSTS = (
    "api.shodan.io", "www.shodan.io", "crt.sh", "search.censys.io", "api.securitytrails.com",
    "dnsdumpster.com",
    "notshodan.io", "blog.shodan.io", "shodan.io.attacker.test", "whois.nic.example", "example.com",
)  # fmt: skip
PROGRAMS = ("C:\\Python\\python.exe", "C:\\Program Files\\Google\\Chrome\\chrome.exe")
START = datetime(2026, 3, 17, 7, 50, tzinfo=UTC)
RULES = {  # rule: what is counted, how many, in how many seconds, browsers, family
    "breadth_2": ("hosts", 2, 3600, True, None),
    "breadth_3": ("hosts", 3, 3600, True, None),
    "breadth_5": ("hosts", 5, 3600, True, None),
    "scripted_burst": ("lines", 20, 600, False, None),
    "scan_sweep": ("lines", 15, 600, False, "T1596.005"),
}


def events():
    """Questions of sixty machines: (second, machine, program, host), some in bursts, some spread out."""
    dice = random.Random(7)
    found = []
    for machine in range(60):
        hosts = dice.sample(HOSTS, dice.randint(1, 11)) if machine % 4 else list(HOSTS[:2])
        span = dice.choice((300, 700, 3500, 3700, 20_000)) if machine % 4 else 500
        for _ in range(dice.choice((2, 4, 18, 25, 40) if machine % 4 else (18, 40, 80))):
            found.append((dice.randint(0, span), f"pc-{machine}", dice.choice(PROGRAMS), dice.choice(hosts)))
    return sorted(set(found))


def by_hand(rule):
    """The machines that reach the count in some window that slides; both ends belong to it."""
    what, least, span, browsers, family = RULES[rule]
    kept = [one for one in events() if counted(one, browsers, family)]
    found = set()
    for second, machine, _program, _host in kept:
        inside = [one for one in kept if one[1] == machine and second <= one[0] <= second + span]
        if (len({one[3] for one in inside}) if what == "hosts" else len(inside)) >= least:
            found.add(machine)
    return found


def counted(one, browsers, family):
    entry = NAMES.entry(one[3])
    if entry is None or entry.id not in KEPT or (family and entry.techniques[0] != family):
        return False
    return browsers or not one[2].endswith("chrome.exe")


def ours(part):
    """A rule over Sysmon's fields as one over lookups: other names of fields, nothing else."""
    if isinstance(part, dict):
        return {renamed(key): ours(value) for key, value in part.items()}
    if isinstance(part, list):
        return [ours(one) for one in part]
    return {"QueryName": "name", "Computer": "host"}.get(part, part) if isinstance(part, str) else part


def renamed(key):
    field, bar, rest = key.partition("|")
    return {"QueryName": "name", "Image": "process"}.get(field, field) + bar + rest


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    file = tmp_path_factory.mktemp("sigma") / "rules.yml"
    wanted = [one for one in DOCUMENTS if one["name"].endswith(("_dns", "_dns_scripted"))]
    for one in wanted:
        if "logsource" in one:
            one["logsource"] = {"product": "glasshouse", "category": "lookup"}
    file.write_text(yaml.safe_dump_all([ours(one) for one in wanted]), encoding="utf-8")
    lookups = [
        Lookup(
            time=round((START + timedelta(seconds=second)).timestamp() * 1_000_000), source="sysmon",
            file="f", position=number, record_sha256=f"{number:064x}", via="dns", view="dns", database=None,
            name=host, actor=Actor(host=machine, process=program),
        )
        for number, (second, machine, program, host) in enumerate(events())
    ]  # fmt: skip
    table = rows(lookups)
    outcomes, statuses = evaluate(table, assemble(read_file(file)))
    assert {status.status for status in statuses} == {"ran"}
    hosts = table.column("host")
    return {name: {hosts[number] for number in found.rows} for name, found in outcomes.items()}


@pytest.mark.parametrize("rule", RULES)
def test_our_engine_counts_as_by_hand(rule, outcome):
    wanted = by_hand(rule)
    assert 0 < len(wanted) < 60
    assert outcome[f"glasshouse_{rule}_dns"] == wanted


@pytest.mark.skipif(not able("sigma.backends.sqlite"), reason="pysigma-backend-sqlite is not installed")
def test_sqlite_counts_as_by_hand(tmp_path):
    fields = (
        "cs-host",
        "c-ip",
        "c-uri",
        "c-useragent",
        "DestinationHostname",
        "DestinationPort",
        "DestinationIp",
    )
    log = [
        {
            "timestamp": f"{START + timedelta(seconds=second):%Y-%m-%d %H:%M:%S}", "Computer": machine,
            "Image": program, "QueryName": host.upper(), "Initiated": None, **dict.fromkeys(fields),
        }
        for second, machine, program, host in events()
    ]  # fmt: skip
    (tmp_path / "events.json").write_text(json.dumps(log), encoding="utf-8")
    answer = siem(tmp_path, "sqlite", tmp_path / "events.json")
    for rule in RULES:
        found = {json.loads(row["group_keys"])["Computer"] for row in answer[f"glasshouse_{rule}_dns"]}
        assert found == by_hand(rule), rule


CANNOT = {
    "splunk": set(),
    "elasticsearch": set(),
    "lucene": {"correlation"},
    "kusto": {"correlation", "dns_query", "proxy"},
}


@pytest.mark.parametrize("form", CANNOT)
def test_siem_backends_convert_what_they_can(form, tmp_path):
    module = {"lucene": "elasticsearch"}.get(form, form)
    if not able(f"sigma.backends.{module}"):
        pytest.skip(f"pysigma-backend-{module} is not installed")
    answer = siem(tmp_path, form)
    assert set(answer) == set(BY_NAME)
    failed = {name for name, why in answer.items() if why}
    kinds = {CATEGORIES.get(name, "correlation") for name in failed}
    assert kinds <= CANNOT[form], {name: answer[name] for name in list(failed)[:3]}


CATEGORIES = {one["name"]: one["logsource"].get("category", "") for one in DOCUMENTS if "logsource" in one}
