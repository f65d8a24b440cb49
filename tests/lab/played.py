"""The words of a program that cannot be had here in; the requests it is known to send out, in their order.

What each program sends stands in played.yml. This is a stand-in for the program, never its code: it shows
what such requests leave in logs, and nothing about how the program finds its targets.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from pathlib import Path

import yaml

TARGET = {
    "asn": re.compile(r"AS\d+"),
    "ip": re.compile(r"\d+\.\d+\.\d+\.\d+"),
    "domain": re.compile(r"(?:[a-z0-9-]+\.)+(?:com|net|org|test)"),
}


def main(name: str, words: list[str]) -> None:
    said = yaml.safe_load(Path(__file__).with_name("played.yml").read_text())[name]
    values = {"domain": "example.com", "ip": "203.0.113.7", "asn": "AS64500", "time": str(int(time.time()))}
    for kind, pattern in TARGET.items():
        for word in words:
            if found := pattern.fullmatch(word.rpartition(":")[2]):
                values[kind] = found[0]
    agents = said.get("agents") or ["Go-http-client/2.0"]
    session = None
    for at, request in enumerate(expanded(said, words)):
        time.sleep(said.get("pause", 0))
        verb, _, rest = filled(request, values).partition(" ")
        if verb == "TXT":
            ask(rest)
        elif verb == "WHOIS":
            server, _, question = rest.partition(" ")
            tell(server, 43, f"{question}\r\n".encode())
        elif verb == "SQL":
            tell("crt.sh", 5432, startup())
        else:
            import requests

            session = session if session and said.get("keep") else requests.Session()
            session.headers["User-Agent"] = agents[at % len(agents)]
            url, _, body = rest.partition(" ")
            session.request(verb, url, data=body.encode() or None, timeout=10)


def expanded(said: dict, words: list[str]):
    """The requests of one run; of PowerShell, those its command line says."""
    if said.get("script"):
        text = " ".join(words)
        loop = re.search(r"(\d+)\.\.(\d+) \| ForEach-Object", text)
        if loop is None:
            return
        first, last = int(loop[1]), int(loop[2])
        uri = re.search(r'-Uri "([^"]+)"', text)[1]
        for number in range(first, last + 1):
            yield "GET " + uri.replace("$_", str(number))
        return
    for _round in range(said.get("rounds", 1)):
        yield from said["requests"]


def filled(request: str, values: dict[str, str]) -> str:
    values = {**values, "reversed": ".".join(reversed(values["ip"].split(".")))}
    return re.sub(r"\{(domain|ip|asn|reversed|time)\}", lambda place: values[place[1]], request)


def ask(name: str) -> None:
    import dns.resolver

    try:
        dns.resolver.resolve(name, "TXT", lifetime=5)
    except dns.exception.DNSException:
        return


def tell(server: str, port: int, said: bytes) -> None:
    if os.environ.get("https_proxy") and port != 43:
        return  # as the programs do: no way out but the proxy, so the next way is tried
    with socket.create_connection((server, port), timeout=5) as stream:
        stream.sendall(said)
        stream.settimeout(1)
        try:
            stream.recv(4096)
        except TimeoutError:
            return


def startup() -> bytes:
    """The first message of a PostgreSQL client (protocol 3.0, "Message Formats", StartupMessage)."""
    body = b"\0\3\0\0user\0guest\0database\0certwatch\0\0"
    return (len(body) + 4).to_bytes(4, "big") + body


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
