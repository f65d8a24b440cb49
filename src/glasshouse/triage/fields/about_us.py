"""The targets of an episode and the inventory in; whether it is about us, and about which assets, out."""

from __future__ import annotations

from collections.abc import Mapping

from glasshouse.known import Background
from glasshouse.settings import Thresholds
from glasshouse.triage.words import count, incomplete, known, some, unknown
from glasshouse.verdicts import Episode, Field, Reference

TITLE = "About us?"
VALUES: Mapping[str, str] = {
    "all": "every target that can be seen is ours",
    "some": "some targets are ours, others are not",
    "none": "every request shows its target, and none is ours",
    "unknown": "the targets cannot be seen, or no inventory says what is ours",
}
INVENTORY = "an inventory: know.paths in the settings, or --own"
TARGETS = (
    "logs that show what was asked about: command lines, a proxy that logs whole URLs, an endpoint agent"
)


def judge(episode: Episode, background: Background, thresholds: Thresholds) -> Field:
    """Ours by the inventory; hidden targets never count as not ours."""
    if not background.about_us and not background.not_ours:
        if episode.targets_total and "assets" not in background.has:
            return unknown("about_us", "no inventory says what is ours", INVENTORY)
        if background.undecided:
            return unknown(
                "about_us", "the targets are search expressions, or of kinds the inventory lacks", INVENTORY
            )
        return unknown("about_us", "the logs show no target", TARGETS)
    hidden = max(0, episode.alert.requests.estimate - episode.acts_with_target)
    judged = background.about_us + background.not_ours
    # Search expressions, kinds of target the inventory lacks, and those beyond the most that are listed.
    dark = max(background.undecided, episode.targets_total - judged)
    evidence = [
        Reference("asset", hit.asset.origin or hit.asset.value, f"{hit.target} is {hit.asset.value}")
        for hit in background.assets[:10]
    ]
    if background.about_us:
        value = "some" if background.not_ours or dark else "all"
        names = some(dict.fromkeys(hit.target for hit in background.assets))
        tail = f"; requests that show no target: {hidden:,}" if hidden else ""
        says = f"{background.about_us:,} of {count(episode.targets_total, 'target')} ours: {names}{tail}"
        number = max(background.about_us, _requests_about_us(episode, background))
        return known("about_us", value, says, evidence, "medium" if hidden else "high", number)
    if hidden:
        more = count(hidden, "request")
        return unknown("about_us", f"no target seen is ours, but of {more} no target is seen", TARGETS)
    if dark:
        more = count(dark, "target")
        return unknown("about_us", f"no target judged is ours, but {more} cannot be judged", INVENTORY)
    if "assets" in background.incomplete:
        return incomplete("about_us", "inventory")
    return known("about_us", "none", f"none of {count(episode.targets_total, 'target')} is ours", number=0)


def _requests_about_us(episode: Episode, background: Background) -> int:
    """Requests about us: all when only we were asked about, else as many as our share of the targets."""
    share = background.about_us / max(1, episode.targets_total)
    return round(episode.alert.requests.estimate * share)
