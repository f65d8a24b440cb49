"""The arguments of one started program in, what it was told to look up or which URLs it asks for out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from glasshouse.catalogue import ClientTool
from glasshouse.records import Target
from glasshouse.watch.bodies import of_payload
from glasshouse.watch.keys import basic
from glasshouse.watch.targets import of_argument

MOST = 100
_URL = re.compile(r"[A-Za-z][A-Za-z+]{1,9}://[^\s'\"`<>)}\]|;,]+")
_BARE = re.compile(r"(?:[\w-]{1,63}\.)+[A-Za-z][\w-]{1,62}(?::\d{1,5})?(?:[/?][^\s'\"`<>)}\]|;]*)?", re.ASCII)
_HEADER = re.compile(
    r"['\"]?(?P<name>[A-Za-z][\w-]{1,40})['\"]?\s*[:=]\s*['\"](?P<value>[^'\"]{1,2000})['\"]"
)
_BODY = (
    "-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--data-urlencode", "--json",
    "--post-data", "--body-data",
)  # fmt: skip
_HEADERS = ("-H", "--header")
_BASIC = ("-u", "--user")
# Options whose value is no address asked for: agents, referrers, proxies, files.
_OTHER = {
    "curl": (
        "-A", "--user-agent", "-e", "--referer", "-o", "--output", "-x", "--proxy", "-U", "--proxy-user",
        "-b", "--cookie", "-c", "--cookie-jar", "--cert", "--cacert", "-E", "-T", "--upload-file",
        "--resolve", "-X", "--request", "-m", "--max-time", "-w", "--write-out", "-F", "--form", "-C", "-K",
        "--connect-to", "--preproxy", "--limit-rate", "--config", "--retry", "--connect-timeout", "-D",
        "-Y", "-y", "-z",
    ),
    "wget": (
        "-U", "--user-agent", "-O", "--output-document", "-o", "-a", "-e", "-P", "--directory-prefix", "-t",
        "-T", "-w", "-Q", "-i", "-B", "-D", "-A", "-R", "-X", "-I", "-l", "--referer", "--tries", "--timeout",
    ),
    "other": (),
}  # fmt: skip


@dataclass(slots=True)
class Request:
    """The web requests a program was told to make."""

    urls: list[str] = field(default_factory=list)
    body: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    secret: str | None = None


def of_tool(tool: ClientTool, words: Sequence[str]) -> tuple[list[Target], str | None]:
    """The targets and the key in the arguments of a client tool."""
    found: list[Target] = []
    secret: str | None = None
    bare: list[str] = []
    at = 0
    while at < len(words) and len(found) < MOST:
        name, equals, value = words[at].partition("=") if words[at].startswith("-") else (words[at], "", "")
        given = value if equals else words[at + 1] if at + 1 < len(words) else ""
        kind = (tool.flags or {}).get(name)
        takes = kind is not None or name in tool.secrets or name in tool.options
        if kind is not None:
            found.extend(of_argument(given, (kind,)))
        elif name in tool.secrets:
            secret = given or None
        elif not takes and (not name.startswith("-") or " " in words[at]):
            bare.append(words[at])
        at += 2 if takes and not equals else 1
    commanded, key = _of_commands(tool, bare)
    return [*found, *commanded, *_of_positional(tool, bare)][:MOST], secret or key


def _of_commands(tool: ClientTool, bare: Sequence[str]) -> tuple[list[Target], str | None]:
    for command in tool.commands:
        words = command.split()
        fixed = [word for word in words if not word.startswith("{")]
        if not fixed or [word.lower() for word in bare[: len(fixed)]] != fixed:
            continue
        kinds = [word.strip("{}") for word in words[len(fixed) :]]
        rest = bare[len(fixed) :]
        while kinds and kinds[0] == "skip":
            kinds, rest = kinds[1:], rest[1:]
        if not kinds or not rest:
            return [], None
        if kinds[0] == "key":
            return [], rest[0]
        if kinds[0] == "query":
            return of_argument(" ".join(rest), ("query",)), None
        return [target for word in rest[:MOST] for target in of_argument(word, (kinds[0],))], None
    return [], None


def _of_positional(tool: ClientTool, bare: Sequence[str]) -> list[Target]:
    if not tool.positional or not bare:
        return []
    if "query" in tool.positional:
        return of_payload(" ".join(bare))
    words = (word for word in bare[:MOST] if not word.startswith("-"))
    return [target for word in words for target in of_argument(word, tool.positional)]


def of_web_client(words: Sequence[str], dialect: str = "curl") -> Request:
    """The requests that curl, wget and the like were told to make."""
    made = Request()
    short = ("-d", "-H", "-u") if dialect == "curl" else ()
    known = {name for name in (*_BODY, *_HEADERS, *_BASIC) if name.startswith("--") or name in short}
    known.update((*_OTHER[dialect], "--url", "-uri"))
    at = 0
    while at < len(words):
        name, value, step = _option(words, at, known)
        at += step
        if not name:
            made.urls.append(value)
        elif name in _BODY and value:
            made.body = f"{made.body}&{value}" if made.body else value
        elif name in _HEADERS:
            header, _, content = value.partition(":")
            made.headers.append((header, content.strip()))
        elif name in _BASIC:
            made.secret = basic(value)
        elif name in ("--url", "-uri"):
            made.urls.append(value)
    made.urls = [url for word in made.urls[:MOST] for url in _addresses(word)]
    return made


def _option(words: Sequence[str], at: int, known: set[str]) -> tuple[str, str, int]:
    """The option at a place with its value ("" and the word for a bare word), and how many words it takes."""
    word = words[at]
    if not word.startswith("-") or word == "-":
        return "", word, 1
    following = words[at + 1] if at + 1 < len(words) else ""
    name, equals, value = word.partition("=")
    if word.startswith("--") and equals:
        return name, value, 1
    if word in known:
        return word, following, 2
    if not word.startswith("--") and word[:2] in known and len(word) > 2:
        return word[:2], word[2:], 1
    if re.fullmatch(r"-[A-Za-z]{2,}", word) and f"-{word[-1]}" in known:
        return f"-{word[-1]}", following, 2
    return word, "", 1


def _addresses(word: str) -> Iterator[str]:
    if _URL.match(word) and not re.search(r"\s", word):
        yield word
    elif "://" in word:
        yield from _URL.findall(word)[:MOST]
    elif match := _BARE.fullmatch(word):
        yield match.group()


def of_code(words: Sequence[str], bare: bool) -> Request:
    """The requests in program text: every URL, and with ``bare`` also names without a scheme."""
    text = " ".join(words)
    made = Request(urls=_URL.findall(text)[:MOST])
    made.headers = [(match["name"], match["value"]) for match in list(_HEADER.finditer(text))[:MOST]]
    body = re.search(r"(?i)-body\s+(['\"])(.*?)\1", text)
    made.body = body[2] if body else ""
    if bare:
        made.urls.extend(
            word for word in re.split(r"[\s'\"(),;]+", text)[: MOST * 5] if _BARE.fullmatch(word)
        )
    return made
