"""The invented company in, the innocent acts that look like look-ups, and what is true about each, out."""

from __future__ import annotations

from demo_day.formats import Logs
from demo_day.programs import CHROME, CMD, FIREFOX, SYSTEM, console
from demo_day.truth import Planted
from demo_day.world import MINUTE, PROXY, SECOND, Host, World, address, any_time, at, office_time, stream

NESTED = (
    "www.shodan.io.example.net",
    "notshodan.io",
    "concrt.shop",
    "mycrt.sh",
    "my-censys-notes.example.org",
)
PAGES_ABOUT = ("blog.shodan.io", "help.shodan.io", "docs.censys.com", "support.censys.io")


def plant(logs: Logs, world: World) -> list[Planted]:
    """All look-alikes of the day."""
    acts = (
        _analyst, _crtsh_twice, _virustotal, _nested_names, _pages_about, _validation, _block_list,
        _reverse_names, _words_on_disk, _private_zones, _marketing, _own_address, _renewals, _archive,
        _traceroute,
    )  # fmt: skip
    return [act(logs, world) for act in acts]


def innocent(
    act: str,
    title: str,
    hosts: tuple[Host, ...],
    span: tuple[str, str],
    names: tuple[str, ...],
    *,
    requests: int,
    logs: tuple[str, ...],
    why: str,
) -> Planted:
    """An act that must not be alerted as anything grave."""
    return Planted(
        id=act, kind="look-alike", title=title, hosts=hosts, start=at(span[0]), end=at(span[1]),
        databases=names,
        requests=requests, logs=logs, alert=False, why=why,
    )  # fmt: skip


def browse(logs: Logs, host: Host, time: int, browser: str, pages: tuple[tuple[str, int, int], ...]) -> None:
    """A browser behind the proxy: one CONNECT a host, seen by Sysmon where it runs."""
    for name, ms, size in pages:
        if host.sysmon:
            logs.sysmon_dns(time, host, browser, name)
            logs.sysmon_connection(time + 20_000, host, browser, PROXY, 3128, "proxy01.corp.example.com")
        logs.proxy(time + ms * 1000, host.ip, host.user, f"{name}:443", ms=ms, size=size)
        time += 700_000


