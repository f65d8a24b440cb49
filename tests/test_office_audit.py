"""The trail: chained, refused to change, one chain whoever writes; and every tampering is found."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import stat
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import office_samples as samples
from glasshouse.errors import ConfigError, ReadError, UsageError
from glasshouse.office import audit, purge, signing, store
from glasshouse.office.verify import verify

BOTH = pytest.mark.parametrize("kind", samples.KINDS)
FROZEN = ("audit", "stamps", "decisions", "case_events", "use_events")
FILL = {
    "audit": "",
    "stamps": "INSERT INTO stamps VALUES (1, 1, 'h', 1, 1, 'r')",
    "decisions": "INSERT INTO decisions VALUES ('a', 1, 1, 'x', 'watch', 'r', 1, 'k', 'e', '[]', '')",
    "case_events": "INSERT INTO case_events VALUES (1, 1, 1, 'x', 'comment', 's', 't', 1)",
    "use_events": "INSERT INTO use_events VALUES ('R-1', 1, 1, 'x', 'add', 'r', '{}')",
}


def write(conn, count: int, actor: str = "ana") -> list[audit.Entry]:
    return [
        audit.append(
            conn, act="comment", subject=f"C-{n}", actor=actor, now=samples.NOW + n, details={"n": n}
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def trail(tmp_path_factory) -> list[audit.Entry]:
    with samples.opened("sqlite", tmp_path_factory.mktemp("trail")) as office, office.transaction() as conn:
        return write(conn, 12)


@pytest.fixture(scope="module")
def signer(tmp_path_factory) -> signing.Signer:
    return signing.signer(tmp_path_factory.mktemp("key"))


@BOTH
def test_entries_come_back_as_written_and_hold(kind, tmp_path):
    with samples.opened(kind, tmp_path) as office:
        with office.transaction() as conn:
            wrote = write(conn, 5)
        with office.reading() as conn:
            assert list(audit.entries(conn)) == wrote
            assert [one.seq for one in audit.entries(conn, since=2, until=3)] == [2, 3]
            assert [one.seq for one in audit.entries(conn, subject="C-4")] == [5]
            assert audit.last(conn) == wrote[-1]
            assert verify(audit.entries(conn)).whole
    assert wrote[0].previous == audit.START
    assert [one.previous for one in wrote[1:]] == [one.hash for one in wrote[:-1]]


def test_a_long_trail_is_read_in_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(audit, "_PAGE", 3)
    with samples.opened("sqlite", tmp_path) as office, office.transaction() as conn:
        wrote = write(conn, 10)
        assert list(audit.entries(conn)) == wrote
        assert list(audit.entries(conn, since=4, until=9)) == wrote[3:9]


def test_the_hash_is_what_the_documentation_says(trail):
    one = trail[3]
    said = {name: getattr(one, name) for name in one.__slots__ if name != "hash"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == one.hash


plain = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(codec="utf-8"))


@given(st.recursive(plain, lambda x: st.lists(x) | st.dictionaries(st.text(st.characters(codec="utf-8")), x)))
def test_canonical_is_what_python_writes(value):
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert audit.canonical(value) == text.encode()


def test_fractions_have_no_canonical_form():
    with pytest.raises(TypeError, match="fractions"):
        audit.canonical({"a": [1.5]})


@BOTH
def test_hostile_text_is_written_and_holds(kind, tmp_path):
    nasty = "a\x00b\ud800\u202e\x1b[31m\n=1+1"
    with samples.opened(kind, tmp_path) as office, office.transaction() as conn:
        audit.append(conn, act="comment", subject=nasty, actor=nasty, now=1, details={nasty: [nasty, 2**70]})
        assert verify(audit.entries(conn)).whole
        (one,) = audit.entries(conn)
        assert one.subject.isprintable()
        assert "\x00" not in one.details


def test_an_unknown_act_is_a_mistake(tmp_path):
    with (
        samples.opened("sqlite", tmp_path) as office,
        office.transaction() as conn,
        pytest.raises(ValueError, match="no act"),
    ):
        audit.append(conn, act="dance", subject="C-1", actor="ana", now=1)


def test_who_acts(monkeypatch):
    monkeypatch.setenv("LOGNAME", "ana\n;rm")
    assert audit.who() == "ana__rm"
    assert audit.who("  bo\x1b ") == "bo\\x1b"


@BOTH
@pytest.mark.parametrize("table", FROZEN)
@pytest.mark.parametrize("change", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}", "replace"])
def test_what_is_written_once_cannot_be_changed(kind, table, change, tmp_path):
    if kind == "sqlite" and change.startswith("TRUNCATE"):
        change = "DELETE FROM {} WHERE 1 = 1"
    column = {"audit": "actor", "stamps": "reply", "decisions": "reason", "case_events": "text"}.get(
        table, "reason"
    )
    sql = change.format(table, f"{column} = 'forged'")
    if change == "replace":
        sql = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        if kind == "postgresql":
            key = {"audit": "seq", "stamps": "seq, number", "decisions": "alert, number"}.get(table)
            key = key or ("case_number, number" if table == "case_events" else "use_id, number")
            sql = f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {column} = ''"
    with samples.opened(kind, tmp_path) as office:
        with office.transaction() as conn:
            write(conn, 2)
            if table == "case_events":
                conn.exec_driver_sql(
                    "INSERT INTO cases VALUES (1, 'open', 't', NULL, 1, 1, NULL, NULL, NULL, NULL)"
                )
            if FILL[table]:
                conn.exec_driver_sql(FILL[table])
        with office.reading() as conn:
            before = conn.exec_driver_sql(f"SELECT * FROM {table}").all()
        assert before
        with pytest.raises(ReadError, match=r"written once|does not follow"), office.transaction() as conn:
            conn.exec_driver_sql(sql)
        with office.reading() as conn:
            assert conn.exec_driver_sql(f"SELECT * FROM {table}").all() == before


@BOTH
@pytest.mark.parametrize("seq, previous", [(3, "0" * 64), (4, None), (7, None), (1, None)])
def test_the_database_itself_refuses_a_fork(kind, seq, previous, tmp_path):
    with samples.opened(kind, tmp_path) as office:
        with office.transaction() as conn:
            wrote = write(conn, 2)
        forged = replace(wrote[-1], seq=seq, previous=previous or wrote[-1].hash, hash="f" * 64)
        with pytest.raises(ReadError, match=r"does not follow|written once"), office.transaction() as conn:
            conn.execute(
                store.tables.audit.insert().values({n: getattr(forged, n) for n in forged.__slots__})
            )


def _writer(settings, home, name, count):
    with store.opened(settings, home) as office:
        for n in range(count):
            with office.transaction() as conn:
                audit.append(conn, act="comment", subject=f"C-{n}", actor=name, now=n)


@BOTH
def test_many_writers_make_one_chain(kind, tmp_path):
    settings = samples.settings(kind)
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_writer, args=(settings, tmp_path, f"w{n}", 25)) for n in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(120)
    assert [one.exitcode for one in writers] == [0] * 4
    with store.opened(settings, tmp_path) as office, office.reading() as conn:
        found = verify(audit.entries(conn))
        assert (found.entries, found.last, found.problems) == (100, 100, ())
        assert {one.actor for one in audit.entries(conn)} == {"w0", "w1", "w2", "w3"}


# Tampering


def rehash(entries):
    """What somebody with the database would do: make every hash right again."""
    previous, made = audit.START, []
    for seq, one in enumerate(entries, 1):
        bare = replace(one, seq=seq, previous=previous)
        previous = audit.digest(bare)
        made.append(replace(bare, hash=previous))
    return made


FIELDS = [{"actor": "eve"}, {"act": "close"}, {"subject": "C-99"}, {"details": "{}"}, {"time": 5}]


@pytest.mark.parametrize("said", [*FIELDS, {"previous": "1" * 64}, {"hash": "1" * 64}], ids=str)
@pytest.mark.parametrize("at", [0, 6, 11])
def test_an_edit_is_found_where_it_is(trail, said, at):
    edited = [*trail]
    edited[at] = replace(trail[at], **said)
    found = verify(edited)
    assert found.problems[0].kind == "edited"
    assert found.problems[0].seq == trail[at].seq


@pytest.mark.parametrize("said", FIELDS, ids=str)
def test_an_edit_with_a_right_hash_is_found_at_its_neighbour(trail, said):
    forged = replace(trail[5], **said)
    forged = replace(forged, hash=audit.digest(forged))
    found = verify([*trail[:5], forged, *trail[6:]])
    assert [(one.seq, one.kind) for one in found.problems] == [(7, "edited")]


@pytest.mark.parametrize("at, last", [(1, 1), (5, 5), (4, 8), (0, 0), (0, 3)])
def test_a_deletion_is_found_where_it_is(trail, at, last):
    found = verify([*trail[:at], *trail[last + 1 :]])
    assert [(one.seq, one.kind) for one in found.problems] == [(at + 1, "deleted")]
    assert str(last + 1) in found.problems[0].says


def test_reordering_is_found_where_it_is(trail):
    swapped = [*trail[:4], trail[5], trail[4], *trail[6:]]
    assert [(one.seq, one.kind) for one in verify(swapped).problems] == [(5, "reordered")]
    assert {one.kind for one in verify(trail[::-1]).problems} >= {"reordered"}
    assert [(one.seq, one.kind) for one in verify([*trail, trail[2]]).problems] == [(3, "reordered")]


@pytest.mark.parametrize("left", [0, 1, 11])
def test_truncation_is_found_against_a_head(trail, signer, left):
    head = signer.head(trail[-1], samples.NOW)
    assert verify(trail[:left]).whole  # a chain alone cannot show it
    found = verify(trail[:left], head, signer.public)
    assert [(one.seq, one.kind) for one in found.problems] == [(left + 1, "truncated")]


def test_a_trail_made_anew_is_found_against_a_head(trail, signer):
    head = signer.head(trail[8], samples.NOW)
    forged = rehash([*trail[:2], replace(trail[2], actor="eve"), *trail[3:]])
    assert verify(forged).whole
    found = verify(forged, head, signer.public)
    assert [(one.seq, one.kind) for one in found.problems] == [(9, "rewritten")]


def test_a_head_of_before_still_holds_when_the_trail_grows(trail, signer):
    heads = [signer.head(trail[n], samples.NOW) for n in (0, 5, 11)]
    found = verify(trail, heads, signer.public)
    assert found.whole
    assert (found.entries, found.first, found.last, found.heads) == (12, 1, 12, 3)


@pytest.mark.parametrize(
    "said", [{"seq": 11}, {"hash": "1" * 64}, {"time": 1}, {"signature": "AAAA"}, {"key": "x"}]
)
def test_a_head_that_was_changed_is_found(trail, signer, said):
    head = replace(signer.head(trail[-1], samples.NOW), **said)
    assert "signature" in {one.kind for one in verify(trail, head, signer.public).problems}


def test_a_head_of_another_key_is_found(trail, signer, tmp_path):
    other = signing.signer(tmp_path)
    assert "signature" in {
        one.kind for one in verify(trail, other.head(trail[-1], 1), signer.public).problems
    }


@given(st.data())
def test_no_tampering_stays_unseen(trail, signer, data):
    head = signer.head(trail[-1], samples.NOW)
    order = data.draw(st.lists(st.integers(0, 11), max_size=14))
    forged = [trail[n] for n in order]
    if data.draw(st.booleans()):
        forged = rehash(forged)
    assert verify(forged, head, signer.public).whole == (forged == trail)


# Keys and heads in files


def test_the_key_is_made_once_and_for_its_owner(tmp_path):
    first, again = signing.signer(tmp_path), signing.signer(tmp_path)
    assert first.fingerprint == again.fingerprint
    assert stat.S_IMODE((tmp_path / signing.KEY).stat().st_mode) == 0o600
    assert signing.public_key(tmp_path / signing.PUBLIC) == first.public
    assert sorted(one.name for one in tmp_path.iterdir()) == [signing.KEY, signing.PUBLIC]
    assert "PRIVATE" not in repr(first)


@pytest.mark.parametrize(
    "junk", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_key_that_is_none_is_told(junk, tmp_path):
    (tmp_path / signing.KEY).write_bytes(junk)
    (tmp_path / signing.PUBLIC).write_bytes(junk)
    with pytest.raises(ConfigError, match="not an Ed25519 key"):
        signing.signer(tmp_path)
    with pytest.raises(ConfigError, match="public key"):
        signing.public_key(tmp_path / signing.PUBLIC)
    with pytest.raises(ReadError):
        signing.public_key(tmp_path / "none")


def test_a_head_goes_to_a_file_and_back(trail, signer, tmp_path):
    assert signing.remembered(tmp_path) is None
    head = signer.head(trail[-1], samples.NOW)
    signing.remember(tmp_path, head)
    assert signing.remembered(tmp_path) == head
    assert signing.head_of(head.text()) == head


@given(st.binary(max_size=80) | st.just(b"{}") | st.just(b'{"what":1}') | st.just(b"[]"))
def test_a_head_that_is_none_is_told(text):
    with pytest.raises(UsageError):
        signing.head_of(text)


# Retention


@BOTH
def test_old_entries_go_and_leave_their_proof(kind, tmp_path, signer):
    with samples.opened(kind, tmp_path) as office:
        with office.transaction() as conn:
            wrote = write(conn, 10)
            old = signer.head(wrote[3], 1)
            assert purge.entries(conn, samples.NOW + 6, "ana", samples.NOW + 50) == 6
            assert purge.entries(conn, samples.NOW + 6, "ana", samples.NOW + 50) == 0
            left = list(audit.entries(conn))
            assert purge.entries(conn, samples.NOW + 99, "ana", samples.NOW + 99) == 5
            assert [one.act for one in audit.entries(conn)] == ["purge"]
            assert verify(audit.entries(conn)).whole
        assert [one.seq for one in left] == [7, 8, 9, 10, 11]
        found = verify(left, [old, signer.head(left[-1], 1)], signer.public)
        assert found.whole
        assert found.purged == 6
        assert [one.seq for one in verify(left[1:]).problems] == [7]
        forged = replace(left[0], previous="1" * 64)
        assert not verify([forged, *left[1:]]).whole
        with pytest.raises(ReadError, match="written once"), office.transaction() as conn:
            conn.exec_driver_sql("DELETE FROM audit")
