"""The nouns of the labelled corpus: what one act was, by whom, and which logs show it; a corpus' contents.

``truth.jsonl`` holds one Act a line, ``corpus.json`` one Manifest. Times are microseconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from glasshouse.errors import Malformed
from glasshouse.records import Target

Label = Literal["malicious", "authorised", "benign", "lookalike"]
LABELS: tuple[Label, ...] = ("malicious", "authorised", "benign", "lookalike")
KINDS = ("resolver", "nids", "proxy", "endpoint", "flow")
TRUTH, MANIFEST, SETTINGS = "truth.jsonl", "corpus.json", "glasshouse.toml"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that was done: by whom, about what, and how many log records of each kind show it.

    ``users``, ``hosts`` and ``ips`` are those that some log shows, small letters, hosts without domain;
    ``behind`` are addresses of proxies and NAT gateways under which others see the same act. ``requests`` is
    how many questions reached open databases. ``seen`` counts log records that name a database.
    """

    id: str
    behaviour: str
    label: Label
    title: str
    start: int
    end: int
    users: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    client: str | None = None
    databases: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    requests: int = 0
    seen: Mapping[str, int] = field(default_factory=dict)
    why: str = ""

    @property
    def shown(self) -> bool:
        """Whether any log names a database because of it."""
        return any(self.seen.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One log of a corpus: its path below the folder, its kind, records and hash."""

    path: str
    kind: str
    records: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one corpus is made of."""

    seed: str
    people: int
    servers: int
    first_day: str
    days: int
    logs: tuple[LogFile, ...] = ()


def act_line(act: Act) -> str:
    """One line of ``truth.jsonl``."""
    return json.dumps(asdict(act), ensure_ascii=False, separators=(", ", ": "))


def act_of(line: str | bytes) -> Act:
    """The act of one line of ``truth.jsonl``; raises Malformed."""
    said = _object(line)
    try:
        targets = tuple(Target(**each) for each in said.pop("targets", ()))
        lists = ("users", "hosts", "ips", "behind", "databases", "techniques")
        made = Act(**{**said, **{name: tuple(said.get(name, ())) for name in lists}, "targets": targets})
    except (TypeError, AttributeError) as problem:
        raise Malformed(f"not an act: {problem}") from None
    if made.label not in LABELS:
        raise Malformed(f"no label {made.label!r}")
    return made


def manifest_text(manifest: Manifest) -> str:
    """The whole of ``corpus.json``."""
    logs = {
        one.path: {"kind": one.kind, "records": one.records, "sha256": one.sha256} for one in manifest.logs
    }
    return json.dumps({"version": VERSION, **asdict(manifest), "logs": logs}, indent=1) + "\n"


def manifest_of(data: str | bytes) -> Manifest:
    """What ``corpus.json`` says; raises Malformed."""
    said = _object(data)
    if said.pop("version", None) != VERSION:
        raise Malformed(f"not a corpus of version {VERSION}")
    try:
        logs = said.pop("logs")
        return Manifest(**said, logs=tuple(LogFile(path=path, **one) for path, one in logs.items()))
    except (TypeError, KeyError, AttributeError) as problem:
        raise Malformed(f"not the contents of a corpus: {problem}") from None


def _object(data: str | bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except ValueError:
        raise Malformed("not JSON") from None
    if not isinstance(said, dict):
        raise Malformed("not a JSON object")
    return said
