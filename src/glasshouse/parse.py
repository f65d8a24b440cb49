"""Toolbox of loaders: bytes of a file in; out rows, times, addresses and names in one spelling."""

from __future__ import annotations

import csv
import io
import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

import orjson

from glasshouse.errors import Malformed
from glasshouse.records import Trouble

DEPTH = 64
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"^(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*$")
_YES, _NO = {"yes", "true", "1", "y", "on"}, {"no", "false", "0", "n", "off", ""}
_ACCOUNT = re.compile(r"^(?:.*\\)?([^\\@]+)(?:@.*)?$", re.DOTALL)


def text(data: bytes) -> str:
    """The text of a file: UTF-8 with or without mark, UTF-16 with mark, otherwise Latin-1."""
    for mark, name in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(name, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV file with a header: line number and values by lower-case column name, stripped.

    The delimiter is that of ``, ; tab |`` which the header has most of. Raises Malformed.
    """
    whole = text(data)
    header = next((line for line in whole.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=header.count)
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter)
    names: list[str] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not names:
                names = [cell.lower() for cell in cells]
                continue
            yield reader.line_num, dict(zip(names, cells, strict=False))
    except csv.Error as problem:
        raise Malformed(f"not CSV: {problem}") from None


def document(data: bytes) -> object:
    """The value of a JSON file; raises Malformed when it is not JSON, or deeper than 64."""
    try:
        value = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as problem:
        raise Malformed(f"not JSON: line {problem.lineno}") from None
    return value


def objects(value: object) -> list[Mapping[str, object]]:
    """The objects of a list, or the one object; everything else is left out."""
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict)]


def trouble(name: str, position: int | None, reason: str, next_step: str = "") -> Trouble:
    """A bad entry, told with its place."""
    return Trouble(name, position, reason, next_step)


def host_name(said: str) -> str | None:
    """A host or domain name in one spelling: lower case, punycode, no trailing dot, no leading ``*.``."""
    name = said.strip().rstrip(".").lower().removeprefix("*.")
    if not name.isascii():
        try:
            name = name.encode("idna").decode()
        except UnicodeError:
            return None
    return name if _HOST.match(name) else None


@lru_cache(maxsize=100_000)
def ip(said: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, without its zone; None when it is none. The last 100,000 are remembered."""
    try:
        return ipaddress.ip_address(said.strip().partition("%")[0])
    except ValueError:
        return None


def address(said: str) -> str | None:
    """An address in one spelling; None when it is none."""
    found = ip(said)
    return None if found is None else str(found)


def network(said: str) -> str | None:
    """A network in one spelling, host bits cut off; None when it is none."""
    try:
        return str(ipaddress.ip_network(said.strip(), strict=False))
    except ValueError:
        return None


def hardware(said: str) -> str | None:
    """A MAC address, lower case with colons; None when it is none."""
    digits = re.sub(r"[^0-9a-f]", "", said.lower())
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)) if len(digits) == 12 else None


def account(said: str) -> str | None:
    """A bare account name, lower case: ``EXAMPLE\\\\jdoe`` and ``jdoe@example.com`` are ``jdoe``."""
    match = _ACCOUNT.match(said.strip())
    return match[1].strip().lower() or None if match else None


def machine(said: str) -> str | None:
    """A machine's name, lower case and without DNS suffix; an address stays whole."""
    name = said.strip().rstrip(".").lower()
    if not name or address(name):
        return name or None
    return name.split(".", 1)[0]


def yes(said: object) -> bool | None:
    """True or false from how people write it; None when it says neither."""
    if isinstance(said, bool):
        return said
    word = str(said).strip().lower()
    return True if word in _YES else False if word in _NO and word else None


def time(said: object) -> int | None:
    """A time in microseconds from ISO 8601, seconds since 1970 or a date; UTC where no zone is named."""
    if isinstance(said, datetime):
        return _micro(said)
    if isinstance(said, date):
        return _micro(datetime(said.year, said.month, said.day, tzinfo=UTC))
    if isinstance(said, (int, float)) and not isinstance(said, bool):
        return _seconds(said)
    word = str(said).strip()
    if re.fullmatch(r"\d{9,13}(\.\d+)?", word):
        return _seconds(float(word))
    try:
        return _micro(datetime.fromisoformat(word.replace("Z", "+00:00").replace("/", "-")))
    except ValueError:
        return None


def _seconds(number: float) -> int | None:
    if number > 1e11:  # milliseconds
        number /= 1000
    return round(number * 1_000_000) if 0 <= number < 253_402_300_800 else None


def _micro(when: datetime) -> int:
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1_000_000)
