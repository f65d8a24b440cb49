"""Notices are queued with their decisions, once, and reach a real server at least once, whoever dies when."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import office_samples
import triaged_home as home_of
from glasshouse import flow_notify, flow_triage
from glasshouse.errors import UsageError
from glasshouse.office import audit, case_work, cases, outbox, store
from glasshouse.office.verify import verify
from glasshouse.settings import Channel

NOW = (home_of.BEGIN + 100_000) * 1_000_000
SECOND = 1_000_000


class Receiver(BaseHTTPRequestHandler):
    """Keeps what comes; answers what it was told to."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.headers["Idempotency-Key"], json.loads(body)))
        self.server.before_answer()
        try:
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            pass  # the sender was killed

    def log_message(self, *_said):
        pass


@contextmanager
def receiver(status=204):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.status, server.before_answer = [], status, lambda: None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def closed_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def channel(port, decisions=("escalate-t2", "l1-review"), name=""):
    said = f'name = "{name}"\n' if name else ""
    words = ", ".join(f'"{one}"' for one in decisions)
    return f'[[notify]]\nkind = "webhook"\n{said}decisions = [{words}]\nurl = "http://127.0.0.1:{port}/in"\n'


@pytest.fixture
def home(tmp_path):
    """Alerts of the lake that nobody judged yet."""
    made = home_of.copied(tmp_path)
    for file in [*made.glob("decisions.db*"), *made.glob("audit.*")]:
        file.unlink()
    return made


def nothing_is_ours(home):
    """So that nothing is escalated for being about us."""
    (home / "glasshouse.toml").write_text(channel(9))


def rows(asked):
    with store.opened(asked.settings, asked.home) as office, office.reading() as conn:
        return [*outbox.waiting(conn), *outbox.dead(conn)]


def at(moment):
    return lambda: moment


def later(*moments):
    """A clock that says these, then stays."""
    left = list(moments)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


# -- queued


def test_triage_queues_what_the_channels_want_once_however_often_it_runs(home):
    asked = home_of.with_settings(home, channel(9, ("escalate-t2",), "soc") + channel(9, ("l1-review",)))
    done = flow_triage.triage(asked)
    found = [(one.channel, one.decision) for one in rows(asked)]
    assert sorted(found) == [("soc", "escalate-t2")] + [("webhook", "l1-review")] * 3
    assert (done.notices, done.waiting) == (4, 4)
    again = flow_triage.triage(asked, full=True)
    assert (again.judged, again.notices, again.waiting) == (4, 0, 4)


def test_a_channel_that_is_new_is_not_flooded_with_old_alerts(home):
    flow_triage.triage(home_of.options(home))
    asked = home_of.with_settings(home, channel(9))
    assert flow_triage.triage(asked, full=True).notices == 0


def test_a_decision_that_changes_is_told_again(home):
    nothing_is_ours(home)
    assert flow_triage.triage(home_of.options(home)).notices == 4
    sharp = home_of.with_settings(home, channel(9))
    assert flow_triage.triage(sharp).notices == 1
    told = [(one.alert, one.decision) for one in rows(sharp)]
    mine = home_of.of(home, "u-019")[0].alert.id
    assert (mine, "escalate-t2") in told
    assert (mine, "l1-review") in told


def test_what_a_person_decided_is_not_told(home):
    nothing_is_ours(home)
    asked = home_of.options(home)
    flow_triage.triage(asked)
    mine = home_of.of(home, "u-019")[0].alert.id
    told = len(rows(asked))
    with store.opened(asked.settings, home) as office, office.transaction() as conn:
        case = next(one for one in cases.listed(conn) if mine in one.alerts)
        case_work.override(conn, case.name, "watch", "known to us", "ana", NOW)
    sharp = home_of.with_settings(home, channel(9))
    assert flow_triage.triage(sharp).notices == 0
    assert len(rows(sharp)) == told


