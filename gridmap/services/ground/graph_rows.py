"""The road graph of stored roads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import shapely

from gridmap import crs
from gridmap.analysis.roads import MODES, NoTurn, RoadGraph, build_graph
from gridmap.domain.road_access import WAYS_OF_GOING
from gridmap.domain.road_turns import read_bans, whole_road
from gridmap.storage.ground.roads import RoadRow


def graph_of(rows: Sequence[RoadRow], epsg: int) -> RoadGraph:
    """Build the graph of stored roads.

    Parameters
    ----------
    rows : sequence of RoadRow
    epsg : int
        The system of its metres.

    Raises
    ------
    InvalidInput
        When there are no roads.
    """
    lines = crs.geometries_from_wgs84(shapely.from_wkb([bytes(r["wkb"]) for r in rows]), epsg)
    long = np.flatnonzero(shapely.length(lines) > 0)
    used = [rows[i] for i in long.tolist()]
    # What is said of one way of going holds before what is said of all; only a no is taken from the general.
    permission = {
        mode: [
            cast("Mapping[str, Any]", r)[WAYS_OF_GOING[mode]] or ("no" if r["access"] == "no" else None)
            for r in used
        ]
        for mode in MODES
    }
    return build_graph(
        lines[long],
        road_class=[r["class"] for r in used],
        oneway=[r["oneway"] for r in used],
        speed_kmh=np.array([r["speed_kmh"] for r in used], dtype=np.float64),
        surface=[r["surface"] for r in used],
        names=[r["name_zh"] for r in used],
        permission=permission,
        oneway_bike=[r["oneway_bicycle"] for r in used],
        junctions=([r["begin_node"] for r in used], [r["end_node"] for r in used]),
        no_turns=_no_turns(used),
    )


def _no_turns(rows: Sequence[RoadRow]) -> list[NoTurn]:
    """Forbidden turns by rows; a road that was cut where it meets others is meant with all of its pieces."""
    exact = {row["road_id"]: i for i, row in enumerate(rows)}
    pieces: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        if row["begin_node"] is None and row["end_node"] is None:
            pieces[whole_road(row["road_id"])].append(i)
    turns = []
    for i, row in enumerate(rows):
        for ban in read_bans(row["no_turns"]):
            own = exact.get(ban.road_id)
            named = {*pieces.get(ban.road_id, ()), *(() if own is None else (own,))}
            turns += [NoTurn(i, target, ban.end, ban.modes) for target in sorted(named)]
    return turns
