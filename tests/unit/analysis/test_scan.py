"""Scan statistics against a plain search through every window, and on noise."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from gridmap.analysis import scan
from gridmap.analysis.scan import _input as inputs
from gridmap.errors import InvalidInput
from scripts.bench.scan_dispersion import share_found
from tests.doors import new_word


@dataclass
class Window:
    """One window of the plain search."""

    places: frozenset[int]
    first: int
    last: int
    llr: float
    expected: float


def _term(observed: float, expected: float) -> float:
    return observed * math.log(observed / expected) if observed else 0.0


def _ratio(c: int, inside: float, total: int, people: float, model: str) -> float:
    e = total * inside / people
    value = _term(c, e) + _term(total - c, total - e)
    if model == "bernoulli":
        value += _term(inside - c, inside - e) + _term(
            people - inside - total + c, people - inside - total + e
        )
    return value


def _offsets(xy: NDArray[np.float64], ratio: float, bearing: float) -> NDArray[np.float64]:
    out = np.empty((len(xy), len(xy)))
    b = math.radians(bearing)
    for i, j in itertools.product(range(len(xy)), repeat=2):
        dx, dy = xy[j] - xy[i]
        along = dx * math.sin(b) + dy * math.cos(b)
        across = dx * math.cos(b) - dy * math.sin(b)
        out[i, j] = math.hypot(along / ratio, across)
    return out.round(9)


def _all_windows(
    xy: NDArray[np.float64],
    cases: NDArray[np.int64],
    people: NDArray[np.float64],
    *,
    model: str = "poisson",
    share: float = 0.5,
    least: int = 2,
    side: str = "high",
    outlines: tuple[tuple[float, float], ...] = ((1.0, 0.0),),
    intervals: tuple[tuple[int, int], ...] = ((0, 0),),
) -> list[Window]:
    """Every window by the definition, without any short cut; `cases` and `people` are (n, T)."""
    total, everybody = int(cases.sum()), float(people.sum())
    weight = people.mean(axis=1)
    out = []
    for ratio, bearing in outlines:
        away = _offsets(xy, ratio, bearing)
        for centre in range(len(xy)):
            for reach in sorted(set(away[centre])):
                inside = np.flatnonzero(away[centre] <= reach)
                if weight[inside].sum() > share * weight.sum() * (1 + 1e-9):
                    break
                for first, last in intervals:
                    c = int(cases[inside, first : last + 1].sum())
                    n = float(people[inside, first : last + 1].sum())
                    e = total * n / everybody
                    if n <= 0 or e > total * (1 - 1e-9) or c == e:
                        continue
                    if (c > e and c >= least and side != "low") or (c < e and side != "high"):
                        llr = _ratio(c, n, total, everybody, model)
                        out.append(Window(frozenset(inside.tolist()), first, last, llr, e))
    return sorted(out, key=lambda w: -w.llr)


def _ranked(windows: list[Window], most: int) -> list[Window]:
    out: list[Window] = []
    for window in windows:
        if len(out) < most and window.llr > 1e-9 and all(not (window.places & w.places) for w in out):
            out.append(window)
    return out


def _lattice(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Distinct points of a small lattice, so that many are equally far."""
    cells = rng.permutation(49)[:n]
    return np.stack([cells % 7, cells // 7], axis=1).astype(float)


def _agree(found: scan.ScanResult, windows: list[Window]) -> None:
    expected = _ranked(windows, len(found.clusters) + 1)
    assert [round(c.llr, 9) for c in found.clusters] == [round(w.llr, 9) for w in expected]
    # Where two windows are equally likely either is right, and what follows may differ.
    top = [w for w in windows if abs(w.llr - windows[0].llr) < 1e-9]
    assert any(w.places == set(found.clusters[0].members.tolist()) for w in top)
    assert found.clusters[0].expected == pytest.approx(
        next(w.expected for w in top if w.places == set(found.clusters[0].members.tolist()))
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("side", ["high", "low", "both"])
@pytest.mark.parametrize("model", ["poisson", "bernoulli", "permutation"])
def test_a_scan_finds_what_a_plain_search_finds(model: str, side: str, seed: int) -> None:
    rng = np.random.default_rng([seed, len(side), len(model)])
    xy = _lattice(rng, 25) if seed % 2 else rng.random((25, 2))
    people = rng.integers(3, 30, 25)
    cases = rng.binomial(people, 0.2)
    found = scan.spatial(xy, cases, people, model, permutations=0, side=side, most=1, max_population=0.4)
    windows = _all_windows(
        xy, cases[:, None], people[:, None].astype(float), model=model, side=side, share=0.4
    )
    assert found.clusters[0].llr == pytest.approx(windows[0].llr, rel=1e-10)
    assert any(
        w.places == set(found.clusters[0].members.tolist())
        for w in windows
        if abs(w.llr - windows[0].llr) < 1e-9
    )


@pytest.mark.parametrize("seed", range(5))
def test_secondary_clusters_are_the_next_best_that_share_no_place(seed: int) -> None:
    rng = np.random.default_rng(seed)
    xy, people = rng.random((30, 2)), rng.uniform(5, 50, 30)
    cases = rng.poisson(people * 0.2)
    found = scan.spatial(xy, cases, people, permutations=0)
    _agree(found, _all_windows(xy, cases[:, None], people[:, None]))
    seen: set[int] = set()
    for cluster in found.clusters:
        assert not seen & set(cluster.members.tolist())
        seen |= set(cluster.members.tolist())


@pytest.mark.parametrize("seed", range(4))
def test_an_elliptic_scan_finds_what_a_plain_search_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    xy = _lattice(rng, 18) if seed % 2 else rng.random((18, 2))
    people = rng.uniform(5, 50, 18)
    cases = rng.poisson(people * 0.2)
    turns = {1.0: 1, 1.5: 4, 2.0: 6, 3.0: 9, 4.0: 12, 5.0: 15}
    outlines = tuple((ratio, 180 * k / n) for ratio, n in turns.items() for k in range(n))
    found = scan.spatial(xy, cases, people, shape="ellipse", permutations=0)
    windows = _all_windows(xy, cases[:, None], people[:, None], outlines=outlines)
    assert found.clusters[0].llr == pytest.approx(windows[0].llr, rel=1e-10)


@pytest.mark.parametrize("prospective", [False, True])
@pytest.mark.parametrize("model", ["poisson", "permutation"])
@pytest.mark.parametrize("seed", range(3))
def test_a_space_time_scan_finds_what_a_plain_search_finds(seed: int, model: str, prospective: bool) -> None:
    rng = np.random.default_rng(seed)
    xy, people = _lattice(rng, 15), rng.uniform(5, 50, (15, 6))
    cases = rng.poisson(people * 0.06)
    intervals = tuple(
        (a, b) for a in range(6) for b in range(a, 6) if b - a < 3 and (b == 5 or not prospective)
    )
    found = scan.space_time(
        xy, cases, people, model=model, prospective=prospective, permutations=0, max_population=0.45
    )
    if model == "permutation":
        people = cases.sum(axis=1)[:, None] * cases.sum(axis=0)[None, :] / cases.sum()
    windows = _all_windows(xy, cases, people, share=0.45, intervals=intervals)
    _agree(found, windows)
    best = found.clusters[0]
    assert any(
        (best.start, best.end) == (w.first, w.last) for w in windows if abs(w.llr - windows[0].llr) < 1e-9
    )


@pytest.mark.parametrize("side", ["high", "both"])
@pytest.mark.parametrize("model", ["poisson", "bernoulli"])
def test_the_maximum_of_each_replication_is_that_of_a_plain_search(model: str, side: str) -> None:
    rng = np.random.default_rng(3)
    xy = _lattice(rng, 20)
    xy = xy[np.lexsort((xy[:, 1], xy[:, 0]))]
    people = rng.integers(3, 30, 20)
    cases = rng.binomial(people, 0.2)
    found = scan.spatial(xy, cases, people, model, permutations=70, rng=np.random.default_rng(9), side=side)
    total, again = int(cases.sum()), np.random.default_rng(9)
    column = people[:, None].astype(float)
    if model == "bernoulli":
        draw = inputs.label_draws(people.astype(float), total, again)
    else:
        draw = inputs.poisson_draws(column * total / people.sum(), total, again)
    counts = np.concatenate([draw(64), draw(6)])
    assert (counts.sum(axis=(1, 2)) == total).all()
    for replication in range(70):
        windows = _all_windows(xy, counts[replication], column, model=model, side=side)
        assert found.maxima[replication] == pytest.approx(windows[0].llr if windows else 0.0, rel=1e-9)


def test_the_maximum_of_each_space_time_replication_is_that_of_a_plain_search() -> None:
    rng = np.random.default_rng(4)
    xy = _lattice(rng, 12)
    xy = xy[np.lexsort((xy[:, 1], xy[:, 0]))]
    cases = rng.poisson(0.8, (12, 5))
    found = scan.space_time(
        xy, cases, model="permutation", permutations=30, rng=np.random.default_rng(9), max_duration=2
    )
    counts = inputs.time_draws(cases, np.random.default_rng(9))(30)
    assert (counts.sum(axis=2) == cases.sum(axis=1)).all()
    assert (counts.sum(axis=1) == cases.sum(axis=0)).all()
    margins = cases.sum(axis=1)[:, None] * cases.sum(axis=0)[None, :] / cases.sum()
    intervals = tuple((a, b) for a in range(5) for b in range(a, 5) if b - a < 2)
    for replication in range(30):
        windows = _all_windows(xy, counts[replication], margins, intervals=intervals)
        assert found.maxima[replication] == pytest.approx(windows[0].llr if windows else 0.0, rel=1e-9)


@pytest.mark.parametrize("model", ["poisson", "bernoulli", "permutation"])
def test_p_values_of_noise_are_uniform(model: str) -> None:
    rng = np.random.default_rng(20)
    xy, people = rng.random((40, 2)), rng.integers(20, 200, 40)
    chance = people / people.sum()
    p, p_gumbel = [], []
    for _ in range(500):
        cases = (
            rng.multinomial(120, chance)
            if model == "poisson"
            else rng.multivariate_hypergeometric(people, 120)
        )
        found = scan.spatial(xy, cases, people, model, permutations=99, rng=rng, most=1)
        p.append(found.clusters[0].p)
        p_gumbel.append(found.clusters[0].p_gumbel)
    counts = np.bincount(np.minimum((np.array(p) * 100 - 1).round().astype(int) // 10, 9), minlength=10)
    assert stats.chisquare(counts).pvalue > 0.001
    assert abs(np.mean(np.array(p) <= 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 500)
    assert stats.kstest(p_gumbel, "uniform").pvalue > 0.001


def test_space_time_permutation_p_values_of_noise_are_uniform_whatever_the_margins() -> None:
    rng = np.random.default_rng(21)
    xy = rng.random((20, 2))
    chance = np.outer(rng.uniform(1, 5, 20), [1, 1, 4, 2, 1, 1])
    p = []
    for _ in range(400):
        cases = rng.multinomial(150, (chance / chance.sum()).ravel()).reshape(20, 6)
        found = scan.space_time(xy, cases, model="permutation", permutations=99, rng=rng, most=1)
        p.append(found.clusters[0].p)
    counts = np.bincount(np.minimum((np.array(p) * 100 - 1).round().astype(int) // 10, 9), minlength=10)
    assert stats.chisquare(counts).pvalue > 0.001


def test_a_planted_outbreak_is_found_at_its_place_and_time() -> None:
    rng = np.random.default_rng(5)
    xy = np.stack(np.meshgrid(np.arange(8), np.arange(8)), axis=-1).reshape(-1, 2).astype(float)
    cases = rng.poisson(1.0, (64, 10))
    planted = np.flatnonzero(np.hypot(*(xy - [2, 5]).T) <= 1)
    cases[planted, 7:] += 5
    for result in (
        scan.space_time(xy, cases, np.ones(64)),
        scan.space_time(xy, cases, model="permutation", prospective=True),
    ):
        best = result.clusters[0]
        assert set(best.members.tolist()) == set(planted.tolist())
        assert (best.start, best.end) == (7, 9)
        assert best.p == 0.001
        assert best.relative_risk > 1.5
    low = cases.copy()
    low[planted] = 0
    best = scan.spatial(xy, low.sum(axis=1), np.ones(64), side="low").clusters[0]
    assert set(planted.tolist()) <= set(best.members.tolist())
    assert best.relative_risk < 0.5


@pytest.mark.parametrize("shape", ["circle", "ellipse"])
def test_the_order_of_the_rows_changes_nothing(shape: str) -> None:
    rng = np.random.default_rng(6)
    xy = _lattice(rng, 30)
    xy[20:] = xy[:10]
    people, cases = rng.uniform(1, 9, 30), rng.poisson(2, 30)
    names = np.array([f"v{i:02d}" for i in range(30)])
    base = scan.spatial(xy, cases, people, shape=shape, permutations=40, ids=names)
    for _ in range(3):
        order = rng.permutation(30)
        other = scan.spatial(
            xy[order], cases[order], people[order], shape=shape, permutations=40, ids=names[order]
        )
        assert np.array_equal(base.maxima, other.maxima)
        assert [names[c.members].tolist() for c in base.clusters] == [
            names[order][c.members].tolist() for c in other.clusters
        ]
        assert [(c.llr, c.p, c.p_gumbel, c.centre, c.radius, c.expected) for c in base.clusters] == [
            (c.llr, c.p, c.p_gumbel, c.centre, c.radius, c.expected) for c in other.clusters
        ]


def test_space_time_scans_do_not_depend_on_the_order_of_the_rows() -> None:
    rng = np.random.default_rng(7)
    xy, cases, people = _lattice(rng, 20), rng.poisson(1, (20, 6)), rng.uniform(1, 9, (20, 6))
    order = rng.permutation(20)
    for model in ("poisson", "permutation"):
        base = scan.space_time(xy, cases, people, model=model, permutations=40)
        other = scan.space_time(xy[order], cases[order], people[order], model=model, permutations=40)
        assert np.array_equal(base.maxima, other.maxima)
        assert [sorted(c.members.tolist()) for c in base.clusters] == [
            sorted(order[c.members].tolist()) for c in other.clusters
        ]


def test_the_unit_of_the_coordinates_changes_only_the_radius() -> None:
    rng = np.random.default_rng(8)
    xy, people, cases = rng.random((40, 2)), rng.uniform(1, 9, 40), rng.poisson(2, 40)
    small = scan.spatial(xy, cases, people, permutations=19)
    large = scan.spatial(xy * 1000 + [500_000, 3_300_000], cases, people, permutations=19)
    assert small.clusters
    for a, b in zip(small.clusters, large.clusters, strict=True):
        assert a.members.tolist() == b.members.tolist()
        assert (a.llr, a.p) == (pytest.approx(b.llr), b.p)
        assert b.radius == pytest.approx(1000 * a.radius, abs=1e-6)


def test_a_window_takes_all_places_that_are_equally_far() -> None:
    xy = np.array([[0.1, 0.0], [0.3, 0.0], [0.2, 0.1], [0.2, -0.1], [0.2, 0.0], [9.0, 9.0], [9.5, 9.0]])
    cases = np.array([3, 3, 3, 3, 3, 1, 1])
    best = scan.spatial(xy, cases, np.array([1, 1, 1, 1, 1, 9, 9]), permutations=0).clusters[0]
    assert sorted(best.members.tolist()) == [0, 1, 2, 3, 4]
    assert best.members[0] == 4


def test_members_are_sorted_by_distance_and_then_by_id() -> None:
    xy = np.array([[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [50.0, 0.0]])
    best = scan.spatial(
        xy, [5, 5, 5, 1], [5, 5, 5, 60], permutations=0, ids=np.array(["c", "b", "a", "d"])
    ).clusters[0]
    assert best.members.tolist() == [0, 2, 1]
    assert best.radius == 1.0
    assert best.population == 15


def test_many_replications_in_portions_are_those_of_one_portion(monkeypatch: pytest.MonkeyPatch) -> None:
    from gridmap.analysis.scan import _search, _windows

    rng = np.random.default_rng(10)
    xy, people, cases = rng.random((30, 2)), rng.uniform(1, 9, 30), rng.poisson(2, 30)
    whole = scan.spatial(xy, cases, people, permutations=300)
    monkeypatch.setattr(_search, "_REPLICATIONS_BYTES", 1)
    monkeypatch.setattr(_windows, "_KEPT", 10)
    monkeypatch.setattr(_windows, "_CELLS", 60)
    parts = scan.spatial(xy, cases, people, permutations=300)
    assert np.array_equal(whole.maxima, parts.maxima)
    assert [c.members.tolist() for c in whole.clusters] == [c.members.tolist() for c in parts.clusters]


def test_one_place_alone_has_no_cluster() -> None:
    for xy in ([[1.0, 2.0]], [[1.0, 2.0], [1.0, 2.0]]):
        n = len(xy)
        found = scan.spatial(xy, [4] * n, [9] * n, permutations=5, max_population=1.0)
        assert found.clusters == ()
        assert found.maxima.tolist() == [0.0] * 5
        assert scan.space_time(xy, np.ones((n, 3)), model="permutation", permutations=5).clusters == ()


def test_progress_is_told_up_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from gridmap.analysis.scan import _search

    monkeypatch.setattr(_search, "_REPLICATIONS_BYTES", 1)
    rng = np.random.default_rng(12)
    told: list[tuple[int, int]] = []
    scan.spatial(
        rng.random((30, 2)),
        rng.poisson(2, 30),
        np.ones(30),
        permutations=150,
        on_progress=lambda done, of: told.append((done, of)),
    )
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert {of for _, of in told} == {90}
    assert told[-1] == (90, 90)


def test_a_result_is_a_sequence_of_its_clusters() -> None:
    xy = np.array([(x, y) for x in range(6) for y in range(6)], dtype=float)
    cases = np.full(36, 2)
    cases[:3] = 20
    found = scan.spatial(xy, cases, np.full(36, 100.0), permutations=19)
    assert len(found) == len(list(found)) == len(found.clusters)
    assert found[0] is found.clusters[0]


@pytest.mark.parametrize("steps", [1, 4])
def test_noise_whose_rates_differ_among_places_makes_no_clusters_under_the_fitted_null(steps: int) -> None:
    found = {null: share_found(0.5, 2.0, null, 30, steps=steps) for null in ("poisson", "fitted")}
    # Of 30 maps 1.5 are expected.
    assert found["fitted"] <= 4 / 30
    assert found["poisson"] >= 0.5


def test_the_ratio_and_the_cluster_are_the_same_under_either_null_and_a_strong_one_is_found() -> None:
    rng = np.random.default_rng(3)
    xy = rng.random((120, 2))
    people = np.ones(120)
    cases = rng.poisson(3.0, 120)
    near = np.argsort(((xy - xy[0]) ** 2).sum(axis=1))[:8]
    cases[near] += 12
    one, other = (
        scan.spatial(xy, cases, people, permutations=199, null=null, rng=1)[0]
        for null in ("poisson", "fitted")
    )
    assert one.llr == other.llr
    assert set(one.members) == set(other.members) >= set(near)
    assert one.p <= other.p <= 0.05


def test_a_null_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidInput):
        scan.spatial([[0.0, 0.0], [1.0, 0.0]], [2, 1], [1.0, 1.0], null=new_word())


@pytest.mark.parametrize("shape", ["circle", "ellipse"])
def test_no_cluster_reaches_further_than_is_asked(shape: str) -> None:
    rng = np.random.default_rng(31)
    xy = _lattice(rng, 80)
    cases, people = rng.poisson(3.0, len(xy)), np.full(len(xy), 100.0)
    given = {"permutations": 9, "max_population": 0.5, "shape": shape, "min_cases": 1}
    wide = scan.spatial(xy, cases, people, **given)
    limit = 0.6 * max(cluster.radius for cluster in wide.clusters)
    narrow = scan.spatial(xy, cases, people, max_radius=limit, **given)
    assert narrow.clusters
    assert max(cluster.radius for cluster in narrow.clusters) <= limit * (1 + 1e-9)
    assert narrow.clusters[0].llr <= wide.clusters[0].llr + 1e-9
    same = scan.spatial(xy, cases, people, max_radius=1e9, **given)
    assert [c.llr for c in same.clusters] == [c.llr for c in wide.clusters]
    assert [c.p for c in same.clusters] == [c.p for c in wide.clusters]
    with pytest.raises(InvalidInput):
        scan.spatial(xy, cases, people, max_radius=0.0, **given)
