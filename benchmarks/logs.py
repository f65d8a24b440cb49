"""A format, a size and a seed in, a log of that size out: everyday lines with one look-up in 10,000.

Everything is invented. Ordinary lines come from a block of some 48 MiB that is written again and again with
its pieces in another order; look-ups are made fresh each time, so that no two of them are equal.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import IO, Any

RARE = 10_000  # lines for one look-up
BLOCK = 48 << 20
PIECE = 256 << 10
START = 1_795_132_800  # 2026-11-20T00:00:00Z
DAY = 86_400
_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ra",
    "ten",
    "vor",
    "sel",
    "dun",
    "pra",
    "qui",
    "zen",
    "bar",
    "cor",
    "eli",
    "fin",
    "gra",
    "hol",
    "jun",
    "net",
    "sys",
    "web",
    "dat",
    "clo",
    "ops",
]
_ENDS = ("com.test", "net.test", "org.test", "io.test", "de.test", "co.test", "example.com", "example.net")
_HOSTS = ("www", "api", "cdn", "mail", "static", "img", "login", "update", "telemetry", "s3", "assets", "dns")
_ASKED = (
    "api.shodan.io",
    "search.censys.io",
    "crt.sh",
    "api.securitytrails.com",
    "api.hackertarget.com",
    "viewdns.info",
    "dnsdumpster.com",
    "www.zoomeye.org",
    "rapiddns.io",
    "api.passivetotal.org",
    "internetdb.shodan.io",
)
_PATHS = (
    "/index.html",
    "/api/v1/items",
    "/static/js/app.js",
    "/img/logo.png",
    "/v2/events/batch",
    "/login",
    "/",
)
_MIMES = ("text/html", "application/json", "image/png", "text/css", "application/octet-stream", "-")
_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Microsoft-CryptoAPI/10.0",
    "python-requests/2.32.5",
)
_PROGRAMS = (
    (r"C:\Windows\System32\svchost.exe", "-k netsvcs -p -s Schedule"),
    (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        "--type=renderer --lang=en-US --field-trial-handle=1718",
    ),
    (
        r"C:\Windows\System32\backgroundTaskHost.exe",
        "-ServerName:CortanaUI.AppX8z9r6jm96hw4bsbneegw0kyxx296wr9t.mca",
    ),
    (r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE", "/recycle"),
    (
        r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        r"-NoProfile -File C:\Tools\inventory.ps1",
    ),
    (r"C:\Windows\System32\conhost.exe", "0xffffffff -ForceV1"),
    (r"C:\Program Files\Git\cmd\git.exe", "fetch --all --prune"),
    (r"C:\Windows\System32\wbem\WmiPrvSE.exe", "-secured -Embedding"),
)


def names(random: Random, many: int = 20_000) -> list[str]:
    """Invented host names, some deep, some with long random labels as content networks use."""
    found = []
    for _ in range(many):
        site = "".join(random.choices(_SYLLABLES, k=random.randint(2, 4)))
        host = random.choice(_HOSTS) if random.random() < 0.8 else f"d{random.getrandbits(56):014x}.edge"
        found.append(f"{host}.{site}.{random.choice(_ENDS)}")
    return found


class Day:
    """One invented day: the clock, the people and the names that the lines of every format draw from."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.names = names(self.random)

    def name(self) -> str:
        """A name somebody asked for; few names are asked for often."""
        return self.names[int(len(self.names) * self.random.random() ** 3)]

    def asked(self) -> str:
        """The host of an open database."""
        return self.random.choice(_ASKED)

    def client(self) -> str:
        """The address of somebody inside."""
        return f"10.{self.random.randint(0, 9)}.{self.random.randint(0, 255)}.{self.random.randint(1, 254)}"

    def server(self) -> str:
        """The address of a server outside."""
        net = self.random.choice(("192.0.2", "198.51.100", "203.0.113"))
        return f"{net}.{self.random.randint(1, 254)}"

    def port(self) -> int:
        """A client's port."""
        return self.random.randint(32768, 60999)

    def time(self) -> float:
        """Seconds since 1970, with microseconds."""
        return START + self.random.randrange(DAY * 1_000_000) / 1_000_000

    def iso(self, places: int = 6) -> str:
        """The same as text, without zone."""
        micros = self.random.randrange(DAY * 1_000_000)
        seconds, rest = divmod(micros, 1_000_000)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return f"2026-11-20T{hour:02}:{minute:02}:{second:02}.{rest:06}0"[: 20 + places]

    def hexes(self, digits: int) -> str:
        """Random hex digits: hashes, ids."""
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def guid(self) -> str:
        """A GUID as Windows writes it."""
        raw = self.hexes(32)
        return f"{{{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}}}"


