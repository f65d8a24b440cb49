"""The score's flow: a labelled corpus in; out, per detector and visibility, what it found and missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

from glasshouse import flow_score_ours as ours
from glasshouse import flow_score_sigma as sigma
from glasshouse.acts import MANIFEST, SETTINGS, TRUTH, Act, Manifest, act_of, manifest_of
from glasshouse.catalogue import Catalogue, load
from glasshouse.errors import Malformed, ReadError, UsageError
from glasshouse.flow_score_logs import asked, databases_of, names_listed, network_rows
from glasshouse.proof.detectors import list_match, sentinel
from glasshouse.proof.detectors.sentinel import Row
from glasshouse.proof.measure import Estate, Figures, Miss, measure
from glasshouse.proof.measure_truth import VISIBILITIES, Alarm, Databases
from glasshouse.records import Tally, Trouble

DETECTORS = ("ours", "rules", "sentinel", "list", "sigma")
WORK = {"ours", "rules", "sigma"}  # these need lookups
SPAWN = get_context("spawn")  # a forked DuckDB waits for threads that are not there
WORKERS = 2
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A labelled corpus: what is in it, what was done in it, and where its logs stand, by kind."""

    folder: Path
    manifest: Manifest
    acts: tuple[Act, ...]

    def paths(self, kinds: Sequence[str]) -> list[str]:
        """The logs of some kinds."""
        return [str(self.folder / one.path) for one in self.manifest.logs if one.kind in kinds]

    @property
    def settings(self) -> Path | None:
        """The settings file that names what is known of the estate."""
        file = self.folder / SETTINGS
        return file if file.is_file() else None


@dataclass(slots=True)
class _Bench:
    """What detectors share with the logs of one visibility."""

    corpus: Corpus
    catalogue: Catalogue
    databases: Databases
    kinds: Sequence[str]
    rows: list[Row] | None = None
    troubles: dict[Trouble, None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of one score: the corpus, the figures, and what could not be read."""

    corpus: Corpus
    figures: tuple[Figures, ...]
    troubles: tuple[Trouble, ...] = ()


def score(
    folder: Path,
    detectors: Sequence[str] = DETECTORS,
    visibilities: Sequence[str] = tuple(VISIBILITIES),
    progress: Progress = lambda _said: None,
) -> Scored:
    """Run detectors over a corpus; raises UsageError, or ReadError when the corpus cannot be read."""
    _check(detectors, DETECTORS, "--detector")
    _check(visibilities, tuple(VISIBILITIES), "--visibility")
    corpus = read(folder)
    found: list[tuple[list[Figures], tuple[Trouble, ...]]] = []
    if len(visibilities) > 1:
        with ProcessPoolExecutor(WORKERS, mp_context=SPAWN) as pool:
            largest = sorted(visibilities, key=lambda one: -len(corpus.paths(VISIBILITIES[one])))
            running = [pool.submit(_visible, folder, detectors, one) for one in largest]
            for done, name in zip(running, largest, strict=True):
                progress(f"with the logs of {name}")
                found.append(done.result())
    else:
        found = [_visible(folder, detectors, one, progress) for one in visibilities]
    place = {name: number for number, name in enumerate((*detectors, *visibilities))}
    figures = [one for some, _troubles in found for one in some]
    figures.sort(key=lambda one: (place[one.detector], place[one.visibility]))
    return Scored(corpus, tuple(figures), tuple(dict.fromkeys(one for _some, all_ in found for one in all_)))


def read(folder: Path) -> Corpus:
    """A corpus as ``glasshouse corpus`` makes it; raises ReadError."""
    at = folder / MANIFEST
    try:
        manifest = manifest_of(at.read_bytes())
        at = folder / TRUTH
        lines = at.read_bytes().splitlines()
        acts = tuple(act_of(line) for line in lines if line.strip())
    except OSError as problem:
        said = problem.strerror or "cannot be read"
        raise ReadError(said, str(at), "make a corpus first: glasshouse corpus FOLDER") from None
    except Malformed as problem:
        raise ReadError(str(problem), str(at), "make the corpus anew: glasshouse corpus FOLDER") from None
    return Corpus(folder, manifest, acts)


def _check(said: Sequence[str], known: Sequence[str], option: str) -> None:
    for name in said:
        if name not in known:
            raise UsageError(f"no {option.strip('-')} named {name!r}", option, f"one of: {', '.join(known)}")


def _visible(
    folder: Path, detectors: Sequence[str], visibility: str, progress: Progress = lambda _said: None
) -> tuple[list[Figures], tuple[Trouble, ...]]:
    """All detectors with the logs of one visibility, and what could not be read."""
    corpus, catalogue, kinds = read(folder), load(), VISIBILITIES[visibility]
    bench = _Bench(corpus, catalogue, databases_of(catalogue), kinds)
    paths = corpus.paths(kinds)
    seen = None
    if paths and WORK & set(detectors):
        progress(f"{visibility}: ours")
        seen = ours.run(paths, corpus.settings, progress)
        bench.troubles.update(dict.fromkeys(_lasting(seen.troubles)))
    out = []
    estate = Estate(corpus.manifest.people, corpus.manifest.days)
    for name in detectors:
        progress(f"{visibility}: {name}")
        alarms = _alarms(bench, name, seen)
        figures = measure(corpus.acts, alarms or (), kinds, estate, name, visibility)
        out.append(_explained(bench, replace(figures, ran=alarms is not None), seen))
    return out, tuple(bench.troubles)


def _lasting(troubles: Sequence[Trouble]) -> list[Trouble]:
    """All but that knowledge is old: a corpus lies in the past."""
    return [one for one in troubles if "not refreshed" not in one.reason]


def _alarms(bench: _Bench, name: str, seen: ours.Seen | None) -> list[Alarm] | None:
    """The alarms of one detector; None when no log here is of a kind it reads."""
    if name == "list":
        return _listed(bench) if bench.corpus.paths(bench.kinds) else None
    if name == "sentinel":
        if "endpoint" not in bench.kinds:
            return None
        return list(sentinel.alarms(_rows(bench), bench.databases))
    if seen is None:
        return None
    if name == "sigma":
        return sigma.alarms(seen.lookups, seen.replay.rules)
    return ours.raised(seen) if name == "ours" else ours.by_rules(seen)


def _listed(bench: _Bench) -> list[Alarm]:
    names, tally = names_listed(bench.catalogue), Tally()
    found = asked(bench.corpus.paths(bench.kinds), names, tally)
    bench.troubles.update(dict.fromkeys(tally.troubles))
    return list(list_match.alarms(found, list_match.listed(names), bench.databases))


def _rows(bench: _Bench) -> list[Row]:
    if bench.rows is None:
        tally = Tally()
        bench.rows = network_rows(bench.corpus.paths(("endpoint",)), tally)
        bench.troubles.update(dict.fromkeys(tally.troubles))
    return bench.rows


def _explained(bench: _Bench, figures: Figures, seen: ours.Seen | None) -> Figures:
    """The figures, each miss with its reason."""
    if not figures.ran:
        said = "it reads none of these logs"
        return replace(figures, misses=tuple(Miss(one.act, said) for one in figures.misses))
    misses = []
    for one in figures.misses:
        if figures.detector == "sentinel":
            why = sentinel.why_missed(one.act, _rows(bench))
        elif figures.detector == "list":
            why = "no name of the list is in a record of its actor"
        else:
            why = ours.why_missed(seen, one.act) if seen else ""
        misses.append(Miss(one.act, why))
    return replace(figures, misses=tuple(misses))


__all__ = ["DETECTORS", "Corpus", "Scored", "read", "score"]
