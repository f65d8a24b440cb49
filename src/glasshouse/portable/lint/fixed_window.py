"""A rule in; a window of time out whose edges cut an act in two."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule, Span

CODE = "fixed-window"
TITLE = "Looks at fixed windows that do not overlap"
LEVEL = "warning"
WHY = (
    "An act across the edge of two windows is halved and may reach the threshold in neither; a line "
    "that arrives late is in none."
)
STATED = r"windows? (are|of|is) [^.]{0,200}(fixed|sliding|last span|overlap)|run it more often|straddles"


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule: at the first such window."""
    for span in rule.spans:
        if span.kind == "sliding" or not (rule.thresholds or span.kind == "bin"):
            continue
        if span.kind == "last" and rule.frequency and rule.frequency < span.seconds:
            continue
        often = "as often as it looks back" if rule.frequency else "and nothing says how often it runs"
        kind = f"the last {_words(span)}, {often}" if span.kind == "last" else f"steps of {_words(span)}"
        need = int(rule.thresholds[0].value) if rule.thresholds else 2
        yield Found(
            span.place,
            f"fixed window: {kind}",
            f"{need} lookups, {need // 2} before an edge and {need - need // 2} after it, reach {need} in "
            "neither "
            "window. A line that arrives ten minutes late was not there when its window was read.",
            "run it every few minutes over twice the span, or keep a sliding sum; add a margin for late "
            "lines",
        )
        return


def _words(span: Span) -> str:
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if span.seconds >= size and span.seconds % size == 0:
            return f"{span.seconds / size:g} {word}{'s' * (span.seconds > size)}"
    return f"{span.seconds:g} seconds" if span.seconds else "the clock"
