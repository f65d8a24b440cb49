"""The sieve loses nothing: what it lets through gives exactly the lookups that parsing everything gives."""

from __future__ import annotations

import importlib.util
import random
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshouse.catalogue import load
from glasshouse.leaf import sources
from glasshouse.records import Lookup, Tally
from glasshouse.watch import read
from glasshouse.watch.cut import CUTTERS
from glasshouse.watch.match import Matcher
from glasshouse.watch.sieve import patterns, scanner
from glasshouse.watch.sift import Sifter, sift

WRITERS = Path(__file__).parent / "writers"
NAMES = [path.stem for path in sorted(WRITERS.glob("*.py")) if not path.stem.startswith("_")]
ASKED = (
    "api.shodan.io", "crt.sh", "whois.verisign-grs.com", "1.113.0.203.origin.asn.cymru.com", "whois.nic.xyz",
    "API.SecurityTrails.com", "search.censys.io", "api.hackertarget.com", "internetdb.shodan.io",
)  # fmt: skip
OTHERS = (
    "www.example.com", "notshodan.io", "concrt.shop", "shodan.io.example.net", "xn--bcher-kva.example",
    "a.very.long.name.with.many.labels.example.org", "crt.sh.example.com", "update.example.net",
)  # fmt: skip


def writer(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"writer_{name}", WRITERS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def sifter() -> Sifter:
    known = load(())
    matcher = Matcher(known, None, lambda secret: f"fingerprint of {len(secret)}")
    return Sifter(matcher, tuple(known.needles()), tuple(known.tool_needles()))


def lookups(path: Path, name: str, sieve: bool) -> list[Lookup]:
    (item,) = read.inputs([str(path)])
    return list(sift(item, sources()[name], sifter(), Tally(), sieve))


def mixed_case(name: str, rng: random.Random) -> str:
    return "".join(letter.upper() if rng.random() < 0.3 else letter for letter in name)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 2**32), size=st.integers(1, 120), cut=st.integers(0, 3), block=st.integers(64, 4096)
)
def test_sieve_and_parse_finds_what_parse_everything_finds(
    name: str, seed: int, size: int, cut: int, block: int, tmp_path_factory: Any, monkeypatch_module: Any
) -> None:
    rng = random.Random(seed)
    module = writer(name)
    body = [
        module.write(
            mixed_case(rng.choice(ASKED if rng.random() < 0.3 else OTHERS), rng),
            f"192.0.2.{rng.randrange(1, 255)}",
            1_790_000_000_000_000 + number * 1_000_003,
            rng,
        )
        for number in range(size)
    ]
    data = getattr(module, "HEADER", b"") + b"".join(body) + getattr(module, "FOOTER", b"")
    if cut == 1:
        data = data.rstrip(b"\n")
    if cut == 2:
        data = data[: -rng.randrange(1, 40)]
    path = tmp_path_factory.mktemp("sieve") / "log"
    path.write_bytes(data)
    monkeypatch_module.setattr(read, "BLOCK", block)
    monkeypatch_module.setattr(read, "HEAD", block)
    leaf = name.replace("_", "-")
    assert lookups(path, leaf, sieve=True) == lookups(path, leaf, sieve=False)


@pytest.fixture(scope="module")
def monkeypatch_module() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.mark.parametrize("name", sorted(sources()))
def test_every_text_format_has_a_writer(name: str) -> None:
    assert name.replace("-", "_") in NAMES


@given(
    st.lists(st.sampled_from(["crt.sh", "www.example.com", "x", "\n", '"', ",", "\r\n", '""']), max_size=60),
    st.integers(1, 9),
)
def test_quoted_cutter_agrees_with_reading_from_the_start(parts: list[str], step: int) -> None:
    chunk = "".join(parts).encode()
    cutter = CUTTERS["csv"]
    every = list(cutter.every(chunk))
    hits = list(range(0, len(chunk), step))
    wanted = [span for span in every if any(span[0] <= hit < span[1] for hit in hits)]
    assert list(cutter.around(chunk, hits)) == wanted
    assert cutter.count(chunk) == len(every) or not chunk
    assert cutter.whole(chunk) in {0, *(end for _start, end in every)}


@given(st.sampled_from(ASKED), st.integers(0, 2**32), st.sampled_from(["plain", "labels", "hex", "json"]))
def test_every_spelling_of_a_name_is_found(name: str, seed: int, spelling: str) -> None:
    rng = random.Random(seed)
    said = mixed_case(name.lower(), rng)
    written = {
        "plain": said,
        "labels": "".join(f"({len(label)}){label}" for label in said.split(".")) + "(0)",
        "hex": "".join(
            f"{ord(letter):02x}".upper() if rng.random() < 0.5 else f"{ord(letter):02x}" for letter in said
        ),
        "json": "".join(f"\\u{ord(letter):04x}" if rng.random() < 0.4 else letter for letter in said),
    }[spelling]
    scan = scanner(patterns([name], [spelling], []))
    assert scan(f"x {written} y\n".encode())
    assert not scan(b"an ordinary line about www.example.com\n")
