"""``glasshouse exposure`` as people meet it: every command, wrong words, empty homes, proof of evidence."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import office_samples as samples
from glasshouse.asking import Subject
from glasshouse.cli.main import app
from glasshouse.errors import GlasshouseError, UsageError
from glasshouse.lake import observations, store
from glasshouse.observed import Answer, Certificate, DnsRecord, Registration, Service
from glasshouse.office import audit, exposed, sealed, signing

RUN = CliRunner()
HOUR, DAY = 3_600_000_000, 86_400_000_000
T0 = 1_790_000_000_000_000  # 2026-09-21
T1 = T0 + 7 * DAY
DOMAIN, ADDRESS, SHOP = "example.test", "203.0.113.10", "shop-example.test"
ANA, CISO, CAB, JO = "ana.admin", "ciso.name", "cab.chair", "jo.owner"
INVENTORY = f"""\
domains: [{{value: {DOMAIN}, owner: web team, criticality: high}}]
addresses: [{{value: {ADDRESS}, owner: web team}}]
"""
CHANGES = f"""\
change,title,start,end,approved,approved_by,state,requested_by,assets
C-1,Move mail,2026-09-27,2026-09-29,yes,{CAB},done,{JO},mail.{DOMAIN}
"""
EVIL = "evil\x1b[2J\u202e=cmd|calc"
FIRST = {
    ("dns", "domain", DOMAIN): (
        DnsRecord(name=DOMAIN, type="A", data=ADDRESS, live=True),
        DnsRecord(name=f"old.{DOMAIN}", type="CNAME", data="elsewhere.test", live=True),
    ),
    ("crtsh", "domain", DOMAIN): (
        Certificate(serial="1f", issuer="CN=Example CA", names=(f"www.{DOMAIN}",), logged=T0 - 90 * DAY,
                    not_before=T0 - 90 * DAY, not_after=T0 + 90 * DAY),
    ),
    ("whois", "domain", DOMAIN): (Registration(object="domain", name=DOMAIN, registrar="Registrar One"),),
    ("internetdb", "ip", ADDRESS): (
        Service(ip=ADDRESS, port=22, protocol="ssh", product=EVIL),
        Service(ip=ADDRESS, port=443),
    ),
}  # fmt: skip
SECOND = {
    **FIRST,
    ("dns", "domain", DOMAIN): (
        FIRST["dns", "domain", DOMAIN][0],
        DnsRecord(name=DOMAIN, type="MX", data=f"10 mail.{DOMAIN}", live=True),
    ),
    ("crtsh", "domain", DOMAIN): (
        *FIRST["crtsh", "domain", DOMAIN],
        Certificate(serial="2f", issuer="CN=Other CA,O=Other", names=(SHOP, f"vpn.{DOMAIN}"),
                    logged=T1 - HOUR),
    ),
}  # fmt: skip


def put(home, time, day, blind=()):
    """One survey; collectors that are blind fail."""
    with store.writing(home) as lake:
        run_ = observations.begin(lake, time, "asked")
        answers = [
            Answer(
                collector=name, database=name, subject=Subject(kind, value), time=time, requests=1,
                status="failed" if name in blind else "complete",
                reason="answers 503" if name in blind else "",
                facts=() if name in blind else tuple((f"{n:064x}", fact) for n, fact in enumerate(facts)),
            )
            for (name, kind, value), facts in day.items()
        ]  # fmt: skip
        assert list(observations.add(lake, run_, answers)) == answers


def settle(home, more=""):
    home.mkdir(exist_ok=True)
    (home / "inventory.yml").write_text(INVENTORY)
    (home / "changes.csv").write_text(CHANGES)
    paths = json.dumps([str(home / "inventory.yml"), str(home / "changes.csv")])
    (home / "glasshouse.toml").write_text(f"[know]\npaths = {paths}\nstale_days = 9999\n{more}")
    return home


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    home = settle(tmp_path_factory.mktemp("exposure") / "home")
    put(home, T0, FIRST)
    put(home, T1, SECOND, blind=("whois",))
    return home


@pytest.fixture
def home(made, tmp_path):
    shutil.copytree(made, tmp_path / "home")
    return settle(tmp_path / "home")


def invoked(*words, code=0):
    done = RUN.invoke(app, [*words])
    if isinstance(done.exception, GlasshouseError):
        assert done.exception.exit_code == code, done.exception
        assert code != 2 or done.exception.next_step, "an error without a next step"
        return str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == code, done.output
    return done.output


def run(home, *words, code=0):
    return invoked(*words, "--home", str(home), code=code)


def finding(home, check="admin-port"):
    told = json.loads(run(home, "exposure", "list", "-f", "json"))
    return next(one["id"] for one in told["findings"] if one["check"] == check)


ACCEPT = ("--owner", CISO, "--reason", "moves soon", "--by", ANA)
SOON = "2026-12-31"
COMMANDS = {
    "list": (), "show": (DOMAIN,), "diff": (), "unknown": (), "scope": (DOMAIN,), "register": (),
    "adopt": (SHOP, "--owner", CISO, "--reason", "ours"), "disown": (SHOP, "--reason", "not ours"),
    "forget": (SHOP, "--reason", "undecided"), "accept-risk": ("F-1", *ACCEPT, "--until", SOON),
    "end-risk": ("F-1", "--reason", "no"), "review": ("--note", "looked"),
}  # fmt: skip


def test_every_command_is_here():
    inside = re.findall(r"^  ([a-z-]+)  ", invoked("exposure", "--help"), re.MULTILINE)
    assert set(inside) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    said = invoked("exposure", command, "--help")
    assert f"exposure {command}" in said and "--home" in said and "Traceback" not in said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("state", ["empty", "no survey", "nothing ours"])
def test_a_home_where_nothing_is_to_be_seen_says_what_to_do(command, state, tmp_path):
    home = tmp_path / "home"
    if state != "empty":
        settle(home)
        if state == "nothing ours":
            put(home, T0, FIRST)
            (home / "inventory.yml").unlink()
            (home / "glasshouse.toml").write_text("")
    if state == "nothing ours" and command == "review":
        assert "review 1" in run(home, "exposure", command, *COMMANDS[command])
        return
    said = run(home, "exposure", command, *COMMANDS[command], code=2)
    assert said and not (home / "decisions.db").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("list", "-f", "pdf"), "no format pdf"),
        (("list", "--at", "9"), "no survey 9"),
        (("list", "--at", "-2"), "no survey -2"),
        (("list", "--at", "yesterday"), "no survey yesterday"),
        (("list", "--since", "x"), "no survey x"),
        (("show", "F-000000000000"), "no finding F-000000000000"),
        (("show", "F-"), "begins"),
        (("show", "other.test"), "no finding and nothing of ours"),
        (("show", EVIL), "no finding and nothing of ours"),
        (("diff", "-f", "csv"), "no format csv here"),
        (("unknown", "-f", "csv"), "no format csv here"),
        (("scope", "not a name"), "neither a name nor an address"),
        (("scope", "other.test"), "nothing is known of other.test"),
        (("register", "--key", "x.pub"), "goes with --verify"),
        (("register", "--verify", "/no/such/folder"), "no such folder"),
        (("register", "--verify", "/tmp", "-o", "/tmp/x"), "checks a folder and writes none"),
        (("adopt", "other.test", "--owner", "x", "--reason", "y"), "no candidate other.test"),
        (("adopt", SHOP, "--owner", " ", "--reason", "y"), "does not say who owns it"),
        (("adopt", SHOP, "--owner", "x", "--reason", " "), "does not say why"),
        (("disown", DOMAIN, "--reason", "y"), f"no candidate {DOMAIN}"),
        (("forget", SHOP, "--reason", "y"), "nobody adopted or disowned"),
        (("end-risk", "F-1", "--reason", "y"), "no accepted risk of F-1"),
        (("accept-risk", "F-1", *ACCEPT, "--until", SOON), "no finding F-1"),
        (("accept-risk", "F-1", *ACCEPT, "--until", "soon"), "'soon' is not a day"),
        (("accept-risk", "F-1", *ACCEPT, "--until", ""), "'' is not a day"),
        (("review", "other.test", "--note", "x"), "other.test is not ours"),
        (("review", "--note", " "), "does not say why"),
    ],
)
def test_what_cannot_be_done_is_said_with_a_next_step(home, words, says):
    assert says in run(home, "exposure", *words, code=2)


@pytest.mark.parametrize("command", ["run", "plan", "import", "list", "collectors"])
def test_the_survey_explains_itself(command):
    assert f"survey {command}" in invoked("survey", command, "--help")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "--collector", "nonsense"), "no collector nonsense"),
        (("plan", "--collector", "nonsense"), "no collector nonsense"),
        (("import", "x", "--collector", "nonsense"), "no collector nonsense"),
        (("import", "x", "--about", "planet:mars"), "names no asset"),
        (("import", "x", "--about", "ip:999"), "'999' is"),
        (("import", "x", "--about", "domain:other.test"), "is not in the inventory"),
        (("import", "x", "--at", "soon"), "soon"),
    ],
)
def test_a_survey_that_cannot_be_made_says_why(home, words, says):
    done = RUN.invoke(app, ["survey", *words, "--home", str(home)])
    assert isinstance(done.exception, GlasshouseError) and done.exception.exit_code in (2, 3)
    assert says in str(done.exception) and done.exception.next_step


def test_a_risk_is_borne_for_a_year_at_most(home):
    name = finding(home)
    for until, says in (("2020-01-01", "ends before now"), ("2999-01-01", "longer than a year")):
        assert says in run(home, "exposure", "accept-risk", name, *ACCEPT, "--until", until, code=2)


def test_list_in_every_format(home, tmp_path):
    from glasshouse.leaf import exposure_sinks

    assert {"table", "json", "csv", "html"} <= set(exposure_sinks())
    for form, sink in exposure_sinks().items():
        file = tmp_path / f"report{sink.SUFFIX}"
        run(home, "exposure", "list", "-f", form, "-o", str(file))
        text = file.read_text("utf-8")
        assert text and "\x1b" not in text and "\u202e" not in text
        assert "already exists" in run(home, "exposure", "list", "-f", form, "-o", str(file), code=2)


def test_diff_says_what_changed_by_asset_and_database(home):
    said = run(home, "exposure", "diff")
    assert f"{DOMAIN} (domain, high criticality), owner web team" in said
    assert f"approved: new DNS record: {DOMAIN} MX 10 mail.{DOMAIN}" in said and "record: C-1" in said
    assert "suspicious: new certificate" in said and "gone DNS record: old.example.test CNAME" in said
    assert "could not be seen: whois failed for 1 asset" in said
    told = json.loads(run(home, "exposure", "diff", "-f", "json"))
    assert told["at"].startswith("2026-09-28") and told["before"].startswith("2026-09-21")
    assert {one["verdict"] for one in told["changes"]} == {"approved", "suspicious", "unmanaged"}
    assert any(one["collector"] == "whois" and one["status"] == "failed" for one in told["blind"])
    assert "no earlier survey" in run(home, "exposure", "diff", "--at", "1")
    assert run(home, "exposure", "diff", "--at", "2", "--since", "1") == said
    assert run(home, "exposure", "diff", "--since", "-1") == said


def test_candidates_come_with_their_chain_and_commands_that_work(home):
    said = run(home, "exposure", "unknown")
    assert f"Certificate 2f names vpn.{DOMAIN}, which is ours, and {SHOP}." in said
    command = re.search(r"ours\?      glasshouse (.*)", said)[1]
    words = command.replace("WHO", "shop").replace("WHY", "bought").split()
    assert f"{SHOP} is ours now" in invoked(*words)
    assert SHOP not in run(home, "exposure", "unknown")
    told = json.loads(run(home, "exposure", "unknown", "-f", "json"))
    assert told["at"].startswith("2026-09-28") and SHOP not in {one["value"] for one in told["candidates"]}


def test_show_a_finding_or_all_of_an_asset(home):
    name = finding(home)
    page = run(home, "exposure", "show", name)
    assert "SSH" in page and "web team" in page and "\x1b" not in page and "score" in page
    assert run(home, "exposure", "show", name[:8].lower()) == page
    assert page in run(home, "exposure", "show", ADDRESS)
    many = run(home, "exposure", "show", DOMAIN)
    assert many.count("Why this priority") > 1
    quiet = run(home, "exposure", "show", f"quiet.{DOMAIN}")
    assert "no finding about quiet.example.test in what could be seen" in quiet and "could not" in quiet


def test_scope_is_all_about_one_name_in_order(home, tmp_path):
    said = run(home, "exposure", "scope", f"VPN.{DOMAIN}.")
    assert said.startswith(f"Scoping sheet: vpn.{DOMAIN}") and "certificate 2f" in said
    assert f"{SHOP}: in one certificate with it" in said and "whois failed" in said
    old = run(home, "exposure", "scope", f"old.{DOMAIN}")
    assert "elsewhere.test: it points there" in old
    address = run(home, "exposure", "scope", ADDRESS)
    assert "22/tcp" in address and f"{DOMAIN}: points to it" in address
    assert "\x1b" not in address and "\u202e" not in address
    assert "22/tcp" in run(home, "exposure", "scope", DOMAIN), "the ports of where a name points"
    file = tmp_path / "sheet.txt"
    run(home, "exposure", "scope", ADDRESS, "-o", str(file))
    assert file.read_text() == address


# The register, signed.


def rows(folder):
    _, *found = map(json.loads, (folder / "register.jsonl").read_text().splitlines())
    return {one["thing"]: one for one in found}


def kept(home, name="register", *words):
    folder = home.parent / name
    run(home, "exposure", "register", "-o", str(folder), *words)
    return folder


def test_the_register_says_who_approved_what(home):
    found = rows(kept(home))
    mail = found[f"{DOMAIN} MX 10 mail.{DOMAIN}"]
    assert (mail["approval"], mail["approved_by"], mail["owner"]) == ("C-1", CAB, "web team")
    assert found["2f other ca"]["approval"] == "UNAPPROVED"
    assert found[f"domain {DOMAIN}"]["approval"] == "expected", (
        "blind is not gone, and the inventory names it"
    )
    # It stood there at the first look, in the window of no record; a later look by others is no approval.
    assert found[f"{DOMAIN} A {ADDRESS}"]["approval"] in ("UNAPPROVED", "expected")
    assert f"old.{DOMAIN} CNAME elsewhere.test" not in found, "what is gone is public no more"
    assert all(one["last_review"] is None and one["reviewer"] is None for one in found.values())


def test_standing_there_at_the_first_look_is_no_approval(home):
    changes = CHANGES + f"C-0,Open SSH,2026-09-20,2026-09-22,yes,{CAB},done,{JO},{ADDRESS}\n"
    (home / "changes.csv").write_text(changes)
    row = rows(kept(home))[f"{ADDRESS} 443/tcp"]
    assert (
        row["approval"] == "UNAPPROVED" and "C-0 names it, but nothing says that it came by it" in row["note"]
    )


def test_a_review_counts_until_the_thing_changes(home):
    assert "review 1: everything that is public, by ana.admin" in run(
        home, "exposure", "review", "--note", "all in order", "--by", ANA
    )
    found = rows(kept(home))
    assert {one["reviewer"] for one in found.values()} == {ANA}
    put(
        home,
        samples.NOW + 30 * DAY,
        {**SECOND, ("internetdb", "ip", ADDRESS): (Service(ip=ADDRESS, port=8443),)},
    )
    later = rows(kept(home, "later"))
    assert later[f"{ADDRESS} 8443/tcp"]["reviewer"] is None, "it came after the review"
    assert later[f"{DOMAIN} A {ADDRESS}"]["reviewer"] == ANA
    reviews = [
        json.loads(line) for line in (home.parent / "later" / "reviews.jsonl").read_text().splitlines()
    ]
    assert [(one["by"], one["about"], one["note"]) for one in reviews] == [(ANA, "*", "all in order")]
    assert "review" in run(home, "audit", "list") and "whole" in run(home, "audit", "verify")


def test_a_review_of_one_asset_is_of_that_only(home):
    run(home, "exposure", "review", ADDRESS, "--note", "ports looked through", "--by", ANA)
    found = rows(kept(home))
    by = {name: one["reviewer"] for name, one in found.items()}
    assert by[f"{ADDRESS} 22/tcp"] == ANA and by[f"domain {DOMAIN}"] is None


def test_the_register_proves_itself_without_home_or_network(home, tmp_path):
    folder, public = kept(home), tmp_path / "trusted.pub"
    shutil.copy(home / "audit.pub", public)
    shutil.rmtree(home)
    said = invoked("exposure", "register", "--verify", str(folder), "--key", str(public))
    assert said.startswith("whole: 6 files; ") and "unapproved" in said and "not_seen" in said
    assert "proves nothing" in invoked("exposure", "register", "--verify", str(folder))
    texts = {path.name: path.read_text() for path in folder.iterdir()}
    assert "whois" in texts["not-seen.jsonl"]
    assert "UNAPPROVED" in texts["unapproved.csv"] and ",C-1," not in texts["unapproved.csv"]


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_register_is_checked_by_hand_as_its_readme_says(home):
    folder = kept(home)
    readme = (folder / "README.txt").read_text()
    commands = re.findall(r"^  ((?:base64|openssl) .*)$", readme, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        subprocess.run(["sh", "-c", command], cwd=folder, check=True, capture_output=True)
    sums = json.loads((folder / "manifest.json").read_text())["sha256"]
    told = subprocess.run(
        ["sha256sum", "register.jsonl"], cwd=folder, check=True, capture_output=True, text=True
    )
    assert told.stdout.split()[0] == sums["register.jsonl"]


def _edit(folder):
    file = folder / "register.csv"
    file.write_text(file.read_text().replace("UNAPPROVED", "C-1"))


def _manifest(folder):
    file = folder / "manifest.json"
    file.write_text(re.sub(r'"unapproved":\d+', '"unapproved":0', file.read_text()))


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (_edit, "register.csv was changed"),
        (_manifest, "not signed by this key"),
        (lambda folder: (folder / "reviews.jsonl").unlink(), "reviews.jsonl is missing"),
        (lambda folder: (folder / "more.csv").write_text("x"), "more.csv is not in the manifest"),
        (lambda folder: (folder / "sub").mkdir(), "sub has no place there"),
        (lambda folder: (folder / "manifest.sig").unlink(), "not a signed register"),
        (lambda folder: (folder / "manifest.sig").write_bytes(b"\xff\x00"), "not signed by this key"),
    ],
    ids=["edited", "manifest", "removed", "added", "folder", "unsigned", "garbage"],
)
def test_every_harm_to_the_register_is_found(home, harm, says):
    folder = kept(home)
    harm(folder)
    said = invoked("exposure", "register", "--verify", str(folder), code=1)
    assert says in said and "NOT WHOLE" in said


def test_a_register_signed_by_another_is_not_ours(home, tmp_path):
    folder = kept(home)
    other = tmp_path / "other"
    other.mkdir()
    signing.signer(other)
    said = invoked("exposure", "register", "--verify", str(folder), "--key", str(other / "audit.pub"), code=1)
    assert "not signed by this key" in said


def test_a_register_goes_into_a_new_folder_only(home):
    folder = kept(home)
    assert "is not empty" in run(home, "exposure", "register", "-o", str(folder), code=2)
    file = home.parent / "file"
    file.write_text("x")
    run(home, "exposure", "register", "-o", str(file), code=5)
    assert run(home, "exposure", "register").startswith("kind,thing,says,owner")


def test_that_a_register_was_written_stands_in_the_trail(home):
    folder = kept(home, "register", "--by", ANA)
    entry = json.loads(run(home, "audit", "list", "-f", "jsonl").splitlines()[-1])
    assert (entry["act"], entry["subject"], entry["actor"]) == ("export", "exposure register", ANA)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert json.loads(entry["details"])["manifest_sha256"] == sealed.digest(files)


SIGNER = signing.Signer(Ed25519PrivateKey.generate())


@given(data=st.data())
def test_no_byte_of_sealed_files_can_be_another(data):
    signer = SIGNER
    names = st.from_regex(sealed.NAME, fullmatch=True).filter(lambda name: name not in sealed.OWN)
    files = data.draw(st.dictionaries(names, st.binary(max_size=50), min_size=1, max_size=4))
    made = sealed.sealed(files, {"at": "now", "entries": 3}, signer)
    assert sealed.check(made).whole and sealed.check(made, signer.public).whole
    assert sealed.sealed(files, {"at": "now", "entries": 3}, signer) == made
    name = data.draw(st.sampled_from([one for one in made if made[one]]))
    at = data.draw(st.integers(0, len(made[name]) - 1))
    changed = bytearray(made[name])
    changed[at] ^= data.draw(st.integers(1, 255))
    found = sealed.check({**made, name: bytes(changed)}, signer.public)
    # Space around a signature says nothing; everything else does.
    same = name == "manifest.sig" and bytes(changed).strip() == made[name].strip()
    assert found.whole == same


# People's names.


def outputs(home):
    folder = kept(home)
    files = "".join(path.read_text() for path in folder.iterdir() if path.name != "audit.pub")
    commands = (
        ("list",), ("list", "--all"), ("list", "-f", "json"),
        ("diff",), ("diff", "-f", "json"), ("unknown",),
        ("show", finding(home)), ("show", SHOP), ("scope", DOMAIN), ("register",),
    )  # fmt: skip
    return files + "".join(run(home, "exposure", *words) for words in commands)


def decided(home):
    run(home, "exposure", "accept-risk", finding(home), *ACCEPT, "--until", SOON)
    run(home, "exposure", "adopt", SHOP, "--owner", CISO, "--reason", f"{JO} asked", "--by", ANA)
    run(home, "exposure", "review", "--note", f"with {CISO}", "--by", ANA)


def test_names_of_staff_are_tokens_where_the_settings_say_so(home):
    decided(home)
    plain = outputs(home)
    assert all(name in plain for name in (ANA, CISO, CAB))
    shutil.rmtree(home.parent / "register")
    settle(home, "[privacy]\npseudonymise = true\n")
    covered = outputs(home)
    assert not [name for name in (ANA, CISO, CAB, JO) if name in covered]
    assert re.search(r"accepted by user-[0-9a-z]{8} for user-[0-9a-z]{8}", covered)
    assert DOMAIN in covered and "web team" in covered and SHOP in covered
    trail = run(home, "audit", "list", "-f", "jsonl")
    details = [json.loads(line)["details"] for line in trail.splitlines()]
    assert not [one for one in details for name in (ANA, CISO, JO) if name in one], "the trail outlives them"


# Decisions, in both databases.


@pytest.fixture(params=samples.KINDS)
def office(request, tmp_path):
    with samples.opened(request.param, tmp_path) as made:
        yield made


def add(office, kind, subject, time=samples.NOW, **said):
    said = {"owner": "", "until": None, "type_": "", **said}
    with office.transaction() as conn:
        return exposed.add(conn, kind, subject, "ana", time, "because", **said)


def standing(office):
    with office.reading() as conn:
        return exposed.standing(conn)


def test_the_last_word_about_a_subject_stands(office):
    first = add(office, "adopt", SHOP, owner="shop team", type_="domain")
    assert standing(office) == {SHOP: first}
    (asset,) = exposed.assets(standing(office).values())
    assert (asset.type, asset.value, asset.owner) == ("domain", SHOP, "shop team")
    assert "ana" not in asset.origin
    add(office, "review", SHOP)
    assert standing(office) == {SHOP: first}, "a review decides nothing"
    second = add(office, "disown", SHOP, type_="domain")
    assert standing(office) == {SHOP: second} and exposed.assets([second]) == ()
    add(office, "forget", SHOP)
    assert standing(office) == {}
    with office.reading() as conn:
        assert [one.kind for one in exposed.deeds(conn, SHOP)] == ["adopt", "review", "disown", "forget"]
        assert [one.number for one in exposed.deeds(conn)] == [1, 2, 3, 4]
        assert [one.kind for one in exposed.reviews(conn)] == ["review"]
        assert exposed.staff(conn) == {"ana", "shop team"}
        acts = [one.act for one in audit.entries(conn)]
    assert acts == ["adopt", "review", "disown", "forget"]


def test_a_decision_that_lacks_something_is_not_kept(office):
    year = samples.NOW + 365 * DAY
    wrong = (
        ("adopt", SHOP, {}), ("adopt", " ", {"owner": "x"}), ("accept", "F-1", {"owner": "x"}),
        ("accept", "F-1", {"until": year}), ("accept", "F-1", {"owner": "x", "until": year + 1}),
        ("accept", "F-1", {"owner": "x", "until": samples.NOW}),
    )  # fmt: skip
    for kind, subject, said in wrong:
        with pytest.raises(UsageError):
            add(office, kind, subject, **said)
    assert standing(office) == {}
    assert add(office, "accept", "F-1", owner="x", until=year).number == 1
    with office.reading() as conn:
        assert audit.count(conn) == 1


def test_hostile_words_are_kept_as_harmless_ones(office):
    made = add(office, "accept", f"F-1{EVIL}\n", owner=EVIL, until=samples.NOW + DAY)
    assert "\x1b" not in made.subject + made.owner and "\n" not in made.subject
    (kept_,) = standing(office).values()
    assert kept_ == made
