"""The directory's word on an episode's accounts in; whether a disabled account was used out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import incomplete, known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Account in order?"
VALUES: Mapping[str, str] = {
    "disabled": "an account that is disabled was in use: a sign that it is compromised",
    "active": "every account is known and active",
    "unknown": "no account is seen, or no directory knows whether it is active",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """As the directory stood when it was read."""
    evidence = [Reference("person", one.origin or one.account, one.account) for one in background.people]
    disabled = [one.account for one in background.people if one.disabled]
    if disabled:
        return known("account_state", "disabled", f"{some(disabled)} is disabled, and was used", evidence)
    if not episode.accounts:
        return unknown("account_state", "no log names an account", "proxy authentication, or endpoint logs")
    if background.unknown_accounts or not background.people:
        missing = some(background.unknown_accounts or episode.accounts)
        return unknown(
            "account_state", f"no directory knows {missing}", "people: a CSV, JSON or LDAP directory"
        )
    if any(one.disabled is None for one in background.people):
        return unknown("account_state", "the directory does not say who is disabled", "the column disabled")
    if "people" in background.incomplete:
        return incomplete("account_state", "directory")
    return known(
        "account_state", "active", f"{some(one.account for one in background.people)} is active", evidence
    )
