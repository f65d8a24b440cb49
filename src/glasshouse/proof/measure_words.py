"""Figures in; out what people and programs read: a table, Markdown, JSON, and the ledger of misses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from glasshouse.proof.measure import Estate, Figures, Part
from glasshouse.safe import safe

TITLES = {
    "ours": "Glasshouse",
    "rules": "Glasshouse, rules only",
    "sentinel": "published Sentinel rule",
    "list": "list of host names",
    "sigma": "our rules as Sigma, tumbling",
}
SAYS = {
    "ours": "alerts that triage hands to a person: L1 review, escalate to T2, contain",
    "rules": "alerts of level medium and above, without triage and without the use register",
    "sentinel": "the published Sentinel rule for T1596, faults included, every hour over Defender events",
    "list": "any record whose name holds a listed host name; one alert a client and hour",
    "sigma": "our rules of level medium and above as Sigma alone, on windows that tumble",
}
HEAD = (
    "Detector", "Recall", "Precision", "Alerts per incident", "Look-alikes", "Median time to detect",
    "Alerts a day",
)  # fmt: skip


def table(figures: Sequence[Figures], visibilities: Sequence[str]) -> str:
    """Plain text: one block per visibility, one line per detector."""
    lines: list[str] = []
    for visibility in visibilities:
        rows = [_cells(one) for one in figures if one.visibility == visibility]
        if rows:
            shown = next(one.incidents for one in figures if one.visibility == visibility)
            lines += [f"{visibility}: {shown} incidents that these logs show", *_aligned([HEAD, *rows]), ""]
    return "\n".join(lines)


def markdown(figures: Sequence[Figures], visibilities: Sequence[str]) -> str:
    """The same as Markdown tables: all logs first, then recall and precision per visibility and behaviour."""
    whole = [one for one in figures if one.visibility == "all"] or list(figures)
    lines = _pipes([HEAD, *(_cells(one) for one in whole)])
    others = [name for name in visibilities if name != "all"]
    detectors = list(dict.fromkeys(one.detector for one in figures))
    if others and len(others) + 1 == len(visibilities):
        by = {(one.detector, one.visibility): one for one in figures}
        shown = {name: by[detectors[0], name].incidents for name in visibilities}
        head = ("Recall / precision", *(f"{name} ({shown[name]})" for name in visibilities))
        rows = [(TITLES[one], *(_both(by[one, name]) for name in visibilities)) for one in detectors]
        lines += ["", *_pipes([head, *rows])]
    lines += ["", *_pipes(list(_behaviour_rows(whole)))]
    return "\n".join(lines) + "\n"


def _both(one: Figures) -> str:
    return f"{_percent(one.recall)} / {_percent(one.precision)}" if one.ran else "cannot run"


def _behaviour_rows(figures: Sequence[Figures]) -> Iterator[tuple[str, ...]]:
    """Per behaviour: how many acts the logs show and how many of them each detector raised an alert about."""
    parts: dict[str, dict[str, Part]] = {}
    for one in figures:
        for name, part in one.behaviours:
            parts.setdefault(name, {})[one.detector] = part
    yield ("Behaviour: acts with an alert", "Label", "Acts", *(TITLES[one.detector] for one in figures))
    order = ("malicious", "authorised", "benign", "lookalike")
    first = {name: next(iter(found.values())) for name, found in parts.items()}
    for name in sorted(parts, key=lambda name: (order.index(first[name].label), name)):
        found = [parts[name].get(one.detector) for one in figures]
        yield (
            name,
            first[name].label,
            str(first[name].shown),
            *(str(one.found) if one else "–" for one in found),
        )


def _cells(one: Figures) -> tuple[str, ...]:
    if not one.ran:
        return (TITLES[one.detector], "cannot run", *("–" for _ in HEAD[2:]))
    return (
        TITLES[one.detector],
        _percent(one.recall),
        _percent(one.precision),
        "–" if one.alarms_per_incident is None else f"{one.alarms_per_incident:.2f}",
        str(one.labelled("lookalike")),
        duration(one.median_seconds),
        "–" if one.per_analyst_day is None else f"{one.per_analyst_day:.1f}",
    )


def _percent(share: float | None) -> str:
    """A share in percent; never rounded up to 100 %."""
    if share is None:
        return "–"
    return "100 %" if share == 1 else f"{int(share * 1000) / 10:.1f} %"


def duration(seconds: float | None) -> str:
    """A time span in one unit."""
    if seconds is None:
        return "–"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width) for at, (cell, width) in enumerate(pairs)
        )
        for pairs in (list(zip(row, widths, strict=True)) for row in rows)
    ]


def _pipes(rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|---|" + "---:|" * (len(rows[0]) - 1), *lines[1:]]


def document(figures: Sequence[Figures], estate: Estate, seed: str) -> str:
    """JSON: per detector the figures over all logs, then per visibility and behaviour."""
    detectors: dict[str, Any] = {}
    for one in figures:
        held = detectors.setdefault(one.detector, {"says": SAYS[one.detector], "visibility": {}})
        held["visibility"][one.visibility] = _figures(one)
    for held in detectors.values():
        whole = held["visibility"].get("all")
        held.update({name: value for name, value in (whole or {}).items() if name != "behaviours"})
        held["behaviours"] = (whole or {}).get("behaviours", {})
    said = {"version": 1, "seed": seed, "people": estate.people, "days": estate.days, "detectors": detectors}
    return json.dumps(said, indent=1, ensure_ascii=False) + "\n"


def _figures(one: Figures) -> dict[str, Any]:
    if not one.ran:
        return {"ran": False, "incidents": one.incidents}
    return {
        "ran": True,
        "incidents": one.incidents,
        "found": one.found,
        "recall": _round(one.recall),
        "precision": _round(one.precision),
        "alerts": one.alarms,
        "true_alerts": one.true,
        "alerts_per_incident": _round(one.alarms_per_incident),
        "lookalike_alerts": one.labelled("lookalike"),
        "authorised_alerts": one.labelled("authorised"),
        "benign_alerts": one.labelled("benign"),
        "unmatched_alerts": one.labelled("unmatched"),
        "median_seconds_to_detect": _round(one.median_seconds),
        "p95_seconds_to_detect": _round(one.p95_seconds),
        "alerts_per_analyst_day": _round(one.per_analyst_day),
        "behaviours": {name: _part(part) for name, part in one.behaviours},
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "label": part.label,
        "acts": part.shown,
        "found": part.found,
        "alerts": part.alarms,
        "median_seconds_to_detect": _round(part.median_seconds),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def ledger(figures: Iterable[Figures]) -> str:
    """Every miss and every false alert in a line, each with why."""
    lines: list[str] = []
    for one in figures:
        title = f"{TITLES[one.detector]}, {one.visibility}"
        for miss in one.misses:
            act = miss.act
            lines.append(f"{title}: missed {act.id} ({act.behaviour}, {act.title}): {miss.why}")
        for false in one.false:
            about = (
                "; ".join(f"{act.id} ({act.behaviour}): {act.why}" for act in false.about) or "no act of it"
            )
            who = ", ".join(sorted(false.alarm.names))
            asked = ", ".join((*sorted(false.alarm.databases), *false.alarm.unmatched)) or "no name"
            lines.append(f"{title}: false, {false.label}: {who} asked {asked}: {false.alarm.says}: {about}")
    return "".join(f"{safe(line)}\n" for line in lines)
