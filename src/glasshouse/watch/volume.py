"""One connection's bytes, packets and duration in, how many requests it must hold out.

Measured: one curl request over TLS sends 2,600 bytes in 11 packets and receives 2,700; 40 Shodan API calls in
one connection send 18,979 bytes in 127 packets, receive 24,228 and last 40 s; 30 Censys calls in one CONNECT
send 17.7 KB in 84 packets, receive 18.0 KB (14.6 KB of it to the client) and last 15 s. All with IP headers.
"""

from __future__ import annotations

from glasshouse.records import Client, Event, Requests

FIRST_OUT, NEXT_OUT = 2600, 410
FIRST_IN, NEXT_IN = 2740, 409
FIRST_PACKETS, NEXT_PACKETS = 11, 2
BYTES_PER_ACKNOWLEDGEMENT, ACKNOWLEDGEMENT = 2900, 52
SECONDS_PER_REQUEST = 0.5
ONE_ANSWER_SECONDS = 3  # a connection this short is one request with a larger answer
LARGEST_ANSWER = 200_000  # bytes; more for each request is a download
FETCHES_PER_PAGE = 30


def requests_in(event: Event, client: Client, host: str | None) -> Requests:
    """How many requests the connection of an event held; one for a browser, a page being many fetches."""
    if not one_connection(event) or client.kind == "browser":
        return Requests()
    estimate, how = _from_out(event) or _from_in(event) or (1, "")
    if client.kind == "unknown" and host is not None and host.startswith("www."):
        estimate //= FETCHES_PER_PAGE
        how += f", {FETCHES_PER_PAGE} fetches to a page as the program may be a browser"
    if estimate <= 1:
        return Requests()
    return Requests(1, estimate, how)


def one_connection(event: Event) -> bool:
    """Whether the record stands for a connection, which may hold many requests."""
    if event.via in ("tls", "flow"):
        return event.server_port not in (43, 4321)
    return event.via == "http" and (event.method or "").upper() == "CONNECT"


def _from_out(event: Event) -> tuple[int, str] | None:
    if not event.bytes_out:
        return None
    received = event.bytes_in or 0
    sent = event.bytes_out - received // BYTES_PER_ACKNOWLEDGEMENT * ACKNOWLEDGEMENT
    bounds = [1 + round((sent - FIRST_OUT) / NEXT_OUT)]
    if received:
        bounds.append(1 + round((received - FIRST_IN) / NEXT_IN))
    if event.packets_out:
        bounds.append(1 + round((event.packets_out - FIRST_PACKETS) / NEXT_PACKETS))
    return min(bounds), f"{event.bytes_out:,} bytes out in one connection, about {NEXT_OUT} a request"


def _from_in(event: Event) -> tuple[int, str] | None:
    if not event.bytes_in:
        return None
    estimate = 1 + round((event.bytes_in - FIRST_IN) / NEXT_IN)
    how = f"{event.bytes_in:,} bytes in through one connection, about {NEXT_IN} a request"
    if event.duration is not None:
        seconds = event.duration / 1_000_000
        if seconds < ONE_ANSWER_SECONDS:
            return 1, ""
        estimate = min(estimate, round(seconds / SECONDS_PER_REQUEST))
        how += f", in {seconds:.0f} s"
    if event.bytes_in > estimate * LARGEST_ANSWER:
        return 1, ""
    return estimate, how
