"""A list of facts about the world in (survey/lists/*.yml), its entries out: CDN suffixes, ports, words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml


@cache
def entries(name: str) -> tuple[Mapping[str, str], ...]:
    """The entries of one list, each with texts by field name."""
    said = yaml.safe_load((files("glasshouse.survey") / "lists" / f"{name}.yml").read_text("utf-8"))
    return tuple({str(key): str(value) for key, value in one.items()} for one in said["entries"])
