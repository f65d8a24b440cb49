"""Bundles of ATT&CK in; what they say, how it changed, and our own rules as analytics of theirs, out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from glasshouse.attack import analytics, page, read, store
from glasshouse.attack.analytics import Detection
from glasshouse.attack.history import Change, changes
from glasshouse.attack.objects import FAMILY, Release, Thing
from glasshouse.catalogue import load
from glasshouse.errors import ReadError, UsageError
from glasshouse.leaf import checks, collectors
from glasshouse.report.text import TECHNIQUE_NAMES
from glasshouse.watch.detect import load_rules
from glasshouse.watch.detect.plan import Rule

WHEN = "2026-11-21T00:00:00.000Z"  # when the analytics were last looked through
_ENDPOINT, _NETWORK = ("Windows", "Linux"), ("Network Devices",)
_PLATFORMS = {  # rules that only some logs can feed; all others run on all three
    "recon_tool_ran": _ENDPOINT,
    "contradicting_browsers": _NETWORK,
    "large_download": _NETWORK,
    "heavy_connection": _NETWORK,
}


def bring_in(home: Path, paths: Sequence[str], said: str | None) -> Iterator[tuple[Release, Path, bool]]:
    """Each bundle read and kept: the release, where it is, whether that is new."""
    if said is not None and len(paths) > 1:
        raise UsageError("--release names one release", next_step="give one bundle, or leave it out")
    for name in paths:
        found = read.release(_content(name), name, said)
        yield (found, *store.keep(home, found))


def _content(name: str) -> bytes:
    path = Path(name)
    try:
        if path.is_file() and path.stat().st_size > read.MOST:
            raise ReadError(f"is larger than {read.MOST >> 20} MiB", name, "give a bundle of ATT&CK")
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror or type(error).__name__}"
        raise ReadError(what, name, "give a STIX bundle, for example enterprise-attack-18.1.json") from None


def releases(home: Path) -> list[Release]:
    """All imported releases, the oldest first; UsageError when there is none."""
    found = store.releases(home)
    if not found:
        raise UsageError(
            "no ATT&CK release was imported",
            next_step="glasshouse attack import FILE, a bundle of mitre-attack/attack-stix-data",
        )
    return found


def shown(home: Path, attack_id: str, version: str | None) -> tuple[Release, Thing, page.Ours | None]:
    """One object of a release, by default the newest that has it; what we have for a technique."""
    for release in reversed(releases(home)):
        if version in (None, release.version) and (thing := release.named(attack_id)):
            return release, thing, ours(thing.attack_id) if thing.type == "attack-pattern" else None
    known = sorted({one.attack_id for one in releases(home)[-1].things if one.attack_id})
    where = f" in ATT&CK {version}" if version else ""
    raise UsageError(f"no object {attack_id!r}{where}", next_step=f"one of: {', '.join(known)}")


def ours(technique: str) -> page.Ours:
    """What Glasshouse has for a technique of the family; for the technique itself, for all of them."""
    below = technique == FAMILY
    tag = f"attack.{technique.lower()}"
    return page.Ours(
        rules=tuple(one.key for one in load_rules([]).firing if below or tag in one.tags),
        databases=tuple(
            one.id for one in load(()).databases.values() if below or technique in one.techniques
        ),
        collectors=tuple(key for key, one in collectors().items() if below or technique == one.TECHNIQUE),
        checks=tuple(key for key, one in checks().items() if below or technique == one.TECHNIQUE),
    )


def history(home: Path, attack_id: str | None) -> tuple[list[Release], list[Change]]:
    """The releases, and each object through them; UsageError when no release has the object asked for."""
    every = releases(home)
    found = changes(every, attack_id)
    if attack_id and not found:
        raise UsageError(f"no release has {attack_id!r}", next_step="glasshouse attack history lists all")
    return every, found


def exported() -> str:
    """Our detections as ATT&CK strategies and analytics: a STIX 2.1 bundle."""
    return analytics.bundle([_detection(rule) for rule in load_rules([]).firing], TECHNIQUE_NAMES, WHEN)


def _detection(rule: Rule) -> Detection:
    told = tuple(tag.removeprefix("attack.").upper() for tag in rule.tags if tag.startswith("attack.t1596"))
    return Detection(
        name=rule.key,
        title=rule.title,
        description=" ".join(rule.description.split()),
        techniques=(FAMILY, *told),
        platforms=_PLATFORMS.get(rule.key, (*_ENDPOINT, *_NETWORK)),
        settable=tuple(_settable(rule)),
        falsepositives=rule.falsepositives,
    )


def _settable(rule: Rule) -> Iterator[tuple[str, str]]:
    yield "OpenDatabases", "The catalogue of open databases and how a request to each is known."
    if rule.key.startswith("own_assets"):
        yield "OwnAssets", "The domains, networks, names and organisations that are ours."
    yield "AuthorisedUse", "Who may ask which database about what, until when: such use is closed by triage."
    found = rule.correlation
    if found is None:
        return
    yield "TimeWindow", f"Length of the sliding window in seconds; {found.span // 1_000_000} as shipped."
    for limit in found.limits:
        what = found.field or ("kinds of lookup" if found.type.startswith("temporal") else "lookups")
        yield "Threshold", f"Least {found.type.replace('_', ' ')} of {what}; {limit.value:g} as shipped."
    if found.group_by:
        yield "GroupBy", f"What counts as one; {', '.join(found.group_by)} as shipped."


__all__ = ["bring_in", "exported", "history", "ours", "releases", "shown"]
