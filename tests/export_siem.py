"""Run by test_export_sigma in an environment that has pySigma backends: rules and events in, JSON out.

python export_siem.py RULES FORM [EVENTS]: FORM is sqlite (runs the queries on the events), splunk, kusto or
elasticsearch (converts each rule and says which cannot be).
"""

from __future__ import annotations

import importlib
import json
import re
import sqlite3
import sys
from pathlib import Path

from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError

BACKENDS = {
    "splunk": ("sigma.backends.splunk", "SplunkBackend", None),
    "kusto": ("sigma.backends.kusto", "KustoBackend", "sigma.pipelines.microsoftxdr:microsoft_xdr_pipeline"),
    "elasticsearch": ("sigma.backends.elasticsearch", "ESQLBackend", None),
    "lucene": ("sigma.backends.elasticsearch", "LuceneBackend", None),
}


def converted(rules_file: str, form: str) -> dict[str, str]:
    """By rule: empty when it converts, else why not."""
    module, name, pipeline = BACKENDS[form]
    made = None
    if pipeline:
        where, _, function = pipeline.partition(":")
        made = getattr(importlib.import_module(where), function)()
    backend = getattr(importlib.import_module(module), name)(processing_pipeline=made)
    rules = SigmaCollection.from_yaml(Path(rules_file).read_text(encoding="utf-8"))
    found = {}
    for rule in rules:
        try:
            if hasattr(rule, "detection"):
                backend.convert_rule(rule)  # what a correlation refers to is kept for it, not returned
                found[rule.name] = "" if all(rule.get_conversion_result()) else "empty"
            else:
                found[rule.name] = "" if all(backend.convert_correlation_rule(rule)) else "empty"
        except (SigmaError, NotImplementedError) as problem:
            found[rule.name] = f"{type(problem).__name__}: {problem}"[:200]
    return found


def ran(rules_file: str, events: list[dict[str, object]]) -> dict[str, list[object]]:
    """By rule: what its query answers on the events; the last of those of a correlation."""
    backends = importlib.import_module("sigma.backends.sqlite")
    base = sqlite3.connect(":memory:")
    base.create_function("REGEXP", 2, lambda p, v: v is not None and re.search(p, str(v)) is not None)
    columns = list(events[0])
    names = ", ".join(f'"{one}" COLLATE NOCASE' for one in columns)
    base.execute(f"CREATE TABLE logs ({names})")
    marks = ", ".join("?" for _ in columns)
    base.executemany(
        f"INSERT INTO logs VALUES ({marks})", [[one[name] for name in columns] for one in events]
    )
    backend = backends.sqliteBackend()
    found: dict[str, list[object]] = {}
    rules = SigmaCollection.from_yaml(Path(rules_file).read_text(encoding="utf-8"))
    queries = backend.convert(rules)
    named = [rule.name for rule in rules if rule._output]
    assert len(named) == len(queries), (len(named), len(queries))
    for name, query in zip(named, queries, strict=True):
        cursor = base.execute(query.replace("<TABLE_NAME>", "logs"))
        heads = [one[0] for one in cursor.description]
        found[name] = [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]
    return found


if __name__ == "__main__":
    rules_file, form = sys.argv[1:3]
    if form == "sqlite":
        answer: object = ran(rules_file, json.loads(Path(sys.argv[3]).read_text(encoding="utf-8")))
    else:
        answer = converted(rules_file, form)
    print(json.dumps(answer))
