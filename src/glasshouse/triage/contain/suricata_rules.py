"""A containment plan in, Suricata rules out: drop DNS questions, TLS and HTTP to the open databases.

Keywords: https://docs.suricata.io/en/latest/rules/ (dns.query, tls.sni, http.host, dotprefix, endswith).
``http.host`` is in small letters already and refuses ``nocase``. Numbers come from 1000000 to 1999999, the
range for local use (https://sidallocation.org).
"""

from __future__ import annotations

import hashlib
import re

from glasshouse.triage.block import Names, addresses, comment, expires, header, iso, names, slug
from glasshouse.verdicts import Containment

TITLE = "Suricata: rules that drop traffic to the databases"
KIND = "block"
FILE = "block.rules"
_FIRST, _LAST, _SLOT = 1_000_000, 1_999_999, 100
_STEPS = (
    "add the file to rule-files, run suricata -T, then reload the rules (suricatasc -c reload-rules).",
    "drop works inline (IPS) only; where Suricata listens only, the rules alert.",
    "if Suricata tells of a duplicate signature, two alerts share numbers: renumber one file.",
)
_LOOKS = {  # protocol: destination, options before the buffer, buffer, what follows its content
    "dns": ("$HOME_NET any -> any any", "", "dns.query", " nocase;"),
    "tls": ("$HOME_NET any -> any any", " flow:established,to_server;", "tls.sni", " nocase;"),
    "http": ("$HOME_NET any -> any any", " flow:established,to_server;", "http.host", ""),
}


def render(plan: Containment) -> str:
    """Three rules a name (DNS, TLS, HTTP); the same plan always gives the same numbers."""
    found = names(plan)
    text = header(plan, "#", TITLE, _STEPS, "take the file out of rule-files and reload the rules.")
    if addresses(plan):
        told = "To hold for the machines of this alert only, list in place of $HOME_NET in each rule:"
        text += comment("#", (told, *(f"  {address}" for address in addresses(plan))))
    taken: set[int] = set()
    rules = [
        _rule(plan, found, name, protocol, taken)
        for name in (*found.names, *found.exact)
        for protocol in _LOOKS
    ]
    return text + ("\n" + "".join(rules) if rules else "")


def _rule(plan: Containment, found: Names, name: str, protocol: str, taken: set[int]) -> str:
    where, flow, buffer, nocase = _LOOKS[protocol]
    if name in found.names:
        content = f'{buffer}; dotprefix; content:".{name}";{nocase} endswith;'
        for stays in found.opens(name):
            content += f' content:!".{stays}";{nocase} endswith;'
    else:
        content = f'{buffer}; content:"{name}";{nocase} startswith; endswith;'
    return (
        f'drop {protocol} {where} (msg:"Glasshouse {slug(plan)} {protocol} {name}";{flow} {content} '
        f"classtype:policy-violation; metadata:{_metadata(plan)}; "
        f"sid:{_sid(plan, name, protocol, taken)}; rev:1;)\n"
    )


def _metadata(plan: Containment) -> str:
    techniques = [one for one in plan.alert.techniques if re.fullmatch(r"T\d{4}(\.\d{3})?", one)] or ["T1596"]
    told = [f"mitre_technique_id {one}" for one in dict.fromkeys(["T1596", *techniques])]
    made, until = (iso(time)[:10].replace("-", "_") for time in (plan.made, expires(plan)))
    return ", ".join([f"alert {slug(plan)}", f"created_at {made}", f"review_by {until}", *told])


def _sid(plan: Containment, name: str, protocol: str, taken: set[int]) -> int:
    """A number from the alert's own hundred, the next free one where that is taken."""
    start = _FIRST + _number(plan.alert.id) % ((_LAST - _FIRST + 1) // _SLOT) * _SLOT
    sid = start + _number(f"{protocol} {name}") % _SLOT
    while sid in taken:
        sid = sid + 1 if len(taken) >= _SLOT else start + (sid + 1 - start) % _SLOT
        sid = sid if sid <= _LAST else _FIRST
    taken.add(sid)
    return sid


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
