"""The labelled corpus: the same every time, and its truth is what its own logs show."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glasshouse import flow_corpus
from glasshouse.acts import KINDS, LABELS, Act, act_line, act_of, manifest_of
from glasshouse.catalogue import load
from glasshouse.cli.main import app
from glasshouse.config import Options
from glasshouse.errors import Malformed, UsageError
from glasshouse.flow import find, recognised, sifter_for
from glasshouse.leaf import behaviours, writers
from glasshouse.proof.casting import WHENS, Cast, cast
from glasshouse.proof.clock import DAY, midnight
from glasshouse.proof.estate import Estate, build
from glasshouse.proof.seen import Fact
from glasshouse.proof.site import KINDS as SENSORS
from glasshouse.proof.site import Site
from glasshouse.records import Lookup, Tally
from glasshouse.watch import read
from glasshouse.watch.sift import Sifter, sift

START = midnight(flow_corpus.FIRST_DAY)
SHORT = tuple(sorted({*behaviours()} - {"steady-poll", "soar-enrichment", "spiderfoot"}))
SMALL = flow_corpus.Size(people=40, servers=14, days=4, scale=0.1, only=SHORT)
EXAMPLES = Path(__file__).parent / "examples" / "behaviours"


@dataclass(frozen=True)
class Played:
    """One act by itself: its truth, and what the product's own readers find in its logs."""

    cast: Cast
    act: Act
    lines: dict[str, list[tuple[int, str]]]
    found: list[Lookup]
    quarantined: int

    def counts(self) -> dict[str, int]:
        """Log records that name a database, by kind of log."""
        kinds = {leaf.FILE.replace("/", "_"): leaf.KIND for leaf in writers().values()}
        records = {(Path(one.file).name, one.position) for one in self.found}
        return dict(Counter(kinds[name] for name, _ in records))


@pytest.fixture(scope="module")
def estate() -> Estate:
    return build(60, 14, START)


@pytest.fixture(scope="module")
def sifter(tmp_path_factory: pytest.TempPathFactory) -> Sifter:
    return sifter_for(load(), Options(home=tmp_path_factory.mktemp("home")))


def played(one: Cast, estate: Estate, folder: Path, sifter: Sifter) -> Played:
    lines: dict[str, list[tuple[int, str]]] = defaultdict(list)
    leaves = writers()

    def give(sensor: str, time: int, fact: Fact) -> int:
        taken = [leaf for leaf in leaves.values() if sensor == leaf.SENSOR and isinstance(fact, leaf.TAKES)]
        for leaf in taken:
            lines[leaf.FILE].append((time, leaf.line(fact)))
        return len(taken)

    site = Site(estate, give)
    act = flow_corpus.play(one, site)
    headers = {leaf.FILE: leaf.HEADER for leaf in leaves.values()}
    paths = []
    for file, said in lines.items():
        path = folder / file.replace("/", "_")
        path.write_bytes((headers[file] + "".join(line for _, line in sorted(said))).encode())
        paths.append(str(path))
    found, quarantined = all_lookups(paths, sifter)
    return Played(one, act, lines, found, quarantined)


def all_lookups(paths: list[str], sifter: Sifter) -> tuple[list[Lookup], int]:
    """Every lookup of every record, nothing joined or taken away."""
    tally = Tally()
    found: list[Lookup] = []
    for item in read.inputs(paths, lambda problem: pytest.fail(problem.reason)):
        leaf = recognised(item, tally)
        assert leaf is not None, item.label
        found.extend(sift(item, leaf, sifter, tally))
    assert not tally.troubles
    return found, sum(count.quarantined for count in tally.sources.values())


def acts_of(name: str, estate: Estate) -> Iterator[Cast]:
    """One for each kind of seat."""
    yield from list(cast({name: behaviours()[name]}, estate, "7", 8))[: len(behaviours()[name].SEATS)]


