"""Numbers of places that kept runs find: fixed for the same ground, unrelated for ground that differs by a grid."""

from __future__ import annotations

import datetime as dt

import numpy as np

from gridmap.domain.gridkey import Scope
from gridmap.services.hotspots.guard import place_name
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
