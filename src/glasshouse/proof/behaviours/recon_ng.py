"""A stage in, an evening with recon-ng out: one module after the other, minutes between them."""

from __future__ import annotations

from glasshouse.proof.stage import Stage

TITLE = "recon-ng modules run against us by hand"
LABEL = "malicious"
WHY = "One framework, few requests a module, a person typing between them; its user agent names it."
CLIENT = "recon-ng"
SEATS = ("server", "inspect", "linux")
COUNT = 3
WHEN = "any"
SHOWN = True


MODULES = (
    ("crtsh", 2),
    ("hackertarget", 1),
    ("threatminer", 1),
    ("certspotter", 1),
    ("arin-rest", 1),
    ("shodan", 6),
    ("rapiddns", 1),
)


def perform(stage: Stage) -> None:
    """The console is started once; each module is a burst of its own."""
    tool = stage.linux_tool("/usr/bin/recon-ng", "recon-ng -w example")
    agent = "Recon-ng/v5.1.2"
    for database, times in MODULES:
        for number in range(times):
            ip = f"203.0.113.{10 + number}"
            kind, value = ("ip", ip) if database in ("shodan", "arin-rest") else ("domain", "example.com")
            stage.lookup(tool, database, kind, value, agent, into=1_000 + stage.rng.randrange(8_000))
            stage.wait(0.4, 3)
        stage.wait(40, 240)
