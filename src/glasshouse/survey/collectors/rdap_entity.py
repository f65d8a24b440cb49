"""An organisation's handle in, a question to its registry out; RDAP in, registrations out.

Source of the format: RFC 9082 and 9083, found through the bootstrap of RFC 9224 and RFC 8521.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.asking import Reply, Request, Subject
from glasshouse.observed import Registration
from glasshouse.records import Trouble
from glasshouse.survey import parse_bootstrap as bootstrap
from glasshouse.survey import parse_rdap as rdap

TITLE = "RDAP, organisations by handle"
TECHNIQUE = "T1596.002"
DATABASE = "rdap-servers"
SUBJECTS = ("organisation",)
HOSTS = (bootstrap.HOST,)
REFERRALS = 2
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY = (404,)  # not registered there, which does not mean free to register
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """Nothing unless it is a handle with an object tag (``EX1-ARIN``); then bootstrap file and registry."""
    if not bootstrap.HANDLE.fullmatch(subject.value):
        return None
    if after is None:
        return bootstrap.first("object-tags")
    if not bootstrap.is_bootstrap(after):
        return None
    return bootstrap.query(after, subject.value, f"entity/{subject.value}")


def read(subject: Subject, reply: Reply) -> Iterator[Registration | Trouble]:
    """One registration; raises Malformed for an error or another object, ReadError without a server."""
    if bootstrap.is_bootstrap(reply):
        bootstrap.server(reply, subject.value)
        return
    if reply.status in EMPTY:
        return
    said = rdap.answer(reply, "entity")
    yield rdap.entity(said, subject)
    yield from rdap.shortened(said)


def detect(head: bytes, name: str) -> int:
    """The class of the outermost object."""
    return rdap.sure(head, "entity")
