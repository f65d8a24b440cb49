"""A containment plan in; out its names fit to block, its comments and literals that nothing breaks out of."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from glasshouse.safe import safe
from glasshouse.verdicts import Containment

DAYS = 30  # how long a block should stand before somebody looks at it again
SHOWN = 200  # characters of one value in a comment
ASKED = 200  # values of one kind in a hunting query
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799_000_000  # 9999-12-31T23:59:59Z
_PLAIN = re.compile(r"[A-Za-z0-9 ._@:/+-]*")


@dataclass(frozen=True, slots=True)
class Names:
    """What of a plan can be blocked. No name stands below another one, none is shared.

    ``open`` are shared names below one of ``names``: they and what is below them must stay reachable.
    """

    names: tuple[str, ...] = ()  # with everything below
    exact: tuple[str, ...] = ()  # only themselves
    below: tuple[str, ...] = ()  # what the plan names below ``names``: blocked with them
    open: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()  # what the plan says, and why it is not blocked

    def __bool__(self) -> bool:
        return bool(self.names or self.exact)

    def opens(self, name: str) -> tuple[str, ...]:
        """The names below ``name`` that must stay reachable."""
        return tuple(one for one in self.open if _below(one, name))

    def alone(self, name: str) -> tuple[str, ...]:
        """What to list for ``name`` where a list has no exceptions: itself and what is known below it."""
        return (name, *(one for one in self.below if _below(one, name)))


def names(plan: Containment) -> Names:
    """The names of a plan, in order, each valid (RFC 1123, 2.1) and needed; the rest with its reason."""
    left: list[tuple[str, str]] = []
    shared = _valid(plan.shared, left)
    wide = [name for name in _valid(plan.names, left) if name not in shared]
    exact = [name for name in _valid(plan.exact, left) if name not in shared]
    tops = [name for name in wide if not any(_below(name, other) for other in wide)]
    stays = [name for name in shared if any(_below(name, top) for top in tops)]
    under = sorted(name for name in {*wide, *exact} if any(_below(name, top) for top in tops))
    for name in under:
        over = next((one for one in stays if _below(name, one)), None)
        if over:
            left.append((name, f"it lies below {over}, which is shared"))
    gone = {name for name, _reason in left}
    alone = [name for name in exact if name not in under and name not in tops]
    below = tuple(name for name in under if name not in gone)
    return Names(tuple(tops), tuple(alone), below, tuple(stays), tuple(shared), tuple(left))


def hunted(plan: Containment) -> Names:
    """The names to hunt for: those that can be blocked, and where there is none, the shared ones."""
    found = names(plan)
    return found or Names(exact=found.shared)


def _below(name: str, other: str) -> bool:
    return name.endswith("." + other)


def _valid(said: Iterable[str], left: list[tuple[str, str]]) -> list[str]:
    """Host names in small letters, sorted; what is none goes to ``left`` with the reason."""
    found: set[str] = set()
    for text in said:
        name = text.lower().removesuffix(".") if text.isascii() else text
        reason = _wrong(name)
        if reason:
            left.append((text, reason))
        else:
            found.add(name)
    return sorted(found)


def _wrong(name: str) -> str:
    labels = name.split(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return "it is not a valid host name"
    if len(labels) < 2:
        return "it is a whole top-level domain or a name without one"
    return "it is an address, not a name" if labels[-1].isdigit() else ""


def addresses(plan: Containment) -> tuple[str, ...]:
    """The addresses of the actor, each valid and in its usual form, IPv4 first."""
    found = set()
    for text in (*plan.episode.ips, plan.alert.actor.ip or ""):
        try:
            found.add(ipaddress.ip_address(text.strip()))
        except ValueError:
            continue
    return tuple(str(address) for address in sorted(found, key=lambda one: (one.version, int(one))))


def slug(plan: Containment) -> str:
    """A name for what is made for this alert: letters, digits and dashes, at most 40 characters."""
    bare = re.sub(r"[^a-z0-9]+", "-", plan.alert.id.lower()).strip("-")[:29].strip("-")
    return f"glasshouse-{bare or 'alert'}"


def iso(time: int) -> str:
    """A time in microseconds as ISO 8601 in UTC, to the second; what no calendar has is cut."""
    moment = _EPOCH + timedelta(microseconds=max(0, min(_LAST, time)))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def expires(plan: Containment) -> int:
    """When somebody should have looked at a block again, in microseconds."""
    return plan.made + DAYS * 86_400_000_000


def say(text: str, most: int = SHOWN) -> str:
    """A value on one line, cut, without what ends or goes on with a comment anywhere."""
    line = safe(text).replace("`", "'").replace("*/", "* /").replace("/*", "/ *")
    line = line if len(line) <= most else line[:most] + " ..."
    return line + " ." if line.endswith("\\") else line


def comment(mark: str, lines: Iterable[str]) -> str:
    """Lines as comments that begin with ``mark``, each on a line of its own; ends with a line end."""
    return "".join(f"{mark} {say(line)}".rstrip() + "\n" for line in lines)


def heading(plan: Containment, what: str, steps: Sequence[str], undo: str = "") -> list[str]:
    """What every artefact says first: what it does, for which alert, how to use it.

    What changes something, and so has an ``undo``, also says that and until when it should stand.
    """
    case = f", case {plan.case}" if plan.case else ""
    until = f"Look at it again by {iso(expires(plan))} and take it away unless it is still needed."
    return [
        f"Glasshouse: {what}",
        f"For alert {plan.alert.id}{case}, made {iso(plan.made)}.",
        "This is text. Nothing was executed, blocked or sent; a person decides and does it.",
        *(f"How: {step}" for step in steps),
        *((f"Undo: {undo}", until) if undo else ()),
        *((plan.note,) if plan.note else ()),
    ]


def remarks(found: Names) -> Iterator[str]:
    """What is not blocked and why, one line each."""
    if not found:
        yield "There is nothing to block: no name of this alert can be blocked without harm."
    if found.shared:
        yield "Not blocked, because these names also serve other things; block by path or account instead:"
        yield from (f"  {name}" for name in found.shared)
    if found.left_out:
        yield "Left out:"
        yield from (f"  {reason}: {name}" for name, reason in found.left_out)


def header(plan: Containment, mark: str, what: str, steps: Sequence[str], undo: str) -> str:
    """The comment block at the top of a block list."""
    return comment(mark, [*heading(plan, what, steps, undo), *remarks(names(plan))])


def distinct(values: Iterable[str | None]) -> list[str]:
    """The values there are, each once, sorted, at most ASKED; halves of characters become ``?``."""
    whole = {value.encode("utf-8", "replace").decode() for value in values if value}
    return sorted(whole)[:ASKED]


def bare_accounts(plan: Containment) -> list[str]:
    """Account names in small letters, without domain."""
    users = (*plan.episode.accounts, *plan.alert.users, plan.alert.actor.user)
    return distinct(
        user.rsplit("\\", 1)[-1].split("@", 1)[0].strip().lower() for user in users if user is not None
    )


def machines(plan: Containment) -> list[str]:
    """Names of the actor's machines, in small letters."""
    return distinct(
        host.strip().rstrip(".").lower() for host in (*plan.episode.hosts, plan.alert.actor.host) if host
    )


