"""A setting that names a secret kept elsewhere in; the secret out, read when it is used and never shown.

``${env:NAME}`` is a variable, ``${file:PATH}`` the content of a file without its last line end,
``${keyring:SERVICE/ACCOUNT}`` a password of the system's keyring (package keyring, an extra).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from glasshouse.errors import ReadError

_SECRET = re.compile(r"\$\{(env|file|keyring):([^}]+)\}")


def is_secret(said: str) -> bool:
    """Whether a value names a secret that is kept elsewhere."""
    return bool(_SECRET.search(said))


def secret(said: str, where: str = "") -> str:
    """The value itself, with what is kept elsewhere filled in; raises ReadError."""
    kinds = {"env": _of_environment, "file": _of_file, "keyring": _of_keyring}
    return _SECRET.sub(lambda match: kinds[match[1]](match[2], where), said)


def _of_environment(name: str, where: str) -> str:
    if name not in os.environ:
        raise ReadError(f"no variable {name} in the environment", where, f"set {name}")
    return os.environ[name]


def _of_file(name: str, where: str) -> str:
    try:
        return Path(name).read_text("utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError):
        raise ReadError(f"the secret in {name} cannot be read", where, "check the path") from None


def _of_keyring(name: str, where: str) -> str:
    """What ``keyring set SERVICE ACCOUNT`` put there."""
    service, _, account = name.rpartition("/")
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise ReadError("the keyring is not installed", where, "pip install glasshouse[keyring]") from None
    try:
        found = keyring.get_password(service, account)
    except KeyringError as problem:
        what = f"the keyring cannot be read ({type(problem).__name__})"
        raise ReadError(what, where, "unlock it, or keep the secret in a file") from None
    if found is None:
        next_step = f"keyring set {service} {account}"
        raise ReadError(f"no {account!r} of {service!r} in the keyring", where, next_step)
    return found
