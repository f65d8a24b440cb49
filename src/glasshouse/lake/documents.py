"""An alert in, one JSON object for the database out; and back, without loss."""

from __future__ import annotations

from dataclasses import asdict

import orjson

from glasshouse.lake.columns import clean
from glasshouse.records import Actor, Alert, Client, Evidence, Points, Requests, Target, Visibility


def text_of(alert: Alert) -> str:
    """The alert as one JSON object."""
    try:
        return orjson.dumps(alert).decode()
    except TypeError:  # half a character somewhere
        return orjson.dumps(_cleaned(asdict(alert))).decode()


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list | tuple) else value


def alert_of(text: str) -> Alert:
    """The alert of such an object."""
    said = orjson.loads(text)
    shown = said["visibility"]
    whole = {
        **said,
        "actor": Actor(**said["actor"]),
        "points": tuple(Points(**one) for one in said["points"]),
        "requests": Requests(**said["requests"]),
        "targets": tuple(Target(**one) for one in said["targets"]),
        "clients": tuple(Client(**one) for one in said["clients"]),
        "visibility": Visibility(*(tuple(shown[name]) for name in ("seen_through", "sources", "not_shown"))),
        "evidence": tuple(Evidence(**one) for one in said["evidence"]),
    }
    for name in ("users", "rules", "databases", "techniques"):
        whole[name] = tuple(said[name])
    return Alert(**whole)
