"""Whether a visit helped: the displacement quotient, and before and after beside matched cells."""

from __future__ import annotations

import numpy as np
import pytest

from gridmap.analysis.change import before_after, displacement
from gridmap.errors import InvalidInput


def test_the_quotient_is_that_of_bowers_and_johnson() -> None:
    # Target 100 -> 60, ring 80 -> 70, control 1000 -> 1000: the ring gained a quarter of what the target gained.
    found = displacement((100, 60), (80, 70), (1000, 1000))
    assert found.success == pytest.approx(-0.04)
    assert found.wdq == pytest.approx(0.25)
    assert found.low < 0.25 < found.high


def test_displacement_has_a_negative_quotient() -> None:
    assert displacement((100, 60), (80, 120), (1000, 1000)).wdq == pytest.approx(-1.0)


def test_a_target_that_did_not_improve_has_no_quotient() -> None:
    assert np.isnan(displacement((100, 130), (80, 70), (1000, 1000)).wdq)


def town(rng: np.random.Generator, effect: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rate = rng.gamma(2.0, 2.0, 300)
    before = rng.poisson(np.repeat(rate[:, None], 6, axis=1))
    treated = np.zeros(300, dtype=bool)
    treated[np.argsort(rate)[-60:-40]] = True
    after = rng.poisson(rate * 6 * np.where(treated, effect, 1.0))
    return before, after, treated


def test_the_interval_holds_the_planted_effect_nineteen_times_in_twenty() -> None:
    inside = 0
    for seed in range(60):
        before, after, treated = town(np.random.default_rng(seed), 0.7)
        found = before_after(before, after, treated, resamples=199, rng=np.random.default_rng(1))
        inside += found.low <= 0.7 <= found.high
    assert inside >= 53


def test_a_placebo_is_called_an_effect_no_more_often_than_one_time_in_twenty() -> None:
    called = 0
    for seed in range(100):
        before, after, treated = town(np.random.default_rng(1000 + seed), 1.0)
        called += before_after(before, after, treated, resamples=199, rng=np.random.default_rng(2)).p <= 0.05
    assert called <= 10


def test_a_strong_effect_is_seen() -> None:
    before, after, treated = town(np.random.default_rng(5), 0.4)
    found = before_after(before, after, treated)
    assert found.p < 0.01
    assert found.high < 0.7
    assert found.treated_after < found.matched_after


def test_rows_may_come_in_any_order_and_one_seed_gives_one_answer() -> None:
    before, after, treated = town(np.random.default_rng(6), 0.6)
    mixed = np.random.default_rng(0).permutation(300)
    first = before_after(before, after, treated, rng=np.random.default_rng(9))
    other = before_after(before[mixed], after[mixed], treated[mixed], rng=np.random.default_rng(9))
    assert other.ratio == pytest.approx(first.ratio, rel=0.05)
    again = before_after(before, after, treated, rng=np.random.default_rng(9))
    assert (again.ratio, again.low, again.high, again.p) == (first.ratio, first.low, first.high, first.p)


def test_neighbours_that_are_kept_out_are_never_matches() -> None:
    before, after, treated = town(np.random.default_rng(7), 0.6)
    barred = np.arange(300) % 2 == 0
    found = before_after(before, after, treated, keep_out=barred)
    assert not (barred[found.matches] | treated[found.matches]).any()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"treated": np.zeros(300, dtype=bool)}, "change-no-target"),
        ({"treated": np.ones(300, dtype=bool)}, "change-few-matches"),
        ({"after": np.full(300, -1)}, "count-negative"),
        ({"after": np.zeros(3)}, "change-shape"),
    ],
)
def test_what_cannot_be_compared_is_refused(change: dict[str, np.ndarray], code: str) -> None:
    before, after, treated = town(np.random.default_rng(8), 1.0)
    given = {"before": before, "after": after, "treated": treated} | change
    with pytest.raises(InvalidInput) as refused:
        before_after(**given)
    assert refused.value.code == code
