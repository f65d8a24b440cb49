"""Nothing comes in; out, what the three surveys must show, as JSON for tests and as a page for readers."""

from __future__ import annotations

from collections.abc import Mapping

from demo_survey import certificates
from demo_survey.certificates import API, LURE, MAIL_AGAIN, VPN_FOREIGN, WWW_AGAIN, Issuance
from demo_survey.dates import DATES
from demo_survey.record import BLIND
from demo_survey.zones import LAME, NEW, OLD

# Check, what it is about, and what was planted: each must be found on the third date.
EXPOSED = (
    ("unapproved-certificate", "vpn.example.com", "a certificate that nobody ordered, by a new issuer"),
    ("issuer-outside-policy", "vpn.example.com", "the same certificate: CAA names two other issuers"),
    ("first-use-of-issuer", "vpn.example.com", "the same certificate: its issuer is new to the company"),
    ("record-without-change", "vpn.example.com", "a second address, in nobody's network, on no record"),
    ("telling-name", "vpn.example.com", "follows: the name says what stands there"),
    ("exploited-vulnerability", "203.0.113.12", "an old Apache httpd: Shodan reports a CVE of CISA's list"),
    ("telling-banner", "203.0.113.12", "follows: its Server header tells the version"),
    ("remote-desktop", "203.0.113.44", "RDP, opened although the change was refused"),
    ("service-without-change", "203.0.113.44", "the same: no approved change names it"),
    ("telling-banner", "203.0.113.44", "follows: RDP tells the names of domain and machine"),
    ("database-port", "203.0.113.30", "PostgreSQL, open to everybody"),
    ("end-of-life-version", "203.0.113.30", "the same: release 11 is not mended any more"),
    ("lookalike-certificate", "example.com", "a certificate for example.com.sign-in.test"),
    ("dangling-cname", "status.example.com", "an alias of a name that is gone since the second date"),
    ("lame-delegation", "example.com", f"{LAME} is named for the zone and does not hold it"),
    ("open-zone-transfer", "example.net", "one of the new name servers gives the zone to anybody"),
    ("unclaimed-asset", "winter-sale.test", "shares a certificate with the shop, in no inventory"),
    ("origin-reachable", "www.example.com", "Shodan still reaches the address that passive DNS remembers"),
    ("origin-in-passive-dns", "sso.example.com", "the same, but nobody knows whether it still answers"),
    ("record-without-change", "example.com", "a proof of ownership for a tool, on no record"),
    ("caa-missing", "example.net", "no CAA record"),
    ("dmarc-missing", "example.net", "no DMARC record"),
    ("dnssec-missing", "example.net", "follows: the zone is not signed"),
    ("domain-expiring", "example.net", "ends on 2026-04-10"),
    ("transfer-lock-missing", "example.net", "no lock against a transfer"),
    ("personal-data", "example.net", "a person as the holder, with mail and telephone"),
    ("private-address", "files.example.com", "an address of the office network in public DNS"),
    ("internal-name-in-certificate", "git01.corp.example.com", "a machine inside, named in a public log"),
)
# The same, and why it is in order: none may be found on any date.
QUIET = (
    ("unapproved-certificate", "www.example.com", "renewed under CHG-3293"),
    ("unapproved-certificate", "mail.example.com", "renewed in time by the same issuer"),
    ("unapproved-certificate", "api.example.com", "ordered under CHG-3290"),
    ("record-without-change", "api.example.com", "published under CHG-3290"),
    ("service-without-change", "203.0.113.40", "opened under CHG-3290"),
    ("name-servers-changed", "example.net", "moved under CHG-3294"),
    ("service-without-change", "203.0.113.25", "closed under CHG-3296"),
    ("caa-missing", "example.com", "has CAA records"),
    ("dmarc-missing", "example.com", "asks to reject"),
    ("dnssec-missing", "example.com", "signed, and the DS record fits"),
    ("dnssec-broken", "example.com", "signed, and the DS record fits"),
    ("transfer-lock-missing", "example.com", "locked"),
    ("domain-expiring", "example.com", "runs until 2027"),
    ("personal-data", "example.com", "held by a role"),
    ("open-zone-transfer", "example.com", "all its name servers refuse"),
    ("admin-port", "203.0.113.11", "a mail server is meant to be reached"),
    ("origin-reachable", "api.example.com", "is behind no CDN"),
)


