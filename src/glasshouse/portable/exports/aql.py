"""A Pack in, AQL searches for IBM QRadar out: one file a rule and kind of log (DNS, proxy).

Language: https://www.ibm.com/docs/en/qsip/7.5 (Ariel Query Language). Host names, paths and user agents
are custom properties there, so their names differ from house to house.
"""

from __future__ import annotations

from dataclasses import replace

from glasshouse.portable.hosts import names_regex, open_regex, page_host_regex, page_regex
from glasshouse.portable.literals import AGENT, array, paged, single
from glasshouse.portable.pack import File, Hosts, Pack, Saying
from glasshouse.portable.sayings import FOLDED, HOSTS_COUNT, KEYS, about, commented, file_name, span_words

TITLE = "AQL: searches for IBM QRadar"
FILE = "glasshouse.aql"
JOIN = "\n\n"
LACKS = (
    "The window is the last span before the search runs: run it more often, or bursts are cut in two.",
    HOSTS_COUNT,
    FOLDED,
    'Names in double quotes such as "URL Host" are custom properties: put those of your log sources there.',
    "Where a console takes no comments, copy from SELECT on. Not run against a real QRadar.",
    KEYS,
)
_UNSAID = ("minutes", "hours", "days")
_LOGS = (("dns", '"DNS Query"', "", ""), ("proxy", '"URL Host"', '"URL Path"', '"User Agent"'))


def render(pack: Pack) -> tuple[File, ...]:
    """Two searches a rule; rules that count minutes, hours or days are left out and named."""
    left = [one.title for one in pack.sayings if any(each.what in _UNSAID for each in one.measures)]
    lacks = (*LACKS, *((f"Rules that this form does not say: {'; '.join(left)}.",) * bool(left)))
    files = []
    for saying in pack.sayings:
        head = commented("--", about(pack, saying, lacks))
        if saying.programs:
            files.append(File(file_name(saying, ".aql"), head + _programs(saying)))
        elif saying.title not in left:
            for name, host, path, agent in _LOGS:
                if agent or (saying.browsers != "only" and saying.measures[0].what != "agents"):
                    text = head + _search(saying, host, path, agent)
                    files.append(File(file_name(replace(saying, name=f"{saying.name}_{name}"), ".aql"), text))
    return tuple(files)


def _search(saying: Saying, host: str, path: str, agent: str) -> str:
    named = f"({host} IMATCHES {single(names_regex(saying.hosts))}"
    if saying.hosts.open:
        named += f" AND NOT ({host} IMATCHES {single(open_regex(saying.hosts))})"
    ways = [f"{named})"]
    if path:
        ways += [_page(hosts, host, path) for _id, hosts in paged(saying.databases)]
    where = "\n    OR ".join(ways)
    if agent and saying.browsers != "any":
        browser = f"{agent} ILIKE '{AGENT}%'"
        where = f"({where})\n  AND {browser if saying.browsers == 'only' else f'NOT ({browser})'}"
    measure = saying.measures[0]
    counted = {"databases": f"UNIQUECOUNT({host})", "agents": f"UNIQUECOUNT({agent})"}.get(
        measure.what, "COUNT(*)"
    )
    return (
        f"SELECT sourceip AS Actor, {counted} AS Reached, COUNT(*) AS Lookups,\n"
        f"  UNIQUECOUNT({host}) AS Hosts, MIN(starttime) AS First, MAX(starttime) AS Last\nFROM events\n"
        f"WHERE {where}\nGROUP BY sourceip\nHAVING Reached >= {measure.least}\n"
        f"LAST {span_words(saying.span).upper()}\n"
    )


def _page(hosts: Hosts, host: str, path: str) -> str:
    ways = [
        f"({host} IMATCHES {single(page_host_regex(page))} AND {path} IMATCHES {single(page_regex(page))})"
        for page in hosts.pages
    ]
    return ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"


def _programs(saying: Saying) -> str:
    whole = [one for one in saying.programs if not one.endswith("*")]
    names = array([*whole, *(f"{one}.exe" for one in whole)], single)
    parts = [
        f' OR LOWER("Process Name") ILIKE {single(one[:-1] + "%")}'
        for one in saying.programs
        if one.endswith("*")
    ]
    return (
        'SELECT "Machine Identifier" AS Machine, username, "Process Name", COUNT(*) AS Runs\nFROM events\n'
        f'WHERE LOWER("Process Name") IN ({names}){"".join(parts)}\n'
        'GROUP BY "Machine Identifier", username, "Process Name"\nLAST 24 HOURS\n'
    )
