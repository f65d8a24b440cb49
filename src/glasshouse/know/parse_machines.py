"""Toolbox of loaders: words for what a machine is, in exports of many makers, in; our words out."""

from __future__ import annotations

import re

from glasshouse.known import Criticality, MachineKind

# The first that is found counts: "Windows Server" before "Windows", "Android" before "Linux".
_KINDS: tuple[tuple[str, MachineKind], ...] = (
    (r"server|domain ?controller|hypervisor|esxi|virtual machine host", "server"),
    (r"mobile|phone|tablet|android|\bios\b|ipad", "mobile"),
    (r"network|switch|router|firewall|access point|\bios[ -]x[er]\b|nx-os|junos|pan-os|fortios", "network"),
    (
        r"workstation|desktop|laptop|notebook|client|\bpc\b|windows|mac ?os|os x|chrome ?os|all.in.one",
        "workstation",
    ),
    (r"other|printer|camera|sensor|iot", "other"),
)
_CRITICALITIES: dict[str, Criticality] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}


def kind(said: str) -> MachineKind | None:
    """What a machine is by a word or its operating system; None where neither tells (Linux is anything)."""
    word = said.lower()[:200]
    return next((ours for pattern, ours in _KINDS if re.search(pattern, word)), None)


def criticality(said: str) -> Criticality | None:
    """One of our four words, or None."""
    return _CRITICALITIES.get(said.strip().lower())
