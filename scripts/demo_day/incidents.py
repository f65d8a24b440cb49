"""The invented company in, the planted incidents and what is true about each out."""

from __future__ import annotations

from demo_day.formats import Logs, Process
from demo_day.programs import CMD, CURL, POWERSHELL, console
from demo_day.truth import Planted
from demo_day.world import MINUTE, PROXY, SECOND, Host, World, address, at, stream

WORDS = [
    "vpn",
    "mail",
    "portal",
    "dev",
    "test",
    "stage",
    "api",
    "git",
    "sso",
    "files",
    "backup",
    "remote",
    "intranet",
    "shop",
    "db",
    "admin",
    "mx1",
    "citrix",
    "ldap",
    "jira",
]
NAMES = [f"{word}.{zone}" for zone in ("example.com", "example.net", "dev.example.com") for word in WORDS]
SHODAN_KEY = "NOTAREALKEYDEMOONLY0000000000001"
TRAILS_KEY = "NOTAREALKEYDEMOONLY0000000000002"

SUBFINDER = {
    "anubisdb": "jonlu.ca", "crtsh": "crt.sh", "digitorus": "certificatedetails.com",
    "hackertarget": "api.hackertarget.com", "thc-ip": "ip.thc.org",
}  # fmt: skip
BBOT = {
    **SUBFINDER, "certspotter": "api.certspotter.com", "columbus": "columbus.elmasy.com",
    "dnsdumpster": "dnsdumpster.com", "shodan-internetdb": "internetdb.shodan.io", "leakix": "leakix.net",
    "myssl": "myssl.com", "rapiddns": "rapiddns.io", "sitedossier": "www.sitedossier.com",
    "subdomaincenter": "api.subdomain.center", "chaos": "dns.projectdiscovery.io", "c99": "api.c99.nl",
    "securitytrails": "api.securitytrails.com", "hunterio": "api.hunter.io",
}  # fmt: skip
BBOT.pop("thc-ip")
UNSEEN_BY_NAME = ("otx.alienvault.com", "urlscan.io", "web.archive.org", "www.virustotal.com")
AMASS = {
    "rdap-bootstrap": "data.iana.org", "crtsh": "crt.sh", "hackertarget": "api.hackertarget.com",
    "rapiddns": "rapiddns.io", "sitedossier": "www.sitedossier.com", "dnshistory": "dnshistory.org",
    "bgptools": "bgp.tools", "gleif": "api.gleif.org",
}  # fmt: skip
RDAP = ("rdap.verisign.com", "rdap.arin.net", "rdap.db.ripe.net")
HARVESTER = {
    "crtsh": "crt.sh", "hackertarget": "api.hackertarget.com", "rapiddns": "rapiddns.io",
    "certspotter": "api.certspotter.com", "dnsdumpster": "dnsdumpster.com", "anubisdb": "jonlu.ca",
    "subdomaincenter": "api.subdomain.center", "threatminer": "api.threatminer.org",
}  # fmt: skip


def plant(logs: Logs, world: World) -> list[Planted]:
    """All incidents of the day."""
    acts = (
        _subfinder, _curl_loop, _shodan_library, _bulk_whois, _service_account, _bbot, _shared_key, _amass,
        _harvester, _download, _slow_poll, _internetdb,
    )  # fmt: skip
    return [act(logs, world) for act in acts]


def _incident(
    act: str,
    title: str,
    hosts: tuple[Host, ...],
    span: tuple[int, int],
    *,
    databases: tuple[str, ...],
    requests: int,
    logs: tuple[str, ...],
    why: str,
) -> Planted:
    return Planted(
        id=act, kind="incident", title=title, hosts=hosts, start=span[0], end=span[1], databases=databases,
        requests=requests, logs=logs, alert=True, why=why,
    )  # fmt: skip


