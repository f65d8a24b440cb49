"""A Pack in, KQL queries for Microsoft Sentinel and Defender XDR out, one file a rule.

Tables: https://learn.microsoft.com/azure/azure-monitor/reference/tables/ (DeviceNetworkEvents, DeviceEvents,
DnsEvents, CommonSecurityLog, DeviceProcessEvents) and the ASIM parsers _Im_Dns and _Im_WebSession.
"""

from __future__ import annotations

from glasshouse.portable.hosts import names_regex, open_regex, page_host_regex, page_regex
from glasshouse.portable.literals import AGENT, BROWSERS, array, narrowest_first, paged, quoted
from glasshouse.portable.pack import File, Hosts, Pack, Saying, What
from glasshouse.portable.sayings import FOLDED, KEYS, about, commented, file_name, short_span, span_words

TITLE = "KQL: queries for Microsoft Sentinel and Defender XDR"
FILE = "glasshouse.kql"
JOIN = "\n\n"
LACKS = (
    FOLDED,
    "Not run against a real workspace: tables you do not have are passed over, columns are not.",
    "Defender writes at most one connection for many requests, and RemoteUrl only where it saw a name.",
    KEYS,
)
_WHEN = 'column_ifexists("TimeGenerated", column_ifexists("Timestamp", datetime(null)))'
_LEGS = f"""let Seen = union isfuzzy=true
    (DeviceNetworkEvents
    | where isnotempty(RemoteUrl) or RemotePort in (43, 4321)
    | project When = {_WHEN}, Log = "DeviceNetworkEvents", Url = RemoteUrl, Actor = DeviceName,
        Account = InitiatingProcessAccountName, Program = InitiatingProcessFileName, Agent = "",
        Whois = RemotePort in (43, 4321) and RemoteIPType == "Public"),
    (DeviceEvents
    | where ActionType == "DnsQueryResponse"
    | project When = {_WHEN}, Log = "DeviceEvents",
        Url = tostring(parse_json(AdditionalFields).DnsQueryString), Actor = DeviceName,
        Account = InitiatingProcessAccountName, Program = InitiatingProcessFileName,
        Agent = "", Whois = false),
    (DnsEvents
    | where SubType == "LookupQuery"
    | project When = TimeGenerated, Log = "DnsEvents", Url = Name, Actor = ClientIP, Account = "",
        Program = "", Agent = "", Whois = false),
    (CommonSecurityLog
    | project When = TimeGenerated, Log = "CommonSecurityLog",
        Url = iff(isnotempty(RequestURL), RequestURL, DestinationHostName), Actor = SourceIP,
        Account = SourceUserName, Program = "", Agent = RequestClientApplication, Whois = false),
    (_Im_Dns
    | project When = TimeGenerated, Log = "_Im_Dns", Url = DnsQuery, Actor = SrcIpAddr, Account = "",
        Program = "", Agent = "", Whois = false),
    (_Im_WebSession
    | project When = TimeGenerated, Log = "_Im_WebSession", Url = Url, Actor = SrcIpAddr,
        Account = SrcUsername, Program = "", Agent = HttpUserAgent, Whois = false);
"""
_PARTS = """Seen
| extend Host = trim_end("[.]", tolower(extract("^([A-Za-z]+://)?([^/@]*@)?([^/:?#]+)", 3, Url)))
| extend Path = tolower(extract("^([A-Za-z]+://)?[^/?#]*(/[^?#]*)", 2, Url))
"""
_MEASURES: dict[What, tuple[str, str]] = {
    "lookups": ("Lookups", ""),
    "databases": ("Databases", "Database"),
    "agents": ("Agents", "Agent"),
    "minutes": ("Minutes", "bin(When, 1m)"),
    "hours": ("Hours", "bin(When, 1h)"),
    "days": ("Days", "bin(When, 1d)"),
}


def render(pack: Pack) -> tuple[File, ...]:
    """One query a rule; run it over at least twice its span."""
    return tuple(File(file_name(saying, ".kql"), _query(pack, saying)) for saying in pack.sayings)


