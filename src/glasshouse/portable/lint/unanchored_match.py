"""A rule in; each condition out that a look-alike name would match, with such a name."""

from __future__ import annotations

from collections.abc import Iterator

from glasshouse.portable.rule_facts import Facts, Found, Level, Named, listed
from glasshouse.portable.rule_lookalike import lookalike
from glasshouse.portable.rule_model import Rule

CODE = "unanchored-match"
TITLE = "Matches names that only look alike"
LEVEL = "error"
WHY = (
    "A host name is a list of labels. What does not compare whole labels, with the end of the name "
    "fixed, matches names of strangers, and anybody can register one to raise alerts at will."
)
STATED = ""


def check(rule: Rule, facts: Facts) -> Iterator[Found]:
    """One defect a condition."""
    done: dict[object, list[tuple[Named, str]]] = {}
    for one in facts.named:
        if one.term and facts.entries(one) and (found := lookalike(one)):
            done.setdefault(one.term, []).append((one, found))
    for pairs in done.values():
        one, example = next((pair for pair in pairs if pair[1].startswith("con")), pairs[0])
        term = one.term
        suffix = all(found.startswith(each.host + ".") for each, found in pairs)
        level: Level = "warning" if suffix and term and term.op == "has" else "error"
        names = listed([each.host for each, _found in pairs], 3)
        yield Found(
            one.text.place,
            f"{term.field if term else ''} {term.symbol if term else ''} {one.host!r} also matches {example}"
            + (f" (the same for {names})" if len(pairs) > 1 else ""),
            f"A line with the host {example} counts as a lookup in {one.host}.",
            _instead(rule.language, facts.entries(one)[0].domains[0] if one.word else one.host),
            level,
        )


def _instead(language: str, host: str) -> str:
    pattern = "[.]".join(host.split("."))
    if language == "kql":
        return f'take the host out of the URL first, then: Host == "{host}" or Host endswith ".{host}"'
    if language == "spl":
        return f'where match(lower(host), "^(.*[.])?{pattern}$")'
    if language == "aql":
        return f"IMATCHES '^(.*[.])?{pattern}$' on the host name"
    return f"the field of the host name: {host}, and with |endswith: .{host}"
