"""Sigma as written: every modifier, correlation, filter and fault behaves as its text says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from glasshouse.errors import ConfigError
from glasshouse.records import Actor, Client, Lookup, Requests, Target
from glasshouse.watch.detect import detect, guard, load_rules
from glasshouse.watch.detect.run import evaluate
from glasshouse.watch.enrich import rows

HEAD = "title: T\nname: r\nlogsource: {product: glasshouse, category: lookup}\n"
SECOND = 1_000_000
NOT_K = "detection: {k: {name: x}, condition: not k}\n"
GOOD = "detection: {k: {name: x}, condition: k}\n"


def act(number=0, seconds=0, **parts):
    given = {
        "time": round(seconds * SECOND),
        "source": "zeek",
        "file": "f",
        "position": number,
        "record_sha256": f"{number:064x}",
        "via": "http",
        "view": "http",
        "actor": Actor(user="Jo_Doe", host="WS-1", ip="10.1.2.3"),
        "database": "shodan",
        "techniques": ("T1596.005", "T1596.001"),
        "name": "API.shodan.io",
        "client": Client("script", "curl"),
        "targets": (Target("domain", "example.com", True), Target("ip", "192.0.2.7")),
        "requests": Requests(1, 7, "x"),
    }
    return Lookup(**{**given, **parts})


def ruleset(tmp_path, *texts):
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.yml").write_text(text)
    return load_rules([tmp_path], shipped=False)


def fires(tmp_path, detection, lookup=None):
    rules = ruleset(tmp_path, HEAD + "detection:\n  s:\n" + detection + "  condition: s\n")
    outcomes, statuses = evaluate(rows([lookup or act()]), rules)
    assert statuses[0].status in ("ran", "field never filled by these logs"), statuses
    return bool(outcomes["r"].rows)


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        ("name: api.SHODAN.io", True),
        ("name|cased: api.shodan.io", False),
        ("name|cased: API.shodan.io", True),
        ("name|contains: HODAN", True),
        ("name|contains|cased: HODAN", False),
        ("name|startswith: api", True),
        ("name|endswith: .io", True),
        ("name: 'api.*.io'", True),
        ("name: 'api.?hodan.io'", True),
        ("name: 'api.?odan.io'", False),
        ("name: '*'", True),
        ("process: '*'", False),
        ("user: jo?doe", True),
        ("user: jo_doe", True),
        ("user: joxdoe", False),
        ("user|contains: '_'", True),
        ("user|contains: '%'", False),
        ("name: 'api.shodan.i\\*'", False),
        ("name|re: '^API[.]s.*io$'", True),
        ("name|re: '^api'", False),
        ("name|re|i: '^api'", True),
        ("name|contains|all: [api, io]", True),
        ("name|contains|all: [api, com]", False),
        ("name: [x, api.shodan.io]", True),
        ("ip|cidr: 10.1.0.0/16", True),
        ("ip|cidr: 10.2.0.0/16", False),
        ("ip|cidr: '2001:db8::/32'", False),
        ("target|cidr: 192.0.2.0/24", True),
        ("target: example.com", True),
        ("target: [example.org, 192.0.2.7]", True),
        ("target|contains|all: [example, '192']", True),
        ("target: example.org", False),
        ("requests: 7", True),
        ("requests|gte: 7", True),
        ("requests|gt: 7", False),
        ("requests|lt: 7.5", True),
        ("requests|lte: 6", False),
        ("requests: '7'", True),
        ("requests|neq: 7", False),
        ("requests|neq: 8", True),
        ("bytes_in|gte: 0", False),
        ("bytes_in|lt: 5", False),
        ("bytes_in: null", True),
        ("name: null", False),
        ("bytes_in|exists: false", True),
        ("name|exists: true", True),
        ("key_fingerprint|exists: true", False),
        ("about_us: true", True),
        ("about_us: false", False),
        ("about_us: 'true'", True),
        ("view|fieldref: via", True),
        ("name|fieldref: database", False),
        ("name|fieldref|contains: database", True),
        ("process|fieldref: bytes_in", False),
        ("technique: T1596.001", True),
        ("name|windash|contains: '-x'", False),
        ("name|base64offset|contains: foo", False),
    ],
)
def test_one_item(tmp_path, item, wanted):
    assert fires(tmp_path, f"    {item}\n") is wanted


def test_a_range_on_one_field(tmp_path):
    assert fires(tmp_path, "    requests|gte: 5\n    requests|lte: 10\n")
    assert not fires(tmp_path, "    requests|gte: 8\n    requests|lte: 10\n")


def test_not_is_two_valued(tmp_path):
    rules = ruleset(tmp_path, HEAD + "detection:\n  a: {bytes_in|gt: 5}\n  condition: not a\n")
    assert evaluate(rows([act()]), rules)[0]["r"].rows == [0]


def test_of_and_lists_of_maps(tmp_path):
    body = "detection:\n  s_1: {name: x}\n  s_2:\n    - database: shodan\n    - database: fofa\n"
    body += "  condition: 1 of s_*\n"
    assert evaluate(rows([act()]), ruleset(tmp_path, HEAD + body))[0]["r"].rows == [0]
    body = body.replace("1 of", "all of")
    assert evaluate(rows([act()]), ruleset(tmp_path, HEAD + body))[0]["r"].rows == []


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (HEAD + "detection: {k: [foo, bar], condition: k}\n", "unsupported"),
        (HEAD + "detection: {k: {name|expand: '%x%'}, condition: k}\n", "unsupported"),
        (HEAD + "detection: {k: {time|hour: 3}, condition: k}\n", "unsupported"),
        (HEAD + "detection: {k: {dest_host: x}, condition: k}\n", "unknown field"),
        (HEAD + "detection: {k: {name|fieldref: dest}, condition: k}\n", "unknown field"),
        (HEAD.replace("glasshouse", "windows") + NOT_K, "no such logsource"),
        (HEAD.replace("lookup}", "lookup, service: dns}") + NOT_K, "no such logsource"),
        (HEAD + "detection: {k: {key_fingerprint: x}, condition: k}\n", "field never filled by these logs"),
        (HEAD + "detection: {k: {name: x}, condition: k}\n", "ran"),
    ],
)
def test_statuses(tmp_path, text, status):
    alerts, statuses = detect([act()], ruleset(tmp_path, text))
    assert [one.status for one in statuses] == [status]
    assert alerts == []


def bad(text):
    return HEAD + text


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (bad("detection: {k: {name: x}}\n"), 4, "condition"),
        (bad("detection: {k: {name: x}, condition: missing}\n"), 4, "missing"),
        (bad("detection: {notx: {name: x}, condition: notx}\n"), 4, "begins with"),
        (bad("detection: {k: {name: x}, condition: 1 of none_*}\n"), 4, "elect"),
        (bad("detection: {k: {name|nomod: x}, condition: k}\n"), 4, "nomod"),
        (bad("detection: {k: {name|re: '(?=x)'}, condition: k}\n"), 4, "(?="),
        (bad("detection: {k: {ip|cidr: 10.0.0.0/99}, condition: k}\n"), 4, "CIDR"),
        (bad("detection: {k: {requests|gte: many}, condition: k}\n"), 4, "incompatible"),
        (bad("detection: [1, 2]\n"), 4, ""),
        (bad(GOOD + "glasshouse: {points: 1000}\n"), 4, "points"),
        (bad(GOOD + "glasshouse: {points: true}\n"), 4, "points"),
        (
            bad(GOOD + "glasshouse: {reason: '{requests.__class__}'}\n"),
            4,
            "not one of",
        ),
        (
            bad(GOOD + "glasshouse: {reason: '{requests!r}'}\n"),
            4,
            "not one of",
        ),
        (bad(GOOD + "glasshouse: {reason: '{open'}\n"), 4, "reason"),
        (bad(GOOD + "glasshouse: {pionts: 3}\n"), 4, "only points"),
        ("a: 1\na: 2\n", 2, "twice"),
        ("- a\n- b\n", 1, "mapping"),
        ("a: [1, 2\n", 2, "YAML"),
        ("action: global\ntitle: x\n", 1, "action"),
        ("title: x\nid: 5\ndetection: {}\n", 3, ""),
        ("1: 2\n", 1, "text"),
    ],
)
def test_a_bad_rule_names_file_and_line(tmp_path, text, line, word):
    with pytest.raises(ConfigError) as error:
        ruleset(tmp_path, text)
    assert error.value.where.rpartition(":")[::2] == (str(tmp_path / "0.yml"), str(line))
    assert word in error.value.what


def doubled(times):
    lines = ["a0: &a0 [1, 2]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, times)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"x: " + b"y" * guard.MAX_BYTES, "larger"),
        (b"title: \xff\xfe\n", "UTF-8"),
        (b"x: &a 1\ny: [" + b"*a," * 21 + b"]\n", "aliases"),
        (b"x: [" + b"1," * 5001 + b"]\n", "values"),
        (b"[" * 60 + b"]" * 60, "deeper"),
        (b"a: &a\n  b: *a\n", "itself"),
        (b"x: !!python/object/apply:os.system ['true']\n", "YAML"),
        (b"x: \x07\n", "YAML"),
    ],
)
def test_hostile_files_are_refused_before_they_are_built(data, word):
    with pytest.raises(ConfigError) as error:
        guard.documents(data, "f.yml")
    assert word in error.value.what


def test_alias_doubling_is_counted_after_expansion():
    assert guard.documents(doubled(8).encode(), "f.yml")
    with pytest.raises(ConfigError):
        guard.documents(("b: &b [" + "1," * 2000 + "]\n" + "c: [*b, *b, *b]\n").encode(), "f.yml")


CHAIN = "title: D\nname: d\ncorrelation: {type: event_count, rules: [c], timespan: 1h, condition: {gte: 2}}\n"


def two(condition, kind, extra="", span="10s"):
    def base(name, database):
        return HEAD.replace("name: r", f"name: {name}") + GOOD.replace("name: x", f"database: {database}")

    tail = f"  condition: {condition}\n" if condition else ""
    head = f"title: C\nname: c\ncorrelation:\n  type: {kind}\n  rules: [one, two]\n  timespan: {span}\n"
    return "---\n".join([head + extra + tail, base("one", "shodan"), base("two", "crtsh")])


def seen(tmp_path, text, *moments):
    lookups = [act(n, seconds, database=database) for n, (seconds, database) in enumerate(moments)]
    outcomes, statuses = evaluate(rows(lookups), ruleset(tmp_path, text))
    assert all(one.status == "ran" for one in statuses), statuses
    return outcomes["c"]


@pytest.mark.parametrize(
    ("kind", "condition", "moments", "wanted"),
    [
        ("temporal", "", [(0, "shodan"), (10, "crtsh")], True),
        ("temporal", "", [(0, "shodan"), (11, "crtsh")], False),
        ("temporal", "", [(0, "shodan"), (3, "shodan")], False),
        ("temporal", "one and not two", [(0, "shodan"), (30, "crtsh")], True),
        ("temporal", "one and not two", [(0, "crtsh"), (1, "shodan")], False),
        ("temporal", "one or two", [(0, "crtsh")], True),
        ("temporal_ordered", "", [(0, "shodan"), (5, "crtsh")], True),
        ("temporal_ordered", "", [(0, "crtsh"), (5, "shodan")], False),
        ("temporal_ordered", "two and one", [(0, "crtsh"), (5, "shodan")], True),
        ("event_count", "{gte: 3}", [(0, "crtsh"), (5, "shodan"), (10, "shodan")], True),
        ("event_count", "{gte: 3}", [(0, "crtsh"), (5, "shodan"), (11, "shodan")], False),
        ("event_count", "{gt: 1, lt: 3}", [(0, "crtsh"), (5, "shodan")], True),
        ("event_count", "{eq: 2}", [(0, "crtsh"), (0, "shodan")], True),
        ("event_count", "{gt: 2, lte: 3}", [(0, "crtsh"), (5, "shodan")], False),
        ("value_count", "{field: database, gte: 2}", [(0, "crtsh"), (5, "shodan")], True),
        ("value_sum", "{field: requests, gte: 14}", [(0, "crtsh"), (5, "shodan")], True),
        ("value_sum", "{field: requests, gte: 15}", [(0, "crtsh"), (5, "shodan")], False),
        ("value_avg", "{field: requests, gte: 6.5}", [(0, "crtsh")], True),
        ("value_median", "{field: requests, eq: 7}", [(0, "crtsh"), (1, "shodan")], True),
        ("value_percentile", "{field: requests, gte: 7, percentile: 95}", [(0, "crtsh")], True),
        ("value_percentile", "{field: requests, gt: 7}", [(0, "crtsh")], False),
    ],
)
def test_correlations(tmp_path, kind, condition, moments, wanted):
    assert bool(seen(tmp_path, two(condition, kind), *moments).rows) is wanted


def test_a_pair_is_found_whatever_else_lies_days_before(tmp_path):
    found = seen(tmp_path, two("", "temporal"), (0, "shodan"), (259_200, "shodan"), (259_205, "crtsh"))
    assert found.stretches == [[1, 2]]


def test_groups_and_the_missing_group_value(tmp_path):
    text = two("{gte: 2}", "event_count", "  group-by: [user]\n")
    rules = ruleset(tmp_path, text)
    nobody = Actor(ip="10.1.2.3")
    assert evaluate(rows([act(0, 0), act(1, 1)]), rules)[0]["c"].rows == [1]
    assert evaluate(rows([act(0, 0, actor=nobody), act(1, 1, actor=nobody)]), rules)[0]["c"].rows == []
    assert evaluate(rows([act(0, 0), act(1, 1, actor=Actor(user="x"))]), rules)[0]["c"].rows == []


def test_aliases_group_by_another_field_per_rule(tmp_path):
    alias = "  group-by: [who]\n  aliases:\n    who:\n      one: user\n      two: host\n"
    rules = ruleset(tmp_path, two("", "temporal", alias))
    lookups = [act(0, 0, actor=Actor(user="w")), act(1, 1, database="crtsh", actor=Actor(user="z", host="w"))]
    assert evaluate(rows(lookups), rules)[0]["c"].rows == [1]
    lookups = [act(0, 0, actor=Actor(user="w")), act(1, 1, database="crtsh", actor=Actor(user="w", host="q"))]
    assert evaluate(rows(lookups), rules)[0]["c"].rows == []


def test_a_chain_counts_what_a_correlation_found_and_ties_all_of_it(tmp_path):
    rules = ruleset(tmp_path, two("{gte: 2}", "event_count"), CHAIN)
    lookups = [act(n, seconds) for n, seconds in enumerate((0, 5, 1000, 1005, 9000))]
    outcomes, _ = evaluate(rows(lookups), rules)
    assert outcomes["c"].rows == [1, 3]
    assert outcomes["d"].rows == [3]
    assert outcomes["d"].stretches == [[0, 1, 2, 3]]
    assert [rule.key for rule in rules.firing] == ["d"]


def test_generate_lets_the_base_rules_fire_too(tmp_path):
    text = two("{gte: 2}", "event_count", "  generate: true\n")
    assert {rule.key for rule in ruleset(tmp_path, text).firing} == {"c", "one", "two"}


@pytest.mark.parametrize(
    "text",
    [
        CHAIN.replace("[c]", "[nobody]"),
        CHAIN.replace("[c]", "[d]"),
    ],
)
def test_unknown_and_circular_references_are_errors(tmp_path, text):
    _, statuses = detect([act()], ruleset(tmp_path, text))
    assert [one.status for one in statuses] == ["error"]


FILTER = HEAD.replace("name: r", "name: f")
FILTER += "filter:\n  rules: [RULE]\n  own: {ip: 10.1.2.3}\n  condition: not own\n"
PLAIN = HEAD + "detection: {k: {database: shodan}, condition: k}\n"


def test_a_filter_narrows_the_rule_it_names(tmp_path):
    rules = ruleset(tmp_path, PLAIN, FILTER.replace("RULE", "r"))
    found = evaluate(rows([act(), act(1, 1, actor=Actor(ip="10.9.9.9"))]), rules)[0]
    assert found["r"].rows == [1]


def test_a_filter_narrows_what_a_correlation_counts(tmp_path):
    rules = ruleset(tmp_path, two("{gte: 2}", "event_count"), FILTER.replace("RULE", "c"))
    assert evaluate(rows([act(0), act(1, 1)]), rules)[0]["c"].rows == []
    other = Actor(ip="10.9.9.9")
    assert evaluate(rows([act(0, actor=other), act(1, 1, actor=other)]), rules)[0]["c"].rows == [1]


def test_a_filter_that_names_nothing_is_an_error_status(tmp_path):
    _, statuses = detect([act()], ruleset(tmp_path, PLAIN, FILTER.replace("RULE", "nobody")))
    assert [(one.rule, one.status) for one in statuses] == [("r", "ran"), ("f", "error")]
    assert "nobody" in statuses[1].detail


def test_a_user_rule_without_points_reaches_its_own_level(tmp_path):
    alerts, _ = detect([act()], ruleset(tmp_path, PLAIN + "level: high\n"))
    assert [(one.score, one.level) for one in alerts] == [(70, "high")]


def test_pysigma_is_not_asked_for_anything_on_the_network(tmp_path):
    """Read by a process of its own: other tests use what the SIEM extra brings."""
    code = (
        "import sys, pathlib; from glasshouse.watch.detect import load_rules; "
        "load_rules([pathlib.Path(sys.argv[1])]); "
        "assert 'sigma.rule' in sys.modules; "
        "print([n for n in sys.modules if n.startswith(('sigma.data', 'sigma.plugins', 'diskcache'))])"
    )
    (tmp_path / "own.yml").write_text(PLAIN + "level: low\n")
    words = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_two_own_rules_of_one_name_are_a_mistake(tmp_path):
    (tmp_path / "a.yml").write_text(PLAIN + "level: low\n---\n" + PLAIN + "level: high\n")
    with pytest.raises(ConfigError, match="already defined"):
        load_rules([tmp_path])