def _query(pack: Pack, saying: Saying) -> str:
    if saying.programs:
        return commented("//", about(pack, saying, LACKS)) + _programs(saying)
    span, step = short_span(saying.span), short_span(step_of(saying.span))
    window = (
        f"Windows of {span_words(saying.span)} begin every {span_words(step_of(saying.span))} and overlap: "
        "what is spread over nearly the whole span can be missed, where a sliding window would not."
    )
    text = commented("//", about(pack, saying, (window, *LACKS)))
    text += f"let Span = {span};\nlet Step = {step};\nlet Names = {quoted(names_regex(saying.hosts))};\n"
    if saying.hosts.open:
        text += f"let Everyday = {quoted(open_regex(saying.hosts))};\n"
    return text + _LEGS + _PARTS + _where(saying) + _counted(saying)


def step_of(span: int) -> int:
    """How far apart windows begin, in seconds: a round sixth of the span or less."""
    return next((step for step in (86_400, 14_400, 3600, 600, 300, 120, 60) if step * 5 <= span), 10)


def _where(saying: Saying) -> str:
    """The lines that keep lookups only, and say of which database."""
    named = "Host matches regex Names" + " and not(Host matches regex Everyday)" * bool(saying.hosts.open)
    ways = [f"({named})"] + [_page(hosts) for _id, hosts in paged(saying.databases)]
    ways += ["Whois"] * saying.hosts.whois
    cases = [
        f"\n    Host matches regex {quoted(names_regex(hosts))}, {quoted(name)}"
        for name, hosts in narrowest_first(saying.databases)
    ]
    cases += [f"\n    {_page(hosts)}, {quoted(name)}" for name, hosts in paged(saying.databases)]
    cases += ['\n    Whois, "whois-port43"'] * saying.hosts.whois
    text = "| where " + "\n    or ".join(ways) + "\n"
    text += f"| extend Database = case({','.join(cases)},\n    Host)\n"
    if saying.browsers != "any":
        programs = array([*BROWSERS, *(f"{name}.exe" for name in BROWSERS)])
        browser = f'(Program in~ ({programs}) or Agent startswith "{AGENT}")'
        text += f"| where {browser if saying.browsers == 'only' else f'not{browser}'}\n"
    return text


def _page(hosts: Hosts) -> str:
    ways = [
        f"(Host matches regex {quoted(page_host_regex(page))} and "
        f"Path matches regex {quoted(page_regex(page))})"
        for page in hosts.pages
    ]
    return ways[0] if len(ways) == 1 else f"({' or '.join(ways)})"


def _counted(saying: Saying) -> str:
    """The lines that count in overlapping windows, and keep the fullest window of each actor."""
    by = "Actor, Log" if any(each.what == "lookups" for each in saying.measures) else "Actor"
    sums = ["Lookups = count()"]
    for each in saying.measures:
        name, expression = _MEASURES[each.what]
        sums += [f"{name} = array_length(make_set({expression}))"] * bool(expression)
    limits = " and ".join(f"{_MEASURES[each.what][0]} >= {each.least}" for each in saying.measures)
    first = _MEASURES[saying.measures[0].what][0]
    return (
        "| mv-expand Window = range(bin(When, Step) - Span + Step, bin(When, Step), Step)\n"
        "    to typeof(datetime)\n"
        f"| summarize {', '.join(sums)}, First = min(When), Last = max(When),\n"
        "    Accounts = make_set(Account, 20), Programs = make_set(Program, 20), Hosts = make_set(Host, 50)\n"
        f"    by {by}, Window\n"
        f"| where {limits}\n"
        f"| summarize arg_max({first}, *) by {by}\n"
    )


def _programs(saying: Saying) -> str:
    whole = [one for one in saying.programs if not one.endswith("*")]
    names = array([*whole, *(f"{one}.exe" for one in whole)])
    parts = [f" or FileName startswith {quoted(one[:-1])}" for one in saying.programs if one.endswith("*")]
    return (
        f"DeviceProcessEvents\n| extend When = {_WHEN}\n| where FileName in~ ({names}){''.join(parts)}\n"
        "| summarize Runs = count(), First = min(When), Last = max(When)\n"
        "    by DeviceName, AccountName, FileName\n"
    )
