"""One finding in; out, what it says, stands on, costs and asks for, as named lines every report shares."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import ip_address

from glasshouse.findings import Finding
from glasshouse.known import Asset
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_facts import day, evidence_words, short
from glasshouse.safe import safe

EVIDENCE_SHOWN = 10
LOOKED_UP_SHOWN = 10
# MITRE ATT&CK's mitigation for what happens before anything of ours is touched.
M1056 = "M1056 Pre-compromise: the less is public, the less there is to find."
ATTACK_PAGE = "https://attack.mitre.org/techniques/{}/"
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b", re.ASCII)
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?", re.ASCII)
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){1,30}", re.ASCII)


def cves(finding: Finding) -> list[str]:
    """The CVEs a finding is about, as reported by databases."""
    return list(dict.fromkeys(_CVE.findall(f"{finding.key} {finding.says}")))


def host(finding: Finding) -> str | None:
    """The host name or address a finding is about; None when it is a network or something else."""
    about = finding.about.strip().lower()
    try:
        return str(ip_address(about.partition("%")[0]))
    except ValueError:
        return about if len(about) <= 253 and _HOST.fullmatch(about) else None


def reference(finding: Finding) -> str:
    """The page of its sub-technique; empty where the id is none of ATT&CK's."""
    if not _TECHNIQUE.fullmatch(finding.technique):
        return ""
    return ATTACK_PAGE.format(finding.technique.replace(".", "/"))


def title(finding: Finding) -> str:
    """What is wrong with which thing: ``Remote desktop open to everybody: 203.0.113.5``."""
    return f"{short(finding.title, 120)}: {short(finding.about, 120)}"


def asset_words(asset: Asset | None) -> str:
    """The asset that makes it ours, with what the inventory says of it."""
    if asset is None:
        return "in no inventory"
    said: list[str] = [asset.type]
    said += [f"{asset.criticality} criticality"] if asset.criticality else []
    said += [safe(asset.environment)] if asset.environment else []
    return f"{short(asset.value)} ({', '.join(said)})"


def public_words(finding: Finding) -> str:
    """Since when and until when databases show it."""
    first, last = day(finding.first_public), day(finding.last_public)
    since = f"since {first}" if first else "no database says since when"
    return f"{since}; last shown {last}" if last else since


def sum_words(finding: Finding) -> str:
    """The points that add up to the score: ``60 = 35 level + 15 reach + 10 exploitation``."""
    rows = [row for row in finding.points if row.points]
    added = " ".join(f"{'+' if row.points >= 0 else '-'} {abs(row.points)} {safe(row.rule)}" for row in rows)
    return f"{finding.score} = {added.removeprefix('+ ')}" if added else str(finding.score)


def reason_words(finding: Finding) -> str:
    """Why it has its priority, in one sentence; empty where nothing was said."""
    said = (
        row.reason.removeprefix(f"{finding.priority}: ") for row in finding.points if row.rule == "priority"
    )
    return "; ".join(map(short, said))


def shown_words(finding: Finding) -> str:
    """The databases that show it."""
    return text.some(finding.databases, 8) or "no database"


def state_words(finding: Finding) -> str:
    """Whether it is open, and who said otherwise."""
    return f"{finding.state}: {short(finding.state_says)}" if finding.state_says else finding.state


def about_words(finding: Finding) -> str:
    """The name or address, and which asset makes it ours."""
    said = asset_words(finding.asset)
    return f"{short(finding.about)}, {said if finding.asset is None else f'ours by {said}'}"


def facts(finding: Finding) -> list[tuple[str, str]]:
    """Everything but points and evidence, as name and words; what is not known is left out or said."""
    rows = [
        ("What", short(finding.says) or short(finding.title)),
        ("About", about_words(finding)),
        ("Sub-technique", text.technique_words(finding.technique)),
        ("Shown by", shown_words(finding)),
        ("Public", public_words(finding)),
        ("Level", f"{finding.level}, confidence {finding.confidence}"),
        ("Priority", f"{finding.priority}: {words.PRIORITY_WORDS[finding.priority]}"),
        ("Because", reason_words(finding)),
        ("Score", sum_words(finding)),
        ("Change", f"the change that brought it is {finding.verdict}" if finding.verdict else ""),
        ("Due", day(finding.due)),
        ("Owner", words.owner(finding)),
        ("Step", short(finding.remedy) or "no step is known"),
        ("Vanishes", short(finding.vanishes) or f"nothing: what is public already {words.CANNOT}"),
        ("Mitigation", M1056 if finding.m1056 else ""),
        ("State", state_words(finding)),
        ("Looked up", looked_up(finding)),
    ]
    return [(name, said) for name, said in rows if said]


def looked_up(finding: Finding) -> str:
    """Who inside looked it up."""
    shown = [short(one) for one in finding.looked_up[:LOOKED_UP_SHOWN]]
    more = len(finding.looked_up) - len(shown)
    return "; ".join([*shown, *([f"and {more:,} more"] if more > 0 else [])])


def evidence(finding: Finding, most: int = EVIDENCE_SHOWN) -> list[str]:
    """The observations it rests on, a line each, and how many more there are."""
    lines = [evidence_words(one) for one in finding.evidence[:most]]
    more = len(finding.evidence) - len(lines)
    return [*lines, f"and {text.count(more, 'more observation')}"] if more > 0 else lines


def plain(finding: Finding) -> list[str]:
    """The whole story as lines of plain text, for the description fields of other tools.

    Who inside looked it up stays here: tickets and scan results are read by others than the SOC.
    """
    lines = [f"{name}: {said}" for name, said in facts(replace(finding, looked_up=()))]
    return [*lines, *(f"Evidence: {line}" for line in evidence(finding)), f"Finding: {safe(finding.id)}"]
