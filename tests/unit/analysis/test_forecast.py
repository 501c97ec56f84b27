"""Forecasts: what a model says, how it is scored, and when it may call itself better than counting."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import PoissonRegressor
from threadpoolctl import threadpool_info, threadpool_limits

from gridmap.analysis import forecast
from gridmap.analysis.forecast import History, models
from gridmap.analysis.forecast.choice import choose
from gridmap.analysis.forecast.models import MODELS, Widths, town_of
from gridmap.analysis.forecast.scoring import _draws, compare
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
    cube = moving_town(rng, 30).astype(float)
    town = town_of(cube, XY)
    ours = models.regression(town, 30, Widths())
    begin = 15
    x = np.vstack([town.features(w) for w in range(begin, 30)])
    y = cube[:, begin:].T.ravel()
    centre, scale = x.mean(axis=0), x.std(axis=0)
    design = sm.add_constant((x - centre) / scale)
    penalty = np.r_[0.0, np.full(x.shape[1], 1e-3)]
    fit = sm.GLM(y, design, family=sm.families.Poisson()).fit_regularized(
        alpha=penalty, L1_wt=0.0, maxiter=2000, cnvrg_tol=1e-12
    )
    theirs = np.exp(sm.add_constant((town.features(30) - centre) / scale) @ fit.params)
    np.testing.assert_allclose(ours, theirs, rtol=0.02)


def test_the_regression_is_fitted_by_one_thread_and_leaves_the_others_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[list[int]] = []
    fit = PoissonRegressor.fit

    def told(model: PoissonRegressor, *given: np.ndarray) -> PoissonRegressor:
        threads.append([library["num_threads"] for library in threadpool_info()])
        return fit(model, *given)

    monkeypatch.setattr(PoissonRegressor, "fit", told)
    town = town_of(moving_town(np.random.default_rng(3), 30).astype(float), XY)
    with threadpool_limits(2):
        for _ in range(2):
            models.regression(town, 30, Widths())
        after = [library["num_threads"] for library in threadpool_info()]
    assert len(threads) == 2
    assert all(own and set(own) == {1} for own in threads)
    assert set(after) == {2}


def bursting_town(rng: np.random.Generator, weeks: int = 60) -> np.ndarray:
    """Few cells have incidents for good, and each week another has many for four weeks: no one memory fits both."""
    rate = np.repeat(np.where(rng.random(SIDE**2) < 0.06, 2.0, 0.02)[:, None], weeks, axis=1)
    for week in range(weeks):
        rate[rng.integers(SIDE**2), week : week + 4] += 6.0
    return rng.poisson(rate)


def test_half_life_and_bandwidth_are_those_that_hit_most_in_past_weeks() -> None:
    steady, moving = (
        choose(town_of(make(np.random.default_rng(4)), XY), AREA, range(34, 60))
        for make in (steady_town, moving_town)
    )
    assert steady.widths.half_life > moving.widths.half_life
    assert moving.widths.half_life == 4.0


def test_with_nothing_to_tell_them_apart_the_half_life_is_26_weeks_and_the_plain_count_the_comparator() -> (
    None
):
    one_place = np.zeros((SIDE**2, 60))
    one_place[40] = 2
    chosen = choose(town_of(one_place, XY), AREA, range(34, 60))
    assert (chosen.widths.half_life, chosen.comparator) == (26.0, "count")
    assert chosen.shares["count"] == 1.0


def test_the_choice_hangs_on_past_weeks_only() -> None:
    cube = bursting_town(np.random.default_rng(5))
    changed = cube.copy()
    changed[:, 48:] = np.random.default_rng(6).poisson(3.0, size=(SIDE**2, 12))
    first, second = (choose(town_of(c, XY), AREA, range(22, 48)) for c in (cube, changed))
    assert (first.widths, first.shares, first.comparator) == (second.widths, second.shares, second.comparator)


def test_what_is_reported_late_is_not_known_before() -> None:
    rng = np.random.default_rng(11)
    cell, week = rng.integers(0, SIDE**2, 900), rng.integers(0, 60, 900)
    late = History.of_events(SIDE**2, 60, cell, week, week + rng.integers(0, 5, 900))
    assert late.known(30).sum() < late.counts[:, :30].sum()
    np.testing.assert_array_equal(late.known(30).sum(), ((late.reported < 30) & (late.week < 30)).sum())
    said = forecast.predict(late, XY, model="count").expected
    np.testing.assert_allclose(said, late.known(60).mean(axis=1))
    # Whatever is reported after a week's beginning changes nothing that is said of it.
    later = History.of_events(SIDE**2, 60, cell, week, np.where(late.reported >= 48, 70, late.reported))
    for name, model in MODELS.items():
        np.testing.assert_array_equal(
            model(town_of(late, XY), 48, Widths()), model(town_of(later, XY), 48, Widths()), err_msg=name
        )


def test_a_report_before_the_incident_counts_from_the_incident() -> None:
    told = History.of_events(2, 12, [0, 1, -1], [5, 11, 3], [2, 30, 3])
    assert told.reported.tolist() == [5, 30]
    assert told.known(12).sum() == 1


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


def test_a_model_that_sees_what_no_counting_sees_is_better_than_counting() -> None:
    found = forecast.score(bursting_town(np.random.default_rng(8)), AREA, XY)
    by_name = {s.model: s for s in found.scores}
    assert found.verdict == "better"
    assert by_name["blend"].gain_low > 0
    assert by_name["blend"].p <= 0.05
    assert [by_name[name].verdict for name in ("count", "recent", "kernel")] == [None] * 3


def test_a_model_that_only_keeps_up_with_recent_counting_is_no_better() -> None:
    found = forecast.score(moving_town(np.random.default_rng(8)), AREA, XY, held_out=7)
    by_name = {s.model: s for s in found.scores}
    assert found.comparator != "count"
    assert by_name[found.comparator].hit_rate > by_name["count"].hit_rate + 0.2
    assert found.verdict == "no-better"


@pytest.mark.parametrize("models_tried", [1, 2, 6])
def test_better_is_said_of_chance_in_one_town_of_twenty_however_many_models_are_tried(
    models_tried: int,
) -> None:
    rng = np.random.default_rng(12)
    draws, flips = _draws(12, 199, np.random.default_rng(0))
    towns, said = 400, 0
    for _ in range(towns):
        weekly = {"count": rng.poisson(4.0, 12).astype(float)}
        weekly |= {f"model {n}": rng.poisson(4.0, 12).astype(float) for n in range(models_tried)}
        judged = compare(weekly, np.full(12, 20.0), "count", draws, flips)
        said += any(one.verdict == "better" for one in judged.values())
    # Two standard errors above one in twenty.
    assert said / towns <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / towns)


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
