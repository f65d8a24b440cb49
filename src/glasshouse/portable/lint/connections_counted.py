"""A rule in; a threshold on the number of log lines out, where one line may be many requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found
from glasshouse.portable.rule_model import Rule

CODE = "connections-counted"
TITLE = "Counts connections as if they were requests"
LEVEL = "warning"
WHY = "Clients keep a connection open: ten thousand requests can be one line; a cache answers most questions."
STATED = r"one (long )?connection|one line (of the log )?may|lines of the log are counted|keep-alive"
_LINES = re.compile(
    r"DeviceNetworkEvents|NetworkConnection|network_connection|Network_Traffic|VMConnection|flows|dns"
    r"|firewall|CommonSecurityLog|conn\b|AzureNetworkAnalytics|events\b|sysmon",
    re.IGNORECASE,
)


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule: at the first threshold on a count."""
    lines = any(_LINES.search(text.text) for text in rule.tables)
    found = [one for one in rule.thresholds if one.how == "count" and one.value > 1]
    if found and (lines or rule.counts_others) and (facts.named or rule.counts_others):
        host = next((one.host for one in facts.named if not one.word), "api.example.com")
        first = found[0]
        yield Found(
            first.place,
            f"number of lines {first.symbol} {first.value:g}",
            f"10,000 requests to {host} over one kept connection are 1 line, so they stay below "
            f"{first.value:g}.",
            "weigh a line by its bytes and duration too, or read the proxy's log of requests",
        )
