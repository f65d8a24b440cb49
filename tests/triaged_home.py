"""Lines of a proxy's log in; a home folder with its lake, its alerts and their decisions out, made once."""

from __future__ import annotations

import atexit
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from glasshouse import flow_detect, flow_lake, flow_triage
from glasshouse.config import Options
from glasshouse.settings import Settings, load
from glasshouse.verdicts import Triaged

BEGIN = 1_795_000_000  # seconds, 2026-11-18T11:06:40Z
SETTINGS = 'own = ["example.com"]\n'


def line(second: int, user: str, ip: str, url: str) -> str:
    """One request as Squid logs it: a tunnel for HOST:PORT, else a page in clear."""
    what = f"TCP_TUNNEL/200 4000 CONNECT {url}" if "/" not in url else f"TCP_MISS/200 4000 GET {url}"
    return f"{BEGIN + second}.500     90 {ip} {what} {user} HIER_DIRECT/192.0.2.9 -\n"


def logs() -> str:
    """An analyst, twice; a colleague with another database; and somebody who asks much about us."""
    lines = [line(n, "u-017", "10.20.1.7", "crt.sh:443") for n in range(60)]
    lines += [line(50_000 + n, "u-017", "10.20.1.7", "crt.sh:443") for n in range(60)]
    lines += [line(n, "u-018", "10.20.1.8", "api.shodan.io:443") for n in range(60)]
    lines += [
        line(9_000 + n, "u-019", "10.20.1.9", f"http://crt.sh/?q=h{n}.example.com&output=json")
        for n in range(60)
    ]
    return "".join(sorted(lines))


@cache
def _made() -> Path:
    home = Path(mkdtemp(prefix="glasshouse-test-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    (home / "glasshouse.toml").write_text(SETTINGS)
    (home / "access.log").write_text(logs())
    asked = options(home)
    flow_lake.ingest([str(home / "access.log")], asked)
    flow_detect.detect(asked)
    flow_triage.triage(asked)
    return home


def copied(folder: Path) -> Path:
    """A home of one's own."""
    shutil.copytree(_made(), folder / "home")
    return folder / "home"


def options(home: Path, **said: object) -> Options:
    """What a run of this home is asked."""
    return replace(Options(home=home, settings=load(home, environment={})), **said)


def with_settings(home: Path, text: str) -> Options:
    """The same with more in its settings file."""
    (home / "glasshouse.toml").write_text(SETTINGS + text)
    return options(home)


def of(home: Path, user: str) -> list[Triaged]:
    """The judged alerts of one account, oldest first."""
    found, _cases = flow_triage.judged_alerts(options(home))
    return sorted((one for one in found if user in one.alert.users), key=lambda one: one.alert.first_seen)


__all__ = ["Settings", "copied", "line", "logs", "of", "options", "with_settings"]
