"""The check of a plan in which emergencies took teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import inf

from gridmap.analysis.patrol import Plan, Route, Team, violations
from gridmap.analysis.patrol.feasible import long_waits
from gridmap.services.patrols.ask.problem import Inputs
from gridmap.services.patrols.keep.summary import Via
from gridmap.services.patrols.make.breaches import refuse_breaches

_BEFORE = " "


def refuse_broken_parts(
    inputs: Inputs,
    made: Plan,
    vias: Mapping[str, Sequence[Via]],
    now_s: float = -inf,
    *,
    since_s: float | None = None,
) -> None:
    """Check a plan in which teams were taken: a team's ways before and after each emergency are routes of their own.

    Where `since_s` is given, legs that began before it were driven on other roads and are not looked at.
    """
    teams: list[Team] = []
    routes: list[Route] = []
    for team, route in zip(made.teams, made.routes, strict=True):
        cuts = sorted(
            [*vias.get(team.id, ()), *_begun(route, since_s)], key=lambda via: (via.after, via.free_s)
        )
        begin, place, start_s = 0, team.start_place, team.begin_s
        for n, via in enumerate(cuts):
            name = f"{team.id}{_BEFORE}{n}"
            if since_s is not None and start_s < since_s:
                begin, place, start_s = via.after, via.place, via.free_s
                continue
            teams.append(replace(team, id=name, rest=None, start_place=place, begin_s=start_s))
            part = route.visits[begin : via.after]
            end_s = part[-1].leave_s if part else max(start_s, 0.0)
            routes.append(
                replace(
                    route,
                    team=name,
                    visits=part,
                    rest_s=None,
                    begin_s=max(start_s, 0.0),
                    end_s=end_s,
                    stays_out=True,
                )
            )
            begin, place, start_s = via.after, via.place, via.free_s
        teams.append(replace(team, start_place=place, begin_s=start_s))
        part = route.visits[begin:]
        routes.append(replace(route, visits=part, begin_s=max(route.begin_s, start_s)))
    first = {team.id: team.id.split(_BEFORE)[0] for team in teams}
    own = {name: parts for name in first.values() if len(parts := [t for t in first if first[t] == name]) > 1}
    # A stop that is kept for a team may be on any of its ways; who visits it was settled by the search.
    stops = [replace(s, only_team=None) if s.only_team in own else s for s in made.stops]
    broken = []
    for stop in made.stops:
        visitors = [first[r.team] for r in routes for v in r.visits if v.stop == stop.id]
        if stop.only_team is not None and not set(visitors) <= {stop.only_team}:
            broken.append(f"{stop.id} is kept for {stop.only_team}")
    split = replace(made, routes=tuple(routes), objective=replace(made.objective, max_wait_s=inf))
    broken += violations(split, teams, stops, inputs.roads.travel_s, shift=inputs.shift, parts=True)
    for team, route in zip(made.teams, made.routes, strict=True):
        # What is over was waited for, and a team may set out as late as it likes: only the way from then on counts.
        ahead = [v for v in route.visits if v.arrive_s - v.travel_s >= now_s]
        if len(ahead) > 1:
            way = replace(route, visits=tuple(ahead[1:]), begin_s=ahead[0].leave_s)
            after = replace(team, start_place=ahead[0].onward)
            broken += long_waits(way, after, inputs.roads.travel_s[team.mode], made.objective.max_wait_s)
    refuse_breaches(broken)


def _begun(route: Route, since_s: float | None) -> list[Via]:
    """Cut a route after the visits that were begun, or that the team was under way to."""
    done = [v for v in route.visits if since_s is not None and v.arrive_s - v.travel_s < since_s]
    return [Via(len(done), done[-1].onward, done[-1].leave_s)] if done else []
