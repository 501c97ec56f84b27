"""Contiguous districts of even work, by mixed-integer programming."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linear_sum_assignment, milp
from scipy.sparse import coo_array

from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT_ATOMS = 150
"""The most atoms that are divided by mixed-integer programming."""
_SLACK, _FALL = 1e-9, 1e-6
_MOST_STEPS = 500
_ROOM = 0.02
"""How much more work than the evenest the largest district may have, where ways become shorter and less changes."""
_CHANGE = 0.25
"""What handing over an atom costs, in parts of the mean work times its mean way."""


@dataclass(frozen=True, slots=True, eq=False)
class Districts:
    """A division of atoms among teams.

    Attributes
    ----------
    team : (n,) int64
        Of each atom.
    anchor : (k,) int64
        Atom that each team keeps: that of its base, or the nearest that no other team has.
    largest : float
        Work of the district that has most.
    bound : float
        No contiguous division with these anchors has a largest district of less.
    """

    team: Ints
    anchor: Ints
    largest: float
    bound: float


def divide(
    work: Floats,
    edges: Sequence[tuple[int, int]],
    away: Floats,
    *,
    before: Ints | None = None,
    seconds: float,
) -> Districts:
    """Divide atoms into one contiguous district a team, as even in work as can be.

    Parameters
    ----------
    work : (n,) float64
        Of each atom, not negative.
    edges : sequence of (int, int)
        Atoms that share a border.
    away : (k, n) float64
        How far each atom is from each team's base.
    before : (n,) int64, optional
        Team that has each atom today, -1 for nobody.
    seconds : float
        For both searches together.

    Returns
    -------
    Districts

    Raises
    ------
    InvalidInput
        When there are more teams than atoms, no team, or atoms that cannot be reached from any team's.

    Notes
    -----
    Each district is held together by a flow: every atom takes one unit that comes from its team's anchor through atoms
    of the same team (Shirabe 2009). First the largest district's work is made least; then, with at most 2 % more of it,
    work times way and the atoms that change hands. What the solver leaves uneven in its time is evened out by handing
    single atoms over. Anchors are the atoms of the bases, by the least sum of ways where two teams share one (Kuhn's
    assignment): the bound holds for them.

    More than 150 atoms are not solved, nor fewer for which the solver finds nothing in half the time: the team with
    least work takes the next atom beside its own, its own of today first, then the nearest, until all are taken; then
    atoms at borders are handed over while the squares of work fall. The bound is then the mean, or the largest atom.

    References
    ----------
    Shirabe (2009), Districting modeling with exact contiguity constraints, Environment and Planning B 36.
    """
    k, n = away.shape
    if not 1 <= k <= n:
        raise InvalidInput(
            "beats-teams",
            f"{k} 支队伍无法分 {n} 个网格：每队至少一个网格，请减少队伍或改用更细的网格。",
            f"{n} grids cannot be divided among {k} teams: each has one at least. Take fewer teams, or finer grids.",
        )
    anchor = linear_sum_assignment(away)[1].astype(np.int64)
    _refuse_islands(n, edges, anchor)
    if n > EXACT_ATOMS:
        return _grown(work, _beside(n, edges), away, before, anchor, seconds)
    rows = _Rows(work, edges, k, anchor)
    first = rows.solve(rows.largest_alone(), np.inf, seconds / 2)
    if first.x is None:
        return _grown(work, _beside(n, edges), away, before, anchor, seconds / 2)
    largest = float(first.x[-1])
    mean = float(work.sum()) / k
    cost = np.append((work * away / max(float(away.mean()), _SLACK)).ravel(), np.zeros(rows.flows + 1))
    if before is not None:
        changed = (np.arange(k)[:, None] != before[None, :]) & (before[None, :] >= 0)
        cost[: k * n] += (_CHANGE * mean * changed).ravel()
    second = rows.solve(cost, largest * (1.0 + _ROOM) + _SLACK, seconds / 2)
    best = second if second.x is not None else first
    team = np.round(best.x[: k * n]).reshape(k, n).argmax(axis=0).astype(np.int64)
    if float(np.bincount(team, work, k).max()) > mean * (1.0 + _ROOM):
        team = _evened(team, work, _beside(n, edges), k, anchor)
    told = float(np.bincount(team, work, k).max())
    bound = first.mip_dual_bound
    least = max(mean, float(work.max()), largest if bound is None else float(bound))
    return Districts(team, anchor, told, min(least, told))


def _grown(
    work: Floats, beside: dict[int, set[int]], away: Floats, before: Ints | None, anchor: Ints, seconds: float
) -> Districts:
    """Divide many atoms: districts grow from their anchors by turns, and are evened out while there is time."""
    k, n = away.shape
    until = time.monotonic() + seconds
    team = np.full(n, -1, np.int64)
    team[anchor] = np.arange(k)
    load = work[anchor].astype(np.float64)
    today = np.full(n, -1, np.int64) if before is None else before
    edge = [{b for b in beside[int(a)] if team[b] < 0} for a in anchor]
    while True:
        growing = [t for t in range(k) if edge[t]]
        if not growing:
            break
        t = min(growing, key=lambda t: (load[t], t))
        atom = min(edge[t], key=lambda a: (today[a] != t, today[a] >= 0, away[t, a], a))
        team[atom] = t
        load[t] += work[atom]
        for other in edge:
            other.discard(atom)
        edge[t] |= {b for b in beside[atom] if team[b] < 0}
    while time.monotonic() < until and (move := _handover(team, work, load, beside, anchor)) is not None:
        atom, t = move
        load[team[atom]] -= work[atom]
        load[t] += work[atom]
        team[atom] = t
    told = float(load.max())
    least = max(float(work.sum()) / k, float(work.max()))
    return Districts(team, anchor, told, min(least, told))


def _handover(
    team: Ints, work: Floats, load: Floats, beside: dict[int, set[int]], anchor: Ints
) -> tuple[int, int] | None:
    """Atom at a border, and the team to hand it to, that lowers the squares of work most and parts no district."""
    kept = set(anchor.tolist())
    border = {(a, int(team[b])) for a in beside if a not in kept for b in beside[a] if team[b] != team[a]}
    gains = sorted((2 * work[a] * (load[t] + work[a] - load[team[a]]), a, t) for a, t in border)
    for gain, atom, t in gains:
        if gain >= -_FALL:
            return None
        if _holds(team, ((atom, t),), beside, anchor):
            return atom, t
    return None


def _refuse_islands(n: int, edges: Sequence[tuple[int, int]], anchor: Ints) -> None:
    beside = _beside(n, edges)
    seen = set(anchor.tolist())
    left = list(seen)
    while left:
        left = sorted({b for a in left for b in beside[a]} - seen)
        seen.update(left)
    lost = sorted(set(range(n)) - seen)
    if lost:
        raise InvalidInput(
            "beats-island",
            f"有 {len(lost)} 个网格与各队驻地所在的网格不相连，无法划入连续的巡区。请检查边界，或在那里设队。",
            f"{len(lost)} grids do not touch those of any team's base, directly or by others: no contiguous beat can "
            "hold them. Check the borders, or add a team there.",
        )


def _beside(n: int, edges: Sequence[tuple[int, int]]) -> dict[int, set[int]]:
    beside: dict[int, set[int]] = {atom: set() for atom in range(n)}
    for a, b in edges:
        beside[a].add(b)
        beside[b].add(a)
    return beside


def _evened(team: Ints, work: Floats, beside: dict[int, set[int]], k: int, anchor: Ints) -> Ints:
    """Hand atoms at borders over, one or one for one, while the sum of squares of work falls."""
    team = team.copy()
    load = np.bincount(team, work, k)
    kept = set(anchor.tolist())
    for _ in range(_MOST_STEPS):
        best: tuple[float, tuple[tuple[int, int], ...]] = (-1e-6, ())
        border = [
            (a, int(team[b])) for a in beside for b in beside[a] if team[b] != team[a] and a not in kept
        ]
        moves: list[tuple[tuple[int, int], ...]] = [(one,) for one in sorted(set(border))]
        moves += [
            ((a, t), (b, int(team[a])))
            for a, t in sorted(set(border))
            for b, u in border
            if team[b] == t and u == team[a]
        ]
        for move in moves:
            change = np.zeros(k)
            for atom, to in move:
                change[to] += work[atom]
                change[team[atom]] -= work[atom]
            gain = float(((load + change) ** 2 - load**2).sum())
            if gain < best[0] and _holds(team, move, beside, anchor):
                best = (gain, move)
        if not best[1]:
            break
        for atom, to in best[1]:
            team[atom] = to
        load = np.bincount(team, work, k)
    return team


def _holds(team: Ints, move: tuple[tuple[int, int], ...], beside: dict[int, set[int]], anchor: Ints) -> bool:
    """Tell whether every district that a move touches is still reached from its anchor."""
    after = team.copy()
    for atom, to in move:
        after[atom] = to
    for t in {int(team[atom]) for atom, _ in move} | {to for _, to in move}:
        seen, left = {int(anchor[t])}, [int(anchor[t])]
        while left:
            left = [b for a in left for b in beside[a] if after[b] == t and b not in seen]
            seen.update(left)
        if len(seen) != int((after == t).sum()):
            return False
    return True


class _Rows:
    """Variables are y[team, atom], a flow for each team and direction of each edge, and the largest work."""

    def __init__(self, work: Floats, edges: Sequence[tuple[int, int]], k: int, anchor: Ints) -> None:
        self.n = n = len(work)
        self.k = k
        arcs = [*edges, *((b, a) for a, b in edges)]
        self.flows = k * len(arcs)
        self.size = k * n + self.flows + 1
        self._at: list[tuple[int, int, float]] = []
        self._low: list[float] = []
        self._high: list[float] = []
        for atom in range(n):
            self._add([(t * n + atom, 1.0) for t in range(k)], 1.0, 1.0)
        for t in range(k):
            self._add([(t * n + int(anchor[t]), 1.0)], 1.0, 1.0)
            self._add(
                [*((t * n + atom, float(work[atom])) for atom in range(n)), (self.size - 1, -1.0)],
                -np.inf,
                0.0,
            )
            into: list[list[tuple[int, float]]] = [[] for _ in range(n)]
            for number, (a, b) in enumerate(arcs):
                flow = k * n + t * len(arcs) + number
                into[b].append((flow, 1.0))
                into[a].append((flow, -1.0))
                # Through atoms of the team alone.
                self._add([(flow, 1.0), (t * n + a, -float(n - 1))], -np.inf, 0.0)
                self._add([(flow, 1.0), (t * n + b, -float(n - 1))], -np.inf, 0.0)
            for atom in range(n):
                if atom != anchor[t]:
                    self._add([*into[atom], (t * n + atom, -1.0)], 0.0, 0.0)

    def largest_alone(self) -> Floats:
        return np.append(np.zeros(self.size - 1), 1.0)

    def _add(self, parts: Sequence[tuple[int, float]], low: float, high: float) -> None:
        row = len(self._low)
        self._at += [(row, column, value) for column, value in parts]
        self._low.append(low)
        self._high.append(high)

    def solve(self, cost: Floats, most: float, seconds: float) -> OptimizeResult:
        rows, columns, values = zip(*self._at, strict=True)
        matrix = coo_array((values, (rows, columns)), shape=(len(self._low), self.size)).tocsr()
        high = np.concatenate([np.ones(self.k * self.n), np.full(self.flows, float(self.n - 1)), [most]])
        return milp(
            cost,
            constraints=LinearConstraint(matrix, self._low, self._high),
            bounds=Bounds(np.zeros(self.size), high),
            integrality=np.append(np.ones(self.k * self.n), np.zeros(self.flows + 1)),
            options={"time_limit": seconds, "mip_rel_gap": 1e-4},
        )
