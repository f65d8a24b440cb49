"""The network door of the survey: collectors and subjects in, what open databases answered out.

Nothing else in the survey opens a connection. A host's name is resolved once a run, every address is checked
and then connected to as checked; the name still decides TLS. Proxies are not used, whatever the environment
says: behind one the name would be resolved elsewhere, and what was checked would not be what is asked.
"""

from __future__ import annotations

import logging
import random
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.resolver
import dns.xfr
import httpx

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import GlasshouseError
from glasshouse.leaf import Collector, collectors
from glasshouse.observed import Answer
from glasshouse.settings import Survey
from glasshouse.survey import guard, replay
from glasshouse.survey.conversation import Conversation, Ended, nobody
from glasshouse.survey.deadline import Deadline
from glasshouse.survey.dns_told import told, untold
from glasshouse.survey.line import Addresses, Line, Lost, Run, Unreached, headers
from glasshouse.survey.pace import Limits, Pace
from glasshouse.survey.planned import PlannedRequest, noted, planned
from glasshouse.survey.recording import Exchange
from glasshouse.survey.reply_body import Unreadable, whole

__all__ = ["Door", "PlannedRequest", "answers", "plan", "replayed"]
# Their debug messages hold whole requests, keys included.
_TALKERS = ("httpx", *(f"httpcore.{one}" for one in ("connection", "http11", "http2", "proxy", "socks")))
Carried = tuple[bytes, int, tuple[tuple[str, str], ...]]  # body, status, headers
_NOT_ALLOWED = (dns.rcode.REFUSED, dns.rcode.NOTAUTH)


for _name in _TALKERS:
    logging.getLogger(_name).addFilter(lambda _record: False)


