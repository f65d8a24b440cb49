"""Exported texts in; out, a function per form that says whether a host (and path) is matched by them.

Each reads the text as its platform would: the condition is cut out of the file and evaluated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache

import yaml
from sigma.collection import SigmaCollection

from export_queries import condition
from glasshouse.watch.detect import evaluate, plan, translate

Matcher = Callable[[str, str], bool]
WHERE = {
    "kql": (r"\| where (\(Host matches.*?)\n\| extend Database", ""),
    "spl": (r"\| where (\(match.*?)\n\| eval database", ""),
    "esql": (r"\| WHERE (\(*ENDS_WITH.*?|\(asked.*?)\n\| EVAL database", ""),
    "aql": (r"\nWHERE (.*?)\n(?:GROUP BY|  AND)", '"'),
}


def query(form: str, text: str) -> Matcher:
    """A language whose condition ``export_queries`` reads; KQL keeps two patterns in variables."""
    pattern, columns = WHERE[form]
    found = re.search(pattern, text, re.DOTALL)
    assert found, text[:3000]
    holds = condition(found.group(1), columns)
    lets = dict(re.findall(r'^let (\w+) = "([^"]*)";$', text, re.MULTILINE))

    def matches(host: str, path: str = "") -> bool:
        low = host.lower()
        plain = low.removesuffix(".")
        row = {
            "Host": low,
            "Path": path.lower(),
            "Whois": False,
            "host": low,
            "path": path.lower(),
            "whois": False,
            **lets,
        }
        row |= {"asked": plain, "below": f".{plain}", "DNS Query": host, "URL Host": host, "URL Path": path}
        return bool(holds(row))

    return matches


def lucene(text: str) -> Matcher:
    """The query of a rule: fields, terms with *, AND, OR, NOT."""
    words = re.findall(r"/[^/\s]+/|\(|\)|(?:\\.|[^\s()\\])+", json.loads(text)["query"])

    def matches(host: str, path: str = "") -> bool:
        at = 0
        row = {"dns.question.name": host, "url.domain": host, "url.path": path}

        def either(field: str) -> bool:
            nonlocal at
            found = both(field)
            while at < len(words) and words[at] == "OR":
                at += 1
                found = both(field) or found
            return found

        def both(field: str) -> bool:
            nonlocal at
            found = one(field)
            while at < len(words) and words[at] == "AND":
                at += 1
                found = one(field) and found
            return found

        def one(field: str) -> bool:
            nonlocal at
            word = words[at]
            at += 1
            if word == "NOT":
                return not one(field)
            if word == "(":
                found = either(field)
                assert words[at] == ")"
                at += 1
                return found
            named = re.match(r"([a-z_.]+):(.*)", word)
            if named and named[1] in (*row, "user_agent.original"):
                if not named[2]:
                    return one(named[1])
                return term(named[2], row.get(named[1], ""))
            return term(word, row[field])

        found = either("")
        assert at == len(words)
        return found

    return matches


def term(pattern: str, value: str) -> bool:
    """A term of Lucene: a backslash takes the meaning from what follows, * is any text, case counts."""
    return _term(pattern).fullmatch(value) is not None


@cache
def _term(pattern: str) -> re.Pattern[str]:
    if len(pattern) > 1 and pattern[0] == pattern[-1] == "/":
        return re.compile(pattern[1:-1])  # a regular expression, which wants the whole text
    parts = re.findall(r"\\.|.", pattern)
    regex = "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)
    return re.compile(regex)


def suricata(text: str) -> dict[str, Matcher]:
    """The rules of one file by protocol: matched when any alerts on a buffer with this name."""
    found: dict[str, Matcher] = {}
    for protocol in ("dns", "tls", "http"):
        rules = [tests(options(line)) for line in text.splitlines() if line.startswith(f"alert {protocol} ")]
        found[protocol] = lambda host, path="", rules=rules: any(
            alerts(rule, host.removesuffix("."), path) for rule in rules
        )
    return found


def options(line: str) -> list[tuple[str, str]]:
    """Keyword and value of each option of a rule."""
    body = re.fullmatch(r"alert \w+ \S+ any -> \S+ \S+ \((.*)\)", line)
    assert body, line
    found = re.findall(r'\s*([a-z_.]+)(?::((?:"[^"]*"|[^;"])*))?;', body[1])
    assert "".join(re.findall(r'\s*[a-z_.]+(?::(?:"[^"]*"|[^;"])*)?;', body[1])) == body[1], line
    return found


Test = dict[str, object]


def tests(rule: list[tuple[str, str]]) -> list[Test]:
    """The contents of a rule, each with its sticky buffer and its modifiers."""
    found: list[Test] = []
    buffer, dotted = "", False
    for keyword, value in rule:
        if keyword in ("dns.query", "tls.sni", "http.host", "http.uri"):
            buffer, dotted = keyword, False
        elif keyword == "dotprefix":
            dotted = True
        elif keyword in ("content", "pcre"):
            no, what = value.startswith("!"), value.lstrip("!").strip('"')
            if keyword == "content":
                what = re.sub(r"\|([0-9A-F]{2})\|", lambda m: chr(int(m[1], 16)), what)
            else:
                assert re.fullmatch("/.*/i?", what), what
                assert not (what.endswith("i") and buffer == "http.host"), "http.host is in small letters"
            found.append({"no": no, "what": what, "of": buffer, "dot": dotted, "is": keyword})
        elif keyword in ("nocase", "startswith", "endswith", "distance") and found:
            assert not (keyword == "nocase" and buffer == "http.host"), "http.host refuses nocase"
            found[-1][keyword] = True
            if keyword == "nocase":
                found[-1]["what"] = str(found[-1]["what"]).lower()
    return found


def alerts(rule: list[Test], host: str, path: str) -> bool:
    """Whether all contents of a rule hold; a rule without any (port 43) says nothing about names."""
    buffers = {"dns.query": host, "tls.sni": host, "http.host": host.lower(), "http.uri": path}
    at: dict[str, int] = {}
    for test in rule:
        text = ("." if test["dot"] else "") + buffers[str(test["of"])]
        if (_content(test, text, at) if test["is"] == "content" else _pcre(test, text)) == test["no"]:
            return False
    return bool(rule)


def _pcre(test: Test, text: str) -> bool:
    return _compiled(str(test["what"])).search(text) is not None


@cache
def _compiled(written: str) -> re.Pattern[str]:
    pattern, _, flags = written[1:].rpartition("/")
    return re.compile(pattern, re.IGNORECASE if flags else 0)


def _content(test: Test, text: str, at: dict[str, int]) -> bool:
    wanted = str(test["what"])
    if test.get("nocase"):
        text = text.lower()
    if test.get("startswith") and not text.startswith(wanted):
        return False
    if test.get("endswith"):
        return text.endswith(wanted) and (not test.get("startswith") or text == wanted)
    start = at.get(str(test["of"]), -1) + 1 if test.get("distance") else 0
    found = text.find(wanted, start)
    at[str(test["of"])] = found + len(wanted)
    return found >= 0


FIELDS = {
    "proxy": ("cs-host", "c-uri"),
    "dns_query": ("QueryName", ""),
    "network_connection": ("DestinationHostname", ""),
}
FAMILIES = re.compile(r"glasshouse_(cdn|ct|pdns|scan|whois)_(dns|proxy|network)")


def sigma(texts: list[str], category: str) -> Matcher:
    """The base rules of all databases in one kind of log, by the tests of our own Sigma engine."""
    documents = [yaml.load(text, yaml.CSafeLoader) for text in texts]
    rules = [
        SigmaCollection.from_dicts([one]).rules[0]
        for one in documents
        if one.get("logsource", {}).get("category") == category and FAMILIES.fullmatch(one["name"])
    ]
    assert len(rules) == 5
    plans = [judge(translate.condition(rule.detection)) for rule in rules]
    name, uri = FIELDS[category]
    return lambda host, path="": any(plan({name: host.lower(), uri: path.lower()}) for plan in plans)


def judge(node: plan.Node) -> Callable[[dict[str, str]], bool]:
    """A plan as a function of a row of any log, where our engine has columns of lookups."""
    if isinstance(node, plan.Test):
        check, field, op = evaluate.element_check(node), node.field, node.op
        return lambda row: evaluate.holds(check, op, row.get(field))
    if isinstance(node, plan.Not):
        inner = judge(node.part)
        return lambda row: not inner(row)
    assert isinstance(node, plan.All | plan.Any)
    parts, some = [judge(part) for part in node.parts], all if isinstance(node, plan.All) else any
    return lambda row: some(part(row) for part in parts)
