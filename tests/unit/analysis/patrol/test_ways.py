"""Streets and banks are walked as lines: in by one end, out by the other, and on foot from where a car is left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.analysis.patrol import (
    Break,
    Iterations,
    Plan,
    Shift,
    Stop,
    StopAdded,
    Team,
    Way,
    plan,
    replan,
    violations,
)
from gridmap.analysis.patrol.interruption import interruptions
from gridmap.errors import InvalidInput

SHIFT = Shift(0.0, 10_000.0)
STEPS = Iterations(600)
# The base, a street of 1,000 m from 1 to 2 that lies across the way, and a stop beyond it: metres of a straight road.
AT = np.array([0.0, 1_000.0, 2_000.0, 3_000.0])
APART = np.abs(AT[:, None] - AT)
TRAVEL = {"car": APART / 10.0, "foot": APART / 1.25}
THERE, BACK = Way("foot", 1, 2, 800.0), Way("foot", 2, 1, 800.0)
WALKER = Team("w", 0, 0, "foot", 0.0, 10_000.0)
DRIVER = Team("d", 0, 0, "car", 0.0, 10_000.0)


def street(*ways: Way, **given: object) -> Stop:
    return replace(Stop("street", 1, 5.0, 0.0, ways=ways or (THERE, BACK)), **given)  # type: ignore[arg-type]


def planned(teams: list[Team], stops: list[Stop]) -> Plan:
    made = plan(teams, stops, TRAVEL, shift=SHIFT, seed=1, stop=STEPS)
    assert violations(made, teams, stops, TRAVEL, shift=SHIFT) == ()
    return made


def test_a_line_is_entered_at_one_end_and_left_at_the_other() -> None:
    beyond = Stop("beyond", 3, 5.0, 600.0)
    (route,) = planned([WALKER], [street(), beyond]).routes
    visits = {v.stop: v for v in route.visits}
    line = visits["street"]
    assert {line.place, line.onward} == {1, 2}
    assert line.leave_s - line.start_s == 800.0
    # There and back is 6,000 m whichever way the line is gone: walking it is a part of the way.
    assert route.travel_s + route.dwell_s == pytest.approx(6_000 / 1.25 + 600.0)
    first, second = route.visits
    assert second.travel_s == pytest.approx(APART[first.onward, second.place] / 1.25)


@pytest.mark.parametrize(("base", "begins"), [(0, 1), (3, 2)])
def test_the_cheaper_direction_is_taken(base: int, begins: int) -> None:
    other = 3 - base
    team = replace(WALKER, start_place=base, end_place=other)
    (route,) = planned([team], [street()]).routes
    (visit,) = route.visits
    assert (visit.place, visit.onward) == (begins, 3 - begins)
    assert route.end_s - route.begin_s == pytest.approx(3_000 / 1.25)


def test_a_line_with_one_direction_is_gone_in_no_other() -> None:
    team = replace(WALKER, start_place=3, end_place=0)
    (route,) = planned([team], [street(THERE)]).routes
    (visit,) = route.visits
    assert (visit.place, visit.onward) == (1, 2)
    # Past the line to its beginning, along it, and all the way back over it.
    assert route.end_s - route.begin_s == pytest.approx((2_000 + 1_000 + 2_000) / 1.25)


def test_a_stay_that_is_longer_than_the_walk_is_what_the_visit_takes() -> None:
    (route,) = planned([WALKER], [street(dwell_s=1_200.0)]).routes
    assert [v.leave_s - v.start_s for v in route.visits] == [1_200.0]


def test_a_faster_team_walks_a_line_sooner() -> None:
    (route,) = planned([replace(WALKER, speed=2.0)], [street()]).routes
    assert [v.leave_s - v.start_s for v in route.visits] == [400.0]


def test_a_car_is_left_and_come_back_to_and_the_walk_is_time_of_the_visit() -> None:
    beat = Way("car", 1, 1, along_s=800.0, aside_s=900.0, on_foot=True)
    beyond = Stop("beyond", 3, 5.0, 600.0)
    quick = replace(DRIVER, speed=2.0)
    (route,) = planned([quick], [street(THERE, BACK, beat), beyond]).routes
    line = next(v for v in route.visits if v.stop == "street")
    assert (line.way, line.place, line.onward) == (2, 1, 1)
    assert line.leave_s - line.start_s == 1_700.0
    # The way on is that of the car from where it stands.
    assert route.travel_s == pytest.approx(6_000 / 20.0)


def test_a_team_whose_mode_has_no_way_does_not_come() -> None:
    made = planned([DRIVER], [street()])
    assert made.routes[0].visits == ()
    assert [reason.code for reason in made.reasons] == ["no-way"]


def test_the_team_that_is_nearer_by_its_own_way_goes() -> None:
    beat = Way("car", 2, 2, along_s=800.0, aside_s=900.0, on_foot=True)
    far = replace(WALKER, start_place=3, end_place=3, end_s=2_000.0)
    made = planned([far, DRIVER], [street(THERE, beat)])
    assert [len(route.visits) for route in made.routes] == [0, 1]
    assert made.routes[1].visits[0].way == 1


def test_each_visit_to_a_line_counts_once_whatever_its_directions() -> None:
    made = planned([WALKER], [street(visits=3, min_gap_s=1_000.0, revisit_share=1.0)])
    (route,) = made.routes
    assert len(route.visits) == 3
    assert made.prize == pytest.approx(15.0)
    assert made.bound <= made.possible == pytest.approx(15.0)


def test_a_line_is_walked_between_breaks_and_within_its_hours() -> None:
    rested = replace(WALKER, rest=Break(1_500.0, 2_500.0, 600.0))
    made = planned([rested], [street(windows=((2_000.0, 4_500.0),))])
    (visit,) = made.routes[0].visits
    assert visit.start_s >= 2_000.0
    assert visit.leave_s <= 4_500.0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"left_at": 1}, "elsewhere"),
        ({"place": 2}, "elsewhere"),
        ({"way": None, "left_at": None}, "none of its ways"),
        ({"way": 7}, "none of its ways"),
        ({"leave_s": 900.0}, "too short"),
    ],
)
def test_the_checker_names_a_line_that_is_not_walked_as_it_is(wrong: dict[str, object], told: str) -> None:
    stops = [street(THERE)]
    made = planned([WALKER], stops)
    (route,) = made.routes
    (visit,) = route.visits
    assert visit.start_s >= 800.0
    forged = replace(made, routes=(replace(route, visits=(replace(visit, **wrong),)),))  # type: ignore[arg-type]
    assert any(told in sentence for sentence in violations(forged, [WALKER], stops, TRAVEL, shift=SHIFT))


def test_the_checker_names_a_leg_from_the_end_where_a_team_is_not() -> None:
    stops = [street(THERE), Stop("before", 0, 5.0, 60.0, windows=((0.0, 9_000.0),))]
    made = planned([replace(WALKER, end_place=3)], stops)
    (route,) = made.routes
    line = next(n for n, v in enumerate(route.visits) if v.stop == "street")
    # Home from the far end is 1,000 m; from the near end it would be 2,000 m.
    late = replace(WALKER, end_place=0)
    assert route.visits[line].onward == 2
    assert violations(made, [late], stops, TRAVEL, shift=SHIFT) != ()


def test_a_team_that_is_replanned_goes_on_from_the_far_end() -> None:
    stops = [street(THERE)]
    team = replace(WALKER, end_place=3)
    made = planned([team], stops)
    (visit,) = made.routes[0].visits
    more = Stop("more", 3, 5.0, 100.0)
    changed = replan(made, visit.start_s + 1.0, [StopAdded(more)], TRAVEL, seed=1, stop=STEPS).plan
    first, second = changed.routes[0].visits
    assert (first.stop, first.onward, second.stop) == ("street", 2, "more")
    assert second.travel_s == pytest.approx(1_000 / 1.25)
    assert violations(changed, [team], [*stops, more], TRAVEL, shift=SHIFT) == ()


def test_a_replan_that_changes_nothing_leaves_the_direction() -> None:
    stops = [street(), Stop("beyond", 3, 5.0, 600.0)]
    made = planned([WALKER], stops)
    again = replan(made, -1.0, [], TRAVEL, seed=1, stop=STEPS).plan
    assert [(v.stop, v.place, v.onward) for v in again.routes[0].visits] == [
        (v.stop, v.place, v.onward) for v in made.routes[0].visits
    ]


def test_a_team_that_is_held_up_still_has_the_whole_line_to_walk() -> None:
    stops = [street(THERE), Stop("beyond", 3, 5.0, 600.0)]
    made = planned([WALKER], stops)
    order = [v.stop for v in made.routes[0].visits]
    for onward in interruptions(made, WALKER, TRAVEL["foot"]):
        for number, _arrive, start, leave in onward.moved:
            assert leave - start == (800.0 if order[number] == "street" else 600.0)


def test_a_way_off_the_matrix_is_refused() -> None:
    with pytest.raises(InvalidInput, match="street"):
        plan([WALKER], [street(Way("foot", 1, 9, 800.0))], TRAVEL, shift=SHIFT, seed=1, stop=STEPS)
    with pytest.raises(InvalidInput, match="street"):
        plan([WALKER], [street(Way("foot", 1, 2, -1.0))], TRAVEL, shift=SHIFT, seed=1, stop=STEPS)
