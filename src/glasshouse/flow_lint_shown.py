"""The defects of rules in; text, JSON or SARIF 2.1.0 out, with nothing in it that could steer a terminal."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict

from glasshouse import __version__
from glasshouse.errors import UsageError
from glasshouse.flow_lint import LEVELS, Linted
from glasshouse.leaf import lints
from glasshouse.safe import safe

FORMATS = ("text", "json", "sarif")
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def shown(linted: Linted, form: str) -> str:
    """The whole text; raises UsageError for a format that is not there."""
    if form not in FORMATS:
        raise UsageError(f"unknown format {safe(form)!r}", "-f", f"one of: {', '.join(FORMATS)}")
    if form == "json":
        return json.dumps(_document(linted), indent=2, ensure_ascii=True) + "\n"
    return (
        json.dumps(_sarif(linted), indent=2, ensure_ascii=True) + "\n" if form == "sarif" else _text(linted)
    )


def _text(linted: Linted) -> str:
    lines: list[str] = []
    for one in linted.defects:
        if not one.stated:
            lines += [
                safe(f"{one.file}:{one.line}:{one.column}: {one.level}: {one.code}: {one.what}"),
                safe(f"    {one.why}"),
                safe(f"    instead: {one.instead}"),
            ]
    for file in linted.files:
        stated = sorted({one.code for one in linted.defects if one.stated and one.file == file})
        if stated:
            lines.append(safe(f"{file}: limits the rule states itself: {', '.join(stated)}"))
    defects = [one for one in linted.defects if not one.stated]
    levels = Counter(one.level for one in defects)
    said = ", ".join(f"{levels[level]} {level}{'s' * (levels[level] != 1)}" for level in reversed(LEVELS))
    kinds = len({one.code for one in defects})
    rules = f"{linted.rules} rule{'s' * (linted.rules != 1)}"
    summary = f"{len(defects)} defects of {kinds} kinds: {said}" if defects else "no defects"
    unread = f"; {len(linted.troubles)} files could not be read" if linted.troubles else ""
    return "\n".join([*lines, f"{rules}: {summary}{unread}"]) + "\n"


def _document(linted: Linted) -> dict[str, object]:
    return {
        "files": [safe(name) for name in linted.files],
        "rules": linted.rules,
        "troubles": [safe(str(one)) for one in linted.troubles],
        "defects": [
            {key: safe(value) if isinstance(value, str) else value for key, value in asdict(one).items()}
            for one in linted.defects
        ],
    }


def _sarif(linted: Linted) -> dict[str, object]:
    """As in the SARIF 2.1.0 specification of OASIS; what the rule states itself is suppressed in the "
    "source."""
    kinds = [
        {
            "id": kind.CODE,
            "shortDescription": {"text": kind.TITLE},
            "fullDescription": {"text": kind.WHY},
            "defaultConfiguration": {"level": kind.LEVEL},
        }
        for kind in lints().values()
    ]
    results = [
        {
            "ruleId": one.code,
            "level": one.level,
            "message": {"text": safe(f"{one.what}. {one.why} Instead: {one.instead}")},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": safe(one.file).replace("\\", "/")},
                        "region": {"startLine": one.line, "startColumn": one.column},
                    }
                }
            ],
            **({"suppressions": [{"kind": "inSource"}]} if one.stated else {}),
        }
        for one in linted.defects
    ]
    driver = {"name": "glasshouse lint", "version": __version__, "rules": kinds}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
