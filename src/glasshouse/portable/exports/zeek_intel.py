"""A Pack in, a file for the Intelligence Framework of Zeek out: one name a line, separated by tabs.

Format: https://docs.zeek.org/en/master/frameworks/intel.html. ``Intel::DOMAIN`` is compared with whole names.
"""

from __future__ import annotations

from glasshouse.portable.hosts import names_of
from glasshouse.portable.pack import Database, File, Pack
from glasshouse.portable.sayings import AUTHOR, REFERENCE, about_all, commented, line

TITLE = "Zeek: names for the Intelligence Framework"
FILE = "glasshouse.intel"
JOIN = ""
LACKS = (
    "Zeek compares whole names: what stands below a name, such as a.NAME, is not seen; the hosts that are "
    "known are listed one by one.",
    "A name in an answer, a certificate or a referrer counts for Zeek as well as one that was asked for.",
    "Nothing is counted, no window, no different databases: each line of intel.log is one sight of one name.",
    "Names with a part that changes (such as whois.nic.*), paths and port 43 cannot be listed.",
)
_FIELDS = ("indicator", "indicator_type", "meta.source", "meta.desc", "meta.url", "meta.do_notice")


def render(pack: Pack) -> tuple[File, ...]:
    """One file; ``meta.do_notice`` is F, because one sight of a name is no alert."""
    rows = ["#fields\t" + "\t".join(_FIELDS)]
    for name, kind, database in names_of(pack.databases):
        if kind != "pattern":
            said = (name, "Intel::DOMAIN", AUTHOR, _told(database), REFERENCE, "F")
            rows.append("\t".join(said))
    text = commented("#", about_all(pack, TITLE, LACKS)) + "\n".join(rows) + "\n"
    return (File(FILE, text),)


def _told(database: Database) -> str:
    """The description, in which neither a tab nor the framework's sign for "empty" or "unset" can stand."""
    return f"{line(database.name, 100)}, {' '.join(database.techniques)}"
