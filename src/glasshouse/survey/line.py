"""A collector's requests in, replies out; hosts, keys, pace, budget and tries are minded on the way.

Sockets are in ``ask``, which gives this the function that carries one request to its place, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urljoin, urlsplit

from glasshouse import __version__
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import ReadError
from glasshouse.secret import secret
from glasshouse.settings import Survey
from glasshouse.survey import guard, keys, pace
from glasshouse.survey.conversation import Conversation, Ended, shareable, why
from glasshouse.survey.planned import lacking
from glasshouse.survey.recording import Exchange, exchange

_REDIRECTS = (301, 302, 303, 307, 308)
_SHARED = 64 * pace.MIB  # of replies that are kept for other subjects
_ADDRESSES = 4  # of one host that are tried
_SAID_FROM = 5.0  # seconds of waiting that are told


class Lost(Exception):
    """No reply came; ``again``: the next try may fare better. The message is the reason, for people."""

    def __init__(self, reason: str, again: bool = True) -> None:
        super().__init__(reason)
        self.again = again


class Unreached(Lost):
    """Nobody listens at an address; another one of the same host may."""


@dataclass(slots=True, kw_only=True)
class Run:
    """What all conversations of one survey share. ``carry`` brings one request to a place, once."""

    survey: Survey
    limits: pace.Limits
    pace: pace.Pace
    left: int  # requests that may still be made
    carry: Callable[[guard.Place, Request], Reply]
    now: Callable[[], int]
    jitter: Callable[[], float]
    say: Callable[[str], None]
    record: Callable[[Exchange], None] | None = None
    replay: Mapping[tuple[str, Subject, Request], Exchange] | None = None
    shared: dict[tuple[str, Request], tuple[Subject, Reply]] = field(default_factory=dict)
    shared_bytes: int = 0


class Addresses:
    """The addresses of hosts, each looked up once and checked. ``resolve`` may raise OSError."""

    def __init__(self, resolve: Callable[[str], list[str]]) -> None:
        self._resolve = resolve
        self._found: dict[str, list[str]] = {}

    def of(self, place: guard.Place) -> list[str]:
        """The addresses to connect to; raises Lost. Servers that the settings name may be anywhere."""
        name = place.name
        if name not in self._found:
            try:
                self._found[name] = list(dict.fromkeys(self._resolve(name)))
            except (OSError, UnicodeError):
                raise Lost(f"{name} has no address") from None
        found = self._found[name]
        problem = "" if place.own else next(filter(None, map(guard.address, found)), "")
        if problem or not found:
            raise Lost(f"{name} is not asked: {problem or 'it has no address'}", again=False)
        return found[:_ADDRESSES]


class Line:
    """The way from one conversation to its provider."""

    def __init__(self, run: Run, talk: Conversation) -> None:
        self.run, self.talk, self.key = run, talk, keys.Key()
        hosts = frozenset(filter(None, (guard.host(one) for one in talk.leaf.HOSTS)))
        self.referrals = guard.Referrals(hosts, talk.leaf.REFERRALS)

    def talk_through(self) -> None:
        """The whole conversation; raises Ended, and whatever a collector raises."""
        if problem := guard.subject(self.talk.subject, self.talk.leaf):
            raise Ended("skipped", problem)
        if self.run.replay is None:
            self.key = _key(self.talk, self.run.survey)
        self.talk.run(self.send)

    def scrub(self, text: str) -> str:
        """The text without the key."""
        return self.key.scrub(text)

    def send(self, request: Request) -> Reply:
        """The reply, without the key; one with status 0 when none came. Raises Ended."""
        if problem := guard.request(request):
            raise Ended("failed", f"not sent: {problem}")
        host = guard.host(request.host) or ""
        known = self._known(request)
        reply = known or keys.scrubbed(self._asked(request, host), self.key)
        self.referrals.heard(reply, host)
        if known is None:
            self._keep(request, reply)
        if self.run.record is not None and self.run.replay is None:
            self.run.record(exchange(self.talk.name, self.talk.subject, reply, again=known is not None))
        return reply

    def _known(self, request: Request) -> Reply | None:
        """A reply that needs no network: another subject got it, or it is replayed."""
        run, talk = self.run, self.talk
        if run.replay is not None:
            said = run.replay.get((talk.name, talk.subject, request))
            if said is None:
                raise Ended("failed", "the recording does not hold this request")
            return Reply(
                request=request, body=said.body, time=said.time, status=said.status, headers=said.headers
            )
        asker, reply = run.shared.get((talk.name, request), (talk.subject, None))
        return None if asker == talk.subject else reply

    def _keep(self, request: Request, reply: Reply) -> None:
        run = self.run
        if reply.status != 200 or not shareable(request, self.talk.subject):
            return
        if run.shared_bytes + len(reply.body) <= _SHARED:
            run.shared_bytes += len(reply.body)
            run.shared[self.talk.name, request] = (self.talk.subject, reply)

    def _asked(self, request: Request, host: str) -> Reply:
        """One request and the redirects that may be followed; the reply is one to the first of them."""
        depth = self.referrals.depth(host) if host else 0
        if depth is None:
            raise Ended("failed", f"not sent: no reply named the host {host}")
        sent = self._with_key(request, depth)
        reply = self._tried(sent, self._place(sent))
        for _ in range(self.run.limits.redirects):
            further = self._further(sent, reply)
            if further is None:
                break
            sent = further
            reply = self._tried(sent, self._place(sent))
        return replace(reply, request=request)

    def _place(self, request: Request) -> guard.Place:
        place = guard.place(self.talk.name, request, self.run.survey)
        if isinstance(place, str):
            raise Ended("skipped", place)
        return place

    def _with_key(self, request: Request, depth: int) -> Request:
        """The request as it goes out. A key goes to the collector's own hosts only."""
        if not keys.wants_key(request):
            return request
        if depth:
            raise Ended("failed", "not sent: the key is not for other hosts")
        if not self.key:
            sent = keys.without_key(request)
            if keys.wants_key(sent):
                raise Ended("skipped", f"no key: set survey.keys.{self.talk.name}")
            return sent
        sent = keys.filled(request, self.key)
        if guard.request(sent):
            raise Ended("refused", "the key holds characters that cannot be sent")
        return sent

    def _further(self, sent: Request, reply: Reply) -> Request | None:
        """The request a redirect leads to, when it may be followed: to the same host, or a referral."""
        said = dict(reply.headers).get("location", "")
        if reply.status not in _REDIRECTS or sent.transport != "https" or sent.method != "GET" or not said:
            return None
        try:
            parts = urlsplit(urljoin(f"https://{sent.host}{sent.path}", said))
            host, port = guard.host(parts.hostname or ""), parts.port
            query = tuple(parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100))
        except ValueError:
            return None
        own = self._place(sent)
        if own.own and (host, port, parts.scheme) == (own.name, own.port, own.scheme):
            host, port, here = guard.host(sent.host), None, True
        else:
            here = host == guard.host(sent.host) and parts.scheme == "https"
        if host is None or port not in (None, 443) or "@" in parts.netloc:
            return None
        if not here and (parts.scheme != "https" or not self._named(host, sent, reply)):
            return None
        if not here and self.key.scrub(said) != said:
            return None
        headers = tuple(one for one in sent.headers if here or one[0].lower() == "accept")
        further = replace(sent, host=host, path=parts.path or "/", query=query, headers=headers)
        return None if guard.request(further) else further

    def _named(self, host: str, sent: Request, reply: Reply) -> bool:
        """Whether a redirect may lead to another host: one of the collector's, or a referral it has left."""
        self.referrals.heard(replace(reply, body=b""), guard.host(sent.host) or "")
        return self.referrals.depth(host) is not None

    def _tried(self, sent: Request, place: guard.Place) -> Reply:
        """The reply after as many tries as it takes, or the last failure."""
        run, limits, host = self.run, self.run.limits, place.name or "the resolver"
        for attempt in range(limits.retries + 1):
            self._turn(host, place.own)
            reply, again = self._once(sent, place)
            wait = pace.asked_wait(reply)
            if reply.status in self.talk.leaf.EMPTY or reply.status not in pace.AGAIN or not again:
                break
            if attempt == limits.retries or (wait is not None and wait > limits.wait):
                break
            seconds = pace.back_off(attempt, run.jitter()) if wait is None else wait + run.jitter()
            if seconds >= _SAID_FROM:
                run.say(f"{self.talk.name}: waits {seconds:.0f} s for {host}")
            run.pace.wait(seconds)
        self._remember(reply, host)
        return reply

    def _turn(self, host: str, own: bool) -> None:
        """Wait for the host's turn and take one request from the budget; raises Ended."""
        run, name = self.run, self.talk.name
        if shut := run.pace.why_shut(name, host):
            raise Ended("refused", f"not asked again: {shut}")
        if run.pace.is_dead(host):
            raise Ended("failed", f"not asked: {host} failed {pace.LOST_IN_A_ROW} times in a row")
        if run.left <= 0:
            raise Ended("skipped", f"the budget of {run.survey.budget:,} requests is spent (survey.budget)")
        if self.talk.requests >= run.limits.requests:
            raise Ended("failed", f"not all was asked: more than {run.limits.requests} requests")
        run.left -= 1
        self.talk.requests += 1
        run.pace.turn(host, self.talk.leaf.PACE, own)

    def _once(self, sent: Request, place: guard.Place) -> tuple[Reply, bool]:
        """One try; a lost one becomes a reply with status 0."""
        try:
            return self.run.carry(place, sent), True
        except Lost as problem:
            return Reply(
                request=sent, body=str(problem).encode(), time=self.run.now(), status=0
            ), problem.again

    def _remember(self, reply: Reply, host: str) -> None:
        """A provider that refuses this key, or does not answer, is not asked again for each subject."""
        run, name = self.run, self.talk.name
        run.pace.went(host, reply.status != 0)
        if reply.status in self.talk.leaf.EMPTY:
            return
        wait = pace.asked_wait(reply)
        if reply.status == 429 or (wait or 0) > run.limits.wait:
            run.pace.shut(name, host, why(reply), run.limits.wait if wait is None else wait)
        elif reply.status in (401, 402) and self.key:
            run.pace.shut(name, host, why(reply))


def _key(talk: Conversation, survey: Survey) -> keys.Key:
    """The collector's key; raises Ended when it needs one and there is none."""
    missing = lacking(talk.name, talk.leaf, survey)
    if missing:
        raise Ended("skipped", missing)
    said = survey.keys.get(talk.name, "")
    try:
        value = secret(said, f"survey.keys.{talk.name}").strip()
    except ReadError as problem:
        raise Ended("skipped", f"no key: {problem.what}") from None
    if said and len(value) < keys.SHORTEST:
        raise Ended("skipped", f"no key: what survey.keys.{talk.name} names is too short to be one")
    return keys.Key(value)


def headers(request: Request, place: guard.Place, survey: Survey) -> Mapping[str, str]:
    """The headers of an HTTP request. A mirror of our own is told whom it stands for."""
    contact = survey.contact if survey.contact.isascii() and survey.contact.isprintable() else ""
    said = {
        "accept": "*/*",
        **{name.lower(): value for name, value in request.headers},
        "host": place.authority,
        "user-agent": f"glasshouse/{__version__}" + (f" (+{contact})" if contact else ""),
        "accept-encoding": "gzip",
    }
    return {**said, "x-forwarded-host": guard.host(request.host) or ""} if place.own else said
