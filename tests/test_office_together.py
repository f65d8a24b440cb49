"""Many alerts kept at once leave what keeping them one by one leaves, on every database."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import office_samples as samples
from glasshouse.office import audit, tables, triaged
from glasshouse.office.automatic import settle
from glasshouse.office.together import settle_all
from glasshouse.office.verify import verify
from glasshouse.verdicts import DECISIONS, Triaged

NOW = samples.NOW
alerts = st.builds(
    samples.triaged,
    st.sampled_from(["a1", "a2", "b1", "b2", "c1"]),
    st.sampled_from(list(DECISIONS)),
    st.integers(1, 25),
    st.integers(0, 3),
    st.sampled_from(["k1", "k2"]),
)
handed = st.tuples(st.sampled_from(["a1", "b1"]), st.sampled_from(["a2", "b2", "c1"]))


def everything(conn) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, the keys first, so that order does not matter."""
    return {table.name: sorted(map(tuple, conn.execute(table.select())), key=repr) for table in tables.ALL}


def left(kind: str, home, batches: Sequence[Sequence[Triaged]], gone, together: bool):
    """What is in the database after some batches, and what was said of each alert."""
    said = []
    with samples.opened(kind, home) as office:
        for number, piece in enumerate(batches):
            with office.transaction() as conn:
                if number == 1:
                    for old, new in gone:
                        triaged.supersede(conn, old, new, NOW)
                moment = NOW + number * samples.DAY
                if together:
                    said += settle_all(conn, piece, moment)
                else:
                    said += [settle(conn, one, moment) for one in piece]
        with office.reading() as conn:
            assert not verify(audit.entries(conn)).problems
            return everything(conn), said


@pytest.mark.parametrize("kind", samples.KINDS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(alerts, max_size=6), max_size=3), gone=st.lists(handed, max_size=2))
def test_together_is_one_by_one(kind, tmp_path_factory, batches, gone):
    one, all_ = (
        left(kind, tmp_path_factory.mktemp("office"), batches, gone, together) for together in (False, True)
    )
    assert all_ == one


def test_more_than_one_question_holds(tmp_path):
    many = [samples.triaged(f"a{n:04}", list(DECISIONS)[n % 6], start=n) for n in range(1_100)]
    with samples.opened("sqlite", tmp_path) as office, office.transaction() as conn:
        first = settle_all(conn, many, NOW)
        assert {one.outcome.state for one in first} == {"new"}
        assert sum(one.did == "opened" for one in first) == sum(n % 6 > 2 for n in range(1_100))
        again = settle_all(conn, many, NOW + 1)
        assert {(one.outcome.state, one.did) for one in again} == {("same", "nothing")}
        assert not verify(audit.entries(conn)).problems
