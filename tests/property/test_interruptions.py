"""A team that is held up goes on by a policy made ahead: the rest of its route passes the independent check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gridmap.analysis.patrol import Objective, Plan, Route, Stop, Team, Visit, violations
from gridmap.analysis.patrol.interruption import Onward, interruptions
from tests.random_nights import SHIFT, Night, random_night

STEPS = 600


def onward_route(night: Night, made: Plan, route: Route, team: Team, told: Onward) -> tuple[Team, Route]:
    """The rest of a route as the policy tells it, for a team that begins where and when it is free."""
    gone = route.visits[told.after - 1] if told.after else None
    free = (gone.leave_s if gone else route.begin_s) + told.delay_s
    rest = route.rest_s
    if rest is not None and rest[0] < free < rest[1]:
        free = rest[1]
    begins = replace(
        team,
        start_place=gone.place if gone else team.start_place,
        begin_s=free,
        rest=team.rest if rest is not None and rest[0] >= free else None,
    )
    moved = {row[0]: row[1:] for row in told.moved}
    matrix = night.travel_s[team.mode] / team.speed
    at, visits = begins.start_place, []
    for i in range(told.after, len(route.visits)):
        if i in told.dropped:
            continue
        visit = route.visits[i]
        leg = float(matrix[at, visit.place])
        if i in moved:
            visit = replace(visit, arrive_s=moved[i][0], start_s=moved[i][1], leave_s=moved[i][2])
        visits.append(replace(visit, travel_s=leg))
        at = visit.place
    return begins, replace(
        route, visits=tuple(visits), begin_s=free, end_s=told.end_s, rest_s=rest if begins.rest else None
    )


def broken(night: Night, made: Plan, number: int, told: Onward) -> list[str]:
    """What the rest of a route breaks, beside the routes of the others."""
    route = made.routes[number]
    team = next(t for t in night.teams if t.id == route.team)
    begins, rest = onward_route(night, made, route, team, told)
    whole = replace(
        made,
        routes=tuple(rest if n == number else other for n, other in enumerate(made.routes)),
        late=tuple(s.id for s in night.stops if s.max_interval_s is not None),
    )
    teams = [begins if t.id == team.id else t for t in night.teams]
    found = violations(whole, teams, night.stops, night.travel_s, shift=SHIFT, parts=True)
    # What is left of several visits earns what it was planned to.
    return [sentence for sentence in found if rest.visits and "prize of its hour" not in sentence]


def test_what_is_left_of_a_route_after_any_delay_keeps_every_rule() -> None:
    whole = dropped = 0
    for seed in range(16):
        night = random_night(seed)
        made = night.planned(STEPS)
        modes = {team.id: team for team in night.teams}
        for number, route in enumerate(made.routes):
            team = modes[route.team]
            for told in interruptions(made, team, night.travel_s[team.mode]):
                assert broken(night, made, number, told) == [], (seed, route.team, told)
                whole += 1
                dropped += len(told.dropped)
    assert whole > 200
    assert dropped > 50


@pytest.mark.parametrize("seed", range(8))
def test_a_team_that_is_not_held_up_drops_nothing(seed: int) -> None:
    night = random_night(seed)
    made = night.planned(STEPS)
    for team in night.teams:
        told = interruptions(made, team, night.travel_s[team.mode], delays_s=(0.0,))
        assert all(onward.dropped == () for onward in told)


def test_what_must_be_visited_is_dropped_last_and_then_the_least_prize() -> None:
    travel = np.full((5, 5), 300.0)
    np.fill_diagonal(travel, 0.0)
    stops = [Stop("a", 1, 1.0, 600.0, must=True), Stop("b", 2, 30.0, 600.0), Stop("c", 3, 20.0, 600.0)]
    team = Team("t", 0, 0, "car", 0.0, 3_200.0)
    visits = tuple(
        Visit(s.id, s.place, 300.0 + 900 * i, 300.0 + 900 * i, 900.0 + 900 * i, 300.0, 1, s.prize)
        for i, s in enumerate(stops)
    )
    route = Route("t", visits, 0.0, 3_000.0, None, 1_200.0, 1_800.0, 0.0, 0.9, 51.0)
    made = replace(
        random_night(0).planned(1), routes=(route,), teams=(team,), stops=tuple(stops), objective=Objective()
    )
    told = {round(o.delay_s): o for o in interruptions(made, team, travel) if o.after == 0}
    assert [told[600].dropped, told[1_200].dropped, told[2_400].dropped] == [(2,), (1, 2), (0, 1, 2)]
