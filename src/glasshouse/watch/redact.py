"""Text with API keys and passwords in, the same text with keyed fingerprints in their place out."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets as randomness
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from glasshouse.errors import ReadError

KEY_BYTES = 32
# Names under which URLs, headers, options and settings carry a secret.
SECRET_NAMES = (
    "key", "apikey", "api_key", "api-key", "api_token", "api-token", "token", "access_token", "access-token",
    "access_key", "auth", "auth_token", "authtoken", "secret", "client_secret", "api_secret", "api-secret",
    "password", "passwd", "pwd", "sig", "signature", "session", "sessionid", "jwt", "credential",
    "credentials", "id_token", "refresh_token", "private_key", "sas", "code_verifier", "pass",
)  # fmt: skip
_VALUE = r"(?P<quote>[\"'])?(?P<secret>(?(quote)(?:(?!(?P=quote))[^\r\n])+|[^\s\"'&;,|<>]+))"
_FIXED = (
    re.compile(r"://(?P<secret>[^/\s\"'@?#]{1,500})@"),
    re.compile(r"(?i)\b(?:bearer|basic|token|apikey)\s+(?P<secret>[A-Za-z0-9._~+/=:-]{6,})"),
    re.compile(r"(?i)\bauthorization[\"']?\s*[:=]\s*[\"']?(?:[a-z]+\s+)?(?P<secret>[^\s\"'&;,|<>]{4,})"),
    re.compile(r"(?i)(?:^|\s)(?:-u|--user|--proxy-user)[\s=]+[\"']?(?P<secret>[^\s\"':]+:(?!//)[^\s\"']*)"),
    re.compile(r"(?i)\bshodan(?:\.exe|\.py)?[\"']?\s+init\s+[\"']?(?P<secret>[^\s\"'|;&]+)"),
    re.compile(r"(?i)\b[A-Z0-9_]*(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PGPASSWORD)=" + _VALUE),
    re.compile(r"(?i)(?:^|\s)-u(?P<secret>[^\s\"':]+:(?!//)[^\s\"']+)"),
    re.compile(
        r"(?i)\b(?:shodan|vt)(?:\.exe|\.py)?[\"']?(?:\s+-\S+)*\s+init\s+[\"']?(?P<secret>[^\s\"'|;&-][^\s\"'|;&]*)"
    ),
    re.compile(r"(?i)\bkeys\s+add\s+\S+\s+(?P<secret>[^\s\"'|;&]+)"),
    re.compile(r"(?i)\bsetx\s+[\w]*(?:KEY|TOKEN|SECRET)\w*\s+[\"']?(?P<secret>[^\s\"'|;&]+)"),
    re.compile(r"(?i)\b(?:Shodan|Censys\w*|APIClient)\(\s*(?:\w+\s*=\s*)?[\"'](?P<secret>[^\"']{6,})"),
    re.compile(
        r"(?i)%(?:25)*(?:3f|26)[\w-]*(?:key|token|secret|password)%(?:25)*3d(?P<secret>(?:(?!%(?:25)*26)[^&\s\"'])+)"
    ),
    re.compile(r"(?i)\\[\"'][\w-]*(?:key|token|secret|password)\\[\"']\s*:\s*\\[\"'](?P<secret>[^\"'\\]+)"),
    re.compile(r"(?i)(?:KEY|TOKEN|SECRET)\s*=\s*\"\"(?P<secret>[^\"]+)"),
    re.compile(r"(?i)(?:^|\s)(?:-b|--cookie)[\s=]+[\"']?(?P<secret>[^\s\"'=]+=[^\s\"']+)"),
    re.compile(r"(?i)\b(?:set-)?cookie\s*:\s*(?P<secret>[^\"'\r\n]+)"),
    re.compile(r"(?i)zonefiles\.io/q/(?P<secret>[^/\s\"'?#]+)"),
)
_HIDDEN_NAME = r"[\w-]*%(?:25)*(?:3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])[^=&#\s]*"
_LATER = (
    re.compile(
        rf"(?i)[?&;]{_HIDDEN_NAME}=(?P<secret>[^&#\s\"']+)"
    ),  # ?%6bey=: nobody honest writes a name so
    re.compile(rf"(?i)(?:^|\s)--?api(?:[-_](?:id|key|secret))?(?:\s+|=){_VALUE}"),
    re.compile(
        r"(?i)\becho\s+[\"']?(?P<secret>[^\s\"'>]+)[\"']?\s*>+\s*\S*(?:key|token|secret|credential|passw)"
    ),
)
_DONE = re.compile(r"<key hmac-sha256:[0-9a-f]{16}>")


class Fingerprinter:
    """Turns a secret into ``hmac-sha256:`` and 16 hex digits, under a key file made at first use (0600)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key: bytes | None = None

    def __call__(self, secret: str) -> str:
        """The fingerprint of one secret. Raises ReadError when the key file can neither be read nor made."""
        if self._key is None:
            self._key = self._load()
        digest = hmac.new(self._key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return "hmac-sha256:" + digest.hexdigest()[:16]

    def _load(self) -> bytes:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if not self.path.exists():
                self._make()
            key = self.path.read_bytes()
        except OSError as error:
            reason = error.strerror or "cannot be read"
            raise ReadError(
                f"fingerprint key: {reason}", str(self.path), "check its owner and mode"
            ) from None
        if len(key) != KEY_BYTES:
            raise ReadError(
                "fingerprint key: not 32 bytes", str(self.path), "remove it; old keys stop matching"
            )
        return key

    def _make(self) -> None:
        """Write a new key beside its place and link it in, so that no reader sees half a key."""
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}.{randomness.token_hex(4)}")
        handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(handle, randomness.token_bytes(KEY_BYTES))
            os.fsync(handle)
        finally:
            os.close(handle)
        with suppress(FileExistsError):
            os.link(draft, self.path)
        draft.unlink()


def redact(text: str, fingerprint: Callable[[str], str], names: Iterable[str] = ()) -> str:
    """``text`` (a URL, command line, header, DSN) with each secret as ``<key hmac-sha256:...>``.

    ``names`` adds parameter, header and option names that carry keys, such as ``Catalogue.key_names``.
    """

    def cover(match: re.Match[str]) -> str:
        secret = match.group("secret")
        if secret in ("", "<key") or _DONE.search(match.group()):
            return match.group()
        start, end = (position - match.start() for position in match.span("secret"))
        whole = match.group()
        return f"{whole[:start]}<key {fingerprint(secret)}>{whole[end:]}"

    for pattern in (*_named(frozenset(names)), *_FIXED, *_LATER):
        text = pattern.sub(cover, text)
    return text


@lru_cache(maxsize=8)
def _named(names: frozenset[str]) -> tuple[re.Pattern[str], ...]:
    every = sorted({*SECRET_NAMES, *names} - {"authorization"}, key=len, reverse=True)
    words = "|".join(re.escape(name) for name in every)
    word = rf"(?:[\w-]*[-_])?(?:{words})"
    return (
        re.compile(rf"(?i)[?&;]{word}=(?P<secret>[^&#\s\"']+)"),
        re.compile(rf"(?i)(?<![\w-])(?:-H\s*|--header[\s=])?[\"']?{word}[\"']?\s*[:=]\s*{_VALUE}"),
        re.compile(rf"(?i)(?:^|\s)-{{1,2}}{word}(?:\s+|=){_VALUE}"),
    )
