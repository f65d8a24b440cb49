"""A small ledger for the tests of its forms; run as a program it writes tests/examples/coverages again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import hostile
from glasshouse import leaf
from glasshouse.catalogue import load
from glasshouse.ledger import Count, Heard, Ledger
from glasshouse.records import Trouble
from glasshouse.watch import ledger_kept, ledger_rules
from glasshouse.watch.detect import load_rules
from glasshouse.watch.ledger_grades import ways

NOW = 1_795_208_400_000_000  # 2026-11-20T21:00:00Z
HOUR = 3_600_000_000
FEW = ("cdn-ranges", "certat-pdns", "crtsh", "cymru-dns", "cymru-whois", "shodan", "whois-port43")
EXAMPLES = Path(__file__).parent / "examples" / "coverages"

BIND = Heard(
    source="bind", name="/var/log/named (bind)", state="heard", says="usually something arrives within 1 min",
    kinds=("dns",), records=120_000, clients=240, first=NOW - 900 * HOUR, last=NOW - HOUR // 60,
    usual=HOUR // 60, carries=("ip",),
)  # fmt: skip
SQUID = Heard(
    source="squid", name="/var/log/squid (squid)", state="silent",
    says="silent for 5 h; usually something arrives within 1 min", kinds=("connect", "https", "query", "url"),
    records=80_000, clients=200, first=NOW - 900 * HOUR, last=NOW - 5 * HOUR, usual=HOUR // 60,
    each=(
        Count("connect", 900, 150), Count("https", 79_000, 190), Count("query", 40_000, 180),
        Count("url", 100, 9),
    ),
    carries=("user", "ip", "client", "bytes", "duration", "key"),
)  # fmt: skip
AUDITD = Heard(
    source="auditd", name="auditd", state="heard", says="when it was last heard is not known",
    kinds=("process",), records=900, clients=3, carries=("user", "host", "process", "client", "key"),
)  # fmt: skip


def ledger(heard: tuple[Heard, ...] = (BIND, SQUID, AUDITD), few: tuple[str, ...] = FEW) -> Ledger:
    """The ledger of some sources over some databases of the shipped catalogue."""
    every = tuple(way for way in ways(load()) if not few or way.database in few)
    return Ledger(
        made=NOW, of="lake", heard=heard, kinds=ledger_kept.kinds(heard), ways=every,
        rules=ledger_rules.rule_needs(load_rules(()), heard, every, own=True), beyond=ledger_kept.BEYOND,
        blind=ledger_kept.blind(heard),
        troubles=(Trouble("/var/log/odd.log", 7, "not a Squid access line", "look at it"),),
    )  # fmt: skip


def bad() -> Ledger:
    """A ledger full of what file names and records may hold."""
    heard = tuple(
        replace(SQUID, name=f"{text} (squid)", says=text, state="silent" if number % 2 else "heard")
        for number, text in enumerate(hostile.TEXTS)
    )
    troubles = tuple(Trouble(text, None, text, text) for text in hostile.TEXTS)
    return replace(ledger(heard), troubles=troubles, blind=hostile.TEXTS)


if __name__ == "__main__":
    for name, sink in leaf.coverage_sinks().items():
        folder = EXAMPLES / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"ledger{sink.SUFFIX}").write_bytes(sink.render(ledger()).encode())
