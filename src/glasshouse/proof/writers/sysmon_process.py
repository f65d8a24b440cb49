"""A program that started on a machine with Sysmon in, its event 1 as Winlogbeat sends it out."""

from __future__ import annotations

from glasshouse.proof import sysmon
from glasshouse.proof.clock import digest
from glasshouse.proof.seen import Started

TITLE = "Sysmon 1 through Winlogbeat, JSON lines"
FILE, KIND = sysmon.FILE, "endpoint"
SENSOR, TAKES = "sysmon", Started
HEADER = ""


def line(fact: Started) -> str:
    """Process creation."""
    program = fact.program
    name = program.image.rpartition("\\")[2]
    return sysmon.document(fact.time, fact.host, fact.serial, 1, {
        **sysmon.head(fact.time, fact.host, program), "OriginalFileName": name,
        "CommandLine": program.command, "CurrentDirectory": f"C:\\Users\\{program.user}\\",
        "Hashes": f"SHA256={digest(program.image).upper()}", "ParentImage": program.parent,
        "ParentCommandLine": program.parent_command,
    })  # fmt: skip
