"""Nothing in, hand-made Exposures out: an invented organisation, a blind one, an empty one, a hostile one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import hostile
from glasshouse.asking import Subject
from glasshouse.findings import Blind, Edge, Exposure, Finding, Judged, Revealed, Shift, Tie, Trend
from glasshouse.known import Asset, Change
from glasshouse.observed import (
    Certificate,
    Contact,
    DnsRecord,
    Observation,
    Registration,
    Resolution,
    Service,
)
from glasshouse.records import Points, Trouble

DAY = 86_400_000_000
NOW = 1_795_165_200_000_000  # 2026-11-20T09:00:00Z
BEFORE = NOW - 7 * DAY
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

DOMAIN = Asset(type="domain", value="example.test", owner="Web team", environment="production",
               criticality="high", origin="inventory.yml:2")  # fmt: skip
BLOCK = Asset(type="cidr", value="203.0.113.0/24", owner="Network team", criticality="critical",
              origin="inventory.yml:9")  # fmt: skip


def seen(fact, collector="crtsh", database=None, subject=None, time=NOW, ask=1):
    """One fact as an observation."""
    return Observation(
        collector=collector, database=database or collector,
        subject=subject or Subject("domain", "example.test"), time=time, raw_sha256=SHA, ask=ask, fact=fact,
    )  # fmt: skip


GATEWAY = Service(ip="203.0.113.5", port=443, protocol="https", product="Example Gateway", version="9.1",
                  cves=("CVE-2099-0001", "CVE-2099-0002"), tags=("vpn",), hostnames=("vpn.example.test",),
                  title="Sign in", first_seen=NOW - 400 * DAY, last_seen=NOW - DAY)  # fmt: skip
DESKTOP = Service(ip="203.0.113.9", port=3389, protocol="rdp", first_seen=NOW - 3 * DAY, last_seen=NOW - DAY)
STAGING = DnsRecord(name="staging.example.test", type="CNAME", data="old-shop.cloud.example", live=True)
WWW_OLD = DnsRecord(name="www.example.test", type="A", data="203.0.113.20", live=True)
WWW = replace(WWW_OLD, data="198.51.100.7")
FOREIGN = Certificate(serial="4f00a1", issuer="C=XX, O=Other CA, CN=Other CA 7",
                      names=("login.example.test",), not_before=NOW - 2 * DAY,
                      not_after=NOW + 88 * DAY, logged=NOW - 2 * DAY)  # fmt: skip
RENEWED = Certificate(serial="77aa", issuer="C=XX, O=Usual CA, CN=Usual CA 3", names=("www.example.test",),
                      not_before=NOW - 5 * DAY, not_after=NOW + 85 * DAY, logged=NOW - 5 * DAY)  # fmt: skip
OLD_REGISTRATION = Registration(
    object="domain", name="example.test", registrar="Example Registrar", created=NOW - 3000 * DAY,
    expires=NOW + 20 * DAY, name_servers=("ns1.example.net", "ns2.example.net"), statuses=("active",),
    contacts=(Contact(role="registrant", organisation="Example GmbH", email="hostmaster@example.test"),),
)  # fmt: skip
REGISTRATION = replace(OLD_REGISTRATION, expires=NOW + 385 * DAY)
LOST = Resolution(name="old.example.test", type="A", rcode="NXDOMAIN", server="192.0.2.53")

GATEWAY_SEEN = seen(GATEWAY, "shodan-host", "shodan", Subject("ip", "203.0.113.5"), ask=4)
DESKTOP_SEEN = seen(DESKTOP, "shodan-host", "shodan", Subject("ip", "203.0.113.9"), ask=5)
STAGING_SEEN = seen(STAGING, "dns", "dns", Subject("hostname", "staging.example.test"), ask=2)
FOREIGN_SEEN = seen(FOREIGN)
REGISTRATION_SEEN = seen(REGISTRATION, "rdap-domain", "rdap", ask=3)

CHANGE = Change(id="CHG-1017", title="Move the shop", since=BEFORE + DAY, until=NOW, approved=True,
                approved_by="chair of the board", assets=("www.example.test",))  # fmt: skip


def finding(**said):
    """A finding with what all of them have."""
    points = said.pop("points")
    return Finding(score=sum(row.points for row in points), points=points, **said)


EXPLOITED = finding(
    id="F-0a1b2c3d4e01", check="exploited-vulnerability", technique="T1596.005",
    title="Vulnerability that is exploited, as reported", about="vpn.example.test",
    key="CVE-2099-0001 203.0.113.5",
    says="shodan reports CVE-2099-0001 for Example Gateway at 203.0.113.5 port 443: known to be exploited",
    level="critical", priority="act",
    points=(
        Points("level", 50, "the check is critical by itself"),
        Points("reach", 15, "shown now by shodan"),
        Points("exploitation", 25, "it is on a list of what is exploited"),
        Points("confidence", -5, "of medium confidence"),
        Points("priority", 0, "act: it is exploited, shown now, the asset is of critical criticality"),
    ),
    asset=BLOCK, owner="Network team", databases=("shodan",), evidence=(GATEWAY_SEEN,),
    first_public=NOW - 400 * DAY, last_public=NOW - DAY,
    remedy="Look up the version in use; update by the due date, or close the service until then",
    vanishes="the report, from scan databases at their next visit after the update",
    confidence="medium", due=NOW + 14 * DAY,
    looked_up=("ana on ws-17 asked shodan about 203.0.113.5 on 2026-11-18 14:02:11Z.",),
)  # fmt: skip
DESKTOP_OPEN = finding(
    id="F-0a1b2c3d4e02", check="remote-desktop", technique="T1596.005",
    title="Remote desktop open to everybody", about="203.0.113.9", key="203.0.113.9 3389/tcp",
    says="shodan shows rdp at 203.0.113.9 port 3389", level="high", priority="attend",
    points=(
        Points("level", 35, "the check is high by itself"),
        Points("reach", 15, "shown now by shodan"),
        Points("change", 15, "the change that brought it is suspicious"),
        Points("priority", 0, "attend: shown now, and the change that brought it is suspicious"),
    ),
    asset=BLOCK, owner="Network team", verdict="suspicious", databases=("shodan",),
    evidence=(DESKTOP_SEEN,), first_public=NOW - 3 * DAY, last_public=NOW - DAY,
    remedy="Close it to the internet; reach it through a VPN or a gateway with a second factor",
    vanishes="the service, from scan databases at their next visit",
)  # fmt: skip
DANGLING = finding(
    id="F-0a1b2c3d4e03", check="dangling-cname", technique="T1596.001",
    title="Alias leads to a name that does not exist", about="staging.example.test",
    key="staging.example.test",
    says="staging.example.test leads to old-shop.cloud.example, which does not exist",
    level="high", priority="attend",
    points=(Points("level", 35, "the check is high by itself"), Points("reach", 15, "shown now by dns")),
    asset=DOMAIN, owner="Web team", databases=("dns",), evidence=(STAGING_SEEN,), last_public=NOW,
    remedy="Delete the CNAME record first, then whatever is left of the service behind it",
    vanishes="the alias, from public DNS; passive DNS keeps old answers",
)  # fmt: skip
UNAPPROVED = finding(
    id="F-0a1b2c3d4e04", check="unapproved-certificate", technique="T1596.003",
    title="Certificate that nobody approved", about="login.example.test", key="4f00a1 other ca 7",
    says="Other CA 7 issued a certificate for login.example.test that no change record names",
    level="medium", priority="track*",
    points=(Points("level", 20, "the check is medium by itself"), Points("change", 15, "it is suspicious")),
    asset=DOMAIN, owner="Web team", verdict="suspicious", databases=("crtsh",), evidence=(FOREIGN_SEEN,),
    first_public=NOW - 2 * DAY, last_public=NOW,
    remedy="Ask the name's owner who ordered it; if nobody did, have the issuer revoke it and narrow CAA",
)  # fmt: skip
MAILBOX = finding(
    id="F-0a1b2c3d4e05", check="contact-in-own-domain", technique="T1596.002",
    title="Contact mailbox lies in the domain it is for", about="example.test", key="example.test registrant",
    says="the registrant's mailbox hostmaster@example.test lies in example.test itself",
    level="low", priority="track", points=(Points("level", 10, "the check is low by itself"),),
    databases=("rdap",), evidence=(REGISTRATION_SEEN,), m1056=True, confidence="low",
    remedy="Give the registrar a mailbox of another domain of ours",
    vanishes="the mailbox, from RDAP and WHOIS",
)  # fmt: skip
BORNE = finding(
    id="F-0a1b2c3d4e06", check="wildcard-certificate", technique="T1596.003", title="Wildcard certificate",
    about="example.test", key="*.example.test", says="a certificate covers *.example.test", level="low",
    priority="track", points=(Points("level", 10, "the check is low by itself"),), asset=DOMAIN,
    owner="Web team", databases=("crtsh",), remedy="Order certificates for single names", state="accepted",
    state_says="accepted by ciso for Web team: the shop needs it until the move, until 2027-02-01",
)  # fmt: skip


def shift(kind, fact, before=None, after=None, **said):
    """One difference."""
    one = after or before
    return Shift(kind=kind, fact_kind=one.kind, key=fact.key, collector=one.collector, database=one.database,
                 before=before, after=after, **said)  # fmt: skip


CHANGES = (
    Judged(
        shift=shift("new", FOREIGN, after=FOREIGN_SEEN), verdict="suspicious", asset=DOMAIN,
        reasons=("No approved change record names its serial or hash.", "Signs: a new issuer."),
        signs=("Other CA 7 never issued for us before",),
    ),
    Judged(
        shift=shift("new", DESKTOP, after=DESKTOP_SEEN), verdict="unmanaged", asset=BLOCK,
        reasons=("No approved change record fits 203.0.113.9; public since 2026-11-17.",),
        near_miss="CHG-1020 (Test machine): it is not approved",
    ),
    Judged(
        shift=shift("gone", WWW_OLD, before=seen(WWW_OLD, "dns", "dns", time=BEFORE)),
        verdict="approved", asset=DOMAIN, change=CHANGE, reasons=("CHG-1017 names www.example.test.",),
    ),
    Judged(
        shift=shift("new", WWW, after=seen(WWW, "dns", "dns")), verdict="approved", asset=DOMAIN,
        change=CHANGE, reasons=("CHG-1017 names www.example.test, approved by chair of the board.",),
    ),
    Judged(
        shift=shift(
            "changed", REGISTRATION, seen(OLD_REGISTRATION, "rdap-domain", "rdap", time=BEFORE),
            REGISTRATION_SEEN, fields=("expires",),
        ),
        verdict="expected", asset=DOMAIN, reasons=("The registration was renewed.",),
    ),
    Judged(
        shift=shift("new", RENEWED, after=seen(RENEWED, "certspotter"), first_look=True),
        verdict="unmanaged", asset=DOMAIN, reasons=("It was seen for the first time.",),
    ),
)  # fmt: skip

EXPOSURE = Exposure(
    at=NOW, before=BEFORE, organisation="Example GmbH", assets=12,
    findings=(EXPLOITED, DESKTOP_OPEN, DANGLING, UNAPPROVED, MAILBOX, BORNE),
    changes=CHANGES,
    ties=(
        Tie(type="hostname", value="shop.example.org", strength=70, evidence=(FOREIGN_SEEN,),
            chain=("a certificate names it beside login.example.test", "it resolves to 203.0.113.20, ours")),
        Tie(type="ip", value="198.51.100.99", strength=30, chain=("its name ends with example.test",)),
        Tie(type="domain", value="example.net", strength=90, chain=("same registrant",), state="disowned"),
    ),
    revealed=(
        Revealed(technique="T1596.001", database="dns", collector="dns", kind="record", things=41, subjects=9,
                 last_asked=NOW),
        Revealed(technique="T1596.002", database="rdap", collector="rdap-domain", kind="registration",
                 things=2, subjects=2, last_asked=NOW),
        Revealed(technique="T1596.003", database="crtsh", collector="crtsh", kind="certificate", things=130,
                 subjects=2, last_asked=NOW),
        Revealed(technique="T1596.005", database="shodan", collector="shodan-host", kind="service", things=6,
                 subjects=3, last_asked=NOW - DAY),
    ),
    edges=(
        Edge(name="www.example.test", provider="cloudflare", how=("its alias www.example.test.cdn.example",),
             origins=("203.0.113.20",)),
    ),
    blind=(
        Blind(collector="certspotter", status="failed", subjects=2, reason="429, too many requests",
              last_complete=BEFORE),
        Blind(collector="crtsh", status="partial", subjects=1, reason="1 not read: no serial",
              last_complete=None),
        Blind(collector="censys", status="never", subjects=0, reason="needs a key: personal access token",
              last_complete=None),
        Blind(collector="whois", status="never", subjects=0, reason="was never asked", last_complete=None),
    ),
    trend=(
        Trend(NOW - 14 * DAY, (("high", 1), ("low", 3)), 0),
        Trend(BEFORE, (("high", 2), ("medium", 1), ("low", 2)), 1),
    ),
    troubles=(Trouble("check weak-key", None, "failed on 1 things, first with ValueError", "report it"),),
)  # fmt: skip
QUIET = Exposure(at=NOW, before=BEFORE, assets=1, revealed=EXPOSURE.revealed)  # all seen, nothing found
DIM = replace(QUIET, blind=EXPOSURE.blind)  # nothing found, not all seen
DARK = Exposure(at=NOW, before=None, assets=3, blind=EXPOSURE.blind)  # nothing could be seen at all


def bad() -> Exposure:
    """Hostile text in every place that can hold one, times no calendar has."""
    return Exposure(
        at=10**30, before=-(10**30), organisation=hostile.TEXTS[0], assets=1,
        findings=tuple(_bad_finding(number, text) for number, text in enumerate(hostile.TEXTS)),
        changes=tuple(_bad_change(text) for text in hostile.TEXTS),
        ties=tuple(Tie(type="hostname", value=text, chain=(text, ""), strength=1) for text in hostile.TEXTS),
        revealed=tuple(
            Revealed(technique=text, database=text, collector=text, kind="record", things=1, subjects=1,
                     last_asked=-(10**30))
            for text in hostile.TEXTS
        ),
        edges=tuple(
            Edge(name=text, provider=text, how=(text,), origins=(text,)) for text in hostile.TEXTS
        ),
        blind=tuple(
            Blind(collector=text, status="failed", subjects=1, reason=text, last_complete=10**30)
            for text in hostile.TEXTS
        ) + tuple(
            Blind(collector=text, status="never", subjects=0, reason=text, last_complete=None)
            for text in hostile.TEXTS
        ),
        trend=(Trend(-(10**30), (("high", 10**9),), 1),),
        troubles=tuple(Trouble(text, 1, text, text) for text in hostile.TEXTS),
    )  # fmt: skip


def bad_facts(text: str):
    """One fact of each kind, full of a text."""
    yield DnsRecord(name=text, type=text, data=text, first_seen=-(10**30))
    yield Resolution(name=text, type=text, rcode=text, server=text)
    yield Registration(object="domain", name=text, registrar=text, title=text, created=10**30, blocks=(text,),
                       statuses=(text,), name_servers=(text,), contacts=(Contact(role=text),))  # fmt: skip
    yield Certificate(serial=text, issuer=text, names=(text,), not_before=10**30, revoked=True)
    yield Service(ip=text, port=-1, transport=text, protocol=text, product=text, cves=(text,), tags=(text,),
                  title=text, last_seen=10**30)  # fmt: skip


def _bad_finding(number: int, text: str) -> Finding:
    return Finding(
        id=f"F-{number}{text[:40]}", check=text, technique=text, title=text, about=text, key=text, says=text,
        level="high", priority="act", score=7, points=(Points(text, 7, text), Points("priority", 0, text)),
        asset=Asset(type="domain", value=text, owner=text, environment=text, origin=text), owner=text,
        databases=(text,), remedy=text, vanishes=text, state_says=text, looked_up=(text,), due=10**30,
        evidence=tuple(
            seen(fact, text, text, Subject("domain", text), -(10**30)) for fact in bad_facts(text)
        ),
        first_public=-(10**30), last_public=10**30,
    )  # fmt: skip


def _bad_change(text: str) -> Judged:
    old, new = (
        seen(fact, text, text, time=10**30) for fact in (WWW_OLD, DnsRecord(name=text, type=text, data=text))
    )
    return Judged(
        shift=Shift(kind="changed", fact_kind="record", key=text, collector=text, database=text, before=old,
                    after=new, fields=("name", "data", text)),
        verdict="suspicious", asset=DOMAIN, reasons=(text,), signs=(text,), near_miss=text,
        change=Change(id=text, title=text, since=None, until=None, approved_by=text),
    )  # fmt: skip


def many(number: int = 10_000) -> Exposure:
    """A large document."""
    found = tuple(replace(DANGLING, id=f"F-{at:012x}", about=f"h{at}.example.test", owner=f"team {at % 7}")
                  for at in range(number))  # fmt: skip
    return replace(EXPOSURE, findings=found, changes=CHANGES * 1000)


if __name__ == "__main__":  # when a change of an output is meant: writes the examples again
    from glasshouse import leaf

    folder = Path(__file__).parent / "examples" / "exposures"
    for name, sink in leaf.exposure_sinks().items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / f"exposure{sink.SUFFIX}").write_bytes(sink.render(EXPOSURE).encode())