def _subfinder(logs: Logs, world: World) -> Planted:
    rng, host, start = stream("subfinder"), world.hosts["ws-187"], at("10:12:07")
    tool = r"C:\Users\Public\Music\subfinder.exe"
    logs.sysmon_process(start, host, console(tool, "subfinder.exe -d example.com -silent -o out.txt"))
    time = start + 400_000
    for name in SUBFINDER.values():
        logs.resolve(time, host.ip, name)
        logs.sysmon_dns(time + 30_000, host, tool, name, born=start)
        port = 5432 if name == "crt.sh" else 443
        logs.sysmon_connection(time + 60_000, host, tool, address(name), port, born=start)
        time += rng.randrange(20_000, 180_000)
    return _incident(
        "subfinder", "a taken-over workstation runs subfinder -d example.com", (host,),
        (start, time + 25 * SECOND),
        databases=tuple(SUBFINDER), requests=5, logs=("dns.log", "sysmon.jsonl"),
        why="five providers within a second, the tool's own process, PostgreSQL to crt.sh, our own domain",
    )  # fmt: skip


def _curl_loop(logs: Logs, world: World) -> Planted:
    rng, host, start = stream("curl loop"), world.hosts["ws-111"], at("14:31:10")
    time = start
    for name in NAMES:
        command = f'curl.exe -s "https://crt.sh/?q={name}&output=json" -o {name}.json'
        logs.sysmon_process(time, host, console(CURL, command))
        ms = rng.randrange(640, 2900)
        logs.sysmon_connection(time + 40_000, host, CURL, PROXY, 3128, "proxy01.corp.example.com", time)
        size = rng.randrange(3200, 11000)
        logs.proxy(time + ms * 1000, host.ip, host.user, "crt.sh:443", ms=ms, size=size)
        time += ms * 1000 + rng.randrange(120_000, 400_000)
    return _incident(
        "crtsh-curl-loop", "an insider loops curl over 60 of our own names", (host,), (start, time),
        databases=("crtsh",), requests=60, logs=("access.log", "sysmon.jsonl"),
        why="60 searches in two minutes; the proxy sees the host only, Sysmon the names",
    )  # fmt: skip


def _shodan_library(logs: Logs, world: World) -> Planted:
    host, start = world.hosts["ws-058"], at("11:20:31")
    logs.resolve(start, host.ip, "api.shodan.io")
    begun = start + 95 * SECOND
    logs.proxy(begun + 40_380_000, host.ip, host.user, "api.shodan.io:443", ms=40_380, size=25_412)
    return _incident(
        "shodan-library", "a Python script asks Shodan about 40 addresses over one connection", (host,),
        (start, begun + 41 * SECOND), databases=("shodan",), requests=40, logs=("dns.log", "access.log"),
        why="first try without the proxy: two DNS questions; then one CONNECT of 40 s and 25 kB holds all",
    )  # fmt: skip


def _bulk_whois(logs: Logs, world: World) -> Planted:
    rng, host, start = stream("whois"), world.hosts["srv-app03"], at("03:04:12")
    tool, time = r"D:\tools\whois64.exe", start
    for number in range(45):
        zone = ("com", "net", "org")[number % 3]
        name = f"{WORDS[number % 20]}.example.{zone}" if number > 5 else f"example.{zone}"
        server = f"{zone}.whois-servers.net"
        process = Process(
            tool, f"whois64.exe -nobanner {name}", CMD, r"cmd.exe /c D:\tools\check.cmd", "High"
        )
        logs.sysmon_process(time, host, process)
        if number % 9 < 3:
            logs.resolve(time + 50_000, host.ip, server)
            logs.sysmon_dns(time + 60_000, host, tool, server, born=time)
        logs.sysmon_connection(time + 90_000, host, tool, address(server), 43, born=time)
        time += rng.randrange(2, 7) * SECOND + rng.randrange(SECOND)
    return _incident(
        "bulk-whois", "a server runs whois over 45 names at night", (host,), (start, time),
        databases=("whois-port43",), requests=45, logs=("dns.log", "sysmon.jsonl"),
        why="45 connections to port 43 in four minutes under a service account",
    )  # fmt: skip