Lines = Callable[[Day, str | None], list[str]]  # the lines of one act; with a name, of a look-up


ZEEK_HEADER = "\n".join(
    (
        r"#separator \x09",
        "#set_separator\t,",
        "#empty_field\t(empty)",
        "#unset_field\t-",
        "#path\tdns",
        "#open\t2026-11-20-00-00-00",
        "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\trtt\tquery\tqclass\tqclass_name"
        "\tqtype\tqtype_name\trcode\trcode_name\tAA\tTC\tRD\tRA\tZ\tanswers\tTTLs\trejected",
        "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tcount\tinterval\tstring\tcount\tstring\tcount\tstring"
        "\tcount\tstring\tbool\tbool\tbool\tbool\tcount\tvector[string]\tvector[interval]\tbool\n",
    )
)


def zeek_dns(day: Day, asked: str | None) -> list[str]:
    """Zeek dns.log, tab-separated."""
    kind, number = day.random.choice((("A", 1), ("A", 1), ("AAAA", 28), ("HTTPS", 65), ("PTR", 12)))
    name = asked or day.name()
    if asked:
        kind, number = "A", 1
    elif kind == "PTR":
        name = ".".join(reversed(day.client().split("."))) + ".in-addr.arpa"
    answers, ttls = f"{day.server()},{day.server()}", f"{day.random.randint(5, 3600)}.000000,60.000000"
    if day.random.random() < 0.15 and not asked:
        code, answers, ttls = "3\tNXDOMAIN", "-", "-"
    else:
        code = "0\tNOERROR"
    return [
        f"{day.time():.6f}\tC{day.hexes(17)}\t{day.client()}\t{day.port()}\t10.0.0.53\t53\tudp\t"
        f"{day.random.randint(0, 65535)}\t0.0{day.random.randint(1000, 99999):05}\t{name}\t1\tC_INTERNET\t"
        f"{number}\t{kind}\t{code}\tF\tF\tT\tT\t0\t{answers}\t{ttls}\tF\n"
    ]


def squid(day: Day, asked: str | None) -> list[str]:
    """Squid's native access.log."""
    name, size, took = asked or day.name(), day.random.randint(300, 90_000), day.random.randint(0, 90_000)
    who = f"user{day.random.randint(1, 400):03}" if day.random.random() < 0.7 else "-"
    start = f"{day.time():.3f} {took:6} {day.client()}"
    if asked or day.random.random() < 0.8:
        return [f"{start} TCP_TUNNEL/200 {size} CONNECT {name}:443 {who} HIER_DIRECT/{day.server()} -\n"]
    verdict = day.random.choice(
        ("TCP_MISS/200", "TCP_HIT/200", "TCP_MISS/304", "TCP_DENIED/403", "TCP_MISS/404")
    )
    url = f"http://{name}{day.random.choice(_PATHS)}?v={day.hexes(8)}"
    mime = day.random.choice(_MIMES)
    return [f"{start} {verdict} {size} GET {url} {who} HIER_DIRECT/{day.server()} {mime}\n"]


