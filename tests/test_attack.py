"""Bundles of ATT&CK are read, kept, shown and compared; our analytics have the form of theirs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from glasshouse import flow_attack
from glasshouse.attack import read, store
from glasshouse.attack.history import changes
from glasshouse.attack.objects import order
from glasshouse.cli.main import app, main
from glasshouse.errors import ReadError, UsageError

REAL = Path(__file__).resolve().parents[2] / "shared" / "data" / "attack"
RELEASES = sorted(REAL.glob("t1596-family-enterprise-v*.json"))
needs_real = pytest.mark.skipif(not RELEASES, reason="no ATT&CK bundles beside the project")
run = CliRunner().invoke
TECHNIQUE, SUB, MITIGATION = (f"attack-pattern--{n:08d}-0000-4000-8000-000000000000" for n in (1, 2, 3))


def reference(number: str) -> list[dict]:
    return [{"source_name": "mitre-attack", "external_id": number, "url": f"https://attack.test/{number}"}]


def technique(key: str, number: str, **more: object) -> dict:
    return {
        "type": "attack-pattern", "id": key, "name": f"name of {number}", "x_mitre_version": "1.0",
        "modified": "2025-01-01T00:00:00.000Z", "external_references": reference(number),
        "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": "reconnaissance"}],
        "description": "See [Phishing](https://attack.test/T1598).(Citation: Someone)", **more,
    }  # fmt: skip


def bundle(*objects: object, **more: object) -> bytes:
    return json.dumps({"type": "bundle", "id": "bundle--x", "objects": list(objects), **more}).encode()


def family(**more: object) -> list[dict]:
    mitigation = {
        "type": "course-of-action", "id": "course-of-action--m", "name": "Pre-compromise",
        "external_references": reference("M1056"),
    }  # fmt: skip
    link = {
        "type": "relationship", "id": "relationship--1", "relationship_type": "mitigates",
        "source_ref": "course-of-action--m", "target_ref": SUB, "description": "Publish less.",
    }  # fmt: skip
    other = technique("attack-pattern--other", "T1110")
    collection = {"type": "x-mitre-collection", "id": "x-mitre-collection--c", "x_mitre_version": "30.1"}
    return [
        technique(TECHNIQUE, "T1596"),
        technique(SUB, "T1596.002", **more),
        mitigation,
        link,
        other,
        collection,
    ]


def test_only_the_family_is_kept_and_the_release_is_that_of_the_collection() -> None:
    found = read.release(bundle(*family()), "enterprise-attack.json")
    assert found.version == "30.1"
    assert [one.attack_id for one in found.techniques()] == ["T1596", "T1596.002"]
    assert found.named("m1056") is not None
    assert found.named("T1110") is None
    assert [link.type for link in found.links] == ["mitigates"]


@pytest.mark.parametrize(
    ("name", "said", "version"),
    [
        ("enterprise-attack-18.1.json", None, "18.1"),
        ("t1596-v19.x-only.json", None, "19.x"),
        ("/a/v9.0.json", None, "9.0"),
        ("some.json", "17.0", "17.0"),
    ],
)
def test_a_release_without_collection_is_named_by_the_user_or_the_file(name, said, version) -> None:
    objects = [one for one in family() if one["type"] != "x-mitre-collection"]
    assert read.release(bundle(*objects), name, said).version == version
    with pytest.raises(ReadError, match="which ATT&CK release"):
        read.release(bundle(*objects), "bundle.json")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "no STIX bundle"),
        (b'{"type":"bundle"}', "without objects"),
        (bundle(technique("attack-pattern--other", "T1110")), "no technique T1596"),
        (b'{"type":"bundle","objects":' + b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_bundle_is_refused_in_one_sentence(data: bytes, says: str) -> None:
    with pytest.raises(ReadError, match=says):
        read.release(data, "x-18.1.json")


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    "name", "description", "external_references", "x_mitre_platforms", "kill_chain_phases", "revoked",
    "x_mitre_analytic_refs", "x_mitre_log_source_references", "x_mitre_mutable_elements", "modified",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), ANY), st.lists(ANY, max_size=4))
def test_fields_of_any_type_never_break_the_reader(fields: dict, strangers: list) -> None:
    objects = [technique(TECHNIQUE, "T1596"), technique(SUB, "T1596.002") | fields, *strangers]
    found = read.release(bundle(*objects), "x-18.1.json")
    assert found.named("T1596") is not None
    assert found.odd >= sum(not isinstance(one, dict) for one in strangers)


def test_a_kept_release_is_read_back_as_it_was_and_the_same_again_is_told(tmp_path: Path) -> None:
    found = read.release(bundle(*family()), "x.json")
    path, new = store.keep(tmp_path, found)
    assert (new, store.keep(tmp_path, found)[1]) == (True, False)
    (again,) = store.releases(tmp_path)
    assert again.things == found.things
    assert again.links == found.links
    assert "The MITRE Corporation" in (path.parent / "NOTICE.txt").read_text()


def test_history_names_the_fields_that_changed(tmp_path: Path) -> None:
    first = read.release(bundle(*family()), "x", "30.0")
    second = read.release(
        bundle(*family(x_mitre_version="1.1", modified="2026-01-01T00:00:00.000Z")), "x", "30.1"
    )
    gone = read.release(bundle(*family()[:1]), "x", "31.0")
    found = {(one.after, one.attack_id): one for one in changes([first, second, gone])}
    assert found["30.0", "T1596.002"].kind == "new"
    assert found["30.1", "T1596.002"].fields == ("modified", "x_mitre_version")
    assert not found["30.1", "T1596.002"].only_plumbing
    assert found["30.1", "T1596"].kind == "same"
    assert found["31.0", "T1596.002"].kind == "gone"


def test_releases_sort_as_numbers() -> None:
    assert sorted(["10.0", "9.0", "19.x", "18.1", "18"], key=order) == ["9.0", "10.0", "18", "18.1", "19.x"]


def test_a_hostile_text_is_shown_harmless(tmp_path: Path) -> None:
    file = tmp_path / "x-18.1.json"
    file.write_bytes(
        bundle(technique(TECHNIQUE, "T1596", name="a\x1b[2Jb\u202e", description="\x1b]0;x\x07"))
    )
    assert run(app, ["attack", "import", str(file), "--home", str(tmp_path / "home")]).exit_code == 0
    shown = run(app, ["attack", "show", "T1596", "--home", str(tmp_path / "home")])
    assert shown.exit_code == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", shown.output)


def test_errors_say_what_next(tmp_path: Path, capsys, monkeypatch) -> None:
    for words, says in (
        (["show", "T1596"], "attack import"),
        (["import", "/nowhere.json"], "give a STIX bundle"),
    ):
        monkeypatch.setattr("sys.argv", ["glasshouse", "attack", *words, "--home", str(tmp_path)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in (2, 5)
        assert says in capsys.readouterr().err
    with pytest.raises(UsageError):
        list(flow_attack.bring_in(tmp_path, ["a", "b"], "18.1"))


@needs_real
def test_all_real_releases_are_kept_and_told(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path)]
    done = run(app, ["attack", "import", *map(str, RELEASES), *home])
    assert done.exit_code == 0
    assert len(store.releases(tmp_path)) == len(RELEASES) == 25
    page = run(app, ["attack", "show", "t1596", "--release", "18.1", *home]).output
    for said in ("has part     T1596.005 Scan Databases", "mitigation   M1056 Pre-compromise",
                 "group        G0007 APT28", "analytic     AN", "log sources: none named",
                 "© 2025 The MITRE Corporation"):  # fmt: skip
        assert said in page, said
    told = run(app, ["attack", "history", "T1596.003", *home]).output
    assert "ATT&CK 8.0: 1 object" in told
    assert re.search(r"ATT&CK 18\.0: .*\n  changed  T1596\.003 .*\n +modified, x_mitre_detection", told)
    rows = json.loads(run(app, ["attack", "history", "-f", "json", *home]).output)
    raw = json.loads((REAL / "t1596-family-enterprise-v18.1.json").read_bytes())
    versions = {one["id"]: one.get("x_mitre_version", "") for one in raw["objects"]}
    assert {row["version"] for row in rows if row["after"] == "18.1"} <= set(versions.values())
    assert len({row["sha256"] for row in rows if row["attack_id"] == "T1596"}) > 4


def test_our_analytics_are_stix_with_log_sources_and_fields_to_set() -> None:
    made = json.loads(flow_attack.exported())
    parsed = stix2.parse(made, allow_custom=True)
    assert len(parsed.objects) == len(made["objects"]) == len({one["id"] for one in made["objects"]})
    analytics = {one["id"]: one for one in made["objects"] if one["type"] == "x-mitre-analytic"}
    strategies = [one for one in made["objects"] if one["type"] == "x-mitre-detection-strategy"]
    assert len(strategies) == 6
    assert {ref for one in strategies for ref in one["x_mitre_analytic_refs"]} == analytics.keys()
    for one in analytics.values():
        assert len(one["x_mitre_platforms"]) == 1
        assert one["x_mitre_log_source_references"]
        assert all(each["field"] and each["description"] for each in one["x_mitre_mutable_elements"])
    assert flow_attack.exported() == flow_attack.exported()


@needs_real
def test_the_techniques_our_analytics_detect_are_mitres() -> None:
    real = read.release((REAL / "t1596-family-enterprise-v18.1.json").read_bytes(), "v18.1")
    ids = {one.id for one in real.techniques()}
    made = json.loads(flow_attack.exported())["objects"]
    assert {one["target_ref"] for one in made if one["type"] == "relationship"} == ids
