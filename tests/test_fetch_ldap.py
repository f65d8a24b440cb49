"""The LDAP fetcher against a real slapd on loopback: TLS, pages, both kinds of directory, what goes wrong."""

from __future__ import annotations

import datetime
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from glasshouse.errors import ReadError
from glasshouse.know.fetch import ldap
from glasshouse.know.parse_directory import Entry, Groups, first_name, keys, machine, people
from glasshouse.known import Machine, Person
from glasshouse.records import Trouble

EXAMPLES = Path(__file__).parent / "examples" / "fetchers" / "ldap"
SLAPD = shutil.which("slapd") or shutil.which("/usr/sbin/slapd")
SCHEMAS = Path("/etc/ldap/schema")
PASSWORD = "not-a-secret"
MANY = 1203  # more than two pages

real = pytest.mark.skipif(not SLAPD or not SCHEMAS.exists(), reason="slapd is not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificates(folder):
    """An authority and a certificate for localhost; files ca.pem, cert.pem, key.pem."""
    now = datetime.datetime.now(datetime.UTC)

    def make(name, key, issuer, signer, ca, more=()):
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        for extension in more:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(signer, hashes.SHA256())

    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(make("Test CA", authority, "Test CA", authority, True).public_bytes(pem))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    (folder / "cert.pem").write_bytes(
        make("localhost", own, "Test CA", authority, False, (names,)).public_bytes(pem)
    )
    (folder / "key.pem").write_bytes(
        own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def configuration(folder):
    lines = [f"include {SCHEMAS}/{name}.schema" for name in ("core", "cosine", "inetorgperson", "nis")]
    lines += [
        f"include {EXAMPLES}/active-directory.schema",
        "modulepath /usr/lib/ldap",
        "moduleload back_mdb",
    ]
    lines += [f"pidfile {folder}/pid", f"TLSCACertificateFile {folder}/ca.pem"]
    lines += [f"TLSCertificateFile {folder}/cert.pem", f"TLSCertificateKeyFile {folder}/key.pem"]
    # 700 entries at most, also with pages, below dc=few; elsewhere as many as there are
    for number, suffix in enumerate(
        ("dc=example,dc=com", "dc=ad,dc=test", "dc=many,dc=test", "dc=few,dc=test")
    ):
        (folder / str(number)).mkdir()
        limit = (
            "size.soft=700 size.hard=700 size.pr=500 size.prtotal=700" if "few" in suffix else "size.pr=500"
        )
        lines += ["database mdb", f'suffix "{suffix}"', f'rootdn "cn=root,{suffix}"', f"rootpw {PASSWORD}"]
        lines += [
            f"directory {folder}/{number}",
            f"limits * {limit}",
            "access to * by anonymous auth by users read",
        ]
        if suffix == "dc=example,dc=com":
            lines[-1] = "access to * by * read"
    (folder / "slapd.conf").write_text("\n".join(lines) + "\n")


def crowd(suffix):
    """A directory too large for one page; its reader can log in."""
    yield f"dn: {suffix}\nobjectClass: domain\ndc: {suffix[3:7].rstrip(',')}\n"
    for n in range(MANY):
        yield f"dn: uid=u{n},{suffix}\nobjectClass: inetOrgPerson\nuid: u{n}\ncn: u{n}\nsn: u{n}"
        yield f"userPassword: {PASSWORD}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Ports of ldap and ldaps and the folder with the authority."""
    folder = tmp_path_factory.mktemp("slapd")
    certificates(folder)
    configuration(folder)
    for suffix in ("dc=many,dc=test", "dc=few,dc=test"):
        (folder / f"{suffix}.ldif").write_text("\n".join(crowd(suffix)))
    for suffix, file in (
        ("dc=example,dc=com", EXAMPLES / "directory.ldif"),
        ("dc=ad,dc=test", EXAMPLES / "active-directory.ldif"),
        ("dc=many,dc=test", folder / "dc=many,dc=test.ldif"),
        ("dc=few,dc=test", folder / "dc=few,dc=test.ldif"),
    ):
        command = [SLAPD, "-T", "add", "-q", "-f", folder / "slapd.conf", "-b", suffix, "-l", file]
        subprocess.run(command, check=True, capture_output=True)
    plain, tls = free_port(), free_port()
    process = subprocess.Popen(
        [
            SLAPD,
            "-d",
            "0",
            "-f",
            folder / "slapd.conf",
            "-h",
            f"ldap://127.0.0.1:{plain} ldaps://127.0.0.1:{tls}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait(plain, process)
        wait(tls, process)
        yield plain, tls, folder
    finally:
        process.terminate()
        process.wait(20)


def wait(port, process):
    for _ in range(100):
        assert process.poll() is None, "slapd did not start"
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("slapd does not answer")


def options(server, base="dc=example,dc=com", scheme="ldaps", **more):
    plain, tls, folder = server
    said = {
        "url": f"{scheme}://localhost:{tls if scheme == 'ldaps' else plain}",
        "base": base,
        "user": f"cn=root,{base}",
        "password": PASSWORD,
        "ca": str(folder / "ca.pem"),
    }
    return {**said, **more}


def fetched(said):
    facts = list(ldap.fetch(said))
    people = {one.account: one for one in facts if isinstance(one, Person)}
    machines = {one.host: one for one in facts if isinstance(one, Machine)}
    return people, machines, [one for one in facts if isinstance(one, Trouble)]


@real
@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_openldap(server, scheme):
    said = options(server, scheme=scheme)
    people, machines, troubles = fetched(said)
    assert people["u-1a2b"] == Person(
        account="u-1a2b",
        role="SOC analyst",
        department="Sicherheit für alle",
        privileged=False,
        groups=("soc", "staff"),
        email="u-1a2b@example.com",
        domains=("example.com",),
        origin=f"{said['url']} uid=u-1a2b,ou=people,dc=example,dc=com",
    )
    assert people["u1"].role == "SOC analyst"
    assert people["u-2b"].department == "Operations"
    assert people["u-2b"].groups == ("on-call", "wheel")
    assert people["u-2b"].privileged is True
    assert people["svc-scan"].service is None
    assert set(people) == {"u-1a2b", "u1", "u-2b", "svc-scan", "*)(uid=*"}
    assert people["*)(uid=*"].groups == ()
    assert machines == {
        "printer-7": Machine(
            host="printer-7",
            owner="u-2b",
            origin=f"{said['url']} cn=printer-7,ou=machines,dc=example,dc=com",
        )
    }
    assert [trouble.reason for trouble in troubles] == ["1 entries without an account"]


@real
def test_active_directory(server):
    people, machines, troubles = fetched(options(server, "dc=ad,dc=test"))
    assert troubles == []
    assert set(people) == {"u7", "example.doe", "svc-sql", "adm-9", "gmsa-web$"}
    trainee = people["u7"]
    assert (trainee.disabled, trainee.privileged, trainee.service) == (True, False, None)
    assert (trainee.role, trainee.department, trainee.groups) == ("Trainee", "Research", ("R&D, Berlin",))
    assert (people["example.doe"].disabled, people["example.doe"].groups) == (True, trainee.groups)
    assert (people["svc-sql"].privileged, people["svc-sql"].service) == (True, True)
    assert people["svc-sql"].groups == ("Tier 0", "Domain Admins")
    assert people["svc-sql"].disabled is False
    assert people["adm-9"].privileged is True
    assert people["gmsa-web$"].service is True
    assert {host: (one.kind, one.managed, one.owner) for host, one in machines.items()} == {
        "ws-31": ("workstation", True, "u7"),
        "dc01": ("server", True, None),
        "old-1": ("server", None, None),
    }


@real
def test_who_is_privileged_or_a_service_can_be_set(server):
    said = options(
        server,
        **{"privileged-groups": "SOC; cn=nobody,dc=x", "service-bases": "OU=Services, DC=example, DC=com"},
    )
    people, _, _ = fetched(said)
    assert {name for name, one in people.items() if one.privileged} == {"u-1a2b", "u1"}
    assert {name: one.service for name, one in people.items() if one.service} == {"svc-scan": True}
    assert people["u1"].service is False


@real
def test_pages_until_the_end(server):
    people, _, troubles = fetched(options(server, "dc=many,dc=test"))
    assert len(people) == MANY
    assert troubles == []


@real
@pytest.mark.parametrize("kind", ["groups", "people"])
def test_a_server_that_gives_only_part_is_told(server, kind):
    said = options(server, "dc=few,dc=test", user="uid=u0,dc=few,dc=test")
    said[kind] = "(objectClass=inetOrgPerson)"
    people, _, troubles = fetched(said)
    assert {(one.reason.split(";")[0], one.where) for one in troubles} >= {
        (f"{kind}: the server gives no more entries", said["url"])
    }
    assert 0 < len(people) < MANY
    assert {one.privileged for one in people.values()} == {None if kind == "groups" else False}


@real
def test_a_limit_of_our_own(server):
    people, _, troubles = fetched(options(server, "dc=many,dc=test", limit="600", groups="", machines=""))
    assert len(people) == 1000
    assert troubles[0].reason == "people: stopped after 1000 entries; some are missing"
    assert {one.privileged for one in people.values()} == {None}  # groups were not asked for


@real
def test_secrets_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("DIRECTORY_PASSWORD", PASSWORD)
    people, _, _ = fetched(options(server, password="${env:DIRECTORY_PASSWORD}"))
    assert "u1" in people


@real
@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"password": "wrong"}, "login refused: invalidCredentials"),
        ({"password": ""}, "a user without a password"),
        ({"password": "${env:NOT_THERE}"}, "no variable NOT_THERE in the environment"),
        ({"ca": ""}, "certificate verify failed"),
        ({"ca": "/nonexistent.pem"}, "the file with the certificate authority cannot be read"),
        ({"people": "((("}, "a filter is not valid"),
        ({"base": "dc=elsewhere"}, "groups: noSuchObject"),
        ({"timeout": "soon"}, "timeout is a whole number"),
        ({"url": "http://localhost"}, "no url of a directory"),
        ({"url": "ldaps://localhost:99999"}, "no url of a directory"),
    ],
)
def test_what_is_wrong_is_said_with_a_next_step_and_no_secret(server, change, what):
    with pytest.raises(ReadError) as problem:
        fetched(options(server) | change)
    assert what in problem.value.what
    assert problem.value.next_step
    assert PASSWORD not in str(problem.value)


