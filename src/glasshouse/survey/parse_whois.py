"""The text of a WHOIS answer about a domain in; out its registration, nothing, or why there is no answer.

There is no format (RFC 3912); labels and phrases are those of ``parse_whois_words``. Where an answer is not
clear a field stays empty. Texts are UTF-8, otherwise Latin-1.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from glasshouse import parse
from glasshouse.errors import Malformed, ReadError
from glasshouse.observed import Registration
from glasshouse.survey import parse_whois_words as words
from glasshouse.survey.parse_contacts import told
from glasshouse.survey.parse_dates import Order, order_in, when
from glasshouse.survey.parse_whois_contacts import people
from glasshouse.survey.parse_whois_lines import Entry, entries

LONGEST_PHRASE = 200
_RPSL = frozenset(("inetnum", "inet num", "netrange", "aut num", "asnumber", "nethandle", "ashandle"))
_UNTIL = re.compile(r"(ok-until|[\w-]+) (\d{14})", re.IGNORECASE)
_CONNECTED = re.compile(r"connected \((\d{4}/\d\d/\d\d)\)", re.IGNORECASE)  # JPRS: until then
_MAILBOX = re.compile(r"^\S+@\S+\s+|\s+\S+@\S+$")
_TOP_LEVEL = re.compile(r"\.(?!ser$)(xn--[a-z0-9-]+|[a-z]+)$")  # ".ser" ends handles of servers at MYNIC
_TAIL = re.compile(r"\s*(https?://|\(|\[| - |--).*")


def text_of(body: bytes) -> str:
    """The text of an answer; raises Malformed when there is none."""
    text = parse.text(body).replace("\x00", "")
    if not text.strip():
        raise Malformed("an empty answer")
    return text


def domain(text: str, name: str) -> Registration | None:
    """What an answer says of a domain; None when it is not registered there.

    Raises ReadError when the server is throttling or out of order, Malformed for what is none of these.
    """
    said = entries(text)
    states = [one.value for one in _of(said, words.STATUS)]
    if any(words.FREE.match(one) for one in states):
        return None
    found = _registration(text, said, name, states)
    if _says_something(found):
        _is_about(said, name)
        return found
    why(text)
    if any(words.NOT_OURS.match(one) for one in states):
        raise Malformed("the server does not take the name for one of its own")
    if missing(text):
        return None
    if _has(words.INVALID, text):
        raise Malformed("the server does not take the name for one of its own")
    if any(told(one) for one in states):
        return found
    raise Malformed("neither a registration nor its absence")


def why(text: str) -> None:
    """Raise ReadError when an answer says that the server gives none."""
    if _has(words.THROTTLED, text):
        raise ReadError("the server limits the rate of questions", next_step="wait, and ask it more slowly")
    if _has(words.UNAVAILABLE, text) and not _has(words.NOT_FOUND, text):
        raise ReadError("the server says that it cannot answer now", next_step="ask it again later")


def missing(text: str) -> bool:
    """Whether an answer says that nothing is known."""
    return _has(words.NOT_FOUND, text)


def named(text: str) -> str | None:
    """The domain an answer is about, as it says itself; None when it names none."""
    return next(_named(entries(text)), None)


def sure(head: bytes) -> int:
    """How sure the head of a saved file is a WHOIS answer."""
    if head.lstrip()[:1] in (b"{", b"[", b"<"):
        return 0
    labels = {one.label for one in entries(parse.text(head))}
    groups = (words.CREATED_SURELY | words.CREATED, words.CHANGED_SURELY | words.CHANGED, words.EXPIRES)
    more = (words.SERVERS, words.STATUS, words.REGISTRAR | words.REFERRAL, _RPSL)
    hits = sum(bool(labels & group) for group in (*groups, *more))
    return 80 if labels & (words.NAME | _RPSL) and hits >= 2 else 0


def referral(text: str, labels: Collection[str]) -> str | None:
    """The host of the server that an answer refers to; None when it names none."""
    for one in entries(text):
        if one.label in labels and one.value:
            host = parse.host_name(re.sub(r"^r?whois://|[:/].*$", "", one.value.strip().lower()))
            if host and "." in host and not parse.address(host):
                return host
    return None


def _registration(text: str, said: list[Entry], name: str, states: list[str]) -> Registration:
    order = order_in(text, name.rpartition(".")[2])
    contacts, redacted = people(said)
    signed = next((one.value for one in _of(said, words.SIGNED)), None)
    return Registration(
        object="domain",
        name=name,
        handle=_first(said, words.HANDLE),
        registrar=_registrar(said),
        registrar_id=next(
            (one for one in [_first(said, words.REGISTRAR_ID)] if one and one.isdecimal()), None
        ),
        created=_date(said, words.CREATED_SURELY, words.CREATED, order),
        changed=_date(said, words.CHANGED_SURELY, words.CHANGED, order),
        expires=_date(said, words.EXPIRES, frozenset(), order) or _until(states),
        statuses=tuple(sorted({each for one in states for each in _statuses(one)})),
        name_servers=tuple(sorted(set(_servers(said)))),
        signed=_signed(signed),
        contacts=contacts,
        redacted=redacted,
    )


def _says_something(found: Registration) -> bool:
    dates = (found.created, found.changed, found.expires)
    return bool(found.registrar or found.name_servers or found.contacts or any(dates))


def _is_about(said: list[Entry], name: str) -> None:
    """Raise Malformed when the answer names another domain."""
    names = set(_named(said))
    if names and name not in names:
        raise Malformed("answers about another domain")


def _named(said: list[Entry]) -> Iterator[str]:
    for one in _of(said, words.NAME):
        host = parse.host_name((one.value.split() or [""])[0])
        if host and "." in host:
            yield host


def _of(said: list[Entry], labels: Collection[str]) -> Iterator[Entry]:
    """Entries with one of the labels, and lines under it as a heading."""
    for one in said:
        if one.value and (one.label in labels or (not one.label and one.section in labels)):
            yield one


def _first(said: list[Entry], labels: Collection[str]) -> str | None:
    return next((value for one in _of(said, labels) if (value := told(one.value))), None)


def _registrar(said: list[Entry]) -> str | None:
    beside = [one for one in said if one.label in words.REGISTRAR]
    under = [one for one in said if one.section == "registrar"]
    labelled = [one for one in under if words.FIELDS.get(one.label) in ("organisation", "name")]
    bare = [one for one in under if not one.label]
    found = next((value for one in (*beside, *labelled, *bare) if (value := told(one.value))), None)
    return re.sub(r"\s*\[Tag = .*", "", found) if found else None


def _date(said: list[Entry], sure: Collection[str], weak: Collection[str], order: Order) -> int | None:
    """The first date with a label that is surely the domain's, else with one outside of contacts."""
    for one in _of(said, sure):
        if (found := when(one.value, order)) is not None:
            return found
    others = _contact_blocks(said)
    for one in _of(said, weak):
        if one.section in words.CONTACT_SECTIONS or one.section == "registrar" or one.block in others:
            continue
        value = _UNTIL.fullmatch(one.value)
        if (found := when(value[2] if value else _MAILBOX.sub("", one.value[:120]), order)) is not None:
            return found
    return None


