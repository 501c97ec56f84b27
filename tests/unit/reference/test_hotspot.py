"""The published numbers of columbus, Getis and Ord, the SIDS counties, Auckland and St Louis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from gridmap.analysis import fdr, rates, weights
from gridmap.analysis.hotspot import eb_moran, global_g, global_geary, global_moran, local_gi

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def folder(reference_dir: Path) -> Path:
    return reference_dir / "hotspot"


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    return answers


def neighbours(file: Path, n: int) -> sparse.csr_array:
    return weights.from_pairs(n, pd.read_csv(file).to_numpy() - 1)


def digits(value: float, printed: float, places: float) -> None:
    assert value == pytest.approx(printed, abs=0.51 * 10.0**-places)


def test_columbus(folder: Path, expected: dict[str, Any]) -> None:
    table = pd.read_csv(folder / "columbus" / "columbus_old.csv")
    crime, answer = table["CRIME"], expected["columbus"]
    binary = neighbours(folder / "columbus" / "columbus_old_neighbours.csv", 49)
    w = weights.row_standardised(binary)
    rand, norm = global_moran(crime, w), global_moran(crime, w, moments="normality")
    digits(rand.statistic, answer["moran_W"]["I"], 9)
    digits(rand.variance, answer["moran_W"]["VI_rand"], 9)
    digits(rand.z, answer["moran_W"]["z_rand"], 4)
    assert rand.p_one_sided == pytest.approx(answer["moran_W"]["p_one_sided"], rel=1e-4)
    assert rand.p == pytest.approx(2 * rand.p_one_sided)
    digits(norm.variance, answer["moran_W"]["VI_norm"], 9)
    digits(norm.z, answer["moran_W"]["z_norm"], 4)
    plain = global_moran(crime, binary)
    digits(plain.statistic, answer["moran_B"]["I"], 8)
    digits(plain.variance, answer["moran_B"]["VI_rand"], 8)
    digits(plain.z, answer["moran_B"]["z_rand"], 4)
    geary = global_geary(crime, w)
    digits(geary.statistic, answer["geary_W"]["C"], 8)
    digits(geary.variance, answer["geary_W"]["VC_rand"], 8)
    digits(global_geary(crime, w, moments="normality").variance, answer["geary_W"]["VC_norm"], 8)
    for order in (2, 3):
        lag = weights.row_standardised(weights.higher_order(binary, order))
        digits(global_moran(crime, lag).statistic, answer[f"moran_lag{order}_W"], 9)
    nearest = global_moran(crime, weights.row_standardised(weights.knn(table[["X", "Y"]].to_numpy(), 4)))
    digits(nearest.statistic, answer["moran_knn4_W"]["I"], 9)
    digits(nearest.variance, answer["moran_knn4_W"]["VI_rand"], 9)


def test_getis_and_ord(folder: Path, expected: dict[str, Any]) -> None:
    table, answer = pd.read_csv(folder / "getisord" / "getisord.csv"), expected["getisord"]
    xy, row = table[["x", "y"]].to_numpy(), answer["row_1based"] - 1
    for distance, z in answer["Gi_binary"].items():
        digits(local_gi(table["val"], weights.distance_band(xy, float(distance)), star=False).z[row], z, 6)
    near = weights.distance_band(xy, 30)
    digits(local_gi(table["val"], near).z[row], answer["GiStar_binary_30_eq14.2"], 5)
    digits(local_gi(table["val"], near, variance="n-1").z[row], answer["GiStar_binary_30_n_minus_1"], 6)


def test_sids_counties(folder: Path, expected: dict[str, Any]) -> None:
    table, answer = pd.read_csv(folder / "nc_sids" / "nc_sids.csv"), expected["nc_sids"]
    w = neighbours(folder / "nc_sids" / "ncCC89_neighbours.csv", 100)
    digits(eb_moran(table["SID74"], table["BIR74"], w).statistic, answer["EBI_moran_SID74_ncCC89_B"], 5)
    rate = table["SID74"] / table["BIR74"]
    digits(global_moran(rate, w, islands="drop").statistic, answer["moran_raw_SID74_ncCC89_B_spdep_n98"], 5)
    digits(global_moran(rate, w).statistic, answer["moran_raw_SID74_ncCC89_B_esda_n100"], 8)
    xy = table[["east", "north"]].to_numpy()
    for distance, (statistic, z) in answer["globalG_SID79_rate"].items():
        found = global_g(table["SID79"] / table["BIR79"], weights.distance_band(xy, float(distance)))
        digits(found.statistic, statistic, 8)
        digits(found.z, z, 8)


def test_auckland(folder: Path, expected: dict[str, Any]) -> None:
    table, answer = pd.read_csv(folder / "auckland" / "auckland.csv"), expected["auckland"]
    found = rates.empirical_bayes(table["M77_85"], 9 * table["Und5_81"])
    assert found.a == pytest.approx(answer["EBest_a"], rel=1e-6)
    assert found.b == pytest.approx(answer["EBest_b"], rel=1e-6)
    per_1000 = found.rate * 1000
    np.testing.assert_allclose(
        [per_1000.min(), per_1000.max()], answer["eb_rate_per_1000_min_max"], atol=5e-8
    )


def test_st_louis(folder: Path, expected: dict[str, Any]) -> None:
    table, answer = pd.read_csv(folder / "stl_hom" / "stl_hom.csv"), expected["stl_hom"]
    lines = (folder / "stl_hom" / "stl.gal").read_text(encoding="ascii").split("\n")
    pairs = []
    for head, tail in zip(lines[1::2], lines[2::2], strict=False):
        pairs += [(int(head.split()[0]) - 1, int(other) - 1) for other in tail.split()]
    w = weights.row_standardised(weights.from_pairs(len(table), pairs))
    found = global_moran(table["HR8893"], w, moments="normality")
    assert found.statistic == pytest.approx(answer["moran_HR8893"], rel=1e-12)
    assert found.p_one_sided == pytest.approx(answer["p_norm_one_sided"], rel=1e-9)


def test_benjamini_and_hochberg(expected: dict[str, Any]) -> None:
    answer = expected["benjamini_hochberg_1995"]
    q = fdr.benjamini_hochberg(answer["p"])
    assert np.count_nonzero(q <= answer["alpha"]) == answer["bh_rejects"]
    assert np.count_nonzero(np.array(answer["p"]) * len(q) <= answer["alpha"]) == answer["bonferroni_rejects"]