def _resolved(host: str) -> list[str]:
    return [str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


@cache
def _believing(authorities: str) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if authorities:
        context.load_verify_locations(authorities)
    return context


class Door:
    """One survey's way out. ``now`` gives microseconds since 1970, ``tick`` seconds that only grow."""

    def __init__(
        self,
        settings: Survey,
        say: Callable[[str], None] = lambda _text: None,
        now: Callable[[], int] = lambda: time.time_ns() // 1000,
        record: Callable[[Exchange], None] | None = None,
        replay: Mapping[tuple[str, Subject, Request], Exchange] | None = None,
        *,
        limits: Limits | None = None,
        tick: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        resolve: Callable[[str], list[str]] = _resolved,
    ) -> None:
        self.settings, self.now, self.limits = settings, now, limits or Limits()
        self.addresses = Addresses(resolve)
        self.run = Run(
            survey=settings,
            limits=self.limits,
            pace=Pace(settings.slower, tick, sleep),
            left=settings.budget,
            carry=self.carry,
            now=now,
            jitter=jitter,
            say=say,
            record=record,
            replay=replay,
        )

    def carry(self, place: guard.Place, request: Request) -> Reply:
        """Bring one request to its place, once; raises Lost."""
        try:
            body, status, headers = self._carried(place, request)
        except (Unreadable, UnicodeError, httpx.InvalidURL) as problem:
            said = str(problem) if isinstance(problem, Unreadable) else "the request cannot be written"
            raise Lost(said, again=False) from None
        return Reply(request=request, body=body, time=self.now(), status=status, headers=headers)

    def _carried(self, place: guard.Place, request: Request) -> Carried:
        if request.transport == "dns":
            return _dns(self, place, request)
        way = {"https": _https, "whois": _whois, "axfr": _axfr}[request.transport]
        problem: Lost = Lost("it has no address")
        for address in self.addresses.of(place):
            try:
                return way(self, place, request, address)
            except Unreached as lost:
                problem = lost
        raise problem

    def trust(self, own: bool) -> ssl.SSLContext:
        """Which authorities are believed: the usual ones, and for endpoints of our own also ``survey.ca``."""
        try:
            return _believing(self.settings.ca if own else "")
        except (OSError, ValueError):
            raise Lost("the certificates in survey.ca cannot be read", again=False) from None


def answers(door: Door, asks: Iterable[tuple[str, Subject]]) -> Iterator[Answer]:
    """What each collector learnt about each subject, in order; one that fails never stops the rest."""
    for name, subject in asks:
        leaf = collectors().get(name)
        if leaf is None:
            yield nobody(name, subject, door.now())
            continue
        talk = Conversation(name, leaf, subject, door.now(), door.limits)
        line = Line(door.run, talk)
        answer = _finished(talk, line.talk_through, line.scrub)
        if answer.status != "complete":
            door.run.say(f"{name} about {subject.value or subject.type}: {answer.status}, {answer.reason}")
        yield answer


def _finished(talk: Conversation, run: Callable[[], None], scrub: Callable[[str], str] = str) -> Answer:
    """Run a conversation; whatever goes wrong in it becomes its answer."""
    end: Ended | None = None
    try:
        run()
    except Ended as problem:
        end = problem
    except GlasshouseError as problem:
        end = Ended("failed", problem.what)
    except Exception as problem:  # noqa: BLE001 -- the door: a broken leaf costs its own answer, no other
        end = Ended("failed", f"the collector broke ({type(problem).__name__})")
    return talk.answer(end, scrub)


def replayed(exchanges: Iterable[Exchange], known: Mapping[str, Collector]) -> Iterator[Answer]:
    """What recorded replies say: the path of live ones, without any network."""
    return replay.answers(exchanges, known, _finished)


def plan(asks: Iterable[tuple[str, Subject]], settings: Survey | None = None) -> Iterator[PlannedRequest]:
    """The first request of each, before any is made: what would be sent where, with which key (its name)."""
    for name, subject in asks:
        try:
            yield planned(name, collectors().get(name), subject, settings or Survey())
        except Exception as problem:  # noqa: BLE001 -- as in answers: one broken leaf costs no other
            yield noted(name, subject, f"the collector broke ({type(problem).__name__})")


def _cut(connection: socket.socket) -> None:
    socket.socket.shutdown(connection, socket.SHUT_RDWR)  # SSLSocket's own forgets that it spoke TLS


def _https(door: Door, place: guard.Place, request: Request, address: str) -> Carried:
    url = httpx.URL(scheme=place.scheme, host=address, port=place.port, path=request.path)
    if request.query:
        url = url.copy_with(params=request.query)
    with Deadline(door.limits.reply, _cut) as watch:
        try:
            return _http_once(door, place, request, url, watch)
        except (httpx.HTTPError, httpx.StreamError, OSError) as problem:
            raise _http_lost(problem, watch, door.limits) from None


def _http_once(door: Door, place: guard.Place, request: Request, url: httpx.URL, watch: Deadline) -> Carried:
    timeout = httpx.Timeout(door.limits.first_byte, connect=door.limits.connect)
    with httpx.Client(verify=door.trust(place.own), trust_env=False, timeout=timeout) as client:
        asked = client.build_request(
            request.method,
            url,
            headers=headers(request, place, door.settings),
            content=request.body.encode() or None,
            extensions={"trace": watch.trace, "sni_hostname": place.name},
        )
        reply = client.send(asked, stream=True)
        body = whole(reply.iter_raw(), reply.headers.get("content-encoding", ""), door.limits.body)
    if watch.over:
        raise httpx.ReadTimeout("")
    return body, reply.status_code, tuple((name.lower(), value) for name, value in reply.headers.items())


def _http_lost(problem: Exception, watch: Deadline, limits: Limits) -> Lost:
    """In words of our own: those of the libraries may hold the request."""
    if watch.over:
        return Lost(f"the reply took longer than {limits.reply:.0f} s", again=False)
    if "CERTIFICATE_VERIFY" in str(problem):
        return Lost("its certificate is not trusted, or is not for this name", again=False)
    if isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout):
        return Unreached("cannot be reached")
    if isinstance(problem, httpx.TimeoutException):
        return Lost(f"no answer in {limits.first_byte:.0f} s")
    if isinstance(problem, httpx.RemoteProtocolError):
        return Lost("the reply breaks off or is no HTTP")
    return Lost(f"the connection broke ({type(problem).__name__})")


