"""Nothing of ours in, the request for Cloudflare's address ranges out; its lists in, ranges out.

Source of the format: www.cloudflare.com/ips: two plain lists, one range a line.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.observed import Range
from glasshouse.records import Trouble
from glasshouse.survey.parse_ranges import ranges, text_lines

TITLE = "Cloudflare, its address ranges"
TECHNIQUE = "T1596.004"
DATABASE = "cdn-ranges"
SUBJECTS: tuple[str, ...] = ()
HOSTS = ("www.cloudflare.com",)
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY: tuple[int, ...] = ()
LIVE = False

_LISTS = ("/ips-v4/", "/ips-v6/")


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The list of IPv4, then that of IPv6."""
    if after is None:
        return Request(host=HOSTS[0], path=_LISTS[0])
    return Request(host=HOSTS[0], path=_LISTS[1]) if after.request.path == _LISTS[0] else None


def read(subject: Subject, reply: Reply) -> Iterator[Range | Trouble]:
    """A range for each line; raises Malformed for anything but a list of ranges."""
    yield from ranges("cloudflare-ranges", text_lines(reply.body), "cloudflare", "cdn")


def detect(head: bytes, name: str) -> int:
    """A plain list of ranges in a file that is named after Cloudflare or its lists."""
    said = name.lower()
    first = head.lstrip().partition(b"\n")[0].decode("ascii", "replace")
    if "cloudflare" not in said and "ips-v" not in said:
        return 0
    return 80 if "/" in first and parse.network(first) else 0
