"""Real files and a real lake in; out the ledger of what they hold, silences, notices and exit codes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lake_logs
from glasshouse.cli.main import app
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow_coverage import of_lake, of_logs
from glasshouse.flow_lake import ingest
from glasshouse.flow_notify import deliver
from glasshouse.lake import rhythm, store
from glasshouse.ledger import PARENT, share
from glasshouse.settings import load
from glasshouse.watch import ledger_seen
from test_notify import receiver

SECOND = 1_000_000
BEGIN = 1_795_208_400.0
DNS = (
    "20-Nov-2026 21:{:02}:{:02}.000 queries: info: client @0x1 192.0.2.{}#40000 (www.example.com): query: "
    "www.example.com IN A +E(0)K (198.51.100.53)\n"
)
OPENED = "{}.000 10 192.0.2.9 TCP_MISS/200 900 GET https://{} - HIER_DIRECT/198.51.100.7 application/json\n"


def run(*words: object):
    return CliRunner().invoke(app, ["coverage", *map(str, words)])


def options(home: Path) -> Options:
    return Options(home=home)


def dns(number: int) -> str:
    return "".join(DNS.format(n // 60 % 60, n % 60, n % 9) for n in range(number))


# -- logs at hand


def test_kinds_are_known_of_logs_without_a_lookup(tmp_path: Path) -> None:
    (tmp_path / "query.log").write_text(dns(30))
    ledger, tally = of_logs([str(tmp_path)], Options())
    (one,) = ledger.heard
    assert (one.source, one.kinds, one.records, one.clients) == ("bind", ("dns",), 30, 9)
    assert one.last - one.first == 29 * SECOND
    assert ledger.at_hand == {"dns"}
    assert not tally.troubles


def test_a_proxy_that_opens_tls_is_told_from_one_that_does_not(tmp_path: Path) -> None:
    shut, opened = tmp_path / "shut.log", tmp_path / "opened.log"
    shut.write_text(lake_logs.squid(0, 20))
    opened.write_text(
        lake_logs.squid(0, 20)
        + "".join(OPENED.format(lake_logs.BEGIN + n, "api.shodan.io/shodan/host/192.0.2.1") for n in range(5))
        + OPENED.format(lake_logs.BEGIN + 9, "crt.sh/?q=example.com")
    )
    before, _ = of_logs([str(shut)], Options())
    after, _ = of_logs([str(opened)], Options())
    assert before.at_hand == {"connect"}
    assert after.at_hand == {"connect", "https", "query"}
    counted = {one.kind: (one.records, one.clients) for one in after.heard[0].each}
    assert counted == {"connect": (20, 9), "https": (6, 1), "query": (1, 1)}
    assert next(one for one in after.kinds if one.kind == "query").says == "heard from squid (1 machine)"
    assert share(before, PARENT).of("target") == 0
    assert share(after, PARENT).of("target") > 200
    assert any("6 records of URLs of opened TLS stand beside 20 of CONNECTs" in said for said in after.blind)


def test_of_a_large_log_both_ends_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_seen, "FIRST", 20)
    monkeypatch.setattr(ledger_seen, "TAIL", 2_000)
    (tmp_path / "query.log").write_text(dns(900))
    some, _ = of_logs([str(tmp_path)], Options())
    every, _ = of_logs([str(tmp_path)], Options(), whole=True)
    assert (some.heard[0].records, every.heard[0].records) == (20, 900)
    assert (some.heard[0].first, some.heard[0].last) == (every.heard[0].first, every.heard[0].last)
    assert "20 records of the beginnings" in some.heard[0].says
    assert "every record" in every.heard[0].says


def test_of_a_packed_log_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_seen, "FIRST", 20)
    monkeypatch.setattr(ledger_seen, "TAIL", 10)
    (tmp_path / "query.log.gz").write_bytes(gzip.compress(dns(900).encode()))
    ledger, tally = of_logs([str(tmp_path)], Options())
    assert (ledger.heard[0].records, ledger.at_hand) == (20, {"dns"})
    assert not tally.troubles


def test_a_header_is_remembered_for_the_end_of_a_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_seen, "FIRST", 20)
    monkeypatch.setattr(ledger_seen, "TAIL", 2_000)
    rows = [lake_logs.ssl_row(number) for number in range(300)]
    (tmp_path / "ssl.log").write_text(lake_logs.zeek("ssl", lake_logs.SSL, rows))
    ledger, _ = of_logs([str(tmp_path)], Options())
    assert ledger.heard[0].last == (lake_logs.BEGIN + 299 * 60) * SECOND


def test_what_cannot_be_read_is_told_and_exits_4(tmp_path: Path) -> None:
    (tmp_path / "query.log").write_text(dns(30) + "20-Nov-2026 99:99:99.000 queries: info: client nonsense\n")
    (tmp_path / "odd.bin").write_bytes(b"\x00\x01\x02" * 50)
    done = run(tmp_path)
    assert done.exit_code == 4
    assert "odd.bin" in done.output
    assert "Traceback" not in done.output


# -- the lake


@pytest.fixture
def home(tmp_path: Path) -> Path:
    logs, made = tmp_path / "logs", tmp_path / "home"
    logs.mkdir()
    (logs / "access.log").write_text(lake_logs.squid(0, 40))
    (logs / "query.log").write_text(dns(30))
    ingest([str(logs)], options(made))
    return made


def spoken(home: Path, name: str, gaps: int = 20, every: float = 60.0) -> float:
    """A source that is heard every so often; when it last was."""
    now = BEGIN
    with rhythm.opened(home) as db:
        for _ in range(gaps):
            now += every
            rhythm.listened(db, [name], now, every)
    return now


def listened(home: Path, now: float, until: float) -> float:
    """Listening goes on and nothing is heard."""
    with rhythm.opened(home) as db:
        while now < until:
            now += 60
            rhythm.listened(db, [], now, 60)
    return now


def test_the_lake_without_follow_says_that_nothing_listens(home: Path) -> None:
    ledger, _ = of_lake(options(home))
    by_source = {one.source: one for one in ledger.heard}
    assert set(by_source) == {"bind", "squid"}
    assert by_source["bind"].kinds == ("dns",), "known although nothing in it was a lookup"
    assert (by_source["bind"].records, by_source["squid"].clients) == (30, 9)
    assert "no follow listens" in by_source["squid"].says
    assert ledger.at_hand == {"dns", "connect"}


def test_a_source_is_silent_when_follow_would_say_so(home: Path) -> None:
    name = "/logs/access.log (squid)"
    last = spoken(home, name)
    now = listened(home, last, last + 590)
    assert not of_lake(options(home), round(now * SECOND))[0].silent
    now = listened(home, now, last + 700)
    ledger, _ = of_lake(options(home), round(now * SECOND))
    (one,) = ledger.silent
    assert (one.name, one.usual, one.last) == (name, 60 * SECOND, round(last * SECOND))
    assert ledger.lost == {"connect"}
    assert ledger.at_hand == {"dns"}


def test_what_nobody_listens_to_any_more_is_not_called_seen(home: Path) -> None:
    last = spoken(home, "/logs/access.log (squid)")
    ledger, _ = of_lake(options(home), round((last + 86_400) * SECOND))
    (one,) = ledger.silent
    assert "not listened to for 1 d" in one.says


def test_one_silent_log_of_two_leaves_the_kind_heard(home: Path) -> None:
    last = spoken(home, "/logs/a (squid)")
    with rhythm.opened(home) as db:
        rhythm.listened(db, ["/logs/b (squid)"], last + 700, 60)
        rhythm.listened(db, [], last + 760, 60)
    ledger, _ = of_lake(options(home), round((last + 760) * SECOND))
    assert [one.name for one in ledger.silent] == ["/logs/a (squid)"]
    kind = next(one for one in ledger.kinds if one.kind == "connect")
    assert kind.state == "heard"
    assert "silent: /logs/a (squid)" in kind.says


def test_a_source_that_speaks_again_counts_again(home: Path) -> None:
    name = "/logs/access.log (squid)"
    last = spoken(home, name)
    now = listened(home, last, last + 700)
    with rhythm.opened(home) as db:
        rhythm.listened(db, [name], now + 60, 60)
    ledger, _ = of_lake(options(home), round((now + 61) * SECOND))
    assert not ledger.silent
    assert "connect" in ledger.at_hand


def test_kinds_an_ingest_counts_beyond_todays_are_taken_over(home: Path) -> None:
    with store.opened(home) as lake:
        lake.db.execute("UPDATE counts SET kinds = 'connect,https,query,url' WHERE source = 'squid'")
    ledger, _ = of_lake(options(home))
    assert {"https", "query"} <= ledger.at_hand


def test_no_lake_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no lake"):
        of_lake(options(tmp_path))


# -- the command


def silent(home: Path) -> None:
    spoken(home, "/logs/access.log (squid)")  # in November 2026: by any later clock nobody listened since


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glasshouse.flow_coverage._now", lambda: round((BEGIN + 90_000) * SECOND))


@pytest.mark.usefixtures("later")
def test_fail_on_silent_exits_1_only_when_asked(home: Path) -> None:
    assert run("--home", home, "--fail-on", "silent").exit_code == 0
    silent(home)
    assert run("--home", home).exit_code == 0
    done = run("--home", home, "-q", "--fail-on", "silent")
    assert done.exit_code == 1
    assert "silent: /logs/access.log (squid)" in done.stderr


@pytest.mark.usefixtures("later")
def test_a_silence_is_queued_once_per_channel(home: Path) -> None:
    silent(home)
    (home / "glasshouse.toml").write_text(
        '[[notify]]\nkind = "webhook"\nurl = "http://127.0.0.1:9/in"\n'
        '[[notify]]\nkind = "webhook"\nname = "other"\nurl = "http://127.0.0.1:9/in"\n'
    )
    first, second = run("--home", home, "--notify"), run("--home", home, "--notify")
    assert "notices queued: 2" in first.stderr, first.output
    assert "notices queued: 0" in second.stderr
    listed = CliRunner().invoke(app, ["notify", "list", "--home", str(home)])
    assert "/logs/access.log (squid)" in listed.output


@pytest.mark.usefixtures("later")
def test_a_queued_silence_reaches_its_receiver(home: Path) -> None:
    silent(home)
    with receiver() as server:
        url = f"http://127.0.0.1:{server.server_port}/in"
        (home / "glasshouse.toml").write_text(f'[[notify]]\nkind = "webhook"\nurl = "{url}"\n')
        assert run("--home", home, "--notify").exit_code == 0
        told = Options(home=home, settings=load(home))
        assert deliver(told, lambda: round((BEGIN + 90_001) * SECOND)).sent == 1
        ((_key, body),) = server.got
    assert body["type"] == "glasshouse.trouble"
    assert "A source of logs fell silent: /logs/access.log (squid)" in json.dumps(body)


@pytest.mark.usefixtures("later")
def test_notify_without_a_channel_is_refused(home: Path) -> None:
    from glasshouse.flow_coverage_notice import queue_silences

    with pytest.raises(UsageError, match="nobody is named"):
        queue_silences(options(home), of_lake(options(home))[0])


def test_a_form_goes_to_a_file_and_never_over_another(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "layer.json"
    assert run("--home", home, "-f", "navigator", "-o", out).exit_code == 0
    assert json.loads(out.read_text())["versions"]["layer"] == "4.5"
    assert isinstance(run("--home", home, "-f", "csv", "-o", out).exception, UsageError)


@pytest.mark.parametrize(
    "words", [["-f", "pdf"], ["--fail-on", "noise"], ["--notify", "x.log"]], ids=["form", "fail", "notify"]
)
def test_wrong_words_are_usage_errors(words: list[str]) -> None:
    assert isinstance(run(*words).exception, UsageError)
