"""A rule over Defender's connections in; the kinds of event out that it leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, listed
from glasshouse.portable.rule_model import Rule

CODE = "action-types"
TITLE = "Leaves out the events that hold the name"
LEVEL = "warning"
WHY = (
    "Defender writes a connection without a name as ConnectionSuccess; the name asked for stands in the"
    " event of the inspected TLS or DNS (DeviceNetworkEvents, ActionType)."
)
STATED = ""
_NAMING = ("SslConnectionInspected", "DnsConnectionInspected")


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a rule: at the first condition on the kind of event."""
    wanted = [term for term in rule.terms if term.field == "ActionType" and not term.negated]
    if not wanted or not any(one.text == "DeviceNetworkEvents" for one in rule.tables):
        return
    said = {text.text for term in wanted for text in term.values}
    missing = [name for name in _NAMING if name not in said]
    if missing and not any(one.text == "DeviceEvents" for one in rule.tables):
        yield Found(
            wanted[0].place,
            f"{listed(sorted(said))} only: {listed(missing)} left out",
            "ActionType=SslConnectionInspected, server_name api.shodan.io: the one line that holds the "
            "name is dropped.",
            f"add {listed(missing)}; there the name stands in AdditionalFields",
        )
