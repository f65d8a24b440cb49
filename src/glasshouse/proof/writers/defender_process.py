"""A program that started on a managed machine in, the row of Defender's DeviceProcessEvents out."""

from __future__ import annotations

from glasshouse.proof.clock import digest, iso
from glasshouse.proof.rows import row
from glasshouse.proof.seen import Started

TITLE = "Microsoft Defender DeviceProcessEvents, CSV export"
FILE, KIND = "logs/endpoint/DeviceProcessEvents.csv", "endpoint"
SENSOR, TAKES = "defender", Started
HEADER = (
    "Timestamp,DeviceId,DeviceName,ActionType,FileName,FolderPath,SHA256,ProcessId,ProcessCommandLine,"
    "ProcessCreationTime,AccountDomain,AccountName,AccountUpn,InitiatingProcessAccountName,"
    "InitiatingProcessFileName,InitiatingProcessFolderPath,InitiatingProcessCommandLine,ReportId\r\n"
)


def line(fact: Started) -> str:
    """One row; the columns are a projection of the table (learn.microsoft.com, advanced hunting)."""
    program = fact.program
    stamp = iso(fact.time, 7)
    name = program.image.replace("/", "\\").rpartition("\\")[2]
    parent = program.parent.replace("/", "\\").rpartition("\\")[2]
    return row(
        stamp, digest(fact.host, 40), fact.host, "ProcessCreated", name, program.image,
        digest(program.image), str(program.pid), program.command, iso(program.born, 7), "example",
        program.user, f"{program.user}@example.com", program.user, parent, program.parent,
        program.parent_command, str(fact.serial),
    )  # fmt: skip