def eve(day: Day, asked: str | None) -> list[str]:
    """Suricata eve.json: dns, tls, http, flow, fileinfo; a look-up is a TLS hello and its flow."""
    name = asked or day.name()
    shared = {
        "timestamp": day.iso() + "+0000",
        "flow_id": day.random.randrange(10**14, 2**51),
        "in_iface": "ens5",
        "event_type": "",
        "src_ip": day.client(),
        "src_port": day.port(),
        "dest_ip": day.server(),
        "dest_port": 443,
        "proto": "TCP",
    }
    if asked:
        return [_document(shared, "tls", _eve_tls(day, name)), _document(shared, "flow", _eve_flow(day))]
    kind = day.random.choices(("dns", "flow", "tls", "http", "fileinfo"), (35, 35, 15, 10, 5))[0]
    if kind == "dns":
        return [_document({**shared, "dest_port": 53, "proto": "UDP"}, "dns", _eve_dns(day, name))]
    if kind == "flow":
        port = day.random.choice((443, 443, 53, 80, 123, 445, 8443))
        return [_document({**shared, "dest_port": port, "app_proto": "tls"}, "flow", _eve_flow(day))]
    if kind == "tls":
        return [_document(shared, "tls", _eve_tls(day, name))]
    web = {
        "hostname": name,
        "url": f"{day.random.choice(_PATHS)}?v={day.hexes(8)}",
        "http_user_agent": day.random.choice(_AGENTS),
        "http_content_type": "text/html",
        "http_method": "GET",
        "protocol": "HTTP/1.1",
        "status": 200,
        "length": day.random.randint(0, 99999),
    }
    if kind == "http":
        return [_document({**shared, "dest_port": 80, "tx_id": 0}, "http", web)]
    more = {
        "filename": "/app.js",
        "gaps": False,
        "state": "CLOSED",
        "stored": False,
        "size": 4711,
        "tx_id": 0,
    }
    return [_document({**shared, "dest_port": 80, "http": web, "app_proto": "http"}, "fileinfo", more)]


def _eve_dns(day: Day, name: str) -> dict[str, Any]:
    if day.random.random() < 0.5:
        return {
            "type": "query",
            "id": day.random.randint(0, 65535),
            "rrname": name,
            "rrtype": "A",
            "tx_id": 0,
        }
    answers = [{"rrname": name, "rrtype": "A", "ttl": 60, "rdata": day.server()} for _ in range(2)]
    return {
        "version": 2,
        "type": "answer",
        "id": day.random.randint(0, 65535),
        "flags": "8180",
        "qr": True,
        "rd": True,
        "ra": True,
        "rrname": name,
        "rrtype": "A",
        "rcode": "NOERROR",
        "answers": answers,
        "grouped": {"A": [answer["rdata"] for answer in answers]},
    }


def _eve_tls(day: Day, name: str) -> dict[str, Any]:
    return {
        "subject": f"CN={name.partition('.')[2] or name}",
        "issuerdn": "C=XX, O=Example Trust, CN=Example Issuing CA 7",
        "serial": ":".join(day.hexes(2).upper() for _ in range(16)),
        "fingerprint": ":".join(day.hexes(2) for _ in range(20)),
        "sni": name,
        "version": "TLS 1.2",
        "notbefore": "2026-10-01T00:00:00",
        "notafter": "2026-12-30T23:59:59",
        "ja3": {
            "hash": day.hexes(32),
            "string": "771,4865-4866-4867-49195-49199-49196,0-23-65281-10-11-35,29-23-24,0",
        },
    }


def _eve_flow(day: Day) -> dict[str, Any]:
    return {
        "pkts_toserver": day.random.randint(3, 90),
        "pkts_toclient": day.random.randint(3, 90),
        "bytes_toserver": day.random.randint(500, 9000),
        "bytes_toclient": day.random.randint(500, 99000),
        "start": day.iso() + "+0000",
        "end": day.iso() + "+0000",
        "age": day.random.randint(0, 60),
        "state": "closed",
        "reason": "timeout",
        "alerted": False,
    }


def _document(shared: dict[str, Any], kind: str, part: dict[str, Any]) -> str:
    return json.dumps({**shared, "event_type": kind, kind: part}, separators=(",", ":")) + "\n"


