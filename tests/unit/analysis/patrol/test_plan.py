"""Plans of a shift: what binds them, what they say, and how they change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from gridmap.analysis.patrol import (
    Break,
    Iterations,
    Objective,
    Plan,
    Seconds,
    Shift,
    Stop,
    StopAdded,
    Team,
    TeamOut,
    TeamTaken,
    mix,
    plan,
    replan,
    violations,
)
from gridmap.domain.gridkey import Scope, make_key
from gridmap.errors import InvalidInput

SHIFT = Shift(0.0, 14_400.0)
STEPS = Iterations(6_000)
N = 60
VILLAGES = [make_key(330681105, 1, v) for v in range(1, 6)]


def _travel(n: int = N + 2) -> dict[str, NDArray[np.float64]]:
    xy = np.random.default_rng(3).random((n, 2)) * 8_000
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    return {"car": metres / 5.0, "foot": metres / 1.3}


def _stops() -> list[Stop]:
    rng = np.random.default_rng(4)
    return [
        Stop(f"s{i:02}", 2 + i, float(rng.integers(1, 50)), 720.0, VILLAGES[i % 5], visits=1 + i % 2)
        for i in range(N)
    ]


TEAMS = [
    Team("a", 0, 0, "car", 0, 14_400),
    Team("b", 1, 0, "car", 1_800, 10_000),
    Team("c", 0, 0, "foot", 0, 14_400),
]


def _plan(teams: list[Team], stops: list[Stop], objective: Objective | None = None) -> Plan:
    made = plan(teams, stops, _travel(), shift=SHIFT, objective=objective, seed=1, stop=STEPS)
    assert violations(made, teams, stops, _travel(), shift=SHIFT) == ()
    return made


def _change(stops: list[Stop], number: int, **change: object) -> list[Stop]:
    return [replace(s, **change) if i == number else s for i, s in enumerate(stops)]  # type: ignore[arg-type]


def _visitors(made: Plan, stop: str) -> list[str]:
    return [r.team for r in made.routes for v in r.visits if v.stop == stop]


def test_the_prize_is_that_of_the_visits_and_the_bound_is_above_it() -> None:
    made = _plan(TEAMS, _stops())
    assert made.prize == pytest.approx(sum(v.prize for r in made.routes for v in r.visits))
    assert 0 < made.prize <= made.bound <= made.possible
    assert made.fairness_cost == 0.0


def test_a_second_visit_earns_its_share_whichever_slot_the_first_is_in() -> None:
    made = _plan(TEAMS, _stops())
    prizes = {s.id: s.prize for s in _stops()}
    for route in made.routes:
        for visit in route.visits:
            assert visit.prize == pytest.approx(prizes[visit.stop] * 0.6 ** (visit.number - 1))


def test_a_stop_that_must_be_visited_is_even_if_it_earns_nothing() -> None:
    worst = min(range(N), key=lambda i: _stops()[i].prize)
    made = _plan(TEAMS, _change(_stops(), worst, must=True, prize=0.0))
    assert _visitors(made, f"s{worst:02}")
    assert made.missed == ()


def test_a_stop_that_must_be_visited_and_cannot_be_is_named() -> None:
    made = _plan(TEAMS, _change(_stops(), 0, must=True, windows=((0.0, 60.0),)))
    assert made.missed == ("s00",)
    assert made.reasons[0].code == "out-of-reach"


def test_closed_modes_sizes_scopes_and_locks_keep_teams_away() -> None:
    stops = _stops()
    best = max(range(N), key=lambda i: stops[i].prize)
    name = stops[best].id
    assert set(_visitors(_plan(TEAMS, _change(stops, best, only_team="c", must=True)), name)) == {"c"}
    closed = _plan(TEAMS, _change(stops, best, closed_to=frozenset({"car", "foot"})))
    assert closed.reasons[best].code == "no-team"
    assert not _visitors(_plan(TEAMS, _change(stops, best, min_size=5)), name)
    bound = [replace(t, scope=Scope.of_grid(VILLAGES[0])) for t in TEAMS]
    made = _plan(bound, stops)
    assert {s.village for s in stops for r in made.routes for v in r.visits if v.stop == s.id} == {
        VILLAGES[0]
    }


def test_opening_hours_hold_the_whole_visit() -> None:
    stops = [replace(s, windows=((3_000.0, 5_000.0), (9_000.0, 11_000.0)), visits=1) for s in _stops()]
    assert _plan(TEAMS, stops).prize > 0


@pytest.mark.parametrize("rest", [Break(6_000, 6_000, 1_800), Break(4_000, 9_000, 1_800)])
def test_a_team_neither_drives_nor_works_in_its_break(rest: Break) -> None:
    teams = [replace(t, rest=rest) for t in TEAMS]
    made = _plan(teams, _stops())
    for route in made.routes:
        assert route.rest_s is not None
        assert rest.earliest_s <= route.rest_s[0] <= rest.latest_s
    assert made.prize < _plan(TEAMS, _stops()).prize


def test_fairness_gives_each_village_its_share_and_says_what_it_costs() -> None:
    stops = [replace(s, prize=s.prize * (0.02 if s.village == VILLAGES[2] else 1.0)) for s in _stops()]
    plain, fair = _plan(TEAMS, stops), _plan(TEAMS, stops, Objective(village_share=0.4))
    assert min(v.share for v in fair.villages.values()) >= 0.4 - 1e-9
    assert fair.fairness_cost >= 0
    assert plain.villages[VILLAGES[2]].share < fair.villages[VILLAGES[2]].share


def test_a_village_that_got_its_share_earlier_in_the_week_needs_none_tonight() -> None:
    week = dict.fromkeys(VILLAGES, (900.0, 1_000.0))
    made = _plan(TEAMS, _stops(), Objective(village_share=0.3, week=week))
    assert all(share.needed == 0 for share in made.villages.values())


def test_every_stop_has_a_reason_in_both_languages() -> None:
    stops = _change(_change(_stops(), 3, prize=0.0), 4, windows=((0.0, 60.0),))
    made = _plan(TEAMS, stops)
    assert [r.stop for r in made.reasons] == [s.id for s in stops]
    assert {r.code for r in made.reasons} <= {
        "visited",
        "no-prize",
        "no-team",
        "out-of-reach",
        "no-room",
        "not-found",
    }
    assert made.reasons[3].code == "no-prize"
    assert made.reasons[4].code == "out-of-reach"
    for reason in made.reasons:
        assert reason.zh
        assert reason.en
        if reason.code == "visited":
            assert reason.visited == len(_visitors(made, reason.stop))
        if reason.code == "no-room":
            assert reason.extra_s is not None


def test_a_broken_plan_does_not_pass_the_check() -> None:
    made = _plan(TEAMS, _stops())
    route = made.routes[0]
    visit = route.visits[0]

    def found(change: Plan) -> tuple[str, ...]:
        return violations(change, TEAMS, _stops(), _travel(), shift=SHIFT)

    def with_visit(**change: object) -> Plan:
        first = replace(visit, **change)  # type: ignore[arg-type]
        return replace(made, routes=(replace(route, visits=(first, *route.visits[1:])), *made.routes[1:]))

    assert found(with_visit(arrive_s=visit.arrive_s - 60))
    assert found(with_visit(leave_s=visit.leave_s - 60))
    assert found(with_visit(place=visit.place + 1))
    assert found(replace(made, routes=(replace(route, end_s=15_000.0), *made.routes[1:])))
    assert found(replace(made, routes=(*made.routes, route)))


def test_a_team_that_drops_out_keeps_what_it_has_done_and_few_stops_change() -> None:
    made = _plan(TEAMS, _stops())
    now = 5_000.0
    again = replan(made, now, [TeamOut("a")], _travel(), seed=2, stop=STEPS)
    for old, new in zip(made.routes, again.plan.routes, strict=True):
        done = [v for v in old.visits if v.leave_s <= now]
        assert list(new.visits[: len(done)]) == done
    assert all(v.leave_s <= now for v in again.plan.routes[0].visits)
    assert violations(again.plan, TEAMS, _stops(), _travel(), shift=SHIFT) == ()
    assert again.changes <= len([v for v in made.routes[0].visits if v.leave_s > now]) + 8
    assert again.plan.prize <= again.plan.bound + 1e-9


def test_a_team_taken_to_an_emergency_goes_on_from_there() -> None:
    made = _plan(TEAMS, _stops())
    again = replan(made, 4_000.0, [TeamTaken("b", 20, 6_000.0)], _travel(), seed=2, stop=STEPS)
    later = [v for v in again.plan.routes[1].visits if v.leave_s > 4_000]
    travel = _travel()["car"]
    if later:
        assert later[0].arrive_s >= 6_000.0 + travel[20, later[0].place] - 1e-6


def test_a_stop_that_comes_in_and_must_be_visited_is() -> None:
    made = _plan(TEAMS, _stops())
    new = Stop("new", 9, 10.0, village=VILLAGES[0], must=True)
    again = replan(made, 4_000.0, [StopAdded(new)], _travel(), seed=2, stop=STEPS)
    assert _visitors(again.plan, "new")
    assert "new" in again.added
    assert violations(again.plan, TEAMS, [*_stops(), new], _travel(), shift=SHIFT) == ()
    with pytest.raises(InvalidInput):
        replan(made, 0.0, [TeamOut("nobody")], _travel(), seed=2, stop=STEPS)


def test_nights_of_a_mix_differ_and_stay_within_the_loss() -> None:
    mixed = mix(
        TEAMS, _stops(), _travel(), shift=SHIFT, nights=7, loss=0.05, pool=24, seed=3, stop=Iterations(60_000)
    )
    assert len(mixed.nights) == 7
    assert mixed.kept >= 0.95 - 1e-9
    assert mixed.arrival_entropy_bits > 3
    for night in mixed.nights:
        assert violations(night, TEAMS, _stops(), _travel(), shift=SHIFT) == ()
        assert night.prize <= mixed.best.prize + 1e-9


@pytest.mark.parametrize("code", ["stop-twice", "team-not-valid", "shift-not-valid", "stop-not-valid"])
def test_what_cannot_be_planned_is_refused_with_a_reason(code: str) -> None:
    teams, stops, shift = list(TEAMS), _stops(), SHIFT
    if code == "stop-twice":
        stops.append(stops[0])
    elif code == "team-not-valid":
        teams[0] = replace(teams[0], mode="boat")
    elif code == "shift-not-valid":
        shift = Shift(10.0, 5.0)
    else:
        stops[0] = replace(stops[0], place=99)
    with pytest.raises(InvalidInput) as refused:
        plan(teams, stops, _travel(), shift=shift, seed=1, stop=STEPS)
    assert refused.value.code == code


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_plan_that_a_time_ended_comes_again_from_its_seed_and_its_steps(share: float) -> None:
    moving = replace(TEAMS[0], rest=Break(1800.0, 7200.0, 1800.0))
    wanted = {"shift": SHIFT, "objective": Objective(village_share=share), "seed": 3}
    timed = plan([moving, *TEAMS[1:]], _stops(), _travel(), stop=Seconds(0.4), **wanted)
    again = plan([moving, *TEAMS[1:]], _stops(), _travel(), stop=Iterations(timed.iterations), **wanted)
    assert again.routes == timed.routes
    assert again.iterations == timed.iterations


def test_a_plan_at_its_bound_ends_before_its_time_and_is_as_good() -> None:
    few = _stops()[:3]
    early = plan(TEAMS, few, _travel(), shift=SHIFT, seed=1, stop=Iterations(2_000_000))
    assert early.prize == pytest.approx(early.possible)
    assert early.iterations < 2_000_000
    assert plan(TEAMS, few, _travel(), shift=SHIFT, seed=1, stop=Iterations(early.iterations)) == early


def test_better_plans_are_told_as_they_are_found() -> None:
    told: list[tuple[float, dict[str, tuple[str, ...]]]] = []
    made = plan(
        TEAMS,
        _stops(),
        _travel(),
        shift=SHIFT,
        seed=1,
        stop=Iterations(20_000),
        on_better=lambda prize, routes: told.append((prize, routes)),
    )
    prizes = [prize for prize, _ in told]
    assert prizes == sorted(prizes)
    assert prizes[-1] == pytest.approx(made.prize)
    assert told[-1][1] == {r.team: tuple(v.stop for v in r.visits) for r in made.routes}