def _analyst(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-027"]
    pages = (
        ("www.google.com", 61_020, 48_210),
        ("www.shodan.io", 75_310, 412_377),
        ("static.shodan.io", 75_120, 288_190),
    )
    browse(logs, host, at("10:40:00"), CHROME, pages)
    return innocent(
        "analyst-browses", "an analyst opens www.shodan.io once in Chrome", (host,), ("10:40:00", "10:41:20"),
        ("shodan",), requests=1, logs=("access.log", "sysmon.jsonl"),
        why="one visit by a person; big pages, idle connections",
    )  # fmt: skip


def _crtsh_twice(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-063"]
    browse(logs, host, at("09:50:10"), FIREFOX, (("crt.sh", 6_110, 9_240),))
    browse(logs, host, at("09:50:41"), FIREFOX, (("crt.sh", 6_840, 48_310),))
    return innocent(
        "crtsh-twice", "someone opens crt.sh twice in Firefox", (host,), ("09:50:10", "09:50:48"), ("crtsh",),
        requests=2, logs=("access.log", "sysmon.jsonl"), why="two page views",
    )  # fmt: skip


def _virustotal(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-090"]
    for clock in ("08:14:00", "11:02:00", "11:03:10", "16:45:30"):
        browse(logs, host, at(clock), FIREFOX, (("www.virustotal.com", 8_400, 212_000),))
    return innocent(
        "virustotal-visits", "someone checks files on VirusTotal", (host,), ("08:14:00", "16:45:39"), (),
        requests=4,
        logs=("access.log",),
        why="only a path could tell a look-up from a file check, and the proxy sees none",
    )  # fmt: skip


def _nested_names(logs: Logs, world: World) -> Planted:
    rng, host = stream("nested"), world.hosts["ws-172"]
    for name in NESTED * 12:
        logs.resolve(office_time(rng), host.ip, name)
    return innocent(
        "nested-names", "names that only contain a database's name", (host,), ("00:00:00", "23:59:59"), (),
        requests=60, logs=("dns.log",), why="a name matches at its label boundary or not at all",
    )  # fmt: skip


def _pages_about(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-038"]
    for number, name in enumerate(PAGES_ABOUT):
        browse(logs, host, at(f"13:{20 + number}:00"), CHROME, ((name, 64_000, 390_000),))
    return innocent(
        "pages-about", "someone reads a database's blog and manual", (host,), ("13:20:00", "13:24:10"), (),
        requests=4,
        logs=("access.log",), why="documentation hosts answer no look-up",
    )  # fmt: skip


def _validation(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-012"]
    return innocent(
        "certificate-validation", "OCSP and CRL fetches of every machine", (host,), ("00:00:00", "23:59:59"),
        (),
        requests=9000, logs=("access.log",),
        why="certificate validation is not a search in a certificate database",
    )  # fmt: skip


def _block_list(logs: Logs, world: World) -> Planted:
    host = world.hosts["mail01"]
    return innocent(
        "mail-block-list", "the mail server asks zen.spamhaus.org about each sender", (host,),
        ("00:00:00", "23:59:59"),
        (), requests=1500, logs=("dns.log",), why="a block list is a mail server's daily bread",
    )  # fmt: skip


def _reverse_names(logs: Logs, world: World) -> Planted:
    rng, host = stream("reverse names"), world.hosts["web01"]
    for number in range(900):
        ip = f"198.51.100.{rng.randrange(2, 254)}"
        scanner = number % 4 == 0
        name = f"hat-{number % 7}.census.shodan.io" if scanner else f"host-{number % 97}.example.org"
        name = f"scanner-{number % 30:02d}.ch1.censys-scanner.com" if number % 11 == 0 else name
        reverse = ".".join(reversed(ip.split("."))) + ".in-addr.arpa"
        logs.question(any_time(rng), host.ip, reverse, "PTR", answers=(name,))
    return innocent(
        "scanner-reverse-names", "the web server learns the reverse names of scanners that visit it", (host,),
        ("00:00:00", "23:59:59"), (), requests=900, logs=("dns.log",),
        why="the databases' names stand in answers: they look at us, not we at them",
    )  # fmt: skip


def _words_on_disk(logs: Logs, world: World) -> Planted:
    first, second = world.hosts["ws-099"], world.hosts["ws-033"]
    time = at("15:05:00")
    logs.sysmon_process(time, first, console(rf"{SYSTEM}\notepad.exe", r"notepad shodan-notes.txt"))
    logs.sysmon_process(
        time + MINUTE, first, console(CMD, r'cmd.exe /c type "D:\share\subfinder-report.docx"')
    )
    logs.defender_process(time, second, console(rf"{SYSTEM}\findstr.exe", r"findstr /i whois inventory.csv"))
    logs.defender_process(
        time + MINUTE, second, console(rf"{SYSTEM}\findstr.exe", r'findstr /s /i "amass theHarvester" *.md')
    )
    return innocent(
        "words-on-disk", "files and searches named after tools", (first, second), ("15:05:00", "15:06:00"),
        (),
        requests=4, logs=("sysmon.jsonl", "defender-process.csv"),
        why="a tool's name in another program's arguments is not a run",
    )  # fmt: skip


def _private_zones(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-020"]
    return innocent(
        "private-reverse-zones", "Windows asks prisoner.iana.org", (host,), ("00:00:00", "23:59:59"), (),
        requests=700,
        logs=("dns.log",), why="dynamic updates of private reverse zones, on every Windows network",
    )  # fmt: skip


def _marketing(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-046"]
    for clock in ("09:31:00", "11:12:00", "14:20:00", "16:10:00"):
        pages = (("hunter.io", 71_000, 640_000), ("builtwith.com", 30_000, 160_000))
        browse(logs, host, at(clock), CHROME, pages)
    return innocent(
        "marketing", "marketing uses hunter.io in Chrome", (host,), ("09:31:00", "16:11:12"),
        ("builtwith", "hunterio"),
        requests=8, logs=("access.log",), why="a few page views a day of services that sales people use",
    )  # fmt: skip


def _own_address(logs: Logs, world: World) -> Planted:
    rng, host = stream("own address"), world.hosts["vpn01"]
    for number in range(96):
        time = at("00:00:30") + number * 15 * MINUTE + rng.randrange(SECOND)
        logs.proxy(
            time, host.ip, "-", "http://ipinfo.io/json", method="GET", result="TCP_MISS/200",
            ms=rng.randrange(40, 120),
            size=rng.randrange(640, 660), mime="application/json",
        )  # fmt: skip
    return innocent(
        "own-address", "a script asks ipinfo.io for its own address", (host,), ("00:00:30", "23:46:00"), (),
        requests=96,
        logs=("access.log",), why="no target: finding one's own address is another technique",
    )  # fmt: skip


def _renewals(logs: Logs, world: World) -> Planted:
    host = world.hosts["web02"]
    for clock in ("04:10:00", "16:10:00"):
        logs.resolve(at(clock), host.ip, "acme-v02.api.letsencrypt.org")
        for number in range(9):
            end = at(clock) + (number + 1) * 2 * SECOND
            logs.proxy(end, host.ip, "-", "acme-v02.api.letsencrypt.org:443", ms=380, size=5_100 + number)
    return innocent(
        "certificate-renewals", "the web server renews its certificates", (host,), ("04:10:00", "16:10:18"),
        (), requests=18,
        logs=("dns.log", "access.log"), why="issuing a certificate is not searching for one",
    )  # fmt: skip


def _archive(logs: Logs, world: World) -> Planted:
    host, time = world.hosts["ws-130"], at("12:15:00")
    for year in range(2009, 2021):
        logs.proxy(
            time, host.ip, host.user, f"http://web.archive.org/web/{year}0301000000/http://www.example.org/",
            method="GET", result="TCP_MISS/200", ms=900, size=38_000 + year, mime="text/html",
        )  # fmt: skip
        time += 20 * SECOND
    browse(logs, host, at("12:20:00"), CHROME, (("web.archive.org", 90_000, 900_000),))
    return innocent(
        "old-pages", "someone reads old pages in the Web Archive", (host,), ("12:15:00", "12:21:30"), (),
        requests=13,
        logs=("access.log",), why="pages, not the archive's index of names",
    )  # fmt: skip


def _traceroute(logs: Logs, world: World) -> Planted:
    rng, host, time = stream("traceroute"), world.hosts["ws-180"], at("08:33:00")
    for hop in range(7):
        ip = address(f"hop {hop}").split(".")
        name = ".".join(reversed(ip)) + ".origin.asn.cymru.com"
        logs.question(
            time,
            host.ip,
            name,
            "TXT",
            answers=(f"TXT 38 6450{hop} | {ip[0]}.{ip[1]}.{ip[2]}.0/24 | ZZ | test",),
        )
        time += rng.randrange(SECOND)
    return innocent(
        "traceroute", "a network engineer runs mtr with AS numbers", (host,), ("08:33:00", "08:33:08"),
        ("cymru-dns",),
        requests=7, logs=("dns.log",), why="one question for each hop, and none of the hops is ours",
    )  # fmt: skip
