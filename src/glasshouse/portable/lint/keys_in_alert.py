"""A rule in; each field out that carries API keys into its alerts."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import COMMANDS, Facts, Found, is_url, listed
from glasshouse.portable.rule_model import Rule

CODE = "keys-in-alert"
TITLE = "Copies API keys into its alerts"
LEVEL = "error"
WHY = (
    "Many databases take their key in the URL, tools take it on the command line. Alerts are read, "
    "mailed and kept by more people than logs are."
)
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a field."""
    keyed = [
        facts.databases[name]
        for name in facts.direct
        if any(k.startswith("query:") for k in facts.databases[name].keys)
    ]
    done: set[str] = set()
    for one in rule.shown if facts.about else ():
        url, command = bool(is_url(one.field)), bool(COMMANDS.search(one.field))
        if one.field in done or not (url or command):
            continue
        done.add(one.field)
        names = listed([entry.name for entry in keyed], 3)
        key = next((k.partition(":")[2] for entry in keyed for k in entry.keys if ":" in k), "key")
        host = next((facts.direct[entry.id].host for entry in keyed), "api.example.com")
        client = f'curl -H "X-API-Key: NOTAREALKEY" https://{host}/'
        yield Found(
            one.place,
            f"{one.field} is shown as it is" + (f"; keys stand in URLs of {names}" if url and names else ""),
            f"The alert holds https://{host}/?{key}=NOTAREALKEY in clear text."
            if url
            else f"The alert holds {client} in clear text.",
            "show the host only" if url else "show the program's name, or cut what follows key words",
        )
