"""Forecasts: what a model says, how it is scored, and when it may call itself better than counting."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from gridmap.analysis import forecast
from gridmap.analysis.forecast import models
from gridmap.analysis.forecast.models import MODELS, blend_shares, checked
from gridmap.errors import InvalidInput

SIDE = 12
XY = np.array([(x, y) for x in range(SIDE) for y in range(SIDE)], dtype=float) * 100.0
AREA = np.full(SIDE**2, 10_000.0)


def steady_town(rng: np.random.Generator, weeks: int = 60) -> np.ndarray:
    """Cells that differ for good: nothing is to be known beyond the count."""
    return rng.poisson(np.repeat(rng.gamma(0.5, 0.6, SIDE**2)[:, None], weeks, axis=1))


def moving_town(rng: np.random.Generator, weeks: int = 60) -> np.ndarray:
    """A cluster that moves to another corner seven weeks ago, long enough to be seen."""
    cube = rng.poisson(0.05, size=(SIDE**2, weeks))
    early, late = (XY < 300).all(axis=1), (XY > 800).all(axis=1)
    cube[early, : weeks - 14] += rng.poisson(1.5, size=(early.sum(), weeks - 14))
    cube[late, weeks - 14 :] += rng.poisson(1.5, size=(late.sum(), 14))
    return cube


def test_every_model_expects_as_many_incidents_as_there_are_in_a_steady_town() -> None:
    cube = steady_town(np.random.default_rng(1))
    for name in [*MODELS, "blend"]:
        total = forecast.predict(cube, XY, model=name).expected.sum()
        assert total == pytest.approx(cube.mean(axis=1).sum(), rel=0.15), name


def test_the_plain_count_is_the_mean_of_all_weeks() -> None:
    cube = steady_town(np.random.default_rng(2))
    np.testing.assert_allclose(forecast.predict(cube, XY, model="count").expected, cube.mean(axis=1))


def test_the_kernel_spreads_incidents_and_loses_none() -> None:
    cube = np.zeros((SIDE**2, 20))
    cube[40, :] = 3
    expected = forecast.predict(cube, XY, model="kernel").expected
    assert expected.sum() == pytest.approx(3.0)
    assert (expected > 0).sum() > 9


def test_the_regression_is_the_penalised_poisson_fit_of_an_independent_package() -> None:
    rng = np.random.default_rng(3)
    cube, spread = checked(moving_town(rng, 30), XY, None)
    ours = models.regression(cube, spread)
    begin = 15
    x = np.vstack([models._features(cube[:, :w], spread) for w in range(begin, 30)])
    y = cube[:, begin:].T.ravel()
    centre, scale = x.mean(axis=0), x.std(axis=0)
    design = sm.add_constant((x - centre) / scale)
    penalty = np.r_[0.0, np.full(x.shape[1], 1e-3)]
    fit = sm.GLM(y, design, family=sm.families.Poisson()).fit_regularized(
        alpha=penalty, L1_wt=0.0, maxiter=2000, cnvrg_tol=1e-12
    )
    theirs = np.exp(sm.add_constant((models._features(cube, spread) - centre) / scale) @ fit.params)
    np.testing.assert_allclose(ours, theirs, rtol=0.02)


def test_the_blend_gives_all_to_a_model_that_is_always_right() -> None:
    rng = np.random.default_rng(4)
    truth = rng.gamma(2.0, 1.0, size=(200, 8))
    shares = blend_shares({"right": truth, "wrong": np.roll(truth, 7, axis=0)}, rng.poisson(truth))
    assert shares["right"] > 0.9
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-5)


def test_hits_of_equal_predictions_do_not_hang_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(5)
    predicted, actual = rng.integers(0, 3, 60).astype(float), rng.poisson(1.0, 60).astype(float)
    area = np.ones(60)
    mixed = rng.permutation(60)
    first = forecast.hits_at(predicted, actual, area, 0.1)
    assert forecast.hits_at(predicted[mixed], actual[mixed], area, 0.1) == pytest.approx(first)


def test_flagging_everything_hits_everything_and_flagging_at_random_hits_its_share() -> None:
    rng = np.random.default_rng(6)
    actual = rng.poisson(2.0, 500).astype(float)
    assert forecast.hits_at(rng.random(500), actual, np.ones(500), 1.0) == pytest.approx(actual.sum())
    assert forecast.hits_at(np.ones(500), actual, np.ones(500), 0.2) == pytest.approx(0.2 * actual.sum())


def test_no_flagging_beats_the_one_that_knows_what_happens() -> None:
    rng = np.random.default_rng(7)
    for _ in range(50):
        actual, area = rng.poisson(1.0, 40).astype(float), rng.uniform(0.5, 2.0, 40)
        best = forecast.hits_at(actual, actual, area, 0.15)
        assert forecast.hits_at(rng.random(40), actual, area, 0.15) <= best + 1e-9


def test_in_a_steady_town_the_verdict_is_no_better_than_counting() -> None:
    verdicts = [
        forecast.score(steady_town(np.random.default_rng(seed)), AREA, XY, bootstrap=399).verdict
        for seed in range(6)
    ]
    assert verdicts.count("better") <= 1


@pytest.mark.parametrize("weeks", [2, 3, 4, 5])
def test_so_few_weeks_never_give_a_verdict_against_counting(weeks: int) -> None:
    found = forecast.score(moving_town(np.random.default_rng(8)), AREA, XY, held_out=weeks, bootstrap=199)
    assert {score.verdict for score in found.scores} == {None, "no-better"}


def test_a_model_that_follows_a_moving_cluster_is_better_than_counting() -> None:
    found = forecast.score(moving_town(np.random.default_rng(8)), AREA, XY, held_out=7)
    by_name = {s.model: s for s in found.scores}
    assert by_name["recent"].verdict == "better"
    assert found.verdict == "better"
    assert by_name["recent"].gain_low > 0
    assert by_name["count"].verdict is None


def test_pai_is_the_hit_rate_over_the_flagged_share_and_pei_is_at_most_one() -> None:
    found = forecast.score(steady_town(np.random.default_rng(9)), AREA, XY, area_share=0.1)
    assert found.scores
    for s in found.scores:
        assert s.pai == pytest.approx(s.hit_rate / 0.1)
        assert 0 <= s.pei <= 1
        assert s.hit_low <= s.hit_rate <= s.hit_high


def test_two_scores_with_one_seed_are_the_same_and_rows_may_come_in_any_order() -> None:
    cube = steady_town(np.random.default_rng(10))
    mixed = np.random.default_rng(0).permutation(len(cube))
    first = forecast.score(cube, AREA, XY, rng=np.random.default_rng(3))
    again = forecast.score(cube, AREA, XY, rng=np.random.default_rng(3))
    other = forecast.score(cube[mixed], AREA[mixed], XY[mixed], rng=np.random.default_rng(3))
    assert first == again
    for one, two in zip(first.scores, other.scores, strict=True):
        assert one.hit_rate == pytest.approx(two.hit_rate, abs=1e-4)


@pytest.mark.parametrize(
    ("cube", "code"),
    [
        (np.zeros((144, 5)), "forecast-weeks"),
        (np.full((144, 60), -1.0), "count-negative"),
        (np.zeros((144, 60)), "forecast-nothing-happened"),
        (np.zeros((3, 60)), "forecast-shape"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_its_reason(cube: np.ndarray, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        forecast.score(cube, AREA, XY)
    assert refused.value.code == code