def _key(one: Issuance) -> str:
    issuer = one.issuer.rpartition("CN=")[2].lower()
    return f"{one.serial.lstrip('0')} {issuer}"


# Kind, thing, verdict, change record: how changes between the second and third date must be judged.
JUDGED = (
    ("new", _key(WWW_AGAIN), "approved", "CHG-3293"),
    ("changed", "203.0.113.10 443/tcp", "approved", "CHG-3293"),
    ("new", _key(API), "approved", "CHG-3290"),
    ("new", "api.example.com A 203.0.113.40", "approved", "CHG-3290"),
    ("new", "203.0.113.40 443/tcp", "approved", "CHG-3290"),
    *(("new", f"example.net NS {one}", "approved", "CHG-3294") for one in NEW),
    *(("gone", f"example.net NS {one}", "approved", "CHG-3294") for one in OLD),
    ("changed", "domain example.net", "approved", "CHG-3294"),
    ("gone", "203.0.113.25 21/tcp", "approved", "CHG-3296"),
    ("new", _key(MAIL_AGAIN), "expected", None),
    ("new", _key(VPN_FOREIGN), "suspicious", None),
    ("new", _key(LURE), "suspicious", None),
    ("new", "vpn.example.com A 192.0.2.66", "suspicious", None),
    ("new", "203.0.113.44 3389/tcp", "unmanaged", None),
    ("new", "example.com TXT newsletter-tool-verification=4f1c08", "unmanaged", None),
)


def plain(exchanges: Mapping[str, int], hashes: Mapping[str, str]) -> dict[str, object]:
    """What goes into ``truth.json`` under ``survey``."""
    told = ("check", "about", "why")
    return {
        "dates": list(DATES),
        "exchanges": dict(exchanges),
        "sha256": dict(hashes),
        "exposed": [dict(zip(told, one, strict=True)) for one in EXPOSED],
        "quiet": [dict(zip(told, one, strict=True)) for one in QUIET],
        "judged": [dict(zip(("kind", "key", "verdict", "change"), one, strict=True)) for one in JUDGED],
        "blind": {"collector": BLIND, "status": "refused", "last_complete": DATES[1]},
        "serials": {one.names[0]: one.serial for one in certificates.EVERY},
    }


def page(exchanges: Mapping[str, int]) -> list[str]:
    """The part of ``TRUTH.md`` about the surveys."""
    shown = ", ".join(f"`survey/{date}.jsonl.zst` ({count} replies)" for date, count in exchanges.items())
    lines = [
        "",
        "## What the open databases say: three surveys",
        "",
        f"Recorded replies of the open databases about the same company: {shown}. They are written in the "
        "formats of the databases; what they say is made up, also that documentation addresses belong to a "
        "CDN. They are what the collectors themselves would have got: `scripts/demo_survey` answers them.",
        "",
        "### Must be found on the third date, and nothing else",
        "",
        "| check | about | planted |",
        "|---|---|---|",
        *(f"| {check} | {about} | {why} |" for check, about, why in EXPOSED),
        "",
        "### Must not be found",
        "",
        "| check | about | because |",
        "|---|---|---|",
        *(f"| {check} | {about} | {why} |" for check, about, why in QUIET),
        "",
        "### Changes between the second and the third date",
        "",
        "| change | verdict | record |",
        "|---|---|---|",
        *(f"| {kind}: {key} | {verdict} | {record or 'none'} |" for kind, key, verdict, record in JUDGED),
        "",
        f"On the third date `{BLIND}` refused its key. That is told, nothing of it is gone, and the two "
        "findings about origins still stand on what it said on the second date.",
        "",
    ]
    return lines
