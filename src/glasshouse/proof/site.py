"""An exchange in, the records of every sensor that saw it out: zone and sensors decide which and as whom.

direct: the client asks the resolver, the edge sees its address. proxy: the client asks a proxy by name, and
the proxy does the rest. inspect: the same, and the proxy opens TLS. guest: the edge sees the address of the
NAT gateway. server: as direct, without a stub cache on Linux. Agents stand on managed machines only.
"""

from __future__ import annotations

from collections.abc import Callable

from glasshouse.proof.clock import HOUR, SECOND, digest
from glasshouse.proof.estate import INSPECTOR, NAT, PROXY, Estate, Machine, public
from glasshouse.proof.exchange import FIRST_IN, FIRST_OUT, Exchange, Mark, Memory
from glasshouse.proof.seen import Fact, Fetch, Joined, Program, Question, Relay, Resolved, Started, Wire

Give = Callable[[str, int, Fact], int]  # sensor, time, what it saw; how many logs have it now
KINDS = {  # sensor: kind of log
    "resolver": "resolver",
    "flow": "flow",
    "tls": "nids",
    "http": "nids",
    "relay": "proxy",
    "audit": "endpoint",
    "defender": "endpoint",
    "sysmon": "endpoint",
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789aZ"
_BROWSERS = ("chrome.exe", "msedge.exe", "firefox.exe")
_PORTS_TELL = (43, 4321)
_PARTS = (".css", ".js", ".png")  # what a page draws in
_BEHIND = {"proxy": PROXY, "inspect": INSPECTOR, "guest": NAT}
_LOGINS = 40  # one of so many connections to a proxy is first told to log in


class Site:
    """Where everything happens; ``give`` takes what a sensor saw to the writers of its logs."""

    def __init__(self, estate: Estate, give: Give) -> None:
        self.estate, self._give = estate, give

    def _tell(self, sensor: str, time: int, fact: Fact, mark: Mark | None, names: int) -> None:
        """One record of a sensor; ``names``: how many records of one log name a database because of it."""
        logs = self._give(sensor, time, fact)
        if mark:
            mark.count(KINDS[sensor], time, names * logs)

    def start(
        self, time: int, machine: Machine, program: Program, memory: Memory, mark: Mark | None, names: int = 0
    ) -> None:
        """A program starts on a managed machine; ``names``: how many records of one log are a lookup."""
        fact = Started(time, machine.fqdn, program, memory.next())
        windows = ("defender", *(["sysmon"] if machine.sysmon else []))
        for sensor in ("audit",) if machine.system == "linux" else windows:
            self._tell(sensor, time, fact, mark, names)
        if mark:
            mark.hosts.add(machine.name)
            mark.users.add(program.user)

    def ask(self, time: int, ip: str, name: str, types: tuple[str, ...], mark: Mark | None, db: str) -> None:
        """Questions to the resolver, one after the other."""
        for qtype in types:
            self._tell("resolver", time, Question(time, ip, name, qtype), mark, bool(db))
            time += 240 + len(name) * 9

    def connect(self, made: Exchange, memory: Memory, mark: Mark | None) -> None:
        """One connection, seen by every sensor on its way."""
        zone = made.machine.zone
        ip = made.machine.address(self.estate.week(made.time))
        relayed = zone in ("proxy", "inspect")
        outside = _BEHIND.get(zone, ip)  # the address the edge sees
        asker = outside if relayed else ip
        self._resolve(made, asker, memory, mark)
        if made.machine.managed and made.machine.system == "windows" and made.program.image:
            self._agents(made, ip, outside if relayed else "", memory, mark)
        if relayed:
            self._relayed(made, ip, memory, mark)
        self._edge(made, outside, memory, mark)
        if mark:
            mark.ips.add(ip)
            if zone in _BEHIND:
                mark.behind.add(outside)

    def _resolve(self, made: Exchange, ip: str, memory: Memory, mark: Mark | None) -> None:
        """Names are asked for in pairs (A, AAAA), by browsers with HTTPS; most remember them."""
        image = made.program.image
        remembers = made.machine.system != "linux" and not image.startswith("/")
        life = (60 + int(digest(made.name, 2), 16) * 6) * SECOND
        if memory.knows(ip, made.name, made.time, life) and remembers:
            return
        before = made.time - 9_000 - memory.rng.randrange(30_000)
        own = image.endswith(_BROWSERS) and ip not in (PROXY, INSPECTOR)
        types = ("A", "AAAA", "HTTPS") if own else ("A", "AAAA")
        self.ask(before, ip, made.name, types, mark, made.database)

    def _agents(self, made: Exchange, ip: str, relay: str, memory: Memory, mark: Mark | None) -> None:
        """Defender folds what one program says to one name within an hour; Sysmon 3 leaves browsers out."""
        machine, program, time = made.machine, made.program, made.time
        key = (machine.name, program.pid, made.name, time // HOUR)
        told = key in memory.told
        memory.told.add(key)
        port = 3128 if relay else made.port
        local, server = 49152 + memory.rng.randrange(16000), relay or public(made.name)
        fact = Joined(time, machine.fqdn, program, ip, local, server, port, made.name, memory.next())
        if not told:
            self._tell("defender", time, fact, mark, bool(made.database))
        if machine.sysmon and not relay and not told:
            asked = Resolved(time - 8_000, machine.fqdn, program, made.name, memory.next())
            self._tell("sysmon", asked.time, asked, mark, bool(made.database))
        if machine.sysmon and not program.image.endswith(_BROWSERS):
            self._tell("sysmon", time, fact, mark, port in _PORTS_TELL)
        if mark:
            mark.hosts.add(machine.name)
            mark.users.add(program.user)

    def _relayed(self, made: Exchange, ip: str, memory: Memory, mark: Mark | None) -> None:
        """A proxy's lines: one for a tunnel; with TLS inspection and for plain HTTP one for each request."""
        opened, user = made.machine.zone == "inspect", made.machine.account
        peer = f"HIER_DIRECT/{public(made.name)}"
        if mark:
            mark.users.add(user)
        if made.scheme == "tls":
            self._tunnel(made, (ip, user, peer), memory, mark, opened=opened)
        if made.scheme == "tls" and not opened:
            return
        scheme = "https" if made.scheme == "tls" else "http"
        time = made.time + 60_000
        for sent in made.sent:
            time += sent.ms * 1000
            names = bool(sent.database) or (bool(made.database) and not sent.path.endswith(_PARTS))
            fact = Relay(
                time, sent.ms, ip, user, sent.method, f"{scheme}://{made.name}{sent.path}",
                f"TCP_MISS/{sent.status}", sent.into, peer, sent.agent, sent.mime,
            )  # fmt: skip
            self._tell("relay", time, fact, mark, names)
            time += _pause(made)

    def _tunnel(
        self, made: Exchange, who: tuple[str, str, str], memory: Memory, mark: Mark | None, *, opened: bool
    ) -> None:
        """The CONNECT; now and then one that is told to log in comes before it."""
        ip, user, peer = who
        agent = made.sent[0].agent if made.sent else ""
        name = f"{made.name}:{made.port}"
        if memory.rng.randrange(_LOGINS) == 0:
            refused = Relay(
                made.time,
                1,
                ip,
                "",
                "CONNECT",
                name,
                "TCP_DENIED/407",
                4_017,
                "HIER_NONE/-",
                agent,
                "text/html",
            )
            self._tell("relay", made.time, refused, mark, 0)
        if opened:
            time, took, status, size = made.time + 40_000, 40, "NONE_NONE/200", 0
        else:
            time, took = made.time + made.length, made.length // 1000
            status, size = "TCP_TUNNEL/200", bytes_in(made) * 4 // 5
        fact = Relay(time, took, ip, user, "CONNECT", name, status, size, peer, agent)
        self._tell("relay", time, fact, mark, bool(made.database))

    def _edge(self, made: Exchange, ip: str, memory: Memory, mark: Mark | None) -> None:
        """What the sensor at the edge sees: the connection, the TLS hello or the plain requests."""
        number = memory.rng.getrandbits(60)
        uid = "C" + "".join([_LETTERS[number >> shift & 63] for shift in range(0, 60, 6)])
        into, count = bytes_in(made), len(made.sent) or 1
        wire = Wire(
            made.time, uid, ip, 32768 + memory.rng.randrange(28000), public(made.name), made.port,
            bytes_out(made), into, 9 + 2 * count + into // 2900, 8 + count + into // 1400, made.length,
        )  # fmt: skip
        if made.scheme == "tls":
            wire.service, wire.name = "ssl", made.name
            self._tell("tls", made.time, wire, mark, bool(made.database))
        elif made.scheme == "http":
            wire.service = "http"
            self._plain(made, wire, mark)
        self._tell("flow", made.time, wire, mark, made.port in _PORTS_TELL)

    def _plain(self, made: Exchange, wire: Wire, mark: Mark | None) -> None:
        time = made.time + 30_000
        for depth, sent in enumerate(made.sent, 1):
            fact = Fetch(
                time, wire, depth, sent.method, made.name, sent.path, sent.agent, sent.status, sent.into
            )
            self._tell("http", time, fact, mark, bool(sent.database))
            time += sent.ms * 1000 + _pause(made)


def _pause(made: Exchange) -> int:
    """The time between two requests of a connection that lasts longer than its requests."""
    idle = made.length - sum([sent.ms for sent in made.sent]) * 1000
    return max(idle, 0) // (len(made.sent) + 1)


def bytes_out(made: Exchange) -> int:
    """Bytes the client sends, with headers of IP and TCP."""
    sent = sum([one.out for one in made.sent])
    return sent + FIRST_OUT if made.scheme == "tls" else sent + 260


def bytes_in(made: Exchange) -> int:
    """Bytes the client receives, with headers of IP and TCP."""
    into = sum([one.into for one in made.sent])
    return into + FIRST_IN if made.scheme == "tls" else into + 320
