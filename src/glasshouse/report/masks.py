"""Records that name people and machines in; the same records with a token in the place of each name out."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass, replace
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar, cast

from glasshouse.pseudonyms import TOKEN, Kind, Pseudonyms
from glasshouse.records import Target
from glasshouse.report.covered_words import Words
from glasshouse.report.named import FOLDER, NAMES, NOBODYS, groups
from glasshouse.verdicts import Verdict

Record = TypeVar("Record")
Protected = Callable[[Kind, str], bool]

# Words of the house and of rules; every other text is searched for names, so a new field is safe at once.
PLAIN: dict[str, str] = {
    "Alert": "id rules level databases techniques",
    "Answer": "playbook id kind value confidence",
    "Client": "kind",
    "Containment": "names exact shared case",
    "Criterion": "name",
    "Decision": "name row",
    "Episode": "databases techniques keys vias sources",
    "Event": "via query_type method",
    "Evidence": "record_sha256 source",
    "Field": "name value confidence",
    "Lookup": "source record_sha256 via view database techniques scope name key_fingerprint ident",
    "Notice": "id kind level decision alert case link databases techniques",
    "Points": "rule",
    "Reference": "kind",
    "RuleStatus": "rule status where",
    "Target": "type",
    "Tally": "sources kept_in",
    "Triaged": "knowledge",
    "Visibility": "seen_through sources",
}
PATHS = {
    "Evidence": "file",
    "Lookup": "file",
    "Trouble": "where",
    "Reference": "where",
    "Containment": "lake",
}

_ATOM = r"\w.!#$&'*+/=?^`{|}~-"
_MAIL = re.compile(rf"(?<![{_ATOM}])[{_ATOM}]+(?=@[\w-]+(?:\.[\w-]+)+)")
_SID = re.compile(r"(?i)\bS-1-5-21-\d{1,10}-\d{1,10}-\d{1,10}-\d{1,10}\b")
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,8}(?![\w:]))"
)
_INSIDE = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10"),
    )
)
_SHORT, _MOST = 1000, 100_000  # characters, texts: what is remembered
_SPLIT = re.compile(f"({TOKEN.pattern})")


class Cover:
    """Puts tokens in the place of names: of ``everybody``, or only of protected people and what is theirs.

    It knows the names of all records it was shown, so show it all that goes into one output at once.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        everybody: bool,
        protected: Protected | None = None,
        spared: frozenset[tuple[Kind, str]] = frozenset(),
    ) -> None:
        self.pseudonyms, self.everybody, self.protected = pseudonyms, everybody, protected
        self.spared = spared  # names in their plain form that may be seen
        self._words = Words()
        self._covered: set[tuple[Kind, str]] = set()
        self._seen: set[tuple[Kind, str]] = set()
        self._issued: set[str] = set()
        self._texts: dict[tuple[str, bool], str] = {}  # logs say the same again and again
        self._fields: dict[tuple[Kind, str], str] = {}

    def again(self) -> Cover:
        """Another one of the same kind that knows no name yet."""
        return Cover(self.pseudonyms, self.everybody, self.protected, self.spared)

    @property
    def issued(self) -> frozenset[str]:
        """The tokens that stand in the place of names in what was shown."""
        return frozenset(self._issued)

    @property
    def idle(self) -> bool:
        """Whether everything is shown as it is."""
        return not self.everybody and self.protected is None

    def shown(self, record: Record) -> Record:
        """A record, or a list or tuple of them, as it may be shown."""
        if self.idle:
            return record
        self.learn(record)
        return cast(Record, self._rewritten(record))

    def learn(self, record: object) -> None:
        """Take in the names of a record, to cover them in whatever is shown from now on."""
        for group in () if self.idle else groups(record):
            names = list(group)
            if self.everybody or any(self.protected and self.protected(*one) for one in names):
                for kind, name in names:
                    self.hide(kind, name)

    def hide(self, kind: Kind, name: str) -> None:
        """Cover one name from now on."""
        kind = _kind(kind, name)
        if not name or (kind, name) in self._seen:
            return
        self._seen.add((kind, name))
        plain = self.pseudonyms.plain(kind, name)
        if (kind, plain) in self.spared:
            return
        self._texts.clear()
        self._fields.clear()
        self._covered.add((kind, plain))
        token = self._token(kind, name)
        for form in (name, plain):
            self._words.add(form, token)

    def text(self, said: str, path: bool = False) -> str:
        """A text for people without the names; of a ``path`` to a log the folders stay as they are."""
        if self.idle or not said:
            return said
        known = self._texts.get((said, path))
        if known is None:
            known = self._text(said, path)
            if len(said) < _SHORT and len(self._texts) < _MOST:
                self._texts[said, path] = known
        return known

    def _text(self, said: str, path: bool) -> str:
        if self.everybody:
            said = self._between(said, lambda part: _MAIL.sub(self._user, part))
            said = said if path else self._between(said, lambda part: FOLDER.sub(self._folder, part))
            said = self._between(said, lambda part: _SID.sub(self._user, part))
        said = self._between(said, self._words.cover)
        return self._between(said, lambda part: _ADDRESS.sub(self._address, part))

    def _between(self, text: str, change: Callable[[str], str]) -> str:
        """A text changed everywhere but in the tokens that were put into it; a name may look like a token."""
        parts = [""]
        for number, part in enumerate(_SPLIT.split(text) if "-" in text else (text,)):
            if number % 2 and part in self._issued:
                parts += [part, ""]
            else:
                parts[-1] += part
        return "".join(part if number % 2 else change(part) for number, part in enumerate(parts))

    def _token(self, kind: Kind, name: str) -> str:
        if (kind, self.pseudonyms.plain(kind, name)) in self.spared:
            return name
        token = self.pseudonyms.token(kind, name)
        self._issued.add(token)
        return token

    def _user(self, match: re.Match[str]) -> str:
        return self._token("user", match[0])

    def _folder(self, match: re.Match[str]) -> str:
        name = match[2]
        return match[0] if name.lower() in NOBODYS else match[1] + self._token("user", name)

    def _address(self, match: re.Match[str]) -> str:
        try:
            address = ip_address(match[0])
        except ValueError:
            return match[0]
        inside = self.everybody and any(address in network for network in _INSIDE)
        if inside or ("addr", self.pseudonyms.plain("addr", match[0])) in self._covered:
            return self._token("addr", match[0])
        return match[0]

    def _name(self, kind: Kind, name: str) -> str:
        """A field that is a name."""
        known = self._fields.get((kind, name))
        if known is None:
            known = self._fields[kind, name] = self._named(kind, name)
        return known

    def _named(self, kind: Kind, name: str) -> str:
        kind = _kind(kind, name)
        covered = name and (self.everybody or (kind, self.pseudonyms.plain(kind, name)) in self._covered)
        return self._token(kind, name) if covered else name

    def _rewritten(self, value: Any) -> Any:  # noqa: ANN401 -- whatever a record holds
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._rewritten(one) for one in value]
        if isinstance(value, tuple):
            return tuple(self._rewritten(one) for one in value)
        if isinstance(value, Verdict):
            value = replace(value, named=())
        if isinstance(value, Target) and value.type == "email":
            return replace(value, value=self._mail(value.value))
        return self._record(value) if is_dataclass(value) and not isinstance(value, type) else value

    def _record(self, record: Any) -> Any:  # noqa: ANN401 -- any record
        changed = {}
        for name, role in _roles(cast(Hashable, type(record))):
            had = getattr(record, name)
            new = self._field(had, role)
            if new is not had:
                changed[name] = new
        return replace(record, **changed) if changed else record

    def _field(self, had: Any, role: str) -> Any:  # noqa: ANN401 -- the value of any field
        if had is None:
            return None
        if role == "path":
            return self.text(had, path=True)
        if role == "text":
            return self._rewritten(had)
        kind = cast(Kind, role)
        return self._name(kind, had) if isinstance(had, str) else tuple(self._name(kind, x) for x in had)

    def _mail(self, address: str) -> str:
        local, _, domain = address.rpartition("@")
        name = self._name("user", address)
        return f"{name}@{domain}" if local and name != address else name


@cache
def _roles(kind: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 -- a dataclass
    """The fields of a record that are not plain, and what is done to each: path, text or a kind of name."""
    plain, path = PLAIN.get(kind.__name__, "").split(), PATHS.get(kind.__name__)
    roles: dict[str, str] = {one.name: "path" if one.name == path else "text" for one in fields(kind)}
    roles |= NAMES.get(kind, {})
    return tuple((name, role) for name, role in roles.items() if name not in plain)


def _kind(kind: Kind, name: str) -> Kind:
    """A machine that logs know by its address only is that address."""
    if kind != "host":
        return kind
    try:
        ip_address(name.strip())
    except ValueError:
        return kind
    return "addr"
