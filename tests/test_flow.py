"""The whole hunt: the same records in any order, twice, or split over files give the same alerts."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow import find, watch
from glasshouse.records import Alert

DATABASES = ("crt.sh", "api.shodan.io", "api.hackertarget.com", "api.securitytrails.com", "www.example.com")


def squid(second: float, client: int, host: str, size: int = 4000, ms: int = 90) -> str:
    return (
        f"{1_789_549_200 + second:.3f} {ms:6d} 10.20.1.{client} TCP_TUNNEL/200 {size} CONNECT {host}:443 "
        f"u-{client:03d} HIER_DIRECT/192.0.2.9 -\n"
    )


def day(seed: int) -> list[str]:
    """A few clients with bursts, single visits and one long connection."""
    rng = random.Random(seed)
    lines = [squid(rng.uniform(0, 20_000), rng.randrange(1, 9), rng.choice(DATABASES)) for _ in range(40)]
    start = rng.uniform(0, 20_000)
    lines += [squid(start + step * rng.uniform(0.2, 2), 3, rng.choice(DATABASES[:4])) for step in range(40)]
    lines.append(squid(start, 5, "api.shodan.io", size=19_000, ms=40_000))
    return sorted(set(lines))


def told(alerts: tuple[Alert, ...]) -> list[Alert]:
    """Alerts without the file names and places, which differ when files are split."""
    return [
        replace(alert, evidence=tuple(replace(row, file="", position=0) for row in alert.evidence))
        for alert in alerts
    ]


def hunted(folder: Path, parts: dict[str, list[str]]) -> list[Alert]:
    for name, lines in parts.items():
        data = "".join(lines).encode()
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return told(watch([str(folder)], Options(home=folder / "home", source="squid")).alerts)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_order_copies_and_splits_do_not_change_the_alerts(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rng = random.Random(seed)
    lines = day(seed)
    shuffled = rng.sample(lines, len(lines))
    cut = rng.randrange(len(lines))
    variants = [
        {"a.log": lines},
        {"a.log": shuffled},
        {"a.log": lines, "copy.log.gz": lines},
        {"a.log": shuffled[:cut], "b.log": shuffled[cut:] + shuffled[:5]},
        {"a.log": [line for line in lines for _ in range(2)]},
    ]
    results = [hunted(tmp_path_factory.mktemp("hunt"), parts) for parts in variants]
    assert results[0], "this day must raise something"
    for result in results[1:]:
        assert result == results[0]


def test_since_and_until_bound_the_lookups(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("".join(squid(step * 60, 1, "crt.sh") for step in range(10)))
    all_of_them, _tally, _catalogue = find([str(tmp_path / "a.log")], Options(home=tmp_path / "h"))
    assert len(all_of_them) == 10
    bounds = Options(home=tmp_path / "h", since=all_of_them[3].time, until=all_of_them[7].time)
    assert find([str(tmp_path / "a.log")], bounds)[0] == all_of_them[3:7]


def test_an_unknown_source_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(squid(0, 1, "crt.sh"))
    with pytest.raises(UsageError, match="no log source named"):
        find([str(tmp_path)], Options(home=tmp_path / "h", source="sqiud"))


def test_a_file_of_no_known_format_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("buy milk\n")
    (tmp_path / "a.log").write_text(squid(0, 1, "crt.sh"))
    found, tally, _catalogue = find([str(tmp_path)], Options(home=tmp_path / "h"))
    assert len(found) == 1
    assert [trouble.reason for trouble in tally.troubles] == ["log format not recognised"]


def test_an_empty_folder_is_not_the_same_as_nothing_found(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    _found, tally, _catalogue = find([str(tmp_path / "logs")], Options(home=tmp_path / "h"))
    assert [trouble.reason for trouble in tally.troubles] == ["nothing to read: no file, or empty ones"]