@real
@pytest.mark.filterwarnings("ignore:Exception ignored in. <s:pytest.PytestUnraisableExceptionWarning")
def test_a_certificate_for_another_name_is_refused(server):
    """ldap3 leaves the wrapped socket of such a handshake to the garbage collector, with a warning."""
    said = options(server)
    with pytest.raises(ReadError, match=r"certificate|hostname"):
        fetched(said | {"url": said["url"].replace("localhost", "127.0.0.1")})
    with pytest.raises(ReadError, match=r"certificate|hostname"):
        fetched(said | {"url": f"ldap://127.0.0.1:{server[0]}"})


@real
def test_unencrypted_only_when_asked_for(server):
    said = options(server, scheme="ldap", ca="", starttls="no", user="", password="")
    people, _, _ = fetched(said)
    assert "u1" in people
    with pytest.raises(ReadError):
        fetched(said | {"starttls": "yes"})


@real
def test_anonymous_may_see_nothing(server):
    with pytest.raises(ReadError, match="insufficientAccessRights"):
        fetched(options(server, "dc=ad,dc=test", user="", password=""))


def test_nobody_listens():
    with pytest.raises(ReadError) as problem:
        fetched({"url": f"ldap://127.0.0.1:{free_port()}", "base": "dc=x", "timeout": "2"})
    assert problem.value.next_step


