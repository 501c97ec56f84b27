"""Near repeats against plain counts of all pairs, pointpats and noise."""

from __future__ import annotations

import warnings

import libpysal
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from gridmap.analysis import near_repeat
from gridmap.analysis.near_repeat import _input, bands
from gridmap.errors import InvalidInput

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import geopandas as gpd
    import pointpats

SPACE = [0, 1, 2, 4, 7]
TIME = [0, 1, 3, 10]


def _plain(
    xy: NDArray[np.float64], t: NDArray[np.float64], space: list[float], time: list[float], metric: str
) -> NDArray[np.int64]:
    """All pairs, one by one."""
    out = np.zeros((len(space), len(time)), np.int64)
    for i in range(len(t)):
        for j in range(i):
            dx, dy = abs(xy[i] - xy[j])
            d = dx + dy if metric == "manhattan" else (dx * dx + dy * dy) ** 0.5
            apart = abs(t[i] - t[j])
            if d >= space[0] and apart >= time[0]:
                row = max(k for k, b in enumerate(space) if b <= d)
                out[row, max(k for k, b in enumerate(time) if b <= apart)] += 1
    return out


def _events(seed: int, n: int = 80, *, whole: bool = True) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    xy, t = rng.uniform(0, 12, (n, 2)), rng.uniform(0, 40, n)
    return (xy.round(), t.round()) if whole else (xy, t)


@pytest.fixture(scope="module")
def burkitt() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    frame = gpd.read_file(libpysal.examples.get_path("burkitt.shp"))
    return np.stack([frame.geometry.x, frame.geometry.y], axis=1), frame["T"].to_numpy(float)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_a_table_counts_every_pair_once_in_its_right_open_band(seed: int, metric: str, whole: bool) -> None:
    xy, t = _events(seed, whole=whole)
    found = near_repeat.table(xy, t, SPACE, TIME, metric, permutations=0)
    assert found.observed.tolist() == _plain(xy, t, SPACE, TIME, metric).tolist()
    assert found.observed.sum() == found.pairs == 80 * 79 // 2
    late = near_repeat.table(xy, t, [0.5, 2, 4], [2, 5], metric, permutations=0)
    assert late.observed.tolist() == _plain(xy, t, [0.5, 2, 4], [2, 5], metric).tolist()
    assert late.observed.sum() < late.pairs


def test_an_infinite_last_break_is_the_band_beyond() -> None:
    xy, t = _events(9)
    plain = near_repeat.table(xy, t, SPACE, TIME, permutations=19)
    open_ended = near_repeat.table(xy, t, [*SPACE, np.inf], [*TIME, np.inf], permutations=19)
    assert plain.observed.tolist() == open_ended.observed.tolist()
    assert np.array_equal(plain.p, open_ended.p)
    assert plain.space_breaks.tolist() == [*SPACE, np.inf]


