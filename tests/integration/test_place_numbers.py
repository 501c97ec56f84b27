"""Numbers of places that kept runs find: fixed for the same ground, unrelated for ground that differs by a grid."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.sparse import csr_array

from gridmap.domain import protection
from gridmap.domain.gridkey import Scope
from gridmap.domain.hotspots import Evidence, Finding
from gridmap.services.hotspots.guard import guarded_cells, guarded_clusters, place_name
from gridmap.services.hotspots.observations import load_inputs
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database

WHOLE = Scope.whole()


def test_a_place_without_a_grid_that_holds_nothing_shows_another_number(demo_database: Database) -> None:
    """Were the number fixed by the records, an equal one would tell that the grid holds none, another that it does."""
    spec = HotspotSpec("gi", dt.date(2026, 1, 1), dt.date(2026, 12, 31), "dispute", level=4, seed=1)
    inputs = load_inputs(demo_database, WHOLE, spec)
    keys = inputs.cells["grid_key"].to_numpy()
    empty = np.flatnonzero(inputs.counts == 0)[:40]
    assert len(empty) == 40
    busy = np.argsort(-inputs.counts)[:12]
    inside = np.isin(inputs.cell, busy)
    kind = f"{inputs.guard.kind(4, 'dispute')}place"

    def number(rows: np.ndarray) -> int | None:
        return inputs.guard.told_set(inside, kind, found=True, place=place_name(keys[rows]))

    told = {number(np.append(busy, one)) for one in empty}
    # Forty places of the very same records: with one noise for all of them there would be one number.
    assert len(told) > 8
    assert {number(busy), number(busy[::-1])} == {number(busy)}


def test_the_days_of_a_cluster_are_part_of_its_name() -> None:
    keys = ["33068110903008001", "33068110903008002"]
    assert place_name(keys) == place_name(reversed(keys))
    assert len({place_name(keys), place_name(keys, "2026-01-01", "2026-02-01"), place_name(keys[:1])}) == 3


_PERIODS = (
    (dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    (dt.date(2026, 7, 1), dt.date(2026, 9, 30)),
    (dt.date(2026, 7, 1), dt.date(2026, 12, 31)),
    (dt.date(2026, 6, 1), dt.date(2026, 10, 31)),
    (dt.date(2025, 7, 1), dt.date(2026, 9, 30)),
)
_SINCE, _BEFORE = dt.date(2026, 7, 1), dt.date(2026, 10, 1)


def _shown(database: Database, period: tuple[dt.date, dt.date], *, with_days: bool) -> list[int | None]:
    """Numbers of four clusters of the same ground and records, as a run over a period shows them."""
    first, last = period
    spec = HotspotSpec("space-time-scan" if with_days else "scan", first, last, level=4, seed=1)
    inputs = load_inputs(database, WHOLE, spec)
    keys = inputs.cells["grid_key"].to_numpy()
    told: list[int | None] = []
    for n in range(4):
        rows = np.arange(n * 40, n * 40 + 160)
        held = np.isin(inputs.cell, rows)
        held &= (inputs.day >= (_SINCE - first).days) & (inputs.day < (_BEFORE - first).days)
        evidence: Evidence = {
            **dict.fromkeys(("name_zh", "name_en", "radius_m", "proposal", "expected", "p")),  # type: ignore[typeddict-item]
            "cells": len(rows),
            "members": [str(key) for key in keys[rows]],
        }
        if with_days:
            evidence |= {"since": _SINCE.isoformat(), "before": _BEFORE.isoformat()}
        cluster = Finding("cluster", int(keys[rows[0]]), inputs.cells.geometry.iloc[0], evidence)
        (shown,) = guarded_clusters(inputs, spec, [cluster], [held], 100.0)
        told.append(shown.evidence["observed"])
    return told


@pytest.fixture
def behind_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the perturbed numbers themselves, of which only the bands are told."""
    monkeypatch.setattr(protection, "middle_of_band", lambda number: number)


@pytest.mark.usefixtures("behind_bands")
def test_a_cluster_with_days_shows_one_number_in_runs_over_any_period(demo_database: Database) -> None:
    """Were the run's calendar a part of it, every further period would give another noise, and their mean none."""
    numbers = [_shown(demo_database, period, with_days=True) for period in _PERIODS]
    assert numbers == [numbers[0]] * len(_PERIODS)
    assert None not in numbers[0]


@pytest.mark.usefixtures("behind_bands")
def test_a_cluster_of_ground_alone_shows_a_number_for_each_period(demo_database: Database) -> None:
    """An equal number would tell that the days by which two periods differ hold nothing there."""
    numbers = [_shown(demo_database, period, with_days=False) for period in _PERIODS]
    assert all(len(set(of_one)) > 1 for of_one in zip(*numbers, strict=True))
    # The same ground and days are one cluster, whichever scan finds it.
    assert numbers[1] == _shown(demo_database, _PERIODS[1], with_days=True)
    assert numbers[0] == _shown(demo_database, _PERIODS[0], with_days=False)


@pytest.mark.parametrize(("resolution", "level"), [(7, 3), (8, 3), (8, 4)])
def test_hexagons_where_nothing_was_found_are_told_no_number(
    demo_database: Database, resolution: int, level: int
) -> None:
    spec = HotspotSpec(
        "emerging", *_PERIODS[0], level=level, seed=1, by="count", hexagons=resolution, permutations=0
    )
    inputs = load_inputs(demo_database, WHOLE, spec)
    cells = len(inputs.cells)
    apart = csr_array((cells, cells))
    even = np.full(cells, 1.0)
    quiet = np.full(cells, "none", dtype=object)
    assert inputs.counts.max() >= 40
    assert guarded_cells(inputs, spec, apart, quiet, expected=even, q=even, domain=None) == []
    # The same hexagons have a band where something was found in them.
    busiest = int(np.argmax(inputs.counts))
    quiet[busiest] = "persistent"
    (told,) = guarded_cells(inputs, spec, apart, quiet, expected=even, q=even, domain=None)
    assert (told.label, told.evidence["observed"] is not None) == ("persistent", True)