@pytest.mark.parametrize("name", sorted(behaviours()))
def test_truth_is_what_the_logs_show(name: str, estate: Estate, sifter: Sifter, tmp_path: Path) -> None:
    leaf, known = behaviours()[name], load()
    for one in acts_of(name, estate):
        folder = tmp_path / one.id
        folder.mkdir()
        done = played(one, estate, folder, sifter)
        act = done.act
        if one.id.endswith("-1"):
            as_its_example_says(name, done)
        assert done.quarantined == 0
        assert {kind: count for kind, count in act.seen.items() if count} == done.counts(), act.id
        assert set(act.databases) <= set(known.databases)
        assert act.start >= one.start - 1_000_000
        assert act.end >= act.start
        assert act.shown or not leaf.SHOWN or act.label == "lookalike" or not act.databases
        if act.label in ("malicious", "authorised"):
            assert act.shown
            assert act.databases
            assert act.requests >= 1
        if act.label == "lookalike":
            assert not done.found
            assert not act.databases
        named_ips = {lookup.actor.ip for lookup in done.found if lookup.actor.ip}
        assert named_ips <= {*act.ips, *act.behind}
        users = {(lookup.actor.user or "").rpartition("\\")[2] for lookup in done.found} - {""}
        assert users <= set(act.users)


def as_its_example_says(name: str, done: Played) -> None:
    """An example file says of the first act which databases and kinds of log show it, and words of a log."""
    said = json.loads((EXAMPLES / f"{name}.json").read_text())
    assert {one.database for one in done.found if one.database} >= set(said["shows"])
    assert [kind for kind in KINDS if done.act.seen[kind]] == said["kinds"]
    everything = "".join(line for lines in done.lines.values() for _, line in lines)
    for word in said["words"]:
        assert word in everything


def test_every_behaviour_says_what_it_is() -> None:
    for name, leaf in behaviours().items():
        assert leaf.LABEL in LABELS, name
        assert leaf.WHEN in WHENS, name
        assert leaf.COUNT >= 1
        assert leaf.SEATS
        assert leaf.WHY.endswith("."), name
        assert leaf.LABEL != "malicious" or leaf.COUNT >= 3, name
        assert not leaf.CLIENT or leaf.CLIENT in load().clients


def test_every_sensor_has_a_writer_and_every_writer_a_sensor() -> None:
    assert {leaf.SENSOR for leaf in writers().values()} == set(SENSORS)
    assert all(SENSORS[leaf.SENSOR] == leaf.KIND for leaf in writers().values())


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = flow_corpus.corpus(tmp_path / "a", SMALL)
    again = flow_corpus.corpus(tmp_path / "b", SMALL)
    assert first == again
    for log in first.manifest.logs:
        assert (tmp_path / "a" / log.path).read_bytes() == (tmp_path / "b" / log.path).read_bytes()
    other = flow_corpus.corpus(tmp_path / "c", flow_corpus.Size(**{**vars_of(SMALL), "seed": "8"}))
    assert [log.sha256 for log in other.manifest.logs] != [log.sha256 for log in first.manifest.logs]


def vars_of(size: flow_corpus.Size) -> dict[str, object]:
    return {name: getattr(size, name) for name in flow_corpus.Size.__slots__}


def test_a_behaviour_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    size = {**vars_of(SMALL), "scale": 0.0}
    alone = flow_corpus.corpus(tmp_path / "a", flow_corpus.Size(**{**size, "only": ("amass",)}))
    both = flow_corpus.corpus(tmp_path / "b", flow_corpus.Size(**{**size, "only": ("amass", "bbot")}))
    assert all(act in both.acts for act in alone.acts)
    lines = (tmp_path / "a" / "logs/resolver/queries.log").read_text().splitlines()
    assert set(lines) < set((tmp_path / "b" / "logs/resolver/queries.log").read_text().splitlines())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "made"
    flow_corpus.corpus(folder, SMALL)
    return folder


def test_the_product_reads_all_of_it(small: Path, tmp_path: Path) -> None:
    found, tally, _ = find([str(small / "logs")], Options(home=tmp_path))
    manifest = manifest_of((small / "corpus.json").read_bytes())
    assert not tally.troubles
    assert sum(count.quarantined for count in tally.sources.values()) == 0
    assert tally.files == len(manifest.logs)
    assert {log.kind for log in manifest.logs} == set(KINDS)
    names = {name for act in truth(small) for name in (*act.ips, *act.hosts, *act.users, *act.behind)}
    for lookup in found:  # ordinary life holds none: every lookup belongs to an act
        who = lookup.actor
        host = (who.host or "").partition(".")[0].lower()
        assert {who.ip, host, (who.user or "").rpartition("\\")[2]} & names


