"""One YAML document in, one Rule or Filter out, by way of pySigma."""

from __future__ import annotations

from string import Formatter
from typing import Any

from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaDetections, SigmaLogSource, SigmaRule
from sigma.rule.base import SigmaRuleBase

from glasshouse.errors import ConfigError
from glasshouse.watch.detect import guard, translate
from glasshouse.watch.detect.guard import Document
from glasshouse.watch.detect.plan import TYING_SPAN, Filter, Rule
from glasshouse.watch.detect.score import LEVEL_POINTS, PLACES

LOGSOURCE = SigmaLogSource(category="lookup", product="glasshouse")
MAX_POINTS = 100
Part = Any  # a field of Rule


def parse_all(content: bytes, file: str) -> list[Rule | Filter]:
    """Rules and filters of one file; ConfigError with ``file:line`` when it is not sound."""
    out: list[Rule | Filter] = []
    for document in guard.documents(content, file):
        try:
            out.append(parse(document))
        except (SigmaError, TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
            raise ConfigError(_reason_of(error), document.where(_section(document))) from error
    return out


def _reason_of(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:300] if isinstance(error, SigmaError) else f"not a valid Sigma rule ({text[:200]})"


def _section(document: Document) -> str:
    return next((key for key in ("correlation", "filter", "detection") if key in document.data), "")


def parse(document: Document) -> Rule | Filter:
    """The plan of one document; SigmaError when it is not sound Sigma."""
    if "action" in document.data:
        raise SigmaError("collection actions (global, repeat) are not supported: write each rule out")
    if "filter" in document.data:
        return _filter(document)
    return _correlation(document) if "correlation" in document.data else _match(document)


def _match(document: Document) -> Rule:
    rule = SigmaRule.from_dict(document.data)
    _plain_names(rule.detection)
    problem, where = _foreign(rule.logsource), None
    if problem is None:
        try:
            where = translate.condition(rule.detection)
        except translate.Unsupported as reason:
            problem = ("unsupported", str(reason))
    return _rule(document, rule, where=where, problem=problem)


def _correlation(document: Document) -> Rule:
    raw = document.data["correlation"]
    if not isinstance(raw, dict):
        raise SigmaError("correlation must be a mapping")
    rule = SigmaCorrelationRule.from_dict({**document.data, "correlation": _single_limit(raw)})
    problem, plan = None, None
    try:
        plan = translate.correlation(rule, raw)
    except translate.Unsupported as reason:
        problem = ("unsupported", str(reason))
    ties = plan is not None and plan.span <= TYING_SPAN
    return _rule(document, rule, correlation=plan, problem=problem, ties=ties, generate=rule.generate)


def _plain_names(detections: SigmaDetections) -> None:
    """pySigma reads ``notours`` in a condition as ``not ours``: such a name would turn a rule around."""
    for name in detections.detections:
        if name.lower().startswith("not"):
            raise SigmaError(f"selection {name!r} begins with 'not', which is read as the operator")


def _single_limit(raw: dict[str, Any]) -> dict[str, Any]:
    """The section with one limit of a range: pySigma 1.5 and 2.0 refuse two, though Sigma 2.1 allows them."""
    wanted = raw.get("condition")
    if not isinstance(wanted, dict):
        return raw
    limits = [op for op in translate.LIMIT_OPS if op in wanted]
    return {**raw, "condition": {k: v for k, v in wanted.items() if k not in limits[1:]}}


def _filter(document: Document) -> Filter:
    one = SigmaFilter.from_dict(document.data)
    names = one.filter.rules
    _plain_names(one.filter)
    problem, where = _foreign(one.logsource), None
    if problem is None:
        try:
            where = translate.condition(one.filter)
        except translate.Unsupported as reason:
            problem = ("unsupported", str(reason))
    rules = None if isinstance(names, str) else tuple(str(ref.reference) for ref in names)
    return Filter(one.name or str(one.id or one.title), document.where(), rules, where, problem)


def _foreign(source: SigmaLogSource) -> tuple[str, str] | None:
    """A rule for other logs must not run: without this, a bare 'not selection' would match everything."""
    if LOGSOURCE in source and source.service is None:
        return None
    have = ", ".join(
        f"{k}: {v}" for k, v in source.to_dict().items() if k in ("product", "category", "service")
    )
    return (
        "no such logsource",
        f"rules here read product: glasshouse, category: lookup; this one reads {have}",
    )


def _rule(document: Document, sigma: SigmaRuleBase, ties: bool = True, **parts: Part) -> Rule:
    own = document.data.get("glasshouse") or {}
    if not isinstance(own, dict) or set(own) - {"points", "reason", "ties"}:
        raise SigmaError("glasshouse: only points, reason and ties are known")
    level = sigma.level.name.lower() if sigma.level else ""
    points = own.get("points", LEVEL_POINTS.get(level, LEVEL_POINTS["low"]))
    if isinstance(points, bool) or not isinstance(points, int) or not 0 <= points <= MAX_POINTS:
        raise SigmaError(f"glasshouse.points must be a whole number from 0 to {MAX_POINTS}")
    if not isinstance(own.get("ties", False), bool):
        raise SigmaError("glasshouse.ties must be true or false")
    return Rule(
        key=sigma.name or str(sigma.id or sigma.title),
        id=str(sigma.id or ""),
        title=sigma.title,
        file=document.file,
        line=document.line,
        description=(sigma.description or "").strip(),
        level=level,
        tags=tuple(str(tag) for tag in sigma.tags),
        falsepositives=tuple(str(one) for one in sigma.falsepositives),
        points=points,
        reason=_reason(own.get("reason"), sigma.title),
        ties=own.get("ties", ties),
        **parts,
    )


def _reason(text: object, title: str) -> str:
    """The reason's text, with only the fixed places in braces; a title alone is taken literally."""
    if text is None:
        return title.replace("{", "{{").replace("}", "}}")
    if not isinstance(text, str) or len(text) > 500:
        raise SigmaError("glasshouse.reason must be text of at most 500 characters")
    try:
        found = list(Formatter().parse(text))
    except ValueError as error:
        raise SigmaError(f"glasshouse.reason: {error}") from error
    for _, place, spec, conversion in found:
        if place is not None and (place not in PLACES or spec or conversion):
            raise SigmaError(f"glasshouse.reason: {{{place}}} is not one of {', '.join(sorted(PLACES))}")
    return text
