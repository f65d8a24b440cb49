"""An Exposure in, one JSON document out: everything in it, under stable names, times as RFC 3339."""

from __future__ import annotations

from glasshouse.findings import Exposure
from glasshouse.report import exposed_words as words
from glasshouse.report.exposed_json import jsonable, written

TITLE = "JSON: the whole document, for programs"
SUFFIX = ".json"
ALL = True

FORMAT = "glasshouse-exposure"
VERSION = 1


def render(exposure: Exposure) -> str:
    """The document; ``complete`` is false where anything could not be seen or judged."""
    head = {
        "format": FORMAT,
        "version": VERSION,
        "complete": not (exposure.blind or exposure.troubles),
        "says": words.headline(exposure),
    }
    whole = {name: value for name, value in jsonable(exposure).items() if name != "home"}
    return f"{written({**head, **whole}, indent=True)}\n"
