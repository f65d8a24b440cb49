"""Hand-made truths and a tiny corpus in, figures that anyone can count by hand out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from glasshouse import acts
from glasshouse.acts import Act, LogFile, Manifest
from glasshouse.cli.main import app
from glasshouse.errors import ReadError, UsageError
from glasshouse.flow_score import DETECTORS, read, score
from glasshouse.flow_score_logs import network_rows
from glasshouse.proof import measure_words
from glasshouse.proof.detectors import list_match
from glasshouse.proof.detectors.list_match import Asked
from glasshouse.proof.measure import Estate, Figures, measure
from glasshouse.proof.measure_match import SLACK, Index, finds, is_about, label_of
from glasshouse.proof.measure_truth import KINDS, VISIBILITIES, Alarm, named
from glasshouse.records import Tally

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
START = 1_772_442_000_000_000 // HOUR * HOUR  # 2026-03-02, in the morning


def act(name: str, label: str = "malicious", at: int = 0, last: int = 10, **said: object) -> Act:
    values = {
        "id": name, "behaviour": "curl-loop", "label": label, "title": name, "start": START + at * MINUTE,
        "end": START + (at + last) * MINUTE, "users": (f"u-{name}",), "hosts": (f"ws-{name}",),
        "databases": ("shodan",), "seen": {"endpoint": 5}, **said,
    }  # fmt: skip
    return Act(**values)


def alarm(name: str, at: int = 0, last: int = 10, fired: int | None = None, **said: object) -> Alarm:
    values = {
        "detector": "x", "names": named([f"EXAMPLE\\U-{name}"], [f"ws-{name}.example.com"], []),
        "first": START + at * MINUTE, "last": START + last * MINUTE, "databases": frozenset({"shodan"}),
        "fired": START + (last if fired is None else fired) * MINUTE, **said,
    }  # fmt: skip
    return Alarm(**values)


def figures(found: list[Act], raised: list[Alarm], kinds: tuple[str, ...] = KINDS) -> Figures:
    return measure(found, raised, kinds, Estate(250, 4))


# What an alarm is about.


def test_an_alarm_is_about_an_act_of_the_same_actor_time_and_database() -> None:
    assert is_about(alarm("a"), act("a"))
    assert not is_about(alarm("a"), act("b"))
    assert not is_about(alarm("a", databases=frozenset({"crtsh"})), act("a"))
    assert is_about(alarm("a", at=12, last=13), act("a"))  # within the slack
    assert not is_about(alarm("a", at=16, last=17), act("a"))
    assert is_about(alarm("a", databases=frozenset()), act("a"))  # the run of a tool


def test_an_account_and_a_machine_of_one_name_are_not_the_same() -> None:
    mine = alarm("a", names=named([], ["alpha"], []))
    assert not is_about(mine, act("a", users=("alpha",), hosts=("ws-7",)))


def test_who_is_behind_a_gateway_is_known_by_its_address_too() -> None:
    mine = alarm("a", names=named([], [], ["198.51.100.9"]))
    assert is_about(mine, act("a", behind=("198.51.100.9",)))
    assert not is_about(mine, act("a"))


def test_an_alert_of_weeks_on_a_gateway_finds_nobody_behind_it() -> None:
    hidden = act("a", at=600, ips=("192.0.2.11",), behind=("198.51.100.9",), users=(), hosts=())
    wide = alarm("a", names=named([], [], ["198.51.100.9"]), last=10_000)
    assert is_about(wide, hidden)
    assert not finds(wide, hidden)
    got = figures([hidden], [wide])
    assert (got.recall, got.precision) == (0, 1)
    assert finds(alarm("a", names=wide.names, at=600, last=610), hidden)
    assert finds(alarm("a", names=named([], [], ["192.0.2.11"]), last=10_000), hidden)


def test_an_address_that_went_on_to_another_machine_is_not_the_same_actor() -> None:
    lent = act("a", users=(), hosts=("ws-1",), ips=("192.0.2.7",))
    one = replace(alarm("a"), names=named((), ("ws-2",), ("192.0.2.7",)))
    assert not is_about(one, lent)
    assert is_about(replace(one, names=named((), ("ws-1",), ())), lent)
    assert is_about(
        replace(one, names=named((), (), ("192.0.2.7",))), lent
    )  # a resolver's log names no machine
    assert is_about(one, replace(lent, hosts=()))
    assert is_about(one, replace(lent, ips=(), behind=("192.0.2.7",)))


def test_a_look_alike_is_what_an_alarm_without_a_real_database_is_about() -> None:
    like = act("a", "lookalike", databases=())
    assert is_about(alarm("a", databases=frozenset(), unmatched=("concrt.shop",)), like)
    assert not is_about(alarm("a"), like)  # this one is about a real database
    assert not is_about(alarm("a", databases=frozenset(), unmatched=("concrt.shop",)), act("a"))


def test_of_several_acts_the_gravest_counts() -> None:
    assert label_of([act("a", "benign"), act("b", "malicious"), act("c", "lookalike")]) == "malicious"
    assert label_of([act("a", "benign"), act("c", "lookalike")]) == "lookalike"
    assert label_of([]) == "unmatched"


# Figures that can be counted by hand.


def test_the_figures_of_a_small_truth() -> None:
    found = [
        act("a"), act("b", at=60, last=5), act("c", at=120), act("s", "authorised"), act("o", "benign"),
        act("l", "lookalike", databases=()), act("h", seen={"nids": 0}),
    ]  # fmt: skip
    raised = [
        alarm("a", fired=2), alarm("a", at=5, last=8, fired=6), alarm("b", at=60, last=65, fired=64),
        alarm("s"), alarm("o"), alarm("l", databases=frozenset(), unmatched=("concrt.shop",)),
        alarm("x"), alarm("x", at=30, last=31),
    ]  # fmt: skip
    got = figures(found, raised)
    assert (got.incidents, got.found, got.alarms, got.true) == (3, 2, 8, 3)
    assert got.recall == 2 / 3
    assert got.precision == 3 / 8
    assert got.alarms_per_incident == 1.5  # two about a, one about b
    assert dict(got.labels) == {"malicious": 3, "authorised": 1, "benign": 1, "lookalike": 1, "unmatched": 2}
    assert got.labelled("lookalike") == 1
    assert got.median_seconds == 180  # of 120 and 240
    assert got.p95_seconds == 240
    assert got.per_analyst_day == 8 / 4 * 2  # four days, half as many people as one analyst answers for
    assert [miss.act.id for miss in got.misses] == ["c"]  # h is shown by no log: nobody can find it
    wrong = sorted(one.label for one in got.false)
    assert wrong == ["authorised", "benign", "lookalike", "unmatched", "unmatched"]


def test_only_acts_that_these_logs_show_are_asked_for() -> None:
    found = [act("a", seen={"resolver": 2}), act("b", seen={"proxy": 1})]
    got = figures(found, [alarm("a")], VISIBILITIES["url"])
    assert (got.incidents, got.found, got.recall) == (1, 0, 0.0)
    assert figures(found, [alarm("a")], VISIBILITIES["dns"]).recall == 1.0


def test_an_alarm_before_the_first_record_counts_as_at_once() -> None:
    assert figures([act("a", at=3)], [alarm("a", fired=1)]).median_seconds == 0


def test_nothing_to_divide_by_is_not_zero() -> None:
    got = figures([], [])
    assert (got.recall, got.precision, got.alarms_per_incident, got.median_seconds) == (None,) * 4


def test_figures_per_behaviour() -> None:
    found = [
        act("a"),
        act("b", behaviour="amass"),
        act("c", behaviour="amass"),
        act("s", "authorised", behaviour="soar"),
    ]
    parts = dict(figures(found, [alarm("a"), alarm("b", fired=4), alarm("s")]).behaviours)
    assert (parts["amass"].shown, parts["amass"].found, parts["amass"].median_seconds) == (2, 1, 240)
    assert (parts["soar"].label, parts["soar"].found, parts["soar"].alarms) == ("authorised", 1, 1)


NAMES = st.sampled_from("abcd")
ACTS = st.builds(
    act, NAMES, st.sampled_from(acts.LABELS), at=st.integers(0, 90), last=st.integers(0, 60),
    databases=st.sampled_from([(), ("shodan",), ("crtsh", "shodan")]),
    seen=st.sampled_from([{"endpoint": 1}, {"resolver": 2, "proxy": 1}, {}]),
)  # fmt: skip
ALARMS = st.builds(
    alarm, NAMES, at=st.integers(0, 80), last=st.integers(80, 200), fired=st.integers(0, 300),
    databases=st.sampled_from([frozenset(), frozenset({"shodan"}), frozenset({"crtsh"})]),
    unmatched=st.sampled_from([(), ("concrt.shop",)]),
)  # fmt: skip


def numbered(found: list[Act]) -> list[Act]:
    return [replace(one, id=f"{one.id}-{number}") for number, one in enumerate(found)]


@given(st.lists(ACTS, max_size=8), st.lists(ALARMS, max_size=8), st.randoms())
def test_order_does_not_matter(found: list[Act], raised: list[Alarm], draw: object) -> None:
    found = numbered(found)
    before = figures(found, raised)
    draw.shuffle(raised)  # type: ignore[attr-defined]
    mixed = list(found)
    draw.shuffle(mixed)  # type: ignore[attr-defined]
    assert figures(mixed, raised) == before


@given(st.lists(ACTS, max_size=8), st.lists(ALARMS, max_size=8), st.sampled_from(list(VISIBILITIES)))
def test_figures_stay_within_bounds(found: list[Act], raised: list[Alarm], visibility: str) -> None:
    got = figures(numbered(found), raised, VISIBILITIES[visibility])
    for share in (got.recall, got.precision):
        assert share is None or 0 <= share <= 1
    assert got.alarms_per_incident is None or got.alarms_per_incident >= 1
    assert got.found + len(got.misses) == got.incidents
    assert got.true + len(got.false) == got.alarms == sum(count for _label, count in got.labels)
    assert got.p95_seconds is None or got.p95_seconds >= (got.median_seconds or 0) or got.found < 2
    assert sum(part.shown for _name, part in got.behaviours if part.label == "malicious") <= len(found)


@given(st.lists(ACTS, min_size=1, max_size=8), st.lists(ALARMS, max_size=8), st.data())
def test_a_true_alarm_never_lowers_recall(found: list[Act], raised: list[Alarm], data: st.DataObject) -> None:
    found = numbered(found)
    bad = data.draw(st.sampled_from(found))
    one = Alarm(
        detector="x", names=named(bad.users, (), ()), first=bad.start, last=bad.end, fired=bad.end,
        databases=frozenset(bad.databases),
    )  # fmt: skip
    before, after = figures(found, raised), figures(found, [*raised, one])
    assert (after.recall or 0) >= (before.recall or 0)
    assert after.found >= before.found
    assert bad in Index(found).about(one)
    assert (after.median_seconds is None) == (after.found == 0)


def test_the_slack_is_five_minutes() -> None:
    assert SLACK == 5 * MINUTE


# The list match.


def asked(name: str, at: float = 0, ip: str = "192.0.2.11", **said: object) -> Asked:
    return Asked(time=START + round(at * MINUTE), name=name, ip=ip, **said)  # type: ignore[arg-type]


def test_a_list_match_knows_no_boundaries_and_tells_once_an_hour() -> None:
    listed = list_match.listed(["crt.sh", "shodan.io"])
    some = [asked("crt.sh"), asked("API.shodan.io", 3), asked("concrt.shop", 61), asked("www.example.org", 5)]
    some.append(asked("crt.sh", 1, "192.0.2.12"))
    told = {"crt.sh": frozenset({"crtsh"}), "API.shodan.io": frozenset({"shodan"})}
    got = list(list_match.alarms(some, listed, lambda name: told.get(name, frozenset())))
    assert [(sorted(one.databases), one.unmatched) for one in got] == [
        (["crtsh", "shodan"], ()),
        (["crtsh"], ()),
        ([], ("concrt.shop",)),
    ]
    assert got[0].fired == START  # the first record, at once


def test_an_empty_list_finds_nothing() -> None:
    assert not list(list_match.alarms([asked("crt.sh")], list_match.listed([]), lambda _name: frozenset()))


# A tiny corpus, through every detector.

INVENTORY = "networks:\n  - {value: 203.0.113.0/24, criticality: high}\ndomains:\n  - {value: example.com}\n"
REGISTER = """uses:
  - id: soar
    purpose: enrichment
    category: analyst
    who: {accounts: [svc-soar], hosts: [srv-soar]}
    databases: ["*"]
    targets: ["*"]
    approved_by: ciso
    valid_from: 2026-01-01
    valid_until: 2026-06-20
