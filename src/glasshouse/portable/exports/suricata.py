"""A Pack in, Suricata rules out that alert on names asked for in DNS, TLS and HTTP, and on counts of them.

Keywords: https://docs.suricata.io/en/latest/rules/ (dns.query, tls.sni, http.host, http.uri, dotprefix,
threshold). ``dns.query`` and ``http.host`` come without the dot at the end; ``http.host`` is in small
letters and refuses ``nocase``. Numbers come from the range for local use (https://sidallocation.org).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from glasshouse.portable.hosts import below, host_regex, names_of, pattern_regex
from glasshouse.portable.pack import Database, File, Hosts, Pack, Page, Saying
from glasshouse.portable.sayings import KEYS, about_all, commented, span_words

TITLE = "Suricata: rules for lookups in open databases"
FILE = "glasshouse.rules"
JOIN = ""
LACKS = (
    "Different databases, days or user agents cannot be counted over several rules; only plain counts are.",
    "A count begins with its first hit and ends with its time (threshold), it does not slide.",
    "A question for A and one for AAAA are two; a connection with many requests is one (TLS).",
    "Browsers are counted like any program. Encrypted names (DoH, ECH) are not seen.",
    KEYS,
)
FIRST, LAST = 1_590_000, 1_599_999
_LOOKS = {  # protocol: options before the buffer, buffer, what follows its content
    "dns": ("", "dns.query", " nocase;"),
    "tls": (" flow:established,to_server;", "tls.sni", " nocase;"),
    "http": (" flow:established,to_server;", "http.host", ""),
}
_ONCE = "threshold:type limit, track by_src, seconds 3600, count 1;"


def render(pack: Pack) -> tuple[File, ...]:
    """One file: a rule a name and protocol, one a path, one for port 43, one a count and protocol."""
    numbers = Numbers()
    rules = [*_names(pack, numbers), *_pages(pack, numbers), *_whois(pack, numbers), *_counts(pack, numbers)]
    head = about_all(
        pack, TITLE, (*LACKS, f"Numbers {FIRST} to {LAST}: change them if other local rules use them.")
    )
    return (File(FILE, commented("#", head) + "\n" + "\n".join(rules) + "\n"),)


class Numbers:
    """Gives each rule a number that stays when the catalogue grows; the next free one where it is taken."""

    def __init__(self) -> None:
        self.taken: set[int] = set()

    def of(self, text: str) -> int:
        """The number of a rule by what it looks for."""
        size = LAST - FIRST + 1
        start = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % size
        found = next(n for step in range(size) if (n := FIRST + (start + step) % size) not in self.taken)
        self.taken.add(found)
        return found


def _names(pack: Pack, numbers: Numbers) -> Iterator[str]:
    for name, kind, database in names_of(pack.databases):
        if database.hosts == Hosts():
            continue
        for protocol, (flow, buffer, nocase) in _LOOKS.items():
            content = f"{buffer}; {_content(name, kind, nocase)}"
            if kind == "wide":
                stays = [one for one in database.hosts.open if below(one, (name,))]
                content += "".join(f' content:!".{one}";{nocase} endswith;' for one in stays)
            yield _rule(
                pack,
                [database],
                protocol,
                f"{database.id} {protocol} {name}",
                f"{flow} {content} {_ONCE}",
                numbers,
            )


def _content(name: str, kind: str, nocase: str) -> str:
    if kind == "wide":
        return f'dotprefix; content:".{name}";{nocase} endswith;'
    if kind == "exact":
        return f'content:"{name}";{nocase} startswith; endswith;'
    first, _, last = name.partition("*")
    start = f'content:"{first}";{nocase} startswith; ' * bool(first)
    end = f'content:"{last}";{nocase} endswith; ' * bool(last)
    return f'{start}{end}pcre:"/^{pattern_regex(name)}$/{"i" * bool(nocase)}";'


def _pages(pack: Pack, numbers: Numbers) -> Iterator[str]:
    known = {database.id: database for database in pack.databases}
    for page in dict.fromkeys(page for database in pack.databases for page in database.hosts.pages):
        for host in page.hosts:
            where = _content(host, "wide" if page.wide else "exact", "")
            content = f" flow:established,to_server; http.host; {where}"
            content += f" http.uri;{_path(page)} {_ONCE}"
            said = f"{page.database} http {host} {' '.join(page.pieces)}"
            yield _rule(pack, [known[page.database]], "http", said, content, numbers)


def _path(page: Page) -> str:
    pieces = [f' content:"{_hex(piece)}"; nocase;' for piece in page.pieces]
    start = " startswith;" if page.anchored else ""
    return pieces[0] + start + "".join(f"{piece} distance:1;" for piece in pieces[1:])


def _hex(piece: str) -> str:
    """The text of a content keyword: what the rule language itself uses is written as bytes."""
    return "".join(f"|{ord(one):02X}|" if one in ':;"|\\' else one for one in piece)


def _whois(pack: Pack, numbers: Numbers) -> Iterator[str]:
    asked = [database for database in pack.databases if database.hosts.whois]
    if asked:
        content = f" flow:established,to_server; dsize:>1; {_ONCE}"
        yield _rule(pack, asked, "tcp", "whois port 43", content, numbers, "$EXTERNAL_NET [43,4321]")


def _counts(pack: Pack, numbers: Numbers) -> Iterator[str]:
    for saying in pack.sayings:
        if (
            [each.what for each in saying.measures] == ["lookups"]
            and saying.span <= 3600
            and not saying.programs
        ):
            for protocol, (flow, buffer, nocase) in _LOOKS.items():
                yield _count(
                    pack, saying, protocol, f"{flow} {buffer};{_pcre(saying.hosts, nocase)}", numbers
                )


def _count(pack: Pack, saying: Saying, protocol: str, content: str, numbers: Numbers) -> str:
    least = saying.measures[0].least
    limit = f"threshold:type both, track by_src, count {least}, seconds {saying.span};"
    said = f"{_bare(saying.name)} {protocol} {least} or more in {span_words(saying.span)}"
    return _rule(pack, saying.databases, protocol, said, f"{content} {limit}", numbers)


def _pcre(hosts: Hosts, nocase: str) -> str:
    """Names as regular expressions; a host in the buffers has no dot at the end."""
    flag = "i" * bool(nocase)  # http.host is in small letters already, and Suricata warns of the flag
    stays = f' pcre:!"/{host_regex(hosts.open)}/{flag}";' if hosts.open else ""
    return f' pcre:"/{host_regex(hosts.wide, hosts.exact, hosts.patterns)}/{flag}";{stays}'


def _rule(
    pack: Pack, databases: Iterable[Database], protocol: str, said: str, content: str, numbers: Numbers,
    to: str = "any any",
) -> str:  # fmt: skip
    techniques = sorted({one for each in databases for one in each.techniques if one.startswith("T1596")})
    told = ["mitre_tactic_id TA0043", *(f"mitre_technique_id {one}" for one in techniques or ["T1596"])]
    if pack.dated[:1].isdigit():
        told.insert(0, f"created_at {pack.dated.replace('-', '_')}")
    return (
        f'alert {protocol} $HOME_NET any -> {to} (msg:"Glasshouse {_bare(said)}";{content} '
        f"classtype:attempted-recon; metadata:{', '.join(told)}; sid:{numbers.of(said)}; rev:1;)"
    )


def _bare(text: str) -> str:
    """Text for a message: nothing in it can end the option."""
    return "".join(one if one.isascii() and (one.isalnum() or one in " ._*/-") else "_" for one in text)[:200]
