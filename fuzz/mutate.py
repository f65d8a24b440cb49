"""A log and a source of chance in, a damaged log out: the ways logs break, and the ways people break them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

NUMBERS = (
    b"0", b"-0", b"-1", b"1e999", b"NaN", b"1.", b".5", b"2147483648", b"4294967296",
    b"9223372036854775808", b"253402300800", b"99999999999.999999", b"-62135596801", b"123456789012345678",
    b"0x1F", b"0" * 400, b"9" * 400, b"\xd9\xa1\xd9\xa2", b"1_000", b"12345.678",
)  # fmt: skip
TIMES = (
    b"1970-01-01T00:00:00Z", b"2038-01-19T03:14:08Z", b"9999-12-31T23:59:59Z",
    b"9999-12-31T23:59:59-14:00", b"0001-01-01T00:00:00+14:00", b"0000-00-00T00:00:00Z",
    b"2026-02-29T24:60:61Z", b"2026-11-20 09:00:00", b"20/Nov/2026:21:54:57 +0000", b"Nov 31 25:00:00",
    b"Feb 29 12:00:00", b"12/31/9999 12:00:00 PM",
)  # fmt: skip
PIECES = (
    *NUMBERS, *TIMES, b"\x00", b"\x00" * 64, b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\r", b"\r\n", b"\n", b"\n\n", b"\x0b", b"\x0c", b"\x1c", b"\x85", b"\xc2\x85",
    b"\xe2\x80\xa8", b'"', b'""', b"'", b"\\", b'\\"', b"{", b"}", b"[", b"]", b",", b":", b"#",
    b"#fields\t", b"#separator \\x", b"#Fields: ", b"\\x", b"\\x2e", b"\\u002e", b"\\ud800", b"%00",
    b"%2e", b"(3)api(6)shodan(2)io(0)", b"(99)", b"<!DOCTYPE x>", b"&#x63;", b"&a;", b"</Event>",
    b"<Event>", b"<![CDATA[", b"]]>", b"\x1b]0;x\x07", b"\x1b[2J", b"\xc2\x9b31m", b"\xe2\x80\xae",
    b"\xef\xbc\x9d1", b"=1+1", b"crt.sh", b"api.shodan.io", b"CRT.SH:443",
    b"https://crt.sh/?q=%25.example.com", b"http://[::1", b"http://u:p@api.shodan.io:99999/x?key=abc",
    b"whois.nic.xyz", b" ", b"\t", b"-", b"()", b"a" * 3000, b"{" * 100, b"[" * 200, b"." * 300,
    b"1789549200.1 ", b"type=EXECVE msg=audit(1.1:1):", b"subfinder -d example.com",
)  # fmt: skip
VALUES = (
    b"null", b"true", b"[]", b"{}", b"0", b"-1.5", b"1e308", b'""', b'"x"', b"[[]]", b"[null]", b'{"a":1}',
    b'[{"name":null}]', b'{"#text":[]}', b'{"#attributes":null}', b'["api.shodan.io"]',
    b"18446744073709551616", b'"\\u0000"',
)  # fmt: skip
_NUMBER = re.compile(rb"\d+(?:\.\d+)?")
_VALUE = re.compile(rb'(?<=:)\s*(?:"(?:[^"\\]|\\.)*"|[\d.eE+-]+|null|true|false|\{[^{}]*\}|\[[^\[\]]*\])')
_KEY = re.compile(rb'"[\w.@#]{1,40}"(?=\s*:)')

Way = Callable[[bytes, random.Random], bytes]


def _bit(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] if rng.random() < 0.7 else data[at:]


def _hole(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 2, 5, 40, 300)) :]


def _piece(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    piece = rng.choice(PIECES) if rng.random() < 0.8 else rng.randbytes(rng.randrange(1, 40))
    return data[:at] + piece + data[at + rng.choice((0, 0, len(piece))) :]


def _number(data: bytes, rng: random.Random) -> bytes:
    return _replaced(data, rng, _NUMBER, NUMBERS)


def _value(data: bytes, rng: random.Random) -> bytes:
    return _replaced(data, rng, _VALUE, VALUES)


def _key(data: bytes, rng: random.Random) -> bytes:
    found = [match.group() for match in _KEY.finditer(data[:20000])]
    return _replaced(data, rng, _KEY, found) if found else data


def _replaced(
    data: bytes, rng: random.Random, what: re.Pattern[bytes], by: tuple[bytes, ...] | list[bytes]
) -> bytes:
    start = rng.randrange(len(data))
    match = what.search(data, start) or what.search(data)
    return data[: match.start()] + rng.choice(by) + data[match.end() :] if match else data


def _lines(data: bytes, rng: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.randrange(5)
    if how == 0:
        rng.shuffle(lines)
    elif how == 1:
        lines.insert(one, lines[other])
    elif how == 2:
        del lines[one]
    elif how == 3:
        lines[one] = lines[one].rstrip(b"\r\n") + lines[other]
    else:
        lines = [line.rstrip(b"\r\n") + b"\r\n" for line in lines]
    return b"".join(lines)


WAYS: tuple[Way, ...] = (_bit, _cut, _hole, _piece, _piece, _number, _value, _value, _key, _lines)


def damaged(data: bytes, rng: random.Random, most: int = 6) -> bytes:
    """The log after one to ``most`` accidents."""
    for _ in range(rng.randint(1, most)):
        if data:
            data = rng.choice(WAYS)(data, rng)
    return data
