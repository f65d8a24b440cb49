"""Plans in, artefacts out: examples, what each of them blocks, and that no hostile value leaves its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from glasshouse.lake import batch, store
from glasshouse.lake.batch import Draft
from glasshouse.lake.columns import uid_of
from glasshouse.leaf import artefacts
from glasshouse.records import Actor, Alert, Client, Evidence, Points, Requests, Target, Visibility
from glasshouse.triage import block
from glasshouse.verdicts import Containment, Episode
from glasshouse.watch.actors import node
from lake_samples import DAY, HOUR, lookup

EXAMPLES = Path(__file__).parent / "examples" / "artefacts"
BEGAN, ENDED = 1_795_165_200_000_000, 1_795_168_800_000_000  # 2026-11-20, 9 to 10 o'clock
MADE = 1_795_172_400_000_000
LISTS = ("squid-acl", "rpz-zone", "suricata-rules", "panos-edl", "panos-edl-url", "stix-course")
HUNTS = ("hunt-duckdb", "hunt-kql", "hunt-spl")


def plan_of(data: dict) -> Containment:
    """The plan an example's JSON describes."""
    clients = tuple(Client(*one) for one in data["clients"])
    targets = tuple(Target(*one) for one in data["targets"])
    alert = Alert(
        id=data["id"], first_seen=BEGAN, last_seen=ENDED, actor=Actor(**data["actor"]), score=70,
        level="high", rules=("breadth-3",), points=(Points("breadth-3", 70, data["reason"]),), lookups=12,
        requests=Requests(12, 60, "bytes"), databases=tuple(data["databases"]),
        techniques=("T1596.005", "T1596.003"), summary=data["summary"], targets=targets, clients=clients,
        targets_total=len(targets), visibility=Visibility(("http",), ("squid",), ("paths within TLS",)),
        evidence=(Evidence(data["file"], 1207, "9f86d081" * 8, "squid", BEGAN),), evidence_total=12,
    )  # fmt: skip
    episode = Episode(
        alert=alert, key="192.0.2.17", accounts=tuple(data["accounts"]), hosts=tuple(data["hosts"]),
        ips=tuple(data["ips"]), targets=targets, targets_total=len(targets), clients=clients,
        databases=alert.databases, keys=tuple(data["keys"]),
    )  # fmt: skip
    return Containment(
        alert=alert, episode=episode, names=tuple(data["names"]), exact=tuple(data["exact"]),
        shared=tuple(data["shared"]), made=MADE, case=data["case"], lake=data["lake"],
    )  # fmt: skip


PLAIN = {
    "id": "GH-1a2b3c4d",
    "actor": {"user": "EXAMPLE\\jdoe", "host": "ws-17.example.com", "ip": "192.0.2.17"},
    "accounts": ["jdoe"],
    "hosts": ["ws-17.example.com"],
    "ips": ["192.0.2.17"],
    "clients": [["tool", "subfinder"]],
    "targets": [["domain", "example.org", True]],
    "keys": ["hmac-sha256:0001"],
    "databases": ["shodan", "crtsh"],
    "names": ["shodan.io", "api.shodan.io"],
    "exact": ["crt.sh"],
    "shared": ["github.com"],
    "reason": "three databases within an hour",
    "summary": "jdoe asked two open databases about example.org",
    "file": "proxy/access.log",
    "case": "C-7",
    "lake": "lake",
}


@pytest.mark.parametrize("leaf", artefacts())
def test_example(leaf: str) -> None:
    plan = plan_of(json.loads((EXAMPLES / leaf / "in.json").read_text(encoding="utf-8")))
    artefact = artefacts()[leaf]
    assert artefact.render(plan) == (EXAMPLES / leaf / artefact.FILE).read_text(encoding="utf-8")


def test_the_leaves_have_a_file_and_a_kind_each() -> None:
    kinds = {name: artefact.KIND for name, artefact in artefacts().items()}
    assert set(kinds.values()) == {"block", "isolate", "hunt"}
    files = [artefact.FILE for artefact in artefacts().values()]
    assert len(set(files)) == len(files)
    assert all(re.fullmatch(r"[a-z0-9.-]+", file) for file in files)


