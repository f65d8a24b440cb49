"""Names and what stands for them in; out, texts in which each name, as a whole word, is covered."""

from __future__ import annotations

import re

from glasshouse.safe import safe

# A percent escape parts words: in ``EXAMPLE%5Cjdoe`` the last word is jdoe.
_WORD = re.compile(r"%[0-9a-fA-F]{2}|[^\W_]+")


def folded(text: str) -> str:
    """Lower case, character by character, so that every place stays where it is."""
    low = text.lower()
    if len(low) == len(text):
        return low
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


class Words:
    """Found are whole words, the longest name first, in any case; letters and digits make a word.

    The time taken grows with the text and not with the number of names.
    """

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._shapes: dict[str, list[tuple[int, int]]] = {}  # by first word: length, what stands before it
        self._odd: dict[str, str] = {}  # names without a letter or digit

    def add(self, name: str, token: str) -> None:
        """Cover a name from now on, as it is and as ``safe`` shows it."""
        for form in {name, name.strip(), safe(name), safe(name.strip())}:
            low = folded(form)
            if low in self._tokens:
                continue
            first = next((one for one in _WORD.finditer(low) if not one[0].startswith("%")), None)
            if first:
                self._tokens[low] = token
                shapes = self._shapes.setdefault(first[0], [])
                if (shape := (len(low), first.start())) not in shapes:
                    shapes.append(shape)
                    shapes.sort(reverse=True)
            elif low and not low.isascii():
                self._odd[form] = token

    def cover(self, text: str) -> str:
        """The text with every name covered."""
        for name, token in self._odd.items():
            text = text.replace(name, token)
        low, out, done = folded(text), [], 0
        for word in _WORD.finditer(low):
            for length, before in self._shapes.get(word[0], ()):
                start = word.start() - before
                end = start + length
                found = self._tokens.get(low[start:end]) if start >= done and end <= len(low) else None
                if found is not None and _ends(low, end):
                    out += [text[done:start], found]
                    done = end
                    break
        return "".join([*out, text[done:]]) if out else text


def _ends(text: str, at: int) -> bool:
    """Whether a word ends here."""
    return at == len(text) or not text[at].isalnum() or not text[at - 1].isalnum()