@pytest.mark.parametrize("whole", [True, False])
def test_expected_p_and_z_are_those_of_plainly_counted_shuffles(whole: bool) -> None:
    xy, t = _events(5, 40, whole=whole)
    found = near_repeat.table(xy, t, SPACE, TIME, permutations=150, rng=np.random.default_rng(3))
    order = np.lexsort((t, xy[:, 1], xy[:, 0]))
    xy, t = xy[order], t[order]
    rng = np.random.default_rng(3)
    tables = np.array([_plain(xy, rng.permuted(t), SPACE, TIME, "euclidean") for _ in range(150)])
    assert np.allclose(found.expected, tables.mean(axis=0))
    assert np.allclose(found.p, ((tables >= found.observed).sum(axis=0) + 1) / 151)
    assert np.allclose(found.p_less, ((tables <= found.observed).sum(axis=0) + 1) / 151)
    deviation = tables.std(axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (found.observed - found.expected) / deviation
        assert np.allclose(found.ratio, found.observed / found.expected, equal_nan=True)
    assert np.allclose(found.z[deviation > 0], z[deviation > 0])


def test_times_of_any_span_are_counted_alike() -> None:
    xy, t = _events(11)
    base = near_repeat.table(xy, t, SPACE, TIME, permutations=40)
    for scale in (1000, 10_000_000, 0.5):
        other = near_repeat.table(xy, t * scale, SPACE, np.array(TIME) * scale, permutations=40)
        assert base.observed.tolist() == other.observed.tolist()
        assert np.array_equal(base.p, other.p)
        assert np.array_equal(base.expected, other.expected)


def test_more_pairs_in_a_band_than_a_short_counter_holds_are_all_counted() -> None:
    n = 400
    found = near_repeat.table(np.zeros((n, 2)), np.zeros(n), [0, 1], [0, 1], permutations=3)
    assert found.observed.tolist() == [[n * (n - 1) // 2, 0], [0, 0]]
    assert found.p[0, 0] == 1.0


def test_the_order_of_the_rows_changes_nothing() -> None:
    xy, t = _events(6)
    order = np.random.default_rng(1).permutation(len(t))
    a = near_repeat.table(xy, t, SPACE, TIME, permutations=99)
    b = near_repeat.table(xy[order], t[order], SPACE, TIME, permutations=99)
    for name in ("observed", "expected", "ratio", "p", "p_less", "z"):
        assert np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True)
    for test in (
        lambda x, y: near_repeat.knox(x, y, 3, 4).p,
        lambda x, y: near_repeat.modified_knox(x, y, 3, 4),
        lambda x, y: near_repeat.jacquez(x, y, 3),
        lambda x, y: near_repeat.mantel(x, y, 99),
    ):
        assert test(xy, t) == test(xy[order], t[order]) or str(test(xy, t)) == str(test(xy[order], t[order]))


def test_a_knox_test_is_that_of_pointpats() -> None:
    for seed in range(5):
        xy, t = _events(seed)
        found = near_repeat.knox(xy, t, 3, 4, permutations=999)
        peer = pointpats.Knox(xy, t[:, None], delta=3, tau=4, permutations=999)
        assert found.statistic == peer.nst
        assert found.observed.tolist() == peer.observed.tolist()
        assert found.expected[0, 0] == pytest.approx(peer.expected[0, 0])
        assert found.p_poisson == pytest.approx(peer.p_poisson)
        assert found.p == pytest.approx(peer.p_sim, abs=0.06)


def test_the_burkitt_lymphomas_give_the_published_statistics(
    burkitt: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> None:
    xy, t = burkitt
    found = near_repeat.knox(xy, t, 20, 5)
    assert found.statistic == 13
    assert found.observed.tolist() == [[13, 3416], [39, 14110]]
    assert found.p_poisson == pytest.approx(0.14624558197140414, rel=1e-12)
    assert found.p_poisson_inclusive > found.p_poisson
    assert found.p == pytest.approx(0.20, abs=0.05)
    assert near_repeat.mantel(xy, t, 99).statistic == pytest.approx(0.048368, abs=5e-7)
    assert near_repeat.jacquez(xy, t, 3, permutations=99).statistic == 12
    assert near_repeat.modified_knox(xy, t, 20, 5, permutations=99).statistic == pytest.approx(2.81016043)


def test_other_interaction_statistics_are_those_of_pointpats() -> None:
    for seed in range(3):
        xy, t = _events(seed, whole=False)
        column = t[:, None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mantel = pointpats.mantel(xy, column, 0, scon=0.0, spow=1.0, tcon=0.5, tpow=0.5)
            jacquez = pointpats.jacquez(xy, column, 4, permutations=0)
            modified = pointpats.modified_knox(xy, column, 3, 4, permutations=0)
        found = near_repeat.mantel(
            xy, t, 0, space_constant=0.0, space_power=1.0, time_constant=0.5, time_power=0.5
        )
        assert found.statistic == pytest.approx(mantel)
        assert near_repeat.jacquez(xy, t, 4, permutations=0).statistic == jacquez
        assert near_repeat.modified_knox(xy, t, 3, 4, permutations=0).statistic == pytest.approx(modified)


def test_p_values_of_noise_are_uniform() -> None:
    rng = np.random.default_rng(30)
    ranks: dict[str, list[float]] = {"modified": [], "mantel": [], "knox": []}
    for _ in range(400):
        xy, t = rng.uniform(0, 10, (60, 2)), rng.uniform(0, 50, 60)
        ranks["modified"].append(near_repeat.modified_knox(xy, t, 3, 12, permutations=99, rng=rng).p)
        ranks["mantel"].append(near_repeat.mantel(xy, t, 99, rng=rng).p)
        ranks["knox"].append(near_repeat.knox(xy, t, 4, 15, permutations=99, rng=rng).p)
    for name in ("modified", "mantel"):
        counts = np.bincount(
            np.minimum((np.array(ranks[name]) * 100 - 1).round().astype(int) // 10, 9), minlength=10
        )
        assert stats.chisquare(counts).pvalue > 0.001, name
    # A count ties with its permutations, which can only raise p.
    share = np.mean(np.array(ranks["knox"]) <= 0.05)
    assert 0.015 < share < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_planted_repeats_are_found_in_their_band_only() -> None:
    rng = np.random.default_rng(31)
    xy, t = rng.uniform(0, 5000, (400, 2)), rng.integers(0, 365, 400).astype(float)
    again = rng.permutation(400)[:60]
    angle = rng.uniform(0, 2 * np.pi, 60)
    xy = np.concatenate([xy, xy[again] + 80 * np.stack([np.cos(angle), np.sin(angle)], axis=1)])
    t = np.concatenate([t, t[again] + rng.integers(1, 7, 60)])
    found = near_repeat.table(xy, t, [0, 1, 100, 200, 400], [0, 7, 14, 28])
    assert found.p[1, 0] == 0.001
    assert found.ratio[1, 0] > 3
    assert (found.p[2:-1] > 0.01).all()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"xy": np.zeros((3, 3))}, "near-repeat-shape"),
        ({"t": [1.0, 2.0]}, "near-repeat-shape"),
        ({"xy": np.zeros((1, 2)), "t": [1.0]}, "near-repeat-too-few"),
        ({"t": [1.0, np.nan, 2.0]}, "near-repeat-not-finite"),
        ({"t": np.array(["2026-01-01"] * 3, "datetime64[D]")}, "near-repeat-time-not-number"),
        ({"space_breaks": [0, 2, 1]}, "near-repeat-breaks"),
        ({"space_breaks": [5]}, "near-repeat-breaks"),
        ({"time_breaks": [-1, 2]}, "near-repeat-breaks"),
        ({"time_breaks": [0, np.nan, 2]}, "near-repeat-breaks"),
        ({"metric": "road"}, "near-repeat-metric"),
        ({"permutations": -1}, "near-repeat-permutations"),
    ],
)
def test_what_cannot_be_counted_is_refused(change: dict[str, object], code: str) -> None:
    good = {
        "xy": np.arange(6.0).reshape(3, 2),
        "t": [1.0, 2, 3],
        "space_breaks": [0, 1],
        "time_breaks": [0, 1],
    }
    with pytest.raises(InvalidInput) as refused:
        near_repeat.table(**(good | change))
    assert refused.value.code == code


def test_other_tests_say_what_they_cannot_do() -> None:
    xy, t = _events(1, 10)
    with pytest.raises(InvalidInput, match="1 to 9"):
        near_repeat.jacquez(xy, t, 10)
    with pytest.raises(InvalidInput, match="at least 0"):
        near_repeat.knox(xy, t, -1, 5)
    with pytest.raises(InvalidInput, match="constant above zero"):
        near_repeat.mantel(xy, t, space_constant=0.0)
    with pytest.raises(InvalidInput, match="nothing to correlate"):
        near_repeat.mantel(xy, np.zeros(10))
    with pytest.raises(InvalidInput, match="5000"):
        near_repeat.mantel(np.zeros((5001, 2)), np.zeros(5001))
    with pytest.raises(InvalidInput, match="shorter"):
        near_repeat.table(np.zeros((8000, 2)), np.zeros(8000), [0, 1], [0, 1])


def test_the_corrected_p_is_that_of_the_least_p_of_each_shuffle() -> None:
    rng = np.random.default_rng(3)
    xy, t = rng.uniform(0, 20, (60, 2)), rng.integers(0, 40, 60).astype(float)
    found = near_repeat.table(xy, t, SPACE, TIME, permutations=49, rng=8)
    # Westfall and Young's single-step min-p, from the shuffled tables one by one.
    tables = [found.observed[:-1, :-1]]
    from gridmap.analysis.near_repeat import bands

    kept: list[NDArray[np.int64]] = []
    real = bands._for_all

    def keep(observed: NDArray[np.int64], near: NDArray[np.int64]) -> NDArray[np.float64]:
        kept.append(near)
        return real(observed, near)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bands, "_for_all", keep)
        near_repeat.table(xy, t, SPACE, TIME, permutations=49, rng=8)
    tables += list(kept[0])
    m = len(tables)
    p = np.array([[sum(other >= table for other in tables) / m] for table in tables])[:, 0]
    least = p.min(axis=(1, 2))
    expected = np.array([[np.mean(least <= p[0, i, j]) for j in range(3)] for i in range(4)])
    np.testing.assert_allclose(found.p_family[:-1, :-1], expected)
    assert np.isnan(found.p_family[-1]).all()
    assert (found.p_family[:-1, :-1] >= found.p[:-1, :-1] - 1e-12).all()


