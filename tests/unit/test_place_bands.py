"""A place that was kept with its perturbed number is told as its band, and so is all that stands beside it."""

from __future__ import annotations

import pytest
from shapely.geometry import Point

from gridmap.domain.hotspots import Evidence, Finding
from gridmap.services.hotspots.bands import with_band


def kept(label: str, observed: int, **more: object) -> Finding:
    evidence: Evidence = {  # type: ignore[typeddict-item]
        "observed": observed,
        "expected": 10,
        "p": 0.01,
        "q": 0.05,
        "z": None,
        "words_zh": f"约 {observed} 件接报（扰动数）",
        "words_en": f"about {observed} reported (perturbed)",
        **more,
    }
    return Finding(label, 1, Point(0, 0), evidence)


def test_a_run_that_was_kept_with_numbers_of_its_places_tells_their_bands_alone() -> None:
    told = with_band(kept("hot", 57)).evidence
    assert told["observed"] == 60
    assert told["words_zh"] == "接报 40–79 件（扰动数，分档），预期约 10 件，q ≤ 0.05"
    assert told["words_en"] == "40–79 reported (band of a perturbed number), about 10 expected, q ≤ 0.05"
    cluster = with_band(kept("cluster", 57, radius_m=120.0, relative_risk=5.7)).evidence
    assert cluster["relative_risk"] == 6.0
    assert "p ≤ 0.01" in cluster["words_en"]
    # The lowest band has no least, and no ratio.
    assert with_band(kept("cluster", 17, radius_m=120.0, relative_risk=1.7)).evidence["relative_risk"] is None


def test_a_cell_of_a_table_keeps_its_number_and_a_band_is_told_once() -> None:
    table = kept("none", 57)
    assert with_band(table) is table
    for found in (kept("hot", 57), kept("cluster", 57, radius_m=120.0, relative_risk=5.7)):
        assert with_band(with_band(found)) == with_band(found)


@pytest.mark.parametrize("middle", [20, 60, 120])
def test_a_kept_number_that_is_the_middle_of_its_band_by_chance_is_told_as_the_band(middle: int) -> None:
    told, near = (with_band(kept("hot", number)) for number in (middle, middle + 1))
    assert told.evidence == near.evidence
