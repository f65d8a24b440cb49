"""A coverage Ledger in, a DeTT&CT technique administration file (YAML, version 1.2) out.

Format: https://github.com/rabobank-cdc/DeTTECT/wiki/YAML-administration-files
"""

from __future__ import annotations

import yaml

from glasshouse.ledger import Ledger, Share
from glasshouse.report import ledger_words as words

TITLE = "DeTT&CT technique administration YAML, version 1.2: visibility and detection with a score logbook"
SUFFIX = ".yaml"


def render(ledger: Ledger) -> str:
    """The file: visibility 0 to 4 and detection -1 to 3 per technique, dated, marked as made by a program."""
    made = {
        "version": 1.2,
        "file_type": "technique-administration",
        "name": "glasshouse-open-technical-databases",
        "domain": "enterprise-attack",
        "platform": ["PRE"],
        "techniques": [_technique(ledger, one) for one in words.shares(ledger)],
    }
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=False, width=110)


def _technique(ledger: Ledger, one: Share) -> dict[str, object]:
    rules = words.runnable(ledger, one.technique)
    lost = f"; {words.lost_words(one)}" if one.lost else ""
    score = words.detection(ledger, one.technique, one)
    return {
        "technique_id": one.technique,
        "technique_name": words.title(one.technique),
        "detection": [
            {
                "applicable_to": ["all"],
                "location": [f"glasshouse rule {name}" for name in rules] if score >= 0 else [],
                "comment": words.warning(),
                "score_logbook": [
                    {
                        "date": words.day(ledger.made),
                        "score": score,
                        "comment": f"{len(rules)} rules could run",
                    }
                ],
            }
        ],
        "visibility": [
            {
                "applicable_to": ["all"],
                "comment": words.warning(),
                "score_logbook": [
                    {
                        "date": words.day(ledger.made),
                        "score": words.visibility(one),
                        "comment": f"Of {one.ways} ways to ask, {words.counts(one)}{lost}",
                        "auto_generated": True,
                    }
                ],
            }
        ],
    }
