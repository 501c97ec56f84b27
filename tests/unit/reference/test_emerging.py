"""The published space-time Gi* and trends are reproduced to the digits given."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from gridmap.analysis import emerging, weights
from gridmap.analysis.trend import mann_kendall

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def boston(reference_dir: Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame, Path]:
    folder = reference_dir / "hotspot" / "boston_ehsa"
    areas = gpd.read_file(folder / "bos-ecometric.geojson")
    table = pd.read_csv(folder / "bos-ecometric.csv", dtype={".region_id": str})
    cube = table.pivot_table(index=".region_id", columns="time_period", values="value")
    return areas, cube.loc[areas[".region_id"].astype(str)], folder


@pytest.mark.parametrize("k", [0, 1])
def test_the_gi_star_of_every_bin(boston: tuple[gpd.GeoDataFrame, pd.DataFrame, Path], k: int) -> None:
    areas, cube, folder = boston
    found = emerging.classify(cube.to_numpy(), weights.queen(areas), k)
    peer = pd.read_csv(folder / f"peer_gistar_k{k}_slice.csv", index_col=0)
    peer.index = peer.index.astype(str)
    assert np.allclose(found.z, peer.loc[cube.index].to_numpy(), atol=1e-10)


def test_tau_and_p_of_every_block_group(boston: tuple[gpd.GeoDataFrame, pd.DataFrame, Path]) -> None:
    areas, cube, folder = boston
    found = emerging.classify(cube.to_numpy(), weights.queen(areas), k=1)
    answers = pd.read_csv(folder / "expected_correct_labels_tau_p.csv", dtype={"location": str})
    answers = answers.set_index("location").loc[cube.index]
    assert len(answers) == 168
    assert np.allclose(found.tau, answers["tau"], atol=1e-12)
    assert np.allclose(found.p, answers["p_value"], atol=1e-12)


def test_the_trend_of_the_savings_rate(reference_dir: Path) -> None:
    folder = reference_dir / "hotspot"
    answers = json.loads((folder / "expected.json").read_text())["psavert_mann_kendall"]
    found = mann_kendall(pd.read_csv(folder / "boston_ehsa" / "economics_psavert.csv")["psavert"])
    assert round(float(found.tau), 3) == answers["tau_b"]
    assert found.p < answers["p_lt"]
