"""Toolbox of collectors: subjects and hits of searches in; queries, whose a hit is, why it was refused out.

For databases that are asked in a query language of their own and tell their errors inside an answer, in
English or Chinese.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from glasshouse import parse
from glasshouse.asking import Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.observed import Service
from glasshouse.survey.parse_names import names, number, table
from glasshouse.survey.parse_services import refused, under

_KINDS = (
    (re.compile(r"rate.?limit|too (many|fast|frequent|often)|频繁|过快|太快|太多"), "ask later or slower"),
    (
        re.compile(r"credit|quota|balance|insufficient|exceed|余额|不足|积分|额度|次数|上限"),
        "wait until the quota is renewed, or enlarge the plan",
    ),
    (
        re.compile(r"plan|permission|upgrade|member|vip|权限|会员|升级"),
        "the plan of the key does not allow it",
    ),
    (re.compile(r"key|token|auth|login|account|令牌|密钥|账号|认证|登录"), "check the key"),
)


def query(subject: Subject, words: Mapping[str, str]) -> str:
    """The query for a subject: the pattern of its type with ``{}`` where the value goes.

    What could end a quoted word there is taken out of the value.
    """
    return words.get(subject.type, "{}").replace("{}", re.sub(r'["\\\s]', "", subject.value))


def in_base64(text: str, address: bool = False) -> str:
    """A query as such databases want it; ``address``: with the letters that need no escape in a URL."""
    encode = base64.urlsafe_b64encode if address else base64.b64encode
    return encode(text.encode()).decode()


def page(request: Request) -> int:
    """Which page a request asks for, in its query or its JSON body; 1 where it does not say."""
    said: object = dict(request.query).get("page")
    if said is None and request.body:
        try:
            said = table(request.body.encode()).get("page")
        except Malformed:
            said = None
    return number(said) or 1


def hosts(said: Iterable[object]) -> tuple[str, ...]:
    """The host names, without addresses, of names, URLs and ``host:port``; sorted, each once."""
    found = names(_host(one) for one in said if isinstance(one, str))
    return tuple(one for one in found if parse.address(one) is None)


def _host(said: str) -> str | None:
    word = said.strip()
    if "/" not in word and ":" not in word:
        return word
    try:
        return urlsplit(word if "//" in word else f"//{word}").hostname
    except ValueError:
        return None


def pointing(subject: Subject, said: Iterable[object]) -> tuple[str, ...]:
    """Names that point to an address; of a domain's only its own, as many share an address."""
    found = hosts(said)
    return under(subject.value, found) if subject.type == "domain" else found


def ours(subject: Subject, found: Service) -> bool:
    """Whether a hit is about the subject: searches also find what only resembles it."""
    if subject.type in ("domain", "hostname"):
        return bool(under(subject.value, (*found.hostnames, *found.certificate_names)))
    if subject.type == "ip":
        return found.ip == parse.address(subject.value)
    if subject.type == "cidr":
        try:
            return ipaddress.ip_address(found.ip) in ipaddress.ip_network(subject.value, strict=False)
        except ValueError:
            return False
    return True


def refusal(database: str, *said: object) -> ReadError:
    """The error that a provider tells inside an answer; next step by what it says: pace, quota, key."""
    parts = [str(one) for one in said if isinstance(one, int | str) and not isinstance(one, bool)]
    reason = " ".join(filter(None, parts)) or "no reason told"
    steps = (step for words, step in _KINDS if words.search(reason.lower()))
    return refused(database, reason, next(steps, "check the key and the plan"))
