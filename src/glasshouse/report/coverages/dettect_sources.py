"""A coverage Ledger in, a DeTT&CT data source administration file (YAML, version 1.1) out.

Format: https://github.com/rabobank-cdc/DeTTECT/wiki/YAML-administration-files. Names are ATT&CK data
components, and DeTT&CT's own where ATT&CK has none.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from glasshouse.ledger import Heard, Ledger, best
from glasshouse.report import ledger_words as words
from glasshouse.safe import safe

TITLE = "DeTT&CT data source administration YAML, version 1.1"
SUFFIX = ".yaml"

COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "Internal DNS [DeTT&CT data source]": ("dns",),
    "Web [DeTT&CT data source]": ("connect", "url", "https", "query", "body"),
    "Network Traffic Content": ("tls", "whois", "sql"),
    "Network Traffic Flow": ("flow",),
    "Network Connection Creation": ("named",),
    "Process Creation": ("process",),
    "Command Execution": ("process",),
}
_DIMENSIONS = (*("device_completeness", "data_field_completeness", "timeliness", "consistency", "retention"),)


def render(ledger: Ledger) -> str:
    """The file. Only ``data_field_completeness`` can be told from the ledger; 0 elsewhere: not judged."""
    made = {
        "version": 1.1,
        "file_type": "data-source-administration",
        "name": "glasshouse-open-technical-databases",
        "domain": "enterprise-attack",
        "systems": [{"applicable_to": "default", "platform": ["PRE"]}],
        "data_sources": [
            {"data_source_name": name, "data_source": [_source(ledger, kinds)]}
            for name, kinds in COMPONENTS.items()
        ],
    }
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=False, width=110)


def _source(ledger: Ledger, kinds: tuple[str, ...]) -> dict[str, object]:
    mine = [one for one in ledger.heard if not set(kinds).isdisjoint(one.kinds)]
    speaking = [one for one in mine if one.state == "heard"]
    begun = min((one.first for one in mine if one.first is not None), default=None)
    fields = _fields(ledger, {kind for one in speaking for kind in one.kinds if kind in kinds})
    return {
        "applicable_to": ["default"],
        "date_registered": words.day(ledger.made),
        "date_connected": words.day(begun) if begun is not None else None,
        "products": sorted({one.source for one in mine}),
        "available_for_data_analytics": bool(speaking),
        "comment": _said(mine),
        "data_quality": {name: fields if name == "data_field_completeness" else 0 for name in _DIMENSIONS},
    }


def _said(mine: list[Heard]) -> str:
    told = [f"{safe(one.name)}: {one.says}" for one in mine if one.state == "silent"]
    return "; ".join([*told, "of the quality, only the fields were judged, by a program"])


def _fields(ledger: Ledger, kinds: set[str]) -> int:
    """What these kinds show of all ways, in the mean, as DeTT&CT counts from 0 to 5."""
    points = [words.POINTS[best(way, kinds).grade] for way in ledger.ways]
    return sum(points) // (20 * len(points)) if points else 0
