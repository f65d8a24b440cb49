"""What a narrowing would do in; it in force, or taken back, with an entry of the audit trail, out."""

from __future__ import annotations

import hashlib
from pathlib import Path

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import ReadError, UsageError
from glasshouse.flow_register import add
from glasshouse.flow_tune import DAY, Preview
from glasshouse.office import audit, store, uses
from glasshouse.report.write import check_target, write
from glasshouse.triage.tune import Terms, filter_name


def apply(options: Options, preview: Preview, terms: Terms, who: str, now: int, escalated: bool) -> str:
    """Make it so, with an entry of the audit trail; gives what it is called.

    Raises UsageError when owner, reason or end is missing, when it would not cover its own alert, or when it
    covers other alerts that were escalated and ``escalated`` does not allow that.
    """
    _refuse(options, preview, terms, now, escalated)
    home = config.home(options.home)
    with store.opened(options.settings, home) as office, office.transaction() as conn:
        details: audit.Details = {
            "alert": preview.alert.id, "covers": len(preview.covered), "of": preview.total,
            "escalated": len(preview.escalated), "until": terms.until, "owner": terms.owner,
        }  # fmt: skip
        if preview.entry is not None:
            made = add(conn, options, preview.entry, terms.reason, who, now).use.id
        else:
            made = filter_name(preview.alert.id)
            details = {**details, "sha256": hashlib.sha256(preview.text.encode()).hexdigest()}
            check_target(preview.file)
        audit.append(conn, act="tune", subject=made, actor=who, now=now, details=details)
        if preview.file is not None:
            write(preview.text, preview.file)
    return made


def _refuse(options: Options, preview: Preview, terms: Terms, now: int, escalated: bool) -> None:
    missing = [f"--{name}" for name in ("owner", "reason") if not getattr(terms, name).strip()]
    missing += ["--until"] if not terms.until else []
    if missing:
        raise UsageError(f"nothing is narrowed without {', '.join(missing)}", "", "say them, then --apply")
    longest = options.settings.office.register_days
    if terms.until <= now or terms.until - terms.since > longest * DAY:
        raise UsageError(
            f"it must end after now and within {longest} days", "--until", "see office.register_days"
        )
    if preview.missed:
        raise UsageError(
            f"it would not cover {preview.alert.id}: {preview.missed}", "", "glasshouse register add --help"
        )
    grave = [one.alert.id for one in preview.escalated if one.alert.id != preview.alert.id]
    if grave and not escalated:
        raise UsageError(
            f"it covers {len(grave)} more alerts that were escalated: {', '.join(grave[:3])}",
            "", "look at them first; then add --even-escalated",
        )  # fmt: skip


def undo(options: Options, name: str, reason: str, folder: Path | None, who: str, now: int) -> str:
    """Take a narrowing back: end the entry, or put the filter aside; gives what was done."""
    if not reason.strip():
        raise UsageError("taking it back needs its reason", name, 'say it: --reason "..."')
    home = config.home(options.home)
    with store.opened(options.settings, home, make=False) as office, office.transaction() as conn:
        if not any(one.act == "tune" for one in audit.entries(conn, subject=name)):
            raise UsageError(f"{name!r} was not made by tune", "", "glasshouse audit list shows what was")
        details: audit.Details = {"reason": reason}
        audit.append(conn, act="tune-undo", subject=name, actor=who, now=now, details=details)
        if not name.startswith("tune-"):
            uses.end(conn, name, reason, who, now)
            return f"{name} ended"
        return _aside(name, folder)


def _aside(name: str, folder: Path | None) -> str:
    if folder is None:
        raise UsageError(f"{name} is a filter", "--rules", "say in which folder it is")
    file = folder / f"{name}.yml"
    if not file.is_file():
        raise UsageError("no such filter", str(file), "say in which folder it is: --rules DIR")
    aside = file.with_name(f"{file.name}.undone")
    try:
        file.replace(aside)
    except OSError as problem:
        raise ReadError(problem.strerror or "cannot be moved", str(file), "check your rights") from None
    return f"{file} is now {aside.name}, which no rule folder reads"
