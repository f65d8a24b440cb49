"""A connection on a machine with Sysmon in, its event 3 as Winlogbeat sends it out."""

from __future__ import annotations

from glasshouse.proof import sysmon
from glasshouse.proof.seen import Joined

TITLE = "Sysmon 3 through Winlogbeat, JSON lines"
FILE, KIND = sysmon.FILE, "endpoint"
SENSOR, TAKES = "sysmon", Joined
HEADER = ""


def line(fact: Joined) -> str:
    """Network connection; DestinationHostname is a reverse name, here none, never what was asked for."""
    return sysmon.document(fact.time, fact.host, fact.serial, 3, {
        **sysmon.head(fact.time, fact.host, fact.program), "Protocol": "tcp", "Initiated": "true",
        "SourceIsIpv6": "false", "SourceIp": fact.ip, "SourceHostname": fact.host,
        "SourcePort": str(fact.port), "DestinationIsIpv6": "false", "DestinationIp": fact.server_ip,
        "DestinationHostname": "-", "DestinationPort": str(fact.server_port),
    })  # fmt: skip