def truth(folder: Path) -> list[Act]:
    return [act_of(line) for line in (folder / "truth.jsonl").read_bytes().splitlines()]


def test_ordinary_life_holds_no_lookup(tmp_path: Path) -> None:
    size = flow_corpus.Size(people=40, servers=14, days=2, scale=1.0, only=("own-address",))
    made = flow_corpus.corpus(tmp_path / "made", size)
    found, tally, _ = find([str(tmp_path / "made" / "logs")], Options(home=tmp_path))
    assert sum(count.records for count in tally.sources.values()) > 10_000
    assert not found
    assert {act.label for act in made.acts} == {"benign"}


def test_logs_stand_in_order_of_time(small: Path) -> None:
    times = [
        int(line[1 : line.index("]")])
        for line in (small / "logs/resolver/queries.log").read_text().splitlines()
    ]
    assert times == sorted(times)
    assert min(times) >= START // 1_000_000
    counted = manifest_of((small / "corpus.json").read_bytes())
    records = {log.path: log.records for log in counted.logs}
    assert records["logs/resolver/queries.log"] == len(times)


def test_what_it_knows_is_read_without_trouble(small: Path) -> None:
    from glasshouse.flow_know import check
    from glasshouse.settings import load as settings

    options = Options(home=small / "home", settings=settings(small / "home", small / "glasshouse.toml"))
    origins, troubles = check(options)
    assert not troubles
    kinds = {kind for origin in origins for kind, count in origin.counts if count}
    assert {"assets", "people", "tenancies", "uses", "changes", "machines", "indicators"} <= kinds


def test_addresses_change_hands_between_weeks(estate: Estate) -> None:
    for week in range(6):
        addresses = [one.address(week) for one in estate.machines]
        assert len(set(addresses)) == len(addresses)
    moved = [one for one in estate.machines if one.address(0) != one.address(1)]
    assert moved
    assert all(one.zone != "server" for one in moved)


def test_truth_survives_its_spelling(small: Path) -> None:
    for act in truth(small):
        assert act_of(act_line(act)) == act


@pytest.mark.parametrize("line", ["", "[]", "{", '{"id": "a"}', '{"id": "a", "label": "odd"}'])
def test_a_line_that_is_no_act(line: str) -> None:
    with pytest.raises(Malformed):
        act_of(line)


def test_the_command(tmp_path: Path) -> None:
    run = CliRunner()
    listed = run.invoke(app, ["corpus", "--list"])
    assert listed.exit_code == 0
    assert len(listed.output.splitlines()) == len(behaviours())
    small = ["--people", "10", "--servers", "0", "--days", "1", "--scale", "0.1"]
    made = run.invoke(app, ["corpus", str(tmp_path / "made"), *small, "--only", "subfinder"])
    assert made.exit_code == 0, made.output
    assert "4 acts (4 malicious)" in made.output
    again = run.invoke(app, ["corpus", str(tmp_path / "made"), *small])
    assert isinstance(again.exception, UsageError)
    forced = run.invoke(app, ["corpus", str(tmp_path / "made"), *small, "--only", "subfinder", "--force"])
    assert forced.exit_code == 0
    for wrong in (["corpus"], ["corpus", str(tmp_path / "x"), "--only", "nobody"]):
        assert isinstance(run.invoke(app, wrong).exception, UsageError)


def test_nobody_stands_in_for_a_role(tmp_path: Path) -> None:
    """An estate without servers and staff has no platforms, analysts or red team, and nothing authorised."""
    tiny = flow_corpus.corpus(tmp_path, flow_corpus.Size(people=8, servers=0, days=7, scale=0.0))
    assert {act.label for act in tiny.acts} == {"malicious", "benign", "lookalike"}
    assert not any(act.hosts and act.hosts[0].startswith(("srv", "soar")) for act in tiny.acts)


@pytest.mark.parametrize("days", [1, 2, 7])
def test_acts_begin_within_the_days_there_are(days: int, estate: Estate) -> None:
    for one in cast(behaviours(), estate, "7", days):
        assert START <= one.start < START + days * DAY
