"""A domain of ours in, questions to Cert Spotter out; its answers in, certificates out.

Source of the format: sslmate.com/help/reference/ct_search_api_v1. Only issuances that have not expired are
listed, precertificate and certificate as one. The list goes on after the last ``id`` until it is empty.
Answers of an older form hold ``cert`` with ``sha256`` and ``data`` in place of ``cert_sha256`` and
``cert_der``; without either the serial number is not known.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import replace

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed
from glasshouse.observed import Certificate
from glasshouse.records import Trouble
from glasshouse.survey.parse_certificates import x509
from glasshouse.survey.parse_names import listed, names, texts, thing, word
from glasshouse.survey.parse_services import refused, sha256

TITLE = "Cert Spotter, certificates by domain"
TECHNIQUE = "T1596.003"
DATABASE = "certspotter"
SUBJECTS = ("domain",)
HOSTS = ("api.certspotter.com",)
REFERRALS = 0
KEY = "API key of an SSLMate account"
OPTIONAL_KEY = True
PACE = 1.0
EMPTY: tuple[int, ...] = ()
LIVE = False


def ask(subject: Subject, after: Reply | None) -> Request | None:
    """The pages of issuances for the domain and all names below it, until one is empty.

    An ``id`` says nothing of how many pages there were; the door bounds them.
    """
    place = "" if after is None else _last(after)
    if after is not None and (not place or place == dict(after.request.query).get("after")):
        return None
    query = [("domain", subject.value), ("include_subdomains", "true"), ("match_wildcards", "true")]
    query += [("expand", one) for one in ("dns_names", "issuer", "cert_der")]
    return Request(
        host=HOSTS[0],
        path="/v1/issuances",
        query=(*query, *([("after", place)] if place else [])),
        headers=(("authorization", "Bearer ${key}"),),
    )


def _last(reply: Reply) -> str:
    try:
        found = listed(reply.body)
    except Malformed:
        return ""
    return (word(thing(found[-1]).get("id")) if found else None) or ""


def read(subject: Subject, reply: Reply) -> Iterator[Certificate | Trouble]:
    """One certificate for each issuance; raises Malformed, and ReadError for an error inside an answer."""
    if reply.body.lstrip().startswith(b"{"):
        raise _error(reply.body)
    for place, one in enumerate(listed(reply.body), 1):
        try:
            yield from _certificate(thing(one), place)
        except Malformed as problem:
            yield Trouble("certspotter", place, str(problem))


def _error(body: bytes) -> Exception:
    said = thing(parse.document(body))
    code = word(said.get("code"))
    if code is None:
        return Malformed("not a list of issuances")
    limited = "rate" in code or "limit" in code
    next_step = "ask later, or set a key" if limited else "check the key and the plan"
    return refused("Cert Spotter", code, next_step)


def _certificate(said: Mapping[str, object], place: int) -> Iterator[Certificate | Trouble]:
    ident, issuer = word(said.get("id")), thing(said.get("issuer"))
    issued_by = word(issuer.get("name")) or word(issuer.get("friendly_name"))
    old = thing(said.get("cert"))
    try:
        found = _of_der(word(said.get("cert_der")) or word(old.get("data")))
    except Malformed as problem:
        yield Trouble("certspotter", place, str(problem))
        found = None
    if found is None:
        if ident is None or issued_by is None:
            raise Malformed("an issuance lacks id or issuer")
        found = Certificate(serial=f"certspotter {ident}", issuer=issued_by)
    kind, revoked = word(old.get("type")), said.get("revoked")
    yield replace(
        found,
        names=names([*found.names, *texts(said.get("dns_names"))]),
        not_before=found.not_before or parse.time(word(said.get("not_before")) or ""),
        not_after=found.not_after or parse.time(word(said.get("not_after")) or ""),
        sha256=sha256(said.get("cert_sha256")) or sha256(old.get("sha256")) or found.sha256,
        tbs_sha256=sha256(said.get("tbs_sha256")) or found.tbs_sha256,
        spki_sha256=sha256(said.get("pubkey_sha256")) or found.spki_sha256,
        precertificate=kind == "precert" if kind and found.precertificate is None else found.precertificate,
        revoked=revoked if isinstance(revoked, bool) else None,
    )


def _of_der(said: str | None) -> Certificate | None:
    if said is None:
        return None
    try:
        return x509(base64.b64decode(said, validate=True))
    except (binascii.Error, ValueError):
        raise Malformed("a certificate is not base64") from None


def detect(head: bytes, name: str) -> int:
    """Its own field names."""
    return 92 if b'"tbs_sha256"' in head and b'"pubkey_sha256"' in head else 0
