"""The expectation-based scan: every window, the null that it draws, noise, and what a place's own past is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from gridmap.analysis import scan
from gridmap.analysis.scan._expected import Past, Spread, replicated
from gridmap.errors import InvalidInput
from scripts.bench.scan_expected import maps_found

WEEKDAYS = np.arange(42) % 7


def plainly(
    xy: np.ndarray, cases: np.ndarray, now: int, phase: np.ndarray, most: float
) -> tuple[float, set[int], int]:
    """Search every circle and duration by its definition."""
    n, steps = cases.shape
    begin = steps - now
    awaited = np.zeros((n, now))
    for t in range(begin, steps):
        like = [s for s in range(begin) if phase[s] == phase[t]]
        mean_place = cases[:, like].sum() / n / len(like)
        for i in range(n):
            awaited[i, t - begin] = (cases[i, like].sum() + mean_place) / (len(like) + 1)
    best = (0.0, set[int](), 0)
    for centre in range(n):
        away = np.hypot(*(xy - xy[centre]).T)
        for radius in np.unique(away.round(9)):
            inside = away <= radius + 1e-9
            if cases[inside].sum() > most * cases.sum() + 1e-9:
                continue
            for length in range(1, now + 1):
                c, b = cases[inside, steps - length :].sum(), awaited[inside, now - length :].sum()
                if c > b and c >= 2:
                    ratio = c * np.log(c / b) + b - c
                    if ratio > best[0] + 1e-9:
                        best = float(ratio), set(np.flatnonzero(inside).tolist()), length
    return best


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("phase", [np.zeros(42, int), WEEKDAYS])
def test_the_best_window_is_that_of_a_plain_search(seed: int, phase: np.ndarray) -> None:
    rng = np.random.default_rng(seed)
    xy = rng.random((25, 2)) if seed % 2 else np.argwhere(np.ones((5, 5))).astype(float)
    cases = rng.poisson(rng.gamma(1.0, 0.4, (25, 1)) * np.ones(42))
    cases[:3, -2:] += 2
    ratio, members, length = plainly(xy, cases, 5, phase, 0.3)
    found = scan.expectation(xy, cases, now=5, phase=phase, max_population=0.3, permutations=0)
    assert found[0].llr == pytest.approx(ratio)
    assert set(found[0].members.tolist()) == members
    assert (found[0].start, found[0].end) == (42 - length, 41)
    places = [set(c.members.tolist()) for c in found]
    assert all(not a & b for i, a in enumerate(places) for b in places[:i])


def test_an_expectation_is_the_mean_of_the_places_own_past_with_one_slice_of_the_mean_place() -> None:
    cases = np.array([[2, 2, 2, 2, 9], [0, 0, 0, 0, 5]])
    found = scan.expectation([[0.0, 0.0], [9.0, 0.0]], cases, now=1, max_population=0.8, permutations=0)
    # The mean place has one a slice; (8 + 1) / 5 and (0 + 1) / 5.
    assert sorted(c.expected for c in found) == pytest.approx([0.2, 1.8])
    assert [c.observed for c in found] == [5, 9]
    assert found[0].llr == pytest.approx(5 * np.log(5 / 0.2) + 0.2 - 5)


def test_a_replication_keeps_what_each_place_has_on_each_weekday_and_shares_it_out_evenly() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(1.5, (4, 42))
    counts[3] = 0
    phases = tuple(
        (np.flatnonzero(WEEKDAYS[:35] == d), 35 + np.flatnonzero(WEEKDAYS[35:] == d)) for d in range(7)
    )
    past = Past(phases, 42, 7)
    even = Spread(0.0, 0.0, 1e9, 0.0, 1.0, 35)
    drawn = replicated(counts, past, even, 3000, rng)
    for day in range(7):
        like = np.flatnonzero(day == WEEKDAYS)
        assert (drawn[:, :, like].sum(axis=2) == counts[:, like].sum(axis=1)).all()
        np.testing.assert_allclose(
            drawn[:, :, like].mean(axis=0),
            np.repeat(counts[:, like].mean(axis=1)[:, None], 6, axis=1),
            atol=0.16,
        )


def test_replications_vary_as_dirichlet_multinomials_do_where_slices_vary() -> None:
    total, steps, alone = 40, 10, 0.5
    counts = np.zeros((1, steps), np.int64)
    counts[0, 0] = total
    past = Past(((np.arange(8), np.arange(8, 10)),), steps, 2)
    drawn = replicated(counts, past, Spread(alone, 0.0, 1e9, 0.0, 1.0, 7), 20_000, np.random.default_rng(2))[
        :, 0
    ]
    p, sum_of = 1 / steps, steps / alone
    assert drawn.mean() == pytest.approx(total / steps)
    assert drawn.var() == pytest.approx(total * p * (1 - p) * (total + sum_of) / (1 + sum_of), rel=0.05)


def test_noise_is_called_a_rise_as_often_as_p_says_and_a_rise_is_found() -> None:
    settings = ((2.0, 0.0, 0.0), (1.0, 0.5, 0.0), (2.0, 0.3, 0.05))
    maps = 120
    found = sum(maps_found(setting, maps, seed=5, side=7, permutations=59) for setting in settings)
    # Of so many maps, 5 % of which are found, more or fewer than these are found once in a million times.
    least, most = binom.ppf([1e-6, 1 - 1e-6], maps * len(settings), 0.05)
    assert least <= found <= most
    assert maps_found((2.0, 0.0, 0.0), 6, rise=3.0) == 6


def test_slices_that_vary_beyond_poisson_would_make_most_noise_a_rise_if_replications_did_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    even = Spread(0.0, 0.0, 1e9, 0.0, 1.0, 35)
    monkeypatch.setattr(Past, "spread", lambda *_: even)
    assert maps_found((2.0, 0.3, 0.05), 60, seed=5, side=7, permutations=59) > binom.ppf(1 - 1e-6, 60, 0.05)


def test_the_order_of_the_rows_changes_nothing_and_rows_at_one_place_are_one() -> None:
    rng = np.random.default_rng(8)
    xy, cases = rng.integers(0, 5, (40, 2)).astype(float), rng.poisson(0.5, (40, 12))
    turn = rng.permutation(40)
    one = scan.expectation(xy, cases, now=3, permutations=19, rng=1)
    other = scan.expectation(xy[turn], cases[turn], now=3, permutations=19, rng=1, ids=turn)
    assert one.maxima.tolist() == other.maxima.tolist()
    assert [c.llr for c in one] == [c.llr for c in other]
    assert [sorted(c.members) for c in one] == [sorted(turn[c.members]) for c in other]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"now": 9}, "scan-past-short"),
        ({"now": 0}, "scan-duration"),
        ({"now": 12}, "scan-past-short"),
        ({"now": 13}, "scan-past-short"),
        ({"now": 3, "phase": np.arange(12) % 4}, "scan-past-short"),
        ({"now": 3, "phase": np.zeros(5, int)}, "scan-phase-shape"),
        ({"now": 3, "phase": np.zeros(12)}, "scan-phase-shape"),
        ({"now": 3, "max_population": 0.0}, "scan-max-population"),
    ],
)
def test_what_has_no_past_is_refused(given: dict, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        scan.expectation([[0.0, 0.0], [1.0, 0.0]], np.ones((2, 12), int), **given)
    assert refused.value.code == code
    assert "(-" not in refused.value.en
