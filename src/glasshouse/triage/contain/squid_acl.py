"""A containment plan in, lines for squid.conf out: the open databases of an alert refused, CONNECT too.

``acl dstdomain`` (http://www.squid-cache.org/Doc/config/acl/): ``.name`` is the name and all below it. ``-n``
keeps Squid from asking the reverse name of an address, which would block hosts the databases have visited.
"""

from __future__ import annotations

from glasshouse.triage.block import addresses, comment, header, names, slug
from glasshouse.verdicts import Containment

TITLE = "Squid: access list that refuses the databases"
KIND = "block"
FILE = "squid-block.conf"
_STEPS = (
    "copy it to /etc/squid/conf.d/ (or include it before the first http_access allow), then",
    "run squid -k parse, and squid -k reconfigure when that is content.",
)


def render(plan: Containment) -> str:
    """ACL lines and one ``http_access deny`` for all clients; one for the actor alone as a comment."""
    found, acl = names(plan), slug(plan).replace("-", "_")
    text = header(plan, "#", TITLE, _STEPS, "remove this file and run squid -k reconfigure.")
    if not found:
        return text
    refuse = f"{acl} !{acl}_open" if found.open else acl
    text += "\n"
    text += "".join(f"acl {acl} dstdomain -n .{name}\n" for name in found.names)
    text += "".join(f"acl {acl} dstdomain -n {name}\n" for name in found.exact)
    text += "".join(f"acl {acl}_open dstdomain -n .{name}\n" for name in found.open)
    text += "".join(f"acl {acl}_who src {address}\n" for address in addresses(plan))
    text += f"http_access deny {refuse}\n"
    if addresses(plan):
        told = ("To refuse it to the machines of this alert only, use instead of the line above:",)
        text += comment("#", (*told, f"http_access deny {acl}_who {refuse}"))
    return text