def test_a_notice_falls_with_its_decision(home, monkeypatch):
    asked = home_of.with_settings(home, channel(9))
    put = outbox.put

    def full_disk(conn, **said):
        put(conn, **said)
        raise RuntimeError("power cut")

    monkeypatch.setattr(outbox, "put", full_disk)
    with pytest.raises(RuntimeError):
        flow_triage.triage(asked)
    assert rows(asked) == []
    monkeypatch.undo()
    assert flow_triage.triage(asked).notices == 4


def test_channels_of_one_kind_have_names_of_their_own():
    ways = [
        Channel(kind="mail"),
        Channel(kind="mail"),
        Channel(kind="webhook", name="mail"),
        Channel(kind="chat"),
    ]
    assert list(flow_notify.named(ways)) == ["mail", "mail-2", "mail-3", "chat"]


# -- sent


def test_what_waits_is_sent_and_says_which_case(home):
    with receiver() as server:
        asked = home_of.with_settings(home, channel(server.server_port))
        flow_triage.triage(asked)
        keys = {one.key for one in rows(asked)}
        done = flow_notify.deliver(asked, flow_triage.now)
        assert (done.sent, done.failed, done.waiting, done.dead) == (4, 0, 0, 0)
        assert {key for key, _event in server.got} == keys
        assert {event["id"] for _key, event in server.got} == keys
        assert all(event["data"]["case"].startswith("C-") for _key, event in server.got)
        assert flow_notify.deliver(asked, flow_triage.now).sent == 0
        assert len(server.got) == 4


@pytest.mark.parametrize("kind", office_samples.KINDS)
def test_the_same_in_every_database(home, kind):
    url = office_samples.settings(kind).office.url
    with receiver() as server:
        asked = home_of.with_settings(home, channel(server.server_port) + f'[office]\nurl = "{url}"\n')
        assert flow_triage.triage(asked).notices == 4
        assert flow_triage.triage(asked, full=True).notices == 0
        assert flow_notify.deliver(asked, flow_triage.now).sent == 4
    with store.opened(asked.settings, home) as office, office.reading() as conn:
        assert verify(audit.entries(conn)).whole


SEND = "from glasshouse.cli.main import main; import sys; sys.argv = ['glasshouse', 'notify', 'send']; main()"


def test_killed_between_send_and_mark_it_is_sent_again_with_the_same_key(home):
    with receiver() as server:
        asked = home_of.with_settings(home, channel(server.server_port, ("escalate-t2",)))
        flow_triage.triage(asked)
        (row,) = rows(asked)
        running = {}

        def kill():
            running["process"].send_signal(signal.SIGKILL)
            running["process"].wait(10)

        server.before_answer = kill
        running["process"] = subprocess.Popen(
            [sys.executable, "-c", SEND], env={**os.environ, "GLASSHOUSE_HOME": str(home)}
        )
        assert running["process"].wait(30) == -signal.SIGKILL
        server.before_answer = lambda: None
        assert [key for key, _event in server.got] == [row.key]
        assert [one.key for one in rows(asked)] == [row.key]
        assert flow_notify.deliver(asked, flow_triage.now).sent == 0  # somebody may still be at it
        after = flow_triage.now() + outbox.LEASE + SECOND
        assert flow_notify.deliver(asked, at(after)).sent == 1
        assert [key for key, _event in server.got] == [row.key] * 2
        assert server.got[0] == server.got[1]
        assert rows(asked) == []


