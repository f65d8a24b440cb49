"""Toolbox for STIX 2.0 and 2.1: objects of a bundle or a TAXII answer in, indicators and troubles out.

Source of the format: OASIS STIX 2.1 (docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html), chapters 3.2
(common properties), 4.7 (indicator), 6 (cyber-observable objects) and 9 (patterns).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

from glasshouse import parse
from glasshouse.errors import Malformed
from glasshouse.know import parse_intel
from glasshouse.know.parse_intel import Read, string
from glasshouse.known import Fact, Indicator
from glasshouse.records import Trouble

Object = Mapping[str, object]
LONGEST_PATTERN = 100_000
TYPES = (
    *("indicator", "tool", "malware", "identity", "observed-data", "domain-name", "ipv4-addr", "ipv6-addr"),
    *("url", "email-addr", "user-account", "file", "software", "x509-certificate"),
)
_TOKEN = re.compile(
    r"\s+|/\*.*?\*/|//[^\n]*"
    r"|(?P<text>'(?:[^'\\]|\\.)*')|(?P<mark>!=|<>|<=|>=|==|[=<>()\[\],])"
    r"|(?P<other>[thb]'[^']*'|-?\d+(?:\.\d+)?(?![\w-]))"
    r"|(?P<path>[A-Za-z][\w-]*:(?:[\w.-]|\[(?:\*|\d+)\]|'(?:[^'\\]|\\.)*')+)|(?P<word>[A-Za-z_]\w*)",
    re.DOTALL,
)
_PLAIN = re.compile(r"\[([a-z0-9-]+:[a-zA-Z_]+)\s?=\s?'([^'\\]{1,2000})'\]")  # nearly all of a feed
_INDEX = re.compile(r"\[(?:\*|\d+)\]")
_EQUALS = {"=", "==", "IN", "ISSUBSET"}
_OPERATORS = {*_EQUALS, "!=", "<>", "<", ">", "<=", ">=", "LIKE", "MATCHES", "ISSUPERSET"}


def _any_of(*readers: Callable[[str], Read | None]) -> Callable[[str], Read | None]:
    return lambda said: next((found for reader in readers if (found := reader(said))), None)


_host = _any_of(parse_intel.of_address, parse_intel.of_name)
_READERS: dict[str, Callable[[str], Read | None]] = {
    "domain-name:value": parse_intel.of_name,
    "ipv4-addr:value": parse_intel.of_address,
    "ipv6-addr:value": parse_intel.of_address,
    "network-traffic:dst_ref.value": _host,
    "network-traffic:src_ref.value": _host,
    "domain-name:resolves_to_refs.value": _host,
    "url:value": parse_intel.of_url,
    "email-addr:value": parse_intel.of_email,
    "email-message:from_ref.value": parse_intel.of_email,
    "email-message:sender_ref.value": parse_intel.of_email,
    "user-account:user_id": parse_intel.of_account,
    "user-account:account_login": parse_intel.of_account,
    "process:name": parse_intel.of_tool,
    "process:image_ref.name": parse_intel.of_tool,
    "process:binary_ref.name": parse_intel.of_tool,
    "file:name": parse_intel.of_tool,
    "software:name": parse_intel.of_tool,
}
_HASHED = ("file:hashes.", "x509-certificate:hashes.", "artifact:hashes.")


def compared(pattern: str) -> tuple[list[tuple[str, str]], int]:
    """What a pattern compares for equality, as (object path, text), and how many other comparisons it has.

    AND, OR and FOLLOWEDBY all give each of their values; a negated comparison is of another kind. Raises
    Malformed when the text is no STIX pattern.
    """
    if plain := _PLAIN.fullmatch(pattern):
        return [(plain[1].lower(), plain[2])], 0
    if len(pattern) > LONGEST_PATTERN:
        raise Malformed("pattern longer than 100,000 characters")
    tokens = list(_tokens(pattern))
    if not tokens or tokens[0][1] not in ("[", "("):
        raise Malformed("not a STIX pattern")
    pairs: list[tuple[str, str]] = []
    others = at = 0
    while at < len(tokens):
        kind, said = tokens[at]
        at += 1
        if said.upper() == "EXISTS":
            others, at = others + 1, at + 1
        if kind != "path":
            continue
        negated = at > 1 and tokens[at - 2][1].upper() == "NOT"
        values, at, equal = _operands(tokens, at)
        equal = equal and not negated
        others += not (equal and values)
        pairs += [(_path(said), value) for value in values if equal]
    if not pairs and not others:
        raise Malformed("not a STIX pattern")
    return pairs, others


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(pattern):
        found = _TOKEN.match(pattern, at)
        if found is None:
            raise Malformed("not a STIX pattern")
        if found.lastgroup:
            yield found.lastgroup, found[0]
        at = found.end()


def _operands(tokens: list[tuple[str, str]], at: int) -> tuple[list[str], int, bool]:
    """The texts a path is compared with, where the tokens go on, and whether the operator means equality."""
    words: list[str] = []
    while at < len(tokens) and tokens[at][1].upper() in {"NOT", *_OPERATORS}:
        words.append(tokens[at][1].upper())
        at += 1
    if not set(words) - {"NOT"}:
        raise Malformed("not a STIX pattern: a comparison lacks its operator")
    values: list[str] = []
    many = at < len(tokens) and tokens[at][1] == "("
    at += many
    while at < len(tokens) and tokens[at][0] in ("text", "other", "word"):
        if tokens[at][0] == "text":
            values.append(re.sub(r"\\(.)", r"\1", tokens[at][1][1:-1], flags=re.DOTALL))
        at += 1
        if not many or at >= len(tokens) or tokens[at][1] != ",":
            break
        at += 1
    return values, at, "NOT" not in words and words[-1] in _EQUALS


def _path(said: str) -> str:
    return _INDEX.sub("", said).replace("'", "").lower()


def value_of(path: str, said: str) -> Read | None:
    """The indicator value at an object path, such as ``domain-name:value``; None where we cannot use it."""
    if path.startswith(_HASHED):
        return parse_intel.of_hash(said)
    reader = _READERS.get(path)
    return reader(said) if reader else None


def facts(objects: Iterable[Object], name: str) -> Iterator[Fact | Trouble]:
    """The indicators of STIX objects: patterns, bare observables, and the names of tools and malware.

    Of several versions of one object the newest counts; what was revoked is left out, and so is what
    observed-data points at, for it was seen and not called bad. ``name`` is the file or server.
    """
    newest: dict[str, Object] = {}
    missing = 0
    for one in objects:
        key = string(one, "id")
        missing += not key
        if key and _version(one) >= _version(newest.get(key, {})):
            newest[key] = one
    if missing:
        yield parse.trouble(name, None, f"{missing:,} left out: object without id", "export it anew")
    identities = {
        key: string(one, "name", 100) for key, one in newest.items() if one.get("type") == "identity"
    }
    observed = {
        ref
        for one in newest.values()
        if one.get("type") == "observed-data"
        for ref in _list(one.get("object_refs"))
    }
    reader = _Reader(name, identities, observed)
    for one in newest.values():
        yield from reader.read(one)
    yield from reader.told()


def _version(one: Object) -> str:
    return string(one, "modified") or string(one, "created")


def _list(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


class _Reader:
    """Reads objects of one feed and counts what it leaves out."""

    def __init__(self, name: str, identities: Mapping[str, str], observed: set[str]) -> None:
        self.name, self.identities, self.observed = name, identities, observed
        self.left_out: Counter[str] = Counter()

    def read(self, one: Object) -> Iterator[Fact | Trouble]:
        kind = string(one, "type")
        if kind not in TYPES or kind in ("identity", "observed-data"):
            return
        if one.get("revoked") is True:
            self.left_out["revoked"] += 1
        elif kind == "indicator":
            yield from self._pattern(one)
        elif kind in ("tool", "malware"):
            names = [string(one, "name"), *parse_intel.words(one.get("aliases"))]
            names += parse_intel.words(one.get("x_mitre_aliases"))
            yield from self._made(one, [found for said in names if (found := parse_intel.of_tool(said))])
        elif string(one, "id") in self.observed:
            self.left_out["only observed, not called bad"] += 1
        else:
            yield from self._made(one, list(_observable(kind, one)))

    def told(self) -> Iterator[Trouble]:
        """One trouble for each reason why something was left out."""
        for reason, count in sorted(self.left_out.items()):
            yield parse.trouble(self.name, None, f"{count:,} left out: {reason}")

    def _pattern(self, one: Object) -> Iterator[Fact | Trouble]:
        kind = string(one, "pattern_type") or "stix"
        if kind != "stix":
            self.left_out[f"pattern of type {kind[:40]}, only stix is read"] += 1
            return
        pattern = one.get("pattern")
        try:
            pairs, others = compared(pattern if isinstance(pattern, str) else "")
        except Malformed as problem:
            yield parse.trouble(f"{self.name}, {string(one, 'id')}", None, str(problem), "mend the pattern")
            return
        self.left_out["comparison by range, part or pattern"] += others
        found = []
        for path, said in pairs:
            if value := value_of(path, said):
                found.append(value)
            else:
                known = path in _READERS or path.startswith(_HASHED)
                self.left_out[f"{'unreadable value' if known else 'comparison'} of {path[:60]}"] += 1
        self.left_out = +self.left_out
        yield from self._made(one, found)

    def _made(self, one: Object, found: list[Read]) -> Iterator[Indicator]:
        author = self.identities.get(string(one, "created_by_ref"), "")
        labels = [*parse_intel.words(one.get("labels")), *parse_intel.words(one.get("indicator_types"))]
        labels += parse_intel.words(one.get("malware_types")) + parse_intel.words(one.get("tool_types"))
        title = string(one, "name", 100)
        key = string(one, "id")
        for kind, value in dict.fromkeys(found):
            yield Indicator(
                type=kind,
                value=value,
                feed=author or self.name,
                confidence=parse_intel.confidence(one.get("confidence")),
                since=_time(one, "valid_from"),
                until=_time(one, "valid_until"),
                seen=_time(one, "modified") or _time(one, "created"),
                labels=parse_intel.words([*([title] if title else []), *labels]),
                reference=key,
                origin=f"{self.name}: {key}",
            )


def _time(one: Object, key: str) -> int | None:
    said = string(one, key)
    return _moment(said) if said else None


@lru_cache(4_096)
def _moment(said: str) -> int | None:
    return parse.time(said)


def _observable(kind: str, one: Object) -> Iterator[Read]:
    """The values of a bare cyber-observable object."""
    keys = {"user-account": ("user_id", "account_login"), "software": ("name",), "file": ()}
    for key in keys.get(kind, ("value",)):
        if found := value_of(f"{kind}:{key}", string(one, key, parse_intel.LONGEST)):
            yield found
    hashes = one.get("hashes")
    for digest in hashes.values() if isinstance(hashes, Mapping) else ():
        if isinstance(digest, str) and (found := parse_intel.of_hash(digest)):
            yield found
