"""An address or network of ours in, a question to its registry out; RDAP in, registrations out.

Source of the format: RFC 9082 and 9083, found through the bootstrap of RFC 9224.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.asking import Reply, Request, Subject
from glasshouse.observed import Registration
from glasshouse.records import Trouble
from glasshouse.survey import parse_bootstrap as bootstrap
from glasshouse.survey import parse_rdap as rdap

TITLE = "RDAP, registration of address blocks"
TECHNIQUE = "T1596.002"
DATABASE = "rdap-servers"
SUBJECTS = ("ip", "cidr")
HOSTS = (bootstrap.HOST,)
REFERRALS = 2
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY = (404,)  # not registered there, which does not mean free to register
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The bootstrap file, then the registry of those addresses."""
    if after is None:
        return bootstrap.first(bootstrap.kind_of(subject.value))
    if not bootstrap.is_bootstrap(after):
        return None
    return bootstrap.query(after, subject.value, f"ip/{subject.value}")


def read(subject: Subject, reply: Reply) -> Iterator[Registration | Trouble]:
    """One registration; raises Malformed for an error or another object, ReadError without a server."""
    if bootstrap.is_bootstrap(reply):
        bootstrap.server(reply, subject.value)
        return
    if reply.status in EMPTY:
        return
    said = rdap.answer(reply, "ip network")
    yield rdap.network(said, subject)
    yield from rdap.shortened(said)


def detect(head: bytes, name: str) -> int:
    """The class of the outermost object."""
    return rdap.sure(head, "ip network")
