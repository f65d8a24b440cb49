"""Notices become messages that hostile text cannot break, and reach real servers at least once."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import json
import os
import re
import socket
import socketserver
import ssl
import threading
import time
import warnings
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
import tls_samples
from glasshouse.errors import ConfigError, GlasshouseError, ReadError
from glasshouse.office.documents import of_text, text_of
from glasshouse.records import LEVELS, Actor
from glasshouse.report import notice as notices
from glasshouse.report import send as door
from glasshouse.report.notice import Notice, Post
from glasshouse.report.senders import chat, mail, names, sender, syslog, webhook
from glasshouse.settings import Channel
from glasshouse.verdicts import Criterion, Decision, Episode, Field, Triaged, Verdict
from sink_samples import BURST

EXAMPLES = Path(__file__).parent / "examples" / "senders"
CASES = sorted(file for file in EXAMPLES.glob("*/*.json") if not file.name.endswith(".expected.json"))
NOTICE = of_text(
    Notice, json.dumps(json.loads((EXAMPLES / "mail" / "escalation.json").read_text())["notice"])
)
ANY_TEXT = st.text(max_size=60) | st.sampled_from(hostile.TEXTS)
NOTICES = st.builds(
    Notice,
    id=ANY_TEXT,
    time=st.integers(-(10**15), 10**18),
    title=ANY_TEXT,
    kind=st.sampled_from(["decision", "case", "test"]) | ANY_TEXT,
    lines=st.lists(ANY_TEXT, max_size=4).map(tuple),
    level=st.sampled_from(LEVELS),
    decision=ANY_TEXT,
    alert=ANY_TEXT,
    case=ANY_TEXT,
    link=ANY_TEXT,
    actor=st.builds(Actor, ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT),
    databases=st.lists(ANY_TEXT, max_size=2).map(tuple),
    first_seen=st.none() | st.integers(0, 10**18),
)
MAIL = {"host": "mail.example.com", "from": "a@example.com", "to": "b@example.com"}
HOOK = {"url": "https://hooks.example.com/in", "key": "k"}


def imported_apprise():
    """Apprise, which warns about its own use of imghdr and of event loops."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = pytest.importorskip("apprise", reason="apprise, the extra notify, is not installed")
        found.Apprise.instantiate("ntfy://127.0.0.1/topic")  # reads all its plugins
    return found


def load(file):
    tree = json.loads(file.read_text())
    return of_text(Notice, json.dumps(tree["notice"])), tree["options"]


# -- messages


def test_the_senders_are_found():
    assert names() == ("chat", "mail", "syslog", "webhook")
    assert {file.parent.name for file in CASES} == set(names())


@pytest.mark.parametrize("name", names())
def test_sender_keeps_the_contract(name):
    leaf = sender(name)
    assert leaf.TITLE
    assert set(leaf.SECRETS) <= set(leaf.OPTIONS)
    assert all(leaf.OPTIONS.values())


@pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_sender_makes_its_example(file):
    """With REWRITE=1 the expected files are written anew."""
    made = dataclasses.asdict(sender(file.parent.name).message(*load(file)))
    plain = {key: one.decode() if isinstance(one, bytes) else one for key, one in made.items()}
    text = json.dumps(plain, indent=1, ensure_ascii=False) + "\n"
    expected = file.with_suffix(".expected.json")
    if os.environ.get("REWRITE"):
        expected.write_text(text)
    assert json.loads(text) == json.loads(expected.read_text())


def test_an_unknown_way_names_the_nearest():
    with pytest.raises(ConfigError, match="webhok") as caught:
        sender("webhok")
    assert "did you mean webhook?" in str(caught.value)


def test_secrets_are_not_shown_by_a_message():
    for file in CASES:
        said = repr(sender(file.parent.name).message(*load(file)))
        for secret in ("k3y", "t0ken", "'pw'", "TokenB"):
            assert secret not in said


def test_a_notice_survives_the_queue():
    assert of_text(Notice, text_of(NOTICE)) == NOTICE


