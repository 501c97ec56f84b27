"""What is kept of counts is what counting gives, after any writes, for any scope and question that it answers."""

from __future__ import annotations

import datetime as dt
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.domain.cases.actions import Stage
from gridmap.domain.gridkey import AREA, EVERY_SEALED, TOWN, UNASSIGNED, VILLAGE, Scope, make_key
from gridmap.domain.query import IncidentQuery
from gridmap.errors import Forbidden
from gridmap.services.cases.kept_counts import keep_counts
from gridmap.storage.cases import counts
from gridmap.storage.cases.incidents import IncidentFilter
from gridmap.storage.cases.kept_counts import has_changes, kept_for, zone_kept
from gridmap.storage.database import Database
from gridmap.storage.models import CaseCount, CaseCountChange
from tests.conftest import MakeDatabase
from tests.strategies import scopes

WHOLE = Scope.whole().for_upkeep()
NOW = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
TOWN_1, TOWN_2, FAR = 330681109, 330681110, 330602101
COUNTY = 330681
PLACES = [
    UNASSIGNED,
    *(
        make_key(town, *deeper)
        for town in (TOWN_1, TOWN_2, FAR)
        for deeper in [(), (1,), (1, 1), (1, 1, 1), (1, 1, 2), (1, 2), (2, 1, 7)]
    ),
]
VILLAGES = sorted({key for key in PLACES if key % 10**6 and key % 1000 == 0})
DOMAINS: dict[str, list[str | None]] = {
    "dispute": ["01", "02", None],
    "policing": ["fight", "theft"],
    "land": [None],
}
MATTERS = [(domain, kind) for domain, kinds in DOMAINS.items() for kind in kinds]
MOMENTS = [
    dt.datetime(2025, 12, 31, 15, 59, tzinfo=dt.UTC),
    dt.datetime(2025, 12, 31, 16, 0, tzinfo=dt.UTC),
    *(dt.datetime(2026, month, day, 3, tzinfo=dt.UTC) for month in (1, 2, 3) for day in (1, 2, 15, 28)),
    dt.datetime(2019, 6, 30, 20, tzinfo=dt.UTC),
]
DAYS = [
    dt.date(2019, 7, 1),
    dt.date(2025, 12, 31),
    dt.date(2026, 1, 1),
    dt.date(2026, 2, 2),
    dt.date(2026, 3, 29),
]
UIDS = st.integers(0, 11)
_WRITE = """
insert into incidents (uid, domain, kind, occurred_at, stage, grid_key, handler_key, placed_by, sealed_by_risk,
  committee_is_party)
select 'K' || u.uid, :domain, :kind, :at, :stage, :place, :handler, 'coordinate', :sealed, :party
from unnest(cast(:uids as int[])) u(uid)
on conflict (uid) do update set domain = excluded.domain, kind = excluded.kind, occurred_at = excluded.occurred_at,
  stage = excluded.stage, grid_key = excluded.grid_key, handler_key = excluded.handler_key,
  sealed_by_risk = excluded.sealed_by_risk, withdrawn_at = null
"""
_CHANGES = {
    "closed": "update incidents set stage = 'archived', closed_at = now() where uid = any(:uids)",
    "withdrawn": "update incidents set withdrawn_at = now() where uid = any(:uids)",
    "back": "update incidents set withdrawn_at = null where uid = any(:uids)",
    "deleted": "delete from incidents where uid = any(:uids)",
    "moved": "update incidents set grid_key = :place, handler_key = :place where uid = any(:uids)",
    "sealed": "update incidents set sealed_by_risk = not sealed_by_risk where uid = any(:uids)",
    "later": "update incidents set occurred_at = occurred_at + interval '40 days' where uid = any(:uids)",
    "same": "update incidents set summary = 'x' where uid = any(:uids)",
}

