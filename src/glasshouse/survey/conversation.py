"""A collector, a subject and a way to send requests in; what was learnt, and how it went, out.

The same path for live replies and for recorded ones: it knows no network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from glasshouse.asking import AskStatus, Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.leaf import Collector
from glasshouse.observed import Answer, Fact
from glasshouse.records import Trouble
from glasshouse.safe import safe
from glasshouse.survey.pace import Limits, asked_wait

_TROUBLES = 1_000  # that are kept
_REASON = 300  # characters
_REFUSED = {
    401: "the key is missing, wrong or expired (401)",
    402: "the plan or its credits do not allow it (402)",
    403: "access is denied (403): check the key and the plan",
    429: "too many requests (429): ask later or slower",
}


class Ended(Exception):
    """A conversation ends before all is asked: how, and why."""

    def __init__(self, status: AskStatus, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Conversation:
    """One collector asks about one subject. ``requests`` counts every try, also those in vain."""

    def __init__(
        self, name: str, leaf: Collector, subject: Subject, time: int, limits: Limits | None = None
    ) -> None:
        self.name, self.leaf, self.subject, self.time = name, leaf, subject, time
        self.limits = limits or Limits()
        self.requests = 0
        self._facts: dict[Fact, str] = {}
        self._troubles: list[Trouble] = []
        self._more_troubles = self._bytes = 0

    def run(self, send: Callable[[Request], Reply]) -> None:
        """Ask until the collector has no further question; raises Ended, and whatever a leaf raises."""
        after: Reply | None = None
        for _ in range(self.limits.requests):
            request = self.ask(after)
            if request is None and after is None:
                raise Ended("skipped", "it asks nothing about this")
            if request is None:
                return
            after = send(request)
            self.hear(after)
        if self.ask(after) is not None:
            raise Ended("failed", f"not all was asked: more than {self.limits.requests} requests")

    def ask(self, after: Reply | None) -> Request | None:
        """The collector's next request; a reply that leads nowhere ends the conversation."""
        try:
            return self.leaf.ask(self.subject, after)
        except Malformed as problem:
            raise Ended("failed", str(problem)) from None
        except ReadError as problem:
            raise Ended("refused", _both(problem)) from None

    def hear(self, reply: Reply) -> None:
        """Read one reply; raises Ended when it is a failure."""
        if not 200 <= reply.status < 300 and reply.status not in self.leaf.EMPTY:
            refused = reply.status in _REFUSED or (asked_wait(reply) or 0) > self.limits.wait
            raise Ended("refused" if refused else "failed", why(reply))
        if reply.status in self.leaf.EMPTY and reply.body.lstrip()[:1] == b"<":
            raise Ended("failed", f"answers {reply.status} with a web page")  # a gateway, or it has moved
        self._bytes += len(reply.body)
        if self._bytes > self.limits.conversation:
            raise Ended("failed", f"not all was read: more than {self.limits.conversation:,} bytes")
        digest = hashlib.sha256(reply.body).hexdigest()
        try:
            for one in self.leaf.read(self.subject, reply):
                if isinstance(one, Trouble):
                    self._note(one)
                else:
                    self._facts.setdefault(one, digest)
        except Malformed as problem:
            raise Ended("failed", str(problem)) from None
        except ReadError as problem:
            raise Ended("refused", _both(problem)) from None

    def _note(self, one: Trouble) -> None:
        if len(self._troubles) < _TROUBLES:
            self._troubles.append(one)
        else:
            self._more_troubles += 1

    def answer(self, end: Ended | None, scrub: Callable[[str], str] = str) -> Answer:
        """How it went. What was learnt before a failure is kept, and the answer is partial then."""
        status: AskStatus = "complete"
        reason = ""
        if end is not None:
            status, reason = ("partial" if self._facts else end.status), end.reason
        elif self._troubles:
            count = len(self._troubles) + self._more_troubles
            status, reason = "partial", f"{count:,} not read: {self._troubles[0].reason}"
        return Answer(
            collector=self.name,
            database=self.leaf.DATABASE,
            subject=self.subject,
            time=self.time,
            status=status,
            reason=_plain(scrub(reason)),
            requests=self.requests,
            facts=tuple((digest, fact) for fact, digest in self._facts.items()),
            troubles=tuple(_clean(one, scrub) for one in self._troubles),
        )


def nobody(name: str, subject: Subject, time: int) -> Answer:
    """The answer of a collector that there is not."""
    reason = "no collector has this name"
    return Answer(
        collector=_plain(name), database="", subject=subject, time=time, status="failed", reason=reason
    )


def why(reply: Reply) -> str:
    """What a status that is no answer means, for people."""
    if reply.status == 0:
        return reply.body.decode("utf-8", "replace") or "no reply came"
    wait = asked_wait(reply)
    if wait is not None:
        return f"asks to wait {wait:,.0f} s ({reply.status})"
    if reply.status in _REFUSED:
        return _REFUSED[reply.status]
    if 300 <= reply.status < 400:
        return f"redirects to where it must not be followed ({reply.status})"
    return f"answers {reply.status}"


def _both(problem: ReadError) -> str:
    return f"{problem.what}; {problem.next_step}" if problem.next_step else problem.what


def _plain(text: str) -> str:
    shown = safe(text)
    return shown if len(shown) <= _REASON else f"{shown[:_REASON]} …"


def _clean(one: Trouble, scrub: Callable[[str], str]) -> Trouble:
    texts = (_plain(scrub(one.where)), _plain(scrub(one.reason)), _plain(scrub(one.next_step)))
    return Trouble(texts[0], one.position, texts[1], texts[2])


def shareable(request: Request, subject: Subject) -> bool:
    """Whether other subjects may get the same reply: nothing of this one stands in the request."""
    texts = (request.path, *(value for _, value in request.query))
    return (
        request.transport == "https"
        and request.method == "GET"
        and bool(subject.value)
        and not any(subject.value.lower() in text.lower() for text in texts)
    )