def test_the_notice_of_a_decision_says_why():
    triaged = Triaged(
        alert=BURST,
        episode=Episode(alert=BURST, key="k"),
        verdict=Verdict(
            (
                Field(name="about_us", value="some", says="2 of 4 targets are ours"),
                Field(name="intel", value="unknown", says="", because="no feed"),
            )
        ),
        answers=(),
        decision=Decision(
            name="escalate-t2",
            row="r1",
            says="Suspected source",
            criteria=(Criterion("volume", True, "48 of 20"), Criterion("rise", False, "no rise")),
        ),
    )
    made = notices.of(triaged, id="key", time=5, case="C-1")
    assert made == notices.of(triaged, id="key", time=5, case="C-1")
    text = "\n".join(notices.text_lines(made))
    for word in (
        "escalate to T2: GH-3f9a1c07be42",
        "48 of 20",
        "2 of 4 targets",
        "Cannot be answered: intel",
    ):
        assert word in text
    assert "no rise" not in text
    assert "+25 scripted_burst" in text


@given(NOTICES)
def test_no_text_breaks_out_of_a_mail(notice):
    body = mail.message(notice, MAIL).body
    read = email.message_from_bytes(body, policy=email.policy.default)
    known = {"From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted", "X-Glasshouse-Id"}
    known |= {"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
    assert set(read.keys()) <= known
    assert len(read.keys()) == len(set(read.keys()))
    assert (read["From"], read["To"]) == ("a@example.com", "b@example.com")
    assert not read.is_multipart()
    assert re.fullmatch(r"<[A-Za-z0-9._-]+@example\.com>", read["Message-ID"])
    assert all(len(row) <= 998 for row in body.split(b"\r\n"))
    assert all(row.isprintable() for row in read.get_content().splitlines())


@given(NOTICES, st.sampled_from(["tls", "tcp", "udp"]))
def test_no_text_breaks_out_of_a_syslog_line(notice, transport):
    frame = syslog.message(notice, {"host": "192.0.2.1", "transport": transport}).frame
    if transport != "udp":
        length, _, frame = frame.partition(b" ")
        assert int(length) == len(frame)
    text = frame.decode()
    assert text.isprintable()
    head = re.match(r"<(\d{1,3})>1 (\S+) (\S{1,255}) glasshouse - (\S{1,32}) - CEF:0\|", text)
    assert head
    assert 128 <= int(head[1]) <= 135
    fields = re.split(r"(?<!\\)(?:\\\\)*\|", text.partition("CEF:0|")[2], maxsplit=6)
    vendor, product, _, name, title, severity, extension = re.split(
        r"\|", re.sub(r"\\[\\|]", "..", text.partition("CEF:0|")[2]), maxsplit=6
    )
    assert (vendor, product) == ("Glasshouse", "Glasshouse")
    assert severity in {"1", "3", "5", "8", "10"}
    assert len(fields) == 7
    assert name
    assert title is not None
    keys = re.findall(r"(?:^| )([A-Za-z0-9]+)=", re.sub(r"\\.", "..", extension))
    assert len(keys) == len(re.sub(r"\\.", "..", extension).split("=")) - 1, "an equals sign is not escaped"
    assert len(keys) == len(set(keys))


@given(NOTICES)
def test_no_text_breaks_out_of_an_event(notice):
    made = webhook.message(notice, HOOK)
    event = json.loads(made.body)
    assert event["specversion"] == "1.0"
    assert event["data"]["lines"] == [hostile_free(row) for row in notice.lines]
    for key, value in made.headers:
        assert key.isascii() and value.isascii() and value.isprintable()


def hostile_free(text):
    from glasshouse.safe import safe

    return safe(text)


@given(NOTICES)
def test_chat_links_and_mentions_nothing(notice):
    made = chat.message(replace(notice, link=""), {"urls": "slack://a/b/c"})
    for text in (made.title, *made.body.splitlines()):
        assert text.isprintable()
        assert not re.search(r"(?i)://|@\w|#\w|[<>`*~]|\]\(", text)
        assert not re.search(r"[^\W_]\.[a-z]", text)


def test_chat_shows_our_own_link():
    assert chat.message(NOTICE, {"urls": "slack://a/b/c"}).body.endswith(
        "\nhttps://soc.example.com/cases/C-17"
    )


@pytest.mark.parametrize(
    "urls",
    [
        "syslog://",
        "file:///etc/passwd",
        "dbus://",
        "gnome://",
        "windows://",
        "macosx://",
        "json://192.0.2.1",
        "exec://x",
        "custom://x",
        "slack://a/b/c,syslog://x",
        "slack://a/b/c syslog://x",
        "SYSLOG://x",
        "slack:a",
        "",
    ],
)
def test_only_chat_services_are_let_through(urls):
    with pytest.raises(ConfigError):
        chat.message(NOTICE, {"urls": urls})


def test_the_list_holds_nothing_that_runs_or_writes():
    apprise = imported_apprise()
    local = {
        "dbus",
        "qt",
        "kde",
        "glib",
        "gnome",
        "macosx",
        "windows",
        "syslog",
        "file",
        "json",
        "xml",
        "form",
    }
    assert not chat.SCHEMES & local
    known = {
        scheme
        for one in apprise.Apprise().details()["schemas"]
        for key in ("protocols", "secure_protocols")
        for scheme in one[key] or ()
    }
    assert {"slack", "mmosts", "ntfy", "discord"} <= known
    assert chat.SCHEMES - known == set(), "apprise does not know these"


@pytest.mark.parametrize(
    ("leaf", "options", "reason"),
    [
        (webhook, {}, "url is missing"),
        (webhook, {"url": "ftp://x.example/"}, "no https address"),
        (webhook, {"url": "http://192.0.2.1/"}, "plain http"),
        (webhook, {"url": "https://u:p@x.example/"}, "holds a password"),
        (webhook, {"url": "https://x.example/\r\nX: y"}, "no https address"),
        (webhook, {"url": "https://[x/"}, "no https address"),
        (webhook, {**HOOK, "authorization": "a\nb"}, "no header may have"),
        (mail, {**MAIL, "host": ""}, "host is missing"),
        (mail, {**MAIL, "host": "a b"}, "neither a name"),
        (mail, {**MAIL, "to": "b@example.com, x\r\nBcc: c@example.com"}, "no e-mail address"),
        (mail, {**MAIL, "from": "a@example.com,b@example.com"}, "more than one"),
        (mail, {**MAIL, "security": "none", "user": "u", "password": "p"}, "in the clear"),
        (mail, {**MAIL, "security": "ssl"}, "security is 'ssl'"),
        (mail, {**MAIL, "port": "70000"}, "not a number"),
        (syslog, {"host": "x", "facility": "24"}, "not a number"),
        (syslog, {"host": "x", "transport": "sctp"}, "transport is"),
    ],
)
def test_wrong_options_are_told(leaf, options, reason):
    with pytest.raises(ConfigError, match=reason):
        leaf.message(NOTICE, options)


# -- real servers


@contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def web(*answers, tls=None, wait=0.0):
    """A web server that gives these answers in turn, the last for ever; yields its port and what it got."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            time.sleep(wait)
            status, headers = answers[min(len(got), len(answers)) - 1]
            self.send_response(status)
            for key, value in {"Content-Length": "0", **headers}.items():
                self.send_header(key, value)
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.server().wrap_socket(server.socket, server_side=True)
    with running(server) as port:
        yield port, got


def refused(kind, **options):
    with pytest.raises(ReadError) as caught:
        door.send(NOTICE, Channel(kind=kind, options=options))
    assert caught.value.next_step
    assert "s3cret" not in str(caught.value)
    return caught.value.what, isinstance(caught.value, door.Refused)


def test_webhook_arrives_signed_and_again_after_a_failure(monkeypatch):
    monkeypatch.setenv("TEST_HOOK_KEY", "s3cret-key")
    with web((500, {}), (200, {})) as (port, got):
        options = {"url": f"http://127.0.0.1:{port}/in?a=1", "key": "${env:TEST_HOOK_KEY}"}
        assert refused("webhook", **options) == ("answers 500", False)
        door.send(NOTICE, Channel(kind="webhook", options=options))
    assert [path for path, _, _ in got] == ["/in?a=1"] * 2
    for _, headers, body in got:
        stamp = int(headers["X-Glasshouse-Timestamp"])
        assert abs(stamp - time.time()) < 60
        assert headers["X-Glasshouse-Signature"] == notices.signature("s3cret-key", stamp, body)
        assert headers["Idempotency-Key"] == json.loads(body)["id"] == NOTICE.id
        assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert got[0][2] == got[1][2]


def test_the_signature_is_plain_hmac():
    """As ``printf 1795165200.body | openssl dgst -sha256 -hmac key`` says."""
    assert notices.signature("key", 1_795_165_200, b"body") == (
        "v1=" + __import__("hmac").new(b"key", b"1795165200.body", "sha256").hexdigest()
    )
    assert notices.signature("key", 1, b"body") != notices.signature("key", 2, b"body")


@pytest.mark.parametrize(
    ("status", "never"), [(400, True), (404, True), (410, True), (408, False), (429, False), (503, False)]
)
def test_webhook_answers(status, never):
    with web((status, {})) as (port, _):
        assert refused("webhook", url=f"http://127.0.0.1:{port}/") == (f"answers {status}", never)


def test_webhook_follows_no_redirect():
    with (
        web((200, {})) as (other, elsewhere),
        web((307, {"Location": f"http://127.0.0.1:{other}/"})) as (port, _),
    ):
        what, never = refused("webhook", url=f"http://127.0.0.1:{port}/")
    assert (what, never) == ("answers 307: redirects are not followed", True)
    assert elsewhere == []


def test_webhook_waits_only_so_long(monkeypatch):
    monkeypatch.setattr(door, "TIMEOUT", 0.2)
    with web((200, {}), wait=1.0) as (port, _):
        assert refused("webhook", url=f"http://127.0.0.1:{port}/") == ("does not answer in time", False)


def test_a_server_that_drips_is_left(monkeypatch):
    """Each byte comes in time, yet the answer never ends."""
    monkeypatch.setattr(door, "WITHIN", 0.5)
    over = threading.Event()

    class Drip(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                self.request.sendall(b"X: y\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip)
    server.daemon_threads = True
    with running(server) as port:
        start = time.monotonic()
        assert "took longer" in refused("webhook", url=f"http://127.0.0.1:{port}/")[0]
        assert time.monotonic() - start < 5
        over.set()


def test_webhook_over_tls(tmp_path):
    tls = tls_samples.make(tmp_path)
    with web((204, {}), tls=tls) as (port, got):
        url = f"https://localhost:{port}/"
        door.send(NOTICE, Channel(kind="webhook", options={"url": url, "ca": str(tls.authority)}))
        assert len(got) == 1
        assert refused("webhook", url=url) == ("its certificate is not trusted", False)
        assert refused("webhook", url=url, ca="/nowhere.pem")[1]
        assert len(got) == 1


def test_nobody_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert refused("webhook", url=f"http://127.0.0.1:{port}/") == ("cannot be reached", False)
    here = {"host": "127.0.0.1", "port": str(port)}
    assert refused("syslog", transport="tcp", **here) == ("cannot be reached", False)
    addresses = {"from": "a@example.com", "to": "b@example.com"}
    assert refused("mail", security="none", **here, **addresses) == ("cannot be reached", False)


def test_options_nobody_knows_and_secrets_nobody_set():
    assert refused("webhook", uri="https://x.example/") == ("no option uri", True)
    assert "TEST_NOT_SET" in refused("webhook", url="${env:TEST_NOT_SET}")[0]
    with pytest.raises(GlasshouseError):
        door.send(NOTICE, Channel(kind="pigeon"))


# -- mail


@contextmanager
def mail_server(tls=None, recipients=None, login=None, data="250 OK", **how):
    """aiosmtpd on loopback; yields its port and the mails it took."""
    controller_of = pytest.importorskip("aiosmtpd.controller", reason="aiosmtpd is not installed")
    from aiosmtpd.smtp import AuthResult

    got = []

    class Handler:
        async def handle_RCPT(self, _server, _session, envelope, address, _options):
            answer = (recipients or {}).get(address, "250 OK")
            if answer.startswith("250"):
                envelope.rcpt_tos.append(address)
            return answer

        async def handle_DATA(self, _server, session, envelope):
            got.append((session, envelope))
            return data

    if login:
        how["authenticator"] = lambda _server, _session, _envelope, _mechanism, said: AuthResult(
            success=(said.login, said.password) == login, handled=False
        )
        how["auth_required"] = True
    if tls:
        how |= {"tls_context": tls.server(), "require_starttls": True}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = controller_of.Controller(Handler(), hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield {"host": "127.0.0.1", "port": str(port), "from": "a@example.com", "to": "b@example.com"}, got
    finally:
        controller.stop()


def test_mail_arrives_over_starttls_after_login(tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_MAIL_PASSWORD", "s3cret")
    tls = tls_samples.make(tmp_path)
    login = {"user": "glasshouse", "password": "${env:TEST_MAIL_PASSWORD}", "ca": str(tls.authority)}
    with mail_server(tls, login=(b"glasshouse", b"s3cret")) as (options, got):
        door.send(NOTICE, Channel(kind="mail", options={**options, **login}))
        door.send(NOTICE, Channel(kind="mail", options={**options, **login}))
        assert refused("mail", **{**options, **login, "password": "s3cret-wrong"}) == ("answers 535", True)
        assert refused("mail", **options) == ("its certificate is not trusted", False)
    mails = [email.message_from_bytes(envelope.content, policy=email.policy.default) for _, envelope in got]
    assert [one["Message-ID"] for one in mails] == [f"<{NOTICE.id}@example.com>"] * 2
    assert mails[0]["Subject"] == "[high] escalate to T2: GH-3f9a1c07be42"
    assert "subfinder" in mails[0].get_content()
    assert all(session.ssl for session, _ in got)
    assert got[0][1].rcpt_tos == ["b@example.com"]


def test_mail_arrives_over_tls(tmp_path):
    tls = tls_samples.make(tmp_path)
    server = ssl_smtp(tls.server())
    with server as (port, got):
        options = {"host": "127.0.0.1", "port": str(port), "from": "a@example.com", "to": "b@example.com"}
        door.send(
            NOTICE, Channel(kind="mail", options={**options, "security": "tls", "ca": str(tls.authority)})
        )
    assert b"GH-3f9a1c07be42" in got[0]


@contextmanager
def ssl_smtp(context: ssl.SSLContext):
    """A mail server of a few words that speaks TLS from the first byte on."""
    got = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 here\r\n")
            data = b""
            for row in self.rfile:
                if data and row == b".\r\n":
                    got.append(data)
                    self.wfile.write(b"250 taken\r\n")
                    data = b""
                elif data:
                    data += row
                elif row.upper().startswith(b"DATA"):
                    data = b"\r\n"
                    self.wfile.write(b"354 go on\r\n")
                elif row.upper().startswith(b"QUIT"):
                    self.wfile.write(b"221 bye\r\n")
                    return
                else:
                    self.wfile.write(b"250 fine\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with running(server) as port:
        yield port, got


def test_mail_is_not_sent_in_the_clear():
    with mail_server() as (options, got):
        assert refused("mail", **options) == ("offers no STARTTLS or no login", True)
        assert got == []
        door.send(NOTICE, Channel(kind="mail", options={**options, "security": "none"}))
        assert len(got) == 1


@pytest.mark.parametrize(
    ("how", "to", "what", "never"),
    [
        ({"recipients": {"b@example.com": "550 who"}}, "b@example.com", "refuses every recipient", True),
        ({"recipients": {"b@example.com": "451 later"}}, "b@example.com", "refuses every recipient", False),
        (
            {"recipients": {"c@example.com": "550 who"}},
            "b@example.com,c@example.com",
            "refuses 1 of 2 recipients",
            True,
        ),
        ({"data": "451 later"}, "b@example.com", "answers 451", False),
        ({"data": "554 spam"}, "b@example.com", "answers 554", True),
    ],
)
def test_mail_that_is_not_taken(how, to, what, never):
    with mail_server(**how) as (options, _):
        assert refused("mail", **{**options, "to": to, "security": "none"}) == (what, never)


# -- syslog


@contextmanager
def collector(tls=None):
    """A syslog receiver on TCP, or TLS; yields its port and what it got, whole connections."""
    got = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            said = b""
            while chunk := self.request.recv(4_096):
                said += chunk
            got.append(said)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # server_close waits for them
    if tls:
        server.socket = tls.server().wrap_socket(server.socket, server_side=True)
    with running(server) as port:
        yield port, got


def test_syslog_over_tcp():
    with collector() as (port, got):
        options = {"host": "127.0.0.1", "port": str(port), "transport": "tcp"}
        door.send(NOTICE, Channel(kind="syslog", options=options))
        door.send(NOTICE, Channel(kind="syslog", options={**options, "framing": "lines"}))
    length, _, first = got[0].partition(b" ")
    assert int(length) == len(first)
    assert got[1] == first + b"\n"
    assert first.startswith(b"<131>1 2026-11-20T09:00:00.000001Z - glasshouse - decision - CEF:0|Glasshouse|")
    assert b"|escalate-t2|escalate to T2: GH-3f9a1c07be42|8|" in first
    assert b" suser=jdoe " in first


def test_syslog_over_tls(tmp_path):
    tls = tls_samples.make(tmp_path)
    with collector(tls) as (port, got):
        options = {"host": "localhost", "port": str(port), "ca": str(tls.authority)}
        door.send(NOTICE, Channel(kind="syslog", options=options))
        assert refused("syslog", host="localhost", port=str(port)) == (
            "its certificate is not trusted",
            False,
        )
    assert got[0].partition(b" ")[2].startswith(b"<131>1 ")


def test_syslog_over_udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        port = str(receiver.getsockname()[1])
        door.send(
            NOTICE, Channel(kind="syslog", options={"host": "127.0.0.1", "port": port, "transport": "udp"})
        )
        assert receiver.recv(65_536).startswith(b"<131>1 ")


def test_a_collector_that_hangs_up_is_noticed():
    class Rude(socketserver.BaseRequestHandler):
        def handle(self):
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # close with a reset
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.request.close()

    with running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Rude)) as port:
        what, never = refused("syslog", host="127.0.0.1", port=str(port), transport="tcp")
    assert "connection broke" in what
    assert not never


# -- chat


def test_chat_arrives_through_apprise():
    imported_apprise()
    with web((200, {})) as (port, got):
        urls = f"ntfy://127.0.0.1:{port}/soc mmost://127.0.0.1:{port}/3ccdd113474722377935511fc85d3dd4"
        door.send(NOTICE, Channel(kind="chat", options={"urls": urls}))
    bodies = b"".join(body for _, _, body in got)
    assert len(got) == 2
    assert b"GH-3f9a1c07be42" in bodies
    assert b"example[.]com" in bodies


def test_chat_that_is_not_taken_is_told(monkeypatch):
    imported_apprise()
    monkeypatch.setenv("TEST_CHAT", "ntfy://127.0.0.1:{port}/s3cret")
    with web((500, {})) as (port, _):
        assert refused("chat", urls=f"ntfy://127.0.0.1:{port}/s3cret") == ("a service did not take it", False)
    assert refused("chat", urls="slack://s3cret") == ("address 1 in urls is not understood", True)


def test_chat_without_apprise_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "apprise", None)
    with pytest.raises(door.Refused, match="not installed") as caught:
        door.send(NOTICE, Channel(kind="chat", options={"urls": "slack://a/b/c"}))
    assert "glasshouse[notify]" in caught.value.next_step


def test_a_failure_nobody_thought_of_becomes_a_trouble(monkeypatch):
    def broken(_message):
        raise KeyError("s3cret")

    monkeypatch.setattr(door, "_post", broken)
    with pytest.raises(ReadError, match="KeyError") as caught:
        door.deliver(Post(url="https://x.example/", body=b"", headers=()))
    assert "s3cret" not in str(caught.value)
