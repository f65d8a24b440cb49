"""Exports: every form matches the hosts our catalogue matches, nothing else; nothing breaks out; no keys."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from export_matchers import lucene, query, sigma, suricata
from glasshouse.catalogue import load, shape_host
from glasshouse.cli.main import app
from glasshouse.errors import UsageError
from glasshouse.flow_export import Wanted, export, joined, pack, save
from glasshouse.leaf import forms
from glasshouse.portable.hosts import at_or_below, hosts_of, lower_first
from glasshouse.watch.clean import split_url
from glasshouse.watch.names import Names

CATALOGUE = load()
NAMES = Names(CATALOGUE)
PACK = pack(Wanted())
KEPT = {database.id for database in PACK.databases}
FILES = {form: {file.name: file.text for file in export(form, Wanted())} for form in forms()}
ALL = "scripted_burst_sustained"  # a rule over all databases, without browsers
OF_ALL = {
    "kql": f"glasshouse_{ALL}.kql",
    "esql": f"glasshouse_{ALL}.esql",
    "spl": f"glasshouse_{ALL}_web.spl",
    "aql": f"glasshouse_{ALL}_proxy.aql",
}


def matchers():
    found = {form: query(form, FILES[form][name]) for form, name in OF_ALL.items()}
    found["lucene"] = lucene(FILES["lucene"][f"glasshouse_{ALL}_proxy.ndjson"])
    rules = suricata(FILES["suricata"]["glasshouse.rules"])
    found |= {f"suricata {protocol}": matches for protocol, matches in rules.items()}
    counted = "\n".join(line for line in FILES["suricata"]["glasshouse.rules"].splitlines() if ALL in line)
    found["suricata count"] = suricata(counted)["http"]
    for category in ("proxy", "dns_query", "network_connection"):
        found[f"sigma {category}"] = sigma(list(FILES["sigma"].values()), category)
    return found


MATCHERS = matchers()
PATHS = ("kql", "esql", "spl", "aql", "lucene", "suricata http", "sigma proxy")
HOSTS = sorted(
    {name for entry in CATALOGUE.databases.values() for name in (*entry.domains, *entry.hosts, *entry.ignore)}
)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


def ours(host):
    """Whether our own matcher takes a host for one of the databases that are exported."""
    entry = NAMES.entry(host.lower().removesuffix("."))
    return entry is not None and entry.id in KEPT


@pytest.mark.parametrize("form", MATCHERS)
def test_every_name_of_the_catalogue_is_judged_as_we_judge_it(form):
    wrong = [name for name in HOSTS if MATCHERS[form](name, "") != ours(name)]
    assert wrong == []


@pytest.mark.parametrize("form", MATCHERS)
@settings(max_examples=25, deadline=None)
@given(host=st.sampled_from(HOSTS), label=LABEL)
def test_labels_end_where_a_name_ends(form, host, label):
    matches = MATCHERS[form]
    assert matches(f"{label}.{host}", "") == ours(f"{label}.{host}")
    assert matches(f"{host}.attacker.test", "") is ours(f"{host}.attacker.test") is False
    assert matches(f"{label}{host}", "") == ours(f"{label}{host}")
    assert matches(f"{host}{label}", "") == ours(f"{host}{label}")
    assert matches(host.replace(".", "x", 1), "") == ours(host.replace(".", "x", 1))


@pytest.mark.parametrize("form", MATCHERS)
def test_a_part_that_changes_stays_within_its_label(form):
    assert MATCHERS[form]("whois.nic.example", "")
    assert not MATCHERS[form]("whois.nic.example.attacker.test", "")
    assert not MATCHERS[form]("whois.nic.", "")
    assert not MATCHERS[form]("xwhois.nic.example", "")


@pytest.mark.parametrize("form", [form for form in MATCHERS if form != "lucene"])
@settings(max_examples=15, deadline=None)
@given(host=st.sampled_from(HOSTS))
def test_case_and_the_dot_at_the_end_do_not_matter(form, host):
    assert MATCHERS[form](host.upper(), "") == ours(host)
    assert MATCHERS[form](host + ".", "") == ours(host)


def test_lucene_says_that_case_matters():
    assert any("small letters" in lack for lack in forms()["lucene"].LACKS)


def urls():
    """One URL a path of the databases known by path."""
    for entry in CATALOGUE.databases.values():
        for shape in entry.lookups if entry.match == "path" and entry.id in KEPT else ():
            host = shape_host(shape) or next(iter((*entry.hosts, *entry.domains)))
            path = "/" + re.split(r"[?#]", shape.at.partition("/")[2])[0]
            for name, value in (
                ("{ip}", "192.0.2.1"),
                ("{asn}", "64496"),
                ("{email}", "r.roe@example.com"),
                ("*", "log"),
            ):
                path = path.replace(name, value)
            yield host, re.sub(r"\{[a-z0-9_-]+\}", "example.com", path)


@pytest.mark.parametrize("form", PATHS)
@pytest.mark.parametrize(("host", "path"), list(urls()))
def test_hosts_that_also_serve_pages_need_the_path(form, host, path):
    entry = NAMES.entry(host, split_url(f"https://{host}{path}"))
    assert entry is not None
    assert entry.id in KEPT
    matches = MATCHERS[form]
    assert matches(host, path)
    assert not matches(host, "/index.html") or ours(host)
    assert not matches(f"{host}.attacker.test", path)


@pytest.mark.parametrize("form", [form for form in OF_ALL if form != "aql"])
def test_a_host_is_said_to_be_of_the_database_that_is_narrowest(form):
    text = FILES[form][OF_ALL[form]]
    cases = text[re.search("(?i)database ?= ?case", text).start() :].split("\n| ")[0]
    order = re.findall(r', "([a-z0-9-]+)"(?:,|\n)', cases)
    assert order.index("shodan-internetdb") < order.index("shodan")
    assert order.index("censys-platform") < order.index("censys-legacy")
    assert set(order) == {one.id for one in PACK.databases if one.id not in ("certat-pdns",)}


def test_databases_below_others_come_first():
    order = lower_first((one.id, one.hosts) for one in PACK.databases)
    for host in HOSTS:
        entry = NAMES.entry(host)
        named = (name for name, hosts in order if host in hosts.exact or at_or_below(host, hosts.wide))
        if entry is not None and entry.id in KEPT and 43 not in entry.ports:
            assert next(named) == entry.id, host


def test_databases_one_by_one_and_together_have_the_same_names():
    whole = hosts_of([CATALOGUE.databases[one.id] for one in PACK.databases], CATALOGUE)
    assert replace(whole, pages=()) == replace(PACK.hosts, pages=())
    assert set(whole.pages) == set(PACK.hosts.pages)


# What every file says


@pytest.mark.parametrize("form", forms())
def test_every_file_says_who_made_it_and_what_it_cannot_say(form):
    for name, text in FILES[form].items():
        plain = text.replace('\\"', '"')
        assert f"Made by Glasshouse {PACK.version} from its catalogue of {PACK.dated}" in plain, name
        assert "Licence: Apache-2.0" in plain, name
        assert "What this cannot say" in plain, name
        assert re.search(r"T1596(\.\d{3})?", plain), name
        assert "BinaryEdge" in plain, name
        assert "baseline" in plain, name
        for lack in forms()[form].LACKS:
            assert lack.replace("--", "- -") in plain, name
        if form != "suricata":
            assert "Could also be" in plain, name


@pytest.mark.parametrize("form", forms())
def test_dead_databases_match_nothing(form):
    dead = [name for one in CATALOGUE.databases.values() if one.status == "defunct" for name in one.domains]
    assert dead
    for text in FILES[form].values():
        assert not [name for name in dead if re.search(rf'[".(|\t ]{re.escape(name)}[")|\t]', text)]


@pytest.mark.parametrize("form", forms())
def test_files_are_the_same_each_time_and_have_plain_names(form):
    assert {file.name: file.text for file in export(form, Wanted())} == FILES[form]
    assert all(re.fullmatch(r"[a-z0-9_]+\.[a-z]+", name) for name in FILES[form])


@pytest.mark.parametrize("form", ["kql", "spl", "esql", "aql"])
def test_no_url_or_command_line_is_shown(form):
    for text in FILES[form].values():
        last = re.split(r"summarize|stats|STATS|SELECT", text)[-1]
        assert not re.search(r"CommandLine|process\.command_line|\burl\b|\bUrl\b|RemoteUrl|path\)", last)


def test_rules_that_cannot_be_said_are_named():
    unsaid = dict(PACK.unsaid)
    assert unsaid["Our own assets asked about"] == "only Glasshouse knows what is ours"
    assert "One API key, two accounts" in unsaid
    assert all(title in FILES["suricata"]["glasshouse.rules"] for title in unsaid)
    one = FILES["sigma"]["correlation_glasshouse_breadth_2_dns.yml"]
    assert "Slow and low over a week" in one
    assert all(title in one for title in unsaid)


# One form each


def test_suricata_rules_are_sound():
    lines = [
        one for one in FILES["suricata"]["glasshouse.rules"].splitlines() if one and not one.startswith("#")
    ]
    numbers = [re.search(r"sid:(\d+);", one)[1] for one in lines]
    assert len(numbers) == len(set(numbers)) > 500
    assert all(1_590_000 <= int(number) <= 1_599_999 for number in numbers)
    for one in lines:
        assert re.search(
            r"classtype:attempted-recon; metadata:.*mitre_technique_id T1596.*; sid:\d+; rev:1;\)$", one
        )


def test_numbers_stay_when_other_rules_go():
    some = export("suricata", Wanted(techniques=("T1596.005",)))[0].text
    numbers = dict(re.findall(r'msg:"([^"]*)".*sid:(\d+);', FILES["suricata"]["glasshouse.rules"]))
    same = [numbers.get(said) == number for said, number in re.findall(r'msg:"([^"]*)".*sid:(\d+);', some)]
    assert sum(same) > 0.9 * len(same) > 50


def test_zeek_reads_the_file_as_columns():
    lines = FILES["zeek-intel"]["glasshouse.intel"].splitlines()
    head = next(number for number, one in enumerate(lines) if one.startswith("#fields\t"))
    columns = lines[head].split("\t")[1:]
    assert columns[:3] == ["indicator", "indicator_type", "meta.source"]
    rows = [one.split("\t") for one in lines[head + 1 :]]
    assert {len(row) for row in rows} == {len(columns)}
    assert {row[1] for row in rows} == {"Intel::DOMAIN"}
    assert {row[-1] for row in rows} == {"F"}
    names = [row[0] for row in rows]
    assert len(names) == len(set(names))
    assert all(ours(name) for name in names)
    assert all(cell not in ("", "-", "(empty)") for row in rows for cell in row)


WARNINGLIST = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "description", "list", "type", "version"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "version": {"type": "integer"},
        "type": {"enum": ["string", "substring", "hostname", "cidr", "regex"]},
        "matching_attributes": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
        "list": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
    },
}


def test_misp_takes_the_list():
    said = json.loads(FILES["misp-warninglist"]["list.json"])
    jsonschema.validate(said, WARNINGLIST)
    assert said["type"] == "hostname"
    assert said["version"] == int(PACK.dated.replace("-", ""))
    assert all(ours(name) for name in said["list"])
    assert "shodan.io" in said["list"]
    assert "hostname" in said["matching_attributes"]


def test_elastic_rules_have_what_an_import_needs():
    ids = set()
    for text in FILES["lucene"].values():
        rule = json.loads(text)
        ids.add(rule["rule_id"])
        assert rule["type"] in ("threshold", "query")
        assert rule["enabled"] is False
        assert rule["severity"] in ("low", "medium", "high", "critical")
        assert 0 < rule["risk_score"] < 100
        assert rule["threat"][0]["technique"][0]["id"] == "T1596"
        if rule["type"] == "threshold":
            assert rule["threshold"]["field"] == ["source.ip"]
            assert rule["threshold"]["value"] >= 1
    assert len(ids) == len(FILES["lucene"])
    breadth = json.loads(FILES["lucene"]["glasshouse_breadth_5_proxy.ndjson"])
    assert breadth["threshold"]["cardinality"] == [{"field": "url.domain", "value": 5}]


# Choices


def test_a_technique_narrows_names_and_rules():
    some = pack(Wanted(techniques=("T1596.005",)))
    assert 10 < len(some.databases) < len(PACK.databases)
    assert all("T1596.005" in one.techniques for one in some.databases)
    assert "bulk_whois" not in [one.name for one in some.sayings]
    assert "scan_sweep" in [one.name for one in some.sayings]
    assert "crt.sh" not in some.hosts.wide


def test_a_scope_adds_names():
    more = pack(Wanted(scopes=("core", "dual-use")))
    assert {one.id for one in more.databases} > KEPT
    assert {page.database for page in more.hosts.pages} > {page.database for page in PACK.hosts.pages}
    breadth = [next(one for one in found.sayings if one.name == "breadth_2") for found in (more, PACK)]
    assert breadth[0].databases == breadth[1].databases  # the rule itself says core


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("nothing", Wanted()),
        ("kql", Wanted(scopes=("everything",))),
        ("kql", Wanted(techniques=("T9999",))),
        ("kql", Wanted(rules=("no_such_rule",))),
        ("kql", Wanted(rules=("own_assets",))),
    ],
)
def test_what_is_not_there_is_said(form, wanted):
    with pytest.raises(UsageError):
        export(form, wanted)


def test_one_rule_is_one_file_or_two():
    assert [file.name for file in export("kql", Wanted(rules=("scan_sweep",)))] == [
        "glasshouse_scan_sweep.kql"
    ]
    assert len(export("spl", Wanted(rules=("scan_sweep",)))) == 2
    tools = export("kql", Wanted(rules=("tool_by_provider_set",)))
    assert len(tools) == 6


def test_a_rule_of_the_user_is_said_or_named(tmp_path):
    (tmp_path / "mine.yml").write_text(
        """title: 'Mine */ --> ``` "quoted"'