"""


def when(at: float) -> str:
    seconds = (START + round(at * MINUTE)) / SECOND
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def connection(number: int, at: float, who: str, name: str, process: str, ip: str) -> str:
    row = {
        "Timestamp": when(at), "DeviceId": f"id-{who}", "DeviceName": f"ws-{who}.example.com",
        "ReportId": number,
        "ActionType": "ConnectionSuccess", "RemoteIP": "198.51.100.7", "RemotePort": 443, "RemoteUrl": name,
        "RemoteIPType": "Public", "LocalIP": ip, "LocalPort": 40000 + number, "Protocol": "Tcp",
        "InitiatingProcessFileName": process, "InitiatingProcessFolderPath": f"c:\\tools\\{process}",
        "InitiatingProcessCommandLine": process, "InitiatingProcessAccountName": f"u-{who}",
        "InitiatingProcessAccountDomain": "EXAMPLE",
    }  # fmt: skip
    return json.dumps(row)


def relayed(at: float, user: str, ip: str, url: str) -> str:
    seconds = (START + round(at * MINUTE)) / SECOND
    return f"{seconds:.3f}     42 {ip} TCP_MISS/200 900 GET {url} {user} HIER_DIRECT/198.51.100.7 text/html"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rows = [connection(n, n, "a", "api.shodan.io", "curl.exe", "192.0.2.11") for n in range(1, 7)]
    rows += [connection(20 + n, n, "l", "concrt.shop", "curl.exe", "192.0.2.13") for n in range(1, 7)]
    rows += [connection(40, 30, "d", "crt.sh", "firefox.exe", "192.0.2.14")]
    urls = [f"https://api.shodan.io/shodan/host/203.0.113.{n}?key=NOTAREALKEY" for n in range(1, 31)]
    web = [relayed(1 + n / 6, "u-a", "192.0.2.11", url) for n, url in enumerate(urls)]
    soar = [f"https://api.shodan.io/shodan/host/198.51.100.{n}?key=NOTAREALKEYEITHER" for n in range(1, 31)]
    web += [relayed(40 + n / 6, "svc-soar", "192.0.2.50", url) for n, url in enumerate(soar)]
    names = [
        (1, "192.0.2.11", "api.shodan.io"),
        (2, "192.0.2.99", "www.example.org"),
        (40, "192.0.2.50", "api.shodan.io"),
    ]
    dns = [
        f"[{(START + at * MINUTE) // SECOND}] unbound[917:0] query: {ip} {name}. A IN"
        for at, ip, name in names
    ]
    logs = {"endpoint/network.jsonl": rows, "proxy/access.log": web, "resolver/queries.log": dns}
    listed = []
    for name, lines in logs.items():
        path = folder / "logs" / name
        path.parent.mkdir(parents=True)
        path.write_text("".join(f"{line}\n" for line in lines))
        listed.append(LogFile(path=f"logs/{name}", kind=name.split("/")[0], records=len(lines), sha256=""))
    (folder / "know").mkdir()
    (folder / "know" / "inventory.yml").write_text(INVENTORY)
    (folder / "know" / "register.yml").write_text(REGISTER)
    (folder / acts.SETTINGS).write_text(f'[know]\npaths = ["{folder / "know"}"]\n')
    manifest = Manifest(seed="7", people=500, servers=1, first_day="2026-03-02", days=1, logs=tuple(listed))
    (folder / acts.MANIFEST).write_text(acts.manifest_text(manifest))
    truth = [
        act("a", seen={"endpoint": 6, "proxy": 30, "resolver": 1}, ips=("192.0.2.11",), why="recon"),
        act(
            "d", at=30, last=0, databases=("crtsh",), seen={"endpoint": 1}, behaviour="insider",
            ips=("192.0.2.14",),
        ),
        act("l", "lookalike", databases=(), behaviour="look-alikes", seen={}, ips=("192.0.2.13",)),
        act(
            "s", "authorised", at=40, seen={"proxy": 30, "resolver": 1}, behaviour="soar",
            users=("svc-soar",), hosts=("srv-soar",), ips=("192.0.2.50",),
        ),
    ]  # fmt: skip
    (folder / acts.TRUTH).write_text("".join(f"{acts.act_line(one)}\n" for one in truth))
    return folder


@pytest.fixture(scope="module")
def scored(corpus: Path) -> dict[tuple[str, str], Figures]:
    return {(one.detector, one.visibility): one for one in score(corpus).figures}


def test_every_detector_is_measured_with_every_visibility(scored: dict[tuple[str, str], Figures]) -> None:
    assert set(scored) == {(one, view) for one in DETECTORS for view in VISIBILITIES}


def test_ours_finds_the_incident_and_leaves_authorised_use_and_look_alikes(
    scored: dict[tuple[str, str], Figures],
) -> None:
    for view in ("all", "url"):
        got = scored["ours", view]
        assert got.labelled("malicious") == 1
        assert got.labelled("lookalike") == got.labelled("authorised") == 0
        assert got.precision == 1
    [miss] = scored["ours", "endpoint"].misses[-1:]
    assert miss.act.id == "d"
    assert "1 lookups (tls), 0 with a target" in miss.why


def test_rules_alone_raise_authorised_use_too(scored: dict[tuple[str, str], Figures]) -> None:
    assert scored["rules", "url"].labelled("authorised") >= 1
    assert scored["rules", "url"].recall == 1


def test_the_sentinel_rule_by_hand(scored: dict[tuple[str, str], Figures]) -> None:
    got = scored["sentinel", "all"]
    assert (got.alarms, got.true, got.labelled("lookalike")) == (2, 1, 1)
    assert (got.incidents, got.recall, got.precision) == (2, 0.5, 0.5)
    assert got.median_seconds == 3600  # the run at the end of the hour
    assert "not a listed program" in got.misses[0].why
    for view in ("dns", "url", "sni"):
        assert not scored["sentinel", view].ran


def test_the_list_match_by_hand(scored: dict[tuple[str, str], Figures]) -> None:
    got = scored["list", "endpoint"]
    assert (got.alarms, got.true, got.labelled("lookalike")) == (3, 2, 1)
    assert scored["list", "all"].labelled("authorised") == 1
    assert got.recall == 1


def test_rules_on_tumbling_windows_raise_several_alerts_for_one_act(
    scored: dict[tuple[str, str], Figures],
) -> None:
    got = scored["sigma", "url"]
    assert got.recall == 1
    assert (got.alarms_per_incident or 0) > 1
    assert got.labelled("authorised") > 0


def test_logs_that_show_nothing_have_nothing_to_find(scored: dict[tuple[str, str], Figures]) -> None:
    got = scored["ours", "sni"]
    assert (got.ran, got.incidents, got.recall) == (False, 0, None)


def test_what_programs_read(corpus: Path, scored: dict[tuple[str, str], Figures]) -> None:
    said = json.loads(measure_words.document(list(scored.values()), Estate(500, 1), "7"))
    one = said["detectors"]["sentinel"]
    assert (one["recall"], one["precision"], one["lookalike_alerts"]) == (0.5, 0.5, 1)
    assert one["median_seconds_to_detect"] == 3600
    assert one["visibility"]["dns"]["ran"] is False
    assert one["visibility"]["endpoint"]["behaviours"]["insider"]["found"] == 0


def run(*words: str) -> tuple[int, str]:
    got = CliRunner().invoke(app, ["score", *words])
    return got.exit_code, got.output


def test_the_command(corpus: Path, tmp_path: Path) -> None:
    code, said = run(str(corpus), "--detector", "sentinel,list", "--visibility", "endpoint")
    assert code == 0
    assert "endpoint: 2 incidents" in said
    assert "published Sentinel rule" in said
    code, said = run(str(corpus), "--detector", "sentinel", "--visibility", "all", "--misses")
    assert code == 0
    assert "missed d (insider" in said
    assert "false, lookalike" in said
    out = tmp_path / "out.md"
    assert run(str(corpus), "--detector", "list", "-f", "markdown", "-o", str(out))[0] == 0
    assert out.read_text().startswith("| Detector | Recall |")


def test_what_cannot_be(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no detector named"):
        score(corpus, ["oracle"])
    with pytest.raises(UsageError, match="no visibility named"):
        score(corpus, ["list"], ["smell"])
    with pytest.raises(ReadError, match="No such file"):
        read(tmp_path)
    (tmp_path / acts.MANIFEST).write_text("{}")
    with pytest.raises(ReadError, match="not a corpus"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("share", "shown"), [(1.0, "100 %"), (0.99999, "99.9 %"), (0.5, "50.0 %"), (None, "–")]
)
def test_a_share_is_never_rounded_up_to_all(share: float | None, shown: str) -> None:
    assert measure_words._percent(share) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (90, "90 s"), (150, "2.5 min"), (7200, "2.0 h"), (200_000, "2.3 d"), (None, "–")],
)
def test_durations(seconds: float | None, shown: str) -> None:
    assert measure_words.duration(seconds) == shown


def test_rows_of_defender_in_every_wrapping(tmp_path: Path) -> None:
    row = json.loads(connection(1, 1, "a", "crt.sh", "curl.exe", "192.0.2.11"))
    wrapped = {
        "time": row.pop("Timestamp"),
        "category": "AdvancedHunting-DeviceNetworkEvents",
        "properties": row,
    }
    plain = {"Timestamp": when(1), **row}
    files = {
        "lines.json": json.dumps(plain),
        "array.json": json.dumps([plain, plain], indent=1),
        "stream.json": json.dumps(wrapped),
        "several.json": json.dumps({"records": [wrapped, wrapped]}),
        "table.csv": f"{','.join(plain)}\n{','.join(str(one) for one in plain.values())}",
    }
    told = []
    for name, content in files.items():
        (tmp_path / name).write_text(f"{content}\n")
        told.append(network_rows([str(tmp_path / name)], Tally()))
    assert [len(rows) for rows in told] == [1, 2, 1, 2, 1]
    assert len({row for rows in told for row in rows}) == 1
    assert told[0][0].time == START + MINUTE


def test_a_broken_row_is_told_and_the_others_stay(tmp_path: Path) -> None:
    good = connection(1, 1, "a", "crt.sh", "curl.exe", "192.0.2.11")
    late = good.replace(when(1), "crt.sh o'clock")
    (tmp_path / "a.json").write_text(f"{good}\n{late}\n{good[:-9]}\n{good}\n")
    tally = Tally()
    assert len(network_rows([str(tmp_path / "a.json")], tally)) == 2
    assert [one.position for one in tally.troubles] == [2, 3]
