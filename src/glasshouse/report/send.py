"""The door out: notices and messages in; nothing comes back, or an error that says what to do next.

A notice is delivered at least once: whoever calls tries again when this raises. ``Refused`` says that trying
again will not help. Only servers named in the settings are spoken to; redirects are not followed.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from glasshouse.errors import GlasshouseError, ReadError
from glasshouse.report.notice import Chat, Line, Mail, Message, Notice, Post, signature
from glasshouse.report.notice_options import LOOPBACK
from glasshouse.report.senders import sender
from glasshouse.secret import secret
from glasshouse.settings import Channel

TIMEOUT = 15.0  # seconds for one step
WITHIN = 60.0  # seconds for everything
_AGAIN = {408, 425, 429}  # 4xx that may turn out well later
_MAY_NEVER = "mend the channel in the settings; trying again does not help"
_LEVELS = {
    "informational": "info",
    "low": "info",
    "medium": "warning",
    "high": "failure",
    "critical": "failure",
}


class Refused(ReadError):
    """The other side does not take this message, however often it is sent."""


def send(notice: Notice, channel: Channel) -> None:
    """Tell a notice through a channel; ConfigError: a wrong option; ReadError: it may not have arrived."""
    where = f"notify {channel.kind}"
    leaf = sender(channel.kind)
    for name in channel.options:
        if name not in leaf.OPTIONS:
            raise Refused(f"no option {name}", where, f"one of: {', '.join(leaf.OPTIONS)}")
    options = {name: secret(value, where) for name, value in channel.options.items()}
    deliver(leaf.message(notice, options))


def deliver(message: Message) -> None:
    """Bring one message to its server, within a minute; raises ReadError when it may not have arrived."""
    _within(lambda: _deliver(message), f"notify {type(message).__name__.lower()}")


def _deliver(message: Message) -> None:
    match message:
        case Post():
            _post(message)
        case Mail():
            _mail(message)
        case Line():
            _line(message)
        case Chat():
            _chat(message)


def _within(action: Callable[[], None], where: str) -> None:
    """Run it in a thread of its own, so that no server can hold us longer than WITHIN."""
    problems: list[Exception] = []

    def run() -> None:
        try:
            action()
        except Exception as problem:  # noqa: BLE001 -- the door: what it meets out there becomes a trouble
            problems.append(problem)

    thread = threading.Thread(target=run, daemon=True, name="glasshouse-send")
    thread.start()
    thread.join(WITHIN)
    if thread.is_alive():
        raise ReadError(f"took longer than {WITHIN:.0f} s", where, "it is tried again")
    for problem in problems:
        if isinstance(problem, GlasshouseError):
            raise problem
        raise ReadError(_reason(problem), where, "check the server and the way to it; it is tried again")


def _reason(problem: Exception) -> str:
    """Why it failed, without addresses or texts of the other side, which may hold secrets."""
    if isinstance(problem, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(problem):
        return "its certificate is not trusted"
    if isinstance(problem, TimeoutError | httpx.TimeoutException):
        return "does not answer in time"
    if isinstance(problem, ConnectionRefusedError | httpx.ConnectError | socket.gaierror):
        return "cannot be reached"
    if isinstance(problem, OSError | httpx.TransportError | smtplib.SMTPException):
        return f"the connection broke ({type(problem).__name__})"
    return f"cannot be sent ({type(problem).__name__})"


def _trust(file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file or None)
    except (OSError, ValueError):
        raise Refused(
            "the certificates in ca cannot be read", "notify", "check the path in option ca"
        ) from None


def _post(message: Post) -> None:
    host = urlsplit(message.url).hostname or ""
    where, headers = f"notify webhook {host}", dict(message.headers)
    if message.key:
        now = int(time.time())
        headers["X-Glasshouse-Timestamp"] = str(now)
        headers["X-Glasshouse-Signature"] = signature(message.key, now, message.body)
    with (
        httpx.Client(
            verify=_trust(message.ca), timeout=TIMEOUT, follow_redirects=False, trust_env=host not in LOOPBACK
        ) as client,
        client.stream("POST", message.url, content=message.body, headers=headers) as answer,
    ):
        status = answer.status_code  # its body is of no use
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise Refused(f"answers {status}: redirects are not followed", where, "set url to where it leads")
    if 400 <= status < 500 and status not in _AGAIN:
        raise Refused(f"answers {status}", where, _MAY_NEVER)
    raise ReadError(f"answers {status}", where, "it is tried again")


def _mail(message: Mail) -> None:
    where = f"notify mail {message.host}"
    context = None if message.security == "none" else _trust(message.ca)
    try:
        with _smtp(message, context) as server:
            if message.security == "starttls":
                server.starttls(context=context)
            if message.user:
                server.login(message.user, message.password)
            lost = server.sendmail(message.sender, message.recipients, message.body)
    except smtplib.SMTPNotSupportedError:
        raise Refused("offers no STARTTLS or no login", where, "check port and security") from None
    except smtplib.SMTPRecipientsRefused as problem:
        codes = [code for code, _ in problem.recipients.values()]
        raise _refusal("refuses every recipient", min(codes, default=500), where) from None
    except smtplib.SMTPResponseException as problem:
        raise _refusal(f"answers {problem.smtp_code}", problem.smtp_code, where) from None
    if lost:
        raise Refused(f"refuses {len(lost)} of {len(message.recipients)} recipients", where, _MAY_NEVER)


def _smtp(message: Mail, context: ssl.SSLContext | None) -> smtplib.SMTP:
    if message.security == "tls":
        return smtplib.SMTP_SSL(message.host, message.port, timeout=TIMEOUT, context=context)
    return smtplib.SMTP(message.host, message.port, timeout=TIMEOUT)


def _refusal(what: str, code: int, where: str) -> ReadError:
    """4xx: later perhaps; 5xx: never."""
    return ReadError(what, where, "it is tried again") if code < 500 else Refused(what, where, _MAY_NEVER)


def _line(message: Line) -> None:
    if message.transport == "udp":
        family, kind, protocol, _, address = socket.getaddrinfo(
            message.host, message.port, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, kind, protocol) as datagrams:
            datagrams.settimeout(TIMEOUT)
            datagrams.sendto(message.frame, address)
        return
    with socket.create_connection((message.host, message.port), TIMEOUT) as plain:
        if message.transport == "tcp":
            _stream(plain, message.frame)
            return
        with _trust(message.ca).wrap_socket(plain, server_hostname=message.host) as secured:
            secured.sendall(message.frame)
            with contextlib.suppress(OSError):  # many collectors close without saying goodbye
                secured.unwrap()


def _stream(plain: socket.socket, frame: bytes) -> None:
    """Send all, and look whether the other side hung up on it."""
    plain.sendall(frame)
    plain.shutdown(socket.SHUT_WR)
    plain.settimeout(1.0)
    with contextlib.suppress(TimeoutError):
        while plain.recv(1_024):
            pass


def _chat(message: Chat) -> None:
    try:
        import apprise
    except ImportError:
        raise Refused("apprise is not installed", "notify chat", "pip install 'glasshouse[notify]'") from None
    asset = apprise.AppriseAsset(plugin_paths=[], storage_mode="memory", async_mode=False)
    told = apprise.Apprise(asset=asset)
    for number, url in enumerate(message.urls, 1):
        made = apprise.Apprise.instantiate(url, asset=asset)
        if made is None:
            raise Refused(f"address {number} in urls is not understood", "notify chat", _MAY_NEVER)
        told.add(made)
    if not told.notify(message.body, message.title, _LEVELS[message.level], body_format="text"):
        raise ReadError("a service did not take it", "notify chat", "check urls; it is tried again")
