"""A plain HTTP request over the edge in, the line of Zeek's http.log out."""

from __future__ import annotations

from glasshouse.proof.clock import epoch
from glasshouse.proof.seen import Fetch

TITLE = "Zeek http.log, TSV"
FILE, KIND = "logs/nids/http.log", "nids"
SENSOR, TAKES = "http", Fetch
# https://docs.zeek.org/en/current/logs/http.html
_FIELDS = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri referrer version user_agent "
    "request_body_len response_body_len status_code status_msg"
)
_TYPES = (
    "time string addr port addr port count string string string string string string count count count string"
)
HEADER = (
    (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n"
        f"#fields\t{_FIELDS}\n#types\t{_TYPES}\n"
    )
    .replace(" ", "\t")
    .replace("#separator\t", "#separator ")
)


def line(fact: Fetch) -> str:
    """One line; an empty user agent is unset."""
    wire = fact.wire
    return (
        f"{epoch(fact.time)}\t{wire.uid}\t{wire.ip}\t{wire.port}\t{wire.server_ip}\t{wire.server_port}\t"
        f"{fact.depth}\t{fact.method}\t{fact.host}\t{fact.uri}\t-\t1.1\t{fact.agent or '-'}\t0\t"
        f"{fact.bytes_in}\t{fact.status}\tOK\n"
    )
