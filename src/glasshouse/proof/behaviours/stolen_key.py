"""A stage in, one key of Shodan on two machines of two accounts out."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import CURL, OUR_ADDRESSES

TITLE = "a stolen Shodan key is used by two accounts"
LABEL = "malicious"
WHY = "Few requests, but the same key from two people, who both ask about us."
CLIENT = ""
SEATS = ("direct", "inspect", "direct")
COUNT = 3
WHEN = "work"
SHOWN = True


def perform(stage: Stage) -> None:
    """The second machine an hour after the first; the key stands in the URL of each command."""
    key = f"NOTAREALKEY{stage.rng.getrandbits(80):021d}"[:32]
    second = stage.elsewhere()
    second.wait(3_000, 5_000)
    for one in (stage, second):
        for ip in one.rng.sample(OUR_ADDRESSES, 4 + one.rng.randrange(4)):
            url = one.url("shodan", "ip", ip, key)
            program = one.program(CURL, f'curl.exe -s "{url}"', tells=True)
            one.lookup(
                program, "shodan", "ip", ip, "curl/8.9.1", key=key, into=3_000 + one.rng.randrange(9_000)
            )
            one.wait(30, 200)
