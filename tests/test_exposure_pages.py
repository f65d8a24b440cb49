"""Findings, changes and observations in, verdicts out: pages, diffs, scoping sheets and the register."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

import exposure_samples as samples
import hostile
from exposure_samples import (
    BEFORE,
    BLOCK,
    BORNE,
    CHANGES,
    DARK,
    DAY,
    DIM,
    DOMAIN,
    EXPLOITED,
    EXPOSURE,
    FOREIGN,
    NOW,
    QUIET,
    SHA,
    WWW,
    WWW_OLD,
    seen,
)
from glasshouse.known import Asset
from glasshouse.records import Points
from glasshouse.report import exposed_changes, exposed_page, exposed_register, exposed_scope

BAD = samples.bad()


def test_page_answers_everything():
    page = " ".join(exposed_page.page(EXPLOITED).split())
    for word in (
        *("CVE-2099-0001", "203.0.113.0/24", "since 2025-10-16", "due 2026-12-04", "Network team", SHA),
        *("Then vanishes: the report", "ana on ws-17", "+50 level", "-5 confidence", "85 score"),
    ):
        assert word in page, word
    assert "cannot be reduced" in exposed_page.page(BORNE)
    assert "it rests on what is missing" in exposed_page.page(BORNE)


def test_page_tells_when_rows_do_not_add_up():
    wrong = replace(EXPLOITED, points=(Points("level", 1, "x"),))
    assert "the rows add up to 1: report this" in " ".join(exposed_page.page(wrong).split())
    assert "report this" not in exposed_page.page(EXPLOITED)


def test_pages_of_hostile_findings_are_harmless():
    for one in BAD.findings:
        assert all(line.isprintable() for line in exposed_page.page(one).split("\n"))
    assert all(line.isprintable() for line in exposed_changes.changes(BAD).split("\n"))


def test_changes_stand_per_asset_and_database():
    text = exposed_changes.changes(EXPOSURE)
    assert "5 changes (3 new, 1 changed, 1 gone): 1 suspicious, 1 unmanaged, 1 expected, 2 approved." in text
    lines = text.splitlines()
    asset, other = (next(at for at, line in enumerate(lines) if line.startswith(word))
                    for word in ("example.test (domain", "203.0.113.0/24 (cidr"))  # fmt: skip
    assert (
        asset
        < lines.index("  crtsh")
        < lines.index("  dns")
        < other
        < lines.index("  shodan through shodan-host")
    )
    for word in ("sign: Other CA 7 never", "nearest record: CHG-1020", "approved by chair of the board"):
        assert word in text
    assert "First looks: 1 thing new only to us" in text
    assert text.index("First looks") < text.index("77aa")
    assert "nothing of them counts as gone" in text


def test_many_first_looks_are_counted_only():
    looks = (CHANGES[-1],) * 20
    text = exposed_changes.changes(replace(EXPOSURE, changes=looks))
    assert "20 things new only to us" in text
    assert "77aa" not in text


def test_no_change_is_not_said_when_blind():
    assert "No change.\n" in exposed_changes.changes(QUIET)
    assert "No change in what could be seen." in exposed_changes.changes(DIM)
    assert "No change" not in exposed_changes.changes(DARK)


def test_changes_may_be_cut_or_whole():
    large = samples.many(1)
    assert "and 4,800 more" in exposed_changes.changes(large)
    assert "more;" not in exposed_changes.changes(large, everything=True)


HISTORY = (
    seen(WWW, "dns", "dns"),
    seen(WWW_OLD, "dns", "dns", time=BEFORE - 7 * DAY),
    seen(replace(WWW_OLD, ttl=60), "dns", "dns", time=BEFORE),
    seen(FOREIGN),
    seen(samples.GATEWAY, "shodan-host", "shodan"),
    seen(replace(WWW, name="shop.example.test"), "dns", "dns"),
)


def test_scope_is_in_order_of_time_and_says_who_shares():
    scope = exposed_scope.Scope(
        value="www.example.test", at=NOW, asset=DOMAIN, history=HISTORY, changes=CHANGES[2:4],
        findings=(BORNE,), blind=EXPOSURE.blind, looked_up=("ana asked crtsh about it.",),
    )  # fmt: skip
    text = exposed_scope.sheet(scope)
    assert "2026-11-06 09:00:00Z to 2026-11-13 09:00:00Z, dns: www.example.test A 203.0.113.20" in text
    times = re.findall(r"^- (\d{4}-\d\d-\d\d \S+)", text.partition("In order of time")[2], re.MULTILINE)
    assert times == sorted(times)
    assert "- 198.51.100.7: it points there" in text
    assert "- shop.example.test: points to the same" in text
    assert "- login.example.test: in one certificate with it" in text
    for word in (
        "owner: Web team",
        "CHG-1017",
        BORNE.id,
        "ana asked crtsh",
        "429, too many",
        "DNS records (3)",
        SHA,
    ):
        assert word in text, word


def test_scope_of_nothing_says_what_is_missing():
    text = exposed_scope.sheet(exposed_scope.Scope(value="192.0.2.1", at=NOW))
    assert "In no inventory" in text
    assert "nothing was ever observed about it" in text
    for bad in hostile.TEXTS:
        history = tuple(seen(fact, bad, bad) for fact in samples.bad_facts(bad))
        made = exposed_scope.sheet(
            exposed_scope.Scope(value=bad, at=10**30, history=history, looked_up=(bad,))
        )
        assert all(line.isprintable() for line in made.split("\n"))


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from(("192.0.2.1", "192.0.2.2"))),
        unique_by=lambda row: row[0],
    )
)
def test_stays_cover_every_observation_once(looks):
    """Joined or not: the stays of one thing follow each other, and no look is lost at either end."""
    history = [seen(replace(WWW, ttl=when, live=data == "192.0.2.1"), time=when) for when, data in looks]
    stays = exposed_scope.stayed(history)
    assert [(a.last.time < b.first.time) for a, b in pairwise(stays)] == [True] * (len(stays) - 1)
    assert all(a.last.fact.live != b.first.fact.live for a, b in pairwise(stays))
    if looks:
        assert stays[0].first.time == min(when for when, _ in looks)
        assert stays[-1].last.time == max(when for when, _ in looks)


def owned(value: str) -> Asset | None:
    return DOMAIN if value.endswith("example.test") else BLOCK if value.startswith("203.0.113.") else None


def register(reviews=None):
    history = [*HISTORY, samples.STAGING_SEEN, samples.REGISTRATION_SEEN]
    return exposed_register.entries(history, CHANGES, owned, reviews or {})


def test_register_says_owner_approval_and_review():
    review = exposed_register.Review(time=NOW, reviewer="ciso")
    made = {one.thing: one for one in register({FOREIGN.key: review})}
    assert (made[WWW.key].approval, made[WWW.key].approved_by) == ("CHG-1017", "chair of the board")
    assert made[WWW.key].owner == "Web team"
    assert made[FOREIGN.key].approval == made[samples.STAGING.key].approval == "UNAPPROVED"
    assert made[samples.REGISTRATION.key].approval == "expected"
    assert (made[FOREIGN.key].last_review, made[FOREIGN.key].reviewer) == (NOW, "ciso")
    assert made[WWW.key].last_review is None
    assert (made[WWW_OLD.key].first_seen, made[WWW_OLD.key].last_seen) == (BEFORE - 7 * DAY, BEFORE)
    assert made[samples.GATEWAY.key].first_seen == samples.GATEWAY.first_seen


def test_gone_things_do_not_lend_their_approval():
    made = {one.thing: one for one in register()}
    assert made[WWW_OLD.key].approval == "UNAPPROVED"


def test_register_is_dated_counted_and_always_the_same():
    text = exposed_register.as_lines(register(), NOW, "Example GmbH")
    head, *found = map(json.loads, text.splitlines())
    assert (head["at"], head["entries"], head["organisation"]) == (
        "2026-11-20T09:00:00.000000Z",
        len(found),
        "Example GmbH",
    )
    assert head["unapproved"] == sum(one["approval"] == "UNAPPROVED" for one in found) > 0
    assert head["never_reviewed"] == len(found)
    assert text == exposed_register.as_lines(list(register()), NOW, "Example GmbH")
    table = list(csv.DictReader(io.StringIO(exposed_register.as_csv(register()), newline="")))
    assert [row["thing"] for row in table] == [one["thing"] for one in found]
    assert exposed_register.as_lines([], NOW).count("\n") == 1


def test_register_of_two_databases_is_one_entry():
    twice = [seen(FOREIGN, "crtsh"), seen(FOREIGN, "certspotter", time=NOW - DAY)]
    (one,) = exposed_register.entries(twice, (), owned, {})
    assert one.databases == ("certspotter", "crtsh")