def sysmon(day: Day, asked: str | None) -> list[str]:
    """Sysmon 1, 3, 5, 11 and 22 as Winlogbeat writes them; a look-up is a 22 and the 3 that follows it."""
    image, arguments = day.random.choice(_PROGRAMS)
    data = {
        "RuleName": "-",
        "UtcTime": day.iso(3).replace("T", " "),
        "ProcessGuid": day.guid(),
        "ProcessId": str(day.random.randint(100, 30000)),
        "Image": image,
    }
    user = f"CORP\\user{day.random.randint(1, 400):03}"
    if asked:
        return [_winlog(day, 22, _query(data, asked, user)), _winlog(day, 3, _connect(day, data, user))]
    number = day.random.choices((1, 3, 5, 11, 22), (15, 35, 15, 15, 20))[0]
    if number == 1:
        data |= {
            "FileVersion": "10.0.19041.3636 (WinBuild.160101.0800)",
            "Company": "Example Corporation",
            "CommandLine": f'"{image}" {arguments}',
            "CurrentDirectory": "C:\\Windows\\system32\\",
            "User": user,
            "LogonGuid": day.guid(),
            "IntegrityLevel": "Medium",
            "Hashes": f"MD5={day.hexes(32).upper()},SHA256={day.hexes(64).upper()}",
            "ParentProcessGuid": day.guid(),
            "ParentProcessId": "904",
            "ParentImage": _PROGRAMS[0][0],
            "ParentCommandLine": " ".join(_PROGRAMS[0]),
        }
    elif number == 3:
        data = _connect(day, data, user)
    elif number == 11:
        data |= {"TargetFilename": f"C:\\Users\\u\\AppData\\Local\\Temp\\{day.hexes(12)}.tmp", "User": user}
    elif number == 22:
        data = _query(data, day.name(), user)
    return [_winlog(day, number, data)]


def _query(data: dict[str, str], name: str, user: str) -> dict[str, str]:
    results = "type:  5 edge.example.net;::ffff:192.0.2.17;::ffff:192.0.2.18;"
    return {**data, "QueryName": name, "QueryStatus": "0", "QueryResults": results, "User": user}


def _connect(day: Day, data: dict[str, str], user: str) -> dict[str, str]:
    return {
        **data,
        "User": user,
        "Protocol": "tcp",
        "Initiated": "true",
        "SourceIsIpv6": "false",
        "SourceIp": day.client(),
        "SourceHostname": "-",
        "SourcePort": str(day.port()),
        "SourcePortName": "-",
        "DestinationIsIpv6": "false",
        "DestinationIp": day.server(),
        "DestinationHostname": "-",
        "DestinationPort": "443",
        "DestinationPortName": "https",
    }


_TASKS = {
    1: "Process Create",
    3: "Network connection detected",
    5: "Process terminated",
    11: "File created",
    22: "Dns query",
}


def _winlog(day: Day, number: int, data: dict[str, str]) -> str:
    machine, task = f"ws-{day.random.randint(1, 900):04}", f"{_TASKS[number]} (rule: {_TASKS[number]})"
    document = {
        "@timestamp": day.iso(3) + "Z",
        "@metadata": {"beat": "winlogbeat", "type": "_doc", "version": "8.15.0"},
        "ecs": {"version": "8.0.0"},
        "event": {
            "code": str(number),
            "kind": "event",
            "provider": "Microsoft-Windows-Sysmon",
            "action": task,
            "created": day.iso(3) + "Z",
        },
        "host": {"name": f"{machine}.corp.example.com"},
        "log": {"level": "information"},
        "message": _TASKS[number] + ":\n" + "\n".join(f"{key}: {value}" for key, value in data.items()),
        "winlog": {
            "api": "wineventlog",
            "channel": "Microsoft-Windows-Sysmon/Operational",
            "computer_name": f"{machine}.corp.example.com",
            "event_data": data,
            "event_id": str(number),
            "opcode": "Info",
            "process": {"pid": 3012, "thread": {"id": 4711}},
            "provider_guid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
            "provider_name": "Microsoft-Windows-Sysmon",
            "record_id": day.random.randint(10**6, 10**8),
            "task": task,
            "user": {"domain": "NT AUTHORITY", "identifier": "S-1-5-18", "name": "SYSTEM", "type": "User"},
            "version": 5,
        },
        "agent": {
            "type": "winlogbeat",
            "version": "8.15.0",
            "id": "7d9a2b14-5c1e-4c55-8a44-3d0a6f4c1b2e",
            "name": machine,
        },
    }
    return json.dumps(document, separators=(",", ":")) + "\n"


