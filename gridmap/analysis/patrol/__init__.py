"""Patrol planning: routes of teams over stops that are worth a visit."""

from gridmap.analysis.patrol.feasible import violations
from gridmap.analysis.patrol.mixing import Mix, mix
from gridmap.analysis.patrol.model import (
    Break,
    Objective,
    Plan,
    Reason,
    Route,
    Shift,
    Stop,
    Team,
    VillageShare,
    Visit,
    Way,
)
from gridmap.analysis.patrol.nearness import Households
from gridmap.analysis.patrol.plan import plan
from gridmap.analysis.patrol.replan import Change, Replan, StopAdded, TeamOut, TeamTaken, replan
from gridmap.analysis.patrol.solve import OrienteeringResult, solve_orienteering
from gridmap.analysis.patrol.stop import Iterations, Seconds

__all__ = [
    "Break",
    "Change",
    "Households",
    "Iterations",
    "Mix",
    "Objective",
    "OrienteeringResult",
    "Plan",
    "Reason",
    "Replan",
    "Route",
    "Seconds",
    "Shift",
    "Stop",
    "StopAdded",
    "Team",
    "TeamOut",
    "TeamTaken",
    "VillageShare",
    "Visit",
    "Way",
    "mix",
    "plan",
    "replan",
    "solve_orienteering",
    "violations",
]
