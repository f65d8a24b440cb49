"""The survey's lists of facts in; out, that each entry can be read and means what its checks take it for."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest

from glasshouse.observed import Service
from glasshouse.records import LEVELS
from glasshouse.survey import lists

NAMES = sorted(
    file.name.removesuffix(".yml") for file in (files("glasshouse.survey") / "lists").iterdir()
    if file.name.endswith(".yml")
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_list_has_entries_and_none_twice(name):
    found = [tuple(sorted(one.items())) for one in lists.entries(name)]
    assert found and all(found)
    assert len(set(found)) == len(found)


def test_risky_ports_say_how_bad_they_are_and_no_port_is_two_things():
    for one in lists.entries("risky_ports"):
        assert one["level"] in LEVELS, one
        assert all(port.partition("/")[0].isdigit() for port in lists.words(one, "ports")), one
    ports = [port for one in lists.entries("risky_ports") for port in lists.words(one, "ports")]
    assert len(ports) == len(set(ports))


def test_ends_of_life_have_a_day_a_source_and_one_end_for_each_line():
    ends: dict[tuple[str, str], str] = {}
    for one in lists.entries("end_of_life"):
        assert date(2005, 1, 1) < date.fromisoformat(one["ended"]) < date(2030, 1, 1)
        assert one["source"].startswith("https://")
        for product in lists.words(one, "products"):
            assert ends.setdefault((product, one["cycle"]), one["ended"]) == one["ended"]


@pytest.mark.parametrize(
    ("product", "version", "cycle"),
    [
        ("php", "7.4.33", "7.4"), ("php", "7.40.1", None), ("openssl", "1.0.2k-fips", "1.0.2"),
        ("openssl", "1.0.20", None), ("postgresql", "9.6.24", "9.6"), ("postgresql", "12", "12"),
        ("postgresql", "120.1", None), ("mysql", "5.5.5-10.3.34-mariadb", None), ("nginx", "0.1", None),
        ("microsoft sql server", "10.50.1600", "10.50"), ("microsoft exchange", "15.2.1544", None),
    ],
)  # fmt: skip
def test_a_version_belongs_to_its_own_line_only(product, version, cycle):
    found = lists.ended(product, version)
    assert (found and found["cycle"]) == cycle


@pytest.mark.parametrize(
    ("issuer", "who"),
    [
        ("C=US, O=Let's Encrypt, CN=R3", "Let's Encrypt"),
        ('C=US, O="Example, Inc.", CN=E1', "Example, Inc."),
        ("CN=E1,O=Example\\, Inc.,C=US", "Example, Inc."),
        ("/C=US/O=Example Trust/CN=E1", "Example Trust"),
        ("CN=Only Name", "Only Name"),
        ("nothing of the kind", "nothing of the kind"),
        ("", ""),
    ],
)
def test_organisation_of_an_issuer(issuer, who):
    assert lists.organisation(issuer) == who


def test_software_is_read_from_fields_cpes_and_headers():
    fact = Service(
        ip="192.0.2.1", port=80, product="Example httpd", version="1.2",
        cpes=("cpe:2.3:a:php:php:7.4.3:*:*:*:*:*:*:*", "cpe:/a:apache:tomcat:8.5.50", "cpe:/a:nginx:nginx"),
        server="Apache/2.2.15 (CentOS)",
    )  # fmt: skip
    assert set(lists.software(fact)) == {
        ("example httpd", "1.2"), ("php:php", "7.4.3"), ("apache:tomcat", "8.5.50"), ("apache", "2.2.15"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("d111.cloudfront.net", "amazon cloudfront"),
        ("x.y.azureedge.net", "azure cdn"),
        ("notcloudfront.net", None),
        ("cloudfront.net.example.test", None),
        ("", None),
    ],
)
def test_cdn_by_label_boundary(name, provider):
    assert lists.cdn_of(name) == provider


@pytest.mark.parametrize("time", [None, 10**30, -(10**30)])
def test_a_day_that_cannot_be(time):
    assert lists.day(time) == "an unknown day"
