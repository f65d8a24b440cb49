"""Settings in, lines of TOML out: what holds and where it was set, or a file to begin with; no secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from glasshouse.errors import ConfigError
from glasshouse.leaf import fetchers
from glasshouse.report.senders import sender
from glasshouse.settings import Channel, Server, Settings

HIDDEN = "(set, not shown)"
_REFERENCE = re.compile(r"(\$\{(env|file):[^}]+\})+")
SECTIONS = {
    "": "what stands at the top of the file",
    "know": "what we know",
    "triage": "thresholds of the verdict and the decision",
    "privacy": "how identities are shown",
    "retention": "how long each kind is kept",
    "office": "where decisions are kept",
    "survey": "how the open databases are asked about us",
    "survey.policy": "what we want to be public: exposure checks compare with it",
}
LISTS = {
    "know.fetch": (Server, '[[know.fetch]]\nkind = "ldap"\nurl = "ldaps://dc.example.com"'),
    "notify": (
        Channel,
        '[[notify]]\nkind = "webhook"\nurl = "https://soc.example.com/in"\nkey = "${env:HOOK_KEY}"',
    ),
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the settings: its section, its name there, what it is and its value."""

    section: str
    name: str
    says: str
    value: object

    @property
    def path(self) -> str:
        """The way to it: ``triage.rise``."""
        return f"{self.section}.{self.name}" if self.section else self.name


def keys(settings: object, at: str = "") -> Iterator[Key]:
    """Every key, section by section; lists of tables (``notify``, ``know.fetch``) are one key each."""
    every = [(one, getattr(settings, one.name)) for one in fields(settings)]  # type: ignore[arg-type]
    for one, value in every:
        if not is_dataclass(value):
            yield Key(at, one.name, one.metadata["says"], value)
    for one, value in every:
        if is_dataclass(value):
            yield from keys(value, f"{at}.{one.name}" if at else one.name)


def shown(settings: Settings, origins: Mapping[str, str] | None = None) -> Iterator[str]:
    """What holds, as TOML; with ``origins`` also where each was set."""
    tables: list[str] = []
    for key in keys(settings):
        origin = "" if origins is None else f"  # {_origin(key.path, origins)}"
        if key.path not in LISTS:
            yield f"{key.path} = {toml(_address(key))}{origin}"
        elif isinstance(key.value, tuple):
            tables += [
                line
                for table in key.value
                for line in ("", f"[[{key.path}]]{origin}", *_table(table, key.path))
            ]
            if not key.value:
                yield f"# no {key.path}{origin}"
    yield from tables


def _origin(path: str, origins: Mapping[str, str]) -> str:
    near = [name for name in origins if name == path or name.startswith(f"{path}.")]
    return origins[near[-1]] if near else "default"


def _table(one: object, path: str) -> Iterator[str]:
    if not isinstance(one, Server | Channel):
        return
    yield f"kind = {toml(one.kind)}"
    if isinstance(one, Channel):
        yield f"name = {toml(one.name)}" if one.name else "# no name: it is called as its kind"
        yield f"decisions = {toml(one.decisions)}"
    secrets = _secrets(one.kind, path)
    for name, value in one.options.items():
        hidden = (secrets is None or name in secrets) and not _REFERENCE.fullmatch(value)
        yield f"# {name}: {HIDDEN}" if hidden else f"{name} = {toml(value)}"


def _secrets(kind: str, path: str) -> tuple[str, ...] | None:
    """The options of a kind that are never shown; None: all of them, for the kind is not known."""
    if path == "know.fetch":
        known = fetchers().get(kind)
        return known.SECRETS if known else None
    try:
        return sender(kind).SECRETS
    except ConfigError:
        return None


def _address(key: Key) -> object:
    """The value; of a database's address without password and parameters, of keys where they are kept."""
    if key.path == "survey.keys" and isinstance(key.value, dict):
        kept = key.value.items()
        return {name: one if _REFERENCE.fullmatch(one) else HIDDEN for name, one in kept}
    if key.path != "office.url" or not isinstance(key.value, str) or _REFERENCE.fullmatch(key.value):
        return key.value
    return re.sub(r"(://[^:/@]*):(?!\$\{)[^@/]*@", r"\1:***@", key.value.partition("?")[0])


def toml(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(name)} = {toml(one)}" for name, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False)


def first_file() -> str:
    """A settings file with every key as a comment, its meaning and its default."""
    lines = [
        "# Settings of Glasshouse. Every key stands here with its default; take the # away to set it.",
        "# A variable GLASSHOUSE__SECTION__KEY goes before this file.",
        "# Secrets: write ${env:NAME}, ${file:/path} or ${keyring:SERVICE/ACCOUNT}; the value is kept there.",
    ]
    section = None
    for key in keys(Settings()):
        if key.path in LISTS:
            continue
        if key.section != section:
            section = key.section
            lines += ["", f"# --- {SECTIONS.get(section, section)}"]
            lines += [f"[{section}]"] if section else []
        lines += [f"# {key.says}", f"# {key.name} = {toml(key.value)}"]
    for path, (kind, example) in LISTS.items():
        lines += ["", f"# --- {path}: {_what(path)}; may stand here more than once"]
        lines += [f"# {one.name}: {one.metadata['says']}" for one in fields(kind)]
        lines += [f"# {line}" for line in example.splitlines()]
    return "\n".join(lines) + "\n"


def _what(path: str) -> str:
    return next(key.says for key in keys(Settings()) if key.path == path)
