"""The patterns for ports in JSON find every spelling that JSON allows, and pass over other ports."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from glasshouse.watch.parse_ports import LOOKUP_PORTS, json_ports
from glasshouse.watch.sieve import scanner

SCAN = scanner(json_ports(b"dest_port"))
BLANKS = st.text(alphabet=" \t\r\n", max_size=4)


@given(BLANKS, BLANKS, st.sampled_from(LOOKUP_PORTS), st.booleans(), st.sampled_from([",", "}", " ", "\n"]))
def test_no_spelling_is_missed(before: str, after: str, port: int, quoted: bool, end: str) -> None:
    value = f'"{port}"' if quoted else str(port)
    assert SCAN(f'{{"src_port":4000,"dest_port"{before}:{after}{value}{end}'.encode())


@given(st.sampled_from(["", " "]), st.integers(0, 65535).filter(lambda port: port not in LOOKUP_PORTS))
def test_other_ports_pass(blank: str, port: int) -> None:
    assert not SCAN(f'{{"dest_port":{blank}{port},"proto":"TCP"}}'.encode())


def test_the_patterns_are_those_of_one_plain_expression() -> None:
    plain = re.compile(rb'dest_port"\s*:\s*"?(43|4321|5432)\b')
    for text in (b'"dest_port":43,', b'"dest_port" : "4321"', b'"dest_port":\n\t5432}'):
        assert plain.search(text)
        assert SCAN(text)
