"""One name or address in; out, all that was ever observed, found and changed about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glasshouse import config, parse
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.findings import Exposure, Finding, Judged
from glasshouse.flow_assets import known
from glasshouse.flow_exposure import adopted, deeds, exposure
from glasshouse.known import Asset
from glasshouse.lake import observations
from glasshouse.lake import store as lakes
from glasshouse.observed import Certificate, DnsRecord, Fact, Observation, Registration, Service
from glasshouse.records import Target
from glasshouse.report.exposed_scope import Scope


def scope(options: Options, said: str) -> Scope:
    """All there is about one name or address; UsageError when there is nothing and it is not ours."""
    value = parse.address(said.strip()) or parse.host_name(said.strip())
    if not value:
        raise UsageError(f"{said!r} is neither a name nor an address", "ASSET", "write www.example.com")
    found = exposure(options)
    with lakes.opened(config.home(options.home)) as lake:
        history = observations.about(lake, [value])
        targets = _targets(history, value)
        if targets:
            history = observations.about(lake, [value, *targets])
    asset = known(options, adopted(deeds(options))).owned(value)
    if asset is None and not history:
        raise UsageError(f"nothing is known of {value}", "", "glasshouse exposure list shows what is")
    findings = about(found, value)
    near = {value, *targets}
    return Scope(
        value=value, at=found.at, asset=asset, history=tuple(history),
        changes=tuple(one for one in found.changes if any(touches(fact, near) for fact in _facts(one))),
        findings=tuple(findings), blind=found.blind,
        looked_up=tuple(dict.fromkeys(line for one in findings for line in one.looked_up)),
    )  # fmt: skip


def _targets(history: Iterable[Observation[Fact]], value: str) -> list[str]:
    """The addresses that a name points to."""
    facts = [one.fact for one in history]
    records = (one for one in facts if isinstance(one, DnsRecord) and one.type in ("A", "AAAA"))
    return sorted({one.data for one in records if one.name == value})


def _facts(one: Judged) -> Iterator[Fact]:
    yield from (side.fact for side in (one.shift.before, one.shift.after) if side is not None)


def ours(options: Options, said: str) -> Asset | None:
    """The asset that makes a name or address ours."""
    mine, bare = known(options, adopted(deeds(options))), said.strip()
    if "/" in bare and (network := parse.network(bare)):
        return next(iter(mine.knowledge.inventory.assets_of(Target("cidr", network))), None)
    return mine.owned(parse.address(bare) or parse.host_name(bare) or bare)


def about(found: Exposure, value: str) -> list[Finding]:
    """The findings about a name or address, names below it, or what an asset of that name holds."""
    value = value.strip().casefold()
    return [
        one
        for one in found.findings
        if value in (one.about.casefold(), (one.asset.value if one.asset else "").casefold())
        or one.about.casefold().endswith(f".{value}")
    ]


def touches(fact: Fact, values: set[str]) -> bool:
    """Whether a fact is about one of these names or addresses, or about a name below one."""
    return any(name in values or any(name.endswith(f".{one}") for one in values) for name in _names(fact))


def _names(fact: Fact) -> Iterator[str]:
    if isinstance(fact, Certificate):
        yield from (name.removeprefix("*.") for name in fact.names)
    elif isinstance(fact, Service):
        yield from (fact.ip, *fact.hostnames)
    elif isinstance(fact, DnsRecord):
        yield from (fact.name, fact.data.rpartition(" ")[2])
    elif isinstance(fact, Registration):
        yield fact.name.lower()
    else:
        yield getattr(fact, "name", fact.key)
