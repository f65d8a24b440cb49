"""A name asked for on a machine with Sysmon in, its event 22 as Winlogbeat sends it out."""

from __future__ import annotations

from glasshouse.proof import sysmon
from glasshouse.proof.seen import Resolved

TITLE = "Sysmon 22 through Winlogbeat, JSON lines"
FILE, KIND = sysmon.FILE, "endpoint"
SENSOR, TAKES = "sysmon", Resolved
HEADER = ""


def line(fact: Resolved) -> str:
    """DNS query, answered from the machine's own cache or not."""
    return sysmon.document(fact.time, fact.host, fact.serial, 22, {
        **sysmon.head(fact.time, fact.host, fact.program), "QueryName": fact.name, "QueryStatus": "0",
        "QueryResults": "::ffff:192.0.2.7;",
    })  # fmt: skip
