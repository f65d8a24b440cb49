"""A stage in, a script that asks crt.sh over PostgreSQL out: no TLS, no URL, one connection a query."""

from __future__ import annotations

from glasshouse.proof.stage import Stage
from glasshouse.proof.words import OUR_NAMES

TITLE = "a script asks crt.sh over PostgreSQL"
LABEL = "malicious"
WHY = "TCP 5432 to crt.sh: the question stands on the wire in clear, and in no proxy log."
CLIENT = ""
SEATS = ("linux", "server", "guest")
COUNT = 3
WHEN = "any"
SHOWN = True


def perform(stage: Stage) -> None:
    """A dozen names and more; psql tells the host in its command line."""
    image = "/usr/bin/psql" if stage.linux else r"C:\Program Files\PostgreSQL\17\bin\psql.exe"
    for target in stage.rng.sample(OUR_NAMES, 16 + stage.rng.randrange(10)):
        query = f"select ci.NAME_VALUE from certificate_identity ci where ci.NAME_VALUE ilike '%.{target}'"  # noqa: S608 -- a command line of others
        command = f'psql -h crt.sh -p 5432 -U guest -d certwatch -c "{query}"'
        program = stage.program(image, command, tells=True)
        stage.sql(program, target)
        stage.wait(0.5, 6)
