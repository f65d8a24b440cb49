"""Values of one CSV row in, the row as Microsoft's exports write it out."""

from __future__ import annotations


def row(*values: str) -> str:
    """A row of RFC 4180: quotes only where they must be."""
    return ",".join([_quoted(value) for value in values]) + "\r\n"


def _quoted(value: str) -> str:
    if '"' in value:
        return '"' + value.replace('"', '""') + '"'
    return f'"{value}"' if "," in value or "\n" in value or "\r" in value else value
