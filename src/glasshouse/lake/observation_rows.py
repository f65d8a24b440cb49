"""An answer in, its flat rows out; a row in, the observation or the asking it was made from out."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any

import orjson

from glasshouse.asking import Ask, Subject, SubjectType
from glasshouse.lake.columns import clean
from glasshouse.observed import (
    KIND_OF,
    KINDS,
    VOLATILE,
    Answer,
    Contact,
    DnsRecord,
    Fact,
    FactKind,
    Observation,
    Service,
)

# OCSF 1.5, class osint_inventory_info; the columns after raw_data_hash_value are ours alone.
CLASS = 5021
OBSERVATIONS: Mapping[str, str] = {
    "time": "BIGINT",  # milliseconds since 1970
    "time_us": "BIGINT",
    "class_uid": "INTEGER",
    "metadata_product_name": "VARCHAR",  # collector
    "raw_data_hash_value": "VARCHAR",
    "ask": "BIGINT",
    "database": "VARCHAR",
    "subject_type": "VARCHAR",
    "subject_value": "VARCHAR",
    "kind": "VARCHAR",
    "key": "VARCHAR",
    "content": "VARCHAR",  # hash of what may not differ without a change
    "name": "VARCHAR",
    "ip": "VARCHAR",
    "fact": "VARCHAR",  # JSON
}
ASKS: Mapping[str, str] = {
    "ask": "BIGINT",
    "survey": "BIGINT",
    "time_us": "BIGINT",
    "metadata_product_name": "VARCHAR",
    "database": "VARCHAR",
    "subject_type": "VARCHAR",
    "subject_value": "VARCHAR",
    "status": "VARCHAR",
    "requests": "BIGINT",
    "facts": "BIGINT",
    "reason": "VARCHAR",
}
_DEFAULTS = {
    kind: {one.name: one.default for one in fields(made) if one.default is not MISSING}
    for kind, made in KINDS.items()
}
_NAMES = {kind: tuple(one.name for one in fields(made)) for kind, made in KINDS.items()}


def ask_row(answer: Answer, ask: int, survey: int) -> dict[str, Any]:
    """How asking went, as one row."""
    return {
        "ask": ask,
        "survey": survey,
        "time_us": answer.time,
        "metadata_product_name": answer.collector,
        "database": answer.database,
        "subject_type": answer.subject.type,
        "subject_value": clean(answer.subject.value),
        "status": answer.status,
        "requests": answer.requests,
        "facts": len(answer.facts),
        "reason": clean(answer.reason[:500]),
    }


def ask_of(cells: Sequence[Any]) -> Ask:
    """The asking of such a row, its cells in the order of ASKS."""
    ask, survey, time, collector, database, kind, value, status, requests, facts, reason = cells
    return Ask(
        number=ask, survey=survey, time=time, collector=collector, database=database,
        subject=Subject(kind, value), status=status, requests=requests, facts=facts, reason=reason,
    )  # fmt: skip


def rows(answer: Answer, ask: int) -> Iterator[dict[str, Any]]:
    """The facts of an answer, a row each; a thing that was said twice is one fact, the later."""
    latest = {(KIND_OF[type(fact)], fact.key): (digest, fact) for digest, fact in answer.facts}
    for (kind, key), (digest, fact) in latest.items():
        said = _said(kind, fact)
        yield {
            "time": answer.time // 1000,
            "time_us": answer.time,
            "class_uid": CLASS,
            "metadata_product_name": answer.collector,
            "raw_data_hash_value": digest,
            "ask": ask,
            "database": answer.database,
            "subject_type": answer.subject.type,
            "subject_value": clean(answer.subject.value),
            "kind": kind,
            "key": clean(key),
            "content": _content(kind, said),
            "name": _name(fact),
            "ip": _ip(fact),
            "fact": orjson.dumps(said).decode(),
        }


def _said(kind: FactKind, fact: Fact) -> dict[str, Any]:
    """The fields that say something."""
    plain = _DEFAULTS[kind]
    return {
        name: _cleaned(value)
        for name in _NAMES[kind]
        if (value := getattr(fact, name)) != plain.get(name, MISSING)
    }


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    return [_cleaned(one) for one in value] if isinstance(value, tuple) else value


def _content(kind: FactKind, said: Mapping[str, Any]) -> str:
    still = {name: value for name, value in said.items() if name not in VOLATILE.get(kind, ())}
    return hashlib.blake2b(orjson.dumps(still, option=orjson.OPT_SORT_KEYS), digest_size=12).hexdigest()


def _name(fact: Fact) -> str | None:
    name = getattr(fact, "name", None) or next(iter(getattr(fact, "names", ())), None)
    return clean(name) if name else None


def _ip(fact: Fact) -> str | None:
    if isinstance(fact, Service):
        return clean(fact.ip)
    return clean(fact.data) if isinstance(fact, DnsRecord) and fact.type in ("A", "AAAA") else None


def observation_of(cells: Sequence[Any]) -> Observation[Fact]:
    """The observation of a row: collector, database, subject type and value, time, hash, ask, kind, fact."""
    collector, database, kind_of_subject, value, time, digest, ask, kind, fact = cells
    return Observation(
        collector=sys.intern(collector),
        database=sys.intern(database),
        subject=_subject(kind_of_subject, value),
        time=time,
        raw_sha256=sys.intern(digest),
        ask=ask,
        fact=fact_of(kind, fact),
    )


@lru_cache(maxsize=200_000)
def _subject(kind: SubjectType, value: str) -> Subject:
    """The same subject each time it is named: there are many more observations."""
    return Subject(kind, sys.intern(value))


def fact_of(kind: FactKind, text: str) -> Fact:
    """The fact of its JSON."""
    said = orjson.loads(text)
    if "[" in text:
        for name, value in said.items():
            if value.__class__ is list:
                said[name] = tuple(Contact(**one) if one.__class__ is dict else one for one in value)
    made: Fact = KINDS[kind](**said)
    return made
