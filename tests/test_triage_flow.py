"""From logs to decisions over a real lake: what is judged again, what not, and what it is compared with."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from glasshouse import flow_cases, flow_detect, flow_lake, flow_triage
from glasshouse.catalogue import load
from glasshouse.config import Options
from glasshouse.flow_detect import detect
from glasshouse.flow_episodes import episodes
from glasshouse.flow_lake import ingest
from glasshouse.flow_triage import judged_alerts, triage
from glasshouse.lake import alerts, batch, care, facts, schema, state, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import uid_of
from glasshouse.office import case_work, cases, triaged
from glasshouse.office import store as office_store
from glasshouse.records import Lookup, Requests, Target
from glasshouse.settings import Know, Settings
from glasshouse.verdicts import Episode, Triaged, Usage
from glasshouse.watch import enrich
from glasshouse.watch.actors import node
from glasshouse.watch.detect import load_rules
from lake_samples import DAY, HOUR, START, crowd, lookup

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller seed is no smaller crowd
V1 = Path(__file__).parent / "lake_v1.sql"
BEGIN = START // 1_000_000
ALERTS = 2  # of the twelve days below
REGISTER = """
uses:
  - id: soc
    purpose: enrichment
    category: analyst
    who: {accounts: [%s]}
    databases: ["*"]
    targets: ["*"]
    approved_by: ciso
    valid_from: 2026-01-01
    valid_until: 2026-05-30
