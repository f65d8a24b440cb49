"""An object of a release in, the lines of its page out: text, relations, detection, MITRE's notice."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from glasshouse.attack.history import Change
from glasshouse.attack.objects import Release, Thing

WIDTH = 100
_LINK = re.compile(r"\[([^\]]{1,200})\]\(https?://[^)\s]{1,400}\)")
_CITED = re.compile(r"\(Citation: [^)]{1,200}\)")
_ACTORS = {"intrusion-set": "group", "campaign": "campaign", "malware": "software", "tool": "software"}


@dataclass(frozen=True, slots=True)
class Ours:
    """What Glasshouse has for a technique: names of rules, databases, collectors and checks."""

    rules: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    collectors: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


def page(release: Release, thing: Thing, ours: Ours | None = None) -> list[str]:
    """The page of one object, a line each; the text is the release's own and must yet pass ``safe``."""
    lines = [f"{thing.attack_id} {thing.name}", *_facts(release, thing), ""]
    for paragraph in filter(None, (part.strip() for part in thing.text.splitlines())):
        lines += [*_wrap(plain(paragraph), WIDTH), ""]
    lines += _relations(release, thing)
    lines += _detection(release, thing)
    if not release.links:
        lines.append("This bundle holds no relationships: who uses it, and what mitigates it, is not in it.")
    if ours is not None:
        lines += ["", "Glasshouse", *_ours(ours)]
    return [*lines, "", *_wrap(release.notice, WIDTH)]


def _wrap(text: str, width: int, initial_indent: str = "", subsequent_indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=initial_indent, subsequent_indent=subsequent_indent,
        break_on_hyphens=False,
    )  # fmt: skip


def plain(text: str) -> str:
    """MITRE's Markdown without link addresses and citation marks."""
    return _CITED.sub("", _LINK.sub(r"\1", text)).strip()


def _facts(release: Release, thing: Thing) -> Iterator[str]:
    yield f"  ATT&CK {release.version}, version {thing.version or '-'} of the object, {thing.modified[:10]}"
    if thing.withdrawn:
        yield "  revoked or deprecated"
    if thing.url:
        yield f"  {thing.url}"
    if thing.tactics:
        yield f"  tactic {', '.join(thing.tactics)}; platforms {', '.join(thing.platforms) or '-'}"
    yield f"  sha256 {thing.sha256}"


def _relations(release: Release, thing: Thing) -> list[str]:
    things, found = release.by_id(), []
    for link in release.links:
        if link.withdrawn or thing.id not in (link.source, link.target):
            continue
        other = things.get(link.target if link.source == thing.id else link.source)
        if other is None or other.withdrawn:
            continue
        found.append((*_word(link.type, link.source == thing.id, other), other, plain(link.text)))
    lines: list[str] = []
    for _, word, other, said in sorted(found, key=lambda one: (one[0], one[2].attack_id)):
        lines.append(f"{word:12} {other.attack_id} {other.name}")
        lines += _wrap(said, WIDTH - 13, initial_indent=" " * 13, subsequent_indent=" " * 13)
    return lines


def _word(type_: str, outward: bool, other: Thing) -> tuple[int, str]:
    if type_ == "subtechnique-of":
        return (0, "part of") if outward else (1, "has part")
    if type_ == "mitigates":
        return (2, "mitigates") if outward else (2, "mitigation")
    if type_ == "uses":
        return (3, "uses") if outward else (3, _ACTORS.get(other.type, "used by"))
    return 4, "detects" if outward else "detection"


def _detection(release: Release, thing: Thing) -> list[str]:
    """What MITRE's analytics for it say; for a strategy itself, its own."""
    things = release.by_id()
    strategies = [thing] if thing.refers else [
        things[link.source] for link in release.links
        if link.type == "detects" and link.target == thing.id and link.source in things
    ]  # fmt: skip
    lines: list[str] = []
    for strategy in strategies:
        for one in (things[ref] for ref in strategy.refers if ref in things):
            sources = [f"{each.name} ({each.channel})" for each in one.log_sources]
            lines += [f"{'analytic':12} {one.attack_id} ({', '.join(one.platforms) or 'no platform'}):"]
            said = plain(" ".join(one.text.split()))
            lines += _wrap(said, WIDTH - 13, initial_indent=" " * 13, subsequent_indent=" " * 13)
            lines += [
                " " * 13 + f"log sources: {'; '.join(sources) or 'none named'}; "
                f"to be set: {', '.join(one.mutable) or 'nothing'}"
            ]
    return lines


def _ours(ours: Ours) -> Iterator[str]:
    said = {
        "rules": ours.rules, "databases": ours.databases, "collectors": ours.collectors, "checks": ours.checks
    }  # fmt: skip
    for word, names in said.items():
        text = f"{len(names)}: {', '.join(names)}" if names else "none"
        yield from _wrap(f"{word:12} {text}", WIDTH, initial_indent="  ", subsequent_indent=" " * 15)


def story(changes: Sequence[Change], releases: Iterable[Release], every: bool = False) -> list[str]:
    """The history as lines: a release each, then what changed in it; unchanged objects only when asked."""
    lines: list[str] = []
    for release in releases:
        here = [one for one in changes if one.after == release.version]
        told = [one for one in here if every or one.kind != "same"]
        same = len(here) - len(told)
        lines.append(f"ATT&CK {release.version}: {_count(here, release)}")
        for one in told:
            version = f"version {one.version}, " if one.version else ""
            head = f"  {one.kind:8} {one.attack_id:10} {one.name}"
            lines.append(f"{head}  ({version}{one.modified[:10]}, {one.sha256[:12] or 'not in it any more'})")
            if one.fields:
                dates = " (dates and spec version only)" if one.only_plumbing else ""
                lines += _wrap(
                    f"{', '.join(one.fields)}{dates}",
                    WIDTH,
                    initial_indent=" " * 11,
                    subsequent_indent=" " * 11,
                )
        if same and not told:
            lines[-1] += ": nothing changed"
    return lines


def _count(here: Sequence[Change], release: Release) -> str:
    present = sum(one.kind != "gone" for one in here)
    return f"{present} object{'s' * (present != 1)}, {len(release.links)} relationships"
