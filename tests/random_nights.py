"""Random nights of patrols with every rule, and what must hold for each: for the suite and scripts/bench/nights.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gridmap.analysis.patrol import (
    Break,
    Iterations,
    Objective,
    Plan,
    Shift,
    Stop,
    Team,
    Way,
    plan,
    violations,
)
from gridmap.domain.gridkey import Scope, make_key

SHIFT = Shift(0.0, 10_000.0)
VILLAGES = [make_key(330681105, 1, v) for v in (1, 2, 3)]
EPSILON = 1e-9


@dataclass(frozen=True, slots=True)
class Night:
    """What one night is planned from."""

    teams: tuple[Team, ...]
    stops: tuple[Stop, ...]
    travel_s: dict[str, NDArray[np.float64]]
    aim: Objective

    def planned(self, steps: int) -> Plan:
        """Plan it."""
        rule = Iterations(steps)
        return plan(self.teams, self.stops, self.travel_s, shift=SHIFT, objective=self.aim, seed=1, stop=rule)


def random_night(seed: int) -> Night:
    """Draw teams with hours, breaks and villages, stops with windows, gaps and intervals, waiting and balance."""
    rng = np.random.default_rng(seed)
    n, crew = int(rng.integers(4, 14)), int(rng.integers(1, 4))
    xy = rng.random((n + 2, 2)) * 4_000
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    stops = []
    for i in range(n):
        early, late = rng.integers(0, 3_000), rng.integers(6_000, 8_000)
        split = ((float(early), float(early + 3_000)), (float(late), float(late + 2_000)))
        stops.append(
            Stop(
                f"s{i}",
                2 + i,
                float(rng.integers(1, 20)),
                float(rng.integers(600, 900)),
                VILLAGES[rng.integers(3)],
                windows=((), split[:1], split)[int(rng.choice(3, p=(0.5, 0.25, 0.25)))],
                must=bool(rng.random() < 0.1),
                closed_to=frozenset({"foot"}) if rng.random() < 0.2 else frozenset(),
                visits=int(rng.integers(1, 4)),
                min_gap_s=float(rng.integers(500, 4_000)),
                min_size=int(rng.integers(1, 3)),
                max_interval_s=float(rng.integers(2_000, 9_000)) if rng.random() < 0.15 else None,
            )
        )
    teams = [
        Team(
            f"t{r}",
            int(rng.integers(2)),
            int(rng.integers(2)),
            "car" if rng.random() < 0.6 else "foot",
            float(rng.integers(0, 2_000)),
            float(rng.integers(5_000, 9_000)),
            None if rng.random() < 0.6 else Break(3_000.0, float(rng.integers(3_000, 4_500)), 900.0),
            float(rng.choice([0.8, 1.0, 1.5])),
            int(rng.integers(1, 5)),
            Scope.whole() if rng.random() < 0.7 else Scope.of_grid(VILLAGES[rng.integers(3)]),
        )
        for r in range(crew)
    ]
    aim = Objective(
        village_share=float(rng.choice([0.0, 0.0, 0.3])),
        balance=(None, 0.0, 0.01)[rng.integers(3)],
        max_wait_s=float(rng.choice([900.0, np.inf])),
    )
    hourly = np.random.default_rng([seed, 1])
    if hourly.random() < 0.5:
        stops = [stop if hourly.random() < 0.2 else replace(stop, by_hour=_hours(hourly)) for stop in stops]
    in_beats = np.random.default_rng([seed, 2])
    if in_beats.random() < 0.3:
        whose = [None, *(team.id for team in teams)]
        stops = [replace(stop, beat=whose[in_beats.integers(len(whose))]) for stop in stops]
    walked = np.random.default_rng([seed, 3])
    if walked.random() < 0.4:
        stops = [replace(s, ways=_ways(walked, s, n + 2)) if walked.random() < 0.4 else s for s in stops]
    return Night(tuple(teams), tuple(stops), {"car": apart / 6.0, "foot": apart / 1.5}, aim)


def _ways(rng: np.random.Generator, stop: Stop, places: int) -> tuple[Way, ...]:
    """Draw a line from a stop to another place, gone in both directions or one, and by car on foot from either end."""
    other, along = int(rng.integers(places)), float(rng.integers(200, 1_500))
    there, back = Way("foot", stop.place, other, along), Way("foot", other, stop.place, along)
    walk = [Way("car", at, at, along, along, on_foot=True) for at in (stop.place, other)]
    kind = rng.integers(3)
    if kind == 0:
        return there, *walk
    if kind == 1:
        return (
            there,
            back,
            replace(there, mode="car", along_s=along / 4),
            replace(back, mode="car", along_s=along / 4),
        )
    return there, back, *walk


def _hours(rng: np.random.Generator) -> tuple[tuple[float, float], ...]:
    """Draw what the prize of a stop is multiplied by from hour to hour."""
    begins = np.sort(rng.choice(np.arange(0.0, 10_000.0, 500.0), int(rng.integers(1, 5)), replace=False))
    return tuple((float(since), float(rng.integers(0, 5)) / 2.0) for since in begins)


def with_more_allowed(night: Night) -> Iterator[tuple[str, Night]]:
    """The night with a visit, a team or hours more, longer windows, or shorter gaps; no stop has a duty or interval."""
    free = [replace(stop, must=False, max_interval_s=None) for stop in night.stops]
    night = replace(night, stops=tuple(free), aim=replace(night.aim, village_share=0.0))
    yield "as it is", night
    yield "visits", replace(night, stops=tuple(replace(s, visits=s.visits + 1) for s in free))
    yield "teams", replace(night, teams=(*night.teams, Team("more", 0, 0, "car", 0.0, 8_000.0)))
    longer = [replace(t, begin_s=max(0.0, t.begin_s - 300.0), end_s=t.end_s + 900.0) for t in night.teams]
    yield "hours", replace(night, teams=tuple(longer))
    yield "windows", replace(night, stops=tuple(replace(s, windows=()) for s in free))
    both = [replace(s, ways=(*s.ways, *(_turned(way) for way in s.ways))) for s in free]
    yield "directions", replace(night, stops=tuple(both))
    yield "gaps", replace(night, stops=tuple(replace(s, min_gap_s=s.min_gap_s / 2) for s in free))


def _turned(way: Way) -> Way:
    return replace(way, begins=way.ends, ends=way.begins)


def breaches(night: Night, steps: int) -> list[str]:
    """What does not hold: a rule, the bound, or the prize of the night with its teams and stops in another order."""
    made = night.planned(steps)
    told = list(violations(made, night.teams, night.stops, night.travel_s, shift=SHIFT))
    if not made.prize <= made.bound <= made.possible + EPSILON:
        told.append(f"prize {made.prize}, bound {made.bound}, possible {made.possible}")
    turned = replace(night, teams=night.teams[::-1], stops=night.stops[::-1]).planned(steps)
    if turned.prize != made.prize:
        told.append(f"prize {made.prize}, in another order {turned.prize}")
    return told


def losses(night: Night, steps: int) -> list[str]:
    """What more of it earns less, and how much."""
    (_, fewer), *more = [(what, given.planned(steps)) for what, given in with_more_allowed(night)]
    return [
        f"more {what}: {made.prize:.3f} after {fewer.prize:.3f}"
        for what, made in more
        if made.prize < fewer.prize - EPSILON
    ]
