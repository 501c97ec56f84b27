"""Whatever a caller gives is used rightly, or refused in both languages; never answered with an error of a library."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse

from gridmap.analysis import (
    change,
    clusters,
    cube,
    density,
    emerging,
    fdr,
    forecast,
    hotspot,
    near_repeat,
    rates,
    scan,
    trend,
    weights,
)
from gridmap.errors import InvalidInput

N = 36
RNG = np.random.default_rng(4)
XY = RNG.random((N, 2)) * 1000
COUNTS = RNG.poisson(3, N)
PEOPLE = RNG.integers(50, 400, N)
DAYS = RNG.random(N) * 200
CUBE = RNG.poisson(2, (N, 12))
WEEKS = RNG.poisson(0.5, (N, 60))
QUEEN = weights.lattice(6, 6)
TREATED = np.arange(N) < 3

SEEDED: dict[str, Callable[[Any], Any]] = {
    "local_gi": lambda rng: hotspot.local_gi(COUNTS, QUEEN, permutations=99, rng=rng).p,
    "local_moran": lambda rng: hotspot.local_moran(COUNTS, QUEEN, permutations=99, rng=rng).p,
    "global_moran": lambda rng: hotspot.global_moran(COUNTS, QUEEN, permutations=99, rng=rng).p,
    "global_geary": lambda rng: hotspot.global_geary(COUNTS, QUEEN, permutations=99, rng=rng).p,
    "global_g": lambda rng: hotspot.global_g(COUNTS, QUEEN, permutations=99, rng=rng).p,
    "local_counts": lambda rng: hotspot.local_counts(COUNTS, PEOPLE, QUEEN, rng=rng).p,
    "spatial": lambda rng: scan.spatial(XY, COUNTS, PEOPLE, permutations=19, rng=rng).maxima,
    "space_time": lambda rng: scan.space_time(XY, CUBE, PEOPLE, permutations=19, rng=rng).maxima,
    "table": lambda rng: near_repeat.table(XY, DAYS, [0, 200], [0, 14], permutations=19, rng=rng).expected,
    "classify": lambda rng: emerging.classify(CUBE, QUEEN, rng=rng).p_gi,
    "score": lambda rng: (
        forecast.score(WEEKS, np.ones(N), XY, held_out=3, bootstrap=19, rng=rng).scores[0].hit_low
    ),
    "displacement": lambda rng: change.displacement((90, 60), (50, 45), (300, 310), rng=rng).low,
    "before_after": lambda rng: change.before_after(CUBE, COUNTS, TREATED, rng=rng).low,
}


@pytest.mark.parametrize("name", SEEDED)
def test_a_whole_number_seeds_a_generator(name: str) -> None:
    np.testing.assert_array_equal(SEEDED[name](7), SEEDED[name](np.random.default_rng(7)))
    np.testing.assert_array_equal(SEEDED[name](np.int64(7)), SEEDED[name](7))


@pytest.mark.parametrize("name", SEEDED)
@pytest.mark.parametrize("rng", [-1, 1.5, "7", np.random.RandomState(7)], ids=str)
def test_what_is_neither_a_generator_nor_a_seed_is_refused(name: str, rng: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        SEEDED[name](rng)
    assert refused.value.code == "rng-kind"


TAKES_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "local_gi": lambda x: hotspot.local_gi(x, QUEEN),
    "local_moran": lambda x: hotspot.local_moran(x, QUEEN),
    "global_g": lambda x: hotspot.global_g(x, QUEEN),
    "empirical_bayes": lambda x: rates.empirical_bayes(x, PEOPLE),
    "people": lambda x: rates.empirical_bayes(COUNTS, x),
    "exposure": lambda x: rates.exposure(PEOPLE, x, 0.5),
    "scan cases": lambda x: scan.spatial(XY, x, PEOPLE, permutations=0),
    "scan people": lambda x: scan.spatial(XY, COUNTS, x, permutations=0),
    "scan places": lambda x: scan.spatial(x, COUNTS, PEOPLE, permutations=0),
    "near repeat places": lambda x: near_repeat.table(x, DAYS, [0, 1], [0, 1]),
    "near repeat times": lambda x: near_repeat.table(XY, x, [0, 1], [0, 1]),
    "near repeat breaks": lambda x: near_repeat.table(XY, DAYS, x, [0, 1]),
    "kde": lambda x: density.kde(x, 100, 20),
    "kde weights": lambda x: density.kde(XY, 100, 20, weights=x),
    "dbscan weights": lambda x: clusters.dbscan(XY, 100, 5, x),
    "knn": lambda x: weights.knn(x, 3),
    "pairs": lambda x: weights.from_pairs(N, x),
    "emerging": lambda x: emerging.classify(x, QUEEN),
    "forecast": lambda x: forecast.predict(x, XY),
    "before_after": lambda x: change.before_after(x, COUNTS, TREATED),
    "trend": trend.mann_kendall,
    "fdr": lambda x: fdr.adjusted(x, "bh"),
    "hexagons": lambda x: cube.hexagons(x, x, 8),
}
NOT_NUMBERS = {
    "text": ["a"] * N,
    "ragged": [[1, 2], [1]],
    "dates": pd.date_range("2026-01-01", periods=N),
    "complex": COUNTS + 1j,
    "points": gpd.GeoSeries.from_xy(*XY.T),
}


@pytest.mark.parametrize("taker", TAKES_NUMBERS)
@pytest.mark.parametrize("given", NOT_NUMBERS)
def test_what_is_no_array_of_numbers_is_refused_in_both_languages(taker: str, given: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        TAKES_NUMBERS[taker](NOT_NUMBERS[given])
    assert refused.value.zh
    assert refused.value.en


REFUSED: dict[str, Callable[[], Any]] = {
    "k of text": lambda: weights.knn(XY, "3"),  # type: ignore[arg-type]
    "k of a half": lambda: weights.knn(XY, 2.5),  # type: ignore[arg-type]
    "radius of text": lambda: weights.distance_band(XY, "1"),  # type: ignore[arg-type]
    "half a row": lambda: weights.lattice(2.5, 3),  # type: ignore[arg-type]
    "half a cell": lambda: weights.from_pairs(3, [(0.5, 1.7)]),
    "polygons of text": lambda: weights.queen(["a"]),
    "a table without polygons": lambda: weights.queen(pd.DataFrame({"a": [1]})),
    "a negative tolerance": lambda: weights.queen([shapely.box(0, 0, 1, 1)], tolerance=-1.0),
    "dense weights": lambda: weights.row_standardised(QUEEN.toarray()),
    "half a permutation": lambda: hotspot.local_gi(COUNTS, QUEEN, permutations=99.5),  # type: ignore[arg-type]
    "a negative permutation": lambda: hotspot.global_moran(COUNTS, QUEEN, permutations=-1),
    "values too great": lambda: hotspot.local_gi(COUNTS * 1e200, QUEEN),
    "values too small": lambda: hotspot.global_moran(COUNTS * 1e-300, QUEEN),
    "a local rate without weights": lambda: rates.empirical_bayes(
        COUNTS, PEOPLE, method="local", weights="w"
    ),  # type: ignore[arg-type]
    "a share of text": lambda: scan.spatial(XY, COUNTS, PEOPLE, max_population="half"),  # type: ignore[arg-type]
    "replications of text": lambda: scan.spatial(XY, COUNTS, PEOPLE, permutations="99"),  # type: ignore[arg-type]
    "ids that are missing": lambda: scan.spatial(XY, COUNTS, PEOPLE, permutations=0, ids=[None] * N),
    "a mask of text": lambda: density.kde(XY, 100, 20, mask="town"),
    "three bounds": lambda: density.kde(XY, 100, 20, bounds=(0, 0, 1)),  # type: ignore[arg-type]
    "roads that are no graph": lambda: density.network_kde([shapely.LineString([(0, 0), (1, 1)])], XY, 1),  # type: ignore[arg-type]
    "half a lag": lambda: emerging.classify(CUBE, QUEEN, k=0.5),  # type: ignore[arg-type]
    "half a replication": lambda: emerging.classify(CUBE, QUEEN, bootstrap=2.5),  # type: ignore[arg-type]
    "no resamples": lambda: forecast.score(WEEKS, np.ones(N), XY, held_out=3, bootstrap=0),
    "half a week": lambda: forecast.score(WEEKS, np.ones(N), XY, held_out=2.5),  # type: ignore[arg-type]
    "no length": lambda: change.before_after(CUBE, COUNTS, TREATED, lengths=(0, 1)),
    "keep out of another length": lambda: change.before_after(CUBE, COUNTS, TREATED, keep_out=[True]),
    "three counts": lambda: change.displacement((1, 2, 3), (1, 2), (1, 2)),  # type: ignore[arg-type]
    "dates and numbers": lambda: cube.whole_periods(0, np.datetime64("2026-01-01"), 1),
    "a period without an end": lambda: cube.whole_periods(0.0, np.nan, 1.0),
    "half a resolution": lambda: cube.hexagons([120.4], [29.8], 8.5),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_argument_of_the_wrong_kind_is_refused_in_both_languages(case: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        REFUSED[case]()
    assert refused.value.zh
    assert refused.value.en


def test_whole_numbers_written_as_floats_and_sets_of_pairs_are_taken() -> None:
    assert (weights.knn(XY, 4.0) != weights.knn(XY, 4)).nnz == 0  # type: ignore[arg-type]
    assert (weights.from_pairs(3, {(0, 1), (1, 0)}) != weights.from_pairs(3, [(0, 1), (1, 0)])).nnz == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kind",
    [
        sparse.csr_matrix,
        sparse.csc_array,
        sparse.coo_array,
        lambda w: w.astype(bool),
        lambda w: w.astype(int),
    ],
)
def test_weights_of_any_sparse_kind_give_one_answer(kind: Callable[[Any], Any]) -> None:
    given = kind(QUEEN)
    np.testing.assert_array_equal(hotspot.local_gi(COUNTS, given).p, hotspot.local_gi(COUNTS, QUEEN).p)
    np.testing.assert_array_equal(
        rates.empirical_bayes(COUNTS, PEOPLE, method="local", weights=given).rate,
        rates.empirical_bayes(COUNTS, PEOPLE, method="local", weights=QUEEN).rate,
    )
    np.testing.assert_array_equal(emerging.classify(CUBE, given).p_gi, emerging.classify(CUBE, QUEEN).p_gi)


def test_dates_of_python_and_pandas_cut_periods_as_those_of_numpy() -> None:
    plain = cube.whole_periods(
        np.datetime64("2026-01-01"), np.datetime64("2026-03-01"), np.timedelta64(7, "D")
    )
    for first, last, week in (
        (pd.Timestamp("2026-01-01"), pd.Timestamp("2026-03-01"), pd.Timedelta(days=7)),
        (dt.datetime(2026, 1, 1), dt.datetime(2026, 3, 1), dt.timedelta(days=7)),  # noqa: DTZ001 - local times
    ):
        np.testing.assert_array_equal(cube.whole_periods(first, last, week), plain)


def test_people_of_whom_none_counts_form_no_cluster() -> None:
    assert (clusters.dbscan(XY, 100, 5, np.zeros(N)).labels == -1).all()


@pytest.mark.parametrize("weeks", range(12, 18))
@pytest.mark.parametrize("model", ["count", "recent", "kernel", "regression", "blend"])
def test_twelve_weeks_are_enough_for_every_forecast(weeks: int, model: str) -> None:
    expected = forecast.predict(WEEKS[:, :weeks], XY, model=model).expected
    assert np.isfinite(expected).all()
    assert (expected >= 0).all()
