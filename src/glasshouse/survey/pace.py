"""Hosts, replies and clocks in; how long to wait, whether to try again, whom to leave alone out."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from glasshouse.asking import Reply

MIB = 1024 * 1024
AGAIN = frozenset({0, 429, 500, 502, 503, 504})  # 0: the connection failed
LOST_IN_A_ROW = 3  # conversations with one host after which it is left alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one reply, one request and one conversation may cost. Sizes in bytes, times in seconds."""

    body: int = 32 * MIB  # of one reply, decompressed
    whois: int = 512 * 1024
    conversation: int = 256 * MIB
    connect: float = 10.0
    first_byte: float = 30.0
    reply: float = 120.0
    dns: float = 4.0  # for one UDP question
    dns_tries: int = 3
    requests: int = 100  # of one collector about one subject
    retries: int = 3
    redirects: int = 3
    wait: float = 120.0  # longest wait a provider may ask for


class Pace:
    """When each host may be asked again. ``tick`` gives seconds that only grow; ``sleep`` waits."""

    def __init__(self, slower: float, tick: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._slower, self._tick, self._sleep = slower, tick, sleep
        self._next: dict[str, float] = {}
        self._lost: dict[str, int] = {}
        self._shut: dict[tuple[str, str], tuple[float, str]] = {}

    def turn(self, host: str, seconds: float, own: bool = False) -> None:
        """Wait until the host may be asked again; only a server of our own faster than its pace."""
        slower = self._slower if own else max(self._slower, 1.0)
        left = self._next.get(host, -math.inf) - self._tick()
        if left > 0:
            self._sleep(left)
        self._next[host] = self._tick() + seconds * slower

    def wait(self, seconds: float) -> None:
        """Wait before the next try."""
        self._sleep(seconds)

    def shut(self, collector: str, host: str, reason: str, seconds: float = math.inf) -> None:
        """Leave a host alone for this collector: it said so, or the key is no good."""
        self._shut[collector, host] = (self._tick() + seconds, reason)

    def why_shut(self, collector: str, host: str) -> str:
        """Why the host is not to be asked now; empty when it may be."""
        until, reason = self._shut.get((collector, host), (-math.inf, ""))
        return reason if self._tick() < until else ""

    def went(self, host: str, answered: bool) -> None:
        """Note whether a host answered in the end."""
        self._lost[host] = 0 if answered else self._lost.get(host, 0) + 1

    def is_dead(self, host: str) -> bool:
        """Whether a host did not answer several times in a row."""
        return self._lost.get(host, 0) >= LOST_IN_A_ROW


def back_off(attempt: int, jitter: float) -> float:
    """Seconds before try number ``attempt`` + 1: about 1, 2, 4; ``jitter`` is 0 to 1."""
    return float(2**attempt) * (0.5 + jitter)


def asked_wait(reply: Reply) -> float | None:
    """Seconds that ``Retry-After`` asks for (RFC 9110 10.2.3: a number or an HTTP-date), if any."""
    said = dict(reply.headers).get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,12}", said, re.ASCII):
        return float(said)
    try:
        return max(parsedate_to_datetime(said).timestamp() - reply.time / 1_000_000, 0.0)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
