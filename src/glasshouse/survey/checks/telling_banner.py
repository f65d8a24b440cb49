"""A service in; out, the internal names, addresses and versions that its banner gives away."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from glasshouse.findings import Hit
from glasshouse.observed import Observation, Service
from glasshouse.records import Level
from glasshouse.survey.lists import entries, holder, place, short, sure
from glasshouse.survey.world import World

TITLE = "Banner that tells too much"
TECHNIQUE = "T1596.005"
ON = "service"
LEVEL: Level = "low"
REMEDY = "Make the banner quiet: no versions (ServerTokens Prod, server_tokens off), no internal names"
VANISHES = "what the banner tells, from scan databases at their next visit"
M1056 = True
# Numbers of products look alike: Example/10.3.6.0, version 10.1.2.3.
_ADDRESS = re.compile(
    r"(?<![\d.])(?<![A-Za-z]/)(?<![Vv]ersion )(?<![Bb]uild )(?<![Vv])"
    r"(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}(?![\d.]*\d)"
)
# Names in the answers of Windows services (NTLM), as scan databases write them out.
_WINDOWS = re.compile(
    r"(?:NetBIOS (?:Computer|Domain)|DNS (?:Computer|Domain)|DNS Forest|Target)[ _]Name\s*[:=]\s*"
    r"([\w.-]{1,64})",
    re.IGNORECASE,
)
_ENDS = "|".join(re.escape(one["suffix"]) for one in entries("internal_names") if "suffix" in one)
_END = re.compile(rf"\.(?:{_ENDS})(?![\w.-])", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w.@-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}$", re.IGNORECASE)
_STARTS = ("10.", "192.168.", "172.")
_VERSION = re.compile(r"[A-Za-z]/\d+\.\d")
_MOST = 3


def check(item: Observation[Service], world: World) -> Iterator[Hit]:
    """Fires on internal names and addresses (low) and on versions in the Server header (informational)."""
    fact = item.fact
    texts = [one for one in (fact.banner, fact.location, fact.title, fact.server) if one]
    ours = holder(fact, world) if texts else None
    if not ours:
        return
    for value in sorted(_inside(texts) - {fact.ip, *fact.hostnames})[:_MOST]:
        says = f"{place(fact)} tells of {short(value)} inside"
        sureness = sure(item, world, ours[1])
        yield Hit(key=f"{fact.key} {value}", about=ours[0], says=says, evidence=(item,), confidence=sureness)
    if fact.server and _VERSION.search(fact.server):
        yield Hit(
            key=f"{fact.key} version",
            about=ours[0],
            says=f"{place(fact)} tells its versions: {short(fact.server)}",
            evidence=(item,),
            level="informational",
            confidence=sure(item, world, ours[1]),
        )


def _inside(texts: list[str]) -> set[str]:
    found: set[str] = set()
    for text in texts:
        for end in _END.finditer(text):
            name = _NAME.search(text[max(0, end.start() - 128) : end.start()])
            found.update([f"{name[0]}{end[0]}".lower()] if name else [])
        if "ame" in text:  # most banners hold none of what the next two look for
            found.update(one.lower() for one in _WINDOWS.findall(text))
        if any(start in text for start in _STARTS):
            found.update(one for one in _ADDRESS.findall(text) if _whole(one))
    return found


def _whole(said: str) -> bool:
    try:
        return ipaddress.ip_address(said).is_private
    except ValueError:
        return False
