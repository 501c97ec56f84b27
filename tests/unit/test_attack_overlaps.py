"""What many overlapping places tell together is as docs/privacy.md says: a few tell little, dozens tell too much."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.services.cases.protected import table
from tests.attack_overlaps import Overlaps, attack_banded_overlaps, attack_overlaps

_ABOUT = Overlaps(place=60, grid=3, place_mean=45.0, grid_mean=2.0)


@pytest.mark.parametrize("k", [1, 4, 16, 64])
def test_the_noise_of_overlapping_places_falls_with_the_root_of_their_number(k: int) -> None:
    deviation, _ = attack_overlaps(_ABOUT, table(), k, 40, seed=7)
    assert deviation == pytest.approx(6.0 / np.sqrt(k), rel=0.08)


def test_a_place_of_either_ground_tells_little_of_the_grid_between_them_and_forty_tell_more() -> None:
    raised = {k: attack_overlaps(_ABOUT, table(), k, 40, seed=7)[1] for k in (1, 5, 40)}
    print({k: (round(float(r.mean()), 3), round(float(r.max()), 3)) for k, r in raised.items()})
    assert raised[1].max() < 0.1
    assert raised[5].mean() < 0.1
    # What docs/privacy.md tells under "What remains": no promise that many places keep.
    assert raised[40].mean() > 0.1


def test_the_bands_of_ten_overlapping_places_do_not_raise_the_chance_of_a_small_count() -> None:
    raised = {k: attack_banded_overlaps(table(), k, 2, seed=7) for k in (1, 10, 40)}
    print({k: (round(float(r.mean()), 3), round(float(r.max()), 3)) for k, r in raised.items()})
    assert max(raised[1].max(), raised[10].max()) <= 0.1
    # What docs/privacy.md tells under "What remains": beside the ends of bands many tell more.
    assert raised[40].max() > 0.1
