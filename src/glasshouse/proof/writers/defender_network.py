"""A connection on a managed machine in, the row of Defender's DeviceNetworkEvents out."""

from __future__ import annotations

from glasshouse.proof.clock import digest, iso
from glasshouse.proof.rows import row
from glasshouse.proof.seen import Joined

TITLE = "Microsoft Defender DeviceNetworkEvents, CSV export"
FILE, KIND = "logs/endpoint/DeviceNetworkEvents.csv", "endpoint"
SENSOR, TAKES = "defender", Joined
HEADER = (
    "Timestamp,DeviceId,DeviceName,ActionType,RemoteIP,RemotePort,RemoteUrl,LocalIP,LocalPort,Protocol,"
    "LocalIPType,RemoteIPType,InitiatingProcessFileName,InitiatingProcessFolderPath,InitiatingProcessId,"
    "InitiatingProcessCommandLine,InitiatingProcessCreationTime,InitiatingProcessParentFileName,"
    "InitiatingProcessAccountDomain,InitiatingProcessAccountName,InitiatingProcessAccountUpn,ReportId\r\n"
)


def line(fact: Joined) -> str:
    """One row; RemoteUrl is the bare name, behind a proxy too (network protection tells it)."""
    program = fact.program
    name = program.image.replace("/", "\\").rpartition("\\")[2]
    parent = program.parent.replace("/", "\\").rpartition("\\")[2]
    kind = "Private" if fact.server_ip.startswith("10.") else "Public"
    return row(
        iso(fact.time, 7), digest(fact.host, 40), fact.host, "ConnectionSuccess", fact.server_ip,
        str(fact.server_port), fact.name, fact.ip, str(fact.port), "Tcp", "Private", kind, name,
        program.image.lower(), str(program.pid), program.command, iso(program.born, 7), parent, "example",
        program.user, f"{program.user}@example.com", str(fact.serial),
    )  # fmt: skip
