"""A change no record approves in; out, why it was to be expected: the inventory, a renewal, an end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from glasshouse.findings import Shift
from glasshouse.known import Asset
from glasshouse.observed import Certificate, DnsRecord, Fact, Registration
from glasshouse.survey.signs import DAY, Ground, Past, issuer_organisation

LATE = 30 * DAY  # a renewal may come so long after the end
DUE = 0.5  # share of its life that is left at most when a certificate is renewed


def expected(shift: Shift, fact: Fact, asset: Asset | None, ground: Ground) -> str:
    """Why a change was to be expected, in one sentence; empty when it was not.

    New: the inventory names exactly this (a domain; a name and its address; a certificate by serial or hash),
    or it renews a certificate we had. Gone: a certificate that ended, or what is no longer in the inventory.
    """
    if shift.kind == "gone":
        return _ended(fact, asset, ground)
    if shift.kind == "changed":
        return ""
    if isinstance(fact, Certificate):
        return _named(fact, ground) or _renewal(fact, ground.past)
    if isinstance(fact, Registration) and asset is not None and asset.value == fact.name.lower():
        return f"The inventory names {fact.name}{_origin(asset)}."
    if isinstance(fact, DnsRecord) and fact.type in ("A", "AAAA", "CNAME"):
        return _both(fact, asset, ground)
    return ""


def shown(time: int | None) -> str:
    """A time for people, to the minute, in UTC."""
    if time is None:
        return "an unknown time"
    try:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time):%Y-%m-%d %H:%M}"
    except OverflowError:
        return "a time far off"


def _ended(fact: Fact, asset: Asset | None, ground: Ground) -> str:
    if isinstance(fact, Certificate) and fact.not_after is not None and fact.not_after <= ground.now:
        return f"It ended on {shown(fact.not_after)}."
    return "What it is about is no longer in the inventory." if asset is None else ""


def _named(fact: Certificate, ground: Ground) -> str:
    for value in (fact.serial, fact.sha256):
        found = ground.owned(value) if value else None
        if found is not None and found.type == "certificate":
            return f"The inventory names this certificate{_origin(found)}."
    return ""


def _both(fact: DnsRecord, asset: Asset | None, ground: Ground) -> str:
    target = ground.owned(fact.data)
    if asset is None or target is None or asset.value != fact.name:
        return ""
    return f"The inventory names {fact.name}{_origin(asset)}, and {fact.data} is ours{_origin(target)}."


def _renewal(fact: Certificate, past: Past) -> str:
    begins = fact.not_before if fact.not_before is not None else fact.logged
    if begins is None:
        return ""
    for old in past.certificates.get(fact.names, ()):
        if old.key == fact.key or old.not_before is None or old.not_after is None:
            continue
        left, life = old.not_after - begins, max(1, old.not_after - old.not_before)
        same = issuer_organisation(old.issuer).casefold() == issuer_organisation(fact.issuer).casefold()
        if same and -LATE <= left <= DUE * life and old.not_before < begins:
            return (
                f"It renews certificate {old.serial} of the same issuer, which ends {shown(old.not_after)}."
            )
    return ""


def _origin(asset: Asset) -> str:
    return f" ({asset.origin})" if asset.origin else ""
