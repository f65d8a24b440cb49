"""A containment plan in, a PAN-OS External Dynamic List of type URL out: one entry a line, no comments.

Format: Palo Alto Networks, "Guidelines for URL Category Exceptions": ``name/`` is the name with every path,
``*.name/`` all names below it. Without the slash older versions would match ``name.example.test`` as well.
"""

from __future__ import annotations

from glasshouse.triage.block import names
from glasshouse.verdicts import Containment

TITLE = "PAN-OS: External Dynamic List, type URL"
KIND = "block"
FILE = "panos-urls.txt"


def render(plan: Containment) -> str:
    """The list; empty when nothing can be blocked. A name with a shared one below loses its ``*``."""
    found = names(plan)
    lines: list[str] = []
    for name in found.names:
        lines += [f"{one}/" for one in found.alone(name)] if found.opens(name) else [f"{name}/", f"*.{name}/"]
    lines += [f"{name}/" for name in found.exact]
    return "".join(f"{line}\n" for line in lines)
