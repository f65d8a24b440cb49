"""A Pack and one of its rules in; the sentences at the top of a file out, as comments nothing can end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from glasshouse.portable.pack import Hosts, Pack, Saying
from glasshouse.safe import safe

SHOWN = 400
AUTHOR = "Glasshouse"
REFERENCE = "https://attack.mitre.org/techniques/T1596/"
BASELINE = (
    "There is no baseline here: what an actor usually asks, and what is approved, only Glasshouse knows.",
    "Only lookups that pass a log are seen; adversaries ask from outside, where nobody has one.",
    "Whether the lookups are about us is not judged: the platform does not know what is ours.",
)
SLIDING = "Windows are fixed steps of the clock, not sliding: what straddles two of them can be missed."
LINES = (
    "Lines of the log are counted. One line may hold many requests (keep-alive, caches), so counts are low; "
    "Glasshouse estimates requests from bytes and time."
)
HOSTS_COUNT = (
    "Different host names are counted in place of different databases: two hosts of one count as two."
)
FOLDED = "The same act in two kinds of log is two findings here; Glasshouse folds them into one alert."
KEYS = "URLs and command lines can hold API keys: show them to few; this file copies none into its results."


def line(text: str, most: int = SHOWN) -> str:
    """Text on one line, cut, without what ends or begins a comment in any of the languages."""
    plain = safe(text).replace("`", "'").replace("*/", "* /").replace("/*", "/ *").replace("--", "- -")
    plain = plain if len(plain) <= most else plain[:most] + " ..."
    return plain + " ." if plain.endswith("\\") else plain


def commented(mark: str, lines: Iterable[str]) -> str:
    """Lines as comments, each on a line of its own; ends with a line end."""
    return "".join(f"{mark} {line(one)}".rstrip() + "\n" for one in lines)


def about(pack: Pack, saying: Saying, lacks: Sequence[str]) -> list[str]:
    """What stands at the top of a file with one rule."""
    return [
        f"{saying.title} ({saying.name})",
        *origin(pack, saying.techniques),
        saying.description,
        f"Level: {saying.level}",
        *(f"Could also be: {each}" for each in saying.falsepositives),
        "What this cannot say:",
        *(f"- {each}" for each in limits(pack, saying.hosts, (*saying.differs, *lacks))),
    ]


def about_all(pack: Pack, title: str, lacks: Sequence[str]) -> list[str]:
    """What stands at the top of a file with the whole set of names."""
    causes = dict.fromkeys(each for saying in pack.sayings for each in saying.falsepositives)
    return [
        title,
        *origin(pack, pack.techniques),
        *(f"Could also be: {each}" for each in causes),
        "What this cannot say:",
        *(f"- {each}" for each in limits(pack, pack.hosts, lacks)),
        *(f"- Not exported: {each}: {why}" for each, why in pack.unsaid),
        *(f"Left out: {each}: {why}" for each, why in pack.left_out),
        *(f"Note: {each.name}: {each.note}" for each in pack.databases if each.note),
    ]


def origin(pack: Pack, techniques: Sequence[str]) -> list[str]:
    """Who made this from what, and under which licence."""
    return [
        f"Made by Glasshouse {pack.version} from its catalogue of {pack.dated}. Licence: {pack.licence}.",
        f"ATT&CK: {', '.join(techniques)} ({REFERENCE}). Scope: {', '.join(pack.scopes)}.",
    ]


def limits(pack: Pack, hosts: Hosts, lacks: Sequence[str]) -> list[str]:
    """What gets lost: of the rule, by the platform, and in any export."""
    dead = [name for name, _why in pack.left_out]
    pages = sorted({page.database for page in hosts.pages})
    return [
        *lacks,
        *(
            (f"Known by host and path only, so seen only where a log has URLs: {', '.join(pages)}.",)
            * bool(pages)
        ),
        *((f"Left out, because they are gone: {', '.join(dead)}.",) * bool(dead)),
        *BASELINE,
    ]


def span_words(seconds: int) -> str:
    """A span as people say it: 10 minutes, 1 hour, 7 days."""
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {word}{'s' * (count > 1)}"
    return f"{seconds} seconds"


def short_span(seconds: int) -> str:
    """A span as most query languages write it: 10m, 1h, 7d."""
    for size, letter in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def file_name(saying: Saying, suffix: str) -> str:
    """The name of the file of one rule: letters, digits and underscores."""
    bare = "".join(one if one.isascii() and one.isalnum() else "_" for one in saying.name.lower())[:80]
    return f"glasshouse_{bare or 'rule'}{suffix}"
