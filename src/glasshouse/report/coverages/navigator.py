"""A coverage Ledger in, an ATT&CK Navigator layer out: score, colour, comment and metadata per technique.

Format 4.5: https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerformat.md
"""

from __future__ import annotations

from glasshouse.ledger import GRADE_WORDS, PARENT, Ledger, Share
from glasshouse.report import ledger_words as words
from glasshouse.report.exposed_facts import iso
from glasshouse.report.exposed_json import written
from glasshouse.safe import safe

TITLE = "ATT&CK Navigator layer 4.5"
SUFFIX = ".json"

GREY = "#bdbdbd"
COLOURS = ("#ffffff", "#fdd49e", "#31a354")
_TACTIC = "reconnaissance"


def render(ledger: Ledger) -> str:
    """The layer. A technique with a way that showed more before a source fell silent is grey."""
    points = ", ".join(f"{GRADE_WORDS[grade]} {worth}" for grade, worth in words.POINTS.items())
    layer = {
        "name": "Lookups in open technical databases: what could be seen",
        "versions": {"attack": "18", "navigator": "5.1.0", "layer": "4.5"},
        "domain": "enterprise-attack",
        "description": f"{words.headline(ledger)} {words.warning()} Score: mean over all ways ({points}).",
        "filters": {"platforms": ["PRE"]},
        "sorting": 0,
        "layout": {
            "layout": "side",
            "aggregateFunction": "average",
            "showID": True,
            "showName": True,
            "showAggregateScores": False,
            "countUnscored": False,
            "expandedSubtechniques": "annotated",
        },
        "hideDisabled": False,
        "techniques": [_technique(ledger, one) for one in words.shares(ledger)],
        "gradient": {"colors": list(COLOURS), "minValue": 0, "maxValue": 100},
        "legendItems": [
            {"label": "a source fell silent: showed more before", "color": GREY},
            {"label": "0: could not be seen", "color": COLOURS[0]},
            {"label": "50: the database could be seen, the target could not", "color": COLOURS[1]},
            {"label": "100: the target of every way could be seen", "color": COLOURS[2]},
        ],
        "metadata": [
            {"name": "made", "value": iso(ledger.made) or ""},
            {"name": "over", "value": "the lake" if ledger.of == "lake" else "logs at hand"},
            *({"name": "silent", "value": line} for line in words.silences(ledger)),
        ],
        "links": [],
        "showTacticRowBackground": False,
        "tacticRowBackground": "#dddddd",
        "selectTechniquesAcrossTactics": True,
        "selectSubtechniquesWithParent": False,
        "selectVisibleTechniques": False,
    }
    return written(layer, indent=True) + "\n"


def _technique(ledger: Ledger, one: Share) -> dict[str, object]:
    lost = f" {words.lost_words(one)}." if one.lost else ""
    return {
        "techniqueID": one.technique,
        "tactic": _TACTIC,
        "score": words.share_points(one),
        "color": GREY if one.lost else "",
        "comment": f"Of {one.ways} ways to ask, {words.counts(one)}.{lost} {words.warning()}",
        "enabled": True,
        "metadata": [
            {"name": "ways to ask", "value": str(one.ways)},
            {"name": "databases", "value": str(one.databases)},
            *({"name": GRADE_WORDS[grade], "value": str(count)} for grade, count in one.grades),
            *({"name": kind.title, "value": f"{kind.state}: {safe(kind.says)}"} for kind in ledger.kinds),
            {"name": "rules that could run", "value": str(len(words.runnable(ledger, one.technique)))},
        ],
        "links": [],
        "showSubtechniques": one.technique == PARENT,
    }