name: mine
id: 00000000-0000-5000-8000-000000000001
status: experimental
author: Example
level: high
tags: [attack.t1596.003]
correlation:
  type: event_count
  rules: [mine_lookups]
  group-by: [actor]
  timespan: 5m
  condition: {gt: 6}
---
title: Mine, lookups
name: mine_lookups
id: 00000000-0000-5000-8000-000000000002
status: experimental
logsource: {product: glasshouse, category: lookup}
detection:
  one: {family: ct}
  condition: one
""",
        encoding="utf-8",
    )
    [said] = pack(Wanted(rule_folders=(tmp_path,), rules=("mine",))).sayings
    assert (said.measures[0].what, said.measures[0].least, said.span) == ("lookups", 7, 300)
    for form in forms():
        for file in export(form, Wanted(rule_folders=(tmp_path,), rules=("mine",))):
            assert "*/" not in file.text.replace("/*/", "") or form in ("sigma", "misp-warninglist")
    spl = export("spl", Wanted(rule_folders=(tmp_path,), rules=("mine",)))[0].text
    assert all(line.count("```") in (0, 2) for line in spl.splitlines())


# Hostile catalogue entries

TEXT = st.text(
    st.one_of(
        st.sampled_from("\"'`\\|;)(][*/-#$%\u2028\u2029\u00a0{}<>~^"),
        st.characters(exclude_categories=("Cc", "Cs")),
    ),
    min_size=1,
    max_size=60,
).filter(lambda text: not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text))


@settings(max_examples=20, deadline=None)
@given(name=TEXT, note=TEXT, false=TEXT)
def test_texts_of_the_catalogue_break_out_of_no_language(name, note, false):
    """The queries stay word for word; only the comments, and texts in JSON or YAML, differ."""
    databases = tuple(replace(one, name=name, note=note) for one in SMALL.databases)
    said = tuple(
        replace(one, title=name, description=note, falsepositives=(false,), differs=(name, note))
        for one in SMALL.sayings
    )
    bad = replace(SMALL, databases=databases, sayings=said, unsaid=((name, note),), left_out=((name, note),))
    for form, leaf in forms().items():
        for plain, file in zip(leaf.render(SMALL), leaf.render(bad), strict=True):
            assert file.name == plain.name
            assert acts(form, file.text) == acts(form, plain.text), form


SMALL = replace(
    pack(Wanted(techniques=("T1596.003",))),
    sayings=tuple(one for one in PACK.sayings if one.name in ("bulk_ct", "recon_tool_ran")),
)
MARKS = {"kql": "//", "esql": "//", "aql": "--", "suricata": "#", "zeek-intel": "#"}


def acts(form, text):
    """What of a file does something, as its platform reads lines, comments and strings."""
    lines = text.splitlines()  # at every line end that any platform knows, also U+2028
    if form in MARKS:
        kept = [one for one in lines if not one.startswith(MARKS[form]) or one.startswith("#fields")]
        return [one.split("\t")[0] if form == "zeek-intel" else one for one in kept]
    if form == "spl":
        return re.sub(r"```.*?```", "", text, flags=re.DOTALL).strip().splitlines()
    if form == "sigma":
        import yaml

        [document] = yaml.safe_load_all(text)
        return [
            document[key]
            for key in ("name", "id", "tags", "detection", "correlation", "logsource")
            if key in document
        ]
    said = json.loads(text)
    return [value for key, value in said.items() if key not in ("name", "description", "false_positives")]


# The command


def test_the_command_writes_a_folder_or_a_file(tmp_path):
    run = CliRunner()
    said = run.invoke(app, ["export", "sigma", "--rule", "scan_sweep", "-o", str(tmp_path / "rules")])
    assert said.exit_code == 0, said.output
    assert len(list((tmp_path / "rules").glob("*.yml"))) == 6
    one = run.invoke(app, ["export", "sigma", "--rule", "scan_sweep", "-o", str(tmp_path / "all.yml")])
    assert one.exit_code == 0
    assert (tmp_path / "all.yml").read_text(encoding="utf-8").count("\n---\n") == 5
    shown = run.invoke(app, ["export", "misp-warninglist"])
    assert json.loads(shown.stdout)["type"] == "hostname"
    listed = run.invoke(app, ["export", "--list"])
    assert all(form in listed.stdout for form in forms())


def test_nothing_is_overwritten_unasked(tmp_path):
    files = export("zeek-intel", Wanted())
    save("zeek-intel", files, tmp_path, True, False)
    with pytest.raises(UsageError):
        save("zeek-intel", files, tmp_path, True, False)
    save("zeek-intel", files, tmp_path, True, True)


def test_joined_rules_stay_apart():
    text = joined("sigma", export("sigma", Wanted(rules=("breadth_2",))))
    assert text.count("\n---\n") == len(export("sigma", Wanted(rules=("breadth_2",)))) - 1
