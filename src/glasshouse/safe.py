"""Text from logs or rules in, one harmless line out: no control, bidi or invisible character is left."""

from __future__ import annotations

import re

# Drawn as nothing although str.isprintable() lets them through: fillers, joiners, variation selectors.
_DRAWN_AS_NOTHING = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
)
_SUSPECT = re.compile(f"[^ -~¡-¬®-ÿ]|[{_DRAWN_AS_NOTHING}]")
_INVISIBLE = re.compile(f"[{_DRAWN_AS_NOTHING}]")
_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def _visible(match: re.Match[str]) -> str:
    character = match.group()
    if character.isprintable() and not _INVISIBLE.match(character):
        return character
    code = ord(character)
    if code <= 0xFF:
        return _NAMED.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def safe(text: str) -> str:
    """Return ``text`` on one line, every hidden character in visible form, such as ``\\x1b`` or ``\\u202e``.

    Hidden are all characters that are not printable (C0, DEL, C1, bidi and other format characters, line
    and paragraph separators, odd spaces, lone surrogates, private and unassigned code points) and the few
    printable ones that draw nothing. Backslashes stay as they are: the result is for eyes, not for decoding.
    """
    if text.isascii() and text.isprintable():
        return text
    return _SUSPECT.sub(_visible, text)
