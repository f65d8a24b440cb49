"""The command line of a started program in, the runs of client tools and the requests it makes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from glasshouse.catalogue import Catalogue, ClientTool, OpenDatabase
from glasshouse.records import Client, Target
from glasshouse.watch import arguments, targets
from glasshouse.watch.arguments import Request
from glasshouse.watch.bodies import of_payload, of_sql
from glasshouse.watch.clean import host_of, split_url
from glasshouse.watch.client import Clients, program
from glasshouse.watch.cmdline import Run, starts
from glasshouse.watch.keys import key_in, key_of_headers
from glasshouse.watch.names import Names

WHOIS = "whois-port43"
MOST = 100
_WEB = frozenset(
    [
        "curl",
        "wget",
        "wget2",
        "http",
        "https",
        "httpie",
        "xh",
        "aria2c",
        "lynx",
        "w3m",
        "links",
        "elinks",
        "fetch",
        "certutil",
        "bitsadmin",
        "mshta",
        "httpx",
        "chrome",
        "google-chrome",
        "google-chrome-stable",
        "chromium",
        "chromium-browser",
        "firefox",
        "firefox-esr",
        "msedge",
        "iexplore",
        "opera",
        "brave",
        "vivaldi",
        "xdg-open",
        "open",
    ]
)
_CODE = frozenset(("node", "ruby", "perl", "php", "deno", "bun"))
_ABOUT_ITSELF = frozenset(
    ("h", "hh", "help", "?", "version", "info", "myip", "config", "update", "up", "init")
)
_PLAIN = frozenset(("nc", "ncat", "netcat", "telnet", "socat"))
_RESOLVERS = frozenset(("dig", "nslookup", "host", "drill", "kdig", "resolve-dnsname", "dog", "delv"))
_FETCHES = re.compile(
    r"(?i)\b(?:invoke-webrequest|invoke-restmethod|iwr|irm|curl|wget|downloadstring|downloadfile|downloaddata"
    r"|start-bitstransfer|webclient|httpclient|webrequest|start-process|start|openread)\b"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one record turned out to be."""

    entry: OpenDatabase | None
    targets: list[Target]
    client: Client
    secret: str | None
    host: str | None = None
    techniques: tuple[str, ...] = ()


