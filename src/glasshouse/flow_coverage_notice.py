"""A ledger in, a notice queued for each source that fell silent: once, on every channel."""

from __future__ import annotations

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow_notify import named
from glasshouse.ledger import Heard, Ledger
from glasshouse.office import outbox, store
from glasshouse.office.documents import text_of
from glasshouse.report.notice import Notice
from glasshouse.safe import safe

DECISION = "silent"


def queue_silences(options: Options, ledger: Ledger) -> int:
    """How many notices were queued that were not before; ``glasshouse notify send`` delivers them.

    Raises UsageError when the settings name nobody to tell.
    """
    channels = named(options.settings.notify)
    if not channels:
        raise UsageError("nobody is named to be told", "--notify", "name a channel in [[notify]]")
    made = 0
    if not ledger.silent:
        return made
    with store.opened(options.settings, config.home(options.home)) as office, office.transaction() as conn:
        for one in ledger.silent:
            occasion = str(one.last)
            for name in channels:
                key = outbox.key_of(one.name, DECISION, name, occasion)
                body = text_of(_notice(one, key, ledger.made))
                made += bool(
                    outbox.put(
                        conn, alert=one.name, decision=DECISION, channel=name, body=body, now=ledger.made,
                        occasion=occasion,
                    )
                )  # fmt: skip
    return made


def _notice(one: Heard, key: str, now: int) -> Notice:
    return Notice(
        id=key,
        time=now,
        kind="trouble",
        level="medium",
        title=f"A source of logs fell silent: {safe(one.name)}",
        lines=(one.says, f"what it showed is not counted: {', '.join(one.kinds) or 'kinds not known'}"),
        last_seen=one.last,
    )