"""


@pytest.fixture(scope="module", autouse=True)
def _read_once():
    """Rules and catalogue are read once: there are many runs."""
    rules = load_rules()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flow_detect, "load_rules", lambda _extra: rules)
        for module in (flow_detect, flow_lake):
            patch.setattr(module, "load", cache(load))
        yield


def put(home: Path, lookups: list[Lookup]) -> None:
    with store.writing(home) as lake:
        batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in lookups]))


# What a day of counts and an episode are, however the lookups came in.


def counted(home: Path) -> list[tuple[str | int, ...]]:
    with store.opened(home) as lake:
        return lake.db.execute("SELECT * FROM usage ORDER BY 1, 2, 3, 4").fetchall()


def gathered(home: Path) -> dict[str, Episode]:
    with store.opened(home) as lake:
        chosen = alerts.listed(lake)
        found = episodes(lake, chosen, lambda accounts, hosts: (*accounts, *hosts, "-")[0][-1])
        return {one.alert.id: one for one in found}


@given(seed=st.integers(0, 2**32))
@settings(max_examples=4, phases=PHASES)
def test_any_split_and_order_of_the_facts_gives_the_same_counts_and_episodes(tmp_path_factory, seed):
    at, draw = tmp_path_factory.mktemp("split"), random.Random(seed)
    lookups = crowd(seed, days=35, actors=5)
    waiting = draw.sample(lookups, len(lookups)) if seed % 2 else list(lookups)
    while waiting:
        size = draw.randint(1, max(2, len(lookups) // 6))
        put(at / "a", waiting[:size])
        if draw.random() < 0.2:
            put(at / "a", waiting[:size])
        waiting = waiting[size:]
        if draw.random() < 0.5:
            detect(Options(home=at / "a"))
    detect(Options(home=at / "a"))
    put(at / "b", lookups)
    detect(Options(home=at / "b"), full=True)
    assert gathered(at / "b")
    assert counted(at / "a") == counted(at / "b")
    assert gathered(at / "a") == gathered(at / "b")


def recounted(home: Path) -> list[tuple[str | int, ...]]:
    """The counts, made anew from all facts by a plain loop."""
    found: dict[tuple[str, int, str, str], list[int]] = defaultdict(lambda: [0, 0])
    with store.opened(home) as lake:
        table = enrich.rows(stored.lookup for stored in facts.load(lake))
    for number, x in enumerate(table.lookups):
        of = x.database or f"tool:{x.client.name or 'unknown'}"
        entry = found[node(x), x.time // HOUR, of, x.view]
        entry[0] += 1
        entry[1] += table.row(number)["requests"]
    return sorted((*key, *numbers) for key, numbers in found.items())


def by_actor(home: Path) -> dict[str, dict[int, dict[tuple[int, str], int]]]:
    """Per actor and day: hour and database, requests in the view that saw most. Proxies are left out."""
    views: dict[tuple[str, int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    with store.opened(home) as lake:
        proxies = {f"0:{ip}" for (ip,) in lake.db.execute("SELECT ip FROM relays WHERE folded")}
        for one, hour, database, view, _lookups, requests in recounted(home):
            if one not in proxies:
                views[state.key_of(lake.db, one, hour * HOUR), hour, database][view] += requests
    found: dict[str, dict[int, dict[tuple[int, str], int]]] = defaultdict(lambda: defaultdict(dict))
    for (actor, hour, database), seen in views.items():
        found[actor][hour // 24][hour, database] = max(seen.values())
    return found


def spread(values: list[int]) -> tuple[float, float]:
    middle = median(values) if values else 0
    return middle, median([abs(value - middle) for value in values]) if values else 0


def usage_of(days: list[dict[tuple[int, str], int]], with_hours: bool = True) -> Usage:
    sums = [sum(day.values()) for day in days]
    hours: dict[int, int] = defaultdict(int)
    for day in days if with_hours else ():
        for (hour, _database), requests in day.items():
            hours[hour] += requests
    by_day, by_hour = spread(sums), spread(list(hours.values()))
    return Usage(
        days=len(sums),
        median_day=by_day[0],
        mad_day=by_day[1],
        hours=len(hours),
        median_hour=by_hour[0],
        mad_hour=by_hour[1],
        most_day=max(sums, default=0),
        total=sum(sums),
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_counts_and_what_is_made_of_them_are_those_of_a_recount(seed, tmp_path):
    put(tmp_path, crowd(seed, days=45, actors=6))
    detect(Options(home=tmp_path))
    assert counted(tmp_path) == recounted(tmp_path)
    every, found = by_actor(tmp_path), gathered(tmp_path)
    assert found
    for one in found.values():
        day = one.alert.first_seen // DAY
        before = {
            actor: [mine[when] for when in sorted(mine) if day - 30 <= when < day]
            for actor, mine in every.items()
        }
        asked = {actor: days for actor, days in before.items() if days}
        assert one.own == usage_of(before.get(one.key, []))
        assert one.estate == usage_of([each for days in asked.values() for each in days], with_hours=False)
        assert one.actors_total == len(asked)
        assert one.actors_of_databases == sum(
            any(database in one.databases for each in days for _hour, database in each)
            for days in asked.values()
        )
        known = {when for mine in every.values() for when in mine if day - 30 <= when < day}
        assert one.days_known == len(known)


def test_old_facts_go_and_their_counts_with_them(tmp_path):
    put(tmp_path, crowd(2, days=45, actors=4))
    detect(Options(home=tmp_path))
    last = max(hour for _node, hour, *_rest in counted(tmp_path)) * 3600
    with store.writing(tmp_path) as lake:
        lookups, days = care.expire(lake, 20, now=last)
    assert lookups
    assert days
    detect(Options(home=tmp_path))
    left = counted(tmp_path)
    assert left
    assert min(hour for _node, hour, *_rest in left) >= (last // 86_400 - 20) * 24
    assert left == recounted(tmp_path)


# What one episode says of itself.


def one_episode(home: Path, lookups: list[Lookup], actor: str) -> Episode:
    put(home, lookups)
    detect(Options(home=home))
    (found,) = [one for one in gathered(home).values() if one.key == actor]
    return found


def burst(at: int, **said: object) -> list[Lookup]:
    """Forty API calls within minutes, each record unlike any other."""
    salt = sum(map(ord, repr(said)))
    return [lookup(at + n * 5_000_000, "shodan", salt * 1000 + n, **said) for n in range(40)]


HTTP = {"via": "http", "view": "http", "key_fingerprint": "hmac-sha256:01"}
PROCESS = {"via": "process", "view": "process", "key_fingerprint": "hmac-sha256:01"}


def test_who_is_named_in_one_log_and_not_in_another_shares_no_key_with_himself(tmp_path):
    seen = [
        *burst(START, ip="192.0.2.1", **HTTP),
        *burst(START, ip="192.0.2.1", user="EXAMPLE\\U-1", **PROCESS),
    ]
    assert one_episode(tmp_path, seen, "192.0.2.1").key_accounts == ("u-1",)


def test_a_key_that_another_uses_within_thirty_days_is_shared(tmp_path):
    mine = burst(START + 40 * DAY, ip="192.0.2.1", user="u-1", **HTTP)
    near = burst(START + 12 * DAY, ip="192.0.2.2", user="u-2", **HTTP)
    far = burst(START + 9 * DAY, ip="192.0.2.3", user="u-3", **HTTP)
    nameless = burst(START + 60 * DAY, ip="192.0.2.4", **HTTP)
    found = one_episode(tmp_path, [*mine, *near, *far, *nameless], "192.0.2.1")
    assert found.key_accounts == ("192.0.2.4", "u-1", "u-2")


def test_bytes_that_three_logs_count_are_counted_once(tmp_path):
    seen = [
        *burst(START, ip="192.0.2.1", via="http", view="http/connect", bytes_in=1000),
        *burst(START, ip="192.0.2.1", via="tls", view="tls", bytes_in=1100, bytes_out=300),
        *burst(START, ip="192.0.2.1", via="flow", view="flow", bytes_in=1100, bytes_out=300),
    ]
    found = one_episode(tmp_path, seen, "192.0.2.1")
    assert (found.bytes_out, found.bytes_in) == (40 * 300, 40 * 1100)


def test_targets_of_one_database_do_not_make_up_for_those_hidden_of_another(tmp_path):
    target = (Target("ip", "203.0.113.9"),)
    shown = [*burst(START, ip="192.0.2.1", targets=target, **HTTP)]
    hidden = [lookup(START + n * 5_000_000, "censys", 9000 + n, ip="192.0.2.1") for n in range(15)]
    found = one_episode(tmp_path, [*shown, *hidden], "192.0.2.1")
    assert (found.alert.requests.estimate, found.acts_with_target) == (55, 40)


def test_page_views_are_compared_as_they_are_counted(tmp_path):
    """A page view of a browser that no log names looks like many requests: not in the busiest day either."""
    page = {
        "via": "tls",
        "view": "tls",
        "ip": "192.0.2.1",
        "name": "www.shodan.io",
        "requests": Requests(1, 30),
    }
    seen = [lookup(START + n * 60_000_000, "shodan", n, **page) for n in range(40)]
    found = one_episode(tmp_path, seen, "192.0.2.1")
    assert found.alert.requests.estimate == 1200
    assert (found.busiest_day, found.busiest_hour) == (40, 40)


# From logs to cases.


def squid(day: int, user: str, ip: str, url: str, first: int = 0, last: int = 60) -> str:
    """Requests five seconds apart from 09:00 of a day."""
    what = f"TCP_TUNNEL/200 4000 CONNECT {url}" if "/" not in url else f"TCP_MISS/200 4000 GET {url}"
    begin = BEGIN + day * 86_400 + 9 * 3600
    return "".join(
        f"{begin + n * 5}.500     90 {ip} {what} {user} HIER_DIRECT/203.0.113.9 -\n"
        for n in range(first, last)
    )


def days_of_logs(folder: Path) -> list[Path]:
    """Twelve days: one who asks a little now and then, and on the last day much; a colleague about us."""
    folder.mkdir(parents=True)
    files = []
    for day in range(12):
        text = squid(day, "u-200", "192.0.2.200", "www.example.net:443", last=40)
        text += squid(day, "u-016", "192.0.2.16", "api.shodan.io:443", last=1)
        if day in (1, 5, 9):
            text += squid(day, "u-018", "192.0.2.18", "api.shodan.io:443", last=2)
        if day == 11:
            text += squid(day, "u-018", "192.0.2.18", "api.shodan.io:443", 300, 360)
            text += squid(day, "u-019", "192.0.2.19", "http://crt.sh/?q=www.example.com&output=json")
        files.append(folder / f"access-{day:02}.log")
        files[-1].write_text(text)
    return files


@pytest.fixture
def logs(tmp_path):
    return days_of_logs(tmp_path / "logs")


def options(at: Path, home: str = "home") -> Options:
    return Options(
        home=at / home, settings=Settings(own=("example.com",), know=Know(paths=(str(at / "known"),)))
    )


def run(files: list[Path], chosen: Options) -> flow_triage.Done:
    if files:
        assert ingest(list(map(str, files)), chosen, final=True).tally.troubles == []
    detect(chosen)
    return triage(chosen)


def judged(chosen: Options, user: str) -> list[Triaged]:
    """The judged alerts of one account, oldest first."""
    found = [one for one in judged_alerts(chosen)[0] if user in one.alert.users]
    return sorted(found, key=lambda one: one.alert.first_seen)


def test_the_same_again_judges_nothing(tmp_path, logs):
    (tmp_path / "known").mkdir()
    (tmp_path / "known" / "register.yml").write_text(REGISTER % "u-100")
    first = run(logs, options(tmp_path))
    assert first.judged == sum(first.decisions.values()) == ALERTS
    assert first.opened
    for touched in (False, True):
        if touched:
            os.utime(tmp_path / "known" / "register.yml", (BEGIN, BEGIN))
        again = run(logs, options(tmp_path))
        assert (again.judged, again.unchanged, again.opened) == (0, ALERTS, 0)
    everything = triage(options(tmp_path), full=True)
    assert (everything.judged, everything.opened) == (ALERTS, 0)


def test_alerts_are_compared_with_the_days_before(tmp_path, logs):
    (tmp_path / "known").mkdir()
    run(logs, options(tmp_path))
    (some,) = judged(options(tmp_path), "u-018")
    assert [some.verdict[name].value for name in ("usual", "rise", "history")] == [
        "unusual",
        "sudden",
        "first",
    ]
    assert (some.episode.days_known, some.episode.own.days, some.episode.own.median_day) == (11, 3, 2)
    (other,) = judged(options(tmp_path), "u-019")
    assert [other.verdict[name].value for name in ("usual", "about_us", "volume")] == [
        *("first", "all", "targeted-high")
    ]
    assert other.decision.name == "escalate-t2"


def history(chosen: Options, alert: str) -> list[triaged.Judgement]:
    with flow_cases.reading(chosen) as conn:
        return list(triaged.history(conn, alert))


def test_a_changed_register_judges_again_and_says_what_changed(tmp_path, logs):
    known = tmp_path / "known"
    known.mkdir()
    (known / "register.yml").write_text(REGISTER % "u-100")
    chosen = options(tmp_path)
    run(logs, chosen)
    (before,) = judged(chosen, "u-019")
    assert before.verdict["authorised"].value == "no"
    (known / "register.yml").write_text(REGISTER % "u-019")
    assert run([], chosen).judged == ALERTS
    (after,) = judged(chosen, "u-019")
    assert after.verdict["authorised"].value == "yes"
    assert after.decision != before.decision
    told = history(chosen, after.alert.id)
    assert [one.decision for one in told] == [before.decision.name, after.decision.name]
    shifts = {(one.what, one.before, one.after) for one in told[-1].changes}
    assert ("authorised", "no", "yes") in shifts
    assert len({one.knowledge for one in told}) == 2


def only_case(chosen: Options, user: str) -> cases.Case:
    (alert,) = judged(chosen, user)
    with flow_cases.reading(chosen) as conn:
        return flow_cases.case_named(conn, alert.alert.id)


def test_new_lookups_open_a_closed_case_again_and_the_same_do_not(tmp_path, logs):
    (tmp_path / "known").mkdir()
    chosen = options(tmp_path)
    run(logs, chosen)
    case = only_case(chosen, "u-019")
    with office_store.opened(chosen.settings, chosen.home) as office, office.transaction() as conn:
        case_work.close(conn, case.name, "benign-positive", "training", "u-100", flow_triage.now())
    run(logs, chosen)
    triage(chosen, full=True)
    assert only_case(chosen, "u-019").state == "closed"
    with logs[-1].open("a") as stream:
        stream.write(squid(11, "u-019", "192.0.2.19", "http://crt.sh/?q=vpn.example.com&output=json", 60, 80))
    done = run(logs, chosen)
    assert (done.judged, done.opened) == (1, 0)
    again = only_case(chosen, "u-019")
    assert (again.name, again.state) == (case.name, "open")
    (alert,) = judged(chosen, "u-019")
    assert alert.alert.requests.estimate == 80


def test_an_alert_hands_its_case_over_to_the_one_that_takes_its_place(tmp_path):
    """Sysmon tells which machine the address is: the actor has another name, the case goes on."""
    (tmp_path / "known").mkdir()
    chosen = options(tmp_path)
    file = tmp_path / "access.log"
    file.write_text(squid(0, "u-019", "192.0.2.19", "http://crt.sh/?q=www.example.com&output=json"))
    run([file], chosen)
    case = only_case(chosen, "u-019")
    (before,) = judged(chosen, "u-019")
    (tmp_path / "known" / "vpn.csv").write_text(f"ip,host,since,until\n192.0.2.19,ws-19,{BEGIN},\n")
    run([file], chosen)
    (after,) = judged(chosen, "u-019")
    assert (before.episode.key, after.episode.key) == ("192.0.2.19", "ws-19")
    assert before.alert.id != after.alert.id
    assert only_case(chosen, "u-019").name == case.name
    with flow_cases.reading(chosen) as conn:
        assert len(cases.listed(conn)) == 1


def test_an_earlier_lookup_that_comes_late_makes_no_second_case(tmp_path):
    (tmp_path / "known").mkdir()
    chosen = options(tmp_path)
    late, file = tmp_path / "late.log", tmp_path / "access.log"
    url = "http://crt.sh/?q=www.example.com&output=json"
    late.write_text(squid(0, "u-019", "192.0.2.19", url, last=20))
    file.write_text(squid(0, "u-019", "192.0.2.19", url, 20, 80))
    run([file], chosen)
    case = only_case(chosen, "u-019")
    run([late], chosen)
    (alert,) = judged(chosen, "u-019")
    assert alert.alert.requests.estimate == 80
    with flow_cases.reading(chosen) as conn:
        assert [one.name for one in cases.listed(conn)] == [case.name]


def shown(chosen: Options) -> dict[str, Triaged]:
    return {one.alert.id: one for one in judged_alerts(chosen)[0]}


@pytest.mark.parametrize("seed", range(2))
def test_the_order_in_which_logs_come_does_not_matter(seed, tmp_path, logs):
    (tmp_path / "known").mkdir()
    run(logs, options(tmp_path, "a"))
    draw = random.Random(seed)
    other = options(tmp_path, "b")
    for file in draw.sample(logs, len(logs)):
        ingest([str(file)], other, final=True)
        if draw.random() < 0.4:
            detect(other)
    run([], other)
    assert shown(other) == shown(options(tmp_path, "a"))


@pytest.mark.parametrize("full", [False, True])
def test_days_that_come_late_change_what_an_alert_is_compared_with(full, tmp_path, logs):
    """The verdict rests on the days before: when those come after it was given, it is given again."""
    (tmp_path / "known").mkdir()
    run(logs, options(tmp_path, "a"))
    other = options(tmp_path, "b")
    run(logs[8:], other)
    run(logs[:8], other)
    if full:
        triage(other, full=True)
    assert shown(other) == shown(options(tmp_path, "a"))


# Lakes of before.


def old_home(at: Path) -> Path:
    """A home of schema version 1, with the facts that its manifest names."""
    made = at / "made"
    put(made, crowd(1, 3, 2)[:40])
    with store.opened(made) as lake:
        by_day = {day: made / path for path, day in lake.db.execute("SELECT path, day FROM files")}
    home = at / "old"
    home.mkdir()
    db = sqlite3.connect(home / "glasshouse.db")
    db.executescript(V1.read_text())
    for path, day in db.execute("SELECT path, day FROM files").fetchall():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(by_day.pop(day), home / path)
    assert by_day == {}
    assert schema.version(db) == 1
    db.close()
    return home


def stood(home: Path) -> Iterator[tuple[str, str]]:
    db = sqlite3.connect(home / "glasshouse.db")
    yield from db.execute("SELECT id, state FROM alerts ORDER BY id").fetchall()
    db.close()


def test_a_lake_of_version_1_is_triaged(tmp_path):
    home = old_home(tmp_path)
    before = list(stood(home))
    chosen = Options(home=home)
    early = triage(chosen)
    assert early.judged == len([one for one in before if one[1] == "current"]) > 0
    for one in shown(chosen).values():  # nothing is counted yet, so nothing is called usual
        assert {one.verdict[name].value for name in ("usual", "rise", "history")} == {"unknown"}
    assert detect(chosen).full
    assert counted(home) == recounted(home) != []
    triage(chosen, full=True)
    assert list(stood(home)) == before
    assert all(one.episode.busiest_day for one in shown(chosen).values())


def test_alerts_outlive_their_lookups(tmp_path):
    """What is forgotten is not called hidden or seen: an old alert is judged by what it says itself."""
    home = tmp_path / "home"
    target = (Target("ip", "203.0.113.9"),)
    put(home, burst(START, ip="192.0.2.1", user="u-1", targets=target, **HTTP))
    chosen = Options(home=home, settings=Settings(own=("203.0.113.0/24",)))
    run([], chosen)
    (before,) = shown(chosen).values()
    with store.writing(home) as lake:
        assert care.expire(lake, 1)[0] == 40
    detect(chosen)
    triage(chosen, full=True)
    (after,) = shown(chosen).values()
    assert before.verdict["about_us"].value == after.verdict["about_us"].value == "all"
    assert (before.verdict["about_us"].confidence, after.verdict["about_us"].confidence) == ("high", "medium")
    assert (before.episode.acts_with_target, after.episode.acts_with_target) == (40, 0)
    assert after.episode.vias == before.episode.vias
    assert after.verdict["visibility"].value == "partial"
