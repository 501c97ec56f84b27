"""What an observer who knows the habit can avoid is the value of a game, as solved by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.analysis.patrol import Iterations, Shift, Stop, Team, mix, plan
from gridmap.analysis.patrol.watching import PART_S, avoidable, solve_game
from gridmap.errors import InvalidInput

HOUR = 3600.0


def test_two_nights_and_two_places_are_drawn_as_by_hand() -> None:
    # q at the first place: 2 (1 - q) = 1 q gives q = 2/3, and 2/3 is left.
    game = solve_game([[1, 0], [0, 1]], [2.0, 1.0])
    assert game.value == pytest.approx(2 / 3)
    assert game.weights == pytest.approx([2 / 3, 1 / 3])
    assert (game.drawn, game.target) == (1.0, 0)


def test_a_place_that_every_night_guards_leaves_nothing_and_one_that_none_guards_leaves_all() -> None:
    assert solve_game([[1, 1], [1, 0]], [3.0, 2.0]).value == pytest.approx(0.0)
    game = solve_game([[1, 0], [1, 0]], [9.0, 4.0])
    assert (game.value, game.drawn, game.target) == (pytest.approx(4.0), 4.0, 1)


def test_three_places_of_one_worth_leave_two_thirds() -> None:
    assert solve_game(np.eye(3), [3.0, 3.0, 3.0]).value == pytest.approx(2.0)


def test_no_frequencies_leave_less_than_the_value() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        guarded, worth = rng.integers(0, 2, (4, 6)), rng.random(6) * 5
        game = solve_game(guarded, worth)
        assert (worth * (1 - game.weights @ guarded)).max() == pytest.approx(game.value, abs=1e-7)
        others = rng.dirichlet(np.ones(4), 200)
        assert ((worth * (1 - others @ guarded)).max(axis=1) >= game.value - 1e-9).all()


@pytest.mark.parametrize(
    ("guarded", "worth"), [([[1, 0]], [1.0]), ([[2.0]], [1.0]), ([[1.0]], [-1.0]), (np.zeros((0, 1)), [1.0])]
)
def test_a_game_that_makes_no_sense_is_refused(guarded: object, worth: object) -> None:
    with pytest.raises(InvalidInput, match="防护"):
        solve_game(guarded, worth)  # type: ignore[arg-type]


def crew(n: int = 5) -> tuple[list[Team], list[Stop], dict[str, np.ndarray], Shift]:
    xy = np.random.default_rng(3).random((n + 1, 2)) * 2000
    matrix = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) / 8.0
    teams = [Team("T1", 0, 0, "car", 0.0, 6 * HOUR)]
    stops = [Stop(f"H{k}", k, 1.0 + k, 600.0, village=1) for k in range(1, n + 1)]
    return teams, stops, {"car": matrix}, Shift(0.0, 6 * HOUR)


def test_the_same_night_every_night_leaves_the_largest_prize_that_it_does_not_guard() -> None:
    teams, stops, travel, shift = crew()
    made = plan(teams, stops, travel, shift=shift, seed=1, stop=Iterations(200))
    told = avoidable([made], teams, stops, shift)
    assert told.by_place == 0.0, "one night comes to every place"
    assert told.by_part == told.by_part_drawn == told.most == max(s.prize for s in stops)
    visits = [v for r in made.routes for v in r.visits if v.stop == told.stop]
    assert all(v.leave_s <= told.begin_s or v.start_s >= told.begin_s + PART_S for v in visits)


def test_nights_that_differ_leave_less_than_a_night_that_is_always_the_same() -> None:
    teams, stops, travel, shift = crew()
    moved = []
    made = plan(teams, stops, travel, shift=shift, seed=1, stop=Iterations(200))
    for part in range(3):
        late = part * PART_S - made.routes[0].begin_s
        visits = tuple(
            replace(v, arrive_s=v.arrive_s + late, start_s=v.start_s + late, leave_s=v.leave_s + late)
            for v in made.routes[0].visits
        )
        moved.append(replace(made, routes=(replace(made.routes[0], visits=visits),)))
    told = avoidable(moved, teams, stops, shift)
    assert told.by_part < told.most
    assert told.by_part == pytest.approx(2 / 3 * told.most, rel=0.35)
    assert sum(told.weights) == pytest.approx(1.0, abs=1e-5)


def test_hours_of_a_place_and_of_its_teams_are_all_that_an_observer_chooses_from() -> None:
    teams, stops, travel, shift = crew(2)
    made = plan(teams, stops, travel, shift=shift, seed=1, stop=Iterations(100))
    shut = [replace(stops[0], windows=((0.0, 2 * HOUR),)), replace(stops[1], by_hour=((0.0, 0.0),))]
    told = avoidable([made], teams, shut, shift)
    assert told.most == stops[0].prize
    assert told.stop != "H1" or told.begin_s == 0.0
    nobody = [replace(s, only_team="T9") for s in stops]
    assert avoidable([made], teams, nobody, shift).stop is None


def test_a_mix_of_nights_is_told_with_what_it_leaves() -> None:
    teams, stops, travel, shift = crew(8)
    drawn = mix(teams, stops, travel, shift=shift, nights=6, loss=0.2, pool=12, seed=2, stop=Iterations(40))
    told = avoidable(drawn.nights, teams, stops, shift)
    assert 0.0 <= told.by_part <= told.by_part_drawn <= told.most
    assert told.by_place <= told.by_place_drawn
