"""Real registration answers and hostile ones in; what is read from them, how much of it is right, out."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse import parse
from glasshouse.asking import Reply, Request, Subject
from glasshouse.errors import Malformed, ReadError
from glasshouse.leaf import collectors
from glasshouse.observed import Contact, Registration
from glasshouse.records import Trouble
from glasshouse.survey import parse_bootstrap, parse_contacts, parse_dates, parse_rdap, parse_whois
from glasshouse.survey.parse_whois_lines import entries
from shared_data import DATA

RDAP, WHOIS = DATA / "exposure" / "rdap", DATA / "exposure" / "whois"
needs_rdap = pytest.mark.skipif(not RDAP.is_dir(), reason="the folder of real RDAP answers is not here")
needs_whois = pytest.mark.skipif(not WHOIS.is_dir(), reason="the folder of real WHOIS answers is not here")
NOBODY = Subject("reference", "")
DAY = 86_400_000_000


def micro(year, month, day, hour=0, minute=0, second=0):
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1_000_000


def reply(body: bytes | str, host: str = "", path: str = "/", status: int = 200) -> Reply:
    body = body.encode() if isinstance(body, str) else body
    return Reply(request=Request(host=host, path=path), body=body, time=0, status=status)


# RDAP, real


def rdap_files() -> list[Path]:
    found = [*RDAP.glob("whoisit/data_rdap*"), *RDAP.glob("icann*/*.json"), *RDAP.glob("openrdap/rdap/*/*")]
    return sorted(file for file in found if b"nameserver" not in file.name.encode())


def mails_in(said) -> list[str]:
    if isinstance(said, list) and len(said) == 4 and said[0] == "email":
        return [said[3]]
    inner = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
    return [mail for one in inner for mail in mails_in(one)]


@needs_rdap
@pytest.mark.parametrize("file", rdap_files(), ids=lambda file: file.name)
def test_real_rdap_answers_are_read(file):
    body = file.read_bytes()
    said = json.loads(body)
    best = {name: leaf.detect(body[:65_536], file.name) for name, leaf in collectors().items()}
    taken = [name for name, sure in best.items() if sure > 0 and name.startswith("rdap")]
    if said["objectClassName"] == "nameserver":
        assert taken == []
        return
    assert len(taken) == 1
    found = list(collectors()[taken[0]].read(NOBODY, reply(body)))
    assert [type(one) for one in found] == [Registration]
    one = found[0]
    actions = {event["eventAction"] for event in said.get("events", ())}
    assert (one.created is not None) == ("registration" in actions)
    assert (one.expires is not None) == ("expiration" in actions)
    assert (one.changed is not None) == ("last changed" in actions)
    assert len(one.name_servers) == len(said.get("nameservers", ()))
    mails = set(mails_in(said))
    assert {contact.email for contact in one.contacts if contact.email} == mails


@needs_rdap
@pytest.mark.parametrize(
    ("kind", "value", "base"),
    [
        ("dns", "example.cz", "https://rdap.nic.cz"),
        ("ipv4", "41.0.0.1", "https://rdap.afrinic.net/rdap"),
        ("ipv6", "2001:4200::/32", "https://rdap.afrinic.net/rdap"),
        ("asn", "AS263168", "https://rdap.lacnic.net/rdap"),
        ("object-tags", "EX1-ARIN", "https://rdap.arin.net/registry"),
    ],
)
def test_real_bootstrap(kind, value, base):
    body = (RDAP / "openrdap" / "bootstrap" / f"{kind}.json").read_bytes()
    assert parse_bootstrap.server(reply(body, "data.iana.org", f"/rdap/{kind}.json"), value) == base


@needs_rdap
def test_real_bootstrap_takes_the_longest_label():
    body = (RDAP / "openrdap" / "bootstrap_complex" / "dns.json").read_bytes()
    boot = reply(body, "data.iana.org", "/rdap/dns.json")
    asked = {name: parse_bootstrap.server(boot, name) for name in ("a.org", "a.com", "a.sub.example.com")}
    assert asked == {
        "a.org": "https://example.root",
        "a.com": "https://example.com",
        "a.sub.example.com": "https://example.com/sub",
    }


@needs_rdap
@pytest.mark.parametrize("name", ["dns_bad_services", "dns_empty", "dns_syntax_error"])
def test_malformed_bootstrap_is_told(name):
    body = (RDAP / "openrdap" / "bootstrap_malformed" / f"{name}.json").read_bytes()
    boot = reply(body, "data.iana.org", "/rdap/dns.json")
    with pytest.raises(Malformed):
        parse_bootstrap.server(boot, "example.cz")


@needs_rdap
def test_a_bad_address_in_a_bootstrap_costs_its_own_row_only():
    body = (RDAP / "openrdap" / "bootstrap_malformed" / "dns_bad_url.json").read_bytes()
    boot = reply(body, "data.iana.org", "/rdap/dns.json")
    assert parse_bootstrap.server(boot, "a.br") == "https://rdap.registro.br"
    with pytest.raises(ReadError):
        parse_bootstrap.server(boot, "a.example")


@needs_rdap
@pytest.mark.parametrize("file", sorted(RDAP.glob("openrdap/jcard/*.json")), ids=lambda file: file.stem)
def test_malformed_jcards_fail_nothing(file):
    try:
        card = json.loads(file.read_bytes())
    except ValueError:
        return
    said = {"objectClassName": "entity", "handle": "A-B", "vcardArray": card}
    found = next(iter(collectors()["rdap-entity"].read(NOBODY, reply(json.dumps(said)))))
    assert found.name == "A-B"
    assert (found.title is not None) == (file.stem == "example")


# RDAP, made up


def test_bootstrap_that_is_missing_is_no_empty_answer():
    leaf = collectors()["rdap-domain"]
    gone = reply("{}", "data.iana.org", "/rdap/dns.json", 404)
    subject = Subject("domain", "example.test")
    with pytest.raises(Malformed):
        list(leaf.read(subject, gone))
    assert leaf.ask(subject, gone) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://rdap.example.net/domain/example.test",
        "https://192.0.2.1/domain/example.test",
        "https://user@rdap.example.net/domain/example.test",
        "https://rdap.example.net:8443/domain/example.test",
        "https://rdap.example.net/domain/example.test?token=${key}",
        "https://rdap.example.net/${key}/domain/example.test",
        "https://rdap.example.net/domain/other.test",
        "https://localhost/domain/example.test",
        "https://[::1/domain/example.test",
        "https://rdap.example.net/domain/example.test/../other",
    ],
)
def test_links_that_are_not_followed(url):
    link = {"rel": "related", "type": "application/rdap+json", "href": url}
    answer = reply(json.dumps({"links": [link]}), "rdap.registry.example")
    assert parse_bootstrap.related(answer, "example.test") is None


@pytest.mark.parametrize(
    "said",
    [
        {"objectClassName": "entity", "handle": "X"},
        {"errorCode": 404, "title": "none"},
        {"objectClassName": "domain"},
        {"objectClassName": "domain", "ldhName": 7},
        {},
        [],
    ],
)
def test_other_answers_are_malformed(said):
    with pytest.raises(Malformed):
        list(collectors()["rdap-domain"].read(Subject("domain", "example.test"), reply(json.dumps(said))))


def test_contacts_of_one_entity():
    card = (
        ["fn", {}, "text", "A Name"],
        ["email", {}, "text", "a@example.test"],
        ["tel", {}, "text", "+1 555"],
    )
    entity = {"vcardArray": ["vcard", [*card]]}
    one = Contact(role="technical", name="A Name", email="a@example.test", phone="+1 555")
    assert list(parse_contacts.contacts(("technical",), entity)) == [one]
    assert list(parse_contacts.contacts((), entity)) == []


def test_the_head_of_a_hostile_file_is_looked_at_quickly():
    for head in (b'{"a":"' + b'\\"' * 32_000, b'"' * 65_536, b"{" * 65_536, b'"\\' * 32_000):
        assert parse_rdap.sure(head, "domain") == 0


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2**70)
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "domain",
            "ip network",
            "autnum",
            "entity",
            "vcard",
            "fn",
            "email",
            "registration",
            "2020-01-01T00:00:00Z",
            "9999-12-31T23:59:59-23:59",
            "192.0.2.0",
            "::",
            "EXAMPLE.TEST",
            "64500",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "objectClassName",
                    "ldhName",
                    "entities",
                    "vcardArray",
                    "events",
                    "eventAction",
                    "eventDate",
                    "roles",
                    "status",
                    "nameservers",
                    "secureDNS",
                    "startAddress",
                    "endAddress",
                    "cidr0_cidrs",
                    "v4prefix",
                    "startAutnum",
                    "handle",
                    "networks",
                    "links",
                    "notices",
                    "type",
                    "publicIds",
                    "redacted",
                    "name",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(value=VALUES, kind=st.sampled_from(["domain", "ip network", "autnum", "entity"]), ours=st.booleans())
def test_hostile_rdap_ends_well(value, kind, ours):
    names = {"domain": "rdap-domain", "ip network": "rdap-ip", "autnum": "rdap-asn", "entity": "rdap-entity"}
    subjects = {
        "domain": Subject("domain", "example.test"),
        "ip network": Subject("ip", "192.0.2.1"),
        "autnum": Subject("asn", "AS64500"),
        "entity": Subject("organisation", "EX1-RIR"),
    }
    subject = subjects[kind] if ours else NOBODY
    body = {**value, "objectClassName": kind} if isinstance(value, dict) else value
    leaf, answer = collectors()[names[kind]], reply(json.dumps(body), "rdap.registry.example")
    with suppress(Malformed, ReadError):
        assert all(isinstance(one, (Registration, Trouble)) for one in leaf.read(subject, answer))
    assert leaf.ask(subject, answer) is None or kind == "domain"


# WHOIS, real: the share that is right, field by field


def expected(file: Path) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    field = ""
    for line in file.read_text("utf-8", "replace").splitlines():
        if line.startswith("#"):
            field = line[1:].strip()
        elif line.strip() and not line.strip().startswith("//"):
            said.setdefault(field, []).append(line.strip())
    return said


def says(said: dict[str, list[str]], field: str) -> bool:
    return any("== true" in line for line in said.get(field, ()))


def wanted_time(lines: list[str]) -> int | None:
    found = re.search(r"%TIME\{(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d))?", " ".join(lines))
    return micro(*(int(one or 0) for one in found.groups())) if found else None


def wanted_outcome(said: dict[str, list[str]]) -> str:
    fields = {
        "response_throttled?": "refused",
        "response_unavailable?": "refused",
        "registered?": "registered",
        "available?": "available",
    }
    return next((outcome for field, outcome in fields.items() if says(said, field)), "")


def outcome(body: bytes, zone: str) -> tuple[str, Registration | None]:
    try:
        text = parse_whois.text_of(body)
        found = parse_whois.domain(text, parse_whois.named(text) or f"unnamed.{zone}")
    except ReadError:
        return "refused", None
    except Malformed:
        return "malformed", None
    return ("registered" if found else "available"), found


@needs_whois
def test_share_of_real_whois_answers_that_is_right():
    right: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    wrong_dates = []

    def count(field: str, is_right: bool) -> None:
        all_of[field] += 1
        right[field] += is_right

    for file in sorted((WHOIS / "weppos").rglob("*.expected")):
        said = expected(file)
        state, found = outcome(file.with_suffix(".txt").read_bytes(), file.parent.name)
        if want := wanted_outcome(said):
            count("outcome", want == state)
        if found is None or wanted_outcome(said) != "registered":
            continue
        for field, name in (("expires", "expires_on"), ("created", "created_on"), ("changed", "updated_on")):
            want, got = wanted_time(said.get(name, [])), getattr(found, field)
            if want is not None:
                count(field, got is not None and abs(got - want) <= DAY)
                if got is not None and abs(got - want) > DAY:
                    wrong_dates.append(f"{file}: {field}")
        servers = sorted(
            {
                one.lower()
                for one in re.findall(r'\.name\s+== "([^"]+)"', " ".join(said.get("nameservers", [])))
            }
        )
        if servers:
            count("name servers", list(found.name_servers) == servers)
    shares = {field: right[field] / all_of[field] for field in all_of}
    print({field: f"{right[field]} of {all_of[field]}" for field in all_of})
    least = {"outcome": 0.97, "expires": 0.97, "created": 0.96, "changed": 0.96, "name servers": 0.97}
    assert {field: share for field, share in shares.items() if share < least[field]} == {}
    assert set(shares) == set(least) and all_of["expires"] > 100
    assert wrong_dates == []


@needs_whois
def test_another_collection_of_real_whois_answers_is_read():
    files = sorted((WHOIS / "asyncwhois").glob("*.txt"))
    found = [outcome(file.read_bytes(), file.stem.rpartition("_")[2])[1] for file in files]
    assert len(files) > 40 and all(found)
    with_servers = [one for one in found if one and one.name_servers]
    assert len(with_servers) >= 0.9 * len(files)


# WHOIS, made up


@pytest.mark.parametrize(
    ("said", "order", "want"),
    [
        ("2026-02-01", "", micro(2026, 2, 1)),
        ("2026-02-01T09:30:00Z", "", micro(2026, 2, 1, 9, 30)),
        ("2026-02-01 09:30:00.123 +02:00", "", micro(2026, 2, 1, 7, 30)),
        ("2026/02/01 09:30:00 (JST)", "", micro(2026, 2, 1, 0, 30)),
        ("20260201", "", micro(2026, 2, 1)),
        ("20260201093000", "", micro(2026, 2, 1, 9, 30)),
        ("16-abr-1997", "", micro(1997, 4, 16)),
        ("2001-Aug-23.", "", micro(2001, 8, 23)),
        ("02nd August 2000", "", micro(2000, 8, 2)),
        ("Fri Mar 29 22:03:53 GMT 2002", "", micro(2002, 3, 29, 22, 3, 53)),
        ("May 22 2014", "", micro(2014, 5, 22)),
        ("21.6.2012", "", micro(2012, 6, 21)),
        ("03/04/2003", "", None),
        ("03/04/2003", "day", micro(2003, 4, 3)),
        ("03/04/2003", "month", micro(2003, 3, 4)),
        ("28/04/2003", "", micro(2003, 4, 28)),
        ("04/28/2003", "day", micro(2003, 4, 28)),
        ("16/09/03", "", None),
        ("2026-02-01 09:30 XYZT", "", None),
        ("2026-02-30", "", None),
        ("before Aug-1996", "", None),
        ("0001-01-01T00:00:00Z", "", None),
        ("soon", "", None),
    ],
)
def test_dates(said, order, want):
    assert parse_dates.when(said, order) == want


def test_order_of_day_and_month():
    assert parse_dates.order_in("created: 03/04/2003\nexpires: 28/04/2030", "test") == "day"
    assert parse_dates.order_in("created: 03/04/2003\nexpires: 04/28/2030", "test") == "month"
    assert parse_dates.order_in("created: 03/04/2003", "test") == ""
    assert parse_dates.order_in("created: 13/04/2003\nexpires: 04/28/2030", "test") == ""


def test_an_answer_about_another_domain_is_malformed():
    with pytest.raises(Malformed):
        parse_whois.domain("Domain Name: other.test\nRegistrar: Example Ltd\n", "example.test")


@pytest.mark.parametrize(
    "text",
    [
        "Your connection limit exceeded. Please slow down.",
        "% Too many requests\n\n% No entries found in the database.",
        "-3: IP address blocked",
        "The database is currently down.",
    ],
)
def test_a_refusal_is_never_an_empty_answer(text):
    with pytest.raises(ReadError):
        parse_whois.domain(text, "example.test")


def test_latin_1_is_read():
    text = parse_whois.text_of("Domain: example.test\nRegistrar: Münster GmbH\n".encode("latin-1"))
    found = parse_whois.domain(text, "example.test")
    assert found is not None and found.registrar == "Münster GmbH"


def test_one_last_server_is_asked_whatever_it_names():
    leaf, subject = collectors()["whois"], Subject("domain", "example.test")
    request, asked = leaf.ask(subject, None), []
    while request:
        asked.append(request.host)
        named = f"whois.a{len(asked)}.example"
        body = f"refer: {named}\nDomain Name: example.test\nRegistrar WHOIS Server: {named}\n".encode()
        request = leaf.ask(subject, Reply(request=request, body=body, time=0))
    assert asked == ["whois.iana.org", "whois.a1.example", "whois.a2.example"]


@pytest.mark.parametrize(
    ("kind", "value", "server", "line"),
    [
        ("domain", "example.test", "whois.verisign-grs.com", "domain example.test"),
        ("domain", "example.test", "whois.denic.de", "-T dn,ace example.test"),
        ("domain", "example.test", "whois.jprs.jp", "example.test/e"),
        ("ip", "192.0.2.1", "whois.arin.net", "n + 192.0.2.1"),
        ("asn", "AS64500", "whois.arin.net", "a + 64500"),
        ("cidr", "2001:db8::/32", "whois.ripe.net", "2001:db8::/32"),
    ],
)
def test_lines_that_servers_want(kind, value, server, line):
    leaf, subject = collectors()["whois"], Subject(kind, value)
    first = leaf.ask(subject, None)
    asked = leaf.ask(subject, Reply(request=first, body=f"refer: {server}\n".encode(), time=0))
    assert (asked.host, asked.path) == (server, line)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(
        st.sampled_from(
            [
                "Domain Name: example.test",
                "Registrar:",
                "  Name: X",
                "",
                "Registrant:",
                "a@example.test",
                "inetnum: 192.0.2.0 - 192.0.2.255",
                "inetnum: ::/0",
                "CIDR: 1/8, ::/0, /",
                "aut-num: AS64500",
                "created: 99999999",
                "Expires: 31/31/3131",
                "contact: technical",
                "Name Servers:",
                "ns1.example.net",
                "% x",
                "[Status] ok",
                "ASNumber: 1 - 99999999999",
                "changed: @@@@@@",
                "x" * 3000,
                ":" * 500,
                "\x00",
            ]
        )
        | st.text(max_size=60),
        max_size=25,
    ),
    subject=st.sampled_from(
        [Subject("domain", "example.test"), Subject("ip", "192.0.2.1"), Subject("asn", "AS64500"), NOBODY]
    ),
)
def test_hostile_whois_ends_well(lines, subject):
    answer = reply("\n".join(lines).encode("utf-8", "surrogatepass"), "whois.registry.example")
    try:
        for one in collectors()["whois"].read(subject, answer):
            assert isinstance(one, Registration)
            assert all(parse.host_name(server) == server for server in one.name_servers)
    except (Malformed, ReadError):
        pass


@pytest.mark.parametrize(
    "line", ["a" + "." * 3000, "changed: " + "@" * 3000, "x " * 2000, "e-mail: " + "a" * 3000]
)
def test_hostile_lines_are_read_quickly(line):
    text = "\n".join([line] * 150)
    entries(text)
    with pytest.raises(Malformed):
        parse_whois.domain(text, "example.test")
