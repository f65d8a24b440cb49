"""Nothing of ours in, the request for Fastly's address ranges out; its list in, ranges out.

Source of the format: www.fastly.com/documentation/reference/api/utils/public-ip-list.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.asking import Reply, Request, Subject
from glasshouse.observed import Range
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import table
from glasshouse.survey.parse_ranges import listed, ranges

TITLE = "Fastly, its address ranges"
TECHNIQUE = "T1596.004"
DATABASE = "cdn-ranges"
SUBJECTS: tuple[str, ...] = ()
HOSTS = ("api.fastly.com",)
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY: tuple[int, ...] = ()
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The one list."""
    return Request(host=HOSTS[0], path="/public-ip-list") if after is None else None


def read(subject: Subject, reply: Reply) -> Iterator[Range | Trouble]:
    """A range for each entry; raises Malformed when there are none."""
    said = table(reply.body)
    found = [one for name in ("addresses", "ipv6_addresses") for one in listed(said.get(name), name)]
    yield from ranges("fastly-ranges", found, "fastly", "cdn")


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 85 if b'"addresses"' in head and b'"ipv6_addresses"' in head else 0
