"""The bytes of a STIX 2.0 or 2.1 bundle of ATT&CK in, the release of one family of techniques out.

Format: https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html; ATT&CK's own types and fields:
https://github.com/mitre-attack/attack-stix-data/blob/master/USAGE.md (ATT&CK spec 3.3).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from glasshouse.attack.objects import FAMILY, NOTICE, Link, LogSource, Release, Thing
from glasshouse.errors import ReadError

MOST = 256 << 20  # bytes; Enterprise 18.1 has some 50 MB
_VERSION = re.compile(r"\d{1,3}(?:\.(?:\d{1,3}|x))?")
_IN_NAME = re.compile(r"(?<![\w.])v?(\d{1,3}\.(?:\d{1,3}|x))(?=[-_.]|$)")
_SAID_OF = re.compile(r"20\d\d(?:-20\d\d)?")
Raw = Mapping[str, Any]


def release(data: bytes, name: str, said: str | None = None, family: str = FAMILY) -> Release:
    """What a bundle says about a family. Its release: ``said``, else its collection's, else in its name.

    Raises ReadError when it is no bundle, says nothing of the family, or its release cannot be told.
    """
    objects, odd, spec = _objects(data, name)
    chosen = _family(objects, family)
    if not chosen:
        raise ReadError(
            f"holds no technique {family}", name, "give an Enterprise bundle of ATT&CK 8.0 or newer"
        )
    version = _version(objects, name, said)
    kept = sorted((objects[each] for each in chosen), key=lambda one: str(one["id"]))
    return Release(
        version=version,
        spec=spec,
        things=tuple(_thing(one) for one in kept if one["type"] not in _NOT_THINGS),
        links=tuple(_link(one) for one in kept if one["type"] == "relationship"),
        notice=_notice(kept),
        odd=odd,
        objects=tuple(_canonical(one) for one in kept),
    )


_NOT_THINGS = ("relationship", "marking-definition", "identity", "x-mitre-collection")


def _objects(data: bytes, name: str) -> tuple[dict[str, Raw], int, str]:
    if len(data) > MOST:
        raise ReadError(f"is larger than {MOST >> 20} MiB", name, "give a bundle of ATT&CK Enterprise")
    try:
        bundle = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ReadError(f"is not JSON: {error}", name, "give a STIX bundle") from None
    if not isinstance(bundle, dict) or bundle.get("type") != "bundle":
        raise ReadError("is no STIX bundle", name, 'a bundle begins {"type": "bundle", …')
    every = bundle.get("objects")
    if not isinstance(every, list):
        raise ReadError("is a bundle without objects", name, "give a STIX bundle of ATT&CK")
    good = [one for one in every if _is_object(one)]
    spec = bundle.get("spec_version") or next((one.get("spec_version") for one in good), None) or "2.1"
    return {one["id"]: one for one in good}, len(every) - len(good), str(spec)[:8]


def _is_object(one: object) -> bool:
    return isinstance(one, dict) and all(isinstance(one.get(key), str) for key in ("id", "type"))


def _family(objects: Mapping[str, Raw], family: str) -> set[str]:
    """The ids of the techniques, what they are related to, and what that names."""
    techniques = {
        key
        for key, one in objects.items()
        if one["type"] == "attack-pattern" and _attack_id(one).partition(".")[0] == family
    }
    if not techniques:
        return set()
    chosen = set(techniques)
    for key, one in objects.items():
        ends = (one.get("source_ref"), one.get("target_ref"))
        if one["type"] == "relationship" and techniques & {str(end) for end in ends}:
            chosen |= {key, *(end for end in ends if isinstance(end, str) and end in objects)}
    for field in ("x_mitre_analytic_refs", "x_mitre_log_source_references", "x_mitre_data_source_ref"):
        chosen |= set(_named([objects[key] for key in chosen], field)) & objects.keys()
    tactics = {phase for key in techniques for phase in _tactics(objects[key])}
    chosen |= {
        key
        for key, one in objects.items()
        if (one["type"] == "x-mitre-tactic" and one.get("x_mitre_shortname") in tactics)
        or one["type"] in ("marking-definition", "identity")
    }
    return chosen


def _named(things: Iterable[Raw], field: str) -> Iterator[str]:
    for one in things:
        for said in _list(one.get(field)) or [one.get(field)]:
            ref = said.get("x_mitre_data_component_ref") if isinstance(said, dict) else said
            if isinstance(ref, str):
                yield ref


def _version(objects: Mapping[str, Raw], name: str, said: str | None) -> str:
    collections = [one for one in objects.values() if one["type"] == "x-mitre-collection"]
    told = [one.get("x_mitre_version") for one in collections]
    for version in (said, *told, *_IN_NAME.findall(name)[:1]):
        if isinstance(version, str) and _VERSION.fullmatch(version):
            return version
    raise ReadError("does not say of which ATT&CK release it is", name, "name it: --release 18.1")


def _thing(one: Raw) -> Thing:
    return Thing(
        id=one["id"],
        type=one["type"],
        attack_id=_attack_id(one),
        name=_text(one, "name"),
        version=_text(one, "x_mitre_version"),
        created=_text(one, "created"),
        modified=_text(one, "modified"),
        url=_reference(one, "url"),
        text=_text(one, "description"),
        platforms=tuple(said for said in _list(one.get("x_mitre_platforms")) if isinstance(said, str)),
        tactics=tuple(_tactics(one)),
        refers=tuple(_named([one], "x_mitre_analytic_refs")),
        log_sources=tuple(_log_sources(one)),
        mutable=tuple(
            _text(each, "field")
            for each in _list(one.get("x_mitre_mutable_elements"))
            if isinstance(each, dict)
        ),
        withdrawn=_withdrawn(one),
        sha256=hashlib.sha256(_canonical(one)).hexdigest(),
        said=tuple((key, _canonical(one[key]).decode()) for key in sorted(one)),
    )


def _log_sources(one: Raw) -> Iterator[LogSource]:
    for each in _list(one.get("x_mitre_log_source_references")):
        if isinstance(each, dict):
            yield LogSource(
                _text(each, "x_mitre_data_component_ref"), _text(each, "name"), _text(each, "channel")
            )


def _link(one: Raw) -> Link:
    ends = (_text(one, "source_ref"), _text(one, "target_ref"))
    return Link(_text(one, "relationship_type"), *ends, _text(one, "description"), _withdrawn(one))


def _notice(kept: Iterable[Raw]) -> str:
    """MITRE's notice, with the year of the bundle's own statement."""
    years = [
        year
        for one in kept
        if one["type"] == "marking-definition" and isinstance(one.get("definition"), dict)
        for year in _SAID_OF.findall(_text(one["definition"], "statement"))
    ]
    return NOTICE.format(year=years[-1].rpartition("-")[2] if years else "2015-2026")


def _withdrawn(one: Raw) -> bool:
    return one.get("revoked") is True or one.get("x_mitre_deprecated") is True


def _tactics(one: Raw) -> list[str]:
    phases = [phase for phase in _list(one.get("kill_chain_phases")) if isinstance(phase, dict)]
    return [_text(phase, "phase_name") for phase in phases]


def _attack_id(one: Raw) -> str:
    return _reference(one, "external_id")


def _reference(one: Raw, key: str) -> str:
    """What the object's own entry among its references says; MITRE's stands under mitre-attack."""
    for each in _list(one.get("external_references")):
        if isinstance(each, dict) and str(each.get("source_name", "")).startswith("mitre"):
            return _text(each, key)
    return ""


def _text(one: Raw, key: str) -> str:
    said = one.get(key)
    return said if isinstance(said, str) else ""


def _list(said: object) -> list[Any]:
    return said if isinstance(said, list) else []


def _canonical(said: object) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
