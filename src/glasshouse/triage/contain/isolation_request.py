"""A containment plan in, a request to isolate a machine out: plain text for people, with lines to sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glasshouse.records import Client, Target
from glasshouse.triage.block import addresses, expires, iso, names, say
from glasshouse.verdicts import Containment

TITLE = "Request to isolate the machine, for the people who do it"
KIND = "isolate"
FILE = "isolation-request.txt"
_MOST = 20
_NOT = (
    "Do not switch the machine off and do not restart it: what is in memory would be lost.",
    "Do not wipe, reinstall or clean it, and do not run a scan that deletes.",
    "Do not isolate it by address alone when the address is a proxy, a VPN or NAT gateway or a resolver:",
    "  that would cut off others. Check the lease of the address at the times below first.",
    "Do not warn the user, and do not reset the password first, before T2 agrees.",
    "Do not look the targets up in the same open databases from this network to check.",
)


def render(plan: Containment) -> str:
    """Who, which machine at which addresses and when, why, evidence, how to undo, and who approves."""
    return "\n".join((*_head(plan), *_who(plan), *_why(plan), *_evidence(plan), *_rest(plan))) + "\n"


def _head(plan: Containment) -> Iterator[str]:
    yield "REQUEST TO ISOLATE A MACHINE"
    yield ""
    yield f"Alert:    {say(plan.alert.id)}"
    yield f"Case:     {say(plan.case or 'none yet')}"
    yield f"Made:     {iso(plan.made)} by Glasshouse"
    yield "This is a request. Nothing was executed, isolated or blocked."
    if plan.note:
        yield from ("", say(plan.note, 500))


def _who(plan: Containment) -> Iterator[str]:
    episode, actor = plan.episode, plan.alert.actor
    yield from ("", "WHO AND WHICH MACHINE", "")
    yield from _list("Accounts", episode.accounts or _told(actor.user))
    yield from _list("Machines", episode.hosts or _told(actor.host))
    yield from _list("Addresses", episode.ips if plan.note else addresses(plan))
    yield from _list("Processes", episode.processes or _told(actor.process))
    yield f"First seen: {iso(plan.alert.first_seen)}"
    yield f"Last seen:  {iso(plan.alert.last_seen)}"
    if not (episode.hosts or actor.host):
        yield "The logs name no machine. Find out who had the address then, before anything is cut off."
    if len(episode.hosts) > 1 or len(addresses(plan)) > 1:
        yield "More than one machine or address: say below which of them are meant."


def _why(plan: Containment) -> Iterator[str]:
    alert, episode = plan.alert, plan.episode
    yield from ("", "WHY", "")
    if alert.summary:
        yield say(alert.summary, 1000)
    count = f"{alert.lookups} lookups, about {alert.requests.estimate} requests"
    yield f"Score {alert.score} ({alert.level}), {count}"
    yield from (f"  {row.points:+4d}  {say(row.rule)}: {say(row.reason)}" for row in alert.points)
    yield from _list("Databases", alert.databases)
    yield from _list("Techniques", alert.techniques)
    yield from _list("Programs", (_client(client) for client in alert.clients))
    asked = episode.targets or alert.targets
    total = max(episode.targets_total, alert.targets_total, len(asked))
    yield from _list(f"Asked about ({total})", (_target(target) for target in asked), total)


def _evidence(plan: Containment) -> Iterator[str]:
    alert = plan.alert
    yield from ("", "EVIDENCE (log file, position, time, SHA-256 of the record)", "")
    shown = alert.evidence[:_MOST]
    yield from (f"  {say(x.file)}:{x.position}  {iso(x.time)}  {say(x.record_sha256)}" for x in shown)
    total = max(alert.evidence_total, len(alert.evidence))
    if total > len(shown):
        yield f"  and {total - len(shown)} more: glasshouse alerts show {say(alert.id)}"
    yield from (f"Not visible in these logs: {say(what)}" for what in alert.visibility.not_shown)


def _rest(plan: Containment) -> Iterator[str]:
    found = names(plan)
    yield from ("", "WHAT NOT TO DO", "", *_NOT)
    yield from ("", "INSTEAD, OR AS WELL", "")
    yield from _list("Names that can be blocked at proxy or resolver", (*found.names, *found.exact))
    yield from _list("Never to be blocked, they serve other things too", found.shared)
    yield from ("", "UNDO", "")
    yield "Lift the isolation where it was set, see that the machine works again, note it in the case."
    yield f"Look at it again by {iso(expires(plan))}: renew the isolation with a new approval, or lift it."
    yield from ("", "APPROVAL (the person who requests does not approve)", "")
    for role in ("Requested by", "Approved by", "Owner of the machine told", "Carried out by", "Lifted by"):
        yield f"{role + ':':<28}____________________  Date and time (UTC): ____________________"


def _list(title: str, values: Iterable[str], total: int = 0) -> Iterator[str]:
    every = list(dict.fromkeys(values))
    if not every:
        yield f"{title}: not known from the logs"
        return
    yield f"{title}:"
    yield from (f"  {say(value)}" for value in every[:_MOST])
    rest = max(total, len(every)) - min(_MOST, len(every))
    if rest:
        yield f"  and {rest} more"


def _told(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


def _target(target: Target) -> str:
    ours = {True: " (ours)", False: "", None: ""}[target.about_us]
    return f"{target.type} {target.value}{ours}"


def _client(client: Client) -> str:
    return f"{client.kind} {client.name or ''}".strip()
