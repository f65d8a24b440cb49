"""Rules of other platforms: each kind of defect fires and stays quiet, our own exports have none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from glasshouse.catalogue import load
from glasshouse.cli.main import app
from glasshouse.errors import GlasshouseError, UsageError
from glasshouse.flow_export import Wanted, export
from glasshouse.flow_lint import Defect, defects_of, lint
from glasshouse.flow_lint_shown import shown
from glasshouse.leaf import leaf_name, lints
from glasshouse.portable.rule_read import read

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples" / "lints"
SEEDS = HERE.parents[1] / "shared" / "seeds"
CATALOGUE = load()
SENTINEL = HERE / "examples" / "lint_rules" / "endpoint_lookups.kql"


def found(text: str, name: str) -> list[Defect]:
    return [one for rule in read(text, name) for one in defects_of(rule, CATALOGUE)]


def codes(path: Path, stated: bool = False) -> set[str]:
    every = found(path.read_text(encoding="utf-8"), path.name)
    return {one.code for one in every if one.stated == stated}


@pytest.mark.parametrize("code", sorted(lints()))
def test_fires_and_stays_quiet(code: str) -> None:
    folder = EXAMPLES / code
    assert code in codes(next(folder.glob("fires.*")))
    assert code not in codes(next(folder.glob("quiet.*")))


def test_every_kind_has_its_code_and_no_example_is_left_over() -> None:
    for name, kind in lints().items():
        assert name == kind.CODE == leaf_name(kind)
        assert kind.LEVEL in ("error", "warning", "note")
        assert kind.TITLE
        assert kind.WHY
    assert {folder.name for folder in EXAMPLES.iterdir()} == set(lints())
    reference = (HERE.parent / "docs" / "lint.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z][a-z0-9-]+)` \|", reference, re.MULTILINE)) == set(lints())


@pytest.mark.parametrize("form", ["sigma", "kql", "spl", "aql"])
def test_our_own_exports_have_none(form: str) -> None:
    files = export(form, Wanted())
    assert files
    for file in files:
        assert [one for one in found(file.text, file.name) if not one.stated] == [], file.name


def test_the_rule_of_the_examples_has_the_faults_of_its_kind() -> None:
    assert len(codes(SENTINEL)) >= 12
    assert codes(SENTINEL) >= FAULTS


FAULTS = {
    *("dead-database", "other-technique", "unanchored-match", "client-host-missing", "missing-databases"),
    *(
        "client-defaults",
        "precedence",
        "urls-counted",
        "connections-counted",
        "fixed-window",
        "keys-in-alert",
    ),
    *("windows-only-names", "exact-interpreter", "tools-missing", "browsers-missing", "no-target"),
    *("no-allow-list", "unread-claim", "action-types", "no-port-43", "no-rdap", "no-dns-lookups"),
    *("shell-without-socket", "key-words"),
}


def test_the_sentinel_rule_this_project_started_from() -> None:
    pages = sorted(SEEDS.glob("003_*.txt"))
    if not pages:
        pytest.skip("the page with the rule is not at ../shared/seeds")
    page = pages[0].read_text(encoding="utf-8")
    query = page[page.index("let OSINTDomains") : page.index("medium severity low")]
    words = "".join(f"// {line}\n" for line in page[: page.index("MITRE ATT&CK\n")].splitlines() if line)
    every = found(words + query, "sentinel.kql")
    assert {one.code for one in every} >= FAULTS
    dead = {one.what.partition(":")[0] for one in every if one.code == "dead-database"}
    assert dead == {"spyse.com", "binaryedge.io", "riddler.io", "threatcrowd.org"}
    assert any(one.what.startswith("fofa.so is a former name") for one in every)
    assert any("concrt.shop" in one.what for one in every)
    assert any("shodan.io.attacker.test" in one.what for one in every)
    assert any("subfinder 2 of 5" in one.what for one in every)
    assert not any(one.stated for one in every)
    lines = (words + query).splitlines()
    for one in every:
        host = re.match(r"[a-z0-9.]+(?=: )", one.what)
        if host and one.code in ("dead-database", "other-technique", "client-host-missing"):
            assert lines[one.line - 1][one.column - 1 :].startswith(f'"{host.group()}')


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "search.spl",
            "index=* sourcetype=proxy | eval dest=coalesce(dest_host, url)"
            ' | regex dest="(shodan\\.io|crt\\.sh)" '
            "| bin _time span=1h | stats count AS n dc(dest) AS sites values(url) AS urls BY _time user\n"
            "| where n > 10 OR sites > 3",
            {
                "matches-everything",
                "case-matters",
                "unanchored-match",
                "fixed-window",
                "urls-counted",
                "keys-in-alert",
            },
        ),
        (
            "ariel.aql",
            '-- T1596.002 WHOIS\nSELECT sourceip, "URL" FROM events WHERE "URL" LIKE \'%shodan%\' '
            "OR \"URL\" = 'arin.net' AND username IS NOT NULL LAST 24 HOURS",
            {"no-threshold", "unanchored-match", "subdomains-missed", "precedence", "no-port-43", "no-rdap"},
        ),
        (
            "everything.yml",
            "title: T1596.001\nlogsource: {product: windows}\n"
            "detection: {a: {EventID: '*'}, condition: a}\nlevel: high",
            {"matches-everything", "names-nothing"},
        ),
        (
            "sweep.kql",
            "// T1596.004\nAzureDiagnostics | where httpStatusCode_d == 404 | summarize n = count() "
            "by clientIP_s, bin(TimeGenerated, 5m) | where n > 40",
            {"wrong-technique", "fixed-window", "names-nothing"},
        ),
        ("tls.kql", "// T1596.003\nT | where FileName in~ ('sslscan', 'crt.exe')", {"wrong-technique"}),
        (
            "bios.kql",
            "// T1596.005\nT | where ProcessCommandLine has 'Get-CimInstance Win32_BIOS'",
            {"wrong-technique", "names-nothing"},
        ),
        (
            "inside.kql",
            "// T1596\nT | where Host has 'shodan.io' and not(ipv4_is_private(SourceIP))",
            {"excludes-inside"},
        ),
    ],
)
def test_faults_seen_in_public_rules(name: str, text: str, expected: set[str]) -> None:
    assert {one.code for one in found(text, name)} >= expected


DOMAINS = sorted({name for entry in CATALOGUE.databases.values() for name in entry.domains})


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DOMAINS))
def test_any_name_is_anchored_or_not(domain: str) -> None:
    pattern = domain.replace(".", "[.]")
    anchored = (
        f"Host == '{domain}' or Host endswith '.{domain}' or Host matches regex '(?i)^(.*[.])?{pattern}$'"
    )
    for condition, loose in (
        (anchored, False),
        (f"Host contains '{domain}'", True),
        (f"Host has '{domain}'", True),
        (f"Host matches regex '{pattern}'", True),
        (f"Host matches regex '^(.*[.])?{pattern}'", True),
        (f"not(Host contains '{domain}')", False),
    ):
        said = {one.code for one in found(f"T | where {condition}", "r.kql")}
        assert ("unanchored-match" in said) == loose, condition


def test_what_a_rule_says_about_itself_is_a_limit_and_no_defect() -> None:
    quiet = EXAMPLES / "connections-counted" / "quiet.kql"
    assert "connections-counted" in codes(quiet, stated=True)
    linted = lint([str(quiet)])
    assert "limits the rule states itself: connections-counted" in shown(linted, "text")
    results = json.loads(shown(linted, "sarif"))["runs"][0]["results"]
    hidden = [one for one in results if one["ruleId"] == "connections-counted"]
    assert [one["suppressions"] for one in hidden] == [[{"kind": "inSource"}]]


def test_json_and_sarif_say_where() -> None:
    path = EXAMPLES / "dead-database" / "fires.kql"
    linted = lint([str(path)])
    said = json.loads(shown(linted, "json"))
    dead = next(one for one in said["defects"] if one["code"] == "dead-database")
    assert (dead["line"], dead["level"], dead["file"]) == (3, "error", str(path))
    sarif = json.loads(shown(linted, "sarif"))
    run = sarif["runs"][0]
    assert sarif["version"] == "2.1.0"
    assert {one["ruleId"] for one in run["results"]} <= {one["id"] for one in run["tool"]["driver"]["rules"]}
    region = run["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] >= 1
    assert region["startColumn"] >= 1
    with pytest.raises(UsageError):
        shown(linted, "xml")


def test_the_command_and_its_exit_codes() -> None:
    fires = str(EXAMPLES / "dead-database" / "fires.kql")
    run = CliRunner().invoke
    assert run(app, ["lint", fires]).exit_code == 0
    assert run(app, ["lint", fires, "--fail-on", "error"]).exit_code == 1
    assert run(app, ["lint", "-", "--fail-on", "note"], input="DnsEvents | where Name == 'x'").exit_code == 0
    assert "dead-database" in run(app, ["lint", "-"], input=Path(fires).read_bytes()).stdout
    assert "dead-database" in run(app, ["lint", "--list"]).stdout
    for arguments, code in (([], 2), ([fires, "-f", "xml"], 2), ([fires, "--fail-on", "all"], 2)):
        problem = run(app, ["lint", *arguments]).exception
        assert isinstance(problem, GlasshouseError)
        assert problem.exit_code == code


def test_what_is_no_rule_is_told_and_the_others_are_judged(tmp_path: Path) -> None:
    fires = str(EXAMPLES / "dead-database" / "fires.kql")
    (tmp_path / "bad.yml").write_text("detection: [", encoding="utf-8")
    (tmp_path / "none.yml").write_text("a: b", encoding="utf-8")
    (tmp_path / "bytes.kql").write_bytes(b"\xff\xfe\x00")
    linted = lint([str(tmp_path), fires, str(tmp_path / "no.kql")])
    assert linted.files == (fires,)
    assert [one.exit_code for one in linted.troubles] == [3, 3, 3, 5]
    assert [Path(one.where.partition(": ")[0]).name for one in linted.troubles] == [
        *("bad.yml", "bytes.kql", "none.yml", "no.kql"),
    ]
    assert "4 files could not be read" in shown(linted, "text")
    result = CliRunner().invoke(app, ["lint", fires, str(tmp_path / "bad.yml"), "--fail-on", "error"])
    assert result.exit_code == 3
    assert "dead-database" in result.stdout
    (tmp_path / "empty").mkdir()
    with pytest.raises(GlasshouseError, match="no rule file"):
        lint([str(tmp_path / "empty")])
