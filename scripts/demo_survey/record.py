"""The inventory and a date in; out, the recording of a survey: the collectors ask, this file answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from demo_survey import certificates, registry, scans, zones
from demo_survey.dates import DATES, moment
from glasshouse import leaf
from glasshouse.asking import Reply, Request, Subject
from glasshouse.contracts import Collector
from glasshouse.known import Asset
from glasshouse.survey import recording

Said = tuple[int, bytes]  # HTTP status and body; 403 for a zone transfer that was refused
COLLECTORS = (
    "dns", "delegation", "zone-transfer", "circl-pdns", "rdap-domain", "rdap-ip", "crtsh",
    "cloudflare-ranges", "shodan-host", "cisa-kev", "epss",
)  # fmt: skip
BLIND = "circl-pdns"  # its key ended before the third date
REFERENCE = Subject("reference", "")
ASKED = ("domain", "hostname", "ip", "cidr")


def surveys(inventory: str) -> dict[str, bytes]:
    """The recordings by date, about everything in the inventory."""
    found = leaf.loaders()["inventory-yaml"].read(inventory.encode(), "inventory.yml")
    assets = [one for one in found if isinstance(one, Asset)]
    subjects = [Subject(one.type, one.value) for one in assets if one.type in ASKED]  # type: ignore[arg-type]
    return {date: recorded(subjects, date) for date in DATES}


def recorded(subjects: Iterable[Subject], date: str) -> bytes:
    """Every exchange of the survey of a date, as lines of a recording."""
    known, lines = tuple(subjects), list[bytes]()
    for name in COLLECTORS:
        asker = leaf.collectors()[name]
        wanted = [one for one in known if one.type in asker.SUBJECTS] if asker.SUBJECTS else [REFERENCE]
        for subject in wanted:
            for reply in _talk(name, asker, subject, date):
                lines.append(recording.line(recording.exchange(name, subject, reply)))
    return b"".join(lines)


def _talk(name: str, asker: Collector, subject: Subject, date: str) -> Iterator[Reply]:
    """One collector asks about one subject until it has no further question, or is refused."""
    after: Reply | None = None
    while (request := asker.ask(subject, after)) is not None:
        status, body = ANSWERS[name](request, date)
        kind = (("content-type", _type(body)),) if request.transport == "https" else ()
        after = Reply(request=request, body=body, time=moment(date), status=status, headers=kind)
        yield after
        if status != 200 and status not in asker.EMPTY:
            return


def _type(body: bytes) -> str:
    return "application/json" if body[:1] in (b"{", b"[") else "text/plain"


def _dns(request: Request, date: str) -> Said:
    kind = dict(request.query)["type"]
    if request.host:
        return 200, zones.held_by(date, request.host, request.path)
    return 200, zones.resolved(date, request.path, kind)


def _transfer(request: Request, date: str) -> Said:
    if request.transport == "dns":
        return _dns(request, date)
    found = zones.given_away(date, request.host, request.path)
    return (403, b"") if found is None else (200, found)


def _passive(request: Request, date: str) -> Said:
    if date == DATES[2]:
        return 401, b"Unauthorized"
    return 200, zones.remembered(date, request.path.rpartition("/")[2])


def _rdap(request: Request, date: str) -> Said:
    value = request.path.rpartition("/")[2].lower()
    if request.host == "data.iana.org":
        return 200, registry.bootstrap(request.path)
    if request.host == registry.NUMBERS:
        return 200, registry.network()
    return 200, (registry.registry if request.host == registry.REGISTRY else registry.registrar)(date, value)


def _crtsh(request: Request, date: str) -> Said:
    return 200, certificates.search(date, dict(request.query)["Identity"])


def _shodan(request: Request, date: str) -> Said:
    found = scans.host(date, request.path.rpartition("/")[2])
    return (404, scans.NOTHING) if found is None else (200, found)


ANSWERS: dict[str, Callable[[Request, str], Said]] = {
    "dns": _dns,
    "delegation": _dns,
    "zone-transfer": _transfer,
    "circl-pdns": _passive,
    "rdap-domain": _rdap,
    "rdap-ip": _rdap,
    "crtsh": _crtsh,
    "cloudflare-ranges": lambda request, _date: (200, scans.RANGES[request.path]),
    "shodan-host": _shodan,
    "cisa-kev": lambda _request, date: (200, scans.exploited(date)),
    "epss": lambda _request, date: (200, scans.scores(date)),
}