rows = st.fixed_dictionaries(
    {
        "matter": st.sampled_from(MATTERS),
        "at": st.sampled_from(MOMENTS),
        "stage": st.sampled_from([stage.value for stage in Stage]),
        "place": st.sampled_from(PLACES),
        "handler": st.sampled_from(PLACES),
        "sealed": st.booleans(),
        "party": st.booleans(),
        "uids": st.lists(UIDS, min_size=1, max_size=6, unique=True),
    }
)
changes = st.tuples(
    st.sampled_from(sorted(_CHANGES)), st.lists(UIDS, min_size=1, max_size=5), st.sampled_from(PLACES)
)
steps = st.one_of(rows, changes, st.just("fold"), st.just("taken back"))
wide_scopes = st.sampled_from(
    [
        WHOLE,
        Scope.of_grid(COUNTY),
        *(Scope.of_grid(make_key(t)) for t in (TOWN_1, FAR)),
        Scope.of_grid(make_key(TOWN_1, 1)),
        Scope(make_key(TOWN_1, 1, 1), make_key(TOWN_1, 1, 2) + 999),
    ]
)
openings = st.sampled_from([None, EVERY_SEALED, make_key(TOWN_1), make_key(TOWN_1, 1, 1)])
queries = st.builds(
    IncidentQuery,
    grid=st.sampled_from([None, UNASSIGNED, COUNTY, 3306, *(k for k in PLACES if k and k % 1000 == 0)]),
    since=st.none() | st.sampled_from(DAYS[:3]),
    until=st.none() | st.sampled_from(DAYS[2:]),
    domains=st.sampled_from([(), ("dispute",), ("land", "policing")]),
    flags=st.sampled_from([frozenset[str](), frozenset({"open"})]),
)


@pytest.fixture(scope="module")
def kept(make_database: MakeDatabase) -> Database:
    database = make_database("with_schema")
    keep_counts(database)
    return database


def write(session: Session, step: Any) -> None:
    if isinstance(step, dict):
        domain, kind = step["matter"]
        session.execute(
            text(_WRITE), {k: v for k, v in step.items() if k != "matter"} | {"domain": domain, "kind": kind}
        )
        return
    name, uids, place = step
    meant: dict[str, Any] = {"uids": [f"K{n}" for n in uids]} | ({"place": place} if name == "moved" else {})
    session.execute(text(_CHANGES[name]), meant)


def answers(session: Session, chosen: IncidentFilter) -> list[Any]:
    """Every answer that counts by a village or by nothing."""
    return [
        counts.total_and_sealed(session, chosen),
        *(counts.count_by_grid(session, chosen, level) for level in (TOWN, AREA, VILLAGE)),
        counts.count_by(session, chosen, "domain"),
        counts.series(session, chosen, "day"),
        counts.series(session, chosen, "week"),
    ]


def counted(session: Session, chosen: IncidentFilter) -> list[Any]:
    """The same, by counting the cases."""
    with pytest.MonkeyPatch.context() as alone:
        alone.setattr(counts, "kept_for", lambda *_: None)
        return answers(session, chosen)


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    done=st.lists(steps, min_size=1, max_size=8),
    asked=st.lists(st.tuples(queries, wide_scopes, openings), min_size=3, max_size=3),
)
def test_what_is_kept_is_what_counting_gives_whatever_was_written(
    kept: Database, done: list[Any], asked: list[tuple[IncidentQuery, Scope, int | None]]
) -> None:
    with kept.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from incidents"))
    for step in done:
        if step == "fold":
            keep_counts(kept)
        elif step == "taken back":
            with kept.scoped_session(WHOLE, write=True) as session:
                session.execute(text("delete from incidents"))
                session.rollback()
        else:
            with kept.scoped_session(WHOLE, write=True) as session:
                write(session, step)
    assert asked
    for query, scope, opens in asked:
        chosen = IncidentFilter(query, kept.settings.timezone, NOW)
        with kept.scoped_session(scope.opening(opens)) as session:
            assert kept_for(session, chosen, VILLAGE) is not None
            assert answers(session, chosen) == counted(session, chosen)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scope=scopes(PLACES[1:]), row=rows, query=queries, opens=openings)
def test_any_scope_that_may_write_a_case_counts_it_and_reads_what_it_may(
    kept: Database, scope: Scope, row: dict[str, Any], query: IncidentQuery, opens: int | None
) -> None:
    with kept.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from incidents"))
        write(session, row | {"uids": [0, 1], "place": VILLAGES[0] + 1, "party": True, "sealed": True})
    village = row["place"] - row["place"] % 1000
    # What the village's committee is a party of is hidden from its own desk, and goes past it.
    past_it = row["party"] and row["place"] % 10**6 and village <= scope.lo and scope.hi <= village + 999
    may = row["place"] in scope and not past_it
    with (
        nullcontext() if may else pytest.raises(Forbidden),
        kept.scoped_session(scope.opening(EVERY_SEALED), write=True) as session,
    ):
        write(session, row | {"uids": [20, 21]})
    chosen = IncidentFilter(query, kept.settings.timezone, NOW)
    for looking in (scope.opening(opens), WHOLE):
        with kept.scoped_session(looking) as session:
            assert answers(session, chosen) == counted(session, chosen)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scope=scopes(PLACES[1:]), folded=st.booleans())
