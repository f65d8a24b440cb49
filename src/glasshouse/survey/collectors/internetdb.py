"""An address of ours in, a question to Shodan's InternetDB out; its answer in, services out.

Source of the format: internetdb.shodan.io, which needs no key and is renewed once a week. It lists ports,
CPEs and CVEs of an address without saying which port a CPE or CVE belongs to, so every port is given them
all; where there are CVEs, the tag ``internetdb`` marks such services.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Service
from glasshouse.records import Trouble
from glasshouse.survey.parse_services import ip_of, plain, port
from glasshouse.survey.parse_shodan import answer

TITLE = "Shodan InternetDB, ports by address"
TECHNIQUE = "T1596.005"
DATABASE = "shodan-internetdb"
SUBJECTS = ("ip",)
HOSTS = ("internetdb.shodan.io",)
REFERRALS = 0
KEY = ""
OPTIONAL_KEY = False
PACE = 1.0
EMPTY = (404,)
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """One request."""
    return None if after is not None else Request(host=HOSTS[0], path=f"/{subject.value}")


def read(subject: Subject, reply: Reply) -> Iterator[Service | Trouble]:
    """One service for each port; raises Malformed, and ReadError for an error inside an answer."""
    if reply.status in EMPTY:
        return
    said = answer(reply.body, "InternetDB")
    ip, ports = ip_of(said.get("ip")), said.get("ports")
    if ip is None or not isinstance(ports, list):
        raise Malformed("no answer about an address: ip or ports is missing")
    yield from plain(said, ip, tag="internetdb")
    for place, one in enumerate(ports, 1):
        if port(one) is None:
            yield Trouble("internetdb", place, "a port is no port number")


def detect(head: bytes, name: str) -> int:
    """Its six field names and no others."""
    fields = (b'"cpes"', b'"hostnames"', b'"ip"', b'"ports"', b'"tags"', b'"vulns"')
    return 92 if all(one in head for one in fields) and b'"ip_str"' not in head else 0
