"""A condition of a rule in; a name that is no database and that the condition matches all the same, out."""

from __future__ import annotations

import re
from functools import lru_cache

import re2

from glasshouse.portable.rule_facts import Named, is_url
from glasshouse.portable.rule_model import Term, Text

_LONGER = {
    "sh": "shop",
    "io": "ioc",
    "so": "social",
    "in": "info",
    "me": "media",
    "co": "com",
    "is": "istanbul",
}
_LONGER |= {"nl": "nlx", "ai": "aigo", "hk": "hkx"}
_REAL = ("sh", "so", "in", "me", "co", "is")
MOST = 20_000
STRANGER = "attacker.test"


def lookalike(one: Named) -> str:
    """The first name that would match by mistake; empty when none of those tried does."""
    if one.term is None or one.op in (None, "equals", "compare", "call", "bare"):
        return ""
    for host in candidates(one):
        tried = (host, f"https://{host}/") if is_url(one.term.field) else (host,)
        if any(holds(one.term, one.text, each) for each in tried):
            return host
    return ""


def candidates(one: Named) -> list[str]:
    """Names that look alike: longer on the right, on the left, or below a stranger's domain.

    A name of three labels with letters in front stays below its owner's domain, so it is none.
    """
    if one.word:
        return [f"{one.host}-fans.example.org"]
    stem, _, last = one.host.rpartition(".")
    found = [f"con{stem}.{_LONGER[last]}"] if last in _REAL and one.host.count(".") == 1 else []
    found += [f"not{one.host}"] if one.host.count(".") == 1 else []
    return [*found, f"{one.host}.{STRANGER}"]


def holds(term: Term, text: Text, host: str) -> bool:
    """Whether a condition with this literal is true of a name, as the platform would judge it."""
    said = text.text if term.cased else text.text.lower()
    if term.op == "regex":
        return _searched(text.text, host)
    if term.op == "has":
        found = host.find(said)
        end = found + len(said)
        return found >= 0 and not (host[:found][-1:].isalnum() or host[end : end + 1].isalnum())
    return (
        (term.op == "contains" and said in host)
        or (term.op == "endswith" and host.endswith(said))
        or (term.op == "startswith" and host.startswith(said))
    )


def _searched(pattern: str, host: str) -> bool:
    compiled = _compiled(pattern) if len(pattern) <= MOST else None
    return bool(compiled and compiled.search(host))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """RE2 takes time in proportion to the text, whatever the pattern; one it does not know is passed over."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 16 << 20
    try:
        found: re.Pattern[str] = re2.compile(pattern, options)
    except re2.error:
        return None
    return found
