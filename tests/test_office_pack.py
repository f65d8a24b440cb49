"""An export proves itself: every flipped byte is found, hostile archives are refused, stamps are real."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import office_samples as samples
from glasshouse.errors import ReadError, UsageError
from glasshouse.office import audit, pack, signing, stamp
from glasshouse.office.verify import verify

BOTH = pytest.mark.parametrize("kind", samples.KINDS)
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(not OPENSSL, reason="openssl is not installed")
TSA = """\
[tsa]
default_tsa = one
[one]
dir = {folder}
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.32473.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def fill(office, count: int = 4) -> None:
    with office.transaction() as conn:
        for n in range(count):
            audit.append(
                conn, act="comment", subject=f"C-{n}", actor="=cmd|' /C calc'!A0", now=samples.NOW + n
            )


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, bytes]:
    """A pack and the public key of the one who made it."""
    home = tmp_path_factory.mktemp("pack")
    with samples.opened("sqlite", home) as office:
        fill(office)
        pack.export(office, home / "audit.zip", "ana", samples.NOW + 9)
    return home / "audit.zip", signing.public_key(home / signing.PUBLIC)


@BOTH
def test_an_export_verifies_where_no_database_is(kind, tmp_path):
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    with samples.opened(kind, home) as office:
        fill(office)
        head = pack.export(office, home / "audit.zip", "ana", samples.NOW + 9)
        with office.reading() as conn:
            assert verify(audit.entries(conn), signing.remembered(home)).whole
            assert audit.last(conn).act == "export"
    shutil.copy(home / "audit.zip", other)
    found = pack.verify_pack(other / "audit.zip", signing.public_key(home / signing.PUBLIC))
    assert (found.whole, found.entries, found.last, found.hash) == (True, 5, 5, head.hash)
    assert pack.verify_pack(other / "audit.zip").whole


def test_the_same_trail_gives_the_same_bytes(tmp_path):
    with samples.opened("sqlite", tmp_path) as office:
        fill(office)
        signer = signing.signer(tmp_path)
        with office.reading() as conn:
            assert pack.packed(conn, signer, 5) == pack.packed(conn, signer, 5)


def test_nothing_to_export_is_told(tmp_path):
    with (
        samples.opened("sqlite", tmp_path) as office,
        office.reading() as conn,
        pytest.raises(UsageError, match="empty"),
    ):
        pack.packed(conn, signing.signer(tmp_path), 1)


def test_what_is_in_it(made):
    with zipfile.ZipFile(made[0]) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    assert set(texts) == {*pack.CORE, "manifest.json", "manifest.sig"}
    sums = json.loads(texts["manifest.json"])["sha256"]
    assert sums == {name: hashlib.sha256(texts[name]).hexdigest() for name in pack.CORE}
    rows = texts["entries.csv"].decode().splitlines()
    assert len(rows) == 6
    assert "2026-11-20T09:00:00.000000Z,'=cmd|' /C calc'!A0,comment" in rows[1]
    assert b"manifest.sig" in texts["README.txt"]


def test_no_cell_begins_a_formula():
    for first in "=+-@\t\r\n":
        assert pack._inert(f"{first}1").startswith("'")
    assert pack._inert("plain") == "plain"


def test_a_flipped_byte_anywhere_is_found(made, tmp_path):
    data, public = made[0].read_bytes(), made[1]
    draw = random.Random(7)
    ends = data.rindex(b"PK\x01\x02", 0, data.index(b"PK\x01\x02") + 4)  # the central directory begins here
    places = {*draw.sample(range(len(data)), 400), *draw.sample(range(ends, len(data)), 150)}
    places |= {n + step for n in range(len(data)) if data[n : n + 4] == b"PK\x03\x04" for step in range(30)}
    file = tmp_path / "flipped.zip"
    for place in sorted(places):
        flipped = bytearray(data)
        flipped[place] ^= 1 << draw.randrange(8)
        file.write_bytes(flipped)
        assert not pack.verify_pack(file).whole, place
        assert not pack.verify_pack(file, public).whole, place


