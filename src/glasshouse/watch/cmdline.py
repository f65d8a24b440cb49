"""A command line in, the programs it really starts out: through sudo, shells, python -m, containers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from glasshouse.watch.client import file_name, program

LONGEST = 65536
DEEPEST = 5
MOST = 50
_PYTHON = re.compile(r"(?:py|pypy3?|pythonw?[\d.]*)")
_SHELLS = frozenset(("bash", "sh", "dash", "zsh", "ksh", "ash", "fish", "rbash"))
_POWERSHELLS = frozenset(("powershell", "pwsh", "powershell_ise"))
# Programs that only start another one, with those of their options that take a value.
_WRAPPERS: dict[str, tuple[str, ...]] = {
    "sudo": ("-u", "-g", "-h", "-p", "-C", "-T"), "doas": ("-u", "-C"), "env": ("-u", "-C", "-S"),
    "nohup": (), "setsid": (), "nice": ("-n",), "ionice": ("-c", "-n", "-p"), "time": ("-f", "-o"),
    "timeout": ("-k", "-s"), "stdbuf": ("-i", "-o", "-e"), "proxychains": ("-f",), "proxychains4": ("-f",),
    "torsocks": (), "torify": (), "xargs": ("-I", "-n", "-P", "-d", "-L", "-a", "-s"), "watch": ("-n",),
    "unbuffer": (), "chroot": (), "runuser": ("-u", "-g"), "strace": ("-o", "-e", "-p"), "exec": ("-a",),
    "command": (), "start": (), "call": (), "wsl": ("-d", "-u"), "winpty": (), "systemd-run": ("-p", "-u"),
    "parallel": ("-j", "-a"), "pipx": (), "uv": (), "uvx": (), "poetry": (), "script": (), "busybox": (),
    "dotnet": (), "tsocks": (), "caffeinate": (), "then": (), "do": (), "else": (), "if": (), "while": (),
}  # fmt: skip
_NUMBER_FIRST = frozenset(("timeout", "chroot"))
_RUN_WORD = frozenset(("pipx", "uv", "poetry"))
_CONTAINERS = frozenset(("docker", "podman", "nerdctl"))
_CONTAINER_SWITCHES = frozenset(
    [
        "-i",
        "-t",
        "-it",
        "-ti",
        "-d",
        "--rm",
        "--init",
        "--privileged",
        "--interactive",
        "--tty",
        "--detach",
        "--no-healthcheck",
        "-q",
        "--quiet",
        "--read-only",
        "-P",
        "--publish-all",
        "--disable-content-trust",
    ]
)


@dataclass(frozen=True, slots=True)
class Word:
    """One argument, and whether it stood in quotes."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One program started: its name, or the Python module or container image it runs, and its arguments."""

    path: str
    arguments: tuple[str, ...]
    kind: str = "program"  # program, module, image, code
    piped: str = ""  # text that echo or printf hands to it


def starts(process: str | None, command_line: str) -> list[Run]:
    """All programs a command line starts, the outermost first; never fails."""
    text = command_line[:LONGEST]
    windows = _is_windows(process, text)
    words = split(text, windows, False)
    line = words[0] if words else []
    if process and (not line or not _same(process, line[0].text)):
        line = [Word(process), *_rest(process, text, line, windows)]
    return list(_unwrap(line, windows, 0, ""))[:MOST]


def _rest(process: str, text: str, line: list[Word], windows: bool) -> list[Word]:
    """The arguments when the first word is not the program: a path with blanks, a shorter or another name."""
    if text.lower().startswith(process.lower()):
        found = split(text[len(process) :], windows, False)
        return found[0] if found else []
    interpreted = line and file_name(line[0].text) != file_name(process)
    keep = interpreted and _known(program(line[0].text)) and not _known(program(process))
    return line if keep else line[1:]


def _known(name: str) -> bool:
    return bool(name in _WRAPPERS or name in _SHELLS or name in _CONTAINERS or _PYTHON.fullmatch(name))


def _same(process: str, word: str) -> bool:
    return program(process) == program(word)


def _is_windows(process: str | None, text: str) -> bool:
    return bool(re.match(r'"?(?:[A-Za-z]:\\|\\\\)', process or text)) or ".exe" in text[:200].lower()


def split(text: str, windows: bool, cuts: bool) -> list[list[Word]]:
    """Words of a command line; ``cuts``: one list a command, cut at ``;`` ``|`` ``&`` and the like."""
    commands: list[list[Word]] = [[]]
    pattern = _WINDOWS if windows else _POSIX
    current: list[str] = []
    quoted = False
    for token in pattern.finditer(text):
        kind, piece = token.lastgroup or "", token.group()
        is_cut = cuts and kind == "cut"
        if (kind == "blank" or is_cut) and (current or quoted):
            commands[-1].append(Word("".join(current), quoted))
            current, quoted = [], False
        if is_cut:
            commands.append([])
        elif kind in ("single", "double"):
            quoted = True
            current.append(_unquote(piece, kind == "double" and not windows))
        elif kind == "escape":
            current.append(piece[1:])
        elif kind != "blank":
            current.append(piece)
    if current or quoted:
        commands[-1].append(Word("".join(current), quoted))
    return [command for command in commands if command]


_POSIX = re.compile(
    r"(?P<blank>[ \t]+)|(?P<cut>[;&|()`\r\n]+)|(?P<single>'[^']*'?)|(?P<double>\"(?:[^\"\\]|\\.)*(?:\"|$)?)"
    r"|(?P<escape>\\.)|(?P<plain>[^\s;&|()`'\"\\]+|.)",
    re.DOTALL,
)
_WINDOWS = re.compile(
    r"(?P<blank>[ \t]+)|(?P<cut>[;&|()\r\n]+)|(?P<single>'[^']*'?)|(?P<double>\"[^\"]*\"?)"
    r"|(?P<plain>[^\s;&|()'\"]+|.)",
    re.DOTALL,
)


