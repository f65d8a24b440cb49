"""Facts of one record in, its line as Zeek, Squid, Winlogbeat (Sysmon) or Defender would write it out.

Formats: docs.zeek.org (dns.log), wiki.squid-cache.org (native log), Winlogbeat ECS export,
Microsoft advanced hunting tables DeviceNetworkEvents and DeviceProcessEvents.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PureWindowsPath

from demo_day.world import HOUR, MIDNIGHT, RESOLVERS, SECOND, Host, address, address6, digest, stream

QTYPES = {"A": 1, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65}
RCODES = {"NOERROR": "0", "SERVFAIL": "2", "NXDOMAIN": "3", "REFUSED": "5"}
ZEEK_FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id rtt query qclass qclass_name qtype "
    "qtype_name rcode rcode_name AA TC RD RA Z answers TTLs rejected"
)
ZEEK_TYPES = (
    "time string addr port addr port enum count interval string count string count string count string "
    "bool bool bool bool count vector[string] vector[interval] bool"
)
NETWORK_COLUMNS = (
    "Timestamp DeviceId DeviceName ActionType RemoteIP RemotePort RemoteUrl LocalIP LocalPort Protocol "
    "LocalIPType RemoteIPType InitiatingProcessSHA1 InitiatingProcessSHA256 InitiatingProcessFileName "
    "InitiatingProcessId InitiatingProcessCommandLine InitiatingProcessCreationTime "
    "InitiatingProcessFolderPath InitiatingProcessParentFileName InitiatingProcessParentId "
    "InitiatingProcessAccountDomain InitiatingProcessAccountName InitiatingProcessAccountSid "
    "InitiatingProcessAccountUpn InitiatingProcessIntegrityLevel InitiatingProcessTokenElevation ReportId "
    "AppGuardContainerId AdditionalFields"
)
PROCESS_COLUMNS = (
    "Timestamp DeviceId DeviceName ActionType FileName FolderPath SHA1 SHA256 ProcessId ProcessCommandLine "
    "ProcessIntegrityLevel ProcessTokenElevation ProcessCreationTime AccountDomain AccountName AccountSid "
    "AccountUpn LogonId InitiatingProcessAccountDomain InitiatingProcessAccountName "
    "InitiatingProcessIntegrityLevel InitiatingProcessSHA1 InitiatingProcessFileName InitiatingProcessId "
    "InitiatingProcessCommandLine InitiatingProcessCreationTime InitiatingProcessFolderPath "
    "InitiatingProcessParentFileName ReportId AppGuardContainerId AdditionalFields"
)
EXPLORER = r"C:\Windows\explorer.exe"


def _letters(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(alphabet[int(text[n : n + 2], 16) % 62] for n in range(0, len(text), 2))


_SYLLABLES = [_letters(digest(f"uid {n}", 16)) for n in range(3000)]


def _iso(time: int, decimals: int) -> str:
    whole = datetime.fromtimestamp(time // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{time % SECOND:06d}0"[:decimals]
    return f"{whole}.{fraction}Z"


@dataclass(frozen=True, slots=True)
class Process:
    """A running program: what both Sysmon and Defender say about it."""

    image: str
    command: str
    parent: str = EXPLORER
    parent_command: str = EXPLORER
    level: str = "Medium"


@dataclass(slots=True)
class Logs:
    """The lines so far, by file; a line stands with the time at which its product writes it."""

    dns: list[tuple[int, int, str]] = field(default_factory=list)
    squid: list[tuple[int, int, str]] = field(default_factory=list)
    sysmon: list[tuple[int, int, str]] = field(default_factory=list)
    network: list[tuple[int, int, str]] = field(default_factory=list)
    process: list[tuple[int, int, str]] = field(default_factory=list)
    rng: random.Random = field(default_factory=lambda: stream("formats"))
    serial: int = 0

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def question(
        self,
        time: int,
        source: str,
        name: str,
        qtype: str = "A",
        *,
        rcode: str = "NOERROR",
        answers: Sequence[str] | None = None,
        server: str | None = None,
        port: int | None = None,
        uid: str | None = None,
    ) -> None:
        """One DNS transaction; an rcode of "-" is a question nobody answered."""
        rng, number = self.rng, self._next()
        if answers is None:
            answers = _answers(name, qtype) if rcode == "NOERROR" else ()
        rtt = rng.choice((0, 0, 0, 1)) * rng.randrange(4000, 60000) + rng.randrange(200, 1400)
        silent = rcode == "-"
        ttls = ",".join(f"{60 * (1 + int(digest(name, 2), 16) % 20)}.000000" for _ in answers)
        dst = server or RESOLVERS[number % 9 == 0]
        inside = name.endswith((".corp.example.com", "in-addr.arpa")) or dst.startswith("203.")
        row = (
            f"{time / SECOND:.6f}", uid or self.uid(), source, str(port or rng.randrange(49152, 65536)), dst,
            "5355" if dst.startswith("224.") else "53", "udp", str(rng.randrange(65536)),
            "-" if silent else f"{rtt / SECOND:.6f}", name, "1", "C_INTERNET", str(QTYPES[qtype]), qtype,
            "-" if silent else RCODES[rcode], "-" if silent else rcode,
            "T" if inside and not silent else "F", "F", "T", "F" if silent or dst.startswith("203.") else "T",
            "0", ",".join(answers) or "-", ttls or "-", "T" if rcode == "REFUSED" else "F",
        )  # fmt: skip
        self.dns.append((time + (0 if silent else rtt), number, "\t".join(row)))

    def uid(self) -> str:
        """A Zeek connection id; drawn from syllables, so that a day of them stays small when compressed."""
        return f"C{self.rng.choice(_SYLLABLES)}{self.rng.choice(_SYLLABLES)}"

    def resolve(self, time: int, source: str, name: str, types: Sequence[str] = ("A", "AAAA")) -> int:
        """What one program's name resolution puts on the wire; returns the time after it."""
        port, uid = self.rng.randrange(49152, 65536), self.uid()
        for qtype in types:
            self.question(time, source, name, qtype, port=port, uid=uid)
            time += self.rng.randrange(60, 900)
        return time + self.rng.randrange(2000, 30000)

    def proxy(
        self,
        end: int,
        source: str,
        user: str,
        url: str,
        *,
        method: str = "CONNECT",
        result: str = "TCP_TUNNEL/200",
        ms: int = 300,
        size: int = 4000,
        mime: str = "-",
        peer: str | None = None,
    ) -> None:
        """One Squid line; its time is the end of the transaction, its size the bytes sent to the client."""
        host = url.split("//")[-1].split("/")[0].split(":")[0]
        way = peer or (
            "HIER_NONE/-" if "DENIED" in result or "HIT" in result else f"HIER_DIRECT/{address(host)}"
        )
        stamp = f"{end // SECOND}.{end % SECOND // 1000:03d}"
        line = f"{stamp} {ms:6d} {source} {result} {size} {method} {url} {user} {way} {mime}"
        self.squid.append((end, self._next(), line))

    def _winlog(self, time: int, host: Host, code: int, action: str, data: dict[str, str]) -> None:
        number, late = self._next(), self.rng.randrange(400_000, 2_500_000)
        document = {
            "@timestamp": _iso(time, 3),
            "agent": {"type": "winlogbeat", "version": "8.12.2", "id": digest(host.name, 12)},
            "ecs": {"version": "8.0.0"},
            "event": {
                "action": action, "code": str(code), "created": _iso(time + late, 3), "kind": "event",
                "provider": "Microsoft-Windows-Sysmon",
            },
            "host": {"name": host.name, "hostname": host.name, "ip": [host.ip]},
            "winlog": {
                "api": "wineventlog", "channel": "Microsoft-Windows-Sysmon/Operational",
                "computer_name": host.fqdn, "event_data": data, "event_id": str(code), "opcode": "Info",
                "provider_guid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
                "provider_name": "Microsoft-Windows-Sysmon", "record_id": 400_000 + number, "task": action,
                "user": {"identifier": "S-1-5-18", "domain": "NT AUTHORITY", "name": "SYSTEM"},
            },
        }  # fmt: skip
        self.sysmon.append((time + late, number, json.dumps(document, separators=(",", ":"))))

    def _sysmon_head(self, time: int, host: Host, image: str, born: int) -> dict[str, str]:
        clock = _iso(time, 3).replace("T", " ").rstrip("Z")
        run = digest(f"{host.name} {image} {born}", 7)
        guid = f"{{{digest(host.name, 8)}-{run[:4]}-69b8-{run[3:]}-000000000e00}}"
        return {
            "RuleName": "-",
            "UtcTime": clock,
            "ProcessGuid": guid,
            "ProcessId": str(4 * int(run[4:], 16) + 900),
        }

    def sysmon_process(self, time: int, host: Host, process: Process) -> None:
        """Sysmon 1."""
        head = self._sysmon_head(time, host, process.image, time)
        name = PureWindowsPath(process.image).name
        self._winlog(time, host, 1, "Process Create (rule: ProcessCreate)", {
            **head, "Image": process.image, "FileVersion": "-", "OriginalFileName": name,
            "CommandLine": process.command, "CurrentDirectory": f"C:\\Users\\{host.user}\\",
            "User": f"EXAMPLE\\{host.user}", "LogonId": f"0x{digest(host.user, 5)}", "TerminalSessionId": "1",
            "IntegrityLevel": process.level, "Hashes": f"SHA256={digest(process.image).upper()}",
            "ParentImage": process.parent, "ParentCommandLine": process.parent_command,
            "ParentUser": f"EXAMPLE\\{host.user}",
        })  # fmt: skip

    def sysmon_connection(
        self, time: int, host: Host, image: str, ip: str, port: int, reverse: str = "-", born: int = MIDNIGHT
    ) -> None:
        """Sysmon 3; the destination name is a reverse name or nothing, as in life."""
        self._winlog(time, host, 3, "Network connection detected (rule: NetworkConnect)", {
            **self._sysmon_head(time, host, image, born), "Image": image, "User": f"EXAMPLE\\{host.user}",
            "Protocol": "tcp", "Initiated": "true", "SourceIsIpv6": "false", "SourceIp": host.ip,
            "SourceHostname": host.fqdn, "SourcePort": str(self.rng.randrange(49152, 65536)),
            "SourcePortName": "-", "DestinationIsIpv6": "false", "DestinationIp": ip,
            "DestinationHostname": reverse, "DestinationPort": str(port),
            "DestinationPortName": {80: "http", 443: "https"}.get(port, "-"),
        })  # fmt: skip

    def sysmon_dns(
        self, time: int, host: Host, image: str, name: str, status: str = "0", born: int = MIDNIGHT
    ) -> None:
        """Sysmon 22; ``born`` is the time at which the asking process started."""
        results = f"::ffff:{address(name)};" if status == "0" else "-"
        self._winlog(time, host, 22, "Dns query (rule: DnsQuery)", {
            **self._sysmon_head(time, host, image, born), "QueryName": name, "QueryStatus": status,
            "QueryResults": results, "Image": image, "User": f"EXAMPLE\\{host.user}",
        })  # fmt: skip

    def defender_connection(
        self, time: int, host: Host, process: Process, name: str, port: int = 443, url: str | None = None
    ) -> None:
        """A row of DeviceNetworkEvents; RemoteUrl is often empty."""
        inside = name.startswith("10.")
        row = {
            **_device(time, host), "ActionType": "ConnectionSuccess", "RemotePort": str(port),
            "RemoteIP": name if inside else address(name), "RemoteUrl": url or "", "LocalIP": host.ip,
            "LocalPort": str(self.rng.randrange(49152, 65536)), "Protocol": "TcpV4", "LocalIPType": "Private",
            "RemoteIPType": "Private" if inside else "Public", "ReportId": str(self._next()),
            **_initiating(time, host, process.image, process.command, process.parent, process.level),
        }  # fmt: skip
        self.network.append((time, self.serial, _csv(row, NETWORK_COLUMNS)))

    def defender_process(self, time: int, host: Host, process: Process) -> None:
        """A row of DeviceProcessEvents; command lines keep their line breaks."""
        row = {
            **_device(time, host), "ActionType": "ProcessCreated",
            "FileName": PureWindowsPath(process.image).name,
            "FolderPath": process.image, "SHA1": digest("1" + process.image, 40),
            "SHA256": digest(process.image),
            "ProcessId": str(4 * self.rng.randrange(300, 9000)), "ProcessCommandLine": process.command,
            "ProcessIntegrityLevel": process.level, "ProcessTokenElevation": "TokenElevationTypeDefault",
            "ProcessCreationTime": _iso(time - 3000, 7), "AccountDomain": "example", "AccountName": host.user,
            "AccountSid": f"S-1-5-21-0-0-0-{int(digest(host.user, 4), 16)}",
            "AccountUpn": f"{host.user}@example.com", "LogonId": str(int(digest(host.user, 5), 16)),
            "ReportId": str(self._next()),
            **_initiating(time, host, process.parent, process.parent_command, EXPLORER, "Medium"),
        }  # fmt: skip
        self.process.append((time, self.serial, _csv(row, PROCESS_COLUMNS)))

    def texts(self) -> dict[str, str]:
        """File name and whole text, every file in the order in which its product wrote it."""
        squid = "".join(f"{line}\n" for _, _, line in sorted(self.squid))
        sysmon = "".join(f"{line}\n" for _, _, line in sorted(self.sysmon))
        return {
            "dns.log": _zeek([line for _, _, line in sorted(self.dns)]),
            "access.log": squid,
            "sysmon.jsonl": sysmon,
            "defender-network.csv": _table(NETWORK_COLUMNS, self.network),
            "defender-process.csv": _table(PROCESS_COLUMNS, self.process),
        }


