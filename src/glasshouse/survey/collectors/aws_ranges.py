"""Nothing of ours in, the request for Amazon's address ranges out; its list in, ranges out.

Source of the format: docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html. A range stands there once
for each service; CloudFront is the CDN, everything else the cloud.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Range
from glasshouse.records import Trouble
from glasshouse.survey.parse_names import table, things
from glasshouse.survey.parse_ranges import listed, ranges

TITLE = "Amazon, the address ranges of CloudFront and AWS"
TECHNIQUE = "T1596.004"
DATABASE = "cdn-ranges"
SUBJECTS: tuple[str, ...] = ()
HOSTS = ("ip-ranges.amazonaws.com",)
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY: tuple[int, ...] = ()
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The one list."""
    return Request(host=HOSTS[0], path="/ip-ranges.json") if after is None else None


def read(subject: Subject, reply: Reply) -> Iterator[Range | Trouble]:
    """A range for each entry and role; raises Malformed when there are none."""
    said = table(reply.body)
    entries = [
        (one, field)
        for name, field in (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix"))
        for one in things(listed(said.get(name), name))
    ]
    if not entries:
        raise Malformed("an answer without ranges")
    cdn = [one.get(field) for one, field in entries if _is_cdn(one)]
    cloud = [one.get(field) for one, field in entries if not _is_cdn(one)]
    yield from ranges("aws-ranges", cdn, "amazon", "cdn")
    yield from ranges("aws-ranges", cloud, "amazon", "cloud")


def _is_cdn(said: Mapping[str, object]) -> bool:
    return said.get("service") == "CLOUDFRONT"


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 95 if b'"syncToken"' in head and b'"ip_prefix"' in head else 0
