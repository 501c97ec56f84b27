"""A plan stays near to households as it is asked to: priced in the search, told by quarter of an hour, checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gridmap.analysis.patrol import (
    Break,
    Households,
    Iterations,
    Objective,
    Plan,
    Shift,
    Stop,
    Team,
    TeamOut,
    TeamTaken,
    Way,
    mix,
    plan,
    replan,
    violations,
)
from gridmap.analysis.patrol.assemble import assemble
from gridmap.analysis.patrol.build import build
from gridmap.analysis.patrol.searching import search
from gridmap.errors import InvalidInput

SHIFT = Shift(0.0, 14_400.0)
WITHIN_S = 300.0


def night(seed: int = 1, *, crew: int = 4, n: int = 20, visits: int = 1, **of_teams: Any) -> dict[str, Any]:
    """A town of ten kilometres: teams at bases in one corner, households everywhere."""
    rng = np.random.default_rng(seed)
    xy = np.concatenate([rng.uniform(0, 3_000, (crew, 2)), rng.uniform(0, 10_000, (n, 2))])
    homes = rng.uniform(0, 10_000, (120, 2))
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) / 8.0
    away = np.hypot(*(xy[:, None] - homes[None]).transpose(2, 0, 1)) / 8.0
    return {
        "teams": [Team(f"t{i}", i, i, "car", 0.0, 14_400.0, **of_teams) for i in range(crew)],
        "stops": [Stop(f"s{i}", crew + i, float(rng.integers(1, 9)), 600.0, visits=visits) for i in range(n)],
        "travel_s": {"car": apart},
        "households": Households(rng.integers(1, 40, 120).astype(float), {"car": away}),
    }


def planned(town: dict[str, Any], level: float, steps: int = 4_000, **aim: Any) -> Plan:
    asked = Objective(near_s=WITHIN_S, near_level=level, max_wait_s=900.0, **aim)
    made = plan(**town, shift=SHIFT, objective=asked, seed=1, stop=Iterations(steps))
    assert violations(made, **town, shift=SHIFT) == ()
    return made


def short(made: Plan, level: float) -> float:
    return sum(max(0.0, level - share) for share in made.near)


def test_a_plan_that_is_to_stay_near_lacks_less_than_one_that_is_not_and_tells_what_it_cost() -> None:
    town = night()
    aside, near = planned(town, 0.0), planned(town, 0.55)
    assert len(near.near) == 16
    assert short(near, 0.55) < 0.9 * short(aside, 0.55)
    assert near.near_cost == pytest.approx(max(0.0, aside.prize - near.prize))
    assert near.conventions["near"]


def test_a_team_stays_where_households_are_and_what_that_costs_is_told() -> None:
    town: dict[str, Any] = {
        "teams": [Team("a", 0, 0, "car", 0.0, 14_400.0)],
        "stops": [Stop("s", 1, 5.0, 3_600.0)],
        "travel_s": {"car": np.array([[0.0, 1_800.0], [1_800.0, 0.0]])},
        "households": Households(np.array([10.0]), {"car": np.array([[0.0], [1_800.0]])}),
    }
    aside, near = planned(town, 0.0), planned(town, 1.0)
    assert (aside.prize, min(aside.near)) == (5.0, 0.0)
    assert (near.prize, set(near.near), near.near_cost) == (0.0, {1.0}, 5.0)


def test_a_share_that_can_be_had_is_kept_in_every_quarter_of_an_hour() -> None:
    made = planned(night(2), 0.2)
    assert min(made.near) >= 0.2
    assert made.prize > 0


def test_what_cannot_be_met_is_told_with_the_best_that_was_found() -> None:
    made = planned(night(3), 1.0)
    assert 0 < max(made.near) < 1.0
    assert sum(made.near) >= sum(planned(night(3), 0.0).near)


@pytest.mark.parametrize("seed", range(8))
def test_shares_are_told_as_the_search_counts_and_prices_them(seed: int) -> None:
    rest = Break(5_000.0, 7_000.0, 1_800.0) if seed % 2 else None
    town = night(seed, visits=2, rest=rest)
    aim = Objective(near_s=WITHIN_S, near_level=0.8, max_wait_s=900.0)
    teams, stops, households = town["teams"], town["stops"], town["households"]
    built = build(teams, stops, town["travel_s"], SHIFT, aim, households=households)
    built, found = search(built, Iterations(1_500), seed)
    made = assemble(built, found, teams, stops, SHIFT, aim, seed, households=households)
    assert violations(made, **town, shift=SHIFT) == ()
    # A share of 1 in one quarter has the price of all that could be earned.
    assert found.worth == pytest.approx(made.prize - made.possible * short(made, 0.8))


def test_more_visits_allowed_are_never_worth_less_and_a_plan_is_the_same_again() -> None:
    # What is earned less what it lacks, at the price of one and the same town.
    price, worths = sum(stop.prize for stop in night(4)["stops"]), []
    for visits in (1, 2, 3):
        town = night(4, visits=visits)
        made = planned(town, 0.2)
        assert made == planned(town, 0.2)
        worths.append(made.prize - price * short(made, 0.2))
    assert worths == sorted(worths)


def test_the_order_of_teams_and_stops_makes_no_difference() -> None:
    town = night(5)
    turned = town | {"teams": town["teams"][::-1], "stops": town["stops"][::-1]}
    first, second = planned(town, 0.5), planned(turned, 0.5)
    assert second.prize == pytest.approx(first.prize)
    assert second.near == pytest.approx(first.near)


def test_the_checker_finds_a_share_that_is_not_so() -> None:
    town = night()
    made = planned(town, 0.5)
    wrong = replace(made, near=(made.near[0] + 0.01, *made.near[1:]))
    assert "of quarter 0 it tells" in violations(wrong, **town, shift=SHIFT)[0]
    assert violations(replace(made, near=made.near[1:]), **town, shift=SHIFT)


def test_a_team_counts_only_where_it_serves_and_while_it_is_on_duty() -> None:
    town = night(6, crew=1, n=1)
    nobody = replace(town["households"], served={"t0": np.zeros(120, np.bool_)})
    assert set(planned(town | {"households": nobody}, 0.5).near) == {0.0}
    late = [replace(town["teams"][0], begin_s=7_200.0)]
    made = planned(town | {"teams": late}, 0.5)
    assert set(made.near[:8]) == {0.0}
    assert max(made.near[8:]) > 0


def test_under_way_a_team_counts_by_what_is_left_of_its_way() -> None:
    # A base, a stop half an hour off with ten households beside it, and one household at the base.
    town: dict[str, Any] = {
        "teams": [Team("a", 0, 0, "car", 0.0, 14_400.0)],
        "stops": [Stop("s", 1, 5.0, 3_600.0)],
        "travel_s": {"car": np.array([[0.0, 1_800.0], [1_800.0, 0.0]])},
        "households": Households(np.array([1.0, 10.0]), {"car": np.array([[0.0, 1_800.0], [1_800.0, 60.0]])}),
    }
    made = planned(town, 0.5)
    visit = made.routes[0].visits[0]
    assert visit.arrive_s == 1_800.0
    # On the way far from where it leads: nobody; 30 to 75 min there; 90 min on the way back, and then there.
    assert [round(11 * share) for share in made.near[:8]] == [0, 0, 10, 10, 10, 10, 0, 0]
    assert [round(11 * share) for share in made.near[8:]] == [1] * 8


def test_along_a_segment_a_team_counts_at_its_beginning_and_then_at_its_end() -> None:
    town: dict[str, Any] = {
        "teams": [Team("a", 0, 0, "car", 0.0, 14_400.0)],
        "stops": [Stop("s", 1, 5.0, 3_600.0, ways=(Way("car", 1, 2, 3_600.0),))],
        "travel_s": {"car": np.full((3, 3), 900.0) - 900.0 * np.eye(3)},
        "households": Households(
            np.array([1.0, 2.0]), {"car": np.array([[9e9, 9e9], [0.0, 9e9], [9e9, 0.0]])}
        ),
    }
    made = planned(town, 0.5)
    assert [round(3 * share) for share in made.near[:6]] == [0, 1, 1, 2, 2, 0]


def test_a_changed_plan_stays_near_too_and_tells_of_the_whole_night() -> None:
    town = night(7)
    made = planned(town, 0.5)
    changed = replan(
        made, 4_000.0, [TeamOut("t1")], town["travel_s"], seed=1, stop=Iterations(800), households=town["households"]
    )  # fmt: skip
    assert len(changed.plan.near) == 16
    assert changed.plan.near[:4] == made.near[:4]
    assert changed.plan.near_cost == made.near_cost
    assert violations(changed.plan, **(town | {"stops": changed.plan.stops}), shift=SHIFT) == ()


def test_a_team_that_is_out_or_at_an_emergency_is_near_to_nobody() -> None:
    # Two bases far from each other, and a stop that is open late: who waits at the base counts there.
    far = np.full((3, 3), 600.0) - 600.0 * np.eye(3)
    town: dict[str, Any] = {
        "teams": [Team("a", 0, 0, "car", 0.0, 14_400.0), Team("b", 1, 1, "car", 0.0, 14_400.0)],
        "stops": [Stop("s", 2, 5.0, 600.0, windows=((12_000.0, 14_000.0),), only_team="a")],
        "travel_s": {"car": far},
        "households": Households(
            np.array([2.0, 1.0]), {"car": np.array([[0.0, 9e9], [9e9, 0.0], [9e9, 9e9]])}
        ),
    }
    made = planned(town, 0.5, 400)
    assert [round(3 * share) for share in made.near[:12]] == [3] * 12

    def changed(now_s: float, change: TeamOut | TeamTaken, before: Plan = made) -> Plan:
        found = replan(
            before, now_s, [change], town["travel_s"], seed=1, stop=Iterations(200), households=town["households"]
        ).plan  # fmt: skip
        assert violations(found, **(town | {"stops": found.stops}), shift=SHIFT, parts=True) == ()
        return found

    # Out before its first visit, and out without any: from then on nobody is near to its households.
    assert [round(3 * share) for share in changed(3_600.0, TeamOut("a")).near] == [3] * 4 + [1] * 12
    assert [round(3 * share) for share in changed(3_600.0, TeamOut("b")).near[:12]] == [3] * 4 + [2] * 8
    # At an emergency until it sets out for its base, where it is ten minutes later.
    taken = changed(3_600.0, TeamTaken("b", 2, 7_200.0))
    assert [round(3 * share) for share in taken.near[:12]] == [3] * 4 + [2] * 5 + [3] * 3
    # What was told stays told when the plan is changed again.
    again = changed(9_900.0, TeamOut("b"), taken)
    assert [round(3 * share) for share in again.near[:12]] == [3] * 4 + [2] * 5 + [3] * 2 + [2]


def test_nights_that_differ_stay_near_too() -> None:
    town = night(8, crew=2, n=10)
    asked = Objective(near_s=WITHIN_S, near_level=0.4)
    drawn = mix(**town, shift=SHIFT, objective=asked, nights=2, pool=4, seed=1, stop=Iterations(4_000))
    for made in drawn.nights:
        assert violations(made, **town, shift=SHIFT) == ()
        assert len(made.near) == 16


def test_no_wait_around_a_break_is_longer_than_asked() -> None:
    # A break that begins at a third of a second made a wait before it seem shorter than it is.
    rng = np.random.default_rng(1)
    xy, homes = rng.uniform(0, 10_000, (68, 2)), rng.uniform(0, 10_000, (400, 2))
    town: dict[str, Any] = {
        "teams": [
            Team(
                f"T{i}", i, i, "car", 0.0 if i < 5 else 7_200.0, 28_800.0,
                rest=Break(10_000.0, 14_000.0, 1_800.0) if i % 2 else None,
            )
            for i in range(8)
        ],
        "travel_s": {"car": np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) / 8},
        "households": Households(
            rng.integers(1, 30, 400).astype(float),
            {"car": np.hypot(*(xy[:, None] - homes[None]).transpose(2, 0, 1)) / 8},
        ),
    }  # fmt: skip
    town["stops"] = [Stop(f"S{i}", 8 + i, float(rng.uniform(1, 10)), 720.0, visits=2) for i in range(60)]
    long = Shift(0.0, 28_800.0)
    aim = Objective(balance=0.01, max_wait_s=900.0, near_s=300.0, near_level=0.6)
    made = plan(**town, shift=long, objective=aim, seed=7, stop=Iterations(6_000))
    assert violations(made, **town, shift=long) == ()


def test_staying_near_to_nobody_is_refused() -> None:
    town = night()
    asked = Objective(near_s=WITHIN_S, near_level=0.5)

    def refused(**given: Any) -> str:
        with pytest.raises(InvalidInput) as error:
            plan(**town | {"objective": asked} | given, shift=SHIFT, seed=1, stop=Iterations(10))
        return error.value.code

    one = np.ones(1)
    for wrong in (None, Households(one, {"car": np.ones((2, 1))}), Households(one, {})):
        assert refused(households=wrong) == "near-households"
    for bad in (replace(asked, near_s=0.0), replace(asked, near_level=1.2)):
        assert refused(objective=bad) == "objective-not-valid"
    for count, times, code in ((np.zeros(3), (2, 3), "near-households"), (np.ones(3), (2, 4), "near-shape")):
        with pytest.raises(InvalidInput) as error:
            Households(count, {"car": np.zeros(times)})
        assert error.value.code == code
