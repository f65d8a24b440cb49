"""A containment plan in, the notes to the two PAN-OS lists out, because the lists can hold no comments."""

from __future__ import annotations

from glasshouse.triage.block import comment, header, names
from glasshouse.verdicts import Containment

TITLE = "PAN-OS: how to use the two lists, and what they leave out"
KIND = "block"
FILE = "panos-steps.txt"
_STEPS = (
    "put panos-domains.txt and panos-urls.txt on a web server the firewall may read; no list holds comments.",
    "Objects > External Dynamic Lists: one of type Domain List, one of type URL List;",
    "leave Automatically expand to include subdomains off.",
    "Domain List: Anti-Spyware profile, DNS policies, action sinkhole or block.",
    "URL List: URL Filtering profile, action block; HTTPS that is not decrypted matches by SNI.",
    "commit, then look at List Entries And Exceptions: every line must be there, none refused.",
)


def render(plan: Containment) -> str:
    """Steps, undo, expiry, and the names the lists could not hold."""
    found = names(plan)
    text = header(plan, "#", TITLE, _STEPS, "take the lists out of the profiles, commit, remove the files.")
    alone = [name for name in found.names if found.opens(name)]
    if alone:
        text += comment(
            "#",
            (
                "No list has exceptions, so of these only the names known to be the database's stand in it:",
                *(f"  {name} (because of {', '.join(found.opens(name))})" for name in alone),
            ),
        )
    return text
