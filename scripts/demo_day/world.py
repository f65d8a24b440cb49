"""The invented company: nothing comes in, its machines, people, favourite sites and clock go out."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field

SEED = 20260317
MIDNIGHT = 1773705600 * 1_000_000  # Tuesday 2026-03-17T00:00:00Z, microseconds
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
AD = "corp.example.com"
RESOLVERS = ("10.20.0.53", "10.20.0.54")
PROXY = "10.20.0.80"
# How busy each hour (UTC) is; the office works 07 to 18, something always runs at night.
HOURS = (2, 1, 1, 1, 1, 2, 5, 22, 38, 40, 37, 34, 24, 31, 37, 38, 33, 24, 11, 6, 4, 3, 2, 2)

SERVERS = {  # name: (last two octets, service account)
    "dc01": ("0.53", "svc-ad"), "dc02": ("0.54", "svc-ad"), "proxy01": ("0.80", "svc-proxy"),
    "mail01": ("1.11", "svc-mail"), "web01": ("1.12", "svc-web"), "web02": ("1.13", "svc-web"),
    "db01": ("1.14", "svc-db"), "db02": ("1.15", "svc-db"), "file01": ("1.16", "svc-file"),
    "file02": ("1.17", "svc-file"), "backup01": ("1.18", "svc-backup"), "build01": ("1.19", "svc-build"),
    "build02": ("1.20", "svc-build"), "git01": ("1.21", "svc-git"), "mon01": ("1.22", "svc-mon"),
    "wsus01": ("1.23", "svc-wsus"), "print01": ("1.24", "svc-print"), "vpn01": ("1.25", "svc-vpn"),
    "sql01": ("1.26", "svc-sql"), "srv-app01": ("1.27", "svc-app"), "srv-app02": ("1.28", "svc-report"),
    "srv-app03": ("1.29", "svc-legacy"), "jump01": ("1.30", "svc-jump"), "srv-app04": ("1.31", "svc-watch"),
    "srv-app05": ("1.32", "svc-app"),
}  # fmt: skip
SYSMON_SERVERS = ("srv-app01", "srv-app02", "srv-app03", "srv-app05", "file01", "sql01")

# A visit to the first name drags the others along; the number is how popular the visit is.
SITES: tuple[tuple[int, str], ...] = (
    (60, "www.google.com www.gstatic.com fonts.gstatic.com ogs.google.com play.google.com"),
    (34, "www.bing.com r.bing.com th.bing.com login.live.com assets.msn.com"),
    (30, "duckduckgo.com links.duckduckgo.com improving.duckduckgo.com"),
    (28, "en.wikipedia.org upload.wikimedia.org login.wikimedia.org"),
    (26, "www.youtube.com i.ytimg.com yt3.ggpht.com www.googlevideo.com jnn-pa.googleapis.com"),
    (26, "www.linkedin.com static.licdn.com media.licdn.com px.ads.linkedin.com"),
    (24, "github.com github.githubassets.com avatars.githubusercontent.com api.github.com"),
    (22, "stackoverflow.com cdn.sstatic.net www.gravatar.com i.stack.imgur.com"),
    (20, "www.bbc.co.uk static.files.bbci.co.uk ichef.bbci.co.uk nav.files.bbci.co.uk"),
    (18, "www.theguardian.com assets.guim.co.uk i.guim.co.uk ophan.theguardian.com"),
    (16, "www.amazon.com m.media-amazon.com images-na.ssl-images-amazon.com fls-na.amazon.com"),
    (16, "www.reuters.com cloudfront-eu-central-1.images.arcpublishing.com cdn.cookielaw.org"),
    (15, "app.slack.com edgeapi.slack.com wss-primary.slack.com a.slack-edge.com files.slack.com"),
    (14, "zoom.us us04web.zoom.us st1.zoom.us log-gateway.zoom.us"),
    (14, "www.dropbox.com cfl.dropboxstatic.com bolt.dropbox.com"),
    (13, "www.reddit.com www.redditstatic.com preview.redd.it gateway.reddit.com"),
    (12, "www.booking.com cf.bstatic.com q-xx.bstatic.com"),
    (12, "www.openstreetmap.org a.tile.openstreetmap.org nominatim.openstreetmap.org"),
    (12, "docs.python.org www.python.org discuss.python.org"),
    (11, "registry.npmjs.org www.npmjs.com static-production.npmjs.com"),
    (11, "learn.microsoft.com js.monitor.azure.com wcpstatic.microsoft.com"),
    (10, "www.figma.com static.figma.com www-assets.figma.com"),
    (10, "trello.com trello-members.s3.amazonaws.com api-cdn.atlassian.com"),
    (10, "www.salesforce.com c1.sfdcstatic.com a.sfdcstatic.com"),
    (9, "www.adobe.com use.typekit.net p.typekit.net sstats.adobe.com"),
    (9, "www.spotify.com open.spotifycdn.com spclient.wg.spotify.com i.scdn.co"),
    (9, "www.paypal.com www.paypalobjects.com t.paypal.com"),
    (8, "www.nytimes.com static01.nyt.com a1.nyt.com meter-svc.nytimes.com"),
    (8, "weather.com s.w-x.co api.weather.com"),
    (8, "hub.docker.com auth.docker.io registry-1.docker.io production.cloudflare.docker.com"),
    (7, "www.cloudflare.com challenges.cloudflare.com cdnjs.cloudflare.com"),
    (7, "www.mozilla.org assets.mozilla.net www.googletagmanager.com"),
    (6, "www.heise.de cmp.heise.de heise.cloudimg.io"),
    (6, "www.deepl.com static.deepl.com api.deepl.com"),
    (6, "www.ietf.org datatracker.ietf.org static.ietf.org"),
    (5, "www.virustotal.com recaptcha.net www.recaptcha.net"),
    (5, "attack.mitre.org www.mitre.org"),
    (5, "www.example.org static.example.org"),
    (4, "archive.org web.archive.org analytics.archive.org"),
    (4, "news.ycombinator.com"),
    (4, "portal.example.net sso.example.com"),
)  # fmt: skip
TRACKERS = (
    "www.google-analytics.com", "www.googletagmanager.com", "securepubads.g.doubleclick.net",
    "connect.facebook.net", "bat.bing.com", "cdn.jsdelivr.net", "static.cloudflareinsights.com",
    "d2h8gq7m1xkz4.cloudfront.net", "d3pj9v0s6ty2c.cloudfront.net", "js-agent.newrelic.com",
)  # fmt: skip
CLOUD = (  # what Windows and Office ask for all day, past the proxy
    "outlook.office365.com", "teams.microsoft.com", "login.microsoftonline.com", "graph.microsoft.com",
    "settings-win.data.microsoft.com", "v10.events.data.microsoft.com", "ecs.office.com",
    "nexusrules.officeapps.live.com", "substrate.office.com", "clientservices.googleapis.com",
    "autodiscover-s.outlook.com", "fe2cr.update.microsoft.com", "wdcp.microsoft.com",
    "smartscreen.microsoft.com", "client.wns.windows.com", "example-my.sharepoint.com",
    "odc.officeapps.live.com", "config.edge.skype.com", "www.msftconnecttest.com", "time.windows.com",
)  # fmt: skip
VALIDATION = (  # certificate validation over plain http: not a certificate database
    "ocsp.digicert.com", "r10.o.lencr.org", "e6.o.lencr.org", "x1.c.lencr.org", "c.pki.goog", "o.pki.goog",
    "crl3.digicert.com", "ocsp.sectigo.com", "crl.globalsign.com", "ctldl.windowsupdate.com",
)  # fmt: skip
INTERNAL = (
    "intranet", "wiki", "file01", "file02", "print01", "git01", "build01", "wsus01", "mail01", "sql01",
    "srv-app01", "srv-app02", "srv-app03", "srv-app04", "srv-app05", "dc01", "dc02", "vpn01",
)  # fmt: skip
AD_SERVICES = (
    "_ldap._tcp.dc._msdcs", "_kerberos._tcp.dc._msdcs", "_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs",
    "_kerberos._tcp.Default-First-Site-Name._sites.dc._msdcs", "_ldap._tcp.dc01", "_gc._tcp",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Host:
    """One machine; ``site`` is hq (behind the proxy), branch (direct), server or guest."""

    name: str
    ip: str
    user: str
    site: str
    sysmon: bool = False
    defender: bool = False

    @property
    def fqdn(self) -> str:
        return f"{self.name}.{AD}"


def stream(part: str) -> random.Random:
    """A generator of its own for each part, so that changing one part leaves the others as they were."""
    return random.Random(f"{SEED}/{part}")


def digest(text: str, length: int = 64) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def at(clock: str) -> int:
    """``HH:MM:SS`` of the day in microseconds."""
    hour, minute, second = (int(part) for part in clock.split(":"))
    return MIDNIGHT + hour * HOUR + minute * MINUTE + second * SECOND


def office_time(rng: random.Random) -> int:
    """A moment of the day, as busy as people are."""
    hour = rng.choices(range(24), HOURS)[0]
    return MIDNIGHT + hour * HOUR + rng.randrange(HOUR)


def any_time(rng: random.Random) -> int:
    return MIDNIGHT + rng.randrange(24 * HOUR - MINUTE)


def heavy(rng: random.Random, low: int, high: int) -> int:
    """Between low and high, mostly near low: bytes and durations; division only, the same everywhere."""
    return int(low / (1 - rng.random() * (1 - low / high)))


def address(name: str) -> str:
    """The documentation address that stands for a public name."""
    number = int(digest(name, 6), 16)
    return f"{'198.51.100' if number & 1 else '192.0.2'}.{2 + (number >> 1) % 250}"


def address6(name: str) -> str:
    return f"2001:db8:{int(digest(name, 4), 16) or 1:x}::{int(digest(name, 7)[4:], 16) + 1:x}"


def _user(number: int) -> str:
    code = digest(f"user {number}", 2)
    return f"u-{code}{number % 10}{'bcdfghjkmnpqrstvwxz'[number % 19]}"


def _workstation(number: int) -> Host:
    hq = number <= 140
    ip = f"10.20.10.{number + 20}" if hq else f"10.20.14.{number - 120}"
    return Host(
        f"ws-{number:03d}", ip, _user(number), "hq" if hq else "branch", number % 4 == 3, number % 4 == 1
    )


@dataclass(slots=True)
class World:
    """All machines by name."""

    hosts: dict[str, Host] = field(default_factory=dict)

    def at_site(self, *sites: str) -> list[Host]:
        return [host for host in self.hosts.values() if host.site in sites]


def world() -> World:
    """220 workstations, 25 servers, 15 guests; a fourth of the desks runs Sysmon, another Defender."""
    made = [_workstation(number) for number in range(1, 221)]
    for name, (octets, account) in SERVERS.items():
        made.append(Host(name, f"10.20.{octets}", account, "server", name in SYSMON_SERVERS))
    made += [Host(f"guest-{number:02d}", f"10.20.40.{number + 60}", "-", "guest") for number in range(3, 18)]
    return World({host.name: host for host in made})