def _service_account(logs: Logs, world: World) -> Planted:
    rng, host, start = stream("service account"), world.hosts["srv-app02"], at("02:30:00")
    url = "https://api.securitytrails.com/v1/domain/example.com/subdomains"
    command = f'curl.exe -s -H "APIKEY: {TRAILS_KEY}" {url}'
    logs.sysmon_process(
        start, host, Process(CURL, command, POWERSHELL, "powershell.exe -File report.ps1", "High")
    )
    logs.sysmon_connection(start + 40_000, host, CURL, PROXY, 3128, "proxy01.corp.example.com", start)
    time = start
    for number in range(75):
        name = "api.dnsdumpster.com" if number % 5 in (1, 3) else "api.securitytrails.com"
        ms = rng.randrange(180, 900)
        logs.proxy(time + ms * 1000, host.ip, host.user, f"{name}:443", ms=ms, size=rng.randrange(2900, 9000))
        time += ms * 1000 + rng.randrange(4, 12) * SECOND
    return _incident(
        "service-account", "a service account asks SecurityTrails and DNSDumpster", (host,), (start, time),
        databases=("dnsdumpster", "securitytrails"), requests=76, logs=("access.log", "sysmon.jsonl"),
        why="a reporting server has no reason to ask passive DNS 75 times at half past two",
    )  # fmt: skip


def _bbot(logs: Logs, world: World) -> Planted:
    rng, host, start = stream("bbot"), world.hosts["guest-17"], at("15:40:02")
    time = start
    for _ in range(3):
        names = [*BBOT.values(), *UNSEEN_BY_NAME]
        rng.shuffle(names)
        for name in names:
            logs.resolve(time, host.ip, name)
            time += rng.randrange(20_000, 700_000)
        time += rng.randrange(40, 90) * SECOND
    return _incident(
        "bbot-guest", "an unmanaged machine on the guest network fans out like bbot", (host,), (start, time),
        databases=tuple(BBOT), requests=51, logs=("dns.log",),
        why="17 providers within a minute, three rounds; only DNS sees the guest network",
    )  # fmt: skip


def _shared_key(logs: Logs, world: World) -> Planted:
    first, second = world.hosts["ws-161"], world.hosts["ws-205"]
    start = at("09:15:20")
    for host, clock, ends in ((first, start, (7, 8, 10, 25)), (second, at("16:02:44"), (7, 53, 80))):
        time = clock
        for end in ends:
            url = f"https://api.shodan.io/shodan/host/203.0.113.{end}?key={SHODAN_KEY}"
            process = console(CURL, f'curl.exe "{url}"')
            logs.defender_process(time, host, process)
            logs.resolve(time + 40_000, host.ip, "api.shodan.io")
            logs.defender_connection(time + 90_000, host, process, "api.shodan.io", 443, "api.shodan.io")
            time += 97 * SECOND
    return _incident(
        "shared-key", "two accounts use one Shodan key on our own addresses", (first, second), (start, time),
        databases=("shodan",), requests=7, logs=("dns.log", "defender-process.csv", "defender-network.csv"),
        why="few requests, but the same key from two people; the key itself must never be shown",
    )  # fmt: skip


