"""Report in, a STIX 2.1 bundle out: per alert what was observed, sightings of T1596 and a note with reasons.

Source of the format: OASIS STIX 2.1 (docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html), chapters 4.4
(identity), 4.1 (attack pattern), 4.13 (note), 4.14 (observed data), 5.2 (sighting) and 6 (observables). All
ids are UUIDv5, so that the same alert has the same ids whenever it is written. What was looked up is
observed, never called bad: the bundle holds no indicator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from glasshouse.records import Actor, Alert, Report, Target
from glasshouse.report import text
from glasshouse.report.contract import line, rfc3339
from glasshouse.report.contract_ids import observable_id, our_uuid
from glasshouse.safe import safe

NAME = "stix"
TITLE = "STIX 2.1: a bundle of observed data, sightings and notes, for sharing"
SUFFIX = ".stix.json"

BEGAN = "2026-01-01T00:00:00.000Z"  # of what does not change: our identity and the techniques
LATEST = 253_402_300_799_999_000  # microseconds; the last time STIX can write
MOST = 999_999_999  # chapter 4.14: the largest number_observed
PARENT = "T1596"
IDENTITY = f"identity--{our_uuid('identity')}"
Object = dict[str, Any]


def render(report: Report) -> str:
    """Return one line of JSON: the bundle, each object once."""
    objects = {
        one["id"]: one for one in (_identity(), *(o for alert in report.alerts for o in _alert(alert)))
    }
    name = our_uuid("bundle", *objects)
    return line({"type": "bundle", "id": f"bundle--{name}", "objects": list(objects.values())}) + "\n"


def _identity() -> Object:
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": IDENTITY,
        "created": BEGAN,
        "modified": BEGAN,
        "name": "Glasshouse",
        "description": "Finds lookups in open technical databases in the logs of an organisation.",
        "identity_class": "system",
    }


def _alert(alert: Alert) -> Iterator[Object]:
    """The objects of one alert. It needs an observable: without any, there is the note only."""
    techniques = [_technique(one) for one in alert.techniques or (PARENT,)]
    yield from techniques
    observables = [*_of_actor(alert.actor), *(found for one in alert.targets for found in _of_target(one))]
    yield from observables
    about = [one["id"] for one in techniques]
    if observables:
        observed = _observed(alert, sorted({one["id"] for one in observables}))
        sightings = [_sighting(alert, one["id"], observed["id"]) for one in techniques]
        yield from (observed, *sightings)
        about = [one["id"] for one in (observed, *sightings)]
    yield _note(alert, about)


def _technique(said: str) -> Object:
    """An ATT&CK technique by its number, under an id of ours."""
    number = safe(said)
    path = number.replace(".", "/")
    reference = {"source_name": "mitre-attack", "external_id": number}
    if number in text.TECHNIQUE_NAMES:
        reference["url"] = f"https://attack.mitre.org/techniques/{path}"
    return {
        "type": "attack-pattern",
        "spec_version": "2.1",
        "id": f"attack-pattern--{our_uuid('technique', number)}",
        "created_by_ref": IDENTITY,
        "created": BEGAN,
        "modified": BEGAN,
        "name": text.TECHNIQUE_NAMES.get(number, number),
        "external_references": [reference],
    }


def _observed(alert: Alert, refs: list[str]) -> Object:
    return {
        **_made(alert, "observed-data"),
        "first_observed": _time(alert.first_seen),
        "last_observed": _time(max(alert.first_seen, alert.last_seen)),
        "number_observed": min(max(alert.lookups, 1), MOST),
        "object_refs": refs,
    }


def _sighting(alert: Alert, technique: str, observed: str) -> Object:
    return {
        **_made(alert, "sighting", technique),
        "first_seen": _time(alert.first_seen),
        "last_seen": _time(max(alert.first_seen, alert.last_seen)),
        "count": min(max(alert.lookups, 1), MOST),
        "sighting_of_ref": technique,
        "observed_data_refs": [observed],
        "where_sighted_refs": [IDENTITY],
        "description": safe(alert.summary) or "Lookups in open technical databases",
    }


def _note(alert: Alert, about: list[str]) -> Object:
    reasons = [f"{row.points:+d} {safe(row.rule)}: {safe(row.reason)}" for row in alert.points]
    expressions = [f"Asked: {safe(one.value)}" for one in alert.targets if not list(_of_target(one))]
    lines = [
        safe(alert.summary),
        f"Level {alert.level}, score {text.sum_words(alert.points, alert.score)}",
        f"Asked by {text.who(alert.actor, alert.users)}: {text.asked(alert.requests)}",
        f"Databases: {text.some(alert.databases, 50)}",
        *reasons,
        *expressions,
        *map(safe, alert.visibility.not_shown),
    ]
    return {
        **_made(alert, "note"),
        "abstract": f"Alert {safe(alert.id)}",
        "content": "\n".join(row for row in lines if row),
        "object_refs": about,
        "labels": [safe(rule) for rule in alert.rules] or ["no-rule"],
    }


def _made(alert: Alert, kind: str, *words: str) -> Object:
    """What every object of an alert begins with; made when its last lookup was seen."""
    moment = _time(max(alert.first_seen, alert.last_seen))
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{our_uuid(kind, alert.id, *words)}",
        "created_by_ref": IDENTITY,
        "created": moment,
        "modified": moment,
    }


def _of_actor(actor: Actor) -> Iterator[Object]:
    """Account and address of the actor; names that stand for others (pseudonyms) as they are."""
    if actor.user:
        yield _observable("user-account", account_login=safe(actor.user))
    if actor.ip:
        yield from _of_address(actor.ip)


def _of_target(target: Target) -> Iterator[Object]:
    value = safe(target.value)
    if target.type in ("domain", "hostname") and value:
        yield _observable("domain-name", value=value)
    elif target.type in ("ip", "cidr"):
        yield from _of_address(target.value)
    elif target.type == "email" and value:
        yield _observable("email-addr", value=value)
    elif target.type == "asn" and re.fullmatch(r"(?i)(AS)?[0-9]{1,10}", value):
        yield _observable("autonomous-system", number=int(value.upper().removeprefix("AS")))


def _of_address(said: str) -> Iterator[Object]:
    try:
        version = ip_network(said, strict=False).version
    except ValueError:
        return
    yield _observable(f"ipv{version}-addr", value=safe(said))


def _observable(kind: str, **properties: str | int) -> Object:
    return {"type": kind, "spec_version": "2.1", "id": observable_id(kind, properties), **properties}


def _time(microseconds: int) -> str:
    """A time with milliseconds, as STIX writes it; one that cannot be, the nearest that can."""
    said = rfc3339(min(max(microseconds, 0), LATEST)) or BEGAN
    return f"{said[:-4]}Z"
