"""A domain of ours in, questions to its registry and registrar out; RDAP in, registrations out.

Source of the format: RFC 9082 and 9083, found through the bootstrap of RFC 9224; the
registrar's fuller answer stands in the registry's under ``links``, ``rel`` is ``related``.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.asking import Reply, Request, Subject
from glasshouse.observed import Registration
from glasshouse.records import Trouble
from glasshouse.survey import parse_bootstrap as bootstrap
from glasshouse.survey import parse_rdap as rdap

TITLE = "RDAP, registration of domains"
TECHNIQUE = "T1596.002"
DATABASE = "rdap-servers"
SUBJECTS = ("domain",)
HOSTS = (bootstrap.HOST,)
REFERRALS = 2
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY = (404,)  # not registered there, which does not mean free to register
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The bootstrap file, then the registry, then the registrar that it names."""
    if after is None:
        return bootstrap.first("dns")
    if bootstrap.is_bootstrap(after):
        return bootstrap.query(after, subject.value, f"domain/{subject.value}")
    if bootstrap.is_registrar(after) or after.status in EMPTY:
        return None
    return bootstrap.related(after, subject.value)


def read(subject: Subject, reply: Reply) -> Iterator[Registration | Trouble]:
    """One registration; raises Malformed for an error or another object, ReadError without a server."""
    if bootstrap.is_bootstrap(reply):
        bootstrap.server(reply, subject.value)
        return
    if reply.status in EMPTY:
        return
    said = rdap.answer(reply, "domain")
    yield rdap.domain(said, subject)
    yield from rdap.shortened(said)


def detect(head: bytes, name: str) -> int:
    """The class of the outermost object."""
    return rdap.sure(head, "domain")
