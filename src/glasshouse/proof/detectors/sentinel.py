"""Rows of Defender's DeviceNetworkEvents in; out the alerts of the published Sentinel rule for T1596.

The rule as it stands, faults included: a scheduled query, run every hour over ``ago(1h)``, one alert a result
row. Its terms mean what the Kusto Query Language documents:

* ``has_any``: some string stands in the value as whole terms, where a term is a run of letters and digits,
  whatever the case (https://learn.microsoft.com/en-us/kusto/query/datatypes-string-operators and
  .../has-any-operator). So ``shodan.io`` is found in ``shodan.io.attacker.test``, not in ``notshodan.io``.
* ``contains``: some string stands anywhere in the value, whatever the case.
* ``and`` binds closer than ``or``: the conditions on address and port hold for the second branch only.
* ``dcount(RemoteUrl)`` counts different values, in different case or path, too
  (.../dcount-aggregation-function; exact here, an estimate there).

Columns: https://learn.microsoft.com/en-us/defender-xdr/advanced-hunting-devicenetworkevents-table
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from glasshouse.acts import Act
from glasshouse.proof.measure_match import SLACK
from glasshouse.proof.measure_truth import Alarm, Databases, named, names_of

TITLE = "the published Sentinel rule for T1596, run every hour"
KINDS = ("endpoint",)
HOUR = 3600 * 1_000_000
DOMAINS = (
    "shodan.io", "api.shodan.io", "censys.io", "search.censys.io", "dnsdumpster.com", "securitytrails.com",
    "api.securitytrails.com", "spyse.com", "zoomeye.org", "fofa.so", "fofa.info", "binaryedge.io",
    "api.binaryedge.io", "onyphe.io", "hunter.io", "intelx.io", "passivedns.circl.lu", "riddler.io",
    "robtex.com", "hackertarget.com", "whoisxmlapi.com", "domaintools.com", "crt.sh", "certspotter.com",
    "urlscan.io", "viewdns.info", "threatcrowd.org",
)  # fmt: skip
PARTS = ("shodan", "censys", "crt.sh")
PROCESSES = frozenset(
    {"curl.exe", "wget.exe", "python.exe", "python3.exe", "py.exe", "powershell.exe", "pwsh.exe", "cmd.exe"}
    | {"wscript.exe", "cscript.exe"}
)
KEY_TEXTS = ("/api/", "apikey", "api_key", "--key", "-H 'API")
ACTIONS = ("ConnectionSuccess", "HttpConnectionInspected")
LEAST_REQUESTS, LEAST_URLS = 5, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The columns the rule reads; an empty text where the log has none, as in Kusto."""

    time: int  # TimeGenerated, microseconds
    action: str = "ConnectionSuccess"
    url: str = ""
    ip_type: str = ""
    port: int | None = None
    process: str = ""
    command_line: str = ""
    device: str = ""
    account: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One result row of one run."""

    run: int  # when it ran
    device: str
    account: str
    domain: str
    first: int
    last: int
    requests: int
    urls: frozenset[str]
    score: int


def has(value: str, term: str) -> bool:
    """Kusto's ``has``: the term stands in the value with no letter or digit joined to its ends."""
    value, term = value.lower(), term.lower()
    at = value.find(term)
    while at >= 0:
        end = at + len(term)
        joined_before = at > 0 and term[0].isalnum() and value[at - 1].isalnum()
        joined_after = end < len(value) and term[-1].isalnum() and value[end].isalnum()
        if not (joined_before or joined_after):
            return True
        at = value.find(term, at + 1)
    return False


def has_any(value: str, terms: Sequence[str]) -> bool:
    """Kusto's ``has_any``: the value ``has`` some of the terms."""
    return any(has(value, term) for term in terms)


def names(row: Row) -> bool:
    """The rule's second condition on names, with its precedence: A or (B and C and D)."""
    if has_any(row.url, DOMAINS):
        return True
    url = row.url.lower()
    return row.ip_type != "Private" and row.port in (443, 80) and any(part in url for part in PARTS)


def runs(row: Row) -> bool:
    """The rule's third condition: a listed program, or key-like text on its command line."""
    return row.process.lower() in PROCESSES or has_any(row.command_line, KEY_TEXTS)


def wanted(row: Row) -> bool:
    """Whether a row passes all conditions of the rule."""
    return row.action in ACTIONS and names(row) and runs(row)


def score(requests: int, urls: int) -> int:
    """The rule's RiskScore."""
    if urls >= 5:
        return 90
    if urls >= 3:
        return 70
    return 60 if requests >= 20 else 40


def hits(rows: Iterable[Row], offset: int = 0) -> Iterator[Hit]:
    """The result rows of every hourly run, in order of time.

    A run at time T sees what is later than T less an hour, and not later than T. ``offset`` shifts the runs
    from the full hour, microseconds. Nothing arrives late here, which favours the rule.
    """
    groups: dict[tuple[int, str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if wanted(row):
            run = -(-(row.time - offset) // HOUR) * HOUR + offset  # the first run at or after it
            groups[run, row.device, row.account, row.domain].append(row)
    for (run, device, account, domain), some in sorted(groups.items()):
        urls = frozenset(row.url for row in some)
        if len(some) >= LEAST_REQUESTS or len(urls) >= LEAST_URLS:
            times = [row.time for row in some]
            scored = score(len(some), len(urls))
            yield Hit(run, device, account, domain, min(times), max(times), len(some), urls, scored)


def alarms(rows: Iterable[Row], databases_of: Databases) -> Iterator[Alarm]:
    """The same as alarms; ``databases_of`` tells which open databases a RemoteUrl really is about."""
    for hit in hits(rows):
        found = {url: databases_of(url) for url in sorted(hit.urls)}
        yield Alarm(
            detector="sentinel",
            names=named([hit.account], [hit.device], []),
            first=hit.first,
            last=hit.last,
            fired=hit.run,
            databases=frozenset(one for some in found.values() for one in some),
            unmatched=tuple(url for url, some in found.items() if not some),
            says=f"score {hit.score}: {hit.requests} connections, {len(hit.urls)} RemoteUrl",
        )


def why_missed(act: Act, rows: Iterable[Row]) -> str:
    """Which condition of the rule an act did not meet."""
    who = names_of(act)
    mine = [
        row
        for row in rows
        if who & named([row.account], [row.device], []) and act.start - SLACK <= row.time <= act.end + SLACK
    ]
    if not mine:
        return "DeviceNetworkEvents has no row of it with a listed name"
    named_ = [row for row in mine if names(row)]
    ran = [row for row in named_ if runs(row)]
    if not named_:
        return f"{len(mine)} rows, none with a listed name as a whole term"
    if not ran:
        programs = ", ".join(sorted({row.process or "?" for row in named_})[:3])
        return f"{len(named_)} rows with a listed name, by {programs}: not a listed program"
    if not any(row.action in ACTIONS for row in ran):
        return f"{len(ran)} rows of other ActionTypes"
    return f"{len(ran)} rows, never {LEAST_REQUESTS} in an hour of one account, nor {LEAST_URLS} RemoteUrl"
