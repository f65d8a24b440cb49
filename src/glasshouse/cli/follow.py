"""``glasshouse follow``: growing and rotating logs in, new alerts out, a line each, until told to end."""

from __future__ import annotations

import os
import re
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse.cli import options
from glasshouse.cli.hunt import MinLevel
from glasshouse.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from glasshouse.config import Options
    from glasshouse.flow_follow import Stop
    from glasshouse.lake.rhythm import Silence
    from glasshouse.records import Alert

Paths = Annotated[
    list[str],
    typer.Argument(
        help="Logs to follow: files, folders, globs in quotes. They need not be there yet.", metavar="PATH..."
    ),
]
Every = Annotated[str, typer.Option("--every", help='How often to look: "10s", "2m", "1h".', metavar="TIME")]
Strict = Annotated[
    bool,
    typer.Option("--strict", help="End with exit code 5 when the disk refuses, instead of trying again."),
]
Once = Annotated[bool, typer.Option("--once", help="Look once and end: for cron and timers.")]
Format = Annotated[
    str, typer.Option("-f", "--format", help="How alerts are written: table or jsonl.", metavar="NAME")
]
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def follow(
    paths: Paths,
    own: options.Own = "",
    every: Every = "10s",
    form: Format = "table",
    min_level: MinLevel = "informational",
    once: Once = False,
    strict: Strict = False,
    source: options.SourceName = None,
    zone: options.Zone = None,
    rules: options.RuleFolders = None,
    opendbs: options.DatabaseFolders = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
    quarantine: options.QuarantineFolder = None,
    quarantine_raw: options.QuarantineRaw = False,
    max_unpacked: options.MaxUnpacked = None,
    quiet: options.Quiet = False,
) -> None:
    """Keep reading logs as they grow and rotate, into the lake, and tell new alerts as they appear.

    SIGTERM or Ctrl-C ends it after the running step, a second one at once; nothing is lost or doubled,
    even by kill -9. Exit codes: 0 ended as asked, 2 usage, 3 a rule or setting, 5 cannot read or write
    (with --strict or --once).
    """
    from glasshouse.flow_follow import Plan, Stop, Voice
    from glasshouse.flow_follow import follow as run

    if form not in ("table", "jsonl"):
        raise UsageError(f"{form!r} is not a form alerts can be followed in", "--format", "table or jsonl")
    if "-" in paths:
        raise UsageError("standard input cannot be followed", "-", "glasshouse ingest - reads it once")
    least, pause = options.level(min_level, "--min-level"), _seconds(every)
    options.stop_with_the_reader()
    kept = (quarantine, quarantine_raw, max_unpacked)
    asked = options.gather(
        own, None, None, source, zone, rules, opendbs, home, True, *kept, settings=settings
    )
    stop = Stop()
    _listen(stop)
    options.tell(f"following {', '.join(paths)}, every {every}", quiet or once)
    voice = Voice(_say(form, asked), _silence, lambda said: options.tell(said, quiet))
    run(Plan(paths, asked, pause, least or 0, strict, once), voice, stop)
    options.tell("ended; the next run goes on here", quiet or once)


def _say(form: str, asked: Options) -> Callable[[Alert], None]:
    """How an alert is told, with names shown as the settings of that moment want."""
    say = _alert_line if form == "table" else _alert_json
    return lambda alert: say(options.covered(asked, alert))


def _seconds(said: str) -> float:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhd]?)", said.strip(), re.ASCII)
    if not found or not float(found[1]):
        raise UsageError(f"{said!r} is not a length of time", "--every", 'write "10s", "2m" or "1h"')
    return float(found[1]) * _SECONDS[found[2]]


def _listen(stop: Stop) -> None:
    """End when asked to: after the running step at the first signal, at once at the second."""
    from glasshouse.flow_follow import Stopped

    def asked(number: int, _frame: FrameType | None) -> None:
        if stop.asked:
            os._exit(128 + number)
        stop.asked = True
        if stop.idle:
            raise Stopped

    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), asked)


def _alert_line(alert: Alert) -> None:
    from glasshouse.report.text import when
    from glasshouse.safe import safe

    _out(
        safe(f"{when(alert.last_seen)}  {alert.level:<13}  {alert.score:>3}  {alert.id}  {alert.summary}")
        + "\n"
    )


def _alert_json(alert: Alert) -> None:
    from glasshouse.report.contract import alert_json, line

    _out(line(alert_json(alert)) + "\n")


def _out(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _silence(one: Silence, began: bool) -> None:
    """Told even with --quiet: a source that is silent is as good as an error."""
    from glasshouse.report.text import lasting

    quiet, usual = (lasting(round(seconds * 1_000_000)) for seconds in (one.quiet, one.usual))
    if began:
        options.tell(
            f"silent: {one.source} has been silent for {quiet}; usually something arrives within {usual}"
        )
    else:
        options.tell(f"back: {one.source} speaks again after {quiet}")
