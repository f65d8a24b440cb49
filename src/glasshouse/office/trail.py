"""An office in, the signed head of its audit trail out, and what a check of the whole trail finds."""

from __future__ import annotations

from collections.abc import Sequence

from glasshouse.errors import ReadError, UsageError
from glasshouse.office import audit, signing, stamp
from glasshouse.office.compare import compare
from glasshouse.office.signing import Head
from glasshouse.office.store import Office
from glasshouse.office.verify import MOST, Problem, Verified, verify


def head(office: Office, now: int) -> Head:
    """Sign the newest entry, and remember it beside the key; UsageError when nothing was decided yet.

    Send it where whoever can write to the database cannot: syslog, mail, paper.
    """
    with office.reading() as conn:
        newest = audit.last(conn)
    if newest is None:
        raise UsageError("the audit trail is empty", office.where, "nothing was decided yet")
    _check_continues(office, newest)
    signed = signing.signer(office.home).head(newest, now)
    signing.remember(office.home, signed)
    return signed


def _check_continues(office: Office, newest: audit.Entry) -> None:
    """Refuse to sign a trail that no longer holds the entry signed before: it was cut off or replaced."""
    before = signing.remembered(office.home)
    if before is None:
        return
    with office.reading() as conn:
        held = next(audit.entries(conn, since=before.seq), None)
    if newest.seq < before.seq or (held and held.seq == before.seq and held.hash != before.hash):
        raise ReadError(
            f"the audit trail does not hold entry {before.seq}, which was signed: cut off or replaced",
            office.where,
            "glasshouse audit verify; after restoring a backup on purpose, move audit.head aside",
        )


def check(office: Office, heads: Sequence[Head] = (), public: bytes | None = None) -> Verified:
    """Check the whole trail: its heads, given and remembered here, its stamps, and every table it speaks of.

    ``public`` is the key (PEM) that signed the heads given; without it, the key of this home folder.
    """
    ours = signing.remembered(office.home)
    key = office.home / signing.PUBLIC
    own = signing.public_key(key) if key.exists() else None
    with office.reading() as conn:
        found = verify(audit.entries(conn), [*heads, *([ours] if ours else [])])
        others = compare(conn)
        stamps = stamp.listed(conn)
        hashes = {one.seq: one.hash for one in stamps}
        for seq in hashes:
            hashes[seq] = next((one.hash for one in audit.entries(conn, since=seq, until=seq)), "")
    problems = [*found.problems, *others.problems[:MOST]]
    for one, by in [*((one, public or own) for one in heads), *([(ours, own)] if ours else [])]:
        if by is not None and not signing.is_ours(one, by):
            says = f"the head of entry {one.seq} is not signed by this key"
            problems.append(Problem(one.seq, "signature", says))
    for kept in stamps:
        if stamp.read(kept.reply)[0] != hashes[kept.seq]:
            problems.append(
                Problem(kept.seq, "rewritten", f"entry {kept.seq} is not the one that was stamped")
            )
    return Verified(
        entries=found.entries, first=found.first, last=found.last, hash=found.hash, purged=found.purged,
        heads=found.heads, problems=tuple(problems), rows=others.rows,
        not_comparable=tuple(sorted(others.not_comparable.items())),
    )  # fmt: skip
