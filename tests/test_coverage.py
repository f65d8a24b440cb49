"""What logs could have shown is counted from the catalogue and never claimed to be all."""

from __future__ import annotations

import pytest

from glasshouse.catalogue import load
from glasshouse.records import SourceCount, Tally
from glasshouse.watch.coverage import OUTSIDE, blind_spots, shares


@pytest.mark.parametrize("kinds", [{"dns"}, {"tls"}, {"connect"}, {"url"}, {"dns", "tls", "connect", "url"}])
def test_no_kind_of_log_is_said_to_show_everything(kinds: set[str]) -> None:
    said = " ".join(shares(load(), kinds))
    assert said
    assert "100 %" not in said


def test_names_alone_hide_the_target_but_for_dns_labels() -> None:
    by_dns, by_tls = shares(load(), {"dns"})[0], shares(load(), {"tls"})[0]
    assert "for 4 of " in by_dns
    assert "for 0 of " in by_tls


def test_the_outside_is_always_named() -> None:
    assert OUTSIDE in blind_spots(load(), Tally())
    assert OUTSIDE in blind_spots(load(), Tally(sources={"bind": SourceCount(records=1, kinds={"dns"})}))
