"""Roads: a graph in compressed sparse rows, places put onto it, times, paths and areas within reach."""

from gridmap.analysis.roads.graph import RoadGraph, build_graph
from gridmap.analysis.roads.modes import MODES, SPEED_KMH, Mode
from gridmap.analysis.roads.reach import isochrone, rank_teams
from gridmap.analysis.roads.routing import Path, Router, Stretch
from gridmap.analysis.roads.snapping import Snapped, Snapper
from gridmap.analysis.roads.states import Reached
from gridmap.analysis.roads.turns import NoTurn

__all__ = [
    "MODES",
    "SPEED_KMH",
    "Mode",
    "NoTurn",
    "Path",
    "Reached",
    "RoadGraph",
    "Router",
    "Snapped",
    "Snapper",
    "Stretch",
    "build_graph",
    "isochrone",
    "rank_teams",
]
