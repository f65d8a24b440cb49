"""A rule that lists programs in; the client tools of open databases out that it leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, is_browser, listed
from glasshouse.portable.rule_model import Rule

CODE = "tools-missing"
TITLE = "Lists programs, but no tool made for these databases"
LEVEL = "warning"
WHY = "Tools written in Go are programs of their own: no interpreter shows."
STATED = ""
MOST = 0.3


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule."""
    if not (facts.programs and facts.about) or all(is_browser(name) for name, _text in facts.programs):
        return
    known = {name.removesuffix(".exe") for name, _text in facts.programs}
    tools = [tool for tool in facts.clients.values() if tool.processes and not tool.benign]
    missing = [tool.processes[0] for tool in tools if not known.intersection(tool.processes)]
    if len(missing) > MOST * len(tools):
        yield Found(
            facts.programs[0][1].place,
            f"{len(missing)} of {len(tools)} client tools are not in the list: {listed(missing, 5)}",
            f"A run of {missing[0]} that asks every database named here has no program of the list: no "
            "alert.",
            f"add {listed(missing, 8)}",
        )
