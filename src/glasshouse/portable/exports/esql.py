"""A Pack in, ES|QL queries for Elastic out, one file a rule, over fields of the Elastic Common Schema.

Commands: https://www.elastic.co/docs/reference/query-languages/esql. Names are compared by ``ENDS_WITH`` and
``IN`` on small letters, not by ``RLIKE``, whose automaton grows with the list.
"""

from __future__ import annotations

from glasshouse.portable.hosts import page_regex, pattern_regex
from glasshouse.portable.literals import AGENT, BROWSERS, array, narrowest_first, paged, quoted
from glasshouse.portable.pack import File, Hosts, Pack, Page, Saying, What
from glasshouse.portable.sayings import FOLDED, KEYS, SLIDING, about, commented, file_name

TITLE = "ES|QL: queries for Elastic"
FILE = "glasshouse.esql"
JOIN = "\n\n"
LACKS = (
    SLIDING,
    FOLDED,
    "COUNT_DISTINCT is an estimate for large numbers, exact enough for those here.",
    "Not run against a real cluster: ES|QL refuses fields that no index of FROM has: take those "
    "out of its COALESCE.",
    KEYS,
)
_START = """FROM logs-*, packetbeat-*, filebeat-*, winlogbeat-*
| EVAL asked = REPLACE(TO_LOWER(COALESCE(dns.question.name, url.domain, tls.client.server_name,
    destination.domain, "")), "[.]$", "")
| EVAL path = TO_LOWER(COALESCE(url.path, "")), whois = COALESCE(destination.port IN (43, 4321), false)
| EVAL below = CONCAT(".", asked), agent = COALESCE(user_agent.original, ""),
    program = TO_LOWER(COALESCE(process.name, "")), actor = COALESCE(TO_STRING(source.ip), host.name)
"""
_MEASURES: dict[What, tuple[str, str]] = {
    "lookups": ("lookups", ""),
    "databases": ("databases", "database"),
    "agents": ("agents", "agent"),
    "minutes": ("minutes", "DATE_TRUNC(1 minute, @timestamp)"),
    "hours": ("hours", "DATE_TRUNC(1 hour, @timestamp)"),
    "days": ("days", "DATE_TRUNC(1 day, @timestamp)"),
}


def render(pack: Pack) -> tuple[File, ...]:
    """One query a rule."""
    return tuple(File(file_name(saying, ".esql"), _query(pack, saying)) for saying in pack.sayings)


def _query(pack: Pack, saying: Saying) -> str:
    text = commented("//", about(pack, saying, LACKS))
    if saying.programs:
        return text + _programs(saying)
    ways = [named(saying.hosts)] + [_pages(hosts) for _id, hosts in paged(saying.databases)]
    ways += ["whois"] * saying.hosts.whois
    cases = [f"{named(hosts)}, {quoted(name)}" for name, hosts in narrowest_first(saying.databases)]
    cases += [f"{_pages(hosts)}, {quoted(name)}" for name, hosts in paged(saying.databases)]
    cases += ['whois, "whois-port43"'] * saying.hosts.whois
    text += _START + "| WHERE " + "\n    OR ".join(ways) + "\n"
    text += "| EVAL database = CASE(\n    " + ",\n    ".join(cases) + ",\n    asked)\n"
    if saying.browsers != "any":
        programs = array([*BROWSERS, *(f"{name}.exe" for name in BROWSERS)])
        browser = f'(STARTS_WITH(agent, "{AGENT}") OR program IN ({programs}))'
        text += f"| WHERE {browser if saying.browsers == 'only' else f'NOT {browser}'}\n"
    return text + _counted(saying)


def named(hosts: Hosts) -> str:
    """The condition that a name belongs to a set; ``below`` is the name after a dot."""
    ways = [f'ENDS_WITH(below, "{_bare("." + name)}")' for name in hosts.wide]
    ways += [f"asked IN ({array(hosts.exact)})"] if hosts.exact else []
    ways += [f"asked RLIKE {quoted(pattern_regex(pattern))}" for pattern in hosts.patterns]
    text = f"({' OR '.join(ways)})" if ways else "false"
    stays = " OR ".join(f'ENDS_WITH(below, "{_bare("." + name)}")' for name in hosts.open)
    return f"({text} AND NOT ({stays}))" if stays else text


def _bare(text: str) -> str:
    return quoted(text)[1:-1]


def _pages(hosts: Hosts) -> str:
    ways = [_page(page) for page in hosts.pages]
    return ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"


def _page(page: Page) -> str:
    """A condition on host and path; RLIKE wants the whole text and knows no anchors."""
    where = named(Hosts(wide=page.hosts) if page.wide else Hosts(exact=page.hosts))
    return f"({where} AND path RLIKE {quoted(page_regex(page)[1:-1])})"


def _counted(saying: Saying) -> str:
    log = ", log = data_stream.dataset" if any(each.what == "lookups" for each in saying.measures) else ""
    sums = ["lookups = COUNT(*)"]
    for name, expression in (_MEASURES[each.what] for each in saying.measures):
        sums += [f"{name} = COUNT_DISTINCT({expression})"] * bool(expression)
    limits = " AND ".join(f"{_MEASURES[each.what][0]} >= {each.least}" for each in saying.measures)
    return (
        f"| STATS {', '.join(sums)}, first = MIN(@timestamp), last = MAX(@timestamp), hosts = VALUES(asked)\n"
        f"    BY actor, window = DATE_TRUNC({_span(saying.span)}, @timestamp){log}\n"
        f"| WHERE {limits}\n"
    )


def _span(seconds: int) -> str:
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return f"{seconds // size} {word}{'s' * (seconds > size)}"
    return f"{seconds} seconds"


def _programs(saying: Saying) -> str:
    whole = [one for one in saying.programs if not one.endswith("*")]
    names = array([*whole, *(f"{one}.exe" for one in whole)])
    parts = [f" OR STARTS_WITH(program, {quoted(one[:-1])})" for one in saying.programs if one.endswith("*")]
    return (
        'FROM logs-*, winlogbeat-*, auditbeat-*\n| WHERE event.category == "process"\n'
        '| EVAL program = TO_LOWER(COALESCE(process.name, ""))\n'
        f"| WHERE program IN ({names}){''.join(parts)}\n"
        "| STATS runs = COUNT(*), first = MIN(@timestamp), last = MAX(@timestamp)\n"
        "    BY host.name, user.name, program\n"
    )
