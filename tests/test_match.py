"""Catalogue examples and random names in, what the Matcher makes of them checked."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from glasshouse.catalogue import load
from glasshouse.errors import Malformed
from glasshouse.records import Client, Event
from glasshouse.watch.clean import redact
from glasshouse.watch.match import Matcher, Origin
from glasshouse.watch.targets import Own
from glasshouse.watch.volume import requests_in

EXAMPLES = Path(__file__).parent / "examples" / "opendbs"
CATALOGUE = load()
ORIGIN = Origin("example", "example.log", 0, "ab" * 32)
FINGERPRINT = "hmac-sha256:0123456789abcdef"
MATCHER = Matcher(
    CATALOGUE, Own("example.com,203.0.113.0/24,AS64500,Example Corp"), lambda secret: FINGERPRINT
)
NEEDLES = CATALOGUE.needles()
SECRET = "EXAMPLE-SECRET"


def lookups(**fields):
    return MATCHER.lookups(Event(**{"time": 1_700_000_000_000_000, **fields}), ORIGIN)


def event_of(example):
    if "url" in example:
        return {"via": "http", "url": example["url"], "body": example.get("body")}
    if "payload" in example:
        return {"via": "whois", "name": example.get("name"), "payload": example["payload"], "server_port": 43}
    if "sql" in example:
        return {"via": "flow", "name": example["name"], "payload": example["sql"], "server_port": 5432}
    if "tool" in example:
        return {"via": "process", "command_line": example["tool"]}
    if "tls" in example:
        return {"via": "tls", "name": example["tls"]}
    return {"via": "dns", "name": example["dns"], "query_type": example.get("type", "A")}


def read(name):
    return yaml.safe_load((EXAMPLES / f"{name}.yml").read_text())


@pytest.mark.parametrize("name", sorted(CATALOGUE.databases))
def test_examples_of_database(name):
    examples = read(name)
    for example in examples["matches"]:
        found = lookups(**event_of(example))
        if "tool" not in example:
            assert [each.database for each in found] == [name], example
        targets = [f"{target.type} {target.value}" for target in found[0].targets]
        assert targets == example["targets"], example
        text = str(example)
        assert (found[0].key_fingerprint == FINGERPRINT) == (SECRET in text), example
        assert SECRET not in repr(found)
    for example in examples["quiet"]:
        assert not [each for each in lookups(**event_of(example)) if each.database == name], example


@pytest.mark.parametrize("name", sorted(CATALOGUE.databases))
def test_every_shape_has_an_example(name):
    shown = [example.get("shape") for example in read(name)["matches"]]
    missing = [shape.at for shape in CATALOGUE.databases[name].lookups if shape.at not in shown]
    assert not missing
    assert read(name)["quiet"]


def test_no_example_without_a_database():
    assert {path.stem for path in EXAMPLES.glob("*.yml")} == set(CATALOGUE.databases)


HOSTS = sorted(
    {
        name
        for entry in CATALOGUE.databases.values()
        if entry.match != "path"
        for name in (*entry.domains, *entry.hosts)
    }
)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


@given(st.sampled_from(HOSTS), LABEL)
def test_a_name_glued_in_front_is_another_name(host, label):
    glued = label + host
    found = lookups(via="tls", name=glued)
    longer = [name for name in HOSTS if name != host and (glued == name or glued.endswith("." + name))]
    assert not found or longer or CATALOGUE.databases[found[0].database].patterns


@given(st.sampled_from(HOSTS), LABEL)
def test_a_name_in_front_of_another_domain_is_nothing(host, label):
    assert lookups(via="tls", name=f"{host}.{label}.test") == []
    assert lookups(via="http", url=f"https://www.example.org/{label}?next=https://{host}/") == []
    assert lookups(via="dns", name="www.example.org", user_agent=f"https://{host}/") == []


@given(st.sampled_from(HOSTS), st.data())
def test_case_port_and_last_dot_do_not_matter(host, data):
    mixed = "".join(data.draw(st.sampled_from((c.lower(), c.upper()))) for c in host)
    plain = lookups(via="tls", name=host)
    assert len(plain) == 1
    for name in (mixed, mixed + ".", mixed + ":443"):
        assert [each.database for each in lookups(via="tls", name=name)] == [plain[0].database]


@given(st.sampled_from(HOSTS), LABEL, st.booleans())
def test_what_matches_holds_a_needle(host, label, below):
    name = f"{label}.{host}" if below else host
    if lookups(via="tls", name=name.upper()):
        assert any(needle in name.lower() for needle in NEEDLES)


@given(st.text(alphabet="shodan.ioѕоＳｈſK\u200b\u3002", min_size=3, max_size=20))
def test_look_alike_letters_never_match_without_a_needle(name):
    if lookups(via="dns", name=name):
        assert any(needle in name.lower() for needle in NEEDLES)


SECRETS = st.from_regex(r"[A-Za-z0-9]{16,40}", fullmatch=True)


@given(SECRETS, st.sampled_from(sorted(CATALOGUE.databases)))
def test_secrets_are_in_no_lookup(secret, name):
    entry = CATALOGUE.databases[name]
    host = (*entry.hosts, *entry.domains, "www.example.org")[0]
    names = [place.partition(":")[2] for place in entry.keys if place.startswith("query:")] or ["apikey"]
    headers = [place.partition(":")[2] for place in entry.keys if place.startswith("header:")] or [
        "x-api-key"
    ]
    for key in names:
        url = f"https://{host}/domain/example.com?{key}={secret}&q=example.com"
        for found in (lookups(via="http", url=url), lookups(via="process", command_line=f"curl '{url}'")):
            assert secret not in repr(found)
            assert all(each.key_fingerprint for each in found)
    for header in headers:
        line = f'curl -H "{header}: {secret}" https://{host}/domain/example.com'
        found = lookups(via="process", command_line=line)
        assert secret not in repr(found)
        assert all(each.key_fingerprint for each in found)


def test_path_entries_need_a_url():
    for via in ("dns", "tls"):
        assert lookups(via=via, name="www.virustotal.com") == []
    assert lookups(via="http", method="CONNECT", name="www.virustotal.com:443") == []
    assert lookups(via="http", url="https://www.virustotal.com/api/v3/domains/example.com/subdomains")
    assert lookups(via="http", url="https://ipinfo.io/json") == []
    assert lookups(via="http", url="https://ipinfo.io/203.0.113.5/json")


def test_the_narrowest_entry_wins():
    for name, database in (
        ("internetdb.shodan.io", "shodan-internetdb"),
        ("api.shodan.io", "shodan"),
        ("api.platform.censys.io", "censys-platform"),
        ("search.censys.io", "censys-legacy"),
        ("whois.domaintools.com", "whois-domaintools"),
        ("whois.nic.xyz", "whois-port43"),
        ("com.whois-servers.net", "whois-port43"),
        ("whois.cymru.com", "cymru-whois"),
    ):
        assert [each.database for each in lookups(via="dns", name=name)] == [database]


def test_ports_decide_between_services_of_one_name():
    assert lookups(via="dns", name="whois.arin.net")[0].database == "whois-port43"
    assert lookups(via="http", url="https://whois.arin.net/rest/ip/203.0.113.5")[0].database == "arin-rest"
    found = lookups(via="flow", name="crt.sh", server_port=5432)
    assert (found[0].database, found[0].via, found[0].view) == ("crtsh", "sql", "flow")


def test_port_43_counts_without_a_name_but_scans_do_not():
    found = lookups(via="flow", server_port=43, server_ip="198.51.100.7", bytes_out=321, packets_out=6)
    assert [(each.database, each.via) for each in found] == [("whois-port43", "whois")]
    assert lookups(via="flow", server_port=43, server_ip="198.51.100.7", packets_out=1) == []
    assert lookups(via="flow", server_port=43, server_ip="198.51.100.7", bytes_out=0) == []
    assert lookups(via="flow", server_port=43, server_ip="10.2.3.4", bytes_out=321) == []
    assert lookups(via="flow", server_port=80, server_ip="198.51.100.7", bytes_out=321) == []


def test_questions_from_outside_and_mail_questions_do_not_count():
    assert lookups(via="dns", name="api.shodan.io", ip="8.8.8.8") == []
    own = Matcher(CATALOGUE, Own("8.8.8.0/24"), lambda secret: FINGERPRINT)
    assert own.lookups(Event(via="dns", time=1, name="api.shodan.io", ip="8.8.8.8"), ORIGIN)
    assert lookups(via="dns", name="api.shodan.io", ip="10.0.0.1")
    assert lookups(via="dns", name="shodan.io", query_type="MX") == []
    assert lookups(via="dns", name="_dmarc.shodan.io", query_type="TXT") == []


def test_a_lookup_without_time_is_malformed_and_other_events_are_not():
    with pytest.raises(Malformed, match="no usable time"):
        lookups(via="dns", name="crt.sh", time=None)
    assert lookups(via="dns", name="www.example.org", time=None) == []


LAB = [  # via, fields, requests made
    ("tls", {"bytes_out": 18979, "bytes_in": 24228, "packets_out": 127, "duration": 40_000_000}, 40),
    ("http", {"bytes_in": 14600, "duration": 15_000_000, "method": "CONNECT"}, 30),
    ("flow", {"bytes_out": 17700, "bytes_in": 18000, "packets_out": 84, "server_port": 443}, 30),
    ("tls", {"bytes_out": 2600, "bytes_in": 2700, "packets_out": 11}, 1),
]


@pytest.mark.parametrize(("via", "fields", "made"), LAB)
def test_hidden_requests_are_estimated(via, fields, made):
    found = requests_in(Event(via=via, time=1, **fields), Client(), "api.shodan.io")
    assert found.min == 1
    assert made / 2 <= found.estimate <= made * 2
    assert requests_in(Event(via=via, time=1, **fields), Client("browser", "Firefox/128"), None).estimate == 1


def test_large_downloads_are_not_many_requests():
    event = Event(
        via="flow", time=1, bytes_out=400_000, bytes_in=20_000_000, packets_out=7000, server_port=443
    )
    assert requests_in(event, Client(), "api.shodan.io").estimate < 150


CLIENTS = Path(__file__).parent / "examples" / "clients"


@pytest.mark.parametrize("name", sorted(CATALOGUE.clients))
def test_examples_of_client_tool(name):
    examples = yaml.safe_load((CLIENTS / f"{name}.yml").read_text())
    assert examples.get("runs") or examples.get("agents") or examples.get("note")
    for run in examples.get("runs", ()):
        found = lookups(via="process", process=run.get("process"), command_line=run["line"])
        assert [each.client for each in found] == [Client("tool", name)], run
        assert [f"{target.type} {target.value}" for target in found[0].targets] == run["targets"], run
        assert found[0].view == "process"
        raw = (run.get("process", "") + " " + run["line"]).lower()
        assert any(needle in raw for needle in CATALOGUE.tool_needles())
    for agent in examples.get("agents", ()):
        found = lookups(via="http", url="https://crt.sh/?q=example.com", user_agent=agent)
        assert found[0].client == Client("tool", name)
    for line in examples["quiet"]:
        assert lookups(via="process", command_line=line) == [], line


def test_every_client_tool_has_examples():
    assert {path.stem for path in CLIENTS.glob("*.yml")} == set(CATALOGUE.clients)


AGENTS = [
    ("curl/8.14.1", Client("script", "curl")),
    ("python-requests/2.32.3", Client("script", "python-requests")),
    ("Go-http-client/2.0", Client("script", "Go-http-client")),
    (
        "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1",
        Client("script", "powershell"),
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        Client("browser", "Firefox/128"),
    ),
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36",
        Client("browser", "Chrome/131"),
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
        Client("browser", "Edge/131"),
    ),
    ("-", Client()),
    (None, Client()),
]


@pytest.mark.parametrize(("agent", "client"), AGENTS)
def test_clients_by_user_agent(agent, client):
    assert lookups(via="http", url="https://crt.sh/?q=example.com", user_agent=agent)[0].client == client


def test_clients_by_program():
    for process, client in (
        ("C:\\Program Files\\Google\\Chrome\\chrome.exe", Client("browser", "Chrome")),
        ("/usr/bin/python3.11", Client("script", "python")),
        ("/usr/bin/subfinder", Client("tool", "subfinder")),
        ("/usr/sbin/nginx", Client()),
    ):
        assert lookups(via="dns", name="crt.sh", process=process)[0].client == client
    found = lookups(
        via="dns", name="crt.sh", process="/usr/bin/python3", command_line="python3 theHarvester.py -d x"
    )
    assert found[0].client == Client("tool", "theharvester")


REQUESTS = [
    ("virustotal",
     "curl -H 'x-apikey: EXAMPLE-SECRET' https://www.virustotal.com/api/v3/domains/example.com/subdomains"),
    ("crtsh", "curl -s 'https://crt.sh/?q=%.example.com&output=json'"),
    ("crtsh",
     "psql -h crt.sh -p 5432 -U guest certwatch -c \"SELECT plainto_tsquery('certwatch','example.com')\""),
    ("crtsh", "psql postgresql://guest@crt.sh:5432/certwatch -c \"SELECT 1 WHERE x LIKE '%.example.com'\""),
    ("whois-port43", "sh -c 'echo example.com | nc whois.verisign-grs.com 43'"),
    ("hackertarget", 'wget -qO- "https://api.hackertarget.com/hostsearch/?q=example.com"'),
    ("securitytrails",
     "powershell -c \"irm -Uri 'https://api.securitytrails.com/v1/domain/example.com/subdomains?apikey=EXAMPLE-SECRET'\""),
    ("securitytrails",
     "python3 -c \"import requests; requests.get('https://api.securitytrails.com/v1/domain/example.com/dns')\""),
    ("thc-ip", "curl -d domain=example.com https://ip.thc.org/api/v1/lookup/subdomains"),
]  # fmt: skip


@pytest.mark.parametrize(("database", "line"), REQUESTS)
def test_requests_on_command_lines(database, line):
    found = lookups(via="process", command_line=line)
    assert [each.database for each in found] == [database]
    assert [f"{target.type} {target.value}" for target in found[0].targets] == ["domain example.com"]
    assert bool(found[0].key_fingerprint) == (SECRET in line)
    assert SECRET not in repr(found)
    assert any(needle in line.lower() for needle in NEEDLES)


@pytest.mark.parametrize(
    "line",
    [
        "grep shodan /var/log/squid/access.log",
        "vim whois.txt",
        "ls /opt/shodan-notes/",
        "git clone https://github.com/achillean/shodan-python",
        "pip install shodan",
        "man whois",
        "apt install whois",
        "curl -e https://www.shodan.io/ https://www.example.org/",
        "curl -A 'censys (https://search.censys.io)' https://www.example.org/",
        "docker ps",
        "python3 server.py",
        "powershell -c \"Write-Host 'see https://www.shodan.io/'\"",
        "ping api.shodan.io",
        "dig api.shodan.io",
        "curl https://www.example.org/shodan.io/",
        "tail -f /var/log/whois.log",
    ],
)
def test_names_in_other_programs_are_no_runs(line):
    assert lookups(via="process", command_line=line) == []


@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_breaks_the_matcher(text, other):
    for fields in (
        {"via": "process", "command_line": text, "process": other or None},
        {"via": "http", "url": f"https://crt.sh/{text}", "body": other, "user_agent": other},
        {"via": "http", "url": text, "name": other},
        {"via": "whois", "payload": text, "name": "whois.nic.xyz"},
        {"via": "dns", "name": text, "query_type": other},
    ):
        for found in lookups(**fields):
            assert dataclasses.is_dataclass(found)
            assert len(found.targets) <= 100


def test_hostile_command_lines_and_urls_take_no_time():
    started = time.process_time()
    for piece in ("a", "a ", "'", '"', "\\", "$(", "sudo ", "bash -c '", "a.", "a=", "-", "docker run ",
                  "https://", "&", "python -m ", "-H 'a: b' ", "x.example.com/", ";", "|"):  # fmt: skip
        line = piece * (20_000 // len(piece))
        for start in ("", "curl ", "powershell iwr ", "cmd /c "):
            lookups(via="process", command_line=start + line)
            redact(start + line[:65536], lambda secret: FINGERPRINT, CATALOGUE.key_names)
        lookups(via="http", url="https://crt.sh/?q=" + line)
        lookups(via="http", url="https://crt.sh/" + line)
        lookups(via="dns", name=line)
    assert time.process_time() - started < 30


def connect(status: int) -> Event:
    return Event(
        via="http", time=1, method="CONNECT", name="api.shodan.io:443", status=status, ip="10.20.1.7"
    )


def test_a_connect_the_proxy_refused_asked_nothing():
    (tried,) = MATCHER.lookups(connect(403), ORIGIN)
    assert (tried.requests.min, tried.requests.estimate) == (0, 0)
    assert MATCHER.lookups(connect(407), ORIGIN) == []
    (made,) = MATCHER.lookups(connect(200), ORIGIN)
    assert made.requests.min == 1


@pytest.mark.parametrize("part", ["/static/site.css", "/a/b.PNG", "/favicon.ico", "/app.js?v=3"])
def test_what_a_browser_fetches_to_draw_a_page_is_no_lookup(part):
    page = Event(via="http", time=1, url=f"https://www.shodan.io{part}", ip="10.20.1.7")
    assert MATCHER.lookups(page, ORIGIN) == []


@pytest.mark.parametrize("host", ["builtwith.com", "whois.domaintools.com"])
def test_the_icon_of_a_site_is_no_domain_although_one_stands_there(host):
    def got(part: str) -> list:
        page = Event(via="http", time=1, url=f"https://{host}/{part}", ip="10.20.1.7")
        return MATCHER.lookups(page, ORIGIN)

    assert got("favicon.ico") == []
    assert [one.value for one in got("example.com")[0].targets] == ["example.com"]


@pytest.mark.parametrize(
    "line", ["subfinder -h", "amass -version", "shodan version", "shodan info", "whois --version"]
)
def test_asking_a_tool_about_itself_is_no_lookup(line):
    run = Event(via="process", time=1, process=line.split()[0], command_line=line)
    assert MATCHER.lookups(run, ORIGIN) == []


def test_a_tool_fed_by_a_pipe_is_a_lookup():
    run = Event(via="process", time=1, process="subfinder", command_line="subfinder -silent")
    assert len(MATCHER.lookups(run, ORIGIN)) == 1
