"""Tokens, cases and people in; proof that nobody sees a name alone, out."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glasshouse import flow_unmask
from glasshouse.config import Options
from glasshouse.errors import UsageError
from glasshouse.flow_privacy import cover
from glasshouse.office import audit, automatic, case_work, cases, outbox, store, unmask
from glasshouse.settings import Know, Privacy, Settings
from office_samples import HOUR, KINDS, NOW, opened, triaged

PEOPLE = ("ana", "ben", "cem")
SPELT = (
    "{}",
    "{} ",
    " {}",
    "EXAMPLE\\{}",
    "example.com\\{}",
    "{}@example.com",
    "EXAMPLE/{}",
    "\u200b{}",
    "{}\u3000",
)


def spelt(name: str) -> list[str]:
    every = [form.format(name) for form in SPELT]
    return every + [one.upper() for one in every] + [name.translate({97: "ａ", 98: "ｂ", 99: "ｃ"})]


@pytest.mark.parametrize("name", PEOPLE)
def test_one_person_in_every_spelling(name):
    assert {unmask.person(one) for one in spelt(name)} == {name}


@pytest.mark.parametrize("nobody", ["", "  ", "\u200b", "EXAMPLE\\", "@example.com", "..."])
def test_who_names_nobody_may_do_nothing(nobody):
    with pytest.raises(UsageError):
        unmask.person(nobody)


@pytest.fixture(params=KINDS)
def office(request, tmp_path):
    with opened(request.param, tmp_path) as made:
        yield made


def case_in(conn) -> str:
    return automatic.settle(conn, triaged(decision="escalate-t2"), NOW).case.name


def test_the_way_it_is_meant(office):
    with office.transaction() as conn:
        case = case_in(conn)
        asked = unmask.request(conn, "user-1", ["user-1"], case, "ana", "call her", NOW, 24)
        assert (asked.state, asked.name) == ("asked", "U-1")
        with pytest.raises(UsageError, match="nothing allows"):
            unmask.view(conn, ["user-1"], case, "ana", NOW)
        assert unmask.approve(conn, 1, ["user-1"], "ben", NOW + HOUR, 24).state == "approved"
        assert unmask.view(conn, ["user-1"], case, "Ana", NOW + 2 * HOUR).views == 1
        acts = [entry.act for entry in audit.entries(conn, subject="user-1")]
        assert acts == ["unmask-request", "unmask-approve", "unmask-view"]


@pytest.mark.parametrize(
    ("token", "viewer", "hours"), [("user-2", "ana", 1), ("user-1", "ben", 1), ("user-1", "ana", 25)]
)
def test_another_token_another_person_or_too_late(office, token, viewer, hours):
    with office.transaction() as conn:
        case = case_in(conn)
        unmask.request(conn, "user-1", ["user-1"], case, "ana", "call her", NOW, 24)
        unmask.approve(conn, 1, ["user-1"], "ben", NOW, 24)
        with pytest.raises(UsageError, match="nothing allows"):
            unmask.view(conn, [token], case, viewer, NOW + hours * HOUR)


def test_a_closed_case_shows_nothing(office):
    with office.transaction() as conn:
        case = case_in(conn)
        unmask.request(conn, "user-1", ["user-1"], case, "ana", "call her", NOW, 24)
        unmask.approve(conn, 1, ["user-1"], "ben", NOW, 24)
        case_work.close(conn, case, "false-positive", "duplicate", "ana", NOW)
        with pytest.raises(UsageError, match="nothing allows"):
            unmask.view(conn, ["user-1"], case, "ana", NOW)
        with pytest.raises(UsageError, match="is closed"):
            unmask.request(conn, "user-1", ["user-1"], case, "ana", "again", NOW, 24)


def test_too_old_decided_or_without_a_reason(office):
    with office.transaction() as conn:
        case = case_in(conn)
        with pytest.raises(UsageError, match="needs a reason"):
            unmask.request(conn, "user-1", ["user-1"], case, "ana", "  ", NOW, 24)
        unmask.request(conn, "user-1", ["user-1"], case, "ana", "call her", NOW, 24)
        with pytest.raises(UsageError, match="too old"):
            unmask.approve(conn, 1, ["user-1"], "ben", NOW + 24 * HOUR, 24)
        assert unmask.refuse(conn, 1, "ben", NOW).state == "refused"
        with pytest.raises(UsageError, match="decided about it"):
            unmask.approve(conn, 1, ["user-1"], "cem", NOW, 24)


def test_break_glass_shows_at_once_and_may_be_refused_afterwards(office):
    with office.transaction() as conn:
        case = case_in(conn)
        unmask.request(conn, "user-1", ["user-1"], case, "ana", "now", NOW, 24, glass=True)
        assert unmask.view(conn, ["user-1"], case, "ana", NOW).state == "break-glass"
        with pytest.raises(UsageError, match="asked about this identity yourself"):
            unmask.approve(conn, 1, ["user-1"], "ANA", NOW, 24)
        unmask.refuse(conn, 1, "ben", NOW)
        with pytest.raises(UsageError, match="nothing allows"):
            unmask.view(conn, ["user-1"], case, "ana", NOW)


def test_rows_of_requests_cannot_be_changed(office):
    with office.transaction() as conn:
        unmask.request(conn, "user-1", ["user-1"], case_in(conn), "ana", "call", NOW, 24)
    for statement in ("UPDATE unmasks SET person = 'x'", "DELETE FROM unmasks"):
        with pytest.raises(Exception, match="written once"), office.transaction() as conn:
            conn.exec_driver_sql(statement)


# One identity has two tokens, of two quarters; another identity has one.
IDENTITIES = {"user-q3": "jdoe", "user-q4": "jdoe", "user-x": "asmith"}
_steps = st.lists(
    st.tuples(
        st.sampled_from(["request", "glass", "approve", "refuse", "view"]),
        st.sampled_from(PEOPLE).flatmap(lambda name: st.sampled_from(spelt(name))),
        st.sampled_from(sorted(IDENTITIES)), st.integers(1, 6), st.integers(0, 30),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=60)
@given(steps=_steps)
def test_no_one_ever_asks_and_approves_about_one_identity(steps, tmp_path_factory):
    with store.opened(Settings(), tmp_path_factory.mktemp("office")) as office, office.transaction() as conn:
        case, now, shown = case_in(conn), NOW, []
        for what, who, token, number, hours in steps:
            now += hours * HOUR
            with suppress(UsageError):
                shown += done(conn, case, what, who, token, number, now)
        requests = {one.number: one for one in unmask.listed(conn, now)}
        entries = list(audit.entries(conn))
    asked, approved = set(), {}
    for entry in entries:
        if entry.act in ("unmask-request", "break-glass"):
            asked.add((IDENTITIES[entry.subject], unmask.person(entry.actor)))
        if entry.act == "unmask-approve":
            about = IDENTITIES[entry.subject], unmask.person(entry.actor)
            approved[json.loads(entry.details)["request"]] = (*about, entry.time)
    assert not asked & {one[:2] for one in approved.values()}
    for number, token, who, time in shown:
        one = requests[number]
        assert IDENTITIES[one.token] == IDENTITIES[token]
        assert one.person == unmask.person(who)
        if not one.glass:
            identity, second, when = approved[one.name]
            assert identity == IDENTITIES[token]
            assert second != one.person
            assert when <= time < when + 24 * HOUR
    assert len([entry for entry in entries if entry.act == "unmask-view"]) == len(shown)


def done(conn, case, what, who, token, number, now):
    tokens = [one for one, name in IDENTITIES.items() if name == IDENTITIES[token]]
    if what in ("request", "glass"):
        unmask.request(conn, token, tokens, case, who, "because", now, 24, glass=what == "glass")
    elif what == "view":
        yield unmask.view(conn, tokens, case, who, now).number, token, who, now
    else:
        about = unmask.get(conn, number, now).token
        tokens = [one for one, name in IDENTITIES.items() if name == IDENTITIES[about]]
        if what == "approve":
            unmask.approve(conn, number, tokens, who, now, 24)
        else:
            unmask.refuse(conn, number, who, now)


# With real tokens, cases and a directory.


@pytest.fixture
def asked(tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("account,department,groups\njdoe,Sales,\nmroe,Works Council,\n")
    privacy = Privacy(pseudonymise=True, officer="dpo", protected=("works council",))
    options = Options(home=tmp_path, settings=Settings(privacy=privacy, know=Know(paths=(str(people),))))
    with store.opened(options.settings, tmp_path) as office, office.transaction() as conn:
        case_in(conn)
        one = triaged("b2", decision="escalate-t2")
        alert = replace(
            one.alert, id="b2", actor=replace(one.alert.actor, user="EXAMPLE\\mroe"), users=("mroe",)
        )
        episode = replace(one.episode, alert=alert, accounts=("mroe",))
        automatic.settle(conn, replace(one, alert=alert, episode=episode), NOW)
    return options


def token_of(options: Options, kind: str, name: str) -> str:
    return cover(options).pseudonyms.token(kind, name)


def test_a_token_becomes_the_names_of_the_case(asked):
    token = token_of(asked, "user", "jdoe")
    flow_unmask.ask(asked, token, "C-1", "call", "ana", NOW)
    flow_unmask.approve(asked, "U-1", "ben", NOW)
    used, one = flow_unmask.show(asked, token.upper(), "C-1", "ana", NOW)
    assert (used.name, one.names, one.kind) == ("U-1", ("jdoe",), "user")
    with pytest.raises(UsageError, match="not in C-2"):
        flow_unmask.show(asked, token, "C-2", "ana", NOW)


@pytest.mark.parametrize("said", ["jdoe", "user-00000000", "user-7k2m9q", ""])
def test_what_stands_for_nobody(asked, said):
    with pytest.raises(UsageError):
        flow_unmask.ask(asked, said, "C-1", "call", "ana", NOW)


def notices(options: Options) -> list[outbox.Queued]:
    with store.opened(options.settings, options.home) as office, office.reading() as conn:
        return list(outbox.waiting(conn))


def test_the_officer_is_told_of_every_break_glass_without_the_name(asked):
    token = token_of(asked, "host", "ws-17")
    for _ in range(2):
        flow_unmask.ask(asked, token, "C-1", "now", "ana", NOW, glass=True)
    told = notices(asked)
    assert len(told) == 2
    assert all("dpo" in one.body and token in one.body and "ws-17" not in one.body for one in told)
    assert flow_unmask.show(asked, token, "C-1", "ana", NOW)[1].names == ("ws-17",)


@pytest.mark.parametrize("glass", [False, True])
def test_protected_people_and_what_is_with_them_are_never_shown(asked, glass):
    for kind, name in (("user", "mroe"), ("host", "ws-17"), ("addr", "192.0.2.17")):
        with pytest.raises(UsageError, match="never shown"):
            flow_unmask.ask(asked, token_of(asked, kind, name), "C-2", "call", "ana", NOW, glass)
    assert len(notices(asked)) == 3
    assert not flow_unmask.listed(asked, NOW)


def test_where_no_directory_can_be_read_everybody_is_protected(asked):
    blind = replace(asked, settings=replace(asked.settings, know=Know()))
    with pytest.raises(UsageError, match="never shown"):
        flow_unmask.ask(blind, token_of(asked, "user", "jdoe"), "C-1", "call", "ana", NOW)


def test_the_trail_knows_tokens_only(asked):
    test_a_token_becomes_the_names_of_the_case(asked)
    with store.opened(asked.settings, asked.home) as office, office.reading() as conn:
        said = b"".join(map(audit.line_of, audit.entries(conn))).decode()
        assert cases.get_case(conn, "C-1").title.startswith("jdoe")  # it would be found
    for name in ("jdoe", "ws-17", "192.0.2.17", "mroe"):
        assert name not in said