def _amass(logs: Logs, world: World) -> Planted:
    rng, host, start = stream("amass"), world.hosts["ws-149"], at("12:47:55")
    tool = console(r"C:\Users\Public\amass_Windows_amd64\amass.exe", "amass.exe enum -d example.net -o a.txt")
    logs.defender_process(start, host, tool)
    time = start + 800_000
    for name in (*AMASS.values(), *RDAP, "web.archive.org"):
        logs.resolve(time, host.ip, name)
        port = 43 if name == "bgp.tools" else 443
        logs.defender_connection(time + 40_000, host, tool, name, port, None if port == 43 else name)
        time += rng.randrange(100_000, 2_000_000)
    return _incident(
        "amass-rdap", "amass enumerates example.net, by RDAP among others", (host,), (start, time),
        databases=(*AMASS, "rdap-servers"), requests=12,
        logs=("dns.log", "defender-process.csv", "defender-network.csv"),
        why="registration data first, then three registries and seven more providers; port 43 to bgp.tools",
    )  # fmt: skip


def _harvester(logs: Logs, world: World) -> Planted:
    rng, host, start = stream("harvester"), world.hosts["jump01"], at("21:18:30")
    time = start
    for _ in range(2):
        for name in (
            *HARVESTER.values(),
            "www.bing.com",
            "search.brave.com",
            "otx.alienvault.com",
            "urlscan.io",
        ):
            logs.resolve(time, host.ip, name)
            time += rng.randrange(60_000, 1_500_000)
        time += 4 * MINUTE
    return _incident(
        "harvester-jump-host", "theHarvester on the Linux jump host", (host,), (start, time),
        databases=tuple(HARVESTER), requests=16, logs=("dns.log",),
        why="no endpoint log covers the jump host; eight providers in seconds, twice, late in the evening",
    )  # fmt: skip


def _download(logs: Logs, world: World) -> Planted:
    host, start = world.hosts["build02"], at("17:22:08")
    time = start
    for size in (61_204_188, 48_911_730, 22_640_019):
        ms = size // 1900
        time += ms * 1000
        logs.proxy(time, host.ip, host.user, "data.shodan.io:443", ms=ms, size=size)
        time += 5 * SECOND
    return _incident(
        "bulk-download", "a build server fetches the data files of a scan database", (host,), (start, time),
        databases=("shodan",), requests=3, logs=("access.log",),
        why="133 MB in three connections under a service account",
    )  # fmt: skip


def _slow_poll(logs: Logs, world: World) -> Planted:
    rng, host = stream("slow poll"), world.hosts["srv-app04"]
    start = time = at("00:02:10")
    times = 0
    while time < at("23:55:00"):
        times += 1
        ms = rng.randrange(210, 480)
        logs.proxy(
            time + ms * 1000,
            host.ip,
            host.user,
            "api.certspotter.com:443",
            ms=ms,
            size=rng.randrange(3300, 4700),
        )
        time += 5 * MINUTE + rng.randrange(9 * SECOND)
    return _incident(
        "slow-poll", "a service account asks a certificate database every five minutes", (host,),
        (start, time),
        databases=("certspotter",), requests=times, logs=("access.log",),
        why="never a burst; the regular spacing around the clock gives it away",
    )  # fmt: skip


def _internetdb(logs: Logs, world: World) -> Planted:
    host, start = world.hosts["ws-155"], at("13:05:41")
    command = 'powershell.exe -c "1..64 | % { irm https://internetdb.shodan.io/203.0.113.$_ >> out.json }"'
    logs.sysmon_process(start, host, console(POWERSHELL, command))
    logs.resolve(start + SECOND, host.ip, "internetdb.shodan.io")
    logs.sysmon_dns(start + SECOND, host, POWERSHELL, "internetdb.shodan.io", born=start)
    logs.sysmon_connection(
        start + 2 * SECOND, host, POWERSHELL, address("internetdb.shodan.io"), 443, born=start
    )
    return Planted(
        id="internetdb-loop", kind="blind",
        title="one PowerShell line asks InternetDB about 64 of our addresses",
        hosts=(host,), start=start, end=start + 50 * SECOND, databases=("shodan-internetdb",), requests=64,
        logs=("dns.log", "sysmon.jsonl"), alert=False,
        why="one process, one connection, two DNS questions: the 64 requests stand in no log of this day",
    )  # fmt: skip
