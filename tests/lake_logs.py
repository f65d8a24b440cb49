"""Made-up log files for the lake's tests: Squid lines and Zeek's dns, ssl and conn logs."""

from __future__ import annotations

HOSTS = ("api.shodan.io", "search.censys.io", "crt.sh", "www.example.com")
BEGIN = 1_795_208_400


def squid(first: int, last: int) -> str:
    """Lines number ``first`` to ``last``, each unlike any other; three of four are lookups."""
    return "".join(
        f"{BEGIN + number * 7}.{number % 1000:03}  {100 + number} 192.0.2.{number % 9} "
        f"TCP_TUNNEL/200 {2000 + number} CONNECT {HOSTS[number % 4]}:443 - HIER_DIRECT/198.51.100.12 -\n"
        for number in range(first, last)
    )


def zeek(path: str, fields: str, rows: list[str], head: bool = True) -> str:
    """A Zeek log in TSV; without head, more rows of one."""
    said = ["#separator \\x09", f"#path\t{path}", f"#fields\t{fields}"] if head else []
    return "".join(f"{line}\n" for line in [*said, *rows])


SSL = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tserver_name"
CONN = (
    "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\t"
    "conn_state\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes"
)


def ssl_row(number: int) -> str:
    """One TLS hello to Shodan's API."""
    where = f"192.0.2.{number % 9}\t{40000 + number}\t198.51.100.10\t443"
    return f"{BEGIN + number * 60}.000000\tC{number:017}\t{where}\tTLSv13\tapi.shodan.io"


def conn_row(number: int) -> str:
    """The end of that connection: as heavy as many requests."""
    where = f"192.0.2.{number % 9}\t{40000 + number}\t198.51.100.10\t443"
    what = "tcp\tssl\t40.25\t18000\t23000\tSF\t120\t24240\t110\t28720"
    return f"{BEGIN + number * 60}.000000\tC{number:017}\t{where}\t{what}"