def _unquote(piece: str, escapes: bool) -> str:
    inner = piece[1:-1] if len(piece) > 1 and piece[-1] == piece[0] else piece[1:]
    return re.sub(r"\\([\"\\$`])", r"\1", inner) if escapes else inner


def _unwrap(line: list[Word], windows: bool, depth: int, piped: str) -> Iterator[Run]:
    while line and (re.fullmatch(r"[A-Za-z_]\w*=.*", line[0].text, re.DOTALL) or line[0].text in ("{", "!")):
        line = line[1:]
    if not line or depth > DEEPEST:
        return
    path, rest = line[0].text, line[1:]
    name = program(path)
    if name in _SHELLS:
        yield from _shell(rest, windows, depth)
    elif name == "cmd":
        at = next((i for i, word in enumerate(rest) if word.text.lower()[:2] in ("/c", "/k", "/r")), None)
        yield from () if at is None else _script(_text(_glued(rest[at:])), windows, depth)
    elif name in ("su", "runas"):
        yield from _shell(rest, windows, depth) if name == "su" else _script(_text(rest[-1:]), windows, depth)
    elif name in _WRAPPERS:
        yield from _unwrap(_after_options(name, rest), windows, depth + 1, piped)
    elif name in _CONTAINERS:
        yield from _container(rest, windows, depth)
    elif _PYTHON.fullmatch(name):
        yield from _python(path, rest, piped)
    elif name in _POWERSHELLS:
        yield from _powershell(path, rest, depth)
    else:
        yield Run(path, tuple(word.text for word in rest), piped=piped)


def _glued(rest: list[Word]) -> list[Word]:
    """What follows /c, also when it is written together with it."""
    first = rest[0].text[2:]
    return [Word(first, rest[0].quoted), *rest[1:]] if first else rest[1:]


def _text(words: list[Word]) -> str:
    if len(words) == 1:
        return words[0].text
    return " ".join(f'"{word.text}"' if word.quoted and '"' not in word.text else word.text for word in words)


def _script(text: str, windows: bool, depth: int) -> Iterator[Run]:
    piped = ""
    for command in split(text, windows, True):
        yield from _unwrap(command, windows, depth + 1, piped)
        says = program(command[0].text) in ("echo", "printf")
        piped = " ".join(word.text for word in command[1:]) if says else ""


def _shell(rest: list[Word], windows: bool, depth: int) -> Iterator[Run]:
    for at, word in enumerate(rest):
        if re.fullmatch(r"-[a-z]*c|--command", word.text):
            yield from _script(_text(rest[at + 1 :]), windows, depth)
            return
        if not word.text.startswith("-"):
            yield Run(word.text, tuple(each.text for each in rest[at + 1 :]))
            return


def _after_options(name: str, rest: list[Word]) -> list[Word]:
    takes = _WRAPPERS[name]
    bare = 1 if name in _NUMBER_FIRST else 0
    at = 0
    while at < len(rest):
        text = rest[at].text
        if text.startswith("-") or (name == "start" and text.startswith("/")):
            at += 2 if text in takes else 1
        elif re.fullmatch(r"[A-Za-z_]\w*=.*", text, re.DOTALL) or (
            name in _RUN_WORD and text in ("run", "tool")
        ):
            at += 1
        elif bare:
            bare, at = bare - 1, at + 1
        elif name == "start" and rest[at].quoted and at + 1 < len(rest):
            at += 1
        else:
            break
    return rest[at:]


def _python(path: str, rest: list[Word], piped: str) -> Iterator[Run]:
    words = tuple(word.text for word in rest)
    yield Run(path, words, "code", piped)
    at = 0
    while at < len(words):
        if words[at] == "-c":
            return
        if words[at] == "-m" and at + 1 < len(words):
            yield Run(words[at + 1], words[at + 2 :], "module")
            return
        if not words[at].startswith("-"):
            yield Run(words[at], words[at + 1 :])
            return
        at += 2 if words[at] in ("-W", "-X") else 1


def _powershell(path: str, rest: list[Word], depth: int) -> Iterator[Run]:
    yield Run(path, tuple(word.text for word in rest), "code")
    at = 0
    while at < len(rest) and rest[at].text.startswith("-"):
        option = rest[at].text.lower()
        if option in ("-command", "-c", "-commandwithargs"):
            at += 1
            break
        if option in ("-encodedcommand", "-enc", "-e", "-ec", "-file", "-f"):
            return
        at += 2 if re.match(r"-(?:ex|ep$|w|inputf|outputf|config|v|ps|wo)", option) else 1
    yield from _script(_text(rest[at:]), True, depth)


def _container(rest: list[Word], windows: bool, depth: int) -> Iterator[Run]:
    words = [word for word in rest if word.text not in ("container",)]
    verb = next((at for at, word in enumerate(words) if word.text in ("run", "exec", "create")), None)
    at = len(words) if verb is None else verb + 1
    while at < len(words) and words[at].text.startswith("-"):
        single = words[at].text in _CONTAINER_SWITCHES or "=" in words[at].text
        at += 1 if single else 2
    if verb is None or at >= len(words):
        return
    if words[verb].text == "exec":
        yield from _unwrap(words[at + 1 :], windows, depth + 1, "")
        return
    yield Run(words[at].text, tuple(word.text for word in words[at + 1 :]), "image")
    yield from _unwrap(words[at + 1 :], windows, depth + 1, "")
