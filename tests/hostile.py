"""Nothing in, hostile texts and records full of them out: for tests that show data to anybody."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator

from glasshouse.records import (
    Actor,
    Alert,
    Client,
    Evidence,
    Lookup,
    Points,
    Report,
    Requests,
    RuleStatus,
    SourceCount,
    Tally,
    Target,
    Trouble,
    Visibility,
)

BYTES = "".join(map(chr, range(256)))
FORMAT_CHARACTERS = "".join(
    chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Cf"
)
TEXTS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "</style></title><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}${7*7}",
    "user\u202egnp.exe\u2066\u200b",
    "\x1b[31mred\x1b]0;title\x07\x9b2J\x90",
    "line\r\nforged 2026-11-20 09:00:00Z high\u2028next\x85",
    "=cmd|'/c calc'!A1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "＝1+1",
    "[bold red]markup[/bold red] :smile:",
    "[text](https://example.org/x) ![i](http://example.org/i.png) <http://example.org>",
    "www.example.org _WWW.example.net someone@example.org",
    "| cell | `code` | **bold** | _it_ | # head | @everyone | $x$ | ~~no~~",
    "lone \udc80 surrogate \ud800",
    "combining ".ljust(60, "\u0301"),
    "x" * 5000,
    "",
    BYTES,
    FORMAT_CHARACTERS,
)


def lookups() -> Iterator[Lookup]:
    """Yield one lookup per text, the text in every field that can hold one."""
    for bad in TEXTS:
        yield Lookup(
            time=0,
            source=bad,
            file=bad,
            position=0,
            record_sha256="0" * 64,
            via="http",
            view=bad,
            actor=Actor(bad, bad, bad, bad),
            database=bad,
            techniques=("T1596",),
            scope=bad,
            name=bad,
            targets=(Target("expression", bad, True),),
            client=Client("tool", bad),
            key_fingerprint=bad,
            requests=Requests(1, 2, bad),
            bytes_out=2**70,
            link=bad,
            doubt=bad,
        )


def report() -> Report:
    """Return a report with one alert per text, and the texts in all other places as well."""
    return Report(
        alerts=tuple(_alert(bad) for bad in TEXTS),
        tally=Tally(
            {bad: SourceCount(1, 1, 1, 1, 0, 1) for bad in TEXTS}, 1, [Trouble(t, 1, t, t) for t in TEXTS]
        ),
        rule_statuses=tuple(RuleStatus(bad, "invalid", bad) for bad in TEXTS),
        lookups_total=len(TEXTS),
        blind_spots=TEXTS,
        first_time=-(10**30),
        last_time=10**30,
    )


def _alert(bad: str) -> Alert:
    return Alert(
        id=f"GH-{bad}",
        first_seen=-(10**30),
        last_seen=10**30,
        actor=Actor(bad, bad, bad, bad),
        users=(bad, "other"),
        rules=(bad,),
        score=7,
        points=(Points(bad, 7, bad),),
        level="critical",
        lookups=1,
        requests=Requests(1, 2, bad),
        databases=(bad,),
        techniques=("T1596.001", bad),
        targets=(Target("domain", bad, True), Target("expression", bad)),
        targets_total=9,
        clients=(Client("tool", bad),),
        visibility=Visibility((bad,), (bad,), (bad,)),
        evidence=(Evidence(bad, 1, "0" * 64, bad, 0),),
        evidence_total=1,
        summary=bad,
    )
