"""A Pack in, SPL searches for Splunk out: one file a rule and data model (Network_Resolution, Web, Endpoint).

Data models: https://help.splunk.com/en/data-management/common-information-model (fields DNS.src, DNS.query,
Web.src, Web.user, Web.url, Web.http_user_agent, Processes.dest, Processes.user, Processes.process_name).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from glasshouse.portable.hosts import names_regex, open_regex, page_host_regex, page_regex
from glasshouse.portable.literals import AGENT, array, narrowest_first, paged, quoted
from glasshouse.portable.pack import File, Hosts, Pack, Saying, What
from glasshouse.portable.sayings import FOLDED, KEYS, SLIDING, about, file_name, line, short_span

TITLE = "SPL: searches for Splunk over the Common Information Model"
FILE = "glasshouse.spl"
JOIN = "\n\n"
LACKS = (
    SLIDING,
    FOLDED,
    "Not run against a real Splunk: data models must be filled, and accelerated to be quick.",
    KEYS,
)


@dataclass(frozen=True, slots=True)
class Model:
    """A data model: how it is read, and what of it says who asked what."""

    name: str
    start: str
    blind: str
    pages: bool = False
    agent: bool = False


_MODELS = (
    Model(
        "dns",
        "| tstats summariesonly=false count AS hits FROM datamodel=Network_Resolution.DNS "
        'WHERE DNS.query="*" BY _time DNS.src DNS.query span=1s\n'
        "| rename DNS.src AS actor, DNS.query AS host\n| eval host=lower(host)\n",
        "A name in a cache is not asked for again: one question may be many lookups. DNS names no program.",
    ),
    Model(
        "web",
        '| tstats summariesonly=false count AS hits FROM datamodel=Web WHERE Web.url="*" '
        "BY _time Web.src Web.user Web.url Web.http_user_agent span=1s\n"
        "| rename Web.src AS actor, Web.user AS user, Web.url AS url, Web.http_user_agent AS agent\n"
        '| rex field=url "^(?:[A-Za-z]+://)?(?:[^/@]*@)?(?<host>[^/:?#]+)"\n'
        '| rex field=url "^(?:[A-Za-z]+://)?[^/?#]*(?<path>/[^?#]*)"\n'
        '| eval host=lower(host), path=lower(coalesce(path, "/"))\n| fields - url\n',
        "Without TLS inspection a proxy sees a name and one CONNECT, no path and no user agent.",
        pages=True,
        agent=True,
    ),
)
_MEASURES: dict[What, tuple[str, str]] = {
    "lookups": ("lookups", ""),
    "databases": ("databases", "database"),
    "agents": ("agents", "agent"),
    "minutes": ("minutes", "minute"),
    "hours": ("hours", "hour"),
    "days": ("days", "day"),
}


def render(pack: Pack) -> tuple[File, ...]:
    """Two searches a rule; those about user agents only where there are some."""
    files = []
    for saying in pack.sayings:
        if saying.programs:
            files.append(File(file_name(saying, ".spl"), _head(pack, saying, ()) + _programs(saying)))
            continue
        for model in _MODELS:
            if model.agent or (saying.browsers != "only" and saying.measures[0].what != "agents"):
                name = file_name(replace(saying, name=f"{saying.name}_{model.name}"), ".spl")
                files.append(File(name, _head(pack, saying, (model.blind,)) + _search(saying, model)))
    return tuple(files)


def _head(pack: Pack, saying: Saying, lacks: tuple[str, ...]) -> str:
    return "".join(f"```{line(one)}```\n" for one in about(pack, saying, (*lacks, *LACKS)))


def _search(saying: Saying, model: Model) -> str:
    named = f"match(host, {quoted(names_regex(saying.hosts))})"
    if saying.hosts.open:
        named += f" AND NOT match(host, {quoted(open_regex(saying.hosts))})"
    ways = [f"({named})"] + [_page(hosts) for _id, hosts in paged(saying.databases) if model.pages]
    cases = [
        f"match(host, {quoted(names_regex(hosts))}), {quoted(name)}"
        for name, hosts in narrowest_first(saying.databases)
    ]
    cases += [f"{_page(hosts)}, {quoted(name)}" for name, hosts in paged(saying.databases) if model.pages]
    text = model.start + "| where " + "\n    OR ".join(ways) + "\n"
    text += "| eval database=case(\n    " + ",\n    ".join(cases) + ",\n    true(), host)\n"
    if model.agent and saying.browsers != "any":
        agent = f'like(coalesce(agent, ""), "{AGENT}%")'
        text += f"| where {agent if saying.browsers == 'only' else f'NOT {agent}'}\n"
    return text + _counted(saying)


def _page(hosts: Hosts) -> str:
    ways = [
        f"(match(host, {quoted(page_host_regex(page))}) AND match(path, {quoted(page_regex(page))}))"
        for page in hosts.pages
    ]
    return ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"


def _counted(saying: Saying) -> str:
    sums = ["sum(hits) AS lookups"]
    sums += [
        f"dc({field}) AS {name}"
        for name, field in (_MEASURES[each.what] for each in saying.measures)
        if field
    ]
    limits = " AND ".join(f"{_MEASURES[each.what][0]}>={each.least}" for each in saying.measures)
    return (
        "| eval minute=floor(_time/60), hour=floor(_time/3600), day=floor(_time/86400), when=_time\n"
        f"| bin _time span={short_span(saying.span)}\n"
        f"| stats {', '.join(sums)}, min(when) AS first, max(when) AS last, values(host) AS hosts "
        "BY actor _time\n"
        f"| where {limits}\n| convert ctime(first) ctime(last)\n"
    )


def _programs(saying: Saying) -> str:
    whole = [one for one in saying.programs if not one.endswith("*")]
    names = array([*whole, *(f"{one}.exe" for one in whole)])
    starts = [one[:-1].replace(".", "[.]") for one in saying.programs if one.endswith("*")]
    parts = [f" OR match(process_name, {quoted('^' + one)})" for one in starts]
    return (
        "| tstats summariesonly=false count AS runs min(_time) AS first max(_time) AS last "
        "FROM datamodel=Endpoint.Processes BY Processes.dest Processes.user Processes.process_name\n"
        '| rename "Processes.*" AS "*"\n| eval process_name=lower(process_name)\n'
        f"| where in(process_name, {names}){''.join(parts)}\n| convert ctime(first) ctime(last)\n"
    )
