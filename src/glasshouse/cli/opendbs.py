"""The command ``glasshouse opendbs``: the catalogue in, lists, single entries and test matches out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glasshouse.cli import options

if TYPE_CHECKING:
    from glasshouse.catalogue import Catalogue, ClientTool, OpenDatabase
    from glasshouse.records import Lookup

_AS_WRITTEN = {"where": "in"}
_EMPTY: tuple[object, ...] = ("", (), None)

app = typer.Typer(help="Show the open databases and client tools that lookups are matched against.")

Extra = Annotated[
    list[Path] | None, typer.Option("--opendbs", help="Folder of your own entries.", metavar="DIR")
]
Name = Annotated[str, typer.Argument(help="Id of an open database or a client tool.")]
Folder = Annotated[Path, typer.Argument(help="Folder of your own entries.")]
Form = Annotated[str, typer.Option("-f", "--format", help="table or jsonl.")]


@app.command("list")
def list_(
    form: Form = "table",
    opendbs: Extra = None,
    clients: Annotated[bool, typer.Option("--clients", help="List the client tools.")] = False,
) -> None:
    """List the open databases, or with --clients the client tools."""
    from glasshouse.catalogue import load
    from glasshouse.errors import UsageError

    if form not in ("table", "jsonl"):
        raise UsageError(f"no format named {form!r}", next_step="one of: table, jsonl")
    loaded = load(opendbs or ())
    rows = [_client_row(each) for each in loaded.clients.values()] if clients else _rows(loaded)
    _print_table(rows) if form == "table" else _print_lines(rows)


@app.command()
def show(name: Name, opendbs: Extra = None) -> None:
    """Show one open database or client tool in full."""
    import dataclasses
    import difflib

    import yaml

    from glasshouse.catalogue import load
    from glasshouse.errors import UsageError

    loaded = load(opendbs or ())
    entry = loaded.databases.get(name) or loaded.clients.get(name)
    if entry is None:
        near = difflib.get_close_matches(name, [*loaded.databases, *loaded.clients], 3)
        raise UsageError(
            f"no open database or client tool named {name!r}",
            next_step=f"try: {', '.join(near)}" if near else "see: glasshouse opendbs list",
        )
    known = {
        key: value for key, value in _plain(dataclasses.asdict(entry)).items() if value not in ("", [], None)
    }
    for line in yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=100).splitlines():
        _say(line)


@app.command()
def which(
    asked: Annotated[str, typer.Argument(metavar="URL|HOST", help="A URL or a host name.")],
    own: options.Own = "",
    home: options.Home = None,
    opendbs: Extra = None,
) -> None:
    """Say which entry a URL or host belongs to, and what target and key stand in it."""
    from glasshouse.catalogue import load

    loaded = load(opendbs or ())
    found = _match(loaded, asked, own, home)
    if not found:
        _say("no open database: this would not be kept")
        _hint(loaded, asked)
        raise typer.Exit
    lookup = found[0]
    entry = loaded.databases.get(lookup.database or "")
    _say(f"database   {lookup.database}  {entry.name if entry else ''}")
    _say(f"technique  {' '.join(lookup.techniques)}  ({lookup.scope})")
    for target in lookup.targets:
        ours = {True: "  ours", False: "  not ours", None: ""}[target.about_us]
        _say(f"target     {target.type} {target.value}{ours}")
    if not lookup.targets:
        _say("target     none to be seen here")
    if entry and entry.keys:
        _say(f"key place  {', '.join(entry.keys)}")
    _say(f"key        {lookup.key_fingerprint or 'none to be seen here'}")


@app.command()
def check(folder: Folder) -> None:
    """Check a folder of own entries: every field, every name, together with the shipped catalogue."""
    from glasshouse.catalogue import load

    count = sum(1 for path in folder.rglob("*") if path.suffix in (".yml", ".yaml"))
    load([folder])
    _say(f"{count} {'entry' if count == 1 else 'entries'} valid")


def _match(loaded: Catalogue, asked: str, own: str, home: Path | None) -> list[Lookup]:
    from glasshouse import config
    from glasshouse.records import Event
    from glasshouse.watch.clean import Fingerprinter
    from glasshouse.watch.match import Matcher, Origin
    from glasshouse.watch.targets import Own

    fingerprint = Fingerprinter(config.home(home) / "fingerprint.key")
    matcher = Matcher(loaded, Own(own), fingerprint)
    origin = Origin("command line", "-", 0, "")
    if any(mark in asked for mark in "/?"):
        return matcher.lookups(Event(via="http", time=0, url=asked), origin)
    return matcher.lookups(Event(via="dns", time=0, name=asked), origin)


def _hint(loaded: Catalogue, asked: str) -> None:
    """Name the entries that know the host but need a path with it."""
    from glasshouse.watch.clean import host_of, split_url

    host = host_of(split_url(asked).host)
    for entry in loaded.databases.values():
        if entry.match == "path" and host in entry.hosts:
            _say(f"  {host} counts as {entry.id} only with one of its paths, such as")
            _say(f"  {entry.lookups[0].at}")


def _rows(loaded: Catalogue) -> list[dict[str, Any]]:
    return [_database_row(entry) for entry in loaded.databases.values()]


def _database_row(entry: OpenDatabase) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "techniques": list(entry.techniques),
        "scope": entry.scope,
        "status": entry.status,
    }


def _client_row(tool: ClientTool) -> dict[str, Any]:
    return {
        "id": tool.id,
        "name": tool.name,
        "kind": tool.kind,
        "techniques": list(tool.techniques),
        "processes": list(tool.processes),
    }


def _print_lines(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def _print_table(rows: list[dict[str, Any]]) -> None:
    from glasshouse.safe import safe

    heads = list(rows[0]) if rows else []
    cells = [[safe(_cell(row[head])) for head in heads] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    for line in (heads, *cells):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        sys.stdout.write(text.rstrip() + "\n")


def _cell(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 -- any YAML value
    if isinstance(value, dict):
        return {_AS_WRITTEN.get(key, key): _plain(each) for key, each in value.items() if each not in _EMPTY}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _say(line: str) -> None:
    from glasshouse.safe import safe

    sys.stdout.write(safe(line) + "\n")