def test_counts_are_seen_by_scopes_that_hold_all_of_them_and_more_than_a_village(
    kept: Database, scope: Scope, folded: bool
) -> None:
    with kept.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from incidents"))
    keep_counts(kept)
    with kept.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from case_counts"))
        for n, place in enumerate(PLACES):
            row = {"at": MOMENTS[0], "stage": "accepted", "handler": place, "sealed": True, "party": False}
            write(session, row | {"matter": MATTERS[0], "place": place, "uids": [n]})
    if folded:
        keep_counts(kept)
    table = CaseCount if folded else CaseCountChange
    every = {(key - key % 1000, key - key % 1000 + 999) for key in PLACES}
    if folded:
        every |= {(key - key % 10**8, key - key % 10**8 + 10**8 - 1) for key in PLACES}
    with kept.scoped_session(scope) as session:
        seen = {(lo, hi) for lo, hi in session.execute(select(table.scope_lo, table.scope_hi))}
    assert seen == {
        (lo, hi) for lo, hi in every if scope.lo <= lo and hi <= scope.hi and scope.hi - scope.lo > 999
    }


def test_writers_readers_and_folding_wait_for_nobody(kept: Database) -> None:
    row = {"at": MOMENTS[3], "stage": "accepted", "handler": PLACES[4], "sealed": False, "party": False}
    row |= {"matter": MATTERS[1], "place": PLACES[4]}
    chosen = IncidentFilter(IncidentQuery(), kept.settings.timezone, NOW)
    with kept.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from incidents"))
    with kept.scoped_session(WHOLE, write=True) as slow:
        write(slow, row | {"uids": [0, 1]})
        with kept.scoped_session(WHOLE, write=True, timeout_s=2) as quick:
            write(quick, row | {"uids": [2]})
        assert keep_counts(kept) > 0
        with kept.scoped_session(WHOLE, timeout_s=2) as reader:
            assert counts.total_and_sealed(reader, chosen) == (1, 0)
        assert counts.total_and_sealed(slow, chosen) == (3, 0)
        with kept.scoped_session(WHOLE, write=True) as session:
            session.execute(text("delete from workspace_settings where key = 'case_counts_zone'"))
        # Filling looks at one moment; what is written meanwhile comes after it.
        keep_counts(kept)
        with kept.scoped_session(WHOLE) as reader:
            assert zone_kept(reader) == kept.settings.timezone
            assert counts.total_and_sealed(reader, chosen) == (1, 0)
    with kept.scoped_session(WHOLE) as reader:
        assert has_changes(reader)
        assert kept_for(reader, chosen, VILLAGE) is not None
        assert counts.total_and_sealed(reader, chosen) == (3, 0)
    assert keep_counts(kept) == 1
    with kept.scoped_session(WHOLE) as reader:
        assert not has_changes(reader)
        assert answers(reader, chosen) == counted(reader, chosen)


def test_days_of_another_zone_are_counted_until_they_are_kept(kept: Database) -> None:
    row = {"stage": "accepted", "handler": PLACES[4], "sealed": False, "party": False}
    with kept.scoped_session(WHOLE, write=True) as session:
        session.execute(text("delete from incidents"))
        write(session, row | {"at": MOMENTS[1], "matter": MATTERS[1], "place": PLACES[4], "uids": [0]})
    chosen = IncidentFilter(IncidentQuery(), "America/Chicago", NOW)
    new_year = [(dt.date(2025, 12, 31), 1)]
    with kept.scoped_session(WHOLE) as session:
        assert kept_for(session, chosen, VILLAGE) is None
        assert counts.series(session, chosen, "day") == new_year
    here, there = kept.settings, kept.settings.model_copy(update={"timezone": "America/Chicago"})
    try:
        kept.settings = there
        keep_counts(kept)
        with kept.scoped_session(WHOLE) as session:
            assert kept_for(session, chosen, VILLAGE) is not None
            assert counts.series(session, chosen, "day") == new_year
    finally:
        kept.settings = here
        keep_counts(kept)


@pytest.mark.parametrize(
    "query",
    [
        IncidentQuery(kinds=("01",)),
        IncidentQuery(stages=("accepted",)),
        IncidentQuery(text="x"),
        IncidentQuery(flags=frozenset({"overdue"})),
        IncidentQuery(grid=make_key(TOWN_1, 1, 1, 1)),
        IncidentQuery(since=DAYS[2], until=DAYS[1]),
    ],
)
def test_what_is_not_kept_is_counted(kept: Database, query: IncidentQuery) -> None:
    with kept.scoped_session(WHOLE) as session:
        assert kept_for(session, IncidentFilter(query, kept.settings.timezone, NOW), VILLAGE) is None
