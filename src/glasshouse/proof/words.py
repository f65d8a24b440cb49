"""Nothing comes in; names, user agents and programs that behaviours and offices are made of go out."""

from __future__ import annotations

HOSTS = (
    "vpn", "mail", "portal", "dev", "test", "stage", "api", "git", "sso", "files", "backup", "remote", "db",
    "intranet", "shop", "admin", "mx1", "citrix", "ldap", "jira", "wiki", "ci", "monitor", "grafana", "www2",
    "old",
)  # fmt: skip
OUR_NAMES = tuple(
    f"{host}.{zone}" for zone in ("example.com", "example.net", "dev.example.com") for host in HOSTS
)
OUR_ADDRESSES = tuple(f"203.0.113.{number}" for number in range(1, 255))
OTHERS = tuple(f"{word}.test" for word in (
    "supplier", "customer", "carrier", "printshop", "bakery", "airline", "hotel", "partner", "bank", "lawyer",
    "agency", "carpark", "cinema", "florist", "garage", "museum", "optician", "pharmacy", "tailor", "winery",
))  # fmt: skip
INDICATORS = tuple(f"198.51.100.{number}" for number in range(3, 250, 7)) + tuple(
    f"{word}.test"
    for word in ("login-mail", "parcel-track", "bill-pay", "doc-share", "update-now", "win-prize")
)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/145.0.0.0 Safari/537.36"
)
EDGE = CHROME + " Edg/145.0.0.0"
BROWSERS = (
    (r"C:\Program Files\Google\Chrome\Application\chrome.exe", CHROME),
    (r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe", EDGE),
    (r"C:\Program Files\Mozilla Firefox\firefox.exe", FIREFOX),
)
EXPLORER = (r"C:\Windows\explorer.exe", r"C:\Windows\explorer.exe")
CMD = r"C:\Windows\System32\cmd.exe"
CURL = r"C:\Windows\System32\curl.exe"
POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"
PYTHON = r"C:\Program Files\Python312\python.exe"
WSL = r"C:\Windows\System32\wsl.exe"
REQUESTS = "python-requests/2.32.5"
GO = "Go-http-client/1.1"
MADE_UP = tuple(  # browsers that tools draw at random for each request
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"
    for major in (62, 70, 83, 91, 96, 104, 112)
    for system in ("Windows NT 10.0; Win64; x64", "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7")
)
# A visit to the first name drags the others along; the number is how popular the visit is.
SITES: tuple[tuple[int, str], ...] = (
    (60, "www.google.com www.gstatic.com fonts.gstatic.com"),
    (34, "www.bing.com r.bing.com th.bing.com login.live.com"),
    (30, "duckduckgo.com links.duckduckgo.com"),
    (28, "en.wikipedia.org upload.wikimedia.org"),
    (26, "www.youtube.com i.ytimg.com yt3.ggpht.com"),
    (26, "www.linkedin.com static.licdn.com media.licdn.com"),
    (24, "github.com github.githubassets.com avatars.githubusercontent.com"),
    (22, "stackoverflow.com cdn.sstatic.net www.gravatar.com"),
    (20, "news.example.org static.example.org img.example.org"),
    (18, "www.theguardian.com assets.guim.co.uk i.guim.co.uk"),
    (16, "www.amazon.com m.media-amazon.com"),
    (15, "app.slack.com edgeapi.slack.com a.slack-edge.com"),
    (14, "zoom.us us04web.zoom.us"),
    (13, "www.reddit.com www.redditstatic.com preview.redd.it"),
    (12, "www.openstreetmap.org a.tile.openstreetmap.org"),
    (12, "docs.python.org www.python.org"),
    (11, "registry.npmjs.org www.npmjs.com"),
    (11, "learn.microsoft.com js.monitor.azure.com"),
    (10, "www.figma.com static.figma.com"),
    (9, "www.adobe.com use.typekit.net"),
    (8, "weather.example.org tiles.example.org"),
    (8, "hub.docker.com auth.docker.io registry-1.docker.io"),
    (7, "cdnjs.cloudflare.com challenges.cloudflare.com"),
    (6, "www.ietf.org datatracker.ietf.org"),
    (5, "attack.mitre.org www.mitre.org"),
    (4, "archive.org web.archive.org"),
    (4, "shop.example.net sso.example.com"),
)
TRACKERS = (
    "www.google-analytics.com",
    "www.googletagmanager.com",
    "connect.facebook.net",
    "cdn.jsdelivr.net",
)
CLOUD = (
    "outlook.office365.com", "teams.microsoft.com", "login.microsoftonline.com", "graph.microsoft.com",
    "settings-win.data.microsoft.com", "v10.events.data.microsoft.com", "ecs.office.com",
    "nexusrules.officeapps.live.com", "substrate.office.com", "fe2cr.update.microsoft.com",
    "wdcp.microsoft.com", "client.wns.windows.com", "odc.officeapps.live.com", "www.msftconnecttest.com",
)  # fmt: skip
VALIDATION = (
    "ocsp.digicert.com", "r10.o.lencr.org", "x1.c.lencr.org", "c.pki.goog", "o.pki.goog", "crl3.digicert.com",
    "ocsp.sectigo.com", "ctldl.windowsupdate.com",
)  # fmt: skip
INTERNAL = ("intranet", "wiki", "file01", "print01", "git01", "dc01", "mail01", "wsus01")
