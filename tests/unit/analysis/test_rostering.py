"""A week's roster keeps the rules of rest, is as full as it can be, and shares out nights and weekends."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from gridmap.analysis.rostering import Beside, Rostered, RosterProblem, make_roster, wanted_teams

HOUR = 3600.0
DAY = 24 * HOUR
THREE = ((7, 15), (15, 23), (23, 31))


def problem(
    teams: int,
    *,
    shifts: tuple[tuple[float, float], ...] = THREE,
    days: int = 7,
    expected: tuple[float, ...] = (1.0, 3.0, 1.0),
    rest_h: float = 11,
    nights_in_row: int = 3,
    most: int = 5,
    off: set[tuple[int, int]] | None = None,
    beside: tuple[Beside, ...] = (),
) -> RosterProblem:
    begin, end = (np.array([[d * DAY + s[k] * HOUR for s in shifts] for d in range(days)]) for k in (0, 1))
    demand = np.tile(np.array(expected), (days, 1))
    wanted = wanted_teams(demand, teams=teams, most=most, least=1)
    closed = np.zeros((teams, days), dtype=bool)
    for at in off or set():
        closed[at] = True
    return RosterProblem(
        teams,
        begin,
        end,
        np.array([e > 24 for _, e in shifts]),
        np.arange(days) >= 5,
        wanted,
        demand / np.maximum(wanted, 1),
        closed,
        rest_h * HOUR,
        nights_in_row,
        most,
        beside,
    )


def broken(asked: RosterProblem, found: Rostered) -> list[str]:
    """Look at every team's spans by itself: nothing of the program's rows is used."""
    out = [
        fault for team in range(asked.teams) for fault in broken_by(asked, found.shift[team].tolist(), team)
    ]
    for day, shift in np.ndindex(asked.wanted.shape):
        if (found.shift[:, day] == shift).sum() > asked.wanted[day, shift]:
            out.append(f"too many on {day}, {shift}")
    return out


def broken_by(asked: RosterProblem, week: list[int], team: int) -> list[str]:
    own = [(day, shift) for day, shift in enumerate(week) if shift >= 0]
    beside = [duty for duty in asked.beside if duty.team == team]
    spans = sorted(
        [(asked.begin_s[at], asked.end_s[at], True) for at in own]
        + [(duty.begin_s, duty.end_s, False) for duty in beside]
    )
    nights = {day for day, shift in own if asked.night[shift]} | {d.day for d in beside if d.night}
    out = [f"{team} works on its day off {day}" for day, _ in own if asked.off[team, day]]
    if len(own) > asked.most:
        out.append(f"{team} has {len(own)} shifts")
    for (_, ended, of_week), (begins, _, too) in itertools.pairwise(spans):
        if begins - ended < asked.rest_s - 1e-6 and (of_week or too):
            out.append(f"{team} rests for {(begins - ended) / HOUR} h")
    for first in nights:
        run = set(range(first, first + asked.nights_in_row + 1))
        if run <= nights and run & set(range(7)):
            out.append(f"{team} has too many nights in a row from {first}")
    return out


def missing(asked: RosterProblem, shift: np.ndarray) -> float:
    there = np.array(
        [
            [(shift[:, d] == s).sum() for s in range(asked.wanted.shape[1])]
            for d in range(asked.wanted.shape[0])
        ]
    )
    return float((asked.weight * (asked.wanted - there)).sum())


@pytest.mark.parametrize("seed", range(6))
def test_every_roster_keeps_rest_nights_and_days_off_whatever_is_asked(seed: int) -> None:
    rng = random.Random(seed)
    teams = rng.randint(2, 9)
    asked = problem(
        teams,
        expected=(rng.uniform(0.1, 4), rng.uniform(0.1, 4), rng.uniform(0.1, 4)),
        rest_h=rng.choice([8, 11, 12, 24]),
        nights_in_row=rng.randint(1, 4),
        most=rng.randint(2, 6),
        off={(rng.randrange(teams), rng.randrange(7)) for _ in range(4)},
        beside=tuple(
            Beside(t, day, day * DAY + 23 * HOUR, day * DAY + 31 * HOUR, night=True)
            for t in range(0, teams, 2)
            for day in (-2, -1, 7)
        ),
    )
    found = make_roster(asked, seconds=4)
    assert broken(asked, found) == []
    assert found.short == pytest.approx(missing(asked, found.shift), abs=1e-4)
    assert found.short_bound <= found.short + 1e-6


def test_a_roster_that_can_be_full_is_full_and_proven_so() -> None:
    asked = problem(8)
    found = make_roster(asked, seconds=10)
    assert (found.short, found.gap) == (0.0, 0.0)
    nights = np.isin(found.shift, np.flatnonzero(asked.night)).sum(axis=1)
    assert nights.max() - nights.min() <= 1
    assert found.spread == found.spread_bound


def test_no_roster_at_all_is_better_than_the_one_that_is_found() -> None:
    asked = problem(2, days=3, shifts=((7, 15), (23, 31)), expected=(2.0, 1.0), most=3, off={(0, 1)})
    found = make_roster(asked, seconds=5)
    best = np.inf
    for choice in itertools.product((-1, 0, 1), repeat=6):
        shift = np.array(choice).reshape(2, 3)
        one = Rostered(shift, 0.0, 0.0, 0.0, 0.0)
        if not broken(asked, one):
            best = min(best, missing(asked, shift))
    assert found.short == pytest.approx(best, abs=1e-4)
    assert found.short > 0, "nobody can have the night before a day shift"


def test_shifts_are_shared_out_by_what_is_expected_and_each_has_its_least() -> None:
    expected = np.tile([1.0, 6.0, 0.0], (7, 1))
    wanted = wanted_teams(expected, teams=6, most=5, least=1)
    assert wanted.sum() == 30
    assert (wanted[:, 2] == 1).all()
    assert (wanted[:, 1] > wanted[:, 0]).all()
    assert (wanted.sum(axis=1) <= 6).all()
    assert wanted_teams(np.zeros((7, 3)), teams=6, most=5, least=0).sum() == 0
