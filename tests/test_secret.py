"""Secrets kept elsewhere: variables, files and a real keyring; what is missing is told, never shown."""

from __future__ import annotations

import keyring
import pytest
from keyring.errors import KeyringLocked
from keyrings.alt.file import PlaintextKeyring

from glasshouse.errors import ReadError
from glasshouse.secret import is_secret, secret

KEY = "NOTAREALKEY-0123456789"


@pytest.fixture
def ring(tmp_path):
    before, mine = keyring.get_keyring(), PlaintextKeyring()
    mine.file_path = str(tmp_path / "ring")
    keyring.set_keyring(mine)
    yield mine
    keyring.set_keyring(before)


def test_each_kind_is_filled_in_where_it_stands(tmp_path, monkeypatch, ring):
    monkeypatch.setenv("SOME_KEY", KEY)
    (tmp_path / "key").write_text(f"{KEY}\n")
    keyring.set_password("censys/api", "team", KEY)
    for said in ("${env:SOME_KEY}", f"${{file:{tmp_path}/key}}", "${keyring:censys/api/team}"):
        assert is_secret(said)
        assert secret(said) == KEY
        assert secret(f"user:{said}") == f"user:{KEY}"
    assert not is_secret("plain") and secret("plain") == "plain"


@pytest.mark.parametrize(
    ("said", "says", "next_step"),
    [
        ("${env:NOT_SET_ANYWHERE}", "no variable NOT_SET_ANYWHERE", "set NOT_SET_ANYWHERE"),
        ("${file:/nowhere/at/all}", "cannot be read", "check the path"),
        ("${keyring:censys/nobody}", "no 'nobody' of 'censys'", "keyring set censys nobody"),
    ],
)
def test_what_is_missing_is_told_with_the_next_step(said, says, next_step, ring):
    with pytest.raises(ReadError) as told:
        secret(said, "survey.keys.censys")
    assert (
        says in str(told.value) and next_step in str(told.value) and "survey.keys.censys" in str(told.value)
    )


def test_a_keyring_that_is_locked_is_told(ring, monkeypatch):
    def locked(*_words: str) -> str:
        raise KeyringLocked(KEY)

    monkeypatch.setattr(ring, "get_password", locked)
    with pytest.raises(ReadError) as told:
        secret("${keyring:censys/team}")
    assert "cannot be read (KeyringLocked)" in str(told.value) and KEY not in str(told.value)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(ReadError, match="not installed") as told:
        secret("${keyring:censys/team}")
    assert "glasshouse[keyring]" in str(told.value)