def test_on_noise_any_band_is_significant_in_at_most_one_of_twenty_runs() -> None:
    space, time = [0, 1, 100, 200, 400, 800], [0, 7, 14, 28, 56]
    alone = together = 0
    runs = 80
    for seed in range(runs):
        rng = np.random.default_rng(seed)
        xy, t = rng.uniform(0, 4000, (150, 2)), rng.integers(0, 180, 150).astype(float)
        found = near_repeat.table(xy, t, space, time, permutations=99, rng=seed)
        alone += bool((found.p[:-1, :-1] <= 0.05).any())
        together += bool((found.p_family[:-1, :-1] <= 0.05).any())
    # Nine of eighty or more would come once in a hundred suites if one in twenty were right.
    assert together <= 9
    assert alone > 2 * together, "each band by itself finds something in most runs"


def _town(seed: int, moves_on: float, n: int = 500) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A year of a town whose busy quarter moves on a day; nothing follows anything."""
    rng = np.random.default_rng(seed)
    t = rng.integers(0, 365, n).astype(float)
    xy, busy = rng.uniform(0, 2000, (n, 2)), rng.random(n) < 0.4
    corner = np.where(t < moves_on, 300.0, 1500.0)
    xy[busy] = corner[busy, None] + rng.uniform(0, 300, (busy.sum(), 2))
    return xy, t


@pytest.mark.parametrize("moves_on", [182, 140])
def test_a_busy_quarter_that_moves_makes_no_near_repeats_within_seasons(moves_on: float) -> None:
    found = dict.fromkeys((None, 28.0), 0)
    for seed in range(12):
        xy, t = _town(seed, moves_on)
        for season in found:
            told = near_repeat.table(
                xy, t, [0, 100, 200, 400], [0, 7, 14, 28], permutations=199, season=season
            )
            found[season] += bool((told.q[:-1, :-1] <= 0.05).any())
    assert found[None] == 12
    assert found[28.0] <= 2


def test_a_quarter_that_moves_in_the_middle_of_a_season_makes_no_near_repeats() -> None:
    found = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        t = np.append(0.0, rng.integers(0, 56, 499))
        xy, busy = rng.uniform(0, 2000, (500, 2)), rng.random(500) < 0.4
        corner = np.where(t < 14, 300.0, 1500.0)
        xy[busy] = corner[busy, None] + rng.uniform(0, 300, (busy.sum(), 2))
        told = near_repeat.table(xy, t, [0, 100, 200, 400], [0, 7, 14, 28], permutations=199, season=28)
        found += bool((told.p_family[:-1, :-1] <= 0.05).any())
        # Under the cut that the move falls into, all of them would be found.
        events = _input.Events.of(xy, t, "euclidean")
        count = bands._Counter(events, np.array([0.0, 100, 200, 400]), np.array([0.0, 7, 14, 28]))
        middle = _input.seasons_of(events.t, 28.0)
        alone = bands._against(count, told.observed, 199, np.random.default_rng(0), middle)
        assert (alone.p_family[:-1, :-1] <= 0.05).any()
        assert (told.p >= alone.p - 1e-12).all()
    assert found <= 2


def test_seasons_are_cut_twice_half_a_season_apart_and_once_where_one_holds_all() -> None:
    t = np.arange(0.0, 57.0)
    first, beside = near_repeat.season_cuts(t, 28.0)
    assert [int(np.flatnonzero(np.diff(cut))[0]) + 1 for cut in (first, beside)] == [28, 14]
    assert np.bincount(beside).tolist() == [14, 28, 15]
    assert len(near_repeat.season_cuts(t, 57.0)) == 1


def test_repeats_are_found_within_seasons() -> None:
    found = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        t, xy = rng.integers(0, 358, 500).astype(float), rng.uniform(0, 2000, (500, 2))
        again = rng.choice(500, 60, replace=False)
        xy = np.vstack([xy, xy[again] + rng.normal(0, 40, (60, 2))])
        t = np.append(t, t[again] + rng.integers(1, 7, 60))
        told = near_repeat.table(xy, t, [0, 100, 200, 400], [0, 7, 14, 28], permutations=199, season=28)
        found += bool(told.q[0, 0] <= 0.05)
    assert found == 8


def test_one_season_of_the_whole_period_is_no_season() -> None:
    xy, t = _events(3)
    one, whole = (near_repeat.table(xy, t, SPACE, TIME, permutations=99, season=s) for s in (None, 1000.0))
    np.testing.assert_array_equal(one.p, whole.p)


def test_shuffled_times_stay_in_their_season() -> None:
    t = np.random.default_rng(4).integers(0, 90, 200).astype(float)
    within = _input.seasons_of(t, 30.0)
    [(lanes, times)] = _input.shuffled(t, 5, np.random.default_rng(0), within)
    assert lanes == 5
    np.testing.assert_array_equal(
        [_input.seasons_of(times[:, lane], 30.0) for lane in range(lanes)], [within] * lanes
    )
    np.testing.assert_array_equal(np.sort(times[:, :lanes], axis=0).T, [np.sort(t)] * lanes)
    assert (times[:, :lanes] != t[:, None]).any(axis=0).all()


@pytest.mark.parametrize("season", [0.0, -1.0, np.nan])
def test_a_season_of_nothing_is_refused(season: float) -> None:
    xy, t = _events(3)
    with pytest.raises(InvalidInput):
        near_repeat.table(xy, t, SPACE, TIME, permutations=9, season=season)


def test_q_is_benjamini_and_hochberg_over_the_bands_within_the_last_breaks() -> None:
    found = near_repeat.table(*_events(5), SPACE, TIME, permutations=99)
    expected = stats.false_discovery_control(found.p[:-1, :-1].ravel()).reshape(found.p[:-1, :-1].shape)
    np.testing.assert_allclose(found.q[:-1, :-1], expected)
    assert np.isnan(found.q[-1]).all()
