"""A Pack in, Sigma rules out: base rules per kind of log, and correlations that count them.

Format: https://github.com/SigmaHQ/sigma-specification (rules 2.1, correlations 2.1), field names as in
SigmaHQ's rules for the categories dns_query, proxy, network_connection and process_creation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

import yaml

from glasshouse.portable import sigma_words as words
from glasshouse.portable.hosts import host_regex, listed, merged
from glasshouse.portable.pack import Browsers, Database, File, Pack, Page, Saying
from glasshouse.portable.sayings import (
    FOLDED,
    HOSTS_COUNT,
    KEYS,
    SLIDING,
    about,
    commented,
    file_name,
    line,
    short_span,
)  # fmt: skip

TITLE = "Sigma: base rules and correlations"
FILE = "glasshouse_sigma.yml"
JOIN = "---\n"
LACKS = (
    f"{SLIDING[:-1]} (Sigma leaves the window to the platform, and most use such steps).",
    HOSTS_COUNT,
    FOLDED,
    KEYS,
)
Value: TypeAlias = "str | int | list[str] | list[int] | dict[str, Value] | list[dict[str, Value]]"
Document: TypeAlias = "dict[str, Value]"


@dataclass(frozen=True, slots=True)
class Base:
    """One base rule: a kind of log, a set of databases, and whether browsers count."""

    log: words.Log
    label: str
    databases: tuple[Database, ...]
    browsers: Browsers

    @property
    def name(self) -> str:
        """What correlations call it."""
        kind = {"any": "", "none": "_scripted", "only": "_browser"}[self.browsers]
        return f"glasshouse_{self.label}_{self.log.name}{kind}"


def render(pack: Pack) -> tuple[File, ...]:
    """A file a rule: correlations refer to base rules by name, so all are to be loaded together."""
    bases: dict[str, Base] = {}
    files: list[File] = []
    for saying in pack.sayings:
        if saying.programs:
            files += [_file(pack, saying, each) for each in _programs(pack, saying)]
        elif not any(each.what in words.UNSAID for each in saying.measures) and len(saying.measures) == 1:
            for log in words.LOGS:
                mine = _bases(saying, log)
                if mine:
                    bases.update((base.name, base) for base in mine)
                    files.append(_file(pack, saying, _correlation(pack, saying, log, mine)))
    return (*(_base_file(pack, base) for base in bases.values()), *files)


def _bases(saying: Saying, log: words.Log) -> list[Base]:
    """The base rules a saying counts in one kind of log: a small set by itself, a large one by family."""
    if (saying.browsers == "only" or saying.measures[0].what == "agents") and not log.agent:
        return []
    if saying.name.startswith("tool_by_provider_set"):
        sets = {
            saying.name.removeprefix("tool_by_provider_set_").replace("-", "_") + "_set": saying.databases
        }
    else:
        sets = _by_family(saying.databases)
    found = [Base(log, label, each, saying.browsers) for label, each in sets.items()]
    return [base for base in found if _selections(base)]


def _by_family(databases: Iterable[Database]) -> dict[str, tuple[Database, ...]]:
    found: dict[str, tuple[Database, ...]] = {}
    for each in databases:
        family = words.FAMILIES.get(each.techniques[0] if each.techniques else "", "other")
        found[family] = (*found.get(family, ()), each)
    return dict(sorted(found.items()))


def _base_file(pack: Pack, base: Base) -> File:
    """One base rule; it only marks lookups, correlations alert."""
    hosts = merged(each.hosts for each in base.databases)
    techniques = sorted(
        {one for each in base.databases for one in each.techniques if one.startswith("T1596")}
    )
    names = ", ".join(each.name for each in base.databases)
    saying = Saying(
        name=base.name,
        title=f"Open Database Lookup - {words.titled(base.label)} - {base.log.title}"
        f"{words.titled('_' + base.browsers)}",
        description=f"Lookups in open technical databases ({line(names, 3000)}). Correlations count them.",
        level="informational",
        techniques=tuple(techniques),
        falsepositives=words.EVERYDAY,
        hosts=hosts,
        differs=base.log.blind,
    )
    document = _document(pack, saying, saying.name)
    document["logsource"] = dict(base.log.logsource)
    document["detection"] = _detection(base)
    return _file(pack, saying, _ended(document, saying))


def _detection(base: Base) -> Document:
    selections = _selections(base)
    hosts = merged(each.hosts for each in base.databases)
    parts = " or ".join(selections) if len(selections) < 3 else "1 of selection_*"
    condition = parts if len(selections) == 1 else f"({parts})"
    found: Document = {**selections}
    if hosts.open:
        found["filter_main_everyday"] = _below(base.log.host, hosts.open)
        condition += " and not filter_main_everyday"
    if base.browsers != "any" and (browser := _browser(base.log)):
        found["browser"] = browser
        condition += " and browser" if base.browsers == "only" else " and not browser"
    if "selection_whois" in found:
        found["filter_main_inside"] = {"DestinationIp|cidr": list(words.INSIDE)}
        condition += " and not filter_main_inside"
    found["condition"] = condition
    return found


def _selections(base: Base) -> dict[str, Value]:
    """What any of must hold: the name itself, a name below, a pattern, a page, port 43."""
    hosts, host = merged(each.hosts for each in base.databases), base.log.host
    found: dict[str, Value] = {}
    if hosts.wide or hosts.exact:
        found["selection_name"] = {host: listed(sorted({*hosts.wide, *hosts.exact}))}
    if hosts.wide:
        found["selection_below"] = {f"{host}|endswith": listed([f".{name}" for name in hosts.wide])}
    if hosts.patterns:
        found["selection_pattern"] = {f"{host}|re|i": [host_regex((), (), (one,)) for one in hosts.patterns]}
    for number, page in enumerate(hosts.pages if base.log.path else (), 1):
        found[f"selection_page_{number:02}"] = _page(page, host, base.log.path)
    if hosts.whois and base.log.port:
        found["selection_whois"] = {base.log.port: [43, 4321], "Initiated": "true"}
    return found


def _below(field: str, names: Iterable[str]) -> list[dict[str, Value]]:
    known = list(names)
    return [{field: listed(known)}, {f"{field}|endswith": listed([f".{name}" for name in known])}]


def _page(page: Page, host: str, path: str) -> dict[str, Value]:
    where: dict[str, Value] = {host: listed(page.hosts)}
    if page.wide:
        where = {f"{host}|endswith": listed([*page.hosts])}
    return {**where, f"{path}|contains": "*".join(page.pieces).lower()}


def _browser(log: words.Log) -> Document:
    if log.agent:
        return {f"{log.agent}|contains": words.BROWSER_AGENT}
    return {f"{log.image}|endswith": [f"\\{name}.exe" for name in words.BROWSERS]}


def _correlation(pack: Pack, saying: Saying, log: words.Log, bases: list[Base]) -> Document:
    measure = saying.measures[0]
    document = _document(
        pack, replace(saying, title=f"{saying.title} - {log.title}"), f"{saying.name}_{log.name}"
    )
    counted = {"databases": log.host, "agents": log.agent}.get(measure.what, "")
    limit: Document = {"gte": measure.least, **({"field": counted} if counted else {})}
    document["correlation"] = {
        "type": "value_count" if counted else "event_count",
        "rules": [base.name for base in bases],
        "group-by": list(log.actor),
        "timespan": short_span(saying.span),
        "condition": limit,
    }
    return _ended(document, saying)


def _programs(pack: Pack, saying: Saying) -> list[Document]:
    """The start of a client tool: a rule for Windows, one for Linux and one for macOS."""
    made = []
    for product, slash, ending in (("windows", "\\", ".exe"), ("linux", "/", ""), ("macos", "/", "")):
        name = f"{saying.name}_{product}"
        document = _document(pack, replace(saying, title=f"{saying.title} - {words.titled(product)}"), name)
        document["logsource"] = {"category": "process_creation", "product": product}
        whole = [f"{slash}{one}{ending}" for one in saying.programs if not one.endswith("*")]
        parts = [f"{slash}{one[:-1]}" for one in saying.programs if one.endswith("*")]
        found: Document = {"selection_program": {"Image|endswith": whole}}
        if parts:
            found["selection_family"] = {"Image|contains": parts}
        found["condition"] = "1 of selection_*" if parts else "selection_program"
        document["detection"] = found
        made.append(_ended(document, saying))
    return made


def _document(pack: Pack, saying: Saying, name: str) -> Document:
    """What every rule begins with."""
    bare = "".join(one if one.isascii() and (one.isalnum() or one in "_-") else "_" for one in name)
    found: Document = {
        "title": _title(saying.title),
        "name": bare if bare.startswith("glasshouse_") else f"glasshouse_{bare}",
        "id": words.identity(name),
        "status": "experimental",
        "description": " ".join(line(saying.description, 4000).split()),
        "license": pack.licence,
        "author": "Glasshouse",
    }
    if pack.dated[:1].isdigit():
        found["date"] = pack.dated
    found["tags"] = ["attack.reconnaissance", *(f"attack.{one.lower()}" for one in saying.techniques)]
    return found


def _title(text: str) -> str:
    plain = line(text, 106)
    return " ".join(word if word in words.SMALL else word[:1].upper() + word[1:] for word in plain.split())


def _ended(document: Document, saying: Saying) -> Document:
    document["falsepositives"] = [words.said(one) for one in saying.falsepositives] or ["Unknown"]
    document["level"] = saying.level
    return document


def _file(pack: Pack, saying: Saying, document: Document) -> File:
    skipped = [one.title for one in pack.sayings if any(each.what in words.UNSAID for each in one.measures)]
    named = replace(saying, name=str(document["name"]).removeprefix("glasshouse_"))
    unsaid = [*skipped, *(title for title, _why in pack.unsaid)]
    lacks = (*LACKS, *((f"Rules that Sigma cannot say at all: {'; '.join(unsaid)}.",) * bool(unsaid)))
    text = commented("#", about(pack, saying, lacks))
    text += yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=False)
    return File(words.prefix(document.get("logsource")) + file_name(named, ".yml"), text)


class _Dumper(yaml.SafeDumper):
    """Writes what stands twice twice, without anchors, and lists one step in."""

    def ignore_aliases(self, data: object) -> bool:
        """No anchors."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand one step in."""
        super().increase_indent(flow, indentless=False)
