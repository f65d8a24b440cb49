"""Hostile recordings, saved replies, registries and change records in; what they must not achieve, out."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace

import pytest

import survey_samples as samples
from glasshouse import flow_exposure, flow_saved, flow_survey, parse
from glasshouse.asking import Request, Subject
from glasshouse.cli.options import gather
from glasshouse.errors import GlasshouseError, ReadError, UsageError
from glasshouse.flow_assets import known
from glasshouse.known import Asset, Change
from glasshouse.lake import observations, store
from glasshouse.observed import Certificate, Observation, Registration
from glasshouse.settings import Policy, Survey
from glasshouse.survey import ask, correlate, guard, keys, recording, saved, words
from glasshouse.survey.diff import diff

NOON = parse.time("2026-03-01T12:00:00Z")
DAY = 86_400_000_000
HERE = Subject("domain", "example.test")


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    own = ["example.test", "198.51.100.0/24", "Example Works"]
    (folder / "glasshouse.toml").write_text(f"own = {json.dumps(own)}\n")
    return folder


def asked(home):
    return gather("", *[None] * 6, home)


def take(home, *paths, **more):
    return flow_saved.read(paths, asked(home), **more)


def facts(home):
    with store.opened(home) as lake:
        return [one.fact for one in observations.state(lake, NOON + 1000 * DAY)]


def runs(home):
    with store.opened(home) as lake:
        return observations.surveys(lake)


def issued(serial, *names):
    return {
        "issuer_ca_id": 1,
        "issuer_name": "O=Example CA",
        "common_name": names[0],
        "name_value": "\n".join(names),
        "id": 1,
        "not_before": "2026-01-01T00:00:00",
        "not_after": "2027-01-01T00:00:00",
        "serial_number": serial,
    }


def line(subject="example.test", **more):
    said = {
        "collector": "crtsh",
        "subject": {"type": "domain", "value": subject},
        "request": {"host": "crt.sh", "query": [["Identity", subject], ["output", "json"]]},
        "status": 200,
        "headers": [],
        "time": NOON,
        "body": "[]",
    }
    return json.dumps({**said, **more}, separators=(",", ":"))


def put(tmp_path, text, name="replies.jsonl", when=NOON):
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(file, (when / 1e6, when / 1e6))
    return file


# Recordings that are none, and times that cannot be.


@pytest.mark.parametrize(
    "bad",
    [
        line(body=None),
        line(body=1),
        line(body=["x"]),
        line(status=2**70),
        line(subject="\x00") + "{",
        line(request={"host": "x", "method": ["GET"]}),
        line(subject=7),
        line() + "\n{bad",
        '{"collector":"crtsh","subject":{' + '"a":{' * 5_000,
        line().replace('"[]"', '"\\ud800"'),
    ],
)
def test_a_broken_recording_is_one_line_of_error(home, tmp_path, bad):
    with pytest.raises(ReadError, match=r"line \d is no exchange"):
        take(home, put(tmp_path, bad))


@pytest.mark.parametrize("when", [0, -5, 2**62, 2**63 + 5, 253_402_300_800_000_000, None])
def test_a_time_that_cannot_be_hides_no_later_survey(home, tmp_path, when):
    import time

    later = when if when is not None else round(time.time() * 1e6) + 30 * DAY
    with pytest.raises(ReadError, match="the time it was asked for cannot be"):
        take(home, put(tmp_path, line(time=later)))
    assert not runs(home)


@pytest.mark.parametrize("when", [0, 4_000_000_000_000_000])
def test_nor_does_the_time_of_a_file(home, tmp_path, when):
    file = put(tmp_path, "[]", "example.test.json", when)
    with pytest.raises(ReadError, match="--at"):
        take(home, file, collector="crtsh")
    assert take(home, file, collector="crtsh", at=NOON).statuses == {"complete": 1}


@pytest.mark.parametrize(
    "subject",
    [
        {"type": "reference", "value": "x\x1b[31m"},
        {"type": "domain", "value": "example.test\x00"},
        {"type": "domain", "value": "test"},
        {"type": "cidr", "value": "0.0.0.0/0"},
        {"type": "cidr", "value": "198.51.0.0/16"},
        {"type": "cidr", "value": "fe80::1%eth0"},
        {"type": "organisation", "value": "Not Example Works"},
    ],
)
def test_what_only_touches_ours_is_not_ours(home, tmp_path, subject):
    both = (
        line() + "\n" + line(**{"subject": "x"}).replace('{"type":"domain","value":"x"}', json.dumps(subject))
    )
    with pytest.raises(UsageError, match="not in the inventory"):
        take(home, put(tmp_path, both))
    assert not runs(home)
    mine = known(asked(home))
    assert mine.owns(Subject("cidr", "198.51.100.128/25")) and mine.owns(
        Subject("organisation", "example WORKS")
    )


def test_reference_data_is_no_way_around_the_inventory(home, tmp_path):
    text = line(body=json.dumps([issued("aa11", "www.elsewhere.test")]))
    file = put(
        tmp_path, text.replace('{"type":"domain","value":"example.test"}', '{"type":"reference","value":""}')
    )
    assert take(home, file).statuses == {"skipped": 1} and not facts(home)


def test_a_name_of_a_collector_is_harmless():
    (answer,) = ask.replayed([recording.plain("x\x1b[31m\n" * 99, HERE, b"", NOON)], {})
    assert answer.collector.isprintable() and len(answer.collector) < 400


# Files.


def test_pipes_and_loops_are_not_waited_for(home, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    os.mkfifo(folder / "example.test.json")
    (folder / "loop.json").symlink_to("loop.json")
    (folder / "sub").symlink_to(".")
    assert take(home, folder).statuses == {}
    for name in ("example.test.json", "loop.json"):
        with pytest.raises(ReadError):
            take(home, folder / name)


@pytest.mark.parametrize(
    "name", ["example.test.au.json", "example.test.elsewhere.json", "xexample.test.json"]
)
def test_a_longer_name_is_another_asset(home, tmp_path, name):
    with pytest.raises(UsageError, match="does not tell which asset"):
        take(home, put(tmp_path, json.dumps([issued("1", "example.test")]), name))


@pytest.mark.parametrize(
    "name", ["example.test.json", "Example.Test.JSON", "example.test.page2.json", "example.test"]
)
def test_endings_do_not_matter(home, tmp_path, name):
    assert take(home, put(tmp_path, json.dumps([issued("1", "example.test")]), name)).facts == 1


def test_a_host_and_a_domain_of_one_name_are_both_found(home, tmp_path):
    (home / "glasshouse.toml").write_text(
        f'own = ["www.example.test"]\n[know]\npaths = ["{tmp_path}/i.yml"]\n'
    )
    (tmp_path / "i.yml").write_text("domains:\n  - www.example.test\n")
    assert {one.type for one in known(asked(home)).named("www.example.test")} == {"hostname", "domain"}
    file = put(tmp_path, json.dumps([issued("1", "www.example.test")]), "www.example.test.json")
    assert take(home, file).facts == 1


def test_a_recording_is_for_its_owner_only(tmp_path):
    file = put(tmp_path, "old")
    file.chmod(0o644)
    saved.keep(file, [b"a\n", b"b\n"])
    assert file.read_bytes() == b"a\nb\n" and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_read_before_a_bad_file_is_kept(home, tmp_path):
    good = put(tmp_path, json.dumps([issued("1", "example.test")]), "example.test.json")
    with pytest.raises(ReadError):
        take(home, good, put(tmp_path, line() + "\n{bad"))
    assert len(facts(home)) == 1 and [one.statuses for one in runs(home)] == [{"complete": 1}]


# One survey that was recorded is one survey again; one reply of several is not all there is.


def test_a_recorded_survey_is_one_survey(home, tmp_path):
    def day(first, *names):
        return [line(one, time=first + 1_000_000 * at, body=json.dumps([issued(f"{at + 1}", one)]))
                for at, one in enumerate(names)]  # fmt: skip

    names = [f"n{at}.example.test" for at in range(5)]
    text = "\n".join(
        day(NOON, *names) + day(NOON + DAY, *names[:4]) + day(NOON + DAY + 60_000_000, *names[:1])
    )
    take(home, put(tmp_path, text))
    assert [sum(one.statuses.values()) for one in runs(home)] == [5, 4, 1]
    seen = flow_exposure.exposure(asked(home), at="2")
    assert seen.before == NOON + 4_000_000


RDAP = {
    "objectClassName": "domain",
    "ldhName": "example.test",
    "status": ["active"],
    "rdapConformance": ["rdap_level_0"],
}
WHOIS = "Domain Name: EXAMPLE.TEST\nRegistrar: Example Registrar\nCreation Date: 2001-02-03T04:05:06Z\n"
MX = {"name": "example.test.", "type": 15}
DOH = {"Status": 0, "Question": [MX], "Answer": [{**MX, "TTL": 60, "data": "10 mx.example.test."}]}


@pytest.mark.parametrize(
    ("name", "body", "status", "count"),
    [
        ("rdap-domain", json.dumps(RDAP), "complete", 1),
        ("whois", WHOIS, "complete", 1),
        ("dns", json.dumps(DOH), "partial", 2),  # nobody said what the other types hold
        ("cloudflare-ranges", "192.0.2.0/24\n", "partial", 1),  # IPv6 is the other half
    ],
)
def test_saved_replies_are_read_as_what_they_are(home, tmp_path, name, body, status, count):
    done = take(home, put(tmp_path, body, "example.test.json"), collector=name)
    assert (dict(done.statuses), done.facts) == ({status: 1}, count), [one.reason for one in done.blind]


def test_one_saved_answer_makes_the_others_not_gone(home, tmp_path):
    take(home, put(tmp_path, json.dumps(DOH), "example.test.json"))
    other = {"Status": 3, "Question": [{"name": "example.test.", "type": 28}]}
    take(home, put(tmp_path, json.dumps(other), "example.test.json", NOON + DAY))
    assert "10 mx.example.test" in {getattr(one, "data", "") for one in facts(home)}


def test_each_file_of_an_export_counts(home, tmp_path):
    lists = [{"cdn": {"one": ["192.0.2.0/25"]}}, {"cdn": {"two": ["192.0.2.128/25"]}}]
    files = [put(tmp_path, json.dumps(one), f"{at}.json", NOON + at * DAY) for at, one in enumerate(lists)]
    done = take(home, *files, collector="cdn-ranges-file", about=HERE)
    assert done.statuses == {"complete": 2}
    assert {one.provider for one in facts(home)} == {"one", "two"}


def test_a_survey_that_asks_nothing_hides_nothing(home, monkeypatch):
    monkeypatch.setattr(flow_survey, "_wanted", lambda *_: ([], 7))
    done = flow_survey.survey(asked(home))
    assert (done.number, done.fresh) == (0, 7) and not (home / "glasshouse.db").exists()


def test_a_recording_that_cannot_be_written_is_told_before_asking(home, tmp_path, monkeypatch):
    monkeypatch.setattr(ask, "answers", lambda *_: pytest.fail("asked"))
    for bad in (tmp_path, tmp_path / "none" / "x.jsonl"):
        with pytest.raises(ReadError, match="cannot be written"):
            flow_survey.survey(asked(home), ("crtsh",), record=bad)


def test_the_recording_of_a_survey_that_breaks_is_kept(home, tmp_path, monkeypatch):
    def broken(door, _asks):
        door.run.record(recording.plain("crtsh", HERE, b"[]", NOON))
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(ask, "answers", broken)
    with pytest.raises(KeyboardInterrupt):
        flow_survey.survey(asked(home), ("crtsh",), record=tmp_path / "x.jsonl")
    assert recording.is_recording((tmp_path / "x.jsonl").read_bytes())


# Keys that a reply gives back in another spelling.


@pytest.mark.parametrize(
    "spelt",
    [
        lambda key: key.encode("utf-16"),
        lambda key: key.replace("+", "\\u002B").replace("&", "\\u0026").encode(),
        lambda key: key.replace("&", "\\u0026").encode(),
        lambda key: "".join(f"\\u{ord(one):04X}" for one in key).encode(),
        lambda key: "".join(f"%{byte:02X}" for byte in key.encode()).encode(),
        lambda key: "".join(f"&#{ord(one)};" for one in key).encode(),
    ],
)
def test_a_key_is_known_in_any_spelling(spelt):
    body = keys.Key("s3cr+t/K&y").scrub_bytes(spelt("s3cr+t/K&y"))
    assert keys.Key("s3cr+t").scrub_bytes(b"\xff\xfe\x00") == b"\xff\xfe\x00"
    assert body.replace(b"\x00", b"").removeprefix(b"\xff\xfe") == b"${key}"


@pytest.mark.parametrize("endpoint", ["ftp://127.0.0.1:21", "gopher://127.0.0.1:70", "file:///etc/passwd"])
def test_endpoints_speak_http(endpoint):
    place = guard.place("crtsh", Request(host="crt.sh"), Survey(endpoints={"crtsh": endpoint}))
    assert place == "survey.endpoints is not scheme://host:port"


# Judgements.

ASSETS = [Asset(type="domain", value="example.test")]
OWNED = samples.owned(ASSETS)
CERTIFICATE = Certificate(
    serial="4afe01", issuer="C=AA, O=GlobalSign nv-sa, CN=G1", names=("www.example.test",), logged=NOON - DAY
)


def seen(fact, time):
    return Observation(
        collector="x", database="x", subject=HERE, time=time, raw_sha256="0" * 64, ask=1, fact=fact
    )


def verdict(before, after, *assets, since=NOON - DAY - 1, until=NOON + DAY):
    record = Change(id="C1", title="", since=since, until=until, approved=True, assets=assets)
    a, b = ([seen(one, time)] if one else [] for one, time in ((before, NOON - 2 * DAY), (after, NOON)))
    shifts = diff(a, b, lambda *_: True)
    (one,) = correlate.judged(shifts, correlate.book([record]), OWNED, Policy(), NOON, since=NOON - 2 * DAY)
    return one


@pytest.mark.parametrize(
    ("issuer", "fits"),
    [
        ("GlobalSign", True),
        ("globalsign  NV-SA", True),
        ("Sign", False),
        ("G", False),
        (".", False),
        ("sa CN", True),
    ],
)
def test_an_issuer_is_named_by_whole_words(issuer, fits):
    one = verdict(None, CERTIFICATE, "www.example.test", f"issuer: {issuer}")
    assert (one.verdict == "approved") is fits, one
    assert fits or "names another issuer" in one.near_miss


def test_a_serial_of_another_issuer_approves_nothing():
    assert verdict(None, CERTIFICATE, "serial: 4afe01").verdict == "approved"
    assert verdict(None, CERTIFICATE, "serial: 4afe01", "issuer: GlobalSign").verdict == "approved"
    one = verdict(None, CERTIFICATE, "serial: 4afe01", "issuer: Other CA")
    assert one.verdict != "approved" and "names another issuer" in one.near_miss


def test_an_old_date_of_a_registry_approves_no_new_change():
    old = Registration(
        object="domain", name="example.test", changed=NOON - 900 * DAY, name_servers=("a.example.test",)
    )
    new = replace(old, name_servers=("a.elsewhere.test",))
    years = {"since": NOON - 901 * DAY, "until": NOON - 899 * DAY}
    assert verdict(old, new, "example.test", **years).verdict == "suspicious"  # it was not so two days ago
    assert verdict(old, new, "example.test").verdict == "approved"
    soon = replace(new, changed=NOON + 900 * DAY)
    assert (
        verdict(old, soon, "example.test", since=NOON + 899 * DAY, until=NOON + 901 * DAY).verdict
        == "suspicious"
    )
    told = replace(new, changed=NOON - DAY)
    assert verdict(old, told, "example.test", since=NOON - DAY, until=NOON - DAY).verdict == "approved"


@pytest.mark.parametrize("said", ["9999-12-31T23:59:59-11:00", "0001-01-01T00:00:01+14:00"])
def test_a_date_beyond_the_calendar_breaks_no_judgement(said):
    far = parse.time(said)
    new = Registration(object="domain", name="other.example.test", created=far, changed=far, expires=far)
    assert verdict(None, new).verdict
    assert words.day(far) == "a day far off"


def test_a_hundred_thousand_names_cost_no_record_more_than_a_few():
    names = tuple(sorted(f"n{at}.example.test" for at in range(100_000)))
    one = verdict(None, replace(CERTIFICATE, names=names), "n1.example.test", "n2.example.test")
    assert one.near_miss.endswith(
        "it does not name n0.example.test, n10.example.test, n100.example.test and more"
    )


def test_no_error_of_an_import_is_a_traceback(home, tmp_path):
    for body in (
        b"",
        b"\x00" * 99,
        b"\x1f\x8b\x08" + b"\xff" * 99,
        b"\x28\xb5\x2f\xfd\x00\xa8",
        b"[" * 99_999,
    ):
        with pytest.raises(GlasshouseError):
            take(home, put(tmp_path, body, "example.test.json"))
