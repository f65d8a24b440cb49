"""One alert without its summary in; out the plain sentence that stands first."""

from __future__ import annotations

from glasshouse.records import Alert, Client
from glasshouse.watch.detect.score import some, span


def sentence(alert: Alert, longest: int = 0) -> str:
    """Who asked what, how often, in how long, about whom, by what; ``longest`` connection in microseconds."""
    took = span(max(alert.last_seen - alert.first_seen, longest))
    return f"{_who(alert)} {_what(alert, took)}{_about(alert)}{_by(alert.clients)}."


def _who(alert: Alert) -> str:
    place = (
        alert.actor.host if alert.actor.host and not alert.actor.ip else alert.actor.ip or alert.actor.host
    )
    users = alert.users or ((alert.actor.user,) if alert.actor.user else ())
    if not place:
        return some(users, 3) if users else "Someone the logs do not name"
    return f"{place} ({some(users, 3)})" if users else place


def _what(alert: Alert, took: str) -> str:
    times = "once" if alert.requests.estimate == 1 else f"{alert.requests.estimate:,} times"
    about = "about " if alert.requests.estimate > alert.requests.min else ""
    over = "" if alert.requests.estimate == 1 else f" in {took}" if took != "0 s" else " at one moment"
    if not alert.requests.estimate and alert.databases:
        return f"tried to ask {some(alert.databases, 4)}, but a proxy refused{over}"
    if not alert.databases:
        return f"ran a tool for open databases {times}{over}"
    if len(alert.databases) == 1:
        return f"asked {alert.databases[0]} {about}{times}{over}"
    names = some(alert.databases, 4)
    return f"asked {len(alert.databases)} open databases ({names}) {about}{times}{over}"


def _about(alert: Alert) -> str:
    own = [target.value for target in alert.targets if target.about_us]
    if own:
        return f", about {some(own, 2)} (ours)"
    values = [target.value for target in alert.targets]
    return f", about {some(values, 2)}" if values else ""


def _by(clients: tuple[Client, ...]) -> str:
    tools = [c.name for c in clients if c.kind == "tool" and c.name]
    if tools:
        return f", with {some(tools, 3)}"
    scripts = [c.name or "a script" for c in clients if c.kind == "script"]
    if scripts:
        return f", by script ({some(scripts, 3)})"
    browsers = [c.name for c in clients if c.kind == "browser" and c.name]
    return f", with {some(browsers, 3)}" if browsers else ""
