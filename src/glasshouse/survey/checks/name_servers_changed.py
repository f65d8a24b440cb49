"""A judged change in; out, whether a domain of ours has other name servers and nobody recorded it."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.findings import Hit, Judged, Shift
from glasshouse.observed import DnsRecord, Registration
from glasshouse.records import Level
from glasshouse.survey import words
from glasshouse.survey.world import World

TITLE = "Name servers changed without a change record"
TECHNIQUE = "T1596.002"
ON = "change"
LEVEL: Level = "critical"
REMEDY = "Compare with the registrar now; if it was not us, take the delegation back and open an incident"
VANISHES = ""
M1056 = False


def check(item: Judged, world: World) -> Iterator[Hit]:
    """Fires on another set of name servers in registration data, or a live NS record that came or went."""
    shift = item.shift
    if shift.first_look or item.verdict in ("approved", "expected"):
        return
    name, says = _said(shift, world)
    if says and world.owned(name):
        yield Hit(
            key=f"{name} NS",
            about=name,
            says=f"{says}, and no change record covers it",
            evidence=tuple(one for one in (shift.before, shift.after) if one),
        )


def _said(shift: Shift, world: World) -> tuple[str, str]:
    """The domain and what happened to its name servers; nothing where nothing did."""
    old, new = (one.fact if one else None for one in (shift.before, shift.after))
    if isinstance(old, Registration) and isinstance(new, Registration):
        return new.name, _moved(old, new)
    one = new or old
    if isinstance(one, DnsRecord) and one.type == "NS" and one.live and words.is_apex(one.name, world):
        gone = "has lost" if shift.kind == "gone" else "has"
        return one.name, f"{one.name} {gone} the name server {words.target(one)}"
    return "", ""


def _moved(old: Registration, new: Registration) -> str:
    was, now = set(old.name_servers), set(new.name_servers)
    if old.object != "domain" or not was or not now or was == now:
        return ""
    came = f"now to {words.listed(sorted(now - was))}" if now - was else ""
    went = f"no longer to {words.listed(sorted(was - now))}" if was - now else ""
    return f"{new.name} is delegated {', '.join(filter(None, (came, went)))}"