@pytest.mark.parametrize("leaf", [name for name in artefacts() if name not in ("panos-edl", "panos-edl-url")])
def test_every_artefact_says_what_it_is_for(leaf: str) -> None:
    """The two PAN-OS lists cannot hold comments; panos-steps speaks for them."""
    text = artefacts()[leaf].render(plan_of(PLAIN))
    assert "GH-1a2b3c4d" in text
    assert "C-7" in text
    assert re.search(r"[Nn]othing was executed", text)
    if artefacts()[leaf].KIND != "hunt":
        assert "2026-12-20" in text
        assert re.search(r"(?i)undo", text)


# --- what the lists block, by an interpreter of each format


def squid_blocks(text: str, host: str) -> bool:
    acls: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["acl"] and words[2] == "dstdomain":
            assert words[3] == "-n"
            acls.setdefault(words[1], []).append(words[4])
        elif words[:2] == ["http_access", "deny"]:
            return all(
                any(
                    host == one or (one[0] == "." and ("." + host).endswith(one))
                    for one in acls[word.lstrip("!")]
                )
                != word.startswith("!")
                for word in words[2:]
            )
    return False


def rpz_blocks(text: str, host: str) -> bool:
    rules = {words[0]: words[2] for words in map(str.split, text.splitlines()) if words[1:2] == ["CNAME"]}
    labels = host.split(".")
    tried = [host, *("*." + ".".join(labels[start:]) for start in range(1, len(labels)))]
    return next((rules[name] for name in tried if name in rules), "") == "."


def suricata_blocks(text: str, host: str) -> bool:
    looked = {rule["protocol"]: False for rule in suricata(text)}
    for rule in suricata(text):
        held = True
        for wanted, content, where in rule["contents"]:
            buffer = "." + host if rule["dotted"] else host
            found = buffer == content if "startswith" in where else buffer.endswith(content)
            held = held and found == wanted
        looked[rule["protocol"]] |= held
    assert len(set(looked.values())) <= 1, "DNS, TLS and HTTP must agree"
    return any(looked.values())


OPTION = re.compile(r'\s*([a-z_.]+)(?::(!?"[^";\\]*"|[^";]*))?;')


def suricata(text: str) -> list[dict]:
    """Our own reading of the rule grammar; Suricata itself is not asked."""
    rules = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"drop (dns|tls|http) \$HOME_NET any -> any any \((.*)\)", line)
        assert match, line
        options = OPTION.findall(match[2])
        assert "".join(found[0] for found in OPTION.finditer(match[2])) == match[2], line
        keys = [key for key, _value in options]
        buffer = {"dns": "dns.query", "tls": "tls.sni", "http": "http.host"}[match[1]]
        assert keys[0] == "msg"
        assert keys[-2:] == ["sid", "rev"]
        assert [key for key in keys if "." in key] == [buffer]
        assert all(keys.index(buffer) < place for place, key in enumerate(keys) if key == "content")
        assert match[1] == "dns" or ("flow", "established,to_server") in options
        assert match[1] != "http" or "nocase" not in keys
        contents: list[tuple[bool, str, list[str]]] = []
        for key, value in options:
            if key == "content":
                contents.append((value[0] == '"', value.strip('!"'), []))
            elif key in ("startswith", "endswith", "nocase"):
                contents[-1][2].append(key)
        assert all(value == value.lower() and "endswith" in where for _yes, value, where in contents)
        said = dict(options)
        assert 1_000_000 <= int(said["sid"]) <= 1_999_999
        assert "mitre_technique_id T1596," in said["metadata"]
        rules.append(
            {
                "protocol": match[1],
                "dotted": "dotprefix" in keys,
                "contents": contents,
                "sid": int(said["sid"]),
            }
        )
    assert len({rule["sid"] for rule in rules}) == len(rules)
    return rules


def edl_blocks(text: str, host: str) -> bool:
    """A list of type Domain as its vendor describes it, subdomains not expanded."""
    return any(
        host.endswith(line[1:]) if line.startswith("*.") else host == line.removeprefix("^")
        for line in text.splitlines()
    )


def url_list_blocks(text: str, host: str) -> bool:
    for line in text.splitlines():
        assert line.endswith("/")
        name = line.removesuffix("/")
        if host.endswith(name[1:]) if name.startswith("*.") else host == name:
            return True
    return False


