"""Example files of collectors and checks in, the conversations and worlds they describe out."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.findings import Judged, Shift, Tie
from glasshouse.known import Asset, Change
from glasshouse.observed import KIND_OF, KINDS, Contact, Fact, Observation
from glasshouse.settings import Policy
from glasshouse.survey.world import World

EXAMPLES = Path(__file__).parent / "examples"
NOW = parse.time("2026-11-20T12:00:00Z")
ORDER = ("record", "resolution", "registration", "certificate", "service", "range", "vulnerability")


def fact(said: dict[str, Any]) -> Fact:
    """A fact from ``kind`` and its fields; times as ISO 8601 or microseconds."""
    kind = KINDS[said["kind"]]
    hints = get_type_hints(kind)
    given = {
        name: value for name, value in said.items() if name not in ("kind", "database", "collector", "time")
    }
    unknown = set(given) - {one.name for one in fields(kind)}
    assert not unknown, f"no such fields: {unknown}"
    return kind(**{name: _value(hints[name], value) for name, value in given.items()})


def _value(hint: object, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(Contact(**one) if isinstance(one, dict) else one for one in value)
    if "int" in str(hint) and isinstance(value, (str, date, datetime)):
        return parse.time(value)
    return value


def told(one: Fact) -> dict[str, Any]:
    """A fact as its example shows it: without what is empty, times as ISO 8601."""
    shown: dict[str, Any] = {"kind": KIND_OF[type(one)]}
    for name, value in asdict(one).items():
        if value is None or value == () or (value is False and name in ("live", "exploited")):
            continue
        timely = isinstance(value, int) and not isinstance(value, bool) and value > 10**14
        shown[name] = _iso(value) if timely else _plain(value)
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: one for key, one in value.items() if one is not None}
    return value


def _iso(micro: int) -> str:
    from datetime import UTC, timedelta

    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro)
    return when.isoformat().replace("+00:00", "Z")


def observation(said: dict[str, Any], number: int = 0) -> Observation[Fact]:
    """An observation around a fact; ``database``, ``collector`` and ``time`` may be said."""
    database = said.get("database", "dns")
    return Observation(
        collector=said.get("collector", database),
        database=database,
        subject=Subject("domain", "example.test"),
        time=parse.time(said.get("time", "2026-11-20T06:00:00Z")) or 0,
        raw_sha256=f"{number:064x}",
        ask=number,
        fact=fact(said),
    )


def asset(said: dict[str, Any]) -> Asset:
    """An asset of the inventory."""
    return Asset(**said)


def owned(assets: list[Asset]):
    """Which asset makes a name or address ours; domains cover what is below, networks what is in them."""
    import ipaddress

    def answer(value: str) -> Asset | None:
        value = value.removeprefix("*.")
        for one in assets:
            if value == one.value or (one.type == "domain" and value.endswith(f".{one.value}")):
                return one
            if one.type == "cidr":
                try:
                    if ipaddress.ip_address(value) in ipaddress.ip_network(one.value):
                        return one
                except ValueError:
                    continue
        return None

    return answer


def judged(said: dict[str, Any]) -> Judged:
    """A judged change: kind, before and after (facts), verdict, signs."""
    before, after = (observation(said[name]) if said.get(name) else None for name in ("before", "after"))
    one = after or before
    assert one is not None
    differ = ()
    if before and after:
        differ = tuple(
            item.name
            for item in fields(before.fact)
            if getattr(before.fact, item.name) != getattr(after.fact, item.name)
        )
    shift = Shift(
        kind=said["change"], fact_kind=one.kind, key=one.fact.key, collector=one.collector,
        database=one.database, before=before, after=after, fields=differ,
        first_look=said.get("first_look", False),
    )  # fmt: skip
    change = Change(id="CHG1", title="", since=None, until=None) if said["verdict"] == "approved" else None
    return Judged(shift=shift, verdict=said["verdict"], signs=tuple(said.get("signs", ())), change=change)


def world(said: dict[str, Any]) -> World:
    """The world an example describes."""
    assets = [asset(one) for one in said.get("assets", ())]
    policy = {name: tuple(v) if isinstance(v, list) else v for name, v in said.get("policy", {}).items()}
    return World(
        [observation(one, number) for number, one in enumerate(said.get("facts", ()), 1)],
        parse.time(said["now"]) if "now" in said else NOW,
        assets,
        owned(assets),
        Policy(**policy),
        [judged(one) for one in said.get("changes", ())],
        frozenset((one.split(" ", 1)[0], one.split(" ", 1)[1]) for one in said.get("asked", ())),
        [Tie(**{**one, "chain": tuple(one.get("chain", ()))}) for one in said.get("ties", ())],
    )


def check_examples() -> list[tuple[str, str, dict[str, Any]]]:
    """Every example of every check: the check, fires or quiet, what it says."""
    found = []
    for file in sorted((EXAMPLES / "checks").glob("*.yml")):
        for half, cases in yaml.safe_load(file.read_text("utf-8")).items():
            found += [(file.stem.replace("_", "-"), half, case) for case in cases]
    return found


def conversations() -> list[Path]:
    """Folders of collector examples: tests/examples/collectors/<leaf>/<case>."""
    return sorted(file.parent for file in (EXAMPLES / "collectors").glob("*/*/conversation.json"))


def conversation(folder: Path) -> dict[str, Any]:
    """What a conversation says: subject, time, steps (reply file, status, headers)."""
    said: dict[str, Any] = json.loads((folder / "conversation.json").read_text("utf-8"))
    return said


def reply(folder: Path, step: dict[str, Any], request: Request, time: int) -> Reply:
    """The reply of one step."""
    body = (folder / step["reply"]).read_bytes() if step.get("reply") else step.get("text", "").encode()
    return Reply(
        request=request,
        body=body,
        time=time,
        status=step.get("status", 200),
        headers=tuple(sorted(step.get("headers", {}).items())),
    )


def shown(request: Request) -> dict[str, Any]:
    """A request as its example shows it."""
    plain = Request(host="")
    return {
        name: [list(pair) for pair in value] if isinstance(value, tuple) else value
        for name, value in asdict(request).items()
        if value != getattr(plain, name)
    }