class Runs:
    """Reads command lines."""

    def __init__(self, catalogue: Catalogue, names: Names, clients: Clients) -> None:
        self.catalogue, self.names, self.clients = catalogue, names, clients

    def client(self, process: str | None, command_line: str) -> Client:
        """The client that a program with this command line is: a tool also when Python runs it."""
        for run in starts(process, command_line)[:5]:
            if tool := self._tool(run):
                return Client("tool", tool.id)
        return self.clients.of(None, process)

    def found(self, process: str | None, command_line: str) -> list[Found]:
        """The tool runs and requests of a command line, each once.

        A name counts only as it is written in the record: a scan for names must not miss what counts here.
        """
        raw = f"{process or ''}\n{command_line}".lower()
        kept: dict[tuple[object, ...], Found] = {}
        for run in starts(process, command_line):
            for found in self._of_run(run, raw):
                key = (found.entry.id if found.entry else found.client.name, tuple(found.targets))
                if key not in kept or (found.secret and not kept[key].secret):
                    kept[key] = found
        return list(kept.values())[:MOST]

    def _of_run(self, run: Run, raw: str) -> Iterator[Found]:
        tool = self._tool(run)
        if tool is not None:
            found = self._of_tool(tool, run)
            if any(name in raw for name in _literals(tool)) and not _only_asks_itself(run, found):
                yield found
            return
        for found in self._requests(run):
            if found.host is None or found.host in raw:
                yield found

    def _tool(self, run: Run) -> ClientTool | None:
        if run.kind == "module":
            name = self.clients.modules.get(run.path.partition(".")[0].lower())
        elif run.kind == "image":
            name = self.clients.image(run.path)
        else:
            name = None if run.kind == "code" else self.clients.tool(run.path)
        return self.catalogue.clients.get(name) if name else None

    def _of_tool(self, tool: ClientTool, run: Run) -> Found:
        found, secret = arguments.of_tool(tool, run.arguments)
        entry = self.catalogue.databases[tool.databases[0]] if len(tool.databases) == 1 else None
        host = None
        if entry is not None and entry.id == WHOIS:
            host = host_of(_after(run.arguments, ("-h", "--host")))
            entry = (self.names.entry(host, None, 43) if host else None) or entry
        unique = list(dict.fromkeys(found))
        return Found(entry, unique, Client("tool", tool.id), secret, host, tool.techniques)

    def _requests(self, run: Run) -> Iterator[Found]:
        name = program(run.path)
        if run.kind == "code" or name in _CODE:
            yield from self._of_code(run, name)
        elif name in _WEB:
            dialect = next((known for known in ("curl", "wget") if name.startswith(known)), "other")
            yield from self._web(run, arguments.of_web_client(run.arguments, dialect))
        elif name in _PLAIN:
            yield from self._plain(run)
        elif name == "psql":
            yield from self._sql(run)
        elif name in _RESOLVERS:
            yield from self._resolved(run)

    def _of_code(self, run: Run, name: str) -> Iterator[Found]:
        shell = name in ("powershell", "pwsh", "powershell_ise")
        if not shell or _FETCHES.search(" ".join(run.arguments)):
            yield from self._web(run, arguments.of_code(run.arguments, bare=shell))

    def _web(self, run: Run, made: Request) -> Iterator[Found]:
        for text in made.urls:
            url = split_url(text)
            host = host_of(url.host)
            if url.scheme.startswith("postgres"):
                yield from self._sql(run)
                continue
            entry = self.names.entry(host, url, url.port or 443) if host else None
            if entry is None or host is None:
                continue
            found = targets.of_url(entry, url._replace(host=host), made.body or None)
            secret = key_in(entry, url) or key_of_headers(entry, made.headers) or made.secret
            client = self.clients.of_program(run.path)
            yield Found(entry, list(dict.fromkeys(found)), client, secret, host)

    def _plain(self, run: Run) -> Iterator[Found]:
        words = [word for text in run.arguments for word in re.split(r"[:\s,]", text)]
        if not {"43", "4321", "whois"} & set(words):
            return
        hosts = [host for word in words if "." in word and (host := host_of(word))]
        entry = self.names.entry(hosts[0], None, 43) if hosts else None
        if entry is None and hosts and "43" in words and "whois" in hosts[0]:
            entry = self.catalogue.databases.get(WHOIS)
        if entry is not None:
            yield Found(entry, of_payload(run.piped), self.clients.of_program(run.path), None, hosts[0])

    def _sql(self, run: Run) -> Iterator[Found]:
        text = " ".join(run.arguments)
        address = _after(run.arguments, ("-h", "--host"))
        given = re.search(r"(?i)postgres(?:ql)?://(?:[^@/\s]*@)?([\w.-]+)|\bhost=([\w.-]+)", text)
        host = host_of(address or (given and (given[1] or given[2])) or "")
        entry = self.names.entry(host, None, 5432) if host else None
        if entry is not None and 5432 in entry.ports:
            yield Found(entry, of_sql(f"{text} {run.piped}"), self.clients.of_program(run.path), None, host)

    def _resolved(self, run: Run) -> Iterator[Found]:
        for word in run.arguments[:MOST]:
            host = host_of(word) if "." in word else None
            entry = self.names.entry(host, None, 53) if host else None
            found = targets.of_name(entry, host) if entry and host else []
            if found:
                yield Found(entry, found, self.clients.of_program(run.path), None, host)


def _only_asks_itself(run: Run, found: Found) -> bool:
    """Whether a tool was only asked for its help, version or settings: it looks nothing up."""
    words = {word.lower().lstrip("-/") for word in run.arguments}
    return bool(words) and not found.targets and words <= _ABOUT_ITSELF


def _after(words: Sequence[str], options: tuple[str, ...]) -> str | None:
    for at, word in enumerate(words):
        if word in options and at + 1 < len(words):
            return words[at + 1]
        name, equals, value = word.partition("=")
        if equals and name in options:
            return value
    return None


def _literals(tool: ClientTool) -> Iterator[str]:
    yield from (name.rstrip("*") for name in tool.processes)
    yield from (name.lower() for name in (*tool.modules, *tool.images))