def test_a_byte_more_or_less_is_found(made, tmp_path):
    data, file = made[0].read_bytes(), tmp_path / "cut.zip"
    for other in (
        b"",
        data[:-1],
        data[:100],
        data + b"\0",
        b"\0" + data,
        data + data,
        data[len(data) // 2 :],
    ):
        file.write_bytes(other)
        assert not pack.verify_pack(file).whole


def again(members: dict[str, bytes], sign=None) -> bytes:
    """A pack put together anew, as somebody who knows how would."""
    rest = {name: one for name, one in members.items() if not name.startswith("manifest.")}
    manifest = pack._manifest(rest)
    signature = sign(manifest).encode() + b"\n" if sign else members["manifest.sig"]
    return pack._zipped({**rest, "manifest.json": manifest, "manifest.sig": signature})


def members(made) -> dict[str, bytes]:
    return pack._members(made[0].read_bytes())


def test_a_pack_made_anew_without_the_key_is_found(made, tmp_path):
    file, had = tmp_path / "forged.zip", members(made)
    assert again(had) == made[0].read_bytes()
    for name in pack.CORE:
        file.write_bytes(again({**had, name: had[name].replace(b"comment", b"Comment") + b" "}))
        assert not pack.verify_pack(file).whole, name
    lines = had["entries.jsonl"].splitlines(keepends=True)
    file.write_bytes(again({**had, "entries.jsonl": b"".join(lines[:-1])}))
    assert "truncated" in {one.kind for one in pack.verify_pack(file).problems}


def test_a_pack_of_another_key_is_found_when_the_right_one_is_known(made, tmp_path):
    eve, file, had = signing.signer(tmp_path), tmp_path / "forged.zip", members(made)
    entries = list(pack._entries(had["entries.jsonl"]))
    head = eve.head(entries[-1], 1).text()
    file.write_bytes(again({**had, "audit.pub": eve.public, "head.json": head}, eve.sign))
    assert pack.verify_pack(file).whole  # it proves itself, with its own key
    assert {one.kind for one in pack.verify_pack(file, made[1]).problems} == {"signature"}


def archive(*files: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, how)
    return out.getvalue()


HOSTILE = {
    "slip": archive(("../../etc/cron.d/x", b"x")),
    "absolute": archive(("/etc/passwd", b"x")),
    "stamp slip": archive(("stamps/../../x.tsr", b"x")),
    "bomb": archive(("entries.jsonl", bytes(50_000_000)), how=zipfile.ZIP_DEFLATED),
    "many": archive(*((f"stamps/{n}-1.tsr", b"") for n in range(pack.MOST + 1))),
    "empty": archive(),
    "no zip": b"PK\x03\x04 and nothing more",
    "text": b"hello",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_archives_are_refused(case, tmp_path):
    file = tmp_path / "hostile.zip"
    file.write_bytes(HOSTILE[case])
    found = pack.verify_pack(file)
    assert [one.kind for one in found.problems] == ["unreadable"]
    assert [one.name for one in tmp_path.iterdir()] == ["hostile.zip"]


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("any") / "x.zip"
    file.write_bytes(data)
    assert not pack.verify_pack(file).whole


def test_a_file_that_is_not_there_or_too_large_is_told(made, tmp_path, monkeypatch):
    with pytest.raises(ReadError):
        pack.verify_pack(tmp_path / "none.zip")
    with pytest.raises(ReadError):
        pack.verify_pack(tmp_path)
    monkeypatch.setattr(pack, "LARGEST", 100)
    with pytest.raises(ReadError, match="larger"):
        pack.verify_pack(made[0])


@needs_openssl
def test_openssl_agrees_on_the_signature(made, tmp_path):
    had = members(made)
    for name in ("audit.pub", "manifest.json"):
        (tmp_path / name).write_bytes(had[name])
    (tmp_path / "sig").write_bytes(base64.b64decode(had["manifest.sig"]))
    words = "pkeyutl -verify -pubin -inkey audit.pub -rawin -in manifest.json -sigfile sig"
    assert "Verified Successfully" in openssl(tmp_path, *words.split())


# Stamps of a real authority


def openssl(folder: Path, *words: str) -> str:
    done = subprocess.run([OPENSSL, *words], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Path:
    """The folder of a time-stamp authority made with openssl."""
    if not OPENSSL:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "tsa.cnf").write_text(TSA.format(folder=folder))
    (folder / "serial").write_text("01\n")
    words = (
        "req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 30 -subj /CN=tsa.example.test"
    )
    use = "extendedKeyUsage=critical,timeStamping"
    openssl(folder, *words.split(), "-addext", use, "-addext", "keyUsage=critical,digitalSignature")
    return folder


def stamped(folder: Path, request: bytes) -> bytes:
    (folder / "x.tsq").write_bytes(request)
    said = openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "x.tsq", "-out", "x.tsr")
    reply = folder / "x.tsr"
    assert reply.exists(), said
    data = reply.read_bytes()
    reply.unlink()
    return data


def test_openssl_reads_our_request(authority):
    digest = hashlib.sha256(b"x").hexdigest()
    (authority / "ours.tsq").write_bytes(stamp.request(digest))
    said = openssl(authority, "ts", "-query", "-in", "ours.tsq", "-text")
    assert "Hash Algorithm: sha256" in said
    assert "Certificate required: yes" in said
    theirs = openssl(
        authority, "ts", "-query", "-digest", digest, "-sha256", "-cert", "-no_nonce", "-out", "t.tsq"
    )
    assert (authority / "t.tsq").read_bytes() == stamp.request(digest), theirs


@BOTH
def test_a_real_stamp_is_kept_exported_and_verified(kind, authority, tmp_path):
    with samples.opened(kind, tmp_path) as office:
        fill(office)
        with office.transaction() as conn:
            head = signing.signer(tmp_path).head(audit.last(conn), samples.NOW)
            reply = stamped(authority, stamp.request(head.hash))
            kept = stamp.keep(conn, reply, "ana", samples.NOW + 5)
            assert (kept.seq, kept.hash, kept.number) == (4, head.hash, 1)
            assert stamp.keep(conn, reply, "ana", samples.NOW + 6) == kept
            assert stamp.listed(conn) == (kept,)
            assert audit.last(conn).act == "stamp"
            other = stamped(authority, stamp.request("ab" * 32))
            with pytest.raises(UsageError, match="no entry of this trail"):
                stamp.keep(conn, other, "ana", 1)
        pack.export(office, tmp_path / "audit.zip", "ana", samples.NOW + 9)
    assert pack.verify_pack(tmp_path / "audit.zip").whole
    held = pack._members((tmp_path / "audit.zip").read_bytes())
    (authority / "kept.tsr").write_bytes(held["stamps/4-1.tsr"])
    words = ("ts", "-verify", "-in", "kept.tsr", "-CAfile", "tsa.pem", "-digest")
    assert "Verification: OK" in openssl(authority, *words, kept.hash)
    assert "Verification: FAILED" in openssl(authority, *words, "ab" * 32)
    (tmp_path / "forged.zip").write_bytes(
        again({**held, "stamps/3-1.tsr": reply}, signing.signer(tmp_path).sign)
    )
    found = pack.verify_pack(tmp_path / "forged.zip")
    assert [(one.seq, one.kind) for one in found.problems] == [(3, "signature")]


def test_a_refusal_and_another_hash_are_told(authority):
    words = ["ts", "-query", "-digest", "ab" * 64, "-sha512", "-no_nonce", "-out", "sha512.tsq"]
    openssl(authority, *words)
    with pytest.raises(UsageError, match="over SHA-256"):
        stamp.read(stamped(authority, (authority / "sha512.tsq").read_bytes()))
    openssl(authority, "ts", "-query", "-digest", "ab" * 20, "-sha1", "-no_nonce", "-out", "sha1.tsq")
    with pytest.raises(UsageError, match="refused"):
        stamp.read(stamped(authority, (authority / "sha1.tsq").read_bytes()))


def test_a_broken_reply_is_told_or_read_and_nothing_else(authority):
    digest = hashlib.sha256(b"y").hexdigest()
    reply = stamped(authority, stamp.request(digest))
    assert stamp.read(reply)[0] == digest
    draw = random.Random(1)
    for _ in range(600):
        broken = bytearray(reply)
        broken[draw.randrange(200)] ^= 1 << draw.randrange(8)
        try:
            stamp.read(bytes(broken[: draw.choice([len(broken), draw.randrange(len(broken))])]))
        except UsageError:
            continue


@given(st.binary(max_size=200))
def test_any_bytes_are_no_reply(data):
    with pytest.raises(UsageError):
        stamp.read(data)
    with pytest.raises(UsageError):
        stamp.read(b"\x30\x82" + len(data).to_bytes(2) + data)