def _whois(door: Door, place: guard.Place, request: Request, address: str) -> Carried:
    """RFC 3912: one line out, everything until the end in."""
    limits, body = door.limits, bytearray()
    try:
        opened = socket.create_connection((address, place.port), limits.connect)
    except OSError:
        raise Unreached("cannot be reached") from None
    with opened, Deadline(limits.reply, _cut) as watch:
        watch.connection = opened
        opened.settimeout(limits.first_byte)
        try:
            opened.sendall(request.path.encode() + b"\r\n")
            while piece := opened.recv(65_536):
                body += piece
                if len(body) > limits.whois:
                    raise Lost(f"the reply is larger than {limits.whois:,} bytes", again=False)
        except TimeoutError:
            raise Lost(f"no answer in {limits.first_byte:.0f} s") from None
        except OSError as problem:
            raise Lost(f"the connection broke ({problem.strerror or type(problem).__name__})") from None
    if watch.over:
        raise Lost(f"the reply took longer than {limits.reply:.0f} s", again=False)
    if not body:
        raise Lost("closed without a word")
    return bytes(body), 200, ()


def _dns(door: Door, place: guard.Place, request: Request) -> Carried:
    """One question; that no answer came is told in ``Status`` -1: the collector decides what it means."""
    try:
        kind = dict(request.query).get("type", "A")
        question = dns.message.make_query(dns.name.from_text(request.path), kind, use_edns=0, payload=1232)
    except (dns.exception.DNSException, ValueError):
        raise Lost("not a name or type that can be asked", again=False) from None
    question.flags |= dns.flags.AD  # RFC 6840 5.7: tell whether the answer is authentic
    if request.host:  # a server of the zone itself: it shall say what it holds, not ask around
        question.flags &= ~dns.flags.RD
    try:
        system = [] if place.name else dns.resolver.Resolver().nameservers
        servers = [str(one) for one in system] or door.addresses.of(place)
    except (Lost, dns.exception.DNSException) as problem:
        return untold(str(problem)), 200, ()
    reason = "timeout"
    for server in servers * door.limits.dns_tries:
        try:
            found, _ = dns.query.udp_with_fallback(
                question, server, door.limits.dns, place.port, ignore_unexpected=True, ignore_errors=True
            )
        except dns.exception.Timeout:
            continue
        except (OSError, EOFError, dns.exception.DNSException) as problem:
            reason = f"no answer ({type(problem).__name__})"
        else:
            return told(found), 200, ()
    return untold(reason), 200, ()


def _axfr(door: Door, place: guard.Place, request: Request, address: str) -> Carried:
    """RFC 5936: the zone as a master file. A server that does not give it away answers like HTTP 403."""
    lines, size, limits = list[str](), 0, door.limits
    try:
        replies = dns.query.xfr(
            address,
            dns.name.from_text(request.path),
            port=place.port,
            timeout=limits.first_byte,
            lifetime=limits.reply,
            relativize=False,
        )
        for one in (rrset for reply in replies for rrset in reply.answer):
            text = one.to_text()
            size += len(text) + 1
            if size > limits.body:
                raise Lost(f"the zone is larger than {limits.body:,} bytes", again=False)
            lines.append(text)
    except dns.xfr.TransferError as problem:
        if problem.rcode in _NOT_ALLOWED:
            return b"", 403, (("rcode", dns.rcode.to_text(problem.rcode)),)
        raise Lost(f"the transfer fails: {dns.rcode.to_text(problem.rcode)}", again=False) from None
    except dns.exception.Timeout:
        raise Lost(f"the transfer took longer than {limits.reply:.0f} s", again=False) from None
    except (dns.exception.DNSException, OSError, EOFError, ValueError) as problem:
        raise Lost(f"the transfer broke off ({type(problem).__name__})") from None
    return "\n".join([*lines[:-1], ""]).encode(), 200, ()  # its SOA ends a transfer as it began it