def stix_blocks(text: str, host: str) -> bool:
    (found,) = [one for one in json.loads(text)["objects"] if one["type"] == "indicator"] or [None]
    if found is None:
        return False

    def compare(match: re.Match[str]) -> str:
        how, value = match[1], match[2]
        held = host.endswith(value[1:]) if "LIKE" in how else host == value
        return "01"[held != (how in ("!=", "NOT LIKE"))]

    text = re.sub(r"domain-name:value (=|!=|LIKE|NOT LIKE) '([^']*)'", compare, found["pattern"][1:-1])
    before = ""
    while before != text:
        before = text
        text = re.sub(r"\(([01])\)", r"\1", text)
        text = re.sub(r"([01]) AND ([01])", lambda m: "01"[m[1] == m[2] == "1"], text)
        if " AND " not in text or "(" in text:
            text = re.sub(
                r"(?<!AND )([01]) OR ([01])(?! AND)", lambda m: "01"["1" in (m[1], m[2])], text, count=1
            )
    assert text in ("0", "1"), text
    return text == "1"


BLOCKS: dict[str, Callable[[str, str], bool]] = {
    "squid-acl": squid_blocks,
    "rpz-zone": rpz_blocks,
    "suricata-rules": suricata_blocks,
    "panos-edl": edl_blocks,
    "panos-edl-url": url_list_blocks,
    "stix-course": stix_blocks,
}
WIDE = {"names": ["shodan.io", "api.shodan.io", "anubisdb.com"], "exact": ["crt.sh", "beta.shodan.io"]}
WITH_OPEN = {**WIDE, "shared": ["github.com", "status.shodan.io", "eu.status.shodan.io"]}
CASES = {
    "shodan.io": True,
    "api.shodan.io": True,
    "beta.shodan.io": True,
    "www.anubisdb.com": True,
    "crt.sh": True,
    "www.crt.sh": False,
    "notshodan.io": False,
    "shodan.io.example.com": False,
    "concrt.sh": False,
    "crt.sh.example.org": False,
    "github.com": False,
    "www.example.com": False,
}


@pytest.mark.parametrize("leaf", LISTS)
@pytest.mark.parametrize("said", [WIDE, WITH_OPEN], ids=["wide", "with a shared name below"])
def test_the_database_is_blocked_and_nothing_else(leaf: str, said: dict) -> None:
    text = artefacts()[leaf].render(plan_of({**PLAIN, **said}))
    assert {host: BLOCKS[leaf](text, host) for host in CASES} == CASES
    stays = said is WITH_OPEN
    for host in ("status.shodan.io", "eu.status.shodan.io", "a.eu.status.shodan.io"):
        assert BLOCKS[leaf](text, host) is not stays


@pytest.mark.parametrize("leaf", LISTS)
@pytest.mark.parametrize("host", ["a.b.shodan.io", "x.anubisdb.com"])
def test_what_is_below_a_name_is_blocked_where_no_shared_name_is(leaf: str, host: str) -> None:
    assert BLOCKS[leaf](artefacts()[leaf].render(plan_of({**PLAIN, **WIDE})), host)


LABELS = st.sampled_from(["io", "test", "shodan", "crt", "a", "b", "example", "not-a", "x1"])
HOSTS = st.lists(LABELS, min_size=2, max_size=5).map(".".join)
SOME = st.lists(HOSTS, max_size=4).map(tuple)


@pytest.mark.parametrize("leaf", LISTS)
@given(names=SOME, exact=SOME, shared=SOME, host=HOSTS)
def test_shared_names_stay_open_and_only_named_ones_close(leaf, names, exact, shared, host) -> None:
    plan = replace(plan_of(PLAIN), names=names, exact=exact, shared=shared)
    text = artefacts()[leaf].render(plan)
    assert not any(BLOCKS[leaf](text, one) for one in shared)
    blocked = BLOCKS[leaf](text, host)
    allowed = host in exact or any(host == name or host.endswith("." + name) for name in names)
    assert allowed or not blocked
    if allowed and not any(one == host or host.endswith("." + one) or one.endswith(host) for one in shared):
        lost = [name for name in names if any(one.endswith("." + name) for one in shared)]
        listed = leaf.startswith("panos") and lost and host not in (*names, *exact)
        assert blocked or listed


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("shodan.io/path", "not a valid host name"),
        ("sho dan.io", "not a valid host name"),
        ("-a.example.com", "not a valid host name"),
        ("a_b.example.com", "not a valid host name"),
        ("*.shodan.io", "not a valid host name"),
        ("bücher.example.com", "not a valid host name"),
        ("ſhodan.io", "not a valid host name"),
        ("a..example.com", "not a valid host name"),
        ("", "not a valid host name"),
        ("x" * 64 + ".test", "not a valid host name"),
        (".".join(["a"] * 128), "not a valid host name"),
        ("crt.sh\n", "not a valid host name"),
        ("com", "top-level domain"),
        ("192.0.2.1", "an address"),
        ("2001:db8::1", "not a valid host name"),
    ],
)
def test_what_is_no_host_name_is_left_out_and_told(said: str, reason: str) -> None:
    plan = replace(plan_of(PLAIN), names=(said,), exact=(), shared=())
    found = block.names(plan)
    assert not found
    assert [why for what, why in found.left_out if what == said and reason in why]
    assert reason in artefacts()["squid-acl"].render(plan)


