"""What the last hunt was asked, in; a small private file out, for ``explain`` to ask again."""

from __future__ import annotations

import json
import os
from pathlib import Path

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.settings import load


def remember(paths: list[str], asked: Options) -> None:
    """Keep the question, never an answer: paths and options only; failing to is no failure of the hunt."""
    if "-" in paths:
        return
    kept = {
        "paths": [str(Path(path).absolute()) if Path(path).exists() else path for path in paths],
        "own": asked.own,
        "since": asked.since,
        "until": asked.until,
        "source": asked.source,
        "zone": str(asked.zone) if asked.zone else None,
        "rules": [str(folder.absolute()) for folder in asked.rules],
        "opendbs": [str(folder.absolute()) for folder in asked.opendbs],
        "settings": str(asked.settings_file.absolute()) if asked.settings_file else None,
    }
    try:
        folder = config.home(asked.home)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "last-hunt.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as stream:
            json.dump(kept, stream)
    except OSError:
        return


def recall(home: Path | None) -> tuple[list[str], Options]:
    """The question of the last hunt; raises UsageError when there is none."""
    path = config.home(home) / "last-hunt.json"
    try:
        kept = json.loads(path.read_text())
        asked = Options(
            own=kept["own"],
            since=kept["since"],
            until=kept["until"],
            source=kept["source"],
            zone=config.zone(kept["zone"]),
            rules=tuple(Path(folder) for folder in kept["rules"]),
            opendbs=tuple(Path(folder) for folder in kept["opendbs"]),
            home=home,
            settings=load(config.home(home), Path(kept["settings"]) if kept.get("settings") else None),
        )
        return list(kept["paths"]), asked
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError("no earlier hunt to explain", next_step="name its logs: --in PATH") from None
