"""The exports, run on a small labelled corpus where an engine is at hand: they find acts and no look-alikes.

Sigma by our own engine and by pySigma's SQLite backend, KQL by the evaluator of these tests, Suricata and
Zeek by the names they match.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import yaml

import export_kql
from export_matchers import suricata
from glasshouse import flow
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.flow_corpus import Size, corpus
from glasshouse.flow_export import Wanted, export, joined
from glasshouse.records import Actor, Lookup, Tally
from glasshouse.watch.detect.load import assemble, read_file
from glasshouse.watch.detect.run import evaluate
from glasshouse.watch.enrich import rows
from glasshouse.watch.names import Names
from test_export_sigma import able, ours, siem

ONLY = (
    "subfinder", "bbot", "crtsh-loop", "curl-loop", "shodan-cli", "insider-browser", "lookalike-domains",
    "documentation", "certificate-validation",
)  # fmt: skip
DOCUMENTS = list(yaml.safe_load_all(joined("sigma", export("sigma", Wanted()))))
KQL = {file.name: file.text for file in export("kql", Wanted())}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small corpus: its acts, and every event of its logs by the log's name."""
    folder = tmp_path_factory.mktemp("corpus")
    done = corpus(folder, Size(seed="7", people=40, servers=4, days=4, scale=0.1, only=ONLY))
    events: dict[str, list] = {}
    options = Options(home=folder / "home")
    for name, _position, event in flow.normalised([str(folder / "logs")], options, Tally()):
        events.setdefault(name.rpartition("/")[2], []).append(event)
    return done, events


def guilty(made):
    """Machines and addresses of the acts that are meant to be found."""
    acts = [act for act in made[0].acts if act.label == "malicious"]
    return {one for act in acts for one in (*act.hosts, *act.ips, *act.behind)}


def questions(made):
    """The DNS questions that the resolver was asked, in order."""
    return sorted(made[1]["queries.log"], key=lambda one: one.time)


def machine(event):
    return str(event.host).partition(".")[0].lower()


@pytest.fixture(scope="module")
def by_our_engine(made, tmp_path_factory):
    """By rule: the machines whose questions fire it."""
    file = tmp_path_factory.mktemp("sigma") / "rules.yml"
    wanted = [ours(one) for one in DOCUMENTS if one["name"].endswith(("_dns", "_dns_scripted"))]
    for one in wanted:
        if "logsource" in one:
            one["logsource"] = {"product": "glasshouse", "category": "lookup"}
    file.write_text(yaml.safe_dump_all(wanted), encoding="utf-8")
    lookups = [
        Lookup(
            time=one.time, source="unbound", file="f", position=number, record_sha256=f"{number:064x}",
            via="dns", view="dns", database=None, name=one.name,
            actor=Actor(host=one.ip, process="unknown"),
        )
        for number, one in enumerate(questions(made))
    ]  # fmt: skip
    table = rows(lookups)
    outcomes, statuses = evaluate(table, assemble(read_file(file)))
    assert {status.status for status in statuses} == {"ran"}
    hosts = table.column("host")
    return {name: {hosts[number] for number in found.rows} for name, found in outcomes.items()}


def test_sigma_finds_the_acts_and_nobody_else(made, by_our_engine):
    fired = {name: hosts for name, hosts in by_our_engine.items() if "breadth" in name and hosts}
    assert by_our_engine["glasshouse_breadth_5_dns"]
    assert set().union(*fired.values()) <= guilty(made)


@pytest.mark.skipif(not able("sigma.backends.sqlite"), reason="pysigma-backend-sqlite is not installed")
def test_sqlite_fires_on_the_same_machines(made, by_our_engine, tmp_path):
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
            "timestamp": f"{datetime.fromtimestamp(one.time / 1e6, UTC):%Y-%m-%d %H:%M:%S.%f}",
            "Computer": one.ip, "Image": "unknown", "QueryName": one.name, "Initiated": None,
            **dict.fromkeys(fields),
        }
        for one in questions(made)
    ]  # fmt: skip
    (tmp_path / "events.json").write_text(json.dumps(log), encoding="utf-8")
    answer = siem(tmp_path, "sqlite", tmp_path / "events.json")
    compared = 0
    for rule in ("breadth_2", "breadth_3", "breadth_5", "scripted_burst", "scan_sweep"):
        name = f"glasshouse_{rule}_dns"
        found = {json.loads(row["group_keys"])["Computer"] for row in answer[name]}
        assert found == by_our_engine[name], rule
        compared += len(found)
    assert compared


def tables(made):
    """What Sentinel would hold of these logs."""
    dns = [
        {
            "TimeGenerated": one.time // 1_000_000,
            "SubType": "LookupQuery",
            "Name": one.name,
            "ClientIP": one.ip,
        }
        for one in made[1]["queries.log"]
    ]
    network = [
        {
            "Timestamp": one.time // 1_000_000, "RemoteUrl": one.url or one.name or "",
            "RemotePort": one.server_port,
            "RemoteIPType": "Public", "DeviceName": machine(one), "InitiatingProcessAccountName": one.user,
            "InitiatingProcessFileName": str(one.process).rpartition("\\\\")[2],
        }
        for one in made[1]["DeviceNetworkEvents.csv"]
    ]  # fmt: skip
    return {"DnsEvents": dns, "DeviceNetworkEvents": network}


def test_kql_finds_the_acts_and_nobody_else(made):
    known = guilty(made)
    found = {
        name: {str(row["Actor"]).lower() for row in export_kql.run(KQL[name], tables(made))}
        for name in ("glasshouse_breadth_3.kql", "glasshouse_breadth_5.kql")
    }
    assert found["glasshouse_breadth_5.kql"]
    for name, actors in found.items():
        assert actors <= known, name


def test_suricata_and_zeek_match_the_names_that_are_lookups_and_no_other(made):
    asked = {one.name for one in made[1]["ssl.log"] if one.name}
    names = Names(load())
    path_only = {entry.id for entry in load().databases.values() if entry.match == "path"}
    wanted = {
        one
        for one in asked
        if (entry := names.entry(one)) and entry.id not in path_only and entry.scope == "core"
    }
    (rules,) = [file.text for file in export("suricata", Wanted()) if file.name == "glasshouse.rules"]
    tls = suricata(rules)["tls"]
    assert {one for one in asked if tls(one)} == wanted
    assert len(wanted) > 5 and len(asked) > 3 * len(wanted)
    zeek = joined("zeek-intel", export("zeek-intel", Wanted()))
    listed = {line.partition("\t")[0] for line in zeek.splitlines() if line and not line.startswith("#")}
    assert asked & listed <= wanted
