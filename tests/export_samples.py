"""A small Pack with invented databases in; what each form makes of it must equal the example files."""

from __future__ import annotations

from glasshouse.portable.hosts import merged
from glasshouse.portable.pack import Database, Hosts, Measure, Pack, Page, Saying

SCAN = Database(
    "scan-example", "Scan Example", ("T1596.005",), Hosts(wide=("scan.test",), open=("blog.scan.test",))
)
CERTS = Database("certs-example", "Certs Example", ("T1596.003",), Hosts(exact=("api.certs.test",)))
PAGES = Database(
    "pages-example",
    "Pages Example",
    ("T1596.001",),
    Hosts(pages=(Page("pages-example", ("www.pages.test",), ("/pdns/", "/history")),)),
    "degraded. slow",
)
WHOIS = Database("whois-port43", "WHOIS", ("T1596.002",), Hosts(patterns=("whois.nic.*",), whois=True))
DATABASES = (CERTS, PAGES, SCAN, WHOIS)
BURST = Saying(
    name="burst",
    title="A burst",
    description="Ten or more lookups within ten minutes.",
    level="medium",
    techniques=("T1596.001", "T1596.002", "T1596.003", "T1596.005"),
    falsepositives=("An approved survey",),
    databases=DATABASES,
    hosts=merged(each.hosts for each in DATABASES),
    measures=(Measure("lookups", 10),),
    span=600,
    browsers="none",
    differs=("Lines are counted, not requests.",),
)
BREADTH = Saying(
    name="breadth",
    title="Two databases",
    description="Two different databases within an hour.",
    level="low",
    techniques=("T1596.003", "T1596.005"),
    falsepositives=("A person who compares",),
    databases=(CERTS, SCAN),
    hosts=merged((CERTS.hosts, SCAN.hosts)),
    measures=(Measure("databases", 2),),
)
TOOL = Saying(
    name="tool",
    title="A tool ran",
    description="A client tool ran.",
    level="high",
    techniques=("T1596",),
    falsepositives=("A test",),
    programs=("recontool", "many_*"),
)
PACK = Pack(
    version="0.0",
    dated="2026-01-31",
    licence="Apache-2.0",
    scopes=("core",),
    databases=DATABASES,
    hosts=merged(each.hosts for each in DATABASES),
    sayings=(BURST, BREADTH, TOOL),
    techniques=("T1596.001", "T1596.002", "T1596.003", "T1596.005"),
    unsaid=(("About us", "only Glasshouse knows what is ours"),),
    left_out=(("Gone Example", "defunct. closed"),),
)
