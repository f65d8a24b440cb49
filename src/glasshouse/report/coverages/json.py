"""A coverage Ledger in, one JSON document out: every way with every view, times as RFC 3339."""

from __future__ import annotations

from glasshouse.ledger import GRADE_WORDS, Heard, Ledger, Way, best
from glasshouse.report import ledger_words as words
from glasshouse.report.exposed_facts import iso
from glasshouse.report.exposed_json import jsonable, written

TITLE = "JSON: the whole ledger, for programs"
SUFFIX = ".json"

FORMAT = "glasshouse-coverage"
VERSION = 1


def render(ledger: Ledger) -> str:
    """The document. ``now`` of a way is its grade over the kinds that are heard; silent ones never count."""
    return (
        written(
            {
                "format": FORMAT,
                "version": VERSION,
                "made": iso(ledger.made),
                "of": ledger.of,
                "says": words.headline(ledger),
                "grades": GRADE_WORDS,
                "techniques": [
                    {
                        "technique": one.technique,
                        "ways": one.ways,
                        "databases": one.databases,
                        "lost": one.lost,
                    }
                    | {"grades": dict(one.grades)}
                    for one in words.shares(ledger)
                ],
                "kinds": jsonable(ledger.kinds),
                "sources": [_heard(one) for one in ledger.heard],
                "ways": [_way(way, ledger.at_hand) for way in ledger.ways],
                "rules": jsonable(ledger.rules),
                "beyond": jsonable(ledger.beyond),
                "blind": jsonable(ledger.blind),
                "troubles": jsonable(ledger.troubles),
            },
            indent=True,
        )
        + "\n"
    )


def _heard(one: Heard) -> dict[str, object]:
    whole = jsonable(one)
    seconds = one.usual / 1_000_000 if one.usual is not None else None
    del whole["usual"]
    return {**whole, "first": iso(one.first), "last": iso(one.last), "usual_seconds": seconds}


def _way(way: Way, kinds: frozenset[str]) -> dict[str, object]:
    now = best(way, kinds)
    views = {view.kind: {"grade": view.grade, "reason": view.reason} for view in way.views}
    return {
        "database": way.database,
        "techniques": list(way.techniques),
        "at": way.at,
        "place": way.place,
        "now": now.grade,
        "through": now.kind or None,
        "views": views,
    }
