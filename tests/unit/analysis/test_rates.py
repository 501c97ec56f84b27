"""Rates: Marshall's estimators as PySAL has them, intervals that cover, shares, and everybody who is there."""

from __future__ import annotations

import numpy as np
import pytest
from esda import smoothing
from scipy import integrate, optimize, stats

from gridmap.analysis import weights
from gridmap.analysis.rates import empirical_bayes, exposure, rank_changes, standardised_rates
from gridmap.errors import InvalidInput


def example(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    people = rng.integers(50, 5000, 80).astype(float)
    return rng.poisson(rng.gamma(4.0, 0.0025, 80) * people).astype(float), people


@pytest.mark.parametrize("seed", range(3))
def test_global_smoothing_is_that_of_pysal(seed: int) -> None:
    events, people = example(seed)
    theirs = smoothing.Empirical_Bayes(events[:, None], people[:, None]).r.ravel()
    np.testing.assert_allclose(empirical_bayes(events, people).rate, theirs, rtol=1e-9)
    np.testing.assert_allclose(
        empirical_bayes(events, people, method="gamma-poisson").rate, theirs, rtol=1e-9
    )


def test_local_smoothing_is_global_smoothing_of_the_neighbourhood() -> None:
    events, people = example(5)
    w = weights.lattice(8, 10)
    found = empirical_bayes(events, people, weights=w, method="local")
    for i in (0, 37, 79):
        near = [i, *w.indices[w.indptr[i] : w.indptr[i + 1]]]
        part = empirical_bayes(events[near], people[near])
        assert found.rate[i] == pytest.approx(part.rate[0])
        assert np.asarray(found.a)[i] == pytest.approx(part.a, abs=1e-15)


@pytest.mark.parametrize("method", ["gamma-poisson", "global"])
def test_nineteen_intervals_in_twenty_hold_the_true_rate(method: str) -> None:
    rng = np.random.default_rng(1)
    people = rng.integers(200, 5000, 4000).astype(float)
    true = rng.gamma(4.0, 0.0025, 4000)
    found = empirical_bayes(rng.poisson(true * people), people, method=method)
    inside = (found.lower <= true) & (true <= found.upper)
    assert inside.mean() == pytest.approx(0.95, abs=0.025)


RATS_WITH = np.array(
    [
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "0",
        "1",
        "1",
        "1",
        "1",
        "1",
        "1",
        "1",
        "1",
        "2",
        "2",
        "2",
        "2",
        "2",
        "2",
        "2",
        "2",
        "2",
        "1",
        "5",
        "2",
        "5",
        "3",
        "2",
        "7",
        "7",
        "3",
        "3",
        "2",
        "9",
        "10",
        "4",
        "4",
        "4",
        "4",
        "4",
        "4",
        "4",
        "10",
        "4",
        "4",
        "4",
        "5",
        "11",
        "12",
        "5",
        "5",
        "6",
        "5",
        "6",
        "6",
        "6",
        "6",
        "16",
        "15",
        "15",
        "9",
        "4",
    ],
    dtype=float,
)
RATS = np.array(
    [
        "20",
        "20",
        "20",
        "20",
        "20",
        "20",
        "20",
        "19",
        "19",
        "19",
        "19",
        "18",
        "18",
        "17",
        "20",
        "20",
        "20",
        "20",
        "19",
        "19",
        "18",
        "18",
        "25",
        "24",
        "23",
        "20",
        "20",
        "20",
        "20",
        "20",
        "20",
        "10",
        "49",
        "19",
        "46",
        "27",
        "17",
        "49",
        "47",
        "20",
        "20",
        "13",
        "48",
        "50",
        "20",
        "20",
        "20",
        "20",
        "20",
        "20",
        "20",
        "48",
        "19",
        "19",
        "19",
        "22",
        "46",
        "49",
        "20",
        "20",
        "23",
        "19",
        "22",
        "20",
        "20",
        "20",
        "52",
        "46",
        "47",
        "24",
        "14",
    ],
    dtype=float,
)
"""Tarone 1982, as in Gelman et al., *Bayesian Data Analysis*, table 5.1: rats with tumours, of 71 groups."""


def test_shares_of_the_published_groups_are_drawn_as_the_likelihood_draws_them() -> None:
    before = (RATS_WITH / RATS)[:-1]
    # The book's moments of the first seventy groups: 0.136 and 0.103.
    assert (before.mean(), before.std(ddof=1)) == (
        pytest.approx(0.136, abs=5e-4),
        pytest.approx(0.103, abs=5e-4),
    )
    found = empirical_bayes(RATS_WITH, RATS, method="beta-binomial")

    def worse(logs: np.ndarray) -> float:
        return float(-stats.betabinom.logpmf(RATS_WITH, RATS, *np.exp(logs)).sum())

    first, second = np.exp(optimize.minimize(worse, [0.0, 2.0]).x)
    likeliest = (first + RATS_WITH) / (first + second + RATS)
    assert found.b == pytest.approx(first / (first + second), rel=0.1)
    np.testing.assert_allclose(found.rate, likeliest, atol=0.02)
    assert float(found.a) == pytest.approx(
        stats.beta(first, second).var(), rel=0.35
    )  # moments and likelihood agree up to their errors


def test_a_drawn_share_is_the_posterior_mean_and_its_limits_are_its_quantiles() -> None:
    y, whole = np.array([0.0, 3, 9, 40]), np.array([6.0, 10, 10, 50])
    found = empirical_bayes(y, whole, method="beta-binomial")
    prior = found.b * (1 - found.b) / found.a - 1
    for i in range(4):

        def density(p: float, i: int = i) -> float:
            like = stats.binom.pmf(y[i], whole[i], p)
            return float(like * stats.beta.pdf(p, found.b * prior, (1 - found.b) * prior))

        all_of_it = integrate.quad(density, 0, 1)[0]
        mean = integrate.quad(lambda p, d=density: p * d(p), 0, 1)[0] / all_of_it
        assert found.rate[i] == pytest.approx(mean, rel=1e-6)
        for limit, share in ((found.lower[i], 0.025), (found.upper[i], 0.975)):
            assert integrate.quad(density, 0, limit)[0] / all_of_it == pytest.approx(share, abs=1e-6)


def test_the_moments_of_shares_are_right_on_average_over_all_that_may_happen() -> None:
    whole = np.array([2.0, 3, 4])
    first, second = 1.5, 2.5
    top = down = 0.0
    for y in np.ndindex(3, 4, 5):
        chance = np.prod(stats.betabinom.pmf(y, whole, first, second))
        b = sum(y) / whole.sum()
        spread = (whole * (np.array(y) / whole - b) ** 2).sum()
        top += chance * spread
        down += chance
    # Kleinman: E spread = p q (k - 1) + p q r (N - sum n^2 / N - (k - 1)).
    p, alike, n = first / 4, 1 / 5, whole.sum()
    within = p * (1 - p) * 2
    assert down == pytest.approx(1)
    assert top == pytest.approx(within + p * (1 - p) * alike * (n - (whole**2).sum() / n - 2))


def test_nineteen_intervals_in_twenty_hold_the_true_share() -> None:
    rng = np.random.default_rng(2)
    whole = rng.integers(5, 200, 4000).astype(float)
    true = rng.beta(8, 2, 4000)
    found = empirical_bayes(rng.binomial(whole.astype(int), true), whole, method="beta-binomial")
    assert ((found.lower <= true) & (true <= found.upper)).mean() == pytest.approx(0.95, abs=0.015)
    assert ((found.rate >= 0) & (found.rate <= 1)).all()


@pytest.mark.parametrize(
    ("y", "whole", "rate"),
    [
        ([0, 0], [10, 20], [0, 0]),
        ([10, 20], [10, 20], [1, 1]),
        ([5, 50], [10, 100], [0.5, 0.5]),
        ([1, 0, 1], [1, 1, 1], [2 / 3] * 3),
        ([7], [10], [0.7]),
        ([40, 0], [40, 40], [1, 0]),
    ],
)
def test_shares_at_their_ends_and_without_differences_stay_shares(
    y: list[int], whole: list[int], rate: list[float]
) -> None:
    found = empirical_bayes(y, whole, method="beta-binomial")
    np.testing.assert_allclose(found.rate, rate, atol=0.05)
    assert ((found.lower >= 0) & (found.lower <= found.rate) & (found.rate <= found.upper)).all()
    assert (found.upper <= 1).all()
    assert (found.upper > found.lower).all()


def test_rates_without_differences_become_the_mean_with_an_interval() -> None:
    for method in ("global", "gamma-poisson"):
        found = empirical_bayes([10, 10, 10], [100, 100, 100], method=method)
        np.testing.assert_allclose(found.rate, 0.1)
        assert (found.lower < 0.1).all()
        assert (found.upper > 0.1).all()


def test_no_events_give_rates_of_nothing() -> None:
    found = empirical_bayes([0, 0], [10, 20])
    assert found.rate.tolist() == [0, 0]
    assert standardised_rates([0, 0], [10, 20]).tolist() == [0, 0]


def test_everybody_who_is_there_counts_for_the_time_that_they_are() -> None:
    assert exposure([100, 200], [50, 0], 0.5).tolist() == [125, 200]
    assert exposure([100, 200], [50, 10], [1.0, 0.2]).tolist() == [150, 202]


def test_only_places_whose_rank_changes_are_listed() -> None:
    table = rank_changes([10, 9, 1], [100, 100, 100], [300, 100, 100], names=["site", "street", "hill"])
    assert table["name"].tolist() == ["street", "site"]
    assert table["change"].tolist() == [1, -1]
    assert table["rank_present"].tolist() == [1, 2]
    assert table["rate_residents"].tolist() == [90, 100]
    assert len(rank_changes([1, 2], [10, 10], [10, 10])) == 0


def test_places_without_residents_rank_last_until_people_are_counted() -> None:
    table = rank_changes([5, 1], [0, 100], [100, 100])
    assert table.loc[table["name"] == 0, "rank_residents"].item() == 2
    assert table.loc[table["name"] == 0, "rank_present"].item() == 1


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: empirical_bayes([1, 2], [10, 0]), "population-not-positive"),
        (lambda: empirical_bayes([1, -2], [10, 10]), "events-invalid"),
        (lambda: empirical_bayes([1, np.nan], [10, 10]), "events-invalid"),
        (lambda: empirical_bayes([1], [10, 10]), "rates-shape"),
        (lambda: empirical_bayes([], []), "rates-shape"),
        (lambda: empirical_bayes([1, 1], [10, 10], method="local"), "weights-shape"),
        (lambda: empirical_bayes([1, 1], [10, 10], method="lucky"), "option-unknown"),
        (lambda: empirical_bayes([1, 11], [10, 10], method="beta-binomial"), "part-above-whole"),
        (lambda: empirical_bayes([1, 1], [10, 10], level=1.0), "level-range"),
        (lambda: exposure([1], [1], 1.5), "presence-share-range"),
        (lambda: exposure([1], [-1], 0.5), "head-count-invalid"),
        (lambda: exposure([1, 2], [1], 0.5), "exposure-shape"),
        (lambda: rank_changes([1], [1, 2], [1]), "rates-shape"),
        (lambda: rank_changes([1], [np.nan], [1]), "rates-invalid"),
    ],
)
def test_rates_of_what_is_not_known_are_refused(call: object, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        call()  # type: ignore[operator]
    assert refused.value.code == code
