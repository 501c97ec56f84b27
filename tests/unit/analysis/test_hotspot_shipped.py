"""Published answers for the data that PySAL ships: St Louis, the SIDS counties, De Smith's and Getis's examples."""

from __future__ import annotations

from contextlib import closing

import esda
import libpysal
import numpy as np
import pytest
from scipy import sparse

from gridmap.analysis import weights
from gridmap.analysis.hotspot import eb_moran, global_g, global_geary, global_moran, local_gi, local_moran

SIX = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)], dtype=float)
SIX_VALUES = np.array([2, 3, 3.2, 5, 8, 7])


def neighbours(name: str) -> sparse.csr_array:
    with closing(libpysal.io.open(libpysal.examples.get_path(name))) as file:
        return sparse.csr_array(file.read().sparse)


def column(name: str, field: str) -> np.ndarray:
    with closing(libpysal.io.open(libpysal.examples.get_path(name))) as file:
        return np.array(file.by_col(field))


def test_st_louis() -> None:
    found = global_moran(
        column("stl_hom.txt", "HR8893"), weights.row_standardised(neighbours("stl.gal")), moments="normality"
    )
    assert found.statistic == pytest.approx(0.2436558262177166, rel=1e-12)
    assert found.p_one_sided == pytest.approx(0.00013573931385468807, rel=1e-9)


def test_columbus() -> None:
    crime, binary = column("columbus.dbf", "CRIME"), neighbours("columbus.gal")
    found = global_moran(crime, weights.row_standardised(binary))
    theirs = esda.Moran(crime, libpysal.weights.WSP(sparse.csr_matrix(binary)).to_W(), permutations=0)
    assert found.statistic == pytest.approx(theirs.I, rel=1e-12)
    assert found.z == pytest.approx(theirs.z_rand, rel=1e-12)


def test_sids_rates() -> None:
    w = weights.row_standardised(neighbours("sids2.gal"))
    events, births = column("sids2.dbf", "SID79"), column("sids2.dbf", "BIR79")
    assert eb_moran(events, births, w).statistic == pytest.approx(0.16622343552567395, rel=1e-6)


def test_de_smith_s_quadrants() -> None:
    with closing(libpysal.io.open(libpysal.examples.get_path("desmith.txt"))) as file:
        values = np.array(file.by_col["z"])
    found = local_moran(values, weights.row_standardised(neighbours("desmith.gal")))
    assert found.quadrant.tolist() == ["HL", "HL", "HL", "LH", "LL", "LL", "HH", "HL", "LL", "LL"]


def test_the_book_s_geary() -> None:
    with closing(libpysal.io.open(libpysal.examples.get_path("book.txt"))) as file:
        values = np.array(file.by_col["y"])
    found = global_geary(values, weights.row_standardised(neighbours("book.gal")))
    assert found.statistic == pytest.approx(0.33301083591331254, rel=1e-9)


def test_six_points() -> None:
    near = weights.distance_band(SIX, 15)
    found = global_g(SIX_VALUES, near)
    assert found.statistic == pytest.approx(0.55709779, abs=5e-9)
    np.testing.assert_allclose(
        local_gi(SIX_VALUES, near, star=False).z,
        [-1.0136729, -0.04361589, 1.31558703, -0.31412676, 1.15373986, 1.77833941],
        atol=5e-9,
    )
    np.testing.assert_allclose(
        local_gi(SIX_VALUES, near).z,
        [-1.39727626, -0.28917762, 0.65064964, -0.28917762, 1.23452088, 2.02424331],
        atol=5e-9,
    )
