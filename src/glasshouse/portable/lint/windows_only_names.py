"""A rule in; a list of programs out that only Windows calls so."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, listed
from glasshouse.portable.rule_model import Rule

CODE = "windows-only-names"
TITLE = "Knows programs by their Windows names only"
LEVEL = "error"
WHY = "The same program is called curl on Linux and macOS, and most client tools run there."
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    names = [(name, text) for name, text in facts.programs if name]
    windows = any(
        "product=windows" in text.text.lower() or "winevent" in text.text.lower() for text in rule.tables
    )
    if names and not windows and all(name.endswith((".exe", ".com", ".bat")) for name, _text in names):
        bare = names[0][0].rpartition(".")[0]
        yield Found(
            names[0][1].place,
            f"all {len(names)} program names end with .exe: {listed([name for name, _text in names], 4)}",
            f"A line of a Linux or macOS host with the program {bare} or /usr/bin/{bare} is passed over.",
            f"compare the name without its ending: {bare}, {bare}.exe",
        )
