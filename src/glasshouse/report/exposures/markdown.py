"""An Exposure in, Markdown out: a report for tickets and wikis; text of databases forms no markup."""

from __future__ import annotations

from collections.abc import Iterable

from glasshouse.findings import Exposure, Finding
from glasshouse.report import exposed_story as story
from glasshouse.report import exposed_words as words
from glasshouse.report import text
from glasshouse.report.exposed_markdown import bullets, escaped, row

TITLE = "Markdown: a report for tickets and wikis"
SUFFIX = ".md"
ALL = True

FINDINGS_SHOWN = 100
CHANGES_SHOWN = 100
EVIDENCE_SHOWN = 3


def render(exposure: Exposure) -> str:
    """The whole report: what is revealed, not approved and to do first; findings; what was not seen."""
    found = words.still_open(exposure)
    blocks = ["# What open databases reveal", escaped(words.headline(exposure))]
    blocks += [escaped(words.compared(exposure)), "## What is revealed", _revealed(exposure)]
    blocks += ["## What changed without approval", escaped(words.changed(exposure))]
    changes = (f"{one.verdict}: {words.change_words(one)}" for one in words.unapproved(exposure))
    blocks += _listed("", changes, CHANGES_SHOWN)
    blocks += _first(found)
    blocks += ["## Findings"] if found else []
    for one in found[:FINDINGS_SHOWN]:
        blocks += _finding(one)
    if (more := len(found) - FINDINGS_SHOWN) > 0:
        blocks.append(f"and {more:,} more")
    ties = map(words.tie_words, words.candidates(exposure))
    blocks += _listed("## Names and addresses that tie to us, not in the inventory", ties, CHANGES_SHOWN)
    edges = map(words.edge_words, exposure.edges)
    blocks += _listed("## Names behind delivery networks", edges, CHANGES_SHOWN)
    blind = words.blind_lines(exposure.blind) or ["Every database that may be asked answered wholly."]
    blocks += _listed("## What could not be seen", blind, len(blind))
    blocks += _listed("## Troubles", map(text.trouble_words, exposure.troubles), CHANGES_SHOWN)
    return "\n\n".join(blocks) + "\n"


def _revealed(exposure: Exposure) -> str:
    lines = [row(("sub-technique", "database", "shows", "last asked")), row(["---"] * 4)]
    for technique in words.techniques(exposure):
        name = text.technique_words(technique)
        lines += [row(map(escaped, (name, *cells))) for cells in words.shown(exposure, technique)]
    return "\n".join(lines)


def _first(found: list[Finding]) -> list[str]:
    steps = words.steps(found)[: words.FIRST]
    if not steps:
        return []
    lines = [
        f"{number}. {step.first.priority}: {step.first.title}: {step.about}. {words.remedy(step.first)} "
        f"Owner: {step.owner}. {step.ids}"
        for number, step in enumerate(steps, 1)
    ]
    return ["## What to do first", "\n".join(map(escaped, lines))]


def _finding(one: Finding) -> list[str]:
    facts = (f"* {name}: {escaped(said)}" for name, said in story.facts(one))
    proof = [f"Evidence: {line}" for line in story.evidence(one, EVIDENCE_SHOWN)]
    return [
        f"### {escaped(f'{one.level}, {one.score}: {story.title(one)}')}",
        "\n".join(facts),
        *_listed("", proof, len(proof)),
        f"Finding {escaped(one.id)}",
    ]


def _listed(title: str, lines: Iterable[str], most: int) -> list[str]:
    return ([title] if title else []) + items if (items := bullets(lines, most)) else []
