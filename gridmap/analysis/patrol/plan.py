"""Plans a shift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from gridmap.analysis.patrol.assemble import assemble
from gridmap.analysis.patrol.build import Built, build
from gridmap.analysis.patrol.checks import check, checked_matrices
from gridmap.analysis.patrol.deepening import Deepening, OnBetter, Turns
from gridmap.analysis.patrol.engine import Progress
from gridmap.analysis.patrol.model import Objective, Plan, Route, Shift, Stop, Team
from gridmap.analysis.patrol.nearness import Households
from gridmap.analysis.patrol.problem import MANY_STOPS, Floats
from gridmap.analysis.patrol.stop import Iterations, Seconds, StopRule, Trial
from gridmap.errors import InvalidInput

_TRIED, _TRIED_SHARE, _CAREFUL = 800, 0.03, 0.95
"""Steps of a trial, or the share of the time that it takes, and how much of what it lets expect is used."""


def plan(
    teams: Sequence[Team],
    stops: Sequence[Stop],
    travel_s: Mapping[str, ArrayLike],
    *,
    shift: Shift,
    objective: Objective | None = None,
    seed: int,
    stop: StopRule,
    on_progress: Progress | None = None,
    on_better: OnBetter | None = None,
    households: Households | None = None,
) -> Plan:
    """Plan the routes of a shift's teams for the largest prize.

    Parameters
    ----------
    teams : sequence of Team
    stops : sequence of Stop
    travel_s : mapping of str to array_like of float, shape (places, places)
        Seconds by mode, from the row to the column, over one numbering of places; infinite where there is no way.
    shift : Shift
    objective : Objective, optional
        Prize alone without it.
    seed : int
    stop : Seconds or Iterations
        Of each search that a plan takes: with one visit a stop, two, and so on, each from what was found before; all of
        them once more for the plan that fairness is compared with, for that which does not stay near to households,
        and, where prizes change with the hour, for the plan that knows of no hours, from which the one by hours begins;
        half as many steps for even loads. A time is divided among them. A search ends earlier when the prize is at its
        bound and the ways become no shorter.
    on_progress : callable, optional
        Called with what is done, and of how much.
    on_better : callable, optional
        Called with the prize and the stops of each team, in order, when a better plan was found.
    households : Households, optional
        Needed where the objective asks to stay near to them.

    Returns
    -------
    Plan
        The same for the same seed and `Iterations`, whatever the order of teams, stops and places; and a plan that was
        ended by a time is the same again for its seed and its `iterations`.

    Raises
    ------
    InvalidInput
        When a team, a stop, a matrix or the shift is not valid.

    See Also
    --------
    gridmap.analysis.patrol.feasible.violations : the independent check.
    """
    begun = stop.clock() if isinstance(stop, Seconds) else 0.0
    aim = objective or Objective()
    matrices = checked_matrices(travel_s)
    check(teams, stops, matrices, shift, aim, households)
    if seed < 0:
        raise InvalidInput("seed-negative", "随机种子不能为负数。", "The seed must not be negative.")
    asked = _Asked(teams, stops, matrices, shift, aim, seed, households)
    tell = on_better
    if isinstance(stop, Seconds) and asked.is_many:
        stop, tell = _affordable(asked, stop, begun, on_better)
    return _made(asked, stop, on_progress, tell)


class _Asked:
    """What is planned: with one visit a stop, with two, and so on; where hours count, by place alone, too."""

    def __init__(
        self,
        teams: Sequence[Team],
        stops: Sequence[Stop],
        matrices: Mapping[str, Floats],
        shift: Shift,
        aim: Objective,
        seed: int,
        households: Households | None,
    ) -> None:
        self.households = households
        self.teams, self.stops, self.shift, self.aim, self.seed = teams, stops, shift, aim, seed
        whole = build(teams, stops, matrices, shift, aim, households=households)
        like = whole.problem
        depth = max((s.visits for s in stops), default=0) or 1

        def staged(asked: Sequence[Stop], last: Built) -> list[Built]:
            few = [[replace(s, visits=min(s.visits, visits)) for s in asked] for visits in range(1, depth)]
            return [*(build(teams, rows, matrices, shift, aim, like=like) for rows in few), last]

        self.stages = staged(stops, whole)
        self.hourly = any(s.by_hour for s in stops)
        self.flat = [replace(s, by_hour=()) for s in stops]
        self.places = (
            staged(self.flat, build(teams, self.flat, matrices, shift, aim, like=like)) if self.hourly else []
        )
        self.is_many = len(whole.problem.value) > MANY_STOPS


def _affordable(
    asked: _Asked, stop: Seconds, begun: float, on_better: OnBetter | None
) -> tuple[Iterations, OnBetter | None]:
    """How many steps of many stops there is time for, from a trial of few, whose plans are told until better ones are.

    One cooling of a known length finds more than several that a clock cuts off; and then every search of a plan takes
    its part of the time, however much longer its steps are than those of the first.
    """
    best = -np.inf

    def first(prize: float, routes: dict[str, tuple[str, ...]]) -> None:
        nonlocal best
        if on_better is not None and prize > best:
            best = prize
            on_better(prize, routes)

    tell = None if on_better is None else first
    tried = stop.clock()
    trial = Trial(_TRIED, stop.clock)
    _made(asked, trial, None, tell)
    if stop.clock() - tried < _TRIED_SHARE * stop.seconds:
        # What took next to no time is no measure.
        tried = stop.clock()
        trial = Trial(max(_TRIED, int(_TRIED_SHARE * stop.seconds / max(trial.took[0], 1e-9))), stop.clock)
        _made(asked, trial, None, tell)
    now = stop.clock()
    besides = now - tried - trial.took[1]
    left = stop.seconds - (now - begun) - besides
    return Iterations(max(_TRIED, int(_CAREFUL * left / max(trial.took[0], 1e-9)))), tell


def _made(asked: _Asked, stop: StopRule, on_progress: Progress | None, on_better: OnBetter | None) -> Plan:
    """Search by a rule, and write down what was found."""
    teams, shift, aim, seed = asked.teams, asked.shift, asked.aim, asked.seed
    stages, hourly, depth = asked.stages, asked.hourly, len(asked.stages)
    fair = bool(stages[-1].problem.need.any())
    evens, stays = aim.balance is not None, stages[-1].problem.homes is not None
    turns = Turns(stop, depth * (1 + fair + stays + evens), depth * (1 + evens) if hourly else 0, on_progress)
    by_place = Deepening(turns, seed, aim.balance, None)
    found = Deepening(turns, seed, aim.balance, on_better)
    free, apart = Deepening(turns, seed, None, None), Deepening(turns, seed, None, None)
    for number, stage in enumerate(stages):
        if hourly:
            by_place.go_on(asked.places[number])
        found.go_on(stage, by_place if hourly else None)
        if fair:
            free.go_on(replace(stage, problem=replace(stage.problem, need=np.zeros_like(stage.problem.need))))
        if stays:
            apart.go_on(replace(stage, problem=replace(stage.problem, homes=None)))
    prize = found.prize()
    made = assemble(
        found.built, found.level, teams, asked.stops, shift, aim, seed, households=asked.households
    )
    told: tuple[Route, ...] = ()
    if hourly:
        told = assemble(by_place.built, by_place.level, teams, asked.flat, shift, aim, seed).routes
    return replace(
        made,
        iterations=turns.steps,
        fairness_cost=max(0.0, free.prize() - prize) if fair else 0.0,
        balance_cost=max(0.0, prize - made.prize),
        near_cost=max(0.0, apart.prize() - prize) if stays else 0.0,
        by_place=told,
    )
