"""A notice in, an RFC 5322 message out, plain text; its Message-ID comes from the idempotency key.

So a mail server or reader that gets the same notice twice can know it. Mails about one alert form a thread.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from email import policy
from email.message import EmailMessage
from email.utils import formatdate

from glasshouse.errors import ConfigError
from glasshouse.report import notice_options as options_of
from glasshouse.report.notice import Mail, Notice, text_lines
from glasshouse.safe import safe

TITLE = "E-mail over SMTP, with STARTTLS or TLS"
OPTIONS: Mapping[str, str] = {
    "host": "the mail server",
    "port": "587 for starttls, 465 for tls, 25 for none, otherwise",
    "security": "starttls, tls or none; with a login none only on this machine",
    "from": "the sender's address",
    "to": "the recipients' addresses, parted by commas",
    "user": "name to log in with",
    "password": "password to log in with, as ${env:NAME} or ${file:PATH}",
    "ca": "file with the certificates of the authorities to trust, instead of the system's",
}
SECRETS = ("password",)
PORTS: dict[options_of.Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_WHERE = "notify mail"


def message(notice: Notice, options: Mapping[str, str]) -> Mail:
    """The mail of a notice."""
    host = options_of.host(options, _WHERE)
    security = options_of.word(options, "security", tuple(PORTS), _WHERE)
    if security == "none" and options.get("user") and host not in options_of.LOOPBACK:
        raise ConfigError("a password would go over the network in the clear", _WHERE, "security = starttls")
    (sender, *more) = options_of.addresses(options, "from", _WHERE)
    if more:
        raise ConfigError("from is more than one address", _WHERE)
    recipients = options_of.addresses(options, "to", _WHERE)
    return Mail(
        host=host,
        port=options_of.number(options, "port", PORTS[security], 65_535, _WHERE),
        security=security,
        sender=sender,
        recipients=recipients,
        body=_mail(notice, sender, recipients),
        user=options.get("user", ""),
        password=options.get("password", ""),
        ca=options.get("ca", ""),
    )


def _mail(notice: Notice, sender: str, recipients: tuple[str, ...]) -> bytes:
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = sender
    made["To"] = ", ".join(recipients)
    made["Subject"] = f"[{notice.level}] {safe(notice.title)[:160]}"
    made["Date"] = formatdate(min(max(notice.time // 1_000_000, 0), 253_402_300_799))
    domain = sender.rpartition("@")[2]
    made["Message-ID"] = f"<{_token(notice.id)}@{domain}>"
    if notice.alert:
        made["References"] = f"<alert.{_token(notice.alert)}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    made["X-Glasshouse-Id"] = _token(notice.id)
    lines = [*text_lines(notice), *(["", safe(notice.link)] if notice.link else [])]
    made.set_content("\n".join(lines) + "\n")
    return made.as_bytes()


def _token(said: str) -> str:
    """A text as a short token for a header; what is none already becomes its hash."""
    if re.fullmatch(r"[A-Za-z0-9-]{1,64}", said):
        return said
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]
