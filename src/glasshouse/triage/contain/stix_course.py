"""A containment plan in, a STIX 2.1 bundle out: indicator and course of action, nothing about the actor.

Format: OASIS STIX 2.1, 4.3 and 4.9. Identifiers are UUIDv5 of the plan, so a plan always gives one text.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

from glasshouse.safe import safe
from glasshouse.triage.block import Names, expires, heading, iso, names, remarks
from glasshouse.verdicts import Containment

TITLE = "STIX 2.1: indicator and course of action"
KIND = "block"
FILE = "block.stix.json"
_SPACE = uuid.UUID("5d1f8f1e-6c1b-4b0a-9a55-0c3c0f6f7e21")
_URL = "https://attack.mitre.org/techniques/"


def render(plan: Containment) -> str:
    """The bundle as JSON with sorted keys; without an indicator when nothing can be blocked."""
    found = names(plan)
    about = heading(plan, TITLE, ("hand it to a platform that reads STIX 2.1.",), "revoke the objects.")
    words = "\n".join(safe(line) for line in (*about, *remarks(found)))
    attack = _object(plan, "attack-pattern", name="Search Open Technical Databases")
    attack["external_references"] = [
        {"source_name": "mitre-attack", "external_id": "T1596", "url": _URL + "T1596"}
    ]
    course = _object(
        plan, "course-of-action", name="Block the open databases of this alert", description=words
    )
    objects = [attack, course, _relation(plan, course, "mitigates", attack)]
    if found:
        indicator = _indicator(plan, found)
        objects += [indicator, _relation(plan, indicator, "indicates", attack)]
    bundle = {"type": "bundle", "id": _id(plan, "bundle", ""), "objects": objects}
    return json.dumps(bundle, indent=2, sort_keys=True, ensure_ascii=True) + "\n"


def _indicator(plan: Containment, found: Names) -> dict[str, object]:
    return _object(
        plan,
        "indicator",
        name="Open databases asked in this alert",
        description="Names of open technical databases. They are not malicious in themselves.",
        indicator_types=["anomalous-activity"],
        pattern=f"[{' OR '.join(_tests(found))}]",
        pattern_type="stix",
        valid_from=_time(plan.made),
        valid_until=_time(expires(plan)),
    )


def _tests(found: Names) -> Iterator[str]:
    """Comparisons of STIX patterning; the names in them are valid host names and need no escapes."""
    value = "domain-name:value"
    for name in found.names:
        test = f"{value} = '{name}' OR {value} LIKE '%.{name}'"
        stays = [f"{value} != '{one}' AND {value} NOT LIKE '%.{one}'" for one in found.opens(name)]
        yield f"({' AND '.join([f'({test})', *stays])})" if stays else test
    yield from (f"{value} = '{name}'" for name in found.exact)


def _object(plan: Containment, kind: str, **said: object) -> dict[str, object]:
    made = _time(plan.made)
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": _id(plan, kind, ""),
        "created": made,
        "modified": made,
        **said,
    }


def _relation(
    plan: Containment, source: dict[str, object], kind: str, target: dict[str, object]
) -> dict[str, object]:
    made = _object(plan, "relationship", relationship_type=kind)
    return {
        **made,
        "id": _id(plan, "relationship", kind),
        "source_ref": source["id"],
        "target_ref": target["id"],
    }


def _id(plan: Containment, kind: str, what: str) -> str:
    told = json.dumps([plan.alert.id, plan.made, plan.names, plan.exact, plan.shared, kind, what])
    return f"{kind}--{uuid.uuid5(_SPACE, told)}"


def _time(time: int) -> str:
    return iso(time).removesuffix("Z") + ".000Z"
