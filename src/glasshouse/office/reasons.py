"""Nothing in; out the classifications of a closed case and the reason codes that fit each."""

from __future__ import annotations

from typing import Literal

from glasshouse.errors import UsageError

Classification = Literal["true-positive", "benign-positive", "false-positive", "undetermined"]
CLASSIFICATIONS: dict[Classification, str] = {
    "true-positive": "it happened, and it was not allowed or not harmless",
    "benign-positive": "it happened as told, and it was allowed or harmless",
    "false-positive": "it did not happen as told",
    "undetermined": "it could not be found out",
}
CODES: dict[Classification, dict[str, str]] = {
    "true-positive": {
        "reconnaissance": "somebody looked us or others up to prepare an attack",
        "compromised-account": "the account was used by somebody else",
        "compromised-host": "the machine was used by somebody else",
        "insider": "somebody of ours, on purpose",
        "policy-violation": "no harm meant, but not allowed",
        "leaked-key": "an API key was used by somebody who should not have it",
    },
    "benign-positive": {
        "authorised-use": "work of analysts or threat intelligence",
        "security-test": "red team, penetration test or exercise",
        "vulnerability-platform": "a platform that looks up what is exposed",
        "pipeline": "a build, deployment or certificate watcher",
        "asset-management": "an inventory tool of IT",
        "approved-change": "part of a change that was approved",
        "training": "a course, a demonstration, curiosity without harm",
        "business-need": "another good reason, to be registered",
    },
    "false-positive": {
        "rule-too-broad": "the rule fires on what it should not",
        "wrong-database": "what was asked is no open technical database",
        "wrong-identity": "it was not this account or machine",
        "wrong-target": "it was not about what was told",
        "side-effect": "a program's own traffic, nobody looked anything up",
        "bad-log": "the log is wrong",
        "duplicate": "another case is about the same",
    },
    "undetermined": {
        "logs-missing": "the logs that would tell are not there",
        "no-answer": "who could tell did not answer",
        "actor-unknown": "it could not be found out who it was",
        "out-of-time": "it was not looked into in time",
    },
}


def checked(classification: str, code: str) -> Classification:
    """The classification, if both words exist and fit each other; UsageError says which do."""
    if classification not in CLASSIFICATIONS:
        raise UsageError(
            f"no classification {classification!r}"
            if classification
            else "a case closes with its classification",
            "",
            f"--as one of: {', '.join(CLASSIFICATIONS)}",
        )
    kind = classification
    if code not in CODES[kind]:
        raise UsageError(
            f"no reason code {code!r} for {kind}" if code else "a case closes with a reason code",
            "",
            f"one of: {', '.join(CODES[kind])}",
        )
    return kind
