"""A domain, address or AS number of ours in, questions on port 43 out; answers in, registrations out.

Source of the protocol: RFC 3912, one line and then text until the end. IANA is asked for the server of the
registry, whose answer may name one further server: the registrar's, or another registry's. IANA is asked
about the top-level domain only.
"""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.observed import Registration
from glasshouse.records import Trouble
from glasshouse.survey import parse_whois, parse_whois_blocks
from glasshouse.survey.parse_whois_words import REFERRAL

TITLE = "WHOIS on port 43"
TECHNIQUE = "T1596.002"
DATABASE = "whois-port43"
SUBJECTS = ("domain", "ip", "cidr", "asn")
HOSTS = ("whois.iana.org",)
REFERRALS = 2
KEY = ""
OPTIONAL_KEY = False
PACE = 2.0
EMPTY: tuple[int, ...] = ()
LIVE = False

_LAST = (("step", "last"),)  # not sent: tells the second server from the third
_IANA = ("refer", "whois")


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """IANA, then the server it names, then the one that names, once."""
    first = Request(host=HOSTS[0], path=_start(subject), transport="whois")
    if after is None:
        return first
    if after.request.query == _LAST:
        return None
    at_iana = after.request == first
    host = _referred(after, at_iana)
    if host is None or (host == after.request.host and not at_iana):
        return None
    if host == HOSTS[0] and first.path == subject.value:
        return None
    query = () if at_iana else _LAST
    return Request(host=host, path=_line(subject, host), transport="whois", query=query)


def read(subject: Subject, reply: Reply) -> Iterator[Registration | Trouble]:
    """One registration; raises ReadError when throttled or without a server, Malformed for other prose."""
    text = parse_whois.text_of(reply.body)
    if reply.request == Request(host=HOSTS[0], path=_start(subject), transport="whois"):
        parse_whois.why(text)
        if ask(subject, reply) is None:
            raise ReadError(
                "its registry has no WHOIS server", subject.value, "RDAP or its web page may know"
            )
        return
    found = _READERS[subject.type](text, subject) if subject.type in _READERS else _imported(text, subject)
    if found is not None:
        yield found


def _imported(text: str, subject: Subject) -> Registration | None:
    """An answer about nobody knows what: saved, and read without a subject."""
    name = parse_whois.named(text)
    return parse_whois.domain(text, name) if name else parse_whois_blocks.network(text, subject)


_READERS = {
    "domain": lambda text, subject: parse_whois.domain(text, subject.value),
    "ip": parse_whois_blocks.network,
    "cidr": parse_whois_blocks.network,
    "asn": parse_whois_blocks.autonomous_system,
}


def _referred(reply: Reply, at_iana: bool) -> str | None:
    try:
        return parse_whois.referral(parse_whois.text_of(reply.body), _IANA if at_iana else REFERRAL)
    except Malformed:  # told by read
        return None


def _start(subject: Subject) -> str:
    """What IANA is asked: the top-level domain, the first address, the AS number."""
    if subject.type == "domain":
        return subject.value.rpartition(".")[2]
    return subject.value.partition("/")[0]


def _line(subject: Subject, host: str) -> str:
    """The line a server wants, where it wants more than the value."""
    value = subject.value
    if subject.type == "asn" and host == "whois.arin.net":
        return f"a + {value.upper().removeprefix('AS')}"
    if subject.type in ("ip", "cidr"):
        return f"n + {value.partition('/')[0]}" if host == "whois.arin.net" else value
    if host.endswith("verisign-grs.com"):
        return f"domain {value}"
    return {"whois.denic.de": f"-T dn,ace {value}", "whois.jprs.jp": f"{value}/e"}.get(host, value)


def detect(head: bytes, name: str) -> int:
    """Labels of a registration at the beginnings of lines, in a file that is no JSON, HTML or table."""
    return parse_whois.sure(head)
