"""Decisions in, their notices queued with them; what is due goes out, at least once, and is accounted for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import ConfigError, GlasshouseError, UsageError
from glasshouse.office import outbox, store
from glasshouse.office.automatic import Settled
from glasshouse.office.documents import of_text, text_of
from glasshouse.office.outbox import Queued
from glasshouse.report import notice
from glasshouse.report.masks import Cover
from glasshouse.report.notice import Notice
from glasshouse.report.senders import sender
from glasshouse.secret import secret
from glasshouse.settings import Channel
from glasshouse.verdicts import Triaged

AGAIN = ("reopened", "followed")  # what happens to a case that is told although the decision is the same
Said = Callable[[str], None]


@dataclass(slots=True)
class Delivered:
    """What one round of sending did."""

    sent: int = 0
    failed: int = 0  # tried again later
    dead: int = 0  # given up
    waiting: int = 0  # not due yet, or their channel just failed
    problems: list[str] = field(default_factory=list)


def named(channels: Sequence[Channel]) -> dict[str, Channel]:
    """The channels by name: as said, else the kind, and a number from the second of one name on."""
    found: dict[str, Channel] = {}
    for channel in channels:
        bare = channel.name or channel.kind
        number, name = 1, bare
        while name in found:
            number += 1
            name = f"{bare}-{number}"
        found[name] = channel
    return found


def queue(
    conn: Connection,
    judged: Triaged,
    settled: Settled,
    channels: Mapping[str, Channel],
    now: int,
    names: Cover | None = None,
) -> int:
    """Queue the notices of one decision, in its transaction; gives how many. ``names`` covers people's names.

    Told is a decision that is new or another than before, and a case that is opened again or continued. What
    a person decided is known already. Judging again queues nothing twice.
    """
    kept = settled.outcome.kept
    again = settled.did in AGAIN
    if kept.override or (settled.outcome.audit_seq is None and not again):
        return 0
    occasion = f"{settled.did} {kept.grown}" if again else ""
    case = settled.case.name if settled.case else ""
    made = 0
    for name, channel in channels.items():
        if kept.decision not in channel.decisions:
            continue
        key = outbox.key_of(kept.id, kept.decision, name, occasion)
        shown = names.again().shown(judged) if names else judged
        body = text_of(notice.of(shown, id=key, time=now, case=case))
        made += bool(
            outbox.put(
                conn, alert=kept.id, decision=kept.decision, channel=name, body=body, now=now,
                occasion=occasion,
            )
        )  # fmt: skip
    return made


def deliver(options: Options, now: Callable[[], int], said: Said = lambda _said: None) -> Delivered:
    """Send what is due, one after the other: taken, sent, then told to the outbox.

    Whoever is killed in between leaves the notice to be taken again after ``outbox.LEASE``, with the same
    key. A channel that just failed is left in peace for the rest of the round.
    """
    channels = named(options.settings.notify)
    done, down = Delivered(), set[str]()
    with store.opened(options.settings, config.home(options.home), make=False) as office:
        while True:
            with office.transaction() as conn:
                taken = outbox.due(conn, now(), limit=1, without=down)
            if not taken:
                break
            for one in taken:
                problem = _send(one, channels)
                with office.transaction() as conn:
                    _tell(conn, one, problem, now(), done)
                if problem:
                    down.add(one.channel)
                    said(f"{one.channel}: {one.alert}: {problem.what}")
        with office.reading() as conn:
            done.waiting = len(outbox.waiting(conn))
            done.dead = len(outbox.dead(conn))
    return done


def _send(one: Queued, channels: Mapping[str, Channel]) -> GlasshouseError | None:
    channel = channels.get(one.channel)
    if channel is None:
        return ConfigError("no such channel in the settings any more", one.channel, "name it in [[notify]]")
    from glasshouse.report.send import send  # it costs start-up time that triage need not pay

    try:
        send(of_text(Notice, one.body), channel)
    except GlasshouseError as problem:
        return problem
    except ValueError:
        return ConfigError("the notice cannot be read", one.key)
    return None


def _tell(conn: Connection, one: Queued, problem: GlasshouseError | None, now: int, done: Delivered) -> None:
    if problem is None:
        outbox.sent(conn, one.key, now)
        done.sent += 1
        return
    outbox.failed(conn, one.key, problem.what, now)
    done.failed += 1
    done.problems.append(f"{one.channel}: {problem.what}")


def listed(options: Options) -> list[Queued]:
    """The notices that wait, then those that were given up."""
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.reading() as conn,
    ):
        return [*outbox.waiting(conn), *outbox.dead(conn)]


def revive(options: Options, keys: Sequence[str], who: str, now: int) -> list[Queued]:
    """Try notices again that were given up: those of these keys or beginnings of keys, or with none, all."""
    with (
        store.opened(options.settings, config.home(options.home), make=False) as office,
        office.transaction() as conn,
    ):
        dead = outbox.dead(conn)
        for key in keys:
            if sum(one.key.startswith(key) for one in dead) != 1:
                raise UsageError(
                    "not the beginning of the key of one dead notice", key, "glasshouse notify list"
                )
        chosen = [one for one in dead if not keys or one.key.startswith(tuple(keys))]
        return [outbox.revive(conn, one.key, who, now) for one in chosen]


def attempt(channel: Channel, name: str, now: int) -> None:
    """Send a notice that says it is a trial; raises what the door raises."""
    from glasshouse.report.send import send

    made = Notice(
        id=outbox.key_of("test", "test", name, str(now)), time=now, kind="test",
        title="Glasshouse: a trial notice", lines=("Nothing happened. This way out works.",),
    )  # fmt: skip
    send(made, channel)


def trial(channel: Channel) -> str:
    """What is wrong with a channel's options, without sending anything; empty when nothing is."""
    try:
        leaf = sender(channel.kind)
        if strange := [name for name in channel.options if name not in leaf.OPTIONS]:
            return f"no option {', '.join(strange)}; one of: {', '.join(leaf.OPTIONS)}"
        made = Notice(id="test", time=0, kind="test", title="test")
        leaf.message(made, {name: secret(value) for name, value in channel.options.items()})
    except GlasshouseError as problem:
        return problem.what
    return ""
