"""Text in, Markdown out that shows it and does nothing else: lists and table rows for reports."""

from __future__ import annotations

from collections.abc import Iterable

from glasshouse.report.sinks.markdown import escaped

__all__ = ["bullets", "escaped", "row"]


def bullets(lines: Iterable[str], most: int) -> list[str]:
    """A block with one bullet a line, and how many more there are; no block without lines."""
    items = list(lines)
    more = len(items) - most
    shown = [f"* {escaped(line)}" for line in items[:most]] + ([f"* and {more:,} more"] if more > 0 else [])
    return ["\n".join(shown)] if shown else []


def row(cells: Iterable[str]) -> str:
    """One row of a table; its cells are escaped before."""
    return f"| {' | '.join(cells)} |"
