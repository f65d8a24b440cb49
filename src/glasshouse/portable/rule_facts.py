"""A rule and the catalogue in; which hosts, databases and programs the rule names, and what it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from glasshouse.catalogue import Catalogue, ClientTool, OpenDatabase, shape_host
from glasshouse.portable.rule_model import Op, Place, Rule, Term, Text, is_url

__all__ = [
    "COMMANDS", "FAMILY", "TITLES", "Facts", "Found", "Level", "Named", "client_hosts", "hosts_in",
    "hosts_of", "is_browser", "is_program", "is_url", "listed", "sentences",
]  # fmt: skip
Level = Literal["error", "warning", "note"]
FAMILY = "T1596"
TITLES: Mapping[str, str] = {
    "T1596.001": "DNS and passive DNS", "T1596.002": "WHOIS", "T1596.003": "digital certificates",
    "T1596.004": "CDNs", "T1596.005": "scan databases",
}  # fmt: skip
BROWSERS = ("chrome", "msedge", "firefox", "safari", "brave", "chromium", "opera", "iexplore", "vivaldi")
FILES = ("exe", "dll", "ps1", "bat", "cmd", "py", "js", "vbs", "json", "php", "html", "txt", "log")
COMMANDS = re.compile(r"command.?line|cmdline|commandline|cmd$|processargs|arguments", re.IGNORECASE)
_PROGRAM = re.compile(r"process|image|filename|file name|\bexe\b|program|^app$|^proc", re.IGNORECASE)
_NO_PROGRAM = re.compile(
    r"command|account|parent|company|domain|sha|md5|id$|user|hash|version", re.IGNORECASE
)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*[a-z0-9]")
_SPLIT = re.compile(r"[^a-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Found:
    """A defect of one kind: where, what is wrong, what follows from it on a log line, what to write."""

    place: Place
    what: str
    why: str
    instead: str
    level: Level | None = None  # None: that of its kind


@dataclass(frozen=True, slots=True)
class Named:
    """One host name, or a word of one, that the rule looks for; ``term`` is None outside every condition."""

    host: str
    op: Op | None
    text: Text
    term: Term | None
    word: bool = False  # a part of a name without a dot, such as ``shodan``


class Facts:
    """What the catalogue says about one rule."""

    def __init__(self, rule: Rule, catalogue: Catalogue) -> None:
        self.rule = rule
        self.databases: Mapping[str, OpenDatabase] = catalogue.databases
        self.clients: Mapping[str, ClientTool] = catalogue.clients

    @cached_property
    def named(self) -> tuple[Named, ...]:
        """Every host the rule looks for, in its order; not what stands under a NOT."""
        found: dict[tuple[str, Op | None], Named] = {}
        gone = {text for term in self.rule.terms if term.negated for text in term.values}
        for term in self.rule.terms:
            for text in () if term.negated else term.values:
                for one in self._names(text, term):
                    found.setdefault((one.host, one.op), one)
        for text in self.rule.loose:
            if text not in gone:
                for host in hosts_in(text.text):
                    found.setdefault((host, None), Named(host, None, text, None))
        return tuple(found.values())

    def _names(self, text: Text, term: Term) -> Iterator[Named]:
        hosts = hosts_in(text.text)
        yield from (Named(host, term.op, text, term) for host in hosts)
        word = text.text.lower().strip("*%. ")
        if not hosts and term.op in ("contains", "has", "regex") and word in self._words:
            yield Named(word, term.op, text, term, word=True)

    @cached_property
    def _words(self) -> Mapping[str, list[OpenDatabase]]:
        """The second-level labels of databases: ``shodan`` of shodan.io."""
        found: dict[str, list[OpenDatabase]] = {}
        for entry in self.databases.values():
            for name in entry.domains:
                label = name.partition(".")[0]
                if len(label) > 3 and name.count(".") == 1:
                    found.setdefault(label, []).append(entry)
        return found

    @cached_property
    def _index(self) -> tuple[Mapping[str, list[OpenDatabase]], Mapping[str, list[OpenDatabase]]]:
        """Databases by their names, and by the names above their hosts."""
        names: dict[str, list[OpenDatabase]] = {}
        above: dict[str, list[OpenDatabase]] = {}
        for entry in self.databases.values():
            for name in {*entry.domains, *hosts_of(entry)}:
                names.setdefault(name, []).append(entry)
                parts = name.split(".")
                for cut in range(1, len(parts) - 1):
                    above.setdefault(".".join(parts[cut:]), []).append(entry)
        return names, above

    def entries(self, one: Named) -> Sequence[OpenDatabase]:
        """The databases that a name means: the nearest at or above it, else those below it."""
        if one.word:
            return self._words.get(one.host, [])
        names, above = self._index
        parts = one.host.split(".")
        for cut in range(len(parts) - 1):
            if found := names.get(".".join(parts[cut:])):
                return found
        return above.get(one.host, [])

    @cached_property
    def direct(self) -> Mapping[str, Named]:
        """The databases the rule names, by id, each with the name that means it."""
        found: dict[str, Named] = {}
        for one in self.named:
            for entry in self.entries(one):
                found.setdefault(entry.id, one)
        return found

    @cached_property
    def _reach(self) -> tuple[frozenset[str], frozenset[str], tuple[str, ...], tuple[str, ...]]:
        exact = frozenset(one.host for one in self.named if one.op == "equals")
        wide = frozenset(
            one.host for one in self.named if not one.word and one.op not in ("equals", "startswith")
        )
        words = tuple(one.host for one in self.named if one.word)
        return exact, wide, words, tuple(one.host for one in self.named if one.op == "startswith")

    def covers(self, host: str) -> bool:
        """Whether the rule would see a request to a host."""
        exact, wide, words, starts = self._reach
        parts = host.split(".")
        return (
            host in exact
            or any(".".join(parts[cut:]) in wide for cut in range(len(parts) - 1))
            or any(word in host for word in words)
            or any(host.startswith(start) for start in starts)
        )

    def covered(self, entry: OpenDatabase) -> bool:
        """Whether the rule would see anything of a database."""
        return any(self.covers(host) for host in (*entry.domains, *hosts_of(entry)))

    @cached_property
    def families(self) -> frozenset[str]:
        """The sub-techniques whose databases the rule names; of those a name alone can show."""
        entries = [self.databases[name] for name in self.direct if self.databases[name].match != "path"]
        return frozenset(one.techniques[0] for one in entries if one.techniques[0].startswith(FAMILY + "."))

    @cached_property
    def about(self) -> bool:
        """Whether it is a rule about this technique at all."""
        said = "\n".join((self.rule.said, *self.rule.tags))
        named = any(self.databases[name].techniques[0].startswith(FAMILY) for name in self.direct)
        return named or FAMILY.lower() in said.lower()

    @cached_property
    def tool(self) -> ClientTool | None:
        """The client tool the rule is about, when it names most of the databases of that tool."""
        said = f"{self.rule.name} {self.rule.said}".lower().replace("_", "-")
        for tool in self.clients.values():
            known = self.known(tool)
            if tool.id in said and len(known) > 1 and sum(map(self.covered, known)) >= 0.7 * len(known):
                return tool
        return None

    def known(self, tool: ClientTool) -> list[OpenDatabase]:
        """The databases of T1596 a tool asks by default, that a name alone can show and that still answer."""
        entries = [self.databases[name] for name in tool.databases]
        return [
            one
            for one in entries
            if one.match != "path" and one.status != "defunct" and one.techniques[0].startswith(FAMILY)
        ]

    @cached_property
    def programs(self) -> tuple[tuple[str, Text], ...]:
        """Program names the rule wants, in small letters without their folder."""
        return tuple(
            (text.text.lower().replace("\\", "/").rpartition("/")[2].strip("*%"), text)
            for term in self.rule.terms
            if not term.negated and is_program(term.field) and term.op in _NAMES
            for text in term.values
        )

    def claims(self, *words: str) -> bool:
        """Whether the rule says of itself that it does something, leaving out what it says it does not."""
        return any(re.search(word, self.claimed, re.IGNORECASE) for word in words)

    @cached_property
    def claimed(self) -> str:
        """The sentences of the rule about itself that promise something."""
        return " ".join(one for one in sentences(self.rule.said) if not _NEGATION.search(one))


_NAMES: tuple[Op, ...] = ("equals", "endswith", "contains", "has", "startswith")
_NEGATION = re.compile(
    r"\b(not|no|never|cannot|without|only|left out|missed|unless|because|where the|known by)\b"
    r"|could also be|^- ",
    re.IGNORECASE,
)


def sentences(said: str) -> list[str]:
    """The sentences of a text, one line may hold several."""
    return [one.strip() for line in said.splitlines() for one in line.split(". ") if one.strip()]


def is_browser(program: str) -> bool:
    """Whether a program is a browser people use."""
    return program.removesuffix(".exe") in BROWSERS


def is_program(field: str) -> bool:
    """Whether a field holds the name of a program."""
    return bool(_PROGRAM.search(field)) and not _NO_PROGRAM.search(field)


def hosts_in(text: str) -> list[str]:
    """The host names in a literal or a regular expression, in small letters."""
    plain = text.lower().replace("[.]", ".").replace("\\.", ".").replace("\\/", "/").replace("\\b", " ")
    found: dict[str, None] = {}
    for piece in _SPLIT.split(plain):
        name = piece.strip(".-_")
        if "." in name and len(name) < 254 and _HOST.fullmatch(name) and name.rpartition(".")[2] not in FILES:
            found[name] = None
    return list(found)


def hosts_of(entry: OpenDatabase) -> list[str]:
    """The hosts a database is asked at."""
    shapes = [shape_host(shape) for shape in entry.lookups]
    return list(dict.fromkeys((*entry.hosts, *(host for host in shapes if host))))


def client_hosts(entry: OpenDatabase) -> list[str]:
    """The hosts that requests of clients really go to, as far as the catalogue knows."""
    return list(dict.fromkeys(host for host in map(shape_host, entry.lookups) if host))


def listed(names: Sequence[str], most: int = 6) -> str:
    """Names in a sentence, not too many of them."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
