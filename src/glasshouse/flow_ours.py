"""The settings and what was adopted in; what is ours, and who had which address, for one run, out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from glasshouse import config
from glasshouse.config import Options
from glasshouse.errors import ReadError, UsageError
from glasshouse.office import adoptions
from glasshouse.records import Actor, Lookup, Target
from glasshouse.settings import Settings
from glasshouse.watch.behind import AFTER, BEFORE, behind, gateways
from glasshouse.watch.targets import Own

if TYPE_CHECKING:  # reading what we know costs start-up time that a plain hunt need not pay
    from glasshouse.know.background import Knowledge
    from glasshouse.known import Asset, Use

Earlier = Callable[[list[str] | None, int, int], Iterable[Lookup]]  # of names, or all; from and until
_Signature = tuple[tuple[str, int, int, int], ...]
_read: dict[str, tuple[_Signature, Knowledge]] = {}
_adopted: dict[str, tuple[Asset, ...]] = {}  # by home and office: a run that goes on lives without the office


class Ours:
    """What ``--own`` says, what the inventory holds and what was adopted, as one; it answers as Own does."""

    def __init__(self, said: str, known: Knowledge | None, adopted: Sequence[Asset] = ()) -> None:
        self.said, self.own, self.known, self.adopted = said, Own(said), known, tuple(adopted)
        self._inventories = [known.inventory] if known else []
        if adopted:
            from glasshouse.know.inventory import Inventory

            self._inventories.append(Inventory(adopted))

    @property
    def fingerprint(self) -> str:
        """Changes when what is ours does."""
        said = f"{self.said} {self.known.inventory_fingerprint if self.known else ''}".strip()
        return f"{said} {sorted((one.type, one.value) for one in self.adopted)}" if self.adopted else said

    def __bool__(self) -> bool:
        return bool(self.own) or any(self._inventories)

    def about_us(self, target: Target) -> bool | None:
        """True when any says so; None when none can tell."""
        said = [self.own.about_us(target), *(one.about_us(target) for one in self._inventories)]
        return True if True in said else False if False in said else None

    def mark(self, targets: Sequence[Target]) -> tuple[Target, ...]:
        """The targets, each once, with ``about_us`` filled in."""
        return tuple(replace(target, about_us=self.about_us(target)) for target in dict.fromkeys(targets))

    def holds(self, address: str) -> bool:
        """Whether an address or network overlaps with ours."""
        return self.own.holds(address) or any(one.holds(address) for one in self._inventories)


def ours(options: Options) -> Ours:
    """What is ours in one run."""
    said = ",".join(filter(None, (options.own, *options.settings.own)))
    return Ours(said, knowledge(options.settings), adopted(options))


def adopted(options: Options) -> tuple[Asset, ...]:
    """What was adopted as ours; as it was told last when the office cannot be asked now."""
    home, url = config.home(options.home), options.settings.office.url
    if not adoptions.any_made(url, home):
        return ()
    from glasshouse.office import exposed, store

    try:
        with store.opened(options.settings, home, make=False) as office, office.reading() as conn:
            _adopted[f"{home} {url}"] = exposed.assets(exposed.standing(conn).values())
    except UsageError:
        return ()
    except ReadError:
        if f"{home} {url}" not in _adopted:
            raise
    return _adopted[f"{home} {url}"]


def knowledge(settings: Settings, uses: Sequence[Use] = ()) -> Knowledge | None:
    """All we know, None when the settings name nothing; read again only when a file changed."""
    if not (settings.know.paths or settings.know.fetch or uses):
        return None
    from glasshouse.know.background import know

    key = repr((settings, uses))
    signature = _signature(settings)
    had = _read.get(key)
    if had and had[0] == signature:
        return had[1]
    found = know(settings, uses)
    _read.clear()
    _read[key] = (signature, found)
    return found


def _signature(settings: Settings) -> _Signature:
    from glasshouse.know.gather import answers, files

    kept = [answers(settings.know, server) for server in settings.know.fetch]
    out = []
    for path in [*files(settings.know.paths, []), *kept]:
        try:
            told = path.stat()
        except OSError:
            continue
        out.append((str(path), told.st_mtime_ns, told.st_size, told.st_ino))
    return tuple(out)


def resolved(
    lookups: Iterable[Lookup], known: Knowledge | None, earlier: Earlier | None = None
) -> list[Lookup]:
    """The lookups, each with the machine that had its address then, where leases say so.

    What a network device is seen to ask is its client's, where DNS questions tell which: those among the
    lookups, and those that ``earlier`` gives.
    """
    if known is None or not known.has & {"tenancies", "machines"}:
        return list(lookups)
    machine = known.directory.machine
    found = [known.directory.resolve(lookup) for lookup in lookups]

    def is_gateway(actor: Actor) -> bool:
        one = machine(actor.host or actor.device or "")
        return one is not None and one.kind == "network"

    if numbers := gateways(found, is_gateway):
        names, times = {found[at].name for at in numbers}, [found[at].time for at in numbers]
        named = None if None in names else sorted(filter(None, names))
        more = earlier(named, min(times) - BEFORE, max(times) + AFTER + 1) if earlier else ()
        found = behind(found, [*found, *more], is_gateway)
    return found


def remarked(lookups: Iterable[Lookup], mine: Ours) -> list[Lookup]:
    """The lookups as what is ours today marks them; as they were when nothing is said to be ours."""
    if not mine:
        return list(lookups)
    known: dict[tuple[Target, ...], tuple[Target, ...]] = {}
    out = []
    for lookup in lookups:
        if lookup.targets not in known:
            plain = [replace(target, about_us=None) for target in lookup.targets]
            known[lookup.targets] = mine.mark(plain)
        marked = known[lookup.targets]
        out.append(lookup if marked == lookup.targets else replace(lookup, targets=marked))
    return out
