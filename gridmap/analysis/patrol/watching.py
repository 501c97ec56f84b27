"""What somebody who knows the habit of drawn nights could still keep away from: a zero-sum game."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

from gridmap.analysis.patrol.build import open_hours
from gridmap.analysis.patrol.model import Plan, Shift, Stop, Team
from gridmap.errors import InvalidInput

Floats = NDArray[np.float64]

PART_S = 7200.0
"""Parts of the shift among which an observer chooses."""
_SAMPLE_S = 600.0


@dataclass(frozen=True, slots=True, eq=False)
class Game:
    """The value of a game between whoever draws a night and whoever picks a target.

    Attributes
    ----------
    value : float
        Least worth, in the mean of nights, that an observer who knows how often each night comes can keep away from,
        whatever the nights' frequencies: no mix of these nights leaves less.
    weights : (nights,) float64
        Frequencies that leave no more than `value`.
    drawn : float
        What the observer gets where each night comes as often as any other.
    target : int
        The target that gives `drawn`.
    """

    value: float
    weights: Floats
    drawn: float
    target: int


@dataclass(frozen=True, slots=True)
class Avoidable:
    """What an observer who knows the habit could avoid, by place and by place and part of the shift.

    Attributes
    ----------
    by_place, by_place_drawn : float
        Prize of a place that is not come to in the night: at best, and with nights as drawn.
    by_part, by_part_drawn : float
        The same for a place in a part of the shift of two hours.
    most : float
        Largest prize of any place in any part: a single night that is always the same leaves as much.
    stop : str or None
        The place that an observer would choose; None where there is none.
    begin_s : float
        When its part of the shift begins.
    weights : tuple of float
        How often each of the nights would come so that `by_part` is all that is left.
    """

    by_place: float
    by_place_drawn: float
    by_part: float
    by_part_drawn: float
    most: float
    stop: str | None
    begin_s: float
    weights: tuple[float, ...]


def solve_game(guarded: ArrayLike, worth: ArrayLike) -> Game:
    """Find how often each night comes so that the best target of an observer is worth least.

    Parameters
    ----------
    guarded : (nights, targets) array_like of float
        Share of each target that is guarded in each night, 0 to 1.
    worth : (targets,) array_like of float
        What a target is worth while nobody is there; not negative.

    Returns
    -------
    Game

    Raises
    ------
    InvalidInput
        When the shapes do not fit, or a number is out of range.

    Notes
    -----
    The observer moves second and knows the frequencies, not tonight's draw: a Stackelberg game. Being zero-sum, its
    value is that of the linear program min v subject to worth[t] (1 - sum_n q[n] guarded[n, t]) <= v for all t, with
    q a distribution.

    References
    ----------
    Pita, Jain, Marecki, Ordonez, Portway, Tambe, Western, Paruchuri and Kraus (2008),
    Deployed ARMOR protection: the application of a game theoretic model for security at the Los Angeles International
    Airport, AAMAS.
    """
    a, w = np.asarray(guarded, dtype=np.float64), np.asarray(worth, dtype=np.float64)
    if a.ndim != 2 or a.shape[0] < 1 or a.shape[1:] != w.shape or (w < 0).any() or ((a < 0) | (a > 1)).any():
        raise InvalidInput(
            "game-not-valid",
            "博弈需要每夜对每个目标的防护（0 至 1）和每个目标不小于 0 的价值。",
            "A game needs how far each night guards each target, 0 to 1, and each target's worth, not negative.",
        )
    n = a.shape[0]
    even = np.full(n, 1.0 / n)
    if a.shape[1] == 0:
        return Game(0.0, even, 0.0, -1)
    left = w * (1.0 - even @ a)
    found = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=np.column_stack([-(w * a).T, -np.ones(len(w))]),
        b_ub=-w,
        A_eq=np.append(np.ones(n), 0.0)[None, :],
        b_eq=[1.0],
        bounds=[(0.0, 1.0)] * n + [(0.0, None)],
        method="highs",
    )
    return Game(float(found.x[-1]), found.x[:-1], float(left.max()), int(left.argmax()))


def avoidable(plans: Sequence[Plan], teams: Sequence[Team], stops: Sequence[Stop], shift: Shift) -> Avoidable:
    """Tell what an observer who knows how often each of several nights comes could keep away from.

    Parameters
    ----------
    plans : sequence of Plan
        The nights.
    teams, stops : sequence
    shift : Shift

    Notes
    -----
    A target is a stop in a part of two hours in which some team may come and the stop is open; it is guarded in a
    night that has a visit in it, and worth the stop's prize at that time. By place alone it is guarded by any visit of
    the night.
    """
    targets = [
        (number, begin)
        for number, stop in enumerate(stops)
        if stop.visits > 0
        for begin in _parts(stop, teams, shift)
    ]
    places = sorted({number for number, _ in targets})
    spans = [
        [
            [(v.start_s, v.leave_s) for r in plan.routes for v in r.visits if v.stop == stop.id]
            for stop in stops
        ]
        for plan in plans
    ]
    by_place = solve_game(
        np.array([[bool(night[s]) for s in places] for night in spans], dtype=np.float64).reshape(
            len(plans), -1
        ),
        [stops[s].prize for s in places],
    )
    worth = np.array([_worth(stops[s], begin) for s, begin in targets])
    by_part = solve_game(
        np.array(
            [
                [any(a < begin + PART_S and b > begin for a, b in night[s]) for s, begin in targets]
                for night in spans
            ],
            dtype=np.float64,
        ).reshape(len(plans), -1),
        worth,
    )
    chosen = targets[by_part.target] if targets else None
    return Avoidable(
        by_place.value,
        by_place.drawn,
        by_part.value,
        by_part.drawn,
        float(worth.max()) if len(worth) else 0.0,
        None if chosen is None else stops[chosen[0]].id,
        0.0 if chosen is None else chosen[1],
        tuple(round(float(w), 6) for w in by_part.weights),
    )


def _parts(stop: Stop, teams: Sequence[Team], shift: Shift) -> list[float]:
    """Beginnings of the parts of a shift in which a visit to a stop could be made."""
    span = open_hours(teams, stop, shift)
    if span is None:
        return []
    begins = np.arange(shift.begin_s, shift.end_s - PART_S / 2, PART_S)
    windows = stop.windows or (span,)
    # A part counts where half of it lies in the hours of a team, and of the stop.
    return [
        float(begin)
        for begin in begins
        if any(
            min(begin + PART_S, span[1], high) - max(begin, span[0], low) >= PART_S / 2
            for low, high in windows
        )
    ]


def _worth(stop: Stop, begin: float) -> float:
    if not stop.by_hour:
        return stop.prize
    moments = np.arange(begin, begin + PART_S, _SAMPLE_S)
    since = np.array([at for at, _ in stop.by_hour])
    factors = np.array([factor for _, factor in stop.by_hour])
    rows = np.maximum(np.searchsorted(since, moments, side="right") - 1, 0)
    return stop.prize * float(factors[rows].mean())
