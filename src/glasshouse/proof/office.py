"""A site and a day in; the ordinary traffic of all machines out: not one lookup in an open database in it.

Browsing with the fetches a page drags along, cloud services, certificate validation over plain HTTP, names of
the own network, programs that start. Each machine and day has random numbers of its own.
"""

from __future__ import annotations

import random
from itertools import accumulate

from glasshouse.proof.clock import DAY, HOUR, MINUTE, SECOND, digest, stream, weekday
from glasshouse.proof.estate import AD, Machine
from glasshouse.proof.exchange import Exchange, Memory, Sent
from glasshouse.proof.seen import Program
from glasshouse.proof.site import Site
from glasshouse.proof.words import BROWSERS, CLOUD, EXPLORER, INTERNAL, SITES, TRACKERS, VALIDATION

VISITS, CLOUDS, NAMES, PROGRAMS = 17, 10, 14, 7  # of one person on a working day
_SITES = tuple(tuple(names.split()) for _, names in SITES)
_POPULAR = tuple(accumulate(weight for weight, _ in SITES))
_HOURS = tuple(accumulate((0, 0, 0, 0, 0, 0, 1, 6, 12, 13, 12, 11, 8, 10, 12, 12, 10, 7, 3, 1, 1, 0, 0, 0)))
_SYSTEM = r"C:\Windows\System32"
_OFFICE = r"C:\Program Files\Microsoft Office\root\Office16"
_STARTED = (
    (rf"{_SYSTEM}\svchost.exe", rf"{_SYSTEM}\svchost.exe -k netsvcs -p -s BITS"),
    (rf"{_OFFICE}\EXCEL.EXE", rf'"{_OFFICE}\EXCEL.EXE" C:\Users\Public\budget-2026.xlsx'),
    (rf"{_OFFICE}\WINWORD.EXE", rf'"{_OFFICE}\WINWORD.EXE" /n \\file01\team\minutes.docx'),
    (rf"{_SYSTEM}\conhost.exe", rf"{_SYSTEM}\conhost.exe 0xffffffff -ForceV1"),
    (rf"{_SYSTEM}\notepad.exe", r"notepad.exe C:\Users\Public\todo.txt"),
    (rf"{_SYSTEM}\cmd.exe", r'cmd.exe /c "\\dc01\netlogon\logon.cmd"'),
    (rf"{_SYSTEM}\WindowsPowerShell\v1.0\powershell.exe", "powershell.exe -NoProfile -Command Get-Service"),
    (rf"{_SYSTEM}\nslookup.exe", f"nslookup intranet.{AD}"),
    (rf"{_SYSTEM}\curl.exe", f"curl.exe -fsS https://wiki.{AD}/health"),
)
_JOBS = (
    ("/usr/bin/apt-get", "apt-get -qq update"),
    ("/usr/sbin/logrotate", "logrotate /etc/logrotate.conf"),
    ("/usr/bin/python3.12", "python3 /opt/app/report.py --daily"),
    ("/usr/bin/curl", "curl -fsS http://localhost/health"),
    ("/usr/bin/rsync", "rsync -a /srv/data backup01:/srv/data"),
    ("/usr/bin/openssl", "openssl x509 -noout -enddate"),
)
_UPDATES = (
    "deb.example.org",
    "security.example.org",
    "pypi.org",
    "files.pythonhosted.org",
    "registry-1.docker.io",
)


