"""The invented company in, three quiet weeks before the demo day out: what "usual" is measured by."""

from __future__ import annotations

from collections.abc import Iterator

from demo_day.formats import Logs, Process
from demo_day.incidents import WORDS
from demo_day.lookalikes import browse
from demo_day.programs import CHROME, CMD
from demo_day.visitors import page
from demo_day.world import HOUR, MIDNIGHT, MINUTE, PROXY, SECOND, Host, World, address, at, stream

DAY = 24 * HOUR
FIRST = -22  # Monday 2026-02-23, counted from the demo day
FILES = ("access.log", "sysmon.jsonl")


def weeks(logs: Logs, world: World) -> None:
    """What the lookups of the day are compared with; nothing in it is an incident."""
    for number, shift in enumerate(_working_days()):
        _marketing(logs, world.hosts["ws-046"], shift)
        _ordinary(logs, world, shift)
        if number % 5 in (0, 3):
            _supplier(logs, world.hosts["ws-071"], shift, number)
        if number % 5 in (1, 4):
            _security_news(logs, world.hosts["ws-203"], shift)
        if number % 5 == 2:
            _intelligence(logs, world.hosts["ws-058"], shift)
    for shift in (-21 * DAY, -14 * DAY, -7 * DAY):
        _domain_check(logs, world.hosts["srv-app03"], shift)


def _working_days() -> Iterator[int]:
    """Monday to Friday, from the first day to the eve, in microseconds from the demo day."""
    for day in range(FIRST, 0):
        if (MIDNIGHT // DAY + day + 3) % 7 < 5:
            yield day * DAY


def _marketing(logs: Logs, host: Host, shift: int) -> None:
    for clock in ("09:40:00", "14:10:00"):
        browse(logs, host, at(clock) + shift, CHROME, (("hunter.io", 68_000, 590_000),))


def _supplier(logs: Logs, host: Host, shift: int, number: int) -> None:
    name = ("supplier.example.org", "parts.example.org")[number % 2]
    page(logs, host, at("10:05:00") + shift, CHROME, f"https://who.is/whois/{name}")


def _security_news(logs: Logs, host: Host, shift: int) -> None:
    time = at("12:40:00") + shift
    for name in ("crt.sh", "www.shodan.io"):
        logs.sysmon_dns(time, host, CHROME, name)
        logs.sysmon_connection(time + 30_000, host, CHROME, address(name), 443)
        time += 2 * HOUR


def _intelligence(logs: Logs, host: Host, shift: int) -> None:
    time = at("15:20:00") + shift
    logs.proxy(time + 9 * SECOND, host.ip, host.user, "api.shodan.io:443", ms=9_100, size=4_870)


def _domain_check(logs: Logs, host: Host, shift: int) -> None:
    """The weekly check of the company's own domains: forty names of ours, all covered by the register."""
    rng, time = stream(f"domain check {shift}"), at("03:04:00") + shift
    for number in range(40):
        zone = ("com", "net")[number % 2]
        name = f"{WORDS[number // 2]}.example.{zone}"
        command = f"whois64.exe -nobanner {name}"
        tool = Process(r"D:\tools\whois64.exe", command, CMD, r"cmd.exe /c D:\tools\check.cmd", "High")
        logs.sysmon_process(time, host, tool)
        server = address(f"{zone}.whois-servers.net")
        logs.sysmon_connection(time + 90_000, host, tool.image, server, 43, born=time)
        time += rng.randrange(2, 7) * SECOND + rng.randrange(SECOND)


def _ordinary(logs: Logs, world: World, shift: int) -> None:
    """A little of what the proxy sees anyway, so that these logs are no list of lookups."""
    rng = stream(f"before {shift}")
    desks = world.at_site("hq")
    for number in range(40):
        host, time = rng.choice(desks), at("08:00:00") + shift + number * 12 * MINUTE + rng.randrange(MINUTE)
        name = rng.choice(("www.bing.com", "en.wikipedia.org", "outlook.office365.com", "github.com"))
        logs.proxy(time, host.ip, host.user, f"{name}:443", ms=rng.randrange(90, 60_000), size=9_000 + number)
        if host.sysmon:
            logs.sysmon_connection(time, host, CHROME, PROXY, 3128, "proxy01.corp.example.com")
