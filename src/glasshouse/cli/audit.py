"""``glasshouse audit``: the trail of decisions in; its entries, whether it is whole, its signed head out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasshouse import config
from glasshouse.cli import options
from glasshouse.cli.case import By
from glasshouse.errors import ReadError, UsageError
from glasshouse.safe import safe

if TYPE_CHECKING:
    from glasshouse.office.audit import Entry
    from glasshouse.office.signing import Head
    from glasshouse.office.store import Office
    from glasshouse.office.verify import Verified

app = typer.Typer(
    help="The audit trail: list, verify, sign its head, export, have it time-stamped.", no_args_is_help=True
)
FORMATS = ("table", "jsonl")
HEAD_BYTES = 65_536
Pack = Annotated[
    Path | None,
    typer.Argument(help="An export; it is checked by itself, without a home folder.", metavar="[FILE.zip]"),
]
Key = Annotated[
    Path | None,
    typer.Option(
        "--key",
        help="Public key to check signatures with, from somebody you trust.  [default: audit.pub at home]",
        metavar="FILE",
        show_default=False,
    ),
]
Heads = Annotated[
    list[Path] | None,
    typer.Option("--head", help="A head kept elsewhere; may be given again.", metavar="FILE"),
]
Subject = Annotated[
    str | None, typer.Option("--about", help="Only about this case, alert or entry.", metavar="NAME")
]
First = Annotated[int, typer.Option("--from", help="From this entry on.", metavar="NUMBER", min=1)]
Last = Annotated[int | None, typer.Option("--last", help="Only the newest so many.", metavar="N", min=1)]
ListFormat = Annotated[str, typer.Option("-f", "--format", help="table or jsonl.", metavar="NAME")]
Reply = Annotated[
    Path | None, typer.Argument(help="The authority's reply, to be kept.", metavar="[REPLY.tsr]")
]


@app.command("list")
def list_entries(
    subject: Subject = None,
    since: First = 1,
    last: Last = None,
    form: ListFormat = "table",
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """List what was done: when, by whom, about what; oldest first."""
    from glasshouse.office import audit

    if form not in FORMATS:
        raise UsageError(f"no format named {form!r} here", "--format", f"one of: {', '.join(FORMATS)}")
    options.stop_with_the_reader()
    with _office(home, settings) as office, office.reading() as conn:
        newest = audit.last(conn)
        if last is not None and subject is None and newest is not None:
            since = max(since, newest.seq - last + 1)
        found = audit.entries(conn, since, subject)
        for entry in found if last is None else list(found)[-last:]:
            sys.stdout.write(audit.line_of(entry).decode() if form == "jsonl" else _line(entry))


@app.command()
def verify(
    file: Pack = None,
    key: Key = None,
    heads: Heads = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Check that nothing in the trail was edited, removed, reordered or cut off, nor the tables it speaks of.

    That the newest entries are there shows only against a head that was signed before: the one of the last
    ``audit head`` or ``audit export`` here, or better one kept elsewhere. Exit codes: 0 whole, 1 not whole.
    """
    from glasshouse.office.pack import verify_pack
    from glasshouse.office.signing import public_key

    if file is not None:
        if heads:
            raise UsageError("goes with the trail of a home folder", "--head", "a pack holds its own head")
        found = verify_pack(file, public_key(key) if key else None)
        trusted = key is not None
    else:
        found, trusted = _verified(home, settings, key, heads or [])
    raise typer.Exit(_told(found, trusted))


