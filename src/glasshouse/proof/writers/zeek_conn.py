"""A connection over the edge in, the line of Zeek's conn.log out."""

from __future__ import annotations

from glasshouse.proof.clock import epoch
from glasshouse.proof.seen import Wire

TITLE = "Zeek conn.log, TSV"
FILE, KIND = "logs/nids/conn.log", "flow"  # where one Zeek writes all its logs
SENSOR, TAKES = "flow", Wire
# https://docs.zeek.org/en/current/logs/conn.html
_FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state "
    "orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes"
)
_TYPES = "time string addr port addr port enum string interval count count string count count count count"
HEADER = (
    (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
        f"#fields\t{_FIELDS}\n#types\t{_TYPES}\n"
    )
    .replace(" ", "\t")
    .replace("#separator\t", "#separator ")
)


def line(fact: Wire) -> str:
    """One line; ip_bytes have the headers of IP and TCP, bytes have not."""
    out, into = fact.bytes_out - 52 * fact.packets_out, fact.bytes_in - 52 * fact.packets_in
    return (
        f"{epoch(fact.time)}\t{fact.uid}\t{fact.ip}\t{fact.port}\t{fact.server_ip}\t{fact.server_port}\ttcp\t"
        f"{fact.service}\t{epoch(fact.duration)}\t{max(out, 0)}\t{max(into, 0)}\t{fact.state}\t"
        f"{fact.packets_out}\t{fact.bytes_out}\t{fact.packets_in}\t{fact.bytes_in}\n"
    )
