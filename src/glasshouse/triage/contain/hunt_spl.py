"""A containment plan in, Splunk searches (SPL) over the CIM data models out.

Data models: https://docs.splunk.com/Documentation/CIM (Network_Resolution, Web, Endpoint). Values of logs
are plain or percent-encoded, see ``percent``: in SPL a ``*`` is a wildcard even within quotes.
"""

from __future__ import annotations

from collections.abc import Iterable

from glasshouse.triage.block import (
    DAYS,
    Names,
    addresses,
    bare_accounts,
    distinct,
    heading,
    hunted,
    iso,
    machines,
    percent,
    say,
    targets,
)
from glasshouse.verdicts import Containment

TITLE = "Hunting searches in SPL for Splunk (CIM)"
KIND = "hunt"
FILE = "hunt.spl"
_DAY = 86_400_000_000
_STEPS = (
    "copy one search, from its title to the next blank line, into Search.",
    "it needs the data models Network_Resolution, Web and Endpoint of the CIM add-on. Nothing is changed.",
)
_ACCOUNT = 'lower(mvindex(split(mvindex(split(user, "@"), 0), urldecode("%5C")), -1))'
_SHORT = 'lower(mvindex(split(src, "."), 0))'
_BY_WEB = "Web.src Web.user Web.url_domain Web.url Web.http_user_agent"
_BY_PROCESS = "Processes.dest Processes.user Processes.process_name Processes.process"
_END = (
    "| stats sum(count) AS lookups min(first) AS first max(last) AS last values(name) AS names"
    " by log src user"
)
_SHOW = '| convert timeformat="%Y-%m-%dT%H:%M:%S%z" ctime(first) ctime(last)\n| sort 0 first'


def render(plan: Containment) -> str:
    """Five searches; one whose values the alert does not have is a comment instead."""
    found = hunted(plan)
    begin, end = (iso(time) for time in _span(plan))
    text = _comment((*heading(plan, TITLE, _STEPS), f"Times are {begin} to {end}, as seconds since 1970."))
    asked, actor = targets(plan), _actor(plan)
    clients = distinct(client.name for client in plan.episode.clients or plan.alert.clients)
    if found:
        dns, web = _dns(plan, found), _web(plan, found)
        others = f"NOT ({actor})" if actor else "true()"
        text += _search("1. the same actor, DNS", dns, actor)
        text += _search("2. the same actor, web", web, actor)
        text += _search("3. others, DNS and web", f"{dns}\n| append [{web}]", others)
        text += _search("4. anybody who asked about the same targets, web", web, _holds("url", asked))
    else:
        text += _comment(("No search 1 to 4: the alert names no open database by its host name.",))
    either = _holds("process", distinct((*clients, *asked)))
    return text + _search("5. the same programs and targets on command lines", _processes(plan), either)


def _search(title: str, first: str, where: str) -> str:
    if not where:
        return "\n" + _comment((f"{title}: not asked, the alert does not say which.",))
    return "\n" + _comment((title,)) + f"{first}\n| where {where}\n{_END}\n{_SHOW}\n"


def _dns(plan: Containment, found: Names) -> str:
    return _tstats(plan, "Network_Resolution.DNS", _named("DNS.query", found), "DNS.src DNS.query", "DNS") + (
        '\n| eval log="dns", name=query, user=""' + _account()
    )


def _web(plan: Containment, found: Names) -> str:
    return _tstats(plan, "Web.Web", _named("Web.url_domain", found), _BY_WEB, "Web") + (
        '\n| eval log="web", name=url_domain' + _account()
    )


def _processes(plan: Containment) -> str:
    return _tstats(plan, "Endpoint.Processes", "", _BY_PROCESS, "Processes") + (
        '\n| eval log="process", name=process_name, src=dest' + _account()
    )


def _account() -> str:
    return f", account={_ACCOUNT}, machine={_SHORT}"


def _tstats(plan: Containment, model: str, where: str, by: str, prefix: str) -> str:
    begin, end = (max(0, time) // 1_000_000 for time in _span(plan))
    span = f"earliest={begin} latest={end + 1}"
    return (
        f"| tstats summariesonly=false count min(_time) AS first max(_time) AS last FROM datamodel={model}\n"
        f"    WHERE {' '.join(filter(None, (span, where)))}\n"
        f"    BY {by}\n"
        f'| rename "{prefix}.*" AS "*"'
    )


def _span(plan: Containment) -> tuple[int, int]:
    return plan.alert.first_seen - DAYS * _DAY, plan.alert.last_seen + DAYS * _DAY


def _named(field: str, found: Names) -> str:
    """A condition on valid host names; the only wildcard is ours, before the dot."""
    asked = [*(one for name in found.names for one in (name, f"*.{name}")), *found.exact]
    stays = [one for name in found.open for one in (name, f"*.{name}")]
    listed, never = (", ".join(f'"{one}"' for one in every) for every in (asked, stays))
    return f"{field} IN ({listed})" + (f" NOT {field} IN ({never})" if stays else "")


def _actor(plan: Containment) -> str:
    short = distinct(host.partition(".")[0] for host in machines(plan))
    every = (("account", bare_accounts(plan)), ("machine", short), ("src", addresses(plan)))
    return " OR ".join(filter(None, (_is(field, values) for field, values in every)))


def _is(field: str, values: Iterable[str]) -> str:
    return " OR ".join(f"{field}={_text(value)}" for value in values)


def _holds(field: str, values: Iterable[str]) -> str:
    """The field contains one of the values, whatever their case and whatever characters they have."""
    told = (f"mvcount(split(lower({field}), {_text(value.lower())})) > 1" for value in values)
    return " OR ".join(told)


def _text(value: str) -> str:
    return percent(value, "urldecode")


def _comment(lines: Iterable[str]) -> str:
    return "".join(f"``` {say(line)} ```\n" for line in lines)
