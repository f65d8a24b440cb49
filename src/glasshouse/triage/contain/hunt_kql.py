"""A containment plan in, KQL queries for Microsoft Sentinel and Defender out.

Tables: https://learn.microsoft.com/azure/azure-monitor/reference/tables/ (DeviceNetworkEvents, DnsEvents,
CommonSecurityLog, DeviceProcessEvents). Values of logs are plain or percent-encoded, see ``percent``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from glasshouse.triage.block import (
    DAYS,
    addresses,
    bare_accounts,
    comment,
    distinct,
    heading,
    hunted,
    iso,
    machines,
    percent,
    targets,
)
from glasshouse.verdicts import Containment

TITLE = "Hunting queries in KQL for Microsoft Sentinel and Defender"
KIND = "hunt"
FILE = "hunt.kql"
_DAY = 86_400_000_000
_STEPS = (
    "copy one query, from its title to the next title, and run it with a time range that is wide enough.",
    "tables you do not have are passed over (isfuzzy). Nothing is changed.",
)
_WHEN = 'column_ifexists("TimeGenerated", column_ifexists("Timestamp", datetime(null)))'
_SEEN = f"""let Seen = union isfuzzy=true
    (DeviceNetworkEvents
    | extend When = {_WHEN}
    | where When between (From .. Until) and isnotempty(RemoteUrl)
    | project When, Log = "DeviceNetworkEvents", Url = RemoteUrl, Account = InitiatingProcessAccountName,
        Machine = DeviceName, Address = LocalIP, Program = InitiatingProcessFileName,
        Text = InitiatingProcessCommandLine),
    (DnsEvents
    | where TimeGenerated between (From .. Until) and SubType == "LookupQuery"
    | project When = TimeGenerated, Log = "DnsEvents", Url = Name, Account = "", Machine = "",
        Address = ClientIP, Program = "", Text = ""),
    (CommonSecurityLog
    | where TimeGenerated between (From .. Until)
    | project When = TimeGenerated, Log = "CommonSecurityLog",
        Url = iff(isnotempty(DestinationHostName), DestinationHostName, RequestURL),
        Account = SourceUserName, Machine = SourceHostName, Address = SourceIP,
        Program = RequestClientApplication, Text = RequestURL)
    | extend Host = trim_end(@"\\.", tolower(extract(@"^(?:[A-Za-z]+://)?(?:[^/@]*@)?([^/:?#]+)", 1, Url))),
        Account = tolower(tostring(split(tostring(split(Account, "@")[0]), url_decode("%5C"))[-1])),
        Machine = tolower(tostring(split(Machine, ".")[0]))
    | where Host matches regex Databases and not(Host matches regex Open);
"""
_SUMS = "| summarize Lookups = count(), First = min(When), Last = max(When), Hosts = make_set(Host, 20)"
_PARTS = """
| extend Part = case(When < Began, "before", When > Ended, "after", "during")
| summarize Lookups = count(), Hosts = make_set(Host, 20) by bin(When, 1d), Part, Log, Program
| order by When asc"""
_BY = " by Log, Account, Machine, Address"


def render(plan: Containment) -> str:
    """Five queries; one whose values the alert does not have is a comment instead."""
    text = comment("//", heading(plan, TITLE, _STEPS))
    actor, asked = _actor(plan), targets(plan)
    clients = distinct(client.name for client in plan.episode.clients or plan.alert.clients)
    if _hosts(plan):
        others = f"not({actor})" if actor else "true"
        about = f"Text has_any ({_array(asked)})" if asked else ""
        by_client = f"Program has_any ({_array(clients)}) or Text has_any ({_array(clients)})"
        text += _query(plan, "1. the same actor at these databases, before, during and after", actor, _PARTS)
        text += _query(plan, "2. others at these databases", others, _tail(_BY))
        text += _query(plan, "3. anybody who asked about the same targets in an address", about, _tail(_BY))
        where = by_client if clients else ""
        text += _query(plan, "4. anybody with the same client program", where, _tail(f"{_BY}, Program"))
    else:
        text += comment("//", ("No query 1 to 4: the alert names no open database by its host name.",))
    return text + _commands(plan, distinct((*clients, *asked)))


def _commands(plan: Containment, values: list[str]) -> str:
    title = "5. the same programs and targets on command lines"
    if not values:
        return "\n" + comment("//", (f"{title}: not asked, the alert does not say which.",))
    return (
        f"\n{comment('//', (title,))}{_times(plan)}DeviceProcessEvents\n| extend When = {_WHEN}\n"
        "| where When between (From .. Until)\n"
        f"| where ProcessCommandLine has_any ({_array(values)})\n"
        "| summarize Runs = count(), First = min(When), Last = max(When),\n"
        "    Lines = make_set(ProcessCommandLine, 5) by DeviceName, AccountName, FileName\n"
        "| order by First asc\n"
    )


def _tail(by: str) -> str:
    return f"\n{_SUMS}{by}\n| order by First asc"


def _query(plan: Containment, title: str, where: str, tail: str) -> str:
    if not where:
        return "\n" + comment("//", (f"{title}: not asked, the alert does not say which.",))
    return "\n" + comment("//", (title,)) + _times(plan) + _SEEN + f"Seen\n| where {where}{tail}\n"


def _times(plan: Containment) -> str:
    alert = plan.alert
    times = {
        "From": iso(alert.first_seen - DAYS * _DAY),
        "Until": iso(alert.last_seen + DAYS * _DAY),
        "Began": iso(alert.first_seen),
        "Ended": iso(alert.last_seen),
    }
    stays = "|".join(re.escape(name) for name in hunted(plan).open)
    lets = "".join(f"let {name} = datetime({time});\n" for name, time in times.items())
    never = rf"(^|\.)({stays})$" if stays else "^$"
    return lets + f'let Databases = @"{_hosts(plan)}";\nlet Open = @"{never}";\n'


def _hosts(plan: Containment) -> str:
    """A regular expression, on label boundaries, of what can be blocked; valid names only."""
    found = hunted(plan)
    wide, exact = ("|".join(re.escape(name) for name in every) for every in (found.names, found.exact))
    return "|".join(part for part in (rf"(^|\.)({wide})$" * bool(wide), f"^({exact})$" * bool(exact)) if part)


def _actor(plan: Containment) -> str:
    short = distinct(host.partition(".")[0] for host in machines(plan))
    known = {"Account": bare_accounts(plan), "Machine": short, "Address": addresses(plan)}
    return " or ".join(f"{column} in ({_array(every)})" for column, every in known.items() if every)


def _array(values: Iterable[str]) -> str:
    return f"pack_array({', '.join(percent(value, 'url_decode') for value in values)})"
