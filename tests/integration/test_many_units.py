"""A run over thousands of grids: kept in a few statements, described once, read as the database's own bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shapely import Point
from sqlalchemy import BigInteger as Whole
from sqlalchemy import Double, cast, event, literal, select, union_all

from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import Finding
from gridmap.domain.protection import Counts
from gridmap.services.hotspots import publish
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.columns import read_columns
from gridmap.storage.database import Database
from gridmap.storage.hotspots.runs import add_run, delete_run, find_run

WHOLE = Scope.whole()
YEAR = HotspotSpec("gi", dt.date(2026, 1, 1), dt.date(2026, 10, 31))
MANY = 4500


def test_thousands_of_findings_are_kept_in_a_few_statements_and_come_back_as_they_were(
    demo_database: Database,
) -> None:
    run = run_hotspots(demo_database, WHOLE, YEAR, keep=False)
    found = [
        Finding(
            "hot" if n % 3 else "none",
            None if n % 7 == 0 else 33068110901001000 + n,
            None if n % 5 == 0 else Point(120.0 + n * 1e-7, 29.5),
            {"name_zh": f"枫源村{n}", "observed": n, "z": None, "members": [str(n)]},
            n + 1,
        )
        for n in range(MANY)
    ]
    asked: list[str] = []
    with demo_database.scoped_session(WHOLE, write=True) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        run_id = add_run(session, replace(run, findings=tuple(found)), found[:3])
        assert len(asked) < 10
        kept = find_run(session, run_id)
        outside = find_run(session, run_id, Counts.PERTURBED)
        assert delete_run(session, run_id)
    assert kept is not None
    assert outside is not None
    assert (list(kept.findings), list(outside.findings)) == (found, found[:3])


def test_the_ground_between_is_described_once_and_not_once_a_domain(
    demo_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = []
    unit = publish._unit

    def seen(*given: Any) -> Finding:
        described.append(unit(*given))
        return described[-1]

    monkeypatch.setattr(publish, "_unit", seen)
    run = run_hotspots(demo_database, WHOLE, YEAR, keep=False)
    assert len(run.summary["domains"]) > 1
    assert len(described) == len(run.findings)


def test_columns_come_as_numbers_with_nothing_lost_and_a_null_that_would_shift_them_is_refused(
    demo_database: Database,
) -> None:
    def row(whole: int, real: float | None, word: str | None, yes: bool) -> Any:
        return select(
            cast(literal(whole), Whole).label("whole"),
            cast(literal(real), Double).label("real"),
            literal(word).label("word"),
            literal(yes).label("yes"),
        )

    rows = [(2**62 + 1, 0.1 + 0.2, "枫桥", True), (-5, None, None, False), (7, -1e300, 'a"b', True)]
    with demo_database.scoped_session(WHOLE) as session:
        told = select(*union_all(*(row(*given) for given in rows)).subquery().c)
        whole, real, word, yes = read_columns(session, told)
        assert (whole.dtype, whole.tolist()) == (np.int64, [2**62 + 1, -5, 7])
        np.testing.assert_array_equal(real, [0.1 + 0.2, np.nan, -1e300])
        assert (word.tolist(), yes.tolist()) == (["枫桥", None, 'a"b'], [True, False, True])
        nothing = [len(column) for column in read_columns(session, told.where(told.selected_columns[0] == 1))]
        assert nothing == [0, 0, 0, 0]
        with pytest.raises(ValueError, match="nulls"):
            read_columns(session, select(cast(literal(None), Whole).label("whole")))
