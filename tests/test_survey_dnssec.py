"""DNSSEC for real: zones signed by BIND's own tools, a validating Unbound, and what the survey says."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import survey_days as days
import survey_servers as servers
from test_live_contain import UNBOUND, find
from test_survey_flow import run, shown

SIGN, KEYGEN, DS = (find(one) for one in ("dnssec-signzone", "dnssec-keygen", "dnssec-dsfromkey"))
DOMAIN = days.DOMAIN
PARENT = f"""$TTL 300
@ IN SOA ns1 hostmaster 1 3600 600 86400 60
@ IN NS ns1
ns1 IN A 192.0.2.53
example IN NS ns1.{DOMAIN}.
ns1.example IN A 192.0.2.53
"""
pytestmark = pytest.mark.skipif(
    None in (SIGN, KEYGEN, DS, UNBOUND, servers.NAMED),
    reason="bind9, bind9-utils and unbound are not all installed",
)


def tool(folder: Path, *words: object) -> str:
    return subprocess.run(
        [str(word) for word in words], cwd=folder, check=True, capture_output=True, text=True, timeout=30
    ).stdout


@pytest.fixture(scope="module")
def signed(tmp_path_factory) -> dict[str, str]:
    """The zone signed for now, and with signatures that ended long ago; its DS, and the DS of another key."""
    folder = tmp_path_factory.mktemp("keys")
    keys = []
    for name in ("used", "other"):
        (folder / name).mkdir()
        words = ("-K", name, "-a", "ECDSAP256SHA256", "-f", "KSK", DOMAIN)
        keys.append(folder / name / f"{tool(folder, KEYGEN, *words).strip()}.key")
    made = {name: tool(folder, DS, "-2", key) for name, key in zip(("ds", "other"), keys, strict=True)}
    for name, words in {"now": (), "ended": ("-s", "20240101000000", "-e", "20240201000000")}.items():
        plain = folder / f"plain.{name}"
        plain.write_text(days.zone(days.Day(), DOMAIN))
        tool(
            folder, SIGN, "-S", "-K", "used", "-z", "-P", "-o", DOMAIN, "-f", f"signed.{name}", *words, plain
        )
        made[name] = (folder / f"signed.{name}").read_text()
    return made


@contextmanager
def resolver(folder: Path, server: int, anchor: str) -> Iterator[str]:
    """An Unbound that asks our BIND for ``test`` and trusts one DS."""
    port = servers.free_port()
    (folder / "unbound.conf").write_text(
        f"""server:
  interface: 127.0.0.1
  port: {port}
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  module-config: "validator iterator"
  local-zone: "." static
  local-zone: "test." transparent
  trust-anchor: "{" ".join(anchor.split())}"
stub-zone:
  name: "test."
  stub-addr: 127.0.0.1@{server}
stub-zone:
  name: "{DOMAIN}."
  stub-addr: 127.0.0.1@{server}
remote-control:
  control-enable: no
"""
    )
    with (folder / "unbound.log").open("w") as log:
        process = subprocess.Popen(
            [str(UNBOUND), "-d", "-c", str(folder / "unbound.conf")], stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + 15
        while "start of service" not in (folder / "unbound.log").read_text():
            assert process.poll() is None and time.monotonic() < end, (folder / "unbound.log").read_text()
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def survey(tmp_path, signed):
    """What the survey finds where a zone stands so, with such a DS at its parent."""

    def once(zone: str, ds: str):
        zones = {"test": (PARENT + ds, "none"), DOMAIN: (zone, "none")}
        with (
            servers.bind9(tmp_path, zones) as bind,
            resolver(tmp_path, bind.port, signed["ds"]) as place,
        ):
            settings = '[survey]\nslower = 0.0\nhours = 0\ncollectors = ["dns"]\n'
            world = days.World({}, f'{settings}[survey.endpoints]\ndns = "{place}"\n')
            home = days.home(tmp_path / "home", world)
            run(home, "survey", "run", code=4 if zone == signed["ended"] else 0)
        found = shown(home)
        return {one.check: one for one in found.findings if one.check.startswith("dnssec")}

    return once


def test_a_zone_whose_chain_holds_is_no_finding(survey, signed):
    assert survey(signed["now"], signed["ds"]) == {}


def test_a_signed_zone_without_ds_at_its_parent_is_told(survey, signed):
    (found,) = survey(signed["now"], "").values()
    assert found.check == "dnssec-missing"
    assert "is signed, but its parent has no DS record" in found.says


def test_a_ds_of_another_key_is_broken(survey, signed):
    found = survey(signed["now"], signed["other"])
    assert "no DNSKEY record fits it" in found["dnssec-broken"].says


def test_signatures_that_ended_are_broken(survey, signed):
    found = survey(signed["ended"], signed["ds"])
    assert "SERVFAIL" in found["dnssec-broken"].says
    assert found["dnssec-broken"].confidence == "medium"
