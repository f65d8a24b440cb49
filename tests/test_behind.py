"""What a gateway is seen to ask is its client's where one client asked for the name; else it stays."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from glasshouse import flow
from glasshouse.config import Options
from glasshouse.records import Actor, Lookup
from glasshouse.settings import load
from glasshouse.watch.behind import BEFORE, behind

GATEWAY, ANA, BEN = (
    Actor(ip=f"192.0.2.{n}", host=name) for n, name in ((1, "gw"), (10, "ana-pc"), (11, "ben-pc"))
)
T0 = 1_000_000_000_000


def is_gateway(actor: Actor) -> bool:
    return actor.ip == GATEWAY.ip


def lookup(actor: Actor, time: int, via: str = "tls", name: str = "crt.sh") -> Lookup:
    return Lookup(
        time=time, source="zeek", file="ssl.log", position=1, record_sha256="00", via=via, view=via,
        actor=actor, database="crtsh", name=name,
    )  # fmt: skip


def tied(*lookups: Lookup) -> list[Lookup]:
    return behind(lookups, lookups, is_gateway)


def test_the_only_client_that_asked_gets_it_and_the_lookup_says_so() -> None:
    question, seen = tied(lookup(ANA, T0, "dns"), lookup(GATEWAY, T0 + 40_000))
    assert question.actor == seen.actor == ANA
    assert seen.doubt == "seen behind gw; the only client that asked for this name then"
    cached = tied(lookup(ANA, T0, "dns"), lookup(GATEWAY, T0 + BEFORE))[1]
    assert cached.actor == ANA


def test_who_asked_just_before_goes_before_those_who_asked_minutes_ago() -> None:
    found = tied(
        lookup(BEN, T0, "dns"), lookup(ANA, T0 + 60_000_000, "dns"), lookup(GATEWAY, T0 + 60_500_000)
    )
    assert found[-1].actor == ANA


def test_it_stays_with_the_gateway_where_it_could_be_anybody() -> None:
    several = tied(lookup(ANA, T0, "dns"), lookup(BEN, T0 + 1, "dns"), lookup(GATEWAY, T0 + 40_000))
    cached = tied(lookup(ANA, T0, "dns"), lookup(BEN, T0 + 1, "dns"), lookup(GATEWAY, T0 + BEFORE // 2))
    assert cached[-1].actor == GATEWAY
    for found in (
        several,
        tied(lookup(ANA, T0, "dns", "www.shodan.io"), lookup(GATEWAY, T0)),
        tied(lookup(ANA, T0, "dns"), lookup(GATEWAY, T0 + BEFORE + 1)),
        tied(lookup(GATEWAY, T0, "dns"), lookup(GATEWAY, T0)),
        tied(lookup(ANA, T0, "dns"), replace(lookup(GATEWAY, T0), proxied=True)),
    ):
        assert found[-1].actor == GATEWAY
        assert found[-1].doubt is None


def test_a_connection_without_a_name_is_that_of_the_only_client_just_before() -> None:
    whois = replace(lookup(GATEWAY, T0 + 9_000_000, "whois"), name=None)
    assert tied(lookup(ANA, T0, "dns"), whois)[1].actor == ANA
    assert "an open database" in str(tied(lookup(ANA, T0, "dns"), whois)[1].doubt)
    later = replace(whois, time=T0 + 11_000_000)
    assert tied(lookup(ANA, T0, "dns"), later)[1].actor == GATEWAY
    assert tied(lookup(ANA, T0, "dns"), lookup(BEN, T0, "dns", "www.shodan.io"), whois)[2].actor == GATEWAY


MADE = st.builds(
    lookup,
    st.sampled_from([GATEWAY, ANA, BEN]),
    st.integers(T0, T0 + 2 * BEFORE),
    st.sampled_from(["dns", "tls", "flow", "http"]),
    st.sampled_from(["crt.sh", "www.shodan.io"]),
)


@given(st.lists(MADE, max_size=12), st.randoms())
def test_nothing_is_lost_and_the_order_of_arrival_does_not_matter(lookups, rng) -> None:
    found = tied(*lookups)
    assert [replace(one, actor=GATEWAY, doubt=None) for one in found] == [
        replace(one, actor=GATEWAY, doubt=None) for one in lookups
    ]
    assert all(
        one.actor == was.actor for one, was in zip(found, lookups, strict=True) if was.actor != GATEWAY
    )
    mixed = list(enumerate(lookups))
    rng.shuffle(mixed)
    again = tied(*(one for _, one in mixed))
    assert [found[number] for number, _ in mixed] == again


RESOLVER = "[{}] unbound[1:0] query: 192.0.2.10 crt.sh. A IN\n"
EDGE = (
    "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tserver_name\n"
    "#path\tssl\n{}.500000\tC1\t192.0.2.1\t40000\t198.51.100.9\t443\tcrt.sh\n"
)


def logs(folder) -> None:
    (folder / "machines.csv").write_text("host,kind\ngw,network\nana-pc,workstation\n")
    (folder / "leases.csv").write_text(
        "ip,host,since,until\n192.0.2.1,gw,2020-01-01T00:00:00Z,\n192.0.2.10,ana-pc,2020-01-01T00:00:00Z,\n"
    )
    paths = ", ".join(f'"{folder}/{name}.csv"' for name in ("machines", "leases"))
    (folder / "glasshouse.toml").write_text(f"[know]\npaths = [{paths}]\n")
    for name, text in {"dns/queries.log": RESOLVER, "edge/ssl.log": EDGE}.items():
        (folder / name).parent.mkdir()
        (folder / name).write_text(text.format(1_700_000_000))


def test_hunt_and_lake_tie_it_alike_also_when_the_logs_come_one_after_the_other(tmp_path) -> None:
    from glasshouse.flow_lake import ingest
    from glasshouse.lake import facts, store

    logs(tmp_path)
    options = Options(settings=load(tmp_path), home=tmp_path / "home")
    found, _, _ = flow.find([str(tmp_path / "dns"), str(tmp_path / "edge")], options)
    assert [one.actor.ip for one in found] == ["192.0.2.10", "192.0.2.10"]
    for folder in ("dns", "edge"):
        ingest([str(tmp_path / folder)], options, final=True)
    with store.opened(tmp_path / "home") as lake:
        kept = [one.lookup for one in facts.load(lake)]
    assert [(one.via, one.actor.ip, one.actor.host) for one in kept] == [
        ("dns", "192.0.2.10", "ana-pc"), ("tls", "192.0.2.10", "ana-pc"),
    ]  # fmt: skip
