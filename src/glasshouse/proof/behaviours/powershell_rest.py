"""A stage in, PowerShell with Invoke-RestMethod over a range out: one process, one connection."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import POWERSHELL

TITLE = "PowerShell asks InternetDB about a range of ours"
LABEL = "malicious"
WHY = ".NET keeps the connection open: one line in most logs stands for all requests."
CLIENT = ""
SEATS = ("direct", "proxy", "inspect", "winserver")
COUNT = 4
WHEN = "any"
SHOWN = True


def perform(stage: Stage) -> None:
    """A range in one pipeline."""
    first, count = 1 + stage.rng.randrange(100), 40 + stage.rng.randrange(60)
    last = first + count - 1
    loop = f"{first}..{last} | % {{ irm https://internetdb.shodan.io/203.0.113.$_ >> out.json }}"
    program = stage.program(POWERSHELL, f'powershell.exe -nop -c "{loop}"', tells=True)
    agent = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.26100.1"
    with stage.session(program, "internetdb.shodan.io", agent) as line:
        for number in range(first, last + 1):
            line.lookup("shodan-internetdb", "ip", f"203.0.113.{number}", ms=90 + stage.rng.randrange(300))
