"""The invented company in, the ordinary traffic of its day out: no look-up in an open database."""

from __future__ import annotations

import random

from demo_day.formats import Logs, Process
from demo_day.programs import CHROME, EDGE, FIREFOX, PROGRAMS
from demo_day.world import (
    AD,
    AD_SERVICES,
    CLOUD,
    INTERNAL,
    MIDNIGHT,
    MINUTE,
    PROXY,
    SECOND,
    SITES,
    TRACKERS,
    VALIDATION,
    Host,
    World,
    address,
    any_time,
    heavy,
    office_time,
    stream,
)

_SITES = [hosts.split() for _, hosts in SITES]
_POPULAR = [weight for weight, _ in SITES]
_RUNS = [weight for weight, _, _ in PROGRAMS]


def day(logs: Logs, world: World) -> None:
    """Everything that happens anyway."""
    rng = stream("background")
    for host in world.at_site("hq", "branch"):
        _desk(logs, rng, host)
    for host in world.at_site("guest"):
        for _ in range(26):
            _visit(logs, rng, host, office_time(rng), proxied=False)
    for host in world.at_site("server"):
        _server(logs, rng, host)
    _mail(logs, stream("mail"))
    _monitoring(logs, stream("monitoring"))
    _inbound(logs, stream("inbound"))
    _noise(logs, stream("noise"), world)
    for host in world.hosts.values():
        if host.sysmon or host.defender:
            _endpoint(logs, rng, host)


def _desk(logs: Logs, rng: random.Random, host: Host) -> None:
    proxied = host.site == "hq"
    for _ in range(rng.randrange(80, 128) if proxied else rng.randrange(50, 82)):
        _visit(logs, rng, host, office_time(rng), proxied=proxied)
    for _ in range(rng.randrange(46, 62)):
        logs.resolve(office_time(rng), host.ip, rng.choice(CLOUD))
    for _ in range(rng.randrange(28, 44)):
        logs.resolve(office_time(rng), host.ip, f"{rng.choice(INTERNAL)}.{AD}")
    for _ in range(rng.randrange(8, 15)):
        _locate(logs, rng, host.ip, office_time(rng))
    if proxied:
        _validation(logs, rng, host)


def _locate(logs: Logs, rng: random.Random, ip: str, time: int) -> None:
    name = f"{rng.choice(AD_SERVICES)}.{AD}"
    answer = (f"dc0{rng.choice((1, 2))}.{AD}",)
    logs.question(time, ip, name, "SRV", answers=answer)


def _visit(logs: Logs, rng: random.Random, host: Host, time: int, *, proxied: bool) -> None:
    """Someone opens a page: its own names, and a few trackers."""
    names = rng.choices(_SITES, _POPULAR)[0]
    names = names[: rng.randrange(1, len(names) + 1)] + rng.sample(TRACKERS, rng.randrange(3))
    for name in names:
        time += rng.randrange(30_000, 900_000)
        if proxied and not name.endswith("corp.example.com"):
            _tunnel(logs, rng, host, time, name)
        else:
            logs.resolve(time, host.ip, name, ("A", "AAAA", "HTTPS") if rng.random() < 0.3 else ("A", "AAAA"))


def _tunnel(logs: Logs, rng: random.Random, host: Host, time: int, name: str) -> None:
    if rng.random() < 0.03:
        logs.proxy(
            time, host.ip, "-", f"{name}:443", result="TCP_DENIED/407", ms=rng.randrange(3),
            size=rng.randrange(4020, 4120), mime="text/html",
        )  # fmt: skip
        time += rng.randrange(4000, 40000)
    ms = heavy(rng, 90, 240_000)
    size = heavy(rng, 3100, 4_000_000)
    if rng.random() < 0.008:
        logs.proxy(time + ms * 1000, host.ip, host.user, f"{name}:443", result="NONE_NONE/503", ms=ms, size=0)
    else:
        logs.proxy(time + ms * 1000, host.ip, host.user, f"{name}:443", ms=ms, size=size)


def _validation(logs: Logs, rng: random.Random, host: Host) -> None:
    """OCSP, revocation lists, trust lists and Windows' connection test: plain http, query strings cut off."""
    for _ in range(rng.randrange(50, 80)):
        time, name = office_time(rng), rng.choice(VALIDATION)
        path, mime = _validation_path(rng, name)
        result = rng.choice(("TCP_MISS/200", "TCP_MEM_HIT/200", "TCP_HIT/200", "TCP_REFRESH_UNMODIFIED/304"))
        ms = 0 if "HIT" in result else rng.randrange(12, 190)
        size = 380 if "304" in result else 400 + heavy(rng, 500, 90_000)
        logs.proxy(
            time,
            host.ip,
            "-",
            f"http://{name}{path}",
            method="GET",
            result=result,
            ms=ms,
            size=size,
            mime=mime,
        )


def _validation_path(rng: random.Random, name: str) -> tuple[str, str]:
    if name == "ctldl.windowsupdate.com":
        return (
            "/msdownload/update/v3/static/trustedr/en/authrootstl.cab?",
            "application/vnd.ms-cab-compressed",
        )
    if "crl" in name or ".c." in name or name == "c.pki.goog":
        return f"/ca{rng.randrange(20)}.crl", "application/pkix-crl"
    return f"/MFEwTzBNMEswSTAJBgUrDgMCGgUABBT{rng.randrange(40):02d}kDf", "application/ocsp-response"


