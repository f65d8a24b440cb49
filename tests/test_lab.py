"""Real servers logged while real clients made a known number of lookups: who is alerted, who is not."""

from __future__ import annotations

from functools import cache

import pytest

from glasshouse.config import Options
from glasshouse.flow import watch
from glasshouse.records import LEVELS, Alert, Report
from shared_data import LOGS, needs_logs

pytestmark = needs_logs

DNS = (
    "dns/lab_bind-9.20.26_localtime.log",
    "dns/lab_bind-9.20.26_iso8601-utc.log",
    "dns/lab_unbound-1.22.0.log",
    "dns/lab_dnsmasq-2.91.log",
    "dns/lab_pdns-recursor-5.2.13.log",
)
PROXY = (
    "squid/lab_squid-6.13_native.log",
    "squid/lab_squid-6.13_common.log",
    "squid/lab_squid-6.13_combined.log",
    "squid/lab_squid-6.13_custom-corp.log",
)
EVE = ("suricata/lab_7.0.10_eve.json.gz",)

SHODAN, CRTSH, WHOIS, EIGHT = "10.44.1.11", "10.44.1.12", "10.44.1.13", "10.44.1.14"
MADE = {SHODAN: 40, CRTSH: 50, WHOIS: 50, EIGHT: 48}
BENIGN = ("10.44.1.15", "10.44.1.16", "10.44.1.17")
BULK = [
    *((log, client) for log in DNS for client in (CRTSH, WHOIS)),
    *((log, EIGHT) for log in PROXY),
    *((log, client) for log in EVE for client in (SHODAN, CRTSH, WHOIS, EIGHT)),
]
HIDDEN = [(log, SHODAN) for log in DNS]


@cache
def report(log: str) -> Report:
    return watch([str(LOGS / log)], Options())


def alerts_of(log: str, client: str) -> list[Alert]:
    return [alert for alert in report(log).alerts if alert.actor.ip == client]


def serious(alerts: list[Alert]) -> list[Alert]:
    return [alert for alert in alerts if LEVELS.index(alert.level) >= LEVELS.index("medium")]


@pytest.mark.parametrize(("log", "client"), BULK)
def test_a_bulk_client_the_log_could_see_is_alerted_in_its_own_right(log: str, client: str) -> None:
    (alert,) = serious(alerts_of(log, client))
    assert MADE[client] / 3 <= alert.requests.estimate <= MADE[client] * 3
    assert alert.requests.min <= alert.requests.estimate


@pytest.mark.parametrize("log", [*DNS, *PROXY, *EVE])
@pytest.mark.parametrize("client", BENIGN)
def test_a_benign_client_is_not_alerted(log: str, client: str) -> None:
    assert serious(alerts_of(log, client)) == []


@pytest.mark.parametrize(("log", "client"), HIDDEN)
def test_what_a_dns_log_cannot_show_is_not_invented_but_said(log: str, client: str) -> None:
    assert serious(alerts_of(log, client)) == []
    assert any("DNS" in sentence and "request" in sentence for sentence in report(log).blind_spots)


@pytest.mark.parametrize("log", [*DNS, *PROXY, *EVE])
def test_every_record_of_a_lab_log_can_be_read(log: str) -> None:
    tally = report(log).tally
    assert tally.troubles == []
    assert sum(count.quarantined for count in tally.sources.values()) == 0