def targets(plan: Containment) -> list[str]:
    """What was asked about, in small letters, without search expressions."""
    asked = plan.episode.targets or plan.alert.targets
    return distinct(target.value.lower() for target in asked if target.type != "expression")


def sql(value: str) -> str:
    """A string literal of standard SQL: quotes doubled, what is not printable spelled with ``chr``."""
    whole = value.encode("utf-8", "replace").decode()
    parts = []
    for piece in re.findall(r"[\x00-\x1f]|[^\x00-\x1f]+", whole):
        parts += [f"chr({ord(piece)})"] if piece < " " else _spelled(piece)
    return "(" + " || ".join(parts) + ")" if len(parts) > 1 else (parts or ["''"])[0]


def _spelled(piece: str) -> list[str]:
    if safe(piece) == piece:
        return ["'" + piece.replace("'", "''") + "'"]
    return [f"chr({ord(one)})" if safe(one) != one else "'" + one.replace("'", "''") + "'" for one in piece]


def percent(value: str, function: str) -> str:
    """A string for KQL or SPL: plain in double quotes, else percent-encoded and decoded by ``function``.

    So no quote, backslash, pipe, backtick, wildcard, bracket or line end of a value reaches the query text.
    """
    whole = value.encode("utf-8", "replace").decode()
    if _PLAIN.fullmatch(whole) and "//" not in whole:
        return f'"{whole}"'
    return f'{function}("{quote(whole, safe="._@:-")}")'


def sql_list(values: Iterable[str]) -> str:
    """Literals for ``IN (...)``."""
    return ", ".join(sql(value) for value in values)
