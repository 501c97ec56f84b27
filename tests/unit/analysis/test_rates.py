"""Rates: Marshall's estimators as PySAL has them, intervals that cover, and everybody who is there."""

from __future__ import annotations

import numpy as np
import pytest
from esda import smoothing

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