def day(site: Site, seed: str, midnight: int, scale: float) -> None:
    """All machines on one day; on a weekend few people are there."""
    free = weekday(midnight) >= 5
    for machine in site.estate.machines:
        rng = stream(seed, "office", machine.name, midnight // DAY)
        if machine.zone == "server":
            _server(site, machine, midnight, rng, scale)
        elif not free or rng.random() < 0.04:
            _person(site, machine, midnight, rng, scale)


def _moment(rng: random.Random, midnight: int) -> int:
    hour = rng.choices(range(24), cum_weights=_HOURS)[0]
    return midnight + hour * HOUR + rng.randrange(HOUR)


def _person(site: Site, machine: Machine, midnight: int, rng: random.Random, scale: float) -> None:
    at = int(digest(machine.name, 4), 16)
    image, agent = BROWSERS[at % 3]
    memory = Memory(rng, serial=midnight // DAY % 400 * 20_000 + at % 9_000)
    user, born = machine.account, midnight + 7 * HOUR + at % 60 * MINUTE
    browser = Program(image, f'"{image}"', *EXPLORER, 4 * (500 + at % 7000), born, user)
    service = Program(*_STARTED[0], rf"{_SYSTEM}\services.exe", "", 1184, born, "system" if user else "")
    if machine.managed:
        site.start(born, machine, browser, memory, None)
    for _ in range(_times(rng, VISITS, scale)):
        _visit(site, machine, browser, agent, _moment(rng, midnight), memory)
    for _ in range(_times(rng, CLOUDS, scale)):
        name = rng.choice(CLOUD)
        sent = [Sent("/", "", into=2_000 + rng.randrange(9_000), out=900 + rng.randrange(3_000))]
        length = rng.randrange(2, 90) * SECOND
        made = Exchange(_moment(rng, midnight), machine, service, name, sent=sent, length=length)
        site.connect(made, memory, None)
    _names(site, machine, midnight, memory, scale)
    for _ in range(_times(rng, PROGRAMS, scale) if machine.managed else 0):
        started, command = rng.choice(_STARTED)
        time = _moment(rng, midnight)
        program = Program(started, command, *EXPLORER, 4 * rng.randrange(400, 9000), time, user)
        site.start(time, machine, program, memory, None)


def _times(rng: random.Random, usual: int, scale: float) -> int:
    """About as often as usual, from half to one and a half."""
    return round((usual // 2 + rng.randrange(usual + 1)) * scale)


def _visit(site: Site, machine: Machine, browser: Program, agent: str, time: int, memory: Memory) -> None:
    """A page: its own host first, the others drawn in, a tracker, now and then a certificate checked."""
    rng = memory.rng
    names = list(_SITES[rng.choices(range(len(_SITES)), cum_weights=_POPULAR)[0]])
    if rng.random() < 0.5:
        names.append(rng.choice(TRACKERS))
    for name in names:
        sent = [
            Sent(f"/{digest(f'{name}{rng.randrange(40)}', 9)}", agent, out=700 + rng.randrange(2_400),
                 into=9_000 + rng.randrange(160_000), ms=60 + rng.randrange(400), mime="text/html")
            for _ in range(1 + rng.randrange(2))
        ]  # fmt: skip
        length = rng.randrange(5, 120) * SECOND
        site.connect(Exchange(time, machine, browser, name, sent=sent, length=length), memory, None)
        time += rng.randrange(20_000, 300_000)
    if rng.random() < 0.2:
        name = rng.choice(VALIDATION)
        path = f"/{digest(name, 20)}{rng.randrange(100, 999)}"
        one = [
            Sent(
                path,
                "Microsoft-CryptoAPI/10.0",
                into=900 + rng.randrange(900),
                mime="application/ocsp-response",
            )
        ]
        made = Exchange(time, machine, browser, name, 80, "http", "", one, rng.randrange(90_000, 400_000))
        site.connect(made, memory, None)


def _names(site: Site, machine: Machine, midnight: int, memory: Memory, scale: float) -> None:
    """Names of the own network; guests have none."""
    rng = memory.rng
    ip = machine.address(site.estate.week(midnight))
    if not machine.managed:
        return
    for _ in range(_times(rng, NAMES, scale)):
        name = f"{rng.choice(INTERNAL)}.{AD}" if rng.random() < 0.8 else f"_ldap._tcp.dc._msdcs.{AD}"
        site.ask(_moment(rng, midnight), ip, name, ("SRV",) if name[0] == "_" else ("A", "AAAA"), None, "")


def _server(site: Site, machine: Machine, midnight: int, rng: random.Random, scale: float) -> None:
    memory = Memory(rng, serial=midnight // DAY % 400 * 20_000)
    linux = machine.system == "linux"
    jobs = _JOBS if linux else _STARTED
    for _ in range(_times(rng, 40, scale)):
        time = midnight + rng.randrange(24 * HOUR)
        image, command = rng.choice(jobs)
        parent = ("/usr/sbin/cron", "/usr/sbin/cron -f") if linux else EXPLORER
        program = Program(image, command, *parent, rng.randrange(2000, 60000), time, machine.account)
        site.start(time, machine, program, memory, None)
        if rng.random() < 0.4:
            sent = [Sent("/", "", into=4_000 + rng.randrange(300_000), out=900)]
            made = Exchange(
                time, machine, program, rng.choice(_UPDATES), sent=sent, length=rng.randrange(9 * SECOND)
            )
            site.connect(made, memory, None)
        else:
            site.ask(time, machine.address(0), f"{rng.choice(INTERNAL)}.{AD}", ("A", "AAAA"), None, "")
