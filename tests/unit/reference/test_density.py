"""Published densities and bandwidths are reproduced to the digits given."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyproj import Transformer

from gridmap.analysis import density

pytestmark = pytest.mark.reference
UTM_16N = Transformer.from_crs(4326, 32616, always_xy=True)


@pytest.fixture(scope="module")
def expected(reference_dir: Path) -> dict[str, object]:
    answers: dict[str, dict[str, object]] = json.loads(
        (reference_dir / "hotspot" / "expected.json").read_text()
    )
    return answers["memphis"]


@pytest.fixture(scope="module")
def robberies(reference_dir: Path) -> NDArray[np.float64]:
    table = pd.read_csv(reference_dir / "hotspot" / "memphis" / "memphis_robberies.csv")
    return np.column_stack(UTM_16N.transform(table.lon, table.lat))


def test_the_published_bandwidth_of_each_axis(
    robberies: NDArray[np.float64], expected: dict[str, object]
) -> None:
    wide, high = density.bandwidth(robberies, "nrd")
    assert len(robberies) == expected["n"]
    assert round(wide, 2) == expected["bandwidth_nrd_x"]
    assert round(high, 2) == expected["bandwidth_nrd_y"]
    assert round(wide) == expected["bandwidth_published_m"]


def test_the_published_quartic_density_of_the_first_ten_cells(
    robberies: NDArray[np.float64], expected: dict[str, object]
) -> None:
    # The published grid begins at 34.99475 N; its first row that meets the hull of the events, at 90.08418 W.
    side = expected["cell_deg"]
    assert isinstance(side, float)
    middles = np.column_stack(
        UTM_16N.transform(-90.08418 + side * (np.arange(10) + 0.5), np.full(10, 34.99475 + side / 2))
    )
    h = density.bandwidth(robberies, "nrd")[0]
    # Published as sums of (1 - d**2 / h**2)**2, whose integral is a third of pi h**2.
    found = density.density_at(robberies, middles, h) * math.pi * h**2 / 3
    assert np.round(found, 1).tolist() == expected["kde_first_row_published"]


def test_the_raster_of_memphis_keeps_all_robberies(robberies: NDArray[np.float64]) -> None:
    h = density.bandwidth(robberies, "cv")[0]
    assert h < density.bandwidth(robberies, "nrd")[0]
    found = density.kde(robberies, h, 100.0)
    assert found.mass == pytest.approx(len(robberies), rel=1e-3)