def test_names_are_put_in_order() -> None:
    plan = replace(
        plan_of(PLAIN), names=("Shodan.IO.", "api.shodan.io", "b.test"), exact=("b.test", "c.test")
    )
    found = block.names(replace(plan, shared=("C.test", "x.b.test", "google.test")))
    assert found.names == ("b.test", "shodan.io")
    assert found.exact == ()
    assert found.open == ("x.b.test",)
    assert found.below == ("api.shodan.io",)
    assert found.shared == ("c.test", "google.test", "x.b.test")


@pytest.mark.parametrize("leaf", LISTS)
def test_with_nothing_to_block_nothing_is_blocked(leaf: str) -> None:
    text = artefacts()[leaf].render(plan_of({**PLAIN, "names": [], "exact": [], "shared": ["github.com"]}))
    assert not any(BLOCKS[leaf](text, host) for host in (*CASES, "github.com"))
    assert "\nhttp_access" not in text
    if not leaf.startswith("panos"):
        assert "github.com" in text
        assert "nothing to block" in text


def test_suricata_numbers_are_stable_and_of_the_alert() -> None:
    render = artefacts()["suricata-rules"].render
    one, other = (suricata(render(plan_of({**PLAIN, "id": name}))) for name in ("GH-1", "GH-2"))
    assert one == suricata(render(plan_of({**PLAIN, "id": "GH-1"})))
    assert not {rule["sid"] for rule in one} & {rule["sid"] for rule in other}
    many = [f"n{number}.test" for number in range(90)]
    assert len(suricata(render(plan_of({**PLAIN, "names": many, "exact": []})))) == 270


def test_stix_is_valid_and_always_the_same() -> None:
    plan = plan_of({**PLAIN, **WITH_OPEN})
    text = artefacts()["stix-course"].render(plan)
    assert text == artefacts()["stix-course"].render(plan)
    bundle = stix2.parse(text, allow_custom=False)
    kinds = sorted(one.type for one in bundle.objects)
    assert kinds == ["attack-pattern", "course-of-action", "indicator", "relationship", "relationship"]
    assert len({one.id for one in bundle.objects}) == 5
    indicator = next(one for one in bundle.objects if one.type == "indicator")
    assert run_validator(indicator.pattern, stix_version="2.1") == []
    assert "jdoe" not in text
    assert "192.0.2.17" not in text


# --- hostile values


HOSTILE = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="'\"`|\\\n\r;#-/*$[](){}!% \u202e\u2028\x00\ud800ab", max_size=20),
    st.sampled_from(
        [
            "'; DROP TABLE x; --",
            '" | delete x //',
            "``` | outputlookup x ```",
            "x\\",
            "x\n. CNAME .",
            "x\nhttp_access allow all",
            "x\nallow.example.com",
            'x"; sid:1;)\nalert ip any any -> any any (sid:2;)',
            "`macro`",
            "[ search * ]",
            "$token$",
            "*",
            "http://example.com//x",
            "\x1b[2J",
            "*/ x /*",
        ]
    ),
)


def hostile(value: str) -> Containment:
    """The plain plan with one value everywhere a log or a person can write."""
    said = {
        **PLAIN,
        "id": value,
        "actor": {"user": value, "host": value, "ip": value},
        "accounts": ["jdoe", value],
        "hosts": ["ws-17.example.com", value],
        "ips": ["192.0.2.17", value],
        "clients": [["tool", "subfinder"], ["tool", value]],
        "targets": [["domain", "example.org", True], ["organisation", value, None]],
        "keys": ["hmac-sha256:0001", value],
        "databases": [value],
        "names": [*PLAIN["names"], value + "!"],
        "exact": ["crt.sh", value + "!"],
        "shared": ["github.com", value + "!"],
        "reason": value,
        "summary": value,
        "file": value,
        "case": value,
        "lake": value,
    }
    return plan_of(said)


