"""The directory's word on an episode's accounts in; whether one is privileged or a service account out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import incomplete, known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Privileged account?"
VALUES: Mapping[str, str] = {
    "privileged": "an account of the episode has elevated rights",
    "service": "a service account",
    "normal": "every account is known, and none is privileged or a service account",
    "unknown": "no account is seen, or no directory knows it",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """By the directory only: a name that looks like a service account is no proof."""
    people = background.people
    evidence = [
        Reference(
            "person", one.origin or one.account, f"{one.account}: {one.role or one.department or 'known'}"
        )
        for one in people
    ]
    if any(one.privileged for one in people):
        names = some(one.account for one in people if one.privileged)
        return known("privilege", "privileged", f"{names} has elevated rights", evidence)
    if any(one.service for one in people):
        names = some(one.account for one in people if one.service)
        return known("privilege", "service", f"{names} is a service account", evidence)
    if not episode.accounts:
        return unknown("privilege", "no log names an account", "proxy authentication, or endpoint logs")
    if background.unknown_accounts or not people:
        missing = some(background.unknown_accounts or episode.accounts)
        return unknown("privilege", f"no directory knows {missing}", "people: a CSV, JSON or LDAP directory")
    if any(one.privileged is None for one in people):
        return unknown("privilege", "the directory does not say who is privileged", "the column privileged")
    if "people" in background.incomplete:
        return incomplete("privilege", "directory")
    says = f"{some(one.account for one in people)}: no elevated rights"
    if any(one.service is None for one in people):
        says += "; the directory does not say who is a service account"
        return known("privilege", "normal", says, evidence, "medium")
    return known("privilege", "normal", says, evidence)
