"""A date in; out, what Shodan saw at the invented organisation's addresses, and lists about the world."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timedelta

from demo_survey.certificates import API, NET, SHOP, VPN, WWW, WWW_AGAIN, Issuance
from demo_survey.dates import DATES

Json = dict[str, object]
NOTHING = json.dumps({"error": "No information available for that IP."}).encode()
KEV_CVE = "CVE-2021-41773"


def host(date: str, ip: str) -> bytes | None:
    """The answer about one address; None where Shodan has nothing."""
    found = _banners(date).get(ip)
    if not found:
        return None
    seen = (datetime.fromisoformat(date) - timedelta(days=1, hours=3)).isoformat()
    names = sorted({name for one in found for name in _texts(one["hostnames"])})
    shared: Json = {"ip_str": ip, "org": "Example Company", "asn": "AS64500", "hostnames": names}
    banners = [{**shared, **one, "timestamp": f"{seen}.120000"} for one in found]
    ports = sorted(int(str(one["port"])) for one in found)
    said = {**shared, "country_code": "DE", "last_update": f"{seen}.120000", "ports": ports, "data": banners}
    vulns = sorted({cve for one in found for cve in _texts(one.get("vulns", {}))})
    return json.dumps({**said, "tags": [], **({"vulns": vulns} if vulns else {})}).encode()


def _texts(said: object) -> list[str]:
    return [str(one) for one in said] if isinstance(said, (list, dict)) else []


def _banners(date: str) -> dict[str, list[Json]]:
    third = date == DATES[2]
    found = {
        "203.0.113.10": [_web("www.example.com", "Example Company", WWW_AGAIN if third else WWW)],
        "203.0.113.11": [_banner(25, "smtp", "220 ready ESMTP", ["mail.example.com"], "Postfix smtpd")],
        "203.0.113.12": [_gateway()],
        "203.0.113.20": [
            _web("shop.example.net", "Shop", SHOP),
            {**_web("portal.example.net", "Portal", NET), "port": 8443},
        ],
    }  # fmt: skip
    if date != DATES[0]:
        text = "FATAL: no pg_hba.conf entry"
        found["203.0.113.30"] = [_banner(5432, "postgresql", text, [], "PostgreSQL", "11.22")]
    if third:
        found["203.0.113.40"] = [_web("api.example.com", "API", API)]
        found["203.0.113.44"] = [_banner(3389, "rdp", RDP, [], "Remote Desktop Protocol")]
    else:
        found["203.0.113.25"] = [_banner(21, "ftp", "220 FTP server ready", [], "vsftpd")]
    return found


RDP = (
    "Remote Desktop Protocol NTLM Info:\n  OS: Windows Server 2019\n  Target Name: EXAMPLE\n"
    "  DNS Computer Name: srv-app05.corp.example.com"
)


def _banner(
    port: int, module: str, text: str, names: list[str], product: str = "", version: str = ""
) -> Json:
    said: Json = {
        "port": port, "transport": "tcp", "data": text, "hostnames": names, "_shodan": {"module": module},
    }  # fmt: skip
    return {
        **said,
        **({"product": product} if product else {}),
        **({"version": version} if version else {}),
    }


def _web(name: str, title: str, served: Issuance) -> Json:
    text = "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n\r\n"
    page = {"title": title, "server": "nginx", "status": 200, "host": name}
    return {**_banner(443, "https", text, [name], "nginx"), "http": page, "ssl": _tls(served)}


def _gateway() -> Json:
    """An old Apache with a vulnerability that is exploited, as Shodan says by its version."""
    text = "HTTP/1.1 200 OK\r\nServer: Apache/2.4.49 (Unix)\r\n\r\n"
    base = _banner(443, "https", text, ["vpn.example.com"], "Apache httpd", "2.4.49")
    return {
        **base,
        "cpe23": ["cpe:2.3:a:apache:http_server:2.4.49"],
        "vulns": {KEV_CVE: {"verified": False, "cvss": 7.5}},
        "http": {"title": "Sign in", "server": "Apache/2.4.49 (Unix)", "status": 200},
        "ssl": _tls(VPN),
    }


def _tls(served: Issuance) -> Json:
    names = b"".join(bytes((0x82, len(one))) + one.encode() for one in served.names)
    data = "".join(f"\\x{byte:02x}" for byte in bytes((0x30, len(names))) + names)
    issuer = dict(part.split("=", 1) for part in served.issuer.split(", "))
    return {
        "versions": ["-SSLv2", "-SSLv3", "-TLSv1", "-TLSv1.1", "TLSv1.2", "TLSv1.3"],
        "cert": {
            "serial": int(served.serial, 16), "subject": {"CN": served.names[0]}, "issuer": issuer,
            "issued": f"{served.begins.replace('-', '').replace(':', '').replace('T', '')}Z",
            "expires": f"{served.until().replace('-', '').replace(':', '').replace('T', '')}Z",
            "expired": False, "extensions": [{"name": "subjectAltName", "data": data}],
        },
    }  # fmt: skip


def exploited(date: str) -> bytes:
    """CISA's list of exploited vulnerabilities, shortened to three entries."""
    rows = (
        (KEV_CVE, "Apache", "HTTP Server", "2021-11-03", "2021-11-17"),
        ("CVE-2021-42013", "Apache", "HTTP Server", "2021-11-03", "2021-11-17"),
        ("CVE-2019-0708", "Microsoft", "Remote Desktop Services", "2021-11-03", "2022-05-03"),
    )
    entries = [
        {
            "cveID": cve, "vendorProject": vendor, "product": product, "dateAdded": added, "dueDate": due,
            "knownRansomwareCampaignUse": "Unknown",
        }
        for cve, vendor, product, added, due in rows
    ]  # fmt: skip
    said = {
        "title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": date.replace("-", "."),
        "dateReleased": f"{date}T00:00:00.0000Z", "count": len(entries), "vulnerabilities": entries,
    }  # fmt: skip
    return json.dumps(said).encode()


def scores(date: str) -> bytes:
    """The day's EPSS scores, shortened; packed without a time, so that the bytes stay the same."""
    rows = (
        f"#model_version:v2025.03.14,score_date:{date}T12:00:00Z", "cve,epss,percentile",
        f"{KEV_CVE},0.94390,0.99980", "CVE-2021-42013,0.94400,0.99990", "CVE-2019-0708,0.94450,0.99997",
    )  # fmt: skip
    return gzip.compress("\n".join([*rows, ""]).encode(), mtime=0)


RANGES = {"/ips-v4/": b"198.51.100.64/26", "/ips-v6/": b"2001:db8:cf::/48"}  # documentation addresses too