def skeleton_sql(text: str) -> str:
    """The tokens of standard SQL without comments, every literal an S and every list of literals one S."""
    token = re.compile(r"--[^\n]*\n|('(?:[^']|'')*'|chr\(\d+\))|(\s+)|(.)", re.S)
    bare = "".join("S" if m[1] else " " if m[2] else m[3] or "" for m in token.finditer(text))
    bare = re.sub(r"\(S( \|\| S)+\)", "S", bare)
    return re.sub(r"S(, S)+", "S", bare)


def skeleton_kql(text: str) -> str:
    token = re.compile(r'//[^\n]*\n|(@"(?:""|[^"])*"|"(?:\\.|[^"\\\n])*")|(\s+)|(.)', re.S)
    bare = "".join("S" if m[1] else " " if m[2] else m[3] or "" for m in token.finditer(text))
    return re.sub(r"S(, S)+", "S", bare.replace("url_decode(S)", "S"))


def skeleton_spl(text: str) -> str:
    token = re.compile(r'```.*?```|("(?:\\.|[^"\\])*")|(\s+)|(.)', re.S)
    bare = "".join("S" if m[1] else " " if m[2] else m[3] or "" for m in token.finditer(text))
    bare = bare.replace("urldecode(S)", "S")
    bare = re.sub(r"(\w+=S)( OR \1)+", r"\1", bare)
    bare = re.sub(r"(mvcount\(split\(lower\(\w+\), S\)\) > 1)( OR \1)+", r"\1", bare)
    return re.sub(r"S(, S)+", "S", bare)


SKELETONS = {"hunt-duckdb": skeleton_sql, "hunt-kql": skeleton_kql, "hunt-spl": skeleton_spl}


@pytest.mark.parametrize("leaf", HUNTS)
@given(value=HOSTILE)
def test_no_value_breaks_out_of_its_literal(leaf: str, value: str) -> None:
    skeleton, render = SKELETONS[leaf], artefacts()[leaf].render
    assert skeleton(render(hostile(value))) == skeleton(render(hostile("plain")))


@pytest.mark.parametrize("leaf", HUNTS)
def test_the_tokenizers_notice_what_breaks_out(leaf: str) -> None:
    """A value pasted as it is changes what is left of the query."""
    text = artefacts()[leaf].render(hostile("plain"))
    quote = "'" if leaf == "hunt-duckdb" else '"'
    pasted = text.replace(f"{quote}plain{quote}", f"{quote}x{quote} | y{quote}", 1)
    assert pasted != text
    assert SKELETONS[leaf](pasted) != SKELETONS[leaf](text)


@given(value=HOSTILE)
def test_a_literal_means_its_value(value: str) -> None:
    whole = value.encode("utf-8", "replace").decode()
    statement = f"SELECT {block.sql(value)}"
    assert duckdb.execute(statement).fetchall() == [(whole,)]
    assert all(line.isprintable() for line in statement.split("\n"))
    for text in (block.percent(value, "f"), block.percent(value, "g")):
        assert re.fullmatch(r'"[A-Za-z0-9 ._@:/+-]*"|[fg]\("[A-Za-z0-9._@:%~-]*"\)', text)
        assert unquote(text.split('"')[1]) == whole


def outside(text: str, mark: str) -> list[str]:
    return [line for line in text.split("\n") if line and not line.startswith(mark + " ") and line != mark]


@pytest.mark.parametrize(("leaf", "mark"), [("squid-acl", "#"), ("rpz-zone", ";"), ("suricata-rules", "#")])
@given(value=HOSTILE)
def test_no_value_leaves_its_comment(leaf: str, mark: str, value: str) -> None:
    """What is not a comment is what it is for a harmless value, but for the name made from the alert's id."""
    texts = [artefacts()[leaf].render(hostile(one)) for one in (value, "plain")]
    slugs = [block.slug(hostile(one)) for one in (value, "plain")]
    got, plain = (
        [
            re.sub(r"sid:\d+", "", line.replace(slug, "ID").replace(slug.replace("-", "_"), "ID"))
            for line in rest
        ]
        for rest, slug in zip((outside(text, mark) for text in texts), slugs, strict=True)
    )
    assert got == plain
    for line in texts[0].split("\n"):
        assert line.isprintable()
        assert not line.endswith("\\")
    if leaf == "suricata-rules":
        assert len(suricata(texts[0])) == 6