def _server(logs: Logs, rng: random.Random, host: Host) -> None:
    for _ in range(260):
        time = any_time(rng)
        if rng.random() < 0.7:
            logs.resolve(time, host.ip, f"{rng.choice(INTERNAL)}.{AD}", ("A",))
        else:
            _locate(logs, rng, host.ip, time)
    for _ in range(60):
        time = any_time(rng)
        logs.resolve(time, host.ip, rng.choice(CLOUD))
        logs.proxy(
            time + SECOND, host.ip, host.user, "http://deb.debian.org/debian/dists/stable/InRelease",
            method="GET", result="TCP_MISS/304", ms=rng.randrange(20, 90), size=310,
        )  # fmt: skip


def _mail(logs: Logs, rng: random.Random) -> None:
    """The mail server asks a block list about each sender, the sender's reverse name, MX and SPF."""
    mail = "10.20.1.11"
    for number in range(1500):
        time = any_time(rng)
        sender = f"192.0.2.{rng.randrange(2, 254)}"
        reverse = ".".join(reversed(sender.split(".")))
        domain = f"mail-{number % 211}.example.org"
        listed = rng.random() < 0.2
        logs.question(time, mail, f"{reverse}.in-addr.arpa", "PTR", answers=(domain,))
        logs.question(
            time + 2000, mail, f"{reverse}.zen.spamhaus.org", "A", rcode="NOERROR" if listed else "NXDOMAIN",
            answers=("127.0.0.4",) if listed else (),
        )  # fmt: skip
        logs.question(time + 4000, mail, domain, "MX", answers=(f"mx.{domain}",))
        logs.question(time + 6000, mail, domain, "TXT", answers=("TXT 14 v=spf1 mx -all",))


def _monitoring(logs: Logs, rng: random.Random) -> None:
    for minute in range(24 * 60):
        time = MIDNIGHT + minute * MINUTE + rng.randrange(3 * SECOND)
        for name in INTERNAL[:8]:
            logs.question(time, "10.20.1.22", f"{name}.{AD}")
            time += rng.randrange(400, 3000)


def _inbound(logs: Logs, rng: random.Random) -> None:
    """The world asks the company's own name server."""
    own = ("www.example.com", "example.com", "mail.example.com", "vpn.example.com", "www.example.net")
    for _ in range(4200):
        qtype = rng.choices(("A", "AAAA", "MX", "TXT", "HTTPS"), (50, 25, 8, 6, 11))[0]
        answers = {"A": ("203.0.113.10",), "MX": ("mail.example.com",), "TXT": ("TXT 11 v=spf1 -all",)}
        source = f"{rng.choice(('192.0.2', '198.51.100'))}.{rng.randrange(2, 254)}"
        logs.question(
            any_time(rng),
            source,
            rng.choice(own),
            qtype,
            answers=answers.get(qtype, ()),
            server="203.0.113.53",
        )
    for _ in range(60):
        source = f"198.51.100.{rng.randrange(2, 254)}"
        logs.question(
            any_time(rng), source, "dnsscan.shadowserver.org", rcode="REFUSED", server="203.0.113.53"
        )


def _noise(logs: Logs, rng: random.Random, world: World) -> None:
    """Names nobody has, questions nobody answers, and Windows updating private reverse zones."""
    desks = world.at_site("hq", "branch")
    for _ in range(2600):
        host = rng.choice(desks)
        name = rng.choice((f"wpad.{AD}", f"isatap.{AD}", "wpad", f"printer-{rng.randrange(9)}.{AD}"))
        logs.question(office_time(rng), host.ip, name, rcode="NXDOMAIN")
    for _ in range(1800):
        host = rng.choice(desks)
        logs.question(
            office_time(rng), host.ip, rng.choice(desks).name.upper(), rcode="-", server="224.0.0.252"
        )
    for _ in range(700):
        host, time = rng.choice(desks), office_time(rng)
        zone = ".".join(reversed(host.ip.split(".")[:3])) + ".in-addr.arpa"
        logs.question(time, host.ip, zone, "SOA", rcode="NXDOMAIN")
        logs.question(time + 900, host.ip, "prisoner.iana.org", "A", answers=(address("prisoner.iana.org"),))
    for _ in range(900):
        logs.question(
            office_time(rng), rng.choice(desks).ip, rng.choice(CLOUD), rcode=rng.choice(("-", "SERVFAIL"))
        )


def _endpoint(logs: Logs, rng: random.Random, host: Host) -> None:
    """What Sysmon or Defender sees of a working day on one machine."""
    for _ in range(rng.randrange(56, 90)):
        time = any_time(rng) if host.site == "server" else office_time(rng)
        _, process, name = rng.choices(PROGRAMS, _RUNS)[0]
        if host.sysmon:
            _sysmon(logs, rng, host, process, name or rng.choice(CLOUD), time)
        else:
            _defender(logs, rng, host, process, name or rng.choice(CLOUD), time)


def _sysmon(logs: Logs, rng: random.Random, host: Host, process: Process, name: str, time: int) -> None:
    logs.sysmon_process(time, host, process)
    born = time
    for _ in range(rng.randrange(4)):
        time += rng.randrange(20_000, 900_000)
        logs.sysmon_dns(
            time, host, process.image, name, rng.choices(("0", "9003", "9701"), (94, 4, 2))[0], born
        )
        if host.site == "hq" and process.image in (CHROME, EDGE, FIREFOX):
            logs.sysmon_connection(time + 30_000, host, process.image, PROXY, 3128, f"proxy01.{AD}", born)
        else:
            logs.sysmon_connection(time + 30_000, host, process.image, address(name), 443, born=born)
        name = rng.choice(CLOUD)


def _defender(logs: Logs, rng: random.Random, host: Host, process: Process, name: str, time: int) -> None:
    logs.defender_process(time, host, process)
    for _ in range(rng.randrange(1, 4)):
        time += rng.randrange(20_000, 900_000)
        url = rng.choice((None, name, name, f"https://{name}/"))
        logs.defender_connection(time, host, process, name, 443, url)
        name = rng.choice(CLOUD)
