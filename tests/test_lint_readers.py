"""Readers of KQL, SPL, AQL and Sigma: operators, precedence, comments, quotes, windows, hostile text."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse.catalogue import load
from glasshouse.errors import ConfigError
from glasshouse.flow_lint import defects_of
from glasshouse.portable.rule_facts import hosts_in
from glasshouse.portable.rule_model import Rule, Tree
from glasshouse.portable.rule_read import read
from glasshouse.portable.rule_tokens import MOST, seconds

EXAMPLES = Path(__file__).parent / "examples" / "lints"
CATALOGUE = load()
NAMES = ("rule.kql", "rule.spl", "rule.aql", "rule.yml", "standard input")


def one(text: str, name: str) -> Rule:
    (rule,) = read(text, name)
    return rule


def form(tree: Tree) -> str:
    """A tree as text: the first value of each term, and what joins them."""
    if tree.term:
        return tree.term.values[0].text if tree.term.values else tree.term.field
    joined = f" {tree.kind} ".join(form(part) for part in tree.parts)
    return f"not ({joined})" if tree.kind == "not" else f"({joined})"


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("T | where a == 'x' or b == 'y' and c == 'z'", "r.kql", "(x or (y and z))"),
        ("T | where (a == 'x' or b == 'y') and c == 'z'", "r.kql", "((x or y) and z)"),
        ("T | where not(a == 'x' and b == 'y')", "r.kql", "not ((x and y))"),
        ("T | where a between ('1' .. '2') and b == 'y'", "r.kql", "(1 and y)"),
        ('search a="x" OR b="y" c="z"', "r.spl", "((x or y) and z)"),
        ('a="x" AND b="y" OR c="z"', "r.spl", "(x and (y or z))"),
        ('index=i NOT (a="x" OR b="y")', "r.spl", "(i and not ((x or y)))"),
        ('index=i | where a="x" OR b="y" AND c="z"', "r.spl", "(x or (y and z))"),
        ("SELECT * FROM events WHERE a='x' OR b='y' AND c='z'", "r.aql", "(x or (y and z))"),
        ("SELECT * FROM events WHERE a BETWEEN 1 AND 2 AND b='y'", "r.aql", "(1 and y)"),
    ],
)
def test_precedence(text: str, name: str, expected: str) -> None:
    assert form(one(text, name).trees[-1]) == expected


def test_kql_literals_comments_and_let() -> None:
    rule = one(
        'let A = dynamic(["crt.sh"]); // "shodan.io"\n'
        "let B = @'C:\\x\\';\n"
        "T | where U has_any (A) or V !contains 'q\\'r' or W in~ (B) or X matches regex ```a\"b\nc```\n",
        "r.kql",
    )
    first, second, third, fourth = rule.terms
    assert [text.text for text in first.values] == ["crt.sh"]
    assert (first.op, first.cased, first.values[0].place.line) == ("has", False, 1)
    assert (second.negated, second.values[0].text) == (True, "q'r")
    assert (third.op, third.cased, third.values[0].text) == ("equals", False, "C:\\x\\")
    assert (fourth.op, fourth.cased, fourth.values[0].text) == ("regex", True, 'a"b\nc')
    assert rule.comments == ('"shodan.io"',)
    assert [table.text for table in rule.tables] == ["T"]


def test_kql_counts_windows_and_what_is_shown() -> None:
    rule = one(
        "T | where TimeGenerated > ago(90m)\n"
        "| summarize N = count(), D = dcount(RemoteUrl), S = make_set(RemoteUrl) by User, bin(Time, 1h)\n"
        "| where N >= 5 or D > 2\n| project User, Links = S",
        "r.kql",
    )
    assert [(x.how, x.counted, x.symbol, x.value) for x in rule.thresholds] == [
        ("count", "", ">=", 5),
        ("distinct", "RemoteUrl", ">", 2),
    ]
    assert [(x.kind, x.seconds) for x in rule.spans] == [("last", 5400), ("bin", 3600)]
    assert {x.field for x in rule.shown} == {"User", "RemoteUrl"}


def test_spl_wildcards_lists_subsearch_and_stats() -> None:
    rule = one(
        'index=p url="*crt.sh*" host IN (a.example, *.b.example) '
        "NOT [ | inputlookup staff.csv | fields user ]\n"
        '| rex field=url "^https?://(?<h>[^/]+)"\n| bin _time span=10m\n'
        "| stats dc(url) AS urls, count BY user _time | where urls > 3 OR count >= 9",
        "r.spl",
    )
    ops = {(term.field, term.op, term.values[0].text) for term in rule.terms if term.values}
    assert {("url", "contains", "crt.sh"), ("index", "equals", "p")} <= ops
    assert rule.excepts
    assert rule.extracted == ("url",)
    only_host = one(
        'index=p | rex field=url "//(?<host>[^/]+)(?<path>/.*)" | where match(host, "x")', "r.spl"
    )
    assert only_host.extracted == ()
    assert [(x.how, x.counted, x.value) for x in rule.thresholds] == [
        ("distinct", "url", 3),
        ("count", "", 9),
    ]
    assert [(x.kind, x.seconds) for x in rule.spans] == [("bin", 600)]


def test_aql_like_case_and_having() -> None:
    rule = one(
        'SELECT sourceip AS Who, UNIQUECOUNT("URL") AS N, MAX(starttime) AS Last, '
        "CASE WHEN a = 'x' AND b = 'y' THEN 1 ELSE 2 END AS s FROM events -- all\n"
        "WHERE \"URL\" ILIKE '%crt.sh%' AND u LIKE '%.x' GROUP BY sourceip HAVING N > 4 LAST 2 HOURS",
        "r.aql",
    )
    assert [(term.field, term.op, term.cased) for term in rule.terms] == [
        ("URL", "contains", False),
        ("u", "endswith", True),
    ]
    assert [(x.how, x.counted, x.value) for x in rule.thresholds] == [("distinct", "URL", 4)]
    assert [(x.kind, x.seconds) for x in rule.spans] == [("last", 7200)]
    assert rule.keys == ("sourceip",)


def test_sigma_modifiers_conditions_and_correlation() -> None:
    text = """
