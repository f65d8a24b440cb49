"""A date in; out, what crt.sh had logged by then of the invented organisation's names, as its JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

LETS_ENCRYPT = "C=US, O=Let's Encrypt, CN=R12"
DIGICERT = "C=US, O=DigiCert Inc, CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1"
OTHER = "C=XX, O=Other Trust Services, CN=Other Trust TLS CA 1"


@dataclass(frozen=True, slots=True)
class Issuance:
    """One certificate; it stands in the log twice, and a database shows it from ``begins`` on."""

    names: tuple[str, ...]
    issuer: str
    begins: str  # ISO 8601, UTC
    days: int

    @property
    def serial(self) -> str:
        return "03" + hashlib.sha256(f"{self.names} {self.begins}".encode()).hexdigest()[:34]

    def until(self) -> str:
        return (datetime.fromisoformat(self.begins) + timedelta(days=self.days, seconds=-1)).isoformat()


WWW = Issuance(("www.example.com",), LETS_ENCRYPT, "2025-12-20T07:10:00", 90)
WWW_AGAIN = Issuance(("www.example.com",), LETS_ENCRYPT, "2026-03-12T09:40:00", 90)
MAIL = Issuance(("mail.example.com",), LETS_ENCRYPT, "2025-12-28T01:15:00", 90)
MAIL_AGAIN = Issuance(("mail.example.com",), LETS_ENCRYPT, "2026-03-08T01:15:00", 90)
SSO = Issuance(("sso.example.com",), DIGICERT, "2025-11-18T00:00:00", 380)
VPN = Issuance(("vpn.example.com",), DIGICERT, "2025-10-06T00:00:00", 380)
VPN_FOREIGN = Issuance(("vpn.example.com",), OTHER, "2026-03-14T02:41:00", 90)
API = Issuance(("api.example.com",), LETS_ENCRYPT, "2026-03-11T10:05:00", 90)
BUILD = Issuance(("git01.corp.example.com",), LETS_ENCRYPT, "2026-01-27T13:20:00", 90)
LURE = Issuance(
    ("example.com.sign-in.test", "www.example.com.sign-in.test"), LETS_ENCRYPT, "2026-03-15T23:12:00", 90
)
SHOP = Issuance(("shop.example.net", "www.winter-sale.test"), LETS_ENCRYPT, "2026-01-27T08:00:00", 90)
NET = Issuance(
    ("example.net", "portal.example.net", "www.example.net"), LETS_ENCRYPT, "2026-02-02T08:00:00", 90
)
EVERY = (WWW, WWW_AGAIN, MAIL, MAIL_AGAIN, SSO, VPN, VPN_FOREIGN, API, BUILD, LURE, SHOP, NET)


def search(date: str, domain: str) -> bytes:
    """The answer to a search for a domain: every logged name that holds it, newest entry first."""
    rows = []
    for number, one in enumerate(EVERY, 1):
        if one.begins < date and any(domain in name for name in one.names):
            rows += [_row(one, 20_000_000_000 + 10 * number + final, final) for final in (0, 1)]
    rows.sort(key=lambda row: -int(str(row["id"])))
    return json.dumps(rows).encode()


def _row(one: Issuance, ident: int, final: int) -> dict[str, object]:
    logged = datetime.fromisoformat(one.begins) + timedelta(minutes=58, seconds=2 + final)
    return {
        "issuer_ca_id": 100 + (LETS_ENCRYPT, DIGICERT, OTHER).index(one.issuer), "issuer_name": one.issuer,
        "common_name": one.names[0], "name_value": "\n".join(one.names), "id": ident,
        "entry_timestamp": f"{logged.isoformat()}.{ident % 1000:03d}", "not_before": one.begins,
        "not_after": one.until(), "serial_number": one.serial, "result_count": 2,
    }  # fmt: skip