_DEFENDER = (
    "Timestamp",
    "DeviceId",
    "DeviceName",
    "ActionType",
    "RemoteIP",
    "RemotePort",
    "RemoteUrl",
    "LocalIP",
    "LocalPort",
    "Protocol",
    "LocalIPType",
    "RemoteIPType",
    "InitiatingProcessSHA256",
    "InitiatingProcessFileName",
    "InitiatingProcessFolderPath",
    "InitiatingProcessCommandLine",
    "InitiatingProcessId",
    "InitiatingProcessAccountDomain",
    "InitiatingProcessAccountName",
    "InitiatingProcessAccountUpn",
    "ReportId",
    "AdditionalFields",
)
DEFENDER_HEADER = ",".join(f'"{name}"' for name in _DEFENDER) + "\r\n"


def defender(day: Day, asked: str | None) -> list[str]:
    """Defender DeviceNetworkEvents as CSV, every cell quoted; one command line in 50 spans two lines."""
    image, arguments = day.random.choice(_PROGRAMS)
    folder, _, program = image.rpartition("\\")
    if day.random.random() < 0.02:
        arguments = arguments + "\n" + '-Note "second line"'
    user = f"user{day.random.randint(1, 400):03}"
    action = (
        "ConnectionSuccess"
        if asked
        else day.random.choice(("ConnectionSuccess", "ConnectionAttempt", "NtlmAuth"))
    )
    more = json.dumps({"direction": "Out", "uid": day.hexes(16)}) if day.random.random() < 0.3 else ""
    name = asked or (day.name() if day.random.random() < 0.5 else "")
    row = (
        day.iso(7) + "Z",
        day.hexes(40),
        f"ws-{day.random.randint(1, 900):04}.corp.example.com",
        action,
        day.server(),
        str(443 if asked else day.random.choice((443, 443, 80, 445, 8080))),
        name,
        day.client(),
        str(day.port()),
        "Tcp",
        "Private",
        "Public",
        day.hexes(64),
        program,
        folder,
        f'"{image}" {arguments}',
        str(day.random.randint(100, 30000)),
        "corp",
        user,
        f"{user}@corp.example.com",
        str(day.random.randint(1, 99999)),
        more,
    )
    return [",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n"]


FORMATS: dict[str, tuple[str, str, Lines]] = {  # name -> file name, header, maker of lines
    "zeek": ("dns.log", ZEEK_HEADER, zeek_dns),
    "squid": ("access.log", "", squid),
    "suricata": ("eve.json", "", eve),
    "windows-event": ("sysmon.json", "", sysmon),
    "defender-csv": ("DeviceNetworkEvents.csv", DEFENDER_HEADER, defender),
}


def write(kind: str, folder: Path, size: int, seed: int = 1596) -> Path:
    """The log of one format with at least ``size`` bytes; one that is there already is kept."""
    path = folder / FORMATS[kind][0]
    if not path.exists() or path.stat().st_size < size:
        with path.open("wb") as out:
            fill(out, kind, size, seed)
    return path


def pack(path: Path) -> Path:
    """The same log compressed with gzip, as log rotation leaves it."""
    packed = path.with_name(path.name + ".gz")
    if not packed.exists() or packed.stat().st_mtime < path.stat().st_mtime:
        with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as out:
            while block := plain.read(1 << 20):
                out.write(block)
    return packed


def fill(out: IO[bytes], kind: str, size: int, seed: int) -> None:
    """Write header, ordinary lines and look-ups until ``size`` bytes are reached."""
    _file, header, make = FORMATS[kind]
    day = Day(seed)
    pieces = list(_pieces(day, make, min(BLOCK, size)))
    written, lines = out.write(header.encode()), 0
    while written < size:
        day.random.shuffle(pieces)
        for piece, count in pieces:
            written += out.write(piece)
            lines += count
            while lines >= RARE:
                lines -= RARE
                written += out.write("".join(make(day, day.asked())).encode())
            if written >= size:
                return


def _pieces(day: Day, make: Lines, size: int) -> Iterator[tuple[bytes, int]]:
    while size > 0:
        made: list[str] = []
        length = 0
        while length < PIECE:
            made += make(day, None)
            length += len(made[-1])
        yield "".join(made).encode(), len(made)
        size -= length