title: x
logsource: {category: proxy}
detection:
  sel_a:
    c-uri|contains|all: [a, b]
    cs-host: ['*.crt.sh', 'X*', plain]
  sel_b:
    - cs-host|re: 'crt\\.sh$'
    - Image|endswith|cased: \\curl
  filter: {User: svc}
  condition: 1 of sel_* and not filter
---
title: y
correlation: {type: value_count, rules: [a], group-by: [u], timespan: 1h, condition: {gte: 3, field: h}}
"""
    rule, counting = read(text, "r.yml")
    ops = [(term.field, term.op, term.cased, term.negated) for term in rule.terms]
    assert ops == [
        ("c-uri", "contains", False, False),
        ("cs-host", "endswith", False, False),
        ("cs-host", "startswith", False, False),
        ("cs-host", "equals", False, False),
        ("cs-host", "regex", True, False),
        ("Image", "endswith", True, False),
        ("User", "equals", False, True),
    ]
    assert counting.counts_others
    assert (counting.thresholds[0].how, counting.thresholds[0].value) == ("distinct", 3)


def test_a_sentinel_file_gives_the_places_of_the_file() -> None:
    text = "name: n\nqueryFrequency: PT5M\nqueryPeriod: 1h\nquery: |\n  T\n  | where U contains 'crt.sh'\n"
    rule = one(text, "r.yaml")
    place = rule.terms[0].values[0].place
    assert text.splitlines()[place.line - 1][place.column - 1 :] == "'crt.sh'"
    assert (rule.frequency, rule.spans[0].seconds) == (300, 3600)


def test_hosts_in_literals() -> None:
    assert hosts_in("^(.*[.])?(crt[.]sh|api\\.shodan\\.io)[.]?$") == ["crt.sh", "api.shodan.io"]
    assert hosts_in("https://www.example.com:443/a.php?q=1.2.3.4") == ["www.example.com"]
    assert hosts_in("C:\\python.exe") == []


@pytest.mark.parametrize(
    ("text", "length"), [("10m", 600), ("PT1H", 3600), ("-1h@h", 3600), ("7 DAYS", 604_800)]
)
def test_seconds(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("(" * 5000, "r.kql"),
        ("T | where " + "(" * 100 + "a == 'x'", "r.kql"),
        ("a: " + "[" * 4000, "r.yml"),
        ("- " * 100_000 + "a", "r.yml"),
        ("? " * 50_000 + "a", "r.yml"),
        ("detection: {a: &x {b: c}, d: *x, condition: a}", "r.yml"),
        ("detection:\n  a: {b: c, d: e, f: g}\n  condition: " + "1 of them or " * 35_000 + "a", "r.yml"),
        ("let a0='x';" + "".join(f"let a{n + 1}=strcat(a{n},'{n}');" for n in range(5000)) + "T", "r.kql"),
        ("x" * (MOST + 1), "r.kql"),
        ("", "r.spl"),
        ("a plain sentence", "standard input"),
        ("- 1", "r.yml"),
    ],
)
def test_what_is_no_rule_is_refused_with_a_reason(text: str, name: str) -> None:
    with pytest.raises(ConfigError) as problem:
        read(text, name)
    assert problem.value.what


@pytest.mark.parametrize("piece", ["a", "a.", "'", '"', "```", "(a)", "not ", "x or ", "[", "crt.sh|", "\\"])
def test_time_grows_with_the_length_only(piece: str) -> None:
    text = f'T | where Host matches regex "{piece * 20_000}" or U contains {piece * 20_000}'
    start = time.process_time()
    try:
        for rule in read(text, "r.kql"):
            defects_of(rule, CATALOGUE)
    except ConfigError:
        pass
    assert time.process_time() - start < 5


WORDS = st.sampled_from(
    [
        *(
            "T",
            "|",
            "where",
            "summarize",
            "count()",
            "by",
            "or",
            "and",
            "not",
            "(",
            ")",
            "[",
            "]",
            '"crt.sh"',
            "'",
            '"',
        ),
        *(
            "has_any",
            "==",
            "in~",
            "let",
            "=",
            ";",
            "5",
            ">=",
            "ago(1h)",
            "bin(",
            "SELECT",
            "FROM events",
            "WHERE",
        ),
        *(
            "HAVING",
            "LAST 1 HOURS",
            "CASE",
            "END",
            "index=*",
            "stats dc(url) AS x",
            "search",
            "rex field=",
            "eval a=",
        ),
        *(
            "detection:",
            "condition: 1 of them",
            "\n",
            "  sel:\n    a|re: '('",
            "case(",
            ",",
            "matches regex",
            "//",
            "{",
        ),
    ]
)


RULES = [path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*/*.*"))]
PIECES = [
    "(",
    ")",
    "[",
    "]",
    "|",
    '"',
    "'",
    "`",
    " or ",
    " and ",
    " not ",
    "{",
    "}",
    ";",
    "=",
    ",",
    "\n",
    "*",
    "case(",
    "",
]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(RULES),
    st.lists(
        st.tuples(st.integers(0, 1500), st.integers(0, 60), st.sampled_from(PIECES)), min_size=1, max_size=6
    ),
    st.sampled_from(NAMES),
)
def test_a_broken_rule_gives_defects_or_a_reason(
    text: str, cuts: list[tuple[int, int, str]], name: str
) -> None:
    for start, length, piece in cuts:
        text = text[:start] + piece + text[start + length :]
    try:
        rules = read(text, name)
    except ConfigError as problem:
        assert problem.what
        return
    for rule in rules:
        assert all(defect.line >= 1 for defect in defects_of(rule, CATALOGUE))


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.lists(WORDS, max_size=40).map(" ".join), st.text(max_size=200)), st.sampled_from(NAMES))
def test_any_text_gives_defects_or_a_reason(text: str, name: str) -> None:
    try:
        rules = read(text, name)
    except ConfigError as problem:
        assert problem.what
        return
    lines = text.count("\n") + text.count("\r") + 2
    for rule in rules:
        for defect in defects_of(rule, CATALOGUE):
            assert defect.what
            assert defect.instead
            assert 1 <= defect.line <= lines
            assert defect.column >= 1
