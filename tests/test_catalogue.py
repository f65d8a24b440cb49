"""The shipped catalogue and broken entries in, what the loader says checked."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from glasshouse.catalogue import Catalogue, load
from glasshouse.catalogue_file import parse
from glasshouse.errors import ConfigError

FACTS = Path(__file__).parents[2] / "shared" / "data" / "catalogue-facts.yaml"
GOOD = """id: mydb
name: My database
operator: Us
techniques: [T1596.005]
scope: core
status: in-use
confidence: high
match: domain
domains: [mydb.example.org]
lookups:
- at: mydb.example.org/host/{ip}
  in: path
  types: [ip]
"""


def write(folder, text, name="mydb.yml"):
    (folder / name).write_text(text)
    return folder


def test_the_shipped_catalogue():
    catalogue = load()
    assert isinstance(catalogue, Catalogue)
    assert len(catalogue.databases) == 150
    assert len(catalogue.clients) == 21
    assert all(entry.techniques for entry in catalogue.databases.values())


@pytest.mark.skipif(not FACTS.exists(), reason="the shared facts are not on this machine")
def test_facts_are_carried_over():
    facts = yaml.load(FACTS.read_text(), yaml.CSafeLoader)
    catalogue = load()
    assert {each["id"] for each in facts["databases"]} == set(catalogue.databases)
    assert {each["id"] for each in facts["clients"]} == set(catalogue.clients)
    for each in facts["databases"]:
        entry = catalogue.databases[each["id"]]
        assert list(entry.techniques) == each["attack"]
        assert (entry.scope, entry.status) == (each["scope"], each["status"])
        assert len(entry.lookups) >= len(each.get("lookups") or [])
        assert entry.evidence == tuple(each["evidence"])
        named = {*entry.hosts, *entry.domains, *entry.ignore}
        for host in each.get("hosts") or []:
            below = any(host == name or host.endswith("." + name) for name in named)
            assert below or ":" in host or "(" in host, (entry.id, host)


def test_loading_is_quick():
    load()
    started = time.process_time()
    load()
    assert time.process_time() - started < 0.5


def test_needles_are_small_specific_and_cover_the_names():
    catalogue = load()
    needles = catalogue.needles()
    assert {"shodan.io", "crt.sh", "whois.nic."} <= set(needles)
    assert all(needle == needle.lower() and len(needle) >= 4 for needle in needles)
    assert "shodan" in catalogue.tool_needles()
    assert not {"python", "docker", "java", "uwsgi", "celery"} & set(catalogue.tool_needles())


def test_user_entries_add_and_replace(tmp_path):
    write(tmp_path, GOOD)
    catalogue = load([tmp_path])
    assert catalogue.databases["mydb"].domains == ("mydb.example.org",)
    assert len(catalogue.databases) == 151
    assert "mydb.example.org" in catalogue.needles()
    shodan = GOOD.replace("mydb", "shodan").replace("shodan.example.org", "shodan.example.net")
    write(tmp_path, shodan, "shodan.yml")
    assert load([tmp_path]).databases["shodan"].name == "My database"


def test_a_user_client(tmp_path):
    write(tmp_path, "id: mytool\nname: My tool\nkind: cli\nlanguage: go\nprocesses: [mytool]\n", "mytool.yml")
    assert load([tmp_path]).clients["mytool"].processes == ("mytool",)


BROKEN = [
    ("scope: core", "scope: important", 5, "none of"),
    ("match: domain", "match: domain\nmacth: x", 9, "unknown field 'macth'; 'match'"),
    ("domains: [mydb.example.org]", "domains: mydb.example.org", 9, "expected a list"),
    ("domains: [mydb.example.org]", "domains: [MYDB.example.org]", 9, "small letters"),
    ("  in: path", "  in: cookie", 12, "none of"),
    ("techniques: [T1596.005]", "techniques: [1596]", 4, "expected an ATT&CK technique"),
    ("operator: Us\n", "", 1, "'operator' is missing"),
    ("at: mydb.example.org", "at: other.example.org", 11, "no name of this entry"),
    ("name: My database", "name: [", 4, "expected"),
    ("name: My database", "name: a\nname: b", 3, "twice"),
    ("id: mydb", "id: My DB", 1, "not an id"),
    ("name: My database", 'name: "a\\e[31m"', 2, "control characters"),
]


@pytest.mark.parametrize(("old", "new", "line", "reason"), BROKEN)
def test_errors_name_file_and_line(tmp_path, old, new, line, reason):
    write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load([tmp_path])
    assert caught.value.where.endswith(f"mydb.yml:{line}"), (caught.value.where, caught.value.what)
    assert reason in caught.value.what


def test_hostile_files_are_refused(tmp_path):
    for content in (
        b"x" * 300_000,
        b"a: &a [x]\nb: [" + b"*a, " * 30 + b"*a]\n",
        b"!!python/object/apply:os.system ['true']",
        b"\xff\xfe\x00",
        b"[" * 5000,
        b"a: &a {b: *a}\n",
        b"",
        b"- 1",
    ):
        with pytest.raises(ConfigError):
            parse(content, "x.yml", careful=True)


def test_other_names_than_the_file_and_missing_folders(tmp_path):
    write(tmp_path, GOOD, "other.yml")
    with pytest.raises(ConfigError, match="the file is"):
        load([tmp_path])
    with pytest.raises(ConfigError, match="no such folder"):
        load([tmp_path / "absent"])
    unknown = "id: t1\nname: T\nkind: cli\nlanguage: go\ndatabases: [nowhere]\n"
    folder = tmp_path / "c"
    folder.mkdir()
    with pytest.raises(ConfigError, match="no open database"):
        load([write(folder, unknown, "t1.yml")])
