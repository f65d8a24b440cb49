"""A TLS connection over the edge in, the line of Zeek's ssl.log out."""

from __future__ import annotations

from glasshouse.proof.clock import epoch
from glasshouse.proof.seen import Wire

TITLE = "Zeek ssl.log, TSV"
FILE, KIND = "logs/nids/ssl.log", "nids"
SENSOR, TAKES = "tls", Wire
# https://docs.zeek.org/en/current/logs/ssl.html
_FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p version cipher curve server_name resumed established"
)
_TYPES = "time string addr port addr port string string string string bool bool"
HEADER = (
    (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tssl\n"
        f"#fields\t{_FIELDS}\n#types\t{_TYPES}\n"
    )
    .replace(" ", "\t")
    .replace("#separator\t", "#separator ")
)


def line(fact: Wire) -> str:
    """One line; the hello comes a round trip after the first packet."""
    return (
        f"{epoch(fact.time + 21_000)}\t{fact.uid}\t{fact.ip}\t{fact.port}\t{fact.server_ip}\t"
        f"{fact.server_port}\tTLSv13\tTLS_AES_256_GCM_SHA384\tx25519\t{fact.name}\tF\tT\n"
    )
