"""Pieces of a page in, plain or coloured text of a given width out: rich, with our own rules about it."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

WIDTH = 100
NARROWEST = 40


def printed(content: RenderableType, width: int = WIDTH, *, colour: bool = False) -> str:
    """The content drawn, no line with blanks at its end; text must have passed ``safe`` before."""
    paper = io.StringIO()
    console = Console(
        file=paper,
        width=max(width, NARROWEST),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
    )
    console.print(content)
    return "\n".join(line.rstrip() for line in paper.getvalue().splitlines()) + "\n"
