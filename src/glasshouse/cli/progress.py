"""A progress line on a terminal: names of the steps in, one line on standard error that clears itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from glasshouse.cli.options import on_terminal


@contextmanager
def shown(quiet: bool) -> Iterator[Callable[[str], None]]:
    """A function to call with the name of each step; silent when piped, quiet or not a terminal."""
    if quiet or not on_terminal():
        yield lambda _step: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    from glasshouse.safe import safe

    columns = (SpinnerColumn(), TextColumn("{task.fields[step]}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", step=Text("starting"), total=None)
        yield lambda step: bar.update(task, step=safe(step)[-70:])
