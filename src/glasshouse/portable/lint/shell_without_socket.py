"""A rule over connections in; programs in its list out that hardly ever open one."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule

CODE = "shell-without-socket"
TITLE = "Expects connections of a program that opens none"
LEVEL = "note"
WHY = "A shell starts programs; the connection belongs to the program it started."
STATED = ""
_SHELLS = ("cmd.exe", "bash", "sh", "zsh", "dash", "conhost.exe")


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a program."""
    for name, text in facts.programs if facts.direct else ():
        if name in _SHELLS:
            yield Found(
                text.place,
                f"{name} opens no connection itself",
                f"`{name} /c curl https://crt.sh/` is logged as a connection of curl.",
                f"leave {name} out, or look at the parent process",
            )