@given(value=HOSTILE)
def test_lists_without_comments_hold_names_only(value: str) -> None:
    for leaf in ("panos-edl", "panos-edl-url"):
        text = artefacts()[leaf].render(hostile(value))
        assert text == artefacts()[leaf].render(hostile("plain"))
        assert all(re.fullmatch(r"(\^|\*\.)?[a-z0-9.-]+/?", line) for line in text.splitlines())
    steps = artefacts()["panos-steps"].render(hostile(value))
    assert outside(steps, "#") == []
    assert not [line for line in steps.split("\n") if not line.isprintable()]


@given(value=HOSTILE)
def test_the_request_keeps_its_lines(value: str) -> None:
    """A value cannot add a line, so it cannot forge an approval."""
    text = artefacts()["isolation-request"].render(hostile(value))
    assert all(line.isprintable() for line in text.split("\n"))
    begins = [line for line in text.split("\n") if line.startswith("Approved by:")]
    assert [line for line in begins if line.endswith("____________________")]
    forged = artefacts()["isolation-request"].render(hostile("x\nApproved by: the chief"))
    assert forged.count("\nApproved by:") == 1


@given(value=HOSTILE)
def test_stix_of_hostile_values_is_json_and_says_the_same(value: str) -> None:
    text = artefacts()["stix-course"].render(hostile(value))
    assert text.isascii()
    indicator = [one for one in json.loads(text)["objects"] if one["type"] == "indicator"]
    plain = json.loads(artefacts()["stix-course"].render(hostile("plain")))
    assert [one["pattern"] for one in indicator] == [
        one["pattern"] for one in plain["objects"] if one["type"] == "indicator"
    ]


# --- the request, and the hunts


def test_the_request_says_who_why_and_what_not_to_do() -> None:
    text = artefacts()["isolation-request"].render(plan_of(PLAIN))
    for said in (
        "jdoe", "ws-17.example.com", "192.0.2.17", "2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z", "shodan",
        "example.org (ours)", "proxy/access.log:1207", "9f86d081", "11 more", "+70  breadth-3", "subfinder",
        "Do not switch the machine off", "Approved by:", "Lifted by:", "paths within TLS",
    ):  # fmt: skip
        assert said in text
    nameless = plan_of({**PLAIN, "hosts": [], "accounts": [], "actor": {"ip": "192.0.2.17"}})
    text = artefacts()["isolation-request"].render(nameless)
    assert "The logs name no machine" in text
    assert "Accounts: not known from the logs" in text


def asked(plan: Containment) -> list[list[tuple]]:
    """The answers of each SELECT in the file."""
    connection = duckdb.connect()
    statements = connection.extract_statements(artefacts()["hunt-duckdb"].render(plan))
    answers = [connection.execute(one).fetchall() for one in statements]
    return answers[1:]


@pytest.mark.parametrize("name", ["home", "it's [a] *home?"])
def test_the_sql_finds_in_a_real_lake_what_it_is_meant_to(name: str, tmp_path: Path) -> None:
    home = tmp_path / name
    jdoe = {"user": "EXAMPLE\\JDoe", "ip": "192.0.2.17", "host": "WS-17"}
    asks = {"targets": (Target("domain", "Example.org"),)}
    acts = [
        (BEGAN - 20 * DAY, "crtsh", jdoe),
        (BEGAN, "shodan", {**jdoe, **asks, "key_fingerprint": "hmac-sha256:0001"}),
        (ENDED + DAY, "shodan", {"user": "jdoe@example.com", "ip": "192.0.2.80"}),
        (BEGAN - 40 * DAY, "shodan", jdoe),
        (BEGAN + HOUR, "censys", {"user": "mroe", "ip": "192.0.2.30", **asks}),
        (BEGAN + HOUR, "shodan", {"user": "svc", "ip": "192.0.2.31", "key_fingerprint": "hmac-sha256:0001"}),
        (BEGAN + HOUR, "shodan", {"ip": "192.0.2.32", "client": Client("tool", "subfinder")}),
        (BEGAN + HOUR, "shodan", {"user": "guest", "ip": "192.0.2.17"}),
        (BEGAN + HOUR, "shodan", {"user": "other", "ip": "192.0.2.99"}),
    ]
    lookups = [lookup(time, kind, number, **said) for number, (time, kind, said) in enumerate(acts)]
    with store.writing(home) as lake:
        batch.commit(lake, Draft(lookups=[(uid_of(x), node(x), x) for x in lookups]))
    actor, targets, keys, clients, places = asked(plan_of({**PLAIN, "lake": str(home / "lake")}))
    assert [(row[0], row[1], row[2], row[5]) for row in actor] == [
        ("before", 20261031, "crtsh", 1),
        ("during", 20261120, "shodan", 2),
        ("after", 20261121, "shodan", 1),
    ]
    assert [row[0] for row in targets] == ["mroe"]
    assert sorted(row[1] for row in keys) == ["EXAMPLE\\JDoe", "svc"]
    assert [row[3] for row in clients] == ["192.0.2.32"]
    assert [row[0] for row in places] == ["guest"]


