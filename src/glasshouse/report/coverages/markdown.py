"""A coverage Ledger in, Markdown out: a report for wikis and audits; names of files form no markup."""

from __future__ import annotations

from glasshouse.ledger import GRADES, Ledger
from glasshouse.report import ledger_words as words
from glasshouse.report.exposed_markdown import bullets, escaped, row
from glasshouse.report.text import technique_words, trouble_words, when

TITLE = "Markdown: a report for wikis and audits"
SUFFIX = ".md"

MOST = 200


def render(ledger: Ledger) -> str:
    """Numbers, silences, kinds, sources, rules, what no log can show, in this order."""
    blocks = ["# What could be seen, and what could not", escaped(words.headline(ledger))]
    blocks += [escaped(words.warning()), f"Made {when(ledger.made)}."]
    if ledger.silent:
        blocks += ["## Silent: what they showed is not counted", *bullets(words.silences(ledger), MOST)]
    blocks += ["## Ways to ask", _shares(ledger)]
    blocks += bullets((f"{short}: {long}" for short, long in words.grade_legend()), MOST)
    blocks += ["## Kinds of log", *bullets((f"{x.state}: {words.kind_words(x)}" for x in ledger.kinds), MOST)]
    blocks += ["## Sources", _sources(ledger)]
    rules = (f"{rule.rule}: {rule.says}" for rule in ledger.rules)
    blocks += ["## Rules", *bullets(rules, MOST)]
    beyond = (f"{one.what}. {one.why} Who could tell: {one.who}." for one in ledger.beyond)
    blocks += ["## What no log of ours can show", *bullets(beyond, MOST)]
    if ledger.blind:
        blocks += ["## What these sources say they cannot show", *bullets(ledger.blind, MOST)]
    if ledger.troubles:
        blocks += ["## Could not be read", *bullets(map(trouble_words, ledger.troubles), MOST)]
    return "\n\n".join(blocks) + "\n"


def _shares(ledger: Ledger) -> str:
    head = ("sub-technique", "ways", *(words.SHORT[grade] for grade in reversed(GRADES)), "went silent")
    lines = [row(head), row("---" for _ in head)]
    for one in words.shares(ledger):
        counts = [f"{count:,}" for count in (one.ways, *(number for _grade, number in one.grades), one.lost)]
        lines.append(row((escaped(technique_words(one.technique)), *counts)))
    return "\n".join(lines)


def _sources(ledger: Ledger) -> str:
    head = (
        "source",
        "state",
        "records",
        "machines",
        "first",
        "last heard",
        "kinds",
        "usually within",
        "says",
    )
    lines = [row(head), row("---" for _ in head)]
    for one in ledger.heard[:MOST]:
        lines.append(row(map(escaped, (*words.heard_cells(one), words.usual(one), one.says))))
    return "\n".join(lines)
