"""Recorded exchanges in, the conversations they were out: the same answers as when they were live."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from glasshouse.asking import Reply, Request
from glasshouse.leaf import Collector
from glasshouse.observed import Answer
from glasshouse.survey import guard
from glasshouse.survey.conversation import Conversation, Ended, nobody, shareable
from glasshouse.survey.recording import Exchange

Finish = Callable[[Conversation, Callable[[], None]], Answer]
_SHARED = 1_000  # replies that stand in a recording once and answer several subjects


def answers(
    exchanges: Iterable[Exchange], collectors: Mapping[str, Collector], finish: Finish
) -> Iterator[Answer]:
    """The answers; ``finish`` runs a conversation and catches what goes wrong in it."""
    shared: dict[tuple[str, Request], Exchange] = {}
    for (name, subject), group in groupby(exchanges, key=lambda one: (one.collector, one.subject)):
        tape = Tape(deque(group), shared)
        while tape.left:
            leaf = collectors.get(name)
            if leaf is None:
                yield nobody(name, subject, tape.left.popleft().time)
                continue
            tape.begun = False
            talk = Conversation(name, leaf, subject, tape.left[0].time)
            if problem := guard.subject(subject, leaf):
                tape.left.clear()
                yield finish(talk, lambda problem=problem: _skipped(problem))  # type: ignore[misc]
                continue
            if tape.left[0].request is None:
                yield finish(talk, lambda talk=talk, tape=tape: _alone(talk, tape.left.popleft()))  # type: ignore[misc]
                continue
            found = finish(talk, lambda talk=talk, tape=tape: talk.run(tape.send))  # type: ignore[misc]
            if not tape.begun:  # the collector asks nothing by itself: it reads what was saved
                talk = Conversation(name, leaf, subject, tape.left[0].time)
                found = finish(talk, lambda talk=talk, tape=tape: _alone(talk, tape.left.popleft()))  # type: ignore[misc]
            yield found


class Tape:
    """Replies to one collector about one subject, in their order; maybe those of several days."""

    def __init__(self, left: deque[Exchange], shared: dict[tuple[str, Request], Exchange]) -> None:
        self.left, self.begun, self._shared = left, False, shared

    def send(self, request: Request) -> Reply:
        """The recorded reply to a request; raises Ended where the recording does."""
        near = self.left[0] if self.left else None
        if near is None or (self.begun and not _same(near.request, request)):
            raise Ended("failed", "the recording ends before all is asked")
        self.begun = True
        self.left.popleft()
        asked = near.request or request
        place = (near.collector, asked)
        if near.again:
            if place not in self._shared:
                raise Ended("failed", "the recording lacks the reply that this one repeats")
            return _reply(self._shared[place], asked)
        if near.status == 200 and shareable(asked, near.subject) and len(self._shared) < _SHARED:
            self._shared[place] = near
        return _reply(near, asked)


def _same(recorded: Request | None, asked: Request) -> bool:
    """Whether a recorded request is the one that is asked now; headers may have come and gone since."""
    return recorded is not None and (
        (recorded.host, recorded.path, recorded.query, recorded.body)
        == (asked.host, asked.path, asked.query, asked.body)
    )


def _alone(talk: Conversation, one: Exchange) -> None:
    """One reply whose place in a conversation is not known: its request has no host then."""
    talk.requests = 1
    reply = _reply(one, one.request or Request(host=""))
    talk.hear(reply)
    first = talk.leaf.ask(talk.subject, None)
    further = talk.ask(reply if first is None else replace(reply, request=first))
    if further is not None and further.host in talk.leaf.HOSTS:  # what that would show must not seem gone
        raise Ended("failed", "one reply of several: what is asked after it was not saved with it")


def _skipped(problem: str) -> None:
    raise Ended("skipped", problem)


def _reply(one: Exchange, request: Request) -> Reply:
    return Reply(request=request, body=one.body, time=one.time, status=one.status, headers=one.headers)
