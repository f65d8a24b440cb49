"""A containment plan in, a PAN-OS External Dynamic List of type Domain out: one entry a line, no comments.

Format: Palo Alto Networks, "Formatting Guidelines for an External Dynamic List", Domain List (PAN-OS 9.0 and
later): ``name`` is the name, ``*.name`` all below it, ``^name`` the name alone even when subdomains are
expanded. The format has no comments, so what else there is to say stands in panos-steps.
"""

from __future__ import annotations

from glasshouse.triage.block import names
from glasshouse.verdicts import Containment

TITLE = "PAN-OS: External Dynamic List, type Domain"
KIND = "block"
FILE = "panos-domains.txt"


def render(plan: Containment) -> str:
    """The list; empty when nothing can be blocked. A name with a shared one below loses its ``*``."""
    found = names(plan)
    lines: list[str] = []
    for name in found.names:
        lines += [f"^{one}" for one in found.alone(name)] if found.opens(name) else [name, f"*.{name}"]
    lines += [f"^{name}" for name in found.exact]
    return "".join(f"{line}\n" for line in lines)
