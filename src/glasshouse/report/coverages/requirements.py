"""A coverage Ledger in, detection-engineering requirements out: per question what is there, what it needs."""

from __future__ import annotations

from glasshouse.ledger import Ledger
from glasshouse.report import ledger_words as words
from glasshouse.report.exposed_markdown import bullets, escaped
from glasshouse.report.text import technique_words

TITLE = "Detection-engineering requirements (Markdown): which log would answer which question"
SUFFIX = ".md"

MOST = 50


def render(ledger: Ledger) -> str:
    """Per technique and question a paragraph and the kinds of log that would answer more, most first."""
    blocks = ["# Requirements for detection", escaped(words.headline(ledger)), escaped(words.warning())]
    if ledger.silent:
        blocks += ["## First: make these speak again", *bullets(words.silences(ledger), MOST)]
    last = ""
    for name, head, needs in words.requirements(ledger):
        if name != last:
            blocks.append(f"## {escaped(technique_words(name))}")
        blocks += [escaped(head), *bullets(needs, MOST)]
        last = name
    stopped = [f"{rule.rule}: {rule.says}" for rule in ledger.rules if not rule.runs]
    if stopped:
        blocks += ["## Rules that could not run", *bullets(stopped, MOST)]
    return "\n\n".join(blocks) + "\n"