@app.command()
def head(
    output: options.Output = None,
    force: options.Force = False,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Sign the newest entry: keep the result where nobody who can write to the trail can."""
    from glasshouse.flow_triage import now
    from glasshouse.office import audit, pack, signing
    from glasshouse.report.write import check_target

    check_target(output, force=force)
    with _office(home, settings) as office:
        with office.reading() as conn:
            newest = audit.last(conn)
        if newest is None:
            raise UsageError("the audit trail is empty", "", "nothing was decided yet")
        signed = signing.signer(office.home).head(newest, now())
        signing.remember(office.home, signed)
        options.tell(f"entry {signed.seq} signed; the public key is {office.home / signing.PUBLIC}")
    if output is None:
        sys.stdout.write(signed.text().decode())
    else:
        pack.write(output, signed.text())


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="The ZIP to write.", metavar="FILE.zip")],
    force: options.Force = False,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Write the whole trail as a ZIP that proves itself: JSON lines, CSV, signed head, time-stamps."""
    from glasshouse.flow_triage import now
    from glasshouse.office import audit, pack, signing
    from glasshouse.report.write import check_target

    check_target(file, force=force)
    with _office(home, settings) as office:
        signed = pack.export(office, file, audit.who(by), now())
        public = office.home / signing.PUBLIC
    options.tell(f"{signed.seq:,} entries; give {public} by another way, then anybody can check:")
    options.tell(f"  glasshouse audit verify {file} --key {signing.PUBLIC}")


@app.command()
def stamp(
    reply: Reply = None,
    output: options.Output = None,
    force: options.Force = False,
    by: By = None,
    home: options.Home = None,
    settings: options.ConfigFile = None,
) -> None:
    """Write a request for a time-stamp authority (RFC 3161) about the newest entry; or keep its reply.

    Nothing is sent: bring the request to the authority of your choice, with curl for example.
    """
    from glasshouse.flow_triage import now
    from glasshouse.office import audit
    from glasshouse.office import stamp as room

    with _office(home, settings) as office:
        if reply is None:
            _request(office, output, force)
            return
        data = _bytes(reply)
        with office.transaction() as conn:
            kept = room.keep(conn, data, audit.who(by), now())
    sys.stdout.write(f"entry {kept.seq}: seen by the authority at {_when(kept.stamped)}; the reply is kept\n")


def _request(office: Office, output: Path | None, force: bool) -> None:
    from glasshouse.office import audit, pack
    from glasshouse.office import stamp as room
    from glasshouse.report.write import check_target

    if output is None:
        raise UsageError("say where to write the request", "--output", "glasshouse audit stamp -o head.tsq")
    check_target(output, force=force)
    with office.reading() as conn:
        newest = audit.last(conn)
    if newest is None:
        raise UsageError("the audit trail is empty", "", "nothing was decided yet")
    pack.write(output, room.request(newest.hash))
    options.tell(f"request about entry {newest.seq} written; bring it to an authority, for example")
    options.tell(
        f"  curl -H 'Content-Type: application/timestamp-query' --data-binary @{output} URL > reply.tsr"
    )
    options.tell("then: glasshouse audit stamp reply.tsr")


def _verified(
    home: Path | None, settings: Path | None, key: Path | None, files: list[Path]
) -> tuple[Verified, bool]:
    """The trail of a home folder, checked; and whether signatures were, with a key."""
    from glasshouse.office import signing, trail

    heads: list[Head] = [signing.head_of(_bytes(one)) for one in files]
    with _office(home, settings) as office:
        public = signing.public_key(key) if key else None
        trusted = key is not None or (office.home / signing.PUBLIC).exists()
        return trail.check(office, heads, public), trusted


def _told(found: Verified, trusted: bool) -> int:
    """Print what a check found; 0 when nothing is wrong."""
    for problem in found.problems:
        place = f"entry {problem.seq}: " if problem.seq else ""
        sys.stdout.write(f"{safe(problem.kind)}: {place}{safe(problem.says)}\n")
    purged = f", {found.purged:,} before them removed at their time" if found.purged else ""
    sys.stdout.write(
        f"{'whole' if found.whole else 'NOT WHOLE'}: {found.entries:,} entries, {found.first} to {found.last}"
        f"{purged}, {found.heads} signed heads, newest {found.hash[:16]}\n"
    )
    _tell_rows(found)
    if not found.heads:
        options.tell("no head to check against: that the newest entries are there cannot be told")
        options.tell("  next: glasshouse audit head -o FILE, and keep the file elsewhere")
    elif not trusted:
        options.tell("signatures were checked with the key that came along, which proves nothing")
        options.tell(f"  next: add --key {safe('audit.pub')}, from somebody you trust")
    return 0 if found.whole else 1


def _tell_rows(found: Verified) -> None:
    """What the other tables look like beside the trail."""
    if found.rows:
        sys.stdout.write(
            f"{found.rows:,} rows of cases, decisions, register and unmasking compared with it\n"
        )
    if found.not_comparable:
        words = ", ".join(f"{count:,} of {safe(table)}" for table, count in found.not_comparable)
        options.tell(f"not comparable, their entries do not say enough or were removed: {words}")


def _line(entry: Entry) -> str:
    said = (
        f"{entry.seq:>6}  {_when(entry.time)}  {entry.actor}  {entry.act}  {entry.subject}  {entry.details}"
    )
    return f"{safe(said)}\n"


def _when(time: int) -> str:
    from glasshouse.report.text import when

    return when(time)


def _bytes(file: Path) -> bytes:
    from glasshouse.office.pack import taken

    data = taken(file, HEAD_BYTES)
    if not data:
        raise ReadError("is empty", str(file), "check the path")
    return data


@contextmanager
def _office(home: Path | None, settings: Path | None) -> Iterator[Office]:
    from glasshouse.office import store

    asked = options.gather("", None, None, None, None, None, None, home, settings=settings)
    with store.opened(asked.settings, config.home(asked.home), make=False) as office:
        yield office