def _zeek(lines: list[str]) -> str:
    head = (
        "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", "#path\tdns",
        "#open\t2026-03-17-00-00-00", "#fields\t" + ZEEK_FIELDS.replace(" ", "\t"),
        "#types\t" + ZEEK_TYPES.replace(" ", "\t"),
    )  # fmt: skip
    return "\n".join((*head, *lines, "#close\t2026-03-18-00-00-01")) + "\n"


def _answers(name: str, qtype: str) -> tuple[str, ...]:
    number = int(digest(name, 4), 16)
    if name.endswith(".corp.example.com"):
        return (f"10.20.1.{10 + number % 30}",) if qtype == "A" else ()
    alias = {
        0: (f"{name}.edgekey.net", f"e{number}.dsca.akamaiedge.net"),
        1: (f"{name}.cdn.cloudflare.net",),
    }.get(number % 5, ())
    if qtype == "A":
        return (*alias, address(name)) if number % 3 else (*alias, address(name), address(name + "2"))
    if qtype == "AAAA":
        return (*alias, address6(name)) if number % 2 else alias
    return alias


def _csv(row: dict[str, str], columns: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([row.get(column, "") for column in columns.split()])
    return out.getvalue()


def _table(columns: str, rows: list[tuple[int, int, str]]) -> str:
    return columns.replace(" ", ",") + "\r\n" + "".join(row for _, _, row in sorted(rows))


def _device(time: int, host: Host) -> dict[str, str]:
    return {"Timestamp": _iso(time, 7), "DeviceId": digest(host.name, 40), "DeviceName": host.fqdn}


def _initiating(time: int, host: Host, image: str, command: str, parent: str, level: str) -> dict[str, str]:
    prefix = "InitiatingProcess"
    return {
        f"{prefix}SHA1": digest("1" + image, 40), f"{prefix}SHA256": digest(image),
        f"{prefix}FileName": PureWindowsPath(image).name, f"{prefix}FolderPath": image.lower(),
        f"{prefix}Id": str(4 * (300 + int(digest(host.name + image, 3), 16))),
        f"{prefix}CommandLine": command,
        f"{prefix}CreationTime": _iso(time - time % HOUR, 7), f"{prefix}AccountName": host.user,
        f"{prefix}ParentFileName": PureWindowsPath(parent).name, f"{prefix}ParentId": "1184",
        f"{prefix}AccountDomain": "example", f"{prefix}AccountUpn": f"{host.user}@example.com",
        f"{prefix}AccountSid": f"S-1-5-21-0-0-0-{int(digest(host.user, 4), 16)}",
        f"{prefix}IntegrityLevel": level, f"{prefix}TokenElevation": "TokenElevationTypeDefault",
    }  # fmt: skip
