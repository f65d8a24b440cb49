"""An act's machine, clock and random numbers in; programs, sessions, questions and waits of a behaviour out.

A behaviour calls these in the order of life; the stage keeps time, writes every record through the site and
notes what is true: targets, databases, how many requests.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from glasshouse.proof.clock import DAY, HOUR, MINUTE, SECOND, digest, weekday
from glasshouse.proof.estate import OWN_DOMAINS, OWN_NETWORK, Machine
from glasshouse.proof.exchange import Exchange, Mark, Memory, Sent
from glasshouse.proof.seen import Program
from glasshouse.proof.shapes import by_name, catalogue, is_tool, place
from glasshouse.proof.site import Site
from glasshouse.proof.words import BROWSERS, EXPLORER, WSL
from glasshouse.records import Target

_SHELLS = {
    "windows": (r"C:\Windows\System32\cmd.exe", r'"C:\Windows\System32\cmd.exe"'),
    "linux": ("/usr/bin/bash", "-bash"),
    "unknown": ("", ""),
}


class Truth:
    """What is true about one act, whichever machines it runs on."""

    def __init__(self) -> None:
        self.mark = Mark()
        self.targets: dict[tuple[str, str], None] = {}
        self.databases: dict[str, None] = {}
        self.requests = 0

    def asked(self, database: str, kind: str, value: str, times: int = 1) -> None:
        """Requests about a target that reached an open database."""
        self.databases[database] = None
        self.requests += times
        if value:
            self.targets[kind, value] = None


class Stage:
    """One machine on which an act is played; ``now`` moves on with everything that takes time."""

    def __init__(
        self,
        site: Site,
        machine: Machine,
        now: int,
        rng: random.Random,
        truth: Truth,
        others: Sequence[Machine],
    ) -> None:
        self.site, self.machine, self.now, self.rng, self.truth = site, machine, now, rng, truth
        self._others = list(others)
        self.start_time = now
        self.end_time = now
        serial = rng.randrange(10_000, 9_000_000)
        self.memory = Memory(rng, serial=serial)
        self.key = f"NOTAREALKEY{digest(f'key {machine.name}', 21)}"  # an API key of its own
        self.days = 1  # how many are left, this one too

    @property
    def system(self) -> str:
        """windows, linux or unknown."""
        return self.machine.system

    @property
    def linux(self) -> bool:
        """Whether programs have Linux paths here (guests bring such machines)."""
        return self.machine.system != "windows"

    def elsewhere(self) -> Stage:
        """The same act on another machine of the cast, at the same time."""
        other = self._others.pop(0)
        return Stage(self.site, other, self.now, self.rng, self.truth, ())

    def wait(self, low: float, high: float) -> None:
        """Some seconds pass."""
        self.now += round(low * SECOND) + self.rng.randrange(max(round((high - low) * SECOND), 1))

    def program(
        self, image: str, command: str, *, tells: bool = False, parent: tuple[str, str] | None = None
    ) -> Program:
        """Start a program; ``tells`` when its command line is a lookup by itself."""
        first, told = parent or _SHELLS[self.system]
        account = self.machine.account
        made = Program(image, command, first, told, 4 * self.rng.randrange(400, 9000), self.now, account)
        names = 0 if not tells else 2 if self.linux and is_tool(image) else 1  # auditd names a tool twice
        if self.machine.managed:
            self.site.start(self.now, self.machine, made, self.memory, self.truth.mark, names)
        self.wait(0.05, 0.4)
        return made

    def inside(self, program: Program) -> Program:
        """The same program as one that agents on the machine do not see the connections of (WSL, a VM)."""
        return Program("", "", program.parent, "", program.pid, program.born, program.user)

    def session(self, program: Program, host: str, agent: str = "", *, scheme: str = "tls") -> Session:
        """A connection that is kept alive for many requests."""
        return Session(self, program, host, agent, scheme)

    def lookup(
        self, program: Program, database: str, kind: str, value: str, agent: str = "", *, key: str = "",
        host: str = "", into: int = 0, scheme: str = "tls",
    ) -> None:  # fmt: skip
        """One request to an open database over a connection of its own."""
        where = place(database, kind, value, key, host, self.key)
        with self.session(program, where.host, agent, scheme=scheme) as line:
            line.lookup(database, kind, value, key=key, host=host, into=into)

    def visit(self, program: Program, host: str, path: str = "/", agent: str = "", *, into: int = 0) -> None:
        """One page or file of a site that is no open database."""
        with self.session(program, host, agent) as line:
            line.get(path, into=into)

    def dns(self, name: str, types: tuple[str, ...] = ("A",), database: str = "", target: str = "") -> None:
        """Questions to the resolver that no connection follows."""
        ip = self.machine.address(self.site.estate.week(self.now))
        self.truth.mark.ips.add(ip)
        self.site.ask(self.now, ip, name, types, self.truth.mark, database)
        if database:
            self.truth.asked(database, "ip", target)
        self.end_time = max(self.end_time, self.now)
        self.wait(0.01, 0.08)

    def databases(self, client: str) -> tuple[str, ...]:
        """What a client tool asks by default, as the catalogue says."""
        return catalogue().clients[client].databases

    def linux_tool(self, image: str, command: str) -> Program:
        """A tool of Linux: on Windows it runs in WSL, where agents see its start and none of its traffic."""
        if self.linux:
            return self.program(image, command, tells=True)
        return self.inside(self.program(WSL, f"wsl.exe -d kali-linux -- {command}", tells=True))

    def browser(self) -> tuple[Program, str]:
        """The browser of this machine, running since the morning, and its user agent."""
        number = int(digest(self.machine.name, 4), 16)
        image, agent = BROWSERS[number % 3]
        born = self.now - self.now % DAY + 7 * HOUR + number % 60 * MINUTE
        user = self.machine.account
        return Program(image, f'"{image}"', *EXPLORER, 4 * (500 + number % 7000), born, user), agent

    def page(self, database: str, kind: str, value: str, host: str = "", path: str = "") -> None:
        """One page of an open database in the browser, with what the page draws in."""
        program, agent = self.browser()
        where = place(database, kind, value, "", host, self.key)
        with self.session(program, host or where.host, agent) as line:
            line.get(path or where.path, database=database, into=9_000 + self.rng.randrange(60_000), out=900)
            self.truth.asked(database, kind, value)
            for part in ("/static/site.css", "/static/app.js", "/static/logo.png"):
                line.get(part, into=2_000 + self.rng.randrange(40_000), out=640, ms=90)
            self.wait(3, 12)

    def front(self, database: str, host: str) -> None:
        """The front page of an open database in the browser: nothing is asked about."""
        program, agent = self.browser()
        with self.session(program, host, agent) as line:
            line.get("/", into=30_000 + self.rng.randrange(60_000), out=900)
            line.get("/static/site.css", into=12_000, out=640)
            self.wait(3, 20)
        self.truth.asked(database, "domain", "", 0)

    def url(self, database: str, kind: str, value: str, key: str = "") -> str:
        """The address of a request, as it stands in a command line."""
        where = place(database, kind, value, key, "", self.key)
        return f"https://{where.host}{where.path}"

    def working_days(self) -> Iterator[int]:
        """From now to the end of the corpus, the clock set to the same time on each working day."""
        first = self.now
        for number in range(self.days):
            morning = first + number * DAY
            if weekday(morning) < 5:
                self.now = max(self.now, morning + self.rng.randrange(40 * MINUTE))
                yield number

    def whois(
        self,
        program: Program,
        server: str,
        question: str,
        kind: str = "domain",
        database: str = "whois-port43",
    ) -> None:
        """One question on port 43."""
        seconds = self.rng.randrange(180, 900) * 1000
        sent = [Sent("", out=len(question) + 54, into=1400 + self.rng.randrange(2600))]
        made = Exchange(self.now, self.machine, program, server, 43, "whois", database, sent, seconds)
        self._done(made)
        self.truth.asked(database, kind, question)

    def sql(self, program: Program, domain: str, into: int = 0) -> None:
        """One query over PostgreSQL to crt.sh, without TLS."""
        seconds = self.rng.randrange(900, 6000) * 1000
        sent = [Sent("", out=1100 + len(domain), into=into or 9000 + self.rng.randrange(90_000))]
        self._done(Exchange(self.now, self.machine, program, "crt.sh", 5432, "sql", "crtsh", sent, seconds))
        self.truth.asked("crtsh", "domain", domain)

    def _done(self, made: Exchange) -> None:
        self.site.connect(made, self.memory, self.truth.mark)
        self.now = made.time + made.length
        self.end_time = max(self.end_time, self.now)
        self.wait(0.005, 0.05)


class Session:
    """One connection while it is open: requests go in, and at its end the records are written."""

    def __init__(self, stage: Stage, program: Program, host: str, agent: str, scheme: str) -> None:
        self._stage, self._program, self._host, self._agent, self._scheme = (
            stage,
            program,
            host,
            agent,
            scheme,
        )
        self._sent: list[Sent] = []
        self._begun = stage.now
        stage.now += 90_000 + stage.rng.randrange(60_000)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_problem: object) -> None:
        stage = self._stage
        port = 443 if self._scheme == "tls" else 80
        database = by_name(self._host)
        length = stage.now - self._begun + stage.rng.randrange(40_000)
        stage._done(
            Exchange(
                self._begun,
                stage.machine,
                self._program,
                self._host,
                port,
                self._scheme,
                database,
                self._sent,
                length,
            )
        )

    def get(
        self, path: str, *, method: str = "GET", into: int = 0, database: str = "", ms: int = 0, out: int = 0
    ) -> None:
        """One request."""
        rng = self._stage.rng
        took = ms or 120 + rng.randrange(700)
        size = into or 390 + rng.randrange(500)
        self._sent.append(
            Sent(path, self._agent, method, out or 385 + rng.randrange(60), size, took, 200, database)
        )
        self._stage.now += took * 1000

    def lookup(
        self,
        database: str,
        kind: str,
        value: str,
        *,
        key: str = "",
        host: str = "",
        into: int = 0,
        ms: int = 0,
    ) -> None:
        """One request to an open database about a target."""
        where = place(database, kind, value, key, host, self._stage.key)
        self.get(where.path, method=where.method, into=into, database=database, ms=ms)
        self._stage.truth.asked(database, kind, value)


def ours(kind: str, value: str) -> bool:
    """Whether a target is the company's."""
    if kind == "ip":
        return value.startswith(OWN_NETWORK + ".")
    if kind == "cidr":
        return value.startswith(OWN_NETWORK + ".")
    return any(value == own or value.endswith("." + own) for own in OWN_DOMAINS)


def targets(truth: Truth) -> tuple[Target, ...]:
    """What was asked about, for the truth."""
    return tuple(
        Target(kind, value, ours(kind, value))  # type: ignore[arg-type]
        for kind, value in truth.targets
    )
