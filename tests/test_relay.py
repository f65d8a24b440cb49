"""A proxy's own questions are its clients': counted once, but never somebody else's."""

from __future__ import annotations

from dataclasses import replace

from glasshouse.records import Actor, Lookup
from glasshouse.watch.relay import without_relayed

NAMES = ("crt.sh", "api.shodan.io", "api.hackertarget.com", "api.securitytrails.com")


def lookup(number: int, ip: str, *, proxied: bool, shift: int = 0) -> Lookup:
    return Lookup(
        time=number * 60_000_000 + shift,
        source="squid" if proxied else "bind",
        file="log",
        position=number,
        record_sha256=f"{number}{ip}",
        via="http" if proxied else "dns",
        view="http/connect" if proxied else "dns/A",
        actor=Actor(ip=ip),
        database="x",
        name=NAMES[number % 4],
        duration=500_000 if proxied else None,
        proxied=proxied,
    )


CLIENTS = [lookup(number, f"10.20.1.{number % 3}", proxied=True) for number in range(6)]
PROXY = [lookup(number, "10.20.0.80", proxied=False, shift=90_000) for number in range(6)]


def test_a_proxy_that_asks_what_its_clients_ask_is_folded_into_them() -> None:
    assert without_relayed([*CLIENTS, *PROXY]) == (CLIENTS, 6)


def test_without_proxy_logs_the_proxy_stays() -> None:
    assert without_relayed(PROXY) == (PROXY, 0)


def test_a_machine_that_mostly_asks_for_itself_stays_whole() -> None:
    own = [lookup(number, "10.20.1.9", proxied=False, shift=20_000_000) for number in range(6)]
    chance = [replace(PROXY[0], actor=Actor(ip="10.20.1.9")), replace(PROXY[1], actor=Actor(ip="10.20.1.9"))]
    assert without_relayed([*CLIENTS, *own, *chance])[1] == 0


def test_one_question_at_the_same_moment_is_chance() -> None:
    assert without_relayed([*CLIENTS, PROXY[0]])[1] == 0


def test_a_client_that_also_asks_beside_the_proxy_is_not_its_own_proxy() -> None:
    beside = [replace(row, actor=Actor(ip=CLIENTS[0].actor.ip)) for row in (PROXY[0], PROXY[3], PROXY[3])]
    assert without_relayed([*CLIENTS[::3], *beside])[1] == 0
