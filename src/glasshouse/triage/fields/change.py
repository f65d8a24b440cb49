"""Change records and an episode in; whether an approved change explains it out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import known, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "Does it go with a change?"
VALUES: Mapping[str, str] = {
    "approved": "an approved change at that time names the actor or what was asked about",
    "unapproved": "a change at that time names them, but is not approved",
    "none": "change records are known, and none at that time names them",
    "unknown": "no change records are known",
}


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """A record that only happens at the same time is shown, and counts for nothing."""
    if "changes" not in background.has:
        return unknown("change", "no change records are known", "change records: know.paths in the settings")
    bound = [check for check in background.changes if check.binds]
    evidence = [
        Reference(
            "change",
            check.change.origin or check.change.id,
            f"{check.change.id} {check.change.title}: by {', '.join(check.binds) or 'time only'}",
        )
        for check in [*bound, *background.changes][:5]
    ]
    evidence = list(dict.fromkeys(evidence))
    for check in bound:
        if check.change.approved:
            says = f"{check.change.id} ({check.change.title}), approved" + (
                f" by {check.change.approved_by}" if check.change.approved_by else ""
            )
            return known("change", "approved", says, evidence)
    refused = [check.change for check in bound if check.change.approved is False]
    if refused:
        says = f"{refused[0].id} ({refused[0].title}) is not approved"
        return known("change", "unapproved", says, evidence)
    if bound:
        says = f"{bound[0].change.id} ({bound[0].change.title}) does not say whether it is approved"
        return unknown("change", says, "change records that name their approval", evidence)
    return known(
        "change", "none", "no change record at that time names the actor or what was asked about", evidence
    )