def test_the_sql_of_hostile_values_runs(tmp_path: Path) -> None:
    with store.writing(tmp_path) as lake:
        one = lookup(BEGAN, "shodan", 1, user="x'); DROP VIEW glasshouse_lookups; --", ip="192.0.2.1")
        batch.commit(lake, Draft(lookups=[(uid_of(one), node(one), one)]))
    plan = replace(hostile("x'); DROP VIEW glasshouse_lookups; --"), lake=str(tmp_path / "lake"))
    actor, *_rest = asked(plan)
    assert [row[2] for row in actor] == ["shodan"]


def test_what_the_alert_does_not_say_is_not_asked() -> None:
    nothing = {"accounts": [], "hosts": [], "ips": [], "clients": [], "targets": [], "keys": [], "actor": {}}
    for leaf, count in (("hunt-duckdb", 5), ("hunt-kql", 4), ("hunt-spl", 4)):
        text = artefacts()[leaf].render(plan_of({**PLAIN, **nothing}))
        assert text.count("not asked, the alert does not say which") == count


def spl_names(text: str, host: str) -> bool:
    listed, never = re.search(r"DNS\.query IN \(([^)]*)\)(?: NOT DNS\.query IN \(([^)]*)\))?", text).groups(
        ""
    )
    return any(fnmatchcase(host, one) for one in re.findall(r'"([^"]*)"', listed)) and not any(
        fnmatchcase(host, one) for one in re.findall(r'"([^"]*)"', never)
    )


def kql_names(text: str, host: str) -> bool:
    wanted, never = (re.search(rf'let {name} = @"([^"]*)";', text)[1] for name in ("Databases", "Open"))
    return bool(re.search(wanted, host)) and not re.search(never, host)


@pytest.mark.parametrize(("leaf", "names"), [("hunt-kql", kql_names), ("hunt-spl", spl_names)])
def test_the_hunts_look_at_the_databases_and_nothing_else(leaf, names) -> None:
    text = artefacts()[leaf].render(plan_of({**PLAIN, **WITH_OPEN}))
    assert {host: names(text, host) for host in CASES} == CASES
    assert not names(text, "status.shodan.io")
    only_shared = artefacts()[leaf].render(plan_of({**PLAIN, "names": [], "exact": []}))
    assert names(only_shared, "github.com")
    assert not names(only_shared, "www.github.com")


def test_the_hunts_name_the_tables_and_the_times() -> None:
    kql, spl = (artefacts()[leaf].render(plan_of(PLAIN)) for leaf in ("hunt-kql", "hunt-spl"))
    tables = ("DeviceNetworkEvents", "DnsEvents", "CommonSecurityLog", "DeviceProcessEvents")
    assert all(f"\n{table}" in kql or f"({table}" in kql for table in tables)
    assert "datetime(2026-10-21T09:00:00Z)" in kql
    models = ("Network_Resolution.DNS", "Web.Web", "Endpoint.Processes")
    assert all(f"datamodel={model}\n" in spl for model in models)
    assert "earliest=1792573200 latest=1797760801" in spl


@pytest.mark.parametrize("time", [-(10**18), 0, 10**18, 10**30])
def test_any_time_can_be_written(time: int) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", block.iso(time))
