"""The invented company in; out people who look up a little: alerts of few points, to be closed or watched."""

from __future__ import annotations

from demo_day.formats import Logs
from demo_day.lookalikes import innocent
from demo_day.programs import CHROME, FIREFOX
from demo_day.truth import Planted
from demo_day.world import MINUTE, PROXY, Host, World, address, at


def plant(logs: Logs, world: World) -> list[Planted]:
    """All of them."""
    return [act(logs, world) for act in (_supplier, _customer, _news_reader)]


def page(logs: Logs, host: Host, time: int, browser: str, url: str) -> None:
    """A page of a site that the proxy opens: it logs the CONNECT, then the whole address."""
    name = url.split("/")[2]
    logs.sysmon_dns(time, host, browser, name)
    logs.sysmon_connection(time + 20_000, host, browser, PROXY, 3128, "proxy01.corp.example.com")
    logs.proxy(
        time + 60_000, host.ip, host.user, f"{name}:443", result="NONE_NONE/200", ms=40, size=0,
        peer=f"HIER_DIRECT/{address(name)}",
    )  # fmt: skip
    logs.proxy(
        time + 900_000, host.ip, host.user, url, method="GET", result="TCP_MISS/200", ms=730, size=31_400,
        mime="text/html",
    )  # fmt: skip


def _supplier(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-071"]
    page(logs, host, at("10:05:12"), CHROME, "https://who.is/whois/supplier.example.org")
    page(logs, host, at("10:07:40"), CHROME, "https://whois.domaintools.com/supplier.example.org")
    return innocent(
        "supplier-check", "a buyer looks up who owns a supplier's domain in Chrome", (host,),
        ("10:05:12", "10:07:41"), ("who-is", "whois-domaintools"), requests=2,
        logs=("access.log", "sysmon.jsonl"),
        why="two sites within an hour, as on other days; the proxy opens WHOIS sites, so the name shows",
    )  # fmt: skip


def _customer(logs: Logs, world: World) -> Planted:
    host = world.hosts["ws-083"]
    page(logs, host, at("14:22:05"), FIREFOX, "https://who.is/whois/customer.example.org")
    page(logs, host, at("14:23:31"), FIREFOX, "https://whois.domaintools.com/customer.example.org")
    page(logs, host, at("14:25:02"), FIREFOX, "https://who.is/dns/customer.example.org")
    return innocent(
        "customer-check", "someone in sales looks up a customer's domain in Firefox", (host,),
        ("14:22:05", "14:25:03"), ("who-is", "whois-domaintools"), requests=3,
        logs=("access.log", "sysmon.jsonl"), why="three pages, for the first time, all of them seen",
    )  # fmt: skip


def _news_reader(logs: Logs, world: World) -> Planted:
    host, time = world.hosts["ws-203"], at("12:41:00")
    for name in ("crt.sh", "www.shodan.io"):
        logs.resolve(time, host.ip, name)
        logs.sysmon_dns(time, host, CHROME, name)
        logs.sysmon_connection(time + 30_000, host, CHROME, address(name), 443)
        time += 11 * MINUTE
    return innocent(
        "news-reader", "someone who reads security news opens crt.sh and Shodan in Chrome", (host,),
        ("12:41:00", "12:52:01"), ("crtsh", "shodan"), requests=2, logs=("dns.log", "sysmon.jsonl"),
        why="twice a week for weeks; a branch without proxy: about whom, no log shows",
    )  # fmt: skip
