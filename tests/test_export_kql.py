"""The KQL export, run by a small evaluator: windows, counts, names, browsers, and no keys in the answer."""

from __future__ import annotations

import json

import pytest

from export_kql import run
from glasshouse.flow_export import Wanted, export
from glasshouse.portable.exports import kql

FILES = {file.name: file.text for file in export("kql", Wanted())}
T0 = 1_772_000_000 // 86_400 * 86_400  # a midnight, in seconds


def query(name):
    return FILES[f"glasshouse_{name}.kql"]


def dns(when, host, actor="192.0.2.7"):
    return {"TimeGenerated": T0 + when, "SubType": "LookupQuery", "Name": host, "ClientIP": actor}


def endpoint(when, url, program="python3.exe", actor="pc-1", port=443):
    return {
        "Timestamp": T0 + when,
        "RemoteUrl": url,
        "RemotePort": port,
        "RemoteIPType": "Public",
        "DeviceName": actor,
        "InitiatingProcessAccountName": "r.roe",
        "InitiatingProcessFileName": program,
    }


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_query_runs_on_no_data(name):
    assert run(FILES[name], {}) == []


def test_five_databases_in_an_hour():
    hosts = ["api.shodan.io", "CRT.SH.", "search.censys.io", "api.securitytrails.com", "dnsdumpster.com"]
    found = run(query("breadth_5"), {"DnsEvents": [dns(i * 60, host) for i, host in enumerate(hosts)]})
    assert [(row["Actor"], row["Databases"], row["Lookups"]) for row in found] == [("192.0.2.7", 5, 5)]
    assert (
        run(query("breadth_5"), {"DnsEvents": [dns(i * 60, host) for i, host in enumerate(hosts[:4])]}) == []
    )


def test_hosts_of_one_database_are_one_and_look_alikes_are_none():
    one = ["api.shodan.io", "www.shodan.io", "exploits.shodan.io", "SHODAN.IO"]
    assert run(query("breadth_2"), {"DnsEvents": [dns(i, host) for i, host in enumerate(one)]}) == []
    others = [
        "notshodan.io",
        "shodan.io.attacker.test",
        "concrt.sh",
        "crt.shop",
        "blog.shodan.io",
        "censys.io.test",
    ]
    assert run(query("breadth_2"), {"DnsEvents": [dns(i, host) for i, host in enumerate(others)]}) == []


def test_a_burst_over_the_edge_of_an_hour_is_found_once():
    edge = [dns(3600 - 100 + i * 10, "api.shodan.io") for i in range(20)]
    found = run(query("scripted_burst"), {"DnsEvents": edge})
    assert [(row["Lookups"], row["First"], row["Last"]) for row in found] == [(20, T0 + 3500, T0 + 3690)]
    assert run(query("scripted_burst"), {"DnsEvents": edge[1:]}) == []


def test_what_fills_the_whole_span_can_be_missed_as_the_head_of_the_file_says():
    slow = [dns(60 + i * 31, "api.shodan.io") for i in range(20)]  # 589 s, between two starts of a window
    assert run(query("scripted_burst"), {"DnsEvents": slow}) == []
    sooner = [{**row, "TimeGenerated": row["TimeGenerated"] - 60} for row in slow]
    assert len(run(query("scripted_burst"), {"DnsEvents": sooner})) == 1
    assert "begin every 2 minutes and overlap" in query("scripted_burst")


def test_never_more_than_a_sliding_window_would_count():
    late = [dns(i * 61, "api.shodan.io") for i in range(20)]  # 1,159 s
    assert run(query("scripted_burst"), {"DnsEvents": late}) == []


def test_browsers_do_not_count_in_bursts_and_do_in_breadth():
    visits = [endpoint(i, "https://www.shodan.io/host/192.0.2.1", "chrome.exe") for i in range(40)]
    assert run(query("scripted_burst"), {"DeviceNetworkEvents": visits}) == []
    two = [
        endpoint(0, "https://crt.sh/?q=example.com", "chrome.exe"),
        endpoint(9, "www.shodan.io", "chrome.exe"),
    ]
    assert [row["Databases"] for row in run(query("breadth_2"), {"DeviceNetworkEvents": two})] == [2]


def test_one_act_in_two_logs_is_counted_in_each_by_itself():
    both = {
        "DnsEvents": [dns(i, "api.shodan.io") for i in range(12)],
        "DeviceNetworkEvents": [endpoint(i, "api.shodan.io", actor="192.0.2.7") for i in range(12)],
    }
    assert run(query("scripted_burst"), both) == []  # 24 lines, but 12 in each log


def test_paths_count_where_the_log_has_them():
    asked = "https://www.circl.lu/pdns/query/example.com"
    read = "https://www.circl.lu/services/passive-dns/"
    assert (
        len(run(query("pdns_sweep"), {"DeviceNetworkEvents": [endpoint(i, asked) for i in range(15)]})) == 1
    )
    assert run(query("pdns_sweep"), {"DeviceNetworkEvents": [endpoint(i, read) for i in range(15)]}) == []


def test_port_43_counts_without_a_name():
    asked = [endpoint(i, "", "whois.exe", port=43) for i in range(15)]
    found = run(query("bulk_whois"), {"DeviceNetworkEvents": asked})
    assert [row["Lookups"] for row in found] == [15]
    inside = [{**row, "RemoteIPType": "Private"} for row in asked]
    assert run(query("bulk_whois"), {"DeviceNetworkEvents": inside}) == []


def test_slow_and_low_needs_days_and_volume():
    slow = [dns(day * 86_400 + i * 3600, "api.shodan.io") for day in range(4) for i in range(5)]
    assert [row["Days"] for row in run(query("slow_and_low"), {"DnsEvents": slow})] == [4]
    assert run(query("slow_and_low"), {"DnsEvents": slow[:-1]}) == []
    assert run(query("slow_and_low"), {"DnsEvents": [dns(i, "api.shodan.io") for i in range(50)]}) == []


def test_steady_minutes():
    steady = [dns(i * 65, "crt.sh") for i in range(20)]
    assert [row["Minutes"] for row in run(query("steady_minutes"), {"DnsEvents": steady})] == [20]
    assert run(query("steady_minutes"), {"DnsEvents": steady[:-1]}) == []


def test_keys_do_not_reach_the_answer():
    key = "NOTAREALKEY0123456789"
    url = f"https://api.shodan.io/shodan/host/192.0.2.1?key={key}"
    found = run(query("scripted_burst"), {"DeviceNetworkEvents": [endpoint(i, url) for i in range(20)]})
    assert len(found) == 1
    assert key not in json.dumps(found)


def test_a_tool_that_starts():
    started = {"DeviceName": "pc-1", "AccountName": "r.roe", "FileName": "SubFinder.exe", "Timestamp": T0}
    assert [row["Runs"] for row in run(query("recon_tool_ran"), {"DeviceProcessEvents": [started]})] == [1]
    other = {**started, "FileName": "grep.exe"}
    assert run(query("recon_tool_ran"), {"DeviceProcessEvents": [other]}) == []


@pytest.mark.parametrize("span", [60, 600, 1800, 3600, 86_400, 604_800])
def test_windows_begin_at_least_five_times_a_span(span):
    assert span % kql.step_of(span) == 0
    assert span // kql.step_of(span) >= 5
