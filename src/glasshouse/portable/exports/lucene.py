"""A Pack in, Elastic detection rules with Lucene queries out: threshold rules, one JSON object a line.

Rules: https://www.elastic.co/docs/api/doc/kibana (Security Detections API, rules of type query and
threshold); fields of the Elastic Common Schema. A file of such lines can be imported as it is.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from glasshouse.portable.hosts import at_or_below, pattern_regex
from glasshouse.portable.literals import AGENT
from glasshouse.portable.pack import File, Hosts, Pack, Page, Saying
from glasshouse.portable.sayings import FOLDED, HOSTS_COUNT, KEYS, REFERENCE, about, file_name, line

TITLE = "Lucene: threshold rules for Elastic Security"
FILE = "glasshouse.ndjson"
JOIN = ""
LACKS = (
    "Lucene compares keyword fields letter by letter: names must be in small letters in the index.",
    "The rule runs every sixth of its span over the last span: it comes near to a sliding one, and repeats "
    "its alert while the count stands.",
    HOSTS_COUNT,
    FOLDED,
    "Not run against a real cluster.",
    KEYS,
)
Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json]"
_UNSAID = ("minutes", "hours", "days")
_SCORES = {"informational": 5, "low": 21, "medium": 47, "high": 73, "critical": 99}
_NAMES = {
    "T1596": "Search Open Technical Databases", "T1596.001": "DNS/Passive DNS", "T1596.002": "WHOIS",
    "T1596.003": "Digital Certificates", "T1596.004": "CDNs", "T1596.005": "Scan Databases",
}  # fmt: skip
_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, f"{REFERENCE}#glasshouse-export-lucene")


@dataclass(frozen=True, slots=True)
class Log:
    """One kind of log: its indices and fields."""

    name: str
    index: tuple[str, ...]
    host: str
    path: str = ""
    agent: str = ""


_LOGS = (
    Log("dns", ("packetbeat-*", "logs-network_traffic.dns-*", "logs-*"), "dns.question.name"),
    Log("proxy", ("filebeat-*", "packetbeat-*", "logs-*"), "url.domain", "url.path", "user_agent.original"),
)


def render(pack: Pack) -> tuple[File, ...]:
    """One rule a kind of log; rules that count minutes, hours or days are left out and named."""
    left = [one.title for one in pack.sayings if any(each.what in _UNSAID for each in one.measures)]
    lacks = (*LACKS, *((f"Rules that this form does not say: {'; '.join(left)}.",) * bool(left)))
    files = []
    for saying in pack.sayings:
        if saying.programs:
            files.append(_file(saying.name, {**_rule(pack, saying, lacks), **_programs(saying)}))
        elif saying.title not in left:
            for log in _LOGS:
                if log.agent or (saying.browsers != "only" and saying.measures[0].what != "agents"):
                    named = replace(
                        saying, name=f"{saying.name}_{log.name}", title=f"{saying.title} ({log.name})"
                    )
                    files.append(_file(named.name, {**_rule(pack, named, lacks), **_counted(named, log)}))
    return tuple(files)


def _file(name: str, rule: dict[str, Json]) -> File:
    saying = Saying(name=name, title="", description="", level="low", techniques=(), falsepositives=())
    return File(file_name(saying, ".ndjson"), json.dumps(rule, ensure_ascii=True) + "\n")


def _rule(pack: Pack, saying: Saying, lacks: tuple[str, ...]) -> dict[str, Json]:
    level = "low" if saying.level == "informational" else saying.level
    return {
        "name": f"Glasshouse: {line(saying.title)}",
        "rule_id": str(uuid.uuid5(_SPACE, saying.name)),
        "description": "\n".join(line(one) for one in about(pack, saying, lacks)),
        "author": ["Glasshouse"],
        "license": pack.licence,
        "version": int("".join(one for one in pack.dated if one in "0123456789") or 1),
        "enabled": False,
        "severity": level,
        "risk_score": _SCORES.get(level, 21),
        "false_positives": [line(one) for one in saying.falsepositives],
        "references": [REFERENCE],
        "tags": ["Tactic: Reconnaissance", *saying.techniques],
        "threat": [_threat(saying)],
    }


def _threat(saying: Saying) -> dict[str, Json]:
    below: list[Json] = [
        {"id": one, "name": _NAMES.get(one, one), "reference": f"{REFERENCE}{one[-3:]}/"}
        for one in saying.techniques
        if one.startswith("T1596.")
    ]
    tactic: dict[str, Json] = {"id": "TA0043", "name": "Reconnaissance"}
    tactic["reference"] = "https://attack.mitre.org/tactics/TA0043/"
    technique: dict[str, Json] = {
        "id": "T1596",
        "name": _NAMES["T1596"],
        "reference": REFERENCE,
        "subtechnique": below,
    }
    return {"framework": "MITRE ATT&CK", "tactic": tactic, "technique": [technique]}


def _counted(saying: Saying, log: Log) -> dict[str, Json]:
    measure = saying.measures[0]
    field = {"databases": log.host, "agents": log.agent}.get(measure.what, "")
    limit: dict[str, Json] = {"field": ["source.ip"], "value": 1 if field else measure.least}
    if field:
        limit["cardinality"] = [{"field": field, "value": measure.least}]
    return {
        "type": "threshold",
        "language": "lucene",
        "index": list(log.index),
        "query": _query(saying, log),
        "threshold": limit,
        "from": f"now-{saying.span}s",
        "interval": f"{max(60, saying.span // 6)}s",
    }


def _query(saying: Saying, log: Log) -> str:
    ways = [_named(saying.hosts, log.host)]
    ways += [_page(page, log) for each in saying.databases for page in each.hosts.pages if log.path]
    query = f"({' OR '.join(ways)})" if len(ways) > 1 else ways[0]
    if log.agent and saying.browsers != "any":
        browser = f"{log.agent}:{_escaped(AGENT)}*"
        query += f" AND {browser if saying.browsers == 'only' else f'NOT {browser}'}"
    return query


def _named(hosts: Hosts, field: str) -> str:
    found = _terms((*hosts.wide, *hosts.exact), hosts.wide)
    found += [f"/{pattern_regex(pattern)}[.]?/" for pattern in hosts.patterns]
    text = f"{field}:({' OR '.join(found)})"
    opens = [one for one in hosts.open if at_or_below(one, hosts.wide)]
    return f"({text} AND NOT {field}:({' OR '.join(_terms(opens, opens))}))" if opens else text


def _terms(names: Sequence[str], wide: Sequence[str]) -> list[str]:
    """Each name with and without the dot at the end, and as the end of longer names."""
    found = [f"{_escaped(name)}{dot}" for name in names for dot in ("", ".")]
    return found + [f"*.{_escaped(name)}{dot}" for name in wide for dot in ("", ".")]


def _page(page: Page, log: Log) -> str:
    start = "" if page.anchored else "*"
    path = start + "*".join(_escaped(piece) for piece in page.pieces) + "*"
    hosts = _terms(page.hosts, page.hosts if page.wide else [])
    return f"({log.host}:({' OR '.join(hosts)}) AND {log.path}:{path})"


def _escaped(text: str) -> str:
    """Text as part of a term: what the query language itself uses stands after a backslash; * stays."""
    return "".join(f"\\{one}" if one in '+-=&|><!(){}[]^"~?:\\/ ' else one for one in text)


def _programs(saying: Saying) -> dict[str, Json]:
    names = [
        each for one in saying.programs for each in ((one,) if one.endswith("*") else (one, f"{one}.exe"))
    ]
    query = f"event.category:process AND process.name:({' OR '.join(_escaped(one) for one in names)})"
    return {"type": "query", "language": "lucene", "index": ["winlogbeat-*", "logs-*"], "query": query}
