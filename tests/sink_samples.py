"""Nothing in, hand-made records out: the reports and lookups that the tests of sinks and schemas share."""

from __future__ import annotations

from dataclasses import replace

from glasshouse.records import (
    Actor,
    Alert,
    Client,
    Event,
    Evidence,
    Lookup,
    Points,
    Report,
    Requests,
    RuleStatus,
    SourceCount,
    Tally,
    Target,
    Trouble,
    Visibility,
)

SECOND = 1_000_000
MORNING = 1_795_165_200 * SECOND  # 2026-11-20T09:00:00Z
HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

LOOKUP = Lookup(
    time=MORNING + 2_500_001,
    source="squid",
    file="logs/access.log",
    position=1207,
    record_sha256=HASH,
    via="http",
    view="http",
    actor=Actor(user="jdoe", host="ws-17.example.com", ip="192.0.2.17"),
    database="shodan",
    techniques=("T1596.005",),
    name="api.shodan.io",
    targets=(Target("ip", "203.0.113.5", True), Target("domain", "example.org", None)),
    client=Client("script", "python-requests"),
    key_fingerprint="hmac-sha256:0123456789abcdef",
    requests=Requests(1, 40, "bytes out / 350"),
    bytes_out=14_200,
    bytes_in=25_800,
    duration=15_250_000,
    link="C1",
)
BARE_LOOKUP = Lookup(
    time=MORNING,
    source="zeek_dns",
    file="dns.log",
    position=3,
    record_sha256=HASH,
    via="dns",
    view="dns/A",
    actor=Actor(),
    database=None,
)
EVENT = Event(via="tls", time=MORNING, name="crt.sh", ip="2001:db8::17", server_port=443, duration=1_500_000)

BURST = Alert(
    id="GH-3f9a1c07be42",
    first_seen=MORNING + 14 * 60 * SECOND,
    last_seen=MORNING + 14 * 60 * SECOND + 19 * SECOND,
    actor=Actor(user="jdoe", host="ws-17.example.com", ip="192.0.2.17", process="subfinder"),
    users=("jdoe",),
    rules=("scripted_burst", "breadth_of_databases", "own_assets"),
    score=85,
    points=(
        Points("scripted_burst", 25, "48 requests in 19 s, faster than a person clicks"),
        Points("breadth_of_databases", 35, "5 open databases within one hour"),
        Points("own_assets", 25, "asked about example.com, which is ours"),
    ),
    level="high",
    lookups=48,
    requests=Requests(12, 48, "the larger of the views, added up per database"),
    databases=("anubisdb", "crtsh", "digitorus", "hackertarget", "thc-ip"),
    techniques=("T1596.001", "T1596.003"),
    targets=(
        Target("domain", "example.com", True),
        Target("hostname", "vpn.example.com", True),
        Target("domain", "example.org", False),
        Target("ip", "203.0.113.5", None),
    ),
    targets_total=4,
    clients=(Client("tool", "subfinder"), Client("unknown", None)),
    visibility=Visibility(
        ("dns", "tls", "process"),
        ("zeek_dns", "sysmon"),
        ("DNS and TLS names only: paths and bodies of the requests cannot be seen.",),
    ),
    evidence=tuple(
        Evidence("logs/dns.log.zst", 10_400 + n * 7, HASH, "zeek_dns", MORNING + (840 + n * n // 2) * SECOND)
        for n in range(6)
    ),
    evidence_total=48,
    summary="jdoe on ws-17 asked 5 open databases 48 times in 19 s, about example.com (ours), by subfinder.",
)
CARRIER = Alert(
    id="GH-b81d20c44e1f",
    first_seen=MORNING + 3 * 3600 * SECOND,
    last_seen=MORNING + 3 * 3600 * SECOND + 42 * SECOND,
    actor=Actor(ip="192.0.2.44"),
    rules=("heavy_connection",),
    score=45,
    points=(Points("heavy_connection", 45, "one connection of 42 s and 25 kB must hold about 40 requests"),),
    level="medium",
    lookups=3,
    requests=Requests(3, 40, "bytes in / 630"),
    databases=("shodan",),
    techniques=("T1596.005",),
    visibility=Visibility(("http",), ("squid",), ("A CONNECT shows the host only, not what was asked.",)),
    evidence=(Evidence("logs/access.log", 88_120, HASH, "squid", MORNING + 3 * 3600 * SECOND),),
    evidence_total=3,
    summary="192.0.2.44 made about 40 requests to shodan in one connection of 42 s.",
)
GLANCE = replace(
    CARRIER,
    id="GH-00c0ffee0001",
    first_seen=MORNING + 6 * 3600 * SECOND,
    last_seen=MORNING + 6 * 3600 * SECOND,
    actor=Actor(user="guest", ip="2001:db8::9"),
    rules=("first_time",),
    score=5,
    points=(Points("first_time", 5, "first lookup of this actor"),),
    level="informational",
    lookups=1,
    requests=Requests(),
    databases=("crtsh",),
    techniques=("T1596.003",),
    evidence_total=1,
    summary="guest looked once at crtsh, for the first time.",
)

TALLY = Tally(
    sources={
        "squid": SourceCount(41_200_000, 120_400, 310, 305, 2, 96),
        "zeek_dns": SourceCount(9_800_000, 83_011, 140, 140, 0, 74),
    },
    files=4,
    troubles=[Trouble("logs/access.log", 5512, "truncated record: 6 of 10 fields", "look at the line")],
)
REPORT = Report(
    alerts=(GLANCE, BURST, CARRIER),
    tally=TALLY,
    rule_statuses=(
        RuleStatus("scripted_burst", "ran"),
        RuleStatus("bulk_whois", "fields missing", "no source here shows port 43"),
    ),
    lookups_total=170,
    blind_spots=(
        "No process logs: which program asked cannot be seen.",
        "Searches made outside this network leave no trace in any log of ours.",
    ),
    first_time=MORNING,
    last_time=MORNING + 8 * 3600 * SECOND,
)
QUIET = Report(alerts=(), tally=TALLY, lookups_total=3)
BLIND = Report(alerts=(), tally=Tally())


def write_examples() -> None:
    """Write again what every sink makes of the samples; read the difference before you commit it."""
    from pathlib import Path

    from glasshouse.report.sinks import LookupSink, names, sink

    for name in names():
        leaf = sink(name)
        folder = Path(__file__).parent / "examples" / "sinks" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"report{leaf.SUFFIX}").write_text(leaf.render(REPORT), encoding="utf-8", newline="")
        if isinstance(leaf, LookupSink):
            lines = "".join(leaf.lookups([LOOKUP, BARE_LOOKUP]))
            (folder / f"lookups{leaf.SUFFIX}").write_text(lines, encoding="utf-8", newline="")


if __name__ == "__main__":
    write_examples()
