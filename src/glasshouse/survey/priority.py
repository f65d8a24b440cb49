"""How a finding may be used, whether it is open now, how much it matters in; how soon to act, and why, out.

After the deployer tree of CISA's SSVC (cisa.gov/ssvc): the outcomes and the order of its questions are
theirs, the table is smaller, and where no vulnerability is needed the check's level stands in for it.
"""

from __future__ import annotations

from typing import Literal

from glasshouse.findings import PRIORITIES, Priority, ShiftVerdict
from glasshouse.known import Criticality
from glasshouse.records import Level

Exploitation = Literal["none", "poc", "active"]
# Can it be used, is it open now, does much hang on it: how soon.
TABLE: dict[tuple[Exploitation, bool, bool], Priority] = {
    ("active", True, True): "act",
    ("active", True, False): "act",
    ("active", False, True): "attend",
    ("active", False, False): "attend",
    ("poc", True, True): "attend",
    ("poc", True, False): "track*",
    ("poc", False, True): "track*",
    ("poc", False, False): "track",
    ("none", True, True): "track*",
    ("none", True, False): "track",
    ("none", False, True): "track",
    ("none", False, False): "track",
}
STEP: dict[ShiftVerdict, int] = {"suspicious": -1, "approved": 1}  # along PRIORITIES
_USED: dict[Exploitation, str] = {
    "active": "it is exploited",
    "poc": "it is likely to be exploited",
    "none": "nobody is known to exploit it",
}
_NEEDS_NONE: dict[Level, tuple[Exploitation, str]] = {
    "critical": ("active", "anybody can use it as it is"),
    "high": ("poc", "it is of use to an attacker as it is"),
}


def decide(
    exploited: Exploitation,
    exposed: bool,
    criticality: Criticality | None,
    verdict: ShiftVerdict | None,
    level: Level,
) -> tuple[Priority, tuple[str, ...]]:
    """How soon to act, and the reasons in the order of the questions.

    ``exposed``: a public database shows it as open now. Unknown criticality counts as usual. An approved
    change waits one step longer, unless it is exploited; a suspicious one is more urgent by one.
    """
    use, because = exploited, _USED[exploited]
    if exploited == "none" and level in _NEEDS_NONE:
        use, because = _NEEDS_NONE[level]
    much = criticality in ("high", "critical")
    found = TABLE[use, exposed, much]
    reasons = [
        because,
        "open databases show it now" if exposed else "no database shows it as open now",
        f"the asset is of {criticality} criticality" if criticality else "the asset's criticality is unknown",
    ]
    step = STEP.get(verdict, 0) if verdict else 0
    if step < 0:
        reasons.append("it came with a suspicious change")
    elif step and exploited == "active":
        reasons.append("it was approved, and is exploited all the same")
        step = 0
    elif step:
        reasons.append("the change that brought it was approved")
    at = min(max(PRIORITIES.index(found) + step, 0), len(PRIORITIES) - 1)
    return PRIORITIES[at], tuple(reasons)
