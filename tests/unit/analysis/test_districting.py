"""Districts are contiguous, even in work, and change no more hands than they need to."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest

from gridmap.analysis.districting import EXACT_ATOMS, Districts, divide
from gridmap.errors import InvalidInput


def lattice(wide: int, high: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    graph = nx.grid_2d_graph(wide, high)
    at = {node: n for n, node in enumerate(sorted(graph))}
    return np.array(sorted(graph), dtype=float), [(at[a], at[b]) for a, b in graph.edges]


def away(xy: np.ndarray, bases: list[tuple[float, float]]) -> np.ndarray:
    return np.array([np.hypot(*(xy - base).T) for base in bases])


def are_contiguous(found: Districts, edges: list[tuple[int, int]], k: int) -> bool:
    graph = nx.Graph(edges)
    parts = [np.flatnonzero(found.team == t).tolist() for t in range(k)]
    return all(part and nx.is_connected(graph.subgraph(part)) for part in parts)


@pytest.mark.parametrize("seed", range(4))
def test_every_district_hangs_together_and_none_is_below_the_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    xy, edges = lattice(5, 4)
    work = rng.gamma(1.5, 10.0, 20)
    k = int(rng.integers(2, 5))
    found = divide(work, edges, away(xy, [tuple(rng.random(2) * 4) for _ in range(k)]), seconds=4)
    assert are_contiguous(found, edges, k)
    loads = np.bincount(found.team, work, k)
    assert found.largest == pytest.approx(loads.max())
    assert max(work.sum() / k, work.max()) - 1e-6 <= found.bound <= found.largest + 1e-6
    assert [int(found.team[a]) for a in found.anchor] == list(range(k))


def test_many_grids_grow_into_even_districts_that_hang_together() -> None:
    rng = np.random.default_rng(2)
    xy, edges = lattice(20, 16)
    assert len(xy) > EXACT_ATOMS
    work = rng.gamma(1.5, 10.0, len(xy))
    bases = [tuple(rng.random(2) * (19, 15)) for _ in range(7)]
    found = divide(work, edges, away(xy, bases), seconds=30)
    assert are_contiguous(found, edges, 7)
    assert [int(found.team[a]) for a in found.anchor] == list(range(7))
    assert found.largest == pytest.approx(np.bincount(found.team, work, 7).max())
    assert found.bound == pytest.approx(max(work.sum() / 7, work.max()))
    assert found.largest < 1.03 * found.bound
    again = divide(work, edges, away(xy, bases), before=found.team, seconds=30)
    assert float(np.mean(again.team != found.team)) < 0.1, "what is even already stays"


def test_no_contiguous_division_of_a_small_map_is_evener() -> None:
    xy, edges = lattice(3, 3)
    work = np.array([5.0, 1, 4, 2, 9, 1, 3, 6, 2])
    ways = away(xy, [(0, 0), (2, 2), (2, 0)])
    found = divide(work, edges, ways, seconds=6)
    best = np.inf
    for choice in itertools.product(range(3), repeat=9):
        one = Districts(np.array(choice), found.anchor, 0.0, 0.0)
        if all(choice[a] == t for t, a in enumerate(found.anchor)) and are_contiguous(one, edges, 3):
            best = min(best, np.bincount(one.team, work, 3).max())
    assert found.bound == pytest.approx(best, rel=1e-3)
    assert found.largest <= best * 1.02 + 1e-6


def test_what_is_even_already_stays_with_its_teams() -> None:
    xy, edges = lattice(4, 2)
    before = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    found = divide(np.ones(8), edges, away(xy, [(0, 0), (3, 1)]), before=before, seconds=4)
    assert found.team.tolist() == before.tolist()


def test_two_teams_at_one_base_have_anchors_of_their_own() -> None:
    xy, edges = lattice(4, 1)
    found = divide(np.ones(4), edges, away(xy, [(0, 0), (0, 0)]), seconds=4)
    assert sorted(found.anchor.tolist()) == [0, 1]
    assert are_contiguous(found, edges, 2)


def test_islands_and_too_many_teams_are_refused() -> None:
    xy, edges = lattice(3, 1)
    ways = away(xy, [(0, 0)])
    with pytest.raises(InvalidInput, match="不相连"):
        divide(np.ones(4), edges, np.column_stack([ways, [9.0]]), seconds=1)
    with pytest.raises(InvalidInput, match="4 支队伍"):
        divide(np.ones(3), edges, away(xy, [(0, 0)] * 4), seconds=1)


def test_where_the_solver_finds_nothing_in_its_time_districts_grow_and_hang_together() -> None:
    xy, edges = lattice(10, 10)
    found = divide(
        np.linspace(1.0, 2.0, 100), edges, away(xy, [(0, 0), (9, 0), (0, 9), (9, 9)]), seconds=1e-3
    )
    assert are_contiguous(found, edges, 4)
    assert found.bound <= found.largest