@pytest.mark.parametrize("starttls", ["yes", "no"])
def test_a_server_that_never_answers_is_given_up(starttls):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held = []
        taker = threading.Thread(target=lambda: held.append(silent.accept()), daemon=True)
        taker.start()
        began = time.monotonic()
        with pytest.raises(ReadError):
            fetched(
                {
                    "url": f"ldap://127.0.0.1:{silent.getsockname()[1]}",
                    "base": "dc=x",
                    "timeout": "1",
                    "starttls": starttls,
                }
            )
        assert time.monotonic() - began < 10
        taker.join(5)
        for connection, _ in held:
            connection.close()


def test_a_server_without_starttls_never_sees_the_password():
    refused = bytes.fromhex("78070a010204000400")  # ExtendedResponse: protocolError
    seen = []

    def serve(listening):
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(5)
            seen.append(connection.recv(4096))
            connection.sendall(bytes([48, 12, 2, 1, seen[0][4]]) + refused)
            while more := connection.recv(4096):
                seen.append(more)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, args=(listening,), daemon=True)
        server.start()
        with pytest.raises(ReadError, match=r"(?i)starttls"):
            fetched(
                {
                    "url": f"ldap://127.0.0.1:{listening.getsockname()[1]}",
                    "base": "dc=x",
                    "user": "cn=u,dc=x",
                    "password": PASSWORD,
                }
            )
        server.join(10)
    assert b"1.3.6.1.4.1.1466.20037" in seen[0]
    assert PASSWORD.encode() not in b"".join(seen)


# Entries, without a server


def entry(dn, **values):
    lists = {name: one if isinstance(one, list) else [one] for name, one in values.items()}
    return Entry(dn, {name.lower(): [value.encode() for value in said] for name, said in lists.items()})


def person(**values):
    return next(people(entry("uid=u,dc=x", uid="u", **values), Groups(complete=True), keys(()), (), "o"))


def test_disabled_in_the_words_of_several_servers():
    assert person(nsAccountLock="TRUE").disabled is True
    assert person(loginDisabled="FALSE").disabled is False
    assert person(pwdAccountLockedTime="000001010000Z").disabled is True
    assert person(pwdAccountLockedTime="20260105080000Z").disabled is None  # for a while, by wrong passwords
    assert person(userAccountControl="514").disabled is True
    assert person(userAccountControl="x" * 100_000).disabled is None
    assert person().disabled is None


def test_bytes_that_are_no_text_and_values_without_end():
    odd = Entry("uid=u,dc=x", {"uid": [b"u"], "title": [b"\xff" * 10], "department": [b"d" * 100_000]})
    found = next(people(odd, Groups(), keys(()), (), "o"))
    assert (found.role, len(found.department)) == ("�" * 10, 512)


def test_a_machine_needs_a_name():
    assert machine(entry("cn=,dc=x", objectClass="computer"), {}, "o") is None
    assert machine(entry("x", sAMAccountName="WS-1$"), {}, "o").host == "ws-1"


@pytest.mark.parametrize(
    ("dn", "name"),
    [
        ("CN=Smith\\, J,OU=x", "Smith, J"),
        ("cn=Smith\\2C J+uid=j,ou=x", "Smith, J"),
        ("CN=J\\C3\\BCrgen,DC=x", "Jürgen"),
        ("CN=Jürgen,DC=x", "Jürgen"),
        ("CN = a b ,DC=x", "a b"),
        ("", ""),
        ("no name", "no name"),
    ],
)
def test_first_name_of_a_dn(dn, name):
    assert first_name(dn) == name
