"""Where a team stands for a stop: on the road, nearest to where the incidents are."""

from __future__ import annotations

import math

from gridmap import crs
from gridmap.domain.shown_plans import Standing
from gridmap.services.patrols.ask.places import OnRoads

_SIDES = (
    ("东侧", "east"),
    ("东北侧", "north-east"),
    ("北侧", "north"),
    ("西北侧", "north-west"),
    ("西侧", "west"),
    ("西南侧", "south-west"),
    ("南侧", "south"),
    ("东南侧", "south-east"),
)
_AT_ROAD_M = 5.0


def standing(roads: OnRoads, mode: str, place: int) -> Standing:
    """Tell where a team of a mode stands for a stop.

    Parameters
    ----------
    roads : OnRoads
    mode : str
    place : int
        Of the stop: the median of its incidents.

    Returns
    -------
    dict
        lon, lat (EPSG:4326) of the point on the road; spot_lon, spot_lat of the incidents' median; off_m, how far that
        lies from the road; street, and the same in words: stand_zh, stand_en, and side_zh in short.
    """
    router, snapped = roads.routers[mode], roads.snapped[mode]
    x, y = router.point(snapped)[place]
    lon, lat = crs.to_wgs84([x], [y], roads.epsg)
    off_m = float(snapped.distance_m[place])
    street = router.graph.names[int(snapped.segment[place])]
    # Streets have Chinese names alone: in English the point is told, and `street` names it.
    road = (street or "无名路", "the road")
    if off_m < _AT_ROAD_M:
        words, beside = (f"在{road[0]}上值守。", f"Stand on {road[1]}."), ""
    else:
        turn = math.atan2(float(roads.xy[place, 1] - y), float(roads.xy[place, 0] - x))
        side = _SIDES[round(turn / (math.pi / 4)) % 8]
        beside = f"事件在{side[0]} {off_m:.0f} 米"
        words = (
            f"在{road[0]}上值守，事件多发处在{side[0]} {off_m:.0f} 米。",
            f"Stand on {road[1]}; the incidents lie {off_m:.0f} m to the {side[1]}.",
        )
    return {
        "lon": round(float(lon[0]), 7),
        "lat": round(float(lat[0]), 7),
        "spot_lon": round(float(roads.places[place, 0]), 7),
        "spot_lat": round(float(roads.places[place, 1]), 7),
        "off_m": round(off_m, 1),
        "street": street,
        "side_zh": beside,
        "stand_zh": words[0],
        "stand_en": words[1],
    }