def test_what_fails_waits_longer_each_time_and_is_given_up_in_the_end(home):
    with receiver(status=503) as server:
        asked = home_of.with_settings(home, channel(server.server_port, ("escalate-t2",)))
        flow_triage.triage(asked)
        moment = flow_triage.now()
        for wait in outbox.WAITS:
            done = flow_notify.deliver(asked, at(moment))
            assert (done.sent, done.failed, done.dead) == (0, 1, 0)
            (row,) = rows(asked)
            assert row.due == moment + wait
            assert "503" in row.why
            assert flow_notify.deliver(asked, at(moment + wait - 1)).failed == 0
            moment += wait
        done = flow_notify.deliver(asked, at(moment))
        assert (done.failed, done.dead) == (1, 1)
        assert len(server.got) == outbox.TRIES
        assert flow_notify.deliver(asked, at(moment + 365 * 86_400 * SECOND)).failed == 0
        with store.opened(asked.settings, home) as office, office.reading() as conn:
            assert [one.act for one in audit.entries(conn, subject=row.key)] == ["notice-dead"]
        server.status = 204
        with pytest.raises(UsageError):
            flow_notify.revive(asked, ["no such key"], "ana", moment)
        flow_notify.revive(asked, [row.key[:8]], "ana", moment)
        assert flow_notify.deliver(asked, at(moment)).sent == 1
        assert {key for key, _event in server.got} == {row.key}


def test_a_channel_that_is_down_is_tried_once_a_round_and_holds_up_nobody(home):
    with receiver() as server:
        down = channel(closed_port(), ("escalate-t2", "l1-review"), "down")
        asked = home_of.with_settings(home, down + channel(server.server_port, name="up"))
        flow_triage.triage(asked)
        done = flow_notify.deliver(asked, flow_triage.now)
        assert (done.sent, done.failed, done.waiting) == (4, 1, 4)
        assert sorted(one.tries for one in rows(asked)) == [0, 0, 0, 1]


def test_a_channel_that_is_gone_loses_nothing(home):
    asked = home_of.with_settings(home, channel(9, ("escalate-t2",), "soc"))
    flow_triage.triage(asked)
    bare = home_of.with_settings(home, "")
    done = flow_notify.deliver(bare, flow_triage.now)
    assert (done.sent, done.failed, done.waiting) == (0, 1, 1)
    assert "no such channel" in rows(bare)[0].why


def test_secrets_of_a_channel_are_in_no_row_and_no_message(home, monkeypatch):
    monkeypatch.setenv("HOOK_KEY", "sesame-NOTAREALKEY")
    port = closed_port()
    text = channel(port) + 'key = "${env:HOOK_KEY}"\nauthorization = "Bearer literal-NOTAREALKEY"\n'
    asked = home_of.with_settings(home, text)
    flow_triage.triage(asked)
    told = []
    flow_notify.deliver(asked, flow_triage.now, told.append)
    stored = b"".join(file.read_bytes() for file in home.glob("decisions.db*"))
    assert told
    assert b"NOTAREALKEY" not in stored + "".join(told).encode()


def test_where_names_are_tokens_notices_hold_tokens(home):
    asked = home_of.with_settings(home, channel(9) + "[privacy]\npseudonymise = true\n")
    flow_triage.triage(asked)
    bodies = "".join(one.body for one in rows(asked))
    assert "user-" in bodies
    assert "u-01" not in bodies
    assert "10.20.1." not in bodies


# -- a trial


def test_a_trial_goes_through_and_says_that_it_is_one():
    with receiver() as server:
        options = {"url": f"http://127.0.0.1:{server.server_port}/in"}
        flow_notify.attempt(Channel(kind="webhook", options=options), "webhook", NOW)
        ((_key, event),) = server.got
    assert event["type"] == "glasshouse.test"
    assert "trial" in event["data"]["title"]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (Channel(kind="webhook", options={"url": "https://example.com/in"}), ""),
        (Channel(kind="webhook", options={"url": "http://example.com/in"}), "plain http"),
        (
            Channel(kind="webhook", options={"url": "https://example.com", "colour": "red"}),
            "no option colour",
        ),
        (Channel(kind="pigeon"), "pigeon"),
        (Channel(kind="webhook", options={"url": "${env:NO_SUCH_VARIABLE}"}), "NO_SUCH_VARIABLE"),
    ],
)
def test_a_channel_is_judged_without_sending(said, wrong):
    found = flow_notify.trial(said)
    assert (wrong in found) if wrong else (found == "")
