"""What a plan by hours tells beside the plan by place only that it began from."""

from __future__ import annotations

import datetime as dt
from math import fsum

from gridmap.analysis.patrol import Plan, Stop
from gridmap.analysis.patrol.assemble import ranked
from gridmap.domain.shown_plans import ByPlace, HourPrize


def by_place_of(made: Plan, begins_at: dt.datetime) -> ByPlace:
    """Tell the routes by place only, and what they would earn in the hours in which they come.

    Parameters
    ----------
    made : Plan
    begins_at : datetime
        Aware; that of the shift.
    """
    visits = [(route.team, visit) for route in made.by_place for visit in route.visits]
    prize = fsum(
        part
        for stop in made.stops
        for part in ranked(stop, [v.start_s for _, v in visits if v.stop == stop.id])
    )

    def at(seconds: float) -> str:
        return (begins_at + dt.timedelta(seconds=round(seconds))).isoformat()

    return {
        "prize": round(prize, 3),
        "visits": [
            {"team": team, "stop": v.stop, "start": at(v.start_s), "leave": at(v.leave_s)}
            for team, v in visits
        ],
    }


def prizes_by_hour(stop: Stop, begins_at: dt.datetime, ends_at: dt.datetime) -> list[HourPrize]:
    """Return what a first visit to a stop earns in each hour of a shift, in order."""
    out: list[HourPrize] = [{"hour": begins_at.hour, "prize": round(stop.prize_at(0.0), 2)}]
    at = begins_at.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
    while at < ends_at:
        out.append({"hour": at.hour, "prize": round(stop.prize_at((at - begins_at).total_seconds()), 2)})
        at += dt.timedelta(hours=1)
    return out
