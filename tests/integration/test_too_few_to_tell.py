"""A method that cannot find anything at the given size says so: it never answers that there is none."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from gridmap.domain.gridkey import Scope
from gridmap.errors import InvalidInput
from gridmap.services.hotspots.by_scan import require_window
from gridmap.services.hotspots.runs import run_hotspots
from gridmap.services.hotspots.spec import HotspotSpec
from gridmap.storage.database import Database

OF_CELLS = ("gi", "moran", "emerging", "scan", "space-time-scan", "expected-scan")
AREA = 33068110901000000


@pytest.mark.parametrize("by", ["count", "rate"])
@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("method", OF_CELLS)
def test_one_town_or_three_areas_are_too_few_for_any_method_by_grid(
    demo_database: Database, method: str, level: int, by: str
) -> None:
    asked = HotspotSpec(
        method,  # type: ignore[arg-type]
        dt.date(2026, 1, 1),
        dt.date(2026, 10, 31),
        level=level,
        by="count" if method == "expected-scan" else by,  # type: ignore[arg-type]
        step="week",
        permutations=19,
        max_population=0.5,
    )
    with pytest.raises(InvalidInput) as refused:
        run_hotspots(demo_database, Scope.whole(), asked, keep=False)
    assert refused.value.code == "cells-too-few"
    assert "--level" in refused.value.en


@pytest.mark.parametrize(
    ("places", "share", "possible"), [(9, 0.1, False), (9, 0.12, True), (1, 0.5, False), (2, 0.5, True)]
)
def test_a_scan_of_places_that_are_each_more_than_a_cluster_may_be_is_refused(
    places: int, share: float, possible: bool
) -> None:
    weight = np.ones(places)
    if possible:
        require_window(weight, share)
        return
    with pytest.raises(InvalidInput) as refused:
        require_window(weight, share)
    assert refused.value.code == "scan-no-window"
    assert "--max-population" in refused.value.en


def test_near_repeats_of_days_that_no_shuffling_changes_are_refused(demo_database: Database) -> None:
    asked = HotspotSpec(
        "near-repeat",
        dt.date(2026, 10, 5),
        dt.date(2026, 10, 11),
        level=4,
        season_days=1,
        permutations=19,
    )
    with pytest.raises(InvalidInput) as refused:
        run_hotspots(demo_database, Scope.whole(), asked, keep=False)
    assert refused.value.code == "near-repeat-orders"
