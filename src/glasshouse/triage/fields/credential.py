"""The API keys of an episode in; whose they are and whether they are shared out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Whose key?"
VALUES: Mapping[str, str] = {
    "shared": "a key was used by several accounts or machines",
    "single": "keys were used by one account only",
    "none-seen": "the logs would show a key, and show none",
    "unknown": "the logs cannot show keys",
}
_SHOWING = {"http", "process"}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Keys are known by fingerprint only; sharing is looked for 30 days before and after."""
    registered = {key: check.use.id for check in background.uses for key in check.use.keys}
    evidence = [
        Reference(
            "lookup", key, f"registered in {registered[key]}" if key in registered else "not in the register"
        )
        for key in episode.keys
    ]
    if episode.keys:
        accounts = episode.key_accounts
        says = f"{count(len(episode.keys), 'key')}, used by {some(accounts) if accounts else 'nobody else'}"
        return known("credential", "shared" if len(accounts) > 1 else "single", says, evidence)
    if set(episode.vias) & _SHOWING and episode.acts_with_target >= episode.alert.requests.estimate:
        return known("credential", "none-seen", "no key in URLs or command lines", evidence, "medium")
    return unknown(
        "credential",
        "keys travel inside TLS, or in headers that logs leave out",
        "command lines, or a proxy that logs whole URLs",
    )
