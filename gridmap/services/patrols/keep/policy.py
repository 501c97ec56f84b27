"""How each team goes on after a delay, found when a plan is kept: no search is needed when it happens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import isfinite

from gridmap.analysis.patrol import Plan
from gridmap.analysis.patrol.interruption import interruptions
from gridmap.services.patrols.ask.problem import Inputs

Policy = Mapping[str, Sequence[Mapping[str, object]]]


def policy_of(inputs: Inputs, made: Plan, without: Collection[str] = ()) -> Policy:
    """Find the policy of a plan's teams, as JSON holds it.

    Parameters
    ----------
    inputs : Inputs
    made : Plan
    without : collection of str
        Teams that an emergency takes on their way, or that drop out: their routes are none to be held up on.
    """
    driven = {route.team for route in made.routes if route.visits and not route.stays_out}
    return {
        team.id: [
            {
                "after": told.after,
                "delay_s": round(told.delay_s),
                "dropped": list(told.dropped),
                "moved": [[i, *(round(at) for at in times)] for i, *times in told.moved],
                "end_s": round(told.end_s),
            }
            for told in interruptions(made, team, inputs.roads.travel_s[team.mode])
            # On roads that have changed there may be no way home from where a team once was.
            if isfinite(told.end_s)
        ]
        for team in made.teams
        if team.id in driven and team.id not in without
    }