def _contact_blocks(said: list[Entry]) -> set[int]:
    """Blocks that are about something else than a domain, told by their first label, as in RPSL."""
    firsts: dict[int, str] = {}
    for one in said:
        firsts.setdefault(one.block, one.label)
    kinds = {
        "contact",
        "nsset",
        "keyset",
        "person",
        "role",
        "personname",
        "organization",
        "contact id",
        "nic hdl",
    }
    return {block for block, label in firsts.items() if label in kinds}


def _until(states: list[str]) -> int | None:
    """Registries that tell the end of a registration beside its status."""
    for one in states:
        if found := _UNTIL.fullmatch(one) or _CONNECTED.fullmatch(one):
            return when(found[found.lastindex or 1])
    return None


def _statuses(said: str) -> Iterator[str]:
    """EPP words in their spelling; the words of other systems mean other things, and are left out."""
    for part in re.split(r"[,;]| / ", _TAIL.sub("", said.strip())):
        squeezed = re.sub(r"[\W_]+", "", part.lower())
        alone = [squeezed] if squeezed in words.EPP else part.lower().split()
        if all(one in words.EPP for one in alone):
            yield from (words.EPP[one] for one in alone)


def _servers(said: list[Entry]) -> Iterator[str]:
    for one in said:
        if one.label in words.SERVERS or (not one.label and one.section in words.SERVER_SECTIONS):
            for part in re.split(r"[,;]", one.value):
                first = (part.split() or [""])[0].strip("()[]")
                name = parse.host_name(first)
                if name and "." in name and _TOP_LEVEL.search(name):
                    yield name


def _signed(said: str | None) -> bool | None:
    value = (said or "").strip().lower()
    if re.match(r"(signed|yes|y$|active|true|inserted)", value):
        return True
    return False if re.match(r"(unsigned|no\b|n$|none|inactive|false|not signed)", value) else None


def _has(phrases: re.Pattern[str], text: str) -> bool:
    return any(
        phrases.search(line.strip(" \t%#*-")) for line in text.splitlines() if len(line) < LONGEST_PHRASE
    )
